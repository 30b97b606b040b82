"""The decoder of lossless JPEG gives back what was encoded, by this encoder and by another, and takes any damage."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from authoring.codecs.lossless_jpeg import encode_lossless
from authoring.codecs.lossless_jpeg_decoder import decode_lossless, read_frame
from authoring.errors import DepthauthorError


def planes(bits: int) -> dict[str, NDArray[Any]]:
    """Planes that use every category of differences, of every shape."""
    dice = np.random.default_rng(1)
    top = 2**bits - 1
    kind = np.uint8 if bits == 8 else np.uint16
    ends = dice.integers(0, 2, (40, 41))
    return {
        "noise": dice.integers(0, top + 1, (33, 47)).astype(kind),
        "constant": np.full((5, 9), top, kind),
        "extremes": (ends * top).astype(kind),
        "half the range": (ends * (top // 2 + 1)).astype(kind),
        "one sample": np.array([[top]], kind),
        "a row": np.arange(7, dtype=kind)[np.newaxis],
        "a column": np.arange(7, dtype=kind)[:, np.newaxis],
        "many rows": (np.arange(700 * 500).reshape(700, 500) * 37 % (top + 1)).astype(kind),
    }


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("name", planes(8))
def test_what_is_encoded_is_decoded(name: str, bits: int) -> None:
    codes = planes(bits)[name]
    data = encode_lossless(codes)
    frame = read_frame(data)
    assert (frame.precision, frame.height, frame.width) == (bits, *codes.shape)
    assert np.array_equal(decode_lossless(data), codes)


def test_a_lossless_jpeg_of_another_program_is_decoded() -> None:
    imagecodecs = pytest.importorskip("imagecodecs", reason="imagecodecs is not installed")
    codes = planes(8)["noise"]
    data = imagecodecs.jpeg8_encode(codes, lossless=True, predictor=1)
    assert np.array_equal(decode_lossless(data), codes)


def test_damage_gives_our_errors_or_other_codes() -> None:
    """A library that decodes 16 bits ended the process on some of these."""
    data = encode_lossless(planes(16)["noise"])
    dice = random.Random(5)
    for _ in range(400):
        damaged = bytearray(data)
        for _ in range(dice.choice((1, 2, 9))):
            damaged[dice.randrange(len(damaged) if dice.random() < 0.5 else 80)] = dice.randrange(256)
        try:
            frame = read_frame(bytes(damaged))
            if frame.width * frame.height > 1 << 20:
                continue
            assert decode_lossless(bytes(damaged)).shape == (frame.height, frame.width)
        except DepthauthorError as error:
            assert error.message
