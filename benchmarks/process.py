"""Run a command in a process of its own, and measure its time and its peak memory."""

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
    clock: float
    """Seconds by the clock, from start to end."""
    seconds: float
    """Of processor time."""
    peak_mb: float
    """Of resident memory, in units of 10^6 bytes, with the interpreter and its libraries."""
    message: str
    """What it wrote to standard error."""


_LAUNCHER = """
import json, resource, subprocess, sys, time
if int(sys.argv[1]):
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
start = time.perf_counter()
done = subprocess.run(sys.argv[2:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
clock = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
message = done.stderr.decode("utf-8", "replace").strip()
print(json.dumps([done.returncode, clock, used.ru_utime + used.ru_stime, used.ru_maxrss * 1.024e-3, message]))
"""
"""A small process in between: the peak memory of a child includes what its parent had when it was forked."""


def run(arguments: Sequence[str | Path], most_bytes: int = MOST_BYTES) -> Cost:
    """Run `depthauthor` with these arguments; most_bytes: of address space, 0 for no limit."""
    return run_command([sys.executable, "-m", "depthauthor", *arguments], most_bytes)


def run_command(command: Sequence[str | Path], most_bytes: int = 0) -> Cost:
    """Run any command."""
    launcher = [sys.executable, "-c", _LAUNCHER, str(most_bytes)]
    done = subprocess.run([*launcher, *map(str, command)], capture_output=True, check=True, cwd=ROOT)
    return Cost(*json.loads(done.stdout))
