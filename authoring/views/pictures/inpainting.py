"""Inpaint the surface behind near objects, which the photo does not show, from its surroundings.

Gaps are filled with averages of ever larger squares (push and pull: Gortler et al., "The Lumigraph", SIGGRAPH 1996).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from authoring.depth.refinement import extreme_around
from authoring.views.pictures.planes import Plane, Planes, box_mean, resize_planes

EDGE = 2
"""Samples on either side of an edge that belong to it: the map's ramps and the photo's own softness."""

BACKGROUND_WEIGHT = 1e-3
"""Weight of samples far from any edge: used only if nothing else is near."""


@dataclass(frozen=True, slots=True, eq=False)
class HiddenSurface:
    """The surface behind the edges of a map, in the map's raster."""

    plane: Plane
    """(h, w), nowhere nearer than the map; the map itself where nothing is hidden."""
    colours: Planes
    """(3, h, w); the photo's own where nothing is hidden."""
    hidden: NDArray[np.bool_]
    """(h, w): where the surface lies behind another one."""


def inpaint_hidden_surface(plane: Plane, colours: Planes, reach: int, jump: float) -> HiddenSurface:
    """Continue the far side of each edge `reach` samples behind the near side.

    plane: (h, w), larger is nearer. colours: (3, h, w). jump: the smallest difference between two surfaces.
    """
    low, high = extreme_around(plane, EDGE, np.minimum), extreme_around(plane, EDGE, np.maximum)
    edge = (plane - low > jump).astype(np.float32)
    share = box_mean(edge, reach)
    far = box_mean(edge * low, reach) / np.maximum(share, 1e-9)
    near_edge = share > 1e-6
    hidden = near_edge & (plane - far > jump / 2)
    # Pixels at an edge are a mixture of both sides.
    mixed = high - low > jump
    weight = np.where(hidden | mixed, 0, np.where(near_edge, 1, BACKGROUND_WEIGHT)).astype(np.float32)
    if not hidden.any() or not (weight > 0).any():
        return HiddenSurface(plane, colours, np.zeros(plane.shape, np.bool_))
    *filled_colours, filled_plane = fill(np.concatenate([colours, plane[None]]), weight)
    return HiddenSurface(
        np.where(hidden, np.minimum(filled_plane, plane), plane),
        np.where(hidden | mixed, np.stack(filled_colours), colours),
        hidden,
    )


def fill(planes: Planes, weight: Plane) -> Planes:
    """Return planes (C, h, w) where `weight` (h, w) is 1, elsewhere averages of what is near."""
    height, width = weight.shape
    if min(height, width) < 4:
        mean = (planes * weight).sum(axis=(1, 2)) / max(float(weight.sum()), 1e-12)
        return np.where(weight > 0, planes, mean[:, None, None].astype(np.float32))
    to_even = ((0, 0), (0, height % 2), (0, width % 2))
    weighted = np.pad(np.concatenate([planes * weight, weight[None]]), to_even)
    rows, columns = weighted.shape[1] // 2, weighted.shape[2] // 2
    small = resize_planes(weighted, rows, columns)
    coarse = fill(small[:-1] / np.maximum(small[-1], 1e-12), np.minimum(small[-1] * 2, 1) * (small[-1] > 0))
    surroundings = resize_planes(coarse, 2 * rows, 2 * columns)[:, :height, :width]
    return planes * weight + surroundings * (1 - weight)
