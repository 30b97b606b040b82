"""Parse photos in JPEG (with an MP index), HEIF and DNG: find, splice and remove images without decoding anything."""

from __future__ import annotations

from authoring.containers.base import ContainerFile, ContainerName
from authoring.errors import MalformedError, UnsupportedError

_TIFF_HEADERS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""The last two are BigTIFF's."""

_OTHER_FORMATS = (
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"%PDF", "PDF"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
)


def is_png(data: bytes) -> bool:
    """Whether the bytes begin as a PNG does; a PNG can become a HEIC or JPEG but hold no Apple depth."""
    return data.startswith(b"\x89PNG\r\n\x1a\n")


def name_of(head: bytes) -> ContainerName | None:
    """Return the container whose first bytes these are; None for any other file."""
    if head.startswith(b"\xff\xd8"):
        return "jpeg"
    if head[4:8] == b"ftyp":
        return "heic"
    return "dng" if head[:4] in _TIFF_HEADERS else None


def parse(data: bytes) -> ContainerFile:
    """Parse a JPEG, HEIC or DNG photo, recognised by its first bytes, never by a name.

    Raises MalformedError for damage or for anything that is not an image, UnsupportedError for other image formats.
    """
    container = name_of(data)
    if container == "jpeg":
        from authoring.containers import jpeg

        return jpeg.parse(data)
    if container == "heic":
        from authoring.containers import heif

        return heif.parse(data)
    if container == "dng":
        from authoring.containers import dng

        return dng.parse(data)
    if not data:
        raise MalformedError("the file is empty")
    name = _other_format(data)
    if name:
        raise UnsupportedError(f"this is a {name} file; depth goes into JPEG, HEIC and DNG photos")
    raise MalformedError("this is not a JPEG, HEIC or DNG photo: its first bytes match none of them")


def _other_format(data: bytes) -> str | None:
    """Return the name of a known image format other than JPEG, HEIC and DNG."""
    if is_png(data):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    return next((name for magic, name in _OTHER_FORMATS if data.startswith(magic)), None)
