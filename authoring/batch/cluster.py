"""Process rows on other machines, as tasks of a running dask.distributed scheduler.

dask runs a dead worker's task again elsewhere, so a task may run twice, and even twice at once if a worker only
seemed dead. That is safe: an output is written completely, and a task that finds its output compares it with its own
result (`embedding.embed_row`). A task on which `allowed-failures` workers have died is given up.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import pickle
import time
import uuid
import warnings
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from authoring.batch.work import FAULT_EXIT_CODE, BatchResult, Task, failure, work
from authoring.batch.workers import WINDOW_PER_JOB
from authoring.errors import DepthauthorError, RefusedError, UnsupportedError, UsageError
from authoring.version import VERSION

CONNECT_SECONDS = 10
"""Until a scheduler that does not answer counts as absent; one under load answers within a few seconds."""

CLOSE_SECONDS = 10
"""Until a scheduler that does not close the connection is abandoned; nothing is lost by that."""

COUNT_SECONDS = 5
"""Between two requests for the number of workers, which may change."""

CLEANUP_SECONDS = 60
"""Until temporary files of dead workers are left: hidden files, which the next --resume removes."""

_SAME_VERSION = "install the same depthauthor there as here"


class ClusterWorkers:
    """The workers of a scheduler, whose number may change while the batch runs."""

    def __init__(self, address: str) -> None:
        """Connect.

        Raises UnsupportedError without the extra, UsageError if no scheduler answers or a worker's version differs.
        """
        try:
            from distributed import Client
        except ImportError:
            raise UnsupportedError(
                "--scheduler needs dask.distributed: pip install 'depthauthor[dask]'"
            ) from None
        # The end of a worker or of the scheduler is reported in our own messages.
        for name in ("distributed", "distributed.client", "distributed.comm"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._address = address
        try:
            asyncio.run(_check_reachable(address))
            # dask compares all packages, on the scheduler too; `_check_versions` compares what matters.
            warnings.filterwarnings("ignore", "Mismatched versions found")
            self._client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except Exception as error:
            text = " ".join(str(error).split()) or type(error).__name__
            raise UsageError(f"{address}: no dask scheduler answers there ({text})") from None
        self._window: deque[tuple[Task, Any]] = deque()
        self._rows_of_dead_workers: set[int] = set()
        self._tasks_to_clean: list[Task] = []
        self._run = f"depthauthor-{uuid.uuid4().hex}"
        self._threads, self._counted = 0, -math.inf
        try:
            self._check_versions()
            self._client.subscribe_topic("all", self._on_event)
        except BaseException:
            self._close()
            raise

    def __enter__(self) -> ClusterWorkers:
        """Return the workers."""
        return self

    def __exit__(self, *_: object) -> None:
        """Cancel the rows that wait; a row that is being processed is finished by its worker."""
        self._window.clear()
        self._remove_temporaries()
        self._close()

    def capacity(self) -> int:
        """Return how many rows may be submitted without taking a result."""
        now = time.monotonic()
        if now - self._counted > COUNT_SECONDS:
            self._counted = now
            self._threads = sum(self._call(self._client.nthreads).values())
        return max(self._threads, 1) * WINDOW_PER_JOB

    def submit(self, task: Task) -> None:
        """Submit a row."""
        self._window.append((task, self._submit_task(task, "once")))

    def result(self) -> BatchResult:
        """Return the result of the first row; dask has run it again if a worker died."""
        from distributed import KilledWorker

        task, future = self._window.popleft()
        photo = task.row.photo
        try:
            try:
                result = self._call(future.result)
            except KilledWorker:
                # Rows that only waited behind the deadly one are given up with it, without being at fault.
                result = self._call(self._submit_task(task, "again").result)
        except DepthauthorError:
            raise
        except KilledWorker:
            result = failure(task.row, f"{photo}: the worker died on this photo or map", FAULT_EXIT_CODE)
        except Exception as error:
            message = f"{photo}: the worker could not start ({_one_line(error)}); {_SAME_VERSION}"
            result = failure(task.row, message, FAULT_EXIT_CODE)
        if task.row.number in self._rows_of_dead_workers:
            self._rows_of_dead_workers.discard(task.row.number)
            self._tasks_to_clean.append(task)
        assert isinstance(result, BatchResult)
        return result

    def _submit_task(self, task: Task, attempt: str) -> Any:
        return self._submit_call(partial(work, task), f"{self._run}-{task.row.number}-{attempt}")

    def _submit_call(self, call: Callable[[], Any], key: str) -> Any:
        # As bytes: the scheduler unpickles its arguments, and need not have depthauthor.
        return self._call(self._client.submit, _unpickle_and_call(), pickle.dumps(call), key=key, pure=False)

    def _remove_temporaries(self) -> None:
        """Remove what dead workers left half-written; done by a worker, since folders may be local to them."""
        if self._tasks_to_clean:
            with contextlib.suppress(Exception):
                call = partial(_remove_temporaries, self._tasks_to_clean)
                self._submit_call(call, f"{self._run}-cleanup").result(timeout=CLEANUP_SECONDS)

    def _close(self) -> None:
        # A scheduler that went away cannot be notified, and need not be.
        with contextlib.suppress(Exception):
            self._client.unsubscribe_topic("all")
            self._client.close(timeout=CLOSE_SECONDS)

    def _call(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Return what a function that needs the scheduler returns. Raises RefusedError if the scheduler went away."""
        from distributed import CancelledError

        try:
            return function(*arguments, **named)
        except Exception as error:
            if not isinstance(error, CancelledError | OSError) and self._client.status == "running":
                raise
            raise RefusedError(
                f"{self._address}: the scheduler went away; --resume continues where it stopped"
            ) from None

    def _check_versions(self) -> None:
        try:
            versions = self._call(self._client.run, _version)
        except DepthauthorError:
            raise
        except Exception as error:
            # If depthauthor is missing, dask gives the worker's ImportError as text.
            raise UsageError(
                f"{self._address}: a worker cannot load depthauthor ({_one_line(error)}); {_SAME_VERSION}"
            ) from None
        for worker, version in versions.items():
            if version != VERSION:
                raise UsageError(
                    f"{worker}: this worker has depthauthor {version}, not {VERSION}; {_SAME_VERSION}"
                )

    def _on_event(self, event: tuple[float, Any]) -> None:
        """Remember which rows a dead worker had: it may have left temporary files of their outputs."""
        match event[1]:
            case {"action": "remove-worker", "processing-tasks": keys}:
                prefix = f"{self._run}-"
                numbers = (
                    str(key).removeprefix(prefix).partition("-")[0]
                    for key in keys
                    if str(key).startswith(prefix)
                )
                self._rows_of_dead_workers.update(int(number) for number in numbers if number.isdigit())


def _unpickle_and_call() -> Callable[[bytes], Any]:
    """Return an inner function, which dask sends by value and not by name."""

    def call(pickled: bytes) -> Any:
        import pickle

        return pickle.loads(pickled)()

    return call


async def _check_reachable(address: str) -> None:
    """Raise OSError if nobody answers: a `Client` that fails to connect waits a second time when it is discarded.

    dask limits the time to connect, but waits for ever for the words of whoever accepts the connection.
    """
    from distributed import Security
    from distributed.comm.core import connect

    async def connect_and_close() -> None:
        comm = await connect(address, timeout=CONNECT_SECONDS, **Security().get_connection_args("client"))
        await comm.close()

    try:
        await asyncio.wait_for(connect_and_close(), CONNECT_SECONDS)
    except TimeoutError:
        raise OSError(f"no answer within {CONNECT_SECONDS} s") from None


def _remove_temporaries(tasks: list[Task]) -> None:
    for task in tasks:
        task.remove_temporaries()


def _version() -> str:
    return VERSION


def _one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
