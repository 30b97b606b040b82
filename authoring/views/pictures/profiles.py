"""Pixels of any RGB colour profile as sRGB, so that photos lie beside colours of our own.

Knows: LittleCMS, as Pillow has it. Must not know: where profiles are kept.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray


def to_srgb(codes: NDArray[np.uint8], icc: bytes | None) -> NDArray[np.uint8]:
    """The picture (H, W, 3) in sRGB; as it is where there is no profile, or none that can be read."""
    if icc is None:
        return codes
    from PIL import Image, ImageCms

    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        image = ImageCms.profileToProfile(
            Image.fromarray(codes), profile, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError):
        return codes
    return codes if image is None else np.asarray(image)
