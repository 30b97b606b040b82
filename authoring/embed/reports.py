"""What an operation gives that makes a photo, and what embedding tells.

Knows: the names of the machine-readable output, which are a contract. Must not know: how anything was done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from authoring.containers.base import ContainerName
from authoring.containers.edits import EditList, Touched

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
