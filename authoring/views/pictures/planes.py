"""Resize and average float planes of a picture, and split pictures into bands of rows.

Rasters cover the same picture edge to edge, whatever their size: sample i of n lies at (i + 1/2) / n.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Plane = NDArray[np.float32]
"""(H, W)."""
Planes = NDArray[np.float32]
"""(C, H, W): one plane per channel."""

BAND_SAMPLES = 1 << 18
"""Samples of one plane in a band: at full size a whole picture's planes would not fit into memory."""


def bands(height: int, width: int, step: int = 1) -> Iterator[tuple[int, int]]:
    """Yield first and last row (exclusive) of bands of about BAND_SAMPLES, each starting at a multiple of `step`."""
    rows = max(1, BAND_SAMPLES // max(1, width) // step) * step
    for top in range(0, height, rows):
        yield top, min(top + rows, height)


def resize_planes(planes: Planes, height: int, width: int, top: int = 0, bottom: int | None = None) -> Planes:
    """Resize planes (C, h, w) to (height, width), by the mean of the area if smaller, else bilinear.

    top, bottom: the rows of the result to return; None is the last.
    """
    bottom = height if bottom is None else bottom
    _, rows, columns = planes.shape
    method = Image.Resampling.BOX if height < rows else Image.Resampling.BILINEAR
    upper, lower = top * rows / height, bottom * rows / height
    # The rows of the band and those next to them, which a bilinear sample at its edge is between.
    first, last = max(0, math.floor(upper) - 1), min(rows, math.ceil(lower) + 1)
    box = (0, upper - first, columns, lower - first)
    result = np.empty((len(planes), bottom - top, width), np.float32)
    for plane, out in zip(planes, result, strict=True):
        out[:] = np.asarray(Image.fromarray(plane[first:last]).resize((width, bottom - top), method, box))
    return result


def halve(planes: Planes) -> Planes:
    """Return planes (C, H, W) of even sides at half the size, each sample the mean of four."""
    rows = planes[:, ::2] + planes[:, 1::2]
    result: Planes = rows[..., ::2] + rows[..., 1::2]
    result *= np.float32(0.25)
    return result


def double(planes: Planes) -> Planes:
    """Return planes (C, H, W) at twice the size, bilinear."""
    count, rows, columns = planes.shape
    result = np.empty((count, 2 * rows, 2 * columns), np.float32)
    for plane, out in zip(planes, result, strict=True):
        out[:] = _double_rows(_double_rows(plane).T).T
    return result


def _double_rows(plane: Plane) -> Plane:
    """Return a plane with twice the rows, each three quarters of the nearest and one of the next; the edge repeats."""
    rows, columns = plane.shape
    result = np.empty((rows, 2, columns), np.float32)
    near, far = plane * np.float32(0.75), plane * np.float32(0.25)
    result[1:, 0] = near[1:] + far[:-1]
    result[0, 0] = plane[0]
    result[:-1, 1] = near[:-1] + far[1:]
    result[-1, 1] = plane[-1]
    return result.reshape(2 * rows, columns)


def box_mean(plane: NDArray[Any], reach: int) -> NDArray[np.float64]:
    """Return the mean of the square of 2 * reach + 1 samples around each, of planes (..., H, W); the edge repeats."""
    for axis in (-1, -2):
        count = plane.shape[axis]
        padding = [(0, 0)] * plane.ndim
        padding[axis] = (reach + 1, reach)
        total = np.cumsum(np.pad(plane, padding, mode="edge"), axis=axis, dtype=np.float64)
        high = np.take(total, range(2 * reach + 1, 2 * reach + 1 + count), axis=axis)
        low = np.take(total, range(count), axis=axis)
        plane = (high - low) / (2 * reach + 1)
    return plane
