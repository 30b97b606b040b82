"""The depth buffer: samples with their unit, as AVDepthData holds them.

Knows: Apple's four native pixel formats, disparity against depth, and which samples are valid.
Must not know: gray levels, 8-bit storage, files.

Disparity is 1/depth. Zero and infinity answer each other; negative values and NaN say nothing and become
NaN in every conversion. A half float ends at 65 504: what lies beyond becomes infinity, so a depth under
0.0000153 m has no hdis and a depth over 65 504 m no hdep. Below 6e-8 a half float is 0.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from authoring.depth.calibration import Calibration
from authoring.depth.rows import FloatArray, frozen, map_rows, row_chunks, shared_rows
from authoring.errors import UnsupportedError, UsageError

Kind = Literal["disparity", "depth"]
Unit = Literal["1/m", "m"]
Accuracy = Literal["relative", "absolute"]
Quality = Literal["high", "low"]


class PixelFormat(enum.Enum):
    """What a native sample is: its type and its unit. The value is the four-character code."""

    HDIS = "hdis"
    FDIS = "fdis"
    HDEP = "hdep"
    FDEP = "fdep"

    @property
    def fourcc(self) -> int:
        """The code as the 32-bit number of apdi:NativeFormat, such as 1751411059 for hdis."""
        return int.from_bytes(self.value.encode("ascii"), "big")

    @property
    def dtype(self) -> np.dtype[Any]:
        """float16 for hdis and hdep, float32 for fdis and fdep."""
        return np.dtype(np.float16 if self.value[0] == "h" else np.float32)

    @property
    def kind(self) -> Kind:
        """Whether larger values are nearer (disparity) or farther (depth)."""
        return "disparity" if self.value.endswith("dis") else "depth"

    @property
    def unit(self) -> Unit:
        """The unit of a sample."""
        return "1/m" if self.kind == "disparity" else "m"

    @property
    def single(self) -> PixelFormat:
        """The float32 format of the same kind; maps are prepared in it, so that float16 adds no error of its own."""
        return PixelFormat.FDIS if self.kind == "disparity" else PixelFormat.FDEP

    @classmethod
    def from_fourcc(cls, fourcc: int) -> PixelFormat:
        """The format with this code; UnsupportedError for any other number."""
        for member in cls:
            if member.fourcc == fourcc:
                return member
        known = ", ".join(f"{member.fourcc} ({member.value})" for member in cls)
        raise UnsupportedError(f"the native depth format {fourcc} is none of {known}; only these can be read")


INFINITY_BITS = {np.dtype(np.float16): 0x7C00, np.dtype(np.float32): 0x7F80_0000}
"""Positive infinity as an integer. The bits of floats that are not negative order like the floats, and comparing them
is several times faster; NaN and all that has a sign come above infinity."""

Bits: TypeAlias = tuple[int, int]
"""The least and the largest of the samples' bits, read as unsigned integers."""


def bits_of(samples: FloatArray) -> npt.NDArray[np.unsignedinteger[Any]]:
    """The samples' bits; a view."""
    return samples.view(np.uint16 if samples.dtype == np.float16 else np.uint32)


def _bit_range(samples: FloatArray) -> Bits:
    bits = bits_of(samples)

    def work(part: slice) -> Bits:
        return _together(
            [(int(bits[rows].min()), int(bits[rows].max())) for rows in row_chunks(bits.shape, part)]
        )

    return _together(shared_rows(bits.shape, work))


def _together(ranges: list[Bits]) -> Bits:
    lows, highs = zip(*ranges, strict=True)
    return min(lows), max(highs)


