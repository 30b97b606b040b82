"""What the numbers of a map mean: units, gray levels, orientation, size, holes, edges, calibration, quantisation.

Knows: numpy arrays and the physics behind them.
Must not know: files, XML, codecs, containers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from authoring.depth.buffer import DepthBuffer, PixelFormat
    from authoring.depth.calibration import Calibration
    from authoring.depth.calibration_json import build_calibration_json, parse_calibration_json
    from authoring.depth.calibration_sources import calibration_from_exif_lens, nominal_calibration
    from authoring.depth.focus import largest_near_region
    from authoring.depth.grayscale import GrayscaleMeaning, buffer_from_gray, gray_from_buffer, lookup_table
    from authoring.depth.holes import HoleReport, fill_holes
    from authoring.depth.orientation import Orientation
    from authoring.depth.raster import check_aspect, fitted_size, resample_area, resampled, turned
    from authoring.depth.refinement import Refinement, refine
    from authoring.depth.stored_plane import (
        StoredPlane,
        buffer_from_plane,
        dequantize,
        error_in_m,
        max_error,
        quantize,
    )

__all__ = [
    "Calibration",
    "DepthBuffer",
    "GrayscaleMeaning",
    "HoleReport",
    "Orientation",
    "PixelFormat",
    "Refinement",
    "StoredPlane",
    "buffer_from_gray",
    "buffer_from_plane",
    "build_calibration_json",
    "calibration_from_exif_lens",
    "check_aspect",
    "dequantize",
    "error_in_m",
    "fill_holes",
    "fitted_size",
    "gray_from_buffer",
    "largest_near_region",
    "lookup_table",
    "max_error",
    "nominal_calibration",
    "parse_calibration_json",
    "quantize",
    "refine",
    "resample_area",
    "resampled",
    "turned",
]

_HOME = {
    "buffer": ("DepthBuffer", "PixelFormat"),
    "calibration": ("Calibration",),
    "calibration_json": ("build_calibration_json", "parse_calibration_json"),
    "calibration_sources": ("calibration_from_exif_lens", "nominal_calibration"),
    "focus": ("largest_near_region",),
    "grayscale": ("GrayscaleMeaning", "buffer_from_gray", "gray_from_buffer", "lookup_table"),
    "holes": ("HoleReport", "fill_holes"),
    "orientation": ("Orientation",),
    "stored_plane": (
        "StoredPlane",
        "buffer_from_plane",
        "dequantize",
        "error_in_m",
        "max_error",
        "quantize",
    ),
    "refinement": ("Refinement", "refine"),
    "raster": ("check_aspect", "fitted_size", "resample_area", "resampled", "turned"),
}
"""Which module has which names: numpy is imported when one that needs it is used."""


def __getattr__(name: str) -> Any:
    from importlib import import_module

    for module, names in _HOME.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
