"""Run the command line on a case, in this process or in one of its own, and check the result."""

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
class CommandResult:
    """The exit code and the output of a command."""

    code: int
    out: str
    err: str

    @property
    def message(self) -> str:
        """The message; of a batch the first failure, of verify the first finding."""
        lines = [line.removeprefix("depthauthor: ") for line in self.err.splitlines()]
        if self.code == 6:
            lines = [
                line.partition("  ")[2]
                for line in lines
                if line.strip()[:1].isdigit() and "finished before" not in line
            ]
        if self.code == 1:
            lines = [
                line.strip()
                for line in self.out.splitlines()
                if line.strip().startswith(("FAIL", "untested", "warn"))
            ]
        return lines[0] if lines else ""


def arguments(case: Case, file: Path) -> list[str]:
    """Return the command line of a case whose file is at `file`; outputs go to the same folder."""
    values = {
        "file": file,
        "photo": GOLDEN / "orientation" / "scene-1.jpg",
        "map": GOLDEN / "scene-mask.png",
        "out": file.with_name("out"),
        "suffix": file.suffix,
    }
    return [word.format(**values) for word in case.command]


def run_case(case: Case, folder: Path, *, own_process: bool = False) -> CommandResult:
    """Write the case's file into an empty folder and run the command."""
    file = folder / case.path.name
    file.write_bytes(case.make())
    words = arguments(case, file)
    if own_process:
        done = subprocess.run(
            [sys.executable, "-m", "depthauthor", *words], capture_output=True, timeout=120, check=False, cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        return CommandResult(done.returncode, done.stdout.decode(), done.stderr.decode())
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        code = run(words)
    return CommandResult(code, out.getvalue(), err.getvalue())


def faults(case: Case, result: CommandResult, folder: Path) -> list[str]:
    """Return what is wrong with a result: exit code, form, words, or files left in the folder."""
    code, text = result.code, result.out + result.err
    wrong = []
    if case.verdict == "any":
        wrong += [] if code in range(7) else [f"exit {code}"]
    elif code != EXIT_CODES[case.verdict]:
        wrong.append(f"exit {code}, not {EXIT_CODES[case.verdict]}")
    if "Traceback" in text:
        wrong.append("a traceback")
    left = {path.name for path in folder.iterdir()} - {case.path.name}
    if code not in (0, 6) and left:
        wrong.append(f"left behind: {', '.join(sorted(left))}")
    if code in (2, 3, 4, 5):
        lines = result.err.splitlines()
        if len(lines) != 1 or result.out or not result.err.startswith("depthauthor: "):
            wrong.append("not one sentence")
        if case.path.name not in result.err and code != 2:
            wrong.append("does not name the file")
    if code in (2, 3, 4, 5, 6) and case.words not in result.err:
        wrong.append(f"does not say {case.words!r}")
    if any(not character.isprintable() for character in text.replace("\n", "")):
        wrong.append("control characters")
    return wrong
