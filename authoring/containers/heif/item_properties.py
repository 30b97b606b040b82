"""Parse and build item properties and their associations (ISO/IEC 14496-12, 8.11.14; ISO/IEC 23008-12, 6.5 and 9.3)."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from authoring.containers.heif.box import Box, Fields, build_box, build_full_box, read_boxes
from authoring.errors import MalformedError

NARROW_INDEX_MAX = 127
"""The largest property index a 1-byte association holds; bit 7 says essential."""
WIDE_INDEX_MAX = 0x7FFF
"""The largest property index a 2-byte association holds; bit 15 says essential."""
MAX_LINKS = 4096
"""Properties of one item. An entry of ipma gives 255 at most, no item needs twenty, and all are often gone through."""
MAX_ASSOCIATIONS = 65_535
"""Entries in all of a file's `ipma`, one for each item that 16 bits can number."""
MAX_ASSOCIATION_BYTES = 2_000_000
"""All of a file's `ipma` boxes: thirty bytes for each of 65,535 items. A parsed association takes far more memory."""
ICC_COLOUR_TYPES = (b"prof", b"rICC")
"""Colour types of `colr` that hold an ICC profile: unrestricted and restricted (ISO/IEC 14496-12, 12.1.5)."""

Link = tuple[int, bool]
"""A property index, from 1, and whether a reader must understand that property (essential)."""


@dataclass(frozen=True, slots=True)
class Association:
    """One entry of `ipma`: an item's properties in order; the entry's bytes are [start, stop) in the file."""

    item: int
    links: tuple[Link, ...]
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class AssociationTable:
    """One `ipma` box; there may be one for each pair of version and flags."""

    box: Box
    version: int
    flags: int
    entries: tuple[Association, ...]

    def holds(self, item: int, index: int) -> bool:
        """Return whether an identifier and a property index fit this box's fields."""
        return item <= (0xFFFFFFFF if self.version else 0xFFFF) and (
            index <= NARROW_INDEX_MAX or bool(self.flags & 1)
        )


@dataclass(frozen=True, slots=True)
class PropertyTable:
    """`iprp`: the properties of `ipco` (index 1 is the first) and the associations of every `ipma`."""

    box: Box
    children: tuple[Box, ...]
    container: Box
    properties: tuple[Box, ...]
    tables: tuple[AssociationTable, ...]
    by_item: dict[int, tuple[Link, ...]]

    def of(self, item: int) -> tuple[tuple[Box, bool], ...]:
        """Return an item's properties in order, each with whether it is essential."""
        return tuple(
            (self.properties[index - 1], essential) for index, essential in self.by_item.get(item, ())
        )

    def find(self, item: int, kind: str) -> Box | None:
        """Return the item's first property of that kind."""
        return next((box for box, _ in self.of(item) if box.kind == kind), None)


def parse_associations(data: bytes, box: Box) -> AssociationTable:
    """Parse `ipma`: 16- or 32-bit identifiers (version), 7- or 15-bit indices (flag 1). Index 0 means none."""
    fields = Fields(data, box)
    version, flags = fields.version_and_flags()
    count = fields.number(4)
    if count > MAX_ASSOCIATIONS:
        raise MalformedError(
            f"the property associations list {count} items, more than {MAX_ASSOCIATIONS}; the file is damaged"
        )
    essential = 0x8000 if flags & 1 else 0x80
    entries = []
    for _ in range(count):
        start = fields.offset
        item = fields.number(4 if version else 2)
        values = fields.numbers(fields.number(1), 2 if flags & 1 else 1)
        links = tuple((value % essential, value >= essential) for value in values if value % essential)
        entries.append(Association(item, links, start, fields.offset))
    return AssociationTable(box, version, flags, tuple(entries))


def build_association(item: int, links: Iterable[Link], version: int, flags: int) -> bytes:
    """Build one entry of `ipma`."""
    links = tuple(links)
    head = struct.pack(">IB" if version else ">HB", item, len(links))
    if flags & 1:
        return head + b"".join(struct.pack(">H", essential << 15 | index) for index, essential in links)
    return head + bytes(essential << 7 | index for index, essential in links)


def build_associations(entries: Iterable[tuple[int, tuple[Link, ...]]], version: int, flags: int) -> bytes:
    """Build an `ipma` box; the inverse of `parse_associations`."""
    rows = [build_association(item, links, version, flags) for item, links in entries]
    return build_full_box("ipma", version, flags, struct.pack(">I", len(rows)), *rows)


