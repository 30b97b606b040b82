"""Apple's maker note: its entries, and two flags by which Photos knows a portrait that is not yet blurred.

Knows: the note's layout and those flags. Must not know: Exif around it, containers.

Layout in every iPhone sample from iOS 11 to 18: "Apple iOS" NUL, a zero, a one, the byte order "MM", then one IFD
and its values; offsets count from the note's first byte. The byte order is the note's own, whatever Exif's is.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

from authoring.apple.ifd import (
    ENTRY_BYTES,
    MAX_ENTRIES,
    SIZES,
    SLONG,
    Entry,
    Ifd,
    build_entry,
    build_ifd,
    read_ifd,
)
from authoring.errors import MalformedError, UnsupportedError

IMAGE_PROCESSING_FLAGS = 0x0019
"""ImageIO's {MakerApple} "25"."""
PHOTOS_APP_FEATURE_FLAGS = 0x001F
"""ImageIO's {MakerApple} "31"."""

DEPTH_FLAG = 0x20
"""Of 0x0019: depth is there and its effect is not rendered (rw_ios11_test06, and device tests of others: rule R10)."""
RENDERED_FLAG = 0x40
"""Of 0x0019: the effect is in the pixels (pug, openize, fidmaa, shu, lyangas)."""
FEATURE_FLAG = 0x01
"""Of 0x001F: without it the sliders of Edit are dead (device tests of others: rule R17)."""

MAGIC = b"Apple iOS\0"
HEAD = MAGIC + b"\0\x01MM"
"""What every sample starts with."""

MAX_NOTE_BYTES = 65_535
"""A JPEG holds Exif in one segment, so no note can be longer there; the longest sample has 1729 bytes."""

_IFD_OFFSET = len(HEAD)


def is_apple(note: bytes) -> bool:
    """Whether the note says that it is Apple's."""
    return note.startswith(MAGIC)


def read_entries(note: bytes) -> tuple[Entry, ...]:
    """The entries of an Apple maker note in its order; places count from the note's first byte.

    Raises MalformedError for another maker's note, an unknown byte order, and an IFD that leaves the note. A
    value that leaves it is None: `check_counts` tells.
    """
    return _directory(note)[1].entries


def integers(note: bytes) -> dict[int, int]:
    """The entries that are one whole number, by tag; empty for what is no readable Apple maker note."""
    try:
        order, ifd = _directory(note)
    except MalformedError:
        return {}
    found: dict[int, int] = {}
    for entry in ifd.entries:
        value = entry.integer(order)
        if value is not None:
            found.setdefault(entry.tag, value)
    return found


def check_counts(note: bytes) -> None:
    """Raise MalformedError where the counts of a note do not fit the bytes that are there.

    That is: a value outside the note, a value where entries should be (too high a count of entries), or another
    directory behind the first (too low a count: no sample has a second one). Photos crashes in Edit on such a
    note (device tests of others: rule R20).
    """
    _, ifd = _directory(note)
    for entry in ifd.entries:
        if entry.type in SIZES and entry.value is None:
            raise MalformedError(
                f"the maker note's entry 0x{entry.tag:04X} counts {entry.count} values, which end outside the note"
            )
        if not entry.is_inline and entry.value is not None and entry.value and entry.value_place < ifd.end:
            raise MalformedError(
                f"the maker note counts {len(ifd.entries)} entries, which reach into the values behind them"
            )
    if ifd.next_offset:
        raise MalformedError(
            f"the maker note counts {len(ifd.entries)} entries, and something else than its values follows"
        )


def portrait_flags(found: Mapping[int, int]) -> dict[int, int]:
    """What the two flags must become, from what they are (0 where they are absent)."""
    processing = found.get(IMAGE_PROCESSING_FLAGS, 0)
    return {
        IMAGE_PROCESSING_FLAGS: (processing | DEPTH_FLAG) & ~RENDERED_FLAG,
        PHOTOS_APP_FEATURE_FLAGS: found.get(PHOTOS_APP_FEATURE_FLAGS, 0) | FEATURE_FLAG,
    }


def patched_note(note: bytes, values: Mapping[int, int]) -> bytes:
    """The note with these whole numbers, by tag; every other entry reads as before.

    An entry that is there is patched in place. One that is missing is put in by tag as an SLONG, as Apple has
    them; the IFD then grows by 12 bytes, and all offsets behind it by as many. Raises MalformedError for a note
    that is broken or whose entry is no single number, UnsupportedError where an entry of unknown type could
    hold an offset that would have to move.
    """
    check_counts(note)
    order, ifd = _directory(note)
    work = bytearray(note)
    for tag, value in sorted(values.items()):
        entry = ifd.find(tag)
        if entry is None:
            continue
        if entry.integer(order) is None:
            raise MalformedError(
                f"the maker note's entry 0x{tag:04X} is not one whole number, as Apple writes it"
            )
        if entry.integer(order) == value:
            continue
        try:
            work[entry.place : entry.place + ENTRY_BYTES] = build_entry(order, tag, entry.type, 1, value)
        except struct.error as error:
            raise MalformedError(f"the maker note's entry 0x{tag:04X} has no room for {value}") from error
    for tag, value in sorted(values.items()):
        if ifd.find(tag) is None:
            work = bytearray(_with_entry(bytes(work), tag, build_entry(order, tag, SLONG, 1, value)))
    return bytes(work)


def smallest_note(flags25: int, flags31: int) -> bytes:
    """The smallest valid Apple maker note that holds the two flags: 44 bytes, two entries."""
    entries = {
        tag: build_entry(">", tag, SLONG, 1, value)
        for tag, value in ((IMAGE_PROCESSING_FLAGS, flags25), (PHOTOS_APP_FEATURE_FLAGS, flags31))
    }
    return HEAD + build_ifd(">", entries)


def _directory(note: bytes) -> tuple[str, Ifd]:
    """Byte order and IFD."""
    if not is_apple(note):
        raise MalformedError("the maker note is not Apple's")
    if len(note) > MAX_NOTE_BYTES:
        raise MalformedError(f"the maker note has {len(note)} bytes; at most {MAX_NOTE_BYTES} are read")
    order = {b"MM": ">", b"II": "<"}.get(note[12:14])
    if order is None:
        raise MalformedError("the maker note says no byte order")
    return order, read_ifd(note, _IFD_OFFSET, order, "the maker note's directory")


def _with_entry(note: bytes, tag: int, entry: bytes) -> bytes:
    """The note, whose counts were checked, grown by one entry."""
    order, ifd = _directory(note)
    if len(ifd.entries) >= MAX_ENTRIES:
        raise MalformedError(f"the maker note has {MAX_ENTRIES} entries already")
    work = bytearray(note)
    for one in ifd.entries:
        if one.type not in SIZES:
            raise UnsupportedError(
                f"the maker note's entry 0x{one.tag:04X} is of the unknown type {one.type}, so nothing can be put in"
            )
        if not one.is_inline:
            struct.pack_into(order + "I", work, one.place + 8, one.value_place + ENTRY_BYTES)
    struct.pack_into(order + "H", work, ifd.offset, len(ifd.entries) + 1)
    place = ifd.insertion_place(tag)
    work[place:place] = entry
    return bytes(work)
