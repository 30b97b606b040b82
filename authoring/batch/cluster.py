"""Workers on other machines: the tasks of a dask.distributed scheduler that runs already.

Knows: what dask does when a worker dies, and how the scheduler is spoken to. Must not know: what a row is made of.

dask does a dead worker's task again elsewhere, so a task may be done twice, and even twice at once where a worker
only seemed dead. That is safe: an output is published whole, and a task that finds its output there compares it with
what it would have written (`embedding.embed_row`). A task that has seen `allowed-failures` workers die is given up.
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

from authoring.batch import stores
from authoring.batch.work import FAULT_EXIT_CODE, BatchResult, Task, failure, work
from authoring.errors import DepthauthorError, RefusedError, UnsupportedError, UsageError
from authoring.version import VERSION

WINDOW_PER_THREAD = 4
"""Rows handed out ahead for each of the workers' threads; as in `pool`."""

CONNECT_SECONDS = 10
"""Until a scheduler that does not answer is called absent; one under load answers within a few seconds."""

CLOSE_SECONDS = 10
"""Until a scheduler that does not say goodbye is left; nothing is lost by that."""

COUNTED_SECONDS = 5
"""Between two questions for the number of workers, which come and go."""

SWEEP_SECONDS = 60
"""Until parts that dead workers left are left where they lie: hidden files, which the next --resume removes."""

_SAME_VERSION = "install the same depthauthor there as here"


class ClusterWorkers:
    """The workers of a scheduler, whose number may change while the batch runs."""

    def __init__(self, address: str) -> None:
        """Connect. UnsupportedError without the extra, UsageError where no scheduler answers or workers differ."""
        try:
            from distributed import Client
        except ImportError:
            raise UnsupportedError(
                "--scheduler needs dask.distributed: pip install 'depthauthor[cluster]'"
            ) from None
        # The end of a worker or of the scheduler is told in our words.
        for name in ("distributed", "distributed.client", "distributed.comm"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._address = address
        try:
            asyncio.run(_knock(address))
            # Of other packages, on the scheduler too; what matters is checked below.
            warnings.filterwarnings("ignore", "Mismatched versions found")
            self._client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except Exception as error:
            told = " ".join(str(error).split()) or type(error).__name__
            raise UsageError(f"{address}: no dask scheduler answers there ({told})") from None
        self._window: deque[tuple[Task, Any]] = deque()
        self._died: set[int] = set()
        self._left: list[str] = []
        self._run = f"depthauthor-{uuid.uuid4().hex}"
        self._threads, self._counted = 0, -math.inf
        try:
            self._check_versions()
            self._client.subscribe_topic("all", self._heard)
        except BaseException:
            self._close()
            raise

    def __enter__(self) -> ClusterWorkers:
        """Give itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give up what is still handed out; a row that is being done is finished by its worker."""
        self._window.clear()
        self._sweep()
        self._close()

    def ahead(self) -> int:
        """How many rows may be handed out and not taken back."""
        now = time.monotonic()
        if now - self._counted > COUNTED_SECONDS:
            self._counted = now
            self._threads = sum(self._asked(self._client.nthreads).values())
        return max(self._threads, 1) * WINDOW_PER_THREAD

    def submit(self, task: Task) -> None:
        """Hand a row out."""
        self._window.append((task, self._handed(task)))

    def result(self) -> BatchResult:
        """The result of the first row; dask has done it again where a worker died."""
        from distributed import KilledWorker

        task, future = self._window.popleft()
        photo = task.row.photo
        try:
            try:
                result = self._asked(future.result)
            except KilledWorker:
                # Rows that only waited behind the deadly one are given up with it; none of them is at fault.
                result = self._asked(self._handed(task, "again").result)
        except DepthauthorError:
            raise
        except KilledWorker:
            result = failure(task.row, f"{photo}: the worker died on this photo or map", FAULT_EXIT_CODE)
        except Exception as error:
            told = f"{photo}: the worker could not begin ({_sentence(error)}); {_SAME_VERSION}"
            result = failure(task.row, told, FAULT_EXIT_CODE)
        if task.row.number in self._died:
            self._died.discard(task.row.number)
            self._left.append(task.row.output)
        assert isinstance(result, BatchResult)
        return result

    def _handed(self, task: Task, time: str = "once") -> Any:
        key = f"{self._run}-{task.row.number}-{time}"
        return self._submitted(partial(work, task), key)

    def _submitted(self, call: Callable[[], Any], key: str) -> Any:
        # As bytes: the scheduler unpickles what it is given, and need not have depthauthor.
        return self._asked(self._client.submit, _unpacked(), pickle.dumps(call), key=key, pure=False)

    def _sweep(self) -> None:
        """Remove what dead workers left half-written; done by a worker, since folders may be theirs alone."""
        if self._left:
            with contextlib.suppress(Exception):
                call = partial(_remove_parts, self._left)
                self._submitted(call, f"{self._run}-sweep").result(timeout=SWEEP_SECONDS)

    def _close(self) -> None:
        # A scheduler that went away cannot be told, and it does not matter then.
        with contextlib.suppress(Exception):
            self._client.unsubscribe_topic("all")
            self._client.close(timeout=CLOSE_SECONDS)

    def _asked(self, ask: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """What the scheduler answers. RefusedError where it went away."""
        from distributed import CancelledError

        try:
            return ask(*arguments, **named)
        except Exception as error:
            if not isinstance(error, CancelledError | OSError) and self._client.status == "running":
                raise
            raise RefusedError(
                f"{self._address}: the scheduler went away; --resume goes on where it stopped"
            ) from None

    def _check_versions(self) -> None:
        try:
            versions = self._asked(self._client.run, _version)
        except DepthauthorError:
            raise
        except Exception as error:
            # Where depthauthor is missing dask gives the worker's ImportError as text.
            raise UsageError(
                f"{self._address}: a worker cannot load depthauthor ({_sentence(error)}); {_SAME_VERSION}"
            ) from None
        for worker, version in versions.items():
            if version != VERSION:
                raise UsageError(
                    f"{worker}: this worker has depthauthor {version}, not {VERSION}; {_SAME_VERSION}"
                )

    def _heard(self, event: tuple[float, Any]) -> None:
        """Remember which rows a dead worker held: it may have left parts of their outputs."""
        match event[1]:
            case {"action": "remove-worker", "processing-tasks": held}:
                ours = (
                    str(key).removeprefix(f"{self._run}-") for key in held if str(key).startswith(self._run)
                )
                self._died.update(int(one.partition("-")[0]) for one in ours if one[:1].isdigit())


def _unpacked() -> Callable[[bytes], Any]:
    """A function inside another, which dask sends by value and not by name."""

    def call(packed: bytes) -> Any:
        import pickle

        return pickle.loads(packed)()

    return call


async def _knock(address: str) -> None:
    """OSError where nobody answers: a `Client` that fails to connect waits once more when it is thrown away."""
    from distributed import Security
    from distributed.comm.core import connect

    comm = await connect(address, timeout=CONNECT_SECONDS, **Security().get_connection_args("client"))
    await comm.close()


def _remove_parts(outputs: list[str]) -> None:
    for output in outputs:
        stores.remove_parts(output)


def _version() -> str:
    return VERSION


def _sentence(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
