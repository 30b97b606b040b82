"""Giving a photo other Exif or XMP, as a list of edits, and going back.

Knows: where these segments stand, that a segment ends at 65,535 bytes, how MP offsets follow.
Must not know: the inside of Exif and XMP, auxiliary images.

A segment is rewritten where it lies: its length, and the bytes between the first and the last that differ. What
stands in the MP index of the photo's size moves along with the photo, right or wrong, so that going back is exact.
"""

from __future__ import annotations

from dataclasses import replace
from zlib import crc32

from authoring.containers.edits import EditList, Replacement, differing, exchanged, place_of_result
from authoring.containers.jpeg import metadata, mpf, undo
from authoring.containers.jpeg.segments import (
    APP0,
    APP1,
    EXIF_PREFIX,
    IMAGE_START,
    SOS,
    XMP_PREFIX,
    Segment,
    build_segment,
)
from authoring.containers.jpeg.structure import Structure
from authoring.errors import DepthauthorError, MalformedError, RefusedError

MAX_BLOCK_BYTES = {"Exif": 65_533 - 6, "XMP": 65_533 - len(XMP_PREFIX)}
"""What a segment holds beside its length and prefix: two bytes more of XMP than the standard counts, so that every
packet that was there can be put back."""
_WRAP = 1 << 32
"""MP sizes and offsets have 32 bits; one that was nonsense before may wrap around."""


def exchange(structure: Structure, exif: bytes | None, xmp: bytes | None, record: bytes) -> EditList:
    """Put other blocks in; see `ContainerFile.with_metadata`.

    Raises RefusedError where a block does not fit into a segment, or cannot be taken out from among stray
    bytes; MalformedError where the images after the photo would move and the MP index cannot be read.
    """
    parsed = undo.parse_metadata(record)
    restored = _restore(structure, exif, xmp, parsed) if parsed else None
    return restored or _edits(structure, exif, xmp, None)


def metadata_undo(structure: Structure) -> bytes:
    """What `exchange` needs to give back today's bytes; see authoring.containers.jpeg.undo."""
    head = _head_bytes(structure)
    index = structure.index
    return undo.build_metadata(
        undo.MetadataRecord(
            len(structure.data),
            head,
            crc32(memoryview(structure.data)[:head]),
            _place(structure, "Exif"),
            _place(structure, "XMP"),
            index.packed_entries if index and structure.dead else b"",
        )
    )


def _head_bytes(structure: Structure) -> int:
    """Bytes before the first SOS; all an exchange changes lies there."""
    scans = (one.start for one in structure.primary.segments if one.code == SOS)
    return next(scans, structure.primary.stop)


def _place(structure: Structure, kind: str) -> undo.BlockPlace:
    found = metadata.segments_of(structure.data, structure.primary, kind)
    if not found:
        return undo.BlockPlace(0, 0, 0, 0)
    first = found[0]
    behind = first.payload + len(EXIF_PREFIX)
    pad = structure.data[behind] if kind == "Exif" and behind < first.stop else 0
    return undo.BlockPlace(len(found), first.start, min(first.marker - first.start, undo.MAX_FILL), pad)


def _restore(
    structure: Structure, exif: bytes | None, xmp: bytes | None, record: undo.MetadataRecord
) -> EditList | None:
    """The edits that lead back to the photo the record was made from; None where they lead elsewhere."""
    try:
        edits = _edits(structure, exif, xmp, record)
    except (DepthauthorError, ValueError):
        return None
    result = edits.apply(structure.data)
    same = len(result) == record.file_bytes and crc32(result[: record.head_bytes]) == record.checksum
    return edits if same else None


def _edits(
    structure: Structure, exif: bytes | None, xmp: bytes | None, record: undo.MetadataRecord | None
) -> EditList:
    size = len(structure.data)
    changes: list[Replacement] = []
    missing: list[tuple[str, bytes, undo.BlockPlace | None]] = []
    for kind, block, saved in (
        ("Exif", exif, record.exif if record else None),
        ("XMP", xmp, record.xmp if record else None),
    ):
        if block is None:
            continue
        segment = _segment(structure, kind, saved)
        # An empty block that is recorded as having been there comes back as an empty segment.
        wanted = bool(block or (saved and saved.segments))
        if wanted and segment:
            changes += _rewritten(structure, segment, kind, block, saved)
        elif wanted:
            missing.append((kind, block, saved))
        elif segment:
            changes.append(_cut(structure, segment, kind))
    changes += _insertions(structure, missing, changes)
    return EditList.of(size, [*changes, *_index_changes(structure, EditList.of(size, changes), record)])


def _segment(structure: Structure, kind: str, saved: undo.BlockPlace | None) -> Segment | None:
    """The segment that holds the block: the first, unless the record tells that this one has been taken out."""
    found = metadata.segments_of(structure.data, structure.primary, kind)
    if not found or (saved and len(found) < saved.segments):
        return None
    return found[0]


