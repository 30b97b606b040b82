"""preview and refocus as a user runs them: outputs, reports, refusals."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import depthauthor
from authoring.cli.main import run
from authoring.errors import RefusedError, UsageError
from authoring.views.pictures.colours import table
from authoring.views.preview import needed_for_page, preview
from authoring.views.scene import load_scene

GOLDEN = Path(__file__).parents[2] / "golden"
DEPTH_M = np.load(GOLDEN / "scene-depth.npy")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide a photo with depth in both containers, one of them turned, and a photo and a map to embed."""
    folder = tmp_path_factory.mktemp("photos")
    turned = (GOLDEN / "orientation" / "scene-6.jpg").read_bytes()
    (folder / "turned.jpg").write_bytes(
        depthauthor.embed_bytes(turned, DEPTH_M, focus=(0.19, 0.8), aperture=1.8)
    )
    heic = (GOLDEN / "orientation" / "scene-6.heic").read_bytes()
    (folder / "turned.heic").write_bytes(depthauthor.embed_bytes(heic, DEPTH_M, accuracy="absolute"))
    shutil.copy(GOLDEN / "orientation" / "scene-1.jpg", folder / "plain.jpg")
    shutil.copy(GOLDEN / "scene-mask.png", folder / "mask.png")
    return folder


