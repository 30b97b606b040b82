"""Parse, build and relocate the item locations, `iloc` (ISO/IEC 14496-12, 8.11.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum

from authoring.containers.heif.box import Box, Fields
from authoring.errors import MalformedError, UnsupportedError

MAX_EXTENTS = 200_000
"""Extents in one file. An extent may take no bytes at all (all widths 0), so the file's size does not bound them."""


class ConstructionMethod(IntEnum):
    """What the offsets of an item's extents are counted from."""

    FILE_OFFSET = 0
    """The start of the file."""
    IDAT_OFFSET = 1
    """The start of the body of `idat`."""
    ITEM_OFFSET = 2
    """The start of the data of another item."""


@dataclass(frozen=True, slots=True)
class Widths:
    """Bytes of the variable fields, each 0, 4 or 8; a field of 0 bytes reads as 0."""

    offset: int
    length: int
    base: int
    index: int

    def wide(self) -> Widths:
        """Return widths that hold any offset and length; the base keeps its presence, so entries keep their form."""
        return Widths(8, 8, 8 if self.base else 0, self.index)


@dataclass(frozen=True, slots=True)
class Extent:
    """One run of an item's data as stated; `reference_index` counts from 1 and only serves ITEM_OFFSET."""

    reference_index: int
    offset: int
    length: int
    position: int = field(default=0, compare=False)
    """Offset in the file of the extent_offset field, which extent_length follows; 0 in a new extent."""


@dataclass(frozen=True, slots=True)
class Location:
    """The entry of one item; its bytes are [start, stop) in the file (both 0 in a new entry)."""

    item: int
    method: ConstructionMethod
    data_reference: int
    """0 for data in this file."""
    base: int
    extents: tuple[Extent, ...]
    start: int = field(default=0, compare=False)
    base_position: int = field(default=0, compare=False)
    """Offset in the file of the base_offset field."""
    stop: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class LocationTable:
    """`iloc`: the entries by item, in file order."""

    box: Box
    version: int
    widths: Widths
    entries: dict[int, Location]
    body: int
    """Offset of what follows version and flags: 2 bytes of widths, then the item count."""
    stop: int
    """Offset of the end of the entries."""

    @property
    def count_size(self) -> int:
        """Bytes of the item count."""
        return 4 if self.version == 2 else 2


def parse_locations(data: bytes, box: Box) -> LocationTable:
    """Parse `iloc`, versions 0 to 2.

    Raises MalformedError where counts, widths or identifiers make no sense, UnsupportedError for an unknown version
    or construction method.
    """
    fields = Fields(data, box)
    version, _ = fields.version_and_flags()
    if version > 2:
        raise UnsupportedError(f"the item locations have version {version}, which is not known here")
    body = fields.offset
    widths = _parse_widths(fields, version)
    count = fields.number(4 if version == 2 else 2)
    entries: dict[int, Location] = {}
    extents_left = MAX_EXTENTS
    for _ in range(count):
        entry = _parse_location(fields, version, widths, extents_left)
        extents_left -= len(entry.extents)
        if entry.item in entries:
            raise MalformedError("an item has two entries in the item locations; the file is damaged")
        entries[entry.item] = entry
    return LocationTable(box, version, widths, entries, body, fields.offset)


def _parse_widths(fields: Fields, version: int) -> Widths:
    sizes = fields.number(1)
    offset_size, length_size = sizes >> 4, sizes & 15
    sizes = fields.number(1)
    base_offset_size = sizes >> 4
    index_size = sizes & 15 if version else 0  # Those four bits are reserved in version 0.
    if not {offset_size, length_size, base_offset_size, index_size} <= {0, 4, 8}:
        raise MalformedError(
            "the item locations state a field width other than 0, 4 or 8; the file is damaged"
        )
    return Widths(offset_size, length_size, base_offset_size, index_size)


