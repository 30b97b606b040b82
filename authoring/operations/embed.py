"""Embed: a photo and a map become a photo with Apple depth; and `copy`, whose map is another photo's depth.

Knows: the order of the steps, and the promises that are checked before anything is given out.
Must not know: paths, formats of bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from authoring.apple import DepthProperties, PropertyTree, Provenance, properties
from authoring.codecs.hevc import Effort
from authoring.containers import ContainerFile, ContainerName, EditList, Layout
from authoring.depth import (
    DepthBuffer,
    Orientation,
    StoredPlane,
    check_aspect,
    error_in_m,
    max_error,
    quantize,
)
from authoring.errors import MalformedError, RefusedError, about
from authoring.operations import auxiliary, mapping
from authoring.operations.mapping import MapOptions, MapSource, Notes
from authoring.operations.reports import EmbedReport, ErrorInMetres, Outcome, Size
from authoring.operations.strip import removal
from authoring.operations.transcode import prepare
from authoring.version import VERSION


@dataclass(frozen=True, slots=True)
class EmbedOptions(MapOptions):
    """Everything `embed` can be told besides photo and map."""

    container: ContainerName | None = None
    """None keeps the photo's own, so that nothing is coded anew (a PNG becomes HEIC)."""
    lossless: bool = False
    replace: bool = False
    quality: int | None = None
    effort: Effort | None = None


def embed(photo: bytes, source: MapSource, options: EmbedOptions) -> Outcome:
    """Put a map into a photo.

    photo: JPEG, HEIC or PNG bytes. source: a float array (H, W) of metres, a gray array, a `MapImage`, a
    `DepthBuffer` or an `AuxiliaryData`, upright as the photo is seen unless `options.map_orientation` says
    "stored" (an `AuxiliaryData` is stored by nature).

    Raises only `DepthauthorError`; its `subject` says whether photo or map is at fault.
    """
    notes = Notes()
    with about("map"):
        if hasattr(source, "data_description") and options.map_orientation is None:
            options = replace(options, map_orientation="stored")
        buffer = mapping.buffer_of(source, options, notes)
    with about("photo"):
        prepared = prepare(photo, options.container, quality=options.quality, effort=options.effort)
        file = prepared.file
        notes.notes.extend(prepared.notes)
        removed = _room_for_depth(file, options.replace)
        orientation = auxiliary.photo_orientation(file.layout)
    with about("map"):
        size = (file.layout.width, file.layout.height)
        buffer = mapping.fit_to_photo(buffer, size, orientation, options, notes)
        plane = replace(quantize(buffer), pixel_format=options.pixel_format)
        told = properties.data_profile(
            native_format=options.pixel_format.fourcc,
            float_min=plane.float_min,
            float_max=plane.float_max,
            accuracy=buffer.accuracy,
            calibration=auxiliary.calibration_properties(buffer.calibration),
        )
        encoded = auxiliary.encode_plane(
            file.layout.container, plane, lossless=options.lossless, effort=options.effort
        )
    return _publish(file, removed, plane, encoded, buffer, told, (), notes, prepared.reencoded)


