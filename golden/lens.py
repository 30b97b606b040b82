"""Render the golden scene through a real lens: the reference for simulated apertures.

Run `python -m golden.lens` at the root of the repository to write the pictures in `golden/through-lens/` again; that
takes some minutes, which is why tests compare with the files.
"""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from golden import geometry, shading
from golden.geometry import Floats, Intrinsics
from golden.scene import by_chunks, rays

SIZE: Final = (256, 192)
"""Width and height of the pictures."""
SAMPLES: Final = 144
F_NUMBER: Final = 0.7
"""So large an opening that discs reach nine pixels in so small a picture."""
FOCUS_M: Final = {"near": 0.72, "board": 3.6}
"""The name of each picture, and the distance in focus: the red ball, the middle of the board."""
FULL_FRAME_DIAGONAL_MM: Final = math.hypot(36, 24)


def opening_m(camera: Intrinsics, f_number: float) -> float:
    """Return the diameter in metres of the full-frame lens that shows what the camera shows."""
    focal_mm = camera.fx * FULL_FRAME_DIAGONAL_MM / math.hypot(camera.width, camera.height)
    return focal_mm / 1000 / f_number


def view_through_lens(camera: Intrinsics, opening_m: float, focus_m: float, samples: int = 256) -> Floats:
    """Render what a camera with a real lens sees: linear light, float32 (H, W, 3), 0..1, before quantisation.

    A thin lens of diameter `opening_m`, focused at depth `focus_m`: the mean of `samples` pinholes spread evenly over
    it, each looking at the same points of the plane in focus and each through another point of the pixel. Light is
    averaged as it comes in and developed like the photo's. Nothing is random.
    """
    height, width = camera.height, camera.width
    picture = np.empty((height, width, 3), np.float32)
    number = np.arange(samples) + 0.5
    # Vogel's spiral covers a disc evenly; the plastic number's multiples cover the pixel evenly.
    radius, turn = opening_m / 2 * np.sqrt(number / samples), number * (np.pi * (3 - np.sqrt(5)))
    holes = np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1)
    places = np.stack([number * 0.7548776662466927 % 1, number * 0.5698402909980532 % 1], axis=1)

    def work(top: int, rows: int) -> None:
        total = np.zeros((3, rows * width), np.float32)
        for (x, y), (dx, dy) in zip(holes, places, strict=True):
            start = geometry.to_world(np.array([x]), np.array([y])) - geometry.to_world(
                np.zeros(1), np.zeros(1)
            )
            direction = rays(camera, top, rows, dx, dy) - start / focus_m
            distance, part = geometry.trace(start, direction)
            total += shading.colour(start, direction, distance, part)
        light = shading.developed(total / samples)
        picture[top : top + rows] = light.T.reshape(rows, width, 3)

    by_chunks(camera, work)
    return picture


def main() -> None:
    """Write the pictures: sRGB, 8 bits."""
    folder = Path(__file__).parent / "through-lens"
    folder.mkdir(exist_ok=True)
    camera = Intrinsics.of_size(*SIZE)
    for name, focus_m in FOCUS_M.items():
        light = view_through_lens(camera, opening_m(camera, F_NUMBER), focus_m, SAMPLES)
        curve = np.where(
            light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055
        )
        out = io.BytesIO()
        Image.fromarray(np.rint(curve * 255).astype(np.uint8)).save(out, "PNG", optimize=True)
        (folder / f"{name}.png").write_bytes(out.getvalue())
        print(f"{len(out.getvalue()):9,d}  golden/through-lens/{name}.png")


if __name__ == "__main__":
    main()
