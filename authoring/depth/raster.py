"""The map's raster against the photo's: orientation, shape, size.

Knows: that a map covers the whole photo edge to edge, and how to average samples without inventing any.
Must not know: what gray or 8-bit codes stand for.

Nothing in a file states a crop or an offset, so a map of any size is stretched over the whole photo. One
sample was made otherwise: the app behind nilsh_imageio_output.heic halved 375 columns to 187.5, kept 188 and
averaged the last one with black. That is its own slip and not followed; even sizes are there to avoid it.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from authoring.depth.buffer import DepthBuffer
from authoring.depth.orientation import Orientation
from authoring.depth.rows import CHUNK_SAMPLES, FloatArray, row_chunks, widened
from authoring.errors import RefusedError, UsageError

__all__ = [
    "MIN_MAP_SIDE",
    "Orientation",
    "check_aspect",
    "fitted_size",
    "resample_area",
    "resampled",
    "turned",
]

MIN_MAP_SIDE = 2
"""The least side of a stored map: the smallest even number. Even, as all of Apple's are, because HEVC counts cropping
in steps of two in most of its formats, and because halving stays exact."""

DEFAULT_MAX_SIDE = 768
"""The long side of the maps of every rear camera in the samples."""

GOOD_ASPECT = 0.005
"""An aspect error not worth a smaller map: a map is stretched over its photo anyway, so rounding moves nothing."""

SMALLEST_SHARE = 0.9
"""How much of the long side may be given up for a better aspect; matters only for panoramas."""

ASPECT_TOLERANCE = 0.01
"""How far the aspects of map and photo may differ: more is a crop or another photo, and would shift edges."""


FEW_GROUPS = 16
"""Columns that are alike are taken together where there are as many groups of them; else a plane is turned first."""


Rows: TypeAlias = npt.NDArray[np.float32] | list[npt.NDArray[np.float32]]


class _Tap(NamedTuple):
    """One output row: a number of input rows from `start` on, those between the first and the last weighing alike."""

    start: int
    rows: int
    first: np.float32
    inner: np.float32
    last: np.float32


@dataclass(frozen=True, slots=True)
class _Taps:
    """The taps of all output rows. They repeat: the first `outputs` stand for all, each group `inputs` rows later."""

    each: list[_Tap]
    wanted: int
    count: int

    @property
    def outputs(self) -> int:
        """Output rows of a group."""
        return len(self.each)

    @property
    def inputs(self) -> int:
        """Input rows of a group."""
        return self.count * len(self.each) // self.wanted

    def at(self, index: int) -> _Tap:
        """The tap of an output row."""
        if index < len(self.each):
            return self.each[index]
        group, index = divmod(index, len(self.each))
        tap = self.each[index]
        return tap._replace(start=tap.start + group * self.inputs)


def turned(buffer: DepthBuffer, orientation: Orientation) -> DepthBuffer:
    """The map and its calibration as `orientation.to_display` shows them; `orientation.inverse` goes back."""
    if orientation is Orientation.UPRIGHT:
        return buffer
    calibration = buffer.calibration and buffer.calibration.oriented(orientation)
    return buffer.replace(samples=orientation.to_display(buffer.samples), calibration=calibration)


def fitted_size(width: int, height: int, max_size: int = DEFAULT_MAX_SIDE) -> tuple[int, int]:
    """The size (width, height) to store a map in: even, the long side at most `max_size`, nearly the same aspect.

    4032 by 3024 becomes 768 by 576. A map that is small enough keeps its size, odd sides losing one sample; no
    side goes below MIN_MAP_SIDE.
    """
    if width < 1 or height < 1:
        raise UsageError(f"a map of {width} by {height} samples holds nothing", subject="map")
    if max_size < MIN_MAP_SIDE:
        raise UsageError(f"the largest side of a map must be at least {MIN_MAP_SIDE}, not {max_size}")
    long, short = max(width, height), min(width, height)
    if long <= max_size:
        return max(MIN_MAP_SIDE, width // 2 * 2), max(MIN_MAP_SIDE, height // 2 * 2)
    top = max_size // 2 * 2

    def partner(side: int) -> int:
        even = (side * short + long) // (2 * long) * 2  # the even number nearest to side * short / long
        return max(MIN_MAP_SIDE, even)

    def cost(side: int) -> tuple[float, int]:
        error = abs(partner(side) * long / (side * short) - 1)
        return max(error, GOOD_ASPECT), -side

    best = min(range(top, max(MIN_MAP_SIDE, int(top * SMALLEST_SHARE)) - 1, -2), key=cost)
    return (best, partner(best)) if width >= height else (partner(best), best)


def check_aspect(map_width: int, map_height: int, photo_width: int, photo_height: int) -> None:
    """RefusedError unless the map can be stretched over the photo without bending it.

    Aspects may differ by 1 %, and a small map by one sample on either side, which is only rounding.
    """
    if _same_shape(map_width, map_height, photo_width, photo_height):
        return
    sizes = (
        f"the map ({map_width} by {map_height}) does not have the shape of"
        f" the photo ({photo_width} by {photo_height})"
    )
    if _same_shape(map_height, map_width, photo_width, photo_height):
        raise RefusedError(
            f"{sizes}, but it would fit the photo turned by a quarter; turn the map, or say how it lies with"
            " --map-orientation",
            subject="map",
        )
    raise RefusedError(f"{sizes}; crop it to what the photo shows", subject="map")


def _same_shape(map_width: int, map_height: int, photo_width: int, photo_height: int) -> bool:
    wanted_width, wanted_height = (
        map_height * photo_width / photo_height,
        map_width * photo_height / photo_width,
    )
    return (
        abs(map_width / wanted_width - 1) <= ASPECT_TOLERANCE
        or abs(map_width - wanted_width) <= 1
        or abs(map_height - wanted_height) <= 1
    )


def resampled(buffer: DepthBuffer, width: int, height: int) -> DepthBuffer:
    """The map in another size, averaged in its own unit over valid samples; NaN where there was none.

    The calibration stays as it is: its reference frame is the photo, not the map.
    """
    if (width, height) == (buffer.width, buffer.height):
        return buffer
    dtype = buffer.samples.dtype
    # A disparity of 0 is infinitely far away, a depth of 0 nothing.
    floor = 0.0 if buffer.pixel_format.kind == "disparity" else float(np.finfo(dtype).smallest_subnormal)
    samples = resample_area(buffer.samples, width, height, floor)
    return buffer.replace(samples=samples.astype(dtype, copy=False))


def resample_area(
    samples: FloatArray, width: int, height: int, floor: float = -math.inf
) -> npt.NDArray[np.float32]:
    """Samples (H, W) of float16 or float32 stretched to (height, width), as float32.

    Each result is the mean of the input area it covers, with the exact share of every input sample at the
    border, over valid samples only: finite ones, not below `floor`. NaN where the area holds none. An axis
    that grows is interpolated between the nearest two centres instead. No result lies outside the range of the
    input, so a flat map stays flat. Plain sums in a fixed order: the same input gives the same bits on every
    machine.
    """
    if width < 1 or height < 1:
        raise UsageError(f"a map of {width} by {height} samples holds nothing", subject="map")
    if abs(samples.strides[0]) < abs(samples.strides[1]):
        # A map on its side: going along its rows would touch all of memory for each of them.
        return np.ascontiguousarray(resample_area(samples.T, height, width, floor).T)
    # 0/0 is NaN where no sample was valid. An overflow would take samples of 1e34, which no unit gives.
    with np.errstate(all="ignore"):
        sums, shares, low, high = _first_pass(samples, _taps(samples.shape[0], height), floor)
        across = _taps(samples.shape[1], width)
        result = _second_pass(sums, across)
        if shares is not None:
            result /= _second_pass(shares, across)
        return np.clip(result, low, high, out=result)


def _taps(count: int, wanted: int) -> _Taps:
    """Which of `count` input rows make each of `wanted` output rows; exact until the one rounding at the end."""
    if wanted > count:
        return _Taps([_between(count, wanted, i) for i in range(wanted)], wanted, count)
    # In units of 1/wanted of an input row, input j covers [j * wanted, (j + 1) * wanted).
    period = wanted // math.gcd(count, wanted)
    inner, none = np.float32(wanted / count), np.float32(0)
    taps = []
    for start, stop in ((i * count, (i + 1) * count) for i in range(period)):
        begin, end = start // wanted, (stop - 1) // wanted
        if begin == end:
            taps.append(_Tap(begin, 1, np.float32(1), none, none))
            continue
        first, last = (begin + 1) * wanted - start, stop - end * wanted
        taps.append(_Tap(begin, end - begin + 1, np.float32(first / count), inner, np.float32(last / count)))
    return _Taps(taps, wanted, count)


def _between(count: int, wanted: int, i: int) -> _Tap:
    """Output row `i` of an axis that grows."""
    # The place between input centres, (i + 1/2) * count/wanted - 1/2, in units of 1/(2 * wanted).
    place = min(max((2 * i + 1) * count - wanted, 0), 2 * wanted * (count - 1))
    begin, rest = divmod(place, 2 * wanted)
    share = np.float32(rest / (2 * wanted))
    return _Tap(begin, 2 if rest else 1, 1 - share, np.float32(0), share)


def _combine(rows: npt.NDArray[np.float32], taps: _Taps, part: range, out: npt.NDArray[np.float32]) -> None:
    """The weighted sums of the taps in `part`, into `out`; `rows` begins with the first row that they take.

    The first row of every group at once, then the second of every one: the same sums, by far fewer calls.
    """
    origin, columns = taps.at(part.start).start, rows.shape[1]
    groups = len(part) // taps.outputs if part.start % taps.outputs == 0 else 0
    if groups > 1:
        stack = rows[: groups * taps.inputs].reshape(groups, taps.inputs, columns)
        result = out[: groups * taps.outputs].reshape(groups, taps.outputs, columns)
        _weigh_groups(stack.swapaxes(0, 1), taps, result.swapaxes(0, 1))
        part = part[groups * taps.outputs :]
    for index, row in zip(part, out[len(out) - len(part) :], strict=True):
        tap = taps.at(index)
        _weigh(rows[tap.start - origin : tap.start - origin + tap.rows], tap, row)


def _weigh_groups(stack: npt.NDArray[np.float32], taps: _Taps, out: npt.NDArray[np.float32]) -> None:
    """All groups of rows or columns: first axis, the place within the group."""
    for tap, result in zip(taps.each, out, strict=True):
        _weigh(list(stack[tap.start : tap.start + tap.rows]), tap, result)


def _weigh(rows: Rows, tap: _Tap, out: npt.NDArray[np.float32]) -> None:
    """One tap's weighted sum of its rows, or of arrays of such rows, into `out`; always in the same order."""
    np.multiply(rows[0], tap.first, out=out)
    if len(rows) > 2:
        inner = rows[1:-1]
        total = np.add.reduce(inner) if isinstance(inner, np.ndarray) else functools.reduce(np.add, inner)
        out += total * tap.inner
    if len(rows) > 1:
        out += rows[-1] * tap.last


