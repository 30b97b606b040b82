"""Adding an auxiliary image to a JPEG file, and taking images out, as lists of edits.

Knows: the order Apple gives the segments, how MP offsets follow an edit, how a splice is undone.
Must not know: what the auxiliary image shows, how edits are written.

A splice touches three things: the JFIF header (AMPF), the MP index, and the end of the images. Everything
else is kept, the trailer behind the images too: a video or vendor block there is found from the file's end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from authoring.containers.base import CodedAuxiliary, Forecast
from authoring.containers.edits import EditList, Put, Replacement
from authoring.containers.jpeg import jfif, metadata, mpf, undo
from authoring.containers.jpeg.segments import (
    APP0,
    APP2,
    IMAGE_START,
    Segment,
    build_segment,
    parse_frame,
    walk,
)
from authoring.containers.jpeg.structure import PRIMARY, Structure
from authoring.errors import MalformedError, RefusedError, UsageError

MAX_OFFSET = 0xFFFFFFFF
"""MP offsets and sizes have 32 bits."""

SEGMENT_HEADER_BYTES = 4
_INDEX_REASON = "APP2 MPF"
_MARKED_LENGTH = (2 + jfif.PLAIN_BYTES + len(jfif.AMPF)).to_bytes(2, "big")
_PLAIN_LENGTH = (2 + jfif.PLAIN_BYTES).to_bytes(2, "big")


def splice(structure: Structure, auxiliary: CodedAuxiliary) -> EditList:
    """Add an auxiliary image behind all that are there; see `JpegFile.splice`."""
    _require_whole(structure)
    entries = _entries(structure)
    total = len(entries) + 1
    if total > mpf.MAX_IMAGES:
        raise RefusedError(f"the photo already holds {len(entries)} images; remove one first")
    image = build_auxiliary(auxiliary, total)
    place = structure.images_stop
    new = mpf.MpEntry(mpf.UNDEFINED, len(image), 0, 0, 0)
    added = Replacement(place, place, image, "auxiliary image added")

    def edits(entries: Sequence[mpf.MpEntry]) -> EditList:
        return EditList.of(len(structure.data), [*_front(structure, entries), added])

    # The index has a fixed length, so a draft tells where everything will lie.
    draft = edits([*entries, new])
    base = _base(draft)
    offset = _offset_of(draft, "auxiliary image added") - base
    if draft.result_size > MAX_OFFSET:
        raise RefusedError("the file would exceed 4 GiB, which an MP index cannot describe")
    moved = _rebased(structure, draft, base, entries, range(PRIMARY, total))
    return edits([*moved, replace(new, offset=offset)])


def forecast(structure: Structure) -> Forecast | None:
    """What a splice does in front of the new image; see `JpegFile.forecast`."""
    entries = _entries(structure)
    if structure.primary.fault or structure.index_fault or len(entries) >= mpf.MAX_IMAGES:
        return None
    new = mpf.MpEntry(mpf.UNDEFINED, 0, 0, 0, 0)
    edits = EditList.of(len(structure.data), _front(structure, [*entries, new]))
    last = edits.new_offset(structure.images_stop - 1)
    return None if last is None else Forecast(edits, last + 1)


def _entries(structure: Structure) -> tuple[mpf.MpEntry, ...]:
    """The images that the index lists, or would list: the photo."""
    return structure.entries or (mpf.MpEntry(mpf.BASELINE_PRIMARY, 0, 0, 0, 0),)


def _front(structure: Structure, entries: Sequence[mpf.MpEntry]) -> list[Replacement]:
    """What a splice changes in front of the photo's data: the JFIF header, and the index with an entry more."""
    index, segment = structure.index or mpf.short_index(len(entries)), structure.mpf_segment
    payload = mpf.build(index.with_entries(entries, [*range(len(entries) - 1), -1]))
    if segment is None:
        start = stop = _index_place(structure)
        reason = f"{_INDEX_REASON}: added"
    else:
        start, stop = segment.marker, segment.stop
        reason = f"{_INDEX_REASON}: entry added"
    return [*_mark_header(structure), Replacement(start, stop, build_segment(APP2, payload), reason)]


