"""Make a mesh of triangles from a depth map, cut where the depth jumps."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
    """(M, 3) indices of points, counterclockwise as seen by the camera."""
    places: NDArray[np.float32]
    """(N, 2) position of each point in the picture, 0..1 from the top left."""


def mesh_of(surface: Surface, grid: Grid) -> tuple[NDArray[np.uint32], Grid]:
    """Return the triangles (M, 3) between the samples of a grid, and the grid with only the samples they use.

    surface: of the grid's samples. Faces count the samples kept, row by row. Of the two diagonals of four samples the
    one with the smaller jump is taken; no triangle has a side across a jump.
    """
    keep, depth = grid.keep, surface.depth_m
    height, width = keep.shape
    if height < 2 or width < 2:
        return np.zeros((0, 3), np.uint32), replace(grid, keep=np.zeros_like(keep))
    horizontal, vertical = ~surface.broken(0, 1), ~surface.broken(1, 0)
    top, bottom, left, right = horizontal[:-1], horizontal[1:], vertical[:, :-1], vertical[:, 1:]
    a, b, c, d = keep[:-1, :-1], keep[:-1, 1:], keep[1:, :-1], keep[1:, 1:]
    rising, falling = ~surface.broken(1, -1), ~surface.broken(1, 1)  # b to c, and a to d
    with np.errstate(all="ignore"):
        choose = np.abs(np.log(depth[:-1, 1:] / depth[1:, :-1])) <= np.abs(
            np.log(depth[:-1, :-1] / depth[1:, 1:])
        )
    choose = np.where(a & d, np.where(b & c, choose, False), True)
    upper_left = choose & rising & a & b & c & top & left
    lower_right = choose & rising & b & c & d & right & bottom
    lower_left = ~choose & falling & a & c & d & left & bottom
    upper_right = ~choose & falling & a & b & d & top & right
    index = np.arange(height * width, dtype=np.uint32).reshape(height, width)
    corner_index = (index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:])
    faces = np.concatenate(
        [
            np.stack([corner_index[corner][mask] for corner in corners], axis=1)
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
    """Return faces renumbered to count only the samples they use, and the grid of those samples."""
    used = np.zeros(grid.keep.size, np.bool_)
    used[faces.ravel()] = True
    number = np.cumsum(used, dtype=np.uint32) - np.uint32(1)
    return number[faces], replace(grid, keep=used.reshape(grid.keep.shape))


def places_of(grid: Grid) -> NDArray[np.float32]:
    """Return the positions in the picture of the samples kept: (N, 2), x and y, 0..1 from the top left."""
    height, width = grid.shape
    rows, columns = np.nonzero(grid.keep)
    places: NDArray[Any] = np.empty((len(rows), 2), np.float32)
    places[:, 0] = (grid.columns[columns] + 0.5) / width
    places[:, 1] = (grid.rows[rows] + 0.5) / height
    return places
