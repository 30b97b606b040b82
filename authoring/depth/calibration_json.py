"""Parse and build a calibration as JSON: our own schema, and AVCameraCalibrationData's keys as apps write them.

The numbers are those of the photo's stored raster, or of a frame of the same shape; `Calibration.scaled` and `oriented`
convert them.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from authoring.depth.calibration import IDENTITY_EXTRINSIC, Calibration
from authoring.depth.calibration_sources import FOV_DEGREES, usual_pixel_mm
from authoring.errors import MalformedError, UsageError

SCHEMA = "depthauthor/calibration/1"

MAX_JSON_BYTES = 16 << 20
"""Enough for a recording of minutes with its lookup tables; a calibration itself has less than 1 kB."""

MAX_NUMBERS = 64
"""Numbers of one value; a lookup table has 42, and none is needed here."""

MAX_NESTING = 3
"""Lists within lists; a matrix has two."""

REQUIRED = ("fx", "fy", "cx", "cy", "reference_width", "reference_height")
OPTIONAL = (
    "schema",
    "pixel_size_mm",
    "extrinsic_matrix",
    "lens_distortion_coefficients",
    "inverse_lens_distortion_coefficients",
    "lens_distortion_center",
)

ALIASES = {"width": "reference_width", "height": "reference_height"}
"""Other names of required ones, as most camera files have them."""

FOV_FRAME_PX = 4096
"""Width of the frame for a calibration that states only angles: as wide as a phone's, so rounding is small."""

CENTRAL = (0.25, 0.75)
"""Accepted position of the principal point, as a share of the frame; in all samples it is within 2 % of the middle."""

_NUMBER = re.compile(r"[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?")


def build_calibration_json(calibration: Calibration) -> bytes:
    """Build the calibration in our schema, UTF-8, ending with a line feed."""
    fx, fy = calibration.focal_px
    cx, cy = calibration.principal_point_px
    content: dict[str, Any] = {
        "schema": SCHEMA,
        "fx": fx,
        "fy": fy,
        "cx": cx,
        "cy": cy,
        "reference_width": calibration.reference_width_px,
        "reference_height": calibration.reference_height_px,
        "pixel_size_mm": calibration.pixel_size_mm,
        "extrinsic_matrix": list(calibration.extrinsic_matrix),
    }
    for name in ("lens_distortion_coefficients", "inverse_lens_distortion_coefficients"):
        if getattr(calibration, name):
            content[name] = list(getattr(calibration, name))
    if calibration.lens_distortion_center_px is not None:
        content["lens_distortion_center"] = list(calibration.lens_distortion_center_px)
    return (json.dumps(content, indent=2, allow_nan=False) + "\n").encode()


def parse_calibration_json(data: bytes) -> Calibration:
    """Parse a calibration. Raises MalformedError, naming the key.

    In our schema an unknown name is an error: a misspelt optional one would be lost without notice. In a
    dictionary like AVCameraCalibrationData other keys are ignored; names may be in any spelling (intrinsicMatrix,
    IntrinsicMatrix, intrinsic_matrix), and of a list of dictionaries the first is used. LensDistortionCoefficients
    there are those of the depth XMP, from the photo to the pinhole picture; the lookup tables, which AVFoundation
    names the other way round, are ignored. Of the file that `extract --metadata` writes its calibration is used.
    """
    if len(data) > MAX_JSON_BYTES:
        raise MalformedError(f"the calibration has {len(data)} bytes; at most {MAX_JSON_BYTES} are read")
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise MalformedError("the calibration is not JSON") from error
    if isinstance(content, list) and content:
        content = content[0]
    if isinstance(content, dict) and "extract" in content and "calibration" in content:
        content = content["calibration"]
        if content is None:
            raise MalformedError("the photo that this map was extracted from stated no camera")
    if not isinstance(content, dict):
        raise MalformedError("the calibration is not a JSON object")
    try:
        if "fov_x" in content and "fov_y" in content:
            return _parse_field_of_view(content)
        if "fx" in content or "schema" in content:
            return _parse_own_schema(content)
        return _parse_avfoundation(content)
    except UsageError as error:
        raise MalformedError(error.message) from error


