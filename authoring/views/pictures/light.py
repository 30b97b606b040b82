"""Convert between the codes of a picture and light: the sRGB curve, and the shoulder of a camera's tone curve.

A camera compresses bright parts before it writes codes: white stands for anything from just white to many times that,
and a blurred lamp would come out too dull. So light = x / (1 - SHOULDER * x), with x linear by IEC 61966-2-1: white
becomes 1 / (1 - SHOULDER), and middle gray changes by an eighth only. The conversion back is exact, so what is not
blurred stays unchanged. Display P3 has the same curve.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

SHOULDER = 0.75
"""White counts as four times its light. Measured against a lens in the golden scene: see golden/lens_error.py."""

STEPS = 1 << 14
"""Entries of the table from light to codes, even in the square root of light: the darkest code is some ten entries
wide, and every code is restored exactly."""


def linear(codes: NDArray[Any]) -> NDArray[np.float64]:
    """Convert sRGB codes 0..1 to linear values 0..1 (IEC 61966-2-1)."""
    dark = codes <= 0.04045
    result: NDArray[np.float64] = np.where(dark, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)
    return result


def encoded(values: NDArray[Any]) -> NDArray[np.float64]:
    """Convert linear values 0..1 to sRGB codes 0..1: the inverse of `linear`."""
    dark = values <= 0.0031308
    result: NDArray[np.float64] = np.where(
        dark, values * 12.92, 1.055 * np.maximum(values, 1e-9) ** (1 / 2.4) - 0.055
    )
    return result


@lru_cache(maxsize=1)
def _light_of_code() -> NDArray[np.float32]:
    x = linear(np.arange(256) / 255)
    return (x / (1 - SHOULDER * x)).astype(np.float32)


@lru_cache(maxsize=1)
def _code_of_root() -> NDArray[np.uint8]:
    light = (np.arange(STEPS + 1) / STEPS) ** 2 / (1 - SHOULDER)
    codes: NDArray[np.uint8] = np.rint(encoded(light / (1 + SHOULDER * light)) * 255).astype(np.uint8)
    return codes


def to_light(codes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the light of codes, float32 of the same shape, 0 to 1 / (1 - SHOULDER)."""
    return np.take(_light_of_code(), codes)


def to_codes(light: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the codes of light; more than white is white."""
    root = np.sqrt(np.clip(light * np.float32(1 - SHOULDER), 0, 1))
    root *= np.float32(STEPS)
    root += np.float32(0.5)
    codes: NDArray[np.uint8] = np.take(_code_of_root(), root.astype(np.uint16))
    return codes
