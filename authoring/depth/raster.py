"""The map's raster against the photo's: orientation, shape, size.

Knows: that a map covers the whole photo edge to edge, and how to average samples without inventing any.
Must not know: what gray or 8-bit codes stand for.

Nothing in a file states a crop or an offset, so a map of any size is stretched over the whole photo. One
sample was made otherwise: the app behind nilsh_imageio_output.heic halved 375 columns to 187.5, kept 188 and
averaged the last one with black. That is its own slip and not followed; even sizes are there to avoid it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from authoring.depth.buffer import DepthBuffer
from authoring.depth.orientation import Orientation
from authoring.depth.rows import CHUNK_SAMPLES, FloatArray, widened
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


class _Tap(NamedTuple):
    """One output row: a number of input rows from `start` on, those between the first and the last weighing alike."""

    start: int
    rows: int
    first: np.float32
    inner: np.float32
    last: np.float32


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
        return resample_area(samples.T, height, width, floor).T
    # 0/0 is NaN where no sample was valid. An overflow would take samples of 1e34, which no unit gives.
    with np.errstate(all="ignore"):
        sums, shares, low, high = _first_pass(samples, _taps(samples.shape[0], height), floor)
        across = _taps(samples.shape[1], width)
        result = _second_pass(sums, across)
        if shares is not None:
            result /= _second_pass(shares, across)
        return np.clip(result, low, high, out=result).T


def _taps(count: int, wanted: int) -> list[_Tap]:
    """Which of `count` input rows make each of `wanted` output rows; exact until the one rounding at the end."""
    taps = []
    none = np.float32(0)
    if wanted <= count:
        # In units of 1/wanted of an input row, input j covers [j * wanted, (j + 1) * wanted).
        inner = np.float32(wanted / count)
        for start, stop in ((i * count, (i + 1) * count) for i in range(wanted)):
            begin, end = start // wanted, (stop - 1) // wanted
            if begin == end:
                taps.append(_Tap(begin, 1, np.float32(1), none, none))
                continue
            first, last = (begin + 1) * wanted - start, stop - end * wanted
            taps.append(
                _Tap(begin, end - begin + 1, np.float32(first / count), inner, np.float32(last / count))
            )
    else:
        for i in range(wanted):
            # The place between input centres, (i + 1/2) * count/wanted - 1/2, in units of 1/(2 * wanted).
            place = min(max((2 * i + 1) * count - wanted, 0), 2 * wanted * (count - 1))
            begin, rest = divmod(place, 2 * wanted)
            share = np.float32(rest / (2 * wanted))
            taps.append(_Tap(begin, 2 if rest else 1, 1 - share, none, share))
    return taps


def _combine(rows: npt.NDArray[np.float32], tap: _Tap, out: npt.NDArray[np.float32]) -> None:
    """The weighted sum of the tap's rows, into `out`."""
    np.multiply(rows[0], tap.first, out=out)
    if tap.rows > 2:
        inner = np.add.reduce(rows[1 : tap.rows - 1], axis=0)
        inner *= tap.inner
        out += inner
    if tap.rows > 1:
        out += rows[tap.rows - 1] * tap.last


def _first_pass(
    samples: FloatArray, taps: list[_Tap], floor: float
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32] | None, np.float32, np.float32]:
    """Combine rows, a few outputs at a time.

    The sums, the share of valid input in each (None where all is valid), and the range of what is.
    """
    columns = samples.shape[1]
    sums = np.empty((len(taps), columns), np.float32)
    shares: npt.NDArray[np.float32] | None = None
    infinity, top = np.float32(np.inf), np.finfo(np.float32).max
    low, high = infinity, -infinity
    group = max(1, CHUNK_SAMPLES // (columns * max(tap.rows for tap in taps)))
    for begin in range(0, len(taps), group):
        part = taps[begin : begin + group]
        origin, end = part[0].start, part[-1].start + part[-1].rows
        block = widened(samples[origin:end])
        weight = None
        least, most = block.min(), block.max()
        if not (least >= floor and most <= top):  # also where either is NaN
            known = (block >= floor) & (block <= top)
            least, most = np.where(known, block, infinity).min(), np.where(known, block, -infinity).max()
            block, weight = np.where(known, block, np.float32(0)), known.astype(np.float32)
            if shares is None:
                shares = np.ones_like(sums)
        low, high = min(low, least), max(high, most)
        for i, tap in enumerate(part, begin):
            _combine(block[tap.start - origin :], tap, sums[i])
            if weight is not None and shares is not None:
                _combine(weight[tap.start - origin :], tap, shares[i])
    return sums, shares, low, high


def _second_pass(plane: npt.NDArray[np.float32], taps: list[_Tap]) -> npt.NDArray[np.float32]:
    """Combine the columns of a plane; the result is transposed, (width, height)."""
    on_side = np.ascontiguousarray(plane.T)
    out = np.empty((len(taps), on_side.shape[1]), np.float32)
    for i, tap in enumerate(taps):
        _combine(on_side[tap.start :], tap, out[i])
    return out
