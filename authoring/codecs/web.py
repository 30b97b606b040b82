"""Pictures for pages and thumbnails: what every browser decodes, no larger than it need be.

Knows: JPEG and gray PNG by Pillow, scaling. Must not know: what the pictures show.
"""

from __future__ import annotations

import io
import warnings

import numpy as np
from numpy.typing import NDArray

from authoring.errors import MalformedError, UnsupportedError

MAX_PROFILE_BYTES = 64 << 10
"""Display profiles are some hundred bytes to a few thousand; a larger one would outweigh a thumbnail."""

_LEAST_QUALITY = 40
"""Below, blocks show at a glance."""


def scaled(pixels: NDArray[np.uint8], long_side: int) -> NDArray[np.uint8]:
    """(h, w, 3) with at most so many pixels along the longer side, averaged down; never larger."""
    from PIL import Image

    height, width = pixels.shape[:2]
    share = long_side / max(height, width)
    if share >= 1:
        return pixels
    size = max(1, round(width * share)), max(1, round(height * share))
    picture = Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    return np.asarray(picture)


def sized(pixels: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """(height, width, 3), averaged or spread."""
    from PIL import Image

    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR))


def web_jpeg(
    pixels: NDArray[np.uint8], *, quality: int, icc: bytes | None = None, max_bytes: int | None = None
) -> bytes:
    """Pixels (h, w, 3) or (h, w) as JPEG, 4:2:0, with their colour profile and nothing else.

    max_bytes: quality goes down in steps of ten until the picture fits, but not below 40.
    """
    from PIL import Image

    picture = Image.fromarray(pixels)
    profile = icc if icc is not None and len(icc) <= MAX_PROFILE_BYTES else None
    while True:
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality, optimize=True, subsampling="4:2:0", icc_profile=profile)
        if max_bytes is None or out.tell() <= max_bytes or quality - 10 < _LEAST_QUALITY:
            return out.getvalue()
        quality -= 10


def gray_png(codes: NDArray[np.uint8]) -> bytes:
    """Codes (h, w) as an 8-bit gray PNG without gamma or profile: a decoder gives them back as they are."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(codes)).save(out, "PNG", compress_level=9)
    return out.getvalue()


def jpeg_draft(data: bytes, long_side: int) -> NDArray[np.uint8]:
    """A JPEG's pixels (h, w, 3) as stored, at least so many along the longer side where it has as many.

    The decoder halves while it decodes, which costs a fraction of the time and memory of the whole.
    Raises UnsupportedError for codings that Pillow lacks, MalformedError for damage.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=("JPEG",)) as picture:
                share = long_side / max(picture.size)
                picture.draft("RGB", (round(picture.width * share), round(picture.height * share)))
                return np.asarray(picture.convert("RGB"))
    except Image.DecompressionBombError as error:
        raise UnsupportedError(f"the photo is too large to be shown ({error})") from error
    except Exception as error:  # Pillow's plugins let errors of every kind through on damaged files.
        raise MalformedError(f"the photo does not decode ({error})") from error
