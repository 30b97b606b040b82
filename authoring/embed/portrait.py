"""The portrait profile: what a photo and its depth must say so that Photos offers its aperture slider.

Knows: where calibration, rendering parameters, focus and flags come from, and in which order of trust.
Must not know: bytes of Exif, XMP or REND; those are Apple's room.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from authoring import containers
from authoring.apple import depth_properties, exif, nominal_rendering, portrait_marks, region
from authoring.apple.authorship import Provenance
from authoring.apple.depth_properties import DepthProperties
from authoring.apple.exif_required import Recorded
from authoring.apple.rendering import DEFAULT_APERTURE as DEFAULT_APERTURE_ID
from authoring.apple.rendering import MAX_APERTURE, MIN_APERTURE, build_rendering, parse_rendering
from authoring.compatibility.placement import photo_components
from authoring.containers.base import ContainerFile, Layout
from authoring.containers.edits import EditList
from authoring.depth.buffer import DepthBuffer
from authoring.depth.calibration import Calibration
from authoring.depth.calibration_sources import calibration_from_exif_lens, nominal_calibration
from authoring.depth.focus import largest_near_region
from authoring.depth.orientation import Orientation
from authoring.embed.note_list import NoteList
from authoring.embed.undo import Blocks, build_record
from authoring.errors import RefusedError, UnsupportedError, about
from authoring.read import depth_image
from authoring.read.layout import kind_of

CalibrationSource = Literal["exif", "nominal", "none"]

DEFAULT_APERTURE = 2.8
"""SimulatedAperture of most rear-camera samples; Photos itself assumes 5.9 where it is missing."""

EFFECT_STRENGTH = 0.5
"""What every iPhone portrait since iOS 14 says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortraitOptions:
    """How the portrait profile is filled in."""

    calibration_source: CalibrationSource | None = None
    """None: the map's or the donor's, else Exif's, else nominal."""
    donor: bytes | None = None
    """A portrait photo whose rendering parameters, calibration, aperture and lighting are taken."""
    aperture: float | None = None
    focus: tuple[float, float] | None = None
    """(x, y) as the photo is seen, each 0..1; None finds the nearest large region of the map."""
    already_blurred: bool = False
    replace_maker_note: bool = False


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the parts of the depth data come from, for provenance: measured, estimated, nominal, donor, …"""

    depth: str
    calibration: str | None = None
    rendering: str | None = None


@dataclass(frozen=True, slots=True)
class Marked:
    """A photo with the marks of a portrait."""

    file: ContainerFile
    edits: EditList
    restore: bytes
    """What brings the photo's own metadata back; empty where nothing was changed."""


def refuse_rendered_blur(layout: Layout, options: PortraitOptions, notes: NoteList) -> None:
    """Refuse a photo whose blur is in its pixels already, unless it is wanted so; then warn."""
    if not portrait_marks.is_blur_rendered(portrait_marks.read_marks(layout.exif, layout.xmp)):
        return
    if not options.already_blurred:
        raise RefusedError(
            "the photo says that its portrait blur is already in the pixels, and Photos would blur it twice; "
            "give the unblurred photo, or embed with --already-blurred or --profile data"
        )
    notes.notes.append("the photo's blur is already in its pixels: a depth effect will blur it twice")


def dressed(
    told: DepthProperties,
    layout: Layout,
    options: PortraitOptions,
    sources: Sources,
    notes: NoteList,
) -> tuple[DepthProperties, Sources]:
    """The depth properties with calibration, rendering parameters, aperture and lighting, and their sources.

    What `told` has stays. Raises UnsupportedError where the donor has no portrait depth.
    """
    donor = _donor(options.donor) if options.donor is not None else None
    calibration, origin = depth_image.calibration_of(told), sources.calibration or "given"
    if calibration is None:
        calibration, origin = camera_of(layout, options, donor)
    else:
        calibration = calibration.scaled(layout.width, layout.height)
    aperture = options.aperture or told.simulated_aperture or (donor and donor.properties.simulated_aperture)
    rendering, rendering_origin = told.rendering_parameters, sources.rendering or "given"
    if rendering is None and donor is not None and donor.properties.rendering_parameters is not None:
        rendering, rendering_origin = donor.properties.rendering_parameters, "donor"
    elif rendering is None:
        gain_map = any(kind_of(one) == "hdrgainmap" for one in layout.auxiliaries)
        made = nominal_rendering.nominal_rendering(aperture or DEFAULT_APERTURE, gain_map=gain_map)
        rendering, rendering_origin = build_rendering(made), "nominal"
    if options.aperture is not None:
        rendering = _following(rendering, options.aperture)
    strength = told.effect_strength if told.effect_strength is not None else EFFECT_STRENGTH
    if donor is not None and donor.properties.effect_strength is not None:
        strength = donor.properties.effect_strength
    if calibration is None:
        notes.notes.append("without calibration Photos offers no depth editing")
    else:
        notes.assumed.append(f"the calibration is {_CALIBRATION_WORDS.get(origin, 'given')}")
    notes.assumed.append(f"the rendering parameters are {_RENDERING_WORDS.get(rendering_origin, 'given')}")
    sources = replace(sources, calibration=origin if calibration else None, rendering=rendering_origin)
    aperture = aperture or DEFAULT_APERTURE
    described = depth_image.calibration_properties(calibration)
    if described is None:
        filled = replace(
            told, rendering_parameters=rendering, simulated_aperture=aperture, effect_strength=strength
        )
    else:
        filled = depth_properties.portrait_profile(
            told,
            calibration=described,
            rendering=rendering,
            simulated_aperture=aperture,
            effect_strength=strength,
        )
    return filled, sources