def parse_properties(data: bytes, box: Box) -> PropertyTable:
    """Parse `iprp`. Raises MalformedError if an association names a property that is not there."""
    children = read_boxes(data, box.body, box.stop, "iprp")
    container = next((child for child in children if child.kind == "ipco"), None)
    if container is None:
        raise MalformedError("the item properties lack their container (box 'ipco'); the file is damaged")
    properties = read_boxes(data, container.body, container.stop, "ipco")
    boxes = [child for child in children if child.kind == "ipma"]
    if sum(child.size for child in boxes) > MAX_ASSOCIATION_BYTES:
        raise MalformedError(
            f"the property associations take more than {MAX_ASSOCIATION_BYTES} bytes; the file is damaged"
        )
    tables = tuple(parse_associations(data, child) for child in boxes)
    links_of: dict[int, list[Link]] = {}
    for table in tables:
        for entry in table.entries:
            links = links_of.setdefault(entry.item, [])
            links.extend(entry.links)
            if len(links) > MAX_LINKS:
                raise MalformedError(
                    f"item {entry.item} is given more than {MAX_LINKS} properties; the file is damaged"
                )
    largest = max((index for links in links_of.values() for index, _ in links), default=0)
    if largest > len(properties):
        raise MalformedError(
            f"an item is given property {largest}, but there are only {len(properties)}; the file is damaged"
        )
    by_item = {item: tuple(links) for item, links in links_of.items()}
    return PropertyTable(box, children, container, properties, tables, by_item)


def parse_spatial_extents(data: bytes, box: Box) -> tuple[int, int]:
    """Parse `ispe` (23008-12, 6.5.3): return (width, height) in pixels, before clap, irot and imir."""
    fields = Fields(data, box)
    fields.version_and_flags()
    return fields.number(4), fields.number(4)


def build_spatial_extents(width: int, height: int) -> bytes:
    """Build an `ispe` box."""
    return build_full_box("ispe", 0, 0, struct.pack(">II", width, height))


def parse_aperture(data: bytes, box: Box) -> tuple[int, int]:
    """Parse `clap`: return (width, height), rounded to whole pixels (ISO/IEC 14496-12, 12.1.4)."""
    width, width_by, height, height_by = Fields(data, box).numbers(4, 4)
    if not width_by or not height_by:
        raise MalformedError("the clean aperture (box 'clap') divides by zero; the file is damaged")
    return (2 * width + width_by) // (2 * width_by), (2 * height + height_by) // (2 * height_by)


def parse_rotation(data: bytes, box: Box) -> int:
    """Parse `irot` (23008-12, 6.5.10): return quarter turns anticlockwise, 0..3."""
    return Fields(data, box).number(1) & 3


def parse_mirror(data: bytes, box: Box) -> int:
    """Parse `imir` (23008-12, 6.5.12): return the axis, 0 or 1."""
    return Fields(data, box).number(1) & 1


def parse_channels(data: bytes, box: Box) -> tuple[int, ...]:
    """Parse `pixi` (23008-12, 6.5.6): return the bits of each channel."""
    fields = Fields(data, box)
    fields.version_and_flags()
    count = fields.number(1)
    return tuple(fields.rest()[:count])


def build_channels(bits: tuple[int, ...]) -> bytes:
    """Build a `pixi` box."""
    return build_full_box("pixi", 0, 0, bytes((len(bits), *bits)))


def parse_auxiliary_type(data: bytes, box: Box) -> tuple[str, bytes]:
    """Parse `auxC` (23008-12, 6.5.8): return (URN, subtype): a NUL-ended text, then bytes to the end of the box."""
    urn, _, subtype = data[box.body + 4 : box.stop].partition(b"\0")
    return urn.decode("utf-8", "replace"), subtype


def build_auxiliary_type(urn: str, subtype: bytes) -> bytes:
    """Build an `auxC` box, version 0."""
    return build_full_box("auxC", 0, 0, urn.encode() + b"\0", subtype)


def parse_icc(data: bytes, box: Box) -> bytes | None:
    """Return the ICC profile of `colr`, or None if it states code points (nclx)."""
    if data[box.body : box.body + 4] in ICC_COLOUR_TYPES:
        return data[box.body + 4 : box.stop]
    return None


def parse_code_points(data: bytes, box: Box) -> tuple[int, int] | None:
    """Return (colour_primaries, transfer_characteristics) of `colr`, or None if it holds an ICC profile."""
    if data[box.body : box.body + 4] != b"nclx" or box.stop < box.body + 8:
        return None
    primaries, transfer = struct.unpack_from(">HH", data, box.body + 4)
    return primaries, transfer


def coded_bits(configuration: bytes) -> tuple[int, ...]:
    """Return the bits of each channel that an hvcC body declares: one channel in 4:0:0, else three.

    ISO/IEC 14496-15, 8.3.3.1. Raises MalformedError if the body is too short.
    """
    if len(configuration) < 23:
        raise MalformedError("the HEVC decoder configuration is shorter than its 23 fixed bytes")
    luma, chroma = 8 + (configuration[17] & 7), 8 + (configuration[18] & 7)
    return (luma,) if configuration[16] & 3 == 0 else (luma, chroma, chroma)


def build_configuration(configuration: bytes) -> bytes:
    """Build an `hvcC` box around the body given."""
    return build_box("hvcC", configuration)
