"""Processing a map in chunks gives what plain NumPy gives, bit for bit."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.grayscale import GrayscaleMeaning, buffer_from_gray, lookup_table
from authoring.depth.kernels import row_chunks
from authoring.depth.plane_error import largest_difference, max_error
from authoring.depth.stored_plane import StoredPlane, quantize
from authoring.errors import RefusedError

SHAPE = (1031, 1021)
"""Five chunks, the last a short one."""

FLOATS = (PixelFormat.FDIS, PixelFormat.FDEP)

shapes = hnp.array_shapes(min_dims=2, max_dims=2, max_side=12)
any_floats = hnp.arrays(np.float32, shapes, elements=st.floats(width=32))
surfaces = hnp.arrays(np.float32, shapes, elements=st.floats(2**-10, 2**10, width=32))


def _assert_same_bits(result: npt.NDArray[Any], expected: npt.NDArray[Any]) -> None:
    assert result.dtype == expected.dtype
    # The payload and sign of a NaN have no meaning.
    np.testing.assert_array_equal(np.isnan(result), np.isnan(expected))
    known = ~np.isnan(result)
    np.testing.assert_array_equal(result[known].view(np.uint32), expected[known].view(np.uint32))


def _plain_conversion(metres: npt.NDArray[Any], pixel_format: PixelFormat) -> npt.NDArray[np.float32]:
    with np.errstate(all="ignore"):
        known = np.where(metres < 0, np.nan, np.abs(metres)).astype(np.float32)
        return known if pixel_format is PixelFormat.FDEP else np.float32(1) / known


def _plain_positions(plane: StoredPlane, samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    low, scale = np.float32(plane.float_min), np.float32(255 / (plane.float_max - plane.float_min))
    return np.asarray((samples - low) * scale, np.float32)


def _plain_error(plane: StoredPlane, samples: npt.NDArray[np.float32]) -> float:
    return float(np.abs(_plain_positions(plane, samples) - plane.codes).max()) * plane.step


def _scene(holes: bool = False) -> npt.NDArray[np.float32]:
    random = np.random.default_rng(7)
    metres = np.add.outer(np.linspace(0.4, 3, SHAPE[0]), np.linspace(0, 2, SHAPE[1])).astype(np.float32)
    metres += random.random(SHAPE, np.float32) / 9
    if holes:
        for value in (np.nan, -1, 0.0, -0.0, np.inf, 1e-42):
            metres[tuple(random.integers(0, side, 40) for side in SHAPE)] = value
    return metres


@given(shape=st.tuples(st.integers(1, 3000), st.integers(1, 3000)))
def test_chunks_cover_all_rows_once(shape: tuple[int, int]) -> None:
    assert [row for rows in row_chunks(shape) for row in range(rows.start, rows.stop)] == list(
        range(shape[0])
    )


@pytest.mark.parametrize("pixel_format", FLOATS)
@given(metres=any_floats)
@settings(max_examples=80, deadline=None)
def test_conversion(pixel_format: PixelFormat, metres: npt.NDArray[np.float32]) -> None:
    other = PixelFormat.FDEP if pixel_format is PixelFormat.FDIS else PixelFormat.FDIS
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        buffer = DepthBuffer.from_depth_m(metres, pixel_format)
        inverse = DepthBuffer.from_disparity_per_m(metres, pixel_format)
        _assert_same_bits(buffer.samples, _plain_conversion(metres, pixel_format))
        _assert_same_bits(inverse.samples, _plain_conversion(metres, other))
        for result in (buffer, inverse, buffer.converted(other)):
            assert result.all_valid == result.valid.all()


@pytest.mark.parametrize("holes", [False, True])
@pytest.mark.parametrize("pixel_format", FLOATS)
def test_conversion_of_a_large_map(pixel_format: PixelFormat, holes: bool) -> None:
    metres = _scene(holes)
    for given_as in (metres, np.asfortranarray(metres), metres.astype(np.float64)):
        buffer = DepthBuffer.from_depth_m(given_as, pixel_format)
        _assert_same_bits(buffer.samples, _plain_conversion(metres, pixel_format))
        assert buffer.all_valid is bool(buffer.valid.all()) is not holes


@given(metres=surfaces, pixel_format=st.sampled_from(FLOATS), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=150, deadline=None)
def test_codes_and_the_largest_error(
    metres: npt.NDArray[np.float32], pixel_format: PixelFormat, seed: int
) -> None:
    buffer = DepthBuffer.from_depth_m(metres, pixel_format)
    try:
        plane = quantize(buffer)
    except RefusedError:
        assume(False)
    _check_errors(plane, buffer, np.random.default_rng(seed))


def test_codes_and_the_largest_error_of_a_large_map() -> None:
    buffer = DepthBuffer.from_depth_m(_scene(), PixelFormat.FDIS)
    _check_errors(quantize(buffer), buffer, np.random.default_rng(3))


def _check_errors(plane: StoredPlane, buffer: DepthBuffer, random: np.random.Generator) -> None:
    positions = _plain_positions(plane, np.asarray(buffer.samples))
    np.testing.assert_array_equal(plane.codes, np.rint(positions).astype(np.uint8))
    for share in (0.0, 0.05, 0.9):
        change = np.where(
            random.random(plane.codes.shape) < share, random.integers(-3, 4, positions.shape), 0
        )
        codes = np.clip(plane.codes + change, 0, 255).astype(np.uint8)
        decoded = StoredPlane(codes, plane.float_min, plane.float_max, plane.pixel_format)
        assert max_error(decoded, buffer) == _plain_error(decoded, np.asarray(buffer.samples))
        assert largest_difference(codes, plane.codes) == np.abs(codes.astype(int) - plane.codes).max()


def test_a_table_of_a_large_gray_map() -> None:
    gray = np.random.default_rng(2).integers(0, 65536, SHAPE, dtype=np.uint16)
    meaning = GrayscaleMeaning(0.3, 5.0)
    for pixel_format in PixelFormat:
        table = lookup_table(meaning, 65536, pixel_format)
        np.testing.assert_array_equal(buffer_from_gray(gray, meaning, pixel_format).samples, table[gray])
