"""Recognise a map that is a picture file, and read its size, without decoding it. Imports no numpy."""

from __future__ import annotations

import io
import warnings
from typing import Literal

from authoring import tiff
from authoring.codecs.limits import check_unpacking
from authoring.codecs.messages import first_line
from authoring.errors import DepthauthorError, MalformedError, UnsupportedError
from authoring.read.foreign.base import CodedMap

PNG_MAGIC, JPEG_MAGIC = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"

PNG_TURNS = (b"eXIf", b"Raw profile type exif", b"XML:com.adobe.xmp")
"""Chunks and keywords of a PNG that may say how it is turned."""

MOST_PIXEL_BYTES = 4
"""Of a decoded pixel, in the widest of Pillow's modes for PNG."""


def picture_map(what: str, data: bytes) -> CodedMap:
    """Return a PNG or JPEG file as a map; its first bytes say which, not what the metadata claims.

    what: its name in a message. Raises UnsupportedError for other files, MalformedError for a damaged header.
    """
    from PIL import Image

    if not data.startswith((PNG_MAGIC, JPEG_MAGIC)):
        raise UnsupportedError(f"{what} is neither a PNG nor a JPEG picture")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
                width, height = picture.size
                orientation = None
                if data.startswith(JPEG_MAGIC) or any(word in data for word in PNG_TURNS):
                    # Pillow decodes a PNG for it, since it may be behind the pixels.
                    check_unpacking(what, width, height, MOST_PIXEL_BYTES, len(data))
                    orientation = picture.getexif().get(tiff.ORIENTATION)
    except DepthauthorError:
        raise
    except Exception as error:  # Pillow lets errors of every kind through on damaged files.
        raise MalformedError(f"{what} does not decode ({first_line(error)})") from error
    coding: Literal["png", "jpeg"] = "png" if data.startswith(PNG_MAGIC) else "jpeg"
    # 1 is what writers put there without a thought; in a photo that is turned its map is as a rule turned with it.
    return CodedMap(data, coding, width, height, orientation if orientation in range(2, 9) else None)
