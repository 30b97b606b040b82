"""Cut a photo into slices of similar blur, blur each by itself, and composite them from near to far.

The blur of a sample is a signed radius in pixels: negative behind the focus, positive in front of it. Between the
radii of two slices a sample belongs to both, in shares that add up to 1. How much of a slice is visible is limited by
its coverage: what it and all nearer slices cover, blurred as the slice is. Inside a surface the coverage is 1, and
slices of different blur stretch a little to close up without a gap; at a surface's edge it is the edge's own soft
profile, so they do not widen it, and the surface behind shows through by the rest. The farthest slice is the ground and
fills all that is left. Slices of a large blur are processed in smaller rasters.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from authoring.views.pictures.disc import blur_disc
from authoring.views.pictures.planes import Plane, Planes, bands, double, halve, resize_planes

MIN_RADIUS = 2.5
"""Radius in samples that a blur keeps at least when its raster is halved, so that it remains a disc."""

MIN_ROOM = 1e-3
"""Share of far slices that is kept even where nearer ones cover all, so that the last pixel of an edge, which a coarse
raster may take for covered, has a colour."""

MAX_STRETCH = 1.25
"""Factor by which a slice may exceed its share where there is room: neighbours within a surface, blurred by discs that
differ by a quarter, miss less than that; more would widen edges."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A range of signed blur radii, in pixels, far to near."""

    start: float
    """The share rises from 0 here…"""
    radius: float
    """…to 1 here. Also the radius that the slice is blurred with."""
    full_until: float
    """The share falls from 1 here…"""
    end: float
    """…to 0 here."""
    ground: bool = False

    def coverage(self, blur: Plane) -> Plane:
        """Return how much of each sample belongs to this slice or a nearer one, 0..1."""
        if self.ground:
            return np.ones_like(blur)
        rise: Plane = np.clip(
            (blur - np.float32(self.start)) * np.float32(1 / (self.radius - self.start)), 0, 1
        )
        return rise

    def share(self, blur: Plane) -> Plane:
        """Return how much of each sample belongs to this slice alone, 0..1."""
        rise = self.coverage(blur)
        if self.ground or math.isinf(self.end):
            return rise
        fall = (np.float32(self.end) - blur) * np.float32(1 / (self.end - self.full_until))
        share: Plane = np.minimum(rise, np.clip(fall, 0, 1))
        return share


def make_slices(radii: Sequence[float]) -> list[Slice]:
    """Return the slices of ascending radii, far to near.

    Slices of a pixel or less extend under the next nearer one: their blur is too small to close what changes from
    pixel to pixel, and too small to widen a visible edge.
    """
    starts, ends = [radii[0] - 1, *radii], [*radii[1:], math.inf, math.inf]
    slices = []
    for k, radius in enumerate(radii):
        extended = abs(radius) <= 1 and math.isfinite(ends[k])
        full_until, end = (ends[k], ends[k + 1]) if extended else (radius, ends[k])
        slices.append(Slice(starts[k], radius, full_until, end, ground=k == 0))
    return slices


@dataclass(frozen=True, slots=True, eq=False)
class BlurRaster:
    """The picture and the surface hidden behind it, at one size."""

    scale: int
    """Pixels of the photo across one sample."""
    light: Planes
    blur: Plane
    """Signed radius, in pixels of the photo."""
    hidden_light: NDArray[np.floating[Any]]
    """(3, h, w), float32 or float16."""
    hidden_blur: Plane
    """Equal to or less than `blur`."""
    jump: float
    """The least difference of blur between two surfaces; a hidden surface counts from half of it on."""

    def halved(self) -> BlurRaster:
        """Return the same at half the size."""
        blur, light = reduce_blocks(self.blur, self.light, 2)
        hidden_light = np.empty(light.shape, self.hidden_light.dtype)
        for plane, out in zip(self.hidden_light, hidden_light, strict=True):
            out[:] = halve(plane[None].astype(np.float32, copy=False))[0]
        hidden_blur = np.minimum(halve(self.hidden_blur[None])[0], blur)
        return BlurRaster(2 * self.scale, light, blur, hidden_light, hidden_blur, self.jump)


