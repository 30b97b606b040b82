"""Fills the matrix: every reader reads every file once.

Knows: files, readers and verdicts, and how they come together. Must not know: what any of them is.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from compat.browser import BROWSERS
from compat.cases import Case
from compat.decoders import DECODERS
from compat.judging import Cell, judge, unlike
from compat.metadata import METADATA
from compat.reading import Missing, Reader, Reading

READERS: tuple[Reader, ...] = (*DECODERS, *METADATA, *BROWSERS)


@dataclass(frozen=True, slots=True)
class Column:
    """One reader, all files."""

    reader: str
    version: str
    """Empty where it did not run."""
    missing: str
    cells: tuple[Cell, ...]


def fill(
    cases: Sequence[Case], readers: Sequence[Reader] = READERS, tell: Callable[[str], None] = lambda _: None
) -> list[Column]:
    """The matrix, column by column."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {data: _write(Path(folder), data) for case in cases for data in _files(case)}
        columns = []
        for reader in readers:
            tell(reader.name)
            columns.append(_column(reader, cases, paths))
        return columns


def _files(case: Case) -> list[bytes]:
    return [one for one in (case.before, case.after, case.source) if one is not None]


def _suffix(data: bytes) -> str:
    if data.startswith(b"\xff\xd8"):
        return ".jpg"
    return ".png" if data.startswith(b"\x89PNG") else ".heic"


def _write(folder: Path, data: bytes) -> Path:
    """Under a name that the content alone decides, so that equal files are read once."""
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
    return Column(reader.name, version, "", tuple(_cell(reader.name, one, readings, paths) for one in cases))


def _cell(name: str, case: Case, readings: dict[Path, Reading], paths: dict[bytes, Path]) -> Cell:
    before, after = readings.get(paths[case.before]), readings.get(paths[case.after])
    if before is None or after is None:
        return Cell("")
    cell = judge(name, before, after, photo=case.photo, has_depth=case.has_depth)
    source = readings.get(paths[case.source]) if case.source else None
    apart = unlike(source, after, to_heic=paths[case.after].suffix == ".heic") if source else None
    if apart is None:
        return cell
    return replace(cell, state="FAIL", faults=(*cell.faults, apart))
