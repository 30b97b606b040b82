"""Map HDR pixels (PQ, HLG) to 8-bit Display P3.

Up to half of reference white every colour stays as it is. What is brighter is compressed, so that the photo's brightest
sample comes to white; the three channels are scaled by one factor, which keeps the hue.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from authoring.codecs.colour_space import DISPLAY_P3, ColourSpace, HdrTransfer

REFERENCE_WHITE_NITS = 203.0
"""Luminance of diffuse white in PQ and HLG (ITU-R BT.2408, table 1)."""

_HLG_PEAK_NITS = 1000.0
"""Of the nominal display, for which HLG's system gamma is 1.2 (ITU-R BT.2100, table 5)."""
_HLG_GAMMA = 1.2

KNEE = 0.5
"""Share of reference white up to which nothing changes. Skin and most of a scene are darker."""

_BAND_ROWS = 128
"""Rows in work at a time, in single floats."""


def tone_mapped(samples: NDArray[np.uint8] | NDArray[np.uint16], space: ColourSpace) -> NDArray[np.uint8]:
    """Return samples (H, W, 3), full range of their type, of an HDR space as 8-bit Display P3 (H, W, 3)."""
    if space.hdr is None:
        raise ValueError(f"{space.name} is no HDR space")
    top = np.iinfo(samples.dtype).max
    table = _linear_light(np.arange(top + 1) / top, space.hdr)
    matrix = np.linalg.solve(DISPLAY_P3.to_xyz, space.to_xyz)
    luminance = space.to_xyz[1].astype(np.float32)

    def bands() -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Yield each band's first row, and its linear Display P3 as multiples of reference white."""
        for start in range(0, samples.shape[0], _BAND_ROWS):
            light = table[samples[start : start + _BAND_ROWS]]
            if space.hdr == "HLG":
                scene = light @ luminance
                light *= (scene ** np.float32(_HLG_GAMMA - 1))[..., np.newaxis]
                light *= np.float32(_HLG_PEAK_NITS / REFERENCE_WHITE_NITS)
            yield start, np.maximum(light @ matrix.T.astype(np.float32), 0)

    peak = max((float(light.max(initial=0)) for _, light in bands()), default=0.0)
    codes = _srgb_codes()
    out = np.empty(samples.shape, np.uint8)
    for start, light in bands():
        if peak > 1:
            brightest = light.max(axis=-1, keepdims=True)
            light *= _compressed(brightest, peak) / np.maximum(brightest, np.float32(1e-6))
        steps = np.rint(np.minimum(light, 1) * (len(codes) - 1)).astype(np.uint16)
        out[start : start + _BAND_ROWS] = codes[steps]
    return out


def _compressed(light: NDArray[np.float32], peak: float) -> NDArray[np.float32]:
    """Return light up to `peak` in 0..1: equal up to the knee, then compressed (Reinhard et al., 2002, eq. 4)."""
    above = np.maximum(light - KNEE, 0) / (1 - KNEE)
    limit = (peak - KNEE) / (1 - KNEE)
    curve = above * (1 + above / limit**2) / (1 + above)
    return np.asarray(np.where(light > KNEE, KNEE + (1 - KNEE) * curve, light), np.float32)


def _linear_light(signal: NDArray[np.float64], transfer: HdrTransfer) -> NDArray[np.float32]:
    """Return linear light of a signal 0..1 (ITU-R BT.2100, tables 4 and 5).

    PQ: multiples of reference white, on the display. HLG: 0..1, of the scene.
    """
    if transfer == "PQ":
        m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
        root = signal ** (1 / m2)
        light = 10_000 / REFERENCE_WHITE_NITS * (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1)
    else:
        a, b, c = 0.17883277, 0.28466892, 0.55991073
        light = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    return light.astype(np.float32)


def _srgb_codes() -> NDArray[np.uint8]:
    """Return the 8-bit codes of 65,536 even steps of linear light, by sRGB's curve; a step is 1/20 code at most."""
    light = np.arange(65536) / 65535
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(encoded * 255), np.uint8)
