"""`--refine`: a map brought to the photo's stored size along the photo's edges.

Knows: which pixels of the photo guide it, in which raster, and what the report says. Must not know: how edges are
found, how photos are decoded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from authoring.codecs import photo
from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.orientation import Orientation
from authoring.depth.raster import fitted_size, resampled
from authoring.depth.refinement import refine
from authoring.errors import UnsupportedError

if TYPE_CHECKING:
    from authoring.containers.base import ContainerFile
    from authoring.maps.fit import Notes

Guide = NDArray[np.uint8]
"""The photo as it is stored, at the size of the map to be: (H, W, 3), sRGB or whatever its profile says."""


def guide_of(file: ContainerFile, orientation: Orientation, max_size: int) -> Guide:
    """The photo's pixels in its stored raster, at most `max_size` long: the size that the map will have.

    Raises UnsupportedError for codings that cannot be decoded here, and says that the map can be embedded without;
    MalformedError for damage.
    """
    layout = file.layout
    heic = layout.container == "heic"
    width, height = fitted_size(layout.width, layout.height, max_size)
    decoded_upright = heic and orientation.swaps_axes
    size = (height, width) if decoded_upright else (width, height)
    try:
        pixels = photo.decode_small(file.source, size, heic=heic)
    except UnsupportedError as error:
        raise UnsupportedError(
            "--refine goes by the photo's pixels, and they cannot be decoded here (arithmetic coding, or damage); "
            "without --refine the map is embedded as it is"
        ) from error
    rgb = pixels.array
    return np.ascontiguousarray(orientation.to_stored(rgb) if heic else rgb)


def refined(buffer: DepthBuffer, guide: Guide, notes: Notes) -> tuple[DepthBuffer, int]:
    """The map at the guide's size, along its edges, and how many of its own samples were holes and filled.

    Map and guide lie in the photo's stored raster. RefusedError where no sample is valid.
    """
    height, width = guide.shape[:2]
    given = (buffer.width, buffer.height)
    buffer = resampled(buffer, min(width, buffer.width), min(height, buffer.height))
    made = refine(buffer.converted(PixelFormat.FDIS).samples, guide)
    brought = (
        f"was brought from {given[0]}x{given[1]} to {width}x{height} and"
        if given != (width, height)
        else "was"
    )
    said = f"the map {brought} refined along the photo's edges: " + (
        f"{made.voted:.1%} of it, where near and far were mixed, was given to one of both"
        if made.voted
        else "nothing in it mixed near and far"
    )
    if made.noise:
        said += f"; noise of about {made.noise:.1%} of the disparity was averaged"
    notes.notes.append(f"{said}; the largest error is measured against the refined map")
    fine = DepthBuffer.from_disparity_per_m(made.disparity, buffer.pixel_format)
    return buffer.replace(samples=fine.samples, filtered=True), made.filled