def _parse_own_schema(content: Mapping[str, Any]) -> Calibration:
    content = {
        ALIASES[name] if name in ALIASES and ALIASES[name] not in content else name: value
        for name, value in content.items()
    }
    schema = content.get("schema", SCHEMA)
    if schema != SCHEMA:
        raise MalformedError(f"the calibration's schema is {str(schema)[:40]!r}, not {SCHEMA}")
    for name in REQUIRED:
        if name not in content:
            other = next((alias for alias in ALIASES if ALIASES[alias] == name), None)
            raise MalformedError(f"the calibration lacks {name}{f', or {other}' if other else ''}")
    unknown = sorted(set(content) - set(REQUIRED) - set(OPTIONAL))
    if unknown:
        raise MalformedError(f"the calibration has {unknown[0][:40]!r}, which is not a known key")
    fx, fy, cx, cy = (_number(content, name) for name in REQUIRED[:4])
    center = _numbers(content, "lens_distortion_center") if "lens_distortion_center" in content else None
    if center is not None and len(center) != 2:
        raise MalformedError("the calibration's lens_distortion_center is not two numbers, x and y")
    extrinsic = IDENTITY_EXTRINSIC
    if "extrinsic_matrix" in content:
        extrinsic = _numbers(content, "extrinsic_matrix")
    width, height = (_side(_number(content, f"reference_{name}")) for name in ("width", "height"))
    stated = "pixel_size_mm" in content
    pixel_mm = _number(content, "pixel_size_mm") if stated else usual_pixel_mm(width, height)
    return Calibration(
        intrinsic_matrix=((fx, 0.0, cx), (0.0, fy, cy), (0.0, 0.0, 1.0)),
        reference_width_px=width,
        reference_height_px=height,
        extrinsic_matrix=extrinsic,
        pixel_size_mm=pixel_mm,
        lens_distortion_coefficients=_numbers(content, "lens_distortion_coefficients", ()),
        inverse_lens_distortion_coefficients=_numbers(content, "inverse_lens_distortion_coefficients", ()),
        lens_distortion_center_px=center and (center[0], center[1]),
    )


def _parse_field_of_view(content: Mapping[str, Any]) -> Calibration:
    """Parse MoGe's fov.json: full angles in degrees across and down, of a pinhole with square pixels.

    It does not state the frame's size: the two angles give its shape, and `scaled` does the rest.
    """
    across, down = (_number(content, name) for name in ("fov_x", "fov_y"))
    if not all(FOV_DEGREES[0] <= angle <= FOV_DEGREES[1] for angle in (across, down)):
        raise MalformedError(
            f"the field of view is {across:g} by {down:g} degrees; each must be between"
            f" {FOV_DEGREES[0]:g} and {FOV_DEGREES[1]:g}"
        )
    half_x, half_y = (math.tan(math.radians(angle) / 2) for angle in (across, down))
    height = round(FOV_FRAME_PX * half_y / half_x)
    return Calibration.pinhole(FOV_FRAME_PX / 2 / half_x, FOV_FRAME_PX, max(1, height))


def _parse_avfoundation(content: Mapping[str, Any]) -> Calibration:
    """Parse AVCameraCalibrationData by its property names, or by those of ImageIO's depth metadata."""
    fields = _join_rows({re.sub(r"[\s_]", "", str(name)).lower(): value for name, value in content.items()})
    if "intrinsicmatrix" not in fields:
        raise MalformedError("the calibration has neither fx, fy, cx, cy nor an intrinsicMatrix")
    fx, fy, cx, cy = _intrinsics(_numbers(fields, "intrinsicmatrix"))
    width, height = _reference(fields)
    x_scale, y_scale = _matrix_scale(fields, cx, cy, width, height)
    center = None
    if "lensdistortioncenter" in fields:
        center = _numbers(fields, "lensdistortioncenter")
    elif "lensdistortioncenteroffsetx" in fields and "lensdistortioncenteroffsety" in fields:
        center = tuple(_number(fields, f"lensdistortioncenteroffset{axis}") for axis in "xy")
    if center is not None and len(center) != 2:
        raise MalformedError("the calibration's lensDistortionCenter is not two numbers, x and y")
    if "pixelsize" not in fields:
        raise MalformedError("the calibration lacks pixelSize, in millimetres")
    return Calibration(
        intrinsic_matrix=(
            (fx * x_scale, 0.0, cx * x_scale),
            (0.0, fy * y_scale, cy * y_scale),
            (0.0, 0.0, 1.0),
        ),
        reference_width_px=width,
        reference_height_px=height,
        extrinsic_matrix=_extrinsic(fields.get("extrinsicmatrix")),
        pixel_size_mm=_number(fields, "pixelsize"),
        lens_distortion_coefficients=_numbers(fields, "lensdistortioncoefficients", ()),
        inverse_lens_distortion_coefficients=_numbers(fields, "inverselensdistortioncoefficients", ()),
        lens_distortion_center_px=center and (center[0], center[1]),
    )


def _join_rows(fields: dict[str, Any]) -> dict[str, Any]:
    """Join matrices that are stored by rows, as "IntrinsicMatrix.0" (in_zeiss11pro_DepthMetadata.json)."""
    joined = dict(fields)
    for name in ("intrinsicmatrix", "extrinsicmatrix"):
        rows = [fields[f"{name}.{i}"] for i in range(4) if f"{name}.{i}" in fields]
        if rows:
            joined.setdefault(name, rows)
    return joined


