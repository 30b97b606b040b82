"""List the JSON forms: every `--json` output and every JSON file that is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from authoring.api.kit_files import DeviceResult, KitReport
from authoring.apple.dictionary import AUXILIARY_TYPE, DATA, DATA_DESCRIPTION, DEPTH, DISPARITY, METADATA_XMP
from authoring.apple.portrait_metadata import PortraitMetadata
from authoring.apple.property_table import NATIVE_FORMATS
from authoring.batch.work import BatchResult
from authoring.compatibility.doctor import DoctorReport
from authoring.compatibility.verify import VerifyReport
from authoring.depth import calibration_json
from authoring.embed.export.photo_export import ExportReport
from authoring.embed.reports import EmbedReport
from authoring.embed.strip import StripReport
from authoring.estimate.map_file import EstimateReport
from authoring.read.extract import ExtractReport
from authoring.read.inspect import InspectReport
from authoring.report_base import ErrorReport
from authoring.views.pointcloud import PointCloudReport
from authoring.views.preview import PreviewReport, SheetReport
from authoring.views.refocus import RefocusReport
from authoring.views.report import ReportRow
from authoring.views.viewer import ViewReport
from golden.check import SCHEMA, Case
from schemas.json_schema import DRAFT, Schema, Substitutes, document

BASE = "https://depthauthor.github.io/depthauthor/schemas/"
"""Start of the identifier (`$id`) of each schema."""


@dataclass(frozen=True, slots=True)
class CalibrationSummary:
    """The camera as the depth XMP states it, in pixels of the reference frame."""

    intrinsic_matrix: list[float]
    """Nine numbers by columns: fx 0 0, 0 fy 0, cx cy 1."""
    reference_width: int | None
    reference_height: int | None
    extrinsic_matrix: list[float] | None
    """Twelve numbers by columns, the last three a translation in mm."""
    pixel_size_mm: float | None
    lens_distortion: bool
    """Whether there are coefficients other than zero."""


@dataclass(frozen=True, slots=True)
class RenderingRecord:
    """One number of the rendering parameters."""

    id: int
    type: int
    """1 float32, 2 int32, 3 and 4 uint32."""
    value: float


@dataclass(frozen=True, slots=True)
class RenderingSummary:
    """The rendering parameters (REND)."""

    version: int
    bytes: int
    records: list[RenderingRecord]
    """In the file's order; empty where the version has none or is unknown."""


@dataclass(frozen=True, slots=True)
class DictionaryReport:
    """What `dictionary` wrote."""

    file: str
    output: str
    auxiliary_type: Literal["kCGImageAuxiliaryDataTypeDisparity", "kCGImageAuxiliaryDataTypeDepth"]
    pixel_format: Literal["hdis", "fdis", "hdep", "fdep"]
    width: int
    height: int
    bytes_per_row: int
    properties: int
    """How many XMP properties go with it."""
    unit: Literal["1/m", "m"]
    """Of a sample."""
    bound: float | None
    """How far a sample may be from the map that was embedded, in `unit`: the bound that `embed` states for its usual
    coding, and the rounding to half floats where the format has them. None for depth of another program."""
    schema: str = "depthauthor/dictionary/1"


@dataclass(frozen=True, slots=True)
class GoldenManifest:
    """golden/cases.json: what the container goldens are made of."""

    cases: list[Case]
    schema: str = SCHEMA


SUBSTITUTES: Substitutes = {
    ("InspectReport", "portrait"): PortraitMetadata,
    ("DepthSummary", "calibration"): CalibrationSummary,
    ("DepthSummary", "rendering"): RenderingSummary,
}

FORMS: dict[str, tuple[type, str]] = {
    "batch": (BatchResult, "depthauthor batch, one line a photo"),
    "embed": (EmbedReport, "depthauthor embed and copy --json"),
    "inspect": (InspectReport, "depthauthor inspect --json"),
    "estimate": (EstimateReport, "depthauthor estimate --json"),
    "extract": (ExtractReport, "depthauthor extract --json"),
    "pointcloud": (PointCloudReport, "depthauthor pointcloud --json"),
    "export": (ExportReport, "depthauthor export --json"),
    "strip": (StripReport, "depthauthor strip --json"),
    "verify": (VerifyReport, "depthauthor verify --json"),
    "doctor": (DoctorReport, "depthauthor doctor --json, one line a file"),
    "view": (ViewReport, "depthauthor view --json"),
    "report": (ReportRow, "depthauthor report --json, one line a file"),
    "dictionary": (DictionaryReport, "depthauthor dictionary --json"),
    "preview": (PreviewReport, "depthauthor preview --json"),
    "contact-sheet": (SheetReport, "depthauthor preview --contact-sheet --json"),
    "refocus": (RefocusReport, "depthauthor refocus --json"),
    "kit": (KitReport, "depthauthor kit --json"),
    "error": (ErrorReport, "an error of any command under --json"),
    "device-result": (DeviceResult, "one row of the results form that depthauthor kit writes"),
    "golden-manifest": (GoldenManifest, "golden/cases.json"),
}
"""Name of the schema → the dataclass, and the command or file that has it."""


