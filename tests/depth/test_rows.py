"""Large maps, which two threads share, give what plain NumPy gives, bit for bit."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from authoring.beside import Beside, in_two
from authoring.codecs.maps import pillow
from authoring.codecs.maps.formats import map_from_array
from authoring.depth import rows
from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.grayscale import GrayscaleMeaning, buffer_from_gray, lookup_table
from authoring.depth.rows import largest_difference, row_chunks, shared_rows
from authoring.depth.stored_plane import StoredPlane, buffer_from_plane, max_error, quantize
from authoring.errors import RefusedError

SHAPE = (1031, 1021)
"""Just above a megapixel, with an odd number of samples."""

FLOATS = (PixelFormat.FDIS, PixelFormat.FDEP)

shapes = hnp.array_shapes(min_dims=2, max_dims=2, max_side=12)
any_floats = hnp.arrays(np.float32, shapes, elements=st.floats(width=32))
surfaces = hnp.arrays(np.float32, shapes, elements=st.floats(2**-10, 2**10, width=32))


@contextmanager
def _shared_from(samples: int, chunk: int = 16) -> Iterator[None]:
    """Small arrays go the way of large ones."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (rows, pillow):
            patch.setattr(module, "SHARED_SAMPLES", samples)
        patch.setattr(rows, "CHUNK_SAMPLES", chunk)
        patch.setattr(pillow, "LOOKED_AT", chunk)
        patch.setattr("authoring.depth.stored_plane.COMPARED_CODES", chunk)
        yield


