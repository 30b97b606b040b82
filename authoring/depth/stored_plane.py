"""Quantize a native map to 8 bits per sample (L008), as Apple stores it, or to 16, which a DNG can hold.

value = float_min + code * (float_max - float_min) / 255, or 65535. The larger value has the larger code, so near is
255 in disparity (checked against a decode by Apple's own frameworks); both ends are exact half floats in every
sample file.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from authoring.depth.buffer import Accuracy, DepthBuffer, PixelFormat, Quality, read_only
from authoring.depth.calibration import Calibration
from authoring.depth.kernels import FloatArray, map_rows, take_table
from authoring.errors import MalformedError, RefusedError, UsageError

Codes = npt.NDArray[np.unsignedinteger[Any]]
"""Codes (H, W), uint8 or uint16."""

CodeBits = Literal[8, 16]

HALF_MAX = 65504.0
"""The largest half float."""

ROUNDING_CODES = 1e-4
"""What single precision adds to half a quantisation step: three roundings of a number up to 255. Codes of 16 bits are
computed in double precision, which adds nothing to speak of."""


@dataclass(frozen=True, slots=True, eq=False)
class StoredPlane:
    """A map as stored: codes and the range they span.

    `quantize` gives ends that are exact half floats; a plane from another writer may have others, and may be
    flat. Raises MalformedError if the ends are not finite or reversed.
    """

    codes: Codes
    """(H, W) uint8, or uint16 in a DNG; read-only."""
    float_min: float
    """What code 0 stands for, in the unit of the format."""
    float_max: float
    """What the top code stands for, 255 or 65535."""
    pixel_format: PixelFormat

    def __post_init__(self) -> None:
        """Check the range and make the codes read-only."""
        codes = np.asarray(self.codes)
        if codes.ndim != 2 or codes.size == 0 or codes.dtype not in (np.uint8, np.uint16):
            raise UsageError(
                f"stored codes are uint8 or uint16 (height, width), not {codes.dtype} {codes.shape}"
            )
        if not (math.isfinite(self.float_min) and math.isfinite(self.float_max)):
            raise MalformedError(
                f"the stored map's range is {self.float_min} to {self.float_max}, which are not both numbers"
            )
        if self.float_min > self.float_max:
            raise MalformedError(
                f"the stored map's range runs from {self.float_min:g} down to {self.float_max:g};"
                " its least value must come first"
            )
        object.__setattr__(self, "codes", read_only(codes))

    @property
    def step(self) -> float:
        """The quantisation step: the difference between neighbouring codes, in the unit of the format."""
        return (self.float_max - self.float_min) / self.top_code

    @property
    def bits(self) -> CodeBits:
        """Bits of a code."""
        return 16 if self.codes.dtype == np.uint16 else 8

    @property
    def top_code(self) -> int:
        """The largest code: 255 of L008, 65535 with 16 bits."""
        return top_code(self.bits)

    def eight_bit_codes(self) -> npt.NDArray[np.uint8]:
        """Return the codes (H, W) uint8; those of 16 bits are rounded, for pictures to look at."""
        if self.bits == 8:
            return self.codes.astype(np.uint8, copy=False)
        return np.rint(self.codes / 257).astype(np.uint8)


def top_code(bits: CodeBits) -> int:
    """Return the largest code of so many bits."""
    return (1 << bits) - 1


def _table(plane: StoredPlane) -> npt.NDArray[np.float64]:
    """Return the value of each code."""
    return (
        plane.float_min + np.arange(plane.top_code + 1) * (plane.float_max - plane.float_min) / plane.top_code
    )


def valid_range(buffer: DepthBuffer) -> tuple[float, float]:
    """Return the least and largest sample. Raises RefusedError if a sample has no code."""
    if not buffer.all_valid:
        count = int(np.count_nonzero(~buffer.valid))
        raise RefusedError(
            f"{count} of the map's {buffer.samples.size} samples are NaN, negative or infinite, which 8 bits"
            " cannot hold; fill the holes first",
            subject="map",
        )
    # Adding 0 turns minus zero, which is valid, into zero.
    return float(buffer.samples.min()) + 0.0, float(buffer.samples.max()) + 0.0


def _half_below(value: float) -> float:
    """Return the largest half float that is not above a value from 0 to HALF_MAX."""
    half = np.float16(value)
    return float(half if float(half) <= value else np.nextafter(half, np.float16(-np.inf)))


def _half_above(value: float) -> float:
    """Return the least half float that is not below a value from 0 to HALF_MAX."""
    half = np.float16(value)
    return float(half if float(half) >= value else np.nextafter(half, np.float16(np.inf)))


def quantize(buffer: DepthBuffer, bits: CodeBits = 8) -> StoredPlane:
    """Return the codes of a map, over its own range as ImageIO does, the ends rounded outward to half floats.

    No sample is outside the range, so none differs from its code by more than half a step. Raises RefusedError
    where a sample is not valid, where the map is flat, or where its range goes beyond half floats.
    """
    low, high = valid_range(buffer)
    if high > HALF_MAX:
        raise RefusedError(
            f"the map reaches {high:g} {buffer.pixel_format.unit}, and the stored range ends at {HALF_MAX:g};"
            " check the map's unit",
            subject="map",
        )
    if low == high:
        raise _flat(buffer, low)
    float_min, float_max = _half_below(low), _half_above(high)

    def code(samples: FloatArray, out: npt.NDArray[np.float32]) -> None:
        positions = out if bits == 8 else np.empty(out.shape, np.float64)
        code_positions(samples, float_min, float_max, positions, bits)
        np.rint(positions, out=out, casting="unsafe")

    dtype = np.uint8 if bits == 8 else np.uint16
    # All other samples have codes between those of the ends.
    first, last = map_rows(code, np.array([[low, high]], buffer.samples.dtype), dtype)[0]
    if first == last:
        raise _flat(buffer, low)
    return StoredPlane(map_rows(code, buffer.samples, dtype), float_min, float_max, buffer.pixel_format)


def _flat(buffer: DepthBuffer, value: float) -> RefusedError:
    if buffer.pixel_format.kind == "disparity":
        value = 1 / value if value else math.inf
    distance = "infinitely far away" if math.isinf(value) else f"{value:g} m away"
    return RefusedError(
        f"the map is flat: every sample is {distance}, so there is no near and far to store;"
        " supply a map with at least two distances",
        subject="map",
    )


def buffer_from_plane(
    plane: StoredPlane,
    accuracy: Accuracy = "relative",
    quality: Quality = "high",
    filtered: bool = False,
    calibration: Calibration | None = None,
) -> DepthBuffer:
    """Return the map that a stored plane stands for, in its native format, as Apple's frameworks return it."""
    with np.errstate(over="ignore"):
        table = _table(plane).astype(plane.pixel_format.dtype)
    return DepthBuffer(
        take_table(table, plane.codes), plane.pixel_format, accuracy, quality, filtered, calibration
    )


def code_positions(
    samples: FloatArray,
    float_min: float,
    float_max: float,
    out: npt.NDArray[np.float32] | npt.NDArray[np.float64],
    bits: CodeBits = 8,
) -> None:
    """Write where samples are among the codes, 0 to 255 or 65535, not rounded, into `out`.

    Single precision, a third of the time of double, is off by less than `ROUNDING_CODES`: the difference from
    float_min comes first, so that nothing cancels later.
    """
    scale = top_code(bits) / (float_max - float_min) if float_max > float_min else 0.0
    if bits == 16:
        out[:] = (samples.astype(np.float64) - float_min) * scale
        return
    np.subtract(samples, np.float32(float_min), out=out, dtype=np.float32)
    out *= np.float32(scale)
