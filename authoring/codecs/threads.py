"""How many processors an encoder may use.

Knows: x265's name for it. Must not know: why somebody wants fewer than there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_THREADS: ContextVar[int | None] = ContextVar("encoder threads", default=None)


@contextmanager
def encoder_threads(count: int) -> Iterator[None]:
    """Let HEVC encoders in the body use `count` threads, not one for each processor.

    The bitstream is the same: `pools` sizes x265's pool of threads and, unlike `wpp`, says nothing about the picture.
    """
    before = _THREADS.set(count)
    try:
        yield
    finally:
        _THREADS.reset(before)


def x265_threads() -> dict[str, str]:
    """The encoder parameters that say so."""
    count = _THREADS.get()
    return {} if count is None else {"x265:pools": str(count)}
