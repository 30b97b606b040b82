"""Native formats, unit conversion and validity."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.errors import UnsupportedError, UsageError

FOURCCS = {
    PixelFormat.HDIS: (1751411059, np.float16, "disparity", "1/m"),
    PixelFormat.FDIS: (1717856627, np.float32, "disparity", "1/m"),
    PixelFormat.HDEP: (1751410032, np.float16, "depth", "m"),
    PixelFormat.FDEP: (1717855600, np.float32, "depth", "m"),
}

any_floats = hnp.arrays(
    np.float32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.floats(width=32)
)


@pytest.mark.parametrize("pixel_format", PixelFormat)
def test_formats(pixel_format: PixelFormat) -> None:
    fourcc, dtype, kind, unit = FOURCCS[pixel_format]
    assert (pixel_format.fourcc, pixel_format.dtype, pixel_format.kind, pixel_format.unit) == (
        fourcc,
        np.dtype(dtype),
        kind,
        unit,
    )
    assert PixelFormat.from_fourcc(fourcc) is pixel_format


def test_unknown_fourcc() -> None:
    with pytest.raises(UnsupportedError, match="1278226488"):
        PixelFormat.from_fourcc(1278226488)


def test_what_the_ends_become() -> None:
    nan, inf = np.nan, np.inf
    depth = np.array([[0.0, -0.0, inf, nan, -1.0, -inf, 2.0]], np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        buffer = DepthBuffer.from_depth_m(depth, PixelFormat.HDIS)
    np.testing.assert_array_equal(buffer.samples, [[inf, inf, 0, nan, nan, nan, 0.5]])
    np.testing.assert_array_equal(buffer.depth_m(), [[0, 0, inf, nan, nan, nan, 2]])
    np.testing.assert_array_equal(buffer.valid, [[False, False, True, False, False, False, True]])
    in_metres = buffer.converted(PixelFormat.FDEP)
    np.testing.assert_array_equal(in_metres.valid, [[False, False, False, False, False, False, True]])


def test_half_floats_overflow_to_infinity() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isinf(DepthBuffer.from_depth_m([[1e-5]], PixelFormat.HDIS).samples).all()
        assert np.isinf(DepthBuffer.from_depth_m([[70000.0]], PixelFormat.HDEP).samples).all()
        assert np.isinf(DepthBuffer.from_depth_m(np.array([[1e300]]), PixelFormat.FDEP).samples).all()
        assert DepthBuffer.from_depth_m([[1e9]], PixelFormat.HDIS).samples.item() == 0


@pytest.mark.parametrize("target", PixelFormat)
@pytest.mark.parametrize("source", PixelFormat)
@given(array=any_floats)
@settings(max_examples=15, deadline=None)
def test_conversion_follows_the_definition(
    source: PixelFormat, target: PixelFormat, array: npt.NDArray[np.float32]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        start = DepthBuffer.from_depth_m(array, source)
        there = start.converted(target)
    assert there.pixel_format is target and there.samples.dtype == target.dtype
    with np.errstate(all="ignore"):
        exact = start.samples.astype(np.float64)
        if source.kind != target.kind:
            exact = 1 / exact
        # One rounding to float32 and one to the target; float32 cannot hold the inverse of its largest values.
        expected = exact.astype(np.float32).astype(target.dtype)
    np.testing.assert_array_equal(there.samples, expected)


@given(array=any_floats, pixel_format=st.sampled_from(list(PixelFormat)))
@settings(max_examples=60, deadline=None)
def test_depth_and_disparity_are_inverse(array: npt.NDArray[np.float32], pixel_format: PixelFormat) -> None:
    buffer = DepthBuffer.from_disparity_per_m(array, pixel_format)
    depth, disparity = buffer.depth_m(), buffer.disparity_per_m()
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(np.isnan(depth), np.isnan(disparity))
        known = ~np.isnan(depth)
        ends = known & ((depth == 0) | np.isinf(depth) | (disparity == 0) | np.isinf(disparity))
        inside = known & ~ends
        subnormal = np.finfo(np.float32).tiny
        exact = inside & (depth >= subnormal) & (disparity >= subnormal)
        np.testing.assert_allclose(depth[exact] * disparity[exact], 1, rtol=1e-6)
        assert bool(buffer.all_valid) == bool(buffer.valid.all())
    assert not (depth[known] < 0).any()
    assert not np.signbit(depth[known]).any()


@given(bits=st.integers(0, 65535))
@settings(max_examples=40, deadline=None)
def test_large_half_arrays_go_the_same_way_as_small_ones(bits: int) -> None:
    # More than 65 536 samples are converted through a table.
    halves = np.roll(np.arange(65536, dtype=np.uint16), bits).view(np.float16)
    large = DepthBuffer(np.concatenate([halves, halves[:64]]).reshape(205, 320), PixelFormat.HDIS)
    small = DepthBuffer(large.samples[:3], PixelFormat.HDIS)
    for pixel_format in PixelFormat:
        converted = large.converted(pixel_format).samples[:3]
        np.testing.assert_array_equal(converted, small.converted(pixel_format).samples)
    np.testing.assert_array_equal(large.valid[:3], small.valid)


@pytest.mark.parametrize("pixel_format", PixelFormat)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, -1.0, None])
def test_all_valid_agrees_with_the_mask(pixel_format: PixelFormat, bad: float | None) -> None:
    samples = np.full((3, 4), 2, pixel_format.dtype)
    if bad is not None:
        samples[1, 2] = bad
    buffer = DepthBuffer(samples, pixel_format)
    assert buffer.all_valid is (bad is None)
    assert buffer.valid.sum() == (12 if bad is None else 11)


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_zero_is_a_disparity_but_not_a_depth(zero: float) -> None:
    far = DepthBuffer(np.array([[zero, 1]], np.float16), PixelFormat.HDIS)
    none = DepthBuffer(np.array([[zero, 1]], np.float16), PixelFormat.HDEP)
    assert far.all_valid and not none.all_valid
    assert far.valid.tolist() == [[True, True]] and none.valid.tolist() == [[False, True]]


def test_samples_are_read_only_and_the_callers_stay_writable() -> None:
    mine = np.ones((2, 3), np.float16)
    buffer = DepthBuffer(mine, PixelFormat.HDIS)
    with pytest.raises(ValueError):
        buffer.samples[0, 0] = 5
    assert mine.flags.writeable
    assert (buffer.width, buffer.height) == (3, 2)
    with pytest.raises(AttributeError):
        buffer.quality = "low"  # type: ignore[misc]


def test_big_endian_samples_are_taken() -> None:
    buffer = DepthBuffer(np.array([[1.5, 2.5]], ">f2"), PixelFormat.HDIS)
    assert buffer.samples.dtype == np.float16 and buffer.samples.tolist() == [[1.5, 2.5]]


def test_replace_and_defaults() -> None:
    buffer = DepthBuffer.from_depth_m(np.array([[1, 2]], np.uint16))
    assert (buffer.pixel_format, buffer.accuracy, buffer.quality, buffer.filtered, buffer.calibration) == (
        PixelFormat.HDIS,
        "relative",
        "high",
        False,
        None,
    )
    assert buffer.replace(accuracy="absolute").accuracy == "absolute"
    assert buffer.converted(PixelFormat.HDIS) is buffer


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (np.ones(3, np.float16), "shape"),
        (np.ones((0, 3), np.float16), "shape"),
        (np.ones((2, 2), np.float32), "float16, not float32"),
        (np.ones((2, 2), np.complex64), "complex64"),
    ],
)
def test_wrong_samples(samples: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        DepthBuffer(samples, PixelFormat.HDIS)


def test_wrong_options() -> None:
    samples = np.ones((2, 2), np.float16)
    with pytest.raises(UsageError, match="accuracy"):
        DepthBuffer(samples, PixelFormat.HDIS, accuracy="good")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="quality"):
        DepthBuffer(samples, PixelFormat.HDIS, quality="good")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="bool"):
        DepthBuffer.from_depth_m(np.ones((2, 2), bool))
