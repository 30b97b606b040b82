"""Add an auxiliary image to a JPEG file, and remove images, as lists of edits.

A splice touches three places: the JFIF header (AMPF), the MP index, and the end of the images. All else is kept, the
trailer after the images too: a video or vendor block there is found from the end of the file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from authoring.containers.base import CodedAuxiliary
from authoring.containers.edits import EditList, Replacement, changes
from authoring.containers.jpeg import jfif, mpf
from authoring.containers.jpeg.app_segments import build_auxiliary_xmp
from authoring.containers.jpeg.segments import (
    IMAGE_START,
    Marker,
    build_segment,
    parse_frame,
    parse_image,
)
from authoring.containers.jpeg.structure import PRIMARY, Structure
from authoring.errors import MalformedError, RefusedError, UsageError

SEGMENT_HEADER_BYTES = 4

_IMAGE_ADDED = "auxiliary image added"
_APPENDED = "images appended"


def splice(structure: Structure, auxiliary: CodedAuxiliary) -> EditList:
    """Add an auxiliary image after all others; see `JpegFile.splice`."""
    _require_editable(structure)
    entries = structure.entries or (mpf.MpEntry(mpf.BASELINE_PRIMARY, 0, 0, 0, 0),)
    total = len(entries) + 1
    if total > mpf.MAX_IMAGES:
        raise RefusedError(f"the photo already holds {len(entries)} images; remove one first")
    image = build_auxiliary(auxiliary, total)
    new = mpf.MpEntry(mpf.UNDEFINED, len(image), 0, 0, 0)
    index = structure.index or mpf.short_index(total)
    segment = structure.mpf_segment
    start, stop = (segment.marker_start, segment.stop) if segment else [_index_place(structure)] * 2
    reason = "APP2 MPF: entry added" if segment else "APP2 MPF: added"

    def edits(entries: Sequence[mpf.MpEntry]) -> EditList:
        payload = mpf.build(index.with_entries(entries, [*range(total - 1), -1]))
        return EditList.of(
            len(structure.data),
            [
                *jfif.mark(structure.data, structure.primary, structure.frame),
                Replacement(start, stop, build_segment(Marker.APP2, payload), reason),
                Replacement(structure.images_stop, structure.images_stop, image, _IMAGE_ADDED),
            ],
        )

    # The length of the index does not depend on the offsets in it, so a draft tells them.
    draft = edits([*entries, new])
    if draft.result_size > mpf.MAX_OFFSET:
        raise RefusedError("the file would exceed 4 GiB, which an MP index cannot describe")
    base = draft.offset_of(reason) + SEGMENT_HEADER_BYTES + mpf.BASE
    moved = _moved_entries(structure, draft, base, entries, range(PRIMARY, total))
    return edits([*moved, replace(new, offset=draft.offset_of(_IMAGE_ADDED) - base)])


def remove(structure: Structure, identifiers: Collection[int]) -> EditList:
    """Remove images; see `JpegFile.remove`."""
    removed = sorted(set(identifiers))
    size = len(structure.data)
    if not removed:
        return EditList.unchanged(size)
    for number in removed:
        if number not in structure.starts:
            raise UsageError(
                f"the file has no auxiliary image {number}; `inspect` lists those that are there"
            )
    _require_editable(structure)
    index, segment = structure.index, structure.mpf_segment
    assert index is not None and segment is not None  # It lists the images.
    images = [structure.image(number) for number in removed]
    cuts = [Replacement(image.start, image.stop, b"", "auxiliary image removed") for image in images]
    remaining = [number for number in range(PRIMARY, len(structure.entries) + 1) if number not in removed]
    if remaining == [PRIMARY]:
        index_cut = Replacement(segment.start, segment.stop, b"", "APP2 MPF: removed")
        return EditList.of(size, [*jfif.unmark(structure.data, structure.primary), index_cut, *cuts])
    reason = "APP2 MPF: entry removed"

    def edits(entries: Sequence[mpf.MpEntry]) -> EditList:
        payload = mpf.build(index.with_entries(entries, [number - PRIMARY for number in remaining]))
        data = build_segment(Marker.APP2, payload)
        return EditList.of(size, [Replacement(segment.marker_start, segment.stop, data, reason), *cuts])

    entries = [structure.entries[number - PRIMARY] for number in remaining]
    draft = edits(entries)
    base = draft.offset_of(reason) + SEGMENT_HEADER_BYTES + mpf.BASE
    return edits(_moved_entries(structure, draft, base, entries, remaining))


def append(structure: Structure, data: bytes) -> EditList:
    """Put bytes after the last image; see `JpegFile.append`."""
    _require_editable(structure)
    place = structure.images_stop
    added = Replacement(place, place, data, _APPENDED)
    return EditList.of(len(structure.data), [added, *_shifted_entries(structure, place, len(data))])


def cut(structure: Structure, start: int, stop: int) -> EditList:
    """Take out bytes after the photo; see `JpegFile.cut`."""
    _require_editable(structure)
    removal = Replacement(start, stop, b"", "what the directory lists: removed")
    return EditList.of(len(structure.data), [removal, *_shifted_entries(structure, stop, start - stop)])


def _shifted_entries(structure: Structure, place: int, by: int) -> list[Replacement]:
    """Return the edits of MP entries, in place, for what moves from `place` on.

    Entries at whose offset no image begins move too: none may point into what is put there.
    """
    index, segment = structure.index, structure.mpf_segment
    if index is None or segment is None or not structure.entries:
        return []
    first, *others = structure.entries
    entries = [first]
    for entry in others:
        moves = entry.offset and place <= structure.base + entry.offset <= len(structure.data)
        entries.append(replace(entry, offset=entry.offset + by) if moves else entry)
    payload, packed = segment.payload(structure.data), mpf.pack_entries(entries, index.order)
    new = mpf.patched(payload, packed + index.packed_entries[len(packed) :])
    return changes(segment.payload_start, payload, new, "APP2 MPF: offsets re-based")


def build_auxiliary(auxiliary: CodedAuxiliary, total: int) -> bytes:
    """Build Apple's auxiliary image: SOI, XMP, short MP index, then the coded image without its APP0.

    `total` counts all images of the file, the photo included. XMP and MPF segments of the coded image are replaced.
    Raises MalformedError if the payload is not a complete one-component JPEG of the stated size, RefusedError if the
    XMP does not fit.
    """
    payload = auxiliary.payload
    image = parse_image(payload)
    frame = parse_frame(payload, image)
    if image.fault or image.stop != len(payload) or frame is None:
        reason = image.fault or "bytes after its EOI or no frame header"
        raise MalformedError(f"the coded auxiliary image is not a complete JPEG: {reason}")
    if (frame.width, frame.height) != (auxiliary.width, auxiliary.height) or len(frame.components) != 1:
        raise MalformedError(
            f"the coded auxiliary image is {frame.width}x{frame.height} with {len(frame.components)} components,"
            f" not {auxiliary.width}x{auxiliary.height} gray"
        )
    pieces = [
        IMAGE_START,
        build_auxiliary_xmp(auxiliary.xmp),
        build_segment(Marker.APP2, mpf.build(mpf.short_index(total))),
    ]
    position = len(IMAGE_START)
    for segment in image.before_scan():
        if segment.marker == Marker.APP0 or segment.kind(payload) in ("XMP", "MPF"):
            pieces.append(payload[position : segment.start])
            position = segment.stop
    pieces.append(payload[position:])
    return b"".join(pieces)


def _require_editable(structure: Structure) -> None:
    """Raise MalformedError unless the photo's end is certain."""
    if structure.primary.fault:
        raise MalformedError(
            f"the end of the photo cannot be determined ({structure.primary.fault}); open it in an image editor and"
            " save it again, or use the original"
        )


