"""Prepare the portrait profile: the effect for the depth's XMP, and the photo's own portrait metadata."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from authoring import containers
from authoring.apple import nominal_rendering, region
from authoring.apple.depth_properties import DepthProperties
from authoring.apple.exif import read_brightness, read_portrait_tags
from authoring.apple.exif_required import ImageCharacteristics
from authoring.apple.portrait_exif import MINIMAL_NOTE, add_portrait_tags
from authoring.apple.portrait_metadata import read_portrait_metadata
from authoring.apple.rendering import DEFAULT_APERTURE as DEFAULT_APERTURE_ID
from authoring.apple.rendering import MAX_APERTURE, MIN_APERTURE, build_rendering, parse_rendering
from authoring.compatibility.placement import photo_components
from authoring.containers.base import ContainerFile, Layout
from authoring.containers.edits import EditList
from authoring.depth.aspect import same_shape
from authoring.depth.buffer import DepthBuffer
from authoring.depth.calibration import Calibration
from authoring.depth.calibration_sources import (
    NOMINAL_FOCAL_35MM,
    equivalent_mm,
    nominal_calibration,
    with_zero_distortion,
)
from authoring.depth.focus import largest_near_region
from authoring.depth.orientation import Orientation
from authoring.embed.portrait_note import MakerNoteKind, NewNote, choose_note
from authoring.errors import RefusedError, UnsupportedError, about
from authoring.maps.notes import Notes
from authoring.read.camera import exif_calibration
from authoring.read.depth_image import DepthReading, calibration_of, read_depth
from authoring.read.layout import kind_of

CalibrationSource = Literal["exif", "nominal", "none"]

DEFAULT_APERTURE = 2.8
"""SimulatedAperture of most rear-camera samples; Photos itself assumes 5.9 where it is missing."""

EFFECT_STRENGTH = 0.5
"""DepthBlurEffect strength of every iPhone portrait since iOS 14."""

OTHER_LENS_RATIO = 1.5
"""From here on two 35 mm equivalents are different lenses: phones have 13, 24 to 30 and from 48 mm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortraitOptions:
    """How the portrait profile is filled in."""

    calibration_source: CalibrationSource | None = None
    """None: the map's or the donor's, else Exif's, else nominal."""
    donor: bytes | None = None
    """A portrait photo whose rendering parameters, calibration, aperture, lighting and maker note are taken."""
    aperture: float | None = None
    focus: tuple[float, float] | None = None
    """(x, y) in the upright photo, each 0..1; None finds the nearest large region of the map."""
    already_blurred: bool = False
    maker_note: MakerNoteKind = "full"
    """The note that a photo without one gets: about 45 numeric entries, the two flags alone, or none."""
    replace_maker_note: bool = False
    restore_record: bool = True
    """Whether the depth's XMP gets the record by which `strip --restore` undoes the changes to Exif and XMP."""


@dataclass(frozen=True, slots=True)
class PortraitEffect:
    """What Photos needs in the depth's XMP for its portrait tools, and where it comes from."""

    calibration: Calibration | None
    """For the photo's stored raster."""
    calibration_source: str | None
    rendering: bytes
    """The REND block."""
    rendering_source: str
    aperture: float
    strength: float
    maker_note: NewNote
    """For a photo that has none."""
    notes: Notes


@dataclass(frozen=True, slots=True)
class PortraitPhoto:
    """A photo with the metadata of a portrait."""

    file: ContainerFile
    edits: EditList
    """From the photo without that metadata to `file`."""
    notes: Notes


def refuse_rendered_blur(layout: Layout, options: PortraitOptions) -> Notes:
    """Refuse a photo whose blur is in its pixels already; warn instead where that is wanted."""
    if not read_portrait_metadata(layout.exif, layout.xmp).is_blur_rendered:
        return Notes()
    if not options.already_blurred:
        raise RefusedError(
            "the photo says that its portrait blur is already in the pixels, and Photos would blur it twice; "
            "give the unblurred photo, or embed with --already-blurred or --profile data"
        )
    return Notes(notes=("the photo's blur is already in its pixels: a depth effect will blur it twice",))


