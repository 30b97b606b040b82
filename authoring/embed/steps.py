"""Embed: a photo and a map become a photo with Apple depth; and `copy`, whose map is another photo's depth.

Knows: the order of the steps, and the promises that are checked before anything is given out.
Must not know: paths, formats of bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from authoring import containers
from authoring.apple import authorship, depth_properties
from authoring.apple.depth_properties import DepthProperties
from authoring.apple.property_table import PropertyTree
from authoring.beside import both
from authoring.containers.base import ContainerFile
from authoring.containers.edits import EditList, Kept
from authoring.depth.buffer import DepthBuffer
from authoring.depth.orientation import Orientation
from authoring.depth.raster import check_aspect
from authoring.depth.stored_plane import StoredPlane, error_in_m, max_error, quantize
from authoring.embed.encode import EncodedPlane, HastyError, coded_auxiliary, encode_plane
from authoring.embed.note_list import NoteList
from authoring.embed.options import EmbedOptions
from authoring.embed.portrait import Sources, dressed, provenance
from authoring.embed.reports import EmbedReport, ErrorInMetres, Outcome, Size
from authoring.embed.target import Ahead, Ready, Target, ready, target_of
from authoring.errors import RefusedError, about
from authoring.maps import diagnose, fit
from authoring.maps.load import MapSource, load_map, with_stored_orientation
from authoring.read import depth_image
from authoring.version import VERSION

if TYPE_CHECKING:
    from authoring.compatibility.facts import Facts


class Draft(Protocol):
    """Makes an outcome that is not measured yet."""

    def __call__(self, careful: bool, ahead: Ahead | None = None) -> Outcome[EmbedReport]:
        """Quickly or with care."""


@dataclass(frozen=True, slots=True, eq=False)
class Depth:
    """The depth to go in, in the photo's stored raster."""

    buffer: DepthBuffer
    plane: StoredPlane
    encoded: EncodedPlane
    told: DepthProperties
    sources: Sources
    foreign: PropertyTree = ()


def embed(photo: bytes, source: MapSource, options: EmbedOptions) -> Outcome[EmbedReport]:
    """Put a map into a photo, and measure it: `draft_embed`, settled."""
    return settled(
        lambda careful, ahead=None: draft_embed(photo, source, options, careful=careful, ahead=ahead)
    )


def copy(source: bytes, photo: bytes, options: EmbedOptions) -> Outcome[EmbedReport]:
    """Put the depth of one photo into another, and measure it: `draft_copy`, settled."""
    return settled(
        lambda careful, ahead=None: draft_copy(source, photo, options, careful=careful, ahead=ahead)
    )


def settled(draft: Draft) -> Outcome[EmbedReport]:
    """The quick draft where it keeps its bound, which is measured now; else the careful one."""
    outcome = draft(False)
    try:
        _ = outcome.report
    except HastyError:
        outcome = draft(True)
        _ = outcome.report
    return outcome


