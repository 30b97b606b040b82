"""The corrupt corpus: `python -m tests.corrupt.build DIR` writes every file, in a folder named by the verdict.

Each file has one defect, made from a valid file of this project's own; its name says what. What the command line
makes of each is in docs/corrupt.md, which `python -m tests.corrupt.page` writes.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.corrupt.case import Case
from tests.corrupt.hostile_files import HOSTILE


def cases() -> list[Case]:
    """Every case, in the order of the page."""
    return [*HOSTILE]


def write(folder: Path) -> int:
    """Write the files; give their number."""
    for case in (found := cases()):
        path = folder / case.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(case.make())
    return len(found)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.corrupt.build DIR")
    print(f"{write(Path(sys.argv[1]))} files")
