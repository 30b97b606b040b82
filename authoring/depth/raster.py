"""Turn and resize a map's raster.

No file states a crop or an offset, so a map of any size is stretched over the whole photo. One sample was made
otherwise: the app that wrote nilsh_imageio_output.heic halved 375 columns to 187.5, kept 188 and averaged the last
one with black. That is its own error and not followed; even sizes avoid it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from authoring.depth.buffer import DepthBuffer
from authoring.depth.kernels import resample_area
from authoring.depth.orientation import Orientation
from authoring.errors import UsageError

MIN_MAP_SIDE = 2
"""The smallest even number. Sides are even, as all of Apple's are, because HEVC counts cropping in steps of two in most
of its formats, and because halving stays exact."""

DEFAULT_MAX_SIDE = 768
"""The long side of the maps of every rear camera in the samples; larger maps gain nothing at 8 bits."""

GOOD_ASPECT = 0.005
"""An aspect error not worth a smaller map: a map is stretched over its photo anyway, so rounding moves nothing."""

FREE_MAP_PIXELS = 16_000_000
"""A stored map may have so many samples beside the smallest photo: 4000 a side, some forty times what phones store."""

MAX_STORED_SIDE = 16_384
"""The longest side that any HEVC level allows (H.265 table A.8, level 6.2)."""

FREE_WRITTEN_PIXELS = 1 << 22
"""A map that is written may have so many samples beside the smallest photo: more than the photo's are of no use."""

SMALLEST_SHARE = 0.9
"""How much of the long side may be given up for a better aspect; matters only for panoramas."""


def most_map_pixels(photo_pixels: int, free: int = FREE_MAP_PIXELS) -> int:
    """Return how many samples a stored map may have: those of its photo, or `free`.

    More says nothing about the photo, and costs memory that the size of the photo does not explain.
    """
    return max(FREE_MAP_PIXELS, photo_pixels)


def turned(buffer: DepthBuffer, orientation: Orientation) -> DepthBuffer:
    """Return the map and its calibration as `orientation.to_display` shows them; `orientation.inverse` goes back."""
    if orientation is Orientation.UPRIGHT:
        return buffer
    calibration = buffer.calibration and buffer.calibration.oriented(orientation)
    return buffer.replace(samples=orientation.to_display(buffer.samples), calibration=calibration)


def fitted_size(width: int, height: int, max_size: int = DEFAULT_MAX_SIDE) -> tuple[int, int]:
    """Return the size (width, height) to store a map in: even, at most `max_size` long, nearly the same aspect.

    4032 by 3024 becomes 768 by 576. A map that is small enough keeps its size, odd sides losing one sample; no
    side goes below MIN_MAP_SIDE.
    """
    if width < 1 or height < 1:
        raise UsageError(f"a map of {width} by {height} samples holds nothing", subject="map")
    if max_size < MIN_MAP_SIDE:
        raise UsageError(f"the largest side of a map must be at least {MIN_MAP_SIDE}, not {max_size}")
    long, short = max(width, height), min(width, height)
    if long <= max_size:
        return max(MIN_MAP_SIDE, width // 2 * 2), max(MIN_MAP_SIDE, height // 2 * 2)
    top = max_size // 2 * 2

    def partner(side: int) -> int:
        even = (side * short + long) // (2 * long) * 2  # the even number nearest to side * short / long
        return max(MIN_MAP_SIDE, even)

    def cost(side: int) -> tuple[float, int]:
        error = abs(partner(side) * long / (side * short) - 1)
        return max(error, GOOD_ASPECT), -side

    best = min(range(top, max(MIN_MAP_SIDE, int(top * SMALLEST_SHARE)) - 1, -2), key=cost)
    return (best, partner(best)) if width >= height else (partner(best), best)


def resampled(buffer: DepthBuffer, width: int, height: int) -> DepthBuffer:
    """Return the map in another size, averaged in its own unit over valid samples; NaN where there is none.

    The calibration stays as it is: its reference frame is the photo, not the map.
    """
    if (width, height) == (buffer.width, buffer.height):
        return buffer
    dtype = buffer.samples.dtype
    # A disparity of 0 is infinitely far away, a depth of 0 no surface.
    floor = 0.0 if buffer.pixel_format.kind == "disparity" else float(np.finfo(dtype).smallest_subnormal)
    samples = resample_area(buffer.samples, width, height, floor)
    return buffer.replace(samples=samples.astype(dtype, copy=False))


def resample_nearest(samples: npt.NDArray[Any], width: int, height: int) -> npt.NDArray[Any]:
    """Return samples (H, W) stretched to (height, width) without a new value: each result is one sample."""
    rows = np.arange(height) * samples.shape[0] // height
    columns = np.arange(width) * samples.shape[1] // width
    stretched: npt.NDArray[Any] = samples[rows[:, np.newaxis], columns]
    return stretched


def extreme_around(
    plane: npt.NDArray[Any], radius: int, ufunc: Callable[..., npt.NDArray[Any]]
) -> npt.NDArray[Any]:
    """Return `ufunc` (np.maximum, np.minimum, np.logical_or) over the square of `radius` samples around each.

    (H, W) of any dtype; the border is extended. Time grows with the logarithm of the radius.
    """
    for axis in (0, 1):
        count = plane.shape[axis]
        padding = [(radius, radius) if axis == padded else (0, 0) for padded in (0, 1)]
        runs = np.moveaxis(np.pad(plane, padding, mode="edge"), axis, 0)
        length, wanted = 1, 2 * radius + 1
        while length < wanted:
            shift = min(length, wanted - length)
            runs = ufunc(runs[: runs.shape[0] - shift], runs[shift:])
            length += shift
        plane = np.moveaxis(runs[:count], 0, axis)
    return plane
