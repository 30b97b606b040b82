"""A HEIF file taken apart into its tables, and the bytes of any item.

Knows: which boxes make a HEIF file (ISO/IEC 23008-12, 10.2) and how items find their data.
Must not know: what the items are for, how a file is changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from authoring.containers.heif.box import Box, read_boxes
from authoring.containers.heif.item_properties import PropertyTable, parse_auxiliary, parse_properties
from authoring.containers.heif.locations import (
    IN_FILE,
    IN_IDAT,
    IN_ITEM,
    MAX_EXTENTS,
    Extent,
    Location,
    LocationTable,
    parse_locations,
)
from authoring.containers.heif.meta import (
    Group,
    ItemTable,
    Reference,
    ReferenceTable,
    parse_groups,
    parse_items,
    parse_primary,
    parse_references,
)
from authoring.errors import MalformedError, UnsupportedError

MAX_BRANDS_BYTES = 4096
"""Bytes of `ftyp`; iPhones write 40 at most, and the undo record holds a copy."""
MAX_ITEM_DEPTH = 8
"""How many items may lie in one another (construction method 2, or derivation) before it counts as a loop."""
MAX_REUSE = 8
"""How many times the file's size all items together may reach by sharing bytes; bounds a crafted file's cost."""

MAX_STEPS = 2 * MAX_EXTENTS
"""Pieces of sources that all items together may be sought in; each of very many items may lie in one in very many
pieces. Every extent takes one step, and two do for a file at that limit."""

Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Structure:
    """The parsed tables; every offset is one into `data`."""

    data: bytes
    boxes: tuple[Box, ...]
    """Top level."""
    brands: tuple[str, ...]
    """The major brand, then the compatible ones."""
    meta: Box
    children: tuple[Box, ...]
    """Of meta."""
    primary: int
    items: ItemTable
    references: ReferenceTable | None
    locations: LocationTable
    properties: PropertyTable
    groups: tuple[Group, ...]
    _ranges: dict[int, Ranges] = field(default_factory=dict, compare=False, repr=False)
    _copies: dict[tuple[int, int], bytes] = field(default_factory=dict, compare=False, repr=False)
    _steps: list[int] = field(default_factory=lambda: [0], compare=False, repr=False)
    """Pieces looked at so far, in one number that can grow."""

    @property
    def ftyp(self) -> Box:
        """The first box."""
        return self.boxes[0]

    def child(self, kind: str) -> Box | None:
        """The first box of that kind in meta."""
        return next((one for one in self.children if one.kind == kind), None)

    @cached_property
    def places(self) -> dict[int, Location]:
        """The location of each item that has one."""
        return {entry.item: entry for entry in self.locations.entries}

    @cached_property
    def outgoing(self) -> dict[int, list[Reference]]:
        """References by the item they come from."""
        found: dict[int, list[Reference]] = defaultdict(list)
        for reference in self.references.entries if self.references else ():
            found[reference.source].append(reference)
        return found

    @cached_property
    def incoming(self) -> dict[int, list[Reference]]:
        """References by the items they point to."""
        found: dict[int, list[Reference]] = defaultdict(list)
        for reference in self.references.entries if self.references else ():
            for target in reference.targets:
                found[target].append(reference)
        return found

    def targets(self, item: int, kind: str) -> tuple[int, ...]:
        """What the item's references of one kind point to, in order."""
        return tuple(to for one in self.outgoing.get(item, ()) if one.kind == kind for to in one.targets)

    @cached_property
    def tone_maps(self) -> tuple[int, ...]:
        """The `tmap` items derived from the primary: the same photo with its gain map applied."""
        return tuple(
            item.identifier
            for item in self.items.entries.values()
            if item.type == "tmap" and self.primary in self.targets(item.identifier, "dimg")
        )

    @cached_property
    def masters(self) -> frozenset[int]:
        """What an auxiliary image of the photo points to: the primary or one of its tone maps."""
        return frozenset((self.primary, *self.tone_maps))

    @cached_property
    def auxiliary_types(self) -> dict[Box, tuple[str, bytes]]:
        """What each auxC says, read once however many items share it."""
        boxes = self.properties.properties
        return {box: parse_auxiliary(self.data, box) for box in boxes if box.kind == "auxC"}

    def coded_type(self, item: int) -> str:
        """The type of the item, or of the first image it is derived from where it is derived.

        Raises MalformedError where the derivation does not end.
        """
        for _ in range(MAX_ITEM_DEPTH):
            sources = self.targets(item, "dimg")
            if not sources:
                found = self.items.entries.get(item)
                return found.type if found else ""
            item = sources[0]
        raise MalformedError("the primary image is derived from itself; the file is damaged")

    def _source(self, entry: Location, extent: Extent, depth: int) -> Ranges:
        """The runs that the extent's offset counts in."""
        if entry.method == IN_FILE:
            return ((0, len(self.data)),)
        if entry.method == IN_IDAT:
            idat = self.child("idat")
            if idat is None:
                raise MalformedError(
                    f"the data of item {entry.item} should lie in a box 'idat', which is not there"
                )
            return ((idat.body, idat.stop),)
        if entry.method != IN_ITEM:
            raise UnsupportedError(
                f"item {entry.item} is placed by the unknown construction method {entry.method}"
            )
        if depth == MAX_ITEM_DEPTH:
            raise MalformedError(f"the data of item {entry.item} lies within itself; the file is damaged")
        hosts = self.targets(entry.item, "iloc")
        number = extent.reference_index or 1  # Where no index is written, 1 is meant.
        if number > len(hosts):
            raise MalformedError(
                f"item {entry.item} lies in another item that is not named; the file is damaged"
            )
        return self.ranges(hosts[number - 1], depth + 1)

    def rest_lengths(self, entry: Location) -> tuple[int, ...]:
        """For each extent, the bytes from its offset to the end of its source."""
        return tuple(
            max(_total(self._source(entry, one, 0)) - entry.base - one.offset, 0) for one in entry.extents
        )

    def ranges(self, item: int, depth: int = 0) -> Ranges:
        """Where the item's data lies in the file, run after run; empty for none, or for data in another file.

        An extent whose length field has no bytes goes to the end of its source. Raises MalformedError where
        an extent leaves its source or items lie in one another without end.
        """
        known = self._ranges.get(item)
        if known is not None:
            return known
        entry = self.places.get(item)
        if entry is None or entry.data_reference:
            return ()
        if entry.method == IN_FILE and len(entry.extents) == 1 and self.locations.widths.length:
            # As nearly all items of all photos lie; what follows would say the same in ten times the time.
            start = entry.base + entry.extents[0].offset
            stop = start + entry.extents[0].length
            if start < stop <= len(self.data):
                self._ranges[item] = ((start, stop),)
                return self._ranges[item]
        found: list[tuple[int, int]] = []
        for extent in entry.extents:
            source = self._source(entry, extent, depth)
            self._steps[0] += len(source)
            if self._steps[0] > MAX_STEPS:
                raise MalformedError(f"the data of item {item} is in too many pieces; the file is damaged")
            whole = _total(source)
            first = entry.base + extent.offset
            length = extent.length if self.locations.widths.length else max(whole - first, 0)
            if not length:
                continue  # No bytes lie nowhere, whatever offset is said.
            if first + length > whole:
                raise MalformedError(
                    f"the data of item {item} ends at {first + length}, but its source has {whole} bytes; "
                    "the file is cut short or damaged"
                )
            found.extend(_slice(source, first, length))
        if _total(found) > len(self.data):
            raise MalformedError(f"item {item} is larger than the file; the file is damaged")
        self._ranges[item] = tuple(found)
        return self._ranges[item]

    @cached_property
    def sizes(self) -> dict[int, int]:
        """Bytes of each item's data. Raises MalformedError where they share more than `MAX_REUSE` allows."""
        sizes = {item: _total(self.ranges(item)) for item in self.items.entries}
        if sum(sizes.values()) > MAX_REUSE * len(self.data):
            raise MalformedError("the items together are far larger than the file; the file is damaged")
        return sizes

    def content(self, item: int) -> bytes:
        """The item's data."""
        ranges = self.ranges(item)
        if len(ranges) == 1:
            return self.shared(*ranges[0])
        return b"".join([self.data[start:stop] for start, stop in ranges])

    def shared(self, start: int, stop: int) -> bytes:
        """The bytes [start, stop), copied once however many items have them in common."""
        known = self._copies.get((start, stop))
        if known is None:
            known = self._copies[start, stop] = self.data[start:stop]
        return known

    def bytes_of(self, box: Box) -> bytes:
        """A whole box, header included."""
        return self.data[box.start : box.stop]


