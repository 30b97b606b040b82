"""Depth that a photo says it has and does not hold: most programs that save a photo again drop its auxiliary images.

Knows: which marks outlive the map, and the words for it. Must not know: where the marks lie.

A save that drops Exif as well, and a map of the data profile, leave nothing behind: such a photo is like any other.
"""

from __future__ import annotations

from authoring.apple import makernote
from authoring.apple.exif import PORTRAIT_NOT_RENDERED
from authoring.apple.portrait_metadata import PortraitMetadata
from authoring.containers.base import Layout
from authoring.read.layout import kind_of


def lost_depth(layout: Layout, marks: PortraitMetadata) -> str | None:
    """What to say of a photo without a depth map whose marks speak of one: a clause; None where they do not.

    `layout` is of a photo in which no depth map was found. A focus region alone says nothing, nor does maker note
    0x001F: phones write both into photos without depth.
    """
    flags = marks.image_processing_flags or 0
    has = [f"maker note 0x0019 has 0x{makernote.DEPTH_FLAG:02X}"] if flags & makernote.DEPTH_FLAG else []
    if marks.custom_rendered == PORTRAIT_NOT_RENDERED:
        has.append(f"CustomRendered is {marks.custom_rendered}")
    if has:
        claim = f"it has depth ({', '.join(has)}) but holds none"
    elif marks.is_blur_rendered:
        claim = "it is a portrait with its blur rendered but holds no depth"
    else:
        return None
    return (
        f"the photo says {claim}: it was probably saved again by a program that drops depth, or its map was taken "
        f"out{_remains(layout)}"
    )


def _remains(layout: Layout) -> str:
    """A picture that may be the map: kept by a program that did not know what it was, without its description."""
    other = next((one for one in layout.auxiliaries if kind_of(one) == "unknown"), None)
    if other is None:
        return ""
    return (
        f"; a second picture of {other.width}x{other.height} is there, which may be the map, but what its values "
        "mean is lost"
    )
