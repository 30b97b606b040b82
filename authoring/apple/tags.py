"""Every tag of an Exif block, by directory, so that two blocks can be compared.

Knows: which directories an Exif block has (Exif 2.32, 4.6). Must not know: what the values mean.

Only bytes that are there are looked at: a count is never believed before the value was found in the block.
"""

from __future__ import annotations

from authoring.errors import MalformedError
from authoring.tiff import HEADER_BYTES, Ifd, IfdEntry, TiffType, read_header, read_ifd

Tags = dict[tuple[str, int], tuple[int, bytes | None]]
"""(directory, tag) → (type, value): the value's bytes as if big-endian, None where it leaves the block."""

EXIF, GPS, INTEROP = ("0th", 0x8769), ("0th", 0x8825), ("Exif", 0xA005)
"""Pointers to further directories: offsets, which are no values."""
THUMBNAIL = ("1st", 0x0201)
THUMBNAIL_BYTES = 0x0202
UNREADABLE = -1
"""In the place of a tag: the directory cannot be read."""

_NAMES = {EXIF: "Exif", GPS: "GPS", INTEROP: "Interop"}


def tags_of(block: bytes) -> Tags:
    """All tags of IFD0, IFD1 and the Exif, GPS and interoperability directories, and the thumbnail's bytes.

    Of a tag that occurs twice the first counts. A further directory that cannot be read counts as the place where it
    should be: cameras leave such pointers behind. Raises MalformedError where IFD0 cannot be read.
    """
    order, offset = read_header(block, "the Exif block")
    first = read_ifd(block, offset, order, "the Exif block's first directory")
    directories = {"0th": first}
    places = {"1st": first.next_offset or None}
    found: Tags = {}
    for (parent, tag), name in {**_NAMES, ("", 0): "1st"}.items():
        pointer = directories[parent].find(tag) if parent in directories else None
        place = places.get(name) or (pointer.integer() if pointer else None)
        if place is None or (name == "1st" and place > len(block) - 2):
            continue  # A link behind IFD0 that leaves the block is no directory; many editors leave one.
        try:
            if place < HEADER_BYTES:
                raise MalformedError("a directory lies over the header")
            directories[name] = read_ifd(block, place, order, f"the {name} directory")
        except MalformedError:
            found[name, UNREADABLE] = (TiffType.UNDEFINED, str(place).encode())
    for name, directory in directories.items():
        for entry in directory.entries:
            # A link back to IFD0 makes its pointers those of the thumbnail's directory too.
            if ("0th" if name == "1st" else name, entry.tag) not in _NAMES and (name, entry.tag) != THUMBNAIL:
                found.setdefault((name, entry.tag), (entry.type, _value(entry)))
    if "1st" in directories:
        found["thumbnail", 0] = (TiffType.UNDEFINED, _thumbnail(block, directories["1st"]))
    return found


def _value(entry: IfdEntry) -> bytes | None:
    """Return the value's bytes, most significant first."""
    # A value that overlaps the header is none.
    return None if entry.value_offset < HEADER_BYTES else entry.big_endian_value()


def _thumbnail(block: bytes, directory: Ifd) -> bytes:
    entries = (directory.find(THUMBNAIL[1]), directory.find(THUMBNAIL_BYTES))
    start, size = (entry.integer() or 0 if entry else 0 for entry in entries)
    return block[start : start + size]
