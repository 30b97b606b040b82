"""Fit a map to its photo: orientation, aspect, size, refinement, holes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from authoring.depth.aspect import check_aspect, same_shape
from authoring.depth.buffer import DepthBuffer
from authoring.depth.holes import fill_holes
from authoring.depth.orientation import Orientation
from authoring.depth.raster import (
    FREE_WRITTEN_PIXELS,
    MAX_STORED_SIDE,
    fitted_size,
    most_map_pixels,
    resample_nearest,
    resampled,
    turned,
)
from authoring.errors import RefusedError, UnsupportedError
from authoring.maps.camera import given_camera
from authoring.maps.doubts import check_collage
from authoring.maps.map_options import MapOptions
from authoring.maps.notes import Notes, percent
from authoring.maps.presets import Raster
from authoring.maps.refine import Guide, refine_map

MIN_STORED_SIDE = 64
"""The HEVC encoder pads smaller pictures to this and crops them by a property that no Apple depth item has."""


@dataclass(frozen=True, slots=True, eq=False)
class FittedMap:
    """A map in the photo's stored raster, without holes, and what was done to it."""

    buffer: DepthBuffer
    notes: Notes


def fit_to_photo(
    buffer: DepthBuffer,
    size: tuple[int, int],
    orientation: Orientation,
    options: MapOptions,
    raster: Raster,
    guide: Guide | None = None,
) -> FittedMap:
    """Turn, check, shrink and fill a map for a photo of stored size (width, height).

    The result is at most `max_size` long and has at most as many samples as the photo, or FREE_WRITTEN_PIXELS. With a
    guide (the photo's pixels) it has the guide's size and edges.
    raster: how the map lies. Raises RefusedError where the map has another aspect and is not to be stretched, is a
    collage, has more holes than `max_holes` or no valid sample; UnsupportedError where the photo is too narrow.
    """
    notes = Notes()
    shown = size[::-1] if raster == "display" and orientation.swaps_axes else size
    if buffer.estimate is None:  # An estimate is two pictures in one only where its photo is.
        notes += check_collage(buffer.samples, shown, options.force)
    if options.stretch:
        buffer, stretch_notes = stretched(buffer, shown)
        notes += stretch_notes
    if raster == "display":
        buffer = turned(buffer, orientation.inverse)
        if orientation != Orientation.UPRIGHT:
            notes += Notes(
                assumed=(
                    "the map is upright, as the photo is displayed; it was turned into the stored raster "
                    f"(Orientation {orientation})",
                )
            )
    elif orientation != Orientation.UPRIGHT:
        notes += Notes(
            assumed=(
                f"the map lies as the photo's pixels are stored (Orientation {orientation}); if it is upright, add "
                "--map-orientation display",
            )
        )
    camera = given_camera(options, size, orientation, raster)
    if camera is not None:
        buffer = buffer.replace(calibration=camera)
    sides = (buffer.width, buffer.height, *size)
    if raster == "display" and orientation.swaps_axes:
        sides = (buffer.height, buffer.width, size[1], size[0])
    if buffer.estimate is not None and not same_shape(sides[:2], sides[2:]):
        raise RefusedError(
            f"the estimate is of a picture of another shape ({sides[0]}x{sides[1]}) than the photo's "
            f"({sides[2]}x{sides[3]}), as the preview of some DNGs is; develop it to a JPEG or HEIC, and estimate from "
            "that",
            subject="photo",
        )
    check_aspect(*sides, _shape_advice(buffer))
    hole_share = _hole_share(buffer, options.max_holes)
    refined_holes = 0
    if guide is not None:
        refined = refine_map(buffer, guide)
        buffer, refined_holes, notes = refined.buffer, refined.filled, notes + refined.notes
    else:
        buffer, size_notes = _shrink(
            buffer, options.max_size, most_map_pixels(size[0] * size[1], FREE_WRITTEN_PIXELS)
        )
        notes += size_notes
    buffer, shape_notes = _match_shape(buffer, size)
    buffer, holes = fill_holes(buffer, 1.0)
    notes += shape_notes
    if hole_share:
        method = holes.method if holes.count or refined_holes else "averaged away as the map was made smaller"
        notes += Notes(notes=(f"{percent(hole_share)} of the map were holes, {method}",))
    if options.accuracy is not None:
        buffer = buffer.replace(accuracy=options.accuracy)
    return FittedMap(buffer, notes)


