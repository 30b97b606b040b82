"""Run the blocks of one page in the current folder: `python -m tests.docs.run_page PAGE`.

An `sh` block is a script of its own; all `python` blocks of a page share their names. The exit code is 1 at the first
block that does not do what the page says, with the reason on stderr.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.docs.pages import Block, blocks, runs

SECONDS = 240
"""Of one block; the slowest takes a few on a quiet machine."""


def main() -> None:
    """Run the page."""
    page = Path(sys.argv[1])
    names: dict[str, Any] = {"__name__": "__page__"}
    for block in filter(runs, blocks(page)):
        if block.language == "sh":
            _run_shell(block, page.name)
        else:
            lines = "\n" * (block.line - 1)  # So that a traceback names the line of the page.
            exec(compile(lines + block.text, str(page), "exec"), names)


def _run_shell(block: Block, name: str) -> None:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block.text],
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    printed = done.stdout + done.stderr
    where = f"{name}, line {block.line}"
    if done.returncode != block.exit_code:
        sys.exit(f"{where}: exit code {done.returncode}\n{block.text}\n{printed}")
    plain = "".join(f"{line.rstrip()}\n" for line in printed.splitlines())
    if block.output is not None and not re.fullmatch(_pattern(block.output), plain):
        sys.exit(f"{where} prints\n{plain}\nand the page shows\n{block.output}")


def _environment() -> dict[str, str]:
    """Return an environment in which `depthauthor` is the one of this Python, and nobody's settings count."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DEPTHAUTHOR_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**kept, "PATH": path, "COLUMNS": "100", "BROWSER": "true", "NO_COLOR": "1"}


def _pattern(shown: str) -> str:
    return "".join(
        r"(?:.*\n)*?" if line.strip() == "…" else ".*".join(map(re.escape, line.rstrip().split("…"))) + "\n"
        for line in shown.splitlines()
    )


if __name__ == "__main__":
    main()