def _total(ranges: Iterable[tuple[int, int]]) -> int:
    return sum([stop - start for start, stop in ranges])


def _slice(source: Ranges, first: int, length: int) -> Iterator[tuple[int, int]]:
    """The runs of `length` bytes from position `first` of the source's bytes taken in one."""
    for start, stop in source:
        size = stop - start
        if length and first < size:
            taken = min(length, size - first)
            yield start + first, start + first + taken
            length -= taken
        first = max(first - size, 0)


def _need(children: tuple[Box, ...], kind: str, what: str) -> Box:
    for one in children:
        if one.kind == kind:
            return one
    raise MalformedError(f"the file lacks {what} (box {kind!r} in 'meta'); it is no HEIC photo or is damaged")


def _check_kind(boxes: tuple[Box, ...]) -> Box:
    """The meta box of a still photo; the fitting error where the file is something else."""
    kinds = [one.kind for one in boxes]
    if "meta" in kinds:
        return boxes[kinds.index("meta")]
    if "mini" in kinds:
        raise UnsupportedError(
            "this is a minimized HEIF file (box 'mini'), which is not handled; convert it to HEIC"
        )
    if "moov" in kinds:
        raise UnsupportedError(
            "this is a film or an image sequence, not a still photo; depth goes into still photos"
        )
    raise MalformedError("the file holds no images (there is no box 'meta'); it is damaged or no HEIC photo")


