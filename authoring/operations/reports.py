"""What the operations tell: reports as plain dataclasses, and their JSON form.

Knows: the names of the machine-readable output, which are a contract. Must not know: how anything was done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Generic, Literal, TypeVar

from authoring.containers import ContainerName, EditList, Touched

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
class EmbedReport:
    """What `embed` or `copy` did."""

    container: ContainerName
    reencoded: bool
    native_format: str
    float_min: float
    float_max: float
    map: Size
    max_error: float
    """Largest error of the decoded map against the one asked for, in `unit`; measured."""
    bound: float
    """What it had to stay below: half a quantisation step, and the codec's tolerance in steps on top."""
    unit: str
    max_error_m: ErrorInMetres
    touched: tuple[Touched, ...]
    assumed: tuple[str, ...]
    notes: tuple[str, ...]
    level: str
    """How far Photos is expected to go with it: L1 … L4."""
    verdict: str
    """The same in a sentence, with the ground it stands on."""
    output: str | None = None
    schema: str = "depthauthor/embed/1"


@dataclass(frozen=True, slots=True)
class EditReport:
    """What `strip` did."""

    container: ContainerName
    removed: tuple[str, ...]
    bytes_removed: int
    touched: tuple[Touched, ...]
    notes: tuple[str, ...]
    output: str | None = None
    schema: str = "depthauthor/strip/1"


@dataclass(frozen=True, eq=False)
class Outcome(Generic[ReportT]):
    """A photo as it will be: a source, the edits on it, and what there is to tell."""

    source: bytes
    edits: EditList
    settle: Callable[[], ReportT]
    """Measures what was coded and gives the report, or raises: nothing may be published before it returns."""
    ahead: range = range(0)
    """The bytes of the result that were handed out before the rest was made, and are as they were handed out."""

    @cached_property
    def report(self) -> ReportT:
        """The report; the first use measures."""
        return self.settle()

    @property
    def chunks(self) -> Iterator[bytes | memoryview]:
        """The new photo in pieces, without a copy of what is kept."""
        return self.edits.chunks(self.source)

    @property
    def data(self) -> bytes:
        """The new photo as bytes."""
        return self.edits.apply(self.source)


@dataclass(frozen=True, slots=True)
class AuxiliarySummary:
    """An auxiliary image that is no depth map."""

    type: str
    width: int
    height: int
    bytes: int


@dataclass(frozen=True, slots=True)
class DepthSummary:
    """The depth map, as the file states it."""

    kind: str
    native_format: str | None
    stored_format: str | None
    width: int
    height: int
    float_min: float | None
    float_max: float | None
    accuracy: str | None
    quality: str | None
    filtered: bool | None
    version: int | None
    calibration: dict[str, Any] | None
    simulated_aperture: float | None
    rendering: dict[str, Any] | None
    source: str = "apple"


@dataclass(frozen=True, slots=True)
class PhotoSummary:
    """The photo: size as stored, and the Exif number of how it is turned for display."""

    width: int
    height: int
    orientation: int


@dataclass(frozen=True, slots=True)
class PartSummary:
    """One item or segment, with its size in bytes."""

    identifier: int
    type: str
    role: str
    bytes: int


@dataclass(frozen=True, slots=True)
class InspectReport:
    """What a file holds."""

    container: ContainerName
    photo: PhotoSummary
    depth: DepthSummary | None
    auxiliary: tuple[AuxiliarySummary, ...]
    portrait: dict[str, Any]
    parts: tuple[PartSummary, ...]
    notes: tuple[str, ...]
    file: str | None = None
    schema: str = "depthauthor/inspect/1"


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


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Samples of a map that became no points, each counted once, for the first reason that holds."""

    infinite: int
    """Disparity 0."""
    unknown: int
    """Holes of a map that is not embedded yet."""
    out_of_range: int
    """Nearer or farther than was asked for."""
    edges: int
    """Flying pixels."""


@dataclass(frozen=True, slots=True)
class PointCloudReport:
    """What `pointcloud` wrote."""

    format: Literal["ply", "pcd", "glb"]
    points: int
    triangles: int | None
    """Null for points alone."""
    map_width: int
    map_height: int
    """Of the depth map, upright."""
    axes: Literal["opengl", "opencv"]
    """opengl: x right, y up, z backward. opencv: x right, y down, z forward."""
    unit: str
    absolute: bool
    """Whether the metres hold; else distances are in proportion only."""
    near: float
    far: float
    """Depth of the nearest and of the farthest point along the optical axis."""
    low: tuple[float, float, float]
    high: tuple[float, float, float]
    """The box around all points: its least and its greatest x, y, z."""
    camera: Literal["file", "exif", "nominal", "given"]
    """Where the camera comes from: the depth's own calibration, Exif's focal length, a usual phone's, or the caller."""
    fx: float
    fy: float
    cx: float
    cy: float
    """In pixels of the upright photo, from its top left corner."""
    photo_width: int
    photo_height: int
    """Upright."""
    lens_distortion: Literal["removed", "ignored", "none"]
    """none: none is known."""
    left_out: LeftOut
    notes: tuple[str, ...] = ()
    file: str | None = None
    output: str | None = None
    schema: str = "depthauthor/pointcloud/1"


def as_json(report: Any) -> dict[str, Any]:
    """The report as a JSON object: `schema` first, then the rest in the order declared."""
    values = asdict(report)
    return {"schema": values.pop("schema"), **values}
