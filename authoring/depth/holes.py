"""Fill holes: samples without depth.

A hole between a near and a far surface belongs to the far one, which is hidden from one of the two lenses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from authoring.depth.buffer import DepthBuffer
from authoring.errors import RefusedError, UsageError

MAX_SHARE = 0.6
"""Beyond it most of the result would be invented."""

SURFACE_JUMP = 1.1
"""Samples on both sides of a hole that differ by more than this ratio belong to two surfaces. Within one surface
a gap is seldom deep enough to change the distance by a tenth."""

METHOD = (
    "each filled with the nearest valid sample in its row or column, or with the one across the hole"
    " if that is more than a tenth farther away"
)


@dataclass(frozen=True, slots=True)
class HoleReport:
    """The `count` of samples that were filled, their `share` (0..1) of the map, and the rule."""

    share: float
    method: str
    count: int


@dataclass(frozen=True, slots=True)
class _Source:
    """For each hole: the flat index of the valid sample on one axis to copy, and its distance."""

    index: npt.NDArray[np.intp]
    distance: npt.NDArray[np.intp]


def fill_holes(buffer: DepthBuffer, max_share: float = MAX_SHARE) -> tuple[DepthBuffer, HoleReport]:
    """Return the map with a value in every sample, marked as filtered, and the report of what was filled.

    Each hole copies one valid sample, never a blend, which would be a surface that is not there. Raises
    RefusedError if no sample is valid, or more than `max_share` (0..1) of them are not.
    """
    if not 0 <= max_share <= 1:
        raise UsageError(f"the share of holes to fill is between 0 and 1, not {max_share:g}")
    if buffer.all_valid:
        return buffer if buffer.filtered else buffer.replace(filtered=True), HoleReport(0.0, METHOD, 0)
    valid = buffer.valid
    count = valid.size - int(np.count_nonzero(valid))
    share = count / valid.size
    if count == valid.size:
        raise RefusedError(
            "the map holds no valid depth: every sample is NaN, negative or infinitely near."
            " Check the map, its unit and its format",
            subject="map",
        )
    if share > max_share:
        raise RefusedError(
            f"{100 * share:.0f} % of the map holds no valid depth, more than the {100 * max_share:.0f} % that may be"
            " filled in; supply a map with fewer holes",
            subject="map",
        )
    nearer_is_larger = buffer.pixel_format.kind == "disparity"
    samples = np.array(buffer.samples)
    # The first pass fills every row and column that has a valid sample, the second pass the rest.
    while not valid.all():
        samples, valid = _filled(samples, valid, nearer_is_larger)
    return buffer.replace(samples=samples, filtered=True), HoleReport(share, METHOD, count)


def _filled(
    samples: npt.NDArray[Any], valid: npt.NDArray[np.bool_], nearer_is_larger: bool
) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """Fill every hole that has a valid sample in its row or column; return samples and validity."""
    holes = np.flatnonzero(~valid)
    along_row, along_column = (_source(samples, valid, holes, axis, nearer_is_larger) for axis in (1, 0))
    # On a tie the row decides: Apple's lenses sit side by side, so hidden strips are narrow along the row.
    index = np.where(along_row.distance <= along_column.distance, along_row.index, along_column.index)
    filling = np.minimum(along_row.distance, along_column.distance) < _none(valid)
    filled, known = samples.copy(), valid.copy()
    filled.flat[holes[filling]] = samples.flat[index[filling]]
    known.flat[holes[filling]] = True
    return filled, known


def _source(
    samples: npt.NDArray[Any],
    valid: npt.NDArray[np.bool_],
    holes: npt.NDArray[np.intp],
    axis: int,
    nearer_is_larger: bool,
) -> _Source:
    """Find the nearest valid sample of each hole along one axis, or the one across it if that is background."""
    width = valid.shape[1]
    stride = width if axis == 0 else 1
    position = holes // width if axis == 0 else holes % width
    before, after = (_reach(valid, axis, back).ravel()[holes].astype(np.intp) for back in (True, False))
    none = _none(valid)
    before_distance = np.where(before < 0, none, position - before)
    after_distance = np.where(after >= valid.shape[axis], none, after - position)
    distance = np.minimum(before_distance, after_distance)
    from_before = before_distance <= after_distance
    both = np.maximum(before_distance, after_distance) < none
    near_side, far_side = np.where(from_before, before, after), np.where(from_before, after, before)
    # Where one side is missing its index may be outside; it is set to the hole itself and not used.
    near_index = np.where(distance < none, holes + (near_side - position) * stride, holes)
    far_index = np.where(both, holes + (far_side - position) * stride, holes)
    close = samples.flat[near_index].astype(np.float32)
    across = samples.flat[far_index].astype(np.float32)
    with np.errstate(all="ignore"):
        ratio_holds = across * SURFACE_JUMP < close if nearer_is_larger else across > close * SURFACE_JUMP
    return _Source(np.where(both & ratio_holds, far_index, near_index), distance)


def _none(valid: npt.NDArray[np.bool_]) -> int:
    """Return a distance that no two samples of the map can have."""
    return sum(valid.shape)


def _reach(valid: npt.NDArray[np.bool_], axis: int, back: bool) -> npt.NDArray[np.int32]:
    """Return for each sample the position along `axis` of the last valid one before it, or the first after it.

    -1, or the length of the axis, where there is none.
    """
    length = valid.shape[axis]
    positions = np.arange(length, dtype=np.int32)
    positions = positions[:, np.newaxis] if axis == 0 else positions
    reach = np.where(valid, positions, np.int32(-1 if back else length))
    if back:
        return np.maximum.accumulate(reach, axis=axis, out=reach)
    reach = np.flip(reach, axis)
    return np.flip(np.minimum.accumulate(reach, axis=axis, out=reach), axis)
