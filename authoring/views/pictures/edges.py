"""The edges of a map as lines, to lay over the photo.

Knows: where a plane changes fastest. Must not know: the photo, units.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from authoring.views.pictures.behind import filled
from authoring.views.pictures.planes import Plane, box_mean, stretched

CLEAR = 0.035
"""Change of nearness (0..1) over two samples of the map that makes an edge by itself."""

FAINT_SHARE = 0.4
"""An edge fades out along its course down to this share of CLEAR."""


def edges(nearness: Plane, height: int, width: int) -> Plane:
    """How much of an edge's line is at each pixel of (height, width), 0..1.

    nearness: (h, w), NaN in holes, over the same picture. Lines run where the map is steepest across the edge; holes
    have no outline of their own. A slope that is even all the way, such as a floor, has none.
    """
    known = np.isfinite(nearness)
    plane = nearness if known.all() else filled(np.nan_to_num(nearness)[None], known.astype(np.float32))[0]
    size = max(1.0, width / nearness.shape[1])
    reach = max(1, round(size / 2))
    fine = stretched(plane, height, width)
    for _ in range(2):
        fine = box_mean(fine, reach).astype(np.float32)
    down, across = (np.asarray(one, np.float32) for one in np.gradient(fine))
    steep = np.hypot(down, across)
    change = steep * np.float32(2 * size)
    strength = np.clip((change / CLEAR - FAINT_SHARE) / (1 - FAINT_SHARE), 0, 1)
    sure = _summit(steep, down, across, reach) & (strength > 0) & ~_even(steep, reach)
    lines: Plane = strength * sure
    return lines


def _summit(steep: Plane, down: Plane, across: Plane, reach: int) -> NDArray[np.bool_]:
    """Where steepness is the greatest along its own direction, one sample to either side."""
    summit = np.zeros(steep.shape, np.bool_)
    padded = np.pad(steep, 1, mode="edge")
    height, width = steep.shape

    def beside(dy: int, dx: int) -> Plane:
        return padded[1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width]

    slant = np.arctan2(down, across)
    octant = np.rint(slant * (4 / np.pi)).astype(np.intp) % 4
    for number, (dy, dx) in enumerate(((0, 1), (1, 1), (1, 0), (1, -1))):
        here = (octant == number) & (steep > beside(-dy, -dx)) & (steep >= beside(dy, dx))
        summit |= here
    return summit


def _even(steep: Plane, reach: int) -> NDArray[np.bool_]:
    """Where the neighbourhood is as steep as the place itself: a slope, not an edge."""
    around = box_mean(steep, 6 * reach)
    result: NDArray[np.bool_] = steep < 1.4 * around
    return result
