"""Read, build and resize boxes of the ISO base media file format (ISO/IEC 14496-12, 4.2)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

from authoring.containers.edits import Replacement
from authoring.errors import MalformedError, UnsupportedError

MAX_BOXES = 140_000
"""Boxes in one parent: more than two for each of 65,535 items, which no camera writes. Bounds time and memory.

Nesting needs no limit of its own: the parsers descend a fixed path, four boxes deep (meta, iprp, ipco, property).
"""
MAX_SIZE_32 = 0xFFFF_FFFF
"""The largest size a 32-bit size field can state."""

SizeForm = Literal["32-bit", "64-bit", "rest"]
"""How a header states its size: size, largesize (size is 1), or size 0: to the end of the parent."""

_HEADER = struct.Struct(">I4s")
_LARGE_SIZE = struct.Struct(">Q")


@dataclass(frozen=True, slots=True)
class Box:
    """One box as offsets into the file; its body is [body, stop). A `uuid` body begins with the 16-byte user type."""

    kind: str
    start: int
    body: int
    stop: int
    form: SizeForm

    @property
    def size(self) -> int:
        """Bytes with the header."""
        return self.stop - self.start


class Fields:
    """Read the fields of a box body in order.

    Every method raises MalformedError, which names the box, where the body ends before the field does.
    """

    def __init__(self, data: bytes, box: Box) -> None:
        """Start at the first byte of the body of `box` in the file `data`."""
        self._data, self._box = data, box
        self.offset = box.body
        """Offset in the file of the next field."""

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes."""
        start, self.offset = self.offset, self.offset + size
        if self.offset > self._box.stop:
            raise MalformedError(f"the box {self._box.kind!r} ends before its fields do; the file is damaged")
        return self._data[start : self.offset]

    def number(self, size: int) -> int:
        """Return the unsigned big-endian field of `size` bytes; 0 for a field of no bytes."""
        return int.from_bytes(self.take(size), "big")

    def numbers(self, count: int, size: Literal[1, 2, 4]) -> tuple[int, ...]:
        """Return `count` fields of `size` bytes each."""
        return struct.unpack(f">{count}{' BH I'[size]}", self.take(count * size))

    def version_and_flags(self) -> tuple[int, int]:
        """Return the version and the flags that begin a full box (ISO/IEC 14496-12, 4.2.2)."""
        return self.number(1), self.number(3)

    def rest(self) -> bytes:
        """Return the bytes up to the end of the body."""
        return self.take(max(self._box.stop - self.offset, 0))


def read_boxes(data: bytes, start: int, stop: int, parent: str) -> tuple[Box, ...]:
    """Return the boxes that fill [start, stop) one after the other.

    `parent` is named in the errors. Raises MalformedError if a box is smaller than its header or leaves
    its parent. At the end of the file, and only there, bytes may be left that are not a box: up to 7, or any number
    once the boxes of a photo, `meta` and `mdat`, are there.
    """
    is_file = start == 0 and stop == len(data)
    boxes: list[Box] = []
    offset = start
    while stop - offset >= 8:
        size, name = _HEADER.unpack_from(data, offset)
        kind = name.decode("latin-1")
        body = offset + 8
        form: SizeForm = "32-bit"
        if size == 1 and stop - offset >= 16:
            (size,) = _LARGE_SIZE.unpack_from(data, body)
            body += 8
            form = "64-bit"
        elif size == 0:
            size = stop - offset
            form = "rest"
        end = offset + size
        if (end < body or end > stop) and is_file and {"meta", "mdat"} <= {box.kind for box in boxes}:
            return tuple(boxes)
        if end < body:
            raise MalformedError(
                f"the box {kind!r} at offset {offset} in {parent} states {size} bytes, fewer than its header; "
                "the file is damaged"
            )
        if end > stop:
            raise MalformedError(
                f"the box {kind!r} at offset {offset} states {size} bytes but {parent} holds only "
                f"{stop - offset} more; the file is cut short or damaged"
            )
        boxes.append(Box(kind, offset, body, end, form))
        if len(boxes) > MAX_BOXES:
            raise MalformedError(f"there are more than {MAX_BOXES} boxes in {parent}; the file is damaged")
        offset = end
    if offset < stop and not is_file:
        raise MalformedError(
            f"{parent} ends in {stop - offset} bytes that are not a box; the file is damaged"
        )
    return tuple(boxes)


def build_box(kind: str, *parts: bytes) -> bytes:
    """Build a box with a 32-bit size."""
    body = b"".join(parts)
    return _HEADER.pack(8 + len(body), kind.encode("latin-1")) + body


def build_full_box(kind: str, version: int, flags: int, *parts: bytes) -> bytes:
    """Build a box whose body begins with a version and 24 flags (ISO/IEC 14496-12, 4.2.2)."""
    return build_box(kind, struct.pack(">I", version << 24 | flags), *parts)


def fits(box: Box, growth: int) -> bool:
    """Return whether the box's size field can state its size after `growth` more bytes."""
    return box.form != "32-bit" or box.size + growth <= MAX_SIZE_32


def resize(box: Box, growth: int) -> Replacement | None:
    """Return the replacement of the size field; None if no size is stated (size 0).

    Raises UnsupportedError if a 32-bit field cannot state the new size.
    """
    if box.form == "rest":
        return None
    if not fits(box, growth):
        raise UnsupportedError(
            f"the box {box.kind!r} would grow past 4 GiB, which its size field cannot state"
        )
    at, width = (box.start + 8, 8) if box.form == "64-bit" else (box.start, 4)
    return Replacement(at, at + width, (box.size + growth).to_bytes(width, "big"), f"{box.kind} size")
