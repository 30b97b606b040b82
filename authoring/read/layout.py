"""What a photo's layout says without decoding anything: which way up it is, which auxiliary images are depth.

Knows: types and XMP of auxiliary images, transforms and Exif. Must not know: pixels; it needs no numpy, so that
`inspect` and `strip` start quickly.
"""

from __future__ import annotations

from typing import Literal

from authoring import tiff
from authoring.apple.kinds import classify
from authoring.containers.base import ContainerFile, FoundAuxiliary, Layout
from authoring.depth.orientation import Orientation


def photo_orientation(layout: Layout) -> Orientation:
    """How a photo's stored raster is turned for display: irot/imir in HEIF, Exif in JPEG."""
    if layout.container == "heic":
        return Orientation.from_transforms([(one.kind, one.value) for one in layout.transforms])
    value = tiff.orientation(layout.exif) if layout.exif else None
    return Orientation(value or 1)


def depth_images(layout: Layout) -> list[FoundAuxiliary]:
    """The auxiliary images that are depth maps, told from mattes and gain maps by type and XMP."""
    return [one for one in layout.auxiliaries if kind_of(one) == "depth"]


def kind_of(found: FoundAuxiliary) -> str:
    """What an auxiliary image is, in a word: depth, hdrgainmap, portraiteffectsmatte, …"""
    return classify(found.auxiliary_type, found.xmp)


def metadata_kind(part: str, file: ContainerFile) -> Literal["Exif", "XMP"] | None:
    """Return which of the photo's own metadata a part (see `ContainerFile.parts`) belongs to; None for all others."""
    words = part.split()
    if words[0] == "item" and words[1].isdigit():
        item = int(words[1])
        kind = next((entry.role for entry in file.entries if entry.identifier == item), "")
    else:
        kind = words[2] if words[:2] == ["segment", "APP1"] else ""
    return "Exif" if kind == "Exif" else "XMP" if kind == "XMP" else None
