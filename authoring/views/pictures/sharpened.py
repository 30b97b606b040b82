"""A small depth map brought to the photo's size, its edges moved to where the photo has them.

Knows: the guided filter (He, Sun, Tang, "Guided Image Filtering", TPAMI 2013; subsampled as in He and Sun, "Fast Guided
Filter", 2015) with colour as guide. Must not know: units, lenses.

Within a window the map is taken as a linear function of the photo's colours. The function is fitted in the map's
raster and evaluated at full size, in bands. It is used where the map jumps; within a surface the photo's texture says
nothing of depth. And what comes out between two surfaces is pushed to either: one half-way between a face and the
wall behind it is none that a lens sees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from authoring.views.pictures.planes import Plane, Planes, box_mean, extremes, stretched

WINDOW = 4
"""Samples of the map on each side: an edge of an iPhone's maps is off by two to three of theirs."""

REACH = 3
"""Samples from which a surface's own value is taken: an edge is moved no farther than this."""

REGULARITY = 2e-4
"""Variance of colours (0..1) below which a window counts as plain, and the map stays as it is."""

STEEPNESS = 4.0
"""How much steeper a jump gets than the filter leaves it."""


@dataclass(frozen=True, slots=True, eq=False)
class Sharp:
    """A map that can be asked for any rows of its full-size form."""

    size: tuple[int, int]
    """(height, width) of the photo."""
    plane: Plane
    """The map (h, w) as it was given."""
    factors: Planes | None
    """(4, h, w): red, green, blue and what is added; None where the map is as large as the photo."""
    low: Plane
    high: Plane
    """The least and the greatest sample around, (h, w)."""
    jump: float
    """Differences from here on are two surfaces."""

    def rows(self, codes: NDArray[np.uint8], top: int, bottom: int) -> Plane:
        """Rows top to bottom at full size; `codes` (bottom - top, W, 3) are the photo's."""
        height, width = self.size
        if self.factors is None:
            return stretched(self.plane, height, width, top, bottom)
        total: Plane
        red, green, blue, total = stretched(self.factors, height, width, top, bottom)
        for factor, channel in zip((red, green, blue), np.moveaxis(codes, -1, 0), strict=True):
            factor *= channel
            total += factor
        low = stretched(self.low, height, width, top, bottom)
        gap = stretched(self.high, height, width, top, bottom)
        gap -= low
        total -= low
        np.clip(total, 0, gap, out=total)
        # From 0 (no jump) to 1 (a clear one): there what is between the surfaces goes to either, about their middle.
        clear = np.clip(gap * np.float32(1 / self.jump) - 1, 0, 1)
        gap *= np.float32(0.5)
        total -= gap
        total *= clear * np.float32(STEEPNESS - 1) + 1
        np.clip(total, -gap, gap, out=total)
        total += gap
        total += low
        plain = stretched(self.plane, height, width, top, bottom)
        total -= plain
        total *= clear
        total += plain
        return total


def sharpened(plane: Plane, codes: NDArray[np.uint8], jump: float) -> Sharp:
    """The map (h, w) fitted to the photo `codes` (H, W, 3); a map of the photo's size or larger is only stretched."""
    height, width = codes.shape[:2]
    if plane.shape[0] >= height or plane.shape[1] >= width:
        return Sharp((height, width), plane, None, plane, plane, jump)
    low, high = extremes(plane, REACH)
    guide = _shrunk(codes, *plane.shape)
    return Sharp((height, width), plane, _fit(plane, guide), low, high, jump)


def _shrunk(codes: NDArray[np.uint8], height: int, width: int) -> NDArray[np.float64]:
    """The photo (3, h, w), 0..1, each sample the mean of what it covers."""
    from PIL import Image

    small = Image.fromarray(codes).resize((width, height), Image.Resampling.BOX)
    return np.moveaxis(np.asarray(small, np.float64) / 255, -1, 0)


def _fit(plane: Plane, guide: NDArray[np.float64]) -> Planes:
    """The factors (4, h, w) for codes 0..255, averaged over all windows a sample lies in."""
    value = plane.astype(np.float64)
    mean = box_mean(guide, WINDOW)
    middle = box_mean(value, WINDOW)
    covariance = box_mean(guide * value, WINDOW) - mean * middle
    rr, rg, rb, gg, gb, bb = (
        box_mean(guide[i] * guide[k], WINDOW) - mean[i] * mean[k]
        for i, k in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
    )
    rr, gg, bb = rr + REGULARITY, gg + REGULARITY, bb + REGULARITY
    slope = _solved(rr, rg, rb, gg, gb, bb, covariance)
    rest = middle - (slope * mean).sum(axis=0)
    factors = np.stack([*slope, rest])
    averaged = box_mean(factors, WINDOW)
    averaged[:3] /= 255
    return averaged.astype(np.float32)


def _solved(rr: Any, rg: Any, rb: Any, gg: Any, gb: Any, bb: Any, right: Any) -> NDArray[np.float64]:
    """Solutions (3, h, w) of symmetric 3 x 3 systems, by Cramer's rule: the diagonal is kept away from 0."""
    a, b, c = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
    d, e, f = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
    whole = rr * a + rg * b + rb * c
    x, y, z = right
    solved: NDArray[np.float64] = np.stack(
        [a * x + b * y + c * z, b * x + d * y + e * z, c * x + e * y + f * z]
    )
    solved /= whole
    return solved
