"""Run a batch: submit rows to workers and take their results, in order and a bounded number at a time."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import islice

from authoring.batch import stores
from authoring.batch.journal import Journal
from authoring.batch.named_places import NamedPlaces
from authoring.batch.rows import BatchRow
from authoring.batch.work import BatchResult, Task, failure
from authoring.batch.workers import Workers
from authoring.errors import DepthauthorError

LOOKUPS_AT_ONCE = 32
"""Outputs that a store is asked for at once: an answer takes some 30 ms, while a cluster finishes photos faster."""

_REFUSED, _USAGE = 5, 2


def run(
    rows: Iterable[BatchRow],
    journal: Journal,
    workers: Workers,
    *,
    places: NamedPlaces | None = None,
    overwrite: bool = False,
    fail_fast: bool = False,
    dry_run: bool = False,
) -> Iterator[BatchResult]:
    """Process every row; yield the results in the order of the rows.

    places: made of all rows before the journal was opened; without them the rows are listed first, and remembered.
    With `dry_run` nothing is written, into the journal neither. With `fail_fast` no row is begun after one has failed;
    those being processed are finished and reported.
    """
    if places is None:
        rows = list(rows)
        with closing(NamedPlaces(rows, journal=journal.path)) as made:
            yield from run(
                rows, journal, workers, places=made, overwrite=overwrite, fail_fast=fail_fast, dry_run=dry_run
            )
        return
    window: deque[tuple[Task, BatchResult | None]] = deque()
    stopped = False

    def take_first() -> BatchResult:
        nonlocal stopped
        task, refusal = window.popleft()
        result = refusal or workers.result()
        if not dry_run:
            _record(task, result, journal)
        stopped = stopped or (fail_fast and result.status == "failed")
        return result

    for row, exists in _with_lookups(rows):
        entry = journal.entry(row.output) if row.output else None
        task = Task(row, overwrite, entry, dry_run, owner=journal.owner)
        if row.output and places.variants(row.output):
            # Once the earlier rows are written, `claim` sees whether they are the same file.
            while window:
                yield take_first()
            if stopped:
                break
        task, refusal = _begin(task, exists, journal, places)
        if refusal is None:
            workers.submit(task)
        window.append((task, refusal))
        while len(window) >= workers.capacity() or (window and stopped):
            yield take_first()
        if stopped:
            break
    while window:
        yield take_first()


def _with_lookups(rows: Iterable[BatchRow]) -> Iterator[tuple[BatchRow, Callable[[], bool]]]:
    """Yield each row with a function that returns whether its output exists.

    A store is asked for many rows at once; a path is looked up when the function is called.
    """
    remaining = iter(rows)
    with ThreadPoolExecutor(LOOKUPS_AT_ONCE) as threads:
        while chunk := list(islice(remaining, LOOKUPS_AT_ONCE)):
            yield from [(row, _lookup(row.output, threads)) for row in chunk]


def _lookup(output: str, threads: ThreadPoolExecutor) -> Callable[[], bool]:
    if output and stores.local_path(output) is None:
        return threads.submit(stores.exists, output).result
    return partial(stores.exists, output)


def _begin(
    task: Task, exists: Callable[[], bool], journal: Journal, places: NamedPlaces
) -> tuple[Task, BatchResult | None]:
    """Record that a task begins; return it, and a failed result if it may not be submitted."""
    row = task.row
    if row.fault:
        return task, failure(row, row.fault, _USAGE)
    if (refusal := places.claim(row.output, row.number)) is not None:
        return task, failure(row, refusal, _REFUSED)
    try:
        if not task.dry_run and not exists():
            journal.begin(row.output)
            task = replace(task, begun=True)
    except DepthauthorError as error:
        return task, failure(row, error.message, error.exit_code)
    except OSError as error:
        return task, failure(row, f"{journal.path}: cannot be written: {error.strerror}", _REFUSED)
    return task, None


def _record(task: Task, result: BatchResult, journal: Journal) -> None:
    """Record a result, if the journal can be written: without it a resumed run does the row again."""
    with contextlib.suppress(OSError, DepthauthorError):
        if result.status == "done" and result.sha256 and result.inputs:
            journal.done(result.output, result.sha256, result.inputs)
        elif result.status == "failed" and task.begun and not _may_be_written_by_batch(result):
            journal.failed(result.output)


def _may_be_written_by_batch(result: BatchResult) -> bool:
    """Return whether the file at a failed row's output may have been written by the batch.

    A worker that refused has compared it with the row's own result; one that died may have written it.
    """
    return result.exit_code != _REFUSED and stores.exists(result.output)
