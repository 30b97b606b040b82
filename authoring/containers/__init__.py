"""Where bytes lie in a photo: JPEG with its MP index, HEIF with its items; find, splice and remove.

Knows: containers. Must not know: what depth means, numpy, Pillow, lxml.
"""

from __future__ import annotations

from authoring.containers.base import ContainerFile
from authoring.errors import MalformedError, UnsupportedError

_OTHERS = (
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


def parse(data: bytes, *, hasty: bool = False) -> ContainerFile:
    """Parse a JPEG or HEIC photo, told apart by its first bytes, never by a name.

    hasty: something may be taken for granted that takes time to find out; whoever asks for it must look at
    `assumed` before the result is used up.

    Raises MalformedError for damage or for what is no image, UnsupportedError for other image formats.
    """
    if data.startswith(b"\xff\xd8"):
        from authoring.containers import jpeg

        return jpeg.parse(data, hasty=hasty)
    if data[4:8] == b"ftyp":
        from authoring.containers import heif

        return heif.parse(data)
    if not data:
        raise MalformedError("the file is empty")
    name = "PNG" if is_png(data) else next((name for mark, name in _OTHERS if data.startswith(mark)), None)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        name = "WebP"
    if name:
        raise UnsupportedError(f"this is a {name} file; depth goes into JPEG and HEIC photos")
    raise MalformedError("this is no JPEG or HEIC photo: its first bytes are of neither")
