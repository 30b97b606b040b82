"""Map files: every kind read as it stands, and pictures that are no maps refused with the reason."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from authoring.codecs.maps import formats
from authoring.codecs.maps.picture import values_of
from authoring.errors import DepthauthorError, MalformedError, RefusedError, UnsupportedError


def _saved(image: Image.Image, format: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


RAMP8 = np.arange(256, dtype=np.uint8).reshape(8, 32)
RAMP16 = (np.arange(256, dtype=np.uint16) * 257).reshape(8, 32)
FLOATS = np.linspace(0.3, 9, 256, dtype=np.float32).reshape(8, 32)


def _npy(array: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "expected", "levels"),
    [
        (_saved(Image.fromarray(RAMP8), "PNG"), RAMP8, 256),
        (_saved(Image.fromarray(RAMP16), "PNG"), RAMP16, 65536),
        (_saved(Image.fromarray(RAMP8), "TIFF"), RAMP8, 256),
        (_saved(Image.fromarray(RAMP16), "TIFF"), RAMP16, 65536),
        (_saved(Image.fromarray(FLOATS), "TIFF"), FLOATS, None),
        (_saved(Image.fromarray(np.dstack([RAMP8] * 3)), "PNG"), RAMP8, 256),
        (_saved(Image.fromarray(np.dstack([RAMP8] * 3 + [RAMP8 * 0 + 255])), "PNG"), RAMP8, 256),
        (_saved(Image.fromarray(RAMP8).convert("P"), "PNG"), RAMP8, 256),
        (_npy(RAMP8), RAMP8, 256),
        (_npy(RAMP16.astype(">u2")), RAMP16, 65536),
        (_npy(FLOATS), FLOATS, None),
        (_npy(FLOATS.astype(">f8")), FLOATS, None),
        (_npy(FLOATS.astype(np.float16)[..., None]), FLOATS.astype(np.float16), None),
        (_npy(RAMP8 > 100), (RAMP8 > 100) * np.uint8(255), 256),
    ],
)
def test_each_kind_is_read_exactly(data: bytes, expected: Any, levels: int | None) -> None:
    read = formats.read_map(data)
    assert read.levels == levels
    assert np.array_equal(read.samples, expected)


def test_a_gray_jpeg_is_read_nearly() -> None:
    read = formats.read_map(_saved(Image.fromarray(np.dstack([RAMP8] * 3)), "JPEG", quality=95))
    assert np.abs(read.samples.astype(int) - RAMP8).max() <= 6


def test_colours_are_marked_and_their_brightness_taken() -> None:
    read = formats.read_map(_colour_map())
    assert read.coloured and read.samples.shape == (64, 64)
    gray = formats.read_map(_saved(Image.fromarray(np.dstack([RAMP8] * 3)), "PNG"))
    assert not gray.coloured


def test_a_map_with_its_own_orientation_is_turned_and_says_so() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    read = formats.read_map(_saved(Image.fromarray(RAMP8), "PNG", exif=exif))
    assert read.samples.shape == (32, 8)
    assert any("orientation" in note for note in read.notes)


def _colour_map() -> bytes:
    level = np.linspace(0, 1, 64)[None, :].repeat(64, 0)
    picture = np.stack([level, np.sin(level * 3.1), 1 - level], axis=-1)
    return _saved(Image.fromarray((picture * 255).astype(np.uint8)), "PNG")


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (_saved(Image.new("CMYK", (8, 8)), "JPEG"), RefusedError, "CMYK"),
        (b"", UnsupportedError, "PNG, TIFF, JPEG, NPY"),
        (b"just text", UnsupportedError, "PNG, TIFF, JPEG, NPY"),
        (_saved(Image.fromarray(RAMP8), "PNG")[:45], MalformedError, "does not decode"),
        (_npy(FLOATS)[:50], MalformedError, "the array.s header"),
        (_npy(np.zeros((2, 3, 5))), UnsupportedError, "shape"),
        (_npy(np.zeros((0, 4))), UnsupportedError, "shape"),
        (_npy(np.zeros((4, 4), np.complex64)), UnsupportedError, "complex64"),
        (
            _saved(Image.fromarray(RAMP8), "TIFF", save_all=True, append_images=[Image.fromarray(RAMP8)]),
            UnsupportedError,
            "more than one page",
        ),
    ],
)
def test_what_is_no_map_is_named(data: bytes, error: type[DepthauthorError], words: str) -> None:
    with pytest.raises(error, match=words):
        formats.read_map(data)


def test_an_npy_that_would_unpickle_is_not_loaded() -> None:
    out = io.BytesIO()
    np.save(out, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(MalformedError):
        formats.read_map(out.getvalue())


@settings(max_examples=40, deadline=None)
@given(
    hnp.arrays(
        np.float32,
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=12),
        elements=st.one_of(st.floats(0, 1e4, width=32), st.just(float("nan")), st.just(float("inf"))),
    )
)
def test_a_16_bit_png_reads_back_within_half_a_code(values: Any) -> None:
    finite = np.isfinite(values)
    if not finite.any():
        with pytest.raises(UnsupportedError):
            formats.write_map(values, "depth", "png")
        return
    read = formats.read_map(formats.write_map(values, "depth", "png"))
    back: Any = values_of(read)
    assert read.scale is not None
    if read.scale.inverse:
        assert np.array_equal(np.isposinf(back) | np.isnan(back), ~finite | np.isposinf(back))
        back, values = 1 / back.astype(np.float64), 1 / values.astype(np.float64)
        known = np.isfinite(values)
    else:
        known = finite
    assert np.array_equal(np.isnan(back), ~known)
    span = float(values[known].max()) - float(values[known].min())
    # float32 itself adds half a unit in the last place of the largest value
    assert np.abs(back[known] - values[known]).max() <= span / 65534 / 2 + 1e-7 * np.abs(values[known]).max()


def test_npy_and_tiff_read_back_exactly() -> None:
    values = FLOATS.copy()
    values[0, 0] = np.nan
    binary: tuple[formats.MapFormat, ...] = ("npy", "tiff")
    for format in binary:
        data = formats.write_map(values, "depth", format)
        assert np.array_equal(formats.read_map(data).samples, values, equal_nan=True)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([0, 1, 2, 3]), st.integers(0, 400), st.integers(0, 255), st.integers(0, 300))
def test_damaged_files_give_only_our_errors(which: int, place: int, value: int, cut: int) -> None:
    whole = bytearray(
        [
            formats.write_map(FLOATS, "depth", "png"),
            formats.write_map(FLOATS, "depth", "tiff"),
            formats.write_map(FLOATS, "depth", "npy"),
            _saved(Image.fromarray(RAMP8), "JPEG"),
        ][which]
    )
    whole[place % len(whole)] = value
    with contextlib.suppress(DepthauthorError):
        formats.read_map(bytes(whole[: len(whole) - cut % len(whole)]))
