"""Describe a depth map of another maker as its file states it, before anything is decoded. Imports no numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from authoring.depth.calibration import Calibration
from authoring.read.near_far import CodeRange

Source = Literal["gdepth", "dynamic-depth", "xdm", "samsung", "huawei"]

NOMINAL_NEAR, NOMINAL_FAR = 0.5, 5.0
"""Metres that the ends of codes without any distance are taken for, even in 1/m: a portrait and its background."""

NO_DISTANCES = (
    f"the file states no distances: its codes are taken for {NOMINAL_NEAR:g} to {NOMINAL_FAR:g} m in even steps of "
    "1/m, in proportion only"
)

NAMES: dict[Source, str] = {
    "gdepth": "GDepth",
    "dynamic-depth": "Dynamic Depth",
    "xdm": "XDM",
    "samsung": "Samsung",
    "huawei": "Huawei",
}
"""How people call the formats."""

DEPTH_NAMES: dict[Source, str] = {
    source: name if name.endswith("Depth") else f"{name} depth" for source, name in NAMES.items()
}
"""How they call a photo's depth."""


@dataclass(frozen=True, slots=True)
class CodedMap:
    """The coded codes of a map: a picture file, or bytes row by row."""

    data: bytes
    coding: Literal["png", "jpeg", "raw"]
    """raw: one byte a sample."""
    width: int
    height: int
    orientation: int | None = None
    """Exif number by which the map itself is turned for display; None if it states none, as the photo is."""


@dataclass(frozen=True, slots=True)
class ForeignDepth:
    """A depth map of another maker."""

    source: Source
    place: str
    """Where it is in the file, such as "XMP GDepth:Data"."""
    coded: CodedMap
    range: CodeRange
    """What the codes stand for, the near end having code 0 unless `near_is_high`."""
    near_is_high: bool = False
    """Whether the highest code is the nearest, as in Apple's disparity."""
    format: str = ""
    """The maker's word for how codes follow the distance, such as RangeInverse."""
    near: float | None = None
    far: float | None = None
    """The distances that the file states, in its own unit."""
    units: str = ""
    """The file's own unit; empty if it states none."""
    upright: bool = False
    """Whether the map is stored as the photo is seen, not in the photo's stored raster."""
    zero_is_hole: bool = False
    """Whether code 0 says that nothing is known."""
    calibration: Calibration | None = None
    """For the photo's stored raster."""
    confidence: CodedMap | None = None
    """A confidence map: 0 is none, the highest code full."""
    unblurred: bytes | None = None
    """The photo without its blur: a whole JPEG."""
    blurred: bool = False
    """Whether the photo's own pixels have the blur."""
    notes: tuple[str, ...] = ()
    """What is left open; one sentence each."""
