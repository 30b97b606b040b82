"""Interpret the depth map of a DNG that has no XMP of its own, by Adobe's tags; and build those tags.

DNG 1.6.0.0, chapter 4: code 0 is DepthNear and the highest code DepthFar, whatever DepthFormat says. `inspect` uses
this module, so it imports no numpy.
"""

from __future__ import annotations

import math

from authoring.containers.base import DngDepth, Fraction
from authoring.errors import UnsupportedError
from authoring.read.near_far import CodeRange, Spacing, code_range

LINEAR, INVERSE = 1, 2
"""DepthFormat: codes are linear in the distance, or in its inverse."""

METRES = 1
"""DepthUnits."""

OPTICAL_AXIS = 1
"""DepthMeasureType: distances along the optical axis, as in Apple's maps."""

LARGEST_NUMERATOR, LARGEST_POWER = 1 << 30, 30
"""A distance is written as value·2^k over 2^k, exact for every half float of 2^-24 or more."""


def adobe_range(tags: DngDepth) -> CodeRange:
    """Return the range that the tags give: depth if linear, disparity if inverse.

    Raises UnsupportedError where format or distances are unknown, MalformedError where far is nearer than near.
    """
    near, far = _number(tags.near), _number(tags.far)
    if tags.format not in (LINEAR, INVERSE) or near is None or far is None:
        raise UnsupportedError(
            "the DNG's depth map states no format or no near and far distance, so its codes have no unit"
        )
    spacing: Spacing = "linear" if tags.format == LINEAR else "inverse"
    return code_range("the DNG's depth map", spacing, near, far, metres=tags.units == METRES)


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
