"""The properties of a depth map as typed values, and back into the texts that Apple writes.

Knows: the table's number formats, and what half floats lose in six decimals. Must not know: XML, pixels.

Reading is lenient: a value of an unknown kind is left in the tree and its field is None; only a number that
is no number is an error. Writing is strict: what Apple's readers would drop in silence is refused.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from typing import Any

from authoring.apple.kinds import classify
from authoring.apple.rendering import parse_rendering
from authoring.apple.table import (
    APPLE_DEPTH_DATA_VERSION,
    DISPARITY_FORMATS,
    FIELDS,
    L008,
    NATIVE_FORMATS,
    PROVENANCE,
    TABLE,
    PropertyTree,
    Row,
    fourcc_name,
    property_of,
    row_of,
    text_of,
)
from authoring.errors import MalformedError, RefusedError
from authoring.structs import Struct, replace

__all__ = [
    "CALIBRATION_FIELDS",
    "REQUIRED_CALIBRATION_FIELDS",
    "SOURCES",
    "DepthProperties",
    "PropertyTree",
    "Provenance",
    "classify",
    "data_profile",
    "depth_properties",
    "exact_half",
    "foreign_properties",
    "portrait_profile",
    "provenance",
    "tree_of",
    "with_provenance",
]

SIX_DECIMALS = 1e-6
"""How far a half float printed with six decimals can be from itself, with room for a second rounding."""

WHOLE_NUMBER_SLACK = 1e-6

MAX_NUMBER_CHARACTERS = 64
"""17 digits, sign and exponent need 24; more is no number, and is not searched."""

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)

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


class DepthProperties(Struct, kw_only=True):
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


def exact_half(value: float) -> float:
    """The half float that `value` is a six-decimal print of; `value` itself where none is within 1e-6.

    Certain for magnitudes from 1/512 on, where neighbours lie further apart than six decimals can blur.
    """
    if not math.isfinite(value) or abs(value) > 65504:
        return value
    nearest: float = struct.unpack("<e", struct.pack("<e", value))[0]
    return nearest if abs(nearest - value) <= SIX_DECIMALS else value


def depth_properties(tree: PropertyTree) -> DepthProperties:
    """The typed view of a packet. Raises MalformedError, naming the property, for a number that is none.

    Where a property occurs twice the first counts. A FloatMin or FloatMax of six decimals is brought back to
    the half float it was before printing.
    """
    read: dict[str, Any] = {}
    for one in tree:
        row = row_of(one)
        if row is not None and row.field and row.field not in read:
            read[row.field] = _parse_value(row, one.value)
    return DepthProperties(**read)


def foreign_properties(tree: PropertyTree) -> PropertyTree:
    """What `depth_properties` does not read: hand it to `tree_of` so that it is not lost."""
    kept = []
    for one in tree:
        row = row_of(one)
        if row is None or not row.field or _parse_value(row, one.value) is None:
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
            written.append(property_of(row, _format_value(row, value)))
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


SOURCES = ("measured", "estimated", "nominal", "donor", "exif", "given")
"""Where depth, calibration or rendering come from: a sensor; a network; our fixed numbers; another photo; the
photo's Exif; the caller, who did not say."""


class Provenance(Struct):
    """Our own mark in the packet of a map we wrote."""

    version: str
    """Of the program."""
    undo: bytes = b""
    """What the container needs to take the map out again byte for byte; empty where it needs nothing."""
    restore: bytes = b""
    """What undoes the changes to the photo's Exif and XMP; empty where nothing was changed."""
    depth_source: str | None = None
    """One of `SOURCES`, as the next two."""
    calibration_source: str | None = None
    rendering_source: str | None = None


_MARKS = {
    "version": "depthauthor:Version",
    "undo": "depthauthor:Undo",
    "restore": "depthauthor:Restore",
    "depth_source": "depthauthor:DepthSource",
    "calibration_source": "depthauthor:CalibrationSource",
    "rendering_source": "depthauthor:RenderingSource",
}
"""Field of `Provenance` → label of its row, in the order of writing."""


