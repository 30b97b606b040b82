"""Build map files in the many forms that tools write: PNG of several channels, TIFF, EXR, PFM, PGM, archives.

tifffile and OpenEXR are imported where they are needed: they are extras.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[Any]

PNG_COLOURS = {1: 0, 2: 4, 3: 2, 4: 6}
"""Colour type by the number of channels (PNG, 11.2.2)."""


def png16(channels: Array) -> bytes:
    """Build a 16-bit PNG of (H, W, N) for one to four channels, which Pillow cannot write."""
    height, width, count = channels.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in channels)
    header = struct.pack(">IIBBBBB", width, height, 16, PNG_COLOURS[count], 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def picture(image: Image.Image, kind: str, **options: Any) -> bytes:
    """Build a picture file with Pillow."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def animated_png(frames: list[Array]) -> bytes:
    """Build an animated PNG."""
    first, *rest = (Image.fromarray(frame) for frame in frames)
    return picture(first, "PNG", save_all=True, append_images=rest)


def tiff(array: Array, **options: Any) -> bytes:
    """Build a TIFF of one page with tifffile."""
    import tifffile

    out = io.BytesIO()
    tifffile.imwrite(out, array, **options)
    return out.getvalue()


def tiff_with_alpha(array: Array, full: Any) -> bytes:
    """Build a TIFF of gray and an alpha channel that is full everywhere."""
    channels = np.stack([array, np.full_like(array, full)], -1)
    return tiff(channels, photometric="minisblack", extrasamples=["unassalpha"], planarconfig="contig")


def tiff_with_overview(array: Array) -> bytes:
    """Build a tiled TIFF with a reduced page behind the map, as GDAL writes it."""
    import tifffile

    out = io.BytesIO()
    with tifffile.TiffWriter(out) as writer:
        writer.write(array, tile=(64, 64))
        writer.write(array[::2, ::2], subfiletype=1, tile=(64, 64))
    return out.getvalue()


def tiff_with_nodata(array: Array, value: str) -> bytes:
    """Build a TIFF whose GDAL_NODATA tag names the value of a hole."""
    text = f"{value}\0".encode()
    return tiff(array, extratags=[(42113, 2, len(text), text, True)])


def exr(channels: Mapping[str, Array]) -> bytes:
    """Build an OpenEXR file of one part."""
    return exr_parts([("", channels)])


def exr_parts(parts: list[tuple[str, Mapping[str, Array]]]) -> bytes:
    """Build an OpenEXR file of named parts."""
    import OpenEXR

    out = io.BytesIO()
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    named = [({"name": name} if name else {}) | header for name, _ in parts]
    built = [
        OpenEXR.Part(head, {key: np.ascontiguousarray(value) for key, value in channels.items()})
        for head, (_, channels) in zip(named, parts, strict=True)
    ]
    OpenEXR.File(built).write(out)
    return out.getvalue()


def pfm(array: Array, scale: str = "-1.0", line_end: str = "\n") -> bytes:
    """Build a little-endian PFM with this scale and line end in its header; the bottom row first."""
    height, width = array.shape
    header = f"Pf{line_end}{width} {height}{line_end}{scale}{line_end}".encode()
    return header + np.flipud(array).astype("<f4").tobytes()


def pgm16(array: Array) -> bytes:
    """Build a binary PGM of 16 bits."""
    height, width = array.shape
    return f"P5\n{width} {height}\n65535\n".encode() + array.astype(">u2").tobytes()
