"""Every format that `extract` writes, read by another reader and by ours, and the JSON file beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from authoring.api import photo_files
from authoring.cli.main import run
from authoring.depth.buffer import DepthBuffer, PixelFormat
from tests.schemas.test_exported import validate

GOLDEN = Path(__file__).parents[2] / "golden"


def _npz(path: Path, kind: str) -> NDArray[Any]:
    with np.load(path) as archive:
        assert archive.files == [kind]
        values: NDArray[Any] = archive[kind]
        return values


def _exr(path: Path, kind: str) -> NDArray[Any]:
    library = pytest.importorskip("OpenEXR")
    file = library.File(str(path))
    channels = file.channels()
    name = "Z" if kind == "depth" else "disparity"
    assert list(channels) == [name] and file.header()["depthauthorKind"] == kind
    return np.asarray(channels[name].pixels)


def _picture(path: Path, kind: str) -> NDArray[Any]:
    with Image.open(path) as picture:
        assert picture.mode == "F" and getattr(picture, "n_frames", 1) == 1
        return np.asarray(picture)


def _png(path: Path, kind: str) -> NDArray[Any]:
    """Read the scale from the text in the file, as a person would."""
    with Image.open(path) as picture:
        assert picture.mode == "I;16"
        text: dict[str, str] = picture.text  # type: ignore[attr-defined]
        codes = np.asarray(picture).astype(np.float64)
    assert text["Description"].startswith(f"{kind} in {'metres' if kind == 'depth' else '1/metre'} = ")
    zero, full = float(text["depthauthor-at-0"]), float(text["depthauthor-at-65535"])
    values = zero + codes / 65535 * (full - zero)
    if "depthauthor-spacing" in text:
        assert "= 1 / (" in text["Description"]
        with np.errstate(divide="ignore"):
            values = 1 / values
    if "depthauthor-invalid" in text:
        values[codes == int(text["depthauthor-invalid"])] = np.nan
    return values


READERS: dict[str, Callable[[Path, str], NDArray[Any]]] = {
    "npy": lambda path, kind: np.load(path),
    "npz": _npz,
    "pfm": _picture,
    "tiff": _picture,
    "exr": _exr,
    "png": _png,
}


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A turned photo, part of it infinitely far away, with a camera."""
    depth = np.load(GOLDEN / "scene-depth.npy")
    depth[:40, 100:300] = np.inf
    out = tmp_path_factory.mktemp("written") / "a.heic"
    turned = GOLDEN / "orientation" / "scene-6.jpg"
    calibration = str(GOLDEN / "scene-calibration.json")
    photo_files.embed(turned, depth, output=out, calibration=calibration, aperture=4.0)
    return out


@pytest.mark.parametrize("kind", ["depth", "disparity"])
@pytest.mark.parametrize("orientation", ["display", "stored"])
@pytest.mark.parametrize("suffix", READERS)
def test_another_reader_reads_the_same_values(
    suffix: str, orientation: Any, kind: Any, photo: Path, tmp_path: Path
) -> None:
    if suffix == "exr":
        pytest.importorskip("OpenEXR")
    report = photo_files.extract_file(photo, tmp_path / f"m.{suffix}", kind=kind, orientation=orientation)
    assert report.output is not None
    target = Path(report.output)
    assert target.name == (
        f"m.{suffix}" if kind == "depth" or suffix not in ("npy", "pfm") else f"m.disparity.{suffix}"
    )
    buffer = photo_files.extract(photo, orientation=orientation)
    wanted: Any = buffer.depth_m() if kind == "depth" else buffer.disparity_per_m()
    found: Any = READERS[suffix](target, kind)
    assert found.shape == wanted.shape == ((384, 512) if orientation == "display" else (512, 384))
    finite = np.isfinite(wanted)
    limits = (float(wanted[finite].min()), float(wanted[finite].max()))
    assert finite.all() == (kind == "disparity"), "the sky has a disparity, 0, and no depth"
    if suffix == "png":
        assert np.isposinf(found[~finite]).all()
        if kind == "depth":
            found, wanted = 1 / found, 1 / wanted
        step = (wanted.max() - wanted.min()) / 65534
        assert np.abs(found - wanted).max() <= step * 0.51
    else:
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, wanted)
    assert (report.minimum, report.maximum) == limits


