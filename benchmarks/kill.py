"""What a killed `embed --overwrite` leaves: `python -m benchmarks.kill [RUNS]`, 200 unless said otherwise.

Half of the runs are killed after a random time within the life of a whole run; the others at one of the calls that
change files, one after the other, by a child that ends itself there as `kill -9` would. Whatever happens, the
target must be the old file or the new one, whole. Ends with 1 where it is not.
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

GOLDEN = Path(__file__).parents[1] / "golden"
OLD = b"the old file, byte for byte"
KILLED = 137
"""What the child ends with where it kills itself: 128 + SIGKILL."""

SPY = '''
import io, os, sys

stop, seen = int(sys.argv.pop(1)), 0

def counted(name, call, half=None):
    def wrapper(*arguments, **options):
        global seen
        seen += 1
        if seen == stop:
            if half:
                half(*arguments)
            sys.stderr.write(name)
            sys.stderr.flush()
            os._exit(137)
        return call(*arguments, **options)
    return wrapper

class Raw(io.FileIO):
    """A file whose writes are counted; the deadly one writes half of its bytes."""

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
class Found:
    """What the runs left."""

    targets: Counter[str] = field(default_factory=Counter)
    parts: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def look(self, folder: Path, new: bytes, what: str) -> None:
        """Judge the folder after a kill, and empty it."""
        target = folder / "out.jpg"
        data = target.read_bytes() if target.exists() else b"nothing"
        state = "old" if data == OLD else "new" if data == new else "broken"
        self.targets[state] += 1
        if state == "broken":
            self.wrong.append(f"{what}: the target is neither the old nor the new file")
        for one in folder.iterdir():
            if one == target:
                continue
            self.parts += 1
            if not (one.name.startswith(".out.jpg.") and one.name.endswith(".part")):
                self.wrong.append(f"{what}: {one.name} is left behind")
            one.unlink()
        # A leftover hinders nobody: the target can be written as before.
        target.write_bytes(OLD)


def command(folder: Path) -> list[str]:
    """The arguments of the embed that is killed."""
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
    """The new file, and how long it takes."""
    begun = time.monotonic()
    subprocess.run([sys.executable, "-m", "depthauthor", *command(folder)], check=True, capture_output=True)
    took = time.monotonic() - begun
    new = (folder / "out.jpg").read_bytes()
    (folder / "out.jpg").write_bytes(OLD)
    return new, took


def at_calls(folder: Path, new: bytes, found: Found, most: int = 1000) -> int:
    """Kill at the first call, then at the second, until a run lives through; the number of kills."""
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
        found.calls[name] += 1
        found.look(folder, new, f"killed at call {number}, {name}")
    return most


def at_random(folder: Path, new: bytes, took: float, runs: int, found: Found, seed: int = 9) -> None:
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
        found.look(folder, new, f"killed after {delay:.3f} s")


def main(runs: int) -> int:
    """All runs, and what they left."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "out.jpg").write_bytes(OLD)
        new, took = whole_run(folder)
        calls, times = Found(), Found()
        kills = at_calls(folder, new, calls)
        (folder / "out.jpg").write_bytes(OLD)
        at_random(folder, new, took, runs - kills, times)
    for what, found in (
        (f"{kills} at every call", calls),
        (f"{runs - kills} at random, of {took:.2f} s", times),
    ):
        told = ", ".join(f"{count} {state}" for state, count in sorted(found.targets.items()))
        print(f"killed {what}: target {told}; {found.parts} .part files left")
        for one in found.wrong:
            print(f"  {one}")
    print(f"calls: {', '.join(f'{count} {name}' for name, count in calls.calls.items())}")
    return int(bool(calls.wrong or times.wrong))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
