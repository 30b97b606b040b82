"""Embed a network's output into a photo as HEIC, without a file in between.

    python examples/network_to_heic.py photo.jpg > photo.heic

`estimate` stands for the network: it takes the photo's pixels, upright, and returns metres as an array (H, W). Any
NumPy array will do, and any object with `__array__`, such as a torch tensor on the CPU.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageOps

import depthauthor as da

pillow_heif.register_heif_opener()  # So that Pillow opens HEIC photos, too.

to_heic = da.Embedder(container="heic")
"""Built once; threads may share it, and it pickles."""


def estimate(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return metres (H, W). Put the network here; this one has the bottom of the picture at 1 m and the top at 5 m."""
    height, width = pixels.shape[0] // 4, pixels.shape[1] // 4
    column = np.linspace(5, 1, height, dtype=np.float32)[:, None]
    return np.repeat(column, width, axis=1)


def with_depth(photo: bytes) -> bytes:
    """Return the photo as HEIC with depth."""
    with Image.open(io.BytesIO(photo)) as picture:
        pixels = np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
    return to_heic(photo, estimate(pixels))


if __name__ == "__main__":
    sys.stdout.buffer.write(with_depth(Path(sys.argv[1]).read_bytes()))
