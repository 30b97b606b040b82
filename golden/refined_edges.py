"""Measure what `--refine` gains at the golden scene's edges: `python -m golden.refined_edges`.

Coarse maps are made from the scene's exact depth and brought back to 768 x 576, by plain interpolation and refined
along the photo; both are held against the exact depth of every sample. Errors are in 1/m.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from authoring.codecs import photo
from authoring.depth.kernels import resample_area
from authoring.depth.refinement import refine
from golden.scene import render_depth

GOLDEN = Path(__file__).parent
WIDTH, HEIGHT = 768, 576

EDGE_RATIO = 1.08
"""Neighbours whose depths differ by more than this ratio lie on two surfaces."""
BAND_PX, AWAY_PX = 4, 12
"""Edges are judged within four samples; what lies beyond twelve no coarse sample of an edge can touch."""
OFF = 0.05
"""A sample that is off by more than this share of its disparity counts as wrong."""
TEXTURE_CODES = 8
"""A gradient of the photo above this many codes a sample is texture, where no edge of the depth is near."""

Plane = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Score:
    """Errors of a map against the exact one, mean and absolute, in 1/m."""

    edge: float
    """Within BAND_PX of a true edge."""
    wrong: float
    """The share of those samples that are off by more than OFF."""
    away: float
    """Farther than AWAY_PX from any edge."""
    texture: float
    """The same where the photo has texture."""


def exact() -> Plane:
    """Return the scene's true disparity (576, 768)."""
    disparity: Plane = (1 / render_depth(WIDTH, HEIGHT).astype(np.float64)).astype(np.float32)
    return disparity


def guide() -> NDArray[np.uint8]:
    """Return the golden photo at the map's size, decoded as `--refine` does."""
    decoded = photo.decode((GOLDEN / "scene.jpg").read_bytes(), max(WIDTH, HEIGHT))
    return photo.resized(decoded.array, WIDTH, HEIGHT)


def coarse_maps(true: Plane) -> dict[str, Plane]:
    """Maps as they come, four times coarser than the stored one unless they say otherwise."""
    averaged = resample_area(true, WIDTH // 4, HEIGHT // 4)
    grain = np.random.default_rng(5)
    low, high = float(averaged.min()), float(averaged.max())
    codes = np.rint((averaged - low) / (high - low) * 255)

    def noisy(plane: Plane, share: float) -> Plane:
        return (plane * (1 + share * grain.standard_normal(plane.shape))).astype(np.float32)

    return {
        "192x144, averaged": averaged,
        "192x144, averaged, 2 % noise": noisy(averaged, 0.02),
        "192x144, averaged, 5 % noise": noisy(averaged, 0.05),
        "192x144, averaged, 8 bits": (codes / 255 * (high - low) + low).astype(np.float32),
        "192x144, one exact sample each": _sampled(192, 144),
        "96x72, averaged": resample_area(true, WIDTH // 8, HEIGHT // 8),
        "384x288, averaged": resample_area(true, WIDTH // 2, HEIGHT // 2),
        "768x576, 2 % noise": noisy(true, 0.02),
        "768x576, exact": true,
    }


def _sampled(width: int, height: int) -> Plane:
    disparity: Plane = (1 / render_depth(width, height).astype(np.float64)).astype(np.float32)
    return disparity


def score(result: Plane, true: Plane, shown: NDArray[np.uint8]) -> Score:
    """Return how far a map (576, 768) is from the exact one."""
    edge = np.zeros(true.shape, np.bool_)
    for axis in (0, 1):
        values, line = np.moveaxis(true, axis, 0), np.moveaxis(edge, axis, 0)
        jump = np.maximum(values[1:], values[:-1]) > EDGE_RATIO * np.minimum(values[1:], values[:-1])
        line[1:] |= jump
        line[:-1] |= jump
    band, away = _grown(edge, BAND_PX), ~_grown(edge, AWAY_PX)
    rows, columns = np.gradient(shown.astype(np.float32).mean(axis=2))
    texture = away & (np.hypot(rows, columns) > TEXTURE_CODES)
    error = np.abs(result - true)
    return Score(
        float(error[band].mean()),
        float((error[band] > OFF * true[band]).mean()),
        float(error[away].mean()),
        float(error[texture].mean()),
    )


def _grown(mask: NDArray[np.bool_], radius: int) -> NDArray[np.bool_]:
    for axis in (0, 1):
        padded = np.pad(mask, [(radius, radius) if axis == padded_axis else (0, 0) for padded_axis in (0, 1)])
        windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * radius + 1, axis)
        mask = np.asarray(windows.any(axis=-1))
    return mask


def table() -> None:
    """Print the errors."""
    true, shown = exact(), guide()
    print(
        f"{'map':<32} {'edge, 1/m':>20} {'less':>6} {'off by > 5 %':>18} {'away, 1/m':>22} {'on texture, 1/m':>22}"
    )
    for name, coarse in coarse_maps(true).items():
        plain = score(resample_area(coarse, WIDTH, HEIGHT), true, shown)
        fine = score(refine(coarse, shown).disparity, true, shown)
        less = f"{1 - fine.edge / plain.edge:6.0%}" if plain.edge else "     –"
        print(
            f"{name:<32} {plain.edge:9.4f} → {fine.edge:8.4f} {less} {plain.wrong:8.1%} → {fine.wrong:7.1%} "
            f"{plain.away:10.5f} → {fine.away:9.5f} {plain.texture:10.5f} → {fine.texture:9.5f}"
        )


if __name__ == "__main__":
    table()
