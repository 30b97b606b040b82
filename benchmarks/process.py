"""Run a command line in a process of its own, and measure its processor time and its peak memory."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MOST_BYTES = 4 << 30
"""Of address space, so that a failure does not exhaust the machine's memory."""

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Cost:
    """What one command took."""

    code: int
    """Its exit code."""
    seconds: float
    """Of processor time."""
    peak_mb: float
    """Of resident memory, in units of 10^6 bytes, with the interpreter and its libraries."""
    message: str
    """What it wrote to standard error."""


_LAUNCHER = """
import json, resource, subprocess, sys
if int(sys.argv[1]):
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
done = subprocess.run(sys.argv[2:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
message = done.stderr.decode("utf-8", "replace").strip()
print(json.dumps([done.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss * 1.024e-3, message]))
"""
"""A small process in between: the peak memory of a child includes what its parent had when it was forked."""


def run(arguments: Sequence[str | Path], most_bytes: int = MOST_BYTES) -> Cost:
    """Run `depthauthor` with these arguments; most_bytes: of address space, 0 for no limit."""
    command = [sys.executable, "-c", _LAUNCHER, str(most_bytes), sys.executable, "-m", "depthauthor"]
    done = subprocess.run([*command, *map(str, arguments)], capture_output=True, check=True, cwd=ROOT)
    return Cost(*json.loads(done.stdout))
