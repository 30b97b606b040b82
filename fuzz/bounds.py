"""Check the invariant of the fuzzing harness: on hostile bytes only our errors, in bounded time and memory.

Time is the CPU time of the process, so that a busy machine gives no findings. Memory is the growth of the process's
peak resident set in one call, so that what a first call keeps (imports, code pages, pools of an encoder) belongs to
the floor.
"""

from __future__ import annotations

import resource
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from authoring.errors import DepthauthorError

PARSER_SECONDS, PARSER_SECONDS_PER_MB = 1.0, 2.0
"""A parser takes a millisecond for a small file. One second is a thousand times that: with less, a pause for garbage
collection would count as a finding. Two seconds per megabyte allow for coverage tracing, which makes Python ten times
slower."""

PARSER_BYTES, PARSER_BYTES_PER_BYTE = 48 << 20, 96
"""Python objects take some 60 to 100 bytes for a table row of 8: a file that is all rows grows that much."""

PIXEL_SECONDS, PIXEL_SECONDS_PER_MB = 15.0, 10.0
"""A header of 20 bytes may claim the 200 megapixels that are read at most; decoding them takes seconds."""

PIXEL_BYTES, PIXEL_BYTES_PER_BYTE = 2_400 << 20, 1_200
"""200 megapixels of eight bytes, and half of that for the library's own copy. Deflate expands by at most 1,032."""

OPERATION_SECONDS, OPERATION_SECONDS_PER_MB = 8.0, 4.0
"""Embedding decodes, encodes and measures a map; with a change of container the photo too."""

OPERATION_BYTES, OPERATION_BYTES_PER_BYTE = 512 << 20, 192
"""The HEVC encoder keeps some 100 MB."""

ADDRESS_SPACE = 12 << 30
"""A harness that leaks this much is stopped by its own limit, before the machine runs out of memory."""

MAX_MESSAGE = 1_000
"""Characters of a message; lists of an archive's arrays are the longest."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one call may cost: a floor, and an amount per byte of input."""

    seconds: float
    seconds_per_mb: float
    bytes: int
    bytes_per_byte: int

    def seconds_for(self, size: int) -> float:
        """Return the CPU seconds that `size` bytes of input may take."""
        return self.seconds + self.seconds_per_mb * size / 1e6

    def bytes_for(self, size: int) -> int:
        """Return the bytes of memory that `size` bytes of input may take."""
        return self.bytes + self.bytes_per_byte * size


PARSER = Bounds(PARSER_SECONDS, PARSER_SECONDS_PER_MB, PARSER_BYTES, PARSER_BYTES_PER_BYTE)
PIXELS = Bounds(PIXEL_SECONDS, PIXEL_SECONDS_PER_MB, PIXEL_BYTES, PIXEL_BYTES_PER_BYTE)
OPERATION = Bounds(OPERATION_SECONDS, OPERATION_SECONDS_PER_MB, OPERATION_BYTES, OPERATION_BYTES_PER_BYTE)


class BrokenPromise(AssertionError):
    """A call returned something other than it promises; raised by the targets themselves."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which the invariant was broken."""

    kind: str
    """error, promise, sentence, time or memory."""
    what: str
    """One line: the error's name and message, or the measure beside its bound."""
    where: str
    """The innermost place in this project, or the promise; together with `kind` it identifies a finding."""


def check(call: Callable[[bytes], object], data: bytes, bounds: Bounds) -> Finding | None:
    """Run `call` on `data`; return a finding if it breaks the invariant."""
    peak, started = _peak(), time.process_time()
    finding: Finding | None = None
    try:
        call(data)
    except DepthauthorError as error:
        finding = _check_message(error)
    except BrokenPromise as error:
        finding = Finding("promise", str(error)[:MAX_MESSAGE], str(error).partition(":")[0])
    except Exception as error:
        finding = Finding("error", f"{type(error).__name__}: {error}"[:MAX_MESSAGE], _place(error))
    if finding is not None:
        return finding
    took, grown = time.process_time() - started, _peak() - peak
    if took > bounds.seconds_for(len(data)):
        return Finding("time", f"{took:.1f} s for {len(data)} bytes", "")
    if grown > bounds.bytes_for(len(data)):
        return Finding("memory", f"{grown >> 20} MB for {len(data)} bytes", "")
    return None


def limit_memory(size: int = ADDRESS_SPACE) -> None:
    """Limit the address space of this process."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (size, hard))


def _check_message(error: DepthauthorError) -> Finding | None:
    """Check that one of our errors is a sentence that a terminal can show."""
    message = error.message
    if not message or len(message) > MAX_MESSAGE or not message.isprintable() or message.endswith("."):
        return Finding("sentence", repr(message[:MAX_MESSAGE]), _place(error))
    return None


def _peak() -> int:
    """Return the peak of the resident set in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _place(error: BaseException) -> str:
    """Return `module:function:line` of the innermost frame inside this project."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "authoring/" in frame.filename or "/fuzz/" in frame.filename]
    inner = (ours or frames)[-1]
    return f"{Path(inner.filename).stem}:{inner.name}:{inner.lineno}"