def parse_structure(data: bytes) -> Structure:
    """Take the file apart. Item data is not copied, only its place checked.

    Raises MalformedError for damage, UnsupportedError for a film, an image sequence or a `mini` file.
    """
    boxes = read_boxes(data, 0, len(data), "the file")
    if not boxes or boxes[0].kind != "ftyp":
        raise MalformedError("the file does not begin with a box 'ftyp'; it is no HEIC photo")
    ftyp = boxes[0]
    if not 8 <= ftyp.stop - ftyp.body <= MAX_BRANDS_BYTES:
        raise MalformedError("the box 'ftyp' has an impossible size; the file is damaged")
    marks = [data[at : at + 4].decode("latin-1") for at in range(ftyp.body, ftyp.stop - 3, 4)]
    meta = _check_kind(boxes)
    children = read_boxes(data, min(meta.body + 4, meta.stop), meta.stop, "meta")
    if all(one.kind != "pitm" for one in children) and any(one.kind == "moov" for one in boxes):
        raise UnsupportedError(
            "this is a film or an image sequence, not a still photo; depth goes into still photos"
        )
    primary = parse_primary(data, _need(children, "pitm", "the number of its main image"))
    items = parse_items(data, _need(children, "iinf", "its list of items"))
    if primary not in items.entries:
        raise MalformedError(
            f"the main image is said to be item {primary}, which is not there; the file is damaged"
        )
    named = {kind: box for box in reversed(children) for kind in [box.kind]}
    iref, grpl = named.get("iref"), named.get("grpl")
    structure = Structure(
        data,
        boxes,
        (marks[0], *marks[2:]),
        meta,
        children,
        primary,
        items,
        parse_references(data, iref) if iref else None,
        parse_locations(data, _need(children, "iloc", "the places of its items")),
        parse_properties(data, _need(children, "iprp", "its item properties")),
        parse_groups(data, grpl) if grpl else (),
    )
    _check_places(structure)
    return structure


def _check_places(structure: Structure) -> None:
    """Find every item's data once; runs in the file itself, nearly all there are, by a glance at their end."""
    stated, end = structure.locations.widths.length, len(structure.data)
    for entry in structure.locations.entries:
        if entry.method == IN_FILE and stated and len(entry.extents) == 1:
            extent = entry.extents[0]
            if not extent.length or entry.base + extent.offset + extent.length <= end:
                continue
        structure.ranges(entry.item)
