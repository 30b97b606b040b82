"""Decode the map of another maker to codes in the order of Apple's, in the photo's stored raster."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from authoring.codecs.limits import check_unpacking
from authoring.codecs.maps.picture import read_picture
from authoring.depth.buffer import PixelFormat
from authoring.depth.orientation import Orientation
from authoring.depth.stored_plane import Codes, StoredPlane
from authoring.errors import UnsupportedError
from authoring.read.foreign.base import NAMES, CodedMap, ForeignDepth


def stored_plane(found: ForeignDepth, orientation: Orientation) -> StoredPlane:
    """Return the codes (H, W) and their range; disparity has the highest code at the nearest, as Apple's.

    orientation: the photo's, by which an upright map is turned back. Codes are carried as integers: RangeInverse is
    255 - code, RangeLinear the code itself.
    """
    codes = decode_codes(f"the {NAMES[found.source]} map", found.coded)
    disparity = found.range.kind == "disparity"
    if disparity != found.near_is_high:
        codes = np.iinfo(codes.dtype).max - codes
    if found.upright:
        codes = orientation.inverse.to_display(codes)
    native = PixelFormat.FDIS if disparity else PixelFormat.FDEP
    return StoredPlane(codes, found.range.float_min, found.range.float_max, native)


def decode_codes(what: str, coded: CodedMap) -> Codes:
    """Return the codes (H, W) uint8 or uint16 of a coded map.

    Raises MalformedError where it does not decode, UnsupportedError where it is no gray picture of 8 or 16 bits.
    """
    if coded.coding == "raw":
        check_unpacking(what, coded.width, coded.height, 1, len(coded.data))
        return np.frombuffer(coded.data, np.uint8).reshape(coded.height, coded.width)
    image = read_picture(coded.data)
    samples: NDArray[Any] = image.samples
    if image.coloured or samples.dtype not in (np.uint8, np.uint16):
        raise UnsupportedError(f"{what} is a {image.source} in colours; gray of 8 or 16 bits is read")
    return samples
