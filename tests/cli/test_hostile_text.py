"""Text out of files cannot steer a terminal or turn a line, in JSON and text alike."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import depthauthor
from authoring.cli.main import run
from authoring.report_base import json_text
from tests.views.pages import Page

GOLDEN = Path(__file__).parents[2] / "golden"
HOSTILE = "a\x7f\x85\x9b31m\u202egpj\u2066\u2028\ufeff\U000e0041"
"""DEL, the C1 controls NEL and CSI, an override and an isolate of direction, a line separator, a BOM and a tag."""


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photo with a hostile name, whose depth has a hostile text in its XMP."""
    path = tmp_path / f"{HOSTILE}.jpg"
    depth = tmp_path / "depth.jpg"
    assert (
        run(
            [
                "embed",
                str(GOLDEN / "scene.jpg"),
                str(GOLDEN / "scene-mask.png"),
                *["--near", "1", "--far", "5", "-q", "-o"],
                str(depth),
            ]
        )
        == 0
    )
    data, quality = depth.read_bytes(), b'depthData:Quality="high"'
    if quality not in data:
        quality = b"<depthData:Quality>high</depthData:Quality>"
    assert data.count(quality) == 1
    path.write_bytes(data.replace(quality, quality.replace(b"high", "\u202e!".encode())))
    depth.unlink()
    return path


@pytest.mark.parametrize(
    "command", ["inspect", "verify", "doctor", "extract", "strip", "view", "report", "preview"]
)
def test_commands_print_no_such_letter(command: str, photo: Path, tmp_path: Path, capsys: Any) -> None:
    suffix = {"extract": ".npy", "strip": ".jpg", "preview": ".png"}.get(command, ".html")
    writes = command not in ("inspect", "verify", "doctor")
    output = ["-o", str(tmp_path / f"out{HOSTILE}{suffix}"), "--overwrite"] if writes else []
    for form in ([], ["--json"]):
        run([command, str(photo), *output, *form])
        printed = capsys.readouterr()
        assert (printed.out + printed.err).replace("\n", "").isprintable()
        if form:
            assert json.loads(printed.out).get("file", str(photo)) == str(photo)


def test_reports_and_pages(photo: Path, tmp_path: Path) -> None:
    report = depthauthor.inspect(photo)
    assert report.to_json().isprintable() and json.loads(report.to_json())["file"] == str(photo)
    depthauthor.extract_file(photo, tmp_path / "a.npy", metadata=True, full_paths=True)
    metadata = (tmp_path / "a.npy.json").read_text()
    assert metadata.replace("\n", "").isprintable() and json.loads(metadata)["extract"]["file"] == str(photo)
    depthauthor.report(photo, output=tmp_path / "report.html")
    text = Page((tmp_path / "report.html").read_bytes()).text
    assert not set(HOSTILE) & set(text) - set("a31mgpj")


def test_errors_about_such_files(tmp_path: Path, capsys: Any) -> None:
    shutil.copy(GOLDEN / "scene.jpg", tmp_path / f"{HOSTILE}.jpg")
    assert run(["extract", str(tmp_path / f"{HOSTILE}.jpg"), "--json"]) == 4
    printed = capsys.readouterr()
    assert (printed.out + printed.err).replace("\n", "").isprintable()


def test_json_holds_the_same_text() -> None:
    everything = "".join(map(chr, (*range(0x300), *range(0x2000, 0x2070), 0xD800, 0xFEFF, 0x1F600, 0xE0041)))
    text = json_text({"name": everything})
    assert text.isprintable() and json.loads(text) == {"name": everything}
    assert "😀" in text and "é" in text
