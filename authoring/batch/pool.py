"""Worker processes, and a bounded window of rows in their hands.

Knows: how many rows are under way, and what to do when a worker dies. Must not know: what a row is made of.

Processes, for both containers: two processes did as well as two threads with a single-threaded x265, whose stream
differs from the one that `embed` writes, and JPEG maps gain little from threads.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from multiprocessing import connection, get_context, parent_process

from authoring.batch.journal import Entry, Journal
from authoring.batch.rows import Row
from authoring.batch.work import FAULT_EXIT_CODE, BatchResult, Task, failure, remove_parts, work

WINDOW_PER_JOB = 4
"""Rows handed out ahead for each worker: enough that none waits, few enough that little is redone after a crash."""

_REFUSED, _USAGE = 5, 2


def run(
    rows: Iterable[Row], journal: Journal, *, jobs: int, overwrite: bool = False, fail_fast: bool = False
) -> Iterator[BatchResult]:
    """Do every row, `jobs` at a time; give the results in the order of the rows.

    With `fail_fast` no row is begun once one has failed; those under way are finished and told.
    """
    with _Workers(jobs) as workers:
        window: deque[tuple[Task, Future[BatchResult]]] = deque()
        stopped = False

        def head() -> BatchResult:
            nonlocal stopped
            result = _recorded(workers.result(window), journal)
            stopped = stopped or (fail_fast and result.status == "failed")
            return result

        for row in rows:
            window.append(_handed_out(row, journal, workers, overwrite))
            while len(window) >= jobs * WINDOW_PER_JOB or (window and stopped):
                yield head()
            if stopped:
                break
        while window:
            yield head()


def _handed_out(
    row: Row, journal: Journal, workers: _Workers, overwrite: bool
) -> tuple[Task, Future[BatchResult]]:
    """The row in a worker's hands, or refused already."""
    task = Task(row, overwrite, journal.entry(row.output) if row.output else None)
    refused = None
    if row.fault:
        refused = failure(row, row.fault, _USAGE)
    elif (first := journal.first_use(row.output, row.number)) != row.number:
        refused = failure(row, f"{row.output}: row {first} writes this output already", _REFUSED)
    elif not os.path.lexists(row.output):
        try:
            journal.begin(row.output)
            task = replace(task, begun=True)
        except OSError as error:
            refused = failure(row, f"{journal.path}: cannot be written: {error.strerror}", _REFUSED)
    if refused is None:
        return task, workers.submit(task)
    future: Future[BatchResult] = Future()
    future.set_result(refused)
    return task, future


def _recorded(result: BatchResult, journal: Journal) -> BatchResult:
    try:
        if result.status == "done" and result.sha256 and result.inputs:
            journal.done(result.output, result.sha256, result.inputs)
        elif result.status == "failed" and result.output and not os.path.lexists(result.output):
            journal.failed(result.output)
    except OSError:
        # The output is whole; the journal still says that it was begun, and a resumed run does it again.
        return result
    return result


class _Workers:
    """A process pool that is replaced when one of its workers dies."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._pool = self._new()

    def __enter__(self) -> _Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def submit(self, task: Task) -> Future[BatchResult]:
        try:
            return self._pool.submit(work, task)
        except BrokenProcessPool as error:
            future: Future[BatchResult] = Future()
            future.set_exception(error)
            return future

    def result(self, window: deque[tuple[Task, Future[BatchResult]]]) -> BatchResult:
        """The result of the window's first row. Where a worker died, every row it may have had is done alone."""
        task, future = window.popleft()
        try:
            return future.result()
        except BrokenProcessPool:
            self._renew()
        result = self._alone(task)
        for position, (other, pending) in enumerate(window):
            if pending.done() and pending.exception() is None:
                continue
            settled: Future[BatchResult] = Future()
            settled.set_result(self._alone(other))
            window[position] = (other, settled)
        return result

    def _alone(self, task: Task) -> BatchResult:
        if task.begun:
            # What lies there now, the dead worker's colleagues have published.
            task = replace(task, entry=Entry(None, None))
        try:
            return self._pool.submit(work, task).result()
        except BrokenProcessPool:
            self._renew()
            remove_parts(task.row.output)
            return failure(
                task.row, f"{task.row.photo}: the worker died on this photo or map", FAULT_EXIT_CODE
            )

    def _renew(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool = self._new()

    def _new(self) -> ProcessPoolExecutor:
        # Spawned, not forked: x265 keeps threads, and locks they hold would stay held in a fork.
        return ProcessPoolExecutor(self._jobs, get_context("spawn"), initializer=_start_worker)


def _start_worker() -> None:
    """Leave Ctrl-C to the parent, and end with it: a worker must not publish after a killed parent's successor."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)