NETWORK_STEPS = (14, 32)
"""Sides of a network's input are multiples of its patches: 14 of Depth-Anything and DINOv2, 32 of MiDaS."""


def stretched(buffer: DepthBuffer, photo_size: tuple[int, int]) -> tuple[DepthBuffer, Notes]:
    """Return a map in the shape of a photo (width, height), as large as both its sides allow.

    Its camera, whose pixels were square, is left out.
    """
    if same_shape((buffer.width, buffer.height), photo_size):
        return buffer, Notes()
    scale = min(buffer.width / photo_size[0], buffer.height / photo_size[1])
    width, height = (max(1, round(side * scale)) for side in photo_size)
    sentence = (
        f"the map shows the whole photo: stretched from {buffer.width}x{buffer.height} to {width}x{height}"
    )
    return resampled(buffer, width, height).replace(calibration=None), Notes(assumed=(sentence,))


def _shape_advice(buffer: DepthBuffer) -> str:
    """Return what to do with a map of another shape, and whether its size is that of a network's output."""
    width, height = buffer.width, buffer.height
    network = width == height or any(width % step == height % step == 0 for step in NETWORK_STEPS)
    words = "its size is one that networks stretch photos to; " if network else ""
    return f"{words}if it shows the whole photo, stretched, add --stretch; otherwise crop it to what the photo shows"


def _hole_share(buffer: DepthBuffer, max_percent: float) -> float:
    """Return the share of holes, 0 to 1. Raises RefusedError where it is too large."""
    share = 0.0 if buffer.all_valid else 1 - float(np.mean(buffer.valid))
    if max_percent / 100 < share < 1:
        raise RefusedError(
            f"{percent(share)} of the map holds no valid depth, more than the {max_percent:g} % that may be filled "
            "in; supply a map with fewer holes, or allow more with --max-holes"
        )
    return share


def _shrink(buffer: DepthBuffer, max_size: int, most_pixels: int) -> tuple[DepthBuffer, Notes]:
    width, height = fitted_size(buffer.width, buffer.height, max_size)
    if width * height > most_pixels:
        side = math.floor(max(width, height) * math.sqrt(most_pixels / (width * height)))
        width, height = fitted_size(buffer.width, buffer.height, side)
    if (width, height) == (buffer.width, buffer.height):
        return buffer, Notes()
    note = f"the map was averaged from {buffer.width}x{buffer.height} to {width}x{height}"
    return resampled(buffer, width, height), Notes(notes=(note,))


def _match_shape(buffer: DepthBuffer, photo_size: tuple[int, int]) -> tuple[DepthBuffer, Notes]:
    """Store each sample of a very small map several times: no side below MIN_STORED_SIDE, the photo's shape.

    The sides of a small map are rounded to whole and even numbers, and repeating its samples uniformly would keep
    that error of aspect in a raster too large for it; there the photo's aspect sets the longer side.
    """
    times = max(1, -(-MIN_STORED_SIDE // min(buffer.width, buffer.height)))
    width, height = times * buffer.width, times * buffer.height
    note = f"the map is very small and each sample was stored {times}x{times} times"
    if not same_shape((width, height), photo_size):
        aspect = photo_size[0] / photo_size[1]
        if aspect > 1:
            width = 2 * round(height * aspect / 2)
        else:
            height = 2 * round(width / aspect / 2)
        note = (
            f"the map was stretched from {buffer.width}x{buffer.height} to {width}x{height}, the photo's shape, "
            "without interpolation"
        )
    elif times == 1:
        return buffer, Notes()
    if max(width, height) > MAX_STORED_SIDE:
        raise UnsupportedError(
            f"the photo is {photo_size[0]}x{photo_size[1]}, too narrow for a depth map: a stored map has at least "
            f"{MIN_STORED_SIDE} samples across and at most {MAX_STORED_SIDE} along",
            subject="photo",
        )
    return buffer.replace(samples=resample_nearest(buffer.samples, width, height)), Notes(notes=(note,))
