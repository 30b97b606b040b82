"""The corrupt corpus: `python -m tests.corrupt.build DIR` writes every file, in a folder named by the verdict.

Each file has one defect, made from a valid file of this project's own; its name says what. What the command line
makes of each is in docs/corrupt.md, which `python -m tests.corrupt.page` writes.
"""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path

from tests.corrupt import hostile_files, map_files, photo_files
from tests.corrupt.case import Case, Table


@cache
def cases() -> tuple[Case, ...]:
    """Every case, in the order of the page."""
    photos = [photo_files.HEIC, hostile_files.HEIC, photo_files.JPEG, hostile_files.JPEG, photo_files.PNG]
    maps = [map_files.MAPS, map_files.NPY, map_files.NPZ, map_files.FLOATS, hostile_files.MAPS]
    texts = [map_files.PLIST, map_files.JSON, map_files.MANIFEST]
    return tuple(one for table in (*photos, photo_files.RULES, *maps, *texts, found()) for one in table)


def found() -> Table:
    """What fuzzing found, where that list is there: FOUND, from names to builders of photos."""
    table = Table("")
    if importlib.util.find_spec("tests.corrupt.found") is not None:
        listed = importlib.import_module("tests.corrupt.found").FOUND
        for name, make in listed.items():
            suffix = ".jpg" if make().startswith(b"\xff\xd8") else ".heic"
            table.add("any", f"found_{name}", make, suffix=suffix)
    return table


def write(folder: Path) -> int:
    """Write the files; give their number."""
    for case in cases():
        path = folder / case.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(case.make())
    return len(cases())


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.corrupt.build DIR")
    print(f"{write(Path(sys.argv[1]))} files")
