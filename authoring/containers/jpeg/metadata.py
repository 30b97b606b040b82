"""What the application segments of one image hold: Exif, XMP, ICC, C2PA; as opaque blocks.

Knows: the prefixes and how blocks are spread over segments.
Must not know: the inside of the blocks, the MP index.
"""

from __future__ import annotations

from authoring.containers.jpeg.segments import (
    APP1,
    ICC_PREFIX,
    XMP_EXTENSION_PREFIX,
    XMP_PREFIX,
    ImageWalk,
    Segment,
    build_segment,
)
from authoring.errors import RefusedError

MAX_XMP_BYTES = 65_502
"""Of a standard packet (XMP part 3, 1.1.3.1): 65,535 less the length field, the prefix and two spare bytes."""

_EXIF_HEADER_BYTES = 6
_EXTENSION_HEADER_BYTES = len(XMP_EXTENSION_PREFIX) + 32 + 4 + 4


def segments_of(data: bytes, image: ImageWalk, kind: str) -> list[Segment]:
    """The segments of that kind (Exif, XMP, ICC, …) before the scan, in the file's order."""
    return [one for one in image.before_scan() if one.kind(data) == kind]


def exif_block(data: bytes, image: ImageWalk) -> bytes | None:
    """The TIFF block of the first Exif segment, from its byte-order mark on."""
    for segment in segments_of(data, image, "Exif"):
        return data[segment.payload + _EXIF_HEADER_BYTES : segment.stop]
    return None


def xmp_packet(data: bytes, image: ImageWalk) -> bytes | None:
    """The standard XMP packet, without its extension."""
    for segment in segments_of(data, image, "XMP"):
        return data[segment.payload + len(XMP_PREFIX) : segment.stop]
    return None


def xmp_extension(data: bytes, image: ImageWalk) -> bytes:
    """The chunks of the extended XMP packet in the file's order, joined; empty where there is none."""
    return b"".join(
        data[segment.payload + _EXTENSION_HEADER_BYTES : segment.stop]
        for segment in segments_of(data, image, "XMP extension")
    )


def icc_profile(data: bytes, image: ImageWalk) -> bytes | None:
    """The ICC profile, its chunks joined in the order of their numbers (ICC.1, B.4).

    None where there is none or a chunk is missing.
    """
    chunks: dict[int, bytes] = {}
    total = 0
    for segment in segments_of(data, image, "ICC"):
        body = data[segment.payload + len(ICC_PREFIX) : segment.stop]
        if len(body) < 2:
            return None
        total = total or body[1]
        chunks.setdefault(body[0], body[2:])
    if not chunks or sorted(chunks) != list(range(1, total + 1)):
        return None
    return b"".join(chunks[number] for number in sorted(chunks))


def is_signed(data: bytes, image: ImageWalk) -> bool:
    """Whether a C2PA manifest store is there: JUMBF boxes in APP11 that name c2pa."""
    return any(
        data.find(b"c2pa", segment.payload, segment.stop) >= 0
        for segment in segments_of(data, image, "JUMBF")
    )


def build_xmp(packet: bytes) -> bytes:
    """The APP1 segment of a standard packet.

    Raises RefusedError above MAX_XMP_BYTES: an auxiliary image has no extended XMP.
    """
    if len(packet) > MAX_XMP_BYTES:
        raise RefusedError(
            f"the depth image's XMP has {len(packet)} bytes, more than the {MAX_XMP_BYTES} that fit into"
            " a JPEG segment; leave out optional metadata such as the rendering parameters"
        )
    return build_segment(APP1, XMP_PREFIX + packet)