def _first_pass(
    samples: FloatArray, taps: _Taps, floor: float
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32] | None, np.float32, np.float32]:
    """Combine rows, a few outputs at a time.

    The sums, the share of valid input in each (None where all is valid), and the range of what is.
    """
    columns = samples.shape[1]
    sums = np.empty((taps.wanted, columns), np.float32)
    shares: npt.NDArray[np.float32] | None = None
    infinity, top = np.float32(np.inf), np.finfo(np.float32).max
    low, high = infinity, -infinity
    size = max(1, CHUNK_SAMPLES // (columns * max(tap.rows for tap in taps.each)))
    size -= size % taps.outputs if size > taps.outputs else 0
    for begin in range(0, taps.wanted, size):
        part = range(begin, min(begin + size, taps.wanted))
        last = taps.at(part[-1])
        block = widened(samples[taps.at(begin).start : last.start + last.rows])
        weight = None
        least, most = block.min(), block.max()
        if not (least >= floor and most <= top):  # also where either is NaN
            known = (block >= floor) & (block <= top)
            least, most = np.where(known, block, infinity).min(), np.where(known, block, -infinity).max()
            block, weight = np.where(known, block, np.float32(0)), known.astype(np.float32)
            if shares is None:
                shares = np.ones_like(sums)
        low, high = min(low, least), max(high, most)
        _combine(block, taps, part, sums[part.start : part.stop])
        if weight is not None and shares is not None:
            _combine(weight, taps, part, shares[part.start : part.stop])
    return sums, shares, low, high


def _second_pass(plane: npt.NDArray[np.float32], taps: _Taps) -> npt.NDArray[np.float32]:
    """Combine the columns of a plane."""
    height = plane.shape[0]
    out = np.empty((height, taps.wanted), np.float32)
    groups = taps.wanted // taps.outputs
    if groups < FEW_GROUPS:
        # Turned, so that a column lies in one piece.
        turned_out = np.empty((taps.wanted, height), np.float32)
        _combine(np.ascontiguousarray(plane.T), taps, range(taps.wanted), turned_out)
        out[:] = turned_out.T
        return out
    for rows in row_chunks(plane.shape):
        stack = plane[rows].reshape(-1, groups, taps.inputs)
        result = out[rows].reshape(-1, groups, taps.outputs)
        _weigh_groups(np.moveaxis(stack, 2, 0), taps, np.moveaxis(result, 2, 0))
    return out
