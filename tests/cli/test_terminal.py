"""What a person sees on a terminal: lines that fit, colour only there, and whole lines in a pipe."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import depthauthor as da
from authoring.cli.main import run
from tests.terminal import COMMAND, on_terminal

GOLDEN = Path(__file__).parents[2] / "golden"
EMBED = [
    "embed",
    f"{GOLDEN}/orientation/scene-6.jpg",
    f"{GOLDEN}/scene-mask.png",
    "--dry-run",
    "--near",
    "0.5",
]


@pytest.mark.parametrize("columns", [80, 100])
def test_lines_fit_the_terminal(columns: int) -> None:
    shown = on_terminal([*EMBED, "--far", "8", "-v"], columns, NO_COLOR="1")
    assert max(map(len, shown.splitlines())) <= columns and "\x1b" not in shown
    assert "  polarity   black is near" in shown


def test_warnings_are_coloured_on_a_terminal_only() -> None:
    flat = [*EMBED, "--far", "0.51"]
    assert "\x1b[33m" in on_terminal(flat) and "WARNING:" in on_terminal(flat)
    assert "\x1b" not in on_terminal(flat, NO_COLOR="1")
    piped = subprocess.run([*COMMAND, *flat], capture_output=True, text=True, check=True).stdout
    assert "\x1b" not in piped and "WARNING:" in piped


def test_a_pipe_gets_whole_lines() -> None:
    piped = subprocess.run(
        [*COMMAND, *EMBED, "--far", "8"], capture_output=True, text=True, check=True
    ).stdout
    assert len(piped.splitlines()) <= 6


def test_quiet_leaves_the_warnings() -> None:
    done = subprocess.run(
        [*COMMAND, *EMBED, "--far", "0.51", "-q"], capture_output=True, text=True, check=True
    )
    assert done.stdout == "" and done.stderr.startswith("depthauthor: warning: ")


@pytest.mark.parametrize(
    "command", ["preview", "preview --contact-sheet", "refocus", "view", "report", "kit"]
)
def test_quiet_prints_nothing(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo = tmp_path / "photo.heic"
    da.embed(GOLDEN / "scene.heic", GOLDEN / "scene-depth.npy", output=photo)
    out = {"kit": "kit", "view": "page.html", "report": "page.html"}.get(command, "picture.png")
    target = ["--out" if command == "kit" else "-o", str(tmp_path / out)]
    files = [] if command == "kit" else [str(photo)]
    for quiet in ([], ["-q"]):
        assert run([*command.split(), *files, *target, "--overwrite", *quiet]) == 0
        printed = capsys.readouterr()
        assert (printed.out + printed.err == "") == bool(quiet)
    assert (tmp_path / out).exists()


@pytest.mark.parametrize("command", ["preview --contact-sheet", "report"])
def test_quiet_says_what_failed(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no photo")
    target = tmp_path / ("page.html" if command == "report" else "sheet.png")
    assert run([*command.split(), str(tmp_path / "broken.jpg"), "-o", str(target), "-q"]) == 6
    assert capsys.readouterr().out.startswith(str(target))
