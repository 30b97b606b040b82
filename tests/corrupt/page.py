"""docs/corrupt.md: `python -m tests.corrupt.page` runs the command line on every file of the corpus and writes it."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.corrupt.build import cases
from tests.corrupt.case import COMMANDS, EXIT_CODES, Case
from tests.corrupt.told import Told, faults, tell

PAGE = Path(__file__).parents[2] / "docs" / "corrupt.md"
HEAD = """# What becomes of damaged and hostile files

Made by `python -m tests.corrupt.page`, which runs the command line on each file; a test holds it to the code.
`python -m tests.corrupt.build DIR` writes the files: each has the one defect that its name says and is made from a
valid file, and its folder is the verdict ({verdicts}). What the hostile ones cost, `python -m benchmarks.hostile`
measures. `DIR` stands for the folder, `PHOTO` and `MAP` for good ones.

{commands}

| file | command | exit | message |
|---|---|---|---|
"""
_LETTERS = 400
"""Of a message; the list of a manifest's columns is longer."""


def line(case: Case, told: Told, folder: Path) -> str:
    """One row of the table."""
    message = told.message.replace(f"{folder}/", "DIR/").replace(str(Path(__file__).parents[2]) + "/", "")
    message = message if len(message) <= _LETTERS else f"{message[:_LETTERS]}…"
    for sign in "\\|<>*_`":
        message = message.replace(sign, f"\\{sign}")
    more = f" `{' '.join(case.more)}`" if case.more else ""
    return f"| `{case.path}` | {case.verb}{more} | {told.code} | {message} |\n"


def head() -> str:
    """What stands above the rows."""
    verdicts = ", ".join(f"`{name}` {code}" for name, code in EXIT_CODES.items())
    used = {case.verb: None for case in cases()}
    commands = "\n".join(
        f"- {verb}: `depthauthor {' '.join(COMMANDS[verb])}`".replace("{file}", "FILE")
        .replace("{photo}", "PHOTO")
        .replace("{map}", "MAP")
        .replace("{out}", "OUT")
        .replace("{suffix}", ".SUFFIX")
        for verb in used
    )
    return HEAD.format(verdicts=verdicts, commands=commands)


def main() -> int:
    """Write the page; the number of answers that are not as they should be."""
    rows, wrong = [], 0
    for case in cases():
        with tempfile.TemporaryDirectory() as name:
            told = tell(case, Path(name))
            for fault in faults(case, told, Path(name)):
                wrong += 1
                print(f"{case.path}: {fault}: {told.err or told.out}")
            rows.append(line(case, told, Path(name)))
    PAGE.write_text(head() + "".join(rows), encoding="utf-8")
    print(f"{len(rows)} files, {wrong} faults")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
