"""Write docs/corrupt.md: `python -m tests.corrupt.page` runs the command line on every file of the corpus."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from tests.corrupt.build import cases
from tests.corrupt.case import COMMANDS, EXIT_CODES, Case
from tests.corrupt.command import ROOT, CommandResult, faults, run_case

PAGE = ROOT / "docs" / "corrupt.md"
HEAD = """# What damaged and hostile files give

Written by `python -m tests.corrupt.page`, which runs the command line on each file; a test compares it with the code.
`python -m tests.corrupt.build DIR` writes the files: each is made from a valid file and has the one defect in its name.
Its folder is the verdict, which stands for the exit code: {verdicts}.
`python -m tests.corrupt.costs` measures what the hostile ones cost. `PHOTO` and `MAP` are valid files; `(…)` is a
library's own message.

{commands}

| file | command | exit | message |
|---|---|---|---|
"""
_LIBRARY = re.compile(r"(does not decode|does not load|too many pixels|not Parquet) \(.*\)$")
"""A library's own message, which changes with its version."""

MAX_MESSAGE = 400
"""Characters of a message; the list of a manifest's columns is longer."""


def line(case: Case, result: CommandResult, folder: Path) -> str:
    """Return one row of the table."""
    message = result.message.replace(f"{folder}/{case.path.name}", "FILE").replace(f"{folder}/", "DIR/")
    message = _LIBRARY.sub(r"\1 (…)", message.replace(f"{ROOT}/", ""))
    message = message if len(message) <= MAX_MESSAGE else f"{message[:MAX_MESSAGE]}…"
    for sign in "\\|<>*_`":
        message = message.replace(sign, f"\\{sign}")
    more = f" `{' '.join(case.more)}`" if case.more else ""
    return f"| `{case.path}` | {case.verb}{more} | {result.code} | {message} |\n"


def head() -> str:
    """Return the text above the rows."""
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
    """Write the page and print wrong results; return 1 if there are any."""
    rows, wrong = [], 0
    for case in cases():
        with tempfile.TemporaryDirectory() as name:
            result = run_case(case, Path(name))
            for fault in faults(case, result, Path(name)):
                wrong += 1
                print(f"{case.path}: {fault}: {result.err or result.out}")
            rows.append(line(case, result, Path(name)))
    PAGE.write_text(head() + "".join(rows), encoding="utf-8")
    print(f"{len(rows)} files, {wrong} faults")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
