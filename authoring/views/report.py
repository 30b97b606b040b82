"""Collect what a report shows of one file: level, findings, diagnosis, and two thumbnails."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from authoring import containers
from authoring.codecs import web
from authoring.compatibility import rules
from authoring.compatibility.doctor import Obstacle, doctor_report
from authoring.compatibility.facts import gather
from authoring.compatibility.findings import Finding, Level
from authoring.containers.base import ContainerFile, ContainerName
from authoring.embed.reports import Size
from authoring.errors import DepthauthorError, about
from authoring.read import depth_image
from authoring.read.depth_image import DepthReading
from authoring.read.photo_pixels import decode_photo
from authoring.report_base import Report
from authoring.views.pictures import colours

THUMBNAIL_SIDE = 280
"""Pixels, 140 on a screen with two pixels per point."""

THUMBNAIL_QUALITY = 70
"""A detailed photo has some 15 kB at this size."""

MAX_THUMBNAIL_BYTES = 20_000


@dataclass(frozen=True, slots=True)
class DepthRow:
    """The depth of one file."""

    kind: str
    width: int
    height: int
    near_m: float | None
    far_m: float | None
    """None for infinity."""
    absolute: bool
    """Whether the metres hold; otherwise only the proportions of distances do."""


@dataclass(frozen=True, slots=True, repr=False)
class ReportRow(Report):
    """One file in a report."""

    _shown = ("file", "level")

    container: ContainerName | None
    photo: Size | None
    """As stored."""
    depth: DepthRow | None
    level: Level
    """The highest that device tests cover."""
    possible_level: Level
    """What the rules allow where untested ones are left out."""
    verdict: str | None
    headline: str
    """One sentence: what Photos will probably show and the first reason, or why the file cannot be read."""
    obstacles: tuple[Obstacle, ...]
    hints: tuple[str, ...]
    findings: tuple[Finding, ...]
    error: str | None
    """Why the file cannot be read; unknown fields are then null or empty."""
    file: str | None = None
    schema: str = "depthauthor/report/1"


@dataclass(frozen=True, slots=True)
class Thumbnails:
    """JPEGs, upright; None if there is nothing to show."""

    photo: bytes | None
    depth: bytes | None


def row_of(photo: bytes) -> tuple[ReportRow, Thumbnails]:
    """Return the row and the thumbnails of a JPEG, HEIC or DNG photo of any tool, with or without depth.

    Raises MalformedError or UnsupportedError if the file cannot be read at all; pictures that do not decode are left
    out.
    """
    with about("photo"):
        file = containers.parse(photo)
        facts = gather(file)
    findings = rules.findings(facts)
    diagnosis = doctor_report(facts, findings)
    layout = file.layout
    try:
        reading = depth_image.read_depth(file)
        reading = replace(reading, plane=reading.filled_plane())
    except DepthauthorError:
        reading = None
    row = ReportRow(
        container=layout.container,
        photo=Size(layout.width, layout.height),
        depth=_depth(reading) if reading else None,
        level=diagnosis.level,
        possible_level=diagnosis.possible_level,
        verdict=diagnosis.verdict,
        headline=f"{diagnosis.headline}.",
        obstacles=diagnosis.obstacles,
        hints=diagnosis.hints,
        findings=findings,
        error=None,
    )
    return row, Thumbnails(_photo_picture(file), _jpeg(_depth_picture(reading)) if reading else None)


def row_of_error(message: str) -> ReportRow:
    """Return the row of a file that cannot be read."""
    return ReportRow(None, None, None, "none", "none", None, message, (), (), (), message)


def _depth(reading: DepthReading) -> DepthRow:
    plane = reading.plane
    low, high = (
        plane.float_min + float(code) * plane.step for code in (plane.codes.min(), plane.codes.max())
    )
    if plane.pixel_format.kind == "disparity":
        near, far = (1 / value if value > 0 else None for value in (high, low))
    else:
        near, far = low, high
    return DepthRow(
        kind=plane.pixel_format.kind,
        width=plane.codes.shape[1],
        height=plane.codes.shape[0],
        near_m=near,
        far_m=far,
        absolute=reading.properties.accuracy == "absolute",
    )


def _photo_picture(file: ContainerFile) -> bytes | None:
    """Return a thumbnail of the photo, upright, as JPEG in its own colours; None if it does not decode."""
    try:
        decoded = decode_photo(file, least=2 * THUMBNAIL_SIDE, least_thumbnail=THUMBNAIL_SIDE)
    except DepthauthorError:
        return None
    return _jpeg(web.fit_within(decoded.upright, THUMBNAIL_SIDE), decoded.icc)


def _depth_picture(reading: DepthReading) -> NDArray[np.uint8]:
    """Return the depth in colours over its own range, light near."""
    codes = reading.orientation.to_display(reading.plane.eight_bit_codes())
    step = max(1, max(codes.shape) // (2 * THUMBNAIL_SIDE))
    small = codes[::step, ::step].astype(np.float32)
    low, high = float(small.min()), float(small.max())
    nearness = (small - low) / max(high - low, 1)
    if reading.plane.pixel_format.kind == "depth":
        nearness = 1 - nearness
    return web.fit_within(colours.coloured(nearness), THUMBNAIL_SIDE)


def _jpeg(pixels: NDArray[np.uint8], icc: bytes | None = None) -> bytes:
    return web.web_jpeg(pixels, quality=THUMBNAIL_QUALITY, icc=icc, max_bytes=MAX_THUMBNAIL_BYTES)
