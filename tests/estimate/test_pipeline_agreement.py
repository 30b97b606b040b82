"""An estimate is what transformers' own pipeline gives for the upright photo, of each architecture and container."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import depthauthor
from depthauthor import estimate
from tests.estimate import photos
from tests.estimate.tiny_models import ARCHITECTURES, GOLDEN, TinyModel, needs_networks, quiet

pytestmark = needs_networks

Floats = NDArray[np.float64]

NEAREST_PER_M, FARTHEST_PER_M = 1.3, 0.2
"""What the documentation says of a network without a scale."""


@cache
def _pipeline(folder: Path) -> Any:
    with quiet():
        from transformers import pipeline

        return pipeline("depth-estimation", str(folder), device="cpu")


def _truth_m(model: TinyModel, upright: photos.Pixels) -> Floats:
    """Return metres (H, W) by transformers' pipeline, and by the stated spread for a network without a scale."""
    with quiet():
        output = _pipeline(model.folder)(Image.fromarray(upright))["predicted_depth"]
    values: Floats = output.numpy().astype(np.float64)
    if model.is_metric:
        return values
    share = (values - values.min()) / (values.max() - values.min())
    return np.asarray(1 / (FARTHEST_PER_M + share * (NEAREST_PER_M - FARTHEST_PER_M)))


def _agrees(buffer: depthauthor.DepthBuffer, model: TinyModel, truth_m: Floats) -> None:
    values = buffer.depth_m()
    assert values.shape == truth_m.shape
    if model.is_metric:
        assert np.array_equal(buffer.samples, truth_m)
    assert np.abs(1 / values - 1 / truth_m).max() < 1e-6 * (1 / truth_m).max()


@pytest.mark.parametrize("name", photos.CONTAINERS)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_estimate_is_the_pipelines_on_the_upright_photo(
    architecture: str, name: str, tiny: Callable[[str], TinyModel]
) -> None:
    model = tiny(architecture)
    data, upright = photos.photo(name)
    truth_m = _truth_m(model, upright)
    assert truth_m.std() > 0.01 * truth_m.mean()
    _agrees(estimate(data, **model.options), model, truth_m)


@pytest.mark.parametrize("turn", photos.ORIENTATIONS)
def test_an_opened_picture_is_turned_by_its_exif(turn: int, tiny: Callable[[str], TinyModel]) -> None:
    model = tiny("metric")
    name = f"orientation/scene-{turn}.jpg"
    with Image.open(GOLDEN / name) as picture:
        buffer = estimate(picture, **model.options)
    _agrees(buffer, model, _truth_m(model, photos.photo(name)[1]))


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "CMYK"])
def test_every_mode_of_pixels_is_a_photo(mode: str, tiny: Callable[[str], TinyModel], tmp_path: Path) -> None:
    model = tiny("metric")
    path = tmp_path / ("photo.jpg" if mode == "CMYK" else "photo.png")
    with Image.open(GOLDEN / "orientation" / "scene-1.jpg") as picture:
        picture.convert(mode).save(path)
    with Image.open(path) as picture:
        upright = np.asarray(picture.convert("RGB"))
    _agrees(estimate(path, **model.options), model, _truth_m(model, upright))


EMBEDDED = (
    *((architecture, "small.jpg") for architecture in ARCHITECTURES),
    *(
        (architecture, name)
        for architecture in ("relative", "metric")
        for name in ("scene-6.dng", "small.png")
    ),
    ("relative", "orientation/scene-8.heic"),
)


@pytest.mark.parametrize(("architecture", "name"), EMBEDDED)
def test_an_embedded_estimate_keeps_the_reports_bound(
    architecture: str,
    name: str,
    tiny: Callable[[str], TinyModel],
    command: Callable[..., dict[str, Any]],
    tmp_path: Path,
) -> None:
    """The map has the photo's own size here, so that nothing but the codes comes between."""
    model = tiny(architecture)
    data, upright = photos.small(Path(name).suffix) if name.startswith("small") else photos.photo(name)
    photo = tmp_path / Path(name).name
    photo.write_bytes(data)
    output = tmp_path / f"out{'.heic' if name.endswith('.png') else photo.suffix}"
    report = command(
        "embed", photo, "--estimate", *model.arguments, "--no-refine", "--max-size", 512, "-o", output
    )
    truth_m = _truth_m(model, upright)
    depth_m = depthauthor.extract(output).depth_m()
    assert depth_m.shape == truth_m.shape
    rounding = 1 + 1e-4
    if report["unit"] == "m":
        assert np.abs(depth_m - truth_m).max() <= report["bound"] * rounding
    else:
        # An error of e in 1/m is one of e · d · d' in metres.
        assert (np.abs(depth_m - truth_m) <= report["bound"] * depth_m * truth_m * rounding).all()
    assert report["bound"] <= 0.02 * np.ptp(truth_m if report["unit"] == "m" else 1 / truth_m)


REFINED = (
    *((architecture, "small.jpg") for architecture in ARCHITECTURES if architecture != "depth-pro"),
    ("depth-pro", "orientation/scene-6.jpg"),  # Its own output is larger than the small photo.
    ("metric", "orientation/scene-5.heic"),
)


