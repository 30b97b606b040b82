"""Previews: a photo and its depth as one picture, several as a contact sheet.

Knows: what is to be said of a `Seen`. Must not know: files, where things lie on a page.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from authoring.codecs import photo as codecs
from authoring.embed.reports import Size
from authoring.errors import UsageError
from authoring.views.pictures import contact, page
from authoring.views.pictures.profiles import to_srgb
from authoring.views.pictures.scale import Scale, written
from authoring.views.scene import Seen

PictureFormat = Literal["png", "jpeg"]

DEFAULT_WIDTH = 1600
"""Fits a screen, and a README at twice its resolution."""

WIDTHS = (320, 8192)
"""Narrower and no text can be read; wider and the page would be larger than the photo."""

MAX_NOTES = 4
"""Notes on a preview; all are in the report."""

CAMERAS = {
    "file": "from the file",
    "exif": "from Exif's focal length",
    "nominal": "nominal: a usual phone's",
}
FULL_FRAME_DIAGONAL_MM = math.hypot(36, 24)


@dataclass(frozen=True, slots=True)
class FocusPoint:
    """A place in the upright photo, 0..1 from the top left."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class PreviewReport:
    """What `preview` shows of one photo."""

    kind: Literal["disparity", "depth"]
    """What the map holds: 1/m or m."""
    map: Size
    absolute: bool
    """Whether metres hold; else distances are in proportion only."""
    near_m: float
    far_m: float | None
    """None where the far end is infinitely far."""
    holes: float
    """Share of the map without depth, 0..1."""
    focus: FocusPoint | None
    """The photo's own focus region, where it names one."""
    aperture: float | None
    camera: Literal["file", "exif", "nominal"]
    """Where the calibration comes from."""
    overlay: bool
    picture: Size
    """Of the page."""
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
    """Why the photo's place says so instead of showing depth."""


@dataclass(frozen=True, slots=True)
class SheetReport:
    """What `preview --contact-sheet` shows."""

    photos: tuple[SheetEntry, ...]
    picture: Size
    output: str | None = None
    schema: str = "depthauthor/contact-sheet/1"


def preview(
    seen: Seen,
    title: str,
    *,
    width: int = DEFAULT_WIDTH,
    overlay: bool = False,
    picture_format: PictureFormat = "png",
) -> tuple[bytes, PreviewReport]:
    """The page as PNG or JPEG, and what it shows. UsageError where the width cannot be meant."""
    check_width(width)
    scene = scene_of(seen, title)
    drawn = (page.overlay if overlay else page.preview)(scene, width)
    near, far = scene.scale.metres(1), scene.scale.metres(0)
    report = PreviewReport(
        kind=seen.depth.pixel_format.kind,
        map=Size(seen.depth.width, seen.depth.height),
        absolute=seen.absolute,
        near_m=near,
        far_m=far if math.isfinite(far) else None,
        holes=scene.holes,
        focus=FocusPoint(*seen.focus) if seen.focus else None,
        aperture=seen.aperture,
        camera=seen.camera,
        overlay=overlay,
        picture=Size(drawn.shape[1], drawn.shape[0]),
        notes=seen.notes,
    )
    return coded(drawn, picture_format), report


def contact_sheet(
    photos: Iterable[tuple[str, Seen | str]],
    *,
    width: int = DEFAULT_WIDTH,
    picture_format: PictureFormat = "png",
) -> tuple[bytes, SheetReport]:
    """Names with their photos, or with the sentence that says why there is none, on one page.

    Photos are taken one at a time and kept small, so a sheet of many costs little more memory than one.
    """
    check_width(width)
    entries: list[SheetEntry] = []

    def scenes() -> Iterator[tuple[str, page.Scene | str]]:
        for name, seen in photos:
            if isinstance(seen, str):
                entries.append(SheetEntry(name, None, None, None, seen))
                yield name, seen
                continue
            scene = scene_of(seen, name)
            near, far = scene.scale.metres(1), scene.scale.metres(0)
            entries.append(SheetEntry(name, near, far if math.isfinite(far) else None, seen.absolute, None))
            yield name, scene

    drawn = contact.sheet(scenes(), width)
    report = SheetReport(tuple(entries), Size(drawn.shape[1], drawn.shape[0]))
    return coded(drawn, picture_format), report


