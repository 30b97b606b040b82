"""Doubts about a map that the picture itself raises: two maps in one, or colours instead of gray.

Each of them can be wrong: they refuse a map, say why, and name --force, with which the map is used and the doubt
becomes a warning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from authoring.codecs.maps.map_image import MapImage
from authoring.errors import RefusedError
from authoring.maps.notes import Notes
from authoring.maps.presets import SKY_M

PAIR_CORRELATION = 0.5
"""Halves whose rows, each without its mean, correlate by more may be two views of one scene: in pairs 0.54 to 0.99
(`python -m tests.maps.doubt_rates`). Floors and skies, which repeat sideways, are gone with the mean."""

PAIR_DIFFERENCE = 0.3
"""Mean difference of the halves, in standard deviations of the map, above which they are different scenes: two floors
one above the other correlate too."""

PAIR_STRUCTURE = 0.1
"""Standard deviation within the rows, as a share of the map's, below which there is too little to compare."""

PAIR_SEAM = 3.0
"""Step between the halves, in mean steps between columns: in pairs, where two views meet, 8 to 23. Rows of pillars and
couples standing symmetrically correlate as well, but go on across the middle."""

PAIR_GRID = 128
"""Samples a side in which two halves are compared."""

MIN_PAIR_SIDE = 32
"""A map with a smaller side is not compared: too few samples to tell."""

COLLAGE_TOLERANCE = 0.06
"""Relative to twice the photo's aspect: Depth-Anything's collage adds a margin of 50 px to 2 x 518 or more."""


def check_colours(image: MapImage, force: bool) -> Notes:
    """Raise RefusedError for a picture whose channels differ; return a warning instead with force."""
    if not image.coloured:
        return Notes()
    if not force:
        raise RefusedError(
            "this looks like a coloured visualisation of depth, or a photo, and colours cannot be turned back into "
            "distances; give the gray or raw map; if its brightness is the depth all the same, add --force"
        )
    return Notes(warnings=("the map is coloured; its brightness was taken for the gray (--force)",))


def check_collage(samples: NDArray[Any], photo_size: tuple[int, int], force: bool) -> Notes:
    """Raise RefusedError for a map that is two pictures in one; return a warning instead with force.

    samples: (H, W), upright; photo_size: (width, height) as the photo is displayed. By the shape: twice as wide or as
    high as the photo. By the content: two halves that are two views of one scene, as in a stereo pair.
    """
    height, width = samples.shape
    doubled = _doubled_side((width, height), photo_size)
    if doubled is not None:
        return _insisted(
            f"the map is twice as {doubled} as the photo ({width}x{height})",
            "this looks like a collage or a stereo pair; cut out the one part that is the map",
            force,
        )
    pair = stereo_pair(samples)
    if pair is None:
        return Notes()
    if not pair.seam:
        note = f"the two halves of the map look alike ({pair.direction}): if it is a stereo pair, cut out one half"
        return Notes(warnings=(note,))
    return _insisted(
        f"the two halves of the map show the same ({pair.direction})",
        "this looks like a stereo pair; cut out the one half that fits the photo",
        force,
    )


def _insisted(doubt: str, advice: str, force: bool) -> Notes:
    """Return the doubt as a warning. Raises RefusedError, with the advice, where nobody insists."""
    if not force:
        raise RefusedError(f"{doubt}: {advice}; if it is one map all the same, add --force")
    return Notes(warnings=(f"{doubt}, and was used all the same (--force)",))


def _doubled_side(size: tuple[int, int], photo_size: tuple[int, int]) -> str | None:
    """Return "wide" or "high" for a map (width, height) of twice the photo's shape; None for any other."""
    width, height = size
    ratio = (width / height) / (photo_size[0] / photo_size[1])
    for twice, words in ((ratio / 2, "wide"), (1 / ratio / 2, "high")):
        if abs(twice - 1) <= COLLAGE_TOLERANCE:
            return words
    return None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two halves of a map that show the same: "side by side" or "one above the other"."""

    direction: str
    seam: bool
    """Whether the picture breaks off between them, as only two pictures do."""


def stereo_pair(samples: NDArray[Any]) -> Pair | None:
    """Return the pair that the map (H, W) seems to be; None where its halves differ."""
    height, width = samples.shape
    if min(width, height) < MIN_PAIR_SIDE:
        return None
    grid = samples[:: max(1, height // PAIR_GRID), :: max(1, width // PAIR_GRID)].astype(np.float32)
    grid[~(np.abs(grid) < SKY_M)] = np.nan  # holes and sky
    for direction, halves in (("side by side", grid), ("one above the other", grid.T)):
        if _halves_correlate(halves):
            return Pair(direction, _has_seam(halves))
    return None


def _halves_correlate(grid: NDArray[np.float32]) -> bool:
    """Return whether the left and the right half of (H, W) show the same, beyond what repeats along the rows."""
    known = np.nan_to_num(grid)
    half = known.shape[1] // 2
    left, right = (side - side.mean(axis=1, keepdims=True) for side in (known[:, :half], known[:, -half:]))
    norm, spread = float(np.linalg.norm(left) * np.linalg.norm(right)), float(known.std())
    return (
        float(np.abs(known[:, :half] - known[:, -half:]).mean()) < PAIR_DIFFERENCE * spread
        and float(left.std()) > PAIR_STRUCTURE * spread
        and float((left * right).sum()) > PAIR_CORRELATION * norm
    )


def _has_seam(grid: NDArray[np.float32]) -> bool:
    """Return whether (H, W) breaks off in the middle: the step there against the mean step between columns.

    Margins without depth at the seam, as sensors have, are skipped row by row.
    """
    half = grid.shape[1] // 2
    left, right = np.flip(grid[:, :half], axis=1), grid[:, -half:]
    rows = np.arange(grid.shape[0])
    step = left[rows, np.isfinite(left).argmax(axis=1)] - right[rows, np.isfinite(right).argmax(axis=1)]
    steps = np.abs(np.diff(grid, axis=1))
    if not (np.isfinite(step).any() and np.isfinite(steps).any()):
        return False
    return float(np.nanmean(np.abs(step))) > PAIR_SEAM * float(np.nanmean(steps))
