"""What the numbers of a map mean: units, gray levels, orientation, size, holes, calibration, quantisation.

Knows: numpy arrays and the physics behind them.
Must not know: files, XML, codecs, containers.
"""

from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.calibration import Calibration
from authoring.depth.grayscale import GrayscaleMeaning, buffer_from_gray, gray_from_buffer, lookup_table
from authoring.depth.holes import HoleReport, fill_holes
from authoring.depth.orientation import Orientation
from authoring.depth.quantize import (
    StoredPlane,
    buffer_from_plane,
    dequantize,
    error_in_m,
    max_error,
    quantize,
    snapped_to_half,
)
from authoring.depth.raster import check_aspect, fitted_size, resample_area, resampled, turned

__all__ = [
    "Calibration",
    "DepthBuffer",
    "GrayscaleMeaning",
    "HoleReport",
    "Orientation",
    "PixelFormat",
    "StoredPlane",
    "buffer_from_gray",
    "buffer_from_plane",
    "check_aspect",
    "dequantize",
    "error_in_m",
    "fill_holes",
    "fitted_size",
    "gray_from_buffer",
    "lookup_table",
    "max_error",
    "quantize",
    "resample_area",
    "resampled",
    "snapped_to_half",
    "turned",
]
