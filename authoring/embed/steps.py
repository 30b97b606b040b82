"""Embed a map into a photo, and copy the depth of one photo into another."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from authoring import containers
from authoring.apple.depth_properties import build_tree, foreign_properties
from authoring.apple.region import read_focus_region
from authoring.codecs.photo import DecodedPhoto
from authoring.compatibility.facts import gather
from authoring.compatibility.publish_check import check_before_publish
from authoring.containers.base import CodedAuxiliary, ContainerName, Layout
from authoring.containers.edits import EditList
from authoring.depth.aspect import check_aspect
from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.orientation import Orientation
from authoring.depth.plane_error import error_in_m, max_error
from authoring.depth.raster import most_map_pixels, turned
from authoring.depth.stored_plane import StoredPlane, quantize
from authoring.embed.base_photo import base_photo
from authoring.embed.coded_depth import CodedDepth, describe, sources_of
from authoring.embed.embed_options import EmbedOptions
from authoring.embed.encode import NO_Z_LIMITS, CodedPlane, coded_auxiliary, encode_plane
from authoring.embed.portrait import add_portrait_metadata, portrait_effect
from authoring.embed.reports import EditedPhoto, EmbedReport, ErrorInMetres, Focus, Size
from authoring.embed.target import Target, open_target
from authoring.embed.undo import build_record, splice_with_undo
from authoring.errors import RefusedError, UsageError, about
from authoring.maps import diagnose
from authoring.maps.active_area import fit_to_layout
from authoring.maps.camera import given_camera
from authoring.maps.fit import MIN_STORED_SIDE, FittedMap, fit_to_photo
from authoring.maps.load import LoadedMap, MapSource, load_map
from authoring.maps.notes import Notes
from authoring.maps.polarity import check_polarity
from authoring.maps.refine import guide_of, is_wanted
from authoring.read.crop import shown_part
from authoring.read.depth_image import DepthReading, calibration_of, read_depth
from authoring.read.depth_range import with_range
from authoring.version import VERSION

WIDE_CODES = "codes of 16 bits are for Adobe's readers; Apple's are known to take 8"

COPIED = "the depth of the source photo"

DNG_METADATA = "a DNG's own Exif and XMP stay as they are, so it is not marked as a portrait"
FITTED_COPY = (
    "the source's map was resized, and the bound counts from the resized map, not from the source's samples"
)
"""Note of `copy`."""
NO_RESTORE_RECORD = (
    "there is no restore record, as asked for: strip --restore cannot undo the changes to Exif and XMP"
)


@dataclass(frozen=True, slots=True, eq=False)
class MapOfPhoto:
    """A map that is made of the photo itself, once the photo has been found fit to take one."""

    make: Callable[[bytes | DecodedPhoto], DepthBuffer]


@dataclass(frozen=True, slots=True)
class SplicedPhoto:
    """The edits that put depth into a photo, and the notes for the report."""

    edits: EditList
    notes: Notes


def embed(
    photo: bytes | DecodedPhoto, source: MapSource | MapOfPhoto, options: EmbedOptions
) -> EditedPhoto[EmbedReport]:
    """Put a map into a photo, and measure what will be written.

    photo: JPEG, HEIC, DNG or PNG bytes. source: the bytes of a map file, a float array (H, W) of metres, a gray
    array, a `MapImage`, a `DepthBuffer` or an `AuxiliaryData`, upright as the photo is displayed unless
    `options.map_orientation` says "stored" (an `AuxiliaryData` is stored by nature); or what makes it of the photo.

    Raises only `DepthauthorError`; its `subject` says whether photo or map is at fault.
    """
    base = base_photo(photo, options.base or "primary")
    target = open_target(base.photo, options)
    options = for_container(options, target.layout.container)
    loaded = load(source, base.photo, options)
    fitted = fit(loaded, target, options)
    depth = encode(fitted, loaded.meaning, target, options)
    spliced = splice(target, depth, options)
    report = check(target, spliced, depth, options, base.notes)
    return EditedPhoto(target.source, spliced.edits, report)


def copy(source: bytes, photo: bytes | DecodedPhoto, options: EmbedOptions) -> EditedPhoto[EmbedReport]:
    """Put the depth of one photo into another, with all that its XMP says, orientations reconciled.

    The codes and the float range stay as they are; only the raster is turned. Raises RefusedError if the
    aspects differ by more than one per cent. The photo is its unblurred picture where its own pixels are blurred and it
    holds one, unless `options.base` says otherwise.
    """
    origin = read_source(source, options)
    base = base_photo(photo, options.base)
    target = open_target(base.photo, options)
    options = for_container(options, target.layout.container)
    depth = transfer(origin, target, options)
    spliced = splice(target, depth, options)
    report = check(target, spliced, depth, options, base.notes)
    return EditedPhoto(target.source, spliced.edits, report)


def for_container(options: EmbedOptions, container: ContainerName) -> EmbedOptions:
    """Return the options with the native format that a container has by default.

    Raises UsageError for what a container cannot hold: disparity in a DNG, where Adobe's codes grow with the
    distance and Apple's would grow with nearness; codes of 16 bits elsewhere.
    """
    if container != "dng":
        if options.bits != 8:
            raise UsageError("--bits 16 is for a DNG; the depth map of a HEIC or JPEG has 8 bits")
        return options
    if options.native_format is not None and options.native_format.kind != "depth":
        raise UsageError(
            "a DNG holds depth, not disparity, since only then Adobe's and Apple's readers agree on which end is near; "
            "use --native-format hdep or fdep"
        )
    return replace(options, native_format=options.native_format or PixelFormat.HDEP)


def load(source: MapSource | MapOfPhoto, photo: bytes | DecodedPhoto, options: EmbedOptions) -> LoadedMap:
    """Read a map to metres or 1/m, upright or stored as the options say; or have it made of the photo."""
    depth = source.make(photo) if isinstance(source, MapOfPhoto) else source
    with about("map"):
        return load_map(depth, options)


def fit(loaded: LoadedMap, target: Target, options: EmbedOptions) -> FittedMap:
    """Turn, shrink, refine and fill a map for the target's stored raster."""
    guide = None
    if is_wanted(options, loaded.buffer, target.layout, options.max_size):
        with about("photo"):
            guide = guide_of(target.file, options.max_size)
    with about("map"):
        placed = fit_to_layout(loaded, target.layout, target.orientation, options, guide)
        shown = placed.given if placed.raster == "display" else turned(placed.given, target.orientation)
        doubts = check_polarity(shown, loaded, options, placed.raster, target.orientation)
        notes = loaded.notes + target.notes + placed.fitted.notes + doubts
        return FittedMap(placed.fitted.buffer, notes)


