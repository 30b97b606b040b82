"""A Pillow picture as a NumPy array.

Knows: Pillow's memory. Must not know: where a picture comes from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image

STRIPE_SAMPLES = 1 << 18
"""Copied at once. Pillow hands pixels out through pieces of `bytes` that are joined and copied again; of a whole large
picture each is new memory, which took twice as long as decoding its JPEG. Of a stripe they stay in the cache."""


def samples_of(picture: Image.Image) -> NDArray[Any]:
    """The samples (H, W) or (H, W, C) of a picture, in memory of their own, as `np.array` gives them."""
    width, height = picture.size
    picture.load()
    rows = max(1, STRIPE_SAMPLES // max(width, 1))
    if height <= 4 * rows:
        return np.array(picture)
    first = np.asarray(picture.crop((0, 0, width, rows)))
    out = np.empty((height, *first.shape[1:]), first.dtype)
    out[:rows] = first
    for top in range(rows, height, rows):
        stop = min(top + rows, height)
        out[top:stop] = np.asarray(picture.crop((0, top, width, stop)))
    return out
