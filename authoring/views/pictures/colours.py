"""Map nearness to colours.

Nearness 0 (far) is deep indigo, 1 (near) a pale yellow. The path through six key colours is divided evenly in OKLab
(Björn Ottosson, "A perceptual color space for image processing", 2020) and its lightness rises throughout: equal steps
of depth look equal, also in gray and to most colour-blind people.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from authoring.depth.kernels import row_chunks
from authoring.views.pictures.light import encoded, linear

KEYS = (
    (30, 26, 88),
    (104, 36, 132),
    (188, 46, 96),
    (240, 119, 66),
    (254, 204, 92),
    (255, 244, 190),
)
"""Far to near."""

HOLE = ((236, 236, 238), (176, 178, 184))
"""The two grays of the hatching where there is no depth: the path has no gray."""

HATCH_PX = 8
"""Period of the hatching, pixels across."""

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def oklab(codes: NDArray[Any]) -> NDArray[np.float64]:
    """Convert sRGB codes (…, 3), 0..255, to OKLab: lightness 0..1, green to red, blue to yellow."""
    lms = np.cbrt(linear(np.asarray(codes, np.float64) / 255) @ _TO_LMS.T)
    result: NDArray[np.float64] = lms @ _TO_LAB.T
    return result


def from_oklab(lab: NDArray[Any]) -> NDArray[np.uint8]:
    """Convert OKLab to sRGB codes, clipped to the gamut: the inverse of `oklab`."""
    lms = (np.asarray(lab, np.float64) @ np.linalg.inv(_TO_LAB).T) ** 3
    return np.rint(encoded(np.clip(lms @ np.linalg.inv(_TO_LMS).T, 0, 1)) * 255).astype(np.uint8)


@lru_cache(maxsize=1)
def table() -> NDArray[np.uint8]:
    """Return the colours (256, 3) of the steps of nearness, 0 far to 255 near."""
    path = oklab(np.array(KEYS))
    place = np.linspace(0, len(KEYS) - 1, 2001)
    fine = np.stack([np.interp(place, np.arange(len(KEYS)), path[:, k]) for k in range(3)], axis=1)
    # Corners are rounded by a mean over a third of the distance between two keys; the ends stay.
    reach = 2000 // (len(KEYS) - 1) // 3
    padded = np.concatenate(
        [2 * fine[:1] - fine[reach:0:-1], fine, 2 * fine[-1:] - fine[-2 : -reach - 2 : -1]]
    )
    total = np.cumsum(np.concatenate([np.zeros((1, 3)), padded]), axis=0)
    smooth = (total[2 * reach + 1 :] - total[: -2 * reach - 1]) / (2 * reach + 1)
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(smooth, axis=0), axis=1))])
    even = np.linspace(0, length[-1], 256)
    return from_oklab(np.stack([np.interp(even, length, smooth[:, k]) for k in range(3)], axis=1))


def coloured(nearness: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the colours (H, W, 3) of nearness (H, W), 0..1; NaN is hatched."""
    result = np.empty((*nearness.shape, 3), np.uint8)
    for part in row_chunks(nearness.shape):
        known = np.isfinite(nearness[part])
        steps = np.rint(np.clip(np.where(known, nearness[part], 0), 0, 1) * 255).astype(np.uint8)
        result[part] = table()[steps]
        if not known.all():
            rows, columns = np.nonzero(~known)
            result[part.start + rows, columns] = hatched(part.start + rows, columns)
    return result


def hatched(rows: NDArray[Any], columns: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the colours (…, 3) of the hatching at the given pixels."""
    stripe = (rows + columns) % HATCH_PX < HATCH_PX // 4
    grays: NDArray[np.uint8] = np.array(HOLE, np.uint8)[stripe.astype(np.intp)]
    return grays
