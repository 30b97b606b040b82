"""What the photos that `files` builds should be read as, decoded here by the formats' own formulas."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import depthauthor as da
from tests.foreign import files
from tests.foreign.files import DynamicDepth, coded, codes, photo


def inverse_m(values: NDArray[Any], near: float, far: float) -> NDArray[np.float64]:
    """Return metres of RangeInverse codes (Google): d = far near / (far - dn (far - near))."""
    dn = values / np.iinfo(values.dtype).max
    return np.asarray(far * near / (far - dn * (far - near)))


def linear_m(values: NDArray[Any], near: float, far: float) -> NDArray[np.float64]:
    """Return metres of RangeLinear codes (Google): d = near + dn (far - near)."""
    return np.asarray(near + values / np.iinfo(values.dtype).max * (far - near))


def read_m(data: bytes, **options: Any) -> NDArray[np.float32]:
    return da.extract(data, **options).depth_m()


def decoded(data: bytes) -> NDArray[Any]:
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture)


JPEG_CODES = decoded(coded(codes(), "JPEG"))
"""What a JPEG map holds after its loss."""


CONFIDENCE = np.repeat(np.linspace(0, 255, 96).astype(np.uint8)[None], 64, axis=0)


def made_files() -> dict[str, bytes]:
    """Return a photo of each maker whose pixels are blurred, holding the unblurred picture, too."""
    sharp = photo(tone=60, with_exif=False)
    return {
        "gdepth": files.gdepth(photo(), coded(codes()), unblurred=sharp, focus=True),
        "dynamic-depth": DynamicDepth(original=sharp).build(),
        "samsung": files.samsung_dual(photo(), codes(), unblurred=sharp),
        "samsung of one camera": files.samsung_single(photo(), codes(), unblurred=sharp),
        "huawei": files.huawei(photo(), codes(), unblurred=sharp),
    }


def check_bound(data: bytes, wanted_m: NDArray[Any], bound: float) -> None:
    """Compare depth with what was wanted, in 1/m, where a photo's bound holds."""
    assert np.abs(1 / read_m(data) - 1 / wanted_m).max() <= bound * 1.0001


def pixels(data: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
