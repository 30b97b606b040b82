"""Project depth samples along their rays to points in space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from authoring.views.geometry.pcd import build_pcd
from authoring.views.geometry.ply import build_ply
from authoring.views.geometry.projection import Camera

Axes = Literal["opengl", "opencv"]
"""Both right-handed, with the camera at the origin. opengl: x right, y up, z backward, towards the viewer. opencv:
x right, y down, z forward."""

AXES_TEXT: dict[Axes, str] = {
    "opengl": "x right, y up, z backward out of the picture; right-handed, the camera in the origin",
    "opencv": "x right, y down, z forward into the picture; right-handed, the camera in the origin",
}

BLOCK_SAMPLES = 1 << 18
"""Samples whose rays are computed together, in double precision."""


@dataclass(frozen=True, slots=True, eq=False)
class PointCloud:
    """Coloured points in the camera's frame."""

    points: NDArray[np.float32]
    """(N, 3) x, y, z in metres, row by row; correct up to a common factor if `absolute` is False."""
    colours: NDArray[np.uint8]
    """(N, 3) red, green, blue, sRGB."""
    axes: Axes
    absolute: bool
    comments: tuple[str, ...] = ()
    """What a file says about units, axes and camera; ASCII."""

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.points)

    def to_ply(self) -> bytes:
        """Return a binary little-endian PLY file."""
        return b"".join(build_ply(self.points, self.colours, comments=self.comments))

    def to_pcd(self) -> bytes:
        """Return a binary PCD file, version 0.7."""
        return b"".join(build_pcd(self.points, self.colours, comments=self.comments))


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Evenly spaced samples of a map (h, w), by rows and columns, and which of them to keep."""

    shape: tuple[int, int]
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    keep: NDArray[np.bool_]
    """(rows, columns)."""

    def take(self, plane: NDArray[Any]) -> NDArray[Any]:
        """Return the samples of a plane (h, w, ...) that lie on the grid, as a view."""
        step = int(self.rows[1] - self.rows[0]) if len(self.rows) > 1 else self.shape[0]
        step_across = int(self.columns[1] - self.columns[0]) if len(self.columns) > 1 else self.shape[1]
        return plane[self.rows[0] :: step, self.columns[0] :: step_across]


Corner = tuple[float, float, float]


def bounds(points: NDArray[np.float32]) -> tuple[Corner, Corner]:
    """Return the smallest and the largest x, y, z of points (N, 3), at least one."""
    # Column by column: numpy needs ten times as long along an axis of three, half of the time of a whole command.
    x, y, z = (points[:, axis] for axis in range(3))
    return (float(x.min()), float(y.min()), float(z.min())), (float(x.max()), float(y.max()), float(z.max()))


def points_of(
    depth_m: NDArray[np.float32], grid: Grid, camera: Camera, axes: Axes = "opengl"
) -> NDArray[np.float32]:
    """Return the points (N, 3) of the samples kept, row by row.

    depth_m: (h, w), along the optical axis. Computed in double precision and rounded once; values beyond float32
    become infinity.
    """
    depth = grid.take(depth_m)
    points = np.empty((int(np.count_nonzero(grid.keep)), 3), np.float32)
    signs = (1.0, -1.0, -1.0) if axes == "opengl" else (1.0, 1.0, 1.0)
    written = 0
    block = max(1, BLOCK_SAMPLES // len(grid.columns))
    for top in range(0, len(grid.rows), block):
        rows = slice(top, top + block)
        keep = grid.keep[rows]
        z = depth[rows][keep].astype(np.float64)
        slopes = camera.slopes(grid.shape, grid.rows[rows], grid.columns)[keep]
        part = points[written : written + len(z)]
        with np.errstate(over="ignore"):
            part[:, 0] = slopes[:, 0] * z * signs[0]
            part[:, 1] = slopes[:, 1] * z * signs[1]
            part[:, 2] = z * signs[2]
        written += len(z)
    return points
