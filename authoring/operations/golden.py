"""Golden files: what embedding must give, as text that a person can review.

Knows: how a case (photo, pre-coded depth payload, range) becomes a text dump. Must not know: paths, printing.

Cases use payloads coded once and kept, so that no encoder version matters: a difference is always ours.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from authoring import containers
from authoring.apple import properties
from authoring.containers import ContainerName
from authoring.depth import PixelFormat, StoredPlane
from authoring.errors import MalformedError
from authoring.operations import auxiliary
from authoring.operations.auxiliary import EncodedPlane

SCHEMA = "depthauthor/golden/1"

Reader = Callable[[str], bytes]
"""Gives the bytes of a file of the golden folder, named by its path in there."""


@dataclass(frozen=True, slots=True)
class Case:
    """One golden: the photo, the payload spliced into it, and the scale the payload's codes stand for."""

    name: str
    photo: str
    payload: str
    pixel_format: PixelFormat
    float_min: float
    float_max: float

    @property
    def expected(self) -> str:
        """The text file that holds what must come out."""
        return f"expected/{self.name}.txt"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a case gave: the text, and how it differs from the one expected (empty: not at all)."""

    case: Case
    text: str
    difference: str


def cases(manifest: bytes) -> list[Case]:
    """Read `cases.json`. Raises MalformedError where it is not what the schema says."""
    try:
        told = json.loads(manifest)
        if told["schema"] != SCHEMA:
            raise ValueError(f"schema is {told['schema']!r}")
        return [_case(one) for one in told["cases"]]
    except (ValueError, KeyError, TypeError) as error:
        raise MalformedError(f"the golden manifest does not read ({error})") from error


def _case(told: dict[str, Any]) -> Case:
    return Case(
        name=str(told["name"]),
        photo=str(told["photo"]),
        payload=str(told["payload"]),
        pixel_format=PixelFormat(told["pixel_format"]),
        float_min=float(told["float_min"]),
        float_max=float(told["float_max"]),
    )


def check(manifest: bytes, read: Reader) -> Iterator[Verdict]:
    """Author every case and compare it with the text expected; nothing is written."""
    for case in cases(manifest):
        text = render(case, read)
        try:
            expected = read(case.expected).decode("utf-8")
        except FileNotFoundError:
            expected = ""
        difference = "".join(
            difflib.unified_diff(
                expected.splitlines(keepends=True),
                text.splitlines(keepends=True),
                f"{case.expected} (expected)",
                f"{case.name} (now)",
            )
        )
        yield Verdict(case, text, difference)


def render(case: Case, read: Reader) -> str:
    """The text of a case: edits made, structure of the result, properties, and that it reads back."""
    photo = read(case.photo)
    file = containers.parse(photo)
    layout = file.layout
    encoded = _payload(layout.container, read(case.payload))
    plane = StoredPlane(encoded.decoded, case.float_min, case.float_max, case.pixel_format)
    told = properties.data_profile(
        native_format=case.pixel_format.fourcc, float_min=case.float_min, float_max=case.float_max
    )
    mark = properties.Provenance("golden", file.undo_record())
    tree = properties.with_provenance(properties.tree_of(told), mark)
    coded = auxiliary.coded_auxiliary(layout.container, plane, encoded, tree)
    edits = file.splice(coded)
    result = edits.apply(photo)

    again = containers.parse(result)
    reading = auxiliary.read_depth(again.layout)
    stripped = again.remove([reading.found.identifier], file.undo_record()).apply(result)
    lines = [
        f"photo {case.photo}: {layout.container} {layout.width}x{layout.height}",
        "",
        "edits",
        *(f"  [{one.start}, {one.stop}) {one.reason}" for one in edits.touched),
        "",
        "reads back",
        f"  codes equal       {np.array_equal(reading.plane.codes, plane.codes)}",
        f"  range             {reading.plane.float_min!r} to {reading.plane.float_max!r}",
        f"  format            {reading.plane.pixel_format.value}",
        f"  orientation       {int(reading.orientation)}",
        f"  strip gives photo {stripped == photo}",
        "",
        "structure",
        *(f"  {line}".rstrip() for line in again.dump().splitlines()),
        "",
        "depth XMP",
        *(f"  {line}".rstrip() for line in coded.xmp.decode("utf-8").splitlines()),
    ]
    return "\n".join(lines) + "\n"


def _payload(container: ContainerName, data: bytes) -> EncodedPlane:
    """A kept payload: for JPEG the gray JPEG itself, for HEIC a one-image HEIC file."""
    if container == "jpeg":
        frame = containers.parse(data).layout
        return EncodedPlane(container, frame.width, frame.height, data, b"", 0)
    from authoring.codecs import hevc
    from authoring.containers import heif

    image = heif.single_image(data)
    configuration = hevc.finish_configuration(image.configuration, image.width, image.height)
    return EncodedPlane(container, image.width, image.height, image.payload, configuration, 0)
