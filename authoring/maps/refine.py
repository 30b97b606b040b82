"""`--refine`: bring a map to the photo's stored size along the photo's edges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from authoring.codecs import photo
from authoring.containers.base import ContainerFile, Layout
from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.raster import fitted_size, resampled
from authoring.depth.refinement import refine
from authoring.errors import UnsupportedError
from authoring.maps.map_options import MapOptions
from authoring.maps.notes import Notes, percent
from authoring.read.photo_pixels import decode_photo

Guide = NDArray[np.uint8]
"""The photo's pixels (H, W, 3) in its stored raster, at the size of the map to be, in the photo's own colours."""


@dataclass(frozen=True, slots=True, eq=False)
class RefinedMap:
    """A map of the guide's size, the number of its samples that were holes, and what was done."""

    buffer: DepthBuffer
    filled: int
    notes: Notes


def is_wanted(options: MapOptions, buffer: DepthBuffer, layout: Layout, max_size: int) -> bool:
    """Return whether to refine: as the options say, else a network's estimate that is coarser than the stored map."""
    if options.refine is not None:
        return options.refine
    size = buffer.estimate.size if buffer.estimate else None
    return size is not None and max(size) < max(_guide_size(layout, max_size))


def _guide_size(layout: Layout, max_size: int) -> tuple[int, int]:
    """Return the size (width, height), in the stored raster, that a map of at most `max_size` will have."""
    shown = (layout.crop.width, layout.crop.height) if layout.crop else (layout.width, layout.height)
    return fitted_size(round(shown[0]), round(shown[1]), max_size)


def guide_of(file: ContainerFile, max_size: int) -> Guide:
    """Decode the photo in its stored raster, at most `max_size` long: the size that the map will have.

    Raises UnsupportedError for codings that cannot be decoded here, MalformedError for damage.
    """
    layout = file.layout
    size = _guide_size(layout, max_size)
    try:
        stored = decode_photo(file, least=max(size), tone_map=False).stored
    except UnsupportedError as error:
        if layout.container == "dng":
            raise
        raise UnsupportedError(
            "--refine goes by the photo's pixels, and they cannot be decoded here (arithmetic coding, or damage); "
            "without --refine the map is embedded as it is"
        ) from error
    return np.ascontiguousarray(photo.resized(stored, *size))


def refine_map(buffer: DepthBuffer, guide: Guide) -> RefinedMap:
    """Bring a map in the photo's stored raster to the guide's size, along the guide's edges.

    Raises RefusedError where no sample is valid.
    """
    height, width = guide.shape[:2]
    given = (buffer.width, buffer.height)
    buffer = resampled(buffer, min(width, buffer.width), min(height, buffer.height))
    refinement = refine(buffer.converted(PixelFormat.FDIS).samples, guide)
    done = "was"
    if given != (width, height):
        done = f"was brought from {given[0]}x{given[1]} to {width}x{height} and"
    effect = "nothing in it mixed near and far"
    if refinement.voted:
        effect = f"{percent(refinement.voted)} of it, where near and far were mixed, was assigned to one of the two"
    if refinement.noise:
        effect += f"; noise of about {percent(refinement.noise)} of the disparity was averaged"
    note = (
        f"the map {done} refined along the photo's edges: {effect}; "
        "the largest error is measured against the refined map"
    )
    fine = DepthBuffer.from_disparity_per_m(refinement.disparity, buffer.pixel_format)
    return RefinedMap(
        buffer.replace(samples=fine.samples, filtered=True), refinement.filled, Notes(notes=(note,))
    )
