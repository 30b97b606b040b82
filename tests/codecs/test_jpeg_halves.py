"""Halves that are coded side by side give the bytes of the whole."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from authoring.codecs import jpeg
from authoring.codecs.jpeg_halves import join

KINDS = ["flat", "ramp", "noise", "grain", "edges", "dots"]

HEIGHT, WIDTH = 1031, 1021
"""Just above the size from which a plane is shared, and no multiple of a block."""


def _plane(kind: str, height: int, width: int, seed: int) -> NDArray[np.uint8]:
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width]
    makers: dict[str, Callable[[], Any]] = {
        "flat": lambda: np.full((height, width), random.integers(256)),
        "ramp": lambda: (rows * random.uniform(0, 9) + columns * random.uniform(0, 9)) % 256,
        "noise": lambda: random.integers(0, 256, (height, width)),
        "grain": lambda: 128 + random.normal(0, random.uniform(0.1, 4), (height, width)),
        "edges": lambda: np.where((rows // 5 + columns // 7) % 2, 255, random.integers(256)),
        "dots": lambda: np.where(random.random((height, width)) < 1e-4, 3, 0) + columns // 9 % 200,
    }
    return np.asarray(np.clip(makers[kind](), 0, 255), np.uint8)


def _saved(codes: NDArray[np.uint8], quality: int = 100) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(codes)).save(out, "JPEG", quality=quality)
    return out.getvalue()


def _half(codes: NDArray[np.uint8]) -> tuple[bytes, bytes]:
    last = codes[(codes.shape[0] - 1) // 8 * 8 :, (codes.shape[1] - 1) // 8 * 8 :]
    return _saved(codes), _saved(last)


@given(
    kind=st.sampled_from(KINDS),
    height=st.integers(9, 70),
    width=st.integers(1, 70),
    seed=st.integers(0, 2**32 - 1),
    share=st.floats(0, 1),
    moved=st.integers(8, 300),
)
@settings(max_examples=300, deadline=None)
def test_halves_join_to_the_bytes_of_the_whole(
    kind: str, height: int, width: int, seed: int, share: float, moved: int
) -> None:
    codes = _plane(kind, height, width, seed)
    seam = 8 * (1 + round(share * ((height - 1) // 8 - 1)))
    upper, lower = codes[:seam], codes[seam:]
    whole = _saved(codes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("authoring.codecs.jpeg_halves.MOVED_BYTES", moved)
        assert join(_half(upper), _half(lower)) == whole
    apart = [jpeg.decode_gray(_saved(part)) for part in (upper, lower)]
    assert np.array_equal(np.concatenate(apart), jpeg.decode_gray(whole))


def test_halves_of_two_codings_are_not_joined() -> None:
    codes = _plane("ramp", 32, 24, 0)
    upper, lower = codes[:16], codes[16:]
    end = _saved(lower[8:, 16:], 90)
    assert join(_half(upper), (_saved(lower, 90), end)) is None
    assert join(_half(upper), (b"\xff\xd8\xff\xd9", end)) is None


@pytest.mark.parametrize("files_in_memory", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_large_planes_come_out_as_if_coded_at_once(
    kind: str, files_in_memory: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = _plane(kind, HEIGHT, WIDTH, 5)
    assert codes.size >= jpeg.SHARED_PIXELS
    if not files_in_memory:
        monkeypatch.delattr(os, "memfd_create", raising=False)
    shared = jpeg.encode_gray(codes)
    monkeypatch.setattr(jpeg, "SHARED_PIXELS", codes.size + 1)
    alone = jpeg.encode_gray(codes)
    assert shared.data == alone.data
    assert np.array_equal(shared.decoded, alone.decoded)
    assert np.array_equal(shared.decoded, jpeg.decode_gray(shared.data))
    worst = int(np.abs(shared.decoded.astype(int) - codes).max())
    assert shared.off_by == alone.off_by == worst


def test_hard_blocks_of_both_halves_are_tamed() -> None:
    codes = np.zeros((HEIGHT, WIDTH), np.uint8)
    # Single odd pixels in flat blocks, whose coefficients round to nothing.
    codes[4:HEIGHT:96, 4:WIDTH:96] = 2
    shared = jpeg.encode_gray(codes)
    assert shared.off_by <= jpeg.TOLERANCE_CODES
    assert np.abs(shared.decoded.astype(int) - codes).max() == shared.off_by
    assert np.array_equal(shared.decoded, jpeg.decode_gray(shared.data))


def test_where_halves_cannot_be_joined_the_whole_is_coded(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = _plane("ramp", HEIGHT, WIDTH, 1)
    whole = jpeg.encode_gray(codes)
    monkeypatch.setattr("authoring.codecs.jpeg_halves.join", lambda *_: None)
    again = jpeg.encode_gray(codes)
    assert (again.data, again.off_by) == (whole.data, whole.off_by)
    assert np.array_equal(again.decoded, whole.decoded)
