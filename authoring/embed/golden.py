"""Golden files: what embedding must give, as text that a person can review.

Knows: how a case (photo, pre-coded depth payload, range) becomes a text dump. Must not know: paths, printing.

Cases use payloads coded once and kept, so that no encoder version matters: a difference is always ours.
"""

from __future__ import annotations

import difflib
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Literal

import numpy as np

from authoring import containers
from authoring.codecs import hevc
from authoring.codecs.maps.pillow import first_line
from authoring.containers import heif
from authoring.containers.base import ContainerName
from authoring.depth.buffer import PixelFormat
from authoring.depth.stored_plane import StoredPlane, buffer_from_plane
from authoring.embed.encode import CodedPlane
from authoring.embed.options import EmbedOptions
from authoring.embed.reports import EditedPhoto
from authoring.embed.steps import CodedDepth, splice
from authoring.embed.steps import check as check_result
from authoring.embed.strip import strip
from authoring.embed.target import open_target
from authoring.errors import MalformedError, UsageError
from authoring.maps.notes import Notes
from authoring.read import depth_image

SCHEMA = "depthauthor/golden/1"

Reader = Callable[[str], bytes]
"""Gives the bytes of a file of the golden folder, named by its path in there; UsageError where it is not there."""


@dataclass(frozen=True, slots=True)
class Case:
    """One golden: photo, coded depth and profile, what must come out, and how far depth may be from the truth."""

    name: str
    photo: str
    payload: str
    profile: Literal["portrait", "data"]
    pixel_format: PixelFormat
    float_min: float
    float_max: float
    truth: str
    """NPY with the exact depth of the upright photo in metres, at the size of the payload."""
    tolerance: float
    """Largest difference of the depth read back from the truth, in 1/m or m as the format says."""
    sha256: str
    """Of the file that comes out."""
    command: str
    """The command line that does the same with this program's own encoder."""

    @property
    def expected(self) -> str:
        """The text file that holds what must come out."""
        return f"expected/{self.name}.txt"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a case gave, and how that differs from what was expected (empty: not at all)."""

    case: Case
    text: str
    sha256: str
    error: float
    difference: str


def cases(manifest: bytes) -> list[Case]:
    """Read `cases.json`. Raises MalformedError where it is not what the schema says."""
    try:
        told = json.loads(manifest)
        if told["schema"] != SCHEMA:
            raise ValueError(f"schema is {told['schema']!r}")
        return [Case(**{**one, "pixel_format": PixelFormat(one["pixel_format"])}) for one in told["cases"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise MalformedError(f"the golden manifest does not read ({first_line(error)!a})") from error


def build_manifest(listed: list[Case]) -> bytes:
    """Twin of `cases`."""
    told = [{**asdict(one), "pixel_format": one.pixel_format.value} for one in listed]
    return (json.dumps({"schema": SCHEMA, "cases": told}, indent=1) + "\n").encode()


def check(manifest: bytes, read: Reader) -> Iterator[Verdict]:
    """Author every case, read it back, and compare with what is expected; nothing is written."""
    for case in cases(manifest):
        data, text, error = render(case, read)
        try:
            expected = read(case.expected).decode("utf-8")
        except UsageError:
            expected = ""
        difference = "".join(
            difflib.unified_diff(
                expected.splitlines(keepends=True),
                text.splitlines(keepends=True),
                f"{case.expected} (expected)",
                f"{case.name} (now)",
            )
        )
        digest = hashlib.sha256(data).hexdigest()
        if digest != case.sha256:
            difference += (
                f"{case.name}: the file's SHA-256 is {digest}, expected {case.sha256 or 'none yet'}\n"
            )
        if not error <= case.tolerance:
            difference += f"{case.name}: depth is {error:g} off, the tolerance is {case.tolerance:g}\n"
        yield Verdict(case, text, digest, error, difference)


def render(case: Case, read: Reader) -> tuple[bytes, str, float]:
    """A case's file, its text, and how far the depth read back is from the truth.

    The text has the edits made, the rules' verdict, the structure of the result, and the depth's properties.
    """
    photo = read(case.photo)
    layout = containers.parse(photo).layout
    coded = _payload(layout.container, read(case.payload))
    plane = StoredPlane(coded.decoded, case.float_min, case.float_max, case.pixel_format)
    buffer = buffer_from_plane(replace(plane, pixel_format=case.pixel_format.single), filtered=True)
    options = EmbedOptions(profile=case.profile)
    target = open_target(photo, options)
    depth = CodedDepth(buffer, plane, coded, Notes(), "given")
    spliced = splice(target, depth, options, "golden")
    edited = EditedPhoto(photo, spliced.edits, check_result(target, spliced, depth))
    data, report = edited.data, edited.report

    reading = depth_image.read_depth(containers.parse(data).layout)
    truth = np.load(io.BytesIO(read(case.truth)), allow_pickle=False).astype(np.float64)
    shown = reading.buffer().samples
    stride = truth.shape[0] // shown.shape[0]
    truth = truth[::stride, ::stride]
    error = float(np.abs(shown - (truth if case.pixel_format.kind == "depth" else 1 / truth)).max())
    lines = [
        f"photo {case.photo}: {layout.container} {layout.width}x{layout.height}",
        f"command {case.command}",
        "",
        "edits",
        *(f"  [{one.start}, {one.stop}) {one.reason}" for one in report.touched),
        "",
        "reads back",
        f"  codes equal       {np.array_equal(reading.plane.codes, plane.codes)}",
        f"  range             {reading.plane.float_min!r} to {reading.plane.float_max!r}",
        f"  format            {reading.plane.pixel_format.value}",
        f"  orientation       {int(reading.orientation)}",
        f"  expected level    {report.level}",
        f"  restore gives photo {strip(data, restore=True).data == photo}",
        "",
        "structure",
        *(f"  {line}".rstrip() for line in containers.parse(data).dump().splitlines()),
        "",
        "depth XMP",
        *(f"  {line}".rstrip() for line in (reading.found.xmp or b"").decode("utf-8").splitlines()),
    ]
    return data, "\n".join(lines) + "\n", error


def _payload(container: ContainerName, data: bytes) -> CodedPlane:
    """Read a kept payload: for JPEG the gray JPEG itself, for HEIC a one-image HEIC file."""
    if container == "jpeg":
        frame = containers.parse(data).layout
        width, height, payload, configuration = frame.width, frame.height, data, b""
    else:
        image = heif.single_image(data)
        width, height, payload = image.width, image.height, image.payload
        configuration = hevc.finish_configuration(image.configuration, width, height)
    decoded = depth_image.decode_plane(container, width, height, payload, configuration)
    return CodedPlane(container, width, height, payload, configuration, decoded, 0)
