"""Refine a coarse or noisy map along the edges of its photo.

A coarse map mixes near and far where a silhouette runs through a sample, and the photo shows where it runs. Two plain
methods were measured and rejected: a guided filter (He, Sun, Tang 2013) is linear in the photo's colours, so it blends
near and far wherever the colours of both surfaces vary, and made the golden scene's edges worse at every radius; a
joint bilateral mean blends by nature. Here each mixed sample becomes the weighted median of unmixed ones around it
(after Ma, He, Wei, Sun, Wu 2013), weighted by nearness and likeness of colour: its value is that of one existing
surface. Samples that are not mixed are only interpolated, so that texture on a surface does not get into the depth, and
so are mixed ones where the photo shows no difference between near and far.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.holes import fill_holes
from authoring.depth.kernels import resample_area
from authoring.depth.raster import extreme_around
from authoring.errors import UsageError

Plane = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

MIN_CELL_PX = 3
"""Samples of the result across the finest cell that votes: networks blur their edges about that far, and smaller cells
would all be mixed there."""

BEND = 0.04
"""Second difference, as a share of the disparity, of an edge: half a step of 8 %. A plane, however steep, has none,
since its disparity is linear in the picture."""

NOISE_BENDS = 4.0
"""Standard deviations of the second difference's noise that are still no edge."""

SURFACE = 0.03
"""How near an unmixed sample is to the nearest or farthest value around it, as a share of their difference."""

SHARP = 0.6
"""An edge whose largest step from sample to sample is more than this share of its height is sharp already."""

MIXED_CELL = 0.15
"""The same as SURFACE for cells, as the scale of a bell curve that reduces the vote of a mixed cell."""

HOLE_WEIGHT = 0.05
"""Weight of the vote of a filled hole: it decides only where nothing else is near."""

REACH_CELLS = 2
"""Cells on either side that vote, 25 in all. Beyond them colours repeat on other surfaces."""

NEARNESS_CELLS = 1.0
"""Standard deviation of the bell curve of nearness."""

LIKENESS = 15.0
"""Standard deviation of the bell curve of colour, in 8-bit codes of sRGB (root of the sum over channels): grain and
shading are within, the outlines of things beyond. 8 to 25 give the same error."""

CONTRAST = 20.0
"""Where near and far differ by less in the photo, in codes of sRGB, it shows no silhouette, and the map stays
interpolated: the clouds that networks guess into plain walls would become blots."""

SAME_SURFACE = 0.04
"""Votes within this share of the median are averaged with it, which spares slanted surfaces their steps."""

NOISE_RADIUS = 3
"""Radius, in samples, over which noise is averaged."""

NOISE_REACH = 3.0
"""Standard deviations within which a neighbour is the same surface (Lee 1983, sigma filter)."""

LEAST_NOISE = 1e-3
"""Noise below it, as a share of the disparity, is not averaged: the 8 bits of the file are coarser."""

FLOOR = 0.01
"""Shares are of the disparity plus this much of the largest, since far away the disparity itself is near 0."""

