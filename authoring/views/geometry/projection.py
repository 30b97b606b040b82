"""Compute the rays along which a camera saw the samples of a map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from authoring.views.geometry.distortion import RadialLens


@dataclass(frozen=True, slots=True)
class Camera:
    """A pinhole behind a lens, in pixels of an upright photo from its top left corner."""

    width_px: int
    height_px: int
    focal_px: tuple[float, float]
    """(fx, fy)."""
    center_px: tuple[float, float]
    """(cx, cy), the principal point; the first pixel's own centre is (0.5, 0.5)."""
    lens: RadialLens | None = None

    def footprint(self, shape: tuple[int, int]) -> tuple[float, float]:
        """Return the distance of neighbouring samples of a map (h, w), x and y, in metres at 1 m."""
        height, width = shape
        return self.width_px / width / self.focal_px[0], self.height_px / height / self.focal_px[1]

    def slopes(
        self, shape: tuple[int, int], rows: NDArray[np.intp], columns: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Return X/Z and Y/Z, (rows, columns, 2), of the rays through the centres of a map's samples.

        shape: the (h, w) of the map, which covers the whole photo. Axes: x right, y down, z forward. A point is at
        depth times (X/Z, Y/Z, 1).
        """
        height, width = shape
        x = (columns + 0.5) * (self.width_px / width)
        y = (rows + 0.5) * (self.height_px / height)
        points = np.stack(np.meshgrid(x, y), axis=-1)
        if self.lens is not None and self.lens.distorts:
            points = self.lens.undistort(points)
        points -= self.center_px
        points /= self.focal_px
        return points

    def project(self, points_m: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Return the photo pixels (N, 2) of points (N, 3), x right, y down, z forward."""
        points = np.asarray(points_m, np.float64)
        pixels = points[:, :2] / points[:, 2:] * self.focal_px + self.center_px
        return self.lens.distort(pixels) if self.lens is not None and self.lens.distorts else pixels
