"""Size, shape and resampling."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from authoring.depth.aspect import check_aspect
from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.calibration import Calibration
from authoring.depth.kernels import resample_area
from authoring.depth.orientation import Orientation
from authoring.depth.raster import fitted_size, resampled, turned
from authoring.errors import RefusedError, UsageError

sides = st.integers(1, 12000)


@pytest.mark.parametrize(
    ("size", "fitted"),
    [
        ((4032, 3024), (768, 576)),
        ((3024, 4032), (576, 768)),
        ((2316, 3088), (576, 768)),
        ((640, 480), (640, 480)),
        ((375, 500), (374, 500)),
        ((768, 576), (768, 576)),
        ((6000, 4000), (768, 512)),
        ((1920, 1080), (768, 432)),
        ((1, 1), (2, 2)),
        ((3, 1), (2, 2)),
        ((769, 577), (768, 576)),
        ((101, 75), (100, 74)),
    ],
)
def test_known_sizes(size: tuple[int, int], fitted: tuple[int, int]) -> None:
    assert fitted_size(*size) == fitted


@given(width=sides, height=sides, max_size=st.integers(2, 4000))
@settings(max_examples=300, deadline=None)
def test_fitted_sizes_hold_their_promises(width: int, height: int, max_size: int) -> None:
    new_width, new_height = fitted_size(width, height, max_size)
    assert new_width % 2 == new_height % 2 == 0
    assert 2 <= new_width <= max(2, width) and 2 <= new_height <= max(2, height)
    assert max(new_width, new_height) <= max_size
    assert fitted_size(height, width, max_size) == (new_height, new_width)
    assert fitted_size(new_width, new_height, max_size) == (new_width, new_height)
    if max(width, height) <= max_size:
        assert width - new_width <= 1 and height - new_height <= 1
    elif min(new_width, new_height) > 2:
        long, short = max(new_width, new_height), min(new_width, new_height)
        assert abs(short - long * min(width, height) / max(width, height)) <= 1
        assert long >= 0.9 * max_size - 3


def test_a_panorama_is_shortened_to_keep_its_aspect() -> None:
    width, height = fitted_size(10000, 400)
    assert (width, height) == (752, 30)  # 768 by 30 would be 2 % off


def test_fitted_size_refuses_nothing() -> None:
    with pytest.raises(UsageError):
        fitted_size(0, 5)
    with pytest.raises(UsageError, match="at least 2"):
        fitted_size(10, 10, 1)


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ((640, 480, 4032, 3024), None),
        ((576, 768, 3024, 4032), None),
        ((188, 250, 375, 500), None),
        ((100, 76, 4032, 3024), None),
        ((4, 3, 4032, 3024), None),
        ((645, 480, 4032, 3024), None),
        ((768, 576, 3024, 4032), "turned by a quarter"),
        ((640, 360, 4032, 3024), "640 by 360.*4032 by 3024.*crop"),
        ((655, 480, 4032, 3024), "crop"),
    ],
)
def test_aspect(sizes: tuple[int, int, int, int], words: str | None) -> None:
    if words is None:
        check_aspect(*sizes)
    else:
        with pytest.raises(RefusedError, match=words):
            check_aspect(*sizes)


def _weights(count: int, wanted: int) -> npt.NDArray[np.float64]:
    """The dense matrix (wanted, count) of one axis, written another way than the code under test."""
    i, j = np.arange(wanted)[:, np.newaxis], np.arange(count)
    if wanted <= count:
        start, stop = i * count / wanted, (i + 1) * count / wanted
        matrix = np.maximum(0, np.minimum(stop, j + 1) - np.maximum(start, j))
    else:
        place = np.clip((i + 0.5) * count / wanted - 0.5, 0, count - 1)
        matrix = np.maximum(0, 1 - np.abs(place - j))
    # What floating point leaves of a border that only touches is no overlap.
    matrix[matrix < 1e-9] = 0
    return np.asarray(matrix / matrix.sum(axis=1, keepdims=True))


def _oracle(samples: npt.NDArray[Any], width: int, height: int) -> npt.NDArray[np.float64]:
    values = samples.astype(np.float64)
    known = np.isfinite(values)
    down, across = _weights(samples.shape[0], height), _weights(samples.shape[1], width)
    with np.errstate(invalid="ignore"):
        result = (down @ np.where(known, values, 0) @ across.T) / (down @ known @ across.T)
    return np.asarray(result)


maps = hnp.arrays(
    st.sampled_from([np.float16, np.float32]),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    elements=st.one_of(st.floats(0, 100, width=16), st.just(np.nan), st.just(np.inf)),
    fill=st.floats(0, 8, width=16),
)


@given(samples=maps, width=st.integers(1, 45), height=st.integers(1, 45), on_its_side=st.booleans())
@settings(max_examples=200, deadline=None)
def test_area_means_are_exact(samples: npt.NDArray[Any], width: int, height: int, on_its_side: bool) -> None:
    if on_its_side:
        samples = np.ascontiguousarray(samples.T).T
    got = resample_area(samples, width, height)
    assert got.dtype == np.float32 and got.shape == (height, width)
    expected = _oracle(samples, width, height)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(expected))
    np.testing.assert_allclose(got, expected, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("size", [(30, 50), (188, 250), (100, 500), (376, 500), (374, 500), (400, 600)])
def test_larger_maps_in_several_chunks(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(2)
    samples = rng.random((500, 375), dtype=np.float32) * 5
    np.testing.assert_allclose(resample_area(samples, *size), _oracle(samples, *size), rtol=1e-5)
    samples[100:300, 50:200] = np.nan
    samples[rng.random(samples.shape) < 0.1] = np.nan
    np.testing.assert_allclose(resample_area(samples, *size), _oracle(samples, *size), rtol=1e-5)


@given(
    value=st.floats(2.0**-100, 2.0**100, width=32),
    size=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    hole=st.booleans(),
)
@settings(max_examples=80, deadline=None)
def test_a_flat_map_stays_flat(value: float, size: tuple[int, int], hole: bool) -> None:
    samples = np.full((37, 41), value, np.float32)
    if hole:
        samples[10:12, 3:9] = np.nan
    got = resample_area(samples, *size)
    assert (got[~np.isnan(got)] == np.float32(value)).all()


@pytest.mark.parametrize("height", [75, 576, 900])
@pytest.mark.parametrize("holes", [False, True])
def test_the_same_bits_whatever_the_chunks(height: int, holes: bool) -> None:
    samples = np.random.default_rng(3).random((768, 1024), np.float32)
    if holes:
        samples[np.random.default_rng(4).random(samples.shape) < 0.2] = np.nan
    result = resample_area(samples, 1024, height)
    strip = resample_area(np.ascontiguousarray(samples[:, :32]), 32, height)
    assert strip.tobytes() == result[:, :32].tobytes()
    assert result.flags.c_contiguous


def test_the_same_size_is_the_same_map() -> None:
    buffer = DepthBuffer(np.ones((4, 4), np.float16), PixelFormat.HDIS)
    assert resampled(buffer, 4, 4) is buffer
    samples = np.random.default_rng(0).random((5, 6), dtype=np.float32)
    np.testing.assert_array_equal(resample_area(samples, 6, 5), samples)


def test_a_mean_is_taken_in_the_maps_own_unit() -> None:
    near_and_far = np.array([[1.0, 4.0], [1.0, 4.0]])
    depth = resampled(DepthBuffer.from_depth_m(near_and_far, PixelFormat.HDEP), 1, 1)
    disparity = resampled(DepthBuffer.from_depth_m(near_and_far, PixelFormat.HDIS), 1, 1)
    assert depth.samples.item() == 2.5 and disparity.samples.item() == 0.625
    assert depth.samples.dtype == disparity.samples.dtype == np.float16


def test_invalid_samples_do_not_count() -> None:
    row = [[-3.0, 2.0, 0.0, 4.0, np.nan, -1.0, np.inf, -np.inf]]
    disparity = resampled(DepthBuffer(np.array(row, np.float32), PixelFormat.FDIS), 4, 1).samples[0]
    depth = resampled(DepthBuffer(np.array(row, np.float32), PixelFormat.FDEP), 4, 1).samples[0]
    np.testing.assert_array_equal(disparity, [2, 2, np.nan, np.nan])
    np.testing.assert_array_equal(depth, [2, 4, np.nan, np.nan])


def test_negative_samples_alone_are_detected() -> None:
    for row, expected in (([-1.0, 3.0], 3.0), ([0.0, 3.0], 1.5)):
        buffer = DepthBuffer(np.array([row], np.float16), PixelFormat.HDIS)
        assert resampled(buffer, 1, 1).samples.item() == expected
    depth = DepthBuffer(np.array([[0.0, 3.0]], np.float16), PixelFormat.HDEP)
    assert resampled(depth, 1, 1).samples.item() == 3.0


def test_turning_takes_the_calibration_along() -> None:
    calibration = Calibration(((7.0, 0, 2.0), (0, 9.0, 1.0), (0, 0, 1)), 6, 4)
    buffer = DepthBuffer(np.arange(24, dtype=np.float32).reshape(4, 6), PixelFormat.FDIS).replace(
        calibration=calibration
    )
    shown = turned(buffer, Orientation.QUARTER_TURN_CLOCKWISE)
    assert (shown.width, shown.height) == (4, 6)
    assert shown.calibration is not None and shown.calibration.principal_point_px == (3.0, 2.0)
    back = turned(shown, Orientation.QUARTER_TURN_ANTICLOCKWISE)
    np.testing.assert_array_equal(back.samples, buffer.samples)
    assert back.calibration == calibration
