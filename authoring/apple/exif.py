"""The photo's Exif block: what it says of lens and rendering, and the marks of a portrait written into it.

Knows: the Exif tags concerned, and how to add one without moving a byte. Must not know: containers, pixels.

A block is never rewritten. Numbers are patched where they stand. What is missing goes to the end of the block,
a grown directory with it, and only the pointer to that directory changes: all other bytes stay where they are,
so that offsets inside another maker's note stay true.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

from authoring.apple import makernote
from authoring.apple.exif_required import (
    PIXEL_X_DIMENSION,
    PIXEL_Y_DIMENSION,
    UNKNOWN_RESOLUTION,
    Recorded,
    exif_entries,
    first_entries,
)
from authoring.apple.ifd import (
    HEADER_BYTES,
    LONG,
    SHORT,
    SIZES,
    UNDEFINED,
    Entry,
    Ifd,
    build_entry,
    build_ifd,
    grown_ifd,
    header,
    read_ifd,
)
from authoring.errors import DepthauthorError, MalformedError

ORIENTATION = 0x0112
EXIF_IFD = 0x8769
FOCAL_LENGTH = 0x920A
MAKER_NOTE = 0x927C
FOCAL_PLANE_X_RESOLUTION = 0xA20E
FOCAL_PLANE_Y_RESOLUTION = 0xA20F
FOCAL_PLANE_RESOLUTION_UNIT = 0xA210
CUSTOM_RENDERED = 0xA401
FOCAL_LENGTH_35MM = 0xA405

PORTRAIT_NOT_RENDERED = 9
"""CustomRendered of camera originals whose depth effect is not in the pixels (rw_ios11_test06)."""
RENDERED = (7, 8)
"""Portrait HDR and portrait: the blur is in the pixels."""

_LONGEST_FOCAL_MM = 20_000.0
"""Anything longer is no lens."""


@dataclass(frozen=True, slots=True)
class ExifFacts:
    """What the portrait marks in a block are; None where it does not say."""

    custom_rendered: int | None = None
    maker_note: bytes | None = None
    """Any maker's, whole."""


@dataclass(frozen=True, slots=True)
class LensFacts:
    """What a block says of the lens; None where it does not say, or says 0 for unknown."""

    focal_length_35mm: float | None = None
    """Equivalent on 36 by 24 mm film, digital zoom included (plain_iphone_telephoto: 177 of a 5.1 mm lens)."""
    focal_length_mm: float | None = None
    focal_plane_x_resolution: float | None = None
    """Pixels per unit along the sensor's width, of the frame below."""
    focal_plane_y_resolution: float | None = None
    focal_plane_unit: int | None = None
    """2 inch, 3 cm; 4 mm and 5 µm are written by some cameras (Exif 2.32, 4.6.5 gives 2 where it is absent)."""
    pixel_width: int | None = None
    """PixelXDimension, along the sensor: stays 4032 where iOS stored the photo as 3024 by 4032 (openize)."""
    pixel_height: int | None = None


@dataclass(frozen=True, slots=True)
class MarksResult:
    """A block with its marks."""

    exif: bytes
    """The same bytes where nothing had to change."""
    changes: tuple[str, ...]
    """What was changed, one sentence each."""
    notes: tuple[str, ...]
    """What was left alone, and what that costs."""


def facts_of(exif: bytes | None) -> ExifFacts:
    """CustomRendered and the maker note; damage reads as absence."""
    try:
        block = _Block(exif or b"")
    except MalformedError:
        return ExifFacts()
    custom, note = block.find(CUSTOM_RENDERED), block.find(MAKER_NOTE)
    return ExifFacts(
        custom.integer(block.order) if custom else None,
        note.value if note else None,
    )


def lens_of(exif: bytes | None) -> LensFacts:
    """What the block says of the lens; damage and impossible numbers read as absence."""
    try:
        block = _Block(exif or b"")
    except MalformedError:
        return LensFacts()

    def number(tag: int, most: float) -> float | None:
        entry = block.find(tag)
        value = entry.rational(block.order) if entry else None
        return value if value is not None and 0 < value <= most else None

    def whole(tag: int) -> int | None:
        value = number(tag, 1 << 31)
        return None if value is None else round(value)

    return LensFacts(
        focal_length_35mm=number(FOCAL_LENGTH_35MM, _LONGEST_FOCAL_MM),
        focal_length_mm=number(FOCAL_LENGTH, _LONGEST_FOCAL_MM),
        focal_plane_x_resolution=number(FOCAL_PLANE_X_RESOLUTION, 1e9),
        focal_plane_y_resolution=number(FOCAL_PLANE_Y_RESOLUTION, 1e9),
        focal_plane_unit=whole(FOCAL_PLANE_RESOLUTION_UNIT),
        pixel_width=whole(PIXEL_X_DIMENSION),
        pixel_height=whole(PIXEL_Y_DIMENSION),
    )


