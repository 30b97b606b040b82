"""Measure how far a decoded plane is from its codes and from the map that it was made of."""

from __future__ import annotations

import math

import numpy as np

from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.kernels import row_chunks
from authoring.depth.stored_plane import Codes, StoredPlane, code_positions, valid_range
from authoring.errors import UsageError


def largest_difference(first: Codes, second: Codes) -> int:
    """Return the largest difference between two arrays (H, W) of codes."""
    return int((np.maximum(first, second) - np.minimum(first, second)).max())


def max_error(plane: StoredPlane, buffer: DepthBuffer) -> float:
    """Return the largest difference between a plane, as decoded, and the map it was made of, in the map's unit.

    Measured before a cast to half floats: of a lossless plane from `quantize` it is at most half a step, but for
    ROUNDING_CODES. Raises UsageError if size or format differ, RefusedError if a sample of the map is not
    valid.
    """
    if plane.codes.shape != buffer.samples.shape or plane.pixel_format is not buffer.pixel_format:
        raise UsageError(
            f"a {plane.pixel_format.value} plane of shape {plane.codes.shape} cannot be compared with a"
            f" {buffer.pixel_format.value} map of shape {buffer.samples.shape}"
        )
    valid_range(buffer)
    worst = 0.0
    # In chunks 5 ms for 12 megapixels, in one expression 15 ms.
    for rows in row_chunks(plane.codes.shape):
        error = np.empty(plane.codes[rows].shape, np.float32 if plane.bits == 8 else np.float64)
        code_positions(buffer.samples[rows], plane.float_min, plane.float_max, error, plane.bits)
        error -= plane.codes[rows]
        worst = max(worst, float(error.max()), -float(error.min()))
    return worst * plane.step


def native_rounding(plane: StoredPlane) -> float:
    """Return the most that a cast to the plane's native format changes a value of the plane, in its unit.

    Half the spacing of floats at the largest value: 0.002 1/m for hdis at 4 1/m. Infinite where that is beyond the
    format.
    """
    with np.errstate(over="ignore"):
        largest = plane.pixel_format.dtype.type(max(abs(plane.float_min), abs(plane.float_max)))
    return float(np.spacing(largest)) / 2 if np.isfinite(largest) else math.inf


def error_in_m(error: float, value: float, pixel_format: PixelFormat) -> float | None:
    """Return what an error in the map's unit means in metres, at a place with this value.

    For depth it is the error itself. For disparity it is the larger of the two ways to be wrong,
    1/(value - error) - 1/value; None if that has no end, because the surface may be infinitely far away.
    """
    if pixel_format.kind == "depth" or error == 0:
        return error
    return error / (value * (value - error)) if value > error else None
