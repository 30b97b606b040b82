"""Render a photo as a lens of a chosen aperture would have taken it: our own rendering from one picture and its depth.

Light is blurred, not codes. Surfaces far apart in depth never mix: each slice of depth is blurred by itself and
composited over what is farther, and behind the edges of near objects the hidden surface is inpainted. What is in focus
comes out code for code.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from authoring.codecs import photo
from authoring.depth.kernels import map_rows, resample_area
from authoring.depth.refinement import refine
from authoring.views.pictures.inpainting import HiddenSurface, inpaint_hidden_surface
from authoring.views.pictures.lens import Lens, slice_radii
from authoring.views.pictures.light import to_codes, to_light
from authoring.views.pictures.planes import Plane, Planes, bands, box_mean, resize_planes
from authoring.views.pictures.slices import (
    BlurRaster,
    Slice,
    composite_far,
    composite_near,
    lay_under,
    make_slices,
    pyramid,
    reduce_blocks,
    scales,
    slice_planes,
)

BASE_SAMPLES = 4_000_000
"""Samples of the rasters that large blurs and the refined map are computed in: a 12-megapixel photo halved has three
million."""

JUMP_SHARE = 0.06
"""Neighbouring samples of the map that differ by this share of the range of blur belong to two surfaces."""

JUMP_PX = 1.0
"""…and by this radius at least: less shows no edge."""

HIDDEN_SIDE = 1024
"""Long side of the raster in which the hidden surface is inpainted: it is smooth and half covered."""

SMOOTHING_REACH = 4
"""Samples over which the steps of a stored map are smoothed, twice."""

SHARP_RADIUS = 0.4
"""Radius of a disc that a pixel cannot tell from a point. Without it a map's noise would soften what is in focus."""