@pytest.mark.parametrize("suffix", READERS)
def test_the_same_photo_gives_the_same_bytes(suffix: str, photo: Path, tmp_path: Path) -> None:
    if suffix == "exr":
        pytest.importorskip("OpenEXR")
    for name in ("one", "two"):
        photo_files.extract_file(photo, tmp_path / f"{name}.{suffix}")
    assert (tmp_path / f"one.{suffix}").read_bytes() == (tmp_path / f"two.{suffix}").read_bytes()


def test_metadata_is_written_beside_the_map(photo: Path, tmp_path: Path) -> None:
    arguments = ["extract", str(photo), "-o", str(tmp_path / "d.npz"), "--as", "depth", "--metadata"]
    assert run(arguments) == 0
    metadata = json.loads((tmp_path / "d.npz.json").read_text(encoding="utf-8"))
    validate("extract", metadata["extract"])
    validate("calibration", metadata["calibration"])
    assert metadata["extract"]["unit"] == "m" and metadata["extract"]["width"] == 512
    assert metadata["photo"] == {"width": 384, "height": 512, "orientation": 6}
    depth = metadata["depth"]
    assert (depth["native_format"], depth["accuracy"], depth["quality"], depth["filtered"]) == (
        "hdis",
        "relative",
        "high",
        True,
    )
    assert depth["simulated_aperture"] == 4 and depth["float_min"] == 0
    # The map and its camera are upright, while the photo is stored on its side.
    camera = metadata["calibration"]
    assert (camera["reference_width"], camera["reference_height"]) == (512, 384)
    assert camera["fx"] == pytest.approx(400) and camera["cx"] == pytest.approx(258)
    (tmp_path / "d.npz").unlink()
    assert run(arguments) == 5, "existing metadata is not overwritten"
    assert not (tmp_path / "d.npz").exists()


def test_map_and_metadata_reproduce_the_photo(photo: Path, tmp_path: Path) -> None:
    assert run(["extract", str(photo), "-o", str(tmp_path / "d.pfm"), "--metadata"]) == 0
    photo_files.embed(
        GOLDEN / "orientation" / "scene-6.jpg",
        tmp_path / "d.pfm",
        output=tmp_path / "b.heic",
        calibration=str(tmp_path / "d.pfm.json"),
    )
    first, second = photo_files.extract(photo), photo_files.extract(tmp_path / "b.heic")
    assert first.calibration is not None and second.calibration is not None
    assert second.calibration.focal_px == pytest.approx(first.calibration.focal_px)
    assert second.calibration.principal_point_px == pytest.approx(first.calibration.principal_point_px)
    assert np.abs(first.disparity_per_m() - second.disparity_per_m()).max() < 0.02


def test_metadata_of_a_photo_without_a_camera_says_so(tmp_path: Path, capsys: Any) -> None:
    depth = DepthBuffer.from_depth_m(np.load(GOLDEN / "scene-depth.npy"), PixelFormat.FDEP)
    data = photo_files.embed_bytes(
        (GOLDEN / "scene.jpg").read_bytes(), depth, native_format="hdep", profile="data"
    )
    (tmp_path / "a.jpg").write_bytes(data)
    target = tmp_path / "d.npy"
    assert run(["extract", str(tmp_path / "a.jpg"), "-o", str(target), "--metadata"]) == 0
    metadata = json.loads((tmp_path / "d.npy.json").read_text(encoding="utf-8"))
    assert (
        metadata["calibration"] is None
        and metadata["extract"]["kind"] == metadata["depth"]["kind"] == "depth"
    )
    capsys.readouterr()
    arguments = ["embed", str(GOLDEN / "scene.jpg"), str(target), "-o", str(tmp_path / "o.jpg")]
    assert run([*arguments, "--calibration", str(tmp_path / "d.npy.json")]) == 3
    assert "stated no camera" in capsys.readouterr().err
