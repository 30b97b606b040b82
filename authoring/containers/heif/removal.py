"""Taking auxiliary images out of a HEIF file, with all that is there only for them.

Knows: which items hang on others, and how to bring every table back to what it was before a splice.
Must not know: what an auxiliary image holds.
"""

from __future__ import annotations

from collections.abc import Collection

from authoring.containers.edits import EditList
from authoring.containers.heif.editing import Changes, Editor, check_editable, finish
from authoring.containers.heif.layout import is_auxiliary
from authoring.containers.heif.locations import joined, without
from authoring.containers.heif.splicing import BRAND, UndoRecord, items_checksum
from authoring.containers.heif.structure import Ranges, Structure
from authoring.errors import RefusedError, UsageError

_HANGING = ("cdsc", "thmb", "auxl")
"""References that say what an item is for; an item all of whose targets go has nothing left to be for.
Any other kind (dimg, base, pred, iloc) builds an item from what it points to."""


def remove_auxiliaries(structure: Structure, identifiers: Collection[int], undo: bytes) -> EditList:
    """Take the auxiliary images out.

    `undo` is the record made before the splice; where it fits, the file becomes what it was, byte for byte.
    Raises UsageError for an item that is no auxiliary image, RefusedError where another image is made from
    it, UnsupportedError where the file cannot be edited.
    """
    if not identifiers:
        return EditList.unchanged(len(structure.data))
    for item in identifiers:
        if item not in structure.items.entries or not is_auxiliary(structure, item):
            raise UsageError(f"item {item} is no auxiliary image of the photo")
    check_editable(structure)
    gone = dependants(structure, identifiers)
    _check_users(structure, gone)
    record = _fitting(structure, gone, undo)
    editor = Editor()
    brand = _brand_to_cut(structure, record) if record else None
    if brand is not None:
        editor.cut(brand, brand + 4, f"ftyp: brand {BRAND} taken out", structure.ftyp)
    _cut_items(structure, editor, gone)
    _cut_references(structure, editor, gone, keep_empty=bool(record and record.empty_references))
    _cut_properties(structure, editor, gone)
    _cut_groups(structure, editor, gone)
    _cut_data(structure, editor, gone)
    widths = record.widths if record else None
    return finish(structure, editor, changes=Changes(dropped=gone), widths=widths)


def dependants(structure: Structure, identifiers: Collection[int]) -> frozenset[int]:
    """The items and all that are there only for them: XMP, thumbnails, hidden tiles that nobody else uses."""
    gone = set(identifiers)
    waiting = list(gone)
    while waiting:
        item = waiting.pop()
        near = [one.source for one in structure.incoming.get(item, ()) if one.kind in _HANGING]
        near += structure.targets(item, "dimg")
        for one in near:
            if one not in gone and _is_only_for(structure, one, gone):
                gone.add(one)
                waiting.append(one)
    return frozenset(gone)


def _is_only_for(structure: Structure, item: int, gone: set[int]) -> bool:
    found = structure.items.entries.get(item)
    if found is None or item == structure.primary:
        return False
    # What only describes the item (its own XMP) does not keep it.
    users = {one.source for one in structure.incoming.get(item, ()) if one.kind not in _HANGING}
    masters = {to for one in structure.outgoing.get(item, ()) if one.kind in _HANGING for to in one.targets}
    if masters:
        return masters <= gone and users <= gone
    # A source that is not hidden is a picture in its own right.
    return found.hidden and bool(users) and users <= gone


def _check_users(structure: Structure, gone: frozenset[int]) -> None:
    for item in gone:
        for reference in structure.incoming.get(item, ()):
            user = structure.items.entries.get(reference.source)
            if user and user.identifier not in gone and reference.kind not in _HANGING:
                raise RefusedError(
                    f"item {user.identifier} ({user.type!r}) is made from item {item}; taking that out would break it"
                )


def _fitting(structure: Structure, gone: frozenset[int], undo: bytes) -> UndoRecord | None:
    """The record, if the items that stay and the brands are those it was made with."""
    record = UndoRecord.parse(undo)
    if record is None or record.items != items_checksum(structure, gone):
        return None
    same = record.ftyp == structure.bytes_of(structure.ftyp)
    return record if same or _brand_to_cut(structure, record) is not None else None


def _brand_to_cut(structure: Structure, record: UndoRecord) -> int | None:
    """Where the brand stands without which ftyp is what the record holds."""
    ftyp, now = structure.ftyp, structure.bytes_of(structure.ftyp)
    for at in range(ftyp.body + 8, ftyp.stop - 3, 4):
        if now[at : at + 4] == BRAND.encode():
            editor = Editor()
            editor.cut(at, at + 4, "", ftyp)
            if editor.build(len(now)).apply(now) == record.ftyp:
                return at
    return None


