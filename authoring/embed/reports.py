"""Define the reports of `embed` and `copy`, and the edited photo that every operation on a photo returns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from authoring.containers.base import ContainerName
from authoring.containers.edits import EditList, Touched
from authoring.depth.estimate_origin import EstimateOrigin
from authoring.report_base import Report

ReportT = TypeVar("ReportT")


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in pixels, as stored."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ErrorInMetres:
    """What an error of the stored plane means in metres, at the nearest and at the farthest value."""

    near_m: float | None
    far_m: float | None


@dataclass(frozen=True, slots=True)
class Focus:
    """The point of the upright photo that Photos focuses on, each 0..1 from the top left."""

    x: float
    y: float
    distance_m: float | None
    """Of the map there; None for infinity."""


@dataclass(frozen=True, slots=True, repr=False)
class EmbedReport(Report):
    """What `embed` or `copy` did."""

    _shown = ("output", "native_format", "level", "possible_level", "max_error", "unit")

    container: ContainerName
    reencoded: bool
    native_format: str
    float_min: float
    float_max: float
    map: Size
    max_error: float
    """Largest error of the decoded map against the fitted one, in `unit`; measured."""
    bound: float
    """Upper limit of `max_error`: half a quantisation step, plus the codec's tolerance in steps."""
    unit: str
    max_error_m: ErrorInMetres
    touched: tuple[Touched, ...]
    warnings: tuple[str, ...]
    """What speaks against the depth as it was understood, and the rules about it that are broken."""
    meaning: str
    """What the map was taken for."""
    focus: Focus | None
    """None where the photo has no Focus region, as with profile "data"."""
    assumed: tuple[str, ...]
    notes: tuple[str, ...]
    level: str
    """How far Photos is expected to go with it, as far as device tests cover: L1 … L4."""
    possible_level: str
    """What the rules allow where untested ones are left out; `level` where none is broken."""
    verdict: str
    """The same in a sentence, with its evidence."""
    reasons: tuple[str, ...]
    """Why it is less than the profile aims at: the first reason, and for a JPEG how to get the tested container."""
    estimate: EstimateOrigin | None = None
    """The network that estimated the map; None for a map that was given."""
    output: str | None = None
    schema: str = "depthauthor/embed/1"


@dataclass(frozen=True, slots=True, eq=False)
class EditedPhoto(Generic[ReportT]):
    """A source photo, the edits on it, and the report; what was written is measured already."""

    source: bytes
    edits: EditList
    report: ReportT

    @property
    def chunks(self) -> Iterator[bytes | memoryview]:
        """The new photo in pieces, without a copy of what is kept."""
        return self.edits.chunks(self.source)

    @property
    def data(self) -> bytes:
        """The new photo as bytes."""
        return self.edits.apply(self.source)