def draft_embed(
    photo: bytes,
    source: MapSource,
    options: EmbedOptions,
    *,
    careful: bool = False,
    ahead: Ahead | None = None,
) -> Outcome[EmbedReport]:
    """Put a map into a photo; the outcome is not measured yet, so that a caller can do so while it writes.

    Settling the outcome raises `HastyError` where the quick coding missed its bound: draft again, careful.

    photo: JPEG, HEIC or PNG bytes. source: a float array (H, W) of metres, a gray array, a `MapImage`, a
    `DepthBuffer` or an `AuxiliaryData`, upright as the photo is seen unless `options.map_orientation` says
    "stored" (an `AuxiliaryData` is stored by nature).

    Raises only `DepthauthorError`; its `subject` says whether photo or map is at fault.
    """
    notes, photo_notes = NoteList(), NoteList()
    target = target_of(photo, options, photo_notes, careful)
    photo_ready = ready(target, None, options, ahead) if options.profile == "data" else None
    with about("map"):
        options = with_stored_orientation(options, source)
        loaded = load_map(source, options)
    notes.extend(loaded.notes)
    notes.extend(photo_notes)
    guide = None
    if options.refine:
        from authoring.maps import refine

        with about("photo"):
            guide = refine.guide_of(target.file, target.orientation, options.max_size)
    with about("map"):
        size = (target.layout.width, target.layout.height)
        fitted = fit.fit_to_photo(loaded.buffer, size, target.orientation, options, guide)
        buffer = fitted.buffer
    notes.extend(fitted.notes)
    with about("map"):
        plane = replace(quantize(buffer), pixel_format=options.pixel_format)
        notes.notes.extend(diagnose.storage_notes(plane))
        told = depth_properties.data_profile(
            native_format=options.pixel_format.fourcc,
            float_min=plane.float_min,
            float_max=plane.float_max,
            accuracy=buffer.accuracy,
            calibration=depth_image.calibration_properties(buffer.calibration),
        )

    container = target.layout.container

    def encoded_plane() -> EncodedPlane:
        with about("map"):
            return encode_plane(
                container, plane, lossless=options.lossless, effort=options.effort, careful=careful
            )

    if photo_ready is None and container == "heic":
        # HEVC takes long enough for all that the photo needs; a gray JPEG takes as long as starting a thread.
        marked_photo, encoded = both(lambda: ready(target, buffer, options, ahead), encoded_plane)
    else:
        marked_photo = photo_ready or ready(target, buffer, options, ahead)
        encoded = encoded_plane()
    sources = Sources("measured" if buffer.accuracy == "absolute" else options.depth_source)
    return author(marked_photo, Depth(buffer, plane, encoded, told, sources), options, notes)


def draft_copy(
    source: bytes,
    photo: bytes,
    options: EmbedOptions,
    *,
    careful: bool = False,
    ahead: Ahead | None = None,
) -> Outcome[EmbedReport]:
    """Put the depth of one photo into another, with all that its XMP says, orientations reconciled.

    The codes and the float range stay as they are; only the raster is turned. Raises RefusedError where the
    aspects differ by more than one per cent.
    """
    notes = NoteList()
    with about("source"):
        origin = containers.parse(source)
        reading = depth_image.read_depth(origin.layout)
    target = target_of(photo, options, notes, careful)
    layout, orientation = target.layout, target.orientation
    with about("source"):
        turn = reading.orientation.then(orientation.inverse)
        width, height = turn.to_display(reading.plane.codes).shape[::-1]
        check_aspect(width, height, layout.width, layout.height)
        if layout.container == "heic" and (
            width % 2 or height % 2 or min(width, height) < fit.MIN_STORED_SIDE
        ):
            # No HEVC picture has this size without a crop; the map is fitted as a new one would be.
            fitting = replace(options, max_size=max(width, height), map_orientation="display")
            fitted = fit.fit_to_photo(reading.buffer(), (layout.width, layout.height), orientation, fitting)
            notes.extend(fitted.notes)
            plane = replace(quantize(fitted.buffer), pixel_format=reading.plane.pixel_format)
        else:
            plane = replace(reading.plane, codes=turn.to_display(reading.plane.codes))
        calibration = depth_image.calibration_of(reading.properties)
        if calibration is not None:
            calibration = calibration.oriented(turn).scaled(layout.width, layout.height)
        told = reading.properties.with_calibration(depth_image.calibration_properties(calibration))
        if turn == Orientation(1) and origin.layout.container == layout.container == "heic":
            found = reading.found
            encoded = EncodedPlane("heic", found.width, found.height, found.payload, found.configuration, 0)
        else:
            encoded = encode_plane(
                layout.container, plane, lossless=options.lossless, effort=options.effort, careful=careful
            )
        if turn != Orientation(1):
            notes.notes.append("the map was turned into the photo's stored raster")
        foreign = depth_properties.foreign_properties(reading.tree)
    told = replace(told, float_min=plane.float_min, float_max=plane.float_max, int_min=0, int_max=255)
    buffer = replace(reading, plane=plane).buffer("stored")
    return author(
        ready(target, buffer, options, ahead),
        Depth(buffer, plane, encoded, told, Sources("donor", "donor", "donor"), foreign),
        options,
        notes,
    )


