"""The JFIF header of a photo, and Apple's mark in it.

Knows: APP0 JFIF (ITU-T T.871), and the four bytes "AMPF" that Apple appends to it.
Must not know: the MP index, edits.

Every JPEG with depth from an iPhone begins with a JFIF header of length 20 that ends in AMPF (shu_matte.jpg,
rw_ios11_test06.jpg, lyangas_12mini_gainmap_depth.jpg). Whether ImageIO asks for it is not known.
"""

from __future__ import annotations

from authoring.containers.jpeg.segments import (
    APP0,
    APP14,
    JFIF_PREFIX,
    Frame,
    ImageWalk,
    Segment,
    build_segment,
)

AMPF = b"AMPF"
PLAIN_BYTES = 14
"""Payload of a JFIF header without a thumbnail; its length field says 16."""

APPLE_HEADER = build_segment(APP0, JFIF_PREFIX + bytes.fromhex("0101 01 012c 012c 0000") + AMPF)
"""JFIF 1.1, 300 by 300 dots per inch, no thumbnail, AMPF: byte for byte as in shu_matte.jpg."""


def find(data: bytes, image: ImageWalk) -> Segment | None:
    """The JFIF header, wherever before the scan it stands."""
    return next(
        (one for one in image.before_scan() if one.code == APP0 and one.kind(data) == "JFIF"),
        None,
    )


def is_plain(data: bytes, segment: Segment) -> bool:
    """Whether it holds nothing but version and density."""
    payload = data[segment.payload : segment.stop]
    return len(payload) == PLAIN_BYTES and payload.endswith(b"\0\0")


def is_marked(data: bytes, segment: Segment) -> bool:
    """Whether it is a plain header followed by AMPF."""
    payload = data[segment.payload : segment.stop]
    return len(payload) == PLAIN_BYTES + len(AMPF) and payload.endswith(b"\0\0" + AMPF)


def marked(segment: bytes) -> bytes:
    """A plain header, marker to end, with AMPF."""
    return segment[:2] + (PLAIN_BYTES + len(AMPF) + 2).to_bytes(2, "big") + segment[4:] + AMPF


def may_be_added(data: bytes, image: ImageWalk, frame: Frame) -> bool:
    """Whether a JFIF header leaves the colours as they are in a photo that has none.

    JFIF means gray or YCbCr. A decoder that sees it stops asking Adobe's APP14 or the component names, so an
    RGB photo would change its colours; and CMYK is not allowed in JFIF at all.
    """
    if len(frame.components) == 1:
        return True
    if len(frame.components) != 3:
        return False
    for segment in image.before_scan():
        if segment.code == APP14 and segment.kind(data) == "Adobe" and segment.stop - segment.payload >= 12:
            return data[segment.payload + 11] == 1
    return frame.components != (0x52, 0x47, 0x42)
