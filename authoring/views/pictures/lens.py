"""Compute how large a simulated thin lens renders a point, and the radii of the slices that a picture is cut into.

A thin lens of focal length f and f-number N, focused at s, spreads a point at z over a disc on the sensor of diameter

    c = f² / (N · (s - f)) · |s - z| / z  =  f · v / N · |1/z - 1/s|,        v = f · s / (s - f)

where v is the distance from lens to sensor. In pixels v is the focal length of the calibration's pinhole, so

    c_px = A_px · |1/z - 1/s|,        A_px = strength · focal_px · D,        D = f / N

exactly. A phone's own lens is far too small to blur anything: as phones do, D is the aperture of the lens that shows
the same picture on a full frame, f = focal_px · 43.27 mm / diagonal_px.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

FULL_FRAME_DIAGONAL_MM = math.hypot(36, 24)

LARGEST_SHARE = 1 / 16
"""Radius of the largest disc as a share of the photo's long side: f/1 on a face in front of a far wall stays below it.
It bounds memory and time."""

GROWTH = 1.25
"""Ratio of the radii of neighbouring slices, between which samples are blended. A difference of a fifth is invisible in
highlights."""


@dataclass(frozen=True, slots=True)
class Lens:
    """A focused lens, in pixels of the photo."""

    radius_px_m: float
    """Radius of the disc of a point, per 1/m of distance from the focus: A_px / 2."""
    focus_per_m: float
    """1/s."""
    largest_px: float
    """The limit of all radii."""

    @classmethod
    def of_camera(
        cls,
        focal_px: float,
        size: tuple[int, int],
        f_number: float,
        focus_per_m: float,
        strength: float = 1.0,
    ) -> Lens:
        """Return the full-frame lens of the same picture; `focal_px` is that of the calibration for `size` (W, H)."""
        focal_m = focal_px * FULL_FRAME_DIAGONAL_MM / math.hypot(*size) / 1000
        # A disc larger than the short side of a strip shows nothing but its mean.
        largest_px = min(max(size) * LARGEST_SHARE, min(size))
        return cls(strength * focal_px * focal_m / f_number / 2, focus_per_m, largest_px)


def slice_radii(lowest: float, highest: float, base: int) -> list[float]:
    """Return the signed radii of the slices, far (negative) to near, that enclose `lowest` to `highest`.

    lowest, highest: the smallest and the largest signed radius in the picture, pixels. base: the reduction (2, 4, …)
    in which slices beyond radius 1 are blurred; its own softness is a disc of that radius, so the next slice has it.
    """
    steps = [0.0, 1.0]
    radius = float(base)
    while steps[-1] < max(-lowest, highest):
        steps.append(radius)
        radius = max(radius + 1, radius * GROWTH)

    def until(end: float) -> list[float]:
        return [step for before, step in pairwise([0.0, *steps]) if step > 0 and before < end]

    return [*(-step for step in reversed(until(-lowest))), 0.0, *until(highest)]
