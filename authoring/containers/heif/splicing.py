"""Adding an auxiliary image to a HEIF file, laid out as an iPhone lays out its depth item.

Knows: the item, property, reference and brand an auxiliary image needs, and where its bytes go.
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
from authoring.containers.heif.box import Box, build_box, build_full_box, fits
from authoring.containers.heif.editing import Editor, NewItem, Payload, check_editable, finish
from authoring.containers.heif.locations import IN_FILE, Widths
from authoring.containers.heif.meta import HIDDEN, XMP_TYPE, build_item, build_reference
from authoring.containers.heif.properties import (
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
from authoring.containers.heif.structure import MAX_BRANDS_BYTES, Structure
from authoring.errors import UnsupportedError

BRAND = "MiHE"
"""MIAF HEVC extended: all iPhone files with a 4:0:0 item name it, after `mif1` (pug, openize, fidmaa)."""
MAX_WIDE_INDEX = 0x7FFF
"""The largest property index a 2-byte association holds."""
_MAX_NARROW_ID = 0xFFFF


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


def free_identifiers(structure: Structure, number: int) -> tuple[int, ...]:
    """Identifiers for new items: after the largest, or the lowest free ones where that would pass 16 bits.

    32-bit ones are only given where iloc and iref hold them already. Entity groups share the numbers: the
    group of aux_YCbCr.heic has the one after its last item.
    """
    used = set(structure.items.entries)
    used.update(entry.item for entry in structure.locations.entries)
    used.update(structure.properties.by_item)
    used.update(group.identifier for group in structure.groups)
    used.update(entity for group in structure.groups for entity in group.entities)
    for reference in structure.references.entries if structure.references else ():
        used.update((reference.source, *reference.targets))
    largest = max(used)
    references = structure.references
    wide = structure.locations.version == 2 and (references is None or references.version == 1)
    if largest + number <= (0xFFFFFFFF if wide else _MAX_NARROW_ID):
        return tuple(range(largest + 1, largest + 1 + number))
    free = [one for one in range(1, _MAX_NARROW_ID + 1) if one not in used][:number]
    if len(free) < number:
        raise UnsupportedError("the file has no free item number for an auxiliary image")
    return tuple(free)


def splice_auxiliary(structure: Structure, auxiliary: CodedAuxiliary) -> EditList:
    """Add the auxiliary image and, where it has any, its XMP. Raises UnsupportedError where that cannot be."""
    check_embeddable(structure)
    editor = Editor()
    image, *others = free_identifiers(structure, 2 if auxiliary.xmp else 1)
    xmp = others[0] if others else None
    _add_brand(structure, editor)
    _add_items(structure, editor, image, xmp)
    _add_references(structure, editor, image, xmp)
    _add_properties(structure, editor, image, auxiliary)
    items = [NewItem(image, len(auxiliary.xmp), len(auxiliary.payload))]
    if xmp is not None:
        items.append(NewItem(xmp, 0, len(auxiliary.xmp)))
    payload = _payload(structure, auxiliary.xmp + auxiliary.payload, tuple(items))
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


def _add_items(structure: Structure, editor: Editor, image: int, xmp: int | None) -> None:
    table = structure.items
    own = table.entries[structure.primary].version
    around = (table.box, structure.meta)

    def add(identifier: int, kind: str, content_type: str, reason: str) -> None:
        version = 3 if own == 3 or identifier > _MAX_NARROW_ID else 2
        entry = build_item(identifier, kind, HIDDEN, version, content_type)
        editor.insert(table.box.stop, entry, reason, *around)

    count = len(table.entries) + 1 + (xmp is not None)
    if count >= 1 << 8 * table.count_size:
        raise UnsupportedError("the file's list of items is full")
    editor.number(table.box.body + 4, table.count_size, count, "iinf: count of items")
    add(image, "hvc1", "", f"iinf: auxiliary image added as item {image}")
    if xmp is not None:
        add(xmp, "mime", XMP_TYPE, f"iinf: XMP of the auxiliary image added as item {xmp}")


def _add_references(structure: Structure, editor: Editor, image: int, xmp: int | None) -> None:
    """Auxl to the primary, and to the tone map where there is one; cdsc from the XMP to the image."""
    table = structure.references
    version = table.version if table else int(max(image, xmp or 0, *structure.items.entries) > _MAX_NARROW_ID)
    others = [one.targets for one in table.entries if one.kind == "auxl"] if table else []
    with_tone_map = not others or any(len(targets) > 1 for targets in others)
    masters = (structure.primary, *(structure.tone_maps if with_tone_map else ()))
    boxes = [("auxl", build_reference("auxl", image, masters, version))]
    if xmp is not None:
        boxes.append(("cdsc", build_reference("cdsc", xmp, (image,), version)))
    if table is None:
        data = build_full_box("iref", version, 0, *(data for _, data in boxes))
        editor.insert(structure.items.box.stop, data, "iref added with the references", structure.meta)
        return
    for kind, data in boxes:
        editor.insert(table.box.stop, data, f"iref: {kind} added", table.box, structure.meta)


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
    version, flags = int(image > _MAX_NARROW_ID), int(largest > NARROW_INDEX_MAX)
    data = build_associations([(image, links)], version, flags)
    editor.insert(table.box.stop, data, f"{reason} in a new box", table.box, structure.meta)


def _payload(structure: Structure, content: bytes, items: tuple[NewItem, ...]) -> Payload:
    """The data at the end of the last mdat that holds item data.

    Where that mdat cannot grow, or there is none, a new one follows the last of meta and mdat: boxes that
    phones put at the end (motion photos, Samsung's trailer) are counted from the file's end and stay there.
    """
    runs = [
        run
        for entry in structure.locations.entries
        if entry.method == IN_FILE
        for run in structure.ranges(entry.item)
    ]
    boxes = [box for box in structure.boxes if box.kind == "mdat"]
    holding = [box for box in boxes if any(box.body <= start < box.stop for start, _ in runs)]
    if holding and fits(holding[-1], len(content)):
        box = holding[-1]
        if not any(start < box.stop < stop for start, stop in runs):
            return Payload(box.stop, content, "mdat: data of the auxiliary image added", (box,), items)
    last = max((structure.meta, *boxes), key=lambda box: box.start)
    at = last.start if last.form == "rest" else last.stop
    mdat = build_box("mdat", content)
    header = len(mdat) - len(content)
    items = tuple(NewItem(one.item, header + one.ahead, one.length) for one in items)
    return Payload(at, mdat, "mdat added with the data of the auxiliary image", (), items)


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
