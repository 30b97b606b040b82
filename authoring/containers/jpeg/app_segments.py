"""Find and build the application segments with Exif, XMP, an ICC profile and a C2PA manifest, as opaque blocks."""

from __future__ import annotations

import hashlib
import struct

from authoring.containers.jpeg.segments import (
    EXIF_PREFIX,
    ICC_PREFIX,
    MAX_PAYLOAD_BYTES,
    XMP_EXTENSION_PREFIX,
    XMP_PREFIX,
    JpegImage,
    Marker,
    Segment,
    build_segment,
)
from authoring.errors import RefusedError

MAX_PACKET_BYTES = 65_502
"""Of a standard packet (XMP part 3, 1.1.3.1): 65,535 less the length field, the prefix and two spare bytes."""

CHUNK_BYTES = 65_400
"""Most of an extended packet in one segment (XMP part 3, 1.1.3.1)."""

MAX_CHUNKS = 4096
"""Segments of an extended packet that is cut as another program cut it; 64 MB in the usual ones are a thousand."""

_EXIF_HEADER_BYTES = len(EXIF_PREFIX) + 1
_EXTENSION_HEADER_BYTES = len(XMP_EXTENSION_PREFIX) + 32 + 4 + 4
"""Prefix, GUID, full length and offset of the chunk (XMP part 3, 1.1.3.1)."""


def segments_of(data: bytes, image: JpegImage, kind: str) -> list[Segment]:
    """Return the segments of that kind (Exif, XMP, ICC ...) before the scan, in the file's order."""
    return [segment for segment in image.before_scan() if segment.kind(data) == kind]


def first_segment(data: bytes, image: JpegImage, kind: str) -> Segment | None:
    """Return the first segment of that kind before the scan."""
    return next((segment for segment in image.before_scan() if segment.kind(data) == kind), None)


def exif_block(data: bytes, image: JpegImage) -> bytes | None:
    """Return the TIFF block of the first Exif segment, from its byte-order mark on."""
    place = exif_range(data, image)
    return data[slice(*place)] if place else None


def exif_range(data: bytes, image: JpegImage) -> tuple[int, int] | None:
    """Return the offsets [start, stop) of the TIFF block of the first Exif segment."""
    segment = first_segment(data, image, "Exif")
    return (segment.payload_start + _EXIF_HEADER_BYTES, segment.stop) if segment else None


def xmp_packet(data: bytes, image: JpegImage) -> bytes | None:
    """Return the standard XMP packet, without its extension."""
    segment = first_segment(data, image, "XMP")
    return segment.payload(data)[len(XMP_PREFIX) :] if segment else None


def xmp_extension(data: bytes, image: JpegImage) -> bytes:
    """Return the extended XMP packet (XMP part 3, 1.1.3.1); empty if there is none.

    Its chunks are joined in the order of their offsets, those of the GUID that comes first; what is missing between
    them is left out, so that a damaged packet is not well-formed.
    """
    chunks: dict[int, bytes] = {}
    guid = b""
    for segment in segments_of(data, image, "XMP extension"):
        payload = segment.payload(data)
        if len(payload) < _EXTENSION_HEADER_BYTES:
            continue
        start = len(XMP_EXTENSION_PREFIX)
        its_guid, (_, offset) = payload[start : start + 32], struct.unpack_from(">II", payload, start + 32)
        guid = guid or its_guid
        if its_guid == guid:
            chunks.setdefault(offset, payload[_EXTENSION_HEADER_BYTES:])
    return b"".join(chunks[offset] for offset in sorted(chunks))


def extension_chunk_bytes(data: bytes, image: JpegImage, packet_bytes: int) -> int:
    """Return how many bytes of an extended packet go into a segment; CHUNK_BYTES unless two or more say otherwise.

    The largest of them says it, since the last is shorter and need not come last. packet_bytes: of the whole packet,
    which is not cut into more than MAX_CHUNKS.
    """
    segments = segments_of(data, image, "XMP extension")
    if len(segments) < 2:
        return CHUNK_BYTES
    size = max(segment.stop - segment.payload_start for segment in segments) - _EXTENSION_HEADER_BYTES
    most = MAX_PAYLOAD_BYTES - _EXTENSION_HEADER_BYTES
    return size if 0 < size <= most and packet_bytes <= size * MAX_CHUNKS else CHUNK_BYTES


def extension_guid(packet: bytes) -> str:
    """Return the name of an extended packet, by which the standard one refers to it: its MD5 in 32 capital digits."""
    return hashlib.md5(packet, usedforsecurity=False).hexdigest().upper()


def build_xmp_extension(packet: bytes, guid: str, chunk_bytes: int = CHUNK_BYTES) -> bytes:
    """Build the APP1 segments of an extended packet, in order (XMP part 3, 1.1.3.1)."""
    return b"".join(
        build_segment(
            Marker.APP1,
            XMP_EXTENSION_PREFIX
            + guid.encode("ascii")
            + struct.pack(">II", len(packet), offset)
            + packet[offset : offset + chunk_bytes],
        )
        for offset in range(0, len(packet), chunk_bytes)
    )


def icc_profile(data: bytes, image: JpegImage) -> bytes | None:
    """Return the ICC profile, its chunks joined in the order of their numbers (ICC.1, B.4).

    None if there is none or a chunk is missing.
    """
    chunks: dict[int, bytes] = {}
    total = 0
    for segment in segments_of(data, image, "ICC"):
        chunk = segment.payload(data)[len(ICC_PREFIX) :]
        if len(chunk) < 2:
            return None
        number, count = chunk[:2]
        total = total or count
        chunks.setdefault(number, chunk[2:])
    if not chunks or sorted(chunks) != list(range(1, total + 1)):
        return None
    return b"".join(chunks[number] for number in sorted(chunks))


def is_signed(data: bytes, image: JpegImage) -> bool:
    """Whether the image has a C2PA manifest store: JUMBF boxes in APP11 that name c2pa."""
    return any(b"c2pa" in segment.payload(data) for segment in segments_of(data, image, "JUMBF"))


def build_exif(block: bytes, pad: int = 0) -> bytes:
    """Build the APP1 segment of an Exif block (Exif 2.32, 4.5.4); `pad` is the last byte of its header.

    Raises RefusedError if it does not fit into a segment.
    """
    return _build(EXIF_PREFIX + bytes([pad]), block, "Exif")


def build_xmp(packet: bytes) -> bytes:
    """Build the APP1 segment of a photo's standard packet.

    Two bytes more are allowed than the standard counts, so that every packet that was there can be put back.
    Raises RefusedError if it does not fit into a segment.
    """
    return _build(XMP_PREFIX, packet, "XMP")


def build_auxiliary_xmp(packet: bytes) -> bytes:
    """Build the APP1 segment of an auxiliary image's packet.

    Raises RefusedError above MAX_PACKET_BYTES: an auxiliary image has no extended XMP.
    """
    if len(packet) > MAX_PACKET_BYTES:
        raise RefusedError(
            f"the depth image's XMP has {len(packet)} bytes, more than the {MAX_PACKET_BYTES} that fit into"
            " a JPEG segment; leave out optional metadata such as the rendering parameters"
        )
    return build_segment(Marker.APP1, XMP_PREFIX + packet)


def _build(header: bytes, block: bytes, kind: str) -> bytes:
    limit = MAX_PAYLOAD_BYTES - len(header)
    if len(block) > limit:
        raise RefusedError(
            f"the photo's {kind} would have {len(block)} bytes, more than the {limit} that fit into a JPEG segment"
        )
    return build_segment(Marker.APP1, header + block)
