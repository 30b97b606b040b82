"""Read the maps that `depthauthor extract` writes, each with a library that people have for it.

    depthauthor extract photo-depth.heic -o depth.npy
    python examples/read_maps.py depth.npy

All give the map as an array (H, W), upright, in metres, or in 1/m if it was extracted with `--as disparity`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def with_numpy(path: Path) -> NDArray[Any]:
    """Read NPY, or the only array of an NPZ: `depth` or `disparity`."""
    if path.suffix == ".npy":
        return np.asarray(np.load(path))
    with np.load(path) as archive:
        (name,) = archive.files
        return np.asarray(archive[name])


def with_imageio(path: Path) -> NDArray[Any]:
    """Read float TIFF, or 16-bit PNG, whose text chunks say what its codes stand for; code 0 is a hole.

    Not PFM: imageio gives it with 8 bits.
    """
    import imageio.v3 as iio

    stored = np.asarray(iio.imread(path))
    if path.suffix != ".png":
        return stored
    said = iio.immeta(path)
    first, last = float(said["depthauthor-at-0"]), float(said["depthauthor-at-65535"])
    return np.where(stored == 0, np.nan, first + stored / 65535 * (last - first))


def with_opencv(path: Path) -> NDArray[Any]:
    """Read PFM or float TIFF.

    Not PNG: OpenCV gives its codes, but not the text chunks with their scale. OpenEXR only if the build has it, as the
    wheel of 4.10 does and that of 5.0 does not, and if OPENCV_IO_ENABLE_OPENEXR=1 is set before the import.
    """
    import cv2

    stored = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if stored is None:
        raise SystemExit(f"OpenCV cannot read {path}")
    return np.asarray(stored)


def with_openexr(path: Path) -> NDArray[Any]:
    """Read OpenEXR: channel `Z` (metres) or `disparity` (1/m)."""
    import OpenEXR

    with OpenEXR.File(str(path)) as file:
        (channel,) = file.channels().values()
        return np.asarray(channel.pixels).copy()


READERS = {
    ".npy": with_numpy,
    ".npz": with_numpy,
    ".png": with_imageio,
    ".tiff": with_imageio,
    ".pfm": with_opencv,
    ".exr": with_openexr,
}

if __name__ == "__main__":
    source = Path(sys.argv[1])
    values = READERS[source.suffix](source)
    height, width = values.shape
    sys.stdout.write(f"{width} x {height}, {np.nanmin(values):.3f} to {np.nanmax(values):.3f}\n")
