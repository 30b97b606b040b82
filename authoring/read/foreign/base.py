"""Describe a depth map of another maker as its file states it, before anything is decoded. Imports no numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from authoring.depth.calibration import Calibration
from authoring.read.near_far import CodeRange

Source = Literal["gdepth", "dynamic-depth", "xdm", "samsung", "huawei"]

NAMES: dict[Source, str] = {
    "gdepth": "GDepth",
    "dynamic-depth": "Dynamic Depth",
    "xdm": "XDM",
    "samsung": "Samsung",
    "huawei": "Huawei",
}
"""How people call the formats."""


@dataclass(frozen=True, slots=True)
class CodedMap:
    """The coded codes of a map: a picture file, or bytes row by row."""

    data: bytes
    coding: Literal["png", "jpeg", "raw"]
    """raw: one byte a sample."""
    width: int
    height: int


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
    calibration: Calibration | None = None
    """In the map's own raster."""
    confidence: CodedMap | None = None
    """A confidence map: 0 is none, the highest code full."""
    unblurred: bytes | None = None
    """The photo without its blur: a whole JPEG."""
    blurred: bool = False
    """Whether the photo's own pixels have the blur."""
    notes: tuple[str, ...] = ()
    """What is left open; one sentence each."""
