"""Edits of the tables in `meta`, collected, sized and re-based in the end.

Knows: that a box's size field follows its content, and that iloc's absolute offsets follow the data.
Must not know: which items come or go, or why.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from itertools import accumulate

from authoring.containers.edits import EditList, Keep, Replacement
from authoring.containers.heif.box import Box, resized
from authoring.containers.heif.locations import (
    IN_FILE,
    IN_IDAT,
    Location,
    Widths,
    build_location,
    build_locations,
    new_location,
    relocated,
)
from authoring.containers.heif.structure import Structure
from authoring.errors import UnsupportedError


class Editor:
    """Collects replacements; each names the boxes around it, whose sizes it changes."""

    def __init__(self) -> None:
        """Nothing to do yet."""
        self._replacements: list[Replacement] = []
        self._growth: dict[Box, int] = {}

    def copy(self) -> Editor:
        """An editor that goes on from here on its own."""
        other = Editor()
        other._replacements = self._replacements.copy()
        other._growth = self._growth.copy()
        return other

    def replace(self, start: int, stop: int, data: bytes, reason: str, *around: Box) -> None:
        """Put `data` for the source bytes [start, stop), all inside the boxes `around`.

        At one offset the order of calls counts: what goes into an inner box before what goes after that box.
        """
        self._replacements.append(Replacement(start, stop, data, reason))
        for box in around:
            self._growth[box] = self._growth.get(box, 0) + len(data) - (stop - start)

    def insert(self, at: int, data: bytes, reason: str, *around: Box) -> None:
        """Put `data` before the source byte `at`."""
        self.replace(at, at, data, reason, *around)

    def cut(self, start: int, stop: int, reason: str, *around: Box) -> None:
        """Take the source bytes [start, stop) out."""
        self.replace(start, stop, b"", reason, *around)

    def number(self, at: int, size: int, value: int, reason: str) -> None:
        """Write an unsigned field of `size` bytes. Raises OverflowError where the value does not fit."""
        self.replace(at, at + size, value.to_bytes(size, "big"), reason)

    def moves(self) -> Callable[[int], int | None]:
        """The function that tells where what begins at a source offset begins in the result.

        Insertions at the offset come before it. What is replaced from its first byte on still begins there,
        unlike in `EditList.new_offset`. None within a run that changes its length.
        """
        ordered = sorted((one.start, one.stop, len(one.data)) for one in self._replacements)
        keys = [(start, stop) for start, stop, _ in ordered]
        growth = [size - (stop - start) for start, stop, size in ordered]
        total = [0, *accumulate(growth)]

        def moved(old: int) -> int | None:
            number = bisect_right(keys, (old, old))
            if number and keys[number - 1][1] > old and growth[number - 1]:
                return None
            return old + total[number]

        return moved

    @property
    def replacements(self) -> tuple[Replacement, ...]:
        """What is collected so far, without size fields."""
        return tuple(self._replacements)

    def build(self, source_size: int) -> EditList:
        """The list, with the size field of every box that grew or shrank."""
        sizes = [resized(box, growth) for box, growth in self._growth.items()]
        return EditList.of(source_size, self._replacements + [one for one in sizes if one is not None])


@dataclass(frozen=True, slots=True)
class NewItem:
    """A new item's data: `length` bytes, `ahead` bytes into the payload that brings it."""

    item: int
    ahead: int
    length: int


@dataclass(frozen=True, slots=True)
class Payload:
    """The bytes that bring new items' data, put before the source byte `at` inside the boxes `around`."""

    at: int
    data: bytes
    reason: str
    around: tuple[Box, ...]
    items: tuple[NewItem, ...]


def check_editable(structure: Structure) -> None:
    """Raise UnsupportedError where the file has offsets or sizes that cannot be followed."""
    table = structure.locations
    if any(box.kind in ("moov", "moof") for box in structure.boxes):
        raise UnsupportedError(
            "the file holds an image sequence or film beside the photo, which is not handled"
        )
    if any(entry.data_reference for entry in table.entries):
        raise UnsupportedError("some of the photo's data lies in another file, which is not handled")
    if not table.widths.length and any(entry.method == IN_FILE for entry in table.entries):
        raise UnsupportedError(
            "an item's data runs to the end of the file, so nothing can be added or taken out"
        )
    inner = [*structure.children, *structure.items.children]
    inner += [*structure.properties.children, *structure.properties.properties]
    inner += [one.box for one in structure.references.entries] if structure.references else []
    inner += [one.box for one in structure.groups]
    if any(box.form == "rest" for box in inner):
        raise UnsupportedError("a box inside 'meta' states no size, so nothing can be put after it")


@dataclass(frozen=True, slots=True)
class Changes:
    """What becomes of the items that are there."""

    dropped: Collection[int] = ()
    changed: Collection[int] = ()
    """Those whose data the editor replaces."""
    lengths: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    """New lengths of each extent of those whose size changes."""
    restored: int = 0
    """Entries of iloc that the editor puts in as they are to be."""


def finish(
    structure: Structure,
    editor: Editor,
    *,
    payload: Payload | None = None,
    changes: Changes | None = None,
    widths: Widths | None = None,
) -> EditList:
    """The whole edit: with `iloc` brought up to date, in place where its fields are wide enough.

    `widths` asks for other field widths than the file has; they are used if everything fits. Raises
    UnsupportedError where the data of another item would be changed or nothing fits.
    """
    own = structure.locations.widths
    changes = changes or Changes()
    size = len(structure.data)
    for wanted in dict.fromkeys((widths or own, own, own.wide())):
        try:
            draft = _with_locations(structure, editor, changes, wanted, payload, None)
            edits = _with_locations(structure, editor, changes, wanted, payload, draft).build(size)
        except OverflowError:
            continue
        _check_intact(structure, edits, {*changes.dropped, *changes.changed})
        return edits
    raise UnsupportedError("the new places of the data do not fit the item locations (box 'iloc')")


