"""Report what a photo holds, without judging or decoding it. Imports no numpy."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from authoring import containers
from authoring.apple import depth_properties, xmp
from authoring.apple.depth_properties import DepthProperties
from authoring.apple.portrait_metadata import read_portrait_metadata
from authoring.apple.provenance import read_provenance
from authoring.apple.rendering import parse_rendering
from authoring.containers.base import ContainerFile, ContainerName, DngDepth, FoundAuxiliary
from authoring.depth.calibration import Calibration
from authoring.errors import DepthauthorError, about
from authoring.estimated_by import EstimatedBy
from authoring.read.adobe_depth import adobe_range
from authoring.read.depth_notes import negative_values, open_points
from authoring.read.foreign.base import ForeignDepth
from authoring.read.foreign.find import find
from authoring.read.layout import depth_images, kind_of, photo_orientation, place_of, unused_orientation
from authoring.read.missing_depth import lost_depth
from authoring.report_base import Report


@dataclass(frozen=True, slots=True)
class AuxiliarySummary:
    """An auxiliary image that is not the depth map read; a second depth map is one of them."""

    type: str
    width: int
    height: int
    bytes: int
    place: str
    """HEIC: "item 52". JPEG: exiftool's tag for the image, such as "MPImage2". DNG: "SubIFD 2"."""


@dataclass(frozen=True, slots=True)
class ProvenanceSummary:
    """Where the depth and its camera come from, by the words that this program wrote."""

    version: str
    """Of this program."""
    depth: str | None
    """measured, estimated, nominal, donor, exif or given, as the next one."""
    calibration: str | None
    estimated_by: EstimatedBy | None
    """The network, where `embed` had the depth estimated from the photo."""


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
    place: str
    """HEIC: "item 54". JPEG: exiftool's tag for the image, such as "MPImage3", by which it writes it. DNG: "SubIFD
    2"."""
    source: str = "apple"
    """apple: by its XMP; adobe: by the depth tags of a DNG, which has no XMP for it; gdepth, dynamic-depth, xdm,
    samsung, huawei: by what that maker writes."""
    format: str | None = None
    """Another maker's word for how codes follow the distance, such as RangeInverse."""
    near: float | None = None
    far: float | None = None
    """The distances that another maker's file states, in `units`; far is None for infinity, too."""
    units: str | None = None
    """Another maker's unit; None if its file states none."""
    unblurred: bool = False
    """Whether the file holds the photo without its blur, too."""
    provenance: ProvenanceSummary | None = None
    """What this program says of depth that it wrote; None for any other."""


@dataclass(frozen=True, slots=True)
class SpatialPair:
    """The two views of a spatial photo (entity group `ster`), by item; one of them is the photo."""

    left: int
    right: int


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


@dataclass(frozen=True, slots=True, repr=False)
class InspectReport(Report):
    """What a file holds."""

    _shown = ("file", "container")

    container: ContainerName
    photo: PhotoSummary
    depth: DepthSummary | None
    auxiliary: tuple[AuxiliarySummary, ...]
    spatial: SpatialPair | None
    portrait: dict[str, Any]
    parts: tuple[PartSummary, ...]
    notes: tuple[str, ...]
    file: str | None = None
    schema: str = "depthauthor/inspect/1"


def inspect(photo: bytes) -> InspectReport:
    """Report what a JPEG, HEIC or DNG photo holds.

    Raises MalformedError or UnsupportedError if the file cannot be read.
    """
    with about("photo"):
        file = containers.parse(photo)
        layout = file.layout
        maps = depth_images(layout)
        depth = maps[0] if maps else None
        foreign, foreign_faults = _foreign(file) if depth is None else (None, ())
        kinds = [(auxiliary, _kind(auxiliary, maps)) for auxiliary in layout.auxiliaries]
        properties, faults = _properties(depth)
        portrait = read_portrait_metadata(layout.exif, layout.xmp)
        if depth:
            own = (*faults, *open_points(layout, properties), *negative_values(properties))
        elif foreign or foreign_faults:
            own = (*filter(None, (unused_orientation(layout),)), *foreign_faults)
            own += foreign.notes if foreign else ()
        else:
            own = tuple(filter(None, (unused_orientation(layout), lost_depth(layout, portrait))))
        return InspectReport(
            container=layout.container,
            photo=PhotoSummary(layout.width, layout.height, int(photo_orientation(layout))),
            depth=_depth(depth, properties, layout.container) if depth else _foreign_depth(foreign),
            auxiliary=tuple(
                AuxiliarySummary(
                    kind,
                    auxiliary.width,
                    auxiliary.height,
                    len(auxiliary.payload),
                    place_of(layout.container, auxiliary),
                )
                for auxiliary, kind in kinds
                if auxiliary is not depth
            ),
            spatial=SpatialPair(*layout.stereo_pair) if layout.stereo_pair else None,
            portrait=asdict(portrait),
            parts=tuple(
                PartSummary(entry.identifier, entry.type, entry.role, entry.size) for entry in file.entries
            ),
            notes=(*file.notes, *own),
        )


def _foreign(file: ContainerFile) -> tuple[ForeignDepth | None, tuple[str, ...]]:
    """Return depth of another maker, and a sentence if there is some that cannot be read."""
    try:
        return find(file), ()
    except DepthauthorError as error:
        return None, (f"depth of another maker cannot be read: {error.message}",)


