"""Parse the XMP properties of a depth map into typed values, and build them.

Parsing is lenient: a value of an unknown kind stays in the tree and its field is None; only a malformed number is an
error. Building refuses numbers that are not finite and lists of the wrong length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from authoring.apple.property_table import FIELDS, PropertyTree, property_of, row_of
from authoring.apple.provenance import Provenance, with_provenance
from authoring.apple.values import format_value, parse_value
from authoring.errors import MalformedError

CALIBRATION_FIELDS = (
    "intrinsic_matrix",
    "reference_width",
    "reference_height",
    "extrinsic_matrix",
    "pixel_size",
    "lens_distortion_coefficients",
    "inverse_lens_distortion_coefficients",
    "center_x",
    "center_y",
)
REQUIRED_CALIBRATION_FIELDS = CALIBRATION_FIELDS[:5]
"""If one of them is missing, AVDepthData has no calibration (device tests of others: rule R14)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthProperties:
    """The XMP properties of a depth map; a field is None if the property is absent.

    `property_table.FIELDS` has the property's name, unit and source of each field.
    """

    auxiliary_image_type: str | None = None
    """disparity (1/m) or depth (m)."""
    native_format: int | None = None
    """FourCC of the samples that a reader gets: hdis, fdis, hdep, fdep."""
    stored_format: int | None = None
    """FourCC of the coded plane: L008 in every sample."""
    int_min: int | None = None
    int_max: int | None = None
    float_min: float | None = None
    """Value of code int_min, in 1/m or m; a half float exactly, not as printed."""
    float_max: float | None = None
    accuracy: str | None = None
    """relative or absolute."""
    quality: str | None = None
    """low or high."""
    filtered: bool | None = None
    depth_data_version: int | None = None
    """major << 16 | minor; 65541 is 1.5."""
    intrinsic_matrix: tuple[float, ...] | None = None
    """9 numbers by columns: fx 0 0, 0 fy 0, cx cy 1; pixels of the reference frame."""
    reference_width: int | None = None
    reference_height: int | None = None
    extrinsic_matrix: tuple[float, ...] | None = None
    """12 numbers: three columns of the rotation, then the translation in mm."""
    pixel_size: float | None = None
    """Millimetres, at the reference frame."""
    lens_distortion_coefficients: tuple[float, ...] | None = None
    """8 numbers, by even powers of the distance in mm from the centre; percent. From the photo to the pinhole picture,
    the direction of AVFoundation's *inverse* lookup table."""
    inverse_lens_distortion_coefficients: tuple[float, ...] | None = None
    """From the pinhole picture to the photo, the direction of AVFoundation's lensDistortionLookupTable."""
    center_x: float | None = None
    """Centre of distortion, pixels of the reference frame."""
    center_y: float | None = None
    simulated_aperture: float | None = None
    rendering_parameters: bytes | None = None
    """The REND block, base64 in the XMP; None also if that cannot be decoded (the tree still has it)."""
    effect_strength: float | None = None
    portrait_score: float | None = None
    portrait_score_is_high: bool | None = None

    @property
    def calibrated(self) -> bool:
        """Return whether it has the five properties that AVDepthData needs for a calibration."""
        return all(getattr(self, name) is not None for name in REQUIRED_CALIBRATION_FIELDS)


def parse_properties(tree: PropertyTree) -> DepthProperties:
    """Return the typed values of a packet.

    Of a property that occurs twice the first counts. A FloatMin or FloatMax of six decimals is returned as the half
    float that was printed. Raises MalformedError, naming the property, for a malformed number.
    """
    values: dict[str, Any] = {}
    for item in tree:
        row = row_of(item)
        if row is not None and row.field and row.field not in values:
            values[row.field] = parse_value(row, item.value)
    return DepthProperties(**values)


def readable_properties(tree: PropertyTree) -> tuple[DepthProperties, dict[str, str]]:
    """Return the typed values of all properties that can be read, and by field why others cannot."""
    readable, faults = [], {}
    for item in tree:
        try:
            parse_properties((item,))
        except MalformedError as error:
            row = row_of(item)
            faults[row.field if row else item.name] = error.message
        else:
            readable.append(item)
    return parse_properties(tuple(readable)), faults


def foreign_properties(tree: PropertyTree) -> PropertyTree:
    """Return the properties that `parse_properties` does not read; `build_tree` takes them."""
    result = []
    for item in tree:
        row = row_of(item)
        if row is None or not row.field or parse_value(row, item.value) is None:
            result.append(item)
    return tuple(result)


def build_tree(
    properties: DepthProperties, foreign: PropertyTree = (), provenance: Provenance | None = None
) -> PropertyTree:
    """Return the properties of a packet: typed ones in the order of iOS, foreign ones, then the provenance.

    A foreign property gives way to a typed one of the same name; an older provenance is removed. Raises RefusedError
    for a list of the wrong length, for a number that is not finite and for an unknown source.
    """
    result = []
    for field, row in FIELDS.items():
        value = getattr(properties, field)
        if value is not None:
            result.append(property_of(row, format_value(row, value)))
    written = {(item.namespace, item.name) for item in result}
    for item in foreign:
        known = row_of(item)
        if known is None or (known.namespace, known.name) not in written:
            result.append(item)
    return with_provenance(tuple(result), provenance)
