"""A photo cut into slices by the size of their blur, each blurred by itself, near ones before far ones.

Knows: which samples belong to a slice, what of them is hidden, and how slices cover each other. Must not know: lenses,
units, codes.

A sample's place is its signed radius: negative behind the focus, positive before it. Between two slices it belongs to
both, in shares that add up to 1. Slices are laid down from near to far. How much of a slice comes to be seen has a
limit: what it and all that is nearer cover, blurred as the slice is. Inside a surface the limit is 1, and slices whose
blurs differ stretch a little to close up without a gap; at a surface's edge it is the edge's own soft profile, so they
do not widen it; and what lies behind the edge shows through by the rest. The farthest slice is the ground and fills all
that is left. Slices of a large blur are worked on in small rasters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from authoring.views.pictures.disc import blurred
from authoring.views.pictures.planes import Plane, Planes, doubled, halved, side_by_side

SMALL = 2.5
"""Radius in samples that a blur keeps at least when its raster is halved: still a disc, not a blob."""

LEAST_ROOM = 1e-3
"""Of far slices something is kept even where nearer ones cover all, so that there is a colour for the last pixel of an
edge, which a coarse raster may take for covered."""

STRETCH = 1.25
"""How much more than its share a slice may give where there is room: neighbours within a surface, blurred by discs that
differ by a quarter, miss less than that; more would widen edges."""

BLOCK = 16
"""Samples along a block whose least and greatest places are kept, to tell quickly where a slice is."""


@dataclass(frozen=True, slots=True)
class Slice:
    """One of the slices, by the radii around it, far to near."""

    before: float
    radius: float
    until: float
    """Towards the near end the slice is whole up to here…"""
    after: float
    """…and ends here."""
    ground: bool = False

    def limit(self, place: Plane) -> Plane:
        """How much of each sample belongs to this slice or a nearer one, 0..1, of the shape of `place`."""
        if self.ground:
            return np.ones_like(place)
        rise = (place - np.float32(self.before)) * np.float32(1 / (self.radius - self.before))
        return np.clip(rise, 0, 1, out=rise)

    def share(self, place: Plane) -> Plane:
        """How much of each sample belongs to this slice alone, 0..1, of the shape of `place`."""
        share = self.limit(place)
        if not self.ground and math.isfinite(self.after):
            fall = (np.float32(self.after) - place) * np.float32(1 / (self.after - self.until))
            np.minimum(share, np.clip(fall, 0, 1, out=fall), out=share)
        return share


def cut(radii: Sequence[float]) -> list[Slice]:
    """The slices of ascending radii, far to near.

    Slices of a pixel or less go on under the next nearer one: their blur is too small to close what changes from
    pixel to pixel, and too small to widen an edge that shows.
    """
    before, after = [radii[0] - 1, *radii], [*radii[1:], math.inf, math.inf]
    slices = []
    for k, radius in enumerate(radii):
        small = abs(radius) <= 1 and math.isfinite(after[k])
        until, end = (after[k], after[k + 1]) if small else (radius, after[k])
        slices.append(Slice(before[k], radius, until, end, ground=k == 0))
    return slices


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """The picture and what is hidden behind it, at one size."""

    scale: int
    """How many pixels of the photo one sample is wide."""
    light: Planes
    place: Plane
    back_light: Planes
    back_place: Plane
    """Equal to or less than `place`."""
    jump: float
    """A hidden surface counts from half of this on."""

    def half(self) -> Raster:
        """The same at half the size; a sample takes the place of one of its four, and the light of those near it."""
        place, light = picked(self.place, self.light, 2)
        back = np.minimum(halved(self.back_place), place)
        return Raster(2 * self.scale, light, place, halved(self.back_light), back, self.jump)

    def blocks(self) -> tuple[Plane, Plane]:
        """The least and the greatest place, hidden ones too, of each block of BLOCK · BLOCK samples."""
        return _blocks(self.back_place, np.minimum), _blocks(self.place, np.maximum)


def _blocks(plane: Plane, least: np.ufunc) -> Plane:
    rows = least.reduceat(plane, range(0, plane.shape[0], BLOCK), axis=0)
    blocks: Plane = least.reduceat(rows, range(0, plane.shape[1], BLOCK), axis=1)
    return blocks


def picked(place: Plane, light: Planes, scale: int) -> tuple[Plane, Planes]:
    """Places and light of blocks of `scale` · `scale` samples, without mixing what lies far apart.

    A mean place would be one where nothing is: the block's middle decides, and only light of about its place counts.
    """
    low, high = scale // 2 - 1, scale // 2
    one, other = place[low::scale, low::scale], place[high::scale, high::scale]
    place_of = np.where(np.abs(one - other) < 1, (one + other) * np.float32(0.5), one)
    spread = np.repeat(np.repeat(place_of, scale, axis=0), scale, axis=1)
    spread -= place
    weight = (np.abs(spread, out=spread) < 1.0).astype(np.float32)
    if weight.all():
        return place_of, _summed(light, scale) * np.float32(1 / scale**2)
    count = _summed(weight[None], scale)[0]
    mean = _summed(light * weight, scale) / np.maximum(count, 1)
    return place_of, np.where(count > 0, mean, _summed(light, scale) * np.float32(1 / scale**2))


def _summed(planes: Planes, scale: int) -> Planes:
    rows = sum(planes[:, k::scale] for k in range(scale))
    total: Planes = sum(rows[..., k::scale] for k in range(scale))  # type: ignore[index, misc, assignment]
    return total


def carried(one: Slice, raster: Raster, box: tuple[slice, slice] = (slice(None), slice(None))) -> Planes:
    """Light times share, share, and limit (5, h, w) of a slice in a part of a raster."""
    place, back = raster.place[box], raster.back_place[box]
    light = raster.light[(slice(None), *box)]
    out = np.empty((5, *place.shape), np.float32)
    share = one.share(place)
    hidden = place - back > raster.jump / 2
    if hidden.any():
        # The ground holds everything, and of two surfaces the one behind.
        share = np.where(hidden, np.float32(0), share) if one.ground else share
        under = one.share(back) * hidden * (1 - share)
        np.multiply(raster.back_light[(slice(None), *box)], under, out=out[:3])
        out[:3] += light * share
        share += under
    else:
        np.multiply(light, share, out=out[:3])
    out[3], out[4] = share, one.limit(place)
    return out


def lay(piece: Planes, picture: Planes) -> None:
    """Lay what `carried` gives, blurred, in the room of `picture`, light times share and share (4, h, w)."""
    room = np.maximum(piece[4] - picture[3], 0)
    picture += piece[:4] * np.minimum(room / np.maximum(piece[3], LEAST_ROOM), STRETCH)


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A blurred slice: planes (5, h, w), see `carried`, at `top`, `left` of a raster of `scale`."""

    scale: int
    top: int
    left: int
    planes: Planes

    @property
    def box(self) -> tuple[slice, slice, slice]:
        """Where it lies in planes (C, H, W)."""
        _, height, width = self.planes.shape
        return slice(None), slice(self.top, self.top + height), slice(self.left, self.left + width)


