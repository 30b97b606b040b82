"""Describe depth that goes into a photo: its XMP properties, and where its parts come from."""

from __future__ import annotations

from dataclasses import dataclass, replace

from authoring.apple.depth_properties import DepthProperties
from authoring.apple.property_table import APPLE_DEPTH_DATA_VERSION, L008, L016
from authoring.apple.provenance import Provenance
from authoring.depth.buffer import DepthBuffer
from authoring.depth.stored_plane import StoredPlane
from authoring.embed.encode import CodedPlane
from authoring.embed.portrait import PortraitEffect
from authoring.maps.notes import Notes
from authoring.read.depth_image import DepthReading, calibration_fields


@dataclass(frozen=True, slots=True, eq=False)
class CodedDepth:
    """Depth as it goes into a photo, in the photo's stored raster."""

    buffer: DepthBuffer
    """What the coded plane is measured against; it has the calibration."""
    plane: StoredPlane
    coded: CodedPlane
    notes: Notes
    source: str
    """Where the distances come from: one of `provenance.SOURCES`."""
    meaning: str
    """What the map was taken for, in a sentence."""
    copied: DepthReading | None = None
    """The depth of another photo that is copied: its XMP is kept."""


def describe(depth: CodedDepth, effect: PortraitEffect | None) -> DepthProperties:
    """Build the depth's XMP properties: those of the copied depth, or what an iPhone's rear camera says of its map."""
    plane, buffer = depth.plane, depth.buffer
    copied = depth.copied.properties if depth.copied else DepthProperties()
    if depth.copied and copied.native_format is not None:
        properties = copied
        if depth.copied.plane.pixel_format.kind != plane.pixel_format.kind:
            properties = replace(
                copied, auxiliary_image_type=plane.pixel_format.kind, native_format=plane.pixel_format.fourcc
            )
    else:
        properties = DepthProperties(
            auxiliary_image_type=plane.pixel_format.kind,
            native_format=plane.pixel_format.fourcc,
            stored_format=L008 if plane.bits == 8 else L016,
            accuracy=buffer.accuracy,
            quality="high",
            filtered=True,
            depth_data_version=APPLE_DEPTH_DATA_VERSION,
        )
    calibration = buffer.calibration
    if effect is not None:
        calibration = effect.calibration
        properties = replace(
            properties,
            rendering_parameters=effect.rendering,
            simulated_aperture=effect.aperture,
            effect_strength=effect.strength,
        )
        if calibration is not None:
            properties = replace(properties, quality="high", filtered=True)
    return replace(
        properties,
        int_min=0,
        int_max=plane.top_code,
        float_min=plane.float_min,
        float_max=plane.float_max,
        **calibration_fields(calibration),
    )


def sources_of(depth: CodedDepth, effect: PortraitEffect | None) -> Provenance:
    """Return the provenance of the depth's parts; version and records are not known yet."""
    copied = "donor" if depth.copied else None
    origin = depth.buffer.estimate
    return Provenance(
        "",
        depth_source=depth.source,
        calibration_source=effect.calibration_source if effect else copied,
        rendering_source=effect.rendering_source if effect else copied,
        depth_model=origin.model if origin else None,
        depth_model_version=origin.version if origin else None,
        depth_scale=origin.scale if origin else None,
    )
