"""Measure how far a file's depth is from the map it was made from, in 1/m and in metres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from authoring.containers.base import ContainerFile
from authoring.depth.plane_error import max_error
from authoring.depth.stored_plane import buffer_from_plane
from authoring.errors import RefusedError, about
from authoring.maps.active_area import crop_of_map, fit_to_layout
from authoring.maps.load import MapSource, load_map
from authoring.maps.map_options import MapOptions
from authoring.maps.refine import guide_of, is_wanted
from authoring.read.crop import cut
from authoring.read.depth_image import DepthReading, read_depth, tolerance_codes

ROUNDING = 1e-5
"""Relative to the bound: float32 rounding. Without it exact maps would seem to exceed the bound."""


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """The stored map compared with the given ones; of several, the largest errors."""

    max_error: float
    """Largest difference, in `unit`."""
    bound: float
    """Half a quantisation step plus the codec's tolerance of one code."""
    unit: str
    mean_error: float
    max_error_m: float | None
    """Largest difference in metres among samples at a finite distance in both; None if there are none."""
    mean_error_m: float | None
    width: int
    height: int
    maps: int
    """How many maps were compared."""

    @property
    def holds(self) -> bool:
        """Whether the error is within the bound."""
        return self.max_error <= self.bound * (1 + ROUNDING)


def measure(file: ContainerFile, maps: Sequence[MapSource], options: MapOptions) -> RoundTrip:
    """Compare each map, read as `embed` reads it, with the file's depth.

    The map is resampled to the stored size, whatever `options.max_size` is. Raises UnsupportedError or
    MalformedError if the file's depth cannot be read, RefusedError if a map does not fit the photo.
    """
    with about("photo"):
        reading = read_depth(file)
    with about("map"):
        trips = [_measure(file, reading, source, options) for source in maps]
    return replace(
        trips[0],
        max_error=max(trip.max_error for trip in trips),
        mean_error=max(trip.mean_error for trip in trips),
        max_error_m=max((trip.max_error_m for trip in trips if trip.max_error_m is not None), default=None),
        mean_error_m=max(
            (trip.mean_error_m for trip in trips if trip.mean_error_m is not None), default=None
        ),
        maps=len(trips),
    )


def _measure(file: ContainerFile, reading: DepthReading, source: MapSource, options: MapOptions) -> RoundTrip:
    layout, plane = file.layout, reading.plane
    height, width = plane.codes.shape
    options = replace(options, native_format=plane.pixel_format, max_size=max(width, height, 2))
    loaded = load_map(source, options)
    guide = None
    if is_wanted(options, loaded.buffer, layout, options.max_size):
        with about("photo"):
            guide = guide_of(file, options.max_size)
    crop = crop_of_map(loaded.buffer, layout, guide)
    if crop is not None:
        options = replace(options, max_size=max(*cut(plane.codes, crop, layout).shape, 2))
    buffer = fit_to_layout(loaded, layout, reading.orientation, options, guide).fitted.buffer
    if buffer.samples.shape != plane.codes.shape:
        raise RefusedError(
            f"the map fits this photo as {buffer.width}x{buffer.height}, but the file holds {width}x{height}; "
            "they cannot be compared sample by sample"
        )
    stored = replace(plane, pixel_format=buffer.pixel_format)
    back = buffer_from_plane(stored)
    metres = _differences(back.depth_m(), buffer.depth_m())
    return RoundTrip(
        max_error=max_error(stored, buffer),
        bound=plane.step * (0.5 + tolerance_codes(layout.container)),
        unit=plane.pixel_format.unit,
        mean_error=float(_differences(back.samples, buffer.samples).mean()),
        max_error_m=float(metres.max()) if metres.size else None,
        mean_error_m=float(metres.mean()) if metres.size else None,
        width=width,
        height=height,
        maps=1,
    )


def _differences(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the absolute differences of the samples that are finite in both (H, W) arrays, as (n,)."""
    both = np.isfinite(first) & np.isfinite(second)
    return np.abs(first[both].astype(np.float64) - second[both])
