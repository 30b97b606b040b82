"""Encode the gray pictures that other makers' programs read beside a photo, turned as the photo is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from authoring import tiff
from authoring.codecs import jpeg
from authoring.containers.jpeg.app_segments import build_exif
from authoring.containers.jpeg.segments import parse_image
from authoring.depth.orientation import Orientation
from authoring.tiff import TiffType

_ORDER = ">"


@dataclass(frozen=True, slots=True)
class GrayJpeg:
    """A gray JPEG, and the largest error of its codes."""

    data: bytes
    worst: int


def gray_jpeg(codes: NDArray[np.uint8], orientation: Orientation) -> GrayJpeg:
    """Encode codes (H, W) in the photo's stored raster, with the Exif Orientation of the photo unless it is 1."""
    coded = jpeg.encode_gray(codes)
    data = coded.data
    if orientation != Orientation(1):
        place = next(parse_image(data).before_scan()).stop  # After JFIF (Exif 2.32, 4.5.4).
        entry = tiff.build_entry(_ORDER, tiff.ORIENTATION, TiffType.SHORT, 1, int(orientation))
        block = b"MM\0*" + (8).to_bytes(4, "big") + tiff.build_ifd(_ORDER, [entry])
        data = data[:place] + build_exif(block) + data[place:]
    return GrayJpeg(data, coded.worst)