def encode(fitted: FittedMap, meaning: str, target: Target, options: EmbedOptions) -> CodedDepth:
    """Quantize a fitted map to 8-bit codes, 16 in a DNG that is to have them, and encode them for the container."""
    buffer = fitted.buffer
    with about("map"):
        finer = ("--bits 16 (for Adobe's readers)",) if target.layout.container == "dng" else ()
        plane = replace(quantize(buffer, options.bits), pixel_format=options.stored_format)
        notes = fitted.notes + Notes(notes=diagnose.storage_notes(plane, *finer))
        coded = _encode_plane(plane, target, options)
    source = "measured" if buffer.accuracy == "absolute" else options.depth_source
    if buffer.estimate is not None:
        source = "estimated"
    return CodedDepth(buffer, plane, coded, notes, source, meaning)


def _encode_plane(plane: StoredPlane, target: Target, options: EmbedOptions) -> CodedPlane:
    return encode_plane(
        target.layout.container,
        plane,
        lossless=options.lossless,
        effort=options.effort or "balanced",
        threads=options.encoder_threads,
        order=target.layout.byte_order,
    )


def read_source(source: bytes, options: EmbedOptions) -> DepthReading:
    """Read the depth of the photo that `copy` takes it from."""
    with about("source"):
        file = containers.parse(source)
        reading = with_range(read_depth(file, options.min_confidence), options.near, options.far)
        return shown_part(reading, file.layout)


