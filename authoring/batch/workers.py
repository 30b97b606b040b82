"""Process rows in worker processes on this machine; define the protocol that a cluster's workers share.

Processes, not threads: two processes were as fast as two threads with a single-threaded x265, and JPEG maps gain
little from threads.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import threading
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection, get_context, parent_process
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from authoring.batch.embedding import load_ahead
from authoring.batch.work import FAULT_EXIT_CODE, BatchResult, Task, failure, work

WINDOW_PER_JOB = 4
"""Rows submitted ahead for each worker: enough that none waits, few enough that little is redone after a crash."""


class Workers(Protocol):
    """Workers that process rows, here or on other machines."""

    def capacity(self) -> int:
        """Return how many rows may be submitted without taking a result."""

    def submit(self, task: Task) -> None:
        """Submit a row."""

    def result(self) -> BatchResult:
        """Wait for the result of the row that was submitted first."""


class LocalWorkers:
    """A process pool that is replaced when one of its workers dies."""

    def __init__(self, jobs: int, *, timeout: float | None = None) -> None:
        """Create the pool; its processes start with the first rows.

        timeout: the seconds after which a row is given up. Its worker ends, and a file that it leaves tells it from one
        that died.
        """
        self._jobs, self._timeout = jobs, timeout
        self._overdue = TemporaryDirectory(prefix="depthauthor-")
        self._pool = self._new_pool()
        self._window: deque[tuple[Task, Future[BatchResult]]] = deque()

    def __enter__(self) -> LocalWorkers:
        """Return the workers."""
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for the rows that are being processed; drop those that are not."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._overdue.cleanup()

    def capacity(self) -> int:
        """Return how many rows may be submitted without taking a result."""
        return self._jobs * WINDOW_PER_JOB

    def submit(self, task: Task) -> None:
        """Submit a row."""
        try:
            future = self._submit(task)
        except BrokenProcessPool as error:
            future = Future()
            future.set_exception(error)
        self._window.append((task, future))

    def result(self) -> BatchResult:
        """Return the result of the first row.

        If a worker died, every row that it may have had is processed alone, but one that took too long, which failed.
        """
        task, future = self._window.popleft()
        try:
            return future.result()
        except BrokenProcessPool:
            self._replace_pool()
        result = self._work_alone(task)
        for position, (other, pending) in enumerate(self._window):
            if pending.done() and pending.exception() is None:
                continue
            settled: Future[BatchResult] = Future()
            settled.set_result(self._work_alone(other))
            self._window[position] = (other, settled)
        return result

    def _work_alone(self, task: Task) -> BatchResult:
        task.remove_temporaries()
        try:
            return self._overdue_failure(task) or self._submit(task).result()
        except BrokenProcessPool:
            self._replace_pool()
            task.remove_temporaries()
            died = f"{task.row.photo}: the worker died on this photo or map"
            return self._overdue_failure(task) or failure(task.row, died, FAULT_EXIT_CODE)

    def _submit(self, task: Task) -> Future[BatchResult]:
        return self._pool.submit(_work_within, task, self._timeout, self._overdue_file(task))

    def _overdue_file(self, task: Task) -> Path:
        """Return the file into which a worker writes when it ends because a row takes too long."""
        return Path(self._overdue.name, str(task.row.number))

    def _overdue_failure(self, task: Task) -> BatchResult | None:
        """Return the result of a row that took too long, or None if it did not."""
        file = self._overdue_file(task)
        if not file.exists() or not file.stat().st_size:
            return None
        reason = f"took longer than the {self._timeout:g} seconds of --timeout"
        return failure(task.row, f"{task.row.photo}: {reason}", FAULT_EXIT_CODE)

    def _replace_pool(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPoolExecutor:
        # Spawned, not forked: x265 has threads, and locks that they hold would stay locked in a fork.
        return ProcessPoolExecutor(self._jobs, get_context("spawn"), initializer=_start_worker)


def _work_within(task: Task, timeout: float | None, overdue: Path) -> BatchResult:
    """Process one row; end this process if it takes longer, after writing into the file `overdue`.

    A codec that does not return is ended, too.
    """
    if timeout is None:
        return work(task)
    load_ahead(task.row)  # Its time is not the photo's.
    with overdue.open("w", encoding="utf-8") as file:
        faulthandler.dump_traceback_later(timeout, exit=True, file=file)
        try:
            return work(task)
        finally:
            faulthandler.cancel_dump_traceback_later()
            overdue.unlink()


def usable_cores() -> int:
    """Return the cores that this process may use, which a container or a scheduler may have limited."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _start_worker() -> None:
    """Ignore Ctrl-C, which the parent handles, and exit when the parent does.

    A worker that outlived a killed parent could write an output after a resumed run has written it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_exit_after, args=(parent.sentinel,), daemon=True).start()


def _exit_after(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)
