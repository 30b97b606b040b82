"""Pictures come out of Pillow as `np.array` gives them, whatever their size and kind."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from authoring.codecs.pixels import STRIPE_SAMPLES, samples_of


@pytest.mark.parametrize("mode", ["L", "RGB", "I;16", "F", "1", "RGBA"])
@pytest.mark.parametrize("size", [(3, 2), (700, 1501), (1501, 700), (STRIPE_SAMPLES, 9), (1, STRIPE_SAMPLES)])
def test_samples(mode: str, size: tuple[int, int]) -> None:
    width, height = size
    values = np.random.default_rng(3).integers(0, 256, (height, width), dtype=np.uint8)
    picture = Image.fromarray(values.astype(np.uint16) * 257) if mode == "I;16" else Image.fromarray(values)
    if mode != "I;16":
        picture = picture.convert(mode)
    found = samples_of(picture)
    expected = np.array(picture)
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    assert np.array_equal(found, expected)
    found[0] = 0  # In memory of their own.
