"""The number of an encoder's threads: the bytes do not depend on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest

from authoring.batch.embedding import embed_row
from authoring.batch.rows import BatchRow
from authoring.codecs import hevc, photo

GOLDEN = Path(__file__).parents[2] / "golden"


@pytest.mark.parametrize("lossless", [False, True])
@pytest.mark.parametrize("setting", hevc.SETTINGS)
def test_a_map_has_the_same_bytes(setting: hevc.Setting, lossless: bool) -> None:
    ramp = np.add.outer(np.arange(192), np.arange(256)) // 2
    codes = np.clip(ramp + np.random.default_rng(1).integers(0, 9, ramp.shape), 0, 255).astype(np.uint8)
    usual = hevc.encode_gray(codes, lossless=lossless, setting=setting)
    for count in (1, 3):
        assert hevc.encode_gray(codes, lossless=lossless, setting=setting, threads=count) == usual


def test_a_photo_has_the_same_bytes() -> None:
    rgb = np.random.default_rng(2).integers(0, 256, (600, 800, 3), dtype=np.uint8)
    pixels = photo.Pixels(800, 600, rgb.tobytes())
    usual = photo.encode_heic(pixels, photo.Metadata())
    assert photo.encode_heic(pixels, photo.Metadata(), threads=1) == usual


def test_a_batch_job_gives_its_encoder_one_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, str]] = []
    encode = pillow_heif.encode

    def spy(*arguments: Any, enc_params: dict[str, str], **options: Any) -> None:
        asked.append(enc_params)
        encode(*arguments, enc_params=enc_params, **options)

    monkeypatch.setattr(pillow_heif, "encode", spy)
    row = BatchRow(1, str(GOLDEN / "scene.heic"), str(GOLDEN / "scene-depth.npy"), str(tmp_path / "out.heic"))
    embed_row(row, overwrite=False, begun=False)
    assert [parameters.get("x265:pools") for parameters in asked] == ["1"]