def documents() -> dict[str, Schema]:
    """Return every JSON Schema by its name."""
    schemas = {name: document(cls, title, SUBSTITUTES) for name, (cls, title) in FORMS.items()}
    schemas["calibration"] = _calibration()
    schemas["dictionary-file"] = _dictionary_file()
    return {name: _with_id(name, schema) for name, schema in sorted(schemas.items())}


def _with_id(name: str, schema: Schema) -> Schema:
    """Return the schema with its identifier after `$schema`."""
    return {"$schema": schema["$schema"], "$id": f"{BASE}{name}.schema.json", **schema}


def _calibration() -> Schema:
    """Return the schema of the calibration file, from the names that its parser knows."""
    number: Schema = {"type": "number"}
    positive: Schema = {"type": "number", "exclusiveMinimum": 0}
    side: Schema = {"type": "integer", "minimum": 1}

    def numbers(*counts: int) -> Schema:
        lists = [{"type": "array", "items": number, "minItems": count, "maxItems": count} for count in counts]
        return lists[0] if len(lists) == 1 else {"anyOf": lists}

    known: dict[str, Any] = {
        "schema": {"const": calibration_json.SCHEMA},
        "fx": {**positive, "description": "Focal length in pixels of the reference frame, across."},
        "fy": {**positive, "description": "The same, down."},
        "cx": {**number, "description": "Principal point from the frame's left edge, in its pixels."},
        "cy": {**number, "description": "Principal point from the frame's top edge."},
        "reference_width": {**side, "description": "The frame, as the photo's pixels lie in the file."},
        "reference_height": side,
        "pixel_size_mm": {**positive, "description": "Side of one pixel of the frame on the sensor."},
        "extrinsic_matrix": {
            **numbers(12),
            "description": "Rotation by columns, then the translation in mm; without it the reference camera.",
        },
        "lens_distortion_coefficients": {
            **numbers(0, 8),
            "description": "From the photo to the pinhole picture: per cent, by even powers of the distance from the "
            "centre in mm. AVFoundation's lensDistortionLookupTable leads the other way.",
        },
        "inverse_lens_distortion_coefficients": {
            **numbers(0, 8),
            "description": "The same from the pinhole picture to the photo.",
        },
        "lens_distortion_center": {**numbers(2), "description": "x, y in pixels of the reference frame."},
    }
    aliases = calibration_json.ALIASES
    known |= {alias: {**side, "description": f"Another name of {name}."} for alias, name in aliases.items()}
    names = (*calibration_json.REQUIRED, *aliases, *calibration_json.OPTIONAL)
    return {
        "$schema": DRAFT,
        "title": "depthauthor embed --calibration FILE.json",
        "description": "A camera, in depthauthor's own form. Dictionaries like AVCameraCalibrationData's are read too.",
        "type": "object",
        "properties": {name: known[name] for name in names},
        "required": [name for name in calibration_json.REQUIRED if name not in aliases.values()],
        "allOf": [
            {"anyOf": [{"required": [alias]}, {"required": [name]}]} for alias, name in aliases.items()
        ],
        "additionalProperties": False,
    }


def _dictionary_file() -> Schema:
    """Return the schema of the auxiliary data dictionary as JSON."""
    data: Schema = {"type": "string", "contentEncoding": "base64"}
    side: Schema = {"type": "integer", "minimum": 1}
    return {
        "$schema": DRAFT,
        "title": "ImageIO's auxiliary data dictionary",
        "description": "What `depthauthor dictionary` writes as a property list; in JSON its data are base64.",
        "type": "object",
        "properties": {
            DATA: {**data, "description": "Samples, little-endian, row by row from the top, in 1/m or m."},
            DATA_DESCRIPTION: {
                "type": "object",
                "properties": {
                    "PixelFormat": {
                        "enum": list(NATIVE_FORMATS),
                        "description": "FourCC hdis, fdis, hdep or fdep.",
                    },
                    "Width": side,
                    "Height": side,
                    "BytesPerRow": side,
                },
                "required": ["PixelFormat", "Width", "Height", "BytesPerRow"],
                "additionalProperties": False,
            },
            AUXILIARY_TYPE: {"enum": [DISPARITY, DEPTH]},
            METADATA_XMP: {
                **data,
                "description": "The depth XMP packet, for CGImageMetadataCreateFromXMPData.",
            },
        },
        "required": [DATA, DATA_DESCRIPTION],
        "additionalProperties": False,
    }