@pytest.mark.parametrize(("architecture", "name"), REFINED)
def test_a_refined_estimate_is_still_the_networks(
    architecture: str,
    name: str,
    tiny: Callable[[str], TinyModel],
    command: Callable[..., dict[str, Any]],
    tmp_path: Path,
) -> None:
    model = tiny(architecture)
    data, upright = photos.small(".jpg") if name == "small.jpg" else photos.photo(name)
    photo = tmp_path / Path(name).name
    photo.write_bytes(data)
    output = tmp_path / f"out{photo.suffix}"
    report = command("embed", photo, "--estimate", *model.arguments, "-o", output)
    assert any("refined along the photo's edges" in note for note in report["notes"])
    depth = depthauthor.extract(output).disparity_per_m()
    truth = 1 / _truth_m(model, upright)
    with Image.fromarray(truth.astype(np.float32)) as picture:
        shrunk = np.asarray(picture.resize(depth.shape[::-1], Image.Resampling.BOX), np.float64)
    correlation = np.corrcoef(depth.ravel(), shrunk.ravel())[0, 1]
    assert correlation > 0.75
    for turned in (depth[::-1], depth[:, ::-1], depth[::-1, ::-1]):
        assert np.corrcoef(turned.ravel(), shrunk.ravel())[0, 1] < correlation - 0.05
    assert np.median(np.abs(depth - shrunk)) < 0.05 * np.ptp(shrunk)


def _read_npy(path: Path, _: str) -> NDArray[Any]:
    return np.asarray(np.load(path))


def _read_npz(path: Path, kind: str) -> NDArray[Any]:
    with np.load(path) as arrays:
        return np.asarray(arrays[kind])


def _read_pfm(path: Path, _: str) -> NDArray[Any]:
    """Netpbm's PFM: a header of three lines, then rows from the bottom up; a negative scale is little-endian."""
    magic, size, scale, data = path.read_bytes().split(b"\n", 3)
    width, height = map(int, size.split())
    assert magic == b"Pf" and float(scale) < 0
    return np.frombuffer(data, "<f4").reshape(height, width)[::-1]


def _read_tiff(path: Path, _: str) -> NDArray[Any]:
    tifffile = pytest.importorskip("tifffile")
    return np.asarray(tifffile.imread(path))


def _read_exr(path: Path, _: str) -> NDArray[Any]:
    OpenEXR = pytest.importorskip("OpenEXR")
    with OpenEXR.File(str(path)) as file:
        [channel] = file.channels().values()
        return np.array(channel.pixels)


READERS = {"npy": _read_npy, "npz": _read_npz, "pfm": _read_pfm, "tiff": _read_tiff, "exr": _read_exr}


@pytest.mark.parametrize("kind", ["depth", "disparity"])
@pytest.mark.parametrize("format", [*READERS, "png"])
@pytest.mark.parametrize("architecture", ["relative", "metric"])
def test_map_files_hold_the_estimate_for_every_reader(
    architecture: str,
    format: str,
    kind: str,
    tiny: Callable[[str], TinyModel],
    command: Callable[..., dict[str, Any]],
    tmp_path: Path,
) -> None:
    model = tiny(architecture)
    data, upright = photos.small(".jpg")
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(data)
    truth_m = _truth_m(model, upright)
    truth = truth_m if kind == "depth" else 1 / truth_m
    report = command("estimate", photo, *model.arguments, "-o", tmp_path / f"map.{format}", "--as", kind)
    assert (report["kind"], report["unit"]) == (kind, "m" if kind == "depth" else "1/m")
    assert (report["height"], report["width"]) == truth.shape
    assert (report["minimum"], report["maximum"]) == pytest.approx((truth.min(), truth.max()), rel=1e-5)
    written = Path(report["output"])
    if format in READERS:
        values = READERS[format](written, kind)
        assert values.dtype == np.float32
        np.testing.assert_allclose(values, truth, rtol=2e-6)
    # Our own reader takes it for what it is; NPY and PFM do not say metres, which could be doubted.
    meaning = ["--unit", "m"] if format in ("npy", "pfm") and kind == "depth" else []
    output = tmp_path / "out.jpg"
    embedded = command("embed", photo, written, *meaning, "--no-refine", "-o", output)
    depth_m = depthauthor.extract(output).depth_m()
    steps = np.ptp(truth) / 65535 if format == "png" else 0
    if kind == "depth":
        steps /= truth_m.min() ** 2
    assert np.abs(1 / depth_m - 1 / truth_m).max() <= embedded["bound"] * 1.0001 + steps


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_report_names_the_network_and_what_its_metres_are_worth(
    architecture: str,
    tiny: Callable[[str], TinyModel],
    command: Callable[..., dict[str, Any]],
    tmp_path: Path,
) -> None:
    model = tiny(architecture)
    report = command("estimate", GOLDEN / "scene.jpg", *model.arguments, "-o", tmp_path / "map.npz")
    assert report["model"] == f"tiny-{architecture}" and len(report["model_version"]) == 64
    assert report["scale"] == ("network" if model.is_metric else "assumed")
    [note] = report["notes"]
    assert ("assumed, not measured" in note) is not model.is_metric and "not measured" in note
    _, upright = photos.photo("scene.jpg")
    with quiet():
        import torch

        pipeline = _pipeline(model.folder)
        inputs = pipeline.image_processor(images=Image.fromarray(upright), return_tensors="pt")
        with torch.no_grad():
            rows, columns = pipeline.model(**inputs).predicted_depth.shape[-2:]
    assert (report["network_height"], report["network_width"]) == (rows, columns)
    assert max(rows, columns) < report["width"] == 1024
    assert (report["focal_px"] is not None) is (architecture == "depth-pro")
