"""Doubts about a map that the picture itself raises: two maps in one, or colours instead of gray.

Each of them can be wrong: they refuse a map, say why, and name --force, with which the map is used and the doubt
becomes a note.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from authoring.codecs.maps.map_image import MapImage
from authoring.errors import RefusedError
from authoring.maps.notes import Notes
from authoring.maps.presets import SKY_M

PAIR_DIFFERENCE = 0.15
"""Two halves that differ by less on average, in standard deviations of the map, may be two views of one scene."""

PAIR_STRUCTURE = 0.2
"""Share of the deviation that must be along the rows: floors and skies repeat sideways and are no pair."""

PAIR_CORRELATION = 0.5
"""Halves whose rows, each without its mean, correlate by more are two views of one scene. `python -m benchmarks.doubts`
measures it: pairs have 0.6 or more, ordinary scenes hardly ever more than 0."""

PAIR_GRID = 128
"""Samples a side in which two halves are compared."""

MIN_PAIR_SIDE = 32
"""A map with a smaller side is not compared: too few samples to tell."""

COLLAGE_TOLERANCE = 0.06
"""Relative to twice the photo's aspect: Depth-Anything's collage adds a margin of 50 px to 2 x 518 or more."""

INSIST = "if it is one map all the same, add --force"


def check_colours(image: MapImage, force: bool) -> Notes:
    """Raise RefusedError for a picture whose channels differ; return a note instead with force."""
    if not image.coloured:
        return Notes()
    if not force:
        raise RefusedError(
            "this looks like a coloured visualisation of depth, or a photo, and colours cannot be turned back into "
            "distances; give the gray or raw map; if its brightness is the depth all the same, add --force"
        )
    return Notes(notes=("the map is coloured; its brightness was taken for the gray (--force)",))


def check_collage(samples: NDArray[Any], photo_size: tuple[int, int], force: bool) -> Notes:
    """Raise RefusedError for a map that is two pictures in one; return a note instead with force.

    samples: (H, W), upright; photo_size: (width, height) as the photo is displayed. By the shape: twice as wide or as
    high as the photo. By the content: two halves that are two views of one scene, as in a stereo pair.
    """
    height, width = samples.shape
    words = _doubled_side((width, height), photo_size)
    direction = None if words else stereo_pair(samples)
    if words is None and direction is None:
        return Notes()
    if words:
        doubt = f"the map is twice as {words} as the photo ({width}x{height})"
        reason, cure = "a collage or a stereo pair", "cut out the one part that is the map"
    else:
        doubt = f"the two halves of the map show the same ({direction})"
        reason, cure = "a stereo pair", "cut out the one half that fits the photo"
    if not force:
        raise RefusedError(f"{doubt}: this looks like {reason}; {cure}; {INSIST}")
    return Notes(notes=(f"{doubt}, as {reason} does; used as it is (--force)",))


def _doubled_side(size: tuple[int, int], photo_size: tuple[int, int]) -> str | None:
    """Return "wide" or "high" for a map (width, height) of twice the photo's shape; None for any other."""
    width, height = size
    ratio = (width / height) / (photo_size[0] / photo_size[1])
    for twice, words in ((ratio / 2, "wide"), (1 / ratio / 2, "high")):
        if abs(twice - 1) <= COLLAGE_TOLERANCE:
            return words
    return None


def stereo_pair(samples: NDArray[Any]) -> str | None:
    """Return how two views of one scene lie in the map (H, W): "side by side", "one above the other"; or None."""
    height, width = samples.shape
    if min(width, height) < MIN_PAIR_SIDE:
        return None
    grid = samples[:: max(1, height // PAIR_GRID), :: max(1, width // PAIR_GRID)].astype(np.float32)
    grid[~(np.abs(grid) < SKY_M)] = 0  # holes and sky
    if _show_the_same(grid):
        return "side by side"
    return "one above the other" if _show_the_same(grid.T) else None


def _show_the_same(grid: NDArray[np.float32]) -> bool:
    """Return whether the left and the right half of (H, W) are two views of one scene."""
    spread = float(grid.std())
    half = grid.shape[1] // 2
    left, right = grid[:, :half], grid[:, -half:]
    if spread == 0 or float(np.abs(left - right).mean()) >= PAIR_DIFFERENCE * spread:
        return False
    left, right = (side - side.mean(axis=1, keepdims=True) for side in (left, right))
    if float(left.std()) <= PAIR_STRUCTURE * spread:
        return False
    norm = float(np.linalg.norm(left) * np.linalg.norm(right))
    return norm > 0 and float((left * right).sum()) > PAIR_CORRELATION * norm
