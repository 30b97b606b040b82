"""Check what a killed `embed --overwrite` leaves: `python -m fuzz.kills [RUNS]`, 200 by default.

Half of the runs are killed after a random time within the duration of a complete run; the others at one of the calls
that change files, one after the other, by a child that ends itself there as `kill -9` would. In every case the target
must be the complete old file or the complete new one. The exit code is 1 if it is not. `fuzz.batch_kills`
does the same with batches.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from authoring import files

GOLDEN = Path(__file__).parents[1] / "golden"
OLD = b"the old file, byte for byte"
KILLED = 137
"""Exit code of a child that kills itself: 128 + SIGKILL."""

SPY = '''
import io, os, sys

stop, calls = int(sys.argv.pop(1)), 0

def counted(name, call, half=None):
    def wrapper(*arguments, **options):
        global calls
        calls += 1
        if calls == stop:
            if half:
                half(*arguments)
            sys.stderr.write(name)
            sys.stderr.flush()
            os._exit(137)
        return call(*arguments, **options)
    return wrapper

class Raw(io.FileIO):
    """A file whose writes are counted; the last one writes half of its bytes."""

    def write(self, view):
        def half(view):
            io.FileIO.write(self, bytes(view)[: len(view) // 2])

        return counted("write", super().write, half)(view)

os.fdopen = lambda descriptor, mode: io.BufferedWriter(Raw(descriptor, mode))
for name in ("open", "fchmod", "fsync", "link", "rename", "replace", "unlink"):
    setattr(os, name, counted(name, getattr(os, name)))
'''
"""Counts the system calls of `files.write_file`, and ends at one of them. Nothing else in the program makes them."""

EMBED = SPY + "from authoring.cli.main import main\nmain()\n"


@dataclass
class Leftovers:
    """What the runs left."""

    targets: Counter[str] = field(default_factory=Counter)
    parts: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def judge(self, folder: Path, new: bytes, what: str) -> None:
        """Judge the folder after a kill, and empty it."""
        target = folder / "out.jpg"
        data = target.read_bytes() if target.exists() else b"nothing"
        state = "old" if data == OLD else "new" if data == new else "broken"
        self.targets[state] += 1
        if state == "broken":
            self.wrong.append(f"{what}: the target is neither the old nor the new file")
        for path in folder.iterdir():
            if path == target:
                continue
            self.parts += 1
            if not files.is_temporary_of(path.name, "out.jpg", ""):
                self.wrong.append(f"{what}: {path.name} is left behind")
            path.unlink()
        # A leftover is harmless: the target can be written as before.
        target.write_bytes(OLD)


def command(folder: Path) -> list[str]:
    """Return the arguments of the embed that is killed."""
    photo, mask = GOLDEN / "orientation" / "scene-1.jpg", GOLDEN / "scene-mask.png"
    return [
        "embed",
        str(photo),
        str(mask),
        "--near",
        "1",
        "--far",
        "5",
        "-o",
        str(folder / "out.jpg"),
        "--overwrite",
    ]


def whole_run(folder: Path) -> tuple[bytes, float]:
    """Run to the end; return the new file and the seconds taken."""
    begun = time.monotonic()
    subprocess.run([sys.executable, "-m", "depthauthor", *command(folder)], check=True, capture_output=True)
    took = time.monotonic() - begun
    new = (folder / "out.jpg").read_bytes()
    (folder / "out.jpg").write_bytes(OLD)
    return new, took


def at_calls(folder: Path, new: bytes, leftovers: Leftovers, most: int = 1000) -> int:
    """Kill at the first call, then at the second, until a run survives; return the number of kills."""
    for number in range(1, most + 1):
        done = subprocess.run(
            [sys.executable, "-c", EMBED, str(number), *command(folder)],
            capture_output=True,
            check=False,
            cwd=GOLDEN.parent,
        )
        if done.returncode != KILLED:
            (folder / "out.jpg").write_bytes(OLD)
            return number - 1
        name = done.stderr.decode()
        leftovers.calls[name] += 1
        leftovers.judge(folder, new, f"killed at call {number}, {name}")
    return most


def at_random(folder: Path, new: bytes, took: float, runs: int, leftovers: Leftovers, seed: int = 9) -> None:
    """Kill after random times."""
    dice = random.Random(seed)
    for _ in range(runs):
        delay = dice.uniform(0, took * 1.05)
        process = subprocess.Popen(
            [sys.executable, "-m", "depthauthor", *command(folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(delay)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        leftovers.judge(folder, new, f"killed after {delay:.3f} s")


def main(runs: int) -> int:
    """Do all runs, and print what they left."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "out.jpg").write_bytes(OLD)
        new, took = whole_run(folder)
        calls, times = Leftovers(), Leftovers()
        kills = at_calls(folder, new, calls)
        (folder / "out.jpg").write_bytes(OLD)
        at_random(folder, new, took, runs - kills, times)
    for what, leftovers in (
        (f"{kills} at every call", calls),
        (f"{runs - kills} at random, of {took:.2f} s", times),
    ):
        counts = ", ".join(f"{count} {state}" for state, count in sorted(leftovers.targets.items()))
        print(f"killed {what}: target {counts}; {leftovers.parts} .part files left")
        for problem in leftovers.wrong:
            print(f"  {problem}")
    print(f"calls: {', '.join(f'{count} {name}' for name, count in calls.calls.items())}")
    return int(bool(calls.wrong or times.wrong))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
