"""The run: rows handed out, results taken in, in order and a bounded number at a time.

Knows: the journal, and that some workers do the rows. Must not know: whether they are processes here (`pool`) or
on other machines (`cluster`), nor what a row is made of.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Protocol

from authoring.batch import stores
from authoring.batch.journal import Journal
from authoring.batch.rows import Row
from authoring.batch.work import BatchResult, Task, failure
from authoring.errors import DepthauthorError

LOOKED_UP_AT_ONCE = 32
"""Outputs in a store that are asked after at once: an answer takes some 30 ms there, a photo on a cluster less."""

_REFUSED, _USAGE = 5, 2


class Workers(Protocol):
    """Whoever does the rows."""

    def ahead(self) -> int:
        """How many rows may be handed out and not taken back."""

    def submit(self, task: Task) -> None:
        """Hand a row out."""

    def result(self) -> BatchResult:
        """Wait for the row that was handed out first."""


def run(
    rows: Iterable[Row],
    journal: Journal,
    workers: Workers,
    *,
    overwrite: bool = False,
    fail_fast: bool = False,
) -> Iterator[BatchResult]:
    """Do every row; give the results in the order of the rows.

    With `fail_fast` no row is begun once one has failed; those under way are finished and told.
    """
    window: deque[tuple[Task, BatchResult | None]] = deque()
    stopped = False

    def head() -> BatchResult:
        nonlocal stopped
        task, refused = window.popleft()
        result = _recorded(task, refused or workers.result(), journal)
        stopped = stopped or (fail_fast and result.status == "failed")
        return result

    for row, taken in _looked_up(rows):
        task = Task(row, overwrite, journal.entry(row.output) if row.output else None)
        task, refused = _begun(task, taken, journal)
        if refused is None:
            workers.submit(task)
        window.append((task, refused))
        while len(window) >= workers.ahead() or (window and stopped):
            yield head()
        if stopped:
            break
    while window:
        yield head()


def _looked_up(rows: Iterable[Row]) -> Iterator[tuple[Row, Callable[[], bool]]]:
    """Each row, and what tells whether its output is taken; a store is asked ahead, several rows at a time."""
    asked: deque[tuple[Row, Future[bool] | None]] = deque()
    with ThreadPoolExecutor(LOOKED_UP_AT_ONCE) as threads:
        for row in rows:
            remote = bool(row.output) and stores.local_path(row.output) is None
            asked.append((row, threads.submit(stores.exists, row.output) if remote else None))
            if remote and len(asked) < LOOKED_UP_AT_ONCE:
                continue
            yield _answer(*asked.popleft())
            while asked and not remote:
                yield _answer(*asked.popleft())
        while asked:
            yield _answer(*asked.popleft())


def _answer(row: Row, asked: Future[bool] | None) -> tuple[Row, Callable[[], bool]]:
    return row, asked.result if asked else lambda: stores.exists(row.output)


def _begun(task: Task, taken: Callable[[], bool], journal: Journal) -> tuple[Task, BatchResult | None]:
    """The task as it may be handed out, or why it may not."""
    row = task.row
    if row.fault:
        return task, failure(row, row.fault, _USAGE)
    if (first := journal.first_use(row.output, row.number)) != row.number:
        return task, failure(row, f"{row.output}: row {first} writes this output already", _REFUSED)
    try:
        if not taken():
            journal.begin(row.output)
            task = replace(task, begun=True)
    except DepthauthorError as error:
        return task, failure(row, str(error), error.exit_code)
    except OSError as error:
        return task, failure(row, f"{journal.path}: cannot be written: {error.strerror}", _REFUSED)
    return task, None


def _recorded(task: Task, result: BatchResult, journal: Journal) -> BatchResult:
    try:
        if result.status == "done" and result.sha256 and result.inputs:
            journal.done(result.output, result.sha256, result.inputs)
        elif result.status == "failed" and task.begun and not _may_be_ours(result):
            journal.failed(result.output)
    except (OSError, DepthauthorError):
        # The output is whole; the journal still says that it was begun, and a resumed run does it again.
        return result
    return result


def _may_be_ours(result: BatchResult) -> bool:
    """Whether what lies at a failed row's output may have been published by the batch.

    A worker that refused has compared it with what the row gives; one that died, or an older run, may have published.
    """
    return result.exit_code != _REFUSED and stores.exists(result.output)
