"""The nominal maker note and a donor's: numbers of a capture, and nothing that belongs to a person or a moment."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from authoring import containers
from authoring.apple import makernote
from authoring.apple.exif import read_portrait_tags
from authoring.apple.exif_required import ImageCharacteristics
from authoring.apple.makernote import NoteEntry, build_note, donated_note, minimal_note, read_entries
from authoring.apple.nominal_maker_note import NOMINAL, nominal_note
from authoring.apple.portrait_exif import add_portrait_tags
from authoring.tiff import TiffType

Sample = Callable[[str], bytes]

IMAGE = ImageCharacteristics(4032, 3024)
LEFT_OUT = {0x03, 0x17, 0x1A, 0x20, 0x25, 0x2B}
"""Of pug: the time, two numbers of 64 bits, and the three texts."""


def note_of(data: bytes) -> bytes:
    note = read_portrait_tags(containers.parse(data).layout.exif).maker_note
    assert note is not None
    return note


def rows(note: bytes) -> dict[int, tuple[int, int, bytes | None]]:
    return {entry.tag: (entry.type, entry.count, entry.value) for entry in read_entries(note)}


def test_the_table_is_pugs_note_but_for_what_is_left_out(sample: Sample) -> None:
    pug = rows(note_of(sample("pug.heic")))
    nominal = rows(nominal_note(gain_map=True))
    assert len(pug) == 52 and set(pug) - set(nominal) == LEFT_OUT and set(nominal) <= set(pug)
    assert {tag for tag in nominal if nominal[tag] != pug[tag]} == {0x19, 0x1F}
    assert nominal_note(gain_map=True) == donated_note(note_of(sample("pug.heic")), gain_map=True)


@pytest.mark.parametrize("gain_map", [True, False])
def test_the_nominal_note_is_sound(gain_map: bool) -> None:
    note = nominal_note(gain_map=gain_map)
    makernote.check_counts(note)
    entries = read_entries(note)
    tags = [entry.tag for entry in entries]
    assert tags == sorted(set(tags)) and len(tags) == (46 if gain_map else 45)
    assert all(entry.type != TiffType.ASCII for entry in entries)
    assert (0x21 in tags) == gain_map
    values = makernote.integers(note)
    assert (values[0x19], values[0x1F]) == (0x22, 1)
    assert set(makernote.TESTED_TAGS) <= set(tags)
    assert all(tag == entry.tag for tag, entry in zip(tags, entries, strict=True))
    # The last value ends with the note: no byte is left over and none is missing.
    assert max(entry.value_offset + len(entry.value or b"") for entry in entries) == len(note)


def test_every_entry_has_a_row_of_its_own() -> None:
    assert [row[0] for row in NOMINAL] == sorted({row[0] for row in NOMINAL})


@pytest.mark.parametrize("gain_map", [True, False])
@pytest.mark.parametrize(
    "name", ["openize_14pro_portrait.heic", "fidmaa_selfie_depth.heic", "plain_iphone_telephoto.heic"]
)
def test_a_donors_numbers_without_its_person(sample: Sample, name: str, gain_map: bool) -> None:
    source = note_of(sample(name))
    before = rows(source)
    note = donated_note(source, gain_map=gain_map)
    assert note is not None
    makernote.check_counts(note)
    after = rows(note)
    assert all(after[tag] == before[tag] for tag in after.keys() - {0x19, 0x1F})
    left_out = set(before) - set(after)
    texts = {tag for tag, (kind, _, _) in before.items() if kind == TiffType.ASCII}
    gain = {0x21, 0x30} & set(before)
    assert left_out == texts | {0x03, 0x17, 0x25} | (set() if gain_map else gain)
    flags = makernote.integers(note)
    assert flags[0x19] & 0x60 == 0x20 and flags[0x1F] & 1
    assert donated_note(note, gain_map=gain_map) == note


def test_a_little_endian_donor_keeps_its_numbers() -> None:
    tags = [*range(1, 9), 0x14, 0x2E]
    body = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHIi", tag, 9, 1, tag * 3) for tag in tags)
    note = donated_note(makernote.MAGIC + b"\0\x01II" + body + bytes(4), gain_map=False)
    assert note is not None and note[12:14] == b"MM"
    expected = {tag: 3 * tag for tag in tags if tag != 0x03} | {0x19: 0x20, 0x1F: 1}
    assert makernote.integers(note) == expected


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"Nikon\0 and more",
        minimal_note({0x19: 0x20, 0x1F: 1}),
        minimal_note(dict.fromkeys(range(0x30, 0x50), 1)),
        nominal_note(gain_map=False)[:-1],
    ],
    ids=["empty", "foreign", "two flags", "without the tested tags", "cut short"],
)
def test_what_gives_no_note(note: bytes) -> None:
    assert donated_note(note, gain_map=True) is None


def test_unknown_blocks_and_long_numbers_are_not_taken() -> None:
    entries = {tag: NoteEntry(tag, TiffType.SLONG, bytes(4)) for tag in range(1, 0x40)}
    entries[0x35] = NoteEntry(0x35, TiffType.UNDEFINED, b"an address of somebody")
    entries[0x36] = NoteEntry(0x36, TiffType.LONG8, bytes(8))
    entries[0x37] = NoteEntry(0x37, TiffType.BYTE, b"a name")
    note = donated_note(build_note(list(entries.values())), gain_map=True)
    assert note is not None and not {0x35, 0x36, 0x37} & set(rows(note)) and 0x34 in rows(note)


def test_a_note_of_the_two_flags_is_upgraded_and_no_other() -> None:
    full = nominal_note(gain_map=False)
    old = add_portrait_tags(None, IMAGE).exif
    new = add_portrait_tags(old, IMAGE, new_note=full)
    assert read_portrait_tags(new.exif).maker_note == full
    assert new.changes == ("the maker note of the portrait flags alone was replaced by one with 45 entries",)
    # So is one that holds a single flag: the next embed would take it for ours.
    single = add_portrait_tags(None, IMAGE, new_note=minimal_note({0x19: 0x20})).exif
    assert read_portrait_tags(add_portrait_tags(single, IMAGE, new_note=full).exif).maker_note == full
    # The small one does not replace the full one, and a third entry makes a note another's.
    assert add_portrait_tags(new.exif, IMAGE).exif == new.exif
    three = add_portrait_tags(None, IMAGE, new_note=minimal_note({0x14: 10, 0x19: 0x20, 0x1F: 1})).exif
    assert add_portrait_tags(three, IMAGE, new_note=full).exif == three


def test_none_leaves_maker_notes_alone(sample: Sample) -> None:
    for block in (
        None,
        containers.parse(sample("plain_iphone_telephoto.heic")).layout.exif,
        containers.parse(sample("edge_mpf_45gps.jpg")).layout.exif,
        containers.parse(sample("edge_gray.jpg")).layout.exif,
    ):
        result = add_portrait_tags(block, IMAGE, new_note=None)
        assert read_portrait_tags(result.exif).maker_note == read_portrait_tags(block).maker_note
        assert read_portrait_tags(result.exif).custom_rendered == 9
