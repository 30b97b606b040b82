"""Streams and signals of the real process: closed, full, unread, interrupted; and file names that are not text."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from authoring.codecs.maps.formats import write_map

GOLDEN = Path(__file__).parents[2] / "golden"
COMMAND = [sys.executable, "-m", "depthauthor"]
EMBED = ["embed", GOLDEN / "scene.jpg", GOLDEN / "scene-mask.png", "--near", "1", "--far", "5"]


def run(*arguments: Any, shell: str = "", **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run one real process; `shell` follows the command in sh."""
    return subprocess.run(
        ["sh", "-c", f'"$@" {shell}', "sh", *COMMAND, *map(os.fsencode, arguments)],
        capture_output=True,
        timeout=60,
        check=False,
        cwd=Path(__file__).parents[2],
        **options,
    )


@pytest.mark.parametrize(
    ("arguments", "shell", "code", "words"),
    [
        (["inspect", GOLDEN / "scene.jpg"], ">/dev/full", 5, "standard output: could not be written: No space left"),
        ([*EMBED, "-o", "-"], ">/dev/full", 5, "standard output: could not be written: No space left"),
        (["--version"], ">/dev/full", 5, "standard output: could not be written"),
        (["inspect", GOLDEN / "scene.jpg"], ">&-", 0, ""),
        ([*EMBED, "-o", "-"], ">&-", 5, "standard output: it is closed"),
        (["inspect", "-"], "<&-", 2, "standard input: it is closed"),
        (["inspect", "nosuch.jpg"], "2>&-", 2, ""),
        (["inspect", GOLDEN / "scene.jpg", "--json"], "| true", 0, ""),
        (["inspect", "no\nsuch\x1b[31m.jpg"], "", 2, "no\\nsuch\\x1b[31m.jpg: no such file"),
        (["inspect", b"no\xffsuch.jpg"], "", 2, "no\\udcffsuch.jpg: no such file"),
    ],
)  # fmt: skip
def test_streams(arguments: list[Any], shell: str, code: int, words: str) -> None:
    done = run(*arguments, shell=shell)
    messages = done.stderr.decode()
    assert done.returncode == code, messages
    assert words in messages and len(messages.splitlines()) == bool(words)
    assert done.stdout == b""


def test_output_of_libraries_does_not_end_up_in_a_photo(tmp_path: Path) -> None:
    """With stderr closed the next file opened would get its number."""
    output = tmp_path / "out.jpg"
    assert run(*EMBED, "-o", output, shell=">&- 2>&- <&-").returncode == 0
    expected = output.read_bytes()
    assert run(*EMBED, "-o", output, "--overwrite").returncode == 0
    assert output.read_bytes() == expected


def _damaged_maps() -> dict[str, bytes]:
    """Return maps of whose damage OpenEXR and libtiff print lines of their own."""
    depth = np.linspace(1, 5, 96 * 128, dtype=np.float32).reshape(96, 128)
    tiff = io.BytesIO()
    Image.fromarray((depth * 40).astype(np.uint8)).save(tiff, "TIFF", compression="tiff_deflate")
    maps = {"damaged.tif": bytearray(tiff.getvalue())}
    if importlib.util.find_spec("OpenEXR"):
        maps["damaged.exr"] = bytearray(write_map(depth, "depth", "exr"))
    for data in maps.values():
        data[len(data) // 2] ^= 0x55
    return {name: bytes(data) for name, data in maps.items()}


@pytest.mark.parametrize("jobs", [False, True])
def test_libraries_print_nothing(jobs: bool, tmp_path: Path) -> None:
    for name, data in _damaged_maps().items():
        (tmp_path / name).write_bytes(data)
        (tmp_path / "rows.csv").write_text(f"photo,map,near,far\n{GOLDEN}/scene.jpg,{name},1,5\n")
        alone = ["embed", GOLDEN / "scene.jpg", tmp_path / name, "--near", "1", "--far", "5"]
        many = [
            "batch",
            tmp_path / "rows.csv",
            "--jobs",
            "1",
            "--out",
            tmp_path / name.replace(".", "-"),
            "-q",
        ]
        done = run(*(many if jobs else alone))
        lines = done.stderr.decode().splitlines()
        assert done.returncode == (6 if jobs else 3) and len(lines) == 1, lines
        assert name in lines[0] and "does not decode" in lines[0]


def test_a_name_that_is_not_text(tmp_path: Path) -> None:
    photo = os.fsencode(tmp_path) + b"/\xff\xfe \xe9.jpg"
    Path(os.fsdecode(photo)).write_bytes((GOLDEN / "scene.jpg").read_bytes())
    done = run("embed", photo, GOLDEN / "scene-mask.png", "--near", "1", "--far", "5", "--json")
    assert done.returncode == 0, done.stderr
    assert (
        json.loads(done.stdout)["output"]
        .encode("utf-8", "surrogateescape")
        .endswith(b"\xff\xfe \xe9-depth.jpg")
    )
    assert os.fsdecode(b"\xff\xfe \xe9-depth.jpg") in {path.name for path in tmp_path.iterdir()}
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = run("inspect", photo, "--json", env=ascii_only)
    assert json.loads(done.stdout)["file"] == os.fsdecode(photo)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_leaves_no_temporary_file(number: signal.Signals, code: int, tmp_path: Path) -> None:
    """The disk is slow here, so that the signal meets a temporary file."""
    if signal.getsignal(number) == signal.SIG_IGN:
        pytest.skip(f"{number.name} is ignored here, as under nohup, and stays so")
    program = (
        "import os, sys, time; from authoring.cli.main import main\n"
        "def slow(descriptor):\n"
        "    sys.stderr.write('!'); sys.stderr.flush(); time.sleep(30)\n"
        "os.fsync = slow; main()\n"
    )
    arguments = [*map(str, EMBED), "-o", str(tmp_path / "out.jpg")]
    with subprocess.Popen([sys.executable, "-c", program, *arguments], stderr=subprocess.PIPE) as process:
        assert process.stderr is not None and process.stderr.read(1) == b"!"
        assert [path.suffix for path in tmp_path.iterdir()] == [".part"]
        begun = time.monotonic()
        process.send_signal(number)
        messages = process.stderr.read()
        assert process.wait(30) == code and time.monotonic() - begun < 20
    assert messages == b"" and list(tmp_path.iterdir()) == []
