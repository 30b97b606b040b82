"""Measure how near refocus comes to a real lens.

    python -m golden.lens_error [--width 768] [--lenses 256]

The golden scene through a thin lens (the mean of many pinholes, in linear light) is the truth. `refocus` gets
the pinhole's photo and its depth: exact, and as `embed` stores it (8-bit codes, half the size). The simple method, a
Gaussian of the same spread for each pixel by its own depth, in the same light, is measured too. Figures are in linear
light, of all pixels and of those near an edge of an object, where the methods differ.
"""

from __future__ import annotations

import argparse
import io
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import depthauthor
from authoring.depth.raster import extreme_around
from authoring.views.pictures.lens import Lens
from authoring.views.pictures.lens_blur import refocused
from authoring.views.pictures.light import SHOULDER, linear, to_light
from authoring.views.scene import load_scene
from golden.geometry import Intrinsics
from golden.lens import opening_m, view_through_lens
from golden.scene import Scene, view

VIEWS = (("red ball", 1.4, 0.72), ("striped ball", 1.4, 2.6), ("board", 1.4, 3.6), ("board", 0.7, 3.6))
"""What is in focus, the f-number, and the distance in metres."""

Light = NDArray[np.floating[Any]]


def by_gaussian(codes: NDArray[np.uint8], disparity: NDArray[np.float32], lens: Lens) -> Light:
    """Blur each pixel by a Gaussian of its disc's spread; return linear values (H, W, 3)."""
    picture = to_light(codes)
    radius = np.minimum(np.abs(disparity - lens.focus_per_m) * lens.radius_px_m, lens.largest_px)
    levels = np.concatenate([[0.0], np.geomspace(0.5, max(1.0, float(radius.max())), 16)])
    stack = np.stack([_gaussian(picture, level / 2) for level in levels])
    below = np.clip(np.searchsorted(levels, radius) - 1, 0, len(levels) - 2)
    share = ((radius - levels[below]) / (levels[below + 1] - levels[below]))[..., None]
    rows, columns = np.indices(radius.shape)
    light = stack[below, rows, columns] * (1 - share) + stack[below + 1, rows, columns] * share
    return np.asarray(light / (1 + SHOULDER * light))


def _gaussian(picture: Light, deviation: float) -> Light:
    if deviation == 0:
        return picture
    reach = math.ceil(3 * deviation)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2)
    kernel /= kernel.sum()
    for axis in (0, 1):
        padding = [(0, 0)] * 3
        padding[axis] = (reach, reach)
        padded = np.moveaxis(np.pad(picture, padding, mode="edge"), axis, 0)
        count = picture.shape[axis]
        mixed = sum(weight * padded[k : k + count] for k, weight in enumerate(kernel))
        picture = np.moveaxis(np.asarray(mixed), 0, axis)
    return picture


def at_edges(disparity: NDArray[np.float32], lens: Lens) -> NDArray[np.bool_]:
    """Return the pixels no farther from a jump of depth (1 px or more of disc) than the largest disc reaches."""
    radius = disparity * np.float32(lens.radius_px_m)
    low, high = (extreme_around(radius, 1, choose) for choose in (np.minimum, np.maximum))
    jump = (high - low > 1).astype(np.float32)
    widest = np.abs(disparity - lens.focus_per_m).max() * lens.radius_px_m
    return np.asarray(extreme_around(jump, math.ceil(widest), np.maximum) > 0)


def error(picture: Light, truth: Light, where: NDArray[np.bool_] | None = None) -> float:
    """Return the RMSE in linear light, white being 1."""
    square = (picture - truth) ** 2
    return float(np.sqrt(square.mean() if where is None else square[where].mean()))


def embedded(scene: Scene, disparity: NDArray[np.float32]) -> bytes:
    """Return the scene as a JPEG with a stored map of half its size."""
    out = io.BytesIO()
    Image.fromarray(scene.rgb).save(out, "JPEG", quality=98, subsampling=0)
    size = max(disparity.shape) // 2
    return depthauthor.embed_bytes(out.getvalue(), 1 / disparity, max_size=size)


def errors(width: int, lenses: int) -> None:
    """Print the errors of each way to blur, for each view."""
    height = width * 3 // 4
    camera = Intrinsics.of_size(width, height)
    scene = view(camera, 3)
    disparity = (1 / scene.depth_m).astype(np.float32)
    stored = load_scene(embedded(scene, disparity)).depth.disparity_per_m()
    step = float(stored.max() - stored.min()) / 255
    print(
        f"golden scene {width}x{height}, {lenses} lens positions; RMSE in linear light (PSNR in dB), all / at edges"
    )
    for name, number, distance in VIEWS:
        lens = Lens.of_camera(camera.fx, (width, height), number, 1 / distance)
        truth = view_through_lens(camera, opening_m(camera, number), distance, lenses)
        edge = at_edges(disparity, lens)
        widest = 2 * float(np.abs(disparity - lens.focus_per_m).max()) * lens.radius_px_m
        print(
            f"{name} in focus, f/{number}: discs up to {widest:.1f} px, {edge.mean():.0%} of pixels at edges"
        )
        for way, picture in (
            ("refocus, exact depth", linear(refocused(scene.rgb, disparity, lens)[0] / 255)),
            ("refocus, depth as embedded", linear(refocused(scene.rgb, stored, lens, step)[0] / 255)),
            ("Gaussian by depth, exact", by_gaussian(scene.rgb, disparity, lens)),
            ("not blurred", linear(scene.rgb / 255)),
        ):
            overall, near = error(picture, truth), error(picture, truth, edge)
            decibel = [-20 * math.log10(value) for value in (overall, near)]
            print(f"  {way:<28} {overall:.4f} ({decibel[0]:.1f})   {near:.4f} ({decibel[1]:.1f})")


def main() -> None:
    """Print the errors."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--width", type=int, default=768)
    parser.add_argument("--lenses", type=int, default=256)
    given = parser.parse_args()
    errors(given.width, given.lenses)


if __name__ == "__main__":
    main()
