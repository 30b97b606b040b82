"""Worker processes on this machine.

Knows: what to do when one of them dies. Must not know: what a row is made of, the journal.

Processes, for both containers: two processes did as well as two threads with a single-threaded x265, whose stream
differs from the one that `embed` writes, and JPEG maps gain little from threads.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection, get_context, parent_process

from authoring.batch import stores
from authoring.batch.work import FAULT_EXIT_CODE, BatchResult, Task, failure, work

WINDOW_PER_JOB = 4
"""Rows handed out ahead for each worker: enough that none waits, few enough that little is redone after a crash."""


class LocalWorkers:
    """A process pool that is replaced when one of its workers dies."""

    def __init__(self, jobs: int) -> None:
        """Start the pool; its processes start with the first rows."""
        self._jobs = jobs
        self._pool = self._new()
        self._window: deque[tuple[Task, Future[BatchResult]]] = deque()

    def __enter__(self) -> LocalWorkers:
        """Give itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for the rows that are being done; drop those that are not."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def ahead(self) -> int:
        """How many rows may be handed out and not taken back."""
        return self._jobs * WINDOW_PER_JOB

    def submit(self, task: Task) -> None:
        """Hand a row out."""
        try:
            future = self._pool.submit(work, task)
        except BrokenProcessPool as error:
            future = Future()
            future.set_exception(error)
        self._window.append((task, future))

    def result(self) -> BatchResult:
        """The result of the first row. Where a worker died, every row it may have had is done alone."""
        task, future = self._window.popleft()
        try:
            return future.result()
        except BrokenProcessPool:
            self._renew()
        result = self._alone(task)
        for position, (other, pending) in enumerate(self._window):
            if pending.done() and pending.exception() is None:
                continue
            settled: Future[BatchResult] = Future()
            settled.set_result(self._alone(other))
            self._window[position] = (other, settled)
        return result

    def _alone(self, task: Task) -> BatchResult:
        stores.remove_parts(task.row.output)
        try:
            return self._pool.submit(work, task).result()
        except BrokenProcessPool:
            self._renew()
            stores.remove_parts(task.row.output)
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
