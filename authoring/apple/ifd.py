"""Image file directories as Exif and Apple's maker note use them: read, and grown by an entry.

Knows: TIFF 6.0 IFDs in both byte orders. Must not know: what tags mean, who moves the bytes.

A directory is never rewritten where it lies. It is copied with the new entry in its place, and the values stay
where they are, so that offsets which only a maker knows stay true.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from authoring.errors import MalformedError

MAX_ENTRIES = 512
"""Of one IFD. iOS 18 writes 53 into its maker note, cameras fewer than 100 into Exif; more is a broken count."""

MAX_REUSE = 4
"""How many times the block's size the values of one IFD may reach by sharing bytes; each is held on its own."""

BYTE, ASCII, SHORT, LONG, RATIONAL = 1, 2, 3, 4, 5
UNDEFINED, SLONG, SRATIONAL = 7, 9, 10

SIZES = {
    BYTE: 1,
    ASCII: 1,
    SHORT: 2,
    LONG: 4,
    RATIONAL: 8,
    6: 1,
    UNDEFINED: 1,
    8: 2,
    SLONG: 4,
    SRATIONAL: 8,
    11: 4,
    12: 8,
    13: 4,
    16: 8,
    17: 8,
    18: 8,
}
"""Bytes of one value, by type. BigTIFF's 16 (LONG8) stands twice in the maker notes of iOS 16 and later (pug)."""

HEADER_BYTES = 8
ENTRY_BYTES = 12

_INTEGERS = {BYTE: "B", SHORT: "H", LONG: "I", 6: "b", 8: "h", SLONG: "i", 13: "I"}
_RATIONALS = {RATIONAL: "II", SRATIONAL: "ii"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, and where things lie, from the start of the block."""

    tag: int
    type: int
    count: int
    place: int
    """Of its 12 bytes."""
    value_place: int
    """Inside the entry for up to four bytes, else where its offset leads."""
    value: bytes | None
    """None where the type is unknown or the value leaves the block."""

    @property
    def is_inline(self) -> bool:
        """Whether the value lies in the entry itself."""
        return self.value_place == self.place + 8

    def integer(self, order: str) -> int | None:
        """The value where it is one whole number."""
        code = _INTEGERS.get(self.type)
        if self.count != 1 or code is None or self.value is None:
            return None
        return int(struct.unpack(order + code, self.value)[0])

    def rational(self, order: str) -> float | None:
        """The value where it is one fraction, or one whole number, that is none of 0/0 and 1/0."""
        code = _RATIONALS.get(self.type)
        if self.count != 1 or code is None or self.value is None:
            whole = self.integer(order)
            return None if whole is None else float(whole)
        over, under = struct.unpack(order + code, self.value)
        return over / under if under else None


@dataclass(frozen=True, slots=True)
class Ifd:
    """One directory."""

    offset: int
    entries: tuple[Entry, ...]
    """In the file's order."""
    next_offset: int
    """0 where no directory follows, or the block ends before it could say."""

    @property
    def end(self) -> int:
        """Where the entries end and the pointer to the next directory lies."""
        return self.offset + 2 + ENTRY_BYTES * len(self.entries)

    def find(self, tag: int) -> Entry | None:
        """The first entry with this tag."""
        return next((entry for entry in self.entries if entry.tag == tag), None)

    def insertion_place(self, tag: int) -> int:
        """Where an entry with this tag belongs: before the first with a higher one."""
        return next((entry.place for entry in self.entries if entry.tag > tag), self.end)


def header(block: bytes) -> tuple[str, int]:
    """Byte order ("<" or ">", as `struct` takes it) and offset of IFD0; MalformedError for what is no TIFF."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(block[:4])
    if order is None or len(block) < HEADER_BYTES:
        raise MalformedError("the Exif block has no TIFF header")
    return order, int(struct.unpack_from(order + "I", block, 4)[0])


def read_ifd(block: bytes, offset: int, order: str, name: str) -> Ifd:
    """The directory at `offset`; offsets of values count from the start of `block`.

    Raises MalformedError, calling it `name`, where its entries leave the block or are too many to be meant.
    """
    if not 0 <= offset <= len(block) - 2:
        raise MalformedError(f"{name} lies outside its block")
    (count,) = struct.unpack_from(order + "H", block, offset)
    end = offset + 2 + ENTRY_BYTES * count
    if count > MAX_ENTRIES or end > len(block):
        raise MalformedError(f"{name} says it has {count} entries, more than there is room for")
    entries = []
    held = 0
    for place in range(offset + 2, end, ENTRY_BYTES):
        tag, kind, items, long_offset = struct.unpack_from(order + "HHII", block, place)
        size = SIZES.get(kind, 0) * items
        start = long_offset if size > 4 else place + 8
        known = kind in SIZES and start + size <= len(block)
        held += size if known else 0
        if held > MAX_REUSE * len(block):
            raise MalformedError(f"{name} has values that are far larger than their block")
        entries.append(Entry(tag, kind, items, place, start, block[start : start + size] if known else None))
    following = block[end : end + 4]
    return Ifd(offset, tuple(entries), struct.unpack(order + "I", following)[0] if len(following) == 4 else 0)


def build_entry(order: str, tag: int, kind: int, count: int, value: int | bytes) -> bytes:
    """Twelve bytes. `value` is a number of type `kind`, up to four bytes, or the offset of what is longer."""
    if isinstance(value, bytes):
        packed = value
    else:
        long = SIZES[kind] * count > 4
        packed = struct.pack(order + ("I" if long else _INTEGERS[kind]), value)
    return struct.pack(order + "HHI", tag, kind, count) + packed.ljust(4, b"\0")


def build_ifd(order: str, entries: Mapping[int, bytes], next_offset: int = 0) -> bytes:
    """A directory of ready entries by tag."""
    return b"".join(
        (
            struct.pack(order + "H", len(entries)),
            *(entries[tag] for tag in sorted(entries)),
            struct.pack(order + "I", next_offset),
        )
    )


def grown_ifd(block: bytes, ifd: Ifd, order: str, added: Mapping[int, bytes]) -> bytes:
    """The directory with ready entries put in by tag, all others byte for byte and in their order."""
    body = bytearray()
    start = ifd.offset + 2
    for tag in sorted(added):
        place = ifd.insertion_place(tag)
        body += block[start:place] + added[tag]
        start = place
    body += block[start : ifd.end]
    count = len(ifd.entries) + len(added)
    return struct.pack(order + "H", count) + bytes(body) + struct.pack(order + "I", ifd.next_offset)