def transfer(origin: DepthReading, target: Target, options: EmbedOptions) -> CodedDepth:
    """Turn another photo's depth into the target's stored raster; its bitstream is kept where nothing changes."""
    if "dng" in (origin.container, target.layout.container) or not _keeps_codes(origin, options):
        return _convert(origin, target, options)
    if origin.foreign is not None:
        # What the samples are kept in is chosen here, as for a map: iPhones write the 16-bit formats.
        origin = replace(origin, plane=replace(origin.plane, pixel_format=options.stored_format))
    layout = target.layout
    notes = target.notes + Notes(notes=tuple(f"in the source, {note}" for note in origin.notes))
    with about("source"):
        if origin.plane.float_min < 0:
            raise RefusedError(
                "the depth map goes below 0, which is no distance; take it out with extract, which writes holes there, "
                "and embed that"
            )
        fitted = None
        turn = origin.orientation.then(target.orientation.inverse)
        plane = replace(origin.plane, codes=turn.to_display(origin.plane.codes))
        height, width = plane.codes.shape
        sides = (width, height, layout.width, layout.height)
        if target.orientation.swaps_axes:
            sides = (height, width, layout.height, layout.width)
        check_aspect(*sides, copied=True)
        most = most_map_pixels(layout.width * layout.height)
        calibration = calibration_of(origin.properties)
        if calibration is not None:
            calibration = calibration.oriented(turn).scaled(layout.width, layout.height)
        size = (layout.width, layout.height)
        raster = options.map_orientation or "display"
        calibration = given_camera(options, size, target.orientation, raster) or calibration
        if (
            turn == Orientation(1)
            and origin.container == layout.container == "heic"
            and origin.auxiliary.configuration
            and width * height <= most
        ):
            image = origin.auxiliary
            coded = CodedPlane(
                "heic", image.width, image.height, image.payload, image.configuration, plane.codes, 0
            )
        else:
            if width * height > most or (
                layout.container == "heic"
                and (width % 2 or height % 2 or min(width, height) < MIN_STORED_SIDE)
            ):
                # No HEVC picture has this size without a crop; the map is fitted as a new one would be.
                fitting = replace(options, max_size=max(width, height))
                fitted = fit_to_photo(origin.buffer(), size, target.orientation, fitting, "display")
                plane = replace(quantize(fitted.buffer), pixel_format=plane.pixel_format)
                notes += fitted.notes + Notes(notes=(FITTED_COPY,))
            coded = _encode_plane(plane, target, options)
        if turn != Orientation(1):
            notes += Notes(notes=("the map was turned into the photo's stored raster",))
    buffer = fitted.buffer if fitted else replace(origin, plane=plane).buffer("stored")
    buffer = buffer.replace(calibration=calibration)
    return CodedDepth(buffer, plane, coded, notes, "donor", _copied(origin), origin)


def _copied(origin: DepthReading) -> str:
    """Return what the map of a copy is taken for."""
    by = origin.estimated_by
    return f"{COPIED}, estimated by {by.name}: {by.worth}" if by else COPIED


def _keeps_codes(origin: DepthReading, options: EmbedOptions) -> bool:
    """Whether depth can be copied code by code: another maker's only in 8 bits, without holes, in the same unit."""
    if origin.foreign is None:
        return True
    plane = origin.plane
    return origin.holes is None and plane.bits == 8 and plane.pixel_format.kind == options.stored_format.kind


def _convert(origin: DepthReading, target: Target, options: EmbedOptions) -> CodedDepth:
    """Fit and quantize depth as a new map, whose error is measured.

    From or for a DNG, which holds linear metres; and another maker's whose codes cannot be kept (see `_keeps_codes`).
    """
    buffer = origin.buffer("display").converted(options.stored_format.single)
    longest = max(buffer.width, buffer.height)
    loaded = LoadedMap(buffer, Notes(notes=tuple(f"in the source, {note}" for note in origin.notes)), "")
    fitted = fit(loaded, target, replace(options, max_size=longest, map_orientation="display"))
    return replace(encode(fitted, _copied(origin), target, options), source="donor", copied=origin)


