"""Depth that says which network estimated it: in the photo, in map files, and in what is said of it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from shutil import which
from typing import Any

import numpy as np
import pytest

import depthauthor as da
from authoring.cli.main import run
from authoring.codecs.maps.formats import MapFormat, write_map
from authoring.depth.estimate_origin import EstimateOrigin, parse_origin

GOLDEN = Path(__file__).parents[2] / "golden"
MODEL, VERSION = "someone/some-depth-network", "0123456789abcdef0123456789abcdef01234567"
COARSE = EstimateOrigin(MODEL, VERSION, (64, 48), "assumed")
DEPTH_M = np.load(GOLDEN / "scene-depth.npy")


def _estimate(origin: EstimateOrigin = COARSE) -> da.DepthBuffer:
    return da.DepthBuffer.from_depth_m(DEPTH_M, da.PixelFormat.FDEP).replace(estimate=origin)


@pytest.mark.parametrize("name", ["scene.jpg", "scene.heic", "scene-tiny.dng"])
def test_the_file_names_the_network(name: str, tmp_path: Path, capsys: Any) -> None:
    output = tmp_path / f"out{Path(name).suffix}"
    report = da.embed(GOLDEN / name, _estimate(), output=output, stretch=True)
    assert report.estimate == COARSE and MODEL in report.meaning and "not measured" in report.meaning
    depth = da.inspect(output).depth
    assert depth is not None and depth.provenance is not None and depth.provenance.depth == "estimated"
    for said in (
        depth.provenance.estimated_by,
        da.verify(output).estimated_by,
        da.doctor(output).estimated_by,
    ):
        assert said is not None and (said.model, said.version) == (MODEL, VERSION)
    for command in ("inspect", "verify", "doctor"):
        run([command, str(output)])
        text = capsys.readouterr().out
        assert f"{MODEL} (version {VERSION[:12]})" in text and "not measured" in text, command
    assert da.strip_bytes(output, restore=True) == (GOLDEN / name).read_bytes()


@pytest.mark.skipif(which("exiftool") is None, reason="exiftool is not installed")
def test_another_reader_finds_the_network(tmp_path: Path) -> None:
    da.embed(GOLDEN / "scene.jpg", _estimate(), output=tmp_path / "out.jpg")
    picture = subprocess.run(
        ["exiftool", "-b", "-MPImage2", tmp_path / "out.jpg"], capture_output=True, check=True
    ).stdout
    (tmp_path / "depth.jpg").write_bytes(picture)
    printed = subprocess.run(
        ["exiftool", "-s", "-XMP:all", tmp_path / "depth.jpg"], capture_output=True, text=True, check=True
    ).stdout
    found = {line.partition(":")[0].strip(): line.partition(":")[2].strip() for line in printed.splitlines()}
    assert (found["DepthSource"], found["DepthModel"], found["DepthModelVersion"]) == (
        "estimated",
        MODEL,
        VERSION,
    )


def test_a_map_that_was_given_names_no_network(tmp_path: Path) -> None:
    report = da.embed(GOLDEN / "scene.jpg", DEPTH_M, output=tmp_path / "out.heic", unit="m")
    depth = da.inspect(tmp_path / "out.heic").depth
    assert report.estimate is None and depth is not None and depth.provenance is not None
    assert depth.provenance.estimated_by is None
    assert (
        da.verify(tmp_path / "out.heic").estimated_by is da.doctor(tmp_path / "out.heic").estimated_by is None
    )
    assert da.inspect(GOLDEN / "scene.heic").depth is None


def test_a_copy_still_names_the_network(tmp_path: Path) -> None:
    da.embed(GOLDEN / "scene.jpg", _estimate(), output=tmp_path / "first.heic")
    report = da.copy(tmp_path / "first.heic", GOLDEN / "scene.jpg", output=tmp_path / "copy.jpg")
    assert report.meaning.startswith(f"the depth of the source photo, estimated by {MODEL}")
    said = da.verify(tmp_path / "copy.jpg").estimated_by
    assert said is not None and (said.model, said.version) == (MODEL, VERSION)


@pytest.mark.parametrize(
    ("size", "refine", "refined"),
    [
        ((64, 48), None, True),
        ((767, 575), None, True),
        ((768, 576), None, False),
        ((1536, 1536), None, False),
        ((64, 48), False, False),
        ((1536, 1536), True, True),
    ],
)
def test_an_estimate_coarser_than_the_stored_map_is_refined(
    size: tuple[int, int], refine: bool | None, refined: bool, tmp_path: Path
) -> None:
    estimate = _estimate(EstimateOrigin(MODEL, VERSION, size, "network"))
    report = da.embed(GOLDEN / "scene.jpg", estimate, output=tmp_path / "out.heic", refine=refine)
    assert any("refined along the photo's edges" in note for note in report.notes) == refined
    trip = da.verify(tmp_path / "out.heic", maps=estimate, refine=refine).roundtrip
    assert trip is not None and trip.holds


@pytest.mark.parametrize("format", ["npz", "png", "tiff", "exr"])
def test_a_map_file_carries_the_network(format: MapFormat, tmp_path: Path) -> None:
    """What was written by `estimate` and is embedded later is embedded as the estimate itself."""
    if format == "exr":
        pytest.importorskip("OpenEXR", reason="OpenEXR is not installed: pip install 'depthauthor[exr]'")
    photo = (GOLDEN / "scene.jpg").read_bytes()
    for kind in ("depth", "disparity"):
        values = DEPTH_M if kind == "depth" else 1 / DEPTH_M
        path = tmp_path / f"{kind}.{format}"
        path.write_bytes(write_map(values.astype(np.float32), kind, format, COARSE.to_text()))
        report = da.embed(photo, path, output=tmp_path / f"{kind}-{format}.heic")
        assert report.estimate == COARSE and MODEL in report.meaning
        if kind == "depth" and format != "png":  # A PNG has 16 bits.
            assert da.embed_bytes(photo, path) == da.embed_bytes(photo, _estimate())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "[" * 2000,
        '{"model": 1, "version": "x", "size": [1, 1], "scale": "network"}',
        '{"model": "m", "version": "x", "size": [0, 1], "scale": "network"}',
        '{"model": "m", "version": "x", "size": [1, 1], "scale": "other"}',
        '{"model": " ", "version": "x", "size": [1, 1], "scale": "network"}',
        r'{"model": "\u001b[31m", "version": "x", "size": [1, 1], "scale": "network"}',
        r'{"model": "m", "version": "\udc80", "size": [1, 1], "scale": "network"}',
        f'{{"model": "{"m" * 2000}", "version": "x", "size": [1, 1], "scale": "network"}}',
    ],
)
def test_what_cannot_be_read_of_a_network_is_left_out(text: str, tmp_path: Path) -> None:
    """The map is read all the same: it says what it holds."""
    assert parse_origin(text) is None
    path = tmp_path / "map.npz"
    path.write_bytes(write_map(DEPTH_M.astype(np.float32), "depth", "npz", text))
    report = da.embed(GOLDEN / "scene.jpg", path, output=tmp_path / "out.heic")
    assert report.estimate is None


def test_origin_and_its_text_are_twins() -> None:
    for origin in (COARSE, EstimateOrigin("a folder “ä”", "", (1, 1), "given")):
        assert parse_origin(origin.to_text()) == origin
        assert origin.to_text().isascii()


def test_metres_of_an_estimate_are_never_called_measured(tmp_path: Path) -> None:
    path = tmp_path / "map.npz"
    path.write_bytes(write_map(DEPTH_M.astype(np.float32), "depth", "npz", COARSE.to_text()))
    for depth in (_estimate(), path):
        with pytest.raises(da.UsageError, match='accuracy="absolute" is for metres that are measured'):
            da.embed_bytes(GOLDEN / "scene.jpg", depth, accuracy="absolute")


@pytest.mark.parametrize("way", ["photo", "extracted", "buffer"])
def test_depth_that_is_read_back_still_names_the_network(way: str, tmp_path: Path) -> None:
    first = tmp_path / "first.heic"
    da.embed(GOLDEN / "scene.jpg", _estimate(), output=first)
    depth: Any = first
    if way == "extracted":
        depth = tmp_path / "extracted.npz"
        assert MODEL in da.extract_file(first, depth).notes[-1]
    elif way == "buffer":
        depth = da.extract(first)
    report = da.embed(GOLDEN / "scene.jpg", depth, output=tmp_path / "second.heic")
    assert f"estimated by {MODEL}" in report.meaning and "assumed, not measured" in report.meaning
    said = da.verify(tmp_path / "second.heic").estimated_by
    assert said is not None and (said.model, said.version, said.scale) == (MODEL, VERSION, "assumed")
    assert not any("refined" in note for note in report.notes), "the stored map is no coarse estimate"


def test_the_network_is_named_wherever_the_distances_are(tmp_path: Path) -> None:
    photo = tmp_path / "photo.heic"
    da.embed(GOLDEN / "scene.jpg", _estimate(), output=photo)
    words = f"an estimate by {MODEL}"
    assert any(words in note for note in da.preview(photo, output=tmp_path / "preview.png").notes)
    assert any(words in note for note in da.refocus(photo, output=tmp_path / "refocus.jpg").notes)
    assert any(words in note for note in da.pointcloud_file(photo, tmp_path / "points.ply").notes)
    da.view(photo, output=tmp_path / "view.html")
    assert f"by {MODEL} (version {VERSION[:12]}): its metres" in (tmp_path / "view.html").read_text()
    header = (tmp_path / "points.ply").read_bytes()[:600].decode("ascii", "replace")
    assert words in header and "in proportion" not in header


def test_the_camera_of_a_network_comes_with_its_map_file(tmp_path: Path) -> None:
    """A focal length of 1.25 widths: the upright photo has 1024 pixels across."""
    origin = EstimateOrigin(MODEL, VERSION, (1536, 1536), "network", 1.25)
    path = tmp_path / "map.npz"
    path.write_bytes(write_map(DEPTH_M.astype(np.float32), "depth", "npz", origin.to_text()))
    da.embed(GOLDEN / "scene.jpg", path, output=tmp_path / "out.heic")
    depth = da.inspect(tmp_path / "out.heic").depth
    assert depth is not None and depth.calibration is not None and depth.provenance is not None
    assert depth.provenance.calibration == "estimated"
    scale = depth.calibration["reference_width"] / 1024
    assert depth.calibration["intrinsic_matrix"][0] == pytest.approx(1280 * scale, rel=1e-6)
    da.embed(GOLDEN / "scene.jpg", path, output=tmp_path / "given.heic", fov=60)
    depth = da.inspect(tmp_path / "given.heic").depth
    assert depth is not None and depth.provenance is not None and depth.provenance.calibration == "given"


def test_an_estimate_of_a_picture_of_another_shape_is_refused_as_such(tmp_path: Path) -> None:
    square = da.DepthBuffer.from_depth_m(DEPTH_M[:, : DEPTH_M.shape[0]]).replace(estimate=COARSE)
    photo = tmp_path / "photo.jpg"
    photo.write_bytes((GOLDEN / "scene.jpg").read_bytes())
    with pytest.raises(da.RefusedError, match="the estimate is of a picture of another shape") as caught:
        da.embed(photo, square, output=tmp_path / "out.heic")
    assert str(photo) in str(caught.value) and "stretch" not in str(caught.value)
