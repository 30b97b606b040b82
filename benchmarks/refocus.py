"""Measure how near refocus comes to a real lens, and what previews and refocus cost.

    python -m benchmarks.refocus [--width 768] [--lenses 256] [--only error|cost]

Error: the golden scene through a thin lens (the mean of many pinholes, in linear light) is the truth. `refocus` gets
the pinhole's photo and its depth: exact, and as `embed` stores it (8-bit codes, half the size). The simple method, a
Gaussian of the same spread for each pixel by its own depth, in the same light, is measured too. Figures are in linear
light, of all pixels and of those near an edge of an object, where the methods differ.

Cost: each command on a 12-megapixel photo in its own process, with its peak memory, against the least that the same
work can cost: decoding the photo and encoding it again.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
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

GOLDEN = Path(__file__).parents[1] / "golden"
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


LAUNCHER = (
    "import json, os, subprocess, sys, time; start = time.perf_counter(); "
    "process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL); "
    "_, status, usage = os.wait4(process.pid, 0); "
    "print(json.dumps([os.waitstatus_to_exitcode(status), time.perf_counter() - start, "
    "usage.ru_utime + usage.ru_stime, usage.ru_maxrss]))"
)
"""A child's peak includes its time as a copy of its parent, before it became the command; so the parent is small."""


def run(command: list[str]) -> tuple[float, float, int]:
    """Return the seconds by the clock and of processor time, and peak bytes, of one process."""
    output = subprocess.run(
        [sys.executable, "-c", LAUNCHER, *command], stdout=subprocess.PIPE, check=True
    ).stdout
    code, took, busy, peak = json.loads(output)
    if code:
        raise SystemExit(f"{' '.join(command)} failed with {code}")
    return took, busy, peak * (1 if sys.platform == "darwin" else 1024)


FLOOR = (
    "import sys; from authoring.codecs import photo; data = open(sys.argv[1], 'rb').read(); "
    "heic = data[4:8] == b'ftyp'; pixels = photo.decode_heic(data) if heic else photo.decode(data); "
    "photo.encode_jpeg(pixels, photo.Metadata())"
)


def costs(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Image.open(GOLDEN / "scene.png") as picture:
            large = np.asarray(
                picture.convert("RGB").resize((4032, 3024), Image.Resampling.BICUBIC), np.int16
            )
        grain = np.random.default_rng(1).normal(0, 2, large.shape)
        out = io.BytesIO()
        Image.fromarray(np.clip(large + grain, 0, 255).astype(np.uint8)).save(out, "JPEG", quality=90)
        depth = np.load(GOLDEN / "scene-depth.npy")
        for suffix in ("jpg", "heic"):
            path = folder / f"photo.{suffix}"
            container = "jpeg" if suffix == "jpg" else "heic"
            path.write_bytes(depthauthor.embed_bytes(out.getvalue(), depth, container=container))  # type: ignore[arg-type]
            program = [sys.executable, "-m", "depthauthor"]
            output_options = ["--overwrite", "-o"]
            jobs = {
                "decode and encode alone": [sys.executable, "-c", FLOOR, str(path)],
                "preview": [*program, "preview", str(path), *output_options, str(folder / "a.png")],
                "preview --overlay": [
                    *program,
                    "preview",
                    str(path),
                    "--overlay",
                    *output_options,
                    str(folder / "b.png"),
                ],
                "refocus, f/2.8": [*program, "refocus", str(path), *output_options, str(folder / "c.jpg")],
                "refocus, f/1": [
                    *program,
                    "refocus",
                    str(path),
                    "--aperture",
                    "1",
                    *output_options,
                    str(folder / "d.jpg"),
                ],
            }
            print(f"12 MP {suffix.upper()}, {os.cpu_count()} cores; median of {rounds}")
            taken: dict[str, list[tuple[float, float, int]]] = {job: [] for job in jobs}
            for _ in range(rounds):
                for job, command in jobs.items():
                    taken[job].append(run(command))
            floor = statistics.median(times[1] for times in taken["decode and encode alone"])
            for job, results in taken.items():
                clock, busy = (statistics.median(times[k] for times in results) for k in (0, 1))
                peak = max(times[2] for times in results)
                print(
                    f"  {job:<24} {clock:6.2f} s by the clock, {busy:6.2f} s of processor ({busy / floor:4.1f} x), "
                    f"peak {peak / 1e6:5.0f} MB"
                )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--width", type=int, default=768)
    parser.add_argument("--lenses", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("error", "cost"))
    given = parser.parse_args()
    if given.only != "cost":
        errors(given.width, given.lenses)
    if given.only != "error":
        costs(given.rounds)


if __name__ == "__main__":
    main()
