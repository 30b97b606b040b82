"""Giving the photo other Exif or XMP: the data of its items replaced, new items added, items taken out.

Knows: which items hold the photo's Exif and XMP, and what a table has to lose or gain for one.
Must not know: the inside of Exif and XMP, auxiliary images.

Data is replaced where it lies, in mdat or idat; what lies behind moves, and `iloc` follows. Shapes of new items:
pug.heic (item 50, Exif, and item 51, XMP).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from zlib import crc32

from authoring.containers.edits import EditList, differing, exchanged
from authoring.containers.heif.adding import (
    NewEntry,
    NewReference,
    add_items,
    add_references,
    free_identifiers,
    payload_at_end,
)
from authoring.containers.heif.box import Box
from authoring.containers.heif.editing import (
    Changes,
    Editor,
    NewItem,
    Payload,
    check_editable,
    finish,
)
from authoring.containers.heif.layout import TIFF_MARKS, exif_item, is_xmp, xmp_item
from authoring.containers.heif.locations import IN_ITEM, joined
from authoring.containers.heif.meta import XMP_TYPE
from authoring.containers.heif.removal import freed_ranges
from authoring.containers.heif.structure import Ranges, Structure, parse_structure
from authoring.containers.heif.undo import (
    DATA,
    HEAD,
    ITEM,
    LOCATION,
    REFERENCE,
    MetadataRecord,
    Piece,
    put_back,
)
from authoring.errors import DepthauthorError, RefusedError, UnsupportedError

EXIF_HEADER = b"\0\0\0\6Exif\0\0"
"""What goes before the TIFF block in a new item: iPhones and Samsung write it so (all samples)."""
_NAMES = ("Exif", "XMP")
_OWNERS = (1, 2)
_MAX_RECORDED_HEADER = 255


@dataclass(frozen=True, slots=True)
class _Block:
    """A block that is to change."""

    number: int
    """0 Exif, 1 XMP."""
    item: int | None
    """The item that holds it; None where there is none, or none any more."""
    content: bytes
    """What the item is to hold; empty where it is to go."""
    recorded: bool
    """Whether it is known how it lay before it was taken out."""

    @property
    def name(self) -> str:
        return _NAMES[self.number]


@dataclass(slots=True)
class _Work:
    """What the blocks' changes add up to."""

    editor: Editor = field(default_factory=Editor)
    gone: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    lengths: dict[int, tuple[int, ...]] = field(default_factory=dict)
    added: list[_Block] = field(default_factory=list)
    restored: list[_Block] = field(default_factory=list)

    @property
    def in_place(self) -> bool:
        """Whether nothing moves."""
        return not (self.gone or self.lengths or self.added or self.restored)


def exchange(structure: Structure, exif: bytes | None, xmp: bytes | None, undo: bytes) -> EditList:
    """Put other blocks in; see `ContainerFile.with_metadata`.

    Raises ValueError where `exif` is no TIFF block, UnsupportedError where the file cannot be edited or the data
    is shared or in pieces, RefusedError where something hangs on an item that is to go.
    """
    if exif and exif[:4] not in TIFF_MARKS:
        raise ValueError("an Exif block begins with a TIFF header")
    record = MetadataRecord.parse(undo)
    restored = _restore(structure, exif, xmp, record) if record else None
    return restored or _edits(structure, exif, xmp, None)


def metadata_undo(structure: Structure) -> bytes:
    """What `exchange` needs to give back today's bytes; see authoring.containers.heif.undo."""
    (exif, header), (xmp, _) = own = _own_items(structure)
    pieces: list[Piece] = []
    for owner, (item, _) in zip(_OWNERS, own, strict=True):
        if item is not None:
            pieces += _pieces(structure, item, owner)
    return MetadataRecord(
        structure.references is not None,
        structure.locations.widths,
        len(structure.data),
        crc32(structure.bytes_of(structure.meta)),
        (exif or 0, xmp or 0),
        header[:_MAX_RECORDED_HEADER],
        (*pieces, *_heads(structure, pieces)),
    ).build()


def _own_items(structure: Structure) -> tuple[tuple[int | None, bytes], tuple[int | None, bytes]]:
    """(item, what stands before the block in its data) of the photo's Exif and of its XMP."""
    exif = exif_item(structure)
    header = structure.content(exif[0])[: exif[1]] if exif else EXIF_HEADER
    return (exif[0] if exif else None, header), (xmp_item(structure, structure.primary), b"")


