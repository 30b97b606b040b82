"""A calibration as JSON: our own schema, and dictionaries like AVCameraCalibrationData's as apps dump them.

Knows: names, shapes and orders of numbers. Must not know: files, what a photo is.

The numbers are those of the photo's stored raster, or of a frame of the same shape; `Calibration.scaled` and
`oriented` bring them there.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from authoring.depth.calibration import IDENTITY_EXTRINSIC, Calibration
from authoring.errors import MalformedError, UsageError

SCHEMA = "depthauthor/calibration/1"

MAX_JSON_BYTES = 16 << 20
"""A recording of some minutes with its lookup tables; a calibration itself has less than 1 kB."""

MAX_NUMBERS = 64
"""Of one value; a lookup table has 42, and none is needed here."""

MAX_NESTING = 3
"""Lists within lists; a matrix has two."""

REQUIRED = ("fx", "fy", "cx", "cy", "reference_width", "reference_height", "pixel_size_mm")
OPTIONAL = (
    "schema",
    "extrinsic_matrix",
    "lens_distortion_coefficients",
    "inverse_lens_distortion_coefficients",
    "lens_distortion_center",
)

FOV_FRAME_PX = 4096
"""Width of the frame made for a calibration that states angles alone: as wide as a phone's, so rounding is small."""

FOV_DEGREES = (0.1, 179.0)
"""Angles that are believed: a lens of 20 m sees 0.1 degrees on 36 mm of film; at 180 a pinhole's frame has no end."""

CENTRAL = (0.25, 0.75)
"""Share of a frame that its principal point is believed in; in all samples it is within 2 % of the middle."""

_NUMBER = re.compile(r"[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?")


