"""Fifty-five made maps for the bound of one code: gradients, edges, noise, text, checkers, dots, sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

HEIGHT, WIDTH = 216, 300
"""No multiple of a coding tree unit, of 16 or 32 samples."""

Map = NDArray[np.uint8]
ROWS, COLUMNS = np.mgrid[0:HEIGHT, 0:WIDTH]
DIAGONAL = (ROWS + COLUMNS) * 255 // (HEIGHT + WIDTH)


def _random() -> np.random.Generator:
    return np.random.default_rng(20)


def _noise(
    deviation: float, base: NDArray[Any] | float = 127, size: tuple[int, int] = (HEIGHT, WIDTH)
) -> Map:
    return np.asarray(np.clip(base + _random().normal(0, deviation, size), 0, 255), np.uint8)


def _checker(side: int, low: int = 0, high: int = 255) -> Map:
    return np.asarray(np.where((ROWS // side + COLUMNS // side) % 2, high, low), np.uint8)


def _dots(share: float, dot: int, ground: NDArray[Any] | int) -> Map:
    return np.asarray(np.where(_random().random((HEIGHT, WIDTH)) < share, dot, ground), np.uint8)


def _tiles(side: int) -> Map:
    tiles = _random().integers(0, 256, (HEIGHT // side + 1, WIDTH // side + 1), np.uint8)
    return np.asarray(tiles.repeat(side, 0).repeat(side, 1)[:HEIGHT, :WIDTH])


def _drawn(draw: Callable[[ImageDraw.ImageDraw], None], ground: int) -> Map:
    picture = Image.new("L", (WIDTH, HEIGHT), ground)
    draw(ImageDraw.Draw(picture))
    return np.asarray(picture)


def _text(canvas: ImageDraw.ImageDraw) -> None:
    for row in range(0, HEIGHT, 12):
        canvas.text((3, row), "The quick brown fox jumps over the lazy dog 0123456789", fill=230)


def _lines(canvas: ImageDraw.ImageDraw) -> None:
    random = _random()
    for x0, x1, y0, y1, gray, width in random.integers(
        0, [WIDTH, WIDTH, HEIGHT, HEIGHT, 256, 4], (80, 6)
    ).tolist():
        canvas.line([(x0, y0), (x1, y1)], fill=gray, width=width + 1)


def _discs(canvas: ImageDraw.ImageDraw) -> None:
    for x, y, radius, gray in _random().integers(0, [WIDTH, HEIGHT, 40, 256], (60, 4)).tolist():
        canvas.ellipse([x - radius, y - radius, x + radius, y + radius], fill=gray)


def _person(canvas: ImageDraw.ImageDraw) -> None:
    """A painted mask: head and shoulders, white on black."""
    canvas.ellipse([115, 30, 185, 115], fill=255)
    canvas.ellipse([60, 110, 240, 330], fill=255)


def _outliers() -> Map:
    codes = np.full((HEIGHT, WIDTH), 100, np.uint8)
    codes[5, 5], codes[100, 207], codes[-1, -1] = 255, 0, 255
    return codes


def made_maps() -> dict[str, Map]:
    """Return each map (H, W) uint8 by its name; the same in every run."""
    distance = np.hypot(COLUMNS - 120, ROWS - 90)
    maps: dict[str, NDArray[Any]] = {
        "gradient across": COLUMNS * 255 // (WIDTH - 1),
        "gradient down": ROWS * 255 // (HEIGHT - 1),
        "gradient, diagonal": DIAGONAL,
        "gradient that wraps": (ROWS + COLUMNS) % 256,
        "gradient, round": np.clip(255 - distance, 0, 255),
        "gradient of five codes": 100 + COLUMNS * 5 // WIDTH,
        "steps": COLUMNS // 24 * 8 % 256,
        "waves": 127 + 127 * np.sin(ROWS * COLUMNS / 900),
        "short waves": 127 + 127 * np.sin(COLUMNS / 2) * np.cos(ROWS / 3),
        "edge across": np.where(COLUMNS < 149, 20, 240),
        "edge, slanted": np.where(3 * ROWS + COLUMNS < 400, 0, 255),
        "disc": np.where(distance < 80, 255, 0),
        "disc on a gradient": np.where(distance < 80, 250, DIAGONAL // 2),
        "noise, one code": _noise(1),
        "noise, two codes": _noise(2),
        "noise, four codes": _noise(4),
        "noise, eight codes": _noise(8),
        "noise, forty codes": _noise(40),
        "noise on a gradient": _noise(3, DIAGONAL),
        "noise, uniform": _random().integers(0, 256, (HEIGHT, WIDTH)),
        "noise, two levels": _random().integers(0, 2, (HEIGHT, WIDTH)) * 255,
        "text": _drawn(_text, 30),
        "lines": _drawn(_lines, 128),
        "discs": _drawn(_discs, 40),
        "person": _drawn(_person, 0),
        "checker of 1": _checker(1),
        "checker of 2": _checker(2),
        "checker of 2, gray": _checker(2, 20, 235),
        "checker of 3": _checker(3),
        "checker of 5": _checker(5),
        "checker of 8": _checker(8),
        "checker of 13": _checker(13),
        "checker of 32": _checker(32),
        "stripes of 1": COLUMNS % 2 * 255,
        "stripes of 3": ROWS // 3 % 2 * 255,
        "tiles of 3": _tiles(3),
        "tiles of 8": _tiles(8),
        "tiles of 16": _tiles(16),
        "tiles of 33": _tiles(33),
        "white dots, 1 in 10,000": _dots(1e-4, 255, 20),
        "white dots, 1 in 100": _dots(1e-2, 255, 20),
        "white dots, 1 in 10": _dots(0.1, 255, 20),
        "black dots, 1 in 1,000": _dots(1e-3, 0, 200),
        "dots on a gradient": _dots(0.02, 255, DIAGONAL),
        "three outliers": _outliers(),
    }
    maps |= {f"constant {code}": np.full((HEIGHT, WIDTH), code) for code in (0, 1, 127, 255)}
    sizes = (
        (64, 64),
        (64, 86),
        (66, 64),
        (70, 98),
        (64, 500),
        (500, 64),
    )  # a stored side is even, and 64 or more
    maps |= {f"noise of {height}x{width}": _noise(30, size=(height, width)) for height, width in sizes}
    return {name: np.ascontiguousarray(codes, np.uint8) for name, codes in maps.items()}
