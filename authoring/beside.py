"""Work in another thread, for what leaves the interpreter: system calls, codecs, large arrays.

Knows: threads, and how many processors may be used. Must not know: what the work is.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    import threading

Result = TypeVar("Result")
Other = TypeVar("Other")

_ALLOWED: ContextVar[int | None] = ContextVar("processors", default=None)


@contextmanager
def processors(count: int) -> Iterator[None]:
    """Let the work in the body use `count` processors, not all that there are. No result depends on it."""
    before = _ALLOWED.set(count)
    try:
        yield
    finally:
        _ALLOWED.reset(before)


def allowed_processors() -> int | None:
    """What `processors` says; None where nothing does."""
    return _ALLOWED.get()


def side_by_side() -> bool:
    """Whether a second thread would have a processor of its own."""
    return (_ALLOWED.get() or os.cpu_count() or 1) > 1


class Beside(Generic[Result]):
    """A call that runs from now on, and whose result is fetched later.

    An executor would do the same and bring `logging` along, which costs a short command more than its work.
    """

    def __init__(self, function: Callable[..., Result], *arguments: Any) -> None:
        """Begin the call."""
        import threading  # Here, for most commands have nothing to do beside.

        self._result: Result
        self._error: BaseException | None = None

        def run() -> None:
            try:
                self._result = function(*arguments)
            except BaseException as error:  # It belongs to whoever fetches the result.
                self._error = error

        # The number of processors that the caller may use holds in there too.
        self._thread: threading.Thread = threading.Thread(target=copy_context().run, args=(run,))
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether the call has returned or raised."""
        return not self._thread.is_alive()

    def result(self) -> Result:
        """Wait for the call; give its result or raise its error. To be asked once."""
        self._thread.join()
        # An error holds its frames, and this one would hold the error: a ring with a whole photo in it.
        error, self._error = self._error, None
        try:
            if error:
                raise error
        finally:
            del error
        return self._result


def in_two(count: int, work: Callable[[slice], Result], multiple: int = 1) -> list[Result]:
    """The results of `work` on two slices that together are range(count), at the same time; in order.

    The first is a multiple of `multiple`; where nothing is left for a second, it is one slice.
    """
    half = -(-count // (2 * multiple)) * multiple
    if half >= count or not side_by_side():
        return [work(slice(0, count))]
    return list(both(lambda: work(slice(0, half)), lambda: work(slice(half, count))))


def both(here: Callable[[], Result], there: Callable[[], Other]) -> tuple[Result, Other]:
    """The results of two calls at the same time, the second of them in another thread, if that has a processor.

    Without one the second comes after the first: a thread would only cost memory, a fifth more for a job
    of a HEIC batch. Comes back, also with an error, when both have ended; where both raise, the first's error comes
    out.
    """
    if not side_by_side():
        return here(), there()
    beside = Beside(there)
    try:
        one = here()
    except BaseException:
        with suppress(Exception):
            beside.result()
        raise
    return one, beside.result()
