"""Say what of `embed`'s changes to the photo's own Exif and XMP is left when the depth map is taken out."""

from __future__ import annotations

from collections.abc import Iterator

from authoring import containers
from authoring.apple import makernote
from authoring.apple.exif import PORTRAIT_NOT_RENDERED, read_portrait_tags
from authoring.apple.portrait_metadata import read_portrait_metadata
from authoring.apple.region import read_focus_region
from authoring.containers.base import Layout
from authoring.containers.edits import EditList


def left_behind(stripped: bytes, restoring: EditList | None, *, omitted: bool) -> str | None:
    """Return a sentence on the portrait metadata in a photo whose depth was taken out; None if there is none.

    restoring: what `--restore` would do now; None if its record does not fit, or was omitted when the map was embedded.
    """
    layout = containers.parse(stripped).layout
    if restoring is not None:
        before = containers.parse(restoring.apply(stripped)).layout
        stays = ", ".join(_differences(before, layout)) or "changes in Exif and XMP"
        return f"what embed wrote into the photo's own metadata stays: {stays}; --restore takes it out"
    stays = ", ".join(_portrait_metadata(layout))
    if not stays:
        return None
    reason = "there is no restore record" if omitted else "the restore record does not fit this file any more"
    return f"portrait metadata stays, and may be what embed wrote: {stays}; {reason}, so --restore cannot take it out"


def _differences(before: Layout, after: Layout) -> Iterator[str]:
    """Yield what the metadata has that it did not have before the embed."""
    old, new = read_portrait_tags(before.exif), read_portrait_tags(after.exif)
    if before.exif is None and after.exif is not None:
        yield "an Exif block that names this tool"
    if old.custom_rendered != new.custom_rendered:
        yield f"Exif CustomRendered {new.custom_rendered}"
    if old.maker_note != new.maker_note:
        if old.maker_note is None:
            yield "a maker note in Apple's form"
        elif makernote.is_apple(old.maker_note):
            yield "changed entries of Apple's maker note"
        else:
            yield "a maker note in Apple's form in the place of another maker's"
    if before.xmp != after.xmp:
        yield "an XMP packet with a focus region" if before.xmp is None else "a focus region in the XMP"


def _portrait_metadata(layout: Layout) -> Iterator[str]:
    """Yield what a photo has of the metadata that `embed` writes, whoever wrote it."""
    metadata, note = (
        read_portrait_metadata(layout.exif, layout.xmp),
        read_portrait_tags(layout.exif).maker_note,
    )
    if metadata.custom_rendered == PORTRAIT_NOT_RENDERED:
        yield "Exif CustomRendered 9"
    if note is not None and makernote.is_apple(note):
        yield "a maker note in Apple's form"
    if read_focus_region(layout.xmp) is not None:
        yield "a focus region in the XMP"
