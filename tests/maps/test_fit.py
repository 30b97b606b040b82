"""A map that is taken for a photo ends in a raster that has the photo's shape."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from authoring.depth.aspect import same_shape
from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.orientation import Orientation
from authoring.errors import RefusedError
from authoring.maps.fit import MIN_STORED_SIDE, fit_to_photo
from authoring.maps.map_options import MapOptions


def _map(width: int, height: int) -> DepthBuffer:
    metres = np.linspace(1, 4, width)[np.newaxis] + np.linspace(0, 2, height)[:, np.newaxis]
    return DepthBuffer.from_depth_m(metres, PixelFormat.FDIS)


@pytest.mark.parametrize(
    ("size", "photo", "stored"),
    [
        ((37, 28), (1600, 1200), (112, 84)),
        ((21, 16), (1600, 1200), (86, 64)),
        ((25, 19), (1600, 1200), (96, 72)),
        ((43, 32), (1600, 1200), (84, 64)),
        ((100, 63), (100, 63), (196, 124)),
        ((700, 10), (3000, 41), (5122, 70)),
        ((64, 48), (1600, 1200), (128, 96)),
        ((768, 576), (1600, 1200), (768, 576)),
        ((518, 392), (1600, 1200), (518, 392)),
    ],
)
def test_known_sizes(size: tuple[int, int], photo: tuple[int, int], stored: tuple[int, int]) -> None:
    buffer = _map(*size)
    fitted = fit_to_photo(buffer, photo, Orientation.UPRIGHT, MapOptions(), "display").buffer
    assert (fitted.width, fitted.height) == stored
    assert set(np.unique(fitted.samples)) <= set(np.unique(buffer.samples)) or min(size) % 2 or max(size) % 2


@given(
    photo=st.tuples(st.integers(40, 4000), st.integers(40, 4000)),
    height=st.integers(2, 200),
    change=st.tuples(st.integers(-2, 2), st.integers(-2, 2)),
)
@settings(max_examples=300, deadline=None)
def test_what_is_taken_has_the_photos_shape(
    photo: tuple[int, int], height: int, change: tuple[int, int]
) -> None:
    width = round(height * photo[0] / photo[1]) + change[0]
    height += change[1]
    assume(2 <= width <= 800 and height >= 2)
    try:
        fitted = fit_to_photo(_map(width, height), photo, Orientation.UPRIGHT, MapOptions(), "display").buffer
    except RefusedError as error:
        assert "shape" in error.message or "collage" in error.message or "halves" in error.message
        return
    assert same_shape((fitted.width, fitted.height), photo)
    assert fitted.width % 2 == fitted.height % 2 == 0
    assert min(fitted.width, fitted.height) >= MIN_STORED_SIDE
