"""HEIF photos: items in boxes (ISO/IEC 23008-12 over ISO/IEC 14496-12); find, splice and remove."""

from __future__ import annotations

from authoring.containers.heif.codec_files import SingleImage, build_still, single_image, with_plain_offsets
from authoring.containers.heif.file import HeifFile, parse

__all__ = ["HeifFile", "SingleImage", "build_still", "parse", "single_image", "with_plain_offsets"]
