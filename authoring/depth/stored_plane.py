"""Eight bits for each sample: how Apple stores a native map as L008, and what that costs.

Knows: value = float_min + code * (float_max - float_min) / 255, the larger value having the larger code, so
that near is 255 in disparity (checked against a decode by Apple's own frameworks); both ends are exact half
floats in every sample file.
Must not know: how the codes are coded, or how the ends are printed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from authoring.depth.buffer import INFINITY_BITS, Accuracy, DepthBuffer, PixelFormat, Quality
from authoring.depth.calibration import Calibration
from authoring.depth.rows import FloatArray, frozen, map_rows, row_chunks, shared_rows, take_table
from authoring.errors import MalformedError, RefusedError, UsageError

TOP_CODE = 255
"""The largest code of L008."""

HALF_MAX = 65504.0
"""The largest half float."""

ROUNDING_CODES = 1e-4
"""What single precision adds to half a quantisation step: three roundings of a number up to 255."""

STEP_SPACINGS = 8
"""A step is this many times the spacing of single floats at least: four roundings then move a place by half of the half
code that matters."""

SPARSE = 4
"""Picking samples out of a chunk pays where they are fewer than one in so many."""

COMPARED_CODES = 1 << 20
"""Codes compared at once; less would stop for the interpreter too often, since there is little to do for each."""

WORD = 8
"""Codes in a 64-bit number."""

InCodes: TypeAlias = Callable[[FloatArray, npt.NDArray[np.float32] | None], npt.NDArray[np.float32]]
"""Makes places among the codes of samples, in the second array or a new one."""


@dataclass(frozen=True, slots=True, eq=False)
class StoredPlane:
    """A map as stored: codes and the range they span.

    `quantize` gives ends that are exact half floats; a plane from another writer may have others, and may be
    flat. MalformedError where the ends are not finite or the wrong way round.
    """

    codes: npt.NDArray[np.uint8]
    """(H, W), read-only."""
    float_min: float
    """What code 0 stands for, in the unit of the format."""
    float_max: float
    """What code 255 stands for."""
    pixel_format: PixelFormat

    def __post_init__(self) -> None:
        """Check the range and make the codes read-only."""
        codes = np.asarray(self.codes)
        if codes.ndim != 2 or codes.size == 0 or codes.dtype != np.uint8:
            raise UsageError(f"stored codes are uint8 (height, width), not {codes.dtype} {codes.shape}")
        if not (math.isfinite(self.float_min) and math.isfinite(self.float_max)):
            raise MalformedError(
                f"the stored map's range is {self.float_min} to {self.float_max}, which are not both numbers"
            )
        if self.float_min > self.float_max:
            raise MalformedError(
                f"the stored map's range runs from {self.float_min:g} down to {self.float_max:g};"
                " its least value must come first"
            )
        object.__setattr__(self, "codes", frozen(codes))

    @property
    def step(self) -> float:
        """The quantisation step: the difference between neighbouring codes, in the unit of the format."""
        return (self.float_max - self.float_min) / TOP_CODE

    @property
    def quantisation_bound(self) -> float:
        """The most by which a stored sample differs from the native one, in the unit of the format."""
        return self.step * (0.5 + ROUNDING_CODES)


def _table(plane: StoredPlane) -> npt.NDArray[np.float64]:
    """The value of each code."""
    return plane.float_min + np.arange(TOP_CODE + 1) * (plane.float_max - plane.float_min) / TOP_CODE


def _valid_range(buffer: DepthBuffer) -> tuple[float, float]:
    """Least and largest sample. RefusedError where a sample has no code."""
    if not buffer.all_valid:
        count = int(np.count_nonzero(~buffer.valid))
        raise RefusedError(
            f"{count} of the map's {buffer.samples.size} samples are NaN, negative or infinite, which 8 bits"
            " cannot hold; fill the holes first",
            subject="map",
        )
    low, high = buffer.bit_range
    if high > INFINITY_BITS[buffer.samples.dtype]:  # minus zero is the only valid sample up there
        return 0.0, float(buffer.samples.max())
    bits = np.array([low, high], np.uint16 if buffer.samples.dtype == np.float16 else np.uint32)
    return tuple(bits.view(buffer.samples.dtype).tolist())


def _half_below(value: float) -> float:
    """The largest half float that is not above a value from 0 to HALF_MAX."""
    half = np.float16(value)
    return float(half if float(half) <= value else np.nextafter(half, np.float16(-np.inf)))


def _half_above(value: float) -> float:
    """The least half float that is not below a value from 0 to HALF_MAX."""
    half = np.float16(value)
    return float(half if float(half) >= value else np.nextafter(half, np.float16(np.inf)))


def quantize(buffer: DepthBuffer) -> StoredPlane:
    """The codes of a map, stretched over its own range as ImageIO does, the ends rounded outward to half floats.

    No sample lies outside the range, so none differs from its code by more than half a step. RefusedError
    where a sample is not valid, where the map is flat, or where its range goes beyond half floats.
    """
    low, high = _valid_range(buffer)
    if high > HALF_MAX:
        raise RefusedError(
            f"the map reaches {high:g} {buffer.pixel_format.unit}, and the stored range ends at {HALF_MAX:g};"
            " check the map's unit",
            subject="map",
        )
    if low == high:
        raise _flat(buffer, low)
    float_min, float_max = _half_below(low), _half_above(high)

    in_codes = _in_codes(float_min, float_max)

    def code(samples: FloatArray, scratch: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return np.rint(in_codes(samples, scratch), out=scratch)

    # No other sample has a code beyond those of the ends.
    ends = np.array([[low, high]], buffer.samples.dtype)
    first, last = map_rows(code, ends, np.uint8)[0]
    if first == last:
        raise _flat(buffer, low)
    return StoredPlane(map_rows(code, buffer.samples, np.uint8), float_min, float_max, buffer.pixel_format)


def _flat(buffer: DepthBuffer, value: float) -> RefusedError:
    if buffer.pixel_format.kind == "disparity":
        value = 1 / value if value else math.inf
    away = "infinitely far away" if math.isinf(value) else f"{value:g} m away"
    return RefusedError(
        f"the map is flat: every sample is {away}, so there is no near and far to store;"
        " supply a map with at least two distances",
        subject="map",
    )


def dequantize(plane: StoredPlane) -> npt.NDArray[np.float32]:
    """The values (H, W) the codes stand for, float32, in the unit of the format."""
    return take_table(_table(plane).astype(np.float32), plane.codes)


def buffer_from_plane(
    plane: StoredPlane,
    accuracy: Accuracy = "relative",
    quality: Quality = "high",
    filtered: bool = False,
    calibration: Calibration | None = None,
) -> DepthBuffer:
    """The map a stored plane stands for, in its native format, as Apple's frameworks hand it out."""
    with np.errstate(over="ignore"):
        table = _table(plane).astype(plane.pixel_format.dtype)
    return DepthBuffer(
        take_table(table, plane.codes), plane.pixel_format, accuracy, quality, filtered, calibration
    )


