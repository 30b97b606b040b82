"""Convert gray levels between --near and --far, and say what is unusual about their levels."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from authoring.codecs.maps.map_image import MapImage
from authoring.depth.distance_text import metres
from authoring.depth.grayscale import GrayscaleMeaning
from authoring.maps.notes import Notes
from authoring.maps.presets import Preset

LEAST_USED = 0.1
"""Share of black to white that a map should use; a mask of 0 and 1 uses 1/255, 8-bit levels in a 16-bit file too."""


def describe_gray(
    image: MapImage, levels: NDArray[Any], meaning: GrayscaleMeaning, preset: Preset | None
) -> Notes:
    """Return what black and white stand for as the first assumption, and a warning of levels that are hardly used.

    levels: those that are no holes, of integers or floats of 0 to 1, at least one; any shape.
    """
    black = "near" if meaning.white == "far" else "far"
    steps = "metres" if meaning.spacing == "depth" else "1/m"
    ends = f"black is {black} and white is {meaning.white}"
    sentence = f"{ends}, {meaning.near_m:g} m to {meaning.far_m:g} m in even steps of {steps}"
    top = image.levels - 1 if image.levels else 1
    low, high = float(levels.min()) / top, float(levels.max()) / top
    nearest, farthest = sorted(_distance(meaning, share) for share in (low, high))
    if _has_two_values(levels):
        sentence = f"{ends}; the map has two values, {metres(nearest)} and {metres(farthest)}"
    if preset:
        sentence += f" (preset {preset.name})"
    if high - low >= LEAST_USED:
        return Notes(assumed=(sentence,))
    cure = (
        "multiply it by 255"
        if (low, high * top, top) == (0, 1, 255)
        else "spread its levels over black to white"
    )
    return Notes(
        assumed=(sentence,),
        warnings=(
            f"the map uses only the gray levels {low * top:g} to {high * top:g} of 0 to {top:g}, which makes it span "
            f"{metres(nearest)} to {metres(farthest)} of {meaning.near_m:g} to {meaning.far_m:g} m; {cure} first",
        ),
    )


def _distance(meaning: GrayscaleMeaning, share: float) -> float:
    """Return the metres that a share of black to white stands for."""
    black, white = meaning.ends
    value = (1 - share) * black + share * white
    return value if meaning.spacing == "depth" else 1 / value


def _has_two_values(samples: NDArray[Any]) -> bool:
    low, high = samples.min(), samples.max()
    # Most maps fail on a few samples.
    return low < high and all(
        bool(((part == low) | (part == high)).all()) for part in (samples.ravel()[::64], samples)
    )
