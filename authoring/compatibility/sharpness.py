"""Measure whether the far parts of a photo are blurred and the near ones are not, as in a rendered portrait."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCK_PX = 16
"""Side of the blocks in which detail is compared, in pixels of the small gray picture."""

LEAST_TEXTURE = 9.0
"""Variance of gray levels, in detail of a few pixels, from which a block has texture to judge."""

LEAST_BLOCKS = 12
"""Of textured blocks near and far, for their medians to mean something."""

FAR_SHARE = NEAR_SHARE = 0.35
"""Of the blocks, by distance: what counts as far and as near."""

FLAT_SHARE = 0.03
"""Of the map's span: a block that varies more is an edge of depth, where both sides mix."""

MOST_RATIO = 0.45
MOST_FAR_DETAIL = 0.25
"""Below both, far detail is blurred: 0.17 and 0.22 in pug, 0.41 and 0.22 in openize, whose blur is rendered. Lens blur
of sharp originals gives 0.53 and 0.38 (xamarinmonkey, a telephoto lens), 0.54 and 0.54 (rw). The blur of shu, lyangas
and tianle91 cannot be told from that of a lens by this; their tags say it."""


@dataclass(frozen=True, slots=True)
class Sharpness:
    """Fine detail as a share of coarser detail, the median over textured blocks."""

    near: float
    far: float

    @property
    def is_far_blurred(self) -> bool:
        """Whether the far parts have far less fine detail than the near ones."""
        return self.far < MOST_FAR_DETAIL and self.far < MOST_RATIO * self.near


def measure_sharpness(gray: NDArray[np.uint8], codes: NDArray[np.uint8]) -> Sharpness | None:
    """Compare the detail of near and far blocks; None where too few are textured.

    gray: the photo (H, W), about 1000 pixels on the long side. codes: the map (h, w) of any size in the same raster,
    larger is nearer.
    """
    rows, columns = (side // BLOCK_PX for side in gray.shape)
    if rows * columns < 2 * LEAST_BLOCKS:
        return None
    picture = gray.astype(np.float32)
    fine_blur = _smoothed(picture, 1)
    coarse_blur = _smoothed(picture, 4)
    fine = _block_means((picture - fine_blur) ** 2, rows, columns)
    coarse = _block_means((fine_blur - coarse_blur) ** 2, rows, columns)
    places = [
        (np.arange(count * BLOCK_PX) * size // side)
        for count, size, side in zip((rows, columns), codes.shape, gray.shape, strict=True)
    ]
    map_here = codes[np.ix_(*places)].astype(np.float32)
    level = _block_means(map_here, rows, columns)
    spread = np.sqrt(np.maximum(_block_means(map_here**2, rows, columns) - level**2, 0))
    usable = (coarse > LEAST_TEXTURE) & (spread < FLAT_SHARE * max(float(np.ptp(codes)), 1.0))
    far = usable & (level <= np.quantile(level, FAR_SHARE))
    near = usable & (level >= np.quantile(level, 1 - NEAR_SHARE))
    if min(np.count_nonzero(far), np.count_nonzero(near)) < LEAST_BLOCKS:
        return None
    detail = np.sqrt(fine / np.maximum(coarse, 1e-6))
    return Sharpness(near=float(np.median(detail[near])), far=float(np.median(detail[far])))


def _block_means(values: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
    whole = values[: rows * BLOCK_PX, : columns * BLOCK_PX]
    means: NDArray[np.float32] = whole.reshape(rows, BLOCK_PX, columns, BLOCK_PX).mean(axis=(1, 3))
    return means


def _smoothed(picture: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
    """Return the picture (H, W) with two box means of 2 * radius + 1 samples each way, near a Gaussian."""
    for axis in (0, 1, 0, 1):
        padding = [(radius + 1, radius) if axis == index else (0, 0) for index in (0, 1)]
        sums = np.cumsum(np.pad(picture, padding, mode="edge"), axis=axis, dtype=np.float64)
        width = 2 * radius + 1
        ends = np.take(sums, np.arange(width, sums.shape[axis]), axis=axis)
        starts = np.take(sums, np.arange(sums.shape[axis] - width), axis=axis)
        picture = ((ends - starts) / width).astype(np.float32)
    return picture
