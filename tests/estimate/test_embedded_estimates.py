"""`embed PHOTO --estimate`: what is refused, what the file says of its depth, and that the photo comes back."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lxml import etree
from PIL import Image

import depthauthor
from tests.estimate import photos, tiny_models
from tests.estimate.tiny_models import FIELD_OF_VIEW, GOLDEN, TinyModel, make_known, needs_networks, quiet

pytestmark = needs_networks

PHOTO = GOLDEN / "orientation" / "scene-6.jpg"


def _provenance(data: bytes) -> dict[str, str]:
    """Return the properties of our own namespace in all XMP packets of a file, as lxml reads them."""
    found: dict[str, str] = {}
    for packet in re.findall(rb"<x:xmpmeta.*?</x:xmpmeta>", data, re.DOTALL):
        root = etree.fromstring(packet)
        for element in root.iter(etree.Element):
            for name, text in [(element.tag, element.text), *element.attrib.items()]:
                qualified = etree.QName(name)
                if "depthauthor" in (qualified.namespace or ""):
                    found[qualified.localname] = str(text or "")
    return found


@pytest.fixture
def containers(tmp_path: Path) -> dict[str, Path]:
    """Return a small photo of each container, by its extension."""
    paths = {suffix: tmp_path / f"photo{suffix}" for suffix in (".jpg", ".heic", ".dng")}
    paths[".jpg"].write_bytes(photos.small(".jpg")[0])
    paths[".heic"].write_bytes(photos.photo("orientation/scene-6.heic")[0])
    paths[".dng"].write_bytes(photos.photo("scene-6.dng")[0])
    return paths


OF_MAP_FILES = (
    ("--white", "near"),
    ("--invert",),
    ("--spacing", "disparity"),
    ("--preset", "midas"),
    ("--unit", "m"),
    ("--focal-px", "500"),
    ("--baseline", "0.1"),
    ("--doffs", "1"),
    ("--invalid", "0"),
    ("--key", "depth"),
    ("--frame", "0"),
    ("--map-orientation", "stored"),
    ("--stretch",),
    ("--force",),
    ("--min-confidence", "0.5"),
)


@pytest.mark.parametrize("option", OF_MAP_FILES, ids=lambda option: option[0])
def test_options_of_map_files_are_refused(
    option: tuple[str, ...], tiny: Callable[[str], TinyModel], refused: Callable[..., str], tmp_path: Path
) -> None:
    output = tmp_path / "out.jpg"
    model = tiny("relative").arguments
    message = refused(2, "embed", PHOTO, "--estimate", *model, *option, "-o", output)
    assert f"{option[0]} is about a map file" in message
    assert not output.exists()


@pytest.mark.parametrize(
    "option", [("--model", "FOLDER"), ("--device", "cpu"), ("--offline",), ("--accept-licence",)]
)
def test_options_of_a_network_are_refused_with_a_map(
    option: tuple[str, ...], refused: Callable[..., str], tmp_path: Path
) -> None:
    output = tmp_path / "out.jpg"
    words = ("--near", 0.5, "--far", 8, "-o", output)
    message = refused(2, "embed", PHOTO, GOLDEN / "scene-mask.png", *option, *words)
    assert f"{option[0]} is about a network" in message and "--estimate" in message
    assert not output.exists()


def test_a_map_and_an_estimate_exclude_each_other(refused: Callable[..., str], tmp_path: Path) -> None:
    output = tmp_path / "out.jpg"
    assert "--estimate" in refused(2, "embed", PHOTO, GOLDEN / "scene-mask.png", "--estimate", "-o", output)
    assert "--estimate" in refused(2, "embed", PHOTO, "-o", output)
    assert not output.exists()


@pytest.mark.parametrize("ends", [("--near", "1"), ("--far", "4"), ("--near", "1", "--far", "4")])
@pytest.mark.parametrize("verb", ["embed", "estimate"])
def test_near_and_far_are_refused_of_a_metric_network(
    verb: str,
    ends: tuple[str, ...],
    tiny: Callable[[str], TinyModel],
    refused: Callable[..., str],
    tmp_path: Path,
) -> None:
    output = tmp_path / ("out.jpg" if verb == "embed" else "out.npz")
    words = [*(["--estimate"] if verb == "embed" else []), *tiny("metric").arguments, *ends]
    message = refused(2, verb, PHOTO, *words, "-o", output)
    assert "--near and --far do not apply: tiny-metric estimates metres itself" in message
    assert not output.exists()


@pytest.mark.parametrize(
    "ends", [{"near": 1.0}, {"far": 4.0}, {"near": 4.0, "far": 1.0}, {"near": 2.0, "far": 2.0}]
)
def test_one_end_alone_or_ends_that_cross_are_refused(
    ends: dict[str, Any], tiny: Callable[[str], TinyModel]
) -> None:
    with pytest.raises(depthauthor.UsageError, match=r"near|far"):
        depthauthor.estimate(PHOTO, **tiny("relative").options, **ends)


@pytest.mark.parametrize("verb", ["embed", "estimate"])
def test_a_network_that_says_nothing_asks_for_its_kind(
    verb: str, tiny: Callable[[str], TinyModel], refused: Callable[..., str], tmp_path: Path
) -> None:
    output = tmp_path / ("out.jpg" if verb == "embed" else "out.npz")
    words = [*(["--estimate"] if verb == "embed" else []), "--model", tiny("dpt").folder]
    message = refused(2, verb, PHOTO, *words, "-o", output)
    for choice in ("--kind depth", "--kind inverse-relative", "--kind affine"):
        assert choice in message
    assert not output.exists()


def test_a_kind_that_is_none_of_a_network_is_refused(tiny: Callable[[str], TinyModel]) -> None:
    with pytest.raises(
        depthauthor.UsageError, match="it can be depth or disparity or inverse-relative or affine"
    ):
        depthauthor.estimate(PHOTO, model=tiny("dpt").folder, kind="disparity-px")


COMMIT = "0123456789abcdef0123456789abcdef01234567"


def test_a_known_model_in_the_hubs_cache(
    tiny: Callable[[str], TinyModel],
    command: Callable[..., dict[str, Any]],
    refused: Callable[..., str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is found by its short name without a network, its meaning is known, and a contradicting one is refused."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    repository = tmp_path / "hub" / "models--Intel--dpt-large"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(COMMIT)
    (repository / "snapshots").mkdir()
    (repository / "snapshots" / COMMIT).symlink_to(tiny("dpt").folder)
    words = ("--model", "DPT-Large", "--offline")
    report = command("estimate", PHOTO, *words, "-o", tmp_path / "out.npz")
    assert (report["model"], report["model_version"], report["scale"]) == (
        "Intel/dpt-large",
        COMMIT,
        "assumed",
    )
    expected = depthauthor.estimate(PHOTO, **tiny("dpt").options)
    with np.load(tmp_path / "out.npz") as arrays:
        np.testing.assert_allclose(arrays["depth"], expected.depth_m(), rtol=1e-6)
    for kind in ("depth", "affine"):
        message = refused(2, "embed", PHOTO, "--estimate", *words, "--kind", kind, "-o", tmp_path / "out.jpg")
        assert f"--kind says {kind}, and the values of dpt-large are inverse-relative" in message
    same = command("estimate", PHOTO, *words, "--kind", "inverse-relative", "-o", tmp_path / "same.npz")
    assert same["minimum"] == report["minimum"]


@pytest.mark.parametrize("suffix", [".jpg", ".heic", ".dng"])
def test_the_file_names_the_network_and_a_copy_carries_it_on(
    suffix: str,
    containers: dict[str, Path],
    tiny: Callable[[str], TinyModel],
    command: Callable[..., dict[str, Any]],
    tmp_path: Path,
) -> None:
    model, output = tiny("relative"), tmp_path / f"out{suffix}"
    report = command("embed", containers[suffix], "--estimate", *model.arguments, "-o", output)
    assert "estimated by tiny-relative (version " in report["meaning"]
    assert "0.769 m to 5 m" in report["meaning"] and "assumed, not measured" in report["meaning"]
    version = depthauthor.estimate(containers[suffix], **model.options).estimate
    assert version is not None and len(version.version) == 64
    expected = {
        "DepthSource": "estimated",
        "DepthModel": "tiny-relative",
        "DepthModelVersion": version.version,
    }
    written = _provenance(output.read_bytes())
    assert {name: written.get(name) for name in expected} == expected
    assert written["CalibrationSource"] in ("exif", "nominal")
    copied = tmp_path / "copy.jpg"
    command("copy", output, containers[".jpg"], "-o", copied)
    after = _provenance(copied.read_bytes())
    assert (after["DepthModel"], after["DepthModelVersion"]) == ("tiny-relative", version.version)
    assert after["DepthSource"] == "donor"


@pytest.mark.parametrize("suffix", [".jpg", ".heic", ".dng"])
@pytest.mark.parametrize("architecture", ["relative", "metric"])
def test_strip_gives_the_photo_back_byte_for_byte(
    architecture: str,
    suffix: str,
    containers: dict[str, Path],
    tiny: Callable[[str], TinyModel],
    command: Callable[..., dict[str, Any]],
    tmp_path: Path,
) -> None:
    photo, output, plain = containers[suffix], tmp_path / f"out{suffix}", tmp_path / f"plain{suffix}"
    model = tiny(architecture).arguments
    command("embed", photo, "--estimate", *model, "-o", output)
    command("strip", output, "--restore", "-o", plain)
    assert plain.read_bytes() == photo.read_bytes() != output.read_bytes()
    command("embed", photo, "--estimate", *model, "--profile", "data", "-o", output, "--overwrite")
    assert depthauthor.strip_bytes(output) == photo.read_bytes()


@pytest.mark.parametrize("suffix", [".jpg", ".heic", ".dng"])
@pytest.mark.parametrize("ends", [{}, {"near": 0.4, "far": 9.0}])
def test_both_doors_and_a_map_file_give_the_same_file(
    ends: dict[str, Any],
    suffix: str,
    containers: dict[str, Path],
    tiny: Callable[[str], TinyModel],
    command: Callable[..., dict[str, Any]],
    tmp_path: Path,
) -> None:
    model, photo = tiny("relative"), containers[suffix]
    words = [*model.arguments, *(part for name, value in ends.items() for part in (f"--{name}", value))]
    output, again = tmp_path / f"out{suffix}", tmp_path / f"again{suffix}"
    command("embed", photo, "--estimate", *words, "-o", output)
    buffer = depthauthor.estimate(photo, **model.options, **ends)
    depthauthor.embed(photo, buffer, output=again)
    assert again.read_bytes() == output.read_bytes()
    assert depthauthor.embed_bytes(photo, buffer) == output.read_bytes()
    command("estimate", photo, *words, "--as", "disparity", "-o", tmp_path / "map.npz")
    command("embed", photo, tmp_path / "map.npz", "-o", again, "--overwrite")
    assert again.read_bytes() == output.read_bytes()


def test_only_an_estimate_coarser_than_the_stored_map_is_refined(
    tiny: Callable[[str], TinyModel], command: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    """The network gives 98 samples on the long side of this photo."""

    def refined(*options: str) -> bool:
        report = command(
            *("embed", PHOTO, "--estimate", *tiny("relative").arguments, *options),
            *("-o", tmp_path / "out.jpg", "--overwrite"),
        )
        assert report["map"]["height"] == (int(options[-1]) if options else 512)
        return any("refined along the photo's edges" in note for note in report["notes"])

    assert refined()
    assert refined("--max-size", "104")
    assert not refined("--max-size", "96")
    assert not refined("--no-refine", "--max-size", "256")
    assert refined("--refine", "--max-size", "96")


def _camera(path: Path, orientation: Any = "stored") -> depthauthor.Calibration:
    calibration = depthauthor.extract(path, orientation=orientation).calibration
    assert calibration is not None
    return calibration


@pytest.mark.parametrize(
    "name", ["orientation/scene-1.jpg", "orientation/scene-6.jpg", "orientation/scene-6.heic"]
)
def test_an_estimated_field_of_view_becomes_the_calibration(
    name: str, tiny: Callable[[str], TinyModel], command: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    """It is that of the upright photo's width, 512 pixels, however the photo is stored."""
    model = tiny("depth-pro")
    photo, output = GOLDEN / name, tmp_path / f"out{Path(name).suffix}"
    _, upright = photos.photo(name)
    with quiet():
        import torch
        from transformers import AutoImageProcessor, AutoModelForDepthEstimation

        processor = AutoImageProcessor.from_pretrained(model.folder)
        network = AutoModelForDepthEstimation.from_pretrained(model.folder).eval()
        with torch.no_grad():
            inputs = processor(images=Image.fromarray(upright), return_tensors="pt")
            field_of_view = float(network(**inputs).field_of_view)
    assert field_of_view == pytest.approx(FIELD_OF_VIEW, abs=5)
    focal_px = 256 / math.tan(math.radians(field_of_view / 2))
    buffer = depthauthor.estimate(photo, **model.options)
    assert buffer.calibration is not None
    assert buffer.calibration.focal_px == pytest.approx((focal_px, focal_px), rel=1e-5)
    report = command("embed", photo, "--estimate", *model.arguments, "-o", output)
    assert "the calibration is the network's estimate" in report["assumed"]
    width, height = (384, 512) if "6.jpg" in name or "6.heic" in name else (512, 384)
    stored = _camera(output)
    scale = stored.reference_width_px / width
    assert stored.reference_height_px == pytest.approx(height * scale, rel=0.01)
    assert stored.focal_px == pytest.approx((focal_px * scale, focal_px * scale), rel=1e-4)
    assert stored.principal_point_px == pytest.approx((width / 2 * scale, height / 2 * scale), rel=1e-4)
    assert _provenance(output.read_bytes())["CalibrationSource"] == "estimated"
    written = command("estimate", photo, *model.arguments, "--max-size", 128, "-o", tmp_path / "map.npz")
    assert written["focal_px"] == pytest.approx(focal_px / 4, rel=1e-5)


