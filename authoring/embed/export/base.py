"""Define what goes into a format's writer and what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from authoring.containers.edits import EditList
from authoring.containers.jpeg import JpegFile
from authoring.depth.calibration import Calibration
from authoring.depth.orientation import Orientation
from authoring.depth.stored_plane import StoredPlane


@dataclass(frozen=True, slots=True, eq=False)
class Exported:
    """A photo that takes depth, and the depth in its stored raster."""

    file: JpegFile
    """The photo, without a depth map of Apple's."""
    plane: StoredPlane
    metres: bool
    """Whether the distances are metres, not only in proportion."""
    orientation: Orientation
    calibration: Calibration | None
    """In pixels of the photo's stored raster."""
    confidence: NDArray[Any] | None = None
    """Codes (H, W) of another maker's confidence map: the highest is full."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a format's writer did."""

    edits: EditList
    """Over the photo of `Exported`."""
    format: str
    """The format's word for how codes follow the distance; empty if it has none."""
    near: float | None
    far: float | None
    units: str | None
    """As the file states them; None if it states none."""
    coding: str
    """Of the map: png or jpeg."""
    worst: int
    """Codes by which the coded map is off at most; 0 is exact."""
    not_carried: tuple[str, ...]
    """What the photo says of its depth and the format does not."""
    notes: tuple[str, ...] = ()
    companion: bytes = b""
    """A second file: the map beside the photo."""
