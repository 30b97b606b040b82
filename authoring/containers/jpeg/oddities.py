"""Describe the oddities of a JPEG file to people, each in one sentence."""

from __future__ import annotations

from collections.abc import Iterator

from authoring.containers.jpeg import exif_offsets, jfif
from authoring.containers.jpeg.app_segments import icc_profile, segments_of
from authoring.containers.jpeg.segments import parse_frame
from authoring.containers.jpeg.structure import PRIMARY, Structure


def read_notes(structure: Structure) -> tuple[str, ...]:
    """Return the oddities of the photo, its MP index, and what follows its images."""
    return (
        *_notes_on_photo(structure),
        *_notes_on_index(structure),
        *_notes_on_images(structure),
        *_notes_on_trailer(structure),
    )


def _notes_on_photo(structure: Structure) -> Iterator[str]:
    data, primary = structure.data, structure.primary
    if primary.fault:
        yield f"The photo is cut short or damaged: {primary.fault}."
    if primary.stray:
        size = sum(stop - start for start, stop in primary.stray)
        yield f"Stray bytes between the photo's segments: {size}."
    if icc_profile(data, primary) is None and segments_of(data, primary, "ICC"):
        yield "The ICC profile is incomplete and is not used."
    segment = jfif.find(data, primary)
    if segment and not jfif.is_structural(data, segment):
        yield "The JFIF header holds a thumbnail or more; it stays as it is, without Apple's AMPF mark."
    if segment is None and not jfif.may_be_added(data, primary, structure.frame):
        yield "A JFIF header could change how the photo's colours are read, so it gets none, and no AMPF mark."


def _notes_on_index(structure: Structure) -> Iterator[str]:
    data, primary, entries = structure.data, structure.primary, structure.entries
    if structure.index_fault:
        yield f"{structure.index_fault}; {_images_found(structure)}."
    if len(segments_of(data, primary, "MPF")) > 1:
        yield "There is more than one MP index; only the first is used."
    if entries and not primary.fault and entries[0].size != structure.primary_stop:
        yield (
            f"The MP index states {entries[0].size} as the photo's size in bytes; it is {structure.primary_stop}"
            " (ImageIO writes such sizes)."
        )


def _images_found(structure: Structure) -> str:
    if structure.index is None:
        return "the images after the photo are unknown"
    count = len(structure.starts)
    follow = "1 image follows" if count == 1 else f"{count or 'no'} images follow"
    return f"{follow} the photo, and an edit writes a new index"


def _notes_on_images(structure: Structure) -> Iterator[str]:
    for number in structure.dead:
        yield f"The MP index lists an image {number}, but no image begins where it says."
    for number in structure.starts:
        image = structure.image(number)
        if image.fault:
            yield f"Image {number} is cut short or damaged: {image.fault}."
        elif parse_frame(structure.data, image) is None:
            yield f"Image {number} has no frame header."


def _notes_on_trailer(structure: Structure) -> Iterator[str]:
    items = [item.semantic or item.mime for item in structure.google_items[PRIMARY:]]
    if items:
        yield f"The XMP lists what follows the photo in the file: {', '.join(items)}."
    if structure.unlisted_gain_map_stop > structure.primary_stop:
        yield "A gain map that nothing lists follows the photo."
    start, stop = structure.trailer
    size = stop - start
    if not size:
        return
    if start in exif_offsets.targets(structure):
        yield f"A preview of {size} bytes, to which Exif points, follows the last image; an edit re-bases the offset."
    elif structure.data.count(0, start) == size:
        yield f"Zero bytes after the last image: {size}."
    elif structure.data[start + 4 : start + 8] == b"ftyp":
        yield f"A video of {size} bytes (motion photo) follows the last image."
    elif structure.data.endswith(b"SEFT"):
        yield f"A Samsung trailer (SEFT) of {size} bytes follows the last image."
    elif exif_offsets.IMAGE.match(structure.data, start):
        yield (
            f"A picture of {size} bytes follows the last image, and no offset of it is known in Exif: a program that"
            " finds it by one may not find it any more when depth is put before it."
        )
    else:
        yield f"Bytes of unknown use after the last image: {size}."
