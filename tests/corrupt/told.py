"""What the command line says of a case, run in this process or in one of its own."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from authoring.cli.main import run
from tests.corrupt.case import EXIT_CODES, GOLDEN, Case

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a command."""

    code: int
    out: str
    err: str

    @property
    def message(self) -> str:
        """The sentence; of a batch the first failure, of verify the first finding."""
        lines = [line.removeprefix("depthauthor: ") for line in self.err.splitlines()]
        if self.code == 6:
            lines = [
                line.partition("  ")[2]
                for line in lines
                if line.strip()[:1].isdigit() and "finished before" not in line
            ]
        if self.code == 1:
            lines = [
                line.strip() for line in self.out.splitlines() if line.strip().startswith(("FAIL", "warn"))
            ]
        return lines[0] if lines else ""


def arguments(case: Case, file: Path) -> list[str]:
    """The command line of a case whose file lies there; `out` is to be written beside it."""
    filled = {
        "file": file,
        "photo": GOLDEN / "orientation" / "scene-1.jpg",
        "map": GOLDEN / "scene-mask.png",
        "out": file.with_name("out"),
        "suffix": file.suffix,
    }
    return [word.format(**filled) for word in case.command]


def tell(case: Case, folder: Path, *, alone: bool = False) -> Told:
    """Write the file into an empty folder and run the command."""
    file = folder / case.path.name
    file.write_bytes(case.make())
    words = arguments(case, file)
    if alone:
        done = subprocess.run(
            [sys.executable, "-m", "authoring", *words], capture_output=True, timeout=120, check=False, cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        return Told(done.returncode, done.stdout.decode(), done.stderr.decode())
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        code = run(words)
    return Told(code, out.getvalue(), err.getvalue())


def faults(case: Case, told: Told, folder: Path) -> list[str]:
    """What is wrong with an answer: the exit code, its form, its words, or what was left in the folder."""
    wrong = []
    if case.verdict == "any":
        wrong += [] if told.code in range(7) else [f"exit {told.code}"]
    elif told.code != EXIT_CODES[case.verdict]:
        wrong.append(f"exit {told.code}, not {EXIT_CODES[case.verdict]}")
    if "Traceback" in told.err + told.out:
        wrong.append("a traceback")
    left = {one.name for one in folder.iterdir()} - {case.path.name}
    if told.code not in (0, 6) and left:
        wrong.append(f"left behind: {', '.join(sorted(left))}")
    if told.code in (2, 3, 4, 5):
        lines = told.err.splitlines()
        if len(lines) != 1 or told.out or not told.err.startswith("depthauthor: "):
            wrong.append("not one sentence")
        if case.path.name not in told.err and told.code != 2:
            wrong.append("does not name the file")
    if told.code in (2, 3, 4, 5, 6) and case.words not in told.err:
        wrong.append(f"does not say {case.words!r}")
    if any(not one.isprintable() for one in (told.out + told.err).replace("\n", "")):
        wrong.append("control characters")
    return wrong
