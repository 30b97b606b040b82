"""Make previews, a photo and its depth in one picture, and contact sheets of several."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from authoring.codecs import photo as codecs
from authoring.depth.kernels import resample_area
from authoring.embed.reports import Size
from authoring.errors import UsageError
from authoring.report_base import Report
from authoring.views.pictures import contact, page
from authoring.views.pictures.lens import FULL_FRAME_DIAGONAL_MM
from authoring.views.pictures.scale import Scale, format_distance
from authoring.views.scene import CameraSource, Needed, Scene

PictureFormat = Literal["png", "jpeg"]

DEFAULT_WIDTH = 1600
"""Fits a screen, and a README at twice its resolution."""

WIDTHS = (320, 8192)
"""Text on a narrower page is illegible; a wider page would be larger than the photo."""

MAX_SAMPLES = 4_000_000
"""A larger map is averaged first: no page shows more of it, and the steps of drawing would need far more memory."""

SPARE = 1.25
"""Pixels decoded for each one that is shown: reduced by less, a photo would look soft."""

MAX_NOTES = 4
"""Number of notes on a preview; the report has all."""

CAMERAS = {
    "file": "from the file",
    "exif": "from Exif's focal length",
    "nominal": "nominal: a typical phone's",
}


@dataclass(frozen=True, slots=True)
class PhotoPoint:
    """A point of the upright photo, 0..1 from the top left."""

    x: float
    y: float


@dataclass(frozen=True, slots=True, repr=False)
class PreviewReport(Report):
    """The picture that `preview` made of one photo."""

    _shown = ("output", "near_m", "far_m")

    kind: Literal["disparity", "depth"]
    """Unit of the map: 1/m or m."""
    map: Size
    absolute: bool
    """Whether the metres hold; otherwise only the proportions of distances do."""
    near_m: float | None
    far_m: float | None
    """None for infinity."""
    holes: float
    """Share of the map without depth, 0..1."""
    focus: PhotoPoint | None
    """The photo's own focus region, if it has one."""
    aperture: float | None
    camera: CameraSource
    """Where the calibration comes from."""
    overlay: bool
    picture: Size
    """Size of the page."""
    notes: tuple[str, ...]
    file: str | None = None
    map_file: str | None = None
    output: str | None = None
    schema: str = "depthauthor/preview/1"


@dataclass(frozen=True, slots=True)
class SheetEntry:
    """One photo of a contact sheet."""

    file: str
    near_m: float | None
    far_m: float | None
    absolute: bool | None
    error: str | None
    """Why the photo cannot be shown."""


@dataclass(frozen=True, slots=True, repr=False)
class SheetReport(Report):
    """The picture that `preview --contact-sheet` made."""

    _shown = ("output",)

    photos: tuple[SheetEntry, ...]
    picture: Size
    output: str | None = None
    schema: str = "depthauthor/contact-sheet/1"


def preview(
    scene: Scene,
    title: str,
    *,
    width: int = DEFAULT_WIDTH,
    overlay: bool = False,
    picture_format: PictureFormat = "png",
) -> tuple[bytes, PreviewReport]:
    """Return the page as PNG or JPEG, and the report. Raises UsageError for a width out of range."""
    check_width(width)
    content = _page_content(scene, title)
    picture = (page.overlay if overlay else page.preview)(content, width)
    near, far = content.scale.metres(1), content.scale.metres(0)
    report = PreviewReport(
        kind=scene.depth.pixel_format.kind,
        map=Size(scene.depth.width, scene.depth.height),
        absolute=scene.absolute,
        near_m=near if math.isfinite(near) else None,
        far_m=far if math.isfinite(far) else None,
        holes=content.holes,
        focus=PhotoPoint(*scene.focus) if scene.focus else None,
        aperture=scene.aperture,
        camera=scene.camera,
        overlay=overlay,
        picture=Size(*picture.size),
        notes=scene.notes,
    )
    return codecs.encode_picture(picture, picture_format), report


