"""Map files of every format: read by their first bytes, written by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from authoring.codecs.maps import archives, arrays, exr, pfm, pgm, picture, tiff_map
from authoring.codecs.maps.map_image import MapImage
from authoring.errors import UsageError

MapFormat = Literal["npy", "npz", "png", "tiff", "pfm", "exr"]

ZIP_MAGIC = b"PK\x03\x04"


def read_map(data: bytes, key: str | None = None, frame: int | None = None) -> MapImage:
    """Read a map file of any supported format.

    key: the array of an NPZ or the channel of an OpenEXR file; frame: which map of a stack (NPY, NPZ), from 0.
    Raises UnsupportedError for other formats and for multi-page TIFF, RefusedError for pictures for
    print (CMYK), MalformedError for damaged files, UsageError where key or frame is missing
    or does not apply.
    """
    if key is not None and not data.startswith((ZIP_MAGIC, exr.MAGIC)):
        raise UsageError(
            "--key names an array of an NPZ or a channel of an OpenEXR file, and the map is neither"
        )
    if frame is not None and not data.startswith((ZIP_MAGIC, arrays.MAGIC)):
        raise UsageError("--frame chooses from a stack in an NPY or NPZ file, and the map is neither")
    if data.startswith(arrays.MAGIC):
        return arrays.read_npy(data, frame)
    if data.startswith(ZIP_MAGIC):
        return archives.read_npz(data, key, frame)
    if data.startswith(exr.MAGIC):
        return exr.read_exr(data, key)
    if data.startswith((b"Pf", b"PF")):
        return pfm.read_pfm(data)
    if data.startswith(pgm.MAGIC):
        return pgm.read_pgm(data)
    if data.startswith(tiff_map.MAGIC):
        return tiff_map.read_tiff(data)
    return picture.read_picture(data)


def kind_by_name(name: str) -> Literal["disparity"] | None:
    """Return what the name of a map file says that it holds; see `marked_name`."""
    return "disparity" if re.search(r"\.disparity\.(npy|pfm)$", name, re.IGNORECASE) else None


def marked_name(name: str, kind: Literal["depth", "disparity"], format: MapFormat) -> str:
    """Return the name for a map file: NPY and PFM have no room for a mark, so NAME.disparity.npy says it."""
    if kind == "depth" or format not in ("npy", "pfm") or kind_by_name(name):
        return name
    stem, dot, extension = name.rpartition(".")
    if extension.lower() != format:
        return f"{name}.disparity.{format}"
    return f"{stem}.disparity{dot}{extension}"


def write_map(
    values: NDArray[np.float32],
    kind: Literal["depth", "disparity"],
    format: MapFormat,
    estimate: str = "",
) -> bytes:
    """Build a map file of values (H, W) in metres or 1/m; the twin of `read_map`.

    estimate: see `MapImage.estimate`; NPY and PFM have no room for it.
    """
    writers: dict[MapFormat, Callable[[], bytes]] = {
        "npy": lambda: arrays.write_npy(values),
        "npz": lambda: archives.write_npz(values, kind, estimate),
        "png": lambda: picture.write_png(values, kind, estimate),
        "tiff": lambda: tiff_map.write_tiff(values, kind, estimate),
        "pfm": lambda: pfm.write_pfm(values),
        "exr": lambda: exr.write_exr(values, kind, estimate),
    }
    return writers[format]()
