"""What a worker does with one row.

Knows: when a row is finished already, and how a failure is told. Must not know: other rows, the journal's file.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from authoring import api, files
from authoring.batch.journal import Entry
from authoring.batch.rows import Row
from authoring.errors import DepthauthorError, RefusedError
from authoring.operations.reports import EmbedReport

FAULT_EXIT_CODE = 70
"""What the command line ends with where the fault is the program's own."""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of one row."""

    row: int
    status: Literal["done", "skipped", "failed"]
    photo: str
    map: str
    output: str
    sha256: str | None = None
    """Of the output as published."""
    inputs: str | None = None
    """Digest of the paths, sizes, times and options that the output was made from."""
    error: str | None = None
    exit_code: int = 0
    """What `embed` alone would have ended with."""
    report: EmbedReport | None = None
    schema: str = "depthauthor/batch/1"


@dataclass(frozen=True, slots=True)
class Task:
    """A row, and what is known of its output."""

    row: Row
    overwrite: bool
    entry: Entry | None
    """What an earlier run's journal says; an output that was only begun is the batch's own."""
    begun: bool = False
    """Whether the journal says so since this run: nothing lay there when the row was handed out."""


def work(task: Task) -> BatchResult:
    """Do one row; never raises for what may be wrong with it."""
    row = task.row
    try:
        return _embed(task)
    except DepthauthorError as error:
        return failure(row, str(error), error.exit_code)
    except MemoryError:
        return failure(row, "there is not enough memory for a photo or map of this size", FAULT_EXIT_CODE)
    except Exception as error:
        return failure(
            row, f"a fault in depthauthor itself ({type(error).__name__}: {error})", FAULT_EXIT_CODE
        )


def failure(row: Row, sentence: str, exit_code: int) -> BatchResult:
    """The result of a row that failed."""
    return BatchResult(
        row.number, "failed", row.photo, row.map, row.output, error=sentence, exit_code=exit_code
    )


def remove_parts(output: str) -> None:
    """Remove what a killed worker left beside an output; `files.write_file` names it so."""
    path = Path(output)
    head, tail = f".{path.name}.", ".part"
    for one in path.parent.iterdir() if path.parent.is_dir() else ():
        if one.name.startswith(head) and one.name.endswith(tail):
            one.unlink(missing_ok=True)


def _embed(task: Task) -> BatchResult:
    row, output, overwrite = task.row, Path(task.row.output), task.overwrite
    inputs = _fingerprint(row)
    if task.entry is not None:
        there = output.is_file()
        if task.entry.sha256 is None:
            remove_parts(row.output)
            overwrite = True
        elif there and _digest(output) != task.entry.sha256:
            if not overwrite:
                raise RefusedError(f"{output}: was changed since the batch wrote it; --overwrite replaces it")
        elif there and task.entry.inputs == inputs:
            return BatchResult(
                row.number, "skipped", row.photo, row.map, row.output, task.entry.sha256, inputs
            )
        else:
            overwrite = True
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RefusedError(f"{output.parent}: the folder cannot be made: {error.strerror}") from error
    report = api.embed(row.photo, Path(row.map), output=output, overwrite=overwrite, **row.options)
    return BatchResult(
        row.number, "done", row.photo, row.map, row.output, _digest(output), inputs, report=report
    )


def _fingerprint(row: Row) -> str:
    """What would have to change for the output to change: paths, options, size and time of every input."""
    stamps = []
    for name in (row.photo, row.map, row.options.get("donor"), row.options.get("calibration")):
        path = Path(name) if name else None
        if path is not None and path.is_file():
            found = path.stat()
            stamps.append((name, found.st_size, found.st_mtime_ns))
    told = json.dumps([stamps, row.options], sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()


def _digest(path: Path) -> str:
    return hashlib.sha256(files.read_file(path)).hexdigest()
