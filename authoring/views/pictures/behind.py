"""What a lens sees past the edge of something near: the surface behind, made up where the photo does not show it.

Knows: jumps of a plane where larger is nearer, and filling by averages of ever larger squares (push and pull,
Gortler and others, "The Lumigraph", SIGGRAPH 1996). Must not know: lenses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from authoring.views.pictures.planes import Plane, Planes, box_mean, doubled, extremes, halved

EDGE = 2
"""Samples from an edge that belong to it: the map's ramps and the photo's own softness."""

FAINT = 1e-3
"""Weight of what lies behind no edge: used where nothing else is near."""


@dataclass(frozen=True, slots=True, eq=False)
class Behind:
    """The hidden surface, in the raster of a small map."""

    place: Plane
    """(h, w), as the plane it was made from; that plane itself where nothing is hidden."""
    light: Planes
    """(3, h, w); of use only where something is hidden."""
    hidden: NDArray[np.bool_]
    """(h, w): where another surface lies behind and can come into sight."""


def behind(plane: Plane, light: Planes, reach: int, jump: float) -> Behind:
    """The surface behind each edge of `plane` (h, w), `reach` samples into the nearer side.

    light: (3, h, w) of the same raster. jump: the least difference of two surfaces.
    """
    low, high = extremes(plane, EDGE)
    edge = (plane - low > jump).astype(np.float32)
    share = box_mean(edge, reach)
    far = box_mean(edge * low, reach) / np.maximum(share, 1e-9)
    around = share > 1e-6
    hidden = around & (plane - far > jump / 2)
    # Pixels beside an edge are a mixture of both sides: nobody's colour.
    mixed = high - low > jump
    weight = np.where(hidden | mixed, 0, np.where(around, 1, FAINT)).astype(np.float32)
    if not hidden.any() or not (weight > 0).any():
        return Behind(plane, light, np.zeros(plane.shape, np.bool_))
    *around_light, around_place = filled(np.concatenate([light, plane[None]]), weight)
    place = np.where(hidden, np.minimum(around_place, plane), plane)
    return Behind(place, np.where(hidden | mixed, np.stack(around_light), light), hidden)


def filled(planes: Planes, weight: Plane) -> Planes:
    """Planes (C, h, w) where `weight` (h, w) is 1; elsewhere what lies around, the nearest counting most."""
    height, width = weight.shape
    if height == 1 or width == 1 or min(height, width) < 4:
        mean = (planes * weight).sum(axis=(1, 2)) / max(float(weight.sum()), 1e-12)
        return np.where(weight > 0, planes, mean[:, None, None].astype(np.float32))
    odd = ((0, 0), (0, height % 2), (0, width % 2))
    carried = np.pad(np.concatenate([planes * weight, weight[None]]), odd)
    small = halved(carried)
    share = np.maximum(small[-1], 1e-12)
    coarse = filled(small[:-1] / share, np.minimum(share * 2, 1) * (small[-1] > 0))
    back = doubled(coarse)[:, :height, :width]
    return planes * weight + back * (1 - weight)