def author(
    photo: Ready, depth: Depth, options: EmbedOptions, notes: NoteList, version: str = VERSION
) -> Outcome[EmbedReport]:
    """Splice the depth in, and leave the measuring to whoever publishes."""
    told, sources, file, target = depth.told, depth.sources, photo.file, photo.target
    with about("photo"):
        restore = b""
        if photo.marks:
            told, sources = dressed(told, target.layout, options.portrait, sources, notes)
            notes.extend(photo.marks.notes)
            restore = photo.marks.made.restore
        mark = provenance(version, file.undo_record(), sources, restore)
        tree = authorship.with_provenance(depth_properties.tree_of(told, depth.foreign), mark)
        spliced = file.splice(coded_auxiliary(file.layout.container, depth.plane, depth.encoded, tree))
        edits = photo.edits.then(spliced)
        notes.notes.extend(_photo_notes(file))

    def facts() -> Facts:
        # Imported here: the rules are needed while the disk is busy, not before.
        from authoring.compatibility.facts import gather
        from authoring.compatibility.publish_check import is_confirmed

        if not is_confirmed(target.file):
            raise HastyError
        return gather(file.edited(spliced), decoded=False)

    report = lambda: _measure(target, edits, depth, notes, facts)  # noqa: E731
    return Outcome(target.source, edits, report, _come_true(photo.handed_out, edits))


def _come_true(handed_out: Kept | None, edits: EditList) -> range:
    """Where in the result the run lies that was handed out; nowhere, if that is not where it was said to lie."""
    if handed_out is None or not edits.keeps(handed_out.start, handed_out.stop):
        return range(0)
    place, size = edits.new_offset(handed_out.start), handed_out.stop - handed_out.start
    return range(place, place + size) if place == handed_out.place else range(0)


def _measure(
    target: Target, edits: EditList, depth: Depth, notes: NoteList, gathered: Callable[[], Facts]
) -> EmbedReport:
    """Decode what will be written, hold it against the map and the rules, and report."""
    from authoring.compatibility.publish_check import check_before_publish

    plane, encoded, buffer = depth.plane, depth.encoded, depth.buffer
    # First what needs no map, which may still be being decoded.
    facts, touched = gathered(), edits.touched
    if encoded.off_by(plane) > encoded.tolerance_codes:
        raise HastyError
    decoded = replace(plane, codes=encoded.decoded, pixel_format=buffer.pixel_format)
    error = max_error(decoded, buffer, plane.codes)
    checked = check_before_publish(facts.with_codes(encoded.decoded))
    if checked.level == "none":
        raise RefusedError(f"the photo made would not be read as depth ({'; '.join(checked.faults)})")
    unit = plane.pixel_format.unit
    ends = (plane.float_max, plane.float_min) if unit == "1/m" else (plane.float_min, plane.float_max)
    return EmbedReport(
        container=target.layout.container,
        reencoded=target.reencoded,
        native_format=plane.pixel_format.value,
        float_min=plane.float_min,
        float_max=plane.float_max,
        map=Size(plane.codes.shape[1], plane.codes.shape[0]),
        max_error=error,
        bound=plane.step * (0.5 + encoded.tolerance_codes),
        unit=unit,
        max_error_m=ErrorInMetres(*(error_in_m(error, value, plane.pixel_format) for value in ends)),
        touched=touched,
        assumed=tuple(notes.assumed),
        notes=(*notes.notes, *encoded.notes),
        level=checked.level,
        verdict=checked.verdict,
    )


def _photo_notes(file: ContainerFile) -> tuple[str, ...]:
    if not file.layout.signed:
        return file.notes
    return (*file.notes, "the photo is signed (C2PA): the signature no longer matches the edited file")
