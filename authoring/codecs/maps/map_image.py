"""A decoded map file: gray levels or floats as they are stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from authoring.codecs.limits import check_pixels
from authoring.codecs.messages import printable
from authoring.errors import UnsupportedError

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
    (`levels` None). `source` is its type for a message, such as "16-bit PNG".
    `scale` is set where the file states what its levels mean. `notes` are sentences for the report.
    `key` is the name of the array or channel, `focal_px` a focal length in pixels of the map's own size.
    `coloured`: the file's colour channels differ, and `samples` is their brightness.
    """

    samples: Raster
    levels: int | None
    source: str
    scale: LinearScale | None = None
    notes: tuple[str, ...] = ()
    key: str | None = None
    focal_px: float | None = None
    coloured: bool = False


def map_from_array(samples: Raster, source: str = "array") -> MapImage:
    """Return a NumPy array (H, W), or one with further axes of length 1, as a map.

    uint8 and uint16 are gray levels, floats values. Raises UnsupportedError for other shapes and types.
    """
    if samples.ndim > 2:
        sides = [side for side in samples.shape if side != 1]
        if len(sides) == 2:
            samples = samples.reshape(sides)
    if samples.ndim != 2 or 0 in samples.shape:
        raise UnsupportedError(
            f"the array has shape {printable(str(samples.shape))}; a map has one value a pixel, shape (height, width)"
        )
    check_pixels(samples.size)
    dtype = samples.dtype
    if dtype == np.uint8:
        return MapImage(samples, 256, f"8-bit {source}")
    if dtype == np.uint16 or dtype == np.dtype(">u2"):
        return MapImage(samples.astype(np.uint16, copy=False), 65536, f"16-bit {source}")
    if dtype == np.bool_:
        return MapImage(samples.astype(np.uint8) * np.uint8(255), 256, f"1-bit {source}")
    if dtype.kind == "f" and dtype.itemsize in (2, 4, 8):
        native = samples.astype(dtype.newbyteorder("="), copy=False)
        return MapImage(native, None, f"float{dtype.itemsize * 8} {source}")
    raise _unsupported_dtype(dtype)


def check_dtype(dtype: np.dtype[Any]) -> None:
    """Raise UnsupportedError for samples that are no numbers, of which one may be megabytes long."""
    if dtype.itemsize > LARGEST_NUMBER_BYTES:
        raise _unsupported_dtype(dtype)


def _unsupported_dtype(dtype: np.dtype[Any]) -> UnsupportedError:
    return UnsupportedError(
        f"the array holds {str(dtype)[:40]}; maps are uint8, uint16, float16, float32 or float64: convert it, for "
        "instance with .astype(np.float32)"
    )