def refocused(
    codes: NDArray[np.uint8], disparity: Plane, lens: Lens, step_per_m: float = 0.0
) -> tuple[NDArray[np.uint8], int]:
    """Return the photo (H, W, 3) through the lens, and the number of slices.

    disparity: (h, w) in 1/m over the same picture, finite. step_per_m: its quantisation step, 0 for none.
    """
    height, width = codes.shape[:2]
    step = math.ceil(math.sqrt(height * width / BASE_SAMPLES))
    reduced = photo.resized(codes, -(-width // step), -(-height // step))
    blur = _blur_map(_smooth_steps(disparity, step_per_m), reduced, step, (height, width), lens)
    lowest, highest = float(blur.samples.min()), float(blur.samples.max())
    jump = max(JUMP_PX, JUMP_SHARE * (highest - lowest))
    hidden = _hidden_surface(blur, reduced, jump, highest - lowest)
    del reduced
    base = _base_scale(codes.shape[0] * codes.shape[1])
    slices = make_slices(slice_radii(lowest, highest, base))
    sharp = [part for part in reversed(slices) if abs(part.radius) < base]
    front, ground = _blurred(codes, blur, hidden, slices, base, jump)
    return _composite(codes, blur, hidden, sharp, base, jump, front, ground), len(slices)


@dataclass(frozen=True, slots=True, eq=False)
class _BlurMap:
    """The signed radius of blur at each pixel of the photo, one sample for `step` * `step` pixels.

    Pixels have the nearest sample, since a mean of two surfaces may be in focus and draw an outline.
    """

    samples: Plane
    step: int
    size: tuple[int, int]
    """(H, W) of the photo."""

    def at(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Plane:
        """Return the radii at rows and columns of the photo."""
        return self.samples[(rows // self.step)[:, None], columns // self.step]

    def band(self, top: int, bottom: int) -> Plane:
        """Return the radii of some rows of the photo."""
        rows = self.samples[np.arange(top, bottom) // self.step]
        return rows if self.step == 1 else np.repeat(rows, self.step, axis=1)[:, : self.size[1]]


def _blur_map(
    disparity: Plane, reduced: NDArray[np.uint8], step: int, size: tuple[int, int], lens: Lens
) -> _BlurMap:
    """Return the blur of a map, whose edges are brought to where the photo has them.

    reduced: the photo, one pixel for `step` * `step`. size: (H, W) of the photo.
    """
    rows, columns = reduced.shape[:2]
    if disparity.shape[0] >= rows or disparity.shape[1] >= columns:
        return _BlurMap(_blur(resample_area(disparity, size[1], size[0]), lens), 1, size)
    return _BlurMap(_blur(refine(disparity, reduced).disparity, lens), step, size)


def _blur(disparity: Plane, lens: Lens) -> Plane:
    """Return signed radii (h, w) in pixels: 0 up to SHARP_RADIUS, and less than the true ones up to twice that."""

    def kernel(part: Plane, out: Plane) -> None:
        signed = (part - np.float32(lens.focus_per_m)) * np.float32(lens.radius_px_m)
        radius = np.abs(signed)
        radius = np.minimum(np.maximum(2 * (radius - SHARP_RADIUS), 0), radius)
        np.copysign(np.minimum(radius, np.float32(lens.largest_px)), signed, out=out)

    return map_rows(kernel, disparity, np.float32)


def _smooth_steps(disparity: Plane, step_per_m: float) -> Plane:
    """Move stored values towards the mean around them, by half a quantisation step at most.

    All results would have been stored as the same codes. Without this a floor is a staircase, and a large aperture
    shows the edge of every stair.
    """
    if not step_per_m:
        return disparity
    change = box_mean(box_mean(disparity, SMOOTHING_REACH), SMOOTHING_REACH) - disparity
    return (disparity + np.clip(change, -step_per_m / 2, step_per_m / 2)).astype(np.float32)


def _base_scale(pixels: int) -> int:
    base = 2
    while pixels / base**2 > BASE_SAMPLES:
        base *= 2
    return base


def _hidden_surface(
    blur: _BlurMap, reduced: NDArray[np.uint8], jump: float, blur_range: float
) -> HiddenSurface:
    # Single samples, no means, which would be between the surfaces.
    step = -(-max(blur.size) // HIDDEN_SIDE)
    rows, columns = (np.arange(min(step // 2, (side - 1) // 2), side, step) for side in blur.size)
    small = blur.at(rows, columns)
    height, width = small.shape
    light = _light(photo.resized(reduced, width, height))
    reach = math.ceil(1.5 * blur_range / step) + 3
    return inpaint_hidden_surface(small, light, min(reach, max(height, width)), jump)


def _blurred(
    codes: NDArray[np.uint8],
    blur: _BlurMap,
    hidden: HiddenSurface,
    slices: list[Slice],
    base: int,
    jump: float,
) -> tuple[Planes | None, Planes | None]:
    """Return what is blurred in front of the focus (4, h, w) and behind it (3, h, w), in the base raster."""
    near = [part for part in reversed(slices) if part.radius >= base]
    far = [part for part in reversed(slices) if part.radius <= -base]
    if not near and not far:
        return None, None
    largest = max(abs(part.radius) for part in slices)
    rasters = pyramid(_base_raster(codes, blur, hidden, base, largest, jump), largest)
    front = composite_near(rasters, near)
    if not far:
        return front, None
    covered = np.maximum(front[3], slices[len(far)].coverage(rasters[0].blur))
    return front, composite_far(rasters, far, covered)


def _base_raster(
    codes: NDArray[np.uint8], blur: _BlurMap, hidden: HiddenSurface, base: int, largest: float, jump: float
) -> BlurRaster:
    """Return the picture in samples of base * base pixels, padded so that it can be halved for the largest blur."""
    height, width = codes.shape[:2]
    rows, columns = -(-height // base), -(-width // base)
    fold = scales(base, largest)[-1] // base
    shape = (rows + -rows % fold, columns + -columns % fold)
    picture = np.empty((4, *shape), np.float32)
    for top, bottom in bands(height, width, base):
        padding = ((0, -(bottom - top) % base), (0, -width % base))
        band_blur = np.pad(blur.band(top, bottom), padding, mode="edge")
        band_light = _light(np.pad(codes[top:bottom], (*padding, (0, 0)), mode="edge"))
        part = slice(top // base, -(-bottom // base))
        picture[3, part, :columns], picture[:3, part, :columns] = reduce_blocks(band_blur, band_light, base)
    _repeat_edge(picture, rows, columns)
    if not hidden.hidden.any():
        return BlurRaster(base, picture[:3], picture[3], picture[:3], picture[3], jump)
    # Half the memory, and no code differs by more than one: the hidden surface is smooth.
    light = np.empty((3, *shape), np.float16)
    depth = np.empty((1, *shape), np.float32)
    for top, bottom in bands(rows, columns):
        band = resize_planes(_planes(hidden), rows, columns, top, bottom)
        light[:, top:bottom, :columns], depth[0, top:bottom, :columns] = band[:3], band[3]
    _repeat_edge(light, rows, columns)
    _repeat_edge(depth, rows, columns)
    np.minimum(depth[0], picture[3], out=depth[0])
    return BlurRaster(base, picture[:3], picture[3], light, depth[0], jump)


def _repeat_edge(planes: NDArray[Any], rows: int, columns: int) -> None:
    """Fill what is beyond the first rows and columns with the last of them."""
    planes[:, rows:, :columns] = planes[:, rows - 1 : rows, :columns]
    planes[..., columns:] = planes[..., columns - 1 : columns]


def _composite(
    codes: NDArray[np.uint8],
    blur: _BlurMap,
    hidden: HiddenSurface,
    sharp: list[Slice],
    base: int,
    jump: float,
    front: Planes | None,
    ground: Planes | None,
) -> NDArray[np.uint8]:
    """Composite the slices around the focus, at full size, between what is farther and what is nearer."""
    height, width = codes.shape[:2]
    result = np.empty_like(codes)
    hidden_planes = _planes(hidden) if hidden.hidden.any() else None
    for top, bottom in bands(height, width):
        # Slices blurred at full size reach one row beyond the band.
        first, last = max(0, top - 1), min(height, bottom + 1)
        light, band_blur = _light(codes[first:last]), blur.band(first, last)
        back_light, back_blur = light, band_blur
        if hidden_planes is not None:
            back = resize_planes(hidden_planes, height, width, first, last)
            back_light, back_blur = back[:3], np.minimum(back[3], band_blur)
        raster = BlurRaster(1, light, band_blur, back_light, back_blur, jump)
        low, high = float(back_blur.min()), float(band_blur.max())
        picture = np.zeros((4, bottom - top, width), np.float32)
        if front is not None:
            picture = _full_size(front, base, top, bottom, width)
        for part in sharp:
            if part.ground or (high > part.start and low < part.end):
                planes = slice_planes(part, raster)
                planes = _blur_pixel(planes) if part.radius else planes
                lay_under(planes[:, top - first : bottom - first], picture)
        if ground is not None:
            picture[:3] += _full_size(ground, base, top, bottom, width) * (1 - picture[3])
        result[top:bottom] = np.moveaxis(to_codes(picture[:3]), 0, -1)
    return result


def _planes(hidden: HiddenSurface) -> Planes:
    """Return light and blur of the hidden surface (4, h, w)."""
    return np.concatenate([hidden.colours, hidden.plane[None]])


def _light(codes: NDArray[np.uint8]) -> Planes:
    """Return light (3, h, w) of codes (h, w, 3)."""
    return np.ascontiguousarray(np.moveaxis(to_light(codes), -1, 0))


def _full_size(planes: Planes, base: int, top: int, bottom: int, width: int) -> Planes:
    """Return rows top to bottom of planes in the base raster, at full size."""
    _, rows, columns = planes.shape
    return resize_planes(planes, rows * base, columns * base, top, bottom)[:, :, :width]


def _blur_pixel(planes: Planes) -> Planes:
    """Blur planes (C, h, w) by 1 6 1 both ways, whose spread is that of a disc of radius 1; the edge repeats."""
    for axis in (-1, -2):
        padding = [(0, 0)] * 3
        padding[axis] = (1, 1)
        count = planes.shape[axis]
        padded = np.moveaxis(np.pad(planes, padding, mode="edge"), axis, 0)
        mixed = (padded[:count] + padded[2:]) * np.float32(0.125) + padded[1:-1] * np.float32(0.75)
        planes = np.moveaxis(mixed, 0, axis)
    return planes