def remove(structure: Structure, identifiers: Collection[int], record: bytes) -> EditList:
    """Take the images out; see `JpegFile.remove`."""
    chosen = sorted(set(identifiers))
    if not chosen:
        return EditList.unchanged(len(structure.data))
    for number in chosen:
        if number not in structure.starts:
            raise UsageError(
                f"the file has no auxiliary image {number}; `inspect` lists those that are there"
            )
    _require_whole(structure)
    cuts = [
        Replacement(
            structure.image(number).start, structure.image(number).stop, b"", "auxiliary image removed"
        )
        for number in chosen
    ]
    remaining = [number for number in range(PRIMARY, len(structure.entries) + 1) if number not in chosen]
    parsed = undo.parse(record)
    restored = _restore(structure, cuts, remaining, parsed) if parsed else None
    return restored or _shrink(structure, cuts, remaining)


def undo_record(structure: Structure) -> bytes:
    """What `remove` needs to give back today's bytes after a splice; see authoring.containers.jpeg.undo."""
    data, segment = structure.data, structure.mpf_segment
    header = jfif.find(data, structure.primary)
    others = _other_segments(structure, with_index=segment is not None)
    return undo.build(
        undo.UndoRecord(
            structure.primary_stop,
            sum(one.start < header.start for one in others) if header else 0,
            data[header.start : header.stop] if header else None,
            data[segment.marker : segment.stop] if segment else None,
        )
    )


def build_auxiliary(auxiliary: CodedAuxiliary, total: int) -> bytes:
    """Apple's auxiliary image: SOI, XMP, short MP index, then the coded image without its APP0.

    `total` counts all images of the file, the photo included. XMP and MPF segments that the coded image
    already has give way. Raises MalformedError where the payload is no whole one-component JPEG of the size
    stated, RefusedError where the XMP does not fit.
    """
    payload = auxiliary.payload
    coded = walk(payload)
    frame = parse_frame(payload, coded)
    if coded.fault or coded.stop != len(payload) or frame is None:
        reason = coded.fault or "bytes after its EOI or no frame header"
        raise MalformedError(f"the coded auxiliary image is no whole JPEG: {reason}")
    if (frame.width, frame.height) != (auxiliary.width, auxiliary.height) or len(frame.components) != 1:
        raise MalformedError(
            f"the coded auxiliary image is {frame.width}x{frame.height} with {len(frame.components)} components,"
            f" not {auxiliary.width}x{auxiliary.height} gray"
        )
    pieces = [
        IMAGE_START,
        metadata.build_xmp(auxiliary.xmp),
        build_segment(APP2, mpf.build(mpf.short_index(total))),
    ]
    position = len(IMAGE_START)
    for segment in coded.before_scan():
        if segment.code == APP0 or segment.kind(payload) in ("XMP", "MPF"):
            pieces.append(payload[position : segment.start])
            position = segment.stop
    pieces.append(payload[position:])
    return b"".join(pieces)


def _require_whole(structure: Structure) -> None:
    """Only a photo whose end and index are certain can be edited."""
    if structure.primary.fault:
        raise MalformedError(
            f"the photo has no certain end ({structure.primary.fault}); open it in an image editor and save it"
            " anew, or use the original"
        )
    if structure.index_fault:
        raise MalformedError(f"{structure.index_fault}; remove that segment from the photo, then try again")


def _index_place(structure: Structure) -> int:
    """Where a new MP index goes: after Exif (CIPA DC-007) and XMP, before ICC, as Apple has it."""
    data = structure.data
    place = structure.primary.start + len(IMAGE_START)
    in_front = True
    profile_seen = False
    for segment in structure.primary.before_scan():
        kind = segment.kind(data)
        in_front = in_front and segment.code == APP0
        if in_front or kind == "Exif":
            place, profile_seen = segment.stop, False
        elif kind == "XMP" and not profile_seen:
            place = segment.stop
        profile_seen = profile_seen or kind == "ICC"
    return place


