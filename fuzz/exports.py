"""Fuzz `export` from damaged photos with depth, and `strip` of damaged exports."""

from __future__ import annotations

import contextlib
from functools import cache

from authoring import containers
from authoring.containers import jpeg
from authoring.embed.export.photo_export import ExportFormat, export
from authoring.embed.strip import restoration, strip
from authoring.errors import DepthauthorError
from authoring.read.layout import depth_images, photo_orientation
from fuzz import seeds
from fuzz.parsers import promise

FORMATS: tuple[ExportFormat, ...] = ("gdepth", "dynamic-depth")


@cache
def exported() -> list[bytes]:
    """Return photos that `export` wrote, of each format, and one with both."""
    found = []
    for photo in seeds.jpeg_with_depth()[:6]:
        for format in FORMATS:
            with contextlib.suppress(DepthauthorError):
                found.append(export(photo, format).photo.data)
    both = next(photo for photo in found if b"ExportedGDepth" in photo)
    return [*found, export(both, "dynamic-depth").photo.data]


def exporting(data: bytes) -> None:
    """Run `export` in each format; `strip` must give the photo without depth back, unless that is damaged."""
    file = containers.parse(data)
    for format in FORMATS:
        with contextlib.suppress(DepthauthorError):
            result = export(data, format).photo.data
            again = strip(result).data
            before = restoration(file).edits.apply(data) if depth_images(file.layout) else data
            exact = file.layout.container == "jpeg" and not file.layout.extended_xmp
            # An MP index that cannot be read is rebuilt, and stays so.
            if exact and not jpeg.parse(before).structure.index_fault:
                promise(again == before, f"strip does not give back the photo before export as {format}")
    export(data, "pair")


def stripping(data: bytes) -> None:
    """Run `strip` on a damaged export: the photo's size and turn stay, and nothing of an export is left."""
    file = containers.parse(data)
    result = strip(data).data
    after = containers.parse(result).layout
    before = file.layout
    promise((after.width, after.height) == (before.width, before.height), "the photo's size changed")
    promise(photo_orientation(after) == photo_orientation(before), "the photo's turn changed")
    with contextlib.suppress(DepthauthorError):
        strip(result)
        promise(False, "a stripped export still holds depth that strip takes out")
