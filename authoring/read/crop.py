"""Fit a map of a developed picture to the active area of its DNG, and cut one back to it.

A depth map of a DNG covers ActiveArea; a developed picture shows DefaultCrop, which is a little less (DNG 1.6.0.0,
chapter 4).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from authoring.containers.base import Crop, Layout
from authoring.depth.buffer import DepthBuffer
from authoring.depth.calibration import Calibration
from authoring.depth.orientation import Orientation
from authoring.depth.raster import most_map_pixels, turned
from authoring.errors import UnsupportedError
from authoring.read.depth_image import DepthReading, calibration_fields, calibration_of

Sample = TypeVar("Sample", bound=np.generic)


def covers_active_area(buffer: DepthBuffer, layout: Layout) -> bool:
    """Whether a map (in either orientation) has the size of the active area itself, as LibRaw's pictures have."""
    return {buffer.width, buffer.height} == {layout.width, layout.height}


def padded(buffer: DepthBuffer, crop: Crop, layout: Layout) -> tuple[DepthBuffer, str]:
    """Return a map in the stored raster that covers `crop` with margins, so that it covers the active area, and a note.

    The margins repeat the map's edge. They are whole samples, so a sample may be half its size off its place. Raises
    UnsupportedError where the crop is so small that the map would have more samples than are read.
    """
    across, down = buffer.width / crop.width, buffer.height / crop.height
    width = max(round(layout.width * across), buffer.width)
    height = max(round(layout.height * down), buffer.height)
    if width * height > most_map_pixels(layout.width * layout.height):
        raise UnsupportedError(
            f"the DNG shows {crop.width:g}x{crop.height:g} of its {layout.width}x{layout.height} active pixels, so a "
            f"map of {buffer.width}x{buffer.height} would be extended to {width}x{height}, more than is read; make "
            "the map smaller with --max-size, or give a map of the active area"
        )
    left = min(round(crop.left * across), width - buffer.width)
    top = min(round(crop.top * down), height - buffer.height)
    margins = ((top, height - buffer.height - top), (left, width - buffer.width - left))
    if buffer.calibration is not None:
        buffer = buffer.replace(calibration=moved(buffer.calibration, crop, layout))
    note = (
        f"the map was taken for one of the developed picture ({crop.width:g}x{crop.height:g} of the DNG's "
        f"{layout.width}x{layout.height} active pixels) and was extended by its edge values"
    )
    samples = np.pad(buffer.samples, margins, mode="edge")
    return buffer.replace(samples=samples), note


def moved(calibration: Calibration, crop: Crop, layout: Layout) -> Calibration:
    """Return a camera of the cropped picture as that of the active area."""
    scaled = calibration.scaled(round(crop.width), round(crop.height))
    return scaled.reframed(crop.left, crop.top, layout.width, layout.height)


def cut(samples: NDArray[Sample], crop: Crop, layout: Layout) -> NDArray[Sample]:
    """Return what samples (H, W) of the active area show of the crop, in whole samples."""
    across, down = samples.shape[1] / layout.width, samples.shape[0] / layout.height
    left = min(round(crop.left * across), samples.shape[1] - 1)
    top = min(round(crop.top * down), samples.shape[0] - 1)
    width, height = max(1, round(crop.width * across)), max(1, round(crop.height * down))
    return samples[top : top + height, left : left + width]


def cropped_camera(calibration: Calibration, crop: Crop, layout: Layout) -> Calibration:
    """Return a camera of the active area as that of the cropped picture."""
    scaled = calibration.scaled(layout.width, layout.height)
    return scaled.reframed(-crop.left, -crop.top, round(crop.width), round(crop.height))


def shown_map(buffer: DepthBuffer, crop: Crop, layout: Layout, orientation: Orientation) -> DepthBuffer:
    """Return a map that covers the active area cut to what the picture to look at shows.

    orientation: how the map is turned against the stored raster.
    """
    stored = turned(buffer, orientation.inverse)
    camera = stored.calibration
    if camera is not None:
        stored = stored.replace(calibration=cropped_camera(camera, crop, layout))
    return turned(stored.replace(samples=cut(stored.samples, crop, layout)), orientation)


def shown_part(reading: DepthReading, layout: Layout) -> DepthReading:
    """Return depth that covers what the picture to look at shows: a DNG's preview shows DefaultCrop."""
    crop = layout.crop
    if crop is None:
        return reading
    camera = calibration_of(reading.properties)
    fields = calibration_fields(cropped_camera(camera, crop, layout) if camera else None)
    return replace(
        reading,
        plane=replace(reading.plane, codes=cut(reading.plane.codes, crop, layout)),
        properties=replace(reading.properties, **fields),
    )
