"""Read the depth of a JPEG with exiftool, Pillow and NumPy: one of depthauthor's, or an iPhone's own.

    python examples/exiftool_depth.py photo-depth.jpg depth.npy

On a command line, where 2 is the number of the depth image (3 if a gain map comes before it):

    exiftool -b -MPImage2 photo-depth.jpg > map.jpg
    exiftool -XMP:all map.jpg

The map is a gray JPEG. Its XMP says whether it holds disparity (1/m) or depth (m), and what codes 0 and 255 stand for.
It lies as the photo's pixels are stored, so the photo's Exif orientation applies to it, too.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from PIL.JpegImagePlugin import JpegImageFile

ORIENTATION = 0x0112


def exiftool(*arguments: str, data: bytes = b"") -> bytes:
    """Run exiftool and return what it prints; data: a file on its standard input, for which the argument is `-`."""
    return subprocess.run(["exiftool", *arguments], input=data, capture_output=True, check=True).stdout


def depth_image(photo: Path) -> tuple[bytes, str, float, float]:
    """Return the map as a gray JPEG, `disparity` or `depth`, and the values of codes 0 and 255."""
    (first,) = json.loads(exiftool("-j", "-n", "-MPF0:NumberOfImages", str(photo)))
    for number in range(2, first.get("NumberOfImages", 1) + 1):
        data = exiftool("-b", f"-MPImage{number}", str(photo))
        (xmp,) = json.loads(exiftool("-j", "-n", "-XMP:all", "-", data=data))
        if xmp.get("AuxiliaryImageType") in ("disparity", "depth"):
            low, high = float(xmp["FloatMinValue"]), float(xmp["FloatMaxValue"])  # Long numbers come as text.
            return data, xmp["AuxiliaryImageType"], low, high
    raise SystemExit(f"{photo}: no depth image")


def metres(photo: Path) -> NDArray[np.float64]:
    """Return the depth in metres (H, W), upright; infinity where the disparity is 0."""
    data, kind, low, high = depth_image(photo)
    # Not Image.open, which warns of the MP header that such a map has in Apple's files, too: it lists no images.
    with Image.open(photo) as picture, JpegImageFile(io.BytesIO(data)) as stored:
        stored.getexif()[ORIENTATION] = picture.getexif().get(ORIENTATION, 1)
        codes = np.asarray(ImageOps.exif_transpose(stored).convert("L"), np.float64)
    values = low + codes / 255 * (high - low)
    with np.errstate(divide="ignore"):
        return values if kind == "depth" else 1 / values


if __name__ == "__main__":
    depth = metres(Path(sys.argv[1]))
    np.save(sys.argv[2], depth)
    sys.stdout.write(f"{depth.shape[1]} x {depth.shape[0]}, {depth.min():.3f} to {depth.max():.3f} m\n")
