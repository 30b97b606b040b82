"""Take out what `export` wrote: its XMP descriptions, the images that they list, and their directory items.

Where nothing else changed the photo since, the result is the photo before, byte for byte. Imports no numpy.
"""

from __future__ import annotations

from dataclasses import dataclass

from authoring.containers import jpeg
from authoring.containers.base import ContainerFile
from authoring.containers.edits import EditList
from authoring.containers.jpeg import google_directory
from authoring.containers.jpeg.segments import IMAGE_START
from authoring.embed.export import item_directory, packets
from authoring.read.foreign.base import NAMES, Source

FORMATS: tuple[Source, ...] = ("gdepth", "dynamic-depth")
"""What is written into a photo; a pair leaves it as it is."""

MAX_ROUNDS = 8
"""Times that each format is looked for: where the photo has several XMP segments, the next is the first then."""

APPENDED = 2
"""Images that Dynamic Depth appends, the last of its directory: depth and confidence."""


@dataclass(frozen=True, slots=True)
class ExportRemoval:
    """The edits that take out what `export` wrote."""

    edits: EditList
    removed: tuple[str, ...]
    """Names of the formats; empty if there is none."""


def remove_exported(file: ContainerFile) -> ExportRemoval:
    """Return the edits that take every exported depth map out of a photo; none in a container other than JPEG."""
    edits = EditList.unchanged(len(file.source))
    removed: list[str] = []
    for format in FORMATS * MAX_ROUNDS:
        step = _removal(file, format) if isinstance(file, jpeg.JpegFile) else None
        if step is not None:
            edits = edits.then(step)
            file = jpeg.parse(step.apply(file.source))
            removed.append(NAMES[format])
    return ExportRemoval(edits, tuple(dict.fromkeys(removed)))


def _removal(file: jpeg.JpegFile, format: Source) -> EditList | None:
    """Return the edits that take out one format; None if the photo has no description of ours in it."""
    standard, extended = file.layout.xmp or b"", file.layout.extended_xmp
    described = packets.description(extended, format)
    new_standard = packets.without_description(standard, format)
    new_extended = packets.without_description(extended, format)
    if new_standard is None and new_extended is None:
        return None
    new_standard = standard if new_standard is None else new_standard
    new_extended = extended if new_extended is None else new_extended
    cut = EditList.unchanged(len(file.source))
    run = _appended(file, described) if format == "dynamic-depth" else None
    if run is not None:
        start, middle, stop = run
        new_standard = item_directory.without_items(
            new_standard, [("Depth", middle - start), ("Confidence", stop - middle)]
        )
        cut = file.cut(start, stop)
        file = jpeg.parse(cut.apply(file.source))
    if new_extended == packets.EMPTY_EXTENDED:
        new_extended = b""
    elif new_extended:
        new_standard = packets.with_extension_name(new_standard, file.extension_name(new_extended))
    if new_standard == packets.EMPTY_STANDARD:
        new_standard = b""
    return cut.then(file.with_packets(new_standard, new_extended))


def _appended(file: jpeg.JpegFile, described: bytes) -> tuple[int, int, int] | None:
    """Return where depth and confidence begin and end; None where the directory does not lead to two images."""
    items = google_directory.parse(described)
    if len(items) <= APPENDED:
        return None
    position, starts = file.layout.primary_stop, []
    for item in items:
        starts.append(position)
        position += item.length + item.padding
    start, middle = starts[-APPENDED:]
    data = file.source
    images = data.startswith(IMAGE_START, start) and data.startswith(IMAGE_START, middle)
    # A directory is data from a file: it takes out no image that the MP index lists.
    listed = any(first < position and start < last for first, last in file.listed)
    return (start, middle, position) if images and position <= len(data) and not listed else None
