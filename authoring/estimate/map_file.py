"""Write an estimate as a map file that says what it holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from authoring.codecs.maps.formats import MapFormat, write_map
from authoring.depth.buffer import DepthBuffer
from authoring.depth.raster import fitted_size, resampled
from authoring.errors import UsageError
from authoring.estimated_by import Scale
from authoring.maps.load import NOT_MEASURED
from authoring.report_base import Report


@dataclass(frozen=True, slots=True, repr=False)
class EstimateReport(Report):
    """What `estimate` wrote."""

    _shown = ("output", "model", "minimum", "maximum", "unit")

    kind: str
    unit: str
    width: int
    height: int
    minimum: float | None
    maximum: float | None
    """None where no sample is finite."""
    model: str
    model_version: str
    network_width: int
    network_height: int
    """Of what the network itself gave."""
    scale: Scale | None
    """Where the metres come from; none of them is measured."""
    focal_px: float | None
    """Focal length in pixels of the map, where the network estimates it."""
    notes: tuple[str, ...] = field(default=())
    file: str | None = None
    output: str | None = None
    schema: str = "depthauthor/estimate/1"


def write_estimate(
    buffer: DepthBuffer, format: MapFormat, kind: Literal["depth", "disparity"], max_size: int | None
) -> tuple[bytes, EstimateReport]:
    """Return an estimate as a map file, in metres or 1/m, and the report of it.

    max_size: the long side in samples; None keeps the photo's size.
    """
    if kind not in ("depth", "disparity"):
        raise UsageError(f"a map holds depth or disparity, not {kind!r}")
    origin = buffer.estimate
    assert origin is not None and origin.size is not None
    photo_width = buffer.width
    if max_size is not None and max_size < max(buffer.width, buffer.height):
        buffer = resampled(buffer, *fitted_size(buffer.width, buffer.height, max_size))
    values = buffer.depth_m() if kind == "depth" else buffer.disparity_per_m()
    finite = values[np.isfinite(values)]
    notes = []
    if origin.scale == "assumed":
        notes.append(f"the network has no scale, so its values are spread over these metres, {NOT_MEASURED}")
    elif origin.scale == "network":
        notes.append("the metres are the network's own, not measured")
    focal_px = None
    if buffer.calibration is not None:
        focal_px = buffer.calibration.intrinsic_matrix[0][0] * buffer.width / photo_width
    report = EstimateReport(
        kind=kind,
        unit="m" if kind == "depth" else "1/m",
        width=buffer.width,
        height=buffer.height,
        minimum=float(finite.min()) if finite.size else None,
        maximum=float(finite.max()) if finite.size else None,
        model=origin.model,
        model_version=origin.version,
        network_width=origin.size[0],
        network_height=origin.size[1],
        scale=origin.scale,
        focal_px=focal_px,
        notes=tuple(notes),
    )
    return write_map(values, kind, format, origin.to_text()), report
