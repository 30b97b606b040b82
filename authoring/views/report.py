"""What a report says of one file: level, findings, diagnosis, and two thumbnails.

Knows: which checks are told, and how small the pictures are. Must not know: HTML, paths.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from authoring import containers
from authoring.codecs import photo as pictures
from authoring.codecs import web
from authoring.compatibility import rules
from authoring.compatibility.doctor import Obstacle, doctor_report
from authoring.compatibility.facts import gather
from authoring.compatibility.findings import Finding, Level
from authoring.containers.base import ContainerFile, ContainerName
from authoring.depth.orientation import Orientation
from authoring.depth.raster import check_aspect
from authoring.embed.reports import Size
from authoring.errors import DepthauthorError, about
from authoring.read import depth_image
from authoring.read.depth_image import DepthReading
from authoring.read.layout import photo_orientation
from authoring.views.pictures import colours

THUMBNAIL_SIDE = 280
"""Pixels: 140 of a sharp screen's."""

THUMBNAIL_QUALITY = 70
"""A detailed photo comes to some 15 kB in this size."""

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
    """False: the metres are relative, distances hold in proportion only."""


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One file in a report."""

    container: ContainerName | None
    photo: Size | None
    """As stored."""
    depth: DepthRow | None
    level: Level
    verdict: str | None
    headline: str
    """One sentence: what Photos will probably show and the first reason, or why the file cannot be read."""
    obstacles: tuple[Obstacle, ...]
    hints: tuple[str, ...]
    findings: tuple[Finding, ...]
    error: str | None
    """Why the file cannot be read; what is not known is then null or empty."""
    file: str | None = None
    schema: str = "depthauthor/report/1"


@dataclass(frozen=True, slots=True)
class Thumbnails:
    """JPEGs, upright; None where there is nothing to show."""

    photo: bytes | None
    depth: bytes | None


def row_of(photo: bytes) -> tuple[ReportRow, Thumbnails]:
    """A JPEG or HEIC photo of any tool, with depth or without.

    Raises MalformedError or UnsupportedError where the file cannot be read at all; pictures that do not decode are
    left out.
    """
    with about("photo"):
        file = containers.parse(photo)
        facts = gather(file)
    found = rules.findings(facts)
    told = doctor_report(facts, found)
    layout = file.layout
    try:
        reading = depth_image.read_depth(layout)
    except DepthauthorError:
        reading = None
    row = ReportRow(
        container=layout.container,
        photo=Size(layout.width, layout.height),
        depth=_depth(reading) if reading else None,
        level=told.level,
        verdict=told.verdict,
        headline=f"{told.headline}.",
        obstacles=told.obstacles,
        hints=told.hints,
        findings=found,
        error=None,
    )
    picture = _photo_picture(file)
    if picture is not None:
        picture = web.scaled(np.ascontiguousarray(picture), THUMBNAIL_SIDE)
    icc = layout.icc if layout.icc and layout.icc[16:20] == b"RGB " else None
    return row, Thumbnails(
        None if picture is None else _jpeg(picture, icc), _jpeg(_depth_picture(reading)) if reading else None
    )


def row_of_error(message: str) -> ReportRow:
    """A file that cannot be read."""
    return ReportRow(None, None, None, "none", None, message, (), (), (), message)


def _depth(reading: DepthReading) -> DepthRow:
    plane = reading.plane
    low, high = (float(plane.codes.min()), float(plane.codes.max()))
    step = (plane.float_max - plane.float_min) / 255
    ends = sorted((plane.float_min + low * step, plane.float_min + high * step))
    if plane.pixel_format.kind == "disparity":
        near, far = (1 / one if one > 0 else None for one in reversed(ends))
    else:
        near, far = ends
    return DepthRow(
        kind=plane.pixel_format.kind,
        width=plane.codes.shape[1],
        height=plane.codes.shape[0],
        near_m=near,
        far_m=far,
        absolute=reading.properties.accuracy == "absolute",
    )


def _photo_picture(file: ContainerFile) -> NDArray[np.uint8] | None:
    """The photo, upright; not smaller than the thumbnail that is made of it, if it can be helped."""
    try:
        if file.layout.container == "heic":
            own = _own_thumbnail(file)
            # HEIF decoders give the picture upright, JPEG decoders as it lies.
            return own if own is not None else pictures.decode_heic(file.source).array
        lying = web.jpeg_draft(file.source, 2 * THUMBNAIL_SIDE)
        return photo_orientation(file.layout).to_display(lying)
    except DepthauthorError:
        return None


def _own_thumbnail(file: ContainerFile) -> NDArray[np.uint8] | None:
    """The thumbnail that a HEIC photo brings along, upright: its pixels are a hundredth of the photo's.

    None where there is none, or it is too small, damaged, or of another shape.
    """
    from authoring.containers import heif

    try:
        found = file.thumbnail()
        if found is None or max(found.width, found.height) < THUMBNAIL_SIDE:
            return None
        turn = Orientation.from_transforms([(one.kind, one.value) for one in found.transforms])
        photo = file.layout
        turned = turn.swaps_axes ^ photo_orientation(photo).swaps_axes
        width, height = (found.height, found.width) if turned else (found.width, found.height)
        check_aspect(width, height, photo.width, photo.height)
        still = heif.build_still(found.width, found.height, found.payload, found.configuration, found.colour)
        return turn.to_display(pictures.decode_heic(still).array)
    except DepthauthorError:
        return None


def _depth_picture(reading: DepthReading) -> NDArray[np.uint8]:
    """The depth in colours, stretched over its own range, near light."""
    codes = reading.orientation.to_display(reading.plane.codes)
    thinned = max(1, max(codes.shape) // (2 * THUMBNAIL_SIDE))
    small = codes[::thinned, ::thinned].astype(np.float32)
    low, high = float(small.min()), float(small.max())
    share = (small - low) / max(high - low, 1)
    if reading.plane.pixel_format.kind == "depth":
        share = 1 - share
    return web.scaled(colours.coloured(share), THUMBNAIL_SIDE)


def _jpeg(pixels: NDArray[np.uint8], icc: bytes | None = None) -> bytes:
    return web.web_jpeg(pixels, quality=THUMBNAIL_QUALITY, icc=icc, max_bytes=MAX_THUMBNAIL_BYTES)
