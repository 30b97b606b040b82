"""Where a person would focus: the nearest large region of a map.

Knows: arrays of disparity. Must not know: how a focus is written down, orientations.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LARGE = 0.04
"""Share of the map, its middle counting more; a head and shoulders take 10 to 40 %, a finger in a corner less."""

BINS = 48
"""Levels that depth is sorted into. Fewer would join a face to the wall behind it."""

CONTRAST = 0.7
"""A valley between two heaps of the histogram parts them where it is lower than this share of the lower one."""

SIDE = 96
"""The map is looked at in about this many pixels along its longer side; no large region is lost by that."""


def largest_near_region(disparity: NDArray[np.floating]) -> tuple[float, float]:
    """(x, y), 0..1 of width and height, well inside the nearest region that is large.

    disparity: (H, W), larger is nearer, in any unit; what is not finite is passed over. The histogram is cut at
    its valleys; of the heaps, from the nearest on, the first whose largest connected part holds 4 % of the map
    is taken, and in it the point farthest from its edge. The middle (0.5, 0.5) where nothing stands out.
    Coordinates are those of the array: give it upright to get upright ones. The same map gives the same point.
    """
    height, width = disparity.shape
    step = max(1, -(-max(height, width) // SIDE))
    small = np.asarray(disparity[step // 2 :: step, step // 2 :: step], np.float64)
    finite = np.isfinite(small)
    if not finite.any():
        return 0.5, 0.5
    values = np.sort(small[finite])
    low, high = (values[round(share * (values.size - 1))] for share in (0.005, 0.995))
    if not high > low:
        return 0.5, 0.5
    level = np.zeros(small.shape, np.intp)
    level[finite] = np.clip((small[finite] - low) * (BINS / (high - low)), 0, BINS - 1)
    level[~finite] = -1
    weight = _weight(*small.shape)
    for first, last in _heaps(np.bincount(level[finite], minlength=BINS)):
        region = _largest_part((level >= first) & (level <= last), weight)
        if weight[region].sum() >= LARGE:
            row, column = _innermost(region)
            return (
                min(1.0, (column * step + step // 2 + 0.5) / width),
                min(1.0, (row * step + step // 2 + 0.5) / height),
            )
    return 0.5, 0.5


def _heaps(histogram: NDArray[np.intp]) -> list[tuple[int, int]]:
    """First and last level of each heap, the nearest (highest) first."""
    counts = np.convolve(histogram, (0.25, 0.5, 0.25), "same")
    heaps = []
    last = top = bottom = len(counts) - 1
    for i in range(len(counts) - 2, -1, -1):
        if counts[i] < counts[bottom]:
            bottom = i
        elif counts[bottom] < CONTRAST * min(counts[top], counts[i]):
            heaps.append((bottom, last))
            last, top, bottom = bottom - 1, i, i
        elif counts[i] > counts[top]:
            top = bottom = i
    return [*heaps, (0, last)]


def _weight(height: int, width: int) -> NDArray[np.float64]:
    """How much each pixel counts, 1 in all: the most in the middle, next to nothing at the edge.

    What the frame cuts off is rarely meant: a cushion's corner in pug.heic, a post at the side in shu_matte.jpg.
    """
    rows = np.sin((np.arange(height) + 0.5) * (np.pi / height))
    columns = np.sin((np.arange(width) + 0.5) * (np.pi / width))
    weight: NDArray[np.float64] = np.outer(rows / rows.sum(), columns / columns.sum())
    return weight


def _largest_part(mask: NDArray[np.bool_], weight: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The heaviest part that hangs together by edges; the first in reading order of equals."""
    names = np.where(mask, np.arange(mask.size, dtype=np.int32).reshape(mask.shape), np.int32(mask.size))
    while True:
        before = names
        least = names.copy()
        least[1:] = np.minimum(least[1:], names[:-1])
        least[:-1] = np.minimum(least[:-1], names[1:])
        least[:, 1:] = np.minimum(least[:, 1:], names[:, :-1])
        least[:, :-1] = np.minimum(least[:, :-1], names[:, 1:])
        names = np.where(mask, least, np.int32(mask.size))
        # A pixel's name is a pixel of the same part: taking on its name doubles the reach each time.
        names = np.append(names.ravel(), np.int32(mask.size))[names]
        if np.array_equal(names, before):
            break
    sizes = np.bincount(names[mask], weight[mask], minlength=1)
    part: NDArray[np.bool_] = mask & (names == sizes.argmax())
    return part


def _innermost(region: NDArray[np.bool_]) -> tuple[int, int]:
    """Row and column of the point that outlasts the others as the region is peeled; the map's edge peels too."""
    left = region
    while True:
        peeled = np.zeros_like(left)
        peeled[1:-1, 1:-1] = (
            left[1:-1, 1:-1] & left[:-2, 1:-1] & left[2:, 1:-1] & left[1:-1, :-2] & left[1:-1, 2:]
        )
        if not peeled.any():
            break
        left = peeled
    rows, columns = np.nonzero(left)
    distance = (rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2
    nearest = int(distance.argmin())
    return int(rows[nearest]), int(columns[nearest])
