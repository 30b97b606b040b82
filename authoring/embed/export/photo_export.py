"""Export: write a photo's depth for programs that read GDepth, Dynamic Depth or a gray picture beside the photo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, cast

import numpy as np

from authoring import containers
from authoring.apple.portrait_metadata import read_portrait_metadata
from authoring.containers.base import ContainerFile, ContainerName
from authoring.containers.edits import EditList, Touched
from authoring.containers.jpeg import JpegFile
from authoring.depth.stored_plane import Codes
from authoring.embed.export import dynamic_depth, gdepth, pair
from authoring.embed.export.base import Exported, Written
from authoring.embed.reports import EditedPhoto, Size
from authoring.embed.strip import restoration
from authoring.embed.transcode import transcode
from authoring.errors import UnsupportedError, about
from authoring.read.crop import shown_part
from authoring.read.depth_image import DepthReading, calibration_of, read_depth
from authoring.read.foreign.plane import confidence_codes
from authoring.read.layout import depth_images, photo_orientation, unused_orientation
from authoring.report_base import Report

ExportFormat = Literal["gdepth", "dynamic-depth", "pair"]

WRITERS: dict[ExportFormat, Callable[[Exported], Written]] = {
    "gdepth": gdepth.write,
    "dynamic-depth": dynamic_depth.write,
    "pair": pair.write,
}

TAKEN_OUT = (
    "Apple's depth map was taken out, so that the photo has one depth map and not two that may come to differ"
)
BLURRED = "the photo's portrait blur is in its pixels already: programs that blur by depth will blur it twice"
FILLED = "the map has holes: each was filled with the code of a sample near it, and its confidence is 0"
REENCODED = "the photo was re-encoded as JPEG, the only container that these formats are for"
TURNED = "the map is in the photo's stored raster: programs that turn the photo by its Exif have to turn the map alike"
SIGNED = "the photo is signed (C2PA): the signature no longer matches the edited file"
DEVELOP = "a raw photo is not developed here; develop it to a JPEG, copy the depth into that and export it"


@dataclass(frozen=True, slots=True, repr=False)
class ExportReport(Report):
    """What `export` did."""

    _shown = ("output", "written", "near", "far", "units")

    written: ExportFormat
    source_container: ContainerName
    reencoded: bool
    """Whether the photo was re-encoded; otherwise its coded bytes are kept."""
    map: Size
    """In the photo's stored raster."""
    coding: str
    """Of the map: png, which is exact, or jpeg."""
    max_code_error: int
    """Codes by which the coded map is off at most; measured."""
    format: str | None
    """How codes follow the distance: RangeInverse or RangeLinear; None for a pair, which does not say."""
    near: float | None
    far: float | None
    units: str | None
    """As the file states it; None if it states none."""
    not_carried: tuple[str, ...]
    """What the photo says of its depth and the written file does not."""
    touched: tuple[Touched, ...]
    """Empty for a photo that was re-encoded."""
    notes: tuple[str, ...]
    output: str | None = None
    depth_output: str | None = None
    """Of a pair: the gray picture."""
    schema: str = "depthauthor/export/1"


@dataclass(frozen=True, slots=True, eq=False)
class ExportedPhoto:
    """The photo to write, and what goes beside it."""

    photo: EditedPhoto[ExportReport]
    companion: bytes
    """Of a pair: the gray picture; else empty."""


@dataclass(frozen=True, slots=True)
class _Base:
    """The JPEG that takes the depth."""

    source: bytes
    file: JpegFile
    edits: EditList
    """From `source` to `file`."""
    reencoded: bool
    notes: tuple[str, ...]