def coded(picture: NDArray[np.uint8], picture_format: PictureFormat, icc: bytes | None = None) -> bytes:
    """A picture (H, W, 3) as PNG or JPEG, with its colour profile where it is not sRGB."""
    pixels = codecs.Pixels(picture.shape[1], picture.shape[0], np.ascontiguousarray(picture).tobytes())
    if picture_format == "png":
        return codecs.encode_png(pixels, codecs.Metadata(icc=icc))
    return codecs.encode_jpeg(pixels, codecs.Metadata(icc=icc))


def check_width(width: int) -> None:
    """UsageError unless the width is one of WIDTHS or between."""
    if not WIDTHS[0] <= width <= WIDTHS[1]:
        raise UsageError(f"the width is {width}; it can be {WIDTHS[0]} to {WIDTHS[1]} pixels")


def scene_of(seen: Seen, title: str) -> page.Scene:
    """What a page shows of a photo."""
    samples = np.where(seen.depth.valid, seen.depth.samples, np.float32(np.nan)).astype(np.float32)
    scale = _scale(seen, samples)
    height, width = seen.pixels.shape[:2]
    depth = seen.depth
    scene = page.Scene(
        title=title,
        about=f"photo {width} x {height}  ·  {depth.pixel_format.kind} map {depth.width} x {depth.height}  ·  "
        + ("absolute metres" if seen.absolute else "relative: distances in proportion only"),
        photo=to_srgb(seen.pixels, seen.icc),
        values=samples,
        scale=scale,
        absolute=seen.absolute,
        focus=seen.focus,
        holes=float(np.mean(~np.isfinite(samples))),
    )
    return replace(scene, facts=_facts(seen, scene))


def _scale(seen: Seen, samples: NDArray[np.float32]) -> Scale:
    """From code 0 to code 255 where the map is stored in codes, else from its least to its greatest value."""
    scale = Scale.of_values(seen.depth.pixel_format.kind, samples)
    if seen.codes is None:
        return scale
    least, most = int(seen.codes.min()), int(seen.codes.max())
    if least == most:
        return scale
    step = (scale.high - scale.low) / (most - least)
    return replace(scale, low=scale.low - least * step, high=scale.high + (255 - most) * step)


def _facts(seen: Seen, scene: page.Scene) -> list[tuple[str, str]]:
    """Label and sentence, in the order a person asks."""
    scale, unit = scene.scale, "1/m" if scene.scale.kind == "disparity" else "m"
    stored = "8-bit codes for" if seen.codes is not None else "not embedded yet,"
    near, far = written(scale.metres(1)), written(scale.metres(0))
    focal = seen.calibration.focal_px[0]
    film = focal * FULL_FRAME_DIAGONAL_MM / math.hypot(*seen.pixels.shape[:2])
    facts = [
        ("range", f"{near} to {far}{' m' if seen.absolute else ', relative'}"),
        ("map", f"{stored} {scale.low:.4g} to {scale.high:.4g} {unit}"),
        ("camera", f"focal length {focal:.0f} px, as {film:.0f} mm on film, {CAMERAS[seen.camera]}"),
    ]
    if seen.aperture is not None:
        facts.append(("aperture", f"f/{seen.aperture:g}, simulated"))
    if seen.focus is not None:
        facts.append(("focus", f"at {seen.focus[0]:.2f}, {seen.focus[1]:.2f}"))
    facts += [("note", note) for note in seen.notes[:MAX_NOTES]]
    if len(seen.notes) > MAX_NOTES:
        facts.append(("", f"and {len(seen.notes) - MAX_NOTES} more notes in the report"))
    return facts
