"""Fit a map to a photo's layout: in a DNG to its active area, by way of what a developed picture shows."""

from __future__ import annotations

from dataclasses import dataclass

from authoring.containers.base import Crop, Layout
from authoring.depth.buffer import DepthBuffer
from authoring.depth.orientation import Orientation
from authoring.maps.fit import FittedMap, fit_to_photo
from authoring.maps.load import LoadedMap, map_raster
from authoring.maps.map_options import MapOptions
from authoring.maps.notes import Notes
from authoring.maps.presets import Raster
from authoring.maps.refine import Guide
from authoring.read.crop import covers_active_area, padded, shown_map

CORRECTED_PICTURE = "the map is of the developed picture, whose lens the DNG corrects (OpcodeList3)"

REFINED_CROP = (
    "--refine goes by the DNG's developed picture, so the map was cut to it and extended by its edges again"
)


@dataclass(frozen=True, slots=True, eq=False)
class PlacedMap:
    """A map in a photo's stored raster, and how it was given."""

    fitted: FittedMap
    given: DepthBuffer
    """The map before it was fitted; cut where the guide shows less than it."""
    raster: Raster
    """How the given map lies."""


def crop_of_map(buffer: DepthBuffer, layout: Layout, guide: Guide | None) -> Crop | None:
    """Return what a map is fitted to: the developed picture of a DNG, or None for all of the photo.

    A map of the active area's size covers that, unless it goes by a guide, which shows the developed picture.
    """
    return None if guide is None and covers_active_area(buffer, layout) else layout.crop


def fit_to_layout(
    loaded: LoadedMap, layout: Layout, orientation: Orientation, options: MapOptions, guide: Guide | None
) -> PlacedMap:
    """Fit a map to a photo, as `fit_to_photo` does; one of a developed picture is extended to the active area."""
    given, crop = loaded.buffer, crop_of_map(loaded.buffer, layout, guide)
    size = (round(crop.width), round(crop.height)) if crop else (layout.width, layout.height)
    raster = map_raster(options, loaded, size, orientation)
    is_cut = crop is not None and covers_active_area(given, layout)
    if crop is not None and is_cut:
        turn = orientation if raster == "display" else Orientation.UPRIGHT
        given = shown_map(given, crop, layout, turn)
    fitted = fit_to_photo(given, size, orientation, options, raster, guide)
    buffer = fitted.buffer
    notes = fitted.notes + Notes(assumed=(CORRECTED_PICTURE,) if layout.opcodes else ())
    if crop is not None:
        buffer, extended = padded(buffer, crop, layout)
        notes += Notes(assumed=(REFINED_CROP if is_cut else extended,))
    return PlacedMap(FittedMap(buffer, notes), given, raster)
