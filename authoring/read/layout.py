"""What a photo's layout says without decoding anything: which way up it is, which auxiliary images are depth.

Knows: types and XMP of auxiliary images, transforms and Exif. Must not know: pixels; it needs no numpy, so that
`inspect` and `strip` start quickly.
"""

from __future__ import annotations

from authoring import tiff
from authoring.apple.kinds import classify
from authoring.containers.base import FoundAuxiliary, Layout
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
