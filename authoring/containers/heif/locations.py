"""Where the items' data lies: `iloc` (ISO/IEC 14496-12, 8.11.3).

Knows: the fields of iloc in all versions and widths, and how an entry follows its data to a new offset.
Must not know: what the items are, boxes other than iloc.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from authoring.containers.heif.box import Box, reading
from authoring.errors import MalformedError, UnsupportedError

MAX_EXTENTS = 200_000
"""Extents in one file. An extent may take no bytes at all (all widths 0), so the file's size does not bound them."""

IN_FILE, IN_IDAT, IN_ITEM = 0, 1, 2
"""Construction methods: offsets count from the file's start, from the start of idat's body, within another item."""

_HEADS = {0: struct.Struct(">HH"), 1: struct.Struct(">HHH"), 2: struct.Struct(">IHH")}
_LETTERS = {0: "", 4: "I", 8: "Q"}


@dataclass(frozen=True, slots=True)
class Widths:
    """Bytes of the variable fields, each 0, 4 or 8; a field of 0 bytes reads as 0."""

    offset: int
    length: int
    base: int
    index: int

    @property
    def extent(self) -> int:
        """Bytes of one extent."""
        return self.index + self.offset + self.length

    def wide(self) -> Widths:
        """Widths that hold any offset and length; the base keeps its presence, so entries keep their form."""
        return Widths(8, 8, 8 if self.base else 0, self.index)

    @classmethod
    def parse(cls, data: bytes) -> Widths:
        """From the two bytes after version and flags."""
        return cls(data[0] >> 4, data[0] & 15, data[1] >> 4, data[1] & 15)

    def build(self) -> bytes:
        """The two bytes."""
        return bytes((self.offset << 4 | self.length, self.base << 4 | self.index))


class Extent(NamedTuple):
    """One run of an item's data as stated; `reference_index` counts from 1 and only serves construction method 2."""

    reference_index: int
    offset: int
    length: int


class Location(NamedTuple):
    """One entry; its bytes are [start, stop) in the file (both 0 in a new one)."""

    item: int
    method: int
    data_reference: int
    base: int
    extents: tuple[Extent, ...]
    start: int = 0
    stop: int = 0


@dataclass(frozen=True, slots=True)
class LocationTable:
    """`iloc`: the entries end at `stop`."""

    box: Box
    version: int
    widths: Widths
    entries: tuple[Location, ...]
    stop: int

    @property
    def widths_at(self) -> int:
        """Offset of the two bytes of widths; the item count follows them."""
        return self.box.body + 4

    @property
    def count_size(self) -> int:
        """Bytes of the item count."""
        return 4 if self.version == 2 else 2

    def base_at(self, entry: Location) -> int:
        """Offset of the entry's base_offset field."""
        return entry.start + _HEADS[self.version].size

    def offset_at(self, entry: Location, number: int) -> int:
        """Offset of the extent_offset field of the entry's extent `number`, from 0."""
        first = self.base_at(entry) + self.widths.base + 2
        index = self.widths.index if self.version else 0
        return first + number * (index + self.widths.offset + self.widths.length) + index

    def length_at(self, entry: Location, number: int) -> int:
        """Offset of the extent_length field of the entry's extent `number`, from 0."""
        return self.offset_at(entry, number) + self.widths.offset


def parse_locations(data: bytes, box: Box) -> LocationTable:
    """`iloc`, versions 0 to 2. Raises MalformedError where counts, widths or identifiers make no sense."""
    body = data[box.body : box.stop]
    with reading("iloc"):
        version, widths = body[0], Widths.parse(body[4:6])
        if version > 2:
            raise UnsupportedError(f"the item locations have version {version}, which is not known here")
        if version == 0:
            widths = replace(widths, index=0)  # Those four bits are reserved in version 0.
        if not {widths.offset, widths.length, widths.base, widths.index} <= {0, 4, 8}:
            raise MalformedError(
                "the item locations state a field width other than 0, 4 or 8; the file is damaged"
            )
        (count,) = struct.unpack_from(">I" if version == 2 else ">H", body, 6)
        fixed = struct.Struct(_HEADS[version].format + _LETTERS[widths.base] + "H")
        row = struct.Struct(">" + _LETTERS[widths.index] + _LETTERS[widths.offset] + _LETTERS[widths.length])
        # Which value of an unpacked row is which; fields that are absent read the last one, where a 0 is put.
        at_method, at_reference = (1, 2) if version else (-1, 1)
        at_base = at_reference + 1 if widths.base else -1
        at_number = at_reference + 1 + bool(widths.base)
        at_index = 0 if widths.index else -1
        at_offset = int(bool(widths.index)) if widths.offset else -1
        at_length = bool(widths.index) + bool(widths.offset) if widths.length else -1
        position = 10 if version == 2 else 8
        entries: list[Location] = []
        total = 0
        for _ in range(count):
            start = box.body + position
            head = (*fixed.unpack_from(body, position), 0)
            position += fixed.size
            number = head[at_number]
            total += number
            if total > MAX_EXTENTS:
                raise MalformedError(
                    f"the item locations list more than {MAX_EXTENTS} extents; the file is damaged"
                )
            extents = []
            for _ in range(number):
                values = (*row.unpack_from(body, position), 0)
                extents.append(Extent(values[at_index], values[at_offset], values[at_length]))
                position += row.size
            method, base = head[at_method] & 15, head[at_base]
            stop = box.body + position
            entries.append(Location(head[0], method, head[at_reference], base, tuple(extents), start, stop))
    if len({entry.item for entry in entries}) != len(entries):
        raise MalformedError("an item has two entries in the item locations; the file is damaged")
    return LocationTable(box, version, widths, tuple(entries), box.body + position)


