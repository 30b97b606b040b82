"""A photo as a lens of a chosen opening would have taken it: our own rendering from one picture and its depth.

Knows: the order of the steps. Must not know: files, metadata, where depth came from.

Light, not codes, is blurred. What lies far apart in depth never mixes: each slice spreads by itself and is laid over
what is farther, and behind the edges of near things a surface is made up from what lies beside them. What is in focus
comes out as it went in, code for code.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from authoring.views.pictures.behind import Behind, behind
from authoring.views.pictures.lens import Lens, radii
from authoring.views.pictures.light import to_codes, to_light
from authoring.views.pictures.planes import Plane, Planes, bands, box_mean, doubled, side_by_side, stretched
from authoring.views.pictures.sharpened import Sharp, sharpened
from authoring.views.pictures.slices import Raster, Slice, Stack, carried, cut, lay, picked, scales

BASE_SAMPLES = 4_000_000
"""Samples of the raster that blurs are worked on in: a 12-megapixel photo halved has three million. Beside photo and
result, memory is about 200 bytes for each of them, whatever the photo's size."""

JUMP_SHARE = 0.06
"""Two samples of the map side by side that differ by this share of all blur there is belong to two surfaces."""

JUMP_PX = 1.0
"""…and by this radius at least: less shows no edge."""

MAP_SIDE = 1536
"""Long side, in samples, that a map smaller than its photo is thinned to before it is fitted to the photo's edges:
twice that of Apple's."""

HIDDEN_SIDE = 1024
"""Long side of the raster in which hidden surfaces are made up: they are smooth and half covered."""

STAIR = 4
"""Samples over which a stored map's steps are smoothed, twice."""

SHARP = 0.4
"""Radius of a disc smaller than a pixel. Without this a map's noise would soften what is in focus."""


def refocused(
    codes: NDArray[np.uint8], disparity: Plane, lens: Lens, step_per_m: float = 0.0
) -> tuple[NDArray[np.uint8], int]:
    """The photo (H, W, 3) through the lens, and the number of slices.

    disparity: (h, w) in 1/m over the same picture, every sample finite. step_per_m: the quantisation step it was
    stored with, 0 for none.
    """
    places = _places(_unstepped(disparity, step_per_m), lens)
    lowest, highest = float(places.min()), float(places.max())
    base = _base(codes.shape[0] * codes.shape[1])
    slices = cut(radii(lowest, highest, base))
    jump = max(JUMP_PX, JUMP_SHARE * (highest - lowest))
    smaller = places.shape[0] < codes.shape[0] and places.shape[1] < codes.shape[1]
    sharp = sharpened(_thinned(places, MAP_SIDE) if smaller else places, codes, jump)
    hidden = _hidden(_thinned(places, HIDDEN_SIDE), codes, jump, highest - lowest)
    # Near to far.
    near = [one for one in reversed(slices) if one.radius >= base]
    soft = [one for one in reversed(slices) if abs(one.radius) < base]
    far = [one for one in reversed(slices) if one.radius <= -base]
    before = ground = None
    if near or far:
        largest = max(abs(one.radius) for one in slices)
        stack = Stack(_base_raster(codes, sharp, hidden, base, largest, jump), largest)
        before = stack.near(near)
        ground = stack.far(far, _covered(before, soft, stack.rasters[0])) if far else None
    return _finished(codes, sharp, hidden, soft, base, before, ground), len(slices)


def _covered(before: Planes, soft: list[Slice], base: Raster) -> Plane:
    """How much of the base raster near and soft slices cover; that the soft ones have a blur does not matter there."""
    covered: Plane = np.maximum(before[3], soft[-1].limit(base.place))
    return covered


def _unstepped(disparity: Plane, step_per_m: float) -> Plane:
    """Stored values on their way from step to step: each moves towards the mean around it, by half a step at most.

    All such values would have been stored as the same codes. Without this a floor is a staircase, and a large opening
    shows the edge of every stair.
    """
    if not step_per_m:
        return disparity
    mean = box_mean(box_mean(disparity, STAIR), STAIR) - disparity
    return (disparity + np.clip(mean, -step_per_m / 2, step_per_m / 2)).astype(np.float32)


