"""Define the depth buffer: samples with their unit, as AVDepthData holds them.

Disparity is 1/depth, so 0 in one is infinity in the other; negative values and NaN are unknown and become NaN in
every conversion. A half float ends at 65 504: what is beyond becomes infinity, so a depth under 0.0000153 m has no
hdis and a depth over 65 504 m no hdep. Below 6e-8 a half float is 0.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from authoring.depth.calibration import Calibration
from authoring.depth.estimate_origin import EstimateOrigin
from authoring.depth.kernels import FloatArray, map_rows
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
        """Return the format with this code. Raises UnsupportedError for any other number."""
        for member in cls:
            if member.fourcc == fourcc:
                return member
        known = ", ".join(f"{member.fourcc} ({member.value})" for member in cls)
        raise UnsupportedError(f"the native depth format {fourcc} is none of {known}; only these can be read")


def _clean(samples: npt.NDArray[Any], out: npt.NDArray[np.float32]) -> None:
    """Convert to the same unit: negative becomes NaN, and -0 becomes 0."""
    np.abs(samples, out=out, dtype=np.float32, casting="unsafe")
    # The least sample spares a mask for most chunks; NaN compares false.
    if not samples.min() >= 0:
        out[samples < 0] = np.nan


def _invert(samples: npt.NDArray[Any], out: npt.NDArray[np.float32]) -> None:
    """Convert to the other unit, m to 1/m or back."""
    _clean(samples, out)
    np.divide(np.float32(1), out, out=out)


def read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return a read-only view; the caller's own array stays writable."""
    view = array.view()
    view.flags.writeable = False
    return view


def _real_plane(array: npt.ArrayLike) -> npt.NDArray[Any]:
    """Return `array` as (H, W) numbers, at least one sample. Raises UsageError for anything else."""
    plane = np.asarray(array)
    if plane.ndim != 2 or plane.size == 0:
        raise UsageError(
            f"a map has the shape (height, width); this array has the shape {plane.shape}", subject="map"
        )
    if plane.dtype.kind not in "fiu":
        raise UsageError(f"a map holds real numbers; this array holds {plane.dtype}", subject="map")
    return plane


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DepthBuffer:
    """A map in one of the native formats, as AVDepthData holds it.

    The constructor takes a read-only view of `samples`, not a copy: leave the array alone afterwards.
    UsageError if the shape is not (H, W), the dtype is not the format's, or a word is unknown.
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
    estimate: EstimateOrigin | None = None
    """The network that estimated the map from the photo; None for any other map: `replace(estimate=None)` where other
    samples are put in."""

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
        object.__setattr__(self, "samples", read_only(plane.astype(self.pixel_format.dtype, copy=False)))

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
        """Return a buffer from depth (H, W) in metres, any real dtype, converted to `pixel_format`."""
        kernel = _clean if pixel_format.kind == "depth" else _invert
        samples = map_rows(kernel, _real_plane(array), pixel_format.dtype)
        return cls(samples, pixel_format, accuracy, quality, filtered, calibration)

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
        """Return a buffer from disparity (H, W) in 1/m, any real dtype, converted to `pixel_format`."""
        kernel = _clean if pixel_format.kind == "disparity" else _invert
        samples = map_rows(kernel, _real_plane(array), pixel_format.dtype)
        return cls(samples, pixel_format, accuracy, quality, filtered, calibration)

    @property
    def width(self) -> int:
        """Samples in a row."""
        return int(self.samples.shape[1])

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.samples.shape[0])

    def depth_m(self) -> npt.NDArray[np.float32]:
        """Return depth (H, W) in metres, float32; infinity where the disparity is 0, NaN where it is unknown."""
        return map_rows(_clean if self.pixel_format.kind == "depth" else _invert, self.samples, np.float32)

    def disparity_per_m(self) -> npt.NDArray[np.float32]:
        """Return disparity (H, W) in 1/m, float32; 0 where the depth is infinite, NaN where it is unknown."""
        return map_rows(
            _clean if self.pixel_format.kind == "disparity" else _invert, self.samples, np.float32
        )

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """Return depth (H, W) in metres for `np.asarray`, float32 unless a dtype is given."""
        return self.depth_m() if dtype is None else self.depth_m().astype(dtype)

    def to_pil(self) -> Any:
        """Return depth in metres as a PIL image of mode F; infinity and NaN as in `depth_m`."""
        from PIL import Image

        return Image.fromarray(self.depth_m())

    def __repr__(self) -> str:
        """Return size, format and range, not the samples."""
        known = self.samples[np.isfinite(self.samples)]
        span = f"{known.min():.4g} to {known.max():.4g} {self.pixel_format.unit}" if known.size else "unknown"
        return f"DepthBuffer({self.width}x{self.height} {self.pixel_format.value}, {span}, {self.accuracy})"

    def converted(self, pixel_format: PixelFormat) -> DepthBuffer:
        """Return the map in another format; the buffer itself where it has that format already."""
        if pixel_format is self.pixel_format:
            return self
        kernel = _clean if pixel_format.kind == self.pixel_format.kind else _invert
        samples = map_rows(kernel, self.samples, pixel_format.dtype)
        return self.replace(samples=samples, pixel_format=pixel_format)

    def replace(self, **changes: Any) -> DepthBuffer:
        """Return a copy with other fields."""
        return replace(self, **changes)

    @property
    def valid(self) -> npt.NDArray[np.bool_]:
        """Mask (H, W): True where the sample is the distance of a surface.

        Disparity: finite and not negative; 0 is a surface infinitely far away, infinity is none.
        Depth: finite and above 0; infinity cannot be stored as a number, and 0 m would be the camera itself.
        """
        with np.errstate(invalid="ignore"):
            positive = self.samples >= 0 if self.pixel_format.kind == "disparity" else self.samples > 0
        return np.isfinite(self.samples) & positive

    @property
    def all_valid(self) -> bool:
        """Whether every sample is valid; far cheaper than the mask."""
        with np.errstate(invalid="ignore"):
            low, high = self.samples.min(), self.samples.max()
            # One NaN makes both NaN, which compares false.
            return bool(high < np.inf and (low >= 0 if self.pixel_format.kind == "disparity" else low > 0))
