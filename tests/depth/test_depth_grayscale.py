"""Gray levels and back."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.grayscale import GrayscaleMeaning, buffer_from_gray, gray_from_buffer, lookup_table
from authoring.errors import RefusedError, UsageError

meanings = st.builds(
    lambda near, ratio, white, spacing: GrayscaleMeaning(near, near * ratio, white, spacing),
    st.floats(0.01, 50),
    st.floats(1.5, 1000),
    st.sampled_from(["far", "near"]),
    st.sampled_from(["depth", "disparity"]),
)


def test_apples_documented_meaning() -> None:
    # Black = near, white = far, even steps in metres; stored as disparity.
    table = lookup_table(GrayscaleMeaning(0.3, 5), 256, PixelFormat.HDIS)
    exact = 1 / np.linspace(0.3, 5, 256)
    assert table.dtype == np.float16 and table.shape == (256,)
    np.testing.assert_array_equal(table, exact.astype(np.float16))


@pytest.mark.parametrize("spacing", ["depth", "disparity"])
@pytest.mark.parametrize("white", ["far", "near"])
@pytest.mark.parametrize("pixel_format", PixelFormat)
def test_ends_and_middle(pixel_format: PixelFormat, white: Any, spacing: Any) -> None:
    gray = np.array([[0.0, 0.5, 1.0, np.nan]], np.float32)
    got = buffer_from_gray(gray, GrayscaleMeaning(0.5, 4, white, spacing), pixel_format).depth_m()[0]
    middle = 2.25 if spacing == "depth" else 1 / ((2 + 0.25) / 2)
    expected = [0.5, middle, 4] if white == "far" else [4, middle, 0.5]
    np.testing.assert_allclose(got[:3], expected, rtol=6e-4 if pixel_format.dtype == np.float16 else 1e-6)
    assert np.isnan(got[3])


@given(
    meaning=meanings,
    gray=st.one_of(hnp.arrays(np.uint8, (5, 7)), hnp.arrays(np.uint16, (5, 7)), hnp.arrays(np.uint8, (1, 1))),
    pixel_format=st.sampled_from([PixelFormat.FDIS, PixelFormat.FDEP]),
)
@settings(max_examples=60, deadline=None)
def test_gray_to_float_and_back_is_the_identity(
    meaning: GrayscaleMeaning, gray: npt.NDArray[Any], pixel_format: PixelFormat
) -> None:
    levels: Any = np.iinfo(gray.dtype).max + 1
    if meaning.spacing != pixel_format.kind and levels == 65536 and meaning.far_m / meaning.near_m > 100:
        # At the far end of the inverse scale 16 bits of even steps are finer than a single float.
        gray = gray // 256 * 256
    buffer = buffer_from_gray(gray, meaning, pixel_format)
    back = gray_from_buffer(buffer, meaning, levels)
    assert back.dtype == gray.dtype
    np.testing.assert_array_equal(back, gray)


@given(meaning=meanings, gray=hnp.arrays(np.uint8, (6, 6)), pixel_format=st.sampled_from(list(PixelFormat)))
@settings(max_examples=60, deadline=None)
def test_back_is_the_nearest_level(
    meaning: GrayscaleMeaning, gray: npt.NDArray[np.uint8], pixel_format: PixelFormat
) -> None:
    buffer = buffer_from_gray(gray, meaning, pixel_format)
    with np.errstate(divide="ignore"):
        value = buffer.samples.astype(np.float64)
        if meaning.spacing != pixel_format.kind:
            value = 1 / value
    black, white = meaning.ends
    place = np.clip((value - black) / (white - black), 0, 1) * 255
    assert np.abs(gray_from_buffer(buffer, meaning) - place).max() <= 0.5 + 1e-3


def test_table_route_equals_direct_route() -> None:
    # Above 65 536 half floats a table over all bit patterns takes over.
    meaning = GrayscaleMeaning(0.3, 5)
    gray = np.arange(90000, dtype=np.uint32).astype(np.uint16).reshape(300, 300)
    buffer = buffer_from_gray(gray, meaning)
    whole = gray_from_buffer(buffer, meaning, 65536)
    strip = gray_from_buffer(DepthBuffer(buffer.samples[100:110], PixelFormat.HDIS), meaning, 65536)
    np.testing.assert_array_equal(whole[100:110], strip)


def test_holes_need_a_level() -> None:
    buffer = DepthBuffer(np.array([[1, np.nan, -2, np.inf]], np.float32), PixelFormat.FDEP)
    meaning = GrayscaleMeaning(1, 2)
    with pytest.raises(RefusedError, match="fill the holes"):
        gray_from_buffer(buffer, meaning)
    assert gray_from_buffer(buffer, meaning, hole_level=7).tolist() == [[0, 7, 7, 7]]
    with pytest.raises(UsageError, match="between 0 and 255"):
        gray_from_buffer(buffer, meaning, hole_level=256)


def test_outside_the_range_goes_to_the_end() -> None:
    buffer = DepthBuffer(np.array([[0, 0.1, 1, 9]], np.float32), PixelFormat.FDIS)
    assert gray_from_buffer(buffer, GrayscaleMeaning(0.5, 2)).tolist() == [[255, 255, 85, 0]]


def test_big_endian_gray_is_taken() -> None:
    meaning = GrayscaleMeaning(1, 2)
    gray = np.array([[0, 300, 65535]], np.uint16)
    np.testing.assert_array_equal(
        buffer_from_gray(gray.astype(">u2"), meaning).samples, buffer_from_gray(gray, meaning).samples
    )


@pytest.mark.parametrize(
    ("near", "far", "words"),
    [
        (0, 1, "more than 0 m"),
        (-1, 1, "more than 0 m"),
        (2, 2, "less than far"),
        (3, 2, "less than far"),
        (np.nan, 2, "numbers of metres"),
        (1, np.inf, "numbers of metres"),
    ],
)
def test_ranges_that_mean_nothing(near: float, far: float, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        GrayscaleMeaning(near, far)


def test_ends_beyond_half_floats_are_told() -> None:
    gray = np.array([[0.0, 1.0]], np.float32)
    with pytest.raises(UsageError, match="near, 1e-05 m, is 100000 1/m"):
        buffer_from_gray(gray, GrayscaleMeaning(1e-5, 1))
    with pytest.raises(UsageError, match="far, 70000 m, is 70000 m"):
        buffer_from_gray(gray, GrayscaleMeaning(1, 70000), PixelFormat.HDEP)


@pytest.mark.parametrize(
    ("gray", "words"),
    [
        (np.zeros((2, 2, 3), np.uint8), "shape"),
        (np.zeros((2, 2), np.int32), "int32"),
        (np.zeros((2, 2), bool), "bool"),
        (np.array([[0, 1.2]]), "from 0 to 1.2"),
        (np.array([[-0.1, 1]]), "from -0.1 to 1"),
    ],
)
def test_not_gray(gray: npt.NDArray[Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        buffer_from_gray(gray, GrayscaleMeaning(1, 2))


def test_twelve_megapixels_cost_at_most_six_copies() -> None:
    gray = np.arange(3024 * 4032, dtype=np.uint32).astype(np.uint16).reshape(3024, 4032)
    meaning = GrayscaleMeaning(0.3, 5)
    best = np.inf
    # Both in turn, so that a busy machine slows both; the best of several, since noise only adds.
    for _ in range(25):
        start = time.perf_counter()
        gray.copy()
        middle = time.perf_counter()
        buffer_from_gray(gray, meaning)
        end = time.perf_counter()
        best = min(best, (end - middle) / (middle - start))
        if best <= 6:
            break
    assert best <= 6
