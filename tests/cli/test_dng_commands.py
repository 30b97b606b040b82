"""The commands on a DNG: what they print and write, and that picture and map stay on each other."""

from __future__ import annotations

import json
import plistlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from numpy.typing import NDArray
from PIL import Image

import depthauthor
from authoring.cli.main import run
from authoring.depth.orientation import Orientation
from authoring.tiff import TiffType
from golden.dng import DngRecipe, build_dng

SIZE = (640, 480)
"""Width and height of the active area, as it is shown."""
CROP = (16, 24, 600, 450)
"""What the developed picture shows of it: left, top, width, height."""
TURN = 6
NEAR_M, FAR_M = 1.0, 4.0
WHITE = 150
"""The green of a pixel of the near rectangle is above it."""


def scene() -> NDArray[np.uint8]:
    """A gray picture, upright, with a white rectangle off its middle."""
    pixels = np.full((SIZE[1], SIZE[0], 3), 70, np.uint8)
    pixels[90:210, 60:280] = 230
    return pixels


def shown(array: NDArray[Any]) -> NDArray[Any]:
    """What a developed picture shows of the active area."""
    left, top, width, height = CROP
    return array[top : top + height, left : left + width]


def dng(**options: Any) -> bytes:
    """The scene, stored a quarter turned, with a sensor's border and a crop."""
    stored = np.ascontiguousarray(Orientation(TURN).to_stored(scene()))
    marked = np.zeros((SIZE[1], SIZE[0]), bool)
    shown(marked)[:] = True
    rows, columns = np.nonzero(Orientation(TURN).to_stored(marked))
    crop = (int(columns.min()), int(rows.min()), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1)
    return build_dng(DngRecipe(stored, orientation=TURN, border=4, crop=crop, **options))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a DNG, a map of its developed picture, a map of its active area, and a DNG with depth."""
    (tmp_path / "photo.dng").write_bytes(dng(order=">"))
    metres = np.where(scene()[..., 1] > WHITE, NEAR_M, FAR_M).astype(np.float32)
    np.save(tmp_path / "shown.npy", shown(metres))
    np.save(tmp_path / "active.npy", metres)
    photo, depth = tmp_path / "photo.dng", tmp_path / "shown.npy"
    words = ["embed", photo, depth, "--unit", "m", "--force", "-q", "-o", tmp_path / "with.dng"]
    assert run([str(word) for word in words]) == 0
    return tmp_path


def _json(capsys: Any, *arguments: object, code: int = 0) -> dict[str, Any]:
    assert run([*map(str, arguments), "--json"]) == code
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    return report


def _pixels(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as opened:
        return np.asarray(opened)


def test_verify_compares_with_the_photo_and_the_map(folder: Path, capsys: Any) -> None:
    command = [
        "verify",
        folder / "with.dng",
        "--photo",
        folder / "photo.dng",
        "--map",
        folder / "shown.npy",
    ]
    report = _json(capsys, *command, "--unit", "m", "--force", "--level", "L1")
    assert (report["level"], report["passed"]) == ("L1", True)
    assert report["roundtrip"]["max_error"] <= report["roundtrip"]["bound"]
    assert (report["photo"]["identical"], report["photo"]["pixels"]) == (True, "equal")
    failed = [finding["rule"] for finding in report["findings"] if finding["status"] == "fail"]
    assert failed == ["R11", "RD7"]
    other = folder / "other.dng"
    other.write_bytes(dng(order=">", extra={50714: (TiffType.SHORT, [1, 0, 0])}))
    changed = _json(capsys, "verify", folder / "with.dng", "--photo", other, "--level", "L1", code=1)
    assert changed["photo"]["identical"] is False


def test_doctor_says_what_a_dng_is_for(folder: Path, capsys: Any) -> None:
    report = _json(capsys, "doctor", folder / "with.dng")
    assert report["level"] == "L1" and "it is a DNG" in report["headline"]
    assert "no depth map" in _json(capsys, "doctor", folder / "photo.dng")["headline"]


@pytest.mark.parametrize("words", [["with.dng"], ["photo.dng", "shown.npy"], ["photo.dng", "active.npy"]])
def test_picture_and_map_stay_on_each_other(words: list[str], folder: Path, capsys: Any) -> None:
    files = [folder / word for word in words]
    options = ["--unit", "m"] if len(words) == 2 else []
    report = _json(capsys, "pointcloud", *files, *options, "-o", folder / "cloud.ply")
    assert report["points"] == CROP[2] * CROP[3]
    cloud: Any = trimesh.load(folder / "cloud.ply")
    is_white = np.asarray(cloud.visual.vertex_colors)[:, 1] > WHITE
    distance = -np.asarray(cloud.vertices)[:, 2]
    assert is_white.sum() == (shown(scene())[..., 1] > WHITE).sum()
    assert np.abs(distance - np.where(is_white, NEAR_M, FAR_M)).max() < 0.02


def test_a_refined_map_of_the_active_area_lies_on_the_picture(folder: Path, capsys: Any) -> None:
    command = ["embed", folder / "photo.dng", folder / "active.npy", "--unit", "m", "--force", "--refine"]
    _json(capsys, *command, "-o", folder / "refined.dng")
    depth = depthauthor.extract(folder / "refined.dng").depth_m()
    assert depth.shape == (SIZE[1], SIZE[0])
    near = shown(depth) < (NEAR_M + FAR_M) / 2
    assert np.mean(near != (shown(scene())[..., 1] > WHITE)) < 0.001
    maps = ["--map", folder / "active.npy", "--unit", "m", "--force", "--refine", "--level", "L1"]
    report = _json(capsys, "verify", folder / "refined.dng", *maps)
    assert report["roundtrip"]["max_error"] <= report["roundtrip"]["bound"]


def test_preview_and_refocus_show_the_developed_picture(folder: Path, capsys: Any) -> None:
    report = _json(capsys, "preview", folder / "with.dng", "-o", folder / "preview.png")
    assert (report["kind"], report["map"]) == ("depth", {"width": CROP[2], "height": CROP[3]})
    assert _pixels(folder / "preview.png").shape[1] == 1600
    _json(capsys, "refocus", folder / "with.dng", "--focus", "0.2,0.3", "-o", folder / "refocus.png")
    picture = _pixels(folder / "refocus.png")
    assert picture.shape == (CROP[3], CROP[2], 3)
    # The rectangle is in focus: its middle is as bright as it was.
    assert picture[100, 120, 1] == 230


def test_view_and_report_are_pages(folder: Path, capsys: Any) -> None:
    report = _json(capsys, "view", folder / "with.dng", "-o", folder / "view.html")
    assert report["level"] == "L1"
    assert (report["photo"]["width"], report["photo"]["height"]) == CROP[2:]
    assert run(["report", str(folder), "-o", str(folder / "report.html"), "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {Path(row["file"]).name: row["level"] for row in rows} == {"photo.dng": "none", "with.dng": "L1"}
    for page in ("view.html", "report.html"):
        assert "with.dng" in (folder / page).read_text(encoding="utf-8")


def test_dictionary_is_that_of_a_depth_map(folder: Path, capsys: Any) -> None:
    report = _json(capsys, "dictionary", folder / "with.dng", "-o", folder / "depth.plist")
    assert (report["auxiliary_type"], report["pixel_format"]) == ("kCGImageAuxiliaryDataTypeDepth", "hdep")
    values = plistlib.loads((folder / "depth.plist").read_bytes())
    description = values["kCGImageAuxiliaryDataInfoDataDescription"]
    samples = np.frombuffer(values["kCGImageAuxiliaryDataInfoData"], np.float16)
    assert samples.size == description["Width"] * description["Height"]
    assert set(np.unique(samples).tolist()) == {NEAR_M, FAR_M}


def test_its_depth_is_a_map_for_another_photo(folder: Path, capsys: Any) -> None:
    Image.fromarray(shown(scene())).save(folder / "picture.png")
    options = ["--native-format", "hdep", "-o", folder / "picture.jpg"]
    report = _json(capsys, "embed", folder / "picture.png", folder / "with.dng", *options)
    depth = depthauthor.extract(folder / "picture.jpg").depth_m()
    assert np.abs(depth - np.load(folder / "shown.npy")).max() <= report["bound"]
    assert run(["embed", str(folder / "picture.png"), str(folder / "photo.dng"), "-o", "x.jpg"]) != 0


def test_batch_and_strip(folder: Path, capsys: Any) -> None:
    photos, maps, out = folder / "photos", folder / "maps", folder / "out"
    for made in (photos, maps):
        made.mkdir()
    for name, data in {"a": dng(), "b": dng(order=">"), "c": dng(preview=False)}.items():
        (photos / f"{name}.dng").write_bytes(data)
        (maps / f"{name}.npy").write_bytes((folder / "shown.npy").read_bytes())
    command = ["batch", str(photos), str(maps), "--out", str(out), "--unit", "m", "--set", "force=true"]
    assert run(command) == 0
    assert run([*command, "--resume"]) == 0
    assert "3 finished before" in capsys.readouterr().err
    expected = depthauthor.extract(folder / "with.dng").depth_m()
    for name in ("a.dng", "b.dng", "c.dng"):
        assert np.array_equal(depthauthor.extract(out / name).depth_m(), expected)
        assert run(["strip", str(out / name), "-q", "-o", str(folder / name)]) == 0
        assert (folder / name).read_bytes() == (photos / name).read_bytes()