def build_calibration_json(calibration: Calibration) -> bytes:
    """The calibration in our schema, UTF-8, ending with a line feed; the same calibration gives the same bytes."""
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
    """Read a calibration. Raises MalformedError, naming the key, for what is none.

    In our schema a name that is not known is an error: a misspelt optional one would be lost in silence. In an
    AVCameraCalibrationData-like dictionary other keys are passed over; names may be in either spelling
    (intrinsicMatrix, IntrinsicMatrix, intrinsic_matrix), a list of dictionaries counts by its first. What
    `extract --metadata` wrote beside a map counts by its calibration.
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
        raise MalformedError("the calibration is no JSON object")
    try:
        if "fov_x" in content and "fov_y" in content:
            return _parse_field_of_view(content)
        return _parse_ours(content) if "fx" in content or "schema" in content else _parse_apples(content)
    except UsageError as error:
        raise MalformedError(error.message) from error


def _parse_ours(content: Mapping[str, Any]) -> Calibration:
    schema = content.get("schema", SCHEMA)
    if schema != SCHEMA:
        raise MalformedError(f"the calibration's schema is {str(schema)[:40]!r}, not {SCHEMA}")
    for name in REQUIRED:
        if name not in content:
            raise MalformedError(f"the calibration lacks {name}")
    unknown = sorted(set(content) - set(REQUIRED) - set(OPTIONAL))
    if unknown:
        raise MalformedError(f"the calibration has {unknown[0][:40]!r}, which its schema does not know")
    fx, fy, cx, cy = (_one(content, name) for name in REQUIRED[:4])
    center = _numbers(content, "lens_distortion_center") if "lens_distortion_center" in content else None
    if center is not None and len(center) != 2:
        raise MalformedError("the calibration's lens_distortion_center is not two numbers, x and y")
    extrinsic = IDENTITY_EXTRINSIC
    if "extrinsic_matrix" in content:
        extrinsic = _numbers(content, "extrinsic_matrix")
    return Calibration(
        intrinsic_matrix=((fx, 0.0, cx), (0.0, fy, cy), (0.0, 0.0, 1.0)),
        reference_width_px=_side(_one(content, "reference_width")),
        reference_height_px=_side(_one(content, "reference_height")),
        extrinsic_matrix=extrinsic,
        pixel_size_mm=_one(content, "pixel_size_mm"),
        lens_distortion_coefficients=_numbers(content, "lens_distortion_coefficients", ()),
        inverse_lens_distortion_coefficients=_numbers(content, "inverse_lens_distortion_coefficients", ()),
        lens_distortion_center_px=center and (center[0], center[1]),
    )


def _parse_field_of_view(content: Mapping[str, Any]) -> Calibration:
    """MoGe's fov.json: whole angles in degrees across and down, of a pinhole with square pixels.

    The frame's size is not in it, and needs not be: the two angles give its shape, and `scaled` does the rest.
    """
    across, down = (_one(content, name) for name in ("fov_x", "fov_y"))
    if not all(FOV_DEGREES[0] <= angle <= FOV_DEGREES[1] for angle in (across, down)):
        raise MalformedError(
            f"the field of view is {across:g} by {down:g} degrees; each lies between 0 and 180,"
            f" and {FOV_DEGREES[0]:g} to {FOV_DEGREES[1]:g} are read"
        )
    half_x, half_y = (math.tan(math.radians(angle) / 2) for angle in (across, down))
    height = round(FOV_FRAME_PX * half_y / half_x)
    focal = FOV_FRAME_PX / 2 / half_x
    return Calibration(
        intrinsic_matrix=((focal, 0.0, FOV_FRAME_PX / 2), (0.0, focal, height / 2), (0.0, 0.0, 1.0)),
        reference_width_px=FOV_FRAME_PX,
        reference_height_px=max(1, height),
    )


def _parse_apples(content: Mapping[str, Any]) -> Calibration:
    """AVCameraCalibrationData by its property names, or the names of ImageIO's depth metadata."""
    told = _joined_rows({re.sub(r"[\s_]", "", str(name)).lower(): value for name, value in content.items()})
    if "intrinsicmatrix" not in told:
        raise MalformedError("the calibration has neither fx, fy, cx, cy nor an intrinsicMatrix")
    fx, fy, cx, cy = _pinhole(_numbers(told, "intrinsicmatrix"))
    width, height = _reference(told)
    x_scale, y_scale = _matrix_scale(told, cx, cy, width, height)
    center = None
    if "lensdistortioncenter" in told:
        center = _numbers(told, "lensdistortioncenter")
    elif "lensdistortioncenteroffsetx" in told and "lensdistortioncenteroffsety" in told:
        center = tuple(_one(told, f"lensdistortioncenteroffset{axis}") for axis in "xy")
    if center is not None and len(center) != 2:
        raise MalformedError("the calibration's lensDistortionCenter is not two numbers, x and y")
    if "pixelsize" not in told:
        raise MalformedError("the calibration lacks pixelSize, in millimetres")
    return Calibration(
        intrinsic_matrix=(
            (fx * x_scale, 0.0, cx * x_scale),
            (0.0, fy * y_scale, cy * y_scale),
            (0.0, 0.0, 1.0),
        ),
        reference_width_px=width,
        reference_height_px=height,
        extrinsic_matrix=_extrinsic(told.get("extrinsicmatrix")),
        pixel_size_mm=_one(told, "pixelsize"),
        lens_distortion_coefficients=_numbers(told, "lensdistortioncoefficients", ()),
        inverse_lens_distortion_coefficients=_numbers(told, "inverselensdistortioncoefficients", ()),
        lens_distortion_center_px=center and (center[0], center[1]),
    )


def _joined_rows(told: dict[str, Any]) -> dict[str, Any]:
    """Matrices that were dumped line by line, as "IntrinsicMatrix.0", joined (in_zeiss11pro_DepthMetadata.json)."""
    for name in ("intrinsicmatrix", "extrinsicmatrix"):
        lines = [told[f"{name}.{i}"] for i in range(4) if f"{name}.{i}" in told]
        if lines and name not in told:
            told[name] = lines
    return told


def _pinhole(numbers: tuple[float, ...]) -> tuple[float, float, float, float]:
    """fx, fy, cx, cy of nine numbers, by columns as Apple has them or by rows: the zeros tell."""
    if len(numbers) != 9:
        raise MalformedError(f"the calibration's intrinsicMatrix has {len(numbers)} numbers, not 9")
    if numbers[2] == numbers[5] == 0:
        return numbers[0], numbers[4], numbers[6], numbers[7]
    if numbers[6] == numbers[7] == 0:
        return numbers[0], numbers[4], numbers[2], numbers[5]
    raise MalformedError("the calibration's intrinsicMatrix has its zeros where none belong")


