"""Write the portrait tags into a photo's Exif block: CustomRendered, and an Apple maker note or two flags of one.

A block is never rewritten. Numbers are patched in place. What is missing is appended to the block, a grown
directory with it, and only the pointer to that directory changes: all other bytes keep their offsets, so that
offsets inside another maker's note stay true.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

from authoring.apple import makernote
from authoring.apple.exif import (
    CUSTOM_RENDERED,
    MAKER_NOTE,
    PORTRAIT_NOT_RENDERED,
    RENDERED,
    ExifDirectories,
    read_directories,
)
from authoring.apple.exif_required import ImageCharacteristics, build_required_block, required_exif_entries
from authoring.apple.exif_tags import Tags, read_tags
from authoring.errors import DepthauthorError, MalformedError
from authoring.tiff import ENTRY_BYTES, EXIF_IFD, IfdEntry, TiffType, build_entry, build_ifd, insert_entries

MINIMAL_NOTE = makernote.minimal_note(makernote.portrait_flags({}))
"""Apple's maker note with nothing but the two flags of a portrait that is not blurred yet."""


@dataclass(frozen=True, slots=True)
class PortraitExif:
    """An Exif block with the portrait tags."""

    exif: bytes
    """The same bytes if nothing had to change."""
    changes: tuple[str, ...] = ()
    """What was changed, one sentence each."""
    notes: tuple[str, ...] = ()
    """What was left alone, and what that costs."""


@dataclass(frozen=True, slots=True)
class _Edit:
    """A new value of one tag, and what to say about it."""

    value: bytes | None = None
    """None leaves the tag as it is."""
    changes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    replaces: IfdEntry | None = None
    """The entry whose contents readers no longer find."""


def add_portrait_tags(
    block: bytes | None,
    image: ImageCharacteristics,
    *,
    orientation: int | None = None,
    new_note: bytes | None = MINIMAL_NOTE,
    replace_maker_note: bool = False,
    erase_replaced: bool = False,
) -> PortraitExif:
    """Return the Exif block of a photo whose depth effect is not rendered, as Photos looks for it.

    Apple's maker note gets its two flags (`makernote.portrait_flags`). If there is no note, `new_note` is added, and
    it takes the place of a note that holds nothing but those flags; another maker's stays unless `replace_maker_note`,
    and then its bytes stay where they are, with nothing that points to them, unless `erase_replaced`.
    With None as `new_note` maker notes are left as they are. CustomRendered becomes 9 if it was absent, 0 or 1.
    Without a block one is made, with `orientation` (1..8) and the tags that the standard requires of `image`. A
    damaged block is left alone; nothing in a block raises an error.
    """
    if block is None:
        what = "an Exif block with the portrait tags"
        if new_note is not None:
            what += f" and a maker note in Apple's form with {len(makernote.read_entries(new_note))} entries"
        return PortraitExif(_fresh_block(image, orientation, new_note), (f"{what} was added",))
    try:
        directories = read_directories(block)
    except MalformedError as error:
        return _left_alone(block, error.message)
    note = _Edit()
    if new_note is not None:
        note = _edit_maker_note(directories.find(MAKER_NOTE), new_note, replace_maker_note)
    rendered = _edit_custom_rendered(directories.find(CUSTOM_RENDERED), directories.ifd0.order)
    result = _apply(block, directories, note.value, rendered.value, image)
    if _reaches_outside(directories, len(result), replace_maker_note):
        return _left_alone(block, "the Exif block is cut short: a value is outside it")
    has_exif = directories.exif is not None
    try:
        if result != block and _other_tags(result, has_exif) != _other_tags(block, has_exif):
            return _left_alone(block, "the Exif block has directories and values that overlap")
    except MalformedError as error:
        return _left_alone(block, error.message)
    kept: tuple[str, ...] = ()
    if note.replaces is not None:
        result, sentence = _without_value(result, note.replaces) if erase_replaced else (result, _NOTE_STAYS)
        kept = (sentence,)
    return PortraitExif(result, note.changes + rendered.changes, note.notes + kept + rendered.notes)


_NOTE_STAYS = (
    "the replaced maker note stays in the file, hidden from readers, so that strip --restore can bring it back; "
    "--no-restore-record erases it"
)


