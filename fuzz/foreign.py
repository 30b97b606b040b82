"""Fuzz depth of other makers: the whole file, its XMP, and each operation that takes such a photo."""

from __future__ import annotations

import contextlib
from functools import cache

import numpy as np

from authoring import containers
from authoring.embed.embed_options import EmbedOptions
from authoring.embed.portrait import PortraitOptions
from authoring.embed.steps import copy
from authoring.errors import DepthauthorError
from authoring.read.depth_image import read_depth
from authoring.read.extract import extract_file
from authoring.read.foreign.dynamic_depth import directory, locate
from authoring.read.foreign.find import FINDERS
from authoring.read.foreign.google_xmp import photo_properties
from authoring.read.inspect import inspect
from fuzz.parsers import promise
from tests.foreign import files
from tests.foreign.files import DynamicDepth, coded, codes, photo

CONFIDENCE = np.full(files.SIZE[::-1], 200, np.uint8)


@cache
def in_xmp() -> list[bytes]:
    """Return photos whose maps are in the XMP."""
    return [
        files.gdepth(
            photo(), coded(codes()), confidence=coded(CONFIDENCE), unblurred=photo(tone=9), focus=True
        ),
        files.gdepth(
            photo(orientation=6), coded(codes(), "JPEG"), format="RangeLinear", units="mm", extended=False
        ),
        files.xdm(photo(), coded(codes(top=65535)), coded(codes(60, 60)), reliability=coded(CONFIDENCE)),
    ]


@cache
def in_trailers() -> list[bytes]:
    """Return photos whose maps follow the photo in blocks of their own."""
    return [
        files.samsung_dual(photo(), codes(), unblurred=photo(tone=9)),
        files.samsung_dual(photo(), codes(), version=2, tail=b"QDIO" + bytes(20) + b"QDIOBS"),
        files.samsung_single(photo(), codes()),
        files.huawei(photo(orientation=6), codes(), turn=0x13, unblurred=photo(tone=9)),
    ]


@cache
def with_directory() -> list[bytes]:
    """Return Dynamic Depth photos."""
    gain = coded(codes(24, 16), "JPEG")
    return [
        DynamicDepth(original=photo(tone=9), focal_table="mpmZPgAAAAAAAABBAABAQQ").build(),
        DynamicDepth(extended=False, padding=8, elements=True).build(),
        DynamicDepth(between=gain, tail=files.MP4, confidence=b"").build(),
    ]


@cache
def every() -> list[bytes]:
    """Return photos of all makers."""
    return [*in_xmp(), *with_directory(), *in_trailers()]


@cache
def packets() -> list[bytes]:
    """Return the XMP packets of such photos, standard or extended."""
    found = []
    for data in (*in_xmp(), *with_directory()):
        layout = containers.parse(data).layout
        found.append(layout.extended_xmp or layout.xmp or b"")
    return found


def reading(data: bytes) -> None:
    """Ask every finder, decode what it found, and list the media of a directory."""
    file = containers.parse(data)
    if file.layout.container != "jpeg":
        return
    for finder in FINDERS:
        with contextlib.suppress(DepthauthorError):
            found = finder(file)
            promise(found is None or found.coded.width * found.coded.height > 0, "a map has no samples")
    with contextlib.suppress(DepthauthorError):
        media = directory(photo_properties(file.layout))
        for medium in locate(data, file.layout.primary_stop, media).values():
            promise(0 < len(medium) < len(data), "a medium is not in the file")
    buffer = read_depth(file, 0.5).buffer()
    promise(buffer.samples.ndim == 2 and buffer.samples.size > 0, "an empty map was read")


def packet(data: bytes) -> None:
    """Read a photo with these bytes as its extended XMP, and pictures after it."""
    picture = coded(codes(), "JPEG")
    reading(files.with_packets(photo(), files.packet(""), data) + picture + picture)


def operating(data: bytes) -> None:
    """Inspect, extract, and copy into the photo itself and into another one."""
    inspect(data).to_json()
    extract_file(data, "npy", "depth", "display", 0.5)
    options = EmbedOptions(portrait=PortraitOptions(already_blurred=True), replace=True, encoder_threads=1)
    for target in (data, photo()):
        result = copy(data, target, options)
        promise(
            read_depth(containers.parse(result.data)).foreign is None, "the copy holds no depth of Apple's"
        )
