"""As many threads as an encoder gets, the bytes are the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pillow_heif
import pytest

from authoring.beside import processors
from authoring.codecs import hevc, photo


@pytest.mark.parametrize("lossless", [False, True])
@pytest.mark.parametrize("effort", ["fast", "balanced"])
def test_a_map_has_the_same_bytes(effort: hevc.Effort, lossless: bool) -> None:
    ramp = np.add.outer(np.arange(192), np.arange(256)) // 2
    codes = np.clip(ramp + np.random.default_rng(1).integers(0, 9, ramp.shape), 0, 255).astype(np.uint8)
    usual = hevc.encode_gray(codes, lossless=lossless, effort=effort)
    for count in (1, 3):
        with processors(count):
            assert hevc.encode_gray(codes, lossless=lossless, effort=effort) == usual


def test_a_photo_has_the_same_bytes() -> None:
    rgb = np.random.default_rng(2).integers(0, 256, (600, 800, 3), dtype=np.uint8)
    pixels = photo.Pixels(800, 600, rgb.tobytes())
    usual = photo.encode_heic(pixels, photo.Metadata())
    with processors(1):
        assert photo.encode_heic(pixels, photo.Metadata()) == usual


def test_the_limit_reaches_the_encoder_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, str]] = []
    encode = pillow_heif.encode

    def noting(*arguments: Any, enc_params: dict[str, str], **options: Any) -> None:
        asked.append(enc_params)
        encode(*arguments, enc_params=enc_params, **options)

    monkeypatch.setattr(pillow_heif, "encode", noting)
    codes = np.zeros((64, 64), np.uint8)
    with processors(2):
        with processors(1):
            hevc.encode_gray(codes)
        hevc.encode_gray(codes)
    hevc.encode_gray(codes)
    assert [one.get("x265:pools") for one in asked] == ["1", "2", None]
