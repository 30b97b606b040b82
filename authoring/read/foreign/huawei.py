"""Read the depth of Huawei and Honor phones: one block at the end of a JPEG ("edof" … "DepthEn").

The layout is that of houz/phonedepth, which was tried on files of a Mate 20, P20 and P30. Code 255 is far
(jpbarraca/dual-camera-edof and designer2k2/depth-map-extractor, of a P9, P10, P20, P30 and Mate 20).
"""

from __future__ import annotations

import struct

from authoring.containers.base import ContainerFile
from authoring.errors import MalformedError
from authoring.read.foreign.base import NO_DISTANCES, NOMINAL_FAR, NOMINAL_NEAR, CodedMap, ForeignDepth
from authoring.read.foreign.coded_map import JPEG_MAGIC
from authoring.read.near_far import code_range

END = b"DepthEn\0"
HEADER_BYTES = 64

ORIENTATIONS = {0x10: 1, 0x11: 8, 0x12: 3, 0x13: 6}
"""Byte 3 of the header: how the map is turned for display, as an Exif number."""

MARK = struct.Struct("<I4sI")
"""Before the header: size of the unblurred JPEG before it, "edof", 0."""


def find(file: ContainerFile) -> ForeignDepth | None:
    """Return the depth map of a Huawei or Honor phone; None if there is none.

    Raises MalformedError where the block is cut short or has no size.
    """
    data = file.source
    if not data.endswith(END):
        return None
    back = len(data) - len(END) - 4
    header = back - int.from_bytes(data[back : back + 4], "little")
    if header < file.layout.primary_stop or header + HEADER_BYTES > back:
        raise MalformedError("the Huawei depth block states an impossible size")
    turned = ORIENTATIONS.get(data[header + 3])
    width, height = struct.unpack_from("<HH", data, header + 12)
    start = header + HEADER_BYTES
    if not width or not height or start + width * height > back:
        raise MalformedError(
            f"the Huawei map should have {width}x{height} bytes and {back - start} are there"
        )
    return ForeignDepth(
        source="huawei",
        place="Huawei DepthEn",
        coded=CodedMap(data[start : start + width * height], "raw", width, height, turned),
        range=code_range("the Huawei map", "inverse", NOMINAL_NEAR, NOMINAL_FAR, metres=False),
        unblurred=_unblurred(data, header, file.layout.primary_stop),
        blurred=True,
        notes=(NO_DISTANCES,),
    )


def _unblurred(data: bytes, header: int, first: int) -> bytes | None:
    """Return the photo before its blur: the JPEG before the block."""
    mark = header - MARK.size
    if mark < first:
        return None
    size, name, zero = MARK.unpack_from(data, mark)
    start = mark - size
    if (name, zero) != (b"edof", 0) or start < first or not data.startswith(JPEG_MAGIC, start):
        return None
    return data[start:mark]
