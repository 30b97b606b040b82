"""The golden scene through a real lens: the truth that a simulated aperture is judged by.

Knows: how to average pinholes. Must not know: the package `authoring`.
"""

from __future__ import annotations

import numpy as np

from golden import geometry, shading
from golden.geometry import Floats, Intrinsics
from golden.scene import by_chunks, rays


def view_through_lens(camera: Intrinsics, opening_m: float, focus_m: float, samples: int = 256) -> Floats:
    """What a camera with a real lens sees, in light: float32 (H, W, 3), 0..1 linear, before any code.

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
