"""The picture of a DNG to look at: its preview, or LibRaw's where there is none and rawpy is installed."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from authoring.codecs import photo, tiff_pieces
from authoring.codecs.messages import first_line
from authoring.codecs.photo import Pixels
from authoring.containers.base import ContainerFile, TiffRaster
from authoring.errors import MalformedError, UnsupportedError
from authoring.read.crop import cut
from authoring.read.tiff_raster import decode_pieces

if TYPE_CHECKING:
    from authoring.containers.dng import DngFile

LEAST_SIDE = 512
"""Of a preview that serves as the picture; a smaller one is taken where nothing else is there."""


def decode_dng_picture(file: ContainerFile, least: int | None = None) -> Pixels:
    """Return the picture of a DNG (H, W, 3), in the stored raster; it shows DefaultCrop.

    least: pixels on the long side that are enough. Nothing is developed here. Raises UnsupportedError where there is no
    preview and rawpy is not installed, MalformedError for damage.
    """
    from authoring.containers.dng import DngFile

    assert isinstance(file, DngFile)
    preview = file.preview()
    if preview is None or max(preview.width, preview.height) < LEAST_SIDE:
        developed = _develop(file)
        if developed is not None:
            return developed
    if preview is None:
        raise UnsupportedError(
            "the DNG has no preview to show and raw data is not developed here; pip install rawpy for that"
        )
    return _decode(preview, least)


def _decode(preview: TiffRaster, least: int | None) -> Pixels:
    if preview.compression == tiff_pieces.JPEG and len(preview.pieces) == 1:
        return photo.decode(preview.pieces[0], least)
    if preview.samples not in (1, 3) or preview.compression == tiff_pieces.JPEG:
        raise UnsupportedError("the DNG's preview is coded in a way that is not read")
    array = decode_pieces(preview)
    return _pixels(array.astype(np.uint8, copy=False))


def _pixels(array: NDArray[np.uint8]) -> Pixels:
    """Return the pixels of a picture (H, W, 3), or of a gray one (H, W) or (H, W, 1), as monochrome cameras make."""
    if array.ndim == 2 or array.shape[2] == 1:
        array = np.repeat(array.reshape(*array.shape[:2], 1), 3, axis=2)
    return Pixels(array.shape[1], array.shape[0], array.tobytes())


def _develop(file: DngFile) -> Pixels | None:
    """Develop with LibRaw, at half size, unturned; None where rawpy is not installed."""
    try:
        import rawpy
    except ImportError:
        return None
    try:
        with rawpy.imread(io.BytesIO(file.source)) as raw:
            array = raw.postprocess(half_size=True, use_camera_wb=True, user_flip=0)
    except Exception as error:  # rawpy has errors of many kinds.
        raise MalformedError(f"LibRaw does not develop the DNG ({first_line(error)})") from error
    layout = file.layout
    return _pixels(cut(array, layout.crop, layout) if layout.crop else array)