def _reference(told: Mapping[str, Any]) -> tuple[int, int]:
    """Width and height of the reference frame."""
    if "intrinsicmatrixreferencedimensions" in told:
        numbers = _numbers(told, "intrinsicmatrixreferencedimensions")
        if len(numbers) != 2:
            raise MalformedError("the calibration's intrinsicMatrixReferenceDimensions are not two numbers")
        return _side(numbers[0]), _side(numbers[1])
    names = ("intrinsicmatrixreferencewidth", "intrinsicmatrixreferenceheight")
    if not all(name in told for name in names):
        raise MalformedError("the calibration lacks intrinsicMatrixReferenceDimensions")
    width, height = (_side(_one(told, name)) for name in names)
    return width, height


def _matrix_scale(
    told: Mapping[str, Any], cx: float, cy: float, width: int, height: int
) -> tuple[float, float]:
    """What brings the matrix into the reference frame: 1, unless it was scaled to the map that it came with.

    AVFoundation's scaled calibrations say so nowhere: in_zeiss11pro_DepthMetadata.json has a principal point of
    321.6, 239.5 beside reference dimensions of 4032 by 3024, and its map is 640 by 480. Distortion centre and
    pixel size are still of the reference frame there. A principal point far from the middle of the reference
    frame, and near the middle of the map, gives it away.
    """
    if _is_central(cx, width) and _is_central(cy, height):
        return 1.0, 1.0
    if "width" in told and "height" in told:
        map_width, map_height = _side(_one(told, "width")), _side(_one(told, "height"))
        if _is_central(cx, map_width) and _is_central(cy, map_height):
            return width / map_width, height / map_height
    raise MalformedError(
        f"the calibration's principal point {cx:g}, {cy:g} is nowhere near the middle of its reference frame"
        f" of {width} by {height}; give the matrix for that frame"
    )


def _is_central(place: float, side: int) -> bool:
    return CENTRAL[0] * side <= place <= CENTRAL[1] * side


def _extrinsic(value: Any) -> tuple[float, ...]:
    """Twelve numbers by columns, from as many, four columns of three, or three rows of four."""
    if value is None:
        return IDENTITY_EXTRINSIC
    lines = [_flat(line, "extrinsicMatrix") for line in value] if isinstance(value, list) else []
    if [len(line) for line in lines] == [4, 4, 4]:
        return tuple(line[column] for column in range(4) for line in lines)
    return _flat(value, "extrinsicMatrix")


def _numbers(
    content: Mapping[str, Any], name: str, missing: tuple[float, ...] | None = None
) -> tuple[float, ...]:
    if name not in content and missing is not None:
        return missing
    return _flat(content[name], name)


def _one(content: Mapping[str, Any], name: str) -> float:
    numbers = _flat(content[name], name)
    if len(numbers) != 1:
        raise MalformedError(f"the calibration's {name} is not one number")
    return numbers[0]


def _side(number: float) -> int:
    if not (number == round(number) and 1 <= number < 1 << 31):
        raise MalformedError(f"the calibration's reference frame has a side of {number:g} pixels")
    return round(number)


def _flat(value: Any, name: str, nesting: int = 0) -> tuple[float, ...]:
    """All numbers in a value, in order: a number, a list of lists, {"x", "y"}, or a text like "(1.0, 2.0)"."""
    if nesting > MAX_NESTING:
        raise MalformedError(f"the calibration's {name} nests more than {MAX_NESTING} lists")
    if isinstance(value, str):
        texts = _NUMBER.findall(value[: 32 * MAX_NUMBERS])
        found = [_finite(text, name) for text in texts]
    elif isinstance(value, (list, tuple)):
        if len(value) > MAX_NUMBERS:
            raise MalformedError(f"the calibration's {name} has {len(value)} values")
        found = [number for one in value for number in _flat(one, name, nesting + 1)]
    elif isinstance(value, dict):
        by_name = {str(key).lower(): one for key, one in value.items()}
        pair = next((pair for pair in (("x", "y"), ("width", "height")) if set(pair) <= set(by_name)), None)
        if pair is None:
            raise MalformedError(f"the calibration's {name} is an object without x, y or width, height")
        found = [number for key in pair for number in _flat(by_name[key], name, nesting + 1)]
    else:
        found = [_finite(value, name)]
    return tuple(found)


def _finite(value: Any, name: str) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise MalformedError(f"the calibration's {name} holds something that is no finite number")
    return number
