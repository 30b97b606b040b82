"""Item properties and which item has which (ISO/IEC 23008-12, 6.5 and 9.3).

Knows: iprp, ipco, ipma, and the bodies of ispe, clap, irot, imir, pixi, auxC, colr and the first bytes of hvcC.
Must not know: items, offsets of data, what an auxiliary image means.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from authoring.containers.heif.box import Box, build_box, build_full_box, read_boxes, reading
from authoring.errors import MalformedError

NARROW_INDEX_MAX = 127
"""The largest property index a 1-byte association holds; bit 7 says essential."""

MAX_LINKS = 4096
"""Properties of one item. An entry of ipma gives 255 at most, no item needs twenty, and all are often gone through."""
MAX_ASSOCIATIONS = 65_535
"""Entries in all of a file's `ipma`, one for each item that 16 bits can number."""

Link = tuple[int, bool]
"""A property index, from 1, and whether a reader must understand that property (essential)."""


class Association(NamedTuple):
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
        """Whether an identifier and a property index fit this box's fields."""
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
        """An item's properties in order, each with whether it is essential."""
        return tuple((self.properties[index - 1], need) for index, need in self.by_item.get(item, ()))

    def find(self, item: int, kind: str) -> Box | None:
        """The item's first property of that kind."""
        for index, _ in self.by_item.get(item, ()):
            if self.properties[index - 1].kind == kind:
                return self.properties[index - 1]
        return None


def parse_associations(data: bytes, box: Box) -> AssociationTable:
    """`ipma`: 16- or 32-bit identifiers (version), 7- or 15-bit indices (flag 1). Index 0 means none."""
    body = data[box.body : box.stop]
    entries = []
    known: dict[bytes, tuple[Link, ...]] = {}  # Tiles by the hundred have the same properties.
    with reading("ipma"):
        version, flags = body[0], int.from_bytes(body[1:4], "big")
        (count,) = struct.unpack_from(">I", body, 4)
        if count > MAX_ASSOCIATIONS:
            raise MalformedError(
                f"the property associations list {count} items, more than {MAX_ASSOCIATIONS}; the file is damaged"
            )
        head = struct.Struct(">IB" if version else ">HB")
        size = 2 if flags & 1 else 1
        position = 8
        for _ in range(count):
            start = position
            item, number = head.unpack_from(body, position)
            position += head.size + size * number
            if position > len(body):
                raise IndexError
            raw = body[position - size * number : position]
            if raw not in known:
                known[raw] = _parse_links(raw, size)
            entries.append(Association(item, known[raw], box.body + start, box.body + position))
    return AssociationTable(box, version, flags, tuple(entries))


def _parse_links(raw: bytes, size: int) -> tuple[Link, ...]:
    values = raw if size == 1 else struct.unpack(f">{len(raw) // 2}H", raw)
    top = 0x80 if size == 1 else 0x8000
    return tuple([(value & (top - 1), value >= top) for value in values if value & (top - 1)])


def build_association(item: int, links: Iterable[Link], version: int, flags: int) -> bytes:
    """One entry of `ipma`."""
    links = tuple(links)
    head = struct.pack(">IB" if version else ">HB", item, len(links))
    if flags & 1:
        return head + b"".join(struct.pack(">H", need << 15 | index) for index, need in links)
    return head + bytes(need << 7 | index for index, need in links)


def build_associations(entries: Iterable[tuple[int, tuple[Link, ...]]], version: int, flags: int) -> bytes:
    """A whole `ipma` box."""
    rows = [build_association(item, links, version, flags) for item, links in entries]
    return build_full_box("ipma", version, flags, struct.pack(">I", len(rows)), *rows)


