"""Compare what embedding gives with the reviewed text dumps of this folder.

The cases use depth payloads that were encoded once and kept, so that the version of an encoder does not matter. Those
of DNG are codes: their lossless coder is our own and gives the same bytes everywhere.
"""

from __future__ import annotations

import difflib
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from authoring import containers
from authoring.codecs import hevc, jpeg
from authoring.containers import heif
from authoring.containers.base import ContainerName
from authoring.depth.buffer import PixelFormat
from authoring.depth.stored_plane import StoredPlane, buffer_from_plane
from authoring.embed.coded_depth import CodedDepth
from authoring.embed.embed_options import EmbedOptions
from authoring.embed.encode import CodedPlane, encode_plane
from authoring.embed.reports import EditedPhoto
from authoring.embed.steps import check as check_result
from authoring.embed.steps import splice
from authoring.embed.strip import strip
from authoring.embed.target import open_target
from authoring.maps.notes import Notes
from authoring.read import depth_image

SCHEMA = "depthauthor/golden/1"

MANIFEST = "cases.json"


@dataclass(frozen=True, slots=True)
class Case:
    """A photo, an encoded depth payload and a profile; the expected result and the largest depth error."""

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
    """Largest difference between the depth read back and the truth, in the unit of `pixel_format` (1/m or m)."""
    sha256: str
    """Digest of the resulting file."""
    command: str
    """The command line that does the same with the encoder at hand."""

    @property
    def expected(self) -> str:
        """Return the path of the expected text in the golden folder."""
        return f"expected/{self.name}.txt"


@dataclass(frozen=True, slots=True)
class CaseResult:
    """The text, digest and depth error of a case, and how they differ from what is expected (empty: equal)."""

    case: Case
    text: str
    sha256: str
    error: float
    difference: str


def parse_manifest(manifest: bytes) -> list[Case]:
    """Parse `cases.json`."""
    values = json.loads(manifest)
    if values["schema"] != SCHEMA:
        raise ValueError(f"the schema of {MANIFEST} is {values['schema']!r}, not {SCHEMA!r}")
    return [Case(**{**case, "pixel_format": PixelFormat(case["pixel_format"])}) for case in values["cases"]]


def build_manifest(cases: list[Case]) -> bytes:
    """Build `cases.json`."""
    values = [{**asdict(case), "pixel_format": case.pixel_format.value} for case in cases]
    return (json.dumps({"schema": SCHEMA, "cases": values}, indent=1) + "\n").encode()


def check(folder: Path) -> Iterator[CaseResult]:
    """Embed every case of a golden folder, read it back and compare it with what is expected."""
    for case in parse_manifest((folder / MANIFEST).read_bytes()):
        data, text, error = render(case, folder)
        path = folder / case.expected
        expected = path.read_text(encoding="utf-8") if path.exists() else ""
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
            difference += f"{case.name}: the SHA-256 is {digest}, expected {case.sha256 or 'none yet'}\n"
        if not error <= case.tolerance:
            difference += f"{case.name}: the depth error is {error:g}, the tolerance {case.tolerance:g}\n"
        yield CaseResult(case, text, digest, error, difference)


def update(folder: Path, results: list[CaseResult]) -> None:
    """Write the texts that differ, and the manifest with the new digests."""
    for result in results:
        if result.difference:
            path = folder / result.case.expected
            path.parent.mkdir(exist_ok=True)
            path.write_text(result.text, encoding="utf-8")
    cases = [replace(result.case, sha256=result.sha256) for result in results]
    (folder / MANIFEST).write_bytes(build_manifest(cases))


def render(case: Case, folder: Path) -> tuple[bytes, str, float]:
    """Return the file of a case, its text, and the largest difference between the depth read back and the truth.

    The text has the edits, the level, the structure of the result, and the depth XMP.
    """
    photo = (folder / case.photo).read_bytes()
    layout = containers.parse(photo).layout
    payload = (folder / case.payload).read_bytes()
    if layout.container == "dng":
        codes = np.asarray(Image.open(io.BytesIO(payload)))
        plane = StoredPlane(codes, case.float_min, case.float_max, case.pixel_format)
        coded = encode_plane("dng", plane, order=layout.byte_order)
    else:
        coded = _coded_plane(layout.container, payload)
    plane = StoredPlane(coded.decoded, case.float_min, case.float_max, case.pixel_format)
    buffer = buffer_from_plane(replace(plane, pixel_format=case.pixel_format.single), filtered=True)
    options = EmbedOptions(profile=case.profile)
    target = open_target(photo, options)
    depth = CodedDepth(buffer, plane, coded, Notes(), "given", "the golden scene")
    spliced = splice(target, depth, options, "golden")
    edited = EditedPhoto(photo, spliced.edits, check_result(target, spliced, depth, options))
    data, report = edited.data, edited.report

    reading = depth_image.read_depth(containers.parse(data))
    truth = np.load(folder / case.truth, allow_pickle=False).astype(np.float64)
    samples = reading.buffer().samples
    stride = truth.shape[0] // samples.shape[0]
    truth = truth[::stride, ::stride]
    error = float(np.abs(samples - (truth if case.pixel_format.kind == "depth" else 1 / truth)).max())
    lines = [
        f"photo {case.photo}: {layout.container} {layout.width}x{layout.height}",
        f"command {case.command}",
        "",
        "edits",
        *(f"  [{edit.start}, {edit.stop}) {edit.reason}" for edit in report.touched),
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
        *(f"  {line}".rstrip() for line in (reading.auxiliary.xmp or b"").decode("utf-8").splitlines()),
    ]
    return data, "\n".join(lines) + "\n", error


def _coded_plane(container: ContainerName, data: bytes) -> CodedPlane:
    """Read a kept payload: for JPEG the gray JPEG itself, for HEIC the image of a HEIC file."""
    if container == "jpeg":
        frame = containers.parse(data).layout
        width, height, payload, configuration = frame.width, frame.height, data, b""
    else:
        image = heif.single_image(data)
        width, height, payload = image.width, image.height, image.payload
        configuration = hevc.finish_configuration(image.configuration, width, height)
    decoded = (
        jpeg.decode_gray(payload)
        if container == "jpeg"
        else depth_image.decode_item(width, height, payload, configuration)
    )
    return CodedPlane(container, width, height, payload, configuration, decoded, 0)
