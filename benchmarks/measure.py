"""Measure two jobs in turn, as medians and ratios of pairs, and make the photos they work on.

Ratios are of medians whose runs alternate, so that a machine that speeds up or slows down does so for both.
"""

from __future__ import annotations

import io
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

GOLDEN = Path(__file__).parents[1] / "golden"
WIDTH, HEIGHT = 4032, 3024
MAP_SIZE = (768, 576)

GRAIN, QUALITY = 6, 93
"""Noise and quality that give a 12 MP photo of the golden scene the size of a camera's, between 3 and 4 MB."""


@dataclass(frozen=True)
class Row:
    """One comparison: seconds of ours and of the floor, and what their ratio should be."""

    name: str
    ours: float
    floor: float
    wanted: str

    @property
    def ratio(self) -> float:
        """Ours over the floor."""
        return self.ours / self.floor


def alternate(one: Callable[[], Any], other: Callable[[], Any], rounds: int) -> tuple[float, float]:
    """Return the median seconds of two jobs, run in turn after one warm-up each."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds + 1):
        for job, kept in zip((one, other), times, strict=True):
            start = time.perf_counter()
            job()
            if turn:
                kept.append(time.perf_counter() - start)
    return statistics.median(times[0]), statistics.median(times[1])


def table(title: str, rows: list[Row]) -> str:
    """Return rows as a Markdown table."""
    lines = [f"## {title}", "", "| what | ours | floor | ratio | wanted |", "|---|---|---|---|---|"]
    lines += [
        f"| {one.name} | {one.ours * 1e3:.2f} ms | {one.floor * 1e3:.2f} ms | {one.ratio:.2f} | {one.wanted} |"
        for one in rows
    ]
    return "\n".join(lines) + "\n"


def machine() -> str:
    """Describe the machine in one line."""
    import PIL
    import pillow_heif

    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), model)
    except OSError:
        pass
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return (
        f"{model}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, numpy "
        f"{np.__version__}, Pillow {PIL.__version__}, pillow-heif {pillow_heif.__version__} (libheif "
        f"{pillow_heif.libheif_version()}); load average {load} at the start"
    )


def photo_pixels(scale: float = 1.0, seed: int = 1) -> NDArray[np.uint8]:
    """Return the golden scene at 12 MP times `scale` squared, with grain: (H, W, 3)."""
    size = (round(WIDTH * scale) // 2 * 2, round(HEIGHT * scale) // 2 * 2)
    with Image.open(GOLDEN / "scene.png") as picture:
        large = np.asarray(picture.convert("RGB").resize(size, Image.Resampling.BICUBIC), np.int16)
    grain = np.random.default_rng(seed).integers(-GRAIN, GRAIN + 1, large.shape, dtype=np.int16)
    return np.asarray(np.clip(large + grain, 0, 255), np.uint8)


def jpeg_photo(pixels: NDArray[np.uint8]) -> bytes:
    """Return a photo as a baseline JPEG."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def depth_map(size: tuple[int, int] = MAP_SIZE) -> NDArray[np.float32]:
    """Return the golden scene's depth in metres at (width, height)."""
    with Image.fromarray(np.load(GOLDEN / "scene-depth.npy")) as exact:
        return np.asarray(exact.resize(size, Image.Resampling.BILINEAR), np.float32)