def _pieces(structure: Structure, item: int, owner: int) -> Iterator[Piece]:
    """What goes when the item is taken out."""
    box = structure.items.entries[item].box
    yield Piece(ITEM, owner, box.start, box.size, structure.bytes_of(box))
    for one in structure.outgoing.get(item, ()):
        yield Piece(REFERENCE, owner, one.box.start, one.box.size, structure.bytes_of(one.box))
    row = structure.places[item]
    yield Piece(LOCATION, owner, row.start, row.stop - row.start, structure.data[row.start : row.stop])
    position = 0
    for start, stop in structure.ranges(item):
        yield Piece(DATA, owner, start, stop - start, position.to_bytes(8, "big").lstrip(b"\0"))
        position += stop - start


def _heads(structure: Structure, pieces: list[Piece]) -> Iterator[Piece]:
    """Headers of the boxes that hold nothing but pieces."""
    boxes = [box for box in structure.boxes if box.kind == "mdat"]
    if structure.references:
        boxes.append(structure.references.box)
    for box in boxes:
        start = box.body + 4 * (box.kind == "iref")
        inside = [one for one in pieces if start <= one.place < box.stop]
        if inside and sum(one.size for one in inside) == box.stop - start:
            owners = 0
            for one in inside:
                owners |= one.owners
            yield Piece(HEAD, owners, box.start, box.size, structure.data[box.start : start])


def _restore(
    structure: Structure, exif: bytes | None, xmp: bytes | None, record: MetadataRecord
) -> EditList | None:
    """The edits that lead back to the file the record was made from; None where they lead elsewhere."""
    try:
        edits = _edits(structure, exif, xmp, record)
        if edits.result_size != record.file_bytes:
            return None
        result = parse_structure(edits.apply(structure.data))
    except (DepthauthorError, ValueError):
        return None
    return edits if crc32(result.bytes_of(result.meta)) == record.checksum else None


def _edits(
    structure: Structure, exif: bytes | None, xmp: bytes | None, record: MetadataRecord | None
) -> EditList:
    work = _Work()
    for block in _blocks(structure, (exif, xmp), record):
        if block.item is not None:
            _check_own(structure, block.name, block.item)
        if block.content and block.item is not None:
            _rewrite(structure, work, block.name, block.item, block.content)
        elif block.content:
            (work.restored if block.recorded else work.added).append(block)
        elif block.item is not None:
            _check_free(structure, block.name, block.item)
            work.gone.append(block.item)
    if work.in_place:
        return work.editor.build(len(structure.data))
    check_editable(structure)
    payload = _add(structure, work)
    _cut_references(structure, work, keep_empty=bool(record and record.references))
    _cut_data(structure, work, payload)
    if record and work.restored:
        contents = {_OWNERS[one.number]: one.content for one in work.restored}
        put_back(structure, work.editor, work.gone, record.pieces, contents)
    changes = Changes(work.gone, work.changed, work.lengths, len(work.restored))
    widths = record.widths if record else None
    return finish(structure, work.editor, payload=payload, changes=changes, widths=widths)


def _blocks(
    structure: Structure, wanted: tuple[bytes | None, bytes | None], record: MetadataRecord | None
) -> Iterator[_Block]:
    """The blocks that are to change. A record names the items; else they are those that a reader finds."""
    for number, (item, header) in enumerate(_own_items(structure)):
        block = wanted[number]
        if block is None:
            continue
        recorded = record.items[number] if record else 0
        if record and recorded:
            found = structure.items.entries.get(recorded)
            if found and not (is_xmp(found) if number else found.type == "Exif"):
                raise ValueError("the record does not fit")
            item = found.identifier if found else None
            header = b"" if number else record.exif_header
        yield _Block(number, item, header + block if block else b"", bool(recorded))


def _rewrite(structure: Structure, work: _Work, name: str, item: int, content: bytes) -> None:
    """Other data for an item, where the old lies; all but the last extent keep their length."""
    runs = structure.ranges(item)
    old = structure.content(item)
    work.changed.append(item)
    if len(old) == len(content):
        _rewrite_runs(structure, work, runs, content, f"{name}: changed in place")
        return
    place = structure.places.get(item)
    fixed = len(old) - (runs[-1][1] - runs[-1][0]) if runs else 0
    if (
        place is None
        or place.method == IN_ITEM
        or not structure.locations.widths.length
        or len(place.extents) != len(runs)
        or len(content) <= fixed
    ):
        raise UnsupportedError(
            f"the photo's {name} (item {item}) lies in a way that its size cannot be changed: in pieces, within"
            " another item, or without a stated length"
        )
    _rewrite_runs(structure, work, runs[:-1], content[:fixed], f"{name}: replaced")
    around = _boxes_around(structure, *runs[-1])
    change = exchanged(runs[-1][0], old[fixed:], content[fixed:], f"{name}: replaced")
    work.editor.replace(change.start, change.stop, change.data, change.reason, *around)
    kept = tuple(one.length for one in place.extents[:-1])
    work.lengths[item] = (*kept, len(content) - fixed)


