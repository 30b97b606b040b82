"""A file's bytes of which long runs are left blank.

Knows: anonymous memory. Must not know: any format.
"""

from __future__ import annotations

import mmap


class Sparse(mmap.mmap):
    """Bytes to be looked at, with the methods of `bytes` that this house uses; make one with `EditList.sparse`.

    Memory that nobody touches costs neither time nor space: the blank runs, zeros where they are looked at, are
    never made.
    """

    def startswith(self, prefix: bytes, start: int = 0, stop: int | None = None) -> bool:
        """As of `bytes`, for a start and stop that are not negative."""
        end = start + len(prefix)
        return end <= (len(self) if stop is None else stop) and self[start:end] == prefix

    def endswith(self, suffix: bytes, start: int = 0, stop: int | None = None) -> bool:
        """As of `bytes`, for a start and stop that are not negative."""
        stop = len(self) if stop is None else stop
        return stop - len(suffix) >= start and self[stop - len(suffix) : stop] == suffix

    def count(self, part: int | bytes, start: int = 0) -> int:
        """As of `bytes`."""
        return self[start:].count(part)
