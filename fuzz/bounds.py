"""The one invariant of the fuzzing harness, and its bounds: only our errors, and bounded time and memory.

Knows: what may come out of a call on hostile bytes, and what it may cost. Must not know: any format.

Time is the CPU time of the process, not the clock's: a machine that is busy with other things finds nothing.
Memory is by how much the peak of the process's resident set grew in one call, so what a first call leaves behind
(imports, code pages, pools of an encoder) belongs to the floor.
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
"""A parser does in a millisecond what it does to a small file. One second is a thousand times that: below it a pause
for garbage would count as a finding. Two seconds a megabyte are a thirtieth of what an embed may take, times the
factor of ten by which coverage tracing slows Python down."""

PARSER_BYTES, PARSER_BYTES_PER_BYTE = 48 << 20, 96
"""Python objects take some 60 to 100 bytes for a table row of 8: a file that is all rows grows so much."""

PIXEL_SECONDS, PIXEL_SECONDS_PER_MB = 15.0, 10.0
"""A header of 20 bytes may claim the 200 megapixels that are read at most; to decode so many takes seconds."""

PIXEL_BYTES, PIXEL_BYTES_PER_BYTE = 2_400 << 20, 1_200
"""200 megapixels of eight bytes, and half of it again for the library's own copy. Deflate expands by 1,032 at most."""

WHOLE_SECONDS, WHOLE_SECONDS_PER_MB = 8.0, 4.0
"""To embed is to decode, code and measure a map; with a change of container the photo too."""

WHOLE_BYTES, WHOLE_BYTES_PER_BYTE = 512 << 20, 192
"""The encoder of HEVC keeps some 100 MB of its own."""

ADDRESS_SPACE = 12 << 30
"""A harness that loses this much is ended by the system call's own limit, and not by the machine's."""

MAX_MESSAGE = 1_000
"""Characters of a sentence for a person; lists of an archive's arrays are the longest."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one call may cost: a floor, and so much more for each byte of input."""

    seconds: float
    seconds_per_mb: float
    bytes: int
    bytes_per_byte: int

    def seconds_for(self, size: int) -> float:
        """CPU seconds that `size` bytes of input may take."""
        return self.seconds + self.seconds_per_mb * size / 1e6

    def bytes_for(self, size: int) -> int:
        """Bytes of memory that `size` bytes of input may take."""
        return self.bytes + self.bytes_per_byte * size


PARSER = Bounds(PARSER_SECONDS, PARSER_SECONDS_PER_MB, PARSER_BYTES, PARSER_BYTES_PER_BYTE)
PIXELS = Bounds(PIXEL_SECONDS, PIXEL_SECONDS_PER_MB, PIXEL_BYTES, PIXEL_BYTES_PER_BYTE)
WHOLE = Bounds(WHOLE_SECONDS, WHOLE_SECONDS_PER_MB, WHOLE_BYTES, WHOLE_BYTES_PER_BYTE)


class BrokenPromise(AssertionError):
    """A call came back, and what it gave is not what it promises: raised by the targets themselves."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which the invariant was broken."""

    kind: str
    """error, promise, sentence, time or memory."""
    what: str
    """One line: the error's name and message, or the measure beside its bound."""
    where: str
    """The innermost place in this project that it came through, or the promise; with `kind` it tells findings apart."""


def check(call: Callable[[bytes], object], data: bytes, bounds: Bounds) -> Finding | None:
    """Run `call` on `data`; the finding where it breaks the invariant."""
    peak, begun = _peak(), time.process_time()
    found: Finding | None = None
    try:
        call(data)
    except DepthauthorError as error:
        found = _judged(error)
    except BrokenPromise as error:
        found = Finding("promise", str(error)[:MAX_MESSAGE], str(error).partition(":")[0])
    except Exception as error:
        found = Finding("error", f"{type(error).__name__}: {error}"[:MAX_MESSAGE], _place(error))
    if found is not None:
        return found
    took, grown = time.process_time() - begun, _peak() - peak
    if took > bounds.seconds_for(len(data)):
        return Finding("time", f"{took:.1f} s for {len(data)} bytes", "")
    if grown > bounds.bytes_for(len(data)):
        return Finding("memory", f"{grown >> 20} MB for {len(data)} bytes", "")
    return None


def limit_memory(size: int = ADDRESS_SPACE) -> None:
    """Bound the address space of this process."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (size, hard))


def _judged(error: DepthauthorError) -> Finding | None:
    """One of our errors must be a sentence that a terminal can show."""
    message = error.message
    if not message or len(message) > MAX_MESSAGE or not message.isprintable() or message.endswith("."):
        return Finding("sentence", repr(message[:MAX_MESSAGE]), _place(error))
    return None


def _peak() -> int:
    """The peak of the resident set in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _place(error: BaseException) -> str:
    """`module:function:line` of the innermost frame inside this project."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [one for one in frames if f"{Path('authoring')}/" in one.filename or "/fuzz/" in one.filename]
    inner = (ours or frames)[-1]
    return f"{Path(inner.filename).stem}:{inner.name}:{inner.lineno}"
