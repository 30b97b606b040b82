"""Make the files, run the readers on them, print the results, and write the page.

    python -m compat.matrix [--out docs/readers.md] [--samples FOLDER] [--quick]

With --samples real photos are read too; they are reported on the console and never in the page. The exit code is 1 if
a reader fails.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from authoring.errors import DepthauthorError
from compat import page, table
from compat.cases import Case, dng_cases, heic_cases, jpeg_cases, of_photo
from compat.table import Column


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the matrix; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m compat.matrix", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, help="write the page of the project's own files here")
    parser.add_argument("--samples", type=Path, default=os.environ.get("DEPTHAUTHOR_SAMPLES"),
                        help="a folder of real photos to try as well, on the console only")  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="only the readers that the tests use")
    chosen = parser.parse_args(arguments)
    readers = [reader for reader in table.READERS if reader.quick or not chosen.quick]

    def report_progress(text: str) -> None:
        sys.stderr.write(f"{text}\n")

    failed = False
    groups = [("JPEG", list(jpeg_cases())), ("HEIC", list(heic_cases())), ("DNG", list(dng_cases()))]
    filled = [(name, cases, table.fill(cases, readers, report_progress)) for name, cases in groups]
    for name, cases, columns in filled:
        failed |= show(name, cases, columns)
    if chosen.out:
        chosen.out.write_text(page.page(filled), encoding="utf-8")
    if chosen.samples:
        cases = list(sample_cases(Path(chosen.samples)))
        failed |= show("real photos", cases, table.fill(cases, readers, report_progress))
    return int(failed)


def sample_cases(folder: Path) -> list[Case]:
    """Return cases for every photo of a folder that can hold depth; name the others on stderr."""
    cases: list[Case] = []
    for path in sorted([*folder.glob("*.jpg"), *folder.glob("*.heic"), *folder.glob("*.dng")]):
        try:
            cases += of_photo(path.name, path.read_bytes())
        except DepthauthorError as error:
            sys.stderr.write(f"{path.name}: skipped, {error.message}\n")
    return cases


def show(name: str, cases: Sequence[Case], columns: Sequence[Column]) -> bool:
    """Print counts and every fault; return whether there is one."""
    print(f"{name}: {len(cases)} files")
    failed = False
    for column in columns:
        states = [cell.state for cell in column.cells]
        counts = ", ".join(
            f"{states.count(state)} {state}" for state in ("ok", "explained", "FAIL") if state in states
        )
        print(f"  {column.reader} {column.version}: {counts or column.missing or 'no such file'}")
        for case, cell in zip(cases, column.cells, strict=True):
            failed |= cell.state == "FAIL"
            for fault in cell.faults:
                print(f"    {case.name}: {fault}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
