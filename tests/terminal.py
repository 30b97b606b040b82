"""Run a command on a terminal, as a person does."""

from __future__ import annotations

import os
import struct
import subprocess
import sys

import pytest

COMMAND = [sys.executable, "-m", "depthauthor"]


def on_terminal(arguments: list[str], columns: int = 80, **environment: str) -> str:
    """Return all that a command shows on a terminal of this width, or skip where there are no pseudo-terminals."""
    reason = "this system has no pseudo-terminals"
    pty, fcntl, termios = (pytest.importorskip(name, reason=reason) for name in ("pty", "fcntl", "termios"))
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env={**kept, **environment}
    )
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:  # Linux reports the end of a terminal so.
        pass
    os.close(ours)
    process.wait()
    return shown.decode().replace("\r\n", "\n")
