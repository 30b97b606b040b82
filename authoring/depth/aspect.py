"""Whether two rasters have the same shape, so that one can be stretched over the other."""

from __future__ import annotations

from authoring.errors import RefusedError

ASPECT_TOLERANCE = 0.01
"""Relative difference of aspects; more is a crop or another photo, and would shift edges. The samples differ by 0.3 %
at most (nilsh: 188x250 for 375x500); a network's 518x392 for a 4:3 photo by 0.9 %."""

ROUNDING_PX = 1
"""A side rounded to an even number of pixels is off by up to one pixel, and so may each side of the raster be. It
exceeds ASPECT_TOLERANCE only in small rasters: by 2.9 % for 64x48."""


def same_shape(size: tuple[int, int], frame: tuple[int, int]) -> bool:
    """Return whether a raster (width, height) has the aspect of a frame, but for a crop's tolerance or rounding."""
    if min(*size, *frame) < 1:
        return False
    (width, height), (frame_width, frame_height) = size, frame
    if abs(width * frame_height / (height * frame_width) - 1) <= ASPECT_TOLERANCE:
        return True
    # The frame's aspect lies between those of the narrowest and the widest raster before rounding.
    narrowest = (width - ROUNDING_PX) * frame_height <= (height + ROUNDING_PX) * frame_width
    widest = (width + ROUNDING_PX) * frame_height >= (height - ROUNDING_PX) * frame_width
    return narrowest and widest


def check_aspect(
    map_width: int,
    map_height: int,
    photo_width: int,
    photo_height: int,
    advice: str = "crop it to what the photo shows",
    *,
    copied: bool = False,
) -> None:
    """Raise RefusedError, with the advice at its end, unless the map has the photo's shape.

    Both sizes are of one raster, best the upright one, which people see. copied: the map is another photo's depth,
    which nobody can turn.
    """
    photo = photo_width, photo_height
    if same_shape((map_width, map_height), photo):
        return
    what = "the source photo's depth" if copied else "the map"
    sizes = (
        f"{what} ({map_width} by {map_height}) does not have the shape of"
        f" the photo ({photo_width} by {photo_height})"
    )
    if copied:
        raise RefusedError(f"{sizes}: they do not show the same picture", subject="source")
    if same_shape((map_height, map_width), photo):
        raise RefusedError(
            f"{sizes}, but it would fit the photo turned by a quarter; turn the map, or give its orientation with"
            " --map-orientation",
            subject="map",
        )
    raise RefusedError(f"{sizes}; {advice}", subject="map")
