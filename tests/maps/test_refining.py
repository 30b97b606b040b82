"""`--refine` end to end: files in, files out, in every orientation, and what it says where it cannot."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from authoring.api import photo_files
from authoring.batch.rows import option_values
from authoring.cli.main import run
from authoring.depth.kernels import resample_area
from authoring.read.extract import extract
from golden.refined_edges import exact, guide, score

GOLDEN = Path(__file__).parents[2] / "golden"
COARSE = (1 / resample_area(exact(), 192, 144)).astype(np.float32)


@pytest.mark.parametrize("suffix", ["jpg", "heic"])
def test_a_coarse_map_comes_out_at_the_stored_size_with_the_photo_s_edges(
    suffix: str, tmp_path: Path, capsys: Any
) -> None:
    np.save(tmp_path / "coarse.npy", COARSE)
    out = tmp_path / f"o.{suffix}"
    arguments = ["embed", str(GOLDEN / f"scene.{suffix}"), str(tmp_path / "coarse.npy"), "-o", str(out)]
    assert run([*arguments, "--refine", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["map"] == {"width": 768, "height": 576} and not told["reencoded"]
    assert told["max_error"] <= told["bound"]
    assert any(one.startswith("the map was brought from 192x144 to 768x576") for one in told["notes"])
    true, shown = exact(), guide()
    made = score(extract(out.read_bytes()).disparity_per_m(), true, shown)
    plain = score(resample_area((1 / COARSE).astype(np.float32), 768, 576), true, shown)
    assert made.edge < 0.5 * plain.edge


@pytest.mark.parametrize("container", ["jpeg", "heic"])
@pytest.mark.parametrize("orientation", [3, 5, 6, 8])
def test_the_photo_s_edges_are_those_of_the_way_it_lies(orientation: int, container: Any) -> None:
    """The photo is turned by its Orientation, so a guide that lies otherwise would tear the map."""
    options = {"container": container, "refine": True, "profile": "data", "max_size": 512, "quality": 95}
    made = []
    for one in (1, orientation):
        photo = (GOLDEN / "orientation" / f"scene-{one}.jpg").read_bytes()
        made.append(extract(photo_files.embed_bytes(photo, COARSE, **options)).disparity_per_m())
    assert made[0].shape == made[1].shape == (384, 512)
    differ = np.abs(made[0] - made[1]) > 0.03
    assert differ.mean() < 0.01


def test_a_larger_map_is_averaged_first_and_holes_are_told() -> None:
    depth = (1 / exact()).astype(np.float32)
    depth[100:120, 300:330] = np.nan
    photo = (GOLDEN / "scene.jpg").read_bytes()
    data, report = api_embedder(max_size=256)(photo, depth)
    assert (report.map.width, report.map.height) == (256, 192)
    assert any(one.startswith("0.1 % of the map were holes, each filled") for one in report.notes)
    assert extract(data).disparity_per_m().shape == (192, 256)


def api_embedder(**options: Any) -> Callable[..., Any]:
    from authoring.api.embedder import Embedder

    return Embedder(refine=True, profile="data", **options).report


@pytest.mark.parametrize("pixel_format", ["hdep", "fdis"])
def test_every_native_format_is_refined(pixel_format: str) -> None:
    photo = (GOLDEN / "scene.jpg").read_bytes()
    data, report = api_embedder(native_format=pixel_format)(photo, COARSE)
    assert report.native_format == pixel_format and report.max_error <= report.bound
    assert extract(data).depth_m().shape == (576, 768)


def test_without_it_the_map_stays_as_coarse_as_it_is() -> None:
    data = photo_files.embed_bytes((GOLDEN / "scene.jpg").read_bytes(), COARSE, profile="data")
    assert extract(data).depth_m().shape == (144, 192)


@pytest.mark.parametrize(
    ("code", "words"), [(4, "--refine goes by the photo's pixels"), (3, "does not decode")]
)
def test_a_photo_that_does_not_decode_is_told_in_one_sentence(
    code: int, words: str, tmp_path: Path, capsys: Any
) -> None:
    whole = (GOLDEN / "scene.jpg").read_bytes()
    frame = whole.index(b"\xff\xc0")
    twelve_bit = whole[: frame + 4] + b"\x0c" + whole[frame + 5 :]
    (tmp_path / "photo.jpg").write_bytes(twelve_bit if code == 4 else whole[: len(whole) // 2])
    np.save(tmp_path / "m.npy", COARSE)
    arguments = ["embed", str(tmp_path / "photo.jpg"), str(tmp_path / "m.npy"), "-o", str(tmp_path / "o.jpg")]
    assert run([*arguments, "--refine"]) == code
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and "photo.jpg" in told and words in told
    assert not (tmp_path / "o.jpg").exists()
    if code == 4:
        assert run(arguments) == 0, "its pixels are not needed otherwise"


def test_an_arithmetic_jpeg_is_told(sample: Callable[[str], bytes], tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "photo.jpg").write_bytes(sample("edge_arithmetic.jpg"))
    size = photo_files.inspect(tmp_path / "photo.jpg").photo
    np.save(tmp_path / "m.npy", np.linspace(5, 1, size.height * size.width).reshape(size.height, size.width))
    arguments = ["embed", str(tmp_path / "photo.jpg"), str(tmp_path / "m.npy"), "-o", str(tmp_path / "o.jpg")]
    assert run([*arguments, "--refine"]) == 4
    assert "without --refine the map is embedded as it is" in capsys.readouterr().err


def test_a_batch_has_the_column() -> None:
    assert option_values({"refine": "yes"}) == {"refine": True}


@pytest.mark.parametrize(
    "name",
    [
        "plain_iphone_telephoto.heic",
        "edge_orient6_portrait.jpg",
        "edge_cmyk_progressive.jpg",
        "edge_gray.jpg",
    ],
)
def test_real_photos_of_every_kind_can_guide(
    name: str, sample: Callable[[str], bytes], tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(sample(name))
    photo = photo_files.inspect(path).photo
    height, width = photo.height, photo.width
    if photo.orientation >= 5:
        height, width = width, height
    ramp = np.linspace(4, 1, 48)[:, None].repeat(max(2, round(48 * width / height)), 1).astype(np.float32)
    report = photo_files.embed(path, ramp, output=tmp_path / f"o{path.suffix}", refine=True, profile="data")
    assert report.max_error <= report.bound
    assert max(report.map.width, report.map.height) <= 768


@pytest.mark.parametrize("name", ["pug.heic", "lyangas_12mini_gainmap_depth.jpg"])
def test_a_phone_s_own_map_made_coarse_comes_closer_again(name: str, sample: Callable[[str], bytes]) -> None:
    """Against the phone's map as it was, which is no exact truth but was made without us."""
    photo = sample(name)
    own = extract(photo).disparity_per_m()
    coarse = resample_area(own, own.shape[1] // 4, own.shape[0] // 4)
    depth = np.where(coarse > 0, 1 / np.maximum(coarse, 1e-6), np.inf).astype(np.float32)
    options: dict[str, Any] = {"replace": True, "profile": "data", "refine": True, "unit": "m"}
    made = extract(photo_files.embed_bytes(photo, depth, **options)).disparity_per_m()
    noise = np.random.default_rng(1).integers(0, 256, (*own.shape, 3), np.uint8)
    plain = score(resample_area(coarse, own.shape[1], own.shape[0]), own, noise)
    fine = score(made, own, noise)
    assert made.shape == own.shape
    assert fine.edge < 0.9 * plain.edge and fine.wrong <= plain.wrong
