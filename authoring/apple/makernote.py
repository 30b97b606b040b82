"""Read Apple's maker note, and set the two flags by which Photos recognises a portrait that is not yet blurred.

Layout in every iPhone sample from iOS 11 to 18: "Apple iOS" NUL, a zero, a one, the byte order "MM", then one IFD
and its values. Offsets count from the note's first byte. The byte order is the note's own, independent of that of Exif.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from authoring.errors import MalformedError, UnsupportedError
from authoring.tiff import (
    ENTRY_BYTES,
    MAX_ENTRIES,
    SIZES,
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

CAPTURE_TAGS = (0x03, 0x17, 0x20, 0x25, 0x2B)
"""What belongs to one capture: its time since the phone's start, identifiers, scene flags. Never written elsewhere."""
GAIN_MAP_TAGS = (0x21, 0x30)
"""Headroom and gain, which belong to a gain map of the photo's own."""
NUMBER_TYPES = (TiffType.SHORT, TiffType.LONG, TiffType.SLONG, TiffType.RATIONAL, TiffType.SRATIONAL)
"""Types of the numbers that are taken from a donor. Texts are not, nor numbers of 64 bits (identifiers in samples)."""
NUMBER_BLOCKS = (0x02, 0x40, 0x4E, 0x4F)
"""Entries of bytes that hold numbers only in all samples: the exposure grid, and three property lists."""
TESTED_TAGS = (0x01, 0x04, 0x07, 0x14, 0x2E)
MIN_TESTED_ENTRIES = 10
"""What the notes of working device tests have in common: this many entries, these among them (rule R22)."""

MAGIC = b"Apple iOS\0"
HEAD = MAGIC + b"\0\x01MM"
"""What every sample starts with."""

MAX_NOTE_BYTES = 65_535
"""A JPEG holds Exif in one segment, so no note can be longer there; the longest sample has 1729 bytes."""

_IFD_OFFSET = len(HEAD)


@dataclass(frozen=True, slots=True)
class NoteEntry:
    """One entry of a note to build."""

    tag: int
    type: int
    """A `TiffType` of known size."""
    value: bytes
    """Big-endian; its length gives the count."""


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


def build_note(entries: Sequence[NoteEntry]) -> bytes:
    """Return a maker note of these entries, whose tags ascend: one directory, then the values of over four bytes.

    Each count is the number of elements that the entry's bytes hold: Photos crashes in Edit on another (rule R20).
    """
    value_offset = len(HEAD) + len(build_ifd(">", [])) + ENTRY_BYTES * len(entries)
    rows, values = [], b""
    for entry in entries:
        count = len(entry.value) // SIZES[entry.type]
        is_inline = len(entry.value) <= 4
        rows.append(
            build_entry(
                ">", entry.tag, entry.type, count, entry.value if is_inline else value_offset + len(values)
            )
        )
        if not is_inline:
            values += entry.value
    return HEAD + build_ifd(">", rows) + values


def minimal_note(flags: Mapping[int, int]) -> bytes:
    """Return the smallest valid Apple maker note with these whole numbers: 44 bytes for the two flags."""
    return build_note(
        [NoteEntry(tag, TiffType.SLONG, struct.pack(">i", value)) for tag, value in sorted(flags.items())]
    )


def donated_note(note: bytes, *, gain_map: bool) -> bytes | None:
    """Return a new note of another photo's numeric entries, flagged as a portrait that is not blurred yet.

    Left out are texts, what belongs to the one capture (`CAPTURE_TAGS`), blocks of unknown contents, and without a
    gain map its entries. None if the note is not Apple's, is damaged, or has not what device tests cover.
    """
    try:
        check_counts(note)
        entries = read_entries(note)
    except MalformedError:
        return None
    left_out = CAPTURE_TAGS if gain_map else CAPTURE_TAGS + GAIN_MAP_TAGS
    taken: dict[int, NoteEntry] = {}
    for entry in entries:
        value = entry.big_endian_value() if entry.tag in NUMBER_BLOCKS or entry.type in NUMBER_TYPES else None
        if value and entry.tag not in left_out:
            taken.setdefault(entry.tag, NoteEntry(entry.tag, entry.type, value))
    for tag, flags in portrait_flags(integers(note)).items():
        taken[tag] = NoteEntry(tag, TiffType.SLONG, struct.pack(">i", flags))
    if len(taken) < MIN_TESTED_ENTRIES or not taken.keys() >= set(TESTED_TAGS):
        return None
    return build_note([taken[tag] for tag in sorted(taken)])


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
