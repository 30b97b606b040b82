"""Encode pictures for web pages and thumbnails, which every browser decodes, and keep them small."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

from authoring.codecs.photo import resized

MAX_PROFILE_BYTES = 64 << 10
"""Display profiles have some hundred to a few thousand bytes; a larger one would outweigh a thumbnail."""

_LEAST_QUALITY = 40
"""Below it blocks are obvious."""


def fit_within(pixels: NDArray[np.uint8], long_side: int) -> NDArray[np.uint8]:
    """Return pixels (h, w, 3) with at most `long_side` pixels along the longer side; never enlarged."""
    height, width = pixels.shape[:2]
    share = long_side / max(height, width)
    if share >= 1:
        return pixels
    return resized(pixels, max(1, round(width * share)), max(1, round(height * share)), smooth=True)


def web_jpeg(
    pixels: NDArray[np.uint8], *, quality: int, icc: bytes | None = None, max_bytes: int | None = None
) -> bytes:
    """Encode pixels (h, w, 3) or (h, w) as JPEG, 4:2:0, with their colour profile and no other metadata.

    max_bytes: quality is lowered in steps of ten until the picture fits, but not below 40.
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
    """Encode codes (h, w) as an 8-bit gray PNG without gamma or profile, so that decoders return them unchanged."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(codes)).save(out, "PNG", compress_level=9)
    return out.getvalue()
