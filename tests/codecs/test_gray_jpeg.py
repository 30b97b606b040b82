"""Gray JPEG: within one code, even where quality 100 alone is not."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from authoring.codecs import jpeg
from authoring.errors import DepthauthorError, MalformedError, UnsupportedError


@pytest.mark.parametrize("kind", ["smooth", "noise", "binary", "thin lines"])
def test_every_plane_comes_back_within_one_code(kind: str) -> None:
    rows, columns = np.mgrid[0:576, 0:768]
    random = np.random.default_rng(3)
    codes = {
        "smooth": (rows * 255 // 576 + columns // 9) % 256,
        "noise": random.integers(0, 256, rows.shape),
        "binary": random.integers(0, 2, rows.shape) * 255,
        "thin lines": np.where((rows % 7 == 0) | (columns % 11 == 0), 255, 3),
    }[kind].astype(np.uint8)
    coded = jpeg.encode_gray(codes)
    data = coded.data
    decoded = jpeg.decode_gray(data)
    assert np.array_equal(coded.decoded, decoded)
    assert coded.worst == np.abs(decoded.astype(int) - codes).max() <= jpeg.TOLERANCE_CODES
    with Image.open(io.BytesIO(data)) as foreign:
        assert foreign.mode == "L"
        assert np.array_equal(np.array(foreign), decoded)
    assert data == jpeg.encode_gray(codes).data, "same input, same bytes"


@pytest.mark.parametrize("mode", ["RGB", "CMYK"])
def test_a_coloured_auxiliary_is_refused(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (16, 8)).save(out, "JPEG", quality=95)
    with pytest.raises(UnsupportedError, match=f"is coded as {mode}; only 8-bit monochrome is read"):
        jpeg.decode_gray(out.getvalue())


def test_damage_is_named() -> None:
    data = jpeg.encode_gray(np.zeros((16, 16), np.uint8)).data
    with pytest.raises(MalformedError):
        jpeg.decode_gray(data[: len(data) // 2])
    with pytest.raises(DepthauthorError):
        jpeg.decode_gray(b"no jpeg at all")
