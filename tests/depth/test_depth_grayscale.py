"""Gray levels and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from authoring.depth.buffer import PixelFormat
from authoring.depth.grayscale import GrayscaleMeaning, buffer_from_gray, lookup_table
from authoring.errors import UsageError

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
    pixel_format=st.sampled_from(list(PixelFormat)),
)
@settings(max_examples=120, deadline=None)
def test_every_level_is_where_it_belongs_between_black_and_white(
    meaning: GrayscaleMeaning, gray: npt.NDArray[Any], pixel_format: PixelFormat
) -> None:
    samples = buffer_from_gray(gray, meaning, pixel_format).samples
    black, white = meaning.ends
    even = black + gray / np.iinfo(gray.dtype).max * (white - black)
    expected = even if meaning.spacing == pixel_format.kind else 1 / even
    # Rounded once: relative to the value, or to the spacing of subnormal half floats.
    relative, absolute = (2**-11, 2**-25) if samples.dtype == np.float16 else (2**-23, 0)
    np.testing.assert_allclose(samples, expected, rtol=relative, atol=absolute)


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


def test_ends_beyond_half_floats_are_refused() -> None:
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
