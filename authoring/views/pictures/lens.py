"""The lens that is simulated: how large a point becomes, and into which slices of depth a scene is cut for it.

Knows: the thin lens. Must not know: pictures.

A thin lens of focal length f and f-number N, focused at s, spreads a point at z over a disc on the sensor of diameter

    c = f² / (N · (s - f)) · |s - z| / z  =  f · v / N · |1/z - 1/s|,        v = f · s / (s - f)

where v is the distance from lens to sensor. In pixels v is the focal length of the calibration's pinhole, so

    c_px = A_px · |1/z - 1/s|,        A_px = strength · focal_px · D,        D = f / N

exactly. A phone's own lens is far too small to blur anything: as phones do, D is the opening of the lens that shows the
same picture on a full frame, f = focal_px · 43.27 mm / diagonal_px.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

FULL_FRAME_DIAGONAL_MM = math.hypot(36, 24)

LARGEST = 1 / 16
"""Radius of the largest disc as a share of the photo's long side: f/1 on a face before a far wall stays below it, and
with it memory and time have a bound."""

GROWTH = 1.25
"""Ratio of the radii of neighbouring slices; between them the two are blended. A rim of a fifth shows in no
highlight."""


@dataclass(frozen=True, slots=True)
class Lens:
    """A focused lens, in pixels of the photo."""

    radius_px_m: float
    """Radius of the disc a point becomes, for each 1/m it is away from the focus: A_px / 2."""
    focus_per_m: float
    """1/s."""
    largest_px: float
    """No radius above this."""

    @classmethod
    def of_camera(
        cls,
        focal_px: float,
        size: tuple[int, int],
        f_number: float,
        focus_per_m: float,
        strength: float = 1.0,
    ) -> Lens:
        """The full-frame lens of the same picture; `focal_px` is the calibration's for `size` (width, height)."""
        focal_m = focal_px * FULL_FRAME_DIAGONAL_MM / math.hypot(*size) / 1000
        return cls(strength * focal_px * focal_m / f_number / 2, focus_per_m, max(size) * LARGEST)


def radii(lowest: float, highest: float, base: int) -> list[float]:
    """The signed radii of the slices, far (negative) to near: all from 1 beyond `lowest` to 1 beyond `highest`.

    lowest, highest: the least and the greatest signed radius in the picture, pixels. base: the reduction (2, 4, …)
    that slices beyond radius 1 are worked on in; its own softness is a disc of that radius, so the next is that.
    """
    steps = [0.0, 1.0]
    nxt = float(base)
    while steps[-1] < max(-lowest, highest):
        steps.append(nxt)
        nxt = max(nxt + 1, nxt * GROWTH)

    def until(end: float) -> list[float]:
        return [step for before, step in pairwise([0.0, *steps]) if step > 0 and before < end]

    return [*(-step for step in reversed(until(-lowest))), 0.0, *until(highest)]
