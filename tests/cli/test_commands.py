"""The commands as a user runs them: files, streams, JSON names, help, and no numpy where it is not needed."""

from __future__ import annotations

import io
import json
import os
import plistlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from authoring.cli.main import run

GOLDEN = Path(__file__).parents[2] / "golden"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(GOLDEN / "orientation" / "scene-6.jpg", tmp_path / "photo.jpg")
    shutil.copy(GOLDEN / "orientation" / "scene-6.heic", tmp_path / "photo.heic")
    shutil.copy(GOLDEN / "scene-mask.png", tmp_path / "mask.png")
    return tmp_path


def _json(capsys: Any, *arguments: str | Path) -> dict[str, Any]:
    assert run([str(word) for word in arguments]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    report: dict[str, Any] = json.loads(printed.out)
    return report


def _embed(folder: Path, capsys: Any, name: str, *more: str | Path) -> dict[str, Any]:
    return _json(
        capsys, "embed", folder / name, folder / "mask.png", "--near", "0.5", "--far", "8", "--json", *more
    )


EMBED_NAMES = {
    "schema", "output", "container", "reencoded", "native_format", "float_min", "float_max", "map", "max_error",
    "bound", "unit", "touched", "level", "assumed", "notes",
}  # fmt: skip
INSPECT_NAMES = {"schema", "file", "container", "photo", "depth", "auxiliary", "portrait"}
DEPTH_NAMES = {
    "kind", "native_format", "stored_format", "width", "height", "float_min", "float_max", "accuracy", "quality",
    "filtered", "version", "calibration", "simulated_aperture", "rendering", "source",
}  # fmt: skip


@pytest.mark.parametrize("name", ["photo.jpg", "photo.heic"])
def test_embed_inspect_extract_and_strip(name: str, folder: Path, capsys: Any) -> None:
    report = _embed(folder, capsys, name)
    assert report.keys() >= EMBED_NAMES and report["schema"] == "depthauthor/embed/1"
    stem, suffix = name.split(".")
    output = folder / f"{stem}-depth.{suffix}"
    assert report["output"] == str(output) and output.exists()
    assert report["reencoded"] is False and report["unit"] == "1/m"
    assert report["max_error"] <= report["bound"]
    assert report["map"] == {"width": 576, "height": 768}
    assert all(edit.keys() == {"start", "stop", "reason"} for edit in report["touched"])

    inspected = _json(capsys, "inspect", output, "--json")
    assert inspected.keys() >= INSPECT_NAMES and inspected["depth"].keys() >= DEPTH_NAMES
    assert inspected["photo"] == {"width": 384, "height": 512, "orientation": 6}
    assert (
        inspected["depth"]["kind"] == "disparity" and inspected["depth"]["float_max"] == report["float_max"]
    )
    assert inspected["portrait"].keys() >= {
        "custom_rendered", "image_processing_flags", "photos_app_flags", "focus_region",
    }  # fmt: skip

    for suffix in ("npy", "png", "tiff"):
        extracted = _json(capsys, "extract", output, "-o", folder / f"d.{suffix}", "--as", "depth", "--json")
        assert (extracted["width"], extracted["height"], extracted["unit"]) == (768, 576, "m")
    values = np.load(folder / "d.npy")
    with Image.open(folder / "d.tiff") as picture:
        assert np.array_equal(np.asarray(picture), values)
    assert 0.6 < values.min() < 0.7 and 5.9 < values.max() < 6.3

    # The extracted PNG states its own scale, so it goes back in as it is.
    again = _json(
        capsys, "embed", folder / name, folder / "d.png", "-o", folder / f"again.{name[6:]}", "--json"
    )
    assert again["float_max"] == pytest.approx(report["float_max"], rel=1e-3)

    assert run(["strip", str(output), "--restore", "-o", str(folder / f"plain.{name[6:]}")]) == 0
    assert (folder / f"plain.{name[6:]}").read_bytes() == (folder / name).read_bytes()


def test_copy_and_dictionary(folder: Path, capsys: Any) -> None:
    _embed(folder, capsys, "photo.jpg", "-o", folder / "a.jpg")
    report = _json(capsys, "copy", folder / "a.jpg", GOLDEN / "scene.heic", "-o", folder / "b.heic", "--json")
    assert report["map"] == {"width": 768, "height": 576}
    dictionary = _json(capsys, "dictionary", folder / "b.heic", "-o", folder / "d.plist", "--json")
    assert dictionary["auxiliary_type"] == "kCGImageAuxiliaryDataTypeDisparity"
    assert dictionary["unit"] == "1/m" and dictionary["bound"] > report["bound"]
    plist = plistlib.loads((folder / "d.plist").read_bytes())
    described = plist["kCGImageAuxiliaryDataInfoDataDescription"]
    assert described == {"PixelFormat": 1751411059, "Width": 768, "Height": 576, "BytesPerRow": 1536}
    assert len(plist["kCGImageAuxiliaryDataInfoData"]) == 1536 * 576
    _json(capsys, "dictionary", folder / "b.heic", "-o", folder / "d.json", "--json")
    same = _json(capsys, "embed", GOLDEN / "scene.jpg", folder / "d.json", "-o", folder / "e.jpg", "--json")
    assert same["float_max"] == pytest.approx(report["float_max"], rel=1e-3)
    assert run(["inspect", str(folder / "b.heic"), "--records"]) == 0
    assert "600  float  2.8" in capsys.readouterr().out
    back = _json(capsys, "embed", GOLDEN / "scene.jpg", folder / "d.plist", "-o", folder / "c.jpg", "--json")
    assert back["float_max"] == pytest.approx(report["float_max"], rel=1e-3)


def test_streams(folder: Path) -> None:
    """A photo from stdin, the result on stdout, the report on stderr."""
    photo = (folder / "photo.jpg").read_bytes()
    command = [
        sys.executable,
        "-m",
        "depthauthor",
        "embed",
        "-",
        str(folder / "mask.png"),
        "--near",
        "1",
        "--far",
        "5",
    ]
    done = subprocess.run(
        [*command, "-o", "-", "--json"], input=photo, capture_output=True, check=True, timeout=60
    )
    assert json.loads(done.stderr)["output"] == "-"
    with Image.open(io.BytesIO(done.stdout)) as picture:
        assert getattr(picture, "n_frames", 1) == 2


def test_dry_run_writes_nothing(folder: Path, capsys: Any) -> None:
    before = sorted(folder.iterdir())
    assert _embed(folder, capsys, "photo.heic", "--dry-run")["output"] is None
    assert sorted(folder.iterdir()) == before


def test_text_output_is_sentences(folder: Path, capsys: Any) -> None:
    arguments = ["embed", str(folder / "photo.jpg"), str(folder / "mask.png"), "--near", "0.5", "--far", "8"]
    assert run(arguments) == 0
    text = capsys.readouterr().out
    assert "range      0." in text and "polarity   black is near" in text and "focus" in text and "L4" in text
    assert "photo untouched" in text and len(text.splitlines()) <= 6
    assert run([*arguments, "-v", "--overwrite"]) == 0
    text = capsys.readouterr().out
    assert "bound" in text and "touched" in text and "image data untouched" in text


def test_help_in_80_columns(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """Each command has its own line, and the panels of embed are in their order."""
    monkeypatch.setenv("COLUMNS", "80")
    assert run(["--help"]) == 0
    page = capsys.readouterr().out
    assert run([]) == 2
    assert capsys.readouterr().out.strip() == page.strip()
    _, _, commands = page.partition(" Commands ")
    lines = [line.strip("│ ") for line in commands.splitlines() if line.startswith("│")]
    assert [line.split()[0] for line in lines] == [
        "embed", "estimate", "copy", "extract", "inspect", "strip", "export", "dictionary", "verify", "doctor", "kit",
        "batch", "preview", "refocus", "pointcloud", "view", "report",
    ]  # fmt: skip
    assert all(line.endswith(".") for line in lines)
    assert run(["embed", "--help"]) == 0
    page = capsys.readouterr().out
    places = [
        page.index(f"─ {panel} ─")
        for panel in ("What the map means", "Estimate", "Portrait", "Camera", "Output")
    ]
    assert places == sorted(places)


def test_inspect_and_strip_import_no_numpy(folder: Path, capsys: Any) -> None:
    _embed(folder, capsys, "photo.heic", "-o", folder / "a.heic")
    program = (
        "import sys; from authoring.cli.main import run;"
        "codes = [run(['inspect', 'a.heic']), run(['strip', 'a.heic', '-o', 'b.heic'])];"
        "print(codes, sorted({'numpy', 'PIL', 'pillow_heif'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(GOLDEN.parent)},
    )
    assert done.stdout.splitlines()[-1] == "[0, 0] []"


def test_the_package_gives_functions_whatever_was_imported_before() -> None:
    program = (
        "import authoring.embed.steps, authoring.read.extract, authoring.api.photo_files, depthauthor as da;"
        "assert all(callable(getattr(da, name)) for name in dir(da) if name != '__version__')"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_the_command_line_leaves_files_to_the_reader(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Typer would refuse a whole command for one file that cannot be read; the reader names it and goes on."""
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    photo, mask, out = folder / "photo.jpg", folder / "mask.png", folder / "out.jpg"
    assert run(["embed", str(photo), str(mask), "--near", "1", "--far", "5", "-o", str(out)]) == 0
    assert run(["verify", str(out), "--photo", str(photo)]) == 0
    assert run(["report", str(out), "-o", str(folder / "report.html")]) == 0
    assert run(["preview", str(photo), str(mask), "--near", "1", "--far", "5"]) == 0
