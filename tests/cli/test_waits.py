"""Nothing in a folder, and no padding of a file, makes a command wait."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.process import run
from tests.corrupt.case import GOLDEN, authored

FILL = b"\xff" * 20_000_000
"""Fill bytes in front of a marker (T.81, B.1.1.2), which Pillow reads one at a time."""


@pytest.fixture(scope="module")
def padded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo with depth, and fill bytes in front of its second segment."""
    data = authored("jpeg")
    first = 4 + int.from_bytes(data[4:6], "big")
    path = tmp_path_factory.mktemp("padded") / "padded.jpg"
    path.write_bytes(data[:first] + FILL + data[first:])
    return path


@pytest.mark.parametrize(
    "verb", ["report", "preview", "refocus", "verify", "inspect", "view", "strip", "export"]
)
def test_fill_bytes_take_no_time(verb: str, padded: Path, tmp_path: Path) -> None:
    suffix = {"report": ".html", "view": ".html", "strip": ".jpg", "export": ".jpg"}.get(verb, ".png")
    output = () if verb in ("verify", "inspect") else ("-o", tmp_path / f"out{suffix}")
    words = ("--as", "gdepth") if verb == "export" else ()
    cost = run([verb, padded, *words, *output])
    assert cost.code in (0, 1), cost.message
    assert cost.seconds < 5  # The fill bytes alone took 15 seconds.


def test_fill_bytes_in_a_jpeg_map(tmp_path: Path) -> None:
    data = (GOLDEN / "orientation" / "scene-1.jpg").read_bytes()
    padded_map = tmp_path / "map.jpg"
    padded_map.write_bytes(data[:2] + FILL + data[2:])
    photo = GOLDEN / "orientation" / "scene-1.jpg"
    options = ["--near", "1", "--far", "2", "--force", "-o", str(tmp_path / "out.jpg")]
    assert run(["embed", photo, padded_map, *options]).seconds < 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of POSIX")
@pytest.mark.parametrize("words", [["report", "{}", "-o", "{}.html"], ["inspect", "{}"], ["verify", "{}"]])
def test_pipes_and_sockets_in_a_folder_are_left_out(words: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "good.jpg").write_bytes(authored("jpeg"))
    os.mkfifo(folder / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "s.jpg"))
        command = [sys.executable, "-m", "depthauthor", *(word.format(folder) for word in words)]
        done = subprocess.run(command, capture_output=True, timeout=30, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    assert "pipe.jpg" not in done.stdout + done.stderr


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of POSIX")
def test_a_folder_that_holds_only_a_pipe_holds_no_photo(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    command = [sys.executable, "-m", "depthauthor", "report", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, timeout=30, text=True, check=False)
    assert done.returncode == 2 and "holds no JPEG, HEIC or DNG photo" in done.stderr
