"""Judge whether near and far may be the wrong way round, or a map upside down, by where its far end is.

Checked on nine photos with Apple depth and on NYU's and TrueDepth's maps: with true metres the lower third is 0.19 to
1.02 times as far as the upper third, with disparity taken for metres 0.98 to 5.3 times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Sign = Literal["ring", "gradient"]
"""ring: the far end is in the middle of the picture and near things surround it, as where a mask's subject is taken
for far. gradient: the lower third is farther than the upper third."""

GRID_SIDE = 128
"""Samples a side that are enough for a judgement."""

MIN_ROWS = 24
"""A map with fewer rows has no thirds to compare."""

RARE_RATIO = 1.2
"""The lower third over the upper third in distance, beyond every true map that was measured."""

CLEAR_RATIO = 1.5
"""The same, where a person has said what the map means: rooms and slopes reach RARE_RATIO."""

RING_SHARE = 0.05
"""Share of the frame that may be far: the upper edge and two thirds of the sides; subjects touch the lower edge."""

LEAST_FAR_SHARE, LARGEST_FAR_SHARE = 0.02, 0.6
"""Share of the map that a subject takes."""

OFF_CENTRE = 0.25
"""A subject's centre is nearer to the middle than this, in widths."""

JUMP, JUMPING_SHARE = 0.4, 0.6
"""A subject is cut out: across most of its outline the distance jumps by this share of the range within three samples.
The far wall of a room or a street joins what is nearer without a jump (NYU: 0.14 of the outline)."""


@dataclass(frozen=True, slots=True)
class Polarity:
    """What speaks against the polarity of a map."""

    sign: Sign
    clear: bool
    """Whether it also speaks against what a person has said; otherwise only against a guess."""


def judge_polarity(depth: NDArray[np.floating]) -> Polarity | None:
    """Return what speaks against an upright map of distances (H, W), in metres or any other unit.

    NaN is a hole; infinity, and what is not above 0, counts as the farthest and is otherwise ignored.
    """
    rows, columns = (max(1, -(-side // GRID_SIDE)) for side in depth.shape)
    logarithms = _logarithms(np.asarray(depth[::rows, ::columns], np.float64))
    if logarithms is None or logarithms.shape[0] < MIN_ROWS or logarithms.shape[1] < MIN_ROWS:
        return None
    third = logarithms.shape[0] // 3
    upper, lower = (float(np.nanmedian(part)) for part in (logarithms[:third], logarithms[-third:]))
    if lower - upper > np.log(CLEAR_RATIO):
        return Polarity("gradient", True)
    ring = _ring(logarithms)
    if ring is None and lower - upper > np.log(RARE_RATIO):
        return Polarity("gradient", False)
    return ring


def _logarithms(depth: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the logarithm of distance, holes the median; None where there are not two distances.

    In logarithms depth and disparity have the same steps, with the other sign.
    """
    known = depth[np.isfinite(depth) & (depth > 0)]
    if not known.size or known.min() == known.max():
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithms = np.log(np.minimum(depth, known.max()))
    logarithms[~np.isfinite(logarithms)] = np.median(np.log(known))
    return logarithms


def _ring(logarithms: NDArray[np.float64]) -> Polarity | None:
    """Judge whether the far end is surrounded by the near end."""
    low, high = np.percentile(logarithms, (1, 99))
    if not high > low:
        low, high = logarithms.min(), logarithms.max()
    share = np.clip((logarithms - low) / (high - low), 0, 1)
    far = share > 0.5
    height, width = far.shape
    edge, sides = max(1, min(height, width) // 16), height * 2 // 3
    frame = np.zeros_like(far)
    frame[:edge] = frame[:sides, :edge] = frame[:sides, -edge:] = True
    if far[frame].mean() > RING_SHARE or not LEAST_FAR_SHARE <= far.mean() <= LARGEST_FAR_SHARE:
        return None
    if abs(np.nonzero(far)[1].mean() / width - 0.5) > OFF_CENTRE:
        return None
    return Polarity("ring", _jumping_share(share, far) >= JUMPING_SHARE)


def _jumping_share(share: NDArray[np.float64], far: NDArray[np.bool_]) -> float:
    """Return how much of the outline of the far end is a jump."""
    outline = jumps = 0
    for distance, mask in ((share, far), (share.T, far.T)):
        crossing = mask[:, 1:-2] != mask[:, 2:-1]
        outline += int(crossing.sum())
        jumps += int((crossing & (np.abs(distance[:, 3:] - distance[:, :-3]) > JUMP)).sum())
    return jumps / outline if outline else 0.0
