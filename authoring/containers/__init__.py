"""Parse photos in JPEG (with an MP index) and HEIF: find, splice and remove images without decoding anything."""

from __future__ import annotations

from authoring.containers.base import ContainerFile
from authoring.errors import MalformedError, UnsupportedError

_OTHER_FORMATS = (
    (b"GIF8", "GIF"),
    (b"II*\0", "TIFF or raw"),
    (b"MM\0*", "TIFF or raw"),
    (b"BM", "BMP"),
    (b"%PDF", "PDF"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
)


def is_png(data: bytes) -> bool:
    """Whether the bytes begin as a PNG does; a PNG can become a HEIC or JPEG but hold no Apple depth."""
    return data.startswith(b"\x89PNG\r\n\x1a\n")


def parse(data: bytes) -> ContainerFile:
    """Parse a JPEG or HEIC photo, recognised by its first bytes, never by a name.

    Raises MalformedError for damage or for anything that is not an image, UnsupportedError for other image formats.
    """
    if data.startswith(b"\xff\xd8"):
        from authoring.containers import jpeg

        return jpeg.parse(data)
    if data[4:8] == b"ftyp":
        from authoring.containers import heif

        return heif.parse(data)
    if not data:
        raise MalformedError("the file is empty")
    name = _other_format(data)
    if name:
        raise UnsupportedError(f"this is a {name} file; depth goes into JPEG and HEIC photos")
    raise MalformedError("this is not a JPEG or HEIC photo: its first bytes match neither")


def _other_format(data: bytes) -> str | None:
    """Return the name of a known image format other than JPEG and HEIC."""
    if is_png(data):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    return next((name for magic, name in _OTHER_FORMATS if data.startswith(magic)), None)
