"""Recognise a photo whose marks say that it has depth while it holds none.

Most programs that save a photo again drop its auxiliary images and keep its Exif. A save that drops Exif as well, and
a map of the data profile, leave no marks.
"""

from __future__ import annotations

from authoring.apple import makernote
from authoring.apple.exif import PORTRAIT_NOT_RENDERED
from authoring.apple.portrait_metadata import PortraitMetadata
from authoring.containers.base import Layout
from authoring.read.layout import kind_of


def lost_depth(layout: Layout, marks: PortraitMetadata) -> str | None:
    """Return a clause that says so if the marks of a photo without a depth map claim one; else None.

    A focus region or maker note 0x001F is no such mark: phones write both into photos without depth.
    """
    flags = marks.image_processing_flags or 0
    evidence = [f"maker note 0x0019 has 0x{makernote.DEPTH_FLAG:02X}"] if flags & makernote.DEPTH_FLAG else []
    if marks.custom_rendered == PORTRAIT_NOT_RENDERED:
        evidence.append(f"CustomRendered is {marks.custom_rendered}")
    if evidence:
        claim = f"it has depth ({', '.join(evidence)}) but holds none"
    elif marks.is_blur_rendered:
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
