"""How far what a file holds is from the map it was made of, in 1/m and in metres.

Knows: how to bring a map to the stored raster, and the bound that was promised. Must not know: rules, files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from authoring.codecs import hevc, jpeg
from authoring.containers.base import ContainerFile, Layout
from authoring.depth.stored_plane import buffer_from_plane, max_error
from authoring.errors import RefusedError, about
from authoring.maps.fit import fit_to_photo
from authoring.maps.load import MapSource, load_map, with_stored_orientation
from authoring.maps.map_options import MapOptions
from authoring.maps.refine import Guide, guide_of
from authoring.read.depth_image import DepthReading, read_depth

ROUNDING = 1e-5
"""What single floats add to an error, relative to the bound; without it exact maps would seem to miss it."""


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """The stored map against the ones given, the worst of them where there are several."""

    max_error: float
    """Largest difference, in `unit`."""
    bound: float
    """Half a quantisation step and the codec's tolerance of one code on top."""
    unit: str
    mean_error: float
    max_error_m: float | None
    """Largest difference in metres, among samples that lie at a finite distance in both; None where none does."""
    mean_error_m: float | None
    width: int
    height: int
    maps: int
    """How many maps were compared."""

    @property
    def holds(self) -> bool:
        """Whether the error stays within the bound."""
        return self.max_error <= self.bound * (1 + ROUNDING)


def measure(file: ContainerFile, maps: Sequence[MapSource], options: MapOptions) -> RoundTrip:
    """Compare each map, read as `embed` reads it, with what the file holds.

    The map is shrunk to the stored size, whatever `options.max_size` says. Raises UnsupportedError or
    MalformedError where the file's depth cannot be read, RefusedError where a map does not fit the photo.
    """
    layout = file.layout
    with about("photo"):
        reading = read_depth(layout)
        guide = None
        if options.refine:
            guide = guide_of(file, reading.orientation, max(reading.plane.codes.shape))
    with about("map"):
        trips = [_measure(layout, reading, one, options, guide) for one in maps]
    return replace(
        trips[0],
        max_error=max(one.max_error for one in trips),
        mean_error=max(one.mean_error for one in trips),
        max_error_m=max((one.max_error_m for one in trips if one.max_error_m is not None), default=None),
        mean_error_m=max((one.mean_error_m for one in trips if one.mean_error_m is not None), default=None),
        maps=len(trips),
    )


def _measure(
    layout: Layout, reading: DepthReading, source: MapSource, options: MapOptions, guide: Guide | None
) -> RoundTrip:
    plane = reading.plane
    height, width = plane.codes.shape
    options = replace(options, pixel_format=plane.pixel_format, max_size=max(width, height, 2))
    options = with_stored_orientation(options, source)
    loaded = load_map(source, options)
    size = (layout.width, layout.height)
    buffer = fit_to_photo(loaded.buffer, size, reading.orientation, options, guide).buffer
    if buffer.samples.shape != plane.codes.shape:
        raise RefusedError(
            f"the map comes to {buffer.width}x{buffer.height} for this photo, but the file holds {width}x{height}; "
            "they cannot be compared sample by sample"
        )
    stored = replace(plane, pixel_format=buffer.pixel_format)
    back = buffer_from_plane(stored)
    metres = _differences(back.depth_m(), buffer.depth_m())
    tolerance = jpeg.TOLERANCE_CODES if layout.container == "jpeg" else hevc.LOSSY_TOLERANCE_CODES
    return RoundTrip(
        max_error=max_error(stored, buffer),
        bound=plane.step * (0.5 + tolerance),
        unit=plane.pixel_format.unit,
        mean_error=float(_differences(back.samples, buffer.samples).mean()),
        max_error_m=float(metres.max()) if metres.size else None,
        mean_error_m=float(metres.mean()) if metres.size else None,
        width=width,
        height=height,
        maps=1,
    )


def _differences(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float64]:
    """Absolute differences where both are finite."""
    both = np.isfinite(first) & np.isfinite(second)
    return np.abs(first[both].astype(np.float64) - second[both])
