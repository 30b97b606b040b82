"""Run each operation on a damaged file and check its promise: on bytes, on files and by the command line."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np

from authoring import containers
from authoring.api import photo_files
from authoring.cli.main import run
from authoring.compatibility.doctor import diagnose
from authoring.compatibility.verify import verify
from authoring.embed.embed_options import EmbedOptions
from authoring.embed.portrait import PortraitOptions
from authoring.embed.steps import copy, embed
from authoring.embed.strip import strip
from authoring.errors import DepthauthorError
from authoring.maps.load import parse_map_source
from authoring.read.extract import extract, extract_file, to_dictionary
from authoring.read.inspect import inspect
from authoring.views.report import row_of
from fuzz import seeds
from fuzz.parsers import promise
from tests.containers import jpeg_files

SCHEMAS = Path(__file__).parents[1] / "schemas"

EXIT_CODES = (0, 1, 2, 3, 4, 5, 6)
"""The documented exit codes; any other is a fault of the program."""


@cache
def schema(name: str) -> Any:
    """Return the validator of one kind of machine-readable output."""
    return jsonschema.Draft202012Validator(json.loads((SCHEMAS / f"{name}.schema.json").read_text()))


def check_report(report: Any, name: str) -> None:
    """Check that a report is JSON and valid by its schema."""
    text = json.dumps(report.to_dict(), allow_nan=False)
    error = next(schema(name).iter_errors(json.loads(text)), None)
    promise(error is None, f"the report breaks its schema: {error.message[:200] if error else ''}")


def inspecting(data: bytes) -> None:
    """Run `inspect`."""
    check_report(inspect(data), "inspect")


def extracting(data: bytes) -> None:
    """Run `extract` for both kinds and rasters, and `dictionary`."""
    buffer = extract(data)
    promise(buffer.samples.ndim == 2 and buffer.samples.size > 0, "an empty map was extracted")
    for kind in ("depth", "disparity"):
        written, report = extract_file(data, "npy", kind, "stored")
        shape = np.load(io.BytesIO(written)).shape
        promise(shape == (report.height, report.width), "the map does not have the reported size")
    to_dictionary(data)


def verifying(data: bytes) -> None:
    """Run `verify`, alone and against an original."""
    check_report(verify(data), "verify")
    verify(data, original=seeds.heif()[0] if data[4:8] == b"ftyp" else seeds.jpeg()[0])


def verifying_original(data: bytes) -> None:
    """Run `verify --photo` with a damaged original."""
    photo = seeds.heif_with_depth()[0] if data[4:8] == b"ftyp" else seeds.jpeg_with_depth()[0]
    verify(photo, original=data)


def doctoring(data: bytes) -> None:
    """Run `doctor`."""
    check_report(diagnose(data), "doctor")


def reporting(data: bytes) -> None:
    """Make a row of `report`, with its pictures."""
    row, _ = row_of(data)
    check_report(row, "report")


def embedding(data: bytes) -> None:
    """Run `embed` on a damaged photo; `verify --photo` must then find the photo in the result."""
    result = restorable(data)
    proof = verify(result, original=data).photo
    promise(proof is not None and proof.identical, "verify does not find the photo in the result of embed")


def restorable(data: bytes) -> bytes:
    """Run `embed`; `strip --restore` must then give the damaged photo back, byte for byte."""
    image = seeds.map_for(data)
    options = EmbedOptions(effort="fast", portrait=PortraitOptions(focus=(0.4, 0.6)))
    result = embed(data, image, options).data
    back = strip(result, restore=True).data
    promise(back == data, "strip --restore does not give the photo back")
    return result


def embedding_map(data: bytes) -> None:
    """Run `embed` with a damaged map, of any kind."""
    source = parse_map_source(data)
    embed(seeds.heif()[0], source, EmbedOptions(near=0.5, far=8, effort="fast"))


def transcoding(data: bytes) -> None:
    """Run `embed` into the other container, which decodes the damaged photo."""
    other = "jpeg" if data[4:8] == b"ftyp" else "heic"
    embed(data, seeds.map_for(data), EmbedOptions(effort="fast", container=other))  # type: ignore[arg-type]


def photo_of(packet: bytes, *, depth: bool) -> bytes:
    """Build a JPEG with this packet as its depth map's XMP, or as the photo's own beside a valid depth map."""
    plain, gray = jpeg_files.coded(), jpeg_files.gray()
    prefix = jpeg_files.XMP
    if len(packet) > 60_000:
        packet = b""
    depth_xmp = packet if depth else seeds.packets()[-2]
    image = jpeg_files.after_jfif(gray, jpeg_files.segment(0xE1, prefix + depth_xmp))
    photo = plain if depth else jpeg_files.after_jfif(plain, jpeg_files.segment(0xE1, prefix + packet))
    return jpeg_files.multi(photo, [image])


def depth_packet(data: bytes) -> None:
    """Run every operation that reads on a valid photo whose depth map has this packet."""
    photo = photo_of(data, depth=True)
    for operation in (inspecting, extracting, verifying, doctoring, stripping, restoring):
        with contextlib.suppress(DepthauthorError):
            operation(photo)
    copy(photo, jpeg_files.coded(), EmbedOptions(effort="fast"))


def photo_packet(data: bytes) -> None:
    """Run `inspect`, `doctor` and `embed` on a valid photo with this packet of its own."""
    photo = photo_of(data, depth=False)
    for operation in (inspecting, doctoring):
        with contextlib.suppress(DepthauthorError):
            operation(photo)
    with contextlib.suppress(DepthauthorError):
        embedding(
            jpeg_files.after_jfif(
                jpeg_files.coded(), jpeg_files.segment(0xE1, jpeg_files.XMP + data[:60_000])
            )
        )


def photo_exif(data: bytes) -> None:
    """Run `inspect`, `doctor` and `embed` on a valid photo with this Exif block."""
    photo = jpeg_files.after_jfif(jpeg_files.coded(), jpeg_files.segment(0xE1, b"Exif\0\0" + data[:60_000]))
    for operation in (inspecting, doctoring):
        with contextlib.suppress(DepthauthorError):
            operation(photo)
    # Not `embedding`: verify rightly reports a directory that overlaps a pointer, since it changes with it.
    restorable(photo)


def stripping(data: bytes) -> None:
    """Run `strip`; the result must hold no depth."""
    result = strip(data).data
    with contextlib.suppress(DepthauthorError):
        strip(result)
        promise(False, "a stripped photo still holds depth")


def restoring(data: bytes) -> None:
    """Run `strip --restore`."""
    containers.parse(strip(data, restore=True).data)


def copying(data: bytes) -> None:
    """Run `copy` from a damaged photo."""
    photo = seeds.heif()[0] if data[4:8] == b"ftyp" else seeds.jpeg()[0]
    copy(data, photo, EmbedOptions(effort="fast"))


def donating(data: bytes) -> None:
    """Run `embed --donor` with a damaged portrait."""
    options = EmbedOptions(effort="fast", portrait=PortraitOptions(donor=data))
    embed(seeds.heif()[0], seeds.depth_map(), options)


def on_files(data: bytes) -> None:
    """Run `strip` on files: the output is whole or not there, nothing else is left, the input is unchanged."""
    with tempfile.TemporaryDirectory() as folder:
        photo, output = Path(folder) / "photo", Path(folder) / "output.heic"
        photo.write_bytes(data)
        output = output if data[4:8] == b"ftyp" else output.with_suffix(".jpg")
        try:
            photo_files.strip(photo, output=output)
        except DepthauthorError:
            promise(_names(folder) == ["photo"], "an error left a file behind")
        else:
            promise(_names(folder) == [output.name, "photo"], "more was written than the output")
            containers.parse(output.read_bytes())
        promise(photo.read_bytes() == data, "the input was changed")


def _names(folder: str) -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


def commanding(data: bytes) -> None:
    """Run the command line: a documented exit code, and one sentence for an error."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo"
        path.write_bytes(data)
        for words in (["inspect"], ["inspect", "--json"], ["verify", "--json"], ["doctor"]):
            out, err = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = run([*words, str(path)])
            promise(code in EXIT_CODES, f"{words[0]} ended with {code}: {err.getvalue()[:200]}")
            message = err.getvalue().strip()
            promise(
                code < 2 or "\n" not in message, f"{words[0]} printed more than a sentence: {message[:200]!r}"
            )
            if "--json" in words and code < 2:
                json.loads(out.getvalue(), parse_constant=no_number)


def no_number(name: str) -> None:
    """Break a promise: NaN and infinities are not JSON."""
    promise(False, f"{name} is not JSON")