def reduce_blocks(blur: Plane, light: Planes, size: int) -> tuple[Plane, Planes]:
    """Return blur and light of blocks of size * size samples, without mixing surfaces.

    The mean blur of two surfaces would be that of neither: the two samples at the block's centre decide, and only light
    of about the same blur is averaged.
    """
    low, high = size // 2 - 1, size // 2
    upper, lower = blur[low::size, low::size], blur[high::size, high::size]
    chosen = np.where(np.abs(upper - lower) < 1, (upper + lower) * np.float32(0.5), upper)
    difference = np.repeat(np.repeat(chosen, size, axis=0), size, axis=1) - blur
    weight = (np.abs(difference) < 1).astype(np.float32)
    rows, columns = chosen.shape
    plain = resize_planes(light, rows, columns)
    if weight.all():
        return chosen, plain
    weighted = resize_planes(np.concatenate([light * weight, weight[None]]), rows, columns)
    share = weighted[3]
    return chosen, np.where(share > 0, weighted[:3] / np.maximum(share, 1e-6), plain)


def slice_planes(
    part: Slice, raster: BlurRaster, box: tuple[slice, slice] = (slice(None), slice(None))
) -> Planes:
    """Return light times share, share, and coverage (5, h, w) of a slice in a box of a raster."""
    blur, hidden_blur = raster.blur[box], raster.hidden_blur[box]
    light, hidden_light = raster.light[(slice(None), *box)], raster.hidden_light[(slice(None), *box)]
    share = part.share(blur)
    hidden = blur - hidden_blur > raster.jump / 2
    if hidden.any():
        # The ground holds everything, and of two surfaces the one behind.
        share = np.where(hidden, np.float32(0), share) if part.ground else share
        uncovered = part.share(hidden_blur) * hidden * (1 - share)
        weighted = light * share + hidden_light * uncovered
        share = share + uncovered
    else:
        weighted = light * share
    return np.concatenate([weighted, share[None], part.coverage(blur)[None]])


def lay_under(planes: Planes, picture: Planes) -> None:
    """Add a blurred slice (5, h, w), see `slice_planes`, to a picture (4, h, w): light times share, and share."""
    room = np.maximum(planes[4] - picture[3], 0)
    picture += planes[:4] * np.minimum(room / np.maximum(planes[3], MIN_ROOM), MAX_STRETCH)


@dataclass(frozen=True, slots=True, eq=False)
class BlurredSlice:
    """A band of a blurred slice: planes (5, h, w), see `slice_planes`, at `top`, `left` of a raster of `scale`."""

    scale: int
    top: int
    left: int
    planes: Planes

    @property
    def box(self) -> tuple[slice, slice, slice]:
        """Its box in planes (C, H, W)."""
        _, height, width = self.planes.shape
        return slice(None), slice(self.top, self.top + height), slice(self.left, self.left + width)


def pyramid(base: BlurRaster, largest: float) -> list[BlurRaster]:
    """Return rasters for blurs up to `largest`; the base's sides can be halved as often as `scales` says."""
    rasters = [base]
    for _ in scales(base.scale, largest)[1:]:
        rasters.append(rasters[-1].halved())
    return rasters


def composite_near(rasters: list[BlurRaster], slices: Sequence[Slice]) -> Planes:
    """Composite the slices in front of the focus, near to far: light times share, and share (4, H, W), at base size."""
    picture: Planes | None = None
    scale = rasters[-1].scale
    for part in slices:
        for blurred in _blur_slice(rasters, part):
            if picture is None:
                raster = next(one for one in rasters if one.scale == blurred.scale)
                picture, scale = np.zeros((4, *raster.blur.shape), np.float32), raster.scale
            while scale > blurred.scale:
                picture, scale = double(picture), scale // 2
            lay_under(blurred.planes, picture[blurred.box])
    if picture is None:
        return np.zeros((4, *rasters[0].blur.shape), np.float32)
    while scale > rasters[0].scale:
        picture, scale = double(picture), scale // 2
    return picture


