"""Points in space from depth samples and their rays.

Knows: coordinate axes, which samples are kept. Must not know: how a file lays points out, where depth comes from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from authoring.views.geometry.camera import Camera

Axes = Literal["opengl", "opencv"]
"""Both right-handed, the camera in the origin. opengl: x right, y up, z backward, towards the viewer. opencv: x
right, y down, z forward."""

AXES_TEXT: dict[Axes, str] = {
    "opengl": "x right, y up, z backward out of the picture; right-handed, the camera in the origin",
    "opencv": "x right, y down, z forward into the picture; right-handed, the camera in the origin",
}

BLOCK_SAMPLES = 1 << 18
"""Samples whose rays are worked out together, in double precision."""


@dataclass(frozen=True, slots=True, eq=False)
class PointCloud:
    """Coloured points in the camera's frame."""

    points: NDArray[np.float32]
    """(N, 3) x, y, z in metres; in proportion only where `absolute` is False. Row by row through the picture."""
    colours: NDArray[np.uint8]
    """(N, 3) red, green, blue, sRGB."""
    axes: Axes
    absolute: bool
    comments: tuple[str, ...] = ()
    """What a file should say of units, axes and camera; ASCII."""

    def __len__(self) -> int:
        """How many points there are."""
        return len(self.points)

    def to_ply(self) -> bytes:
        """A binary little-endian PLY file."""
        from authoring.views.geometry.ply import build_ply

        return b"".join(build_ply(self.points, self.colours, comments=self.comments))

    def to_pcd(self) -> bytes:
        """A binary PCD file, version 0.7."""
        from authoring.views.geometry.pcd import build_pcd

        return b"".join(build_pcd(self.points, self.colours, comments=self.comments))


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Which samples of a map (h, w) to take, by rows and columns, and which of those to keep."""

    shape: tuple[int, int]
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    keep: NDArray[np.bool_]
    """(rows, columns)."""

    def taken(self, plane: NDArray[Any]) -> NDArray[Any]:
        """The samples of a plane (h, w) that lie on the grid, as a view: grids are evenly spaced."""
        step = int(self.rows[1] - self.rows[0]) if len(self.rows) > 1 else self.shape[0]
        step_across = int(self.columns[1] - self.columns[0]) if len(self.columns) > 1 else self.shape[1]
        return plane[self.rows[0] :: step, self.columns[0] :: step_across]


Corner = tuple[float, float, float]


def bounds(points: NDArray[np.float32]) -> tuple[Corner, Corner]:
    """The least and the greatest x, y, z of points (N, 3), at least one."""
    # Column by column: numpy is slow along an axis of three.
    columns = [points[:, axis] for axis in range(3)]
    low, high = [float(one.min()) for one in columns], [float(one.max()) for one in columns]
    return (low[0], low[1], low[2]), (high[0], high[1], high[2])


def points_of(
    depth_m: NDArray[np.float32], grid: Grid, camera: Camera, axes: Axes = "opengl"
) -> NDArray[np.float32]:
    """The points (N, 3) of the samples kept, row by row.

    depth_m: (h, w), along the optical axis. Rays are worked out in double precision and rounded once; what is
    beyond float32 becomes infinity.
    """
    taken = grid.taken(depth_m)
    points = np.empty((int(np.count_nonzero(grid.keep)), 3), np.float32)
    signs = (1.0, -1.0, -1.0) if axes == "opengl" else (1.0, 1.0, 1.0)
    written = 0
    block = max(1, BLOCK_SAMPLES // len(grid.columns))
    for top in range(0, len(grid.rows), block):
        rows = slice(top, top + block)
        keep = grid.keep[rows]
        z = taken[rows][keep].astype(np.float64)
        slopes = camera.slopes(grid.shape, grid.rows[rows], grid.columns)[keep]
        part = points[written : written + len(z)]
        with np.errstate(over="ignore"):
            part[:, 0] = slopes[:, 0] * z * signs[0]
            part[:, 1] = slopes[:, 1] * z * signs[1]
            part[:, 2] = z * signs[2]
        written += len(z)
    return points