def contact_sheet(
    photos: Iterable[tuple[str, Scene | str]],
    *,
    width: int = DEFAULT_WIDTH,
    picture_format: PictureFormat = "png",
) -> tuple[bytes, SheetReport]:
    """Draw photos by name, each with its scene or the sentence that says why there is none, on one page.

    Scenes are taken one at a time and reduced, so a sheet of many needs little more memory than one.
    """
    check_width(width)
    entries: list[SheetEntry] = []

    def contents() -> Iterator[tuple[str, page.PageContent | str]]:
        for name, scene in photos:
            if isinstance(scene, str):
                entries.append(SheetEntry(name, None, None, None, scene))
                yield name, scene
                continue
            content = _page_content(scene, name)
            near, far = content.scale.metres(1), content.scale.metres(0)
            entries.append(
                SheetEntry(
                    name,
                    near if math.isfinite(near) else None,
                    far if math.isfinite(far) else None,
                    scene.absolute,
                    None,
                )
            )
            yield name, content

    picture = contact.sheet(contents(), width)
    report = SheetReport(tuple(entries), Size(*picture.size))
    return codecs.encode_picture(picture, picture_format), report


def needed_for_page(width: int, *, overlay: bool = False) -> Needed:
    """Return how many pixels of a photo a page of this width needs."""

    def needed(wide: int, high: int) -> int:
        return math.ceil(SPARE * max(page.shown_size(wide, high, width, overlay=overlay)))

    return needed


def needed_for_sheet(width: int) -> Needed:
    """Return how many pixels of a photo a contact sheet of this width needs."""
    return lambda wide, high: math.ceil(SPARE * contact.largest_side(width))


def check_width(width: int) -> None:
    """Raise UsageError unless the width is within WIDTHS."""
    if not WIDTHS[0] <= width <= WIDTHS[1]:
        raise UsageError(f"the width is {width}; it can be {WIDTHS[0]} to {WIDTHS[1]} pixels")


def _page_content(scene: Scene, title: str) -> page.PageContent:
    depth = scene.depth
    values = np.asarray(depth.samples, np.float32)
    if not depth.all_valid:
        values = np.where(depth.valid, values, np.float32(np.nan))
    holes = 1 - float(np.mean(np.isfinite(values)))
    # Codes of 16 bits may have a range far beyond their values, such as 0 to 65.535 m.
    if scene.plane is not None and scene.plane.bits == 8:
        scale = Scale(depth.pixel_format.kind, scene.plane.float_min, scene.plane.float_max)
    else:
        scale = Scale.of_values(depth.pixel_format.kind, values)
    if values.size > MAX_SAMPLES:
        share = math.sqrt(MAX_SAMPLES / values.size)
        values = resample_area(values, math.ceil(depth.width * share), math.ceil(depth.height * share))
    width, height = scene.size
    about = (
        f"photo {width} x {height}",
        f"{depth.pixel_format.kind} map {depth.width} x {depth.height}",
        "absolute metres" if scene.absolute else "relative: metres not certain",
    )
    return page.PageContent(
        title=title,
        about="  ·  ".join(about),
        photo=codecs.srgb(scene.pixels, scene.icc),
        values=values,
        scale=scale,
        absolute=scene.absolute,
        facts=_facts(scene, scale),
        focus=scene.focus,
        holes=holes,
        photo_size=scene.size,
    )


def _facts(scene: Scene, scale: Scale) -> list[tuple[str, str]]:
    """Return labels and sentences about the scene."""
    unit = "1/m" if scale.kind == "disparity" else "m"
    stored = f"{scene.plane.bits}-bit codes for" if scene.plane is not None else "not embedded yet,"
    near, far = format_distance(scale.metres(1)), format_distance(scale.metres(0))
    focal_px = scene.calibration.focal_px[0]
    focal_mm = focal_px * FULL_FRAME_DIAGONAL_MM / math.hypot(*scene.size)
    facts = [
        ("range", f"{near} to {far}{' m' if scene.absolute else ', relative'}"),
        ("map", f"{stored} {scale.low:.4g} to {scale.high:.4g} {unit}"),
        (
            "camera",
            f"focal length {focal_px:.0f} px, {focal_mm:.0f} mm in 35 mm format, {CAMERAS[scene.camera]}",
        ),
    ]
    if scene.aperture is not None:
        facts.append(("aperture", f"f/{scene.aperture:g}, simulated"))
    if scene.focus is not None:
        facts.append(("focus", f"at {scene.focus[0]:.2f}, {scene.focus[1]:.2f}"))
    facts += [("note", note) for note in scene.notes[:MAX_NOTES]]
    if (more := len(scene.notes) - MAX_NOTES) > 0:
        facts.append(("", f"and {more} more {'note' if more == 1 else 'notes'} in the report"))
    return facts
