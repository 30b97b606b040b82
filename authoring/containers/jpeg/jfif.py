"""Parse the JFIF header of a photo (APP0, ITU-T T.871), and add or remove Apple's mark in it.

Every JPEG with depth from an iPhone begins with a JFIF header of length 20 that ends in "AMPF" (shu_matte.jpg,
rw_ios11_test06.jpg, lyangas_12mini_gainmap_depth.jpg). Whether ImageIO asks for it is not known.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from authoring.containers.edits import Replacement
from authoring.containers.jpeg.segments import (
    IMAGE_START,
    JFIF_PREFIX,
    LOSSLESS_MARKERS,
    FrameHeader,
    JpegImage,
    Marker,
    Segment,
    build_segment,
)

AMPF = b"AMPF"

APPLE_HEADER = build_segment(Marker.APP0, JFIF_PREFIX + bytes.fromhex("0101 01 012c 012c 0000") + AMPF)
"""JFIF 1.1, 300 by 300 dots per inch, no thumbnail, AMPF: byte for byte as in shu_matte.jpg."""

_FIELDS = struct.Struct(">5sBBBHHBB")
"""Identifier, version (major, minor), units, density (x, y), thumbnail (width, height)."""
_PLAIN_LENGTH = (2 + _FIELDS.size).to_bytes(2, "big")
_MARKED_LENGTH = (2 + _FIELDS.size + len(AMPF)).to_bytes(2, "big")
YCBCR_IDENTIFIERS = (b"\1\2\3", b"\0\1\2")
"""Identifiers of components that every reader takes for YCbCr: JFIF's own (T.871, 6.1), and those counted from 0."""
_ADOBE_TRANSFORM = 11
"""Position of the colour transform in an Adobe APP14 payload; 1 is YCbCr (T.872, 6.5.3)."""


@dataclass(frozen=True, slots=True)
class JfifHeader:
    """The payload of a JFIF APP0 segment (T.871, 10.1)."""

    major_version: int
    minor_version: int
    units: int
    horizontal_density: int
    vertical_density: int
    thumbnail_width: int
    thumbnail_height: int
    rest: bytes
    """What follows the fields: the thumbnail, or Apple's mark."""

    @property
    def is_plain(self) -> bool:
        """Whether it holds version and density alone."""
        return self._has_no_thumbnail and not self.rest

    @property
    def is_marked(self) -> bool:
        """Whether it is a plain header followed by AMPF."""
        return self._has_no_thumbnail and self.rest == AMPF

    @property
    def _has_no_thumbnail(self) -> bool:
        return self.thumbnail_width == self.thumbnail_height == 0


def find(data: bytes, image: JpegImage) -> Segment | None:
    """Return the JFIF header's segment, wherever before the scan it is."""
    return next((segment for segment in image.before_scan() if segment.kind(data) == "JFIF"), None)


def parse(payload: bytes) -> JfifHeader | None:
    """Parse the payload of a JFIF segment; None if it is cut short."""
    if len(payload) < _FIELDS.size:
        return None
    _, major, minor, units, x_density, y_density, width, height = _FIELDS.unpack_from(payload)
    return JfifHeader(major, minor, units, x_density, y_density, width, height, payload[_FIELDS.size :])


def is_structural(data: bytes, segment: Segment) -> bool:
    """Whether a segment is a JFIF header that holds nothing a splice and a removal do not rebuild."""
    header = parse(segment.payload(data)) if segment.kind(data) == "JFIF" else None
    return header is not None and (header.is_plain or header.is_marked)


def mark(data: bytes, image: JpegImage, frame: FrameHeader) -> list[Replacement]:
    """Return the edits that give the photo a JFIF header with Apple's mark, before all other segments.

    A header with a thumbnail stays as it is. None is added if it would change how colours are decoded.
    """
    front = image.start + len(IMAGE_START)
    segment = find(data, image)
    if segment is None:
        if not may_be_added(data, image, frame):
            return []
        return [Replacement(front, front, APPLE_HEADER, "APP0: JFIF with AMPF added")]
    header = parse(segment.payload(data))
    if header is None or not header.is_plain:
        return []
    # A header among stray bytes is not moved: without it, two runs of them could make up a marker.
    if segment.start == front or image.stray:
        return _resized(segment, _MARKED_LENGTH, segment.stop, AMPF, "APP0: AMPF added")
    marked = build_segment(Marker.APP0, segment.payload(data) + AMPF)
    return [
        Replacement(front, front, marked, "APP0: moved to the front, AMPF added"),
        Replacement(segment.start, segment.stop, b"", "APP0: moved to the front, AMPF added"),
    ]


def unmark(data: bytes, image: JpegImage) -> list[Replacement]:
    """Return the edits that remove Apple's mark, if the photo has it."""
    segment = find(data, image)
    header = parse(segment.payload(data)) if segment else None
    if segment is None or header is None or not header.is_marked:
        return []
    return _resized(segment, _PLAIN_LENGTH, segment.stop - len(AMPF), b"", "APP0: AMPF removed")


def may_be_added(data: bytes, image: JpegImage, frame: FrameHeader) -> bool:
    """Whether a JFIF header leaves the colours of a photo that has none as they are.

    JFIF means gray or YCbCr. A decoder that finds it ignores Adobe's APP14 and the component names, so an RGB
    photo would change its colours; CMYK is not allowed in JFIF at all. A lossless photo of three components is RGB
    unless Adobe's segment says otherwise, and libjpeg-turbo 3 does not open one that JFIF calls YCbCr. Other
    names of components ("rgb", "YCc") are read in other ways without JFIF.
    """
    if len(frame.components) == 1:
        return True
    if len(frame.components) != 3:
        return False
    for segment in image.before_scan():
        payload = segment.payload(data)
        if segment.kind(data) == "Adobe" and len(payload) > _ADOBE_TRANSFORM:
            return payload[_ADOBE_TRANSFORM] == 1
    if any(segment.marker in LOSSLESS_MARKERS for segment in image.before_scan()):
        return False
    return bytes(component.identifier for component in frame.components) in YCBCR_IDENTIFIERS


def _resized(segment: Segment, length: bytes, start: int, tail: bytes, reason: str) -> list[Replacement]:
    """Return the edits that write the segment's length and replace its payload from `start` on with `tail`."""
    return [
        Replacement(segment.marker_start + 2, segment.marker_start + 4, length, reason),
        Replacement(start, segment.stop, tail, reason),
    ]