VOTED_SAMPLES = 1 << 15
"""Samples voted on at once: their 25 votes each stay in the cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Refinement:
    """A refined map, and how it was made."""

    disparity: Plane
    """(H, W) of the guide, float32, without holes."""
    voted: float
    """The share of samples, 0 to 1, that were set from unmixed ones around them."""
    noise: float
    """Standard deviation of the noise that was averaged, as a share of the disparity; 0 where none was."""
    filled: int
    """How many samples of the map given were holes."""


def refine(disparity: Plane, guide: npt.NDArray[np.uint8]) -> Refinement:
    """Return the map at the guide's size, near and far divided along the guide's edges.

    disparity: (h, w) float32 in 1/m or any multiple, NaN where unknown; not larger than the guide, over which it is
    stretched. guide: the photo in the same orientation, (H, W, 3) or (H, W) uint8. Holes are filled first, by the
    rule of `fill_holes`, and have little weight against known samples. No result is outside the range of the input.

    Raises UsageError for other shapes, RefusedError if no sample is valid.
    """
    if guide.ndim == 2:
        guide = guide[..., np.newaxis].repeat(3, axis=2)
    if guide.ndim != 3 or guide.shape[2] != 3:
        raise UsageError(f"a guide has the shape (height, width, 3) or (height, width), not {guide.shape}")
    if disparity.shape[0] > guide.shape[0] or disparity.shape[1] > guide.shape[1]:
        raise UsageError(f"a map of {disparity.shape} is larger than the guide of {guide.shape[:2]}")
    buffer = DepthBuffer(disparity, PixelFormat.FDIS)
    known: Plane | None = None if buffer.all_valid else buffer.valid.astype(np.float32)
    filled, holes = fill_holes(buffer, 1.0)
    coarse = filled.samples.astype(np.float32, copy=False)
    floor = FLOOR * float(coarse.max())
    noise = _noise(coarse, floor)
    noise = noise if noise >= LEAST_NOISE else 0.0
    if noise:
        # Compared with the result of a first pass, so that a sample's own noise does not choose its neighbours.
        coarse = _averaged(coarse, _averaged(coarse, coarse, noise, floor), noise, floor)
    height, width = guide.shape[:2]
    fine = resample_area(coarse, width, height)
    cells = tuple(
        min(side, max(1, full // MIN_CELL_PX))
        for side, full in zip(coarse.shape, (height, width), strict=True)
    )
    votes = _votes(coarse, known, guide, (cells[0], cells[1]), noise, floor)
    rows, columns = np.nonzero(_mixed(fine, votes))
    count = 0
    for start in range(0, rows.size, VOTED_SAMPLES):
        part = slice(start, start + VOTED_SAMPLES)
        elected = votes.elected(rows[part], columns[part], guide)
        fine[rows[part], columns[part]] = np.where(
            np.isnan(elected), fine[rows[part], columns[part]], elected
        )
        count += int(np.count_nonzero(~np.isnan(elected)))
    fine[rows, columns] = _local_median(fine, rows, columns)
    return Refinement(fine, count / fine.size, noise, holes.count)


@dataclass(frozen=True, slots=True, eq=False)
class _Votes:
    """The cells that vote, (h, w) each: their disparity, colour (h, w, 3), trust, and whether an edge is near."""

    disparity: Plane
    colour: Plane
    trust: Plane
    edge: Mask
    size: tuple[int, int]
    """(H, W) of the result."""
    floor: float

    def places(self, rows: npt.NDArray[np.intp], axis: int) -> Plane:
        """Return the positions of result samples along one axis, in cells."""
        share = np.float32(self.disparity.shape[axis] / self.size[axis])
        return (rows.astype(np.float32) + np.float32(0.5)) * share - np.float32(0.5)

    def elected(
        self, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp], guide: npt.NDArray[np.uint8]
    ) -> Plane:
        """Return the disparity (n,) that the cells around n samples agree on; NaN where colours do not decide."""
        height, width = self.disparity.shape
        down, across = self.places(rows, 0), self.places(columns, 1)
        top, left = np.rint(down).astype(np.intp), np.rint(across).astype(np.intp)
        own = guide[rows, columns].astype(np.float32)
        reach = range(-REACH_CELLS, REACH_CELLS + 1)
        shape = (len(reach) ** 2, rows.size)
        values, nearness, weights = (np.empty(shape, np.float32) for _ in range(3))
        colours = np.empty((*shape, 3), np.float32)
        for i, (dy, dx) in enumerate((dy, dx) for dy in reach for dx in reach):
            y, x = np.clip(top + dy, 0, height - 1), np.clip(left + dx, 0, width - 1)
            values[i], colours[i] = self.disparity[y, x], self.colour[y, x]
            away = np.square(top + dy - down) + np.square(left + dx - across)
            nearness[i] = np.exp(away / np.float32(-2 * NEARNESS_CELLS**2)) * self.trust[y, x]
            unlike = np.square(colours[i] - own).sum(axis=1)
            # A minimum for each, so that a colour that no cell around has still gets the nearest surface.
            weights[i] = (np.exp(unlike / np.float32(-2 * LIKENESS**2)) + np.float32(1e-4)) * nearness[i]
        order = np.argsort(values, axis=0, kind="stable")
        gathered = np.take_along_axis(weights, order, axis=0).cumsum(axis=0)
        middle = (gathered < gathered[-1] / 2).sum(axis=0)
        middle = np.minimum(middle, values.shape[0] - 1)
        median = np.take_along_axis(values, np.take_along_axis(order, middle[np.newaxis], axis=0), axis=0)[0]
        apart = (values - median) / (SAME_SURFACE * (median + np.float32(self.floor)))
        weights *= np.exp(-np.square(apart))
        mean: Plane = (values * weights).sum(axis=0) / weights.sum(axis=0)
        shown = _contrast(values, colours, nearness) > CONTRAST
        chosen: Plane = np.where(shown, mean, np.float32(np.nan))
        return chosen


def _contrast(values: Plane, colours: npt.NDArray[np.float32], weights: Plane) -> Plane:
    """Return the difference (n,) between the colours of the near and the far cells around n samples."""
    near = values > (values.max(axis=0) + values.min(axis=0)) / 2
    sides = []
    for side in (weights * near, weights * ~near):
        total = side.sum(axis=0) + np.finfo(np.float32).tiny
        sides.append(np.einsum("in,inc->nc", side, colours) / total[:, np.newaxis])
    apart: Plane = np.sqrt(np.square(sides[0] - sides[1]).sum(axis=1))
    return apart


def _votes(
    coarse: Plane,
    known: Plane | None,
    guide: npt.NDArray[np.uint8],
    cells: tuple[int, int],
    noise: float,
    floor: float,
) -> _Votes:
    """Build the voting cells, at most as fine as the map."""
    height, width = cells
    values = resample_area(coarse, width, height)
    colour = np.stack([resample_area(guide[..., i].astype(np.float32), width, height) for i in range(3)], -1)
    trust = np.ones_like(values) if known is None else resample_area(known, width, height)
    np.maximum(trust, HOLE_WEIGHT, out=trust)
    high, low = extreme_around(values, 1, np.maximum), extreme_around(values, 1, np.minimum)
    bend = np.maximum(_second_difference(values, 0), _second_difference(values, 1))
    # Averaging over a window leaves about a fifth of the noise.
    least = max(BEND, NOISE_BENDS * noise / 2)
    edge = extreme_around(bend > least * (values + np.float32(floor)), 1, np.logical_or)
    share = np.minimum(high - values, values - low) / np.maximum(high - low, np.finfo(np.float32).tiny)
    trust *= np.where(edge, np.exp(-np.square(share / np.float32(MIXED_CELL))) + np.float32(1e-4), 1)
    return _Votes(values, colour, trust, edge, (guide.shape[0], guide.shape[1]), floor)


def _mixed(fine: Plane, votes: _Votes) -> Mask:
    """Return the mask (H, W) of the samples between two surfaces, on a slope that no surface has."""
    cell = max(full / part for full, part in zip(votes.size, votes.disparity.shape, strict=True))
    radius = max(1, round(2 * cell - 1))
    high, low = extreme_around(fine, radius, np.maximum), extreme_around(fine, radius, np.minimum)
    span = high - low
    margin = np.float32(SURFACE) * span
    mixed: Mask = (fine > low + margin) & (fine < high - margin)
    step = np.zeros_like(fine)
    for axis in (0, 1):
        change = np.abs(np.diff(fine, axis=axis))
        along, steps = np.moveaxis(step, axis, 0), np.moveaxis(change, axis, 0)
        np.maximum(along[1:], steps, out=along[1:])
        np.maximum(along[:-1], steps, out=along[:-1])
    mixed &= extreme_around(step, max(1, round(cell)), np.maximum) <= np.float32(SHARP) * span
    rows, columns = (
        np.clip(np.rint(votes.places(np.arange(full), axis)).astype(np.intp), 0, votes.edge.shape[axis] - 1)
        for axis, full in enumerate(votes.size)
    )
    mixed &= votes.edge[np.ix_(rows, columns)]
    return mixed


def _local_median(fine: Plane, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]) -> Plane:
    """Return the median (n,) of the nine samples around each, which removes single samples of a stray colour."""
    height, width = fine.shape
    neighbours = [
        fine[np.clip(rows + dy, 0, height - 1), np.clip(columns + dx, 0, width - 1)]
        for dy in (-1, 0, 1)
        for dx in (-1, 0, 1)
    ]
    median: Plane = np.partition(np.stack(neighbours), 4, axis=0)[4]
    return median


def _noise(disparity: Plane, floor: float) -> float:
    """Return the noise's standard deviation as a share of the disparity, from the median of second differences."""
    shares = [
        (_second_difference(disparity, axis) / (disparity + np.float32(floor)))[1:-1, 1:-1]
        for axis in (0, 1)
        if min(disparity.shape) > 2 and floor > 0
    ]
    # The median of a normal distribution's absolute value is 0.6745 deviations; 1, -2, 1 add up to the root of 6.
    return float(np.median(np.stack(shares))) / 0.6745 / 6**0.5 if shares else 0.0


def _averaged(disparity: Plane, centre: Plane, noise: float, floor: float) -> Plane:
    """Return for each sample the mean of those around it that differ from `centre` by no more than noise does."""
    height, width = disparity.shape
    wide = np.pad(disparity, NOISE_RADIUS, mode="symmetric")
    reach = np.float32(NOISE_REACH * noise) * (centre + np.float32(floor))
    total, count = np.zeros_like(disparity), np.zeros_like(disparity)
    for y in range(2 * NOISE_RADIUS + 1):
        for x in range(2 * NOISE_RADIUS + 1):
            other = wide[y : y + height, x : x + width]
            near = np.abs(other - centre) <= reach
            total += np.where(near, other, np.float32(0))
            count += near
    return np.where(count > 0, total / np.maximum(count, 1), centre)


def _second_difference(plane: Plane, axis: int) -> Plane:
    """Return |a - 2b + c| along an axis, 0 at its ends, in the same shape."""
    out = np.zeros_like(plane)
    if plane.shape[axis] > 2:
        along, bend = np.moveaxis(plane, axis, 0), np.moveaxis(out, axis, 0)
        bend[1:-1] = np.abs(along[:-2] - 2 * along[1:-1] + along[2:])
    return out
