"""Streams and signals of the real process: closed, full, unread, interrupted; and file names that are not text."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

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