def with_portrait_marks(
    exif: bytes | None,
    *,
    replace_maker_note: bool = False,
    orientation: int | None = None,
    recorded: Recorded | None = None,
) -> MarksResult:
    """The block of a photo whose depth effect is not rendered, as Photos looks for it.

    Apple's maker note gets its two flags (`makernote.portrait_flags`); where there is none, the smallest one is
    added; another maker's stays unless `replace_maker_note`. CustomRendered becomes 9 where it was absent, 0
    or 1. Without a block one is made, with `orientation` (1 to 8) if one is given, and with the tags that are
    mandatory of a photo that is `recorded` so. A damaged block is left alone. Never raises for what the block holds.
    """
    if exif is None:
        return MarksResult(
            _new_block(orientation, recorded), ("an Exif block with the portrait marks was added",), ()
        )
    try:
        block = _Block(exif, recorded)
    except MalformedError as error:
        return MarksResult(exif, (), (f"{error.message}, so it was left alone and holds no portrait marks",))
    changes: list[str] = []
    notes: list[str] = []
    _mark_note(block, replace_maker_note, changes, notes)
    _mark_rendering(block, changes, notes)
    made = block.build()
    if block.reaches_beyond(len(made), replace_maker_note):
        trouble = "the Exif block is cut short: a value lies outside it"
        return MarksResult(exif, (), (f"{trouble}, so it was left alone and holds no portrait marks",))
    return MarksResult(made, tuple(changes), tuple(notes))


def _mark_rendering(block: _Block, changes: list[str], notes: list[str]) -> None:
    """CustomRendered."""
    entry = block.find(CUSTOM_RENDERED)
    if entry is None:
        block.add(CUSTOM_RENDERED, SHORT, 1, PORTRAIT_NOT_RENDERED)
        changes.append("Exif CustomRendered 9 was added")
        return
    value = entry.integer(block.order)
    if value in (0, 1):
        block.patch(entry, build_entry(block.order, entry.tag, entry.type, 1, PORTRAIT_NOT_RENDERED))
        changes.append(f"Exif CustomRendered: {value} became 9")
    elif value in RENDERED:
        notes.append(f"Exif CustomRendered is {value}, so Photos takes the blur for rendered; it was left")
    elif value != PORTRAIT_NOT_RENDERED:
        notes.append(f"Exif CustomRendered is {'unreadable' if value is None else value}; it was left")


def _mark_note(block: _Block, replace: bool, changes: list[str], notes: list[str]) -> None:
    """The maker note."""
    entry = block.find(MAKER_NOTE)
    if entry is None:
        block.add_value(MAKER_NOTE, UNDEFINED, _smallest_note())
        changes.append("a maker note in Apple's form with two entries was added")
        return
    note = entry.value
    trouble = ""
    if note is not None and makernote.is_apple(note):
        try:
            before = makernote.integers(note)
            wanted = makernote.portrait_flags(before)
            patched = makernote.patched_note(note, wanted)
        except DepthauthorError as error:
            trouble = error.message
        else:
            block.replace_value(entry, patched)
            for tag, value in wanted.items():
                if before.get(tag) != value:
                    was = f"{before[tag]} became {value}" if tag in before else f"{value} was added"
                    changes.append(f"maker note 0x{tag:04X}: {was}")
            return
    elif note is None:
        trouble = "the maker note lies outside the Exif block"
    else:
        trouble = "the maker note is another maker's"
    if replace:
        block.move_value(entry, _smallest_note())
        changes.append("the maker note was replaced by one in Apple's form with two entries")
        notes.append(f"{trouble}; what it told is no longer found by readers")
    else:
        notes.append(
            f"{trouble}, so it was left alone and Photos is not expected to show the portrait badge;"
            " --replace-maker-note puts Apple's in its place and loses what it tells"
        )


def _smallest_note() -> bytes:
    flags = makernote.portrait_flags({})
    return makernote.smallest_note(
        flags[makernote.IMAGE_PROCESSING_FLAGS], flags[makernote.PHOTOS_APP_FEATURE_FLAGS]
    )


