"""Read image file directories (IFDs) as TIFF 6.0 defines them, and build entries of them.

Exif, Apple's maker note, the MP index of JPEG and a whole DNG are made of IFDs. All are read here, in both byte
orders; offsets count from the start of the block that is passed. What the tags mean is up to the callers.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from authoring.errors import MalformedError

HEADER_BYTES = 8
ENTRY_BYTES = 12

MAX_ENTRIES = 4096
"""Of one IFD. Cameras write fewer than 100 into Exif, iOS 18 writes 53 into its maker note; more is a broken count."""

MAX_VALUES_RATIO = 4
"""Limit on the bytes of all values of one IFD, in block sizes: values may share bytes, and each is copied."""

MAX_NUMBERS = 1 << 16
"""Numbers of one entry that are read: 200 megapixels in tiles of 64 by 64 have 49,000 offsets."""

ORIENTATION = 0x0112
"""IFD0, one SHORT, 1..8 (Exif 2.32, 4.6.4 A)."""

EXIF_IFD = 0x8769
"""IFD0, the offset of the Exif IFD (Exif 2.32, 4.6.3)."""
INTEROPERABILITY_IFD = 0xA005
"""Exif IFD, the offset of the Interoperability IFD (Exif 2.32, 4.6.3)."""
COLOR_SPACE = 0xA001
"""Exif IFD, one SHORT: 1 sRGB, 0xFFFF uncalibrated (Exif 2.32, 4.6.5 B); some programs write 2 for Adobe RGB."""
SRGB, UNCALIBRATED = 1, 0xFFFF
_INTEROPERABILITY_INDEX = 1


class TiffType(IntEnum):
    """Type of a value: TIFF 6.0, section 2; IFD from its Technical Note 1; the last three from BigTIFF.

    Maker notes since iOS 16 hold two LONG8 (pug).
    """

    BYTE = 1
    ASCII = 2
    SHORT = 3
    LONG = 4
    RATIONAL = 5
    SBYTE = 6
    UNDEFINED = 7
    SSHORT = 8
    SLONG = 9
    SRATIONAL = 10
    FLOAT = 11
    DOUBLE = 12
    IFD = 13
    LONG8 = 16
    SLONG8 = 17
    IFD8 = 18


_FORMATS: Mapping[int, str] = {
    TiffType.BYTE: "B",
    TiffType.ASCII: "c",
    TiffType.SHORT: "H",
    TiffType.LONG: "I",
    TiffType.RATIONAL: "II",
    TiffType.SBYTE: "b",
    TiffType.UNDEFINED: "c",
    TiffType.SSHORT: "h",
    TiffType.SLONG: "i",
    TiffType.SRATIONAL: "ii",
    TiffType.FLOAT: "f",
    TiffType.DOUBLE: "d",
    TiffType.IFD: "I",
    TiffType.LONG8: "Q",
    TiffType.SLONG8: "q",
    TiffType.IFD8: "Q",
}
"""Format of one value, as `struct` takes it."""

SIZES: Mapping[int, int] = {kind: struct.calcsize("=" + form) for kind, form in _FORMATS.items()}
"""Bytes of one value, by type."""

_INTEGERS = frozenset("BHIbhi")
_RATIONALS = frozenset({"II", "ii"})


@dataclass(frozen=True, slots=True)
class IfdEntry:
    """One entry of an IFD; offsets count from the start of the block."""

    order: str
    """Byte order, "<" or ">", as `struct` takes it."""
    tag: int
    type: int
    """A `TiffType`, or a number that is none."""
    count: int
    """As the file states it: it may be larger than the block."""
    offset: int
    """Of the entry's 12 bytes."""
    value_offset: int
    """Inside the entry for values of up to four bytes."""
    value: bytes | None
    """In the block's byte order; None if the type is unknown or the value ends outside the block."""

    @property
    def size(self) -> int | None:
        """Bytes of the value as the file states it; None for an unknown type."""
        return SIZES[self.type] * self.count if self.type in SIZES else None

    @property
    def is_inline(self) -> bool:
        """Whether the value is in the entry itself."""
        return self.value_offset == self.offset + 8

    def integer(self) -> int | None:
        """Return the value if it is one whole number of up to 32 bits."""
        form = _FORMATS.get(self.type)
        if self.count != 1 or form not in _INTEGERS or self.value is None:
            return None
        return int(struct.unpack(self.order + form, self.value)[0])

    def number(self) -> float | None:
        """Return the value if it is one fraction or whole number; None for a denominator of 0."""
        fraction = self.fraction()
        if fraction is None:
            integer = self.integer()
            return None if integer is None else float(integer)
        numerator, denominator = fraction
        return numerator / denominator if denominator else None

    def numbers(self) -> tuple[float, ...]:
        """Return all values if they are fractions or whole numbers, else nothing; NaN for a denominator of 0.

        Nothing, too, for more than `MAX_NUMBERS`.
        """
        form = _FORMATS.get(self.type, "")
        if (
            self.value is None
            or (form not in _INTEGERS and form not in _RATIONALS)
            or self.count > MAX_NUMBERS
        ):
            return ()
        values = struct.unpack(f"{self.order}{self.count * len(form)}{form[0]}", self.value)
        if form in _INTEGERS:
            return tuple(float(value) for value in values)
        pairs = zip(values[::2], values[1::2], strict=True)
        return tuple(numerator / denominator if denominator else math.nan for numerator, denominator in pairs)

    def integers(self) -> tuple[int, ...]:
        """Return all values if they are whole numbers of up to 32 bits, else nothing."""
        return tuple(map(int, self.numbers())) if _FORMATS.get(self.type) in _INTEGERS else ()

    def fraction(self) -> tuple[int, int] | None:
        """Return numerator and denominator if the value is one fraction."""
        form = _FORMATS.get(self.type)
        if self.count != 1 or form not in _RATIONALS or self.value is None:
            return None
        numerator, denominator = struct.unpack(self.order + form, self.value)
        return numerator, denominator

    def big_endian_value(self) -> bytes | None:
        """Return the value with each of its numbers in big-endian order, to compare blocks of different orders."""
        if self.value is None or self.order == ">":
            return self.value
        width = struct.calcsize("=" + _FORMATS[self.type][0])
        return b"".join(self.value[start : start + width][::-1] for start in range(0, len(self.value), width))


