"""OpenEXR maps, through the OpenEXR library (the extra `exr`)."""

from __future__ import annotations

import contextlib
import io
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from authoring.codecs.limits import check_unpacking
from authoring.codecs.maps.map_image import MapImage, map_from_array
from authoring.codecs.messages import listing
from authoring.errors import DepthauthorError, MalformedError, RefusedError, UnsupportedError, UsageError

MAGIC = b"\x76\x2f\x31\x01"

DEPTH_CHANNELS = ("Z", "ViewLayer.Depth.Z", "Depth.Z", "depth.Z", "Depth", "depth", "ZDepth")
"""Names of depth, in order of trust: the format's own (OpenEXR, "standard channel names"), then Blender's passes."""

COLOURS = {"R", "G", "B", "A"}


def _library() -> Any:
    try:
        import OpenEXR
    except ImportError as error:
        raise UnsupportedError(
            "OpenEXR files need the OpenEXR library: install it with pip install 'depthauthor[exr]'"
        ) from error
    return OpenEXR


def read_exr(data: bytes, key: str | None = None) -> MapImage:
    """Read an OpenEXR file: the channel called `key`, else one of DEPTH_CHANNELS, else the only one."""
    library = _library()
    try:
        # The binding prints its errors, and standard output may carry a result.
        with contextlib.redirect_stdout(io.StringIO()):
            return _read(library, data, key)
    except DepthauthorError:
        raise
    except Exception as error:  # The binding raises whatever its C++ side threw, in words that name no cause.
        raise MalformedError("the OpenEXR file does not decode; it is damaged or cut off") from error


def _read(library: Any, data: bytes, key: str | None) -> MapImage:
    header = library.File(io.BytesIO(data), header_only=True).header()
    low, high = (np.asarray(corner, np.int64) for corner in header["dataWindow"])
    width, height = (int(side) for side in high - low + 1)
    # Every channel is decoded, in 2 or 4 bytes a sample.
    check_unpacking("the map", width, height, 4 * len(header["channels"]), len(data))
    # One thread: with more the library parks its pool until the process ends.
    file = library.File(io.BytesIO(data), separate_channels=True, num_threads=0)
    channels = {name: np.asarray(channel.pixels) for name, channel in file.channels().items()}
    name = _choose(channels, key)
    image = replace(map_from_array(channels[name], "EXR"), key=name)
    display = [np.asarray(corner, np.int64) for corner in header.get("displayWindow", (low, high))]
    if not (np.array_equal(display[0], low) and np.array_equal(display[1], high)):
        raise UnsupportedError(
            "the OpenEXR file holds a crop of its display window; save the whole picture, as the photo shows it"
        )
    return image


def _choose(channels: dict[str, NDArray[Any]], key: str | None) -> str:
    listed = listing(list(channels))
    if key is not None:
        if key not in channels:
            raise UsageError(f"the OpenEXR file holds no channel {key!r}; it holds {listed}")
        return key
    for name in DEPTH_CHANNELS:
        if name in channels:
            return name
    ends = [name for name in channels if name.endswith((".Z", ".Depth"))]
    if len(ends) == 1 or len(channels) == 1:
        return (ends or list(channels))[0]
    if set(channels) <= COLOURS and {"R", "G", "B"} <= set(channels):
        red = channels["R"]
        if all(np.array_equal(red, channels[name], equal_nan=True) for name in "GB"):
            return "R"
        raise RefusedError("the OpenEXR file holds a colour picture and no depth channel (Z)")
    raise UsageError(f"the OpenEXR file holds several channels, say with --key which is the map: {listed}")


def write_exr(values: NDArray[np.floating[Any]]) -> bytes:
    """Build an OpenEXR file of one float32 channel `Z`, losslessly compressed (ZIP)."""
    library = _library()
    header = {"compression": library.ZIP_COMPRESSION, "type": library.scanlineimage}
    out = io.BytesIO()
    library.File(header, {"Z": np.ascontiguousarray(values, np.float32)}, num_threads=0).write(out)
    return out.getvalue()
