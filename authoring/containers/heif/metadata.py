"""Replace, add or remove the photo's own Exif and XMP items.

Data is replaced where it is stored, in mdat or idat; what follows moves, and `iloc` with it. Shapes of new items:
pug.heic (item 50, Exif, and item 51, XMP).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from authoring.containers.edits import EditList, changes
from authoring.containers.heif.box import Box
from authoring.containers.heif.editing import (
    BoxEdit,
    ItemChanges,
    build_edits,
    check_editable,
    cut,
    finish,
)
from authoring.containers.heif.item_data import Ranges, total, union
from authoring.containers.heif.item_edits import (
    NewItem,
    add_references,
    cut_data,
    cut_references,
    edit_items,
    free_identifiers,
    own_ranges,
    payload_at_end,
)
from authoring.containers.heif.item_locations import ConstructionMethod
from authoring.containers.heif.items import XMP_TYPE
from authoring.containers.heif.photo_layout import TIFF_MARKS, exif_item, xmp_item
from authoring.containers.heif.structure import Structure
from authoring.errors import RefusedError, UnsupportedError

EXIF_HEADER = b"\0\0\0\6Exif\0\0"
"""What precedes the TIFF block in a new item: iPhones and Samsung write it so (all samples)."""


@dataclass(frozen=True, slots=True)
class _MetadataChange:
    """A block that is to change."""

    name: str
    type: str
    content_type: str
    item: int | None
    """The item that holds it; None if there is none."""
    content: bytes
    """What the item is to hold; empty to remove it."""


def replace_metadata(structure: Structure, exif: bytes | None, xmp: bytes | None) -> EditList:
    """Replace the blocks that are not None; see `ContainerFile.with_metadata`.

    Raises ValueError if `exif` is not a TIFF block, UnsupportedError if the file cannot be edited or the data
    is shared or in pieces, RefusedError where something depends on an item that is to be removed.
    """
    if exif and exif[:4] not in TIFF_MARKS:
        raise ValueError("an Exif block begins with a TIFF header")
    edits: list[BoxEdit] = []
    added: list[_MetadataChange] = []
    removed: list[int] = []
    rewritten: list[int] = []
    last_lengths: dict[int, int] = {}
    for block in _changes(structure, exif, xmp):
        if block.item is None:
            added += [block] if block.content else []
            continue
        _check_own_data(structure, block.name, block.item)
        if block.content:
            rewritten.append(block.item)
            edits += _rewrite(structure, block.name, block.item, block.content)
            if len(block.content) != structure.sizes[block.item]:
                *others, _ = structure.ranges(block.item)
                last_lengths[block.item] = len(block.content) - total(others)
        else:
            _check_removable(structure, block.name, block.item)
            removed.append(block.item)
    if not (added or removed or last_lengths):
        return build_edits(len(structure.data), edits)
    check_editable(structure)
    new = _new_items(structure, added)
    payload = payload_at_end(structure, new, " and ".join(item.name for item in new)) if new else None
    edits += [
        *edit_items(structure, new, removed),
        *add_references(structure, new),
        *cut_references(structure, removed, keep_empty=bool(new)),
        *cut_data(structure, removed, "data", payload.parents if payload else ()),
        *_cut_idat(structure, removed),
    ]
    return finish(structure, edits, ItemChanges(removed, rewritten, last_lengths), payload)


def _changes(structure: Structure, exif: bytes | None, xmp: bytes | None) -> Iterator[_MetadataChange]:
    if exif is not None:
        readable = exif_item(structure)
        item, header = None, EXIF_HEADER
        if readable:
            item, header = readable[0], structure.content(readable[0])[: readable[1]]
        yield _MetadataChange("Exif", "Exif", "", item, header + exif if exif else b"")
    if xmp is not None:
        yield _MetadataChange("XMP", "mime", XMP_TYPE, xmp_item(structure, structure.primary), xmp)


def _rewrite(structure: Structure, name: str, item: int, content: bytes) -> Iterator[BoxEdit]:
    """Replace the data of an item where it is stored; all but the last extent keep their length."""
    runs = structure.ranges(item)
    if total(runs) == len(content):
        yield from _rewrite_runs(structure, runs, content, f"{name}: changed in place")
        return
    entry = structure.locations.entries[item]
    fixed = total(runs[:-1])
    if (
        entry.method == ConstructionMethod.ITEM_OFFSET
        or not structure.locations.widths.length
        or len(entry.extents) != len(runs)
        or len(content) <= fixed
    ):
        raise UnsupportedError(
            f"the size of the photo's {name} (item {item}) cannot be changed: its data is in pieces, within another"
            " item, or without a stated length"
        )
    yield from _rewrite_runs(structure, runs[:-1], content[:fixed], f"{name}: replaced")
    start, stop = runs[-1]
    parents = _parents(structure, start, stop)
    for change in changes(start, structure.data[start:stop], content[fixed:], f"{name}: replaced"):
        yield BoxEdit(change.start, change.stop, change.data, change.reason, parents)


def _rewrite_runs(structure: Structure, runs: Ranges, content: bytes, reason: str) -> Iterator[BoxEdit]:
    position = 0
    for start, stop in runs:
        new = content[position : position + stop - start]
        position += stop - start
        for change in changes(start, structure.data[start:stop], new, reason):
            yield BoxEdit(change.start, change.stop, change.data, change.reason)


def _parents(structure: Structure, start: int, stop: int) -> tuple[Box, ...]:
    """Return the boxes that contain the data at [start, stop); none where that is neither in mdat nor in idat."""
    idat = structure.child("idat")
    if idat and idat.body <= start and stop <= idat.stop:
        return idat, structure.meta
    for box in structure.mdats:
        if box.body <= start and stop <= box.stop:
            return (box,)
    return ()


def _check_own_data(structure: Structure, name: str, item: int) -> None:
    """Raise UnsupportedError if the item's data is not its own, or is outside the boxes for data."""
    ranges = structure.ranges(item)
    own = own_ranges(structure, (item,))
    if own != union(ranges) or total(own) != structure.sizes[item]:
        raise UnsupportedError(f"the photo's {name} (item {item}) shares its data with other items")
    if not all(_parents(structure, start, stop) for start, stop in ranges):
        raise UnsupportedError(
            f"the photo's {name} (item {item}) is stored outside the boxes 'mdat' and 'idat'"
        )


def _check_removable(structure: Structure, name: str, item: int) -> None:
    """Raise RefusedError where something else depends on the item."""
    grouped = any(item in group.entities for group in structure.groups)
    if grouped or structure.incoming.get(item) or item in structure.properties.by_item:
        raise RefusedError(
            f"the photo's {name} (item {item}) has properties of its own or is referred to by other items;"
            " removing it would break them"
        )


def _new_items(structure: Structure, blocks: list[_MetadataChange]) -> list[NewItem]:
    """Return hidden items that describe the primary."""
    identifiers = free_identifiers(structure, len(blocks)) if blocks else ()
    return [
        NewItem(
            identifier,
            block.type,
            block.content_type,
            block.name,
            "cdsc",
            (structure.primary,),
            block.content,
        )
        for identifier, block in zip(identifiers, blocks, strict=True)
    ]


def _cut_idat(structure: Structure, removed: list[int]) -> Iterator[BoxEdit]:
    """Remove the bytes in idat that only removed items use."""
    idat = structure.child("idat")
    if idat:
        for start, stop in own_ranges(structure, removed):
            if idat.body <= start and stop <= idat.stop:
                yield cut(start, stop, "idat: data removed", idat, structure.meta)
