"""The marks outside the depth map by which Photos knows a portrait: Exif, Apple's maker note, focus region.

Knows: where each is read. Must not know: containers, pixels, the depth XMP.
"""

from __future__ import annotations

from dataclasses import dataclass

from authoring.apple import makernote
from authoring.apple.exif import RENDERED, facts_of
from authoring.apple.region import FocusRegion, focus_region

__all__ = ["FocusRegion", "PortraitMarks", "is_blur_rendered", "read_marks"]


@dataclass(frozen=True, slots=True)
class PortraitMarks:
    """What a photo says of itself; None where it says nothing."""

    custom_rendered: int | None = None
    """Exif 0xA401: 7, 8 = blur is in the pixels; 9 = portrait without it (the samples agree)."""
    image_processing_flags: int | None = None
    """Maker note 0x0019: bit 0x20 depth is there, bit 0x40 its blur is rendered."""
    photos_app_flags: int | None = None
    """Maker note 0x001F."""
    focus_region: FocusRegion | None = None


def read_marks(exif: bytes | None, xmp: bytes | None) -> PortraitMarks:
    """Read the marks from a TIFF block and the photo's own XMP packet; damage reads as absence."""
    facts = facts_of(exif)
    flags = makernote.integers(facts.maker_note or b"")
    return PortraitMarks(
        facts.custom_rendered,
        flags.get(makernote.IMAGE_PROCESSING_FLAGS),
        flags.get(makernote.PHOTOS_APP_FEATURE_FLAGS),
        focus_region(xmp),
    )


def is_blur_rendered(marks: PortraitMarks) -> bool:
    """Whether the photo says that its pixels are blurred already: a second blur would come on top."""
    return marks.custom_rendered in RENDERED or bool(
        (marks.image_processing_flags or 0) & makernote.RENDERED_FLAG
    )
