"""Measure what hostile files cost: `python -m tests.corrupt.costs [WORD]` runs each in its own process.

Prints for each exit code, processor time above that of the same command on a good file, peak memory and message; ends
with 1 if one exceeds its bound, prints a traceback, or has another exit code than the corpus states.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.process import Cost, run
from tests.corrupt.case import COMMANDS, EXIT_CODES, GOLDEN, Case, authored, golden
from tests.corrupt.hostile_files import HOSTILE

SECONDS = 1.0
"""Of processor time above the good file's."""

PEAK_MB = 200
"""Of memory, including the interpreter and its libraries."""


def arguments(command: Sequence[str], file: Path, folder: Path) -> list[str]:
    """Return a command line with its placeholders filled."""
    filled = {
        "file": file,
        "photo": GOLDEN / "orientation" / "scene-1.jpg",
        "map": GOLDEN / "scene-mask.png",
        "out": folder / "out",
        "suffix": file.suffix,
    }
    return [word.format(**filled) for word in command]


def start_up(verb: str, folder: Path) -> float:
    """Return the seconds that the verb takes for a good file."""
    name, data = {
        "map": ("good.npy", golden("scene-depth.npy")),
        "gray": ("good.png", golden("scene-mask.png")),
        "calibration": ("good.json", golden("scene-calibration.json")),
    }.get(verb, ("good.heic", authored("heic")))
    file = folder / name
    file.write_bytes(data)
    cost = min(
        (run(arguments(COMMANDS[verb], file, folder)) for _ in range(2)), key=lambda cost: cost.seconds
    )
    for path in folder.glob("out*"):
        path.unlink()
    return cost.seconds


def judged(case: Case, cost: Cost, base: float) -> list[str]:
    """Return what is wrong, in words."""
    faults = []
    if cost.code != EXIT_CODES[case.verdict]:
        faults.append(f"exit {cost.code}, not {EXIT_CODES[case.verdict]}")
    if cost.seconds - base > SECONDS:
        faults.append("slow")
    if cost.peak_mb > PEAK_MB:
        faults.append("large")
    if "Traceback" in cost.message:
        faults.append("traceback")
    return faults


def main(word: str) -> int:
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bases: dict[str, float] = {}
        print(f"{'file':<46} {'exit':>4} {'s':>6} {'MB':>5}  message")
        for case in HOSTILE:
            if word not in case.name:
                continue
            if case.verb not in bases:
                bases[case.verb] = start_up(case.verb, folder)
            file = folder / case.path.name
            file.write_bytes(case.make())
            cost = run(arguments(case.command, file, folder))
            faults = judged(case, cost, bases[case.verb])
            wrong += bool(faults)
            message = cost.message.replace(f"{folder}/", "").splitlines()
            print(
                f"{case.path.name:<46} {cost.code:>4} {cost.seconds - bases[case.verb]:>6.2f} {cost.peak_mb:>5.0f}  "
                f"{'!! ' + ', '.join(faults) + ': ' if faults else ''}{message[-1] if message else ''}",
                flush=True,
            )
            for path in folder.iterdir():
                path.unlink()
    print(f"{wrong} beyond their bounds")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
