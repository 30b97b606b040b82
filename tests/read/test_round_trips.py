"""Round trips: `extract` and then `embed` of its file, without options, in every format and both kinds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from authoring.api import check_files, photo_files
from authoring.cli.main import run
from authoring.codecs.maps.formats import read_map
from authoring.errors import UsageError

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "golden"
SAMPLES = ROOT.parent / "shared" / "samples"

FORMATS = ("npy", "npz", "png", "tiff", "pfm", "exr")
KINDS = ("depth", "disparity")
MARKED = {"depth": ("npz", "png", "tiff", "exr"), "disparity": FORMATS}
"""Formats in which a file says that it holds this kind; depth in NPY and PFM is what maps hold that say nothing."""

REAL = (
    "pug.heic",
    "rw_ios11_test06.jpg",
    "tianle91_13mini.heic",
    "xamarinmonkey.heic",
    "openize_14pro_portrait.heic",
    "fidmaa_selfie_depth.heic",
)


def _return(photo: Path, format: str, kind: Any, folder: Path) -> None:
    """Extract, embed the result in the same photo, and compare the distances; or be asked what the map holds."""
    report = photo_files.extract_file(photo, folder / f"map.{format}", kind=kind)
    assert report.output is not None and report.kind == kind
    try:
        again = photo_files.embed(
            photo,
            report.output,
            output=folder / f"again{photo.suffix}",
            replace=True,
            max_size=4096,
            profile="data",
        )
    except UsageError as error:
        assert format not in MARKED[kind], error
        assert "--" in error.message
        return
    first = photo_files.extract(photo)
    second = photo_files.extract(folder / f"again{photo.suffix}")
    assert first.samples.shape == second.samples.shape
    difference = np.abs(first.disparity_per_m() - second.disparity_per_m())
    assert float(difference.max()) <= again.bound * 1.01 + 1e-4


@pytest.fixture(scope="module")
def golden_photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The golden scene, a part of it infinitely far away."""
    depth = np.load(GOLDEN / "scene-depth.npy")
    depth[:40, 100:300] = np.inf
    out = tmp_path_factory.mktemp("round") / "scene.jpg"
    photo_files.embed(GOLDEN / "scene.jpg", depth, output=out)
    return out


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("format", FORMATS)
def test_the_golden_scene_returns(golden_photo: Path, format: str, kind: str, tmp_path: Path) -> None:
    if format == "exr":
        pytest.importorskip("OpenEXR")
    _return(golden_photo, format, kind, tmp_path)


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("format", FORMATS)
def test_a_real_photo_returns(name: str, format: str, kind: str, tmp_path: Path) -> None:
    if format == "exr":
        pytest.importorskip("OpenEXR")
    if not (SAMPLES / name).exists():
        pytest.skip(f"the sample {name} is not in {SAMPLES.name}")
    _return(SAMPLES / name, format, kind, tmp_path)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("format", FORMATS)
def test_a_file_says_what_it_holds(golden_photo: Path, format: str, kind: Any, tmp_path: Path) -> None:
    if format == "exr":
        pytest.importorskip("OpenEXR")
    report = photo_files.extract_file(golden_photo, tmp_path / f"map.{format}", kind=kind)
    assert report.output is not None
    path = Path(report.output)
    image = read_map(path.read_bytes())
    if format in ("npy", "pfm"):
        assert path.name == (f"map.{format}" if kind == "depth" else f"map.disparity.{format}")
        assert image.holds is None
    elif format == "png":
        assert image.scale is not None and image.scale.kind == kind
    else:
        assert image.holds == kind
    if format in MARKED[kind]:
        other: Any = "depth" if kind == "disparity" else "disparity"
        for meaning in ({"kind": other}, {"near": 1.0, "far": 5.0}, {"unit": "mm"}):
            options: Any = {
                f"{name}_m" if name in ("near", "far") else name: value for name, value in meaning.items()
            }
            with pytest.raises(UsageError):
                photo_files.embed(golden_photo, path, output=tmp_path / "b.jpg", replace=True, **options)
        photo_files.embed(golden_photo, path, output=tmp_path / "b.jpg", replace=True, kind=kind)


def test_depth_is_what_extract_writes(golden_photo: Path, tmp_path: Path) -> None:
    assert photo_files.extract_file(golden_photo, tmp_path / "d.npy").kind == "depth"
    assert np.array_equal(np.load(tmp_path / "d.npy"), photo_files.extract(golden_photo).depth_m())


def test_a_disparity_by_name_is_one_for_verify_and_batch(golden_photo: Path, tmp_path: Path) -> None:
    reports = [
        photo_files.extract_file(golden_photo, tmp_path / f"scene.{format}", kind="disparity")
        for format in ("npy", "pfm")
    ]
    maps = [str(report.output) for report in reports]
    embedded = tmp_path / "a.jpg"
    photo_files.embed(GOLDEN / "scene.jpg", maps[0], output=embedded, profile="data")
    trip = check_files.verify(embedded, maps=maps, level="L1").roundtrip
    assert trip is not None and trip.maps == 2 and trip.holds
    rows = [
        {"photo": str(GOLDEN / "scene.jpg"), "map": name, "output": str(tmp_path / f"{index}.jpg")}
        for index, name in enumerate(maps)
    ]
    manifest = tmp_path / "rows.jsonl"
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert run(["batch", str(manifest), "--out", str(tmp_path), "--set", "profile=data", "--jobs", "1"]) == 0
    for index in range(2):
        assert (tmp_path / f"{index}.jpg").read_bytes() == embedded.read_bytes()
