"""Find, splice and remove auxiliary images in HEIF photos (ISO/IEC 23008-12 over ISO/IEC 14496-12)."""

from __future__ import annotations

from authoring.containers.heif.codec_files import (
    SingleImage,
    build_still,
    single_image,
    with_configurations,
    with_plain_offsets,
)
from authoring.containers.heif.file import HeifFile, parse

__all__ = [
    "HeifFile",
    "SingleImage",
    "build_still",
    "parse",
    "single_image",
    "with_configurations",
    "with_plain_offsets",
]
