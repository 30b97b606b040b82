"""Adding an auxiliary image to a HEIF file, laid out as an iPhone lays out its depth item.

Knows: the item, property, reference and brand an auxiliary image needs.
Must not know: what it holds, how it is coded.

Shape: pug.heic (item 54 and its XMP, item 55). Existing bytes stay but for sizes, counts and offsets.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection
from dataclasses import dataclass

from authoring.containers.base import CodedAuxiliary
from authoring.containers.edits import EditList
from authoring.containers.heif.adding import (
    MAX_NARROW_ID,
    NewEntry,
    NewReference,
    add_items,
    add_references,
    free_identifiers,
    payload_at_end,
)
from authoring.containers.heif.box import Box
from authoring.containers.heif.editing import Editor, NewItem, check_editable, finish
from authoring.containers.heif.item_properties import (
    NARROW_INDEX_MAX,
    Link,
    build_association,
    build_associations,
    build_auxiliary,
    build_channels,
    build_configuration,
    build_extent,
    coded_bits,
)
from authoring.containers.heif.locations import Widths
from authoring.containers.heif.meta import XMP_TYPE
from authoring.containers.heif.structure import MAX_BRANDS_BYTES, Structure
from authoring.errors import UnsupportedError

BRAND = "MiHE"
"""MIAF HEVC extended: all iPhone files with a 4:0:0 item name it, after `mif1` (pug, openize, fidmaa)."""
MAX_WIDE_INDEX = 0x7FFF
"""The largest property index a 2-byte association holds."""


def check_embeddable(structure: Structure) -> None:
    """Raise UnsupportedError where the photo is no HEVC still or cannot be edited."""
    coded = structure.coded_type(structure.primary)
    if coded == "av01" or (structure.brands[0] in ("avif", "avis") and coded not in ("hvc1", "hev1")):
        raise UnsupportedError("this is an AVIF photo, which is not handled; convert it to HEIC or JPEG")
    if coded not in ("hvc1", "hev1"):
        raise UnsupportedError(
            f"the main image is coded as {coded!r}, not as HEVC; convert it to HEIC or JPEG"
        )
    check_editable(structure)


def splice_auxiliary(structure: Structure, auxiliary: CodedAuxiliary) -> EditList:
    """Add the auxiliary image and, where it has any, its XMP. Raises UnsupportedError where that cannot be."""
    check_embeddable(structure)
    editor = Editor()
    image, *others = free_identifiers(structure, 2 if auxiliary.xmp else 1)
    xmp = others[0] if others else None
    _add_brand(structure, editor)
    entries = [NewEntry(image, "hvc1", "", "auxiliary image")]
    references = [NewReference("auxl", image, _masters(structure))]
    if xmp is not None:
        entries.append(NewEntry(xmp, "mime", XMP_TYPE, "XMP of the auxiliary image"))
        references.append(NewReference("cdsc", xmp, (image,)))
    add_items(structure, editor, entries)
    add_references(structure, editor, references)
    _add_properties(structure, editor, image, auxiliary)
    items = [NewItem(image, len(auxiliary.xmp), len(auxiliary.payload))]
    if xmp is not None:
        items.append(NewItem(xmp, 0, len(auxiliary.xmp)))
    content = auxiliary.xmp + auxiliary.payload
    payload = payload_at_end(structure, content, tuple(items), "the auxiliary image")
    return finish(structure, editor, payload=payload)


def brand_insertion(data: bytes, ftyp: Box) -> int | None:
    """Where in `ftyp` the brand goes: right after mif1, else at the end; None where it is there."""
    places = range(ftyp.body + 8, ftyp.stop - 3, 4)
    brands = [data[at : at + 4] for at in places]
    if BRAND.encode() in brands:
        return None
    return places[brands.index(b"mif1")] + 4 if b"mif1" in brands else ftyp.body + 8 + 4 * len(brands)


def _add_brand(structure: Structure, editor: Editor) -> None:
    at = brand_insertion(structure.data, structure.ftyp)
    if at is not None:
        editor.insert(at, BRAND.encode(), f"ftyp: brand {BRAND} added", structure.ftyp)


def _masters(structure: Structure) -> tuple[int, ...]:
    """What auxl points to: the primary, and the tone map where there is one."""
    table = structure.references
    others = [one.targets for one in table.entries if one.kind == "auxl"] if table else []
    with_tone_map = not others or any(len(targets) > 1 for targets in others)
    return (structure.primary, *(structure.tone_maps if with_tone_map else ()))


def _add_properties(structure: Structure, editor: Editor, image: int, auxiliary: CodedAuxiliary) -> None:
    """hvcC, ispe, the primary's own irot and imir, pixi, auxC: Apple's order.

    The primary's clap is not shared: in nilsh_imageio_output.heic, the only sample that has one, the map
    has none and covers the cropped picture.
    """
    table = structure.properties
    used = {index for links in table.by_item.values() for index, _ in links}
    known = {structure.bytes_of(table.properties[index - 1]): index for index in sorted(used, reverse=True)}
    count = len(table.properties)

    def index_of(kind: str, data: bytes) -> int:
        """An equal property in use, else a new one: an unused one may be left over from what was taken out."""
        nonlocal count
        if data not in known:
            count += 1
            known[data] = count
            around = (table.container, table.box, structure.meta)
            editor.insert(table.container.stop, data, f"ipco: {kind} added", *around)
        return known[data]

    turns = [
        link for link in table.by_item.get(structure.primary, ())
        if table.properties[link[0] - 1].kind in ("irot", "imir")
    ]  # fmt: skip
    links: list[Link] = [
        (index_of("hvcC", build_configuration(auxiliary.configuration)), True),
        (index_of("ispe", build_extent(auxiliary.width, auxiliary.height)), False),
        *turns,
        (index_of("pixi", build_channels(coded_bits(auxiliary.configuration))), False),
        (index_of("auxC", build_auxiliary(auxiliary.auxiliary_type, auxiliary.auxiliary_subtype)), True),
    ]
    _add_association(structure, editor, image, tuple(links))


def _add_association(structure: Structure, editor: Editor, image: int, links: tuple[Link, ...]) -> None:
    """One entry in the first ipma that can hold it (they are sorted by item), else an ipma of its own."""
    table = structure.properties
    largest = max(index for index, _ in links)
    if largest > MAX_WIDE_INDEX:
        raise UnsupportedError("the file's list of item properties is full")
    reason = f"ipma: properties of item {image} added"
    for one in table.tables:
        if one.entries and one.holds(image, largest):
            before = [entry.stop for entry in one.entries if entry.item < image]
            around = (one.box, table.box, structure.meta)
            editor.number(one.box.body + 4, 4, len(one.entries) + 1, "ipma: count of items")
            entry = build_association(image, links, one.version, one.flags)
            editor.insert(before[-1] if before else one.entries[0].start, entry, reason, *around)
            return
    version, flags = int(image > MAX_NARROW_ID), int(largest > NARROW_INDEX_MAX)
    data = build_associations([(image, links)], version, flags)
    editor.insert(table.box.stop, data, f"{reason} in a new box", table.box, structure.meta)


@dataclass(frozen=True, slots=True)
class UndoRecord:
    """What a splice changes that cannot be told from its result: 8 bytes and the ftyp box."""

    empty_references: bool
    """Whether there was an iref box without references."""
    widths: Widths
    """The field widths of iloc, which may have been rebuilt."""
    items: int
    """Checksum of all items' numbers and types: the record fits a file only while the others are the same."""
    ftyp: bytes

    @classmethod
    def of(cls, structure: Structure) -> UndoRecord:
        """The record of a file as it is."""
        references = structure.references
        return cls(
            references is not None and not references.entries,
            structure.locations.widths,
            items_checksum(structure, ()),
            structure.bytes_of(structure.ftyp),
        )

    @classmethod
    def parse(cls, data: bytes) -> UndoRecord | None:
        """From bytes; None where they are no record."""
        if not 24 <= len(data) <= 8 + 16 + MAX_BRANDS_BYTES or data[0] != 1 or data[1] > 1:
            return None
        (checksum,) = struct.unpack_from(">I", data, 4)
        return cls(bool(data[1]), Widths.parse(data[2:4]), checksum, data[8:])

    def build(self) -> bytes:
        """Version 1: flags, widths, checksum, ftyp."""
        head = struct.pack(">BB2sI", 1, self.empty_references, self.widths.build(), self.items)
        return head + self.ftyp


def items_checksum(structure: Structure, dropped: Collection[int]) -> int:
    """CRC-32 of the numbers and types of all items but the dropped ones, in order of number."""
    kept = sorted((one.identifier, one.type) for one in structure.items.entries.values())
    return zlib.crc32(repr([one for one in kept if one[0] not in dropped]).encode())
