"""Manifests: CSV, JSON lines and Parquet, row by row.

Knows: these three formats, and that a manifest may be longer than memory. Must not know: what is done with a row.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from authoring.batch.rows import COLUMNS, PATH_COLUMNS, Row, Rules, column_name, row_of, unknown_columns
from authoring.errors import MalformedError, UnsupportedError, UsageError
from authoring.files import named

PARQUET_ROWS_AT_ONCE = 1024
"""Of a Parquet file; small beside a photo, large enough to hide the cost of a batch."""

MAX_LINE = 1 << 20
"""Letters of one line: hundreds of the longest paths; a file of one endless line is no manifest."""

Cells = Mapping[str, Any] | str
"""One row by column, or the sentence that says why there is none."""


def count_rows(path: Path) -> int:
    """How many rows there are. UsageError for a column that nobody knows, before anything is written."""
    count = 0
    with named(path):
        known = {*PATH_COLUMNS, *COLUMNS}
        for cells in _cells(path):
            count += 1
            names = [] if isinstance(cells, str) else [str(name) for name in cells]
            unknown = [name for name in names if column_name(name) not in known]
            if unknown:
                raise UsageError(unknown_columns(unknown))
    return count


def read_rows(path: Path, rules: Rules) -> Iterator[Row]:
    """The rows one after the other; a row that cannot be read carries its fault."""
    with named(path):
        for number, cells in enumerate(_cells(path), 1):
            if isinstance(cells, str):
                yield Row(number, "", "", "", fault=f"row {number}: {cells}")
            else:
                yield row_of(number, {column_name(str(name)): text for name, text in cells.items()}, rules)


def _cells(path: Path) -> Iterator[Cells]:
    readers = {
        ".csv": _csv,
        ".jsonl": _json_lines,
        ".ndjson": _json_lines,
        ".parquet": _parquet,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise UsageError("the suffix says no manifest format; .csv, .jsonl and .parquet are read")
    try:
        yield from reader(path)
    except UnicodeDecodeError:
        raise MalformedError("the manifest is not UTF-8 text") from None
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror or error}") from error


def _csv(path: Path) -> Iterator[Cells]:
    # utf-8-sig: spreadsheets put a byte order mark first.
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(_lines(file))
        header = next(reader, [])
        if len(set(header)) != len(header):
            raise UsageError("two columns have the same name")
        # A header alone still has its columns looked at.
        missing = [name for name in ("photo", "map") if name not in map(column_name, header)]
        if missing:
            raise UsageError(f"there is no column {missing[0]!r}")
        while True:
            try:
                cells = next(reader, None)
            except csv.Error as error:
                yield f"no CSV ({error})"
                continue
            if cells is None:
                return
            if not cells:
                continue
            if len(cells) > len(header):
                yield f"{len(cells)} cells under {len(header)} columns"
                continue
            yield dict(zip(header, cells, strict=False))


def _json_lines(path: Path) -> Iterator[Cells]:
    with path.open(encoding="utf-8") as file:
        for line in _lines(file):
            if not line.strip():
                continue
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                yield "no JSON"
                continue
            yield value if isinstance(value, dict) else "no JSON object"


def _lines(file: TextIO) -> Iterator[str]:
    """Lines of which none is longer than memory."""
    while line := file.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE:
            raise MalformedError(f"a line has more than {MAX_LINE} letters; this is no manifest")
        yield line


def _parquet(path: Path) -> Iterator[Cells]:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise UnsupportedError(
            "a Parquet manifest needs pyarrow: pip install 'depthauthor[parquet]'"
        ) from None
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(PARQUET_ROWS_AT_ONCE):
                yield from batch.to_pylist()
    except ArrowException as error:
        raise MalformedError(f"no Parquet ({error})") from error
