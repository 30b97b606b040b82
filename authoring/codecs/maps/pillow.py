"""A decoded map file: gray levels or floats as they stand.

Knows: which arrays can be maps, and how many pixels are believed. Must not know: file formats, metres.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from authoring.codecs.limits import MAX_PIXELS
from authoring.errors import UnsupportedError

MAX_QUOTED = 200
"""Characters of a library's own words, or of a file's, in a message."""

MAX_LISTED = 20
"""Names in a message; a render has as many passes."""

Raster: TypeAlias = NDArray[Any]

LARGEST_NUMBER_BYTES = 32
"""NumPy's widest, a complex number of two long doubles."""


@dataclass(frozen=True, slots=True)
class LinearScale:
    """What integer codes stand for: value = at_zero + code / 65535 * (at_full - at_zero).

    `kind` "depth" is in metres, "disparity" in 1/m. `invalid` is the code of a hole, or None.
    """

    kind: Literal["depth", "disparity"]
    at_zero: float
    at_full: float
    invalid: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class MapImage:
    """A decoded map file.

    `samples` is (H, W): uint8 or uint16 gray levels (`levels` 256 or 65536), or float16/32/64 values
    (`levels` None).
    `scale` is set where the file says itself what its levels mean. `notes` are sentences for the report.
    `key` is the name of the array or channel, `focal_px` a focal length in pixels of the map's own size.
    """

    samples: Raster
    levels: int | None
    source: str
    scale: LinearScale | None = None
    notes: tuple[str, ...] = ()
    key: str | None = None
    focal_px: float | None = None


def map_from_array(samples: Raster, source: str = "array") -> MapImage:
    """Take a NumPy array (H, W), or with axes of one sample around, as a map.

    uint8 and uint16 are gray levels, floats values.
    """
    if samples.ndim > 2:
        kept = [side for side in samples.shape if side != 1]
        if len(kept) == 2:
            samples = samples.reshape(kept)
    if samples.ndim != 2 or 0 in samples.shape:
        raise UnsupportedError(
            f"the array has shape {printable(str(samples.shape))}; a map has one value a pixel, shape (height, width)"
        )
    check_pixels(samples.size)
    kind = samples.dtype
    if kind == np.uint8:
        return MapImage(samples, 256, f"8-bit {source}")
    if kind == np.uint16 or kind == np.dtype(">u2"):
        return MapImage(samples.astype(np.uint16, copy=False), 65536, f"16-bit {source}")
    if kind == np.bool_:
        return MapImage(samples.astype(np.uint8) * np.uint8(255), 256, f"1-bit {source}")
    if kind.kind == "f" and kind.itemsize in (2, 4, 8):
        return MapImage(
            samples.astype(kind.newbyteorder("="), copy=False), None, f"float{kind.itemsize * 8} {source}"
        )
    raise _not_a_map(kind)


def check_kind(kind: np.dtype[Any]) -> None:
    """UnsupportedError for samples that are no numbers, of which one may be megabytes long."""
    if kind.itemsize > LARGEST_NUMBER_BYTES:
        raise _not_a_map(kind)


def _not_a_map(kind: np.dtype[Any]) -> UnsupportedError:
    return UnsupportedError(
        f"the array holds {str(kind)[:40]}; maps are uint8, uint16, float16, float32 or float64: convert it, for "
        "instance with .astype(np.float32)"
    )


def check_pixels(count: int) -> None:
    """UnsupportedError for more pixels than any map has."""
    if count > MAX_PIXELS:
        raise UnsupportedError(f"the map has {count} pixels; at most {MAX_PIXELS} are read")


def first_line(error: BaseException) -> str:
    """What a library said of a file, in one line that a terminal can show: it may quote the file's own bytes."""
    return printable((str(error).strip().splitlines() or [type(error).__name__])[0])


def listing(names: Sequence[str]) -> str:
    """Names out of a file, for a message; `nothing` for none."""
    more = [f"{len(names) - MAX_LISTED} more"] if len(names) > MAX_LISTED else []
    return ", ".join([*map(printable, names[:MAX_LISTED]), *more]) or "nothing"


def printable(text: str) -> str:
    """The text's beginning, without what would steer a terminal."""
    return "".join(one if one.isprintable() else "?" for one in text[:MAX_QUOTED])
