"""Decode the map of another maker to codes in the order of Apple's, in the photo's stored raster."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from authoring.codecs.limits import check_unpacking
from authoring.codecs.maps.picture import read_picture
from authoring.depth.buffer import PixelFormat
from authoring.depth.orientation import Orientation
from authoring.depth.raster import resample_nearest
from authoring.depth.stored_plane import Codes, StoredPlane
from authoring.errors import UnsupportedError
from authoring.read.foreign.base import NAMES, CodedMap, ForeignDepth


def stored_plane(found: ForeignDepth, orientation: Orientation) -> StoredPlane:
    """Return the codes (H, W) and their range; disparity has the highest code at the nearest, as Apple's.

    orientation: the photo's, by which an upright map is turned back. Codes are carried as integers: RangeInverse is
    255 - code, RangeLinear the code itself.
    """
    codes = _stored_codes(_name(found), found.coded, found, orientation)
    disparity = found.range.kind == "disparity"
    if disparity != found.near_is_high:
        codes = np.iinfo(codes.dtype).max - codes
    native = PixelFormat.FDIS if disparity else PixelFormat.FDEP
    return StoredPlane(codes, found.range.float_min, found.range.float_max, native)


def holes(
    found: ForeignDepth, orientation: Orientation, shape: tuple[int, int], min_confidence: float | None
) -> NDArray[np.bool_] | None:
    """Return where a map of shape (H, W) in the stored raster has no distance; None if it has one everywhere.

    min_confidence: the share of full confidence, 0 to 1, below which a sample is a hole; None keeps all.
    """
    missing = np.zeros(shape, np.bool_)
    if found.zero_is_hole:
        missing |= _stored_codes(_name(found), found.coded, found, orientation) == 0
    confidence = None if min_confidence is None else confidence_codes(found, orientation, shape)
    if min_confidence is not None and confidence is not None:
        missing |= confidence < min_confidence * np.iinfo(confidence.dtype).max
    return missing if missing.any() else None


def confidence_codes(found: ForeignDepth, orientation: Orientation, shape: tuple[int, int]) -> Codes | None:
    """Return the confidence of each sample of a map of shape (H, W) in the stored raster; None if there is none."""
    if found.confidence is None:
        return None
    confidence = _stored_codes("the confidence map", found.confidence, found, orientation)
    if confidence.shape != shape:
        confidence = resample_nearest(confidence, shape[1], shape[0])
    return confidence


def _name(found: ForeignDepth) -> str:
    return f"the {NAMES[found.source]} map"


def _stored_codes(what: str, coded: CodedMap, found: ForeignDepth, orientation: Orientation) -> Codes:
    """Return a map's codes as they are coded, turned into the photo's stored raster."""
    codes = decode_codes(what, coded)
    if found.upright or coded.orientation is not None:
        codes = orientation.to_stored(codes)
    return np.ascontiguousarray(codes)


def decode_codes(what: str, coded: CodedMap) -> Codes:
    """Return the codes (H, W) uint8 or uint16 of a coded map, upright if it says how it is turned.

    Raises MalformedError where it does not decode, UnsupportedError where it is no gray picture of 8 or 16 bits.
    """
    if coded.coding == "raw":
        check_unpacking(what, coded.width, coded.height, 1, len(coded.data))
        raw = np.frombuffer(coded.data, np.uint8).reshape(coded.height, coded.width)
        return raw if coded.orientation is None else Orientation(coded.orientation).to_display(raw)
    # It turns a picture by the picture's own Exif.
    image = read_picture(coded.data)
    samples: NDArray[Any] = image.samples
    if image.coloured or samples.dtype not in (np.uint8, np.uint16):
        raise UnsupportedError(f"{what} is a {image.source} in colours; gray of 8 or 16 bits is read")
    return samples
