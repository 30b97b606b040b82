"""Add items to the tables of a HEIF file and remove items from them, with their references, properties and data."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from authoring.containers.heif.box import Box, build_box, build_full_box, fits
from authoring.containers.heif.editing import BoxEdit, NewData, Payload, cut, insert, set_number
from authoring.containers.heif.item_data import Ranges, difference, union
from authoring.containers.heif.item_locations import ConstructionMethod
from authoring.containers.heif.item_properties import Association, AssociationTable
from authoring.containers.heif.items import HIDDEN, build_item, build_reference
from authoring.containers.heif.structure import Structure
from authoring.errors import UnsupportedError

MAX_NARROW_ID = 0xFFFF
"""The largest identifier of 16 bits."""


@dataclass(frozen=True, slots=True)
class NewItem:
    """A hidden item to add."""

    identifier: int
    type: str
    content_type: str
    name: str
    """For the report, such as "XMP of the auxiliary image"."""
    reference: str
    """Kind of its reference to `targets`."""
    targets: tuple[int, ...]
    data: bytes


def free_identifiers(structure: Structure, number: int) -> tuple[int, ...]:
    """Return identifiers for new items: after the largest, or the lowest free ones where that would pass 16 bits.

    32-bit ones are only given where iloc and iref hold them already. Entity groups share the numbers: the
    group of aux_YCbCr.heic has the one after its last item.
    """
    used = {*structure.items.entries, *structure.locations.entries, *structure.properties.by_item}
    for group in structure.groups:
        used.update((group.identifier, *group.entities))
    for reference in structure.references.entries if structure.references else ():
        used.update((reference.source, *reference.targets))
    largest = max(used)
    references = structure.references
    wide = structure.locations.version == 2 and (references is None or references.version == 1)
    if largest + number <= (0xFFFFFFFF if wide else MAX_NARROW_ID):
        return tuple(range(largest + 1, largest + 1 + number))
    free = [item for item in range(1, MAX_NARROW_ID + 1) if item not in used][:number]
    if len(free) < number:
        raise UnsupportedError("the file has no free number for a new item")
    return tuple(free)


def edit_items(structure: Structure, added: Sequence[NewItem], removed: Collection[int]) -> Iterator[BoxEdit]:
    """Add entries at the end of `iinf`, remove others, and update its count."""
    table, meta = structure.items, structure.meta
    own_version = table.entries[structure.primary].version
    count = len(table.entries) + len(added) - len(removed)
    if count >= 1 << 8 * table.count_size:
        raise UnsupportedError("the file's list of items is full")
    if count != len(table.entries):
        yield set_number(table.box.body + 4, table.count_size, count, "iinf: count of items")
    for item in sorted(removed):
        box = table.entries[item].box
        yield cut(box.start, box.stop, f"iinf: item {item} removed", table.box, meta)
    for new in added:
        version = 3 if own_version == 3 or new.identifier > MAX_NARROW_ID else 2
        entry = build_item(new.identifier, new.type, HIDDEN, version, new.content_type)
        reason = f"iinf: {new.name} added as item {new.identifier}"
        yield insert(table.box.stop, entry, reason, table.box, meta)


def add_references(structure: Structure, items: Sequence[NewItem]) -> Iterator[BoxEdit]:
    """Add the references of new items at the end of `iref`, or in a new one after `iinf`."""
    if not items:
        return
    table, meta = structure.references, structure.meta
    largest = max(*(new.identifier for new in items), *structure.items.entries)
    version = table.version if table else int(largest > MAX_NARROW_ID)
    boxes = [build_reference(new.reference, new.identifier, new.targets, version) for new in items]
    if table is None:
        data = build_full_box("iref", version, 0, *boxes)
        yield insert(structure.items.box.stop, data, "iref added with the references", meta)
        return
    for new, data in zip(items, boxes, strict=True):
        yield insert(table.box.stop, data, f"iref: {new.reference} added", table.box, meta)


def cut_references(
    structure: Structure, removed: Collection[int], *, keep_empty: bool = False
) -> Iterator[BoxEdit]:
    """Remove references that come from a removed item or lead to nothing else, and single targets of others.

    `iref` is removed with its last reference unless `keep_empty`.
    """
    table, meta, gone = structure.references, structure.meta, frozenset(removed)
    if table is None:
        return
    dead = {
        reference.box
        for reference in table.entries
        if reference.source in gone or (reference.targets and gone.issuperset(reference.targets))
    }
    # Where a second iref follows, which readers ignore, removing the first would bring it into force.
    alone = sum(box.kind == "iref" for box in structure.children) == 1
    if dead and len(dead) == len(table.entries) and alone and not keep_empty:
        yield cut(table.box.start, table.box.stop, "iref: no reference is left", meta)
        return
    for reference in table.entries:
        box = reference.box
        reason = f"iref: {reference.kind} of item {reference.source} removed"
        if box in dead:
            yield cut(box.start, box.stop, reason, table.box, meta)
        elif not gone.isdisjoint(reference.targets):
            count = sum(target not in gone for target in reference.targets)
            yield set_number(box.body + table.id_size, 2, count, "iref: count of targets")
            start = box.body + table.id_size + 2
            for target in reference.targets:
                if target in gone:
                    stop = start + table.id_size
                    yield cut(start, stop, f"{reason} for item {target}", box, table.box, meta)
                start += table.id_size


def cut_properties(structure: Structure, removed: Collection[int]) -> Iterator[BoxEdit]:
    """Remove associations of removed items and the properties that only they used, and renumber what follows.

    Properties that nothing used before stay.
    """
    properties, parents = structure.properties, (structure.properties.box, structure.meta)
    kept = {index for item, links in properties.by_item.items() if item not in removed for index, _ in links}
    freed = sorted({index for item in removed for index, _ in properties.by_item.get(item, ())} - kept)
    for table in properties.tables:
        dead = [entry for entry in table.entries if entry.item in removed]
        if dead and len(dead) == len(table.entries):
            yield cut(table.box.start, table.box.stop, "ipma: no association is left in it", *parents)
            continue
        if dead:
            count = len(table.entries) - len(dead)
            yield set_number(table.box.body + 4, 4, count, "ipma: count of items")
        for entry in table.entries:
            if entry.item in removed:
                reason = f"ipma: properties of item {entry.item} removed"
                yield cut(entry.start, entry.stop, reason, table.box, *parents)
            else:
                yield from _renumber(structure.data, table, entry, freed)
    for index in freed:
        box = properties.properties[index - 1]
        reason = f"ipco: {box.kind} removed, which nothing uses any more"
        yield cut(box.start, box.stop, reason, properties.container, *parents)


def _renumber(
    data: bytes, table: AssociationTable, entry: Association, freed: Sequence[int]
) -> Iterator[BoxEdit]:
    """Lower the indices of an entry that follow removed properties (sorted); the entry keeps its length."""
    size, essential = (2, 0x8000) if table.flags & 1 else (1, 0x80)
    start = entry.start + (4 if table.version else 2) + 1
    new = bytearray()
    for at in range(start, entry.stop, size):
        value = int.from_bytes(data[at : at + size], "big")
        new += (value - bisect_left(freed, value % essential)).to_bytes(size, "big")
    if new != data[start : entry.stop]:
        yield BoxEdit(start, entry.stop, bytes(new), f"ipma: property indices of item {entry.item} lowered")


def cut_groups(structure: Structure, removed: Collection[int]) -> Iterator[BoxEdit]:
    """Remove items from entity groups; a group without entities is removed, and `grpl` with its last group."""
    grpl, meta, gone = structure.child("grpl"), structure.meta, frozenset(removed)
    if grpl is None:
        return
    dead = [group for group in structure.groups if group.entities and gone.issuperset(group.entities)]
    if dead and len(dead) == len(structure.groups):
        yield cut(grpl.start, grpl.stop, "grpl: no group is left", meta)
        return
    for group in structure.groups:
        box = group.box
        if group in dead:
            yield cut(box.start, box.stop, f"grpl: group {group.identifier} removed", grpl, meta)
        elif not gone.isdisjoint(group.entities):
            count = sum(entity not in gone for entity in group.entities)
            yield set_number(box.body + 8, 4, count, "grpl: count of entities")
            for number, entity in enumerate(group.entities):
                start = box.body + 12 + 4 * number
                if entity in gone:
                    yield cut(start, start + 4, f"grpl: item {entity} removed", box, grpl, meta)


def own_ranges(structure: Structure, items: Collection[int]) -> Ranges:
    """Return the bytes in the file that only these items use."""
    entries = structure.locations.entries
    return difference(
        (run for item in entries if item in items for run in structure.ranges(item)),
        (run for item in entries if item not in items for run in structure.ranges(item)),
    )


def cut_data(
    structure: Structure, removed: Collection[int], what: str, kept: Collection[Box] = ()
) -> Iterator[BoxEdit]:
    """Remove the bytes in mdat that only removed items use; an mdat without any other goes too, unless in `kept`."""
    freed = own_ranges(structure, removed)
    for box in structure.mdats:
        inside = union((max(start, box.body), min(stop, box.stop)) for start, stop in freed)
        if inside == ((box.body, box.stop),) and box not in kept:
            yield cut(box.start, box.stop, "mdat: nothing is left in it")
            continue
        for start, stop in inside:
            yield cut(start, stop, f"mdat: {what} removed", box)


def payload_at_end(structure: Structure, items: Sequence[NewItem], name: str) -> Payload:
    """Return the data of the items, in order and called `name`, at the end of the last mdat that holds item data.

    Where that mdat cannot grow, or there is none, a new one follows the last of meta and mdat: boxes that
    phones put at the end (motion photos, Samsung's trailer) are counted from the file's end and stay there.
    """
    content = b"".join(item.data for item in items)
    runs = [
        run
        for entry in structure.locations.entries.values()
        if entry.method == ConstructionMethod.FILE_OFFSET
        for run in structure.ranges(entry.item)
    ]
    holding = [box for box in structure.mdats if any(box.body <= start < box.stop for start, _ in runs)]
    if holding and fits(holding[-1], len(content)):
        box = holding[-1]
        if not any(start < box.stop < stop for start, stop in runs):
            reason = f"mdat: data of {name} added"
            return Payload(box.stop, content, reason, (box,), _new_data(items, 0))
    last = max((structure.meta, *structure.mdats), key=lambda box: box.start)
    at = last.start if last.form == "rest" else last.stop
    mdat = build_box("mdat", content)
    header = len(mdat) - len(content)
    return Payload(at, mdat, f"mdat added with the data of {name}", (), _new_data(items, header))


def _new_data(items: Sequence[NewItem], position: int) -> tuple[NewData, ...]:
    """Return where each item's data is in a payload where the first begins at `position`, by identifier."""
    placed = []
    for item in items:
        placed.append(NewData(item.identifier, position, len(item.data)))
        position += len(item.data)
    return tuple(sorted(placed, key=lambda new: new.item))
