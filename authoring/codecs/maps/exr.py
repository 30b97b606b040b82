"""OpenEXR maps, through the OpenEXR library (the extra `exr`)."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from authoring.codecs.limits import check_unpacking
from authoring.codecs.maps.map_image import MapImage, map_from_array
from authoring.codecs.messages import listing
from authoring.errors import DepthauthorError, MalformedError, RefusedError, UnsupportedError, UsageError

MAGIC = b"\x76\x2f\x31\x01"

COLOURS = {"R", "G", "B", "A"}

DEPTH_NAMES: tuple[Callable[[list[str]], bool], ...] = (
    lambda words: words[-2:] == ["depth", "z"],
    lambda words: words[-2:] in (["depth", "v"], ["depth", "y"]),
    lambda words: words[-1] == "z" and "mist" not in words,
    lambda words: words[-1] in ("depth", "zdepth"),
)
"""Names of depth channels, in order of trust: Blender's pass and Nuke's layer, Blender's since version 5, the format's
own (OpenEXR, "standard channel names"), and what others call a single channel."""

DISPARITY_CHANNEL = "disparity"

MARK, ESTIMATE_ATTRIBUTE = "depthauthorKind", "depthauthorEstimate"
"""Attribute of the header in files that this program wrote: depth or disparity."""


@dataclass(frozen=True, slots=True, eq=False)
class _Channel:
    """One channel of one part."""

    part: str
    """The part's name, which a file of one part need not have."""
    name: str
    pixels: NDArray[Any]
    header: dict[str, Any]

    @property
    def words(self) -> list[str]:
        """Part, layer, pass and channel in lower case: ["viewlayer", "depth", "z"].

        LAYER.PASS.CHANNEL is Blender's order (blender/blender, imbuf/intern/openexr/openexr_api.cpp); in a multi-part
        file the part's name may say the layer, and the channel's may repeat it.
        """
        part, name = self.part.lower(), self.name.lower()
        return (name if name.startswith(f"{part}.") else f"{part}.{name}").strip(".").split(".")


def _library() -> Any:
    try:
        import OpenEXR
    except ImportError as error:
        raise UnsupportedError(
            "OpenEXR files need the OpenEXR library: install it with pip install 'depthauthor[exr]'"
        ) from error
    return OpenEXR


def read_exr(data: bytes, key: str | None = None) -> MapImage:
    """Read an OpenEXR file: the channel called `key`, as CHANNEL or PART.CHANNEL, else the one that is depth.

    Raises UsageError, listing the channels, where none or several may be, UnsupportedError for deep data,
    RefusedError for a colour picture.
    """
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
    headers = [part.header for part in library.File(io.BytesIO(data), header_only=True).parts]
    for header in headers:
        if header.get("type") in (library.deepscanline, library.deeptile):
            raise UnsupportedError(
                "the OpenEXR file holds deep data, several samples a pixel; flatten it and save it as a plain picture"
            )
    # Every channel is decoded, in 2 or 4 bytes a sample.
    sizes = [_corners(header["dataWindow"]) for header in headers]
    width, height = (int(max(high[axis] - low[axis] + 1 for low, high in sizes)) for axis in (0, 1))
    check_unpacking(
        "the map", width, height, 4 * sum(len(header["channels"]) for header in headers), len(data)
    )
    # One thread: with more the library parks its pool until the process ends.
    file = library.File(io.BytesIO(data), separate_channels=True, num_threads=0)
    channels = [
        _Channel(
            str(part.header.get("name", "")) if len(file.parts) > 1 else "", name, channel.pixels, part.header
        )
        for part in file.parts
        for name, channel in part.channels.items()
    ]
    if len(channels) < sum(len(header["channels"]) for header in headers):
        raise MalformedError("the OpenEXR file does not decode; it is damaged or cut off")
    chosen, notes = _choose(channels, key)
    low, high = _corners(chosen.header["dataWindow"])
    display_low, display_high = _corners(chosen.header.get("displayWindow", (low, high)))
    if not (np.array_equal(display_low, low) and np.array_equal(display_high, high)):
        raise UnsupportedError(
            "the OpenEXR file holds a crop of its display window; save the whole picture, as the photo shows it"
        )
    image = map_from_array(np.asarray(chosen.pixels), "EXR")
    held, estimate = _held(chosen), chosen.header.get(ESTIMATE_ATTRIBUTE)
    return replace(
        image,
        key=_full_name(chosen, channels),
        notes=notes,
        holds=held,
        estimate=estimate if held and isinstance(estimate, str) else "",
    )