def _mark_header(structure: Structure) -> list[Replacement]:
    """Give the JFIF header Apple's mark, in front of all segments; nothing where that is not safe.

    A header with a thumbnail stays as it is. None is added where it would change how colours are decoded.
    """
    data, primary = structure.data, structure.primary
    front = primary.start + len(IMAGE_START)
    header = jfif.find(data, primary)
    if header is None:
        if not jfif.may_be_added(data, primary, structure.frame):
            return []
        return [Replacement(front, front, jfif.APPLE_HEADER, "APP0: JFIF with AMPF added")]
    if not jfif.is_plain(data, header):
        return []
    # Among stray bytes the old place could not be told again, so the header is marked where it stands.
    if header.start == front or primary.stray:
        return [
            Replacement(header.marker + 2, header.marker + 4, _MARKED_LENGTH, "APP0: AMPF added"),
            Replacement(header.stop, header.stop, jfif.AMPF, "APP0: AMPF added"),
        ]
    whole = jfif.marked(data[header.marker : header.stop])
    return [
        Replacement(front, front, whole, "APP0: moved to the front, AMPF added"),
        Replacement(header.start, header.stop, b"", "APP0: moved to the front, AMPF added"),
    ]


def _unmark_header(structure: Structure) -> list[Replacement]:
    """Take AMPF out of the JFIF header, where it is."""
    header = jfif.find(structure.data, structure.primary)
    if header is None or not jfif.is_marked(structure.data, header):
        return []
    return [
        Replacement(header.marker + 2, header.marker + 4, _PLAIN_LENGTH, "APP0: AMPF removed"),
        Replacement(header.stop - len(jfif.AMPF), header.stop, b"", "APP0: AMPF removed"),
    ]


def _restore_header(structure: Structure, record: undo.UndoRecord) -> list[Replacement] | None:
    """The edits that give back the recorded JFIF header; None where today's is not what a splice made of it."""
    data = structure.data
    front = structure.primary.start + len(IMAGE_START)
    header = jfif.find(data, structure.primary)
    now = data[header.marker : header.stop] if header else None
    old = b"\xff" + record.app0.lstrip(b"\xff") if record.app0 is not None else None
    if now == old:
        return []
    if header is None or now is None or not jfif.is_marked(data, header):
        return None
    if old is None or record.app0 is None:
        if header.start != front or now != jfif.APPLE_HEADER:
            return None
        return [Replacement(header.start, header.stop, b"", "APP0: removed again")]
    if jfif.marked(old) != now:
        return None
    others = _other_segments(structure, with_index=record.mpf is not None)
    if record.app0_place == 0 or header.start != front:
        return _unmark_header(structure)
    if record.app0_place > len(others):
        return None
    place = others[record.app0_place - 1].stop
    return [
        Replacement(header.start, header.stop, b"", "APP0: moved back, AMPF removed"),
        Replacement(place, place, record.app0, "APP0: moved back, AMPF removed"),
    ]


def _other_segments(structure: Structure, *, with_index: bool) -> list[Segment]:
    """The photo's segments but for the JFIF header, and but for the MP index unless asked for."""
    header = jfif.find(structure.data, structure.primary)
    index = None if with_index else structure.mpf_segment
    return [one for one in structure.primary.segments if one not in (header, index)]


