"""Replace a photo's Exif and XMP blocks, as a list of edits.

A segment is changed where it is: its length, and the bytes that differ. The photo's size in the MP index grows by as
much as the photo, whether it was right or wrong before.
"""

from __future__ import annotations

from dataclasses import replace

from authoring.containers.edits import EditList, Replacement, changes
from authoring.containers.jpeg import mpf
from authoring.containers.jpeg.app_segments import (
    build_exif,
    build_xmp,
    build_xmp_extension,
    extension_chunk_bytes,
    first_segment,
    segments_of,
)
from authoring.containers.jpeg.segments import EXIF_PREFIX, IMAGE_START, Marker, Segment
from authoring.containers.jpeg.structure import Structure
from authoring.errors import MalformedError, RefusedError

_WRAP = 1 << 32
"""MP sizes and offsets have 32 bits; one that was nonsense before may wrap around."""


def exchange(structure: Structure, exif: bytes | None, xmp: bytes | None) -> EditList:
    """Replace, add or remove the photo's Exif and XMP; see `ContainerFile.with_metadata`.

    Raises RefusedError if a block does not fit into a segment or cannot be removed from between stray bytes;
    MalformedError if images after the photo would move and the MP index cannot be read.
    """
    size = len(structure.data)
    replacements = [*_exif_changes(structure, exif), *_xmp_changes(structure, xmp)]
    index_changes = _index_changes(structure, EditList.of(size, replacements))
    return EditList.of(size, [*replacements, *index_changes])


def exchange_packets(structure: Structure, xmp: bytes, extended: bytes, guid: str) -> EditList:
    """Replace the photo's standard and extended XMP; see `JpegFile.with_packets`."""
    size = len(structure.data)
    replacements = [*_xmp_changes(structure, xmp), *_extension_changes(structure, extended, guid)]
    index_changes = _index_changes(structure, EditList.of(size, replacements))
    return EditList.of(size, [*replacements, *index_changes])


def _extension_changes(structure: Structure, packet: bytes, guid: str) -> list[Replacement]:
    """Return the edits that put an extended packet in the place of the old one, or after the standard packet."""
    data, primary = structure.data, structure.primary
    old = segments_of(data, primary, "XMP extension")
    standard = first_segment(data, primary, "XMP")
    place = old[0].start if old else standard.stop if standard else _xmp_place(structure)
    new = build_xmp_extension(packet, guid, extension_chunk_bytes(data, primary, len(packet)))
    return [
        *(_added(place, new, "XMP extension") if new else []),
        *(_removed(structure, segment, "XMP extension") for segment in old),
    ]


def _exif_changes(structure: Structure, block: bytes | None) -> list[Replacement]:
    segment = first_segment(structure.data, structure.primary, "Exif")
    if block is None:
        return []
    if segment is None:
        return _added(_exif_place(structure), build_exif(block), "Exif") if block else []
    if not block:
        return [_removed(structure, segment, "Exif")]
    pad = structure.data[segment.payload_start + len(EXIF_PREFIX)]
    return _rewritten(structure, segment, build_exif(block, pad), "Exif")


def _xmp_changes(structure: Structure, packet: bytes | None) -> list[Replacement]:
    segment = first_segment(structure.data, structure.primary, "XMP")
    if packet is None:
        return []
    if segment is None:
        return _added(_xmp_place(structure), build_xmp(packet), "XMP") if packet else []
    if not packet:
        return [_removed(structure, segment, "XMP")]
    return _rewritten(structure, segment, build_xmp(packet), "XMP")


def _rewritten(structure: Structure, segment: Segment, new: bytes, kind: str) -> list[Replacement]:
    """Return the edits that turn the segment into `new`."""
    start, payload_start = segment.marker_start + 2, segment.payload_start
    old_length, new_length = structure.data[start:payload_start], new[2:4]
    reason = f"{kind}: changed in place" if old_length == new_length else f"{kind}: replaced"
    return [
        *changes(start, old_length, new_length, f"{kind}: length of its segment"),
        *changes(payload_start, segment.payload(structure.data), new[4:], reason),
    ]


def _removed(structure: Structure, segment: Segment, kind: str) -> Replacement:
    stray = structure.primary.stray
    if any(stop == segment.start for _, stop in stray) and any(start == segment.stop for start, _ in stray):
        # Joined, the two runs could make up a marker.
        raise RefusedError(
            f"the photo's {kind} is between stray bytes and cannot be removed; open the photo in an image"
            " editor and save it again"
        )
    return Replacement(segment.start, segment.stop, b"", f"{kind}: removed")


def _added(place: int, segment: bytes, kind: str) -> list[Replacement]:
    return [Replacement(place, place, segment, f"{kind}: added")]


def _exif_place(structure: Structure) -> int:
    """Return where a new Exif segment goes: after SOI and the APP0 segments there (Exif 2.32, 4.5.4)."""
    place = structure.primary.start + len(IMAGE_START)
    for segment in structure.primary.before_scan():
        if segment.marker != Marker.APP0 or segment.start != place:
            break
        place = segment.stop
    return place


def _xmp_place(structure: Structure) -> int:
    """Return where a new XMP segment goes: after Exif, as Apple has it."""
    exif = first_segment(structure.data, structure.primary, "Exif")
    return exif.stop if exif else _exif_place(structure)


def _index_changes(structure: Structure, edits: EditList) -> list[Replacement]:
    """Return the changes of the MP entries, in place: the photo's size, and the offsets of what moves by `edits`."""
    segment, index = structure.mpf_segment, structure.index
    if segment is None:
        return []
    growth = edits.result_size - edits.source_size
    new_start = edits.new_offset(segment.marker_start)
    assert new_start is not None  # An MPF segment is neither Exif nor XMP.
    shift = growth - (new_start - segment.marker_start)
    if not growth and not shift:
        return []
    if index is None:
        raise MalformedError(
            f"{structure.index_fault}, and the end of the photo cannot be determined ({structure.primary.fault}); open"
            " it in an image editor and save it again, or use the original"
        )
    if not index.entries:
        return []
    first, *others = index.entries
    entries = [replace(first, size=(first.size + growth) % _WRAP)]
    for entry in others:
        moves = entry.offset and structure.base + entry.offset >= structure.primary_stop
        entries.append(replace(entry, offset=(entry.offset + shift) % _WRAP) if moves else entry)
    new = mpf.pack_entries(entries, index.order)
    payload = segment.payload(structure.data)
    changed = mpf.patched(payload, new + index.packed_entries[len(new) :])
    return changes(segment.payload_start, payload, changed, "APP2 MPF: size and offsets re-based")
