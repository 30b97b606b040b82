"""Apply and remove radial lens distortion, a polynomial of even powers of the radius.

Direction: LensDistortionCoefficients in a depth image's XMP lead from the photo to the pinhole picture,
InverseLensDistortionCoefficients back. Three straight edges of tianle91_13mini.heic bow by 8.9, 9.0 and 3.1 pixels in
the photo, by less than 0.7 pixels with the former applied to the photo's points, and by twice as much as before with
the latter (tests/views/test_lens_edges.py). AVFoundation's tables are named the other way round:
lensDistortionLookupTable leads from the undistorted picture to the photo (AVCameraCalibrationData.h). That coefficients
are in per cent and radii in mm was found by experiment: in six lenses one polynomial then undoes the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

LEAST, MOST = 0.1, 10.0
"""Limits of the scale of a radius; no phone's lens comes near, and invalid numbers in a file stay finite."""

RADII = 4096
"""Entries of the table that inverts a polynomial: one step is less than two pixels of the largest photos, over which
the distortion deviates from a line by less than a thousandth of a pixel."""

REACH = 1.3
"""Range of the table relative to the outermost point: no phone's lens moves a corner by more."""


@dataclass(frozen=True, slots=True)
class RadialLens:
    """One lens; points are (..., 2) as x, y in pixels from the top left corner of the photo."""

    center_px: tuple[float, float]
    pixel_size_mm: float
    to_pinhole: tuple[float, ...] = ()
    """LensDistortionCoefficients c: a point of the photo at r mm from the centre is moved outward by the sum of
    c[k] * r**(2k) per cent to where a pinhole would show it."""
    to_photo: tuple[float, ...] = ()
    """InverseLensDistortionCoefficients, of the opposite direction; used only if there are none of the first."""

    @property
    def distorts(self) -> bool:
        """Whether any point moves; Apple writes zeros for pictures that are already rectified."""
        return any(self.to_pinhole) or any(self.to_photo)

    def distort(self, points_px: Floats) -> NDArray[np.float64]:
        """Return the positions in the photo of points of the undistorted picture."""
        # The inverse polynomial is Apple's own fit, off by up to 2.6 pixels in the corner of one lens.
        if any(self.to_pinhole):
            return self._unscaled(points_px, self.to_pinhole)
        return self._scaled(points_px, self.to_photo)

    def undistort(self, points_px: Floats) -> NDArray[np.float64]:
        """Return the positions in the undistorted picture of points of the photo."""
        if any(self.to_pinhole):
            return self._scaled(points_px, self.to_pinhole)
        return self._unscaled(points_px, self.to_photo)

    def _scaled(self, points_px: Floats, coefficients: tuple[float, ...]) -> NDArray[np.float64]:
        offset = np.asarray(points_px, np.float64) - self.center_px
        radius = np.hypot(offset[..., 0], offset[..., 1])
        return offset * self._factor(radius, coefficients)[..., np.newaxis] + self.center_px

    def _unscaled(self, points_px: Floats, coefficients: tuple[float, ...]) -> NDArray[np.float64]:
        """Invert `_scaled`, by a table that ends where the polynomial turns back."""
        offset = np.asarray(points_px, np.float64) - self.center_px
        if offset.size == 0:
            return offset
        radius = np.hypot(offset[..., 0], offset[..., 1])
        before = np.linspace(0, REACH * max(float(radius.max()), 1.0), RADII)
        factor = self._factor(before, coefficients)
        after = before * factor
        turns = np.flatnonzero(~(np.diff(after) > 0))
        stop = int(turns[0]) + 1 if turns.size else RADII
        back = np.interp(radius, after[:stop], 1 / factor[:stop])
        return offset * back[..., np.newaxis] + self.center_px

    def _factor(self, radius_px: NDArray[np.float64], coefficients: tuple[float, ...]) -> NDArray[np.float64]:
        percent = np.zeros_like(radius_px)
        with np.errstate(all="ignore"):
            square = np.square(radius_px * self.pixel_size_mm)
            for coefficient in reversed(coefficients):
                percent = percent * square + coefficient
        factor: NDArray[np.float64] = np.clip(np.nan_to_num(1 + percent / 100, nan=1.0), LEAST, MOST)
        return factor