def _new_block(orientation: int | None, recorded: Recorded | None) -> bytes:
    """A big-endian TIFF block: IFD0, Exif IFD, maker note, resolution."""
    note = _smallest_note()

    def first(exif_offset: int, resolution_offset: int) -> bytes:
        entries = first_entries(recorded, resolution_offset) if recorded else {}
        entries[EXIF_IFD] = build_entry(">", EXIF_IFD, LONG, 1, exif_offset)
        if orientation is not None:
            entries[ORIENTATION] = build_entry(">", ORIENTATION, SHORT, 1, orientation)
        return build_ifd(">", entries)

    def second(note_offset: int) -> bytes:
        return build_ifd(
            ">",
            exif_entries(">", recorded)
            | {
                MAKER_NOTE: build_entry(">", MAKER_NOTE, UNDEFINED, len(note), note_offset),
                CUSTOM_RENDERED: build_entry(">", CUSTOM_RENDERED, SHORT, 1, PORTRAIT_NOT_RENDERED),
            },
        )

    exif_offset = HEADER_BYTES + len(first(0, 0))
    note_offset = exif_offset + len(second(0))
    tail = note + (UNKNOWN_RESOLUTION if recorded else b"")
    head = struct.pack(">4sI", b"MM\0*", HEADER_BYTES)
    return head + first(exif_offset, note_offset + len(note)) + second(note_offset) + tail


class _Block:
    """A TIFF block under way: patches where things stand, and what goes to its end."""

    def __init__(self, source: bytes, recorded: Recorded | None = None) -> None:
        """Raises MalformedError where header, IFD0 or Exif IFD cannot be read."""
        self.recorded = recorded
        self.order, first_offset = header(source)
        self.first = read_ifd(source, first_offset, self.order, "the Exif block's first directory")
        self.exif: Ifd | None = None
        pointer = self.first.find(EXIF_IFD)
        if pointer is not None:
            offset = pointer.integer(self.order)
            if offset is None:
                raise MalformedError("the Exif block's pointer to its Exif directory is no offset")
            self.exif = read_ifd(source, offset, self.order, "the Exif block's Exif directory")
        self.work = bytearray(source)
        self.added: dict[int, bytes] = {}

    def find(self, tag: int) -> Entry | None:
        """The Exif IFD's entry, as it was read."""
        return self.exif.find(tag) if self.exif else None

    def reaches_beyond(self, size: int, but_for_note: bool) -> bool:
        """Whether a value that leaves the block ends within its first `size` bytes once there are so many.

        Bytes put behind the block would come to lie in that value, and a maker note be read as what it is not.
        """
        entries = (*self.first.entries, *(self.exif.entries if self.exif else ()))
        outside = [one for one in entries if one.value is None and one.type in SIZES]
        return any(
            one.value_place + SIZES[one.type] * one.count <= size
            for one in outside
            if not (but_for_note and one.tag == MAKER_NOTE)
        )

    def patch(self, entry: Entry, ready: bytes) -> None:
        """Put twelve bytes in the place of an entry."""
        self.work[entry.place : entry.place + len(ready)] = ready

    def add(self, tag: int, kind: int, count: int, value: int) -> None:
        """A new entry, in the directory that `build` makes."""
        self.added[tag] = build_entry(self.order, tag, kind, count, value)

    def add_value(self, tag: int, kind: int, value: bytes) -> None:
        """A new entry whose value goes to the end."""
        self.add(tag, kind, len(value), self._append(value))

    def replace_value(self, entry: Entry, value: bytes) -> None:
        """Another value: in place where the length is the same."""
        if entry.value is not None and len(value) == len(entry.value):
            self.work[entry.value_place : entry.value_place + len(value)] = value
        else:
            self.move_value(entry, value)

    def move_value(self, entry: Entry, value: bytes) -> None:
        """Another value at the end; the old bytes stay, and nothing points at them."""
        offset = self._append(value)
        self.patch(entry, build_entry(self.order, entry.tag, UNDEFINED, len(value), offset))

    def build(self) -> bytes:
        """The block, with its grown directories at the end where there are any."""
        if not self.added:
            return bytes(self.work)
        if self.exif is not None:
            exif_ifd = grown_ifd(bytes(self.work), self.exif, self.order, self.added)
        else:
            exif_ifd = build_ifd(self.order, exif_entries(self.order, self.recorded) | self.added)
        ready = build_entry(self.order, EXIF_IFD, LONG, 1, self._append(exif_ifd))
        pointer = self.first.find(EXIF_IFD)
        if pointer is not None:
            self.patch(pointer, ready)
        else:
            first = self._append(grown_ifd(bytes(self.work), self.first, self.order, {EXIF_IFD: ready}))
            struct.pack_into(self.order + "I", self.work, 4, first)
        return bytes(self.work)

    def _append(self, value: bytes) -> int:
        """Offset of what was put at the end: even, as TIFF 6.0 asks of values and directories."""
        if self.first.next_offset > len(self.work) - 2:
            # A link that leads nowhere must not lead into what is put behind the block.
            self.first = replace(self.first, next_offset=0)
            self.work[self.first.end : self.first.end + 4] = bytes(4)
        self.work += b"\0" * (len(self.work) % 2)
        offset = len(self.work)
        self.work += value
        return offset