def _rewrite_runs(structure: Structure, work: _Work, runs: Ranges, content: bytes, reason: str) -> None:
    position = 0
    for start, stop in runs:
        new = content[position : position + stop - start]
        position += stop - start
        for one in differing(start, structure.data[start:stop], new, reason):
            work.editor.replace(one.start, one.stop, one.data, one.reason)


def _boxes_around(structure: Structure, start: int, stop: int) -> tuple[Box, ...]:
    """The boxes that grow with the data at [start, stop); none where that is neither in mdat nor in idat."""
    idat = structure.child("idat")
    if idat and idat.body <= start and stop <= idat.stop:
        return idat, structure.meta
    for box in structure.boxes:
        if box.kind == "mdat" and box.body <= start and stop <= box.stop:
            return (box,)
    return ()


def _check_own(structure: Structure, name: str, item: int) -> None:
    """Raise UnsupportedError where the item's data is not its own, or is no data but tables."""
    ranges = structure.ranges(item)
    own = freed_ranges(structure, (item,))
    if own != joined(ranges) or sum(stop - start for start, stop in own) != structure.sizes[item]:
        raise UnsupportedError(f"the photo's {name} (item {item}) shares its data with other items")
    if not all(_boxes_around(structure, start, stop) for start, stop in ranges):
        raise UnsupportedError(f"the photo's {name} (item {item}) lies outside the boxes 'mdat' and 'idat'")


def _check_free(structure: Structure, name: str, item: int) -> None:
    """Raise RefusedError where the item cannot go alone."""
    grouped = any(item in group.entities for group in structure.groups)
    if grouped or structure.incoming.get(item) or item in structure.properties.by_item:
        raise RefusedError(
            f"the photo's {name} (item {item}) has properties of its own or is referred to by other items;"
            " taking it out would break them"
        )


def _add(structure: Structure, work: _Work) -> Payload | None:
    """New hidden items that describe the primary, and the count of items; their data goes behind all other."""
    numbers = free_identifiers(structure, len(work.added)) if work.added else ()
    entries, references, items = [], [], []
    content = b""
    for number, block in zip(numbers, work.added, strict=True):
        kind = ("mime", XMP_TYPE) if block.number else ("Exif", "")
        entries.append(NewEntry(number, *kind, block.name))
        references.append(NewReference("cdsc", number, (structure.primary,)))
        items.append(NewItem(number, len(content), len(block.content)))
        content += block.content
    add_items(structure, work.editor, entries, len(work.restored) - len(work.gone))
    add_references(structure, work.editor, references)
    names = " and ".join(block.name for block in work.added)
    return payload_at_end(structure, content, tuple(items), names) if items else None


def _cut_references(structure: Structure, work: _Work, keep_empty: bool) -> None:
    """Entries of what goes, and its references; `iref` goes with its last one."""
    meta, table = structure.meta, structure.references
    for item in work.gone:
        box = structure.items.entries[item].box
        work.editor.cut(box.start, box.stop, f"iinf: item {item} taken out", structure.items.box, meta)
    dead = [one for one in table.entries if one.source in work.gone] if table else []
    if table is None or not dead:
        return
    # With a second box of that kind in the file, it would be unclear on the way back whether the first is there.
    alone = sum(one.kind == "iref" for one in structure.children) == 1
    if len(dead) == len(table.entries) and alone and not (work.added or keep_empty):
        work.editor.cut(table.box.start, table.box.stop, "iref: no reference is left", meta)
        return
    for one in dead:
        reason = f"iref: {one.kind} of item {one.source} taken out"
        work.editor.cut(one.box.start, one.box.stop, reason, table.box, meta)


def _cut_data(structure: Structure, work: _Work, payload: Payload | None) -> None:
    """The bytes that only what goes used; an mdat with nothing left and nothing new goes as a whole."""
    freed = freed_ranges(structure, work.gone)
    idat = structure.child("idat")
    boxes: list[tuple[Box, tuple[Box, ...]]] = [
        (box, (box,)) for box in structure.boxes if box.kind == "mdat"
    ]
    if idat:
        boxes.append((idat, (idat, structure.meta)))
    for box, around in boxes:
        inside = [one for one in freed if box.body <= one[0] and one[1] <= box.stop]
        if inside == [(box.body, box.stop)] and box is not idat and not (payload and box in payload.around):
            work.editor.cut(box.start, box.stop, "mdat: nothing is left in it")
            continue
        for start, stop in inside:
            work.editor.cut(start, stop, f"{box.kind}: data taken out", *around)
