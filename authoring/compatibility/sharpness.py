"""Measure whether the far parts of a photo are blurred and the near ones are not, as in a rendered portrait."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCK_PX = 16
"""Side of the blocks in which detail is compared, in pixels of the small gray picture."""

FINE_PX, COARSE_PX = 1, 4
"""Distances over which gray levels are compared, in pixels."""

LEAST_TEXTURE = 12.0
"""Gray levels of coarse detail from which a block has texture to judge."""

LEAST_BLOCKS = 12
"""Of textured blocks near and far each."""

PERCENTILE = 90
"""Of the blocks: the sharpest ones count, since soft textures such as skin and clouds are soft in focus too."""

MOST_RATIO = 0.6
"""Of far to near detail; below it, the far parts are blurred. Rendered portraits have 0.35 (lyangas), 0.47
(shu_matte), 0.51 (openize, tianle91) and 0.53 (pug); a front camera's has 0.77 (fidmaa), which is not found. Sharp
originals have 0.79 (rw), 0.85 (xamarinmonkey, a telephoto lens) and 1.01 (nilsh), and 0.79 or more with other photos'
maps, turned four ways."""


@dataclass(frozen=True, slots=True)
class Sharpness:
    """Fine detail as a share of coarse detail, in the sharpest textured blocks."""

    near: float
    far: float

    @property
    def is_far_blurred(self) -> bool:
        """Whether the far parts have far less fine detail than the near ones."""
        return self.far < MOST_RATIO * self.near


def measure_sharpness(gray: NDArray[np.uint8], codes: NDArray[np.uint8]) -> Sharpness | None:
    """Compare the detail of the near and the far third of the map's range; None where too few blocks are textured,
    as in a sky, or in far parts that are blurred beyond any texture.

    gray: the photo (H, W), about 2000 pixels on the long side. codes: the map (h, w) of any size in the same raster,
    larger is nearer.
    """
    rows, columns = (side // BLOCK_PX for side in gray.shape)
    if rows * columns < 2 * LEAST_BLOCKS:
        return None
    picture = gray[: rows * BLOCK_PX, : columns * BLOCK_PX].astype(np.float32)
    fine, coarse = (_detail(picture, distance) for distance in (FINE_PX, COARSE_PX))
    centres = [
        (np.arange(count) * BLOCK_PX + BLOCK_PX // 2) * size // side
        for count, size, side in zip((rows, columns), codes.shape, gray.shape, strict=True)
    ]
    nearness = codes[np.ix_(*centres)].astype(np.float32)
    least, third = float(nearness.min()), float(np.ptp(nearness)) / 3
    textured = coarse > LEAST_TEXTURE
    far = textured & (nearness < least + third)
    near = textured & (nearness > least + 2 * third)
    if min(np.count_nonzero(far), np.count_nonzero(near)) < LEAST_BLOCKS:
        return None
    near_detail, far_detail = (
        float(np.percentile(fine[part] / coarse[part], PERCENTILE)) for part in (near, far)
    )
    return Sharpness(near_detail, far_detail)


def _detail(picture: NDArray[np.float32], distance: int) -> NDArray[np.float32]:
    """Return the root mean square of second differences over a distance, by blocks."""
    squares = np.zeros_like(picture)
    for view, result in ((picture, squares), (picture.T, squares.T)):
        middle = view[distance:-distance]
        result[distance:-distance] += (2 * middle - view[: -2 * distance] - view[2 * distance :]) ** 2
    rows, columns = (side // BLOCK_PX for side in picture.shape)
    means = squares.reshape(rows, BLOCK_PX, columns, BLOCK_PX).mean(axis=(1, 3))
    detail: NDArray[np.float32] = np.sqrt(means)
    return detail
