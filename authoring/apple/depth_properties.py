"""The properties of a depth map as typed values, and back: what a packet says, and what a profile asks for.

Knows: which property is which field. Must not know: XML, pixels, how one value is printed.

Reading is lenient: a value of an unknown kind is left in the tree and its field is None; only a number that
is no number is an error. Writing is strict: what Apple's readers would drop in silence is refused.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from authoring.apple.property_table import (
    APPLE_DEPTH_DATA_VERSION,
    DISPARITY_FORMATS,
    FIELDS,
    L008,
    NATIVE_FORMATS,
    PropertyTree,
    fourcc_name,
    property_of,
    row_of,
)
from authoring.apple.rendering import parse_rendering
from authoring.apple.values import format_value, parse_value
from authoring.errors import RefusedError

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
"""Without any one of them AVDepthData has no calibration (device tests of others: rule R14)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthProperties:
    """What the XMP of a depth map says; a field is None where the property is absent.

    Fields are named after the properties; the table (`table.FIELDS`) has the names, units and sources.
    """

    auxiliary_image_type: str | None = None
    """disparity (1/m) or depth (m)."""
    native_format: int | None = None
    """FourCC of the samples as a reader gets them: hdis, fdis, hdep, fdep."""
    stored_format: int | None = None
    """FourCC of the coded plane: L008 in every sample."""
    int_min: int | None = None
    int_max: int | None = None
    float_min: float | None = None
    """Value of code int_min, in 1/m or m; half floats are given exactly, not as printed."""
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
    """8 numbers, by even powers of the distance in mm from the centre; percent."""
    inverse_lens_distortion_coefficients: tuple[float, ...] | None = None
    center_x: float | None = None
    """Centre of distortion, pixels of the reference frame."""
    center_y: float | None = None
    simulated_aperture: float | None = None
    rendering_parameters: bytes | None = None
    """The REND block, base64 in the XMP; None also where that cannot be decoded (the tree still has it)."""
    effect_strength: float | None = None
    portrait_score: float | None = None
    portrait_score_is_high: bool | None = None

    @property
    def calibrated(self) -> bool:
        """Whether the five properties are there that AVDepthData needs for a calibration."""
        return all(getattr(self, name) is not None for name in REQUIRED_CALIBRATION_FIELDS)

    def calibration(self) -> DepthProperties:
        """The nine calibration fields alone."""
        return DepthProperties(**{name: getattr(self, name) for name in CALIBRATION_FIELDS})

    def with_calibration(self, other: DepthProperties | None) -> DepthProperties:
        """These properties with the nine calibration fields of `other`; with none where `other` is None."""
        source = other if other is not None else DepthProperties()
        return replace(self, **{name: getattr(source, name) for name in CALIBRATION_FIELDS})


def depth_properties(tree: PropertyTree) -> DepthProperties:
    """The typed view of a packet. Raises MalformedError, naming the property, for a number that is none.

    Where a property occurs twice the first counts. A FloatMin or FloatMax of six decimals is brought back to
    the half float it was before printing.
    """
    read: dict[str, Any] = {}
    for one in tree:
        row = row_of(one)
        if row is not None and row.field and row.field not in read:
            read[row.field] = parse_value(row, one.value)
    return DepthProperties(**read)


def foreign_properties(tree: PropertyTree) -> PropertyTree:
    """What `depth_properties` does not read: hand it to `tree_of` so that it is not lost."""
    kept = []
    for one in tree:
        row = row_of(one)
        if row is None or not row.field or parse_value(row, one.value) is None:
            kept.append(one)
    return tuple(kept)


def tree_of(properties: DepthProperties, foreign: PropertyTree = ()) -> PropertyTree:
    """The packet's properties in the order iOS writes them, then the foreign ones that it does not have yet.

    Raises RefusedError for a list of the wrong length and for a number that is not finite.
    """
    written = []
    for name, row in FIELDS.items():
        value = getattr(properties, name)
        if value is not None:
            written.append(property_of(row, format_value(row, value)))
    there = {(one.namespace, one.name) for one in written}
    for one in foreign:
        known = row_of(one)
        if known is None or (known.namespace, known.name) not in there:
            written.append(one)
    return tuple(written)


def data_profile(
    native_format: int,
    float_min: float,
    float_max: float,
    *,
    accuracy: str = "relative",
    calibration: DepthProperties | None = None,
) -> DepthProperties:
    """What an iPhone's rear camera says of a map as data: the apdi block, and depthData without effects.

    `native_format` is a FourCC, `float_min` < `float_max` in 1/m (hdis, fdis) or m (hdep, fdep); of
    `calibration` the nine calibration fields are taken. Raises RefusedError for what no reader would take.
    """
    if native_format not in NATIVE_FORMATS:
        raise RefusedError(
            f"the native format {fourcc_name(native_format)} is none of hdis, fdis, hdep and fdep"
        )
    if not (math.isfinite(float_min) and math.isfinite(float_max) and float_min < float_max):
        raise RefusedError(f"the range {float_min}..{float_max} of a depth map must be finite and ascending")
    if accuracy not in ("relative", "absolute"):
        raise RefusedError(f"the accuracy {accuracy!r} is neither relative nor absolute")
    return DepthProperties(
        auxiliary_image_type="disparity" if native_format in DISPARITY_FORMATS else "depth",
        native_format=native_format,
        stored_format=L008,
        int_min=0,
        int_max=255,
        float_min=float_min,
        float_max=float_max,
        accuracy=accuracy,
        quality="high",
        filtered=True,
        depth_data_version=APPLE_DEPTH_DATA_VERSION,
    ).with_calibration(calibration)


def portrait_profile(
    base: DepthProperties,
    *,
    calibration: DepthProperties | None,
    rendering: bytes | None,
    simulated_aperture: float,
    effect_strength: float = 0.5,
) -> DepthProperties:
    """`base` with all that Photos asks of a map before it offers depth controls (rules R10 to R17).

    Of `calibration` the nine calibration fields are taken; None keeps those of `base`. `rendering` is a REND
    block; None leaves it out, and with it the aperture slider. `simulated_aperture` is an f-number, where the
    slider starts; `effect_strength` is 0 to 1, and 0.5 in every sample. Raises RefusedError for what Photos
    would not take, MalformedError for a REND block that is none.
    """
    if not (math.isfinite(simulated_aperture) and simulated_aperture > 0):
        raise RefusedError(f"the simulated aperture {simulated_aperture} is no f-number above 0")
    if not 0 <= effect_strength <= 1:
        raise RefusedError(f"the effect strength {effect_strength} is not between 0 and 1")
    told = base if calibration is None else base.with_calibration(calibration)
    if not told.calibrated:
        raise RefusedError("the calibration lacks a part without which Photos offers no depth controls")
    if rendering is not None:
        parse_rendering(rendering)
    return replace(
        told,
        quality="high",
        filtered=True,
        simulated_aperture=simulated_aperture,
        rendering_parameters=rendering,
        effect_strength=effect_strength,
    )
