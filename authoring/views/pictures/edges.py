"""Find the edges of a depth map, as lines to draw over the photo."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.holes import fill_holes
from authoring.depth.kernels import resample_area
from authoring.views.pictures.planes import Plane, box_mean

CLEAR = 0.035
"""Change of nearness (0..1) over two samples of the map that makes an edge."""

WEAK_SHARE = 0.4
"""An edge fades out along its course down to this share of CLEAR."""


def edges(nearness: Plane, height: int, width: int) -> Plane:
    """Return the strength of the edge lines at each pixel of (height, width), 0..1.

    nearness: (h, w), NaN in holes, over the same picture. Lines run where the map is steepest across the edge; holes
    have no outline. An even slope, such as a floor, has no lines.
    """
    known = np.isfinite(nearness)
    if not known.any() or min(height, width) < 2:
        return np.zeros((height, width), np.float32)
    plane, _ = fill_holes(DepthBuffer(np.clip(nearness, 0, 1), PixelFormat.FDIS), max_share=1.0)
    size = max(1.0, width / nearness.shape[1])
    reach = max(1, round(size / 2))
    fine = resample_area(plane.samples, width, height)
    for _ in range(2):
        fine = box_mean(fine, reach).astype(np.float32)
    down, across = (np.asarray(slope, np.float32) for slope in np.gradient(fine))
    steep = np.hypot(down, across)
    change = steep * np.float32(2 * size)
    strength = np.clip((change / CLEAR - WEAK_SHARE) / (1 - WEAK_SHARE), 0, 1)
    lines: Plane = strength * (_ridge(steep, down, across) & ~_even(steep, reach))
    return lines


def _ridge(steep: Plane, down: Plane, across: Plane) -> NDArray[np.bool_]:
    """Return where steepness is largest along its own direction, one sample to either side."""
    ridge = np.zeros(steep.shape, np.bool_)
    padded = np.pad(steep, 1, mode="edge")
    height, width = steep.shape

    def neighbour(dy: int, dx: int) -> Plane:
        return padded[1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width]

    slant = np.arctan2(down, across)
    octant = np.rint(slant * (4 / np.pi)).astype(np.intp) % 4
    for number, (dy, dx) in enumerate(((0, 1), (1, 1), (1, 0), (1, -1))):
        ridge |= (octant == number) & (steep > neighbour(-dy, -dx)) & (steep >= neighbour(dy, dx))
    return ridge


def _even(steep: Plane, reach: int) -> NDArray[np.bool_]:
    """Return where the neighbourhood is as steep: a slope, not an edge."""
    around = box_mean(steep, 6 * reach)
    result: NDArray[np.bool_] = steep < 1.4 * around
    return result
