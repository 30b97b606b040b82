"""Read manifests row by row, however long they are: CSV, JSON lines and Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import chain
from typing import Any, BinaryIO, TextIO

from authoring.batch import stores
from authoring.batch.rows import (
    COLUMNS,
    PATH_COLUMNS,
    BatchRow,
    RowDefaults,
    column_name,
    parse_row,
    unknown_columns,
)
from authoring.errors import MalformedError, UnsupportedError, UsageError
from authoring.files import named

PARQUET_ROWS_AT_ONCE = 1024
"""Of a Parquet file; small compared with a photo, large enough to hide the cost of a read."""

MAX_LINE = 1 << 20
"""Characters of one line: hundreds of the longest paths; a file with a longer line is not a manifest."""

Cells = Mapping[str, Any] | str
"""One row by column, or why it cannot be read."""


def count_rows(place: str, *, needs_map: bool = True) -> int:
    """Return the number of rows. Raises UsageError for an unknown column, before anything is written.

    needs_map: whether there has to be a column for the maps.
    """
    count = 0
    with named(place):
        known = {*PATH_COLUMNS, *COLUMNS}
        for cells in _cells(place, needs_map):
            count += 1
            names = [] if isinstance(cells, str) else [str(name) for name in cells]
            unknown = [name for name in names if column_name(name) not in known]
            if unknown:
                raise UsageError(unknown_columns(unknown))
    return count


def read_rows(place: str, defaults: RowDefaults) -> Iterator[BatchRow]:
    """Yield the rows one by one; a row that cannot be read has a `fault`."""
    with named(place):
        for number, cells in enumerate(_cells(place, defaults.estimate is None), 1):
            if isinstance(cells, str):
                yield BatchRow(number, "", "", "", fault=cells)
            else:
                yield parse_row(
                    number, {column_name(str(name)): text for name, text in cells.items()}, defaults
                )


def _cells(place: str, needs_map: bool) -> Iterator[Cells]:
    readers: dict[str, Callable[[BinaryIO], Iterator[Cells]]] = {
        ".csv": partial(_csv, needed=("photo", "map") if needs_map else ("photo",)),
        ".jsonl": _json_lines,
        ".ndjson": _json_lines,
        ".parquet": _parquet,
    }
    reader = readers.get(stores.name_of(place).suffix.lower())
    if reader is None:
        raise UsageError("unsupported manifest type; use .csv, .jsonl or .parquet")
    try:
        with stores.open_binary(place) as file:
            yield from reader(file)
    except UnicodeDecodeError:
        raise MalformedError("the manifest is not UTF-8 text") from None
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror or error}") from error


def _csv(binary: BinaryIO, needed: tuple[str, ...]) -> Iterator[Cells]:
    # utf-8-sig: spreadsheets put a byte order mark first.
    with io.TextIOWrapper(binary, "utf-8-sig", newline="") as file:
        lines = _lines(file)
        first = next(lines, "")
        # Spreadsheets of countries with a decimal comma separate by semicolons.
        separator = ";" if ";" in first and "," not in first else ","
        reader = csv.reader(chain([first], lines), delimiter=separator)
        try:
            header = next(reader, [])
        except csv.Error as error:
            raise MalformedError(f"the manifest's first line is not CSV ({error})") from None
        if len(set(header)) != len(header):
            raise UsageError("two columns have the same name")
        # Checked here, so that it holds for a manifest without rows too.
        missing = [name for name in needed if name not in map(column_name, header)]
        if missing:
            raise UsageError(f"there is no column {missing[0]!r}")
        while True:
            try:
                cells = next(reader, None)
            except csv.Error as error:
                yield f"not CSV ({error})"
                continue
            if cells is None:
                return
            if not cells:
                continue
            if len(cells) > len(header):
                yield f"{len(cells)} cells but {len(header)} columns"
                continue
            yield dict(zip(header, cells, strict=False))


def _json_lines(binary: BinaryIO) -> Iterator[Cells]:
    with io.TextIOWrapper(binary, "utf-8", newline="") as file:
        for line in _lines(file):
            if not line.strip():
                continue
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                yield "not JSON"
                continue
            yield value if isinstance(value, dict) else "not a JSON object"


def _lines(file: TextIO) -> Iterator[str]:
    """Yield the lines, none longer than `MAX_LINE`."""
    while line := file.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE:
            raise MalformedError(f"a line has more than {MAX_LINE} characters; this is not a manifest")
        yield line


def _parquet(binary: BinaryIO) -> Iterator[Cells]:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise UnsupportedError(
            "a Parquet manifest needs pyarrow: pip install 'depthauthor[parquet]'"
        ) from None
    try:
        with parquet.ParquetFile(binary) as file:
            for batch in file.iter_batches(PARQUET_ROWS_AT_ONCE):
                yield from batch.to_pylist()
    except ArrowException as error:
        raise MalformedError(f"not Parquet ({error})") from error
