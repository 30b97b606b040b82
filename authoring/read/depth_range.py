"""Give depth that is only in proportion the distances that a person says."""

from __future__ import annotations

import math
from dataclasses import replace

from authoring.errors import UsageError
from authoring.read.depth_image import DepthReading

OWN_DISTANCES = "--near and --far do not apply: the photo's depth has distances of its own"


def with_range(reading: DepthReading, near_m: float | None, far_m: float | None) -> DepthReading:
    """Return another maker's relative depth with other distances at the ends of its codes.

    Both set the ends. One alone scales the file's own range, so that all proportions stay. Raises UsageError for depth
    that has metres, and for ends that are no range.
    """
    if near_m is None and far_m is None:
        return reading
    if reading.foreign is None or reading.properties.accuracy == "absolute":
        raise UsageError(OWN_DISTANCES)
    plane = reading.plane
    is_disparity = plane.pixel_format.kind == "disparity"
    near, far = plane.float_min, plane.float_max
    if is_disparity:
        near, far = 1 / far, 1 / near if near else math.inf
    if near_m is None or far_m is None:
        own, given, name = (near, near_m, "near") if near_m is not None else (far, far_m, "far")
        if given is None or not 0 < own < math.inf:
            raise UsageError(f"the {name} end of the photo's depth is at {own:g}: give --near and --far")
        if not 0 < given < math.inf:
            raise UsageError(f"--{name} is {given:g}; it is a distance in metres, above 0")
        near, far, said = near * given / own, far * given / own, f"--{name} says"
    else:
        near, far, said = near_m, far_m, "--near and --far say"
    # Codes of disparity can reach infinity, those of depth the distance 0.
    if not (0 <= near < far and (0 < near < math.inf if is_disparity else far < math.inf)):
        raise UsageError(
            f"{near:g} m and {far:g} m are no range; --near and --far are 0 < near < far in metres"
        )
    low, high = (1 / far, 1 / near) if is_disparity else (near, far)
    note = f"the ends of the map's codes were taken for {near:g} m and {far:g} m, as {said}"
    return replace(reading, plane=replace(plane, float_min=low, float_max=high), notes=(*reading.notes, note))