def _restore(
    structure: Structure,
    cuts: list[Replacement],
    remaining: Sequence[int],
    record: undo.UndoRecord,
) -> EditList | None:
    """The edits that lead back to what the record describes; None where it does not fit what would be left."""
    segment = structure.mpf_segment
    header = _restore_header(structure, record)
    if header is None or segment is None:
        return None
    size = len(structure.data)
    if record.mpf is None:
        if list(remaining) != [PRIMARY]:
            return None
        gone = Replacement(segment.start, segment.stop, b"", f"{_INDEX_REASON}: removed")
        return EditList.of(size, [*header, gone, *cuts])
    payload = record.mpf[SEGMENT_HEADER_BYTES:]
    try:
        old = mpf.parse(payload).entries
    except MalformedError:
        return None
    if record.mpf != build_segment(APP2, payload):
        return None
    back = Replacement(segment.marker, segment.stop, record.mpf, f"{_INDEX_REASON}: original restored")
    edits = EditList.of(size, [*header, back, *cuts])
    return edits if _describes(structure, edits, old, remaining, record) else None


def _describes(
    structure: Structure,
    edits: EditList,
    old: Sequence[mpf.MpEntry],
    remaining: Sequence[int],
    record: undo.UndoRecord,
) -> bool:
    """Whether the recorded entries speak the truth about what the edits leave."""
    if _primary_size(structure, edits) != record.photo_bytes:
        return False
    if not old:
        return list(remaining) == [PRIMARY]
    if len(old) != len(remaining):
        return False
    base = _base(edits)
    for entry, number in zip(old, remaining, strict=True):
        if number in structure.starts:
            start = edits.new_offset(structure.starts[number])
            if start != base + entry.offset or entry.size != structure.entries[number - 1].size:
                return False
    return True


def _shrink(structure: Structure, cuts: list[Replacement], remaining: Sequence[int]) -> EditList:
    """Without a record: the index loses its entries, or goes when only the photo is left."""
    index, segment = structure.index, structure.mpf_segment
    size = len(structure.data)
    if index is None or segment is None:
        return EditList.of(size, cuts)
    if list(remaining) == [PRIMARY]:
        gone = Replacement(segment.start, segment.stop, b"", f"{_INDEX_REASON}: removed")
        return EditList.of(size, [*_unmark_header(structure), gone, *cuts])
    kept = [number - 1 for number in remaining]
    entries = [structure.entries[place] for place in kept]

    def edits(entries: Sequence[mpf.MpEntry]) -> EditList:
        data = build_segment(APP2, mpf.build(index.with_entries(entries, kept)))
        change = Replacement(segment.marker, segment.stop, data, f"{_INDEX_REASON}: entry removed")
        return EditList.of(size, [change, *cuts])

    draft = edits(entries)
    return edits(_rebased(structure, draft, _base(draft), entries, remaining))


def _rebased(
    structure: Structure,
    edits: EditList,
    base: int,
    entries: Iterable[mpf.MpEntry],
    numbers: Iterable[int],
) -> list[mpf.MpEntry]:
    """The entries with the photo's true length, and offsets as they are after the edits."""
    moved = []
    for entry, number in zip(entries, numbers, strict=True):
        if number == PRIMARY:
            moved.append(replace(entry, size=_primary_size(structure, edits), offset=0))
        elif entry.offset:
            place = edits.new_offset(structure.base + entry.offset)
            # An entry that pointed at nothing must not point into an image now: the end holds none.
            moved.append(replace(entry, offset=(edits.result_size if place is None else place) - base))
        else:
            moved.append(entry)
    return moved


def _primary_size(structure: Structure, edits: EditList) -> int:
    """Bytes of the photo, SOI to EOI, after the edits; its last byte is never touched."""
    last = edits.new_offset(structure.primary.stop - 1)
    assert last is not None
    return last + 1


def _base(edits: EditList) -> int:
    """From where MP offsets count after the edits."""
    return _offset_of(edits, _INDEX_REASON) + SEGMENT_HEADER_BYTES + mpf.BASE


def _offset_of(edits: EditList, reason: str) -> int:
    """Where in the result the new bytes lie whose reason begins like this."""
    place = 0
    for edit in edits.edits:
        if isinstance(edit, Put):
            if edit.reason.startswith(reason):
                return place
            place += len(edit.data)
        else:
            place += edit.stop - edit.start
    raise ValueError(f"nothing is put for the reason {reason!r}")
