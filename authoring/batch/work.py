"""What a worker does with one row.

Knows: when a row is finished already, and how a failure is told. Must not know: other rows, the journal's file.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Literal

from authoring.batch import stores
from authoring.batch.embedding import embed_row, inputs_of
from authoring.batch.journal import Entry
from authoring.batch.rows import Row
from authoring.embed.reports import EmbedReport
from authoring.errors import DepthauthorError, RefusedError

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


def _embed(task: Task) -> BatchResult:
    row, output, overwrite = task.row, task.row.output, task.overwrite
    inputs = _fingerprint(row)
    if task.entry is not None:
        if task.entry.sha256 is None:
            stores.remove_parts(output)
            overwrite = True
        elif (there := stores.digest(output)) is not None and there != task.entry.sha256:
            if not overwrite:
                raise RefusedError(f"{output}: was changed since the batch wrote it; --overwrite replaces it")
        elif there is not None and task.entry.inputs == inputs:
            return BatchResult(row.number, "skipped", row.photo, row.map, output, there, inputs)
        else:
            overwrite = True
    stores.make_parent(output)
    report, sha256 = embed_row(row, overwrite=overwrite, begun=task.begun)
    return BatchResult(row.number, "done", row.photo, row.map, output, sha256, inputs, report=report)


def _fingerprint(row: Row) -> str:
    """What would have to change for the output to change: paths, options, size and time of every input."""
    stamps = [(place, found) for place in inputs_of(row) if (found := stores.stamp(place)) is not None]
    told = json.dumps([stamps, row.options], sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()
