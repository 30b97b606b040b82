"""The directories of a TIFF block, as Exif uses them; one value read or patched in place.

Knows: TIFF 6.0 headers and IFDs, in both byte orders. Must not know: containers, what most tags mean.

A patch never moves a byte: offsets inside a maker note count from places that only the maker knows.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

ORIENTATION = 0x0112
"""IFD0, one SHORT, 1..8 (Exif 2.32, 4.6.4 A)."""

MAX_ENTRIES = 4096
"""Of one IFD; cameras write fewer than 100."""

SHORT = 3
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_HEADER_BYTES = 8
_ENTRY_BYTES = 12


@dataclass(frozen=True, slots=True)
class IfdEntry:
    """One entry of an IFD, and where its value lies."""

    tag: int
    type: int
    count: int
    value_offset: int
    """From the start of the bytes walked: inside the entry for a value of up to 4 bytes."""
    value_bytes: int


def byte_order(tiff: bytes) -> str | None:
    """The prefix for `struct`, "<" or ">"; None where the block has no TIFF header."""
    return {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])


def first_ifd(tiff: bytes) -> int | None:
    """Offset of IFD0; None where the block is no TIFF."""
    order = byte_order(tiff)
    if order is None or len(tiff) < _HEADER_BYTES:
        return None
    return int(struct.unpack_from(order + "I", tiff, 4)[0])


def walk_ifd(block: bytes, offset: int, order: str, base: int = 0) -> Iterator[IfdEntry]:
    """The entries of the IFD at `offset`, in order; those whose value leaves the block are passed over.

    Offsets of long values count from `base`: 0 for Exif, the start of the note for a maker note such as
    Apple's. Garbage gives few or no entries, never an error.
    """
    if offset < 0 or offset + 2 > len(block):
        return
    (count,) = struct.unpack_from(order + "H", block, offset)
    if count > MAX_ENTRIES:
        return
    for place in range(offset + 2, offset + 2 + _ENTRY_BYTES * count, _ENTRY_BYTES):
        if place + _ENTRY_BYTES > len(block):
            return
        tag, kind, items, long_offset = struct.unpack_from(order + "HHII", block, place)
        if kind not in _SIZES:
            continue
        size = _SIZES[kind] * items
        start = place + 8 if size <= 4 else base + long_offset
        if start + size <= len(block):
            yield IfdEntry(tag, kind, items, start, size)


def find_entry(block: bytes, offset: int, order: str, tag: int, base: int = 0) -> IfdEntry | None:
    """The first entry with this tag in the IFD at `offset`; None where there is none."""
    return next((entry for entry in walk_ifd(block, offset, order, base) if entry.tag == tag), None)


def orientation(tiff: bytes) -> int | None:
    """The Orientation of IFD0, 1..8; None where it is absent or says anything else."""
    place = _orientation_place(tiff)
    order = byte_order(tiff)
    if place is None or order is None:
        return None
    (value,) = struct.unpack_from(order + "H", tiff, place)
    return int(value) if 1 <= value <= 8 else None


def with_orientation(tiff: bytes, value: int) -> bytes | None:
    """The block with Orientation `value` (1..8) in place of what stands there, all other bytes equal.

    None where the tag is absent. Raises ValueError for a value outside 1..8: a fault of the caller.
    """
    if not 1 <= value <= 8:
        raise ValueError(f"Orientation is 1..8, not {value}")
    place = _orientation_place(tiff)
    order = byte_order(tiff)
    if place is None or order is None:
        return None
    return tiff[:place] + struct.pack(order + "H", value) + tiff[place + 2 :]


def _orientation_place(tiff: bytes) -> int | None:
    """Offset of the SHORT; an Orientation of another type or count is not believed."""
    order, offset = byte_order(tiff), first_ifd(tiff)
    if order is None or offset is None:
        return None
    entry = find_entry(tiff, offset, order, ORIENTATION)
    if entry is None or entry.type != SHORT or entry.count != 1:
        return None
    return entry.value_offset