def _without_value(block: bytes, entry: IfdEntry) -> tuple[bytes, str]:
    """Return the block with zeros for the value of an entry that was replaced, and what to say."""
    value = entry.value or b""
    erased = "the replaced maker note was erased"
    if block[entry.value_offset : entry.value_offset + len(value)] != value:
        return block, erased  # The new value was written over it.
    result = _overwrite(block, entry.value_offset, bytes(len(value)))
    if read_tags(result) != read_tags(block):
        return (
            block,
            "the replaced maker note stays in the file, since other values of the Exif block share its bytes",
        )
    return result, erased


def _left_alone(block: bytes, problem: str) -> PortraitExif:
    return PortraitExif(block, notes=(f"{problem}, so it was left alone and holds no portrait tags",))


def _edit_custom_rendered(entry: IfdEntry | None, order: str) -> _Edit:
    """Return the new entry of CustomRendered, 12 bytes."""
    if entry is None:
        added = build_entry(order, CUSTOM_RENDERED, TiffType.SHORT, 1, PORTRAIT_NOT_RENDERED)
        return _Edit(added, changes=("Exif CustomRendered 9 was added",))
    value = entry.integer()
    if value in (0, 1):
        changed = build_entry(order, entry.tag, entry.type, 1, PORTRAIT_NOT_RENDERED)
        return _Edit(changed, changes=(f"Exif CustomRendered: {value} became 9",))
    if value in RENDERED:
        return _Edit(
            notes=(f"Exif CustomRendered is {value}, so Photos takes the blur for rendered; it was left",)
        )
    if value != PORTRAIT_NOT_RENDERED:
        stated = "unreadable" if value is None else value
        return _Edit(notes=(f"Exif CustomRendered is {stated}; it was left",))
    return _Edit()


def _edit_maker_note(entry: IfdEntry | None, new_note: bytes, replace_note: bool) -> _Edit:
    """Return the new maker note."""
    entries = len(makernote.read_entries(new_note))
    if entry is None:
        return _Edit(new_note, changes=(f"a maker note in Apple's form with {entries} entries was added",))
    if entry.value is None:
        problem = "the maker note is outside the Exif block"
    elif not makernote.is_apple(entry.value):
        problem = "the maker note is another maker's"
    else:
        try:
            if entries > 2 and _is_minimal(entry.value):
                change = (
                    f"the maker note of the portrait flags alone was replaced by one with {entries} entries"
                )
                return _Edit(new_note, changes=(change,))
            return _edit_apple_note(entry.value)
        except DepthauthorError as error:
            problem = error.message
    if replace_note:
        return _Edit(
            new_note,
            replaces=entry if entry.value else None,
            changes=(f"the maker note was replaced by one in Apple's form with {entries} entries",),
            notes=(f"{problem}; readers no longer find its contents",),
        )
    return _Edit(
        notes=(
            f"{problem}, so it was left alone and Photos is not expected to show the portrait badge;"
            " --replace-maker-note puts Apple's in its place, and readers no longer find its contents",
        )
    )


def _is_minimal(note: bytes) -> bool:
    """Whether a note holds nothing but the two flags, as earlier versions of this tool wrote it."""
    makernote.check_counts(note)
    flags = {makernote.IMAGE_PROCESSING_FLAGS, makernote.PHOTOS_APP_FEATURE_FLAGS}
    return {entry.tag for entry in makernote.read_entries(note)} <= flags


def _edit_apple_note(note: bytes) -> _Edit:
    before = makernote.integers(note)
    flags = makernote.portrait_flags(before)
    changes = []
    for tag, value in flags.items():
        if before.get(tag) != value:
            change = f"{before[tag]} became {value}" if tag in before else f"{value} was added"
            changes.append(f"maker note 0x{tag:04X}: {change}")
    return _Edit(makernote.with_integers(note, flags), tuple(changes))


def _fresh_block(image: ImageCharacteristics, orientation: int | None, note: bytes | None) -> bytes:
    """Return a block of IFD0, Exif IFD and, unless it is None, a maker note."""
    block = build_required_block(image, orientation)
    exif = read_directories(block).exif
    assert exif is not None
    added = {CUSTOM_RENDERED: build_entry(">", CUSTOM_RENDERED, TiffType.SHORT, 1, PORTRAIT_NOT_RENDERED)}
    if note is not None:
        # piexif leaves out the link after the Exif IFD, which TIFF 6.0 (section 2) asks for: a reader would take the
        # start of the maker note for one. So these two tags are added here.
        note_offset = exif.end + 2 * ENTRY_BYTES + 4
        added[MAKER_NOTE] = build_entry(">", MAKER_NOTE, TiffType.UNDEFINED, len(note), note_offset)
    return block[: exif.offset] + insert_entries(block, exif, added) + (note or b"")


