"""The examples that read depth without depthauthor (exiftool, pillow-heif, map readers) give what was embedded."""

from __future__ import annotations

import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import depthauthor as da

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
GOLDEN = ROOT / "golden"
METRES: NDArray[np.float32] = np.load(GOLDEN / "scene-depth.npy")[::2, ::2]

Read = Callable[[Path], NDArray[Any]]


def function(example: str, name: str) -> Any:
    """Return a function of an example."""
    return runpy.run_path(str(EXAMPLES / example))[name]


def error_per_m(read: NDArray[Any]) -> float:
    """Return the largest difference from the golden depth, in 1/m."""
    assert read.shape == METRES.shape
    return float(np.abs(1 / read - 1 / METRES).max())


def run(example: str, *arguments: Path) -> str:
    """Run an example as its first lines say, and return what it prints; a warning would be printed, too."""
    command = [sys.executable, "-W", "error", str(EXAMPLES / example), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert not done.stderr
    return done.stdout


@pytest.fixture
def exiftool_metres() -> Read:
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed")
    read: Read = function("exiftool_depth.py", "metres")
    return read


@pytest.mark.parametrize(
    ("photo", "more"),
    [
        ("scene.jpg", {}),
        ("scene-gainmap.jpg", {}),
        ("scene.jpg", {"native_format": "hdep"}),
        ("orientation/scene-5.jpg", {}),
        ("orientation/scene-6.jpg", {}),
    ],
)
def test_exiftool(exiftool_metres: Read, tmp_path: Path, photo: str, more: dict[str, Any]) -> None:
    written = tmp_path / "photo.jpg"
    report = da.embed(GOLDEN / photo, METRES, output=written, **more)
    read = exiftool_metres(written)
    error = np.abs(read - METRES).max() if report.unit == "m" else error_per_m(read)
    assert read.shape == METRES.shape and error <= report.bound * 1.001


def test_exiftool_as_a_command(exiftool_metres: Read, tmp_path: Path) -> None:
    report = da.embed(GOLDEN / "scene.jpg", METRES, output=tmp_path / "photo.jpg")
    assert run("exiftool_depth.py", tmp_path / "photo.jpg", tmp_path / "o.npy").startswith("256 x 192, 0.63")
    assert error_per_m(np.load(tmp_path / "o.npy")) <= report.bound * 1.001


def test_exiftool_of_a_photo_without_depth(exiftool_metres: Read) -> None:
    for name in ("scene.jpg", "scene-gainmap.jpg"):
        with pytest.raises(SystemExit, match="no depth image"):
            exiftool_metres(GOLDEN / name)


@pytest.mark.parametrize("name", ["lyangas_12mini_gainmap_depth.jpg", "rw_ios11_test06.jpg"])
def test_exiftool_of_an_iphones_jpeg(
    exiftool_metres: Read, sample: Callable[[str], bytes], tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(sample(name))
    assert np.abs(1 / exiftool_metres(path) - da.extract(path).disparity_per_m()).max() < 2e-6


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pillow_heif(tmp_path: Path, orientation: int) -> None:
    written = tmp_path / "photo.heic"
    report = da.embed(GOLDEN / "orientation" / f"scene-{orientation}.heic", METRES, output=written)
    read = function("pillow_heif_depth.py", "metres")(written)
    assert error_per_m(read) <= report.bound * 1.001


def test_pillow_heif_where_the_range_is_in_the_xmp_only(tmp_path: Path) -> None:
    written = tmp_path / "photo.heic"
    report = da.embed(GOLDEN / "scene.heic", METRES, output=written, native_format="hdep")
    read = function("pillow_heif_depth.py", "metres")(written)
    assert report.unit == "m" and np.abs(read - METRES).max() <= report.bound * 1.001


def test_pillow_heif_as_a_command(tmp_path: Path) -> None:
    report = da.embed(GOLDEN / "scene.heic", METRES, output=tmp_path / "photo.heic")
    assert run("pillow_heif_depth.py", tmp_path / "photo.heic", tmp_path / "o.npy").startswith(
        "256 x 192, 0.63"
    )
    assert error_per_m(np.load(tmp_path / "o.npy")) <= report.bound * 1.001
    with pytest.raises(SystemExit, match="no depth image"):
        function("pillow_heif_depth.py", "metres")(GOLDEN / "scene.heic")


@pytest.mark.parametrize("name", ["pug.heic", "xamarinmonkey.heic", "fidmaa_selfie_depth.heic"])
def test_pillow_heif_of_an_iphones_heic(sample: Callable[[str], bytes], tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(sample(name))
    read = function("pillow_heif_depth.py", "metres")(path)
    assert np.abs(1 / read - da.extract(path).disparity_per_m()).max() < 2e-6


@pytest.fixture(scope="module")
def portrait(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("maps") / "portrait.heic"
    da.embed(GOLDEN / "scene.heic", METRES, output=path)
    return path


@pytest.mark.parametrize(
    ("reader", "library", "suffix"),
    [
        ("with_numpy", "numpy", "npy"),
        ("with_numpy", "numpy", "npz"),
        ("with_imageio", "imageio", "png"),
        ("with_imageio", "imageio", "tiff"),
        ("with_opencv", "cv2", "pfm"),
        ("with_opencv", "cv2", "tiff"),
        ("with_openexr", "OpenEXR", "exr"),
    ],
)
def test_map_readers(portrait: Path, tmp_path: Path, reader: str, library: str, suffix: str) -> None:
    pytest.importorskip(library, reason=f"{library} is not installed")
    path = tmp_path / f"depth.{suffix}"
    da.extract_file(portrait, path)
    wanted = da.extract(portrait).depth_m()
    read = function("read_maps.py", reader)(path)
    # Half a step of the PNG's 16 bits; the others hold the same floats.
    bound = (wanted.max() - wanted.min()) / 65534 / 2 * 1.01 if suffix == "png" else 0
    assert np.abs(read - wanted).max() <= bound


def test_opencv_says_what_it_cannot_read(portrait: Path, tmp_path: Path) -> None:
    pytest.importorskip("cv2", reason="cv2 is not installed")
    da.extract_file(portrait, tmp_path / "depth.npz")
    with pytest.raises(SystemExit, match="OpenCV cannot read"):
        function("read_maps.py", "with_opencv")(tmp_path / "depth.npz")


def test_map_readers_as_a_command(portrait: Path, tmp_path: Path) -> None:
    pytest.importorskip("imageio", reason="imageio is not installed")
    da.extract_file(portrait, tmp_path / "depth.png")
    assert run("read_maps.py", tmp_path / "depth.png").startswith("256 x 192, 0.63")