def _intrinsics(numbers: tuple[float, ...]) -> tuple[float, float, float, float]:
    """Return fx, fy, cx, cy of nine numbers, by columns as Apple stores them or by rows: the zeros decide."""
    if len(numbers) != 9:
        raise MalformedError(f"the calibration's intrinsicMatrix has {len(numbers)} numbers, not 9")
    if numbers[2] == numbers[5] == 0:
        return numbers[0], numbers[4], numbers[6], numbers[7]
    if numbers[6] == numbers[7] == 0:
        return numbers[0], numbers[4], numbers[2], numbers[5]
    raise MalformedError("the calibration's intrinsicMatrix has its zeros in the wrong places")


def _reference(fields: Mapping[str, Any]) -> tuple[int, int]:
    """Return width and height of the reference frame."""
    if "intrinsicmatrixreferencedimensions" in fields:
        numbers = _numbers(fields, "intrinsicmatrixreferencedimensions")
        if len(numbers) != 2:
            raise MalformedError("the calibration's intrinsicMatrixReferenceDimensions are not two numbers")
        return _side(numbers[0]), _side(numbers[1])
    names = ("intrinsicmatrixreferencewidth", "intrinsicmatrixreferenceheight")
    if not all(name in fields for name in names):
        raise MalformedError("the calibration lacks intrinsicMatrixReferenceDimensions")
    width, height = (_side(_number(fields, name)) for name in names)
    return width, height


def _matrix_scale(
    fields: Mapping[str, Any], cx: float, cy: float, width: int, height: int
) -> tuple[float, float]:
    """Return the factors that bring the matrix into the reference frame: 1, unless it was scaled to a map.

    AVFoundation does not mark scaled calibrations: in_zeiss11pro_DepthMetadata.json has a principal point of
    321.6, 239.5 and reference dimensions of 4032 by 3024, and its map is 640 by 480. Distortion centre and pixel
    size are still of the reference frame there. A principal point far from the middle of the reference frame and
    near the middle of the map identifies them.
    """
    if _is_central(cx, width) and _is_central(cy, height):
        return 1.0, 1.0
    if "width" in fields and "height" in fields:
        map_width, map_height = _side(_number(fields, "width")), _side(_number(fields, "height"))
        if _is_central(cx, map_width) and _is_central(cy, map_height):
            return width / map_width, height / map_height
    raise MalformedError(
        f"the calibration's principal point {cx:g}, {cy:g} is not near the middle of its reference frame"
        f" of {width} by {height}; give the matrix for that frame"
    )


def _is_central(position: float, side: int) -> bool:
    return CENTRAL[0] * side <= position <= CENTRAL[1] * side


def _extrinsic(value: Any) -> tuple[float, ...]:
    """Return twelve numbers by columns, from twelve numbers, four columns of three, or three rows of four."""
    if value is None:
        return IDENTITY_EXTRINSIC
    rows = [_flat(row, "extrinsicMatrix") for row in value] if isinstance(value, list) else []
    if [len(row) for row in rows] == [4, 4, 4]:
        return tuple(row[column] for column in range(4) for row in rows)
    return _flat(value, "extrinsicMatrix")


def _numbers(
    content: Mapping[str, Any], name: str, missing: tuple[float, ...] | None = None
) -> tuple[float, ...]:
    if name not in content and missing is not None:
        return missing
    return _flat(content[name], name)


def _number(content: Mapping[str, Any], name: str) -> float:
    numbers = _flat(content[name], name)
    if len(numbers) != 1:
        raise MalformedError(f"the calibration's {name} is not one number")
    return numbers[0]


def _side(number: float) -> int:
    if not (number == round(number) and 1 <= number < 1 << 31):
        raise MalformedError(f"the calibration's reference frame has a side of {number:g} pixels")
    return round(number)


def _flat(value: Any, name: str, nesting: int = 0) -> tuple[float, ...]:
    """Return all numbers in a value: a number, a list of lists, {"x", "y"}, or a text like "(1.0, 2.0)"."""
    if nesting > MAX_NESTING:
        raise MalformedError(f"the calibration's {name} nests more than {MAX_NESTING} lists")
    if isinstance(value, str):
        return tuple(_finite(text, name) for text in _NUMBER.findall(value[: 32 * MAX_NUMBERS]))
    if isinstance(value, (list, tuple)):
        if len(value) > MAX_NUMBERS:
            raise MalformedError(f"the calibration's {name} has {len(value)} values")
        return tuple(number for item in value for number in _flat(item, name, nesting + 1))
    if isinstance(value, dict):
        by_name = {str(key).lower(): item for key, item in value.items()}
        pair = next((pair for pair in (("x", "y"), ("width", "height")) if set(pair) <= set(by_name)), None)
        if pair is None:
            raise MalformedError(f"the calibration's {name} is an object without x, y or width, height")
        return tuple(number for key in pair for number in _flat(by_name[key], name, nesting + 1))
    return (_finite(value, name),)


def _finite(value: Any, name: str) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise MalformedError(f"the calibration's {name} holds a value that is not a finite number")
    return number
