"""Blur planes with a disc."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from authoring.views.pictures.planes import BAND_SAMPLES, Plane, Planes

FINE = 16
"""Points along each side of a pixel that the disc's share of it is counted with."""

NEGLIGIBLE = 1e-6
"""A weight below this changes no 8-bit code."""


@lru_cache(maxsize=64)
def disc_weights(radius: float) -> Plane:
    """Return the disc's share of each pixel of a square of odd side; the sum is 1."""
    reach = max(0, math.ceil(radius - 0.5))
    side = 2 * reach + 1
    points = (np.arange(side * FINE) + 0.5) / FINE - side / 2
    if reach == 0:
        return np.ones((1, 1), np.float32)
    inside = points[:, None] ** 2 + points[None] ** 2 <= radius**2
    share = inside.reshape(side, FINE, side, FINE).mean(axis=(1, 3))
    kernel: Plane = (share / share.sum()).astype(np.float32)
    return kernel


def blur_disc(planes: Planes, radius: float) -> Planes:
    """Return planes (C, H, W) blurred by a disc of `radius` samples; the edge repeats.

    A row of the disc is nearly a run of equal weights, and the run of n samples on either side is the one of n - 1 and
    two more: a few additions per row replace one multiplication per pixel of the disc.
    """
    kernel = disc_weights(radius)
    reach = kernel.shape[0] // 2
    if reach == 0:
        return planes
    half = kernel[reach:, reach:]
    # steps[dy, n]: by how much row dy is heavier at n than at n + 1; the runs of those weights add up to the row.
    steps = half - np.append(half[:, 1:], np.zeros((reach + 1, 1), np.float32), axis=1)
    out = np.empty_like(planes)
    _, height, width = planes.shape
    rows = max(8, BAND_SAMPLES // 2 // (width + 2 * reach))
    for plane, result in zip(planes, out, strict=True):
        padded = np.pad(plane, reach, mode="edge")
        for top in range(0, height, rows):
            bottom = min(top + rows, height)
            result[top:bottom] = _runs(padded[top : bottom + 2 * reach], steps, bottom - top, width)
    return out


def _runs(source: Plane, steps: Plane, height: int, width: int) -> Plane:
    """Blur one band; `source` exceeds the result (height, width) by the kernel's reach on every side."""
    reach = steps.shape[0] - 1
    total = np.zeros((height, width), np.float32)
    run = source[:, reach : reach + width].copy()
    for n in range(reach + 1):
        if n:
            run += source[:, reach - n : reach - n + width]
            run += source[:, reach + n : reach + n + width]
        for dy in range(reach + 1):
            step = steps[dy, n]
            if abs(step) < NEGLIGIBLE:
                continue
            part = run[reach + dy : reach + dy + height]
            if dy:
                part = part + run[reach - dy : reach - dy + height]
                part *= step
            else:
                part = part * step
            total += part
    return total
