"""Putting new items into the tables of a HEIF file, behind those that are there.

Knows: free numbers, entries and references of new items, the place of their data.
Must not know: what the items are for, item properties.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from authoring.containers.heif.box import build_box, build_full_box, fits
from authoring.containers.heif.editing import Editor, NewItem, Payload
from authoring.containers.heif.locations import IN_FILE
from authoring.containers.heif.meta import HIDDEN, build_item, build_reference
from authoring.containers.heif.structure import Structure
from authoring.errors import UnsupportedError

MAX_NARROW_ID = 0xFFFF
"""The largest identifier of 16 bits."""


class NewEntry(NamedTuple):
    """A hidden item to come."""

    item: int
    type: str
    content_type: str
    name: str
    """For the report, such as "XMP of the auxiliary image"."""


class NewReference(NamedTuple):
    """A reference to come."""

    kind: str
    source: int
    targets: tuple[int, ...]


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
    if largest + number <= (0xFFFFFFFF if wide else MAX_NARROW_ID):
        return tuple(range(largest + 1, largest + 1 + number))
    free = [one for one in range(1, MAX_NARROW_ID + 1) if one not in used][:number]
    if len(free) < number:
        raise UnsupportedError("the file has no free number for a new item")
    return tuple(free)


def add_items(structure: Structure, editor: Editor, entries: Sequence[NewEntry], difference: int = 0) -> None:
    """Entries at the end of `iinf`, and its count; `difference`: entries that come (or, negative, go) otherwise."""
    table = structure.items
    own = table.entries[structure.primary].version
    count = len(table.entries) + len(entries) + difference
    if count >= 1 << 8 * table.count_size:
        raise UnsupportedError("the file's list of items is full")
    if count != len(table.entries):
        editor.number(table.box.body + 4, table.count_size, count, "iinf: count of items")
    for one in entries:
        version = 3 if own == 3 or one.item > MAX_NARROW_ID else 2
        entry = build_item(one.item, one.type, HIDDEN, version, one.content_type)
        reason = f"iinf: {one.name} added as item {one.item}"
        editor.insert(table.box.stop, entry, reason, table.box, structure.meta)


def add_references(structure: Structure, editor: Editor, references: Sequence[NewReference]) -> None:
    """References at the end of `iref`; where there is none, in a new one behind `iinf`."""
    table = structure.references
    if not references:
        return
    largest = max(*(one.source for one in references), *structure.items.entries)
    version = table.version if table else int(largest > MAX_NARROW_ID)
    boxes = [build_reference(one.kind, one.source, one.targets, version) for one in references]
    if table is None:
        data = build_full_box("iref", version, 0, *boxes)
        editor.insert(structure.items.box.stop, data, "iref added with the references", structure.meta)
        return
    for one, data in zip(references, boxes, strict=True):
        editor.insert(table.box.stop, data, f"iref: {one.kind} added", table.box, structure.meta)


def payload_at_end(structure: Structure, content: bytes, items: tuple[NewItem, ...], name: str) -> Payload:
    """The data, called `name`, at the end of the last mdat that holds item data.

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
            return Payload(box.stop, content, f"mdat: data of {name} added", (box,), items)
    last = max((structure.meta, *boxes), key=lambda box: box.start)
    at = last.start if last.form == "rest" else last.stop
    mdat = build_box("mdat", content)
    header = len(mdat) - len(content)
    items = tuple(NewItem(one.item, header + one.ahead, one.length) for one in items)
    return Payload(at, mdat, f"mdat added with the data of {name}", (), items)
