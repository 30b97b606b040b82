"""From a file given as a map to what `embed` takes: map files, Apple's dictionary, another photo's own depth.

Knows: how each is told from its first bytes. Must not know: paths, what gray levels mean.
"""

from __future__ import annotations

from authoring import containers
from authoring.codecs.maps.formats import read_map
from authoring.errors import DepthauthorError, UnsupportedError, UsageError
from authoring.maps.fit import MapSource
from authoring.read import depth_image
from authoring.read.layout import depth_images

PLIST = (b"bplist00", b"<?xml", b"<plist")
JPEG = b"\xff\xd8"


def source_of_bytes(data: bytes, key: str | None = None, frame: int | None = None) -> MapSource:
    """The map in a file's bytes; a JPEG or HEIC with Apple depth gives that depth, upright.

    key: of an NPZ or OpenEXR file; frame: of a stack. Raises UnsupportedError for a HEIC without depth.
    """
    if data.startswith(PLIST):
        _no_choice(key, frame, "a property list")
        from authoring.apple.dictionary import parse_plist

        return parse_plist(data)
    if data.startswith(b"{"):
        _no_choice(key, frame, "a dictionary in JSON")
        from authoring.apple.dictionary import parse_json

        return parse_json(data)
    if data[4:8] == b"ftyp":
        _no_choice(key, frame, "a photo")
        try:
            return depth_image.read_depth(containers.parse(data, hasty=True).layout).buffer("display")
        except UnsupportedError as error:
            raise UnsupportedError(f"the map is a photo and {error.message}") from error
    if data.startswith(JPEG) and _has_depth(data):
        _no_choice(key, frame, "a photo")
        return depth_image.read_depth(containers.parse(data, hasty=True).layout).buffer("display")
    return read_map(data, key, frame)


def _has_depth(data: bytes) -> bool:
    """Whether a JPEG is a photo with depth; a JPEG our parser stumbles on is left to the map reader."""
    try:
        return bool(depth_images(containers.parse(data, hasty=True).layout))
    except DepthauthorError:
        return False


def _no_choice(key: str | None, frame: int | None, what: str) -> None:
    if key is not None or frame is not None:
        raise UsageError(f"--key and --frame choose within NPZ, NPY and OpenEXR files, and the map is {what}")
