"""Measure jobs in turn, as medians and ratios, and make the photos they work on.

Ratios are of medians whose runs alternate, so that a machine that speeds up or slows down does so for all.
"""

from __future__ import annotations

import io
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from authoring.codecs import photo

GOLDEN = Path(__file__).parents[1] / "golden"
WIDTH, HEIGHT = 4032, 3024
MAP_SIZE = (768, 576)

GRAIN, QUALITY = 6, 93
"""Noise and quality that give a 12 MP photo of the golden scene the size of a camera's, between 2 and 4 MB."""

HEIC_GRAIN = 3
"""The same for HEIC."""


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison: seconds of ours and of the other."""

    name: str
    ours: float
    other: float

    @classmethod
    def of(cls, name: str, ours: Callable[[], Any], other: Callable[[], Any], rounds: int) -> Row:
        """Measure two jobs in turn."""
        seconds = medians({"ours": ours, "other": other}, rounds)
        return cls(name, seconds["ours"], seconds["other"])


def medians(jobs: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Return the median seconds of each job; all run in turn, after one warm-up each."""
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for turn in range(rounds + 1):
        for name, job in jobs.items():
            start = time.perf_counter()
            job()
            if turn:
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(seconds) for name, seconds in times.items()}


def comparison(rows: Iterable[Row]) -> str:
    """Return rows as a Markdown table."""
    return table(
        ("what", "ours", "the other", "ratio"),
        (
            (row.name, f"{row.ours * 1e3:.1f} ms", f"{row.other * 1e3:.1f} ms", f"{row.ours / row.other:.2f}")
            for row in rows
        ),
    )


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    titles = list(head)
    lines = [titles, ["---"] * len(titles), *(list(row) for row in rows)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


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
    return (
        f"{model}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, numpy "
        f"{np.__version__}, Pillow {PIL.__version__}, pillow-heif {pillow_heif.__version__} (libheif "
        f"{pillow_heif.libheif_version()}); load average {load()} at the start"
    )


def load() -> str:
    """Return the load average of the last minute, which says how quiet the machine was."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def photo_pixels(scale: float = 1.0, seed: int = 1, grain: int = GRAIN) -> NDArray[np.uint8]:
    """Return the golden scene at 12 MP times `scale` squared, with grain: (H, W, 3)."""
    size = (round(WIDTH * scale) // 2 * 2, round(HEIGHT * scale) // 2 * 2)
    with Image.open(GOLDEN / "scene.png") as picture:
        large = np.asarray(picture.convert("RGB").resize(size, Image.Resampling.BICUBIC), np.int16)
    noise = np.random.default_rng(seed).integers(-grain, grain + 1, large.shape, dtype=np.int16)
    return np.asarray(np.clip(large + noise, 0, 255), np.uint8)


def jpeg_photo(pixels: NDArray[np.uint8]) -> bytes:
    """Return a photo as a baseline JPEG."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def heic_photo(pixels: NDArray[np.uint8]) -> bytes:
    """Return a photo as a tiled HEIC."""
    height, width = pixels.shape[:2]
    return photo.encode_heic(photo.Pixels(width, height, pixels.tobytes()), photo.Metadata())


def camera_photo(suffix: str, scale: float = 1.0, seed: int = 1) -> bytes:
    """Return a photo of 12 MP times `scale` squared, .jpg or .heic, as large as a camera's file."""
    if suffix == ".jpg":
        return jpeg_photo(photo_pixels(scale, seed))
    return heic_photo(photo_pixels(scale, seed, HEIC_GRAIN))


def depth_map(size: tuple[int, int] = MAP_SIZE) -> NDArray[np.float32]:
    """Return the golden scene's depth in metres at (width, height)."""
    with Image.fromarray(np.load(GOLDEN / "scene-depth.npy")) as exact:
        return np.asarray(exact.resize(size, Image.Resampling.BILINEAR), np.float32)