def _parse_location(fields: Fields, version: int, widths: Widths, extents_left: int) -> Location:
    start = fields.offset
    item = fields.number(4 if version == 2 else 2)
    method = _parse_method(fields, item) if version else ConstructionMethod.FILE_OFFSET
    data_reference = fields.number(2)
    base_position = fields.offset
    base = fields.number(widths.base)
    extent_count = fields.number(2)
    if extent_count > extents_left:
        raise MalformedError(f"the item locations list more than {MAX_EXTENTS} extents; the file is damaged")
    extents = []
    for _ in range(extent_count):
        reference_index = fields.number(widths.index)
        position = fields.offset
        offset = fields.number(widths.offset)
        length = fields.number(widths.length)
        extents.append(Extent(reference_index, offset, length, position))
    return Location(
        item,
        method,
        data_reference,
        base,
        tuple(extents),
        start,
        base_position,
        fields.offset,
    )


def _parse_method(fields: Fields, item: int) -> ConstructionMethod:
    value = fields.number(2) & 15  # The upper 12 bits are reserved.
    try:
        return ConstructionMethod(value)
    except ValueError:
        raise UnsupportedError(f"item {item} is placed by the unknown construction method {value}") from None


def build_location(entry: Location, version: int, widths: Widths) -> bytes:
    """Build one entry. Raises OverflowError if a value does not fit its field."""
    parts = [
        entry.item.to_bytes(4 if version == 2 else 2, "big"),
        entry.method.to_bytes(2, "big") if version else b"",
        entry.data_reference.to_bytes(2, "big"),
        entry.base.to_bytes(widths.base, "big"),
        len(entry.extents).to_bytes(2, "big"),
    ]
    for extent in entry.extents:
        parts += (
            extent.reference_index.to_bytes(widths.index, "big") if version else b"",
            extent.offset.to_bytes(widths.offset, "big"),
            extent.length.to_bytes(widths.length, "big"),
        )
    return b"".join(parts)


def build_locations(entries: Iterable[Location], version: int, widths: Widths) -> bytes:
    """Build what follows version and flags in `iloc`. Raises OverflowError if a value does not fit its field."""
    rows = [build_location(entry, version, widths) for entry in entries]
    sizes = bytes((widths.offset << 4 | widths.length, widths.base << 4 | widths.index))
    return sizes + len(rows).to_bytes(4 if version == 2 else 2, "big") + b"".join(rows)


def new_location(item: int, offset: int, length: int, widths: Widths) -> Location:
    """Return the entry of an item whose data is one run at an offset in the file, in the form the widths allow."""
    index = 1 if widths.index else 0
    base, offset = (0, offset) if widths.offset or not widths.base else (offset, 0)
    return Location(item, ConstructionMethod.FILE_OFFSET, 0, base, (Extent(index, offset, length),))


def relocate(
    entry: Location,
    widths: Widths,
    new_offset: Callable[[int], int | None],
    origins: Mapping[ConstructionMethod, tuple[int, int]],
) -> Location:
    """Return the entry with its offsets adapted to data that `new_offset` moves from one file offset to another.

    `origins` gives for each construction method that counts in the file the offset it counts from, before and after;
    entries of other methods are returned as they are. Where all extents move alike, a base that is in use moves
    alone: one field instead of many. An extent of no bytes stays as it is. Raises UnsupportedError where data
    begins within bytes that are replaced.
    """
    if entry.method not in origins or entry.data_reference:
        return entry
    before, after = origins[entry.method]
    shifts = []
    for extent in entry.extents:
        old = before + entry.base + extent.offset
        new = new_offset(old) if extent.length or not widths.length else old + after - before
        if new is None:
            raise UnsupportedError(f"the data of item {entry.item} is where the file's own tables change")
        shifts.append(new - after - (old - before))
    if not any(shifts):
        return entry
    alike = len(set(shifts)) == 1 and entry.base + shifts[0] >= 0
    if alike and widths.base and (entry.base or not widths.offset):
        return replace(entry, base=entry.base + shifts[0])
    offsets = [extent.offset + shift for extent, shift in zip(entry.extents, shifts, strict=True)]
    base = entry.base
    if min(offsets) < 0:
        offsets, base = [base + offset for offset in offsets], 0
    extents = [replace(extent, offset=offset) for extent, offset in zip(entry.extents, offsets, strict=True)]
    return replace(entry, base=base, extents=tuple(extents))