def splice(target: Target, depth: CodedDepth, options: EmbedOptions, version: str = VERSION) -> SplicedPhoto:
    """Build the edits that put depth and its XMP into the target, with portrait metadata where the profile has it."""
    file, edits, notes = target.file, target.cleared, depth.notes
    effect, restore, omitted = None, b"", False
    with about("photo"):
        if options.profile == "portrait":
            is_own = depth.buffer.estimate is not None and options.has_no_camera
            effect = portrait_effect(
                target.layout,
                options.portrait,
                depth.buffer.calibration,
                depth.copied,
                "estimated" if is_own else "given",
            )
        if effect is not None and file.layout.container == "dng":
            notes += effect.notes + Notes(notes=(DNG_METADATA,))
        elif effect is not None:
            photo = add_portrait_metadata(
                file, depth.buffer, target.orientation, options.portrait, effect.maker_note
            )
            restore = build_record(photo.edits, file.source)
            notes += effect.notes + photo.notes
            if restore and not options.portrait.restore_record:
                restore, omitted = b"", True
                notes += Notes(notes=(NO_RESTORE_RECORD,))
            file, edits = photo.file, edits.then(photo.edits)
        properties = describe(depth, effect)
        foreign = foreign_properties(depth.copied.tree) if depth.copied else ()
        sources = sources_of(depth, effect)

        def auxiliary(undo: bytes) -> CodedAuxiliary:
            provenance = replace(
                sources, version=version, undo=undo, restore=restore, restore_omitted=omitted
            )
            return coded_auxiliary(depth.plane, depth.coded, build_tree(properties, foreign, provenance))

        # What is appended to a DNG is cut off again; no record is needed.
        is_dng = file.layout.container == "dng"
        edits = edits.then(file.splice(auxiliary(b"")) if is_dng else splice_with_undo(file, auxiliary))
    notes += Notes(notes=target.file.notes)
    if depth.plane.bits == 16:
        notes += Notes(notes=(WIDE_CODES,))
    if file.layout.container == "heic" and depth.plane.pixel_format.kind == "depth":
        notes += Notes(notes=(NO_Z_LIMITS,))
    if file.layout.signed:
        notes += Notes(notes=("the photo is signed (C2PA): the signature no longer matches the edited file",))
    return SplicedPhoto(edits, notes)


def check(
    target: Target,
    spliced: SplicedPhoto,
    depth: CodedDepth,
    options: EmbedOptions,
    base_notes: Notes | None = None,
) -> EmbedReport:
    """Measure the decoded plane against the fitted map, run the rules on what will be written, and report.

    base_notes: which picture of the photo the depth was put into.
    Raises RefusedError if the result would not be read as depth.
    """
    plane, coded, buffer = depth.plane, depth.coded, depth.buffer
    result = containers.parse(spliced.edits.apply(target.source))
    portrait = options.profile == "portrait"
    checked = check_before_publish(gather(result, decoded=False).with_codes(coded.decoded), portrait=portrait)
    if checked.level == "none" and plane.bits == 8:
        raise RefusedError(f"the photo made would not be read as depth ({'; '.join(checked.faults)})")
    decoded = replace(plane, codes=coded.decoded, pixel_format=buffer.pixel_format)
    error = max_error(decoded, buffer)
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
        bound=plane.step * (0.5 + coded.tolerance_codes),
        unit=unit,
        max_error_m=ErrorInMetres(*(error_in_m(error, value, plane.pixel_format) for value in ends)),
        touched=spliced.edits.touched,
        meaning=depth.meaning,
        focus=_focus(result.layout, target, decoded),
        assumed=spliced.notes.assumed,
        notes=(*(base_notes.notes if base_notes else ()), *spliced.notes.notes, *coded.notes),
        warnings=(*spliced.notes.warnings, *checked.warnings),
        level=checked.level,
        possible_level=checked.possible_level,
        verdict=checked.verdict,
        reasons=checked.reasons,
        estimate=buffer.estimate,
    )


def _focus(layout: Layout, target: Target, plane: StoredPlane) -> Focus | None:
    """Return the Focus region of the photo made, whose coordinates are those of the stored raster."""
    region = read_focus_region(layout.xmp)
    if region is None or not region.is_valid:
        return None
    height, width = plane.codes.shape
    row, column = min(int(region.y * height), height - 1), min(int(region.x * width), width - 1)
    value = plane.float_min + float(plane.codes[row, column]) * plane.step
    if plane.pixel_format.kind == "disparity":
        value = 1 / value if value > 0 else math.inf
    x, y = target.orientation.point_to_display(region.x, region.y)
    return Focus(x, y, value if math.isfinite(value) else None)
