"""Read Apple's maker note, and set the two flags by which Photos recognises a portrait that is not yet blurred.

Layout in every iPhone sample from iOS 11 to 18: "Apple iOS" NUL, a zero, a one, the byte order "MM", then one IFD
and its values. Offsets count from the note's first byte. The byte order is the note's own, independent of that of Exif.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

from authoring.errors import MalformedError, UnsupportedError
from authoring.tiff import (
    ENTRY_BYTES,
    MAX_ENTRIES,
    Ifd,
    IfdEntry,
    TiffType,
    build_entry,
    build_ifd,
    insert_entries,
    read_ifd,
)

IMAGE_PROCESSING_FLAGS = 0x0019
"""ImageIO's {MakerApple} "25"."""
PHOTOS_APP_FEATURE_FLAGS = 0x001F
"""ImageIO's {MakerApple} "31"."""

DEPTH_FLAG = 0x20
"""Of 0x0019: depth is there, its effect is not rendered (rw_ios11_test06, and device tests of others: rule R10)."""
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
    """Return whether the note starts as Apple's do."""
    return note.startswith(MAGIC)


def read_entries(note: bytes) -> tuple[IfdEntry, ...]:
    """Read the entries of an Apple maker note; offsets count from the note's first byte.

    Raises MalformedError for another maker's note, an unknown byte order, and an IFD that leaves the note. A value
    that leaves the note is None: see `check_counts`.
    """
    return _read_directory(note).entries


def integers(note: bytes) -> dict[int, int]:
    """Return the entries that are one whole number, by tag; empty if it is not a readable Apple maker note."""
    try:
        entries = read_entries(note)
    except MalformedError:
        return {}
    result: dict[int, int] = {}
    for entry in entries:
        value = entry.integer()
        if value is not None:
            result.setdefault(entry.tag, value)
    return result


def check_counts(note: bytes) -> None:
    """Raise MalformedError if the counts of a note do not agree with its bytes.

    That is: a value outside the note, a value where entries should be (the count of entries is too high), or another
    directory after the first (the count is too low: no sample has a second one). Photos crashes in Edit on such a
    note (device tests of others: rule R20).
    """
    ifd = _read_directory(note)
    for entry in ifd.entries:
        if entry.size is not None and entry.value is None:
            raise MalformedError(
                f"the maker note's entry 0x{entry.tag:04X} counts {entry.count} values, which end outside the note"
            )
        if not entry.is_inline and entry.value and entry.value_offset < ifd.end:
            raise MalformedError(
                f"the maker note counts {len(ifd.entries)} entries, which reach into the values behind them"
            )
    if ifd.next_offset:
        raise MalformedError(
            f"the maker note counts {len(ifd.entries)} entries, and something else than its values follows"
        )


def portrait_flags(values: Mapping[int, int]) -> dict[int, int]:
    """Return both flags of an unblurred portrait, from the values that a note has now (0 if absent)."""
    processing = values.get(IMAGE_PROCESSING_FLAGS, 0)
    return {
        IMAGE_PROCESSING_FLAGS: (processing | DEPTH_FLAG) & ~RENDERED_FLAG,
        PHOTOS_APP_FEATURE_FLAGS: values.get(PHOTOS_APP_FEATURE_FLAGS, 0) | FEATURE_FLAG,
    }


def with_integers(note: bytes, values: Mapping[int, int]) -> bytes:
    """Return the note with these whole numbers, by tag; every other entry reads as before.

    Entries that are there are patched in place. Missing ones are inserted by tag as SLONG, Apple's type; the IFD
    grows by 12 bytes for each, and all offsets with it. Raises MalformedError for a broken note and for an entry
    that is not a single number, UnsupportedError if an entry of unknown type might hold an offset, which would have to
    change.
    """
    check_counts(note)
    ifd = _read_directory(note)
    work = bytearray(note)
    added: dict[int, bytes] = {}
    for tag, value in values.items():
        entry = ifd.find(tag)
        if entry is None:
            added[tag] = build_entry(ifd.order, tag, TiffType.SLONG, 1, value)
            continue
        old = entry.integer()
        if old is None:
            raise MalformedError(
                f"the maker note's entry 0x{tag:04X} is not one whole number, as Apple writes it"
            )
        if old != value:
            try:
                changed = build_entry(ifd.order, tag, entry.type, 1, value)
            except struct.error as error:
                raise MalformedError(f"the maker note's entry 0x{tag:04X} has no room for {value}") from error
            work[entry.offset : entry.offset + ENTRY_BYTES] = changed
    return _insert(bytes(work), ifd, added) if added else bytes(work)


def minimal_note(flags: Mapping[int, int]) -> bytes:
    """Return the smallest valid Apple maker note with these whole numbers: 44 bytes for the two flags."""
    entries = [build_entry(">", tag, TiffType.SLONG, 1, value) for tag, value in sorted(flags.items())]
    return HEAD + build_ifd(">", entries)


def _read_directory(note: bytes) -> Ifd:
    if not is_apple(note):
        raise MalformedError("the maker note is not Apple's")
    if len(note) > MAX_NOTE_BYTES:
        raise MalformedError(f"the maker note has {len(note)} bytes; at most {MAX_NOTE_BYTES} are read")
    order = {b"MM": ">", b"II": "<"}.get(note[12:14])
    if order is None:
        raise MalformedError("the maker note states no byte order")
    return read_ifd(note, _IFD_OFFSET, order, "the maker note's directory")


def _insert(note: bytes, ifd: Ifd, added: Mapping[int, bytes]) -> bytes:
    """Return the note with more entries of 12 bytes; its counts have been checked."""
    if len(ifd.entries) + len(added) > MAX_ENTRIES:
        raise MalformedError(f"the maker note would have more than {MAX_ENTRIES} entries")
    growth = ENTRY_BYTES * len(added)
    work = bytearray(note)
    for entry in ifd.entries:
        if entry.size is None:
            raise UnsupportedError(
                f"the maker note's entry 0x{entry.tag:04X} is of the unknown type {entry.type},"
                " so no entry can be added"
            )
        if not entry.is_inline:
            struct.pack_into(ifd.order + "I", work, entry.offset + 8, entry.value_offset + growth)
    # The link to a next directory is 0, or the note ends before it.
    grown = insert_entries(bytes(work), ifd, added)[:-4]
    return bytes(work[: ifd.offset]) + grown + bytes(work[ifd.end :])
