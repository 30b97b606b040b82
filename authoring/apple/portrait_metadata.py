"""Read the metadata outside the depth map by which Photos recognises a portrait: Exif, maker note, focus region."""

from __future__ import annotations

from dataclasses import dataclass

from authoring.apple import makernote
from authoring.apple.exif import RENDERED, read_portrait_tags
from authoring.apple.region import FocusRegion, read_focus_region


@dataclass(frozen=True, slots=True)
class PortraitMetadata:
    """What a photo states of itself as a portrait; None if it states nothing."""

    custom_rendered: int | None = None
    """Exif 0xA401: 7, 8 = blur is in the pixels; 9 = portrait without it (the samples agree)."""
    image_processing_flags: int | None = None
    """Maker note 0x0019: bit 0x20 depth is there, bit 0x40 its blur is rendered."""
    photos_app_flags: int | None = None
    """Maker note 0x001F."""
    focus_region: FocusRegion | None = None

    @property
    def is_blur_rendered(self) -> bool:
        """Whether the photo states that its pixels are blurred: a second blur would add to it."""
        flags = self.image_processing_flags or 0
        return self.custom_rendered in RENDERED or bool(flags & makernote.RENDERED_FLAG)


def read_portrait_metadata(exif: bytes | None, xmp: bytes | None) -> PortraitMetadata:
    """Read a TIFF block and the photo's own XMP packet; damaged parts count as absent."""
    tags = read_portrait_tags(exif)
    flags = makernote.integers(tags.maker_note or b"")
    return PortraitMetadata(
        tags.custom_rendered,
        flags.get(makernote.IMAGE_PROCESSING_FLAGS),
        flags.get(makernote.PHOTOS_APP_FEATURE_FLAGS),
        read_focus_region(xmp),
    )