def run_json(capsys: Any, *arguments: str | Path) -> dict[str, Any]:
    assert run([str(item) for item in arguments]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    value: dict[str, Any] = json.loads(printed.out)
    return value


def fails(capsys: Any, *arguments: str | Path) -> tuple[int, str]:
    code = run([str(item) for item in arguments])
    printed = capsys.readouterr()
    assert printed.out == "" and "Traceback" not in printed.err
    return code, printed.err


def opened(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        return picture.convert("RGB")


@pytest.mark.parametrize("name", ["turned.jpg", "turned.heic"])
def test_preview_beside_the_photo(name: str, folder: Path, capsys: Any) -> None:
    target = folder / "turned-preview.png"
    target.unlink(missing_ok=True)
    report = run_json(capsys, "preview", folder / name, "--json", "--width", "800")
    assert report["schema"] == "depthauthor/preview/1" and report["output"] == str(target)
    picture = opened(target)
    assert picture.size == (report["picture"]["width"], report["picture"]["height"]) and picture.width == 800
    assert report["absolute"] is (name == "turned.heic")
    assert report["near_m"] == pytest.approx(0.64, abs=0.01) and report["holes"] == 0
    # Both upright: the ball stands at the lower left of the photo, and in the near end's colours beside it.
    x, y, side = 0.19, 0.8, 348
    red = picture.getpixel((20 + int(x * side), 59 + int(y * side * 0.75)))
    near = picture.getpixel((432 + int(x * side), 59 + int(y * side * 0.75)))
    assert isinstance(red, tuple) and red[0] > 2 * red[1]
    assert np.abs(np.array(near) - table()[235:].astype(int)).max(axis=1).min() < 12


def test_a_photo_and_a_map_before_embedding(folder: Path, capsys: Any) -> None:
    code, told_why = fails(
        capsys, "preview", folder / "plain.jpg", folder / "mask.png", "-o", folder / "p.png"
    )
    assert code == 2 and "mask.png" in told_why and "--near" in told_why
    given: list[str | Path] = [
        "preview",
        folder / "plain.jpg",
        folder / "mask.png",
        "--near",
        "0.5",
        "--far",
        "8",
    ]
    report = run_json(capsys, *given, "-o", folder / "p.jpg", "--json")
    assert report["map_file"] == str(folder / "mask.png") and report["map"] == {"width": 1024, "height": 768}
    assert opened(folder / "p.jpg").width == 1600
    inverted = run_json(capsys, *given, "--white", "near", "-o", folder / "q.png", "--json")
    assert inverted["near_m"] > report["near_m"]
    assert report["absolute"] is False
    assert (
        run_json(capsys, *given, "--accuracy", "absolute", "-o", folder / "a.png", "--json")["absolute"]
        is True
    )
    assert run_json(capsys, *given, "--overlay", "-o", folder / "o.png", "--json")["overlay"] is True


def test_holes_of_a_map_are_counted(folder: Path) -> None:
    depth = DEPTH_M.copy()
    depth[:96] = np.nan
    report = depthauthor.preview(folder / "plain.jpg", depth, output=folder / "holes.png")
    assert report.holes == pytest.approx(0.25) and report.map_file is None


def test_options_of_a_map_need_one(folder: Path, capsys: Any) -> None:
    code, why = fails(capsys, "preview", folder / "turned.jpg", "--near", "1", "-o", folder / "n.png")
    assert code == 2 and "--near is about a map" in why
    code, why = fails(capsys, "preview", folder / "plain.jpg", "-o", folder / "n.png")
    assert code == 4 and "plain.jpg" in why
    code, why = fails(capsys, "preview", *[folder / "turned.jpg"] * 3, "-o", folder / "n.png")
    assert code == 2 and "--contact-sheet" in why
    code, why = fails(capsys, "preview", folder / "turned.jpg", "-o", folder / "n.webp")
    assert code == 2 and ".png or .jpg" in why
    code, why = fails(capsys, "preview", folder / "turned.jpg", "-o", folder / "n.png", "--width", "10")
    assert code == 2 and "320" in why
    assert not (folder / "n.png").exists()


def test_nothing_is_written_over(folder: Path, capsys: Any) -> None:
    photo = (folder / "turned.jpg").read_bytes()
    for command in ("preview", "refocus"):
        code, why = fails(capsys, command, folder / "turned.jpg", "-o", folder / "turned.jpg", "--overwrite")
        assert code == 5 and "input" in why
        code, why = fails(capsys, command, folder / "turned.jpg", "-o", folder / "plain.jpg")
        assert code == 5 and "--overwrite" in why
    assert (folder / "turned.jpg").read_bytes() == photo
    with pytest.raises(RefusedError):
        depthauthor.contact_sheet([folder / "turned.jpg"], output=folder / "turned.jpg", overwrite=True)


def test_a_contact_sheet_shows_what_it_can(
    folder: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [folder / "turned.jpg", folder / "plain.jpg", folder / "turned.heic", folder / "missing.heic"]
    sheet = folder / "sheet.png"
    assert run(["preview", *map(str, files), "--contact-sheet", "-o", str(sheet), "--json"]) == 6
    report = json.loads(capsys.readouterr().out)
    assert report["schema"] == "depthauthor/contact-sheet/1"
    assert [item["file"] for item in report["photos"]] == [str(item) for item in files]
    assert [item["error"] is None for item in report["photos"]] == [True, False, True, False]
    assert opened(sheet).width == 1600
    monkeypatch.chdir(folder)
    assert run(["preview", *map(str, files), "--contact-sheet"]) == 6
    assert (folder / "contact-sheet.png").exists()
    capsys.readouterr()
    assert fails(capsys, "preview", *files, "--contact-sheet", "--near", "1", "-o", folder / "s.png")[0] == 2
    with pytest.raises(UsageError):
        depthauthor.contact_sheet([], output=folder / "s.png")


def test_refocus(folder: Path, capsys: Any) -> None:
    target = folder / "turned-refocus.jpg"
    report = run_json(capsys, "refocus", folder / "turned.jpg", "--json")
    assert report["schema"] == "depthauthor/refocus/1" and report["output"] == str(target)
    assert (report["aperture"], report["aperture_from"], report["focus_from"]) == (1.8, "file", "file")
    assert "not Apple's" in report["rendering"]
    with Image.open(target) as picture:
        assert picture.size == (512, 384) and not picture.getexif()
    out = folder / "f.png"
    report = run_json(
        capsys,
        "refocus",
        folder / "turned.jpg",
        "--aperture",
        "1",
        "--focus",
        "0.5,0.25",
        "-o",
        out,
        "--json",
    )
    assert report["aperture"] == 1 and 3 < report["focus_m"] < 4.2
    sharp = np.asarray(opened(folder / "turned.jpg").transpose(Image.Transpose.ROTATE_270), int)
    blurred = np.asarray(opened(out), int)
    # The board's letters stay, the near ball does not.
    letters, ball = (slice(40, 90), slice(150, 350)), (slice(230, 380), slice(15, 165))
    assert np.abs(blurred[letters] - sharp[letters]).mean() < 2
    assert np.abs(np.diff(blurred[ball], axis=1)).mean() < 0.7 * np.abs(np.diff(sharp[ball], axis=1)).mean()


def test_refocus_with_a_map_and_wrong_numbers(folder: Path, capsys: Any) -> None:
    given: list[str | Path] = [
        "refocus",
        folder / "plain.jpg",
        folder / "mask.png",
        "--near",
        "0.5",
        "--far",
        "8",
    ]
    report = run_json(capsys, *given, "-o", folder / "r.png", "--json")
    assert report["map_file"] and report["aperture_from"] == "default" and report["camera"] == "exif"
    for wrong in (["--focus", "2,2"], ["--focus", "here"], ["--aperture", "0.1"], ["--strength", "99"]):
        assert fails(capsys, *given, *wrong, "-o", folder / "w.png")[0] == 2
    assert not (folder / "w.png").exists()


def test_streams_and_text_output(folder: Path, capsys: Any, monkeypatch: Any) -> None:
    class Stream:
        def __init__(self, data: bytes = b"") -> None:
            self.buffer = io.BytesIO(data)

    monkeypatch.setattr("sys.stdin", Stream((folder / "turned.heic").read_bytes()))
    code, why = fails(capsys, "preview", "-")
    assert code == 2 and "-o" in why
    assert run(["preview", "-", "-o", str(folder / "stdin.png")]) == 0
    assert "disparity 512x384, 0.635 m to 6.09 m\n" in capsys.readouterr().out
    assert run(["refocus", str(folder / "turned.jpg"), "-o", str(folder / "refocused.jpg")]) == 0
    text = capsys.readouterr().out
    assert "not Apple's" in text and "relative: metres not certain" in text and "Focus region" in text


@pytest.mark.parametrize("overlay", [False, True])
def test_a_page_shows_the_same_of_a_reduced_photo(overlay: bool) -> None:
    with Image.open(GOLDEN / "scene.jpg") as picture:
        large = picture.resize((1600, 1200), Image.Resampling.BICUBIC)
    out = io.BytesIO()
    large.save(out, "JPEG", quality=95)
    data = depthauthor.embed_bytes(out.getvalue(), DEPTH_M)
    whole, reduced = (load_scene(data), load_scene(data, needed_for_page(480, overlay=overlay)))
    assert whole.size == reduced.size == (1600, 1200) == whole.pixels.shape[1::-1]
    assert reduced.pixels.shape == ((600, 800, 3) if overlay else (300, 400, 3))
    assert whole.calibration == reduced.calibration and whole.exif_calibration == reduced.exif_calibration
    pages = [preview(scene, "scene.jpg", width=480, overlay=overlay) for scene in (whole, reduced)]
    assert pages[0][1] == pages[1][1]
    first, second = (np.asarray(Image.open(io.BytesIO(data))).astype(int) for data, _ in pages)
    assert np.abs(first - second).mean() < 1.5
