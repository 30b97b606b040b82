"""Inspect: what a photo holds, without judging it.

Knows: which stated facts a person asks for. Must not know: bytes of any format.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from authoring import containers
from authoring.apple import depth_properties, xmp
from authoring.apple.depth_properties import DepthProperties
from authoring.apple.portrait_metadata import read_portrait_metadata
from authoring.apple.rendering import parse_rendering
from authoring.apple.values import exact_half
from authoring.containers.base import ContainerName, FoundAuxiliary
from authoring.errors import DepthauthorError, about
from authoring.read.layout import kind_of, photo_orientation
from authoring.read.missing_depth import lost_depth


@dataclass(frozen=True, slots=True)
class AuxiliarySummary:
    """An auxiliary image that is no depth map."""

    type: str
    width: int
    height: int
    bytes: int


@dataclass(frozen=True, slots=True)
class DepthSummary:
    """The depth map, as the file states it."""

    kind: str
    native_format: str | None
    stored_format: str | None
    width: int
    height: int
    float_min: float | None
    float_max: float | None
    accuracy: str | None
    quality: str | None
    filtered: bool | None
    version: int | None
    calibration: dict[str, Any] | None
    simulated_aperture: float | None
    rendering: dict[str, Any] | None
    source: str = "apple"


@dataclass(frozen=True, slots=True)
class PhotoSummary:
    """The photo: size as stored, and the Exif number of how it is turned for display."""

    width: int
    height: int
    orientation: int


@dataclass(frozen=True, slots=True)
class PartSummary:
    """One item or segment, with its size in bytes."""

    identifier: int
    type: str
    role: str
    bytes: int


@dataclass(frozen=True, slots=True)
class InspectReport:
    """What a file holds."""

    container: ContainerName
    photo: PhotoSummary
    depth: DepthSummary | None
    auxiliary: tuple[AuxiliarySummary, ...]
    portrait: dict[str, Any]
    parts: tuple[PartSummary, ...]
    notes: tuple[str, ...]
    file: str | None = None
    schema: str = "depthauthor/inspect/1"


def inspect(photo: bytes) -> InspectReport:
    """Read a JPEG or HEIC photo and tell what is in it; nothing is decoded."""
    with about("photo"):
        file = containers.parse(photo)
        layout = file.layout
        kinds = [(one, kind_of(one)) for one in layout.auxiliaries]
        depth = next((one for one, kind in kinds if kind == "depth"), None)
        marks = read_portrait_metadata(layout.exif, layout.xmp)
        lost = None if depth else lost_depth(layout, marks)
        return InspectReport(
            container=layout.container,
            photo=PhotoSummary(layout.width, layout.height, int(photo_orientation(layout))),
            depth=_depth(depth) if depth else None,
            auxiliary=tuple(
                AuxiliarySummary(kind, one.width, one.height, len(one.payload))
                for one, kind in kinds
                if one is not depth
            ),
            portrait=asdict(marks),
            parts=tuple(PartSummary(one.identifier, one.type, one.role, one.size) for one in file.entries),
            notes=(*file.notes, lost) if lost else file.notes,
        )


def _depth(found: FoundAuxiliary) -> DepthSummary:
    told = depth_properties.parse_properties(xmp.parse_packet(found.xmp)) if found.xmp else DepthProperties()
    return DepthSummary(
        kind=told.auxiliary_image_type or "disparity",
        native_format=_fourcc(told.native_format),
        stored_format=_fourcc(told.stored_format),
        width=found.width,
        height=found.height,
        float_min=None if told.float_min is None else exact_half(told.float_min),
        float_max=None if told.float_max is None else exact_half(told.float_max),
        accuracy=told.accuracy,
        quality=told.quality,
        filtered=told.filtered,
        version=told.depth_data_version,
        calibration=_calibration(told),
        simulated_aperture=told.simulated_aperture,
        rendering=_rendering(told.rendering_parameters),
    )


def _rendering(data: bytes | None) -> dict[str, Any] | None:
    if data is None:
        return None
    try:
        made = parse_rendering(data)
    except DepthauthorError:
        return {"version": int.from_bytes(data[4:8], "little"), "bytes": len(data), "records": []}
    return {
        "version": made.version,
        "bytes": len(data),
        "records": [{"id": one.id, "type": one.type, "value": one.value} for one in made.records],
    }


def _calibration(told: DepthProperties) -> dict[str, Any] | None:
    if told.intrinsic_matrix is None:
        return None
    return {
        "intrinsic_matrix": list(told.intrinsic_matrix),
        "reference_width": told.reference_width,
        "reference_height": told.reference_height,
        "extrinsic_matrix": None if told.extrinsic_matrix is None else list(told.extrinsic_matrix),
        "pixel_size_mm": told.pixel_size,
        "lens_distortion": told.lens_distortion_coefficients is not None
        and any(told.lens_distortion_coefficients),
    }


def _fourcc(code: int | None) -> str | None:
    if code is None:
        return None
    text = code.to_bytes(4, "big") if 0 <= code < 2**32 else b""
    return text.decode("ascii") if text.isascii() and text.isalnum() else str(code)
