"""HEIF: a photo as items in boxes (ISO/IEC 23008-12 over ISO/IEC 14496-12); find, splice and remove.

Knows: boxes, items, properties, references. Must not know: JPEG, what an auxiliary image means, codecs.
"""

from __future__ import annotations

from authoring.containers.heif.file import HeifFile, parse
from authoring.containers.heif.plain_offsets import with_plain_offsets
from authoring.containers.heif.still import SingleImage, build_still, single_image

__all__ = ["HeifFile", "SingleImage", "build_still", "parse", "single_image", "with_plain_offsets"]
