"""Convert gray pictures to depth buffers and back.

Apple's documented meaning is black = near and white = far in even steps of metres; the variants are options.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.kernels import FloatArray, map_rows, take_table
from authoring.errors import UsageError

Levels = Literal[256, 65536]
"""Gray levels of an 8-bit and of a 16-bit picture."""


@dataclass(frozen=True, slots=True)
class GrayscaleMeaning:
    """Which depth black and white stand for, and what is even between them.

    UsageError unless 0 < near_m < far_m, both finite.
    """

    near_m: float
    far_m: float
    white: Literal["far", "near"] = "far"
    spacing: Literal["depth", "disparity"] = "depth"
    """Even steps in metres, or in 1/m."""

    def __post_init__(self) -> None:
        """Check the range and the words."""
        if not (math.isfinite(self.near_m) and math.isfinite(self.far_m)):
            raise UsageError(f"near and far must be numbers of metres, not {self.near_m} and {self.far_m}")
        if self.near_m <= 0:
            raise UsageError(
                f"near must be more than 0 m, not {self.near_m:g} m: nothing is inside the camera"
            )
        if self.near_m >= self.far_m:
            raise UsageError(
                f"near ({self.near_m:g} m) must be less than far ({self.far_m:g} m);"
                " where white is near, keep the order and say so with --white near"
            )
        if self.white not in ("far", "near"):
            raise UsageError(f"white is far or near, not {self.white!r}")
        if self.spacing not in ("depth", "disparity"):
            raise UsageError(f"steps are even in depth or in disparity, not {self.spacing!r}")

    @property
    def ends(self) -> tuple[float, float]:
        """What black and white stand for, in the unit whose steps are even."""
        black, white = (self.near_m, self.far_m) if self.white == "far" else (self.far_m, self.near_m)
        return (black, white) if self.spacing == "depth" else (1 / black, 1 / white)


def _in_unit(meaning: GrayscaleMeaning, share: FloatArray, pixel_format: PixelFormat) -> FloatArray:
    """Return the sample that a gray share 0..1 stands for, in the dtype of `share`."""
    black, white = meaning.ends
    # Weighted from both sides, so that both ends come out exact.
    even = (1 - share) * share.dtype.type(black) + share * share.dtype.type(white)
    return even if meaning.spacing == pixel_format.kind else 1 / even


def lookup_table(meaning: GrayscaleMeaning, levels: Levels, pixel_format: PixelFormat) -> npt.NDArray[Any]:
    """Return the sample for each of 256 or 65 536 gray levels: (levels,) of the format's dtype, rounded once.

    Raises UsageError if an end of the range cannot be held: 65 504 is the most for hdis and hdep.
    """
    exact = _in_unit(meaning, np.arange(levels, dtype=np.float64) / (levels - 1), pixel_format)
    largest = float(np.finfo(pixel_format.dtype).max)
    if float(exact.max()) > largest:
        end = (
            f"near, {meaning.near_m:g} m,"
            if pixel_format.kind == "disparity"
            else f"far, {meaning.far_m:g} m,"
        )
        raise UsageError(
            f"the value at {end} is {exact.max():g} {pixel_format.unit}, more than the {largest:g} that"
            f" {pixel_format.value} can hold; move that end, or take a format of single floats"
        )
    return exact.astype(pixel_format.dtype)


def buffer_from_gray(
    gray: npt.ArrayLike, meaning: GrayscaleMeaning, pixel_format: PixelFormat = PixelFormat.HDIS
) -> DepthBuffer:
    """Return the map that a gray picture (H, W) stands for.

    uint8 and uint16 run from 0 to their largest value. Floats run from 0 to 1, and NaN stays a hole; a float
    outside is refused, since it is more likely a depth than a gray. Raises UsageError for anything else.
    """
    array = np.asarray(gray)
    if array.ndim != 2 or array.size == 0:
        raise UsageError(f"a gray map has the shape (height, width), not {array.shape}", subject="map")
    if array.dtype.kind == "u" and array.dtype.itemsize <= 2:
        levels: Levels = 256 if array.dtype.itemsize == 1 else 65536
        return DepthBuffer(take_table(lookup_table(meaning, levels, pixel_format), array), pixel_format)
    if array.dtype.kind != "f":
        raise UsageError(
            f"gray levels are uint8, uint16 or floats from 0 to 1, not {array.dtype}", subject="map"
        )
    lookup_table(meaning, 256, pixel_format)  # refuses an end that the format cannot hold
    low, high = float(np.fmin.reduce(array, axis=None)), float(np.fmax.reduce(array, axis=None))
    if low < 0 or high > 1:
        raise UsageError(
            f"gray floats run from 0 to 1, these from {low:g} to {high:g}; are they depths or disparities?",
            subject="map",
        )

    def convert(share: FloatArray, out: npt.NDArray[np.float32]) -> None:
        out[:] = _in_unit(meaning, share.astype(np.float32), pixel_format)

    return DepthBuffer(map_rows(convert, array, pixel_format.dtype), pixel_format)
