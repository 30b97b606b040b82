"""Inpaint the surface behind near objects, which the photo does not show, by growing the far side of each edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from authoring.depth.raster import extreme_around
from authoring.views.pictures.planes import Plane, Planes

FRINGE = 2
"""Samples on either side of an edge that may have the colour of the other side: maps are off by a few pixels."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class HiddenSurface:
    """The surface behind the near sides of a map's edges, in the map's raster."""

    plane: Plane
    """(h, w), nowhere nearer than the map; the map itself where nothing is hidden."""
    colours: Planes
    """(3, h, w)."""
    hidden: Mask
    """(h, w): where the surface is behind another one."""


def inpaint_hidden_surface(plane: Plane, colours: Planes, reach: int, jump: float) -> HiddenSurface:
    """Continue the far side of each edge up to `reach` samples behind the near side.

    plane: (h, w), larger is nearer, finite. colours: (3, h, w). jump: the least difference of two surfaces, over FRINGE
    samples.
    """
    far_fringe = extreme_around(plane, FRINGE, np.maximum) - plane > jump
    near_fringe = plane - extreme_around(plane, FRINGE, np.minimum) > jump
    layers = np.concatenate([plane[None], colours]).transpose(1, 2, 0)
    # First the far side up to the edge, coloured as it is beyond the fringe; then on behind the near side.
    layers, edge = _grow(layers, plane, ~(far_fringe | near_fringe), far_fringe, FRINGE + 1, jump)
    layers, hidden = _grow(layers, plane, edge, ~edge, reach, -jump)
    grown_plane, *grown_colours = np.ascontiguousarray(layers.transpose(2, 0, 1))
    grown = (edge | hidden).astype(np.float32)
    weight = np.maximum(_smooth(grown), np.finfo(np.float32).tiny)
    smooth = np.stack([_smooth(channel * grown) / weight for channel in grown_colours])
    return HiddenSurface(np.minimum(grown_plane, plane), np.where(grown, smooth, colours), hidden)


def _grow(
    layers: NDArray[np.float32], plane: Plane, sources: Mask, targets: Mask, steps: int, limit: float
) -> tuple[NDArray[np.float32], Mask]:
    """Grow layers (h, w, n), the plane first, from sources into targets; return them and the samples reached.

    Only samples are reached whose own plane the growing one exceeds by less than `limit`; each takes the mean of the
    neighbours that reach it first.
    """
    padded = np.pad(layers, ((1, 1), (1, 1), (0, 0)))
    values, own = padded.reshape(-1, layers.shape[2]), np.pad(plane, 1).ravel()
    free = np.pad(targets & ~sources, 1).ravel()
    reached = np.zeros_like(free)
    row = plane.shape[1] + 2
    around = (1, -1, row, -row)
    front = np.flatnonzero(np.pad(sources, 1))
    front = front[np.logical_or.reduce([free[front + step] for step in around])]
    for _ in range(steps):
        start, end = np.tile(front, 4), np.concatenate([front + step for step in around])
        allowed = free[end] & (values[start, 0] - own[end] < limit)
        front, index, count = np.unique(end[allowed], return_inverse=True, return_counts=True)
        if not front.size:
            break
        total = np.zeros((front.size, layers.shape[2]), np.float32)
        np.add.at(total, index, values[start[allowed]])
        values[front] = total / count[:, None]
        free[front] = False
        reached[front] = True
    return padded[1:-1, 1:-1], reached.reshape(padded.shape[:2])[1:-1, 1:-1]


def _smooth(plane: Plane) -> Plane:
    """Return the mean by 1 4 6 4 1 along each axis, against the streaks that growing leaves; the edge repeats."""
    for _ in range(2):
        padded = np.pad(plane, 1, mode="edge")
        rows = padded[:-2] + padded[2:] + 2 * padded[1:-1]
        plane = (rows[:, :-2] + rows[:, 2:] + 2 * rows[:, 1:-1]) / np.float32(16)
    return plane