def _payload(kind: str, block: bytes, pad: int) -> bytes:
    if len(block) > MAX_BLOCK_BYTES[kind]:
        raise RefusedError(
            f"the photo's {kind} would have {len(block)} bytes, more than the {MAX_BLOCK_BYTES[kind]} that fit into"
            " a JPEG segment"
        )
    return (EXIF_PREFIX + bytes([pad]) if kind == "Exif" else XMP_PREFIX) + block


def _rewritten(
    structure: Structure, segment: Segment, kind: str, block: bytes, saved: undo.BlockPlace | None
) -> list[Replacement]:
    """The segment with another block, changed where it lies."""
    old = structure.data[segment.payload : segment.stop]
    pad = saved.pad if saved and saved.segments else _place(structure, kind).pad
    new = _payload(kind, block, pad)
    if len(old) == len(new):
        return differing(segment.payload, old, new, f"{kind}: changed in place")
    length = structure.data[segment.marker + 2 : segment.payload]
    return [
        *differing(
            segment.marker + 2, length, (2 + len(new)).to_bytes(2, "big"), f"{kind}: length of its segment"
        ),
        exchanged(segment.payload, old, new, f"{kind}: replaced"),
    ]


def _cut(structure: Structure, segment: Segment, kind: str) -> Replacement:
    stray = structure.primary.stray
    if any(stop == segment.start for _, stop in stray) and any(start == segment.stop for start, _ in stray):
        # Joined, the two runs could make up a marker.
        raise RefusedError(
            f"the photo's {kind} stands between stray bytes and cannot be taken out; open the photo in an image"
            " editor and save it anew"
        )
    return Replacement(segment.start, segment.stop, b"", f"{kind}: removed")


def _insertions(
    structure: Structure, missing: list[tuple[str, bytes, undo.BlockPlace | None]], changes: list[Replacement]
) -> list[Replacement]:
    """Segments for blocks that the photo has not: where they stood, else Exif in front and XMP behind it.

    A recorded place is one in the photo to come back to. `changes` lead there but for these segments, so the
    one in front goes first and moves the other.
    """
    insertions = []
    grown = 0
    for kind, block, saved in sorted(missing, key=lambda one: one[2].start if one[2] else 0):
        known = saved if saved and saved.segments else None
        segment = build_segment(APP1, _payload(kind, block, known.pad if known else 0))
        place = place_of_result(changes, known.start - grown) if known else _default_place(structure, kind)
        if place is None:
            raise ValueError("the record does not fit")
        data = b"\xff" * (known.fill if known else 0) + segment
        grown += len(data)
        insertions.append(Replacement(place, place, data, f"{kind}: added"))
    return insertions


def _default_place(structure: Structure, kind: str) -> int:
    """Exif behind SOI and the APP0 segments there (Exif 2.32, 4.5.4); XMP behind Exif, as Apple has it."""
    if kind == "XMP":
        exif = metadata.segments_of(structure.data, structure.primary, "Exif")
        if exif:
            return exif[0].stop
    place = structure.primary.start + len(IMAGE_START)
    for segment in structure.primary.before_scan():
        if segment.code != APP0 or segment.start != place:
            break
        place = segment.stop
    return place


def _index_changes(
    structure: Structure, draft: EditList, record: undo.MetadataRecord | None
) -> list[Replacement]:
    """The MP entries, in place: the photo's size, and the offsets of what the edits move against the index."""
    segment, index = structure.mpf_segment, structure.index
    if segment is None:
        return []
    growth = draft.result_size - draft.source_size
    place = draft.new_offset(segment.marker)
    assert place is not None  # An MPF segment is no Exif and no XMP.
    shift = growth - (place - segment.marker)
    if not growth and not shift:
        return []
    if index is None:
        raise _unreadable(structure.index_fault)
    if not index.entries:
        return []
    first, *others = index.entries
    entries = [replace(first, size=(first.size + growth) % _WRAP)]
    for entry in others:
        behind = entry.offset and structure.base + entry.offset >= structure.primary_stop
        entries.append(replace(entry, offset=(entry.offset + shift) % _WRAP) if behind else entry)
    old = index.packed_entries
    new = mpf.pack_entries(entries, index.order)
    new += old[len(new) :]
    if record and len(record.entries) == len(old):
        new = record.entries
    payload = structure.data[segment.payload : segment.stop]
    try:
        changed = mpf.patched(payload, new)
    except MalformedError as error:
        raise _unreadable(error.message) from None
    return differing(segment.payload, payload, changed, "APP2 MPF: size and offsets re-based")


def _unreadable(fault: str) -> MalformedError:
    return MalformedError(f"{fault}; remove that segment from the photo, then try again")
