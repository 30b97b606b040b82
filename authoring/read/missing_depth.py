"""Recognise a photo whose metadata says that it has depth although it holds none.

Most programs that save a photo again drop its auxiliary images and keep its Exif. A save that drops Exif as well, and
a map of the data profile, leave no such metadata.
"""

from __future__ import annotations

from authoring.apple import makernote
from authoring.apple.exif import PORTRAIT_NOT_RENDERED
from authoring.apple.portrait_metadata import PortraitMetadata
from authoring.containers.base import Layout
from authoring.read.layout import kind_of


def lost_depth(layout: Layout, portrait: PortraitMetadata) -> str | None:
    """Return a clause that says so if the metadata of a photo without a depth map claims one; else None.

    A focus region or maker note 0x001F is not evidence: phones write both into photos without depth.
    """
    flags = portrait.image_processing_flags or 0
    evidence = [f"maker note 0x0019 has 0x{makernote.DEPTH_FLAG:02X}"] if flags & makernote.DEPTH_FLAG else []
    if portrait.custom_rendered == PORTRAIT_NOT_RENDERED:
        evidence.append(f"CustomRendered is {portrait.custom_rendered}")
    if evidence:
        claim = f"it has depth ({', '.join(evidence)}) but holds none"
    elif portrait.is_blur_rendered:
        claim = "it is a portrait with its blur rendered but holds no depth"
    else:
        return None
    return (
        f"the photo says {claim}: it was probably saved again by a program that drops depth, or its map was "
        f"removed{_leftover_image(layout)}"
    )


def _leftover_image(layout: Layout) -> str:
    """Describe an image without a description that may be the map: some programs keep the image and drop its XMP."""
    other = next((auxiliary for auxiliary in layout.auxiliaries if kind_of(auxiliary) == "unknown"), None)
    if other is None:
        return ""
    return (
        f"; it holds a second picture of {other.width}x{other.height}, which may be the map, but the meaning of its "
        "values is lost"
    )