def _same_bits(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> None:
    assert one.dtype == other.dtype
    # The payload and sign of a NaN say nothing.
    np.testing.assert_array_equal(np.isnan(one), np.isnan(other))
    known = ~np.isnan(one)
    np.testing.assert_array_equal(one[known].view(np.uint32), other[known].view(np.uint32))


def _in_format(metres: npt.NDArray[Any], pixel_format: PixelFormat) -> npt.NDArray[np.float32]:
    """Plain NumPy for `from_depth_m`."""
    with np.errstate(all="ignore"):
        known = np.where(metres < 0, np.nan, np.abs(metres)).astype(np.float32)
        return known if pixel_format is PixelFormat.FDEP else np.float32(1) / known


def _codes(plane: StoredPlane, samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Plain NumPy for the places among the codes."""
    low, scale = np.float32(plane.float_min), np.float32(255 / (plane.float_max - plane.float_min))
    return np.asarray((samples - low) * scale, np.float32)


def _largest_error(plane: StoredPlane, samples: npt.NDArray[np.float32]) -> float:
    return float(np.abs(_codes(plane, samples) - plane.codes).max()) * plane.step


def _scene(holes: bool = False) -> npt.NDArray[np.float32]:
    random = np.random.default_rng(7)
    metres = np.add.outer(np.linspace(0.4, 3, SHAPE[0]), np.linspace(0, 2, SHAPE[1])).astype(np.float32)
    metres += random.random(SHAPE, np.float32) / 9
    if holes:
        for value in (np.nan, -1, 0.0, -0.0, np.inf, 1e-42):
            metres[tuple(random.integers(0, side, 40) for side in SHAPE)] = value
    return metres


@pytest.mark.parametrize("pixel_format", FLOATS)
@given(metres=any_floats)
@settings(max_examples=80, deadline=None)
def test_conversion(pixel_format: PixelFormat, metres: npt.NDArray[np.float32]) -> None:
    with _shared_from(1), warnings.catch_warnings():
        warnings.simplefilter("error")
        buffer = DepthBuffer.from_depth_m(metres, pixel_format)
        back = DepthBuffer.from_disparity_per_m(metres, pixel_format)
        _same_bits(buffer.samples, _in_format(metres, pixel_format))
        other = PixelFormat.FDEP if pixel_format is PixelFormat.FDIS else PixelFormat.FDIS
        _same_bits(back.samples, _in_format(metres, other))
        for one in (buffer, back, buffer.converted(other)):
            bits = one.samples.view(np.uint32)
            assert one.bit_range == (int(bits.min()), int(bits.max()))
            assert one.all_valid == one.valid.all()


@pytest.mark.parametrize("holes", [False, True])
@pytest.mark.parametrize("pixel_format", FLOATS)
def test_conversion_of_a_large_map(pixel_format: PixelFormat, holes: bool) -> None:
    metres = _scene(holes)
    for given_as in (metres, np.asfortranarray(metres), metres.astype(np.float64)):
        buffer = DepthBuffer.from_depth_m(given_as, pixel_format)
        _same_bits(buffer.samples, _in_format(metres, pixel_format))
        bits = buffer.samples.view(np.uint32)
        assert buffer.bit_range == (int(bits.min()), int(bits.max()))
        assert buffer.all_valid is bool(buffer.valid.all()) is not holes


def test_the_known_range_goes_with_the_samples() -> None:
    buffer = DepthBuffer.from_depth_m(_scene())
    assert buffer.all_valid and buffer.replace(filtered=True).all_valid
    holed = np.array(buffer.samples)
    holed[-1, -1] = np.nan
    assert not buffer.replace(samples=holed).all_valid
    cut = buffer.replace(samples=buffer.samples[:9, :9])
    assert cut.bit_range == DepthBuffer(buffer.samples[:9, :9], buffer.pixel_format).bit_range


@given(metres=surfaces, pixel_format=st.sampled_from(FLOATS), nudges=st.integers(0, 2**32 - 1))
@settings(max_examples=150, deadline=None)
def test_codes_and_the_largest_error(
    metres: npt.NDArray[np.float32], pixel_format: PixelFormat, nudges: int
) -> None:
    with _shared_from(1):
        buffer = DepthBuffer.from_depth_m(metres, pixel_format)
        try:
            plane = quantize(buffer)
        except RefusedError:
            assume(False)
        np.testing.assert_array_equal(plane.codes, np.rint(_codes(plane, buffer.samples)).astype(np.uint8))
        random = np.random.default_rng(nudges)
        for share in (0.0, 0.05, 0.9):
            apart = np.where(
                random.random(plane.codes.shape) < share, random.integers(-3, 4, metres.shape), 0
            )
            codes = np.clip(plane.codes + apart, 0, 255).astype(np.uint8)
            decoded = StoredPlane(codes, plane.float_min, plane.float_max, pixel_format)
            expected = _largest_error(decoded, buffer.samples)
            assert max_error(decoded, buffer) == expected
            assert max_error(decoded, buffer, plane.codes) == expected
            difference = np.abs(codes.astype(int) - plane.codes).max()
            assert largest_difference(codes, plane.codes) == difference


@pytest.mark.parametrize("share", [0.0, 1e-6, 0.001, 0.4])
def test_the_largest_error_of_a_large_map(share: float) -> None:
    buffer = DepthBuffer.from_depth_m(_scene(), PixelFormat.FDIS)
    plane = quantize(buffer)
    np.testing.assert_array_equal(plane.codes, np.rint(_codes(plane, buffer.samples)).astype(np.uint8))
    random = np.random.default_rng(3)
    off = random.random(SHAPE) < share
    off[-1, -1] = share > 0
    codes = np.where(
        off, np.clip(plane.codes.astype(int) + random.choice((-1, 1), SHAPE), 0, 255), plane.codes
    )
    decoded = StoredPlane(codes.astype(np.uint8), plane.float_min, plane.float_max, PixelFormat.FDIS)
    expected = _largest_error(decoded, buffer.samples)
    assert max_error(decoded, buffer) == max_error(decoded, buffer, plane.codes) == expected
    assert largest_difference(decoded.codes, plane.codes) == int(share > 0)


@given(
    low=st.floats(0, 60000),
    span=st.one_of(st.just(0.0), st.floats(1e-3, 1e4)),
    scale=st.sampled_from([1e-9, 1e-6, 1e-3, 1.0]),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=150, deadline=None)
def test_the_largest_error_of_another_writers_plane(low: float, span: float, scale: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    codes = random.integers(0, 256, (9, 11), dtype=np.uint8)
    plane = StoredPlane(codes, low, low + span * scale, PixelFormat.FDIS)
    buffer = buffer_from_plane(plane)
    again = StoredPlane(
        codes ^ (random.random(codes.shape) < 0.1), plane.float_min, plane.float_max, PixelFormat.FDIS
    )
    with _shared_from(1):
        assert max_error(again, buffer, codes) == max_error(again, buffer)


def test_a_table_of_a_large_gray_map() -> None:
    gray = np.random.default_rng(2).integers(0, 65536, SHAPE, dtype=np.uint16)
    meaning = GrayscaleMeaning(0.3, 5.0)
    for pixel_format in PixelFormat:
        table = lookup_table(meaning, 65536, pixel_format)
        np.testing.assert_array_equal(buffer_from_gray(gray, meaning, pixel_format).samples, table[gray])


@given(samples=any_floats)
@settings(max_examples=80, deadline=None)
def test_the_ends_of_a_map(samples: npt.NDArray[np.float32]) -> None:
    with _shared_from(1):
        image = map_from_array(samples)
        expected = [float(np.fmin.reduce(samples, axis=None)), float(np.fmax.reduce(samples, axis=None))]
        np.testing.assert_array_equal(image.ends, expected)


@given(shape=st.tuples(st.integers(1, 200), st.integers(1, 40)), multiple=st.integers(1, 16))
@settings(max_examples=80, deadline=None)
def test_two_slices_cover_all_rows_once(shape: tuple[int, int], multiple: int) -> None:
    parts = in_two(shape[0], lambda part: part, multiple)
    assert parts[0].stop % multiple == 0 or len(parts) == 1
    assert [row for part in parts for row in range(shape[0])[part]] == list(range(shape[0]))
    with _shared_from(1):
        chunks = shared_rows(shape, lambda part: list(row_chunks(shape, part)))
        covered = [row for part in chunks for chunk in part for row in range(chunk.start, chunk.stop)]
        assert covered == list(range(shape[0]))


def test_an_error_of_either_slice_comes_out() -> None:
    def fail(part: slice, at: int) -> None:
        if part.start == at:
            raise ZeroDivisionError(at)

    for at in (0, 50):
        with pytest.raises(ZeroDivisionError, match=str(at)):
            in_two(100, lambda part, at=at: fail(part, at))  # type: ignore[misc]
    assert Beside(sum, [1, 2]).result() == 3