def _cut_items(structure: Structure, editor: Editor, gone: frozenset[int]) -> None:
    table = structure.items
    count = len(table.entries) - len(gone)
    editor.number(table.box.body + 4, table.count_size, count, "iinf: count of items")
    for item in sorted(gone):
        box = table.entries[item].box
        editor.cut(box.start, box.stop, f"iinf: item {item} taken out", table.box, structure.meta)


def _cut_references(structure: Structure, editor: Editor, gone: frozenset[int], keep_empty: bool) -> None:
    """Whole references that come from what goes or lead nowhere else; single targets out of the others."""
    table = structure.references
    if table is None:
        return
    dead = [
        one for one in table.entries if one.source in gone or (one.targets and gone.issuperset(one.targets))
    ]
    if dead and len(dead) == len(table.entries) and not keep_empty:
        editor.cut(table.box.start, table.box.stop, "iref: no reference is left", structure.meta)
        return
    for one in table.entries:
        around = (table.box, structure.meta)
        reason = f"iref: {one.kind} of item {one.source} taken out"
        if one in dead:
            editor.cut(one.box.start, one.box.stop, reason, *around)
        elif not gone.isdisjoint(one.targets):
            left = [to for to in one.targets if to not in gone]
            editor.number(one.box.body + table.id_size, 2, len(left), "iref: count of targets")
            first = one.box.body + table.id_size + 2
            for number, to in enumerate(one.targets):
                if to in gone:
                    at = first + number * table.id_size
                    editor.cut(at, at + table.id_size, f"{reason} for item {to}", one.box, *around)


def _cut_properties(structure: Structure, editor: Editor, gone: frozenset[int]) -> None:
    """Associations of what goes, and properties only it used: those at the end, so that indices hold."""
    properties = structure.properties
    kept = {index for item, links in properties.by_item.items() if item not in gone for index, _ in links}
    freed = {index for item in gone for index, _ in properties.by_item.get(item, ())} - kept
    for table in properties.tables:
        dead = [entry for entry in table.entries if entry.item in gone]
        around = (properties.box, structure.meta)
        if dead and len(dead) == len(table.entries):
            editor.cut(table.box.start, table.box.stop, "ipma: no association is left in it", *around)
            continue
        if dead:
            count = len(table.entries) - len(dead)
            editor.number(table.box.body + 4, 4, count, "ipma: count of items")
        for entry in dead:
            reason = f"ipma: properties of item {entry.item} taken out"
            editor.cut(entry.start, entry.stop, reason, table.box, *around)
    number = len(properties.properties)
    while number in freed:
        box = properties.properties[number - 1]
        reason = f"ipco: {box.kind} that nothing uses any more taken out"
        editor.cut(box.start, box.stop, reason, properties.container, properties.box, structure.meta)
        number -= 1


def _cut_groups(structure: Structure, editor: Editor, gone: frozenset[int]) -> None:
    """Mentions in entity groups; a group left without entities goes, and grpl with its last group."""
    grpl = structure.child("grpl")
    if grpl is None:
        return
    dead = [one for one in structure.groups if one.entities and gone.issuperset(one.entities)]
    if dead and len(dead) == len(structure.groups):
        editor.cut(grpl.start, grpl.stop, "grpl: no group is left", structure.meta)
        return
    for group in structure.groups:
        around = (grpl, structure.meta)
        if group in dead:
            editor.cut(group.box.start, group.box.stop, f"grpl: group {group.identifier} taken out", *around)
        elif not gone.isdisjoint(group.entities):
            left = sum(entity not in gone for entity in group.entities)
            editor.number(group.box.body + 8, 4, left, "grpl: count of entities")
            for number, entity in enumerate(group.entities):
                if entity in gone:
                    at = group.box.body + 12 + 4 * number
                    editor.cut(at, at + 4, f"grpl: item {entity} taken out", group.box, *around)


def freed_ranges(structure: Structure, gone: Collection[int]) -> Ranges:
    """The bytes in the file that only what goes uses, whatever the box."""
    places = structure.locations.entries
    return without(
        (run for one in places if one.item in gone for run in structure.ranges(one.item)),
        (run for one in places if one.item not in gone for run in structure.ranges(one.item)),
    )


def _cut_data(structure: Structure, editor: Editor, gone: frozenset[int]) -> None:
    """Bytes in mdat that only what goes used; an mdat with nothing left goes as a whole.

    Bytes in idat stay: they are a grid's few, and others count their offsets from its start.
    """
    freed = freed_ranges(structure, gone)
    for box in structure.boxes:
        if box.kind != "mdat":
            continue
        inside = joined((max(start, box.body), min(stop, box.stop)) for start, stop in freed)
        if inside == ((box.body, box.stop),):
            editor.cut(box.start, box.stop, "mdat: nothing is left in it")
            continue
        for start, stop in inside:
            editor.cut(start, stop, "mdat: data of the auxiliary image taken out", box)