def _thinned(plane: Plane, side: int) -> Plane:
    """One of so many samples each way that the long side has no more than `side`; no mean, which no surface has."""
    step = -(-max(plane.shape) // side)
    return plane[step // 2 :: step, step // 2 :: step] if step > 1 else plane


def _places(disparity: Plane, lens: Lens) -> Plane:
    """Signed radii (h, w): 0 for all that a pixel cannot tell from sharp, up to SHARP, and less up to twice that."""
    signed = (disparity - np.float32(lens.focus_per_m)) * np.float32(lens.radius_px_m)
    radius = np.abs(signed)
    radius = np.minimum(np.maximum(2 * (radius - SHARP), 0), radius)
    places: Plane = np.copysign(np.minimum(radius, np.float32(lens.largest_px)), signed).astype(np.float32)
    return places


def _base(pixels: int) -> int:
    base = 2
    while pixels / base**2 > BASE_SAMPLES:
        base *= 2
    return base


def _hidden(places: Plane, codes: NDArray[np.uint8], jump: float, blur: float) -> Behind:
    """The surfaces behind edges, in the map's raster; `blur` is the sum of the largest radii on both sides."""
    from PIL import Image

    height, width = places.shape
    small = Image.fromarray(codes).resize((width, height), Image.Resampling.BOX)
    light = np.ascontiguousarray(np.moveaxis(to_light(np.asarray(small)), -1, 0))
    reach = math.ceil(1.5 * blur * width / codes.shape[1]) + 3
    return behind(places, light, min(reach, max(height, width)), jump)


def _base_raster(
    codes: NDArray[np.uint8], sharp: Sharp, hidden: Behind, base: int, largest: float, jump: float
) -> Raster:
    """The picture in samples of base · base pixels, padded so that it can be halved for the largest blur."""
    height, width = codes.shape[:2]
    rows, columns = -(-height // base), -(-width // base)
    fold = scales(base, largest)[-1] // base
    tall, wide = (-(-count // fold) * fold for count in (rows, columns))
    place = np.empty((tall, wide), np.float32)
    light = np.empty((3, tall, wide), np.float32)

    def work(band: tuple[int, int]) -> None:
        top, bottom = band
        padding = ((0, -(bottom - top) % base), (0, -width % base))
        places = np.pad(sharp.rows(codes[top:bottom], top, bottom), padding, mode="edge")
        picture = _planar(np.pad(codes[top:bottom], (*padding, (0, 0)), mode="edge"))
        first = top // base
        one, other = picked(places, picture, base)
        last = first + one.shape[0]
        place[first:last, :columns], light[:, first:last, :columns] = one, other

    for _ in side_by_side(work, bands(height, width, base)):
        pass
    for plane in (place, *light):
        plane[rows:, :columns] = plane[rows - 1, :columns]
        plane[:, columns:] = plane[:, columns - 1 : columns]
    if not hidden.hidden.any():
        return Raster(base, light, place, light, place, jump)
    back = _padded(stretched(_told(hidden), rows, columns), tall, wide)
    return Raster(base, light, place, back[:3], np.minimum(back[3], place), jump)


def _told(hidden: Behind) -> Planes:
    return np.concatenate([hidden.light, hidden.place[None]])


def _padded(planes: Planes, height: int, width: int) -> Planes:
    more = ((0, 0), (0, height - planes.shape[1]), (0, width - planes.shape[2]))
    return np.pad(planes, more, mode="edge")


def _planar(codes: NDArray[np.uint8]) -> Planes:
    """Light (3, h, w) of codes (h, w, 3)."""
    return np.stack([to_light(codes[..., channel]) for channel in range(3)])


def _finished(
    codes: NDArray[np.uint8],
    sharp: Sharp,
    hidden: Behind,
    soft: list[Slice],
    base: int,
    before: Planes | None,
    ground: Planes | None,
) -> NDArray[np.uint8]:
    """The slices about the focus, at full size, between what is farther and what is nearer."""
    height, width = codes.shape[:2]
    result = np.empty_like(codes)
    told = _told(hidden)

    def work(band: tuple[int, int]) -> None:
        top, bottom = band
        # Slices blurred at full size reach one row beyond the band.
        first, last = max(0, top - 1), min(height, bottom + 1)
        raster = _full_raster(codes[first:last], sharp, hidden, told, first, last)
        low, high = float(raster.back_place.min()), float(raster.place.max())
        picture = np.zeros((4, bottom - top, width), np.float32)
        if before is not None:
            picture = _rows_of(before, base, top, bottom, width)
        for one in soft:
            if not one.ground and (high <= one.before or low >= one.after):
                continue
            planes = carried(one, raster)
            if one.radius:
                planes = _softened(planes)
            lay(planes[:, top - first : bottom - first], picture)
        if ground is not None:
            picture[:3] += _rows_of(ground, base, top, bottom, width) * (1 - picture[3])
        for channel in range(3):
            result[top:bottom, :, channel] = to_codes(picture[channel])

    for _ in side_by_side(work, bands(height, width, base)):
        pass
    return result


def _full_raster(
    codes: NDArray[np.uint8], sharp: Sharp, hidden: Behind, told: Planes, first: int, last: int
) -> Raster:
    """Rows first to last at full size; `told` is what `_told` gives."""
    height, width = sharp.size
    place, light = sharp.rows(codes, first, last), _planar(codes)
    count = hidden.hidden.shape[0]
    lines = slice(max(0, first * count // height - 1), -(-last * count // height) + 1)
    if not hidden.hidden[lines].any():
        return Raster(1, light, place, light, place, sharp.jump)
    back = stretched(told, height, width, first, last)
    return Raster(1, light, place, back[:3], np.minimum(back[3], place), sharp.jump)


def _rows_of(planes: Planes, base: int, top: int, bottom: int, width: int) -> Planes:
    """Rows top (a multiple of base) to bottom of planes in the base raster, at full size."""
    # One sample more on either side than doubling needs, or the band's edges would show.
    first = max(0, top // base - 2)
    part = planes[:, first : -(-bottom // base) + 2]
    scale = base
    while scale > 1:
        part, scale = doubled(part), scale // 2
    start = top - first * base
    return part[:, start : start + bottom - top, :width]


def _softened(planes: Planes) -> Planes:
    """Planes (C, h, w) blurred by 1 6 1 both ways, whose spread is that of a disc of radius 1; the edge repeats."""
    for axis in (-1, -2):
        padding = [(0, 0)] * 3
        padding[axis] = (1, 1)
        count = planes.shape[axis]
        padded = np.moveaxis(np.pad(planes, padding, mode="edge"), axis, 0)
        mixed = (padded[:count] + padded[2:]) * np.float32(0.125) + padded[1:-1] * np.float32(0.75)
        planes = np.moveaxis(mixed, 0, axis)
    return planes
