"""Fill the matrix: every reader reads every file once."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from compat.browser import BROWSERS
from compat.cases import Case
from compat.decoders import DECODERS
from compat.judging import Cell, judge, reencoding_fault
from compat.metadata import METADATA
from compat.reading import Missing, Reader, Reading

READERS: tuple[Reader, ...] = (*DECODERS, *METADATA, *BROWSERS)


@dataclass(frozen=True, slots=True)
class Column:
    """The results of one reader for all files."""

    reader: str
    version: str
    """Empty if it did not run."""
    missing: str
    cells: tuple[Cell, ...]


def fill(
    cases: Sequence[Case],
    readers: Sequence[Reader] = READERS,
    report_progress: Callable[[str], None] = lambda _: None,
) -> list[Column]:
    """Return the matrix, column by column."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {data: _write(Path(folder), data) for case in cases for data in _files(case)}
        columns = []
        for reader in readers:
            report_progress(reader.name)
            columns.append(_column(reader, cases, paths))
        return columns


def _files(case: Case) -> list[bytes]:
    return [data for data in (case.before, case.after, case.source) if data is not None]


def _suffix(data: bytes) -> str:
    if data.startswith(b"\xff\xd8"):
        return ".jpg"
    if data[:4] in (b"II*\0", b"MM\0*"):
        return ".dng"
    return ".png" if data.startswith(b"\x89PNG") else ".heic"


def _write(folder: Path, data: bytes) -> Path:
    """Write a file under a name derived from its content, so that equal files are read once."""
    path = folder / f"{hashlib.sha256(data).hexdigest()[:16]}{_suffix(data)}"
    path.write_bytes(data)
    return path


def _column(reader: Reader, cases: Sequence[Case], paths: dict[bytes, Path]) -> Column:
    try:
        version = reader.version()
    except Missing as error:
        return Column(reader.name, "", str(error), tuple(Cell("not run") for _ in cases))
    wanted = list(dict.fromkeys(path for path in paths.values() if path.suffix in reader.suffixes))
    readings = dict(zip(wanted, reader.read(wanted) if wanted else [], strict=True))
    return Column(
        reader.name, version, "", tuple(_cell(reader.name, case, readings, paths) for case in cases)
    )


def _cell(name: str, case: Case, readings: dict[Path, Reading], paths: dict[bytes, Path]) -> Cell:
    before, after = readings.get(paths[case.before]), readings.get(paths[case.after])
    if before is None or after is None:
        return Cell("")
    cell = judge(name, before, after, photo=case.photo, has_depth=case.has_depth)
    source = readings.get(paths[case.source]) if case.source else None
    is_heic = paths[case.after].suffix == ".heic"
    fault = reencoding_fault(source, after, to_heic=is_heic) if source else None
    return cell if fault is None else replace(cell, state="FAIL", faults=(*cell.faults, fault))
