"""What a viewer sees behind near things when it looks past their edges: guessed from what is around.

Knows: planes of nearness and colours. Must not know: metres, files.

The photo never saw it. So the far side of each depth edge goes on behind the near side, as it is where it meets the
edge, as far as a viewer's parallax may uncover it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

REACH = 0.075
"""Of the longer side: how far behind an edge a viewer may look; a little more than its parallax."""

EDGE = 0.04
"""Of the whole range, between samples two apart: a depth edge. A floor over the picture rises by 0.01 a sample."""

FRINGE = 2
"""Maps follow the photo's edges by some pixels only: what is so near to an edge may have the other side's colour."""

Plane = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Behind:
    """The picture without its near edges."""

    nearness: Plane
    """(h, w), nowhere more than what was given."""
    pixels: NDArray[np.uint8]
    """(h, w, 3)."""


def what_lies_behind(nearness: Plane, pixels: NDArray[np.uint8]) -> Behind:
    """Let the far side of every edge go on behind the near side.

    nearness: (h, w), 0 far to 1 near, finite. pixels: (h, w, 3), the photo in the same size.
    """
    far_fringe = -_smallest(-nearness, FRINGE) - nearness > EDGE
    near_fringe = nearness - _smallest(nearness, FRINGE) > EDGE
    layers = np.concatenate((nearness[:, :, None], pixels.astype(np.float32)), axis=2)
    field = _Field(layers)
    # First the far side up to the edge, coloured as it is beyond the fringe; then on behind the near side.
    edge = field.spread(~(far_fringe | near_fringe), far_fringe, FRINGE + 1, EDGE)
    reach = max(1, round(REACH * max(nearness.shape)))
    grown = edge | field.spread(edge, ~edge, reach, -EDGE)
    hidden = field.inner
    colours = np.where(grown[:, :, None], _smoothed(hidden[:, :, 1:]), hidden[:, :, 1:])
    below = np.minimum(hidden[:, :, 0], nearness)
    return Behind(below, np.clip(np.rint(colours), 0, 255).astype(np.uint8))


class _Field:
    """Layers (h, w, n), nearness first, that spread over one another; a border around them is never met."""

    def __init__(self, layers: Plane) -> None:
        height, width, count = layers.shape
        self._shape = height + 2, width + 2
        self._values = np.zeros((*self._shape, count), np.float32)
        self.inner = self._values[1:-1, 1:-1]
        self.inner[:] = layers
        self._flat = self._values.reshape(-1, count)
        self._nearness = self._flat[:, 0].copy()

    def spread(
        self, known: NDArray[np.bool_], wanted: NDArray[np.bool_], steps: int, above: float
    ) -> NDArray[np.bool_]:
        """Step by step from known samples to wanted ones whose nearness they pass by less than `above`.

        A sample takes the average of what comes to it first. Gives the samples that were met.
        """
        left = np.zeros(self._shape, np.bool_)
        left[1:-1, 1:-1] = wanted & ~known
        free = left.reshape(-1)
        met = np.zeros(self._shape, np.bool_)
        at = self._shape[1]
        front = np.flatnonzero(np.pad(known, 1))
        for _ in range(steps):
            start = np.concatenate([front] * 4)
            end = np.concatenate([front + step for step in (1, -1, at, -at)])
            fits = free[end]
            start, end = start[fits], end[fits]
            fits = self._flat[start, 0] - self._nearness[end] < above
            start, end = start[fits], end[fits]
            front, place, times = np.unique(end, return_inverse=True, return_counts=True)
            if not front.size:
                break
            total = np.zeros((front.size, self._flat.shape[1]), np.float32)
            np.add.at(total, place, self._flat[start])
            self._flat[front] = total / times[:, None]
            free[front] = False
            met.reshape(-1)[front] = True
        return met[1:-1, 1:-1]


def _smallest(plane: Plane, reach: int) -> Plane:
    """The smallest value of the square around each sample."""
    for axis in (0, 1):
        for _ in range(reach):
            plane = np.minimum(np.minimum(_shifted(plane, 1, axis), _shifted(plane, -1, axis)), plane)
    return plane


def _smoothed(layers: Plane) -> Plane:
    """Five samples along each axis, 1 4 6 4 1, against the streaks that growing leaves."""
    for axis in (0, 1, 0, 1):
        sides = _shifted(layers, 1, axis) + _shifted(layers, -1, axis)
        layers = np.float32(0.5) * layers + np.float32(0.25) * sides
    return layers


def _shifted(plane: NDArray[Any], by: int, axis: int) -> NDArray[Any]:
    """Moved along an axis; the border repeats."""
    index = np.clip(np.arange(plane.shape[axis]) - by, 0, plane.shape[axis] - 1)
    return np.take(plane, index, axis)