def _foreign_depth(found: ForeignDepth | None) -> DepthSummary | None:
    if found is None:
        return None
    return DepthSummary(
        kind=found.range.kind,
        native_format=None,
        stored_format=None,
        width=found.coded.width,
        height=found.coded.height,
        float_min=found.range.float_min,
        float_max=found.range.float_max,
        accuracy=found.range.accuracy,
        quality=None,
        filtered=None,
        version=None,
        calibration=_camera(found.calibration),
        simulated_aperture=None,
        rendering=None,
        place=found.place,
        source=found.source,
        format=found.format or None,
        near=found.near,
        far=None if found.far == math.inf else found.far,
        units=found.units or None,
        unblurred=found.unblurred is not None,
    )


def _kind(auxiliary: FoundAuxiliary, maps: list[FoundAuxiliary]) -> str:
    """Return the kind of an auxiliary image; "unknown" for a mask of a DNG whose XMP says depth."""
    kind = kind_of(auxiliary)
    return "unknown" if kind == "depth" and auxiliary not in maps else kind


def _properties(depth: FoundAuxiliary | None) -> tuple[DepthProperties, tuple[str, ...]]:
    """Return the depth's properties as far as they can be read, and a sentence on each that cannot."""
    packet = depth.xmp if depth else None
    if not packet:
        return _adobe_properties(depth.dng_depth if depth else None)
    try:
        properties, faults = depth_properties.readable_properties(xmp.parse_packet(packet))
    except DepthauthorError as error:
        return DepthProperties(), (f"the depth's XMP cannot be read: {error.message}",)
    return properties, tuple(f"{fault}, so the map cannot be read" for fault in faults.values())


def _depth(auxiliary: FoundAuxiliary, properties: DepthProperties, container: ContainerName) -> DepthSummary:
    return DepthSummary(
        kind=properties.auxiliary_image_type or "disparity",
        native_format=_fourcc(properties.native_format),
        stored_format=_fourcc(properties.stored_format),
        width=auxiliary.width,
        height=auxiliary.height,
        float_min=properties.float_min,
        float_max=properties.float_max,
        accuracy=properties.accuracy,
        quality=properties.quality,
        filtered=properties.filtered,
        version=properties.depth_data_version,
        calibration=_calibration(properties),
        simulated_aperture=properties.simulated_aperture,
        rendering=_rendering(properties.rendering_parameters),
        place=place_of(container, auxiliary),
        source="adobe" if auxiliary.dng_depth and not auxiliary.xmp else "apple",
        provenance=_provenance(auxiliary),
    )


def _provenance(auxiliary: FoundAuxiliary) -> ProvenanceSummary | None:
    try:
        found = read_provenance(xmp.parse_packet(auxiliary.xmp)) if auxiliary.xmp else None
    except DepthauthorError:
        return None
    if found is None:
        return None
    return ProvenanceSummary(found.version, found.depth_source, found.calibration_source, found.estimated_by)


def _adobe_properties(tags: DngDepth | None) -> tuple[DepthProperties, tuple[str, ...]]:
    """Return what a DNG's depth tags say in the words of the XMP, and a sentence if they do not say enough."""
    if tags is None:
        return DepthProperties(), ()
    try:
        scale = adobe_range(tags)
    except DepthauthorError as error:
        return DepthProperties(), (error.message,)
    return (
        DepthProperties(
            auxiliary_image_type=scale.kind,
            float_min=scale.float_min,
            float_max=scale.float_max,
            accuracy=scale.accuracy,
        ),
        (),
    )


def _rendering(data: bytes | None) -> dict[str, Any] | None:
    if data is None:
        return None
    try:
        rendering = parse_rendering(data)
    except DepthauthorError:
        return {"version": int.from_bytes(data[4:8], "little"), "bytes": len(data), "records": []}
    return {
        "version": rendering.version,
        "bytes": len(data),
        "records": [
            {"id": record.id, "type": record.type, "value": record.value} for record in rendering.records
        ],
    }


def _camera(calibration: Calibration | None) -> dict[str, Any] | None:
    if calibration is None:
        return None
    return {
        "intrinsic_matrix": [
            value for column in zip(*calibration.intrinsic_matrix, strict=True) for value in column
        ],
        "reference_width": calibration.reference_width_px,
        "reference_height": calibration.reference_height_px,
        "extrinsic_matrix": None,
        "pixel_size_mm": None,
        "lens_distortion": False,
    }


def _calibration(properties: DepthProperties) -> dict[str, Any] | None:
    if properties.intrinsic_matrix is None:
        return None
    return {
        "intrinsic_matrix": list(properties.intrinsic_matrix),
        "reference_width": properties.reference_width,
        "reference_height": properties.reference_height,
        "extrinsic_matrix": None
        if properties.extrinsic_matrix is None
        else list(properties.extrinsic_matrix),
        "pixel_size_mm": properties.pixel_size,
        "lens_distortion": properties.lens_distortion_coefficients is not None
        and any(properties.lens_distortion_coefficients),
    }


def _fourcc(code: int | None) -> str | None:
    if code is None:
        return None
    text = code.to_bytes(4, "big") if 0 <= code < 2**32 else b""
    return text.decode("ascii") if text.isascii() and text.isalnum() else str(code)