def _with_locations(
    structure: Structure,
    editor: Editor,
    changes: Changes,
    widths: Widths,
    payload: Payload | None,
    draft: Editor | None,
) -> Editor:
    """One pass over `iloc`: with no draft the offsets are stand-ins of the right length, else final."""
    editor = editor.copy()
    table = structure.locations
    fresh: list[Location] = []
    if payload:
        place = _place_of(payload.data, draft.build(len(structure.data))) if draft else 0
        fresh = [new_location(one.item, place + one.ahead, one.length, widths) for one in payload.items]
    kept = [entry for entry in table.entries if entry.item not in changes.dropped]
    moved = _moved(structure, kept, widths, draft) if draft else kept
    moved = [_with_lengths(entry, changes.lengths.get(entry.item)) for entry in moved]
    meta = structure.meta
    if widths != table.widths:
        rows = [_in_widths(structure, entry, widths) for entry in moved]
        reason = f"iloc: rebuilt with {widths.offset}-byte offsets"
        body = build_locations([*rows, *fresh], table.version, widths)
        editor.replace(table.widths_at, table.stop, body, reason, table.box, meta)
    else:
        _change_locations(structure, editor, changes, moved, fresh)
    if payload:
        # Last of all: where meta ends with iloc and a new mdat follows it, both go to one offset.
        editor.insert(payload.at, payload.data, payload.reason, *payload.around)
    return editor


def _moved(structure: Structure, entries: list[Location], widths: Widths, draft: Editor) -> list[Location]:
    """The entries as their offsets are after the edits; those into idat count from its body."""
    moves = draft.moves()
    origins = {IN_FILE: (0, 0)}
    idat = structure.child("idat")
    if idat:
        # The byte ahead of the body is of the box's header, which stays; new data may come right behind it.
        header_end = moves(idat.body - 1)
        assert header_end is not None
        origins[IN_IDAT] = (idat.body, header_end + 1)
    return [relocated(entry, widths, moves, origins) for entry in entries]


def _with_lengths(entry: Location, lengths: tuple[int, ...] | None) -> Location:
    if lengths is None:
        return entry
    pairs = zip(entry.extents, lengths, strict=True)
    return entry._replace(extents=tuple(one._replace(length=length) for one, length in pairs))


def _change_locations(
    structure: Structure,
    editor: Editor,
    changes: Changes,
    moved: list[Location],
    fresh: list[Location],
) -> None:
    """Entries out, fields changed, entries in: each field by itself."""
    table, meta = structure.locations, structure.meta
    count = len(moved) + len(fresh) + changes.restored
    if count != len(table.entries):
        editor.number(table.widths_at + 2, table.count_size, count, "iloc: count of items")
    kept = []
    for entry in table.entries:
        if entry.item in changes.dropped:
            editor.cut(entry.start, entry.stop, f"iloc: item {entry.item} taken out", table.box, meta)
        else:
            kept.append(entry)
    for old, new in zip(kept, moved, strict=True):
        reason = f"iloc: offset of item {old.item} re-based"
        if old.base != new.base:
            editor.number(table.base_at(old), table.widths.base, new.base, reason)
        for number, (before, after) in enumerate(zip(old.extents, new.extents, strict=True)):
            if before.offset != after.offset:
                editor.number(table.offset_at(old, number), table.widths.offset, after.offset, reason)
            if before.length != after.length:
                at = table.length_at(old, number)
                editor.number(at, table.widths.length, after.length, f"iloc: length of item {old.item}")
    for entry in fresh:
        row = build_location(entry, table.version, table.widths)
        editor.insert(table.stop, row, f"iloc: item {entry.item} added", table.box, meta)


def _in_widths(structure: Structure, entry: Location, widths: Widths) -> Location:
    """The entry for a rebuilt table: a length that was left out is stated, or the other way round."""
    stated = structure.locations.widths.length
    if bool(stated) == bool(widths.length):
        return entry
    rest = structure.rest_lengths(entry)
    if not widths.length and any(one.length != whole for one, whole in zip(entry.extents, rest, strict=True)):
        raise OverflowError
    lengths = rest if widths.length else [0] * len(rest)
    extents = [one._replace(length=length) for one, length in zip(entry.extents, lengths, strict=True)]
    return entry._replace(extents=tuple(extents))


def _place_of(payload: bytes, edits: EditList) -> int:
    """The offset in the result of the insertion that is this very object."""
    place = 0
    for edit in edits.edits:
        if isinstance(edit, Keep):
            place += edit.stop - edit.start
        elif edit.data is payload:
            return place
        else:
            place += len(edit.data)
    return place


def _check_intact(structure: Structure, edits: EditList, changed: Collection[int]) -> None:
    """Each run of each item but the changed ones must lie in one kept run: then not a byte of it changed."""
    for entry in structure.locations.entries:
        if entry.item in changed:
            continue
        for start, stop in structure.ranges(entry.item):
            if not edits.keeps(start, stop):
                raise UnsupportedError(
                    f"the data of item {entry.item} overlaps what has to change, so the file cannot be edited"
                )
