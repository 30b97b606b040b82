"""Complete the edits of a HEIF file: adjust box sizes to their content, and `iloc` to the data."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

from authoring.containers.edits import EditList, Replacement
from authoring.containers.heif.box import Box, resize
from authoring.containers.heif.item_locations import (
    ConstructionMethod,
    Location,
    Widths,
    build_location,
    build_locations,
    new_location,
    relocate,
)
from authoring.containers.heif.structure import Structure
from authoring.errors import UnsupportedError


@dataclass(frozen=True, slots=True)
class BoxEdit:
    """Source bytes [start, stop), inside all of `parents`, to be replaced by `data`; the parents change size with it.

    In a list of edits the order counts at one offset: what goes into an inner box before what goes after that box.
    """

    start: int
    stop: int
    data: bytes
    reason: str
    parents: tuple[Box, ...] = ()


def insert(at: int, data: bytes, reason: str, *parents: Box) -> BoxEdit:
    """Return the edit that inserts `data` before the source byte `at`."""
    return BoxEdit(at, at, data, reason, parents)


def cut(start: int, stop: int, reason: str, *parents: Box) -> BoxEdit:
    """Return the edit that removes the source bytes [start, stop)."""
    return BoxEdit(start, stop, b"", reason, parents)


def set_number(at: int, size: int, value: int, reason: str) -> BoxEdit:
    """Return the edit of an unsigned field of `size` bytes. Raises OverflowError if the value does not fit."""
    return BoxEdit(at, at + size, value.to_bytes(size, "big"), reason)


def new_offsets(edits: Iterable[BoxEdit]) -> Callable[[int], int | None]:
    """Return the function from a source offset to where in the result begins what begins there.

    Insertions at the offset come before it. What is replaced from its first byte on still begins there,
    unlike in `EditList.new_offset`. None within a run that changes its length.
    """
    ordered = sorted((edit.start, edit.stop, len(edit.data)) for edit in edits)
    runs = [(start, stop) for start, stop, _ in ordered]
    growth = [size - (stop - start) for start, stop, size in ordered]
    total = [0, *accumulate(growth)]

    def new_offset(old: int) -> int | None:
        number = bisect_right(runs, (old, old))
        if number and runs[number - 1][1] > old and growth[number - 1]:
            return None
        return old + total[number]

    return new_offset


def build_edits(source_size: int, edits: Sequence[BoxEdit]) -> EditList:
    """Return the edit list, with the size field of every box that changes its length."""
    growth: dict[Box, int] = {}
    for edit in edits:
        for box in edit.parents:
            growth[box] = growth.get(box, 0) + len(edit.data) - (edit.stop - edit.start)
    replacements = [Replacement(edit.start, edit.stop, edit.data, edit.reason) for edit in edits]
    sizes = [resize(box, change) for box, change in growth.items() if change]
    return EditList.of(source_size, [*replacements, *(size for size in sizes if size)])


@dataclass(frozen=True, slots=True)
class NewData:
    """A new item's data: `length` bytes, from `position` in the payload that holds it."""

    item: int
    position: int
    length: int


@dataclass(frozen=True, slots=True)
class Payload:
    """Bytes with the data of new items, inserted before the source byte `at` inside the boxes `parents`."""

    at: int
    data: bytes
    reason: str
    parents: tuple[Box, ...]
    items: tuple[NewData, ...]


@dataclass(frozen=True, slots=True)
class ItemChanges:
    """What becomes of the items that are there."""

    removed: Collection[int] = ()
    rewritten: Collection[int] = ()
    """Those whose data other edits replace."""
    last_lengths: Mapping[int, int] = field(default_factory=dict)
    """New lengths of the last extent of those whose size changes."""


def check_editable(structure: Structure) -> None:
    """Raise UnsupportedError if the file has offsets or sizes that cannot be updated."""
    table = structure.locations
    if any(box.kind in ("moov", "moof") for box in structure.boxes):
        raise UnsupportedError("the file also holds a video or image sequence, which is not handled")
    if any(entry.data_reference for entry in table.entries.values()):
        raise UnsupportedError("some of the photo's data is in another file, which is not handled")
    in_file = any(entry.method == ConstructionMethod.FILE_OFFSET for entry in table.entries.values())
    if in_file and not table.widths.length:
        raise UnsupportedError(
            "an item's data runs to the end of the file, so nothing can be added or removed"
        )
    inner = [*structure.children, *structure.items.children]
    inner += [*structure.properties.children, *structure.properties.properties]
    inner += [reference.box for reference in structure.references.entries] if structure.references else []
    inner += [group.box for group in structure.groups]
    if any(box.form == "rest" for box in inner):
        raise UnsupportedError("a box inside 'meta' states no size, so nothing can be put after it")


def finish(
    structure: Structure, edits: Sequence[BoxEdit], item_changes: ItemChanges, payload: Payload | None = None
) -> EditList:
    """Return the complete edit, `iloc` updated field by field, or rebuilt where its fields are too narrow.

    Raises UnsupportedError if the data of another item would be changed or nothing fits.
    """
    own = structure.locations.widths
    for widths in (own, own.wide()):
        try:
            # The first pass has every edit in its final length; the second has the offsets that follow from them.
            sized = _with_locations(structure, edits, item_changes, widths, payload, None)
            final = _with_locations(structure, edits, item_changes, widths, payload, new_offsets(sized))
        except OverflowError:
            continue
        edit_list = build_edits(len(structure.data), final)
        _check_intact(structure, edit_list, {*item_changes.removed, *item_changes.rewritten})
        return edit_list
    raise UnsupportedError("the new places of the data do not fit the item locations (box 'iloc')")