def _index_place(structure: Structure) -> int:
    """Return where a new MP index goes: after Exif (CIPA DC-007) and XMP, before ICC, as Apple has it."""
    data = structure.data
    place = structure.primary.start + len(IMAGE_START)
    in_front = True
    after_profile = False
    for segment in structure.primary.before_scan():
        kind = segment.kind(data)
        in_front = in_front and segment.marker == Marker.APP0
        if in_front or kind == "Exif":
            place, after_profile = segment.stop, False
        elif kind == "XMP" and not after_profile:
            place = segment.stop
        after_profile = after_profile or kind == "ICC"
    return place


def _moved_entries(
    structure: Structure,
    edits: EditList,
    base: int,
    entries: Iterable[mpf.MpEntry],
    numbers: Iterable[int],
) -> list[mpf.MpEntry]:
    """Return the entries with the photo's true length, and offsets from `base` as they are after the edits."""
    moved = []
    for number, entry in zip(numbers, entries, strict=True):
        if number == PRIMARY:
            last = edits.new_offset(structure.primary.stop - 1)
            assert last is not None  # No edit touches the photo's EOI.
            moved.append(replace(entry, size=last + 1, offset=0))
        elif entry.offset:
            offset = edits.new_offset(structure.base + entry.offset)
            # An entry that pointed at no image must not point into one now: at the end there is none.
            moved.append(replace(entry, offset=(edits.result_size if offset is None else offset) - base))
        else:
            moved.append(entry)
    return moved
