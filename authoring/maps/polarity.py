"""Judge whether near and far may be the wrong way round, or a map upside down, by where its far end is.

Checked on nine photos with Apple depth and on NYU's and TrueDepth's maps: with true metres the lower third is 0.19 to
1.02 times as far as the upper third, with disparity taken for metres 0.98 to 5.3 times.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from authoring.depth.buffer import DepthBuffer
from authoring.depth.orientation import Orientation
from authoring.errors import UsageError
from authoring.maps.load import LoadedMap
from authoring.maps.map_options import MapOptions
from authoring.maps.notes import Notes
from authoring.maps.presets import Raster, Reading

Sign = Literal["ring", "gradient"]
"""ring: the far end is in the middle of the picture and near things surround it, as where a mask's subject is taken
for far. gradient: the lower third is farther than the upper third."""

GRID_SIDE = 128
"""Samples a side that are enough for a judgement."""

MIN_SIDE = 24
"""A map with fewer rows or columns has too few to compare."""

RARE_RATIO = 1.2
"""The lower third over the upper third in distance, beyond every true map that was measured."""

CLEAR_RATIO = 1.5
"""The same, where a person has said what the map means: rooms and slopes reach RARE_RATIO."""

RING_SHARE = 0.05
"""Share of the frame that may be far: the upper edge and two thirds of the sides; subjects touch the lower edge."""

LEAST_FAR_SHARE, LARGEST_FAR_SHARE = 0.01, 0.6
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
    finding: str
    """In words."""
    clear: bool
    """A ring that is cut out, or a gradient beyond CLEAR_RATIO."""

    @property
    def against_a_guess(self) -> bool:
        """Whether metres that nobody stated are to be asked about."""
        return self.clear or self.sign == "gradient"

    @property
    def against_gray(self) -> bool:
        """Whether to warn of gray levels and values without a scale, whose polarity is often mistaken."""
        return self.clear or self.sign == "ring"


def judge_polarity(depth: NDArray[Any]) -> Polarity | None:
    """Return what speaks against an upright map of distances (H, W), in metres or any other unit.

    NaN and what is not above 0 are holes; infinity counts as the farthest.
    """
    rows, columns = (max(1, -(-side // GRID_SIDE)) for side in depth.shape)
    logarithms = _logarithms(np.asarray(depth[::rows, ::columns], np.float64))
    if logarithms is None or min(logarithms.shape) < MIN_SIDE:
        return None
    third = logarithms.shape[0] // 3
    ratio = math.exp(float(np.median(logarithms[-third:]) - np.median(logarithms[:third])))
    finding = (
        f"the lower third of this map is {ratio:.2g} times as far away as the upper third, which is rare"
    )
    falling = Polarity("gradient", f"{finding} in an upright map", ratio > CLEAR_RATIO)
    if falling.clear:
        return falling
    ring = _ring(logarithms)
    return falling if ring is None and ratio > RARE_RATIO else ring


def _logarithms(depth: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the logarithm of distance, holes the median; None where there are not two distances.

    In logarithms depth and disparity have the same steps, with the other sign.
    """
    known = depth[np.isfinite(depth) & (depth > 0)]
    if not known.size or known.min() == known.max():
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithms: NDArray[np.float64] = np.log(np.minimum(depth, known.max()))
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
    return Polarity(
        "ring",
        "the far end of this map is in the middle of the picture and its near end around it",
        _jumping_share(share, far) >= JUMPING_SHARE,
    )


def _jumping_share(share: NDArray[np.float64], far: NDArray[np.bool_]) -> float:
    """Return how much of the outline of the far end is a jump."""
    outline = jumps = 0
    for distance, mask in ((share, far), (share.T, far.T)):
        crossing = mask[:, 1:-2] != mask[:, 2:-1]
        outline += int(crossing.sum())
        jumps += int((crossing & (np.abs(distance[:, 3:] - distance[:, :-3]) > JUMP)).sum())
    return jumps / outline if outline else 0.0


def check_polarity(
    shown: DepthBuffer, loaded: LoadedMap, options: MapOptions, raster: Raster, orientation: Orientation
) -> Notes:
    """Return a warning if a map, upright, speaks against what a person said that it means.

    raster: how the map was taken to lie on a photo of this Exif orientation. Raises UsageError if it speaks against
    metres that nobody stated.
    """
    reading = loaded.reading
    polarity = None if reading is None else judge_polarity(shown.depth_m())
    if reading is None or polarity is None:
        return Notes()
    if loaded.question and polarity.against_a_guess:
        raise UsageError(f"the map may hold no metres: read as metres, {polarity.finding}; {loaded.question}")
    if not (polarity.clear or (reading not in _METRIC and polarity.against_gray)):
        return Notes()
    cures = [_opposite(reading, options)]
    if polarity.sign == "gradient":
        if orientation == Orientation.UPRIGHT:
            cures.append("if the map is upside down, turn it")
        elif raster == "display":
            cures.append("if it lies as the photo's pixels are stored, add --map-orientation stored")
        else:
            cures.append("if it is upright as the photo is seen, add --map-orientation display")
    return Notes(warnings=(f"{polarity.finding}; {'; '.join(cures)}",))


_METRIC: tuple[Reading, ...] = ("depth", "disparity", "disparity-px")


def _opposite(reading: Reading, options: MapOptions) -> str:
    """Return which option would give the map the other polarity."""
    instead = f" instead of --preset {options.preset}" if options.preset else ""
    if reading == "gray":
        if options.white_end == "far":
            return "if white marks your subject or what is near, add --white near"
        option = "--invert" if options.invert else "--white near"
        return f"if black marks your subject or what is near, leave {option} out"
    if reading == "inverse-relative":
        return f"if its larger values are farther, say --kind affine{instead}"
    if reading == "affine":
        return f"if its larger values are nearer, say --kind inverse-relative{instead}"
    if reading == "depth":
        return (
            f"if its larger values are nearer, say --kind disparity{instead}, or --kind inverse-relative with --near "
            "and --far"
        )
    return f"if its larger values are farther, say --kind depth with --unit{instead}"
