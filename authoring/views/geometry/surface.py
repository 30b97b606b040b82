"""Find where a depth map jumps from one surface to another, and the flying pixels between them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

GRAZING = 10.0
"""Metres of depth per metre sideways above which a surface counts as a jump: it is seen within 6 degrees of edge on.
A floor seen from eye height stays connected up to fifteen metres away; the smoothed borders in iPhone maps are several
times steeper."""

STEPS = 3.0
"""Quantisation steps that neighbours may differ by on a smooth surface: half a step of rounding and one of coding
noise on either side."""

DIRECTIONS = ((0, 1), (1, 0), (1, 1), (1, -1))

BLOCK_SAMPLES = 1 << 18
"""Samples processed together; their temporary arrays stay below 25 MB."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """A depth map and the distance of its samples."""

    depth_m: NDArray[np.float32]
    """(H, W) in metres; infinity and NaN where no surface is known."""
    footprint: tuple[float, float]
    """Distance of neighbouring samples, x and y, in metres at 1 m."""
    step_per_m: float = 0.0
    step_m: float = 0.0
    """One quantisation step, in the unit that was quantised; the other is 0, or both."""

    def broken(self, down: int, across: int, rows: slice = slice(None)) -> Mask:
        """Return whether there is a jump between each sample and the one `down` rows and `across` columns away.

        (h - |down|, w - |across|): element (i, j) starts at row i and at column j, or j - across if across is
        negative. False if one of the two is NaN; True if just one of them is infinite.
        """
        start, stop = _pair(self.depth_m[rows], down, across)
        with np.errstate(all="ignore"):
            near, far = np.minimum(start, stop), np.maximum(start, stop)
            reach = math.hypot(self.footprint[0] * across, self.footprint[1] * down)
            allowed = STEPS * (self.step_per_m * far + self.step_m / near)
            jump: Mask = far > near * (1 + np.maximum(allowed, GRAZING * reach))
            # With an infinite far the limit is infinite too.
            jump |= np.isinf(far) & np.isfinite(near)
            return jump

    def flying(self) -> Mask:
        """Return the mask (H, W) of samples on no surface: those on a slope between two surfaces, and isolated ones.

        They come from smoothing and from pixels that saw two surfaces at once. A sample next to a clean step has a
        neighbour on its own surface, and is not one of them.
        """
        height = self.depth_m.shape[0]
        result = np.zeros(self.depth_m.shape, np.bool_)
        for top, bottom in _blocks(self.depth_m.shape):
            first, last = max(0, top - 1), min(height, bottom + 1)
            result[top:bottom] = self._flying(slice(first, last))[top - first : bottom - first]
        return result

    def _flying(self, rows: slice) -> Mask:
        depth = self.depth_m[rows]
        hanging = np.zeros(depth.shape, np.bool_)
        alone = np.ones(depth.shape, np.bool_)
        for down, across in DIRECTIONS:
            jump = self.broken(down, across, rows)
            start, stop = _pair(depth, down, across)
            rises = stop > start
            both, same = np.zeros_like(alone), np.zeros_like(alone)
            # The jump to a sample and the one from it, along the same line.
            middle = _inner(depth.shape, down, across)
            jump_to, jump_from = _pair(jump, down, across)
            both[middle] = jump_to & jump_from
            before, after = _pair(rises, down, across)
            same[middle] = before == after
            hanging |= both & same
            alone &= both
        return hanging | alone


def _pair(plane: NDArray[Any], down: int, across: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return views of all samples that have a neighbour in a direction, and of those neighbours."""
    height, width = plane.shape
    if across >= 0:
        return plane[: height - down, : width - across], plane[down:, across:]
    return plane[: height - down, -across:], plane[down:, : width + across]


def _inner(shape: tuple[int, ...], down: int, across: int) -> tuple[slice, slice]:
    """Return the samples with a neighbour on both sides in a direction."""
    height, width = shape
    aside = abs(across)
    return slice(down, max(down, height - down)), slice(aside, max(aside, width - aside))


def _blocks(shape: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    rows = max(1, BLOCK_SAMPLES // shape[1])
    for top in range(0, shape[0], rows):
        yield top, min(top + rows, shape[0])
