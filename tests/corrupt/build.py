"""Build the corrupt corpus: `python -m tests.corrupt.build DIR` writes every file, in a folder named by the verdict.

Each file has one defect, named in its name, and is made from a valid file of this project's own. docs/corrupt.md,
which `python -m tests.corrupt.page` writes, has the result of the command line for each.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

from tests.corrupt import dng_files, fuzz_findings, hostile_files, map_files, photo_files
from tests.corrupt.case import Case, Table


@cache
def cases() -> tuple[Case, ...]:
    """Return every case, in the order of the page."""
    photos = [photo_files.HEIC, hostile_files.HEIC, photo_files.JPEG, hostile_files.JPEG, photo_files.PNG]
    dngs = [dng_files.DNG, dng_files.MAP]
    maps = [map_files.MAPS, map_files.NPY, map_files.NPZ, map_files.FLOATS, hostile_files.MAPS]
    texts = [map_files.PLIST, map_files.JSON, map_files.MANIFEST]
    tables = (*photos, photo_files.RULES, *dngs, *maps, *texts, _fuzz_findings())
    return tuple(case for table in tables for case in table)


def _fuzz_findings() -> Table:
    table = Table("")
    for name, make in fuzz_findings.PHOTOS.items():
        suffix = ".jpg" if make().startswith(b"\xff\xd8") else ".heic"
        table.add("any", f"found_{name}", make, suffix=suffix)
    return table


def write(folder: Path) -> int:
    """Write the files; return their number."""
    for case in cases():
        path = folder / case.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(case.make())
    return len(cases())


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.corrupt.build DIR")
    print(f"{write(Path(sys.argv[1]))} files")
