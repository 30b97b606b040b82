"""Process one row in a worker: skip it if it is finished, else embed; report any failure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from authoring import files
from authoring.batch import stores
from authoring.batch.embedding import embed_row
from authoring.batch.journal import JournalEntry
from authoring.batch.rows import BatchRow, inputs_of
from authoring.embed.reports import EmbedReport
from authoring.errors import DepthauthorError, RefusedError
from authoring.estimate.estimate_options import EstimateOptions
from authoring.estimate.model_files import names_in
from authoring.report_base import Report

FAULT_EXIT_CODE = 70
"""Exit code of the command line if the fault is the program's own."""

EXISTS = "exists already; --resume skips what this batch has finished, --overwrite replaces it"
"""Instead of `files.EXISTS`, which is about one photo."""


@dataclass(frozen=True, slots=True, repr=False)
class BatchResult(Report):
    """What became of one row."""

    _shown = ("row", "status", "photo", "output", "error")

    row: int
    status: Literal["done", "skipped", "failed"]
    photo: str
    map: str
    """Empty if the depth is estimated."""
    output: str
    sha256: str | None = None
    """Of the output as written."""
    inputs: str | None = None
    """Digest of the paths, sizes, times and options that the output was made from."""
    error: str | None = None
    exit_code: int = 0
    """The exit code of `embed` for this row alone."""
    report: EmbedReport | None = None
    schema: str = "depthauthor/batch/1"


@dataclass(frozen=True, slots=True)
class Task:
    """A row, and what is known of its output."""

    row: BatchRow
    overwrite: bool
    entry: JournalEntry | None
    """From an earlier run; an output that was only begun is the batch's own."""
    dry_run: bool = False
    """Do everything except writing."""
    begun: bool = False
    """Whether this run has recorded that it begins: no file was there when the row was submitted."""
    owner: str = ""
    """The batch, as the names of its temporary files have it."""

    def remove_temporaries(self) -> None:
        """Remove what a killed worker of this batch has left of this row."""
        stores.remove_temporaries(self.row.output, self.owner)


def work(task: Task) -> BatchResult:
    """Process one row; errors become a failed result."""
    row = task.row
    try:
        return _embed(task)
    except DepthauthorError as error:
        return failure(row, error.message.replace(files.EXISTS, EXISTS), error.exit_code)
    except MemoryError:
        return failure(row, "there is not enough memory for a photo or map of this size", FAULT_EXIT_CODE)
    except Exception as error:
        return failure(
            row, f"a fault in depthauthor itself ({type(error).__name__}: {error})", FAULT_EXIT_CODE
        )


def failure(row: BatchRow, sentence: str, exit_code: int) -> BatchResult:
    """Return the result of a row that failed."""
    return BatchResult(
        row.number, "failed", row.photo, row.map, row.output, error=sentence, exit_code=exit_code
    )


def _embed(task: Task) -> BatchResult:
    row, output, entry, overwrite = task.row, task.row.output, task.entry, task.overwrite
    inputs = _fingerprint(row)
    if entry is not None and entry.sha256 is None:
        task.remove_temporaries()
        overwrite = True
    elif entry is not None:
        digest = stores.digest(output)
        if digest == entry.sha256 and entry.inputs == inputs:
            return BatchResult(row.number, "skipped", row.photo, row.map, output, digest, inputs)
        if digest in (None, entry.sha256):
            overwrite = True
        elif not overwrite and not task.begun:
            # Of a row that was begun, a worker that died may have written it.
            raise RefusedError(f"{output}: was changed since the batch wrote it; --overwrite replaces it")
    if task.dry_run:
        report, _ = embed_row(row, overwrite=True, begun=False, dry_run=True)
        return BatchResult(row.number, "done", row.photo, row.map, output, report=report)
    stores.make_parent(output)
    report, sha256 = embed_row(row, overwrite=overwrite, begun=task.begun, owner=task.owner)
    return BatchResult(row.number, "done", row.photo, row.map, output, sha256, inputs, report=report)


def _fingerprint(row: BatchRow) -> str:
    """Return the digest of what the output depends on: the options, and path, size and time of every input."""
    stamps = [(place, stamp) for place in inputs_of(row) if (stamp := stores.stamp(place)) is not None]
    dependencies: list[Any] = [stamps, row.options]
    if row.estimate is not None:
        dependencies += [_meaning_of(row.estimate), _stamps_of_model(row.estimate.model)]
    return hashlib.sha256(json.dumps(dependencies, sort_keys=True, default=str).encode()).hexdigest()


def _meaning_of(estimate: EstimateOptions) -> dict[str, Any]:
    """Return the options that an estimate depends on; where it is computed is none of them."""
    return {name: getattr(estimate, name) for name in ("model", "kind", "near", "far", "clip")}


def _stamps_of_model(model: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return size and time of the files of a model that is a folder; of one on the hub the name has to do."""
    folder = Path(model).expanduser()
    stamps = [(name, stores.stamp(str(folder / name))) for name in names_in(folder)]
    return [(name, stamp) for name, stamp in stamps if stamp is not None]
