"""Boxes of the ISO base media file format (ISO/IEC 14496-12, 4.2): where they lie, how one is built or resized.

Knows: box headers. Must not know: what is inside any box.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, NamedTuple

from authoring.containers.edits import Replacement
from authoring.errors import MalformedError, UnsupportedError

MAX_BOXES = 140_000
"""Boxes in one parent. Two for each of 65,535 items is more than any camera writes; it bounds time and memory.

Nesting needs no limit of its own: the readers go down a fixed path, four boxes deep (meta, iprp, ipco, property).
"""
MAX_SIZE_32 = 0xFFFF_FFFF
"""The largest size a 32-bit size field can state."""

SizeForm = Literal["32-bit", "64-bit", "rest"]
"""How a header states its size: size, largesize (size is 1), or size 0: to the end of the parent."""

_HEADER = struct.Struct(">I4s")
_LARGE = struct.Struct(">Q")


class Box(NamedTuple):
    """One box as offsets into the file; its body is [body, stop). A `uuid` body begins with the 16-byte user type.

    A named tuple, like the other things of which a photo has hundreds: a struct takes twice as long to make,
    and parsing does little else.
    """

    kind: str
    start: int
    body: int
    stop: int
    form: SizeForm

    @property
    def size(self) -> int:
        """Bytes with the header."""
        return self.stop - self.start


def read_boxes(data: bytes, start: int, stop: int, parent: str) -> tuple[Box, ...]:
    """The boxes that fill [start, stop) one after the other.

    `parent` is named in the errors. Raises MalformedError where a box is smaller than its header or leaves
    its parent. At the end of the file, and only there, up to 7 bytes may be left that are no box.
    """
    found: list[Box] = []
    position = start
    while stop - position >= 8:
        size, name = _HEADER.unpack_from(data, position)
        kind = name.decode("latin-1")
        body = position + 8
        form: SizeForm = "32-bit"
        if size == 1 and stop - position >= 16:
            (size,) = _LARGE.unpack_from(data, body)
            body += 8
            form = "64-bit"
        elif size == 0:
            size = stop - position
            form = "rest"
        end = position + size
        if end < body:
            raise MalformedError(
                f"the box {kind!r} at offset {position} in {parent} states {size} bytes, fewer than its header; "
                "the file is damaged"
            )
        if end > stop:
            raise MalformedError(
                f"the box {kind!r} at offset {position} states {size} bytes but {parent} holds only "
                f"{stop - position} more; the file is cut short or damaged"
            )
        found.append(Box(kind, position, body, end, form))
        if len(found) > MAX_BOXES:
            raise MalformedError(f"there are more than {MAX_BOXES} boxes in {parent}; the file is damaged")
        position = end
    if position < stop and (start or stop < len(data)):
        raise MalformedError(f"{parent} ends in {stop - position} bytes that are no box; the file is damaged")
    return tuple(found)


@contextmanager
def reading(kind: str) -> Iterator[None]:
    """Turn a read past the end of a box's body into a MalformedError that names the box."""
    try:
        yield
    except (struct.error, IndexError):
        raise MalformedError(f"the box {kind!r} ends before its fields do; the file is damaged") from None


def build_box(kind: str, *parts: bytes) -> bytes:
    """A box with a 32-bit size."""
    body = b"".join(parts)
    return _HEADER.pack(8 + len(body), kind.encode("latin-1")) + body


def build_full_box(kind: str, version: int, flags: int, *parts: bytes) -> bytes:
    """A box whose body begins with a version and 24 flags (ISO/IEC 14496-12, 4.2.2)."""
    return build_box(kind, struct.pack(">I", version << 24 | flags), *parts)


def fits(box: Box, growth: int) -> bool:
    """Whether the box's size field can state its size after `growth` more bytes."""
    return box.form != "32-bit" or box.size + growth <= MAX_SIZE_32


def resized(box: Box, growth: int) -> Replacement | None:
    """The new size field, alone; None where there is none (size 0) or nothing changes."""
    if not growth or box.form == "rest":
        return None
    if box.form == "64-bit":
        return Replacement(box.start + 8, box.start + 16, _LARGE.pack(box.size + growth), f"{box.kind} size")
    if not fits(box, growth):
        raise UnsupportedError(
            f"the box {box.kind!r} would grow past 4 GiB, which its size field cannot state"
        )
    return Replacement(box.start, box.start + 4, (box.size + growth).to_bytes(4, "big"), f"{box.kind} size")
