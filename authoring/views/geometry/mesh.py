"""A depth map as a mesh of triangles, cut where it jumps.

Knows: which triangles a grid of samples gives. Must not know: file layouts, how the picture is coded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from authoring.views.geometry.points import Grid
from authoring.views.geometry.surface import Surface


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Triangles between points."""

    points: NDArray[np.float32]
    """(N, 3) x, y, z in metres."""
    faces: NDArray[np.uint32]
    """(M, 3) indices of points, anticlockwise as the camera sees them."""
    places: NDArray[np.float32]
    """(N, 2) where in the picture each point was seen, 0..1 from the top left."""


def mesh_of(surface: Surface, grid: Grid) -> tuple[NDArray[np.uint32], Grid]:
    """The triangles (M, 3) between the samples of a grid, and the grid with only those kept that a triangle uses.

    surface: of the grid's own samples. Faces count the samples kept, row by row. Of the two ways to halve four
    samples the one with the lesser jump is taken; no triangle has a side across a jump.
    """
    keep, depth = grid.keep, surface.depth_m
    height, width = keep.shape
    none = np.zeros((0, 3), np.uint32)
    if height < 2 or width < 2:
        return none, Grid(grid.shape, grid.rows, grid.columns, np.zeros_like(keep))

    def whole(down: int, across: int) -> NDArray[np.bool_]:
        return ~surface.broken(down, across)

    level, upright = whole(0, 1), whole(1, 0)
    top, bottom, left, right = level[:-1], level[1:], upright[:, :-1], upright[:, 1:]
    a, b, c, d = keep[:-1, :-1], keep[:-1, 1:], keep[1:, :-1], keep[1:, 1:]
    rising, falling = whole(1, -1), whole(1, 1)
    # b to c, and a to d.
    with np.errstate(all="ignore"):
        choose = np.abs(np.log(depth[:-1, 1:] / depth[1:, :-1])) <= np.abs(
            np.log(depth[:-1, :-1] / depth[1:, 1:])
        )
    choose = np.where(a & d, np.where(b & c, choose, False), True)
    upper_left, lower_right = (
        choose & rising & a & b & c & top & left,
        choose & rising & b & c & d & right & bottom,
    )
    lower_left, upper_right = (
        ~choose & falling & a & c & d & left & bottom,
        ~choose & falling & a & b & d & top & right,
    )
    index = np.arange(height * width, dtype=np.uint32).reshape(height, width)
    at = (index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:])
    faces = np.concatenate(
        [
            np.stack([at[corner][mask] for corner in corners], axis=1)
            for mask, corners in (
                (upper_left, (0, 2, 1)),
                (lower_right, (1, 2, 3)),
                (lower_left, (0, 2, 3)),
                (upper_right, (0, 3, 1)),
            )
        ]
    )
    return _renumbered(faces, grid)


def _renumbered(faces: NDArray[np.uint32], grid: Grid) -> tuple[NDArray[np.uint32], Grid]:
    """Faces that count only the samples they use."""
    used = np.zeros(grid.keep.size, np.bool_)
    used[faces.ravel()] = True
    number = np.cumsum(used, dtype=np.uint32) - np.uint32(1)
    kept = used.reshape(grid.keep.shape)
    return number[faces], Grid(grid.shape, grid.rows, grid.columns, kept)


def places_of(grid: Grid) -> NDArray[np.float32]:
    """Where in the picture the samples kept were seen: (N, 2), x and y, 0..1 from the top left."""
    height, width = grid.shape
    rows, columns = np.nonzero(grid.keep)
    places: NDArray[Any] = np.empty((len(rows), 2), np.float32)
    places[:, 0] = (grid.columns[columns] + 0.5) / width
    places[:, 1] = (grid.rows[rows] + 0.5) / height
    return places
