"""Interpret the depth map of a DNG that has no XMP of its own, by Adobe's tags; and write those tags.

DNG 1.6.0.0, chapter 4: code 0 is DepthNear and the highest code DepthFar, whatever DepthFormat says.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from authoring.containers.base import DngDepth, Fraction
from authoring.depth.buffer import Accuracy, PixelFormat
from authoring.depth.stored_plane import Codes, StoredPlane
from authoring.errors import MalformedError, UnsupportedError

LINEAR, INVERSE = 1, 2
"""DepthFormat: codes are linear in the distance, or in its inverse."""

METRES = 1
"""DepthUnits."""

OPTICAL_AXIS = 1
"""DepthMeasureType: distances along the optical axis, as in Apple's maps."""

LARGEST_NUMERATOR, LARGEST_POWER = 1 << 30, 30
"""A distance is written as value·2^k over 2^k, exact for every half float of 2^-24 or more."""


@dataclass(frozen=True, slots=True, eq=False)
class AdobeDepth:
    """A depth map by Adobe's tags."""

    plane: StoredPlane
    accuracy: Accuracy


def adobe_depth(tags: DngDepth, codes: Codes) -> AdobeDepth:
    """Return the map that codes and tags stand for: depth if linear, disparity if inverse.

    Raises UnsupportedError where format or distances are unknown, MalformedError where far is not beyond near.
    """
    near, far = _number(tags.near), _number(tags.far)
    if tags.format not in (LINEAR, INVERSE) or near is None or far is None:
        raise UnsupportedError(
            "the DNG's depth map states no format or no near and far distance, so its codes have no unit"
        )
    if (
        not 0 <= near < far
        or (tags.format == LINEAR and math.isinf(far))
        or (tags.format == INVERSE and not near)
    ):
        raise MalformedError(f"the DNG's depth map states the impossible range {near:g} to {far:g}")
    accuracy: Accuracy = "absolute" if tags.units == METRES else "relative"
    if tags.format == LINEAR:
        return AdobeDepth(StoredPlane(codes, near, far, PixelFormat.FDEP), accuracy)
    # A stored disparity grows towards the camera, Adobe's codes away from it.
    flipped = (np.iinfo(codes.dtype).max - codes).astype(codes.dtype)
    return AdobeDepth(StoredPlane(flipped, 1 / far, 1 / near, PixelFormat.FDIS), accuracy)


def dng_tags(plane: StoredPlane) -> DngDepth:
    """Return the tags of a plane of kind depth: linear metres along the optical axis."""
    return DngDepth(LINEAR, _fraction(plane.float_min), _fraction(plane.float_max), METRES, OPTICAL_AXIS)


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