def composite_far(rasters: list[BlurRaster], slices: Sequence[Slice], covered: Plane) -> Planes:
    """Composite the slices behind the focus, near to far, the ground last: light (3, H, W) at base size.

    covered: (H, W), how much of the base raster nearer slices cover. It only decides between the slices here: the
    result is the light of the room that is left, however small.
    """
    covered = covered[None]
    scale = rasters[0].scale
    sums = [np.zeros((4, *covered.shape[1:]), np.float32)]
    for part in slices:
        for blurred in _blur_slice(rasters, part):
            while scale < blurred.scale:
                covered, scale = halve(covered), scale * 2
                sums.append(np.zeros((4, *covered.shape[1:]), np.float32))
            share, coverage = blurred.planes[3], blurred.planes[4]
            room = np.maximum(coverage - covered[blurred.box][0], MIN_ROOM)
            added = blurred.planes[:4] * np.minimum(room / np.maximum(share, MIN_ROOM), MAX_STRETCH)
            sums[-1][blurred.box] += added
            covered[blurred.box] += added[3]
    total = sums.pop()
    while sums:
        finer = sums.pop()
        for plane, coarse in zip(finer, total, strict=True):
            plane += double(coarse[None])[0]
        total = finer
    total[:3] /= np.maximum(total[3], MIN_ROOM**2)
    return total[:3]


def _blur_slice(rasters: list[BlurRaster], part: Slice) -> Iterator[BlurredSlice]:
    """Cut a slice out, reduce and blur it; yield it in bands of rows, none if nothing is in it."""
    base = rasters[0].scale
    scale = scales(base, abs(part.radius))[-1]
    # Cut out at twice the size and then averaged, so that its outline has no steps.
    raster = rasters[max(0, int(math.log2(scale // base)) - 1)]
    shrink = scale // raster.scale
    radius = math.sqrt(max((part.radius / scale) ** 2 - 1, 0))
    reach = math.ceil(radius) + 2
    box = _slice_box(part, raster, reach * shrink)
    if box is None:
        return
    rows, columns = box
    start, stop, left = rows.start // shrink, rows.stop // shrink, columns.start // shrink
    for top, bottom in bands(stop - start, (columns.stop - columns.start) // shrink):
        # With the rows that the disc reaches.
        first, last = max(start, start + top - reach), min(stop, start + bottom + reach)
        planes = slice_planes(part, raster, (slice(first * shrink, last * shrink), columns))
        if shrink == 2:
            planes = halve(planes)
        planes = blur_disc(planes, radius)[:, start + top - first : start + bottom - first]
        yield BlurredSlice(scale, start + top, left, planes)


def _slice_box(part: Slice, raster: BlurRaster, margin: int) -> tuple[slice, slice] | None:
    """Return the box that holds a slice and a margin, with even sides; None if nothing is in it."""
    height, width = raster.blur.shape
    if part.ground:
        return slice(0, height), slice(0, width)
    inside = (raster.blur > part.start) & (raster.hidden_blur < part.end)
    if not inside.any():
        return None
    sides = []
    for axis, count in ((1, height), (0, width)):
        used = np.flatnonzero(inside.any(axis=axis))
        start, stop = int(used[0]) - margin, int(used[-1]) + 1 + margin
        sides.append(slice(max(0, start // 2 * 2), min(count, (stop + 1) // 2 * 2)))
    return sides[0], sides[1]


def scales(base: int, radius: float) -> list[int]:
    """Return the widths in pixels, from `base` on, of samples in which a disc of `radius` pixels can be blurred."""
    result = [base]
    while radius / (2 * result[-1]) >= MIN_RADIUS:
        result.append(2 * result[-1])
    return result
