"""Read the depth of a HEIC with pillow-heif and NumPy: one of depthauthor's, or an iPhone's own.

    python examples/pillow_heif_depth.py photo-depth.heic depth.npy

pillow-heif gives the map as 8-bit codes, upright, with `d_min` and `d_max`: the disparities in 1/m that codes 0 and 255
stand for. A file that holds depth (m) instead of disparity has no such numbers there. All have them in the map's XMP,
which pillow-heif does not return, but which is plain text in the file.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pillow_heif
from numpy.typing import NDArray

PACKET = re.compile(rb"<x:xmpmeta.*?</x:xmpmeta>", re.DOTALL)
PROPERTY = rb"%s(?:>|=\")([^<\"]+)"
"""An XMP property is an element or an attribute."""


def range_in_xmp(photo: Path) -> tuple[str, float, float]:
    """Return `disparity` or `depth`, and the values of codes 0 and 255, out of the depth image's XMP."""
    for packet in PACKET.findall(photo.read_bytes()):
        found = [
            re.search(PROPERTY % name, packet)
            for name in (b"AuxiliaryImageType", b"FloatMinValue", b"FloatMaxValue")
        ]
        kind, low, high = (match[1].decode("ascii") if match else "" for match in found)
        if kind in ("disparity", "depth"):
            return kind, float(low), float(high)
    raise SystemExit(f"{photo}: no XMP of a depth image")


def metres(photo: Path) -> NDArray[np.float64]:
    """Return the depth in metres (H, W), upright; infinity where the disparity is 0."""
    depth_images = pillow_heif.open_heif(photo).info["depth_images"]
    if not depth_images:
        raise SystemExit(f"{photo}: no depth image")
    codes = np.asarray(depth_images[0], np.float64)
    described = depth_images[0].info["metadata"]
    if described.get("representation_type") == 1 and "d_min" in described:
        kind, low, high = "disparity", described["d_min"], described["d_max"]
    else:
        kind, low, high = range_in_xmp(photo)
    values = low + codes / 255 * (high - low)
    with np.errstate(divide="ignore"):
        return values if kind == "depth" else 1 / values


if __name__ == "__main__":
    depth = metres(Path(sys.argv[1]))
    np.save(sys.argv[2], depth)
    sys.stdout.write(f"{depth.shape[1]} x {depth.shape[0]}, {depth.min():.3f} to {depth.max():.3f} m\n")
