"""Every tag of an Exif block, by directory, so that two blocks can be compared.

Knows: which directories an Exif block has (Exif 2.32, 4.6). Must not know: what the values mean.

Only bytes that are there are looked at: a count is never believed before the value was found in the block.
"""

from __future__ import annotations

from authoring.apple.ifd import ASCII, BYTE, HEADER_BYTES, SIZES, UNDEFINED, Entry, Ifd, header, read_ifd
from authoring.errors import MalformedError

Tags = dict[tuple[str, int], tuple[int, bytes | None]]
"""(directory, tag) → (type, value): the value's bytes as if big-endian, None where it leaves the block."""

EXIF, GPS, INTEROP = ("0th", 0x8769), ("0th", 0x8825), ("Exif", 0xA005)
"""Pointers to further directories: offsets, which are no values."""
THUMBNAIL = ("1st", 0x0201)
THUMBNAIL_BYTES = 0x0202
UNREADABLE = -1
"""In the place of a tag: the directory cannot be read."""

_NAMES = {EXIF: "Exif", GPS: "GPS", INTEROP: "Interop"}
_BYTEWISE = (BYTE, ASCII, 6, UNDEFINED)
_RATIONALS = (5, 10)


def tags_of(block: bytes) -> Tags:
    """All tags of IFD0, IFD1 and the Exif, GPS and interoperability directories, and the thumbnail's bytes.

    Of a tag that occurs twice the first counts. A further directory that cannot be read counts as the place where it
    should be: cameras leave such pointers behind. Raises MalformedError where IFD0 cannot be read.
    """
    order, offset = header(block)
    first = read_ifd(block, offset, order, "the Exif block's first directory")
    directories = {"0th": first}
    places = {"1st": first.next_offset or None}
    found: Tags = {}
    for (parent, tag), name in {**_NAMES, ("", 0): "1st"}.items():
        pointer = directories[parent].find(tag) if parent in directories else None
        place = places.get(name) or (pointer.integer(order) if pointer else None)
        if place is None or (name == "1st" and place > len(block) - 2):
            continue  # A link behind IFD0 that leaves the block is no directory; many editors leave one.
        try:
            if place < HEADER_BYTES:
                raise MalformedError("a directory lies over the header")
            directories[name] = read_ifd(block, place, order, f"the {name} directory")
        except MalformedError:
            found[name, UNREADABLE] = (UNDEFINED, str(place).encode())
    for name, directory in directories.items():
        for entry in directory.entries:
            # A link back to IFD0 makes its pointers those of the thumbnail's directory too.
            if ("0th" if name == "1st" else name, entry.tag) not in _NAMES and (name, entry.tag) != THUMBNAIL:
                found.setdefault((name, entry.tag), (entry.type, _value(entry, order)))
    if "1st" in directories:
        found["thumbnail", 0] = (UNDEFINED, _thumbnail(block, directories["1st"], order))
    return found


def _value(entry: Entry, order: str) -> bytes | None:
    """The value's bytes, most significant first."""
    if entry.value_place < HEADER_BYTES:
        return None  # The header's own bytes are no value.
    if entry.value is None or order == ">" or entry.type in _BYTEWISE:
        return entry.value
    size = 4 if entry.type in _RATIONALS else SIZES[entry.type]
    return b"".join(entry.value[at : at + size][::-1] for at in range(0, len(entry.value), size))


def _thumbnail(block: bytes, directory: Ifd, order: str) -> bytes:
    place, size = (directory.find(tag) for tag in (THUMBNAIL[1], THUMBNAIL_BYTES))
    start, length = (one.integer(order) or 0 if one else 0 for one in (place, size))
    return block[start : start + length]
