"""The colours of depth: from dark blue, far, by red to light yellow, near.

Knows: a colour map. Must not know: metres.

Lightness rises evenly from end to end, so that equal steps of disparity look equal, the map reads the same in gray,
and no hue seems to be an edge. Made in Oklch (Ottosson, "A perceptual color space for image processing", 2020).
"""

from __future__ import annotations

import math
from functools import cache

PALETTE_SIZE = 256

_DARKEST, _LIGHTEST = 0.24, 0.94
_FIRST_HUE, _HUES = 275.0, 190.0
"""Degrees: blue at the far end, on by violet, red and orange to yellow."""
_CHROMA = (0.09, 0.13)
"""At the ends, and how much more in the middle."""


@cache
def palette() -> bytes:
    """256 colours, three sRGB bytes each; the first is for the farthest."""
    return b"".join(_color(index / (PALETTE_SIZE - 1)) for index in range(PALETTE_SIZE))


def _color(share: float) -> bytes:
    lightness = _DARKEST + (_LIGHTEST - _DARKEST) * share
    hue = math.radians(_FIRST_HUE + _HUES * share)
    chroma = _CHROMA[0] + _CHROMA[1] * math.sin(math.pi * share)
    while True:
        linear = _linear_rgb(lightness, chroma * math.cos(hue), chroma * math.sin(hue))
        if chroma < 0.005 or all(-1e-4 <= one <= 1.0001 for one in linear):
            return bytes(round(255 * _display(min(1.0, max(0.0, one)))) for one in linear)
        chroma -= 0.004  # Out of sRGB: as strong a colour as it has.


def _linear_rgb(lightness: float, a: float, b: float) -> tuple[float, float, float]:
    """Oklab to linear sRGB."""
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def _display(linear: float) -> float:
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
