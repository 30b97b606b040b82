"""Eight bits and the bound they keep."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.plane_error import error_in_m, max_error
from authoring.depth.stored_plane import (
    ROUNDING_CODES,
    StoredPlane,
    buffer_from_plane,
    quantize,
)
from authoring.errors import MalformedError, RefusedError, UsageError

HALF_MAX = 65504.0
shapes = hnp.array_shapes(min_dims=2, max_dims=2, max_side=10)


def _buffers(pixel_format: PixelFormat) -> st.SearchStrategy[DepthBuffer]:
    least = (
        0.0 if pixel_format.kind == "disparity" else float(np.finfo(pixel_format.dtype).smallest_subnormal)
    )
    width: Any = 16 if pixel_format.dtype == np.float16 else 32
    # Narrow ranges far from zero, subnormal values and the largest half float all occur.
    elements = st.one_of(
        st.floats(least, HALF_MAX, width=width),
        st.floats(2, 2.25, width=width),
        st.floats(least, float(np.float16(6e-5)), width=width),
    )
    return hnp.arrays(pixel_format.dtype, shapes, elements=elements).map(
        lambda samples: DepthBuffer(samples, pixel_format)
    )


@given(buffer=st.sampled_from(list(PixelFormat)).flatmap(_buffers))
@settings(max_examples=150, deadline=None)
def test_the_bound_holds(buffer: DepthBuffer) -> None:
    low, high = float(buffer.samples.min()), float(buffer.samples.max())
    assume(low < high)
    try:
        plane = quantize(buffer)
    except RefusedError:
        # Float samples may differ by less than half floats can span.
        assert np.float16(high) - np.float16(low) <= np.spacing(np.float16(high))
        return
    assert plane.float_min <= low and plane.float_max >= high
    for end, sample in ((plane.float_min, low), (plane.float_max, high)):
        assert float(np.float16(end)) == end
        if buffer.samples.dtype == np.float16:
            assert end == sample
    assert plane.step == (plane.float_max - plane.float_min) / 255
    assert max_error(plane, buffer) <= plane.step * (0.5 + ROUNDING_CODES)
    # Single-precision values add at most their own rounding.
    decoded = buffer_from_plane(replace(plane, pixel_format=buffer.pixel_format.single)).samples
    difference = np.abs(decoded.astype(np.float64) - buffer.samples.astype(np.float64)).max()
    assert difference <= plane.step * (0.5 + ROUNDING_CODES) + np.spacing(np.float32(high))
    order = np.argsort(buffer.samples, axis=None)
    assert (np.diff(plane.codes.ravel()[order].astype(int)) >= 0).all()


@pytest.mark.parametrize("pixel_format", PixelFormat)
def test_ends_get_the_end_codes(pixel_format: PixelFormat) -> None:
    buffer = DepthBuffer(np.array([[0.5, 1.0], [3.0, 0.5]], pixel_format.dtype), pixel_format)
    plane = quantize(buffer)
    assert plane.codes.tolist() == [[0, 51], [255, 0]]
    assert (plane.float_min, plane.float_max) == (0.5, 3.0)
    np.testing.assert_array_equal(buffer_from_plane(plane).samples, buffer.samples)


def test_near_is_255_in_disparity() -> None:
    plane = quantize(DepthBuffer.from_depth_m([[0.3, 5.0]]))
    assert plane.codes.tolist() == [[255, 0]]


def test_a_large_half_map_goes_the_same_way_as_a_small_one() -> None:
    halves = np.linspace(0.5, 4, 90000).astype(np.float16).reshape(300, 300)
    full = quantize(DepthBuffer(halves, PixelFormat.HDIS))
    single = quantize(DepthBuffer(halves.astype(np.float32), PixelFormat.FDIS))
    np.testing.assert_array_equal(full.codes, single.codes)
    exact = (halves.astype(np.float64) - 0.5) * 255 / 3.5
    # A sample half-way between two codes may get either.
    assert np.abs(full.codes - exact).max() <= 0.5 + ROUNDING_CODES
    assert max_error(full, DepthBuffer(halves, PixelFormat.HDIS)) <= full.step * (0.5 + ROUNDING_CODES)


def test_minus_zero_is_zero() -> None:
    plane = quantize(DepthBuffer(np.array([[-0.0, 1.0]], np.float16), PixelFormat.HDIS))
    assert plane.float_min == 0 and plane.codes.tolist() == [[0, 255]]


def test_the_largest_error_is_located() -> None:
    buffer = DepthBuffer(np.linspace(1, 2, 256, dtype=np.float32).reshape(16, 16), PixelFormat.FDIS)
    plane = quantize(buffer)
    codes = plane.codes.copy()
    codes[7, 3] += 3
    wrong = StoredPlane(codes, plane.float_min, plane.float_max, plane.pixel_format)
    assert max_error(wrong, buffer) == pytest.approx(3 * plane.step, rel=1e-4)
    with pytest.raises(UsageError, match="cannot be compared"):
        max_error(wrong, buffer.converted(PixelFormat.FDEP))


@given(
    codes=hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=10)),
    ends=st.tuples(st.floats(0.125, 100, width=16), st.floats(0.125, 100, width=16)),
)
@settings(max_examples=80, deadline=None)
def test_a_plane_comes_back_from_its_values(codes: npt.NDArray[np.uint8], ends: tuple[float, float]) -> None:
    low, high = min(ends), max(ends)
    assume(high - low > low / 1000)
    codes.flat[0] = 0
    codes.flat[-1] = 255
    plane = StoredPlane(codes, low, high, PixelFormat.FDIS)
    again = quantize(buffer_from_plane(plane))
    np.testing.assert_array_equal(again.codes, codes)
    assert (again.float_min, again.float_max) == (low, high)


def test_what_a_plane_decodes_to() -> None:
    # pug.heic: 1.498046875 .. 4.3828125.
    codes = np.arange(256, dtype=np.uint8).reshape(16, 16)
    plane = StoredPlane(codes, 1.498046875, 4.3828125, PixelFormat.HDIS)
    expected = 1.498046875 + np.arange(256) * (4.3828125 - 1.498046875) / 255
    single = buffer_from_plane(replace(plane, pixel_format=PixelFormat.FDIS))
    np.testing.assert_array_equal(single.samples.ravel(), expected.astype(np.float32))
    buffer = buffer_from_plane(plane, accuracy="absolute", quality="low", filtered=True)
    np.testing.assert_array_equal(buffer.samples.ravel(), expected.astype(np.float16))
    assert (buffer.accuracy, buffer.quality, buffer.filtered) == ("absolute", "low", True)


@pytest.mark.parametrize(
    ("samples", "pixel_format", "words"),
    [
        ([[1, np.nan]], PixelFormat.HDIS, "1 of the map's 2 samples"),
        ([[1, np.inf]], PixelFormat.FDIS, "fill the holes"),
        ([[1, -1]], PixelFormat.FDEP, "negative"),
        ([[0.5, 0.5]], PixelFormat.HDIS, "is 2 m away"),
        ([[0.0, 0.0]], PixelFormat.HDIS, "is infinitely far away"),
        ([[3, 3]], PixelFormat.HDEP, "is 3 m away"),
        ([[1, 1e6]], PixelFormat.FDEP, "1e\\+06 m, and the stored range ends at 65504"),
    ],
)
def test_refusals(samples: Any, pixel_format: PixelFormat, words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        quantize(DepthBuffer(np.array(samples, pixel_format.dtype), pixel_format))


def test_planes_from_other_writers() -> None:
    codes = np.zeros((2, 2), np.uint8)
    flat = StoredPlane(codes, 2.0, 2.0, PixelFormat.HDIS)
    assert flat.step == 0 and (buffer_from_plane(flat).samples == 2).all()
    assert codes.flags.writeable and not flat.codes.flags.writeable
    with pytest.raises(MalformedError, match="down to"):
        StoredPlane(codes, 2.0, 1.0, PixelFormat.HDIS)
    with pytest.raises(MalformedError, match="not both numbers"):
        StoredPlane(codes, np.nan, 1.0, PixelFormat.HDIS)
    with pytest.raises(UsageError, match="uint8"):
        StoredPlane(codes.astype(np.int16), 1.0, 2.0, PixelFormat.HDIS)


def test_errors_in_metres() -> None:
    assert error_in_m(0.01, 4.0, PixelFormat.HDIS) == pytest.approx(1 / 3.99 - 1 / 4)
    assert error_in_m(0.01, 0.02, PixelFormat.FDIS) == pytest.approx(50)
    assert error_in_m(0.01, 0.01, PixelFormat.HDIS) is None
    assert error_in_m(0.0, 0.0, PixelFormat.HDIS) == 0
    assert error_in_m(0.01, 4.0, PixelFormat.HDEP) == 0.01
