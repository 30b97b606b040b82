"""Radial lens distortion: from where a point is in a photo to where a pinhole would have put it, and back.

Knows: the polynomial of even powers. Must not know: focal lengths, depth.

Which way is which: Apple's header AVCameraCalibrationData.h has a reference implementation that takes a point of
the undistorted picture through the table made from the forward coefficients to its place in the photo as it was
taken, and through the inverse table back. For wide lenses the forward polynomial is negative (-1.7 % in pug.heic
and lyangas_12mini_gainmap_depth.jpg): photos are drawn in towards the middle, barrel distortion, as such lenses do.
That the coefficients count per cent and mm was found by trying: in six lenses one polynomial undoes the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

LEAST, MOST = 0.1, 10.0
"""How far a radius may be drawn in or out; no phone's lens comes near, and nonsense in a file stays finite."""

RADII = 4096
"""Entries of the table that stands for a polynomial: a step is under two pixels of the largest photos, over which a
distortion bends by less than a thousandth of a pixel."""

REACH = 1.3
"""How far beyond the outermost point the polynomial is looked at: no phone's lens moves a corner by more."""


@dataclass(frozen=True, slots=True)
class RadialLens:
    """One lens; points are (..., 2) as x, y in pixels from the top left corner of the photo."""

    center_px: tuple[float, float]
    pixel_size_mm: float
    forward: tuple[float, ...] = ()
    """c: a point that a pinhole puts r mm from the centre is moved outward by the sum of c[k] * r**(2k) per cent."""
    inverse: tuple[float, ...] = ()
    """The same for the way back. Where both are there the forward one is believed, and inverted by table."""

    @property
    def distorts(self) -> bool:
        """Whether any point moves at all; Apple writes zeros for pictures that were straightened already."""
        return any(self.forward) or any(self.inverse)

    def distorted(self, points_px: Floats) -> NDArray[np.float64]:
        """Where in the photo a pinhole's points are seen."""
        return self._moved(points_px, self.forward, self.inverse)

    def undistorted(self, points_px: Floats) -> NDArray[np.float64]:
        """Where a pinhole would have put the photo's points."""
        # The inverse polynomial is Apple's own fit, off by up to 2.6 pixels in the corner of one lens.
        if any(self.forward):
            return self._undone(points_px, self.forward)
        return self._moved(points_px, self.inverse, ())

    def _moved(
        self, points_px: Floats, coefficients: tuple[float, ...], opposite: tuple[float, ...]
    ) -> NDArray[np.float64]:
        if not any(coefficients):
            return self._undone(points_px, opposite)
        offset = np.asarray(points_px, np.float64) - self.center_px
        radius = np.hypot(offset[..., 0], offset[..., 1])
        return offset * self._factor(radius, coefficients)[..., np.newaxis] + self.center_px

    def _undone(self, points_px: Floats, coefficients: tuple[float, ...]) -> NDArray[np.float64]:
        """The inverse of moving by a polynomial: by table, which ends where the polynomial turns back."""
        offset = np.asarray(points_px, np.float64) - self.center_px
        if not any(coefficients) or offset.size == 0:
            return offset + self.center_px
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
            for one in reversed(coefficients):
                percent *= square
                percent += one
        factor: NDArray[np.float64] = np.clip(np.nan_to_num(1 + percent / 100, nan=1.0), LEAST, MOST)
        return factor
