"""Collect edits of a HEIF file and complete them: box sizes follow their content, `iloc` follows the data."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from itertools import accumulate

from authoring.containers.edits import EditList, Replacement, changes
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


class Editor:
    """Collect replacements; each names the boxes that contain it, whose sizes it changes."""

    def __init__(self, data: bytes) -> None:
        """Start without edits of the file `data`."""
        self._data = data
        self._replacements: list[Replacement] = []
        self._growth: dict[Box, int] = {}

    def copy(self) -> Editor:
        """Return an editor that continues from here independently."""
        other = Editor(self._data)
        other._replacements = self._replacements.copy()
        other._growth = self._growth.copy()
        return other

    def replace(self, start: int, stop: int, data: bytes, reason: str, *parents: Box) -> None:
        """Replace the source bytes [start, stop), which are inside all of `parents`, by `data`.

        At one offset the order of calls counts: what goes into an inner box before what goes after that box.
        """
        self._replacements.append(Replacement(start, stop, data, reason))
        for box in parents:
            self._growth[box] = self._growth.get(box, 0) + len(data) - (stop - start)

    def insert(self, at: int, data: bytes, reason: str, *parents: Box) -> None:
        """Insert `data` before the source byte `at`."""
        self.replace(at, at, data, reason, *parents)

    def cut(self, start: int, stop: int, reason: str, *parents: Box) -> None:
        """Remove the source bytes [start, stop)."""
        self.replace(start, stop, b"", reason, *parents)

    def change(self, start: int, stop: int, data: bytes, reason: str, *parents: Box) -> None:
        """Turn the block [start, stop) into `data`, replacing few of its bytes."""
        for hunk in changes(start, self._data[start:stop], data, reason):
            self.replace(hunk.start, hunk.stop, hunk.data, reason, *parents)

    def number(self, at: int, size: int, value: int, reason: str) -> None:
        """Write an unsigned field of `size` bytes. Raises OverflowError where the value does not fit."""
        self.replace(at, at + size, value.to_bytes(size, "big"), reason)

    def new_offsets(self) -> Callable[[int], int | None]:
        """Return the function from a source offset to where in the result begins what begins there.

        Insertions at the offset come before it. What is replaced from its first byte on still begins there,
        unlike in `EditList.new_offset`. None within a run that changes its length.
        """
        ordered = sorted((edit.start, edit.stop, len(edit.data)) for edit in self._replacements)
        runs = [(start, stop) for start, stop, _ in ordered]
        growth = [size - (stop - start) for start, stop, size in ordered]
        total = [0, *accumulate(growth)]

        def new_offset(old: int) -> int | None:
            number = bisect_right(runs, (old, old))
            if number and runs[number - 1][1] > old and growth[number - 1]:
                return None
            return old + total[number]

        return new_offset

    def build(self) -> EditList:
        """Return the edit list, with the size field of every box that changes its length."""
        sizes = [resize(box, growth) for box, growth in self._growth.items() if growth]
        return EditList.of(len(self._data), [*self._replacements, *(size for size in sizes if size)])


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
    """Those whose data the editor replaces."""
    last_lengths: Mapping[int, int] = field(default_factory=dict)
    """New lengths of the last extent of those whose size changes."""


def check_editable(structure: Structure) -> None:
    """Raise UnsupportedError where the file has offsets or sizes that cannot be updated."""
    table = structure.locations
    if any(box.kind in ("moov", "moof") for box in structure.boxes):
        raise UnsupportedError(
            "the file holds a video or image sequence beside the photo, which is not handled"
        )
    if any(entry.data_reference for entry in table.entries.values()):
        raise UnsupportedError("some of the photo's data lies in another file, which is not handled")
    in_file = any(entry.method == ConstructionMethod.FILE_OFFSET for entry in table.entries.values())
    if in_file and not table.widths.length:
        raise UnsupportedError(
            "an item's data runs to the end of the file, so nothing can be added or taken out"
        )
    inner = [*structure.children, *structure.items.children]
    inner += [*structure.properties.children, *structure.properties.properties]
    inner += [reference.box for reference in structure.references.entries] if structure.references else []
    inner += [group.box for group in structure.groups]
    if any(box.form == "rest" for box in inner):
        raise UnsupportedError("a box inside 'meta' states no size, so nothing can be put after it")


def finish(
    structure: Structure,
    editor: Editor,
    item_changes: ItemChanges,
    payload: Payload | None = None,
) -> EditList:
    """Return the complete edit, `iloc` updated field by field, or rebuilt where its fields are too narrow.

    Raises UnsupportedError where the data of another item would be changed or nothing fits.
    """
    own = structure.locations.widths
    for widths in (own, own.wide()):
        try:
            # The first pass has every edit in its final length; the second has the offsets that follow from them.
            sized = _with_locations(structure, editor, item_changes, widths, payload, None)
            edits = _with_locations(
                structure, editor, item_changes, widths, payload, sized.new_offsets()
            ).build()
        except OverflowError:
            continue
        _check_intact(structure, edits, {*item_changes.removed, *item_changes.rewritten})
        return edits
    raise UnsupportedError("the new places of the data do not fit the item locations (box 'iloc')")


def _with_locations(
    structure: Structure,
    editor: Editor,
    item_changes: ItemChanges,
    widths: Widths,
    payload: Payload | None,
    new_offset: Callable[[int], int | None] | None,
) -> Editor:
    """Return the editor with the edits of `iloc` and the payload; without `new_offset` all offsets stay."""
    editor = editor.copy()
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
        editor.replace(table.body, table.stop, body, reason, table.box, structure.meta)
    else:
        _change_locations(structure, editor, item_changes, entries, added)
    if payload:
        # Last of all: where meta ends with iloc and a new mdat follows it, both go to one offset.
        editor.insert(payload.at, payload.data, payload.reason, *payload.parents)
    return editor


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


def _change_locations(
    structure: Structure,
    editor: Editor,
    item_changes: ItemChanges,
    entries: list[Location],
    added: list[Location],
) -> None:
    """Remove entries, change each field that differs, add entries."""
    table, meta = structure.locations, structure.meta
    count = len(entries) + len(added)
    if count != len(table.entries):
        editor.number(table.body + 2, table.count_size, count, "iloc: count of items")
    for item in item_changes.removed:
        if item in table.entries:
            old = table.entries[item]
            editor.cut(old.start, old.stop, f"iloc: item {item} taken out", table.box, meta)
    for entry in entries:
        old = table.entries[entry.item]
        reason = f"iloc: offset of item {entry.item} re-based"
        if entry.base != old.base:
            editor.number(old.base_position, table.widths.base, entry.base, reason)
        for before, after in zip(old.extents, entry.extents, strict=True):
            if after.offset != before.offset:
                editor.number(before.position, table.widths.offset, after.offset, reason)
            if after.length != before.length:
                at = before.position + table.widths.offset
                editor.number(at, table.widths.length, after.length, f"iloc: length of item {entry.item}")
    for entry in added:
        row = build_location(entry, table.version, table.widths)
        editor.insert(table.stop, row, f"iloc: item {entry.item} added", table.box, meta)


def _check_intact(structure: Structure, edits: EditList, changed: Collection[int]) -> None:
    """Raise UnsupportedError unless each run of each item but the changed ones is in one kept run."""
    for item in structure.locations.entries:
        if item in changed:
            continue
        if not all(edits.keeps(start, stop) for start, stop in structure.ranges(item)):
            raise UnsupportedError(
                f"the data of item {item} overlaps what has to change, so the file cannot be edited"
            )