def portrait_effect(
    layout: Layout,
    options: PortraitOptions,
    calibration: Calibration | None,
    source: DepthReading | None = None,
    given_by: Literal["given", "estimated"] = "given",
) -> PortraitEffect:
    """Choose calibration, rendering parameters, aperture, strength and maker note.

    calibration: the map's own. source: the depth that is copied, whose effect is kept. given_by: whether the caller or
    a network gave the calibration of a map.
    Raises UnsupportedError if the donor has no portrait depth, MalformedError if its REND block is damaged.
    """
    copied = source.properties if source is not None else DepthProperties()
    donor = _read_donor(options.donor) if options.donor is not None else None
    given = donor.properties if donor is not None else DepthProperties()
    if calibration is not None:
        calibration = calibration.scaled(layout.width, layout.height)
        calibration_source: str = "donor" if source is not None else given_by
    else:
        calibration, calibration_source = _choose_calibration(layout, options, donor)
    aperture = options.aperture or copied.simulated_aperture or given.simulated_aperture
    rendering = copied.rendering_parameters or given.rendering_parameters
    rendering_source, words = "donor", "the donor's"
    rendering_lens_mm = _lens_mm(copied if copied.rendering_parameters else given)
    gain_map = any(kind_of(auxiliary) == "hdrgainmap" for auxiliary in layout.auxiliaries)
    if rendering is None:
        brightness = read_brightness(layout.exif)
        nominal = nominal_rendering.nominal_rendering(
            aperture or DEFAULT_APERTURE, gain_map=gain_map, brightness=brightness
        )
        rendering, rendering_source, words = build_rendering(nominal), "nominal", _NOMINAL_RENDERING
        if brightness is not None:
            words += f", its scene records set for the photo's BrightnessValue {brightness:.2f}"
        rendering_lens_mm = NOMINAL_FOCAL_35MM
    if options.aperture is not None:
        rendering = _with_aperture(rendering, options.aperture)
    strengths = (given.effect_strength, copied.effect_strength, EFFECT_STRENGTH)
    camera = (
        Notes(notes=("without calibration Photos offers no depth editing",))
        if calibration is None
        else Notes(assumed=(f"the calibration is {_CALIBRATION_WORDS[calibration_source]}",))
    )
    donors = [photo.maker_note for photo in (source, donor) if photo is not None]
    return PortraitEffect(
        calibration,
        calibration_source if calibration is not None else None,
        rendering,
        rendering_source,
        aperture or DEFAULT_APERTURE,
        next(strength for strength in strengths if strength is not None),
        choose_note(options.maker_note, donors, gain_map=gain_map),
        camera
        + Notes(assumed=(f"the rendering parameters are {words}",))
        + _lens_notes(calibration, rendering_lens_mm),
    )


_CALIBRATION_WORDS = {
    "exif": "a pinhole camera of the Exif focal length",
    "nominal": "a nominal phone camera's, for want of a better one",
    "donor": "the donor's, scaled to this photo",
    "given": "given",
    "estimated": "the network's estimate",
}
_NOMINAL_RENDERING = "a nominal set (the numbers of one iPhone 13 Pro capture)"


def _lens_mm(properties: DepthProperties) -> float | None:
    """Return the 35 mm equivalent of the calibration that came with rendering parameters."""
    calibration = calibration_of(properties)
    return equivalent_mm(calibration) if calibration is not None else None


def _lens_notes(calibration: Calibration | None, rendering_lens_mm: float | None) -> Notes:
    """Say so if calibration and rendering parameters, which belong together, are those of different lenses."""
    if calibration is None or rendering_lens_mm is None:
        return Notes()
    lens_mm = equivalent_mm(calibration)
    if max(lens_mm / rendering_lens_mm, rendering_lens_mm / lens_mm) < OTHER_LENS_RATIO:
        return Notes()
    return Notes(
        notes=(
            f"the calibration is that of a {lens_mm:.0f} mm lens and the rendering parameters are those of a "
            f"{rendering_lens_mm:.0f} mm lens (35 mm equivalents), so the blur may be too strong or too weak; a "
            "portrait taken with the photo's lens has both (--donor)",
        )
    )


def _with_aperture(rendering: bytes, aperture: float) -> bytes:
    """Return rendering parameters whose default aperture is this one, and whose slider reaches it."""
    parameters = parse_rendering(rendering)
    for identifier, bound in ((DEFAULT_APERTURE_ID, None), (MIN_APERTURE, min), (MAX_APERTURE, max)):
        value = parameters.value(identifier)
        if value is not None:
            parameters = parameters.with_value(identifier, bound(value, aperture) if bound else aperture)
    return build_rendering(parameters)


