"""Convert gray levels between --near and --far, and say what is unusual about their levels."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from authoring.codecs.maps.map_image import MapImage
from authoring.depth.grayscale import GrayscaleMeaning
from authoring.maps.notes import Notes

LEAST_USED = 0.1
"""Share of black to white that a map should use; a mask of 0 and 1 uses 1/255, 8-bit levels in a 16-bit file too."""


def describe_gray(meaning: GrayscaleMeaning) -> str:
    """Return the sentence of the report that says what black and white stand for."""
    black = "near" if meaning.white == "far" else "far"
    steps = "metres" if meaning.spacing == "depth" else "1/m"
    return (
        f"black is {black} and white is {meaning.white}, {meaning.near_m:g} m to {meaning.far_m:g} m in even steps of "
        f"{steps}"
    )


def check_levels(image: MapImage, samples: NDArray[Any], meaning: GrayscaleMeaning) -> Notes:
    """Return what to know of the levels of a gray map: only two of them, or a small part of black to white.

    samples: the levels that are no holes, of integers or floats of 0 to 1; any shape.
    """
    top = image.levels - 1 if image.levels else 1
    low, high = float(samples.min()) / top, float(samples.max()) / top
    nearest, farthest = sorted(_distance(meaning, share) for share in (low, high))
    notes = Notes()
    if _has_two_values(samples):
        notes += Notes(assumed=(f"the map has two values: {nearest:.3g} m and {farthest:.3g} m",))
    if high - low < LEAST_USED:
        levels = f"{low * top:g} to {high * top:g} of 0 to {top:g}"
        cure = (
            "multiply it by 255"
            if (low, high * top, top) == (0, 1, 255)
            else "spread its levels over the range"
        )
        notes += Notes(
            warnings=(
                f"the map uses only the gray levels {levels}, which makes it span {nearest:.3g} to {farthest:.3g} m "
                f"of {meaning.near_m:g} to {meaning.far_m:g} m; {cure} first",
            )
        )
    return notes


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