def test_a_camera_that_is_given_replaces_the_estimated_one(
    tiny: Callable[[str], TinyModel], command: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    model, output = tiny("depth-pro"), tmp_path / "out.jpg"
    command("embed", PHOTO, "--estimate", *model.arguments, "--fov", 70, "-o", output)
    given = _camera(output, "display")
    focal_px = given.reference_width_px / 2 / math.tan(math.radians(35))
    assert given.focal_px == pytest.approx((focal_px, focal_px), rel=1e-4)
    assert _provenance(output.read_bytes())["CalibrationSource"] == "given"
    camera = GOLDEN / "scene-calibration.json"
    command(
        "embed", PHOTO, "--estimate", *model.arguments, "--calibration", camera, "-o", output, "--overwrite"
    )
    given, numbers = _camera(output, "display"), json.loads(camera.read_text())
    scale = given.reference_width_px / numbers["reference_width"]
    assert given.focal_px == pytest.approx((numbers["fx"] * scale, numbers["fy"] * scale), rel=1e-4)
    assert given.principal_point_px == pytest.approx((numbers["cx"] * scale, numbers["cy"] * scale), rel=1e-4)
    assert _provenance(output.read_bytes())["CalibrationSource"] == "given"


def test_a_field_of_view_that_is_none_gives_no_camera(tmp_path: Path) -> None:
    """As weights that were never trained may give it."""
    tiny_models.skip_without_image_processor("depth-pro")
    model = tiny_models.save("depth-pro", tmp_path / "negative", field_of_view=-FIELD_OF_VIEW)
    assert depthauthor.estimate(PHOTO, **model.options).calibration is None


def test_two_equal_halves_of_a_photo_are_no_doubt_of_its_estimate(
    command: Callable[..., dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a map file is refused as a stereo pair, with --force as the way out, which an estimate does not take."""
    model = make_known("metric", tmp_path / "known", monkeypatch)
    with Image.open(GOLDEN / "scene-inverse.png") as picture:
        half = np.asarray(picture.convert("RGB").resize((256, 192), Image.Resampling.BOX))
    pair = np.concatenate([half, half], axis=1)
    photo, output = tmp_path / "pair.png", tmp_path / "out.heic"
    photo.write_bytes(photos.png(pair, 1))
    truth_m = 1 + 4 * (1 - pair.astype(np.float64).mean(axis=2) / 255)
    with pytest.raises(depthauthor.RefusedError, match="two halves"):
        depthauthor.embed_bytes(photo, truth_m, unit="m", container="heic")
    report = command("embed", photo, "--estimate", *model.arguments, "--no-refine", "-o", output)
    depth_m = depthauthor.extract(output).depth_m()
    assert (np.abs(depth_m - truth_m) <= report["bound"] * depth_m * truth_m * 1.001).all()


@pytest.mark.parametrize("architecture", ["depth-pro", "zoedepth"])
def test_a_missing_torchvision_is_named(
    architecture: str, refused: Callable[..., str], tmp_path: Path
) -> None:
    try:
        tiny_models.skip_without_image_processor(architecture)
    except pytest.skip.Exception:
        pass
    else:
        pytest.skip("torchvision is installed, or not needed")
    folder = tmp_path / architecture
    if architecture == "zoedepth":
        tiny_models.save(architecture, folder)
    else:  # Its image processor cannot even be made.
        folder.mkdir()
        (folder / "config.json").write_text('{"model_type": "depth_pro", "use_fov_model": true}')
        (folder / "preprocessor_config.json").write_text('{"image_processor_type": "DepthProImageProcessor"}')
        (folder / "model.safetensors").write_bytes(b"never read")
    message = refused(4, "estimate", PHOTO, "--model", folder, "-o", tmp_path / "out.npz")
    assert "pip install 'depthauthor[estimate]'" in message and "torchvision" in message.lower()