def _read_donor(data: bytes) -> DepthReading:
    with about("donor"):
        reading = read_depth(containers.parse(data))
        if reading.properties.rendering_parameters is None:
            raise UnsupportedError(
                "the donor's depth has no rendering parameters; give a photo taken in Portrait mode"
            )
        return reading


def _choose_calibration(
    layout: Layout, options: PortraitOptions, donor: DepthReading | None
) -> tuple[Calibration | None, str]:
    """Return a calibration for the photo's stored raster, and where it comes from."""
    if options.calibration_source == "none":
        return None, "none"
    if options.calibration_source is None and donor is not None:
        calibration = calibration_of(donor.properties)
        if calibration is not None and not _same_aspect(calibration, layout):
            # Phones turn a picture upright by a clockwise quarter; the donor was turned and the photo not, or the
            # other way round.
            landscape = calibration.reference_width_px > calibration.reference_height_px
            calibration = calibration.oriented(Orientation(6) if landscape else Orientation(8))
        if calibration is not None and _same_aspect(calibration, layout):
            return calibration.scaled(layout.width, layout.height), "donor"
    if options.calibration_source != "nominal":
        calibration = exif_calibration(layout)
        if calibration is not None:
            return with_zero_distortion(calibration), "exif"
    return with_zero_distortion(nominal_calibration(layout.width, layout.height)), "nominal"


def _same_aspect(calibration: Calibration, layout: Layout) -> bool:
    frame = (calibration.reference_width_px, calibration.reference_height_px)
    return same_shape((layout.width, layout.height), frame)


_SRGB_CODE_POINTS = (None, (1, 13), (1, 2), (2, 13), (2, 2))
"""Primaries and transfer of H.273 for sRGB, and where a file leaves them open (2)."""


def add_portrait_metadata(
    file: ContainerFile,
    buffer: DepthBuffer,
    orientation: Orientation,
    options: PortraitOptions,
    new_note: NewNote,
) -> PortraitPhoto:
    """Add the maker note or its flags, CustomRendered and the focus region that Photos asks for.

    buffer: the map in the photo's stored raster; the focus is found in it where the options give none. new_note: for
    a photo that has none; it is the smallest one if the photo's Exif has no room for more.
    """
    layout = file.layout
    (x, y), assumed = _focus(buffer, orientation, options)
    focused = region.with_focus_region(layout.xmp, x, y, layout.width, layout.height)
    image = ImageCharacteristics(
        layout.width,
        layout.height,
        photo_components(file) or 3,
        has_profile=layout.icc is not None or layout.code_points not in _SRGB_CODE_POINTS,
    )

    def add(note: bytes | None, remarks: Notes) -> PortraitPhoto:
        tagged = add_portrait_tags(
            layout.exif,
            image,
            orientation=int(orientation),
            new_note=note,
            replace_maker_note=options.replace_maker_note,
            erase_replaced=not options.restore_record,
        )
        notes = Notes(assumed, (*tagged.changes, *focused.changes, *tagged.notes, *focused.notes))
        if layout.exif != tagged.exif and read_portrait_tags(tagged.exif).maker_note == note:
            notes += remarks
        edits = file.with_metadata(
            exif=None if layout.exif == tagged.exif else tagged.exif,
            xmp=None if layout.xmp == focused.xmp else focused.xmp,
        )
        if not edits.touched:
            return PortraitPhoto(file, edits, notes)
        return PortraitPhoto(containers.parse(edits.apply(file.source)), edits, notes)

    try:
        return add(new_note.note, new_note.notes)
    except RefusedError:
        # A JPEG holds Exif in one segment, and a large thumbnail may leave no room for a full note.
        if new_note.note in (None, MINIMAL_NOTE):
            raise
        short = "the photo's Exif has no room for a full maker note, so it got one of two entries"
        return add(MINIMAL_NOTE, Notes(notes=(short,)))


def _focus(
    buffer: DepthBuffer, orientation: Orientation, options: PortraitOptions
) -> tuple[tuple[float, float], tuple[str, ...]]:
    """Return the focus (x, y) in the stored raster, each 0..1, and what was assumed."""
    if options.focus is not None:
        return orientation.point_to_stored(*options.focus), ()
    disparity = buffer.samples if buffer.pixel_format.kind == "disparity" else buffer.disparity_per_m()
    x, y = largest_near_region(orientation.to_display(disparity))
    assumed = f"the focus is on the nearest large region, at {x:.2f},{y:.2f}"
    return orientation.point_to_stored(x, y), (assumed,)