def _cleaned(samples: npt.NDArray[Any], out: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Float32 samples in the same unit: negative to NaN, and no zero keeps a minus sign."""
    np.abs(samples, out=out, dtype=np.float32, casting="unsafe")
    # One look at the least sample spares a mask for each chunk; a NaN among them answers False.
    if not samples.min() >= 0:
        out[samples < 0] = np.nan
    return out


def _inverted(samples: npt.NDArray[Any], out: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Float32 samples in the other unit, m to 1/m or back."""
    return np.divide(np.float32(1), _cleaned(samples, out), out=out)


def _converted(
    source: npt.NDArray[Any], same_unit: bool, dtype: np.dtype[Any]
) -> tuple[FloatArray, Bits | None]:
    """Samples in the same or the other unit, and their range where that costs little."""
    kernel = _cleaned if same_unit else _inverted
    if not source.dtype == dtype == np.float32:
        return map_rows(kernel, source, dtype), None
    ranges: list[Bits] = []

    def convert(samples: npt.NDArray[Any], out: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        bits = bits_of(samples)
        ends = np.array([bits.min(), bits.max()])
        if ends[1] > INFINITY_BITS[samples.dtype]:
            kernel(samples, out)
            bits = bits_of(out)
            ends = np.array([bits.min(), bits.max()])
        elif same_unit:
            np.copyto(out, samples)
        else:
            np.divide(np.float32(1), samples, out=out)
            # Division rounds correctly, so the inverses of the ends are the ends of the inverses.
            ends = bits_of(np.float32(1) / ends[::-1].view(np.float32))
        ranges.append((int(ends[0]), int(ends[1])))
        return out

    return map_rows(convert, source, dtype), _together(ranges)


def _real_plane(array: npt.ArrayLike) -> npt.NDArray[Any]:
    """`array` as (H, W) numbers, at least one sample; UsageError otherwise."""
    plane = np.asarray(array)
    if plane.ndim != 2 or plane.size == 0:
        raise UsageError(
            f"a map has the shape (height, width); this array has the shape {plane.shape}", subject="map"
        )
    if plane.dtype.kind not in "fiu":
        raise UsageError(f"a map holds real numbers; this array holds {plane.dtype}", subject="map")
    return plane


@dataclass(frozen=True, slots=True, eq=False)
class DepthBuffer:
    """A map in one of the native formats, as AVDepthData holds it.

    The constructor takes a read-only view of `samples`, not a copy: leave the array alone afterwards.
    UsageError where the shape is not (H, W), the dtype is not the format's, or a word is unknown.
    """

    samples: FloatArray
    """(H, W), float16 or float32 as the format says, in 1/m or m; NaN where nothing is known."""
    pixel_format: PixelFormat
    accuracy: Accuracy = "relative"
    """Absolute: the unit holds. Relative: order and ratios within the map hold, the scale may not."""
    quality: Quality = "high"
    filtered: bool = False
    """True where holes have been filled, so that every sample is valid."""
    calibration: Calibration | None = None
    """The camera; its reference frame is the photo, so the map's own size does not touch it."""
    _bits: Bits | None = field(default=None, init=False, repr=False)
    """The range of the samples' bits, once somebody asked for it: to find it takes a look at every sample."""

    def __post_init__(self) -> None:
        """Check the samples against the format, and make them read-only."""
        plane = _real_plane(self.samples)
        if plane.dtype.newbyteorder("=") != self.pixel_format.dtype:
            raise UsageError(
                f"samples of {self.pixel_format.value} are {self.pixel_format.dtype}, not {plane.dtype};"
                " from_depth_m and from_disparity_per_m convert them",
                subject="map",
            )
        if self.accuracy not in ("relative", "absolute"):
            raise UsageError(f"accuracy is relative or absolute, not {self.accuracy!r}")
        if self.quality not in ("high", "low"):
            raise UsageError(f"quality is high or low, not {self.quality!r}")
        object.__setattr__(self, "samples", frozen(plane.astype(self.pixel_format.dtype, copy=False)))

    @classmethod
    def from_depth_m(
        cls,
        array: npt.ArrayLike,
        pixel_format: PixelFormat = PixelFormat.HDIS,
        *,
        accuracy: Accuracy = "relative",
        quality: Quality = "high",
        filtered: bool = False,
        calibration: Calibration | None = None,
    ) -> DepthBuffer:
        """A buffer from depth (H, W) in metres, any real dtype, converted to `pixel_format`."""
        same_unit = pixel_format.kind == "depth"
        samples, bits = _converted(_real_plane(array), same_unit, pixel_format.dtype)
        return cls(samples, pixel_format, accuracy, quality, filtered, calibration)._known(bits)

    @classmethod
    def from_disparity_per_m(
        cls,
        array: npt.ArrayLike,
        pixel_format: PixelFormat = PixelFormat.HDIS,
        *,
        accuracy: Accuracy = "relative",
        quality: Quality = "high",
        filtered: bool = False,
        calibration: Calibration | None = None,
    ) -> DepthBuffer:
        """A buffer from disparity (H, W) in 1/m, any real dtype, converted to `pixel_format`."""
        same_unit = pixel_format.kind == "disparity"
        samples, bits = _converted(_real_plane(array), same_unit, pixel_format.dtype)
        return cls(samples, pixel_format, accuracy, quality, filtered, calibration)._known(bits)

    @property
    def width(self) -> int:
        """Samples in a row."""
        return int(self.samples.shape[1])

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.samples.shape[0])

    def depth_m(self) -> npt.NDArray[np.float32]:
        """Depth (H, W) in metres, float32; infinity where the disparity is 0, NaN where nothing is known."""
        return map_rows(
            _cleaned if self.pixel_format.kind == "depth" else _inverted, self.samples, np.float32
        )

    def disparity_per_m(self) -> npt.NDArray[np.float32]:
        """Disparity (H, W) in 1/m, float32; 0 where the depth is infinite, NaN where nothing is known."""
        return map_rows(
            _cleaned if self.pixel_format.kind == "disparity" else _inverted, self.samples, np.float32
        )

    def converted(self, pixel_format: PixelFormat) -> DepthBuffer:
        """The same map in another format; the buffer itself where it has that format already."""
        if pixel_format is self.pixel_format:
            return self
        same_unit = pixel_format.kind == self.pixel_format.kind
        samples, bits = _converted(self.samples, same_unit, pixel_format.dtype)
        return self.replace(samples=samples, pixel_format=pixel_format)._known(bits)

    def replace(self, **changes: Any) -> DepthBuffer:
        """A copy with other fields."""
        copy = replace(self, **changes)
        return copy if "samples" in changes else copy._known(self._bits)

    def _known(self, bits: Bits | None) -> DepthBuffer:
        """The buffer itself, the range of whose bits is known."""
        object.__setattr__(self, "_bits", bits)
        return self

    @property
    def bit_range(self) -> Bits:
        """The least and the largest of the samples' bits, read as unsigned integers; see `INFINITY_BITS`."""
        if self._bits is None:
            self._known(_bit_range(self.samples))
        assert self._bits is not None
        return self._bits

    @property
    def valid(self) -> npt.NDArray[np.bool_]:
        """Mask (H, W): True where the sample says where a surface is.

        Disparity: finite and not negative; 0 is a surface infinitely far away, infinity is none.
        Depth: finite and above 0; infinity cannot be stored as a number, and 0 m would be the camera itself.
        """

        def check(samples: FloatArray, _: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
            least = samples >= 0 if self.pixel_format.kind == "disparity" else samples > 0
            return least & np.isfinite(samples)

        return map_rows(check, self.samples, np.bool_)

    @property
    def all_valid(self) -> bool:
        """Whether every sample is valid; far cheaper than the mask."""
        low, high = self.bit_range
        if high < INFINITY_BITS[self.samples.dtype]:
            return self.pixel_format.kind == "disparity" or low > 0
        return bool(self.valid.all())
