"""Convert a near and a far distance, as Adobe and Google state them, to the range of Apple's codes. Imports no numpy.

In DNG, GDepth and Dynamic Depth code 0 is the near distance and the highest code the far one, whether the codes are
even in the distance or in its inverse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from authoring.errors import MalformedError

LEAST, MOST = 1e-30, 1e30
"""Distances that single floats hold with their inverse; what is beyond is at the lens, and infinitely far."""

Spacing = Literal["linear", "inverse"]
"""Whether codes are even in the distance, or in its inverse."""


@dataclass(frozen=True, slots=True)
class CodeRange:
    """What the codes of a depth map stand for, in Apple's terms: its least and its largest value."""

    kind: Literal["depth", "disparity"]
    """depth: the least value has code 0. disparity: it has the highest code, since the codes grow with the distance."""
    float_min: float
    float_max: float
    accuracy: Literal["absolute", "relative"]
    """absolute if the distances are in metres."""


def code_range(what: str, spacing: Spacing, near: float, far: float, *, metres: bool) -> CodeRange:
    """Return the range of codes that run from near to far: depth if linear, disparity if inverse.

    what: the map's name in a message. Raises MalformedError where the range is impossible: far nearer than near, an
    infinite linear range, an inverse one that begins at 0.
    """
    infinite, at_lens = far > MOST, near < LEAST
    if not 0 <= near <= far or near > MOST or (infinite if spacing == "linear" else at_lens):
        raise MalformedError(f"{what} states the impossible range {near:g} to {far:g}")
    accuracy: Literal["absolute", "relative"] = "absolute" if metres else "relative"
    if spacing == "linear":
        return CodeRange("depth", near, far, accuracy)
    return CodeRange("disparity", 1 / far, 1 / near, accuracy)
