"""Interpret the depth map of a DNG that has no XMP of its own, by Adobe's tags; and build those tags.

DNG 1.6.0.0, chapter 4: code 0 is DepthNear and the highest code DepthFar, whatever DepthFormat says. `inspect` uses
this module, so it imports no numpy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from authoring.containers.base import DngDepth, Fraction
from authoring.errors import MalformedError, UnsupportedError

LINEAR, INVERSE = 1, 2
"""DepthFormat: codes are linear in the distance, or in its inverse."""

METRES = 1
"""DepthUnits."""

OPTICAL_AXIS = 1
"""DepthMeasureType: distances along the optical axis, as in Apple's maps."""

LARGEST_NUMERATOR, LARGEST_POWER = 1 << 30, 30
"""A distance is written as value·2^k over 2^k, exact for every half float of 2^-24 or more."""


@dataclass(frozen=True, slots=True)
class AdobeScale:
    """What the codes of a depth map stand for, in Apple's terms: its least and its largest value."""

    kind: Literal["depth", "disparity"]
    """depth: the least value has code 0. disparity: it has the highest code, since Adobe's codes grow with the
    distance."""
    float_min: float
    float_max: float
    accuracy: Literal["absolute", "relative"]
    """absolute if the distances are in metres."""


def adobe_scale(tags: DngDepth) -> AdobeScale:
    """Return the scale that the tags give: depth if linear, disparity if inverse.

    Raises UnsupportedError where format or distances are unknown, MalformedError where far is nearer than near.
    """
    near, far = _number(tags.near), _number(tags.far)
    if tags.format not in (LINEAR, INVERSE) or near is None or far is None:
        raise UnsupportedError(
            "the DNG's depth map states no format or no near and far distance, so its codes have no unit"
        )
    infinite, at_lens = math.isinf(far), near == 0
    if not 0 <= near <= far or (infinite if tags.format == LINEAR else at_lens):
        raise MalformedError(f"the DNG's depth map states the impossible range {near:g} to {far:g}")
    accuracy: Literal["absolute", "relative"] = "absolute" if tags.units == METRES else "relative"
    if tags.format == LINEAR:
        return AdobeScale("depth", near, far, accuracy)
    return AdobeScale("disparity", 1 / far, 1 / near, accuracy)


def dng_tags(near_m: float, far_m: float) -> DngDepth:
    """Return the tags of a map of linear metres along the optical axis."""
    return DngDepth(LINEAR, _fraction(near_m), _fraction(far_m), METRES, OPTICAL_AXIS)


def _fraction(value: float) -> Fraction:
    """Return a distance as a RATIONAL with a power of two below."""
    power = 0
    while power < LARGEST_POWER and value * 2**power < LARGEST_NUMERATOR and value * 2**power % 1:
        power += 1
    return round(value * 2**power), 2**power


def _number(fraction: Fraction | None) -> float | None:
    """Return a distance; None if it is not known, infinity for 1/0."""
    if fraction is None or fraction == (0, 0):
        return None
    numerator, denominator = fraction
    return numerator / denominator if denominator else math.inf