def _following(rendering: bytes, aperture: float) -> bytes:
    """Rendering parameters whose default aperture is this one, and whose slider reaches it."""
    made = parse_rendering(rendering)
    for identifier, bound in ((DEFAULT_APERTURE_ID, None), (MIN_APERTURE, min), (MAX_APERTURE, max)):
        value = made.value(identifier)
        if value is not None:
            made = made.with_value(identifier, bound(value, aperture) if bound else aperture)
    return build_rendering(made)


_CALIBRATION_WORDS = {
    "exif": "a pinhole camera of the Exif focal length",
    "nominal": "a nominal phone camera's, for want of a better one",
    "donor": "the donor's, scaled to this photo",
}
_RENDERING_WORDS = {
    "nominal": "a nominal set (the numbers of one iPhone 13 Pro capture)",
    "donor": "the donor's",
}


def _donor(data: bytes) -> depth_image.DepthReading:
    with about("donor"):
        reading = depth_image.read_depth(containers.parse(data).layout)
        if reading.properties.rendering_parameters is None:
            raise UnsupportedError(
                "the donor's depth has no rendering parameters; give a photo taken in Portrait mode"
            )
        return reading


def camera_of(
    layout: Layout, options: PortraitOptions, donor: depth_image.DepthReading | None
) -> tuple[Calibration | None, str]:
    """A calibration for the photo's stored raster, and where it comes from."""
    if options.calibration_source == "none":
        return None, "none"
    if options.calibration_source is None and donor is not None:
        taken = depth_image.calibration_of(donor.properties)
        if taken is not None and not _same_shape(taken, layout):
            # Phones turn a picture upright by a clockwise quarter; a donor that was, or was not, is brought along.
            landscape = taken.reference_width_px > taken.reference_height_px
            taken = taken.oriented(Orientation(6) if landscape else Orientation(8))
        if taken is not None and _same_shape(taken, layout):
            return taken.scaled(layout.width, layout.height), "donor"
    if options.calibration_source != "nominal":
        lens = exif.lens_of(layout.exif)
        frame = (lens.pixel_width, lens.pixel_height) if lens.pixel_width and lens.pixel_height else None
        plane = None
        if lens.focal_plane_x_resolution and lens.focal_plane_unit:
            plane = (
                lens.focal_plane_x_resolution,
                lens.focal_plane_y_resolution or lens.focal_plane_x_resolution,
                lens.focal_plane_unit,
            )
        found = calibration_from_exif_lens(
            layout.width,
            layout.height,
            focal_length_35mm=lens.focal_length_35mm,
            focal_length_mm=lens.focal_length_mm,
            focal_plane_resolution=plane,
            resolution_frame_px=frame,
        )
        if found is not None:
            return found, "exif"
    return nominal_calibration(layout.width, layout.height), "nominal"


def _same_shape(calibration: Calibration, layout: Layout) -> bool:
    ratio = calibration.reference_width_px * layout.height / (calibration.reference_height_px * layout.width)
    return abs(ratio - 1) <= 0.01


def marked(
    file: ContainerFile,
    buffer: DepthBuffer,
    orientation: Orientation,
    options: PortraitOptions,
    notes: NoteList,
) -> Marked:
    """The photo with the flags, CustomRendered and focus region that Photos looks for.

    `buffer` is the map in the photo's stored raster; the focus is found in it where none is given.
    """
    layout = file.layout
    result = exif.with_portrait_marks(
        layout.exif,
        replace_maker_note=options.replace_maker_note,
        orientation=int(orientation) if layout.exif is None else None,
        recorded=Recorded(layout.width, layout.height, photo_components(file) or 3, layout.icc is not None),
    )
    x, y = _focus(buffer, orientation, options, notes)
    focused = region.with_focus_region(layout.xmp, x, y, layout.width, layout.height)
    notes.notes.extend((*result.changes, *focused.changes, *result.notes, *focused.notes))
    before, after = Blocks(layout.exif, layout.xmp), Blocks(result.exif, focused.xmp)
    if before == after:
        return Marked(file, EditList.unchanged(len(file.source)), b"")
    edits = file.with_metadata(
        exif=None if before.exif == after.exif else after.exif,
        xmp=None if before.xmp == after.xmp else after.xmp,
    )
    record = build_record(before, after, file.metadata_undo())
    return Marked(file.edited(edits), edits, record)


def _focus(
    buffer: DepthBuffer, orientation: Orientation, options: PortraitOptions, notes: NoteList
) -> tuple[float, float]:
    """The focus in the stored raster, 0..1."""
    if options.focus is not None:
        x, y = options.focus
    else:
        disparity = buffer.samples if buffer.pixel_format.kind == "disparity" else buffer.disparity_per_m()
        x, y = largest_near_region(orientation.to_display(disparity))
        notes.assumed.append(f"the focus lies on the nearest large region, at {x:.2f},{y:.2f}")
    corners = np.array([[[0.0, 1.0], [0.0, 1.0]], [[0.0, 0.0], [1.0, 1.0]]])
    weights = np.array([[(1 - x) * (1 - y), x * (1 - y)], [(1 - x) * y, x * y]])
    # The stored coordinates of the four corners, laid out as they are seen.
    stored_x, stored_y = (float((orientation.to_display(plane) * weights).sum()) for plane in corners)
    return stored_x, stored_y


def provenance(version: str, undo: bytes, sources: Sources, restore: bytes) -> Provenance:
    """The mark in the depth's XMP: who wrote it, where its parts come from, how to undo it."""
    return Provenance(
        version=version,
        undo=undo,
        depth_source=sources.depth,
        calibration_source=sources.calibration,
        rendering_source=sources.rendering,
        restore=restore,
    )