def _with_locations(
    structure: Structure,
    edits: Sequence[BoxEdit],
    item_changes: ItemChanges,
    widths: Widths,
    payload: Payload | None,
    new_offset: Callable[[int], int | None] | None,
) -> list[BoxEdit]:
    """Return the edits with those of `iloc` and the payload; without `new_offset` all offsets stay."""
    table = structure.locations
    entries = [entry for entry in table.entries.values() if entry.item not in item_changes.removed]
    added: list[Location] = []
    if payload:
        start = _payload_start(payload, new_offset) if new_offset else 0
        added = [new_location(new.item, start + new.position, new.length, widths) for new in payload.items]
    if new_offset:
        origins = _origins(structure, new_offset)
        entries = [relocate(entry, widths, new_offset, origins) for entry in entries]
    entries = [_with_last_length(entry, item_changes.last_lengths.get(entry.item)) for entry in entries]
    if widths != table.widths:
        rows = [_with_stated_lengths(structure, entry) for entry in entries]
        reason = f"iloc: rebuilt with {widths.offset}-byte offsets"
        body = build_locations([*rows, *added], table.version, widths)
        locations = [BoxEdit(table.body, table.stop, body, reason, (table.box, structure.meta))]
    else:
        locations = _location_edits(structure, item_changes, entries, added)
    # Last of all: where meta ends with iloc and a new mdat follows it, both go to one offset.
    last = [insert(payload.at, payload.data, payload.reason, *payload.parents)] if payload else []
    return [*edits, *locations, *last]


def _payload_start(payload: Payload, new_offset: Callable[[int], int | None]) -> int:
    """Return where the payload begins: it is the last insertion at its offset, so it ends where that source byte is."""
    end = new_offset(payload.at)
    assert end is not None
    return end - len(payload.data)


def _origins(
    structure: Structure, new_offset: Callable[[int], int | None]
) -> dict[ConstructionMethod, tuple[int, int]]:
    """Return where the offsets of each construction method count from, before and after."""
    origins = {ConstructionMethod.FILE_OFFSET: (0, 0)}
    idat = structure.child("idat")
    if idat:
        # The last byte of the box's header stays; new data may be inserted right after it.
        header_end = new_offset(idat.body - 1)
        assert header_end is not None
        origins[ConstructionMethod.IDAT_OFFSET] = (idat.body, header_end + 1)
    return origins


def _with_last_length(entry: Location, length: int | None) -> Location:
    if length is None:
        return entry
    *others, last = entry.extents
    return replace(entry, extents=(*others, replace(last, length=length)))


def _with_stated_lengths(structure: Structure, entry: Location) -> Location:
    """Return the entry for a table that states lengths; the file's own may leave them out."""
    if structure.locations.widths.length:
        return entry
    lengths = structure.item_data.lengths(entry.item)
    extents = [replace(extent, length=size) for extent, size in zip(entry.extents, lengths, strict=True)]
    return replace(entry, extents=tuple(extents))


def _location_edits(
    structure: Structure, item_changes: ItemChanges, entries: list[Location], added: list[Location]
) -> list[BoxEdit]:
    """Return the edits that remove entries, change each field that differs, and add entries."""
    table, meta = structure.locations, structure.meta
    edits = []
    count = len(entries) + len(added)
    if count != len(table.entries):
        edits.append(set_number(table.body + 2, table.count_size, count, "iloc: count of items"))
    for item in item_changes.removed:
        if item in table.entries:
            old = table.entries[item]
            edits.append(cut(old.start, old.stop, f"iloc: item {item} removed", table.box, meta))
    for entry in entries:
        old = table.entries[entry.item]
        reason = f"iloc: offset of item {entry.item} re-based"
        if entry.base != old.base:
            edits.append(set_number(old.base_position, table.widths.base, entry.base, reason))
        for before, after in zip(old.extents, entry.extents, strict=True):
            if after.offset != before.offset:
                edits.append(set_number(before.position, table.widths.offset, after.offset, reason))
            if after.length != before.length:
                at = before.position + table.widths.offset
                reason_of_length = f"iloc: length of item {entry.item}"
                edits.append(set_number(at, table.widths.length, after.length, reason_of_length))
    for entry in added:
        row = build_location(entry, table.version, table.widths)
        edits.append(insert(table.stop, row, f"iloc: item {entry.item} added", table.box, meta))
    return edits


def _check_intact(structure: Structure, edits: EditList, changed: Collection[int]) -> None:
    """Raise UnsupportedError unless each run of each item but the changed ones is in one kept run."""
    for item in structure.locations.entries:
        if item in changed:
            continue
        if not all(edits.keeps(start, stop) for start, stop in structure.ranges(item)):
            raise UnsupportedError(
                f"the data of item {item} overlaps what has to change, so the file cannot be edited"
            )