def _apply(
    block: bytes,
    directories: ExifDirectories,
    note: bytes | None,
    rendered: bytes | None,
    image: ImageCharacteristics,
) -> bytes:
    """Return the block with another maker note and another entry of CustomRendered; None leaves one as it is."""
    old_size = len(block)
    ifd0, order = directories.ifd0, directories.ifd0.order
    entries: dict[int, bytes] = {} if rendered is None else {CUSTOM_RENDERED: rendered}
    old_note = directories.find(MAKER_NOTE)
    if note is not None:
        # Another maker's note may share its bytes with a directory of a damaged block.
        old_value = (old_note.value if old_note else None) or b""
        if old_note is not None and makernote.is_apple(old_value) and len(old_value) == len(note):
            block = _overwrite(block, old_note.value_offset, note)
        else:
            block, offset = _append(block, note)
            entries[MAKER_NOTE] = build_entry(order, MAKER_NOTE, TiffType.UNDEFINED, len(note), offset)
    added = {}
    for tag, entry in entries.items():
        old = directories.find(tag)
        if old is None:
            added[tag] = entry
        else:
            block = _overwrite(block, old.offset, entry)
    # A link to a second directory that leads outside the block must not lead into what is appended.
    dead_link = ifd0.next_offset > old_size - 2
    if dead_link:
        ifd0 = replace(ifd0, next_offset=0)
    if added:
        block = _add_entries(block, replace(directories, ifd0=ifd0), added, image)
    return _overwrite(block, ifd0.end, bytes(4)) if dead_link and len(block) > old_size else block


def _add_entries(
    block: bytes, directories: ExifDirectories, added: dict[int, bytes], image: ImageCharacteristics
) -> bytes:
    """Return the block with more entries in its Exif IFD: a grown copy at the end, and a pointer to it."""
    ifd0, order = directories.ifd0, directories.ifd0.order
    if directories.exif is not None:
        exif = insert_entries(block, directories.exif, added)
    else:
        entries = required_exif_entries(order, image) | added
        exif = build_ifd(order, [entries[tag] for tag in sorted(entries)])
    block, offset = _append(block, exif)
    pointer = build_entry(order, EXIF_IFD, TiffType.LONG, 1, offset)
    old = ifd0.find(EXIF_IFD)
    if old is not None:
        return _overwrite(block, old.offset, pointer)
    block, offset = _append(block, insert_entries(block, ifd0, {EXIF_IFD: pointer}))
    return _overwrite(block, 4, struct.pack(order + "I", offset))


def _overwrite(block: bytes, offset: int, value: bytes) -> bytes:
    return block[:offset] + value + block[offset + len(value) :]


def _append(block: bytes, value: bytes) -> tuple[bytes, int]:
    """Return the block with a value at its end, and the value's offset: even, as TIFF 6.0 asks."""
    block += bytes(len(block) % 2)
    return block + value, len(block)


def _other_tags(block: bytes, has_exif: bool) -> Tags:
    """Return every tag but those that are written here: two of the Exif IFD, or all of it if there was none.

    In a block with a wrong count of entries, what is taken for the link after a directory may be part of a value.
    """
    written = {("Exif", CUSTOM_RENDERED), ("Exif", MAKER_NOTE)}
    return {
        key: value
        for key, value in read_tags(block).items()
        if key not in written and (has_exif or key[0] != "Exif")
    }


def _reaches_outside(directories: ExifDirectories, new_size: int, but_note: bool) -> bool:
    """Whether a value that was outside the block is inside the longer one.

    It would consist of the appended bytes: a maker note, say, would be read as another value.
    """
    entries = (*directories.ifd0.entries, *(directories.exif.entries if directories.exif else ()))
    return any(
        entry.value is None
        and entry.size is not None
        and entry.value_offset + entry.size <= new_size
        and not (but_note and entry.tag == MAKER_NOTE)
        for entry in entries
    )