@dataclass(frozen=True, slots=True)
class Ifd:
    """An image file directory."""

    order: str
    """Byte order, "<" or ">", as `struct` takes it."""
    offset: int
    entries: tuple[IfdEntry, ...]
    """In the file's order."""
    next_offset: int
    """Offset of the IFD that follows in the chain; 0 if none does, or if the block ends before the link."""

    @property
    def end(self) -> int:
        """Offset of the link to the next IFD, just after the entries."""
        return self.offset + 2 + ENTRY_BYTES * len(self.entries)

    def find(self, tag: int) -> IfdEntry | None:
        """Return the first entry with this tag."""
        return next((entry for entry in self.entries if entry.tag == tag), None)


def read_header(block: bytes, name: str) -> tuple[str, int]:
    """Return the byte order ("<" or ">") and the offset of IFD0.

    Raises MalformedError, calling the block `name`, if it has no TIFF header.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(block[:4])
    if order is None or len(block) < HEADER_BYTES:
        raise MalformedError(f"{name} has no TIFF header")
    return order, int(struct.unpack_from(order + "I", block, 4)[0])


def read_ifd(block: bytes, offset: int, order: str, name: str, *, partial: bool = False) -> Ifd:
    """Return the IFD at `offset`.

    Raises MalformedError, calling the IFD `name`, if its entries leave the block, are too many, or claim values
    that are far larger than the block. With `partial`, entries that leave the block are left out instead.
    """
    if not 0 <= offset <= len(block) - 2:
        raise MalformedError(f"{name} is outside its block")
    (count,) = struct.unpack_from(order + "H", block, offset)
    room = (len(block) - offset - 2) // ENTRY_BYTES
    if count > MAX_ENTRIES or (count > room and not partial):
        raise MalformedError(f"{name} says it has {count} entries, more than there is room for")
    entries = []
    total = 0
    for entry_offset in range(offset + 2, offset + 2 + ENTRY_BYTES * min(count, room), ENTRY_BYTES):
        tag, kind, items, long_offset = struct.unpack_from(order + "HHII", block, entry_offset)
        size = SIZES.get(kind, 0) * items
        start = long_offset if size > 4 else entry_offset + 8
        value = None
        if kind in SIZES and start + size <= len(block):
            total += size
            if total > MAX_VALUES_RATIO * len(block):
                raise MalformedError(f"{name} has values that are far larger than their block")
            value = block[start : start + size]
        entries.append(IfdEntry(order, tag, kind, items, entry_offset, start, value))
    end = offset + 2 + ENTRY_BYTES * count
    link = block[end : end + 4]
    next_offset = struct.unpack(order + "I", link)[0] if len(link) == 4 else 0
    return Ifd(order, offset, tuple(entries), next_offset)


def build_entry(order: str, tag: int, kind: int, count: int, value: int | bytes) -> bytes:
    """Return an entry of 12 bytes.

    `value` is a number of type `kind`, up to four bytes as they are, or the offset of a longer value. Raises
    struct.error for a number that the type cannot hold.
    """
    if isinstance(value, int):
        value = struct.pack(order + ("I" if SIZES[kind] * count > 4 else _FORMATS[kind]), value)
    return struct.pack(order + "HHI", tag, kind, count) + value.ljust(4, b"\0")


def build_ifd(order: str, entries: Sequence[bytes], next_offset: int = 0) -> bytes:
    """Return an IFD of these entries of 12 bytes, in their order; TIFF wants it ascending by tag."""
    return struct.pack(order + "H", len(entries)) + b"".join(entries) + struct.pack(order + "I", next_offset)


def insert_entries(block: bytes, ifd: Ifd, added: Mapping[int, bytes]) -> bytes:
    """Return a copy of an IFD of the block, with entries of 12 bytes inserted by tag; all others stay as they are."""
    entries = [block[entry.offset : entry.offset + ENTRY_BYTES] for entry in ifd.entries]
    tags = [entry.tag for entry in ifd.entries]
    for tag, entry in added.items():
        index = next((index for index, other in enumerate(tags) if other > tag), len(tags))
        tags.insert(index, tag)
        entries.insert(index, entry)
    return build_ifd(ifd.order, entries, ifd.next_offset)


def orientation(block: bytes) -> int | None:
    """Return the Orientation of IFD0, 1..8; None if it is absent or has any other value."""
    entry = _orientation_entry(block)
    value = entry.integer() if entry else None
    return value if value is not None and 1 <= value <= 8 else None


def with_orientation(block: bytes, value: int) -> bytes | None:
    """Return the block with another Orientation, all other bytes equal; None if the tag is absent.

    Raises ValueError for a value outside 1..8.
    """
    if not 1 <= value <= 8:
        raise ValueError(f"Orientation is 1..8, not {value}")
    entry = _orientation_entry(block)
    if entry is None:
        return None
    start = entry.value_offset
    return block[:start] + struct.pack(entry.order + "H", value) + block[start + 2 :]


def _orientation_entry(block: bytes) -> IfdEntry | None:
    """Return the entry; one of another type or count is ignored."""
    try:
        order, offset = read_header(block, "the Exif block")
        ifd = read_ifd(block, offset, order, "IFD0", partial=True)
    except MalformedError:
        return None
    for entry in ifd.entries:
        if (entry.tag, entry.type, entry.count) == (ORIENTATION, TiffType.SHORT, 1):
            return entry
    return None


def color_space(block: bytes) -> int | None:
    """Return the ColorSpace of the Exif IFD; None if it is absent."""
    entry = _color_space_entry(block)
    return entry.integer() if entry else None


def with_color_space(block: bytes, value: int) -> bytes:
    """Return the block with another ColorSpace, all other bytes equal; unchanged if the tag is absent."""
    entry = _color_space_entry(block)
    if entry is None:
        return block
    start = entry.value_offset
    return block[:start] + struct.pack(entry.order + "H", value) + block[start + 2 :]


def is_adobe_rgb(block: bytes) -> bool:
    """Return whether the block says Adobe RGB: ColorSpace 2, or uncalibrated with the index R03 (DCF 2.0, 3.3.3)."""
    space = color_space(block)
    if space != UNCALIBRATED:
        return space == 2
    directory = _directory(block, EXIF_IFD, INTEROPERABILITY_IFD)
    index = directory.find(_INTEROPERABILITY_INDEX) if directory else None
    return index is not None and (index.value or b"").startswith(b"R03")


def _color_space_entry(block: bytes) -> IfdEntry | None:
    directory = _directory(block, EXIF_IFD)
    entry = directory.find(COLOR_SPACE) if directory else None
    return entry if entry is not None and (entry.type, entry.count) == (TiffType.SHORT, 1) else None


def _directory(block: bytes, *pointers: int) -> Ifd | None:
    """Return the IFD that a chain of tags from IFD0 on points to; None where one is absent or damaged."""
    try:
        order, offset = read_header(block, "the Exif block")
        ifd = read_ifd(block, offset, order, "IFD0", partial=True)
        for tag in pointers:
            entry = ifd.find(tag)
            target = entry.integer() if entry else None
            if target is None:
                return None
            ifd = read_ifd(block, target, order, "an IFD of the Exif block", partial=True)
    except MalformedError:
        return None
    return ifd
