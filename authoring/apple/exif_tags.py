"""Read every tag of an Exif block, by directory, so that two blocks can be compared (Exif 2.32, 4.6)."""

from __future__ import annotations

from authoring.errors import MalformedError
from authoring.tiff import HEADER_BYTES, Ifd, IfdEntry, TiffType, read_header, read_ifd

Tags = dict[tuple[str, int], tuple[int, bytes | None]]
"""(directory, tag) → (type, value); the value in big-endian order, None if it ends outside the block."""

POINTERS = {("0th", 0x8769): "Exif", ("0th", 0x8825): "GPS", ("Exif", 0xA005): "Interop"}
"""(directory, tag) → the directory whose offset the tag holds."""
THUMBNAIL = 0x0201
"""In directory "1st": offset of the thumbnail."""
THUMBNAIL_BYTES = 0x0202
UNREADABLE = -1
"""Instead of a tag: the directory cannot be read."""


def read_tags(block: bytes) -> Tags:
    """Return all tags of IFD0, IFD1 and the Exif, GPS and interoperability directories, and the thumbnail's bytes.

    Offsets are left out. Of a tag that occurs twice the first counts. Another directory than IFD0 that cannot be read
    counts by its offset: cameras leave such pointers. Raises MalformedError if IFD0 cannot be read.
    """
    order, first_offset = read_header(block, "the Exif block")
    directories = {"0th": read_ifd(block, first_offset, order, "the Exif block's first directory")}
    tags: Tags = {}

    def follow(name: str, offset: int) -> None:
        try:
            if offset < HEADER_BYTES:
                raise MalformedError(f"the {name} directory overlaps the header")
            directories[name] = read_ifd(block, offset, order, f"the {name} directory")
        except MalformedError:
            tags[name, UNREADABLE] = (TiffType.UNDEFINED, str(offset).encode())

    for (parent, tag), name in POINTERS.items():
        pointer = directories[parent].find(tag) if parent in directories else None
        offset = pointer.integer() if pointer else None
        if offset is not None:
            follow(name, offset)
    # Many editors leave a link after IFD0 that leads outside the block; it is not a directory.
    link = directories["0th"].next_offset
    if 0 < link <= len(block) - 2:
        follow("1st", link)

    for name, directory in directories.items():
        # If IFD1 is IFD0 again, its pointers are pointers too.
        pointers = {tag for parent, tag in POINTERS if parent == ("0th" if name == "1st" else name)}
        for entry in directory.entries:
            if entry.tag not in pointers and (name, entry.tag) != ("1st", THUMBNAIL):
                tags.setdefault((name, entry.tag), (entry.type, _value(entry)))
    if "1st" in directories:
        tags["thumbnail", 0] = (TiffType.UNDEFINED, _thumbnail(block, directories["1st"]))
    return tags


def _value(entry: IfdEntry) -> bytes | None:
    """Return the value in big-endian order; None if it overlaps the header."""
    return None if entry.value_offset < HEADER_BYTES else entry.big_endian_value()


def _thumbnail(block: bytes, directory: Ifd) -> bytes:
    entries = (directory.find(THUMBNAIL), directory.find(THUMBNAIL_BYTES))
    start, size = (entry.integer() or 0 if entry else 0 for entry in entries)
    return block[start : start + size]