def copy(source: bytes, photo: bytes, options: EmbedOptions) -> Outcome:
    """Put the depth of one photo into another, with all that its XMP says, orientations reconciled.

    The codes and the float range stay as they are; only the raster is turned. Raises RefusedError where the
    aspects differ by more than one per cent.
    """
    notes = Notes()
    with about("source"):
        from authoring import containers

        origin = containers.parse(source)
        reading = auxiliary.read_depth(origin.layout)
    with about("photo"):
        prepared = prepare(photo, options.container, quality=options.quality, effort=options.effort)
        file = prepared.file
        notes.notes.extend(prepared.notes)
        removed = _room_for_depth(file, options.replace)
        layout = file.layout
        orientation = auxiliary.photo_orientation(layout)
    with about("source"):
        turn = reading.orientation.then(orientation.inverse)
        codes = turn.to_display(reading.plane.codes)
        check_aspect(codes.shape[1], codes.shape[0], layout.width, layout.height)
        plane = replace(reading.plane, codes=codes)
        calibration = auxiliary.calibration_of(reading.properties)
        if calibration is not None:
            calibration = calibration.oriented(turn).scaled(layout.width, layout.height)
        told = reading.properties.with_calibration(auxiliary.calibration_properties(calibration))
        if turn == Orientation(1) and origin.layout.container == layout.container == "heic":
            encoded = auxiliary.EncodedPlane(reading.found.payload, reading.found.configuration, codes, 0)
        else:
            encoded = auxiliary.encode_plane(
                layout.container, plane, lossless=options.lossless, effort=options.effort
            )
        if turn != Orientation(1):
            notes.notes.append("the map was turned into the photo's stored raster")
        foreign = properties.foreign_properties(reading.tree)
    told = replace(told, float_min=plane.float_min, float_max=plane.float_max, int_min=0, int_max=255)
    buffer = replace(reading, plane=plane).buffer("stored")
    return _publish(file, removed, plane, encoded, buffer, told, foreign, notes, prepared.reencoded)


def _room_for_depth(file: ContainerFile, may_replace: bool) -> EditList | None:
    """The removal of the depth that is there, None where there is none; RefusedError without --replace."""
    if not auxiliary.depth_images(file.layout):
        return None
    if not may_replace:
        raise RefusedError("the photo holds a depth map already; --replace puts the new one in its place")
    return removal(file)


def _publish(
    file: ContainerFile,
    removed: EditList | None,
    plane: StoredPlane,
    encoded: auxiliary.EncodedPlane,
    buffer: DepthBuffer,
    told: DepthProperties,
    foreign: PropertyTree,
    notes: Notes,
    reencoded: bool,
) -> Outcome:
    """Splice, measure what was coded, and report."""
    source = file.source
    if removed is not None:
        from authoring import containers

        with about("photo"):
            file = containers.parse(removed.apply(source))
        notes.notes.append("the depth map that was there was replaced")
    layout = file.layout
    mark = Provenance(VERSION, file.undo_record())
    tree = properties.with_provenance(properties.tree_of(told, foreign), mark)
    coded = auxiliary.coded_auxiliary(layout.container, plane, encoded, tree)
    with about("photo"):
        spliced = file.splice(coded)
    edits = removed.then(spliced) if removed is not None else spliced

    error = max_error(replace(plane, codes=encoded.decoded, pixel_format=buffer.pixel_format), buffer)
    bound = plane.step * (0.5 + encoded.tolerance_codes)
    if not error <= bound * (1 + 1e-5):
        raise MalformedError(
            f"the coded map is off by {error:g}, more than its bound {bound:g}; nothing was written"
        )
    unit = plane.pixel_format.unit
    nearest, farthest = (
        (plane.float_max, plane.float_min) if unit == "1/m" else (plane.float_min, plane.float_max)
    )
    report = EmbedReport(
        container=layout.container,
        reencoded=reencoded,
        native_format=plane.pixel_format.value,
        float_min=plane.float_min,
        float_max=plane.float_max,
        map=Size(plane.codes.shape[1], plane.codes.shape[0]),
        max_error=error,
        bound=bound,
        unit=unit,
        max_error_m=ErrorInMetres(
            error_in_m(error, nearest, plane.pixel_format), error_in_m(error, farthest, plane.pixel_format)
        ),
        touched=edits.touched,
        assumed=tuple(notes.assumed),
        notes=(*notes.notes, *encoded.notes, *_photo_notes(layout)),
    )
    return Outcome(source, edits, report)


def _photo_notes(layout: Layout) -> tuple[str, ...]:
    notes = layout.notes
    if layout.signed:
        notes = (*notes, "the photo is signed (C2PA): the signature no longer matches the edited file")
    return notes