def build_location(entry: Location, version: int, widths: Widths) -> bytes:
    """One entry. Raises OverflowError where a value does not fit its field."""
    middle = (entry.method,) if version else ()
    parts = [_HEADS[version].pack(entry.item, *middle, entry.data_reference)]
    parts += [entry.base.to_bytes(widths.base, "big"), struct.pack(">H", len(entry.extents))]
    for extent in entry.extents:
        if version:
            parts.append(extent.reference_index.to_bytes(widths.index, "big"))
        parts.append(extent.offset.to_bytes(widths.offset, "big"))
        parts.append(extent.length.to_bytes(widths.length, "big"))
    return b"".join(parts)


def build_locations(entries: Iterable[Location], version: int, widths: Widths) -> bytes:
    """The body of `iloc` after version and flags. Raises OverflowError where a value does not fit its field."""
    rows = [build_location(entry, version, widths) for entry in entries]
    count = struct.pack(">I" if version == 2 else ">H", len(rows))
    return widths.build() + count + b"".join(rows)


def new_location(item: int, offset: int, length: int, widths: Widths) -> Location:
    """The entry of an item that lies at an absolute offset in one piece, in the form these widths allow."""
    if widths.offset or not widths.base:
        return Location(item, IN_FILE, 0, 0, (Extent(1 if widths.index else 0, offset, length),))
    return Location(item, IN_FILE, 0, offset, (Extent(1 if widths.index else 0, 0, length),))


def relocated(
    entry: Location,
    widths: Widths,
    moved: Callable[[int], int | None],
    origins: Mapping[int, tuple[int, int]],
) -> Location:
    """The entry with its offsets carried over by `moved`, which maps offsets in the file.

    `origins` gives for each construction method that counts in the file from where it counts, before and after;
    entries of other methods come back as they are. Where all extents move alike, a base that is in use moves
    alone: one field instead of many. An extent of no bytes stays as it is. Raises UnsupportedError where data
    begins within bytes that were replaced.
    """
    if entry.method not in origins or entry.data_reference:
        return entry
    before, after = origins[entry.method]
    shifts = []
    for extent in entry.extents:
        old = before + entry.base + extent.offset
        new = moved(old) if extent.length or not widths.length else old + after - before
        if new is None:
            raise UnsupportedError(f"the data of item {entry.item} lies where the file's own tables change")
        shifts.append(new - after - (old - before))
    if not any(shifts):
        return entry
    alike = len(set(shifts)) == 1 and entry.base + shifts[0] >= 0
    if alike and widths.base and (entry.base or not widths.offset):
        return entry._replace(base=entry.base + shifts[0])
    shifted = [one._replace(offset=one.offset + by) for one, by in zip(entry.extents, shifts, strict=True)]
    if any(one.offset < 0 for one in shifted):
        shifted = [one._replace(offset=one.offset + entry.base) for one in shifted]
        return entry._replace(base=0, extents=tuple(shifted))
    return entry._replace(extents=tuple(shifted))


def joined(ranges: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Ranges [start, stop) sorted, touching and overlapping ones made one, empty ones dropped."""
    result: list[tuple[int, int]] = []
    for start, stop in sorted(ranges):
        if start >= stop:
            continue
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(stop, result[-1][1]))
        else:
            result.append((start, stop))
    return tuple(result)


def without(
    ranges: Iterable[tuple[int, int]], used: Iterable[tuple[int, int]]
) -> tuple[tuple[int, int], ...]:
    """The parts of `ranges` that are in none of `used`."""
    taken = joined(used)
    lows = [0, *(stop for _, stop in taken)]
    highs = [*(start for start, _ in taken), 1 << 64]
    parts = []
    for start, stop in joined(ranges):
        number = bisect_right(lows, start) - 1
        while number < len(lows) and lows[number] < stop:
            parts.append((max(start, lows[number]), min(stop, highs[number])))
            number += 1
    return joined(parts)