def max_error(plane: StoredPlane, buffer: DepthBuffer, codes: npt.NDArray[np.uint8] | None = None) -> float:
    """The largest difference between a plane, as decoded, and the map it was made of, in the map's unit.

    Measured before a cast to half floats: a lossless plane from `quantize` never exceeds its own
    `quantisation_bound`. UsageError where size or format differ; RefusedError where a sample of the
    map is not valid.

    codes: what `quantize` gave for the map, or the codes in the plane's range that the map was made of, where they are
    known. The result is the same, and found several times faster.
    """
    if plane.codes.shape != buffer.samples.shape or plane.pixel_format is not buffer.pixel_format:
        raise UsageError(
            f"a {plane.pixel_format.value} plane of shape {plane.codes.shape} cannot be compared with a"
            f" {buffer.pixel_format.value} map of shape {buffer.samples.shape}"
        )
    _valid_range(buffer)
    # A sample lies within half a code of its own code, and so no nearer to any other: where the plane has another
    # one anywhere, the largest error is at such a place. Steps that single precision hardly resolves show the error of
    # the arithmetic instead, which may be largest anywhere.
    resolved = plane.step > STEP_SPACINGS * float(np.spacing(np.float32(plane.float_max)))
    errors = _errors(plane, buffer, codes) if codes is not None and resolved else []
    return max(0.0, *(errors or _errors(plane, buffer, None))) * plane.step


def _errors(plane: StoredPlane, buffer: DepthBuffer, codes: npt.NDArray[np.uint8] | None) -> list[float]:
    """Errors in codes, the largest among them, or among the places where the plane differs from `codes`."""
    in_codes = _in_codes(plane.float_min, plane.float_max)

    def work(part: slice) -> list[float]:
        found: list[float] = []
        for rows in row_chunks(plane.codes.shape, part, COMPARED_CODES):
            pairs = [(plane.codes[rows], buffer.samples[rows])]
            if codes is not None:
                pairs = _where_other(*pairs[0], codes[rows])
            for decoded, samples in pairs:
                error = in_codes(samples, None)
                error -= decoded
                found += [float(error.max()), -float(error.min())]
        return found

    return [error for errors in shared_rows(plane.codes.shape, work) for error in errors]


def _where_other(
    decoded: npt.NDArray[np.uint8], samples: FloatArray, codes: npt.NDArray[np.uint8]
) -> list[tuple[npt.NDArray[np.uint8], FloatArray]]:
    """The places where two planes of codes differ, and perhaps places beside them; nothing where they do not."""
    decoded, samples, codes = decoded.ravel(), samples.ravel(), codes.ravel()
    whole = decoded.size // WORD * WORD
    found = []
    # Eight codes are compared as one number: a plane and its coded twin are the same nearly everywhere.
    words = np.flatnonzero(decoded[:whole].view(np.uint64) != codes[:whole].view(np.uint64))
    if words.size * WORD * SPARSE > decoded.size:
        return [(decoded, samples)]
    if words.size:
        pair = decoded[:whole].reshape(-1, WORD), samples[:whole].reshape(-1, WORD)
        found = [(pair[0].take(words, axis=0), pair[1].take(words, axis=0))]
    if (decoded[whole:] != codes[whole:]).any():
        found.append((decoded[whole:], samples[whole:]))
    return found


def _in_codes(float_min: float, float_max: float) -> InCodes:
    """The function from samples in a map's unit to their place among the codes, 0 to 255, not rounded.

    Single precision, a third of the time of double, is off by less than `ROUNDING_CODES`: the difference from
    float_min comes first, where nothing cancels any more.
    """
    low, scale = (
        np.float32(float_min),
        np.float32(TOP_CODE / (float_max - float_min) if float_max > float_min else 0),
    )

    def in_codes(samples: FloatArray, out: npt.NDArray[np.float32] | None) -> npt.NDArray[np.float32]:
        place = np.subtract(samples, low, out=out, dtype=np.float32)
        place *= scale
        return place

    return in_codes


def error_in_m(error: float, value: float, pixel_format: PixelFormat) -> float | None:
    """What an error in the map's unit means in metres, at a place with this value.

    For depth it is the error itself. For disparity it is the larger of the two ways to be wrong,
    1/(value - error) - 1/value; None where that has no end, the error hiding that the surface is not
    infinitely far away.
    """
    if pixel_format.kind == "depth" or error == 0:
        return error
    return error / (value * (value - error)) if value > error else None
