"""The undo records: the structural bytes of a JPEG that an edit changes and nobody could guess afterwards.

Knows: the records' own layout. Must not know: whether one fits a file; that is the caller's to check.

Layouts, big-endian. Of a splice: "dJ", version, flags, length of the photo (SOI to EOI), place of APP0, length
and bytes of the JFIF APP0, length and bytes of the MPF segment. Of an exchange of metadata: "dM", version, length
of the file, length and CRC-32 of all before the first SOS, for Exif and XMP how the segment lay, and MP entries.
They are opaque to whoever stores them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from authoring.containers.jpeg.mpf import ENTRY_BYTES

_MAGIC = b"dJ\x01"
_HAS_APP0, _HAS_MPF = 1, 2
_HEAD = struct.Struct(">3sBQH")
_LENGTH = struct.Struct(">I")
_METADATA_MAGIC = b"dM\x01"
_METADATA = struct.Struct(">3sQQI")
_PLACE = struct.Struct(">HQHB")

MAX_FILL = 0xFFFF
"""Fill bytes that a record can tell; cameras write none, and a foreign record must not ask for gigabytes."""
MAX_RECORD_BYTES = 2 * 65_535 + 64
"""Two segments and the fields; anything longer was not written here."""


@dataclass(frozen=True, slots=True)
class UndoRecord:
    """What a file was before a splice."""

    photo_bytes: int
    """Length of the primary image, SOI to EOI: tells whether a restored MP index still speaks the truth."""
    app0_place: int
    """How many other segments came before the JFIF APP0; the MPF segment counts only where `mpf` is not None."""
    app0: bytes | None
    """The JFIF APP0 with its fill bytes; None: there was none."""
    mpf: bytes | None
    """The MPF segment without fill bytes; None: there was none."""


def parse(record: bytes) -> UndoRecord | None:
    """Read a record; None where it is empty, foreign, of another version, or damaged."""
    if len(record) < _HEAD.size or len(record) > MAX_RECORD_BYTES or not record.startswith(_MAGIC):
        return None
    _, flags, photo_bytes, place = _HEAD.unpack_from(record)
    position = _HEAD.size
    blocks: list[bytes | None] = []
    for flag in (_HAS_APP0, _HAS_MPF):
        if not flags & flag:
            blocks.append(None)
            continue
        if position + _LENGTH.size > len(record):
            return None
        start = position + _LENGTH.size
        position = start + _LENGTH.unpack_from(record, position)[0]
        blocks.append(record[start:position])
    if position != len(record):
        return None
    return UndoRecord(photo_bytes, place, *blocks)


def build(record: UndoRecord) -> bytes:
    """The twin of `parse`."""
    flags = (record.app0 is not None) * _HAS_APP0 | (record.mpf is not None) * _HAS_MPF
    blocks = [block for block in (record.app0, record.mpf) if block is not None]
    head = _HEAD.pack(_MAGIC, flags, record.photo_bytes, record.app0_place)
    return head + b"".join(_LENGTH.pack(len(block)) + block for block in blocks)


@dataclass(frozen=True, slots=True)
class BlockPlace:
    """How the first segment of a kind lies."""

    segments: int
    """How many of the kind there are before the scan; 0: none, and the rest means nothing."""
    start: int
    """Offset of its first fill byte, or of its marker."""
    fill: int
    """Fill bytes before the marker, at most `MAX_FILL`."""
    pad: int
    """The byte after "Exif\\0", which should be 0; unused in XMP."""


@dataclass(frozen=True, slots=True)
class MetadataRecord:
    """How a photo's metadata lay before it was exchanged."""

    file_bytes: int
    head_bytes: int
    """Bytes before the first SOS."""
    checksum: int
    """CRC-32 of those: tells whether what an undo leads to is the photo that the record was made from."""
    exif: BlockPlace
    xmp: BlockPlace
    entries: bytes
    """The MP entries, where one of them points at no image, so that it cannot be told how it moves; else empty."""


def parse_metadata(record: bytes) -> MetadataRecord | None:
    """Read a metadata record; None where it is empty, foreign, of another version, or damaged."""
    fixed = _METADATA.size + 2 * _PLACE.size
    if not fixed <= len(record) <= MAX_RECORD_BYTES or not record.startswith(_METADATA_MAGIC):
        return None
    if (len(record) - fixed) % ENTRY_BYTES:
        return None
    _, size, head, checksum = _METADATA.unpack_from(record)
    exif, xmp = (BlockPlace(*one) for one in _PLACE.iter_unpack(record[_METADATA.size : fixed]))
    return MetadataRecord(size, head, checksum, exif, xmp, record[fixed:])


def build_metadata(record: MetadataRecord) -> bytes:
    """The twin of `parse_metadata`."""
    head = _METADATA.pack(_METADATA_MAGIC, record.file_bytes, record.head_bytes, record.checksum)
    places = [_PLACE.pack(one.segments, one.start, one.fill, one.pad) for one in (record.exif, record.xmp)]
    return head + b"".join(places) + record.entries
