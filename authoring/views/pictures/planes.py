"""Planes of numbers: stretched, halved, doubled, averaged, and worked on in bands by two threads.

Knows: how to bring float planes from one raster to another without a whole copy at full size.
Must not know: what a plane stands for.

Rasters cover the same picture edge to edge, whatever their size: sample i of n lies at (i + 1/2) / n.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
"""(H, W)."""
Planes = NDArray[np.float32]
"""(C, H, W): one plane a channel."""

BAND_SAMPLES = 1 << 18
"""Samples of one plane in a band: some megabytes for all planes of a step, so that the cache holds them."""

WORKERS = 8
"""No more threads than this: each has a band or a slice of its own in memory."""

Given = TypeVar("Given")
Made = TypeVar("Made")


def bands(height: int, width: int, step: int = 1) -> Iterator[tuple[int, int]]:
    """First and last row (exclusive) of bands of about BAND_SAMPLES; all but the last a multiple of `step` high."""
    rows = max(1, BAND_SAMPLES // max(1, width) // step) * step
    for top in range(0, height, rows):
        yield top, min(top + rows, height)


def side_by_side(work: Callable[[Given], Made], jobs: Iterable[Given]) -> Iterator[Made]:
    """Results of `work` in the order of the jobs; numpy lets threads run side by side.

    Not more jobs are begun than there are threads before a result is taken, so that few results wait in memory.
    """
    threads = min(WORKERS, os.cpu_count() or 1)
    with ThreadPoolExecutor(threads) as pool:
        waiting: list[Any] = []
        for job in jobs:
            waiting.append(pool.submit(work, job))
            if len(waiting) > threads:
                yield waiting.pop(0).result()
        for one in waiting:
            yield one.result()


def stretched(
    plane: NDArray[Any], height: int, width: int, top: int = 0, bottom: int | None = None
) -> Planes:
    """Rows top to bottom of planes (..., h, w) stretched over (height, width), bilinear; float32."""
    bottom = height if bottom is None else bottom
    lines = plane.astype(np.float32, copy=False)
    if lines.shape[-2] != height:
        above, below, share = _between(lines.shape[-2], height, top, bottom)
        first = lines[..., above, :]
        lines = first + (lines[..., below, :] - first) * share[:, None]
    else:
        lines = lines[..., top:bottom, :]
    if lines.shape[-1] == width:
        return lines
    left, right, share = _between(lines.shape[-1], width, 0, width)
    result = np.take(lines, left, axis=-1)
    more = np.take(lines, right, axis=-1)
    more -= result
    more *= share
    result += more
    return result


def _between(count: int, wanted: int, start: int, stop: int) -> tuple[NDArray[Any], NDArray[Any], Plane]:
    """For outputs start to stop of `wanted`: the two inputs of `count` beside each, and the share of the second."""
    place = np.clip((np.arange(start, stop) + 0.5) * (count / wanted) - 0.5, 0, count - 1)
    before = np.minimum(place.astype(np.intp), max(0, count - 2))
    return before, np.minimum(before + 1, count - 1), (place - before).astype(np.float32)


def halved(planes: Planes) -> Planes:
    """Planes (..., H, W) of even sides at half their size, each sample the mean of four."""
    rows = planes[..., 0::2, :] + planes[..., 1::2, :]
    return (rows[..., 0::2] + rows[..., 1::2]) * np.float32(0.25)


def doubled(planes: Planes) -> Planes:
    """Planes (C, H, W) at twice their size, bilinear about the samples' centres."""
    channels, height, width = planes.shape
    tall = np.empty((channels, 2 * height, width), np.float32)
    wide = np.empty((channels, 2 * height, 2 * width), np.float32)
    _interleave(planes, tall, 1)
    _interleave(tall, wide, 2)
    return wide


def _interleave(source: Planes, out: Planes, axis: int) -> None:
    """Twice as many samples along an axis: three parts of the own one and one of the neighbour's."""
    rolled, into = np.moveaxis(source, axis, 0), np.moveaxis(out, axis, 0)
    own = rolled * np.float32(0.75)
    quarter = rolled * np.float32(0.25)
    into[0::2] = own
    into[1::2] = own
    into[2::2] += quarter[:-1]
    into[1:-1:2] += quarter[1:]
    into[0] += quarter[0]
    into[-1] += quarter[-1]


def box_mean(plane: NDArray[Any], reach: int) -> NDArray[np.float64]:
    """The mean over a square of 2 · reach + 1 samples around each, of planes (..., H, W); the edge repeats."""
    for axis in (-1, -2):
        count = plane.shape[axis]
        padding = [(0, 0)] * plane.ndim
        padding[axis] = (reach + 1, reach)
        total = np.cumsum(np.pad(plane, padding, mode="edge"), axis=axis, dtype=np.float64)
        high = np.take(total, range(2 * reach + 1, 2 * reach + 1 + count), axis=axis)
        low = np.take(total, range(count), axis=axis)
        plane = (high - low) / (2 * reach + 1)
    return plane


def extremes(plane: Plane, reach: int) -> tuple[Plane, Plane]:
    """The least and the greatest sample in a square of 2 · reach + 1 around each sample of (H, W)."""
    low = high = plane
    for axis in (0, 1):
        padding = [(0, 0), (0, 0)]
        padding[axis] = (reach, reach)
        count = plane.shape[axis]
        lows, highs = (np.moveaxis(np.pad(one, padding, mode="edge"), axis, 0) for one in (low, high))
        low = np.moveaxis(np.minimum.reduce([lows[k : k + count] for k in range(2 * reach + 1)]), 0, axis)
        high = np.moveaxis(np.maximum.reduce([highs[k : k + count] for k in range(2 * reach + 1)]), 0, axis)
    return low, high