def export(
    photo: bytes, written: ExportFormat, *, quality: int | None = None, tone_map: bool = False
) -> ExportedPhoto:
    """Write the depth of a photo in another maker's format, codes carried as integers where the format allows.

    photo: any that holds depth. A JPEG keeps its coded bytes; a HEIC is re-encoded, with `quality`, an HDR one with
    `tone_map`. Raises UnsupportedError for a photo without depth and for a DNG, RefusedError where the photo already
    holds depth in that format.
    """
    with about("photo"):
        file = containers.parse(photo)
        reading = shown_part(read_depth(file), file.layout)
        base = _base(file, written, quality, tone_map)
        if reading.foreign is not None and reading.foreign.blurred:
            base = replace(base, notes=(*base.notes, BLURRED))
        if reading.holes is not None:
            base = replace(base, notes=(*base.notes, FILLED))
        given = _exported(reading, base)
        result = WRITERS[written](given)
        edits = base.edits.then(result.edits)
        height, width = given.plane.codes.shape
        report = ExportReport(
            written=written,
            source_container=file.layout.container,
            reencoded=base.reencoded,
            map=Size(width, height),
            coding=result.coding,
            max_code_error=result.worst,
            format=result.format or None,
            near=result.near,
            far=result.far,
            units=result.units,
            not_carried=(*result.not_carried, *_effects(reading)),
            touched=() if base.reencoded else edits.touched,
            notes=(*base.notes, *(f"in the photo, {note}" for note in reading.notes), *result.notes),
        )
    return ExportedPhoto(EditedPhoto(base.source, edits, report), result.companion)


def _base(file: ContainerFile, written: ExportFormat, quality: int | None, tone_map: bool) -> _Base:
    """Return the JPEG that takes the depth: without Apple's map, but for a pair, whose photo stays as it is."""
    layout = file.layout
    if layout.container == "dng":
        raise UnsupportedError(DEVELOP)
    notes: tuple[str, ...] = (SIGNED,) if layout.signed and written != "pair" else ()
    source, cleared = file.source, EditList.unchanged(len(file.source))
    if depth_images(layout) and (written != "pair" or layout.container != "jpeg"):
        restored = restoration(file)
        cleared = restored.edits
        notes += restored.notes if layout.container == "jpeg" else ()
    if layout.container == "jpeg":
        notes += (TAKEN_OUT,) if cleared.touched else ()
        base = _Base(source, cast(JpegFile, containers.parse(cleared.apply(source))), cleared, False, notes)
    else:
        made = transcode(cleared.apply(source), "jpeg", quality=quality, tone_map=tone_map)
        data = made.file.source
        notes = (REENCODED, *made.notes)
        base = _Base(data, cast(JpegFile, made.file), EditList.unchanged(len(data)), True, notes)
    turned = unused_orientation(base.file.layout)
    more: tuple[str, ...] = (turned,) if turned else ()
    if read_portrait_metadata(layout.exif, layout.xmp).is_blur_rendered:
        more += (BLURRED,)
    if int(photo_orientation(base.file.layout)) != 1 and written == "gdepth":
        more += (TURNED,)
    return replace(base, notes=(*base.notes, *more))


def _exported(reading: DepthReading, base: _Base) -> Exported:
    """Return the depth in the stored raster of the photo that takes it."""
    layout = base.file.layout
    orientation = photo_orientation(layout)
    turn = reading.orientation.then(orientation.inverse)
    calibration = calibration_of(reading.properties)
    if calibration is not None:
        calibration = calibration.oriented(turn).scaled(layout.width, layout.height)
    plane = reading.filled_plane()
    confidence = _confidence(reading)
    return Exported(
        file=base.file,
        plane=replace(plane, codes=turn.to_display(plane.codes)),
        metres=reading.properties.accuracy == "absolute",
        orientation=orientation,
        calibration=calibration,
        confidence=None if confidence is None else turn.to_display(confidence),
    )


def _confidence(reading: DepthReading) -> Codes | None:
    """Return the confidence of each sample of the map, 0 in its holes; None if the photo says nothing of it."""
    found, holes = reading.foreign, reading.holes
    if found is None:
        return None
    height, width = reading.plane.codes.shape
    confidence = confidence_codes(found, reading.orientation, (height, width))
    if holes is None:
        return confidence
    if confidence is None:
        confidence = np.full(holes.shape, np.iinfo(np.uint8).max, np.uint8)
    return np.where(holes, confidence.dtype.type(0), confidence)


def _effects(reading: DepthReading) -> tuple[str, ...]:
    """Return what Apple's depth says about the portrait effect, which no other format has."""
    properties = reading.properties
    names = []
    if properties.rendering_parameters is not None:
        names.append("the portrait effect's rendering parameters")
    if properties.simulated_aperture is not None:
        names.append(f"the simulated aperture (f/{properties.simulated_aperture:g})")
    return tuple(names)