def _corners(window: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    low, high = (np.asarray(corner, np.int64) for corner in window)
    return low, high


def _held(channel: _Channel) -> Literal["depth", "disparity"] | None:
    """Return what this program wrote into the channel; None for other programs' files."""
    kind = channel.header.get(MARK)
    if kind == "depth" and channel.name == "Z":
        return "depth"
    return "disparity" if kind == "disparity" and channel.name == DISPARITY_CHANNEL else None


def _full_name(channel: _Channel, channels: list[_Channel]) -> str:
    """Return the channel's name, with its part where another part has a channel of this name."""
    twins = [other for other in channels if other.name == channel.name]
    return channel.name if len(twins) == 1 else f"{channel.part}.{channel.name}"


def _choose(channels: list[_Channel], key: str | None) -> tuple[_Channel, tuple[str, ...]]:
    """Return the channel to read, and what is to be said of the choice."""
    listed = listing([_full_name(channel, channels) for channel in channels])
    if key is not None:
        named = [channel for channel in channels if key in (channel.name, f"{channel.part}.{channel.name}")]
        if not named:
            raise UsageError(f"the OpenEXR file holds no channel {key!r}; it holds {listed}")
        if len(named) > 1:
            raise UsageError(f"the OpenEXR file holds several channels {key!r}; say PART.CHANNEL: {listed}")
        return named[0], ()
    scalars = [channel for channel in channels if not _of_vector(channel, channels)]
    for names_depth in DEPTH_NAMES:
        depths = [channel for channel in scalars if names_depth(channel.words)]
        if len(depths) > 1:
            raise UsageError(
                "the OpenEXR file holds several depth channels, say with --key which is the map: "
                + listing([_full_name(channel, channels) for channel in depths])
            )
        if depths:
            return depths[0], ()
    if len(channels) == 1:
        return channels[0], ()
    if {channel.name for channel in channels} <= COLOURS and len(channels) in (3, 4):
        return _gray(channels)
    raise UsageError(
        "the OpenEXR file holds no depth channel (Z or Depth.Z; a vector's Z and a mist pass are no distances), "
        f"say with --key which is the map: {listed}"
    )


def _of_vector(channel: _Channel, channels: list[_Channel]) -> bool:
    """Return whether a channel is the Z of a vector, such as a normal or a position: X or Y stands beside it."""
    words = channel.words
    return words[-1] == "z" and any(
        other.words in ([*words[:-1], "x"], [*words[:-1], "y"]) for other in channels
    )


def _gray(channels: list[_Channel]) -> tuple[_Channel, tuple[str, ...]]:
    """Return the channel of R, G, B and A that is the map, where the others repeat it or hold nothing."""
    red, green, blue = (
        next((channel for channel in channels if channel.name == name), channels[0]) for name in "RGB"
    )
    if all(np.array_equal(red.pixels, other.pixels, equal_nan=True) for other in (green, blue)):
        return red, ()
    for channel, others in ((red, (green, blue)), (green, (red, blue)), (blue, (red, green))):
        if all(np.ptp(other.pixels) == 0 for other in others):
            return channel, (f"the map was read from channel {channel.name}; the other colours hold nothing",)
    raise RefusedError(
        "the OpenEXR file holds a colour picture and no depth channel (Z); if one of its colours is the depth say "
        "which, for instance --key R"
    )


def write_exr(
    values: NDArray[np.floating[Any]], kind: Literal["depth", "disparity"], estimate: str = ""
) -> bytes:
    """Build an OpenEXR file of one float32 channel, Z or disparity, losslessly compressed (ZIP)."""
    library = _library()
    header = {"compression": library.ZIP_COMPRESSION, "type": library.scanlineimage, MARK: kind}
    if estimate:
        header[ESTIMATE_ATTRIBUTE] = estimate
    name = "Z" if kind == "depth" else DISPARITY_CHANNEL
    out = io.BytesIO()
    library.File(header, {name: np.ascontiguousarray(values, np.float32)}, num_threads=0).write(out)
    return out.getvalue()
