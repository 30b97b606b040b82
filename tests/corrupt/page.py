"""docs/corrupt.md: `python -m tests.corrupt.page` runs the command line on every file of the corpus and writes it."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from tests.corrupt.build import cases
from tests.corrupt.case import COMMANDS, EXIT_CODES, Case
from tests.corrupt.told import ROOT, Told, faults, tell

PAGE = ROOT / "docs" / "corrupt.md"
HEAD = """# What becomes of damaged and hostile files

Made by `python -m tests.corrupt.page`, which runs the command line on each file; a test holds it to the code.
`python -m tests.corrupt.build DIR` writes the files: each has the one defect that its name says and is made from a
valid file. Its folder is the verdict, which stands for the exit code: {verdicts}.
What the hostile ones cost, `python -m benchmarks.hostile` measures. `PHOTO` and `MAP` are good ones; `(…)` is what a
library says in its own words.

{commands}

| file | command | exit | message |
|---|---|---|---|
"""
_LIBRARY = re.compile(r"(does not decode|does not load|too many pixels|not Parquet) \(.*\)$")
"""What a library says in its own words, which change with its version."""

_LETTERS = 400
"""Of a message; the list of a manifest's columns is longer."""


def line(case: Case, told: Told, folder: Path) -> str:
    """One row of the table."""
    message = told.message.replace(f"{folder}/{case.path.name}", "FILE").replace(f"{folder}/", "DIR/")
    message = _LIBRARY.sub(r"\1 (…)", message.replace(f"{ROOT}/", ""))
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
