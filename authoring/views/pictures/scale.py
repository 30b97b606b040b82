"""Place distances on a scale from near to far, and choose the numbers to write on it.

The scale is linear in the stored unit, as codes are, so that a histogram of codes fits it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

ROUND = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
"""Round numbers for a scale, in each decade."""

FLAT = 0.3
"""A range of less than this share of its end is a flat wall with noise; a person in front of a wall has more."""

BINS = 256
"""Bars of a histogram: one per code."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A range of stored values: 1/m (disparity, larger is nearer) or m (depth, smaller is nearer)."""

    kind: Literal["disparity", "depth"]
    low: float
    high: float

    @classmethod
    def of_values(cls, kind: Literal["disparity", "depth"], values: NDArray[Any]) -> Scale:
        """Return the scale from the smallest to the largest finite value (H, W); 0 to 0 if there is none."""
        finite = values[np.isfinite(values)]
        return cls(kind, float(finite.min()), float(finite.max())) if finite.size else cls(kind, 0.0, 0.0)

    @property
    def relief(self) -> float:
        """How much of the range to use for edges, 0..1: less where everything is at nearly one distance."""
        span = self.high - self.low
        return min(1.0, span / (FLAT * self.high)) if span > 0 else 1.0

    def nearness(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Return 0 (far end) to 1 (near end) for values of any shape; NaN stays."""
        span = self.high - self.low
        if span <= 0:
            return np.where(np.isfinite(values), np.float32(0.5), np.float32(np.nan)).astype(np.float32)
        share = (values.astype(np.float32) - np.float32(self.low)) / np.float32(span)
        return share if self.kind == "disparity" else 1 - share

    def metres(self, nearness: float) -> float:
        """Return the distance at a nearness; infinity where a disparity is 0."""
        share = nearness if self.kind == "disparity" else 1 - nearness
        value = self.low + share * (self.high - self.low)
        if self.kind == "depth":
            return value
        return 1 / value if value > 0 else math.inf

    def place(self, metres: float) -> float:
        """Return the nearness of a distance."""
        value = 1 / metres if self.kind == "disparity" else metres
        return float(self.nearness(np.array([value]))[0])

    def ticks(self, apart: float) -> list[float]:
        """Return round distances inside the scale, near to far.

        apart: their minimum distance from each other and from the ends, 0..1 of the scale's length.
        """
        near, far = self.metres(1), self.metres(0)
        if not 0 < near < far:
            return []
        first = math.floor(math.log10(near))
        last = math.floor(math.log10(min(far, near * 1e6)))
        chosen: list[float] = []
        # Powers of ten and fives first, then finer numbers.
        for rank in ((1.0,), (2.0, 5.0), (3.0, 1.5, 4.0), ROUND):
            for decade in range(first, last + 1):
                for number in rank:
                    metres = round(number * 10.0**decade, 6)
                    if not near < metres < far:
                        continue
                    places = [0.0, 1.0, *map(self.place, chosen)]
                    if all(abs(self.place(metres) - other) >= apart for other in places):
                        chosen.append(metres)
        return sorted(chosen)


def format_distance(metres: float) -> str:
    """Return a distance in two to three digits."""
    if not math.isfinite(metres):
        return "infinity"
    if metres >= 99.5:
        return f"{metres:.0f}"
    return f"{metres:.3g}" if metres >= 10 else f"{metres:.2f}".rstrip("0").rstrip(".")


def histogram(nearness: NDArray[Any]) -> NDArray[np.intp]:
    """Return the number of samples in each of BINS steps of nearness, far to near; holes are not counted."""
    known = nearness[np.isfinite(nearness)]
    steps = np.rint(np.clip(known, 0, 1) * (BINS - 1)).astype(np.intp)
    return np.bincount(steps, minlength=BINS)