def provenance(tree: PropertyTree) -> Provenance | None:
    """Our mark, if it is there; a record that cannot be decoded counts as none."""
    texts = {name: text_of(tree, label) for name, label in _MARKS.items()}
    version = texts["version"]
    if version is None:
        return None
    return Provenance(
        version,
        _decode(texts["undo"] or "") or b"",
        _decode(texts["restore"] or "") or b"",
        texts["depth_source"],
        texts["calibration_source"],
        texts["rendering_source"],
    )


def with_provenance(tree: PropertyTree, mark: Provenance | None) -> PropertyTree:
    """The tree with this mark at its end in place of any older one; without any where it is None.

    Raises RefusedError for a source that is none of `SOURCES`.
    """
    rows = {row.label: row for row in TABLE if row.namespace == PROVENANCE}
    kept = [one for one in tree if row_of(one) not in rows.values()]
    if mark is not None:
        for name, label in _MARKS.items():
            value = getattr(mark, name)
            if name.endswith("_source") and value is not None and value not in SOURCES:
                raise RefusedError(f"{value!r} is no source; give one of {', '.join(SOURCES)}")
            if value is not None and value != b"":
                kept.append(property_of(rows[label], _format_value(rows[label], value)))
    return tuple(kept)


def _parse_value(row: Row, value: object) -> Any:
    """One value by its row's kind: a number, bool, text, bytes or tuple of numbers; None where it is of no use."""
    if row.kind == "reals":
        numbers = value if isinstance(value, tuple) else (None,)
        return tuple(_number(row, text) for text in numbers)
    if row.kind in ("integer", "half6", "real6", "real"):
        number = _number(row, value)
        if row.kind != "integer":
            return _before_printing(number) if row.kind == "half6" else number
        # iOS prints some whole numbers from doubles: 3023.9999999999995 in the regions of shu_matte.
        if abs(number - round(number)) > WHOLE_NUMBER_SLACK:
            raise MalformedError(f"XMP property {row.label}: {number!r} is not a whole number")
        return round(number)
    if not isinstance(value, str):
        return None
    text = value.strip()
    if row.kind == "boolean":
        return {"true": True, "1": True, "false": False, "0": False}.get(text.lower())
    return _decode(text) if row.kind == "base64" else text


def _number(row: Row, text: object) -> float:
    """A finite number, or MalformedError with the property's name."""
    digits = text.strip() if isinstance(text, str) else ""
    if len(digits) <= MAX_NUMBER_CHARACTERS and NUMBER.fullmatch(digits):
        number = float(digits)
        if math.isfinite(number):
            return number
    wanted = f"a list of {row.count} numbers" if row.kind == "reals" else "a number"
    shown = repr(digits[:24]) if digits else "its value"
    raise MalformedError(f"XMP property {row.label}: {shown} cannot be read as {wanted}")


def _before_printing(number: float) -> float:
    """The half float behind a number of six decimals; any other number is what it says.

    iOS 11 printed the six-decimal number with 17 digits (rw), so the value tells, not the length of the text.
    """
    return exact_half(number) if number == float(f"{number:f}") else number


def _decode(text: str) -> bytes | None:
    """Base64, with white space and missing padding forgiven; None where it is something else."""
    packed = "".join(text.split()).rstrip("=")
    try:
        return base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _format_value(row: Row, value: Any) -> str | tuple[str, ...]:
    """The twin of `_parse_value`."""
    if row.kind == "reals":
        if len(value) != row.count:
            raise RefusedError(f"XMP property {row.label} takes {row.count} numbers, not {len(value)}")
        return tuple(_format_number(row, number) for number in value)
    if row.kind == "boolean":
        return "True" if value else "False"
    if row.kind == "base64":
        return base64.b64encode(value).decode("ascii")
    return str(value) if row.kind in ("integer", "text") else _format_number(row, value)


def _format_number(row: Row, number: float) -> str:
    """Six decimals or 17 digits, as Apple prints each property.

    Six decimals are given up only where they would lose the value: a small number that they print as zero,
    and limits that are not half floats. iOS 11 printed 17 digits there (rw), so readers take them.
    """
    if not math.isfinite(number):
        raise RefusedError(f"XMP property {row.label} cannot hold {number}; give a finite number")
    if row.kind in ("half6", "real6"):
        text = f"{number:f}"
        printed = float(text)
        if (_before_printing(printed) == number) if row.kind == "half6" else (printed != 0 or number == 0):
            return text
    return "0.0" if number == 0 else f"{number:.17g}"
