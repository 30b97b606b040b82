"""Extract: the depth of a photo as metres, 1/m or Apple's dictionary.

Knows: how a reading becomes an output file's bytes. Must not know: paths, containers' bytes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from authoring import containers
from authoring.apple.dictionary import AuxiliaryData
from authoring.codecs.maps import formats
from authoring.depth.buffer import DepthBuffer
from authoring.depth.calibration_json import build_calibration_json
from authoring.errors import about
from authoring.read.depth_image import DepthReading, RasterName, read_depth
from authoring.read.inspect import inspect
from authoring.read.report_json import as_json

Kind = Literal["depth", "disparity"]


@dataclass(frozen=True, slots=True)
class ExtractReport:
    """What `extract` wrote."""

    kind: str
    unit: str
    width: int
    height: int
    minimum: float
    maximum: float
    orientation: str
    native_format: str
    notes: tuple[str, ...] = field(default=())
    file: str | None = None
    output: str | None = None
    schema: str = "depthauthor/extract/1"


def read(photo: bytes) -> DepthReading:
    """Read the depth of a JPEG or HEIC photo."""
    with about("photo"):
        return read_depth(containers.parse(photo).layout)


def extract(photo: bytes, raster: RasterName = "display") -> DepthBuffer:
    """The depth of a photo (H, W), float32, upright unless `raster` is "stored"."""
    return read(photo).buffer(raster)


def extract_file(
    photo: bytes, format: formats.MapFormat, kind: Kind | None = None, raster: RasterName = "display"
) -> tuple[bytes, ExtractReport]:
    """The depth of a photo as a map file: NPY, NPZ, PFM, OpenEXR, float TIFF, or 16-bit PNG with its scale.

    kind None gives what the photo holds (disparity nearly always).
    """
    reading = read(photo)
    buffer = reading.buffer(raster)
    wanted: Kind = kind or ("disparity" if buffer.pixel_format.kind == "disparity" else "depth")
    values = buffer.depth_m() if wanted == "depth" else buffer.disparity_per_m()
    finite = values[np.isfinite(values)]
    notes = []
    if finite.size < values.size:
        notes.append(f"{values.size - finite.size} pixels lie at infinity")
    if buffer.accuracy == "relative":
        notes.append("Accuracy is relative: distances are in proportion, their scale is not guaranteed")
    data = formats.write_map(values, wanted, format)
    report = ExtractReport(
        kind=wanted,
        unit="m" if wanted == "depth" else "1/m",
        width=values.shape[1],
        height=values.shape[0],
        minimum=float(finite.min()) if finite.size else float("nan"),
        maximum=float(finite.max()) if finite.size else float("nan"),
        orientation=raster,
        native_format=reading.plane.pixel_format.value,
        notes=tuple(notes),
    )
    return data, report


def metadata_json(photo: bytes, report: ExtractReport) -> bytes:
    """What belongs beside a map file: the report, what photo and depth say of themselves, and the camera.

    The camera is in our calibration schema and lies as the map does, so that `--calibration` takes the whole file;
    null where the photo states none.
    """
    raster: RasterName = "stored" if report.orientation == "stored" else "display"
    camera = read(photo).buffer(raster).calibration
    whole = as_json(inspect(photo))
    told = {
        "extract": as_json(report),
        "photo": whole["photo"],
        "depth": {
            name: value for name, value in whole["depth"].items() if name not in ("calibration", "rendering")
        },
        "calibration": json.loads(build_calibration_json(camera)) if camera is not None else None,
    }
    return (json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def to_dictionary(photo: bytes) -> AuxiliaryData:
    """The auxiliary data dictionary of a photo's depth, as ImageIO would give it.

    Samples are in the native format (float16 for hdis and hdep) in the photo's stored raster.
    """
    reading = read(photo)
    native = reading.plane.pixel_format
    samples = reading.buffer("stored").converted(native).samples
    height, width = samples.shape
    return AuxiliaryData.packed(native.fourcc, width, height, samples.tobytes(), reading.tree)
