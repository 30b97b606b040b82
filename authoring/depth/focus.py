"""Find where a person would focus: the nearest large region of a map."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LARGE = 0.04
"""Share of the map, its middle counting more; a head and shoulders take 10 to 40 %, a finger in a corner less."""

BINS = 48
"""Bins of the histogram of disparity. Fewer would join a face to the wall behind it."""

CONTRAST = 0.7
"""A valley separates two peaks of the histogram where it is lower than this share of the lower peak."""

SIDE = 96
"""The map is searched in about this many samples along its longer side; no large region is lost by that."""


def largest_near_region(disparity: NDArray[np.floating]) -> tuple[float, float]:
    """Return (x, y), 0..1 of width and height, well inside the nearest region that is large.

    disparity: (H, W), larger is nearer, in any unit; samples that are not finite are ignored. The histogram is
    split at its valleys; of its peaks, from the nearest on, the first whose largest connected part has 4 % of the
    map is chosen, and in it the point farthest from its edge. The middle (0.5, 0.5) where there is none.
    Coordinates are those of the array. The same map gives the same point.
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
    for first, last in _peaks(np.bincount(level[finite], minlength=BINS)):
        region = _largest_part((level >= first) & (level <= last), weight)
        if weight[region].sum() >= LARGE:
            row, column = _innermost(region)
            return (
                min(1.0, (column * step + step // 2 + 0.5) / width),
                min(1.0, (row * step + step // 2 + 0.5) / height),
            )
    return 0.5, 0.5


def _peaks(histogram: NDArray[np.intp]) -> list[tuple[int, int]]:
    """Return first and last bin of each peak, the nearest (highest) first."""
    counts = np.convolve(histogram, (0.25, 0.5, 0.25), "same")
    peaks = []
    last = top = bottom = len(counts) - 1
    for i in range(len(counts) - 2, -1, -1):
        if counts[i] < counts[bottom]:
            bottom = i
        elif counts[bottom] < CONTRAST * min(counts[top], counts[i]):
            peaks.append((bottom, last))
            last, top, bottom = bottom - 1, i, i
        elif counts[i] > counts[top]:
            top = bottom = i
    return [*peaks, (0, last)]


def _weight(height: int, width: int) -> NDArray[np.float64]:
    """Return the weight of each sample, 1 in all: the most in the middle, nearly none at the edge.

    What the frame cuts off is rarely the subject: a cushion's corner in pug.heic, a post at the side in
    shu_matte.jpg.
    """
    rows = np.sin((np.arange(height) + 0.5) * (np.pi / height))
    columns = np.sin((np.arange(width) + 0.5) * (np.pi / width))
    weight: NDArray[np.float64] = np.outer(rows / rows.sum(), columns / columns.sum())
    return weight


def _largest_part(mask: NDArray[np.bool_], weight: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return the heaviest part of the mask that is connected by edges; of equals the first in reading order."""
    labels = np.where(mask, np.arange(mask.size, dtype=np.int32).reshape(mask.shape), np.int32(mask.size))
    while True:
        before = labels
        least = labels.copy()
        least[1:] = np.minimum(least[1:], labels[:-1])
        least[:-1] = np.minimum(least[:-1], labels[1:])
        least[:, 1:] = np.minimum(least[:, 1:], labels[:, :-1])
        least[:, :-1] = np.minimum(least[:, :-1], labels[:, 1:])
        labels = np.where(mask, least, np.int32(mask.size))
        # A label is the index of a sample of the same part: taking that sample's label doubles the reach.
        labels = np.append(labels.ravel(), np.int32(mask.size))[labels]
        if np.array_equal(labels, before):
            break
    weights = np.bincount(labels[mask], weight[mask], minlength=1)
    part: NDArray[np.bool_] = mask & (labels == weights.argmax())
    return part


def _innermost(region: NDArray[np.bool_]) -> tuple[int, int]:
    """Return row and column of the point that remains longest as the region is eroded, from the map's edge too."""
    left = region
    while True:
        eroded = np.zeros_like(left)
        eroded[1:-1, 1:-1] = (
            left[1:-1, 1:-1] & left[:-2, 1:-1] & left[2:, 1:-1] & left[1:-1, :-2] & left[1:-1, 2:]
        )
        if not eroded.any():
            break
        left = eroded
    rows, columns = np.nonzero(left)
    distance = (rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2
    nearest = int(distance.argmin())
    return int(rows[nearest]), int(columns[nearest])