class Stack:
    """Rasters of every size that is needed, and the slices laid over each other."""

    def __init__(self, base: Raster, largest: float) -> None:
        """`base` must have sides that can be halved as often as `scales` says."""
        self.rasters = [base]
        for _ in scales(base.scale, largest)[1:]:
            self.rasters.append(self.rasters[-1].half())
        self._blocks = [raster.blocks() for raster in self.rasters]

    def near(self, slices: Sequence[Slice]) -> Planes:
        """Slices before the focus, near to far: light times share, and share (4, H, W), in the base raster."""
        scale = self.rasters[-1].scale
        result = np.zeros((4, *self.rasters[-1].place.shape), np.float32)
        for piece in side_by_side(self._piece, slices):
            if piece is None:
                continue
            result, scale = self._finer(result, scale, piece.scale)
            lay(piece.planes, result[piece.box])
        return self._finer(result, scale, self.rasters[0].scale)[0]

    def far(self, slices: Sequence[Slice], covered: Plane) -> Planes:
        """Slices behind the focus, near to far, the last of them the ground: light (3, H, W) in the base raster.

        covered: (H, W), how much of the base raster is covered by what is nearer. It decides between slices only: the
        light is that of the room that is left, however small.
        """
        scale = self.rasters[0].scale
        sums = {scale: np.zeros((4, *covered.shape), np.float32)}
        for piece in side_by_side(self._piece, slices):
            if piece is None:
                continue
            while scale < piece.scale:
                covered, scale = halved(covered), scale * 2
                sums[scale] = np.zeros((4, *covered.shape), np.float32)
            own = piece.planes[3]
            part = covered[piece.box[1:]]
            room = np.maximum(piece.planes[4] - part, LEAST_ROOM)
            added = piece.planes[:4] * np.minimum(room / np.maximum(own, LEAST_ROOM), STRETCH)
            sums[scale][piece.box] += added
            part += added[3]
        total = sums.pop(scale)
        while sums:
            total, scale = doubled(total), scale // 2
            total += sums.pop(scale)
        light: Planes = total[:3] / np.maximum(total[3], LEAST_ROOM**2)
        return light

    @staticmethod
    def _finer(planes: Planes, scale: int, wanted: int) -> tuple[Planes, int]:
        while scale > wanted:
            planes, scale = doubled(planes), scale // 2
        return planes, scale

    def _piece(self, one: Slice) -> Piece | None:
        """A slice cut out, shrunk and blurred; None where nothing is in it."""
        base = self.rasters[0].scale
        scale = scales(base, abs(one.radius))[-1]
        # Cut out at twice the size and then averaged, so that its outline has no steps.
        index = max(0, int(math.log2(scale // base)) - 1)
        raster = self.rasters[index]
        shrink = scale // raster.scale
        radius = math.sqrt(max((one.radius / scale) ** 2 - 1, 0))
        box = self._box(one, index, (math.ceil(radius) + 2) * shrink)
        if box is None:
            return None
        planes = carried(one, raster, box)
        if shrink == 2:
            planes = halved(planes)
        top, left = (int(side.start) // shrink for side in box)
        return Piece(scale, top, left, blurred(planes, radius))

    def _box(self, one: Slice, index: int, margin: int) -> tuple[slice, slice] | None:
        height, width = self.rasters[index].place.shape
        if one.ground:
            return slice(0, height), slice(0, width)
        low, high = self._blocks[index]
        active = (high > one.before) & (low < one.after)
        if not active.any():
            return None
        sides = []
        for axis, count in ((1, height), (0, width)):
            where = np.flatnonzero(active.any(axis=axis))
            start, stop = int(where[0]) * BLOCK - margin, (int(where[-1]) + 1) * BLOCK + margin
            sides.append(slice(max(0, start // 2 * 2), min(count, (stop + 1) // 2 * 2)))
        return sides[0], sides[1]


def scales(base: int, radius: float) -> list[int]:
    """From the base on, how many pixels wide the samples may be in which a disc of `radius` pixels is blurred."""
    result = [base]
    while radius / (2 * result[-1]) >= SMALL:
        result.append(2 * result[-1])
    return result
