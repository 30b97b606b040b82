"""Extract: the depth of a photo in metres or 1/m, as a map file or as Apple's dictionary."""

from __future__ import annotations

import json
import math
import numbers
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from authoring import containers
from authoring.apple.depth_properties import build_tree
from authoring.apple.dictionary import AuxiliaryData
from authoring.apple.property_table import APPLE_DEPTH_DATA_VERSION
from authoring.apple.provenance import read_provenance
from authoring.codecs.maps import formats
from authoring.depth.buffer import DepthBuffer
from authoring.depth.calibration_json import build_calibration_json
from authoring.depth.plane_error import native_rounding
from authoring.errors import UsageError, about
from authoring.read.depth_image import DepthReading, RasterName, read_depth, tolerance_codes
from authoring.read.inspect import inspect
from authoring.report_base import Report, json_text

Kind = Literal["depth", "disparity"]


@dataclass(frozen=True, slots=True, repr=False)
class ExtractReport(Report):
    """What `extract` wrote."""

    _shown = ("output", "kind", "minimum", "maximum", "unit")

    kind: str
    unit: str
    width: int
    height: int
    minimum: float | None
    maximum: float | None
    """None where no pixel has a finite value."""
    orientation: str
    native_format: str
    holes: int
    """Pixels without a distance: their stored value is below 0. They are NaN, or what the format has for holes."""
    infinite: int
    """Pixels that are infinite: depth where the disparity is 0, disparity where the depth is 0."""
    notes: tuple[str, ...] = field(default=())
    file: str | None = None
    output: str | None = None
    schema: str = "depthauthor/extract/1"


def read(photo: bytes, min_confidence: float | None = None) -> DepthReading:
    """Read the depth of a JPEG, HEIC or DNG photo; min_confidence: see `read_depth`.

    Raises UnsupportedError if there is none or it has no scale, MalformedError if it is damaged.
    """
    with about("photo"):
        return read_depth(containers.parse(photo), checked_confidence(min_confidence))


def checked_confidence(min_confidence: float | None) -> float | None:
    """Return a share of full confidence. Raises UsageError unless it is 0 to 1."""
    if min_confidence is not None and not isinstance(min_confidence, numbers.Real):
        raise UsageError(f"min_confidence is {min_confidence!r}, which is not a number")
    if min_confidence is not None and not 0 <= min_confidence <= 1:
        raise UsageError(f"min_confidence is {min_confidence:g}; it can be 0 to 1")
    return min_confidence


def extract(photo: bytes, raster: RasterName = "display", min_confidence: float | None = None) -> DepthBuffer:
    """Return the depth of a photo (H, W) as float32, upright unless `raster` is "stored"."""
    return read(photo, min_confidence).buffer(raster)


def extract_file(
    photo: bytes,
    format: formats.MapFormat,
    kind: Kind = "depth",
    raster: RasterName = "display",
    min_confidence: float | None = None,
) -> tuple[bytes, ExtractReport]:
    """Return the depth of a photo as a map file: NPY, NPZ, PFM, OpenEXR, float TIFF, or 16-bit PNG with its scale.

    kind: metres, or 1/m, which the file then says itself; NPY and PFM cannot, see `formats.marked_name`.
    """
    if kind not in ("depth", "disparity"):
        raise UsageError(f"a map holds depth or disparity, not {kind!r}")
    reading = read(photo, min_confidence)
    buffer = reading.buffer(raster)
    values = buffer.depth_m() if kind == "depth" else buffer.disparity_per_m()
    finite = np.isfinite(values)
    count = int(np.count_nonzero(finite))
    holes = int(np.count_nonzero(np.isnan(values)))
    infinite = values.size - count - holes
    notes = [*reading.notes]
    if infinite and kind == "depth":
        notes.append(f"{infinite} {'pixel lies' if infinite == 1 else 'pixels lie'} at infinity")
    elif infinite:
        notes.append(f"{infinite} {'pixel' if infinite == 1 else 'pixels'} at 0 m: the disparity is infinite")
    if holes:
        notes.append(
            f"{holes} {'pixel has' if holes == 1 else 'pixels have'} no distance, since "
            + (
                "the stored value is below 0"
                if reading.holes is None
                else "nothing certain was measured there"
            )
        )
    if buffer.estimate is not None:
        notes.append(buffer.estimate.by.sentence)
    elif buffer.accuracy == "relative":
        notes.append("Accuracy is relative: distances are in proportion, their scale is not guaranteed")
    data = formats.write_map(values, kind, format, buffer.estimate.to_text() if buffer.estimate else "")
    report = ExtractReport(
        kind=kind,
        unit="m" if kind == "depth" else "1/m",
        width=values.shape[1],
        height=values.shape[0],
        minimum=float(values.min(where=finite, initial=np.inf)) if count else None,
        maximum=float(values.max(where=finite, initial=-np.inf)) if count else None,
        orientation=raster,
        native_format=reading.plane.pixel_format.value,
        holes=holes,
        infinite=infinite,
        notes=tuple(notes),
    )
    return data, report


def metadata_json(photo: bytes, report: ExtractReport) -> bytes:
    """Return the JSON file that accompanies a map file: the report, the properties of photo and depth, the camera.

    The camera follows the calibration schema and is oriented like the map, so that `--calibration` accepts the whole
    file; null if the photo states none.
    """
    raster: RasterName = "stored" if report.orientation == "stored" else "display"
    camera = read(photo).buffer(raster).calibration
    inspected = inspect(photo).to_dict()
    depth = {
        name: value for name, value in inspected["depth"].items() if name not in ("calibration", "rendering")
    }
    metadata = {
        "extract": report.to_dict(),
        "photo": inspected["photo"],
        "depth": depth,
        "calibration": json.loads(build_calibration_json(camera)) if camera is not None else None,
    }
    return (json_text(metadata, indent=2) + "\n").encode()


def to_dictionary(photo: bytes) -> AuxiliaryData:
    """Return the auxiliary data dictionary of a photo's depth, as ImageIO would give it.

    Samples are in the native format (float16 for hdis and hdep) and in the photo's stored raster.
    """
    return dictionary_of(read(photo))


def dictionary_of(reading: DepthReading) -> AuxiliaryData:
    """Return the auxiliary data dictionary of depth that was read; see `to_dictionary`."""
    native = reading.plane.pixel_format
    samples = reading.buffer("stored").converted(native).samples
    height, width = samples.shape
    tree = reading.tree
    if reading.foreign is not None:
        # Apple's frameworks take what the samples are from the XMP, which another maker's file has not.
        plane = reading.plane
        properties = replace(
            reading.properties,
            native_format=native.fourcc,
            float_min=plane.float_min,
            float_max=plane.float_max,
            int_min=0,
            int_max=plane.top_code,
            depth_data_version=APPLE_DEPTH_DATA_VERSION,
        )
        tree = build_tree(properties)
    return AuxiliaryData.packed(native.fourcc, width, height, samples.tobytes(), tree)


def dictionary_bound(reading: DepthReading) -> float | None:
    """Return how far the dictionary's samples may be from the map that was embedded, in the unit of the format.

    The bound of `embed`, that is half a quantisation step and the codec's tolerance in steps, and the rounding to
    the native format, which the photo itself does not have. None for depth that this program did not write, and
    where values are beyond the format.
    """
    if read_provenance(reading.tree) is None:
        return None
    bound = reading.plane.step * (0.5 + tolerance_codes(reading.container)) + native_rounding(reading.plane)
    return bound if math.isfinite(bound) else None
