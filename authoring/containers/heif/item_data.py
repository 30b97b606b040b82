"""Find the bytes of each item in the file: extents resolved to ranges (ISO/IEC 14496-12, 8.11.3.1)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping

from authoring.containers.heif.box import Box
from authoring.containers.heif.item_locations import (
    MAX_EXTENTS,
    ConstructionMethod,
    Extent,
    Location,
    LocationTable,
)
from authoring.errors import MalformedError

MAX_ITEM_DEPTH = 8
"""How many items may be stored in one another (ITEM_OFFSET, or derivation) before it counts as a loop."""
MAX_PIECES = 2 * MAX_EXTENTS
"""Ranges in which all extents together may be searched: many items may each be stored in one of many extents.
Every extent takes one, and two do for a file at that limit."""

Ranges = tuple[tuple[int, int], ...]
"""Runs [start, stop) of the file, in the order of the data."""


class ItemData:
    """The ranges of every item's data, each resolved once."""

    def __init__(
        self,
        file_size: int,
        idat: Box | None,
        locations: LocationTable,
        hosts: Mapping[int, tuple[int, ...]],
    ) -> None:
        """Resolve all entries of `locations`; `hosts` has the targets of an item's `iloc` references.

        Raises MalformedError if an extent leaves its source or items are stored in one another in a loop.
        """
        self._file_size, self._idat, self._locations, self._hosts = file_size, idat, locations, hosts
        self._pieces = 0
        self._extents: dict[int, tuple[Ranges, ...]] = {}
        for item in locations.entries:
            self._resolve(item, 0)

    def ranges(self, item: int) -> Ranges:
        """Return the ranges of the item's data; empty for none, or for data in another file."""
        return tuple(run for extent in self._extents.get(item, ()) for run in extent)

    def lengths(self, item: int) -> tuple[int, ...]:
        """Return the bytes of each extent, also where the file leaves the length out."""
        return tuple(total(extent) for extent in self._extents[item])

    def _resolve(self, item: int, depth: int) -> tuple[Ranges, ...]:
        """Return the ranges of each extent of the item."""
        entry = self._locations.entries.get(item)
        if entry is None:
            return ()
        if item not in self._extents:
            extents = () if entry.data_reference else entry.extents
            resolved = tuple(self._resolve_extent(entry, extent, depth) for extent in extents)
            if sum(map(total, resolved)) > self._file_size:
                raise MalformedError(f"item {item} is larger than the file; the file is damaged")
            self._extents[item] = resolved
        return self._extents[item]

    def _resolve_extent(self, entry: Location, extent: Extent, depth: int) -> Ranges:
        """Return the ranges of one extent; one whose length field has no bytes goes to the end of its source."""
        source = self._source(entry, extent, depth)
        self._pieces += len(source)
        if self._pieces > MAX_PIECES:
            raise MalformedError(f"the data of item {entry.item} is in too many pieces; the file is damaged")
        size = total(source)
        first = entry.base + extent.offset
        length = extent.length if self._locations.widths.length else max(size - first, 0)
        if not length:
            return ()  # Zero-length extents occupy no bytes; ignore their offset.
        if first + length > size:
            raise MalformedError(
                f"the data of item {entry.item} ends at {first + length}, but its source has {size} bytes; "
                "the file is cut short or damaged"
            )
        return tuple(_slice(source, first, length))

    def _source(self, entry: Location, extent: Extent, depth: int) -> Ranges:
        """Return the ranges that the extent's offset counts in."""
        match entry.method:
            case ConstructionMethod.FILE_OFFSET:
                return ((0, self._file_size),)
            case ConstructionMethod.IDAT_OFFSET:
                if self._idat is None:
                    raise MalformedError(
                        f"the data of item {entry.item} should be in a box 'idat', which is missing"
                    )
                return ((self._idat.body, self._idat.stop),)
            case ConstructionMethod.ITEM_OFFSET:
                if depth == MAX_ITEM_DEPTH:
                    raise MalformedError(
                        f"the data of item {entry.item} contains itself; the file is damaged"
                    )
                hosts = self._hosts.get(entry.item, ())
                index = extent.reference_index or 1  # Without an index field, 1 is meant.
                if index > len(hosts):
                    raise MalformedError(
                        f"item {entry.item} is stored in another item that is not named; the file is damaged"
                    )
                return tuple(run for part in self._resolve(hosts[index - 1], depth + 1) for run in part)


def total(ranges: Iterable[tuple[int, int]]) -> int:
    """Return the number of bytes in the ranges."""
    return sum(stop - start for start, stop in ranges)


def _slice(source: Ranges, first: int, length: int) -> Iterator[tuple[int, int]]:
    """Yield the runs of `length` bytes from position `first` of the bytes of `source` joined."""
    for start, stop in source:
        size = stop - start
        if length and first < size:
            taken = min(length, size - first)
            yield start + first, start + first + taken
            length -= taken
        first = max(first - size, 0)


def union(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Return the ranges sorted, touching and overlapping ones joined, empty ones dropped."""
    result: list[tuple[int, int]] = []
    for start, stop in sorted(ranges):
        if start >= stop:
            continue
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(stop, result[-1][1]))
        else:
            result.append((start, stop))
    return tuple(result)


def difference(ranges: Iterable[tuple[int, int]], excluded: Iterable[tuple[int, int]]) -> Ranges:
    """Return the parts of `ranges` that are in none of `excluded`."""
    holes = union(excluded)
    stops = [stop for _, stop in holes]
    parts = []
    for start, stop in union(ranges):
        number = bisect_right(stops, start)
        while number < len(holes) and holes[number][0] < stop:
            parts.append((start, holes[number][0]))
            start = holes[number][1]
            number += 1
        parts.append((start, stop))
    return union(parts)