def parse_properties(data: bytes, box: Box) -> PropertyTable:
    """`iprp`. Raises MalformedError where an association names a property that is not there."""
    children = read_boxes(data, box.body, box.stop, "iprp")
    container = next((one for one in children if one.kind == "ipco"), None)
    if container is None:
        raise MalformedError("the item properties lack their container (box 'ipco'); the file is damaged")
    properties = read_boxes(data, container.body, container.stop, "ipco")
    tables = tuple(parse_associations(data, one) for one in children if one.kind == "ipma")
    by_item: dict[int, tuple[Link, ...]] = {}
    recurring: dict[int, list[Link]] = {}
    for table in tables:
        for entry in table.entries:
            if entry.item not in by_item:
                by_item[entry.item] = entry.links
            else:
                links = recurring.setdefault(entry.item, list(by_item[entry.item]))
                links.extend(entry.links)
                if len(links) > MAX_LINKS:
                    raise MalformedError(
                        f"item {entry.item} is given more than {MAX_LINKS} properties; the file is damaged"
                    )
    by_item |= {item: tuple(links) for item, links in recurring.items()}
    largest = max([index for links in set(by_item.values()) for index, _ in links], default=0)
    if largest > len(properties):
        raise MalformedError(
            f"an item is given property {largest}, but there are only {len(properties)}; the file is damaged"
        )
    return PropertyTable(box, children, container, properties, tables, by_item)


def parse_extent(data: bytes, box: Box) -> tuple[int, int]:
    """(width, height) in pixels of `ispe`, before clap, irot and imir."""
    with reading("ispe"):
        width, height = struct.unpack_from(">II", data[box.body : box.stop], 4)
    return width, height


def build_extent(width: int, height: int) -> bytes:
    """An `ispe` box."""
    return build_full_box("ispe", 0, 0, struct.pack(">II", width, height))


def parse_aperture(data: bytes, box: Box) -> tuple[int, int]:
    """(width, height) of `clap`, its rationals rounded to whole pixels (ISO/IEC 14496-12, 12.1.4)."""
    with reading("clap"):
        width, width_by, height, height_by = struct.unpack_from(">4I", data[box.body : box.stop])
    if not width_by or not height_by:
        raise MalformedError("the clean aperture (box 'clap') divides by zero; the file is damaged")
    return (2 * width + width_by) // (2 * width_by), (2 * height + height_by) // (2 * height_by)


def parse_turn(data: bytes, box: Box) -> int:
    """The value of `irot` (quarter turns anticlockwise, 0..3) or of `imir` (axis, 0 or 1)."""
    with reading(box.kind):
        return data[box.body : box.stop][0] & (3 if box.kind == "irot" else 1)


def parse_channels(data: bytes, box: Box) -> tuple[int, ...]:
    """Bits of each channel, from `pixi`."""
    with reading("pixi"):
        body = data[box.body : box.stop]
        return tuple(body[5 : 5 + body[4]])


def build_channels(bits: tuple[int, ...]) -> bytes:
    """A `pixi` box."""
    return build_full_box("pixi", 0, 0, bytes((len(bits), *bits)))


def parse_auxiliary(data: bytes, box: Box) -> tuple[str, bytes]:
    """(URN, subtype) of `auxC`: a NUL-ended text, then bytes to the end of the box."""
    urn, _, subtype = data[box.body + 4 : box.stop].partition(b"\0")
    return urn.decode("utf-8", "replace"), subtype


def build_auxiliary(urn: str, subtype: bytes) -> bytes:
    """An `auxC` box, version 0."""
    return build_full_box("auxC", 0, 0, urn.encode() + b"\0", subtype)


def parse_icc(data: bytes, box: Box) -> bytes | None:
    """The ICC profile of `colr`, or None where it states code points (nclx)."""
    if data[box.body : box.body + 4] in (b"prof", b"rICC"):
        return data[box.body + 4 : box.stop]
    return None


def coded_bits(configuration: bytes) -> tuple[int, ...]:
    """Bits of each channel that an hvcC body declares (ISO/IEC 14496-15, 8.3.3.1): one channel in 4:0:0, else three."""
    if len(configuration) < 23:
        raise MalformedError("the HEVC decoder configuration is shorter than its 23 fixed bytes")
    luma, chroma = 8 + (configuration[17] & 7), 8 + (configuration[18] & 7)
    return (luma,) if configuration[16] & 3 == 0 else (luma, chroma, chroma)


def build_configuration(configuration: bytes) -> bytes:
    """An `hvcC` box around the body given."""
    return build_box("hvcC", configuration)
