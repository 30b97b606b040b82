"""Portrait tags in Exif and Apple's maker note: all other tags read the same afterwards."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authoring import containers, tiff
from authoring.apple import makernote
from authoring.apple.exif import LensTags, read_brightness, read_lens, read_portrait_tags
from authoring.apple.exif_required import ImageCharacteristics
from authoring.apple.makernote import minimal_note, read_entries, with_integers
from authoring.apple.portrait_exif import PortraitExif, add_portrait_tags
from authoring.apple.portrait_metadata import PortraitMetadata, read_portrait_metadata
from authoring.errors import DepthauthorError, MalformedError, UnsupportedError

APPLE = [
    # file, CustomRendered, 0x0019, 0x001F before; whether the block keeps its length; 9 after
    ("pug.heic", 8, 98, 0, True),
    ("openize_14pro_portrait.heic", 8, 96, 0, True),
    ("fidmaa_selfie_depth.heic", 8, 96, 0, True),
    ("lyangas_12mini_gainmap_depth.jpg", 8, 98, 0, True),
    ("shu_matte.jpg", 8, 104, 1, True),
    ("rw_ios11_test06.jpg", 9, 32, None, False),
    ("plain_iphone_telephoto.heic", None, 0, 0, False),
    ("edge_iphone_mpf_gainmap.jpg", None, 2, 0, False),
]
NO_NOTE = [
    "edge_orient6_portrait.jpg",
    "edge_progressive_nikon.jpg",
    "edge_gray.jpg",
    "edge_truncated_no_eoi.jpg",
]
FOREIGN = ["aux_YCbCr.heic", "edge_mpf_45gps.jpg"]

Sample = Callable[[str], bytes]

IMAGE = ImageCharacteristics(4032, 3024)
FLAGS = {0x19: 0x20, 0x1F: 1}


def tagged(block: bytes | None, *, orientation: int | None = None, replace: bool = False) -> PortraitExif:
    return add_portrait_tags(block, IMAGE, orientation=orientation, replace_maker_note=replace)


def metadata(block: bytes) -> PortraitMetadata:
    return read_portrait_metadata(block, None)


def exif_of(data: bytes) -> bytes:
    exif = containers.parse(data).layout.exif
    assert exif is not None
    return exif


Read = dict[str, str]


@pytest.fixture
def reading(tool: Callable[..., str], tmp_path: Path) -> Callable[..., list[Read]]:
    """Return all that exiftool reads in TIFF blocks, unknown tags too."""

    def read(*blocks: bytes) -> list[Read]:
        paths = [tmp_path / f"{number}.tif" for number in range(len(blocks))]
        for path, block in zip(paths, blocks, strict=True):
            path.write_bytes(block)
        answers = json.loads(tool("exiftool", "-q", "-j", "-a", "-G1", "-n", "-U", "-b", *paths))
        return [
            {
                key: repr(value)
                for key, value in answer.items()
                if not key.startswith(("SourceFile", "System:", "ExifTool:ExifToolVersion"))
            }
            for answer in answers
        ]

    return read


def changed(before: Read, after: Read) -> set[str]:
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


@pytest.mark.parametrize(("name", "custom", "flags", "features", "same_length"), APPLE)
def test_every_entry_of_an_iphone_still_reads_the_same(
    sample: Sample,
    reading: Callable[..., list[Read]],
    name: str,
    custom: int | None,
    flags: int,
    features: int | None,
    same_length: bool,
) -> None:
    before = exif_of(sample(name))
    portrait = metadata(before)
    assert (portrait.custom_rendered, portrait.image_processing_flags, portrait.photos_app_flags) == (
        custom,
        flags,
        features,
    )
    assert portrait.is_blur_rendered == (custom == 8)

    result = tagged(before)
    after = result.exif
    portrait = metadata(after)
    assert portrait.custom_rendered == (custom or 9)
    assert portrait.image_processing_flags == flags & ~0x40 | 0x20
    assert portrait.photos_app_flags == (features or 0) | 1
    assert (len(after) == len(before)) == same_length
    assert tagged(after).exif == after and not tagged(after).changes
    assert bool(result.notes) == (custom == 8)

    # Bytes: everything of the old block stands where it stood, save a handful.
    differing = [i for i in range(len(before)) if before[i] != after[i]]
    assert len(differing) <= 8, differing
    # Entries: each of the old ones reads the same, in the note and by exiftool.
    old, new = read_portrait_tags(before).maker_note, read_portrait_tags(after).maker_note
    assert old is not None and new is not None
    makernote.check_counts(new)
    values = {entry.tag: entry.value for entry in read_entries(new)}
    count = len(values)
    for entry in read_entries(old):
        if entry.tag not in (0x19, 0x1F):
            assert values.pop(entry.tag) == entry.value, hex(entry.tag)
    assert set(values) == {0x19, 0x1F}
    read = reading(before, after)
    assert sum(key.startswith("Apple:") for key in read[0]) >= count
    keys = changed(*read)
    assert keys and all(
        any(
            word in key
            for word in ("CustomRendered", "0x0019", "0x001f", "0019", "001f", "ImageProcessingFlags")
        )
        for key in keys
    ), keys


@pytest.mark.parametrize("tags", [{0x19: 32}, {0x1F: 1}, {0x02FF: 7, 0x0000: 3}, {0x18: 1, 0x1E: -1}])
@pytest.mark.parametrize("name", [row[0] for row in APPLE])
def test_an_added_entry_changes_no_other(sample: Sample, name: str, tags: dict[int, int]) -> None:
    note = read_portrait_tags(exif_of(sample(name))).maker_note
    assert note is not None
    old = {entry.tag: entry.value for entry in read_entries(note)}
    new = {tag: value for tag, value in tags.items() if tag not in old}
    grown = with_integers(note, tags)
    makernote.check_counts(grown)
    assert len(grown) == len(note) + 12 * len(new)
    again = read_entries(grown)
    assert [entry.tag for entry in again] == sorted([*old, *new])
    values = makernote.integers(grown)
    for entry in again:
        if entry.tag in tags:
            assert values[entry.tag] == tags[entry.tag]
        else:
            assert entry.value == old[entry.tag], hex(entry.tag)


def test_a_grown_note_reads_the_same_in_exiftool(sample: Sample, reading: Callable[..., list[Read]]) -> None:
    # rw has no 0x001F; take 0x0019 out of pug's to see the large one grow too.
    before = exif_of(sample("pug.heic"))
    note = read_portrait_tags(before).maker_note
    assert note is not None
    place = before.index(note)
    entry = next(item for item in read_entries(note) if item.tag == 0x19)
    renamed = note[: entry.offset] + struct.pack(">H", 0x18) + note[entry.offset + 2 :]
    before = before.replace(note, renamed)
    after = tagged(before).exif
    assert len(after) == len(before) + len(note) + 12 and after[place:][: len(note)] == renamed
    keys = changed(*reading(before, after))
    assert keys and all("0019" in key or "001f" in key or "ImageProcessingFlags" in key for key in keys), keys


@pytest.mark.parametrize("name", NO_NOTE)
def test_a_block_without_a_note_gets_a_minimal_one(
    sample: Sample, reading: Callable[..., list[Read]], name: str
) -> None:
    before = exif_of(sample(name))
    result = tagged(before)
    assert not result.notes and len(result.changes) == 2
    portrait = metadata(result.exif)
    assert (portrait.custom_rendered, portrait.image_processing_flags, portrait.photos_app_flags) == (
        9,
        32,
        1,
    )
    assert sum(a != b for a, b in zip(before, result.exif, strict=False)) <= 4, "one pointer"
    old, new = reading(before, result.exif)
    assert all(new.get(key) == value for key, value in old.items()), changed(old, new)
    assert new["ExifIFD:CustomRendered"] == "9"


@pytest.mark.parametrize("name", FOREIGN)
def test_another_makers_note_stays_unless_asked(
    sample: Sample, reading: Callable[..., list[Read]], name: str
) -> None:
    before = exif_of(sample(name))
    note = read_portrait_tags(before).maker_note
    assert note
    left = tagged(before)
    assert (
        read_portrait_tags(left.exif).maker_note == note
        and read_portrait_tags(left.exif).custom_rendered == 9
    )
    assert "--replace-maker-note" in left.notes[0]
    old, new = reading(before, left.exif)
    assert all(new.get(key) == value for key, value in old.items()), changed(old, new)

    replaced = tagged(before, replace=True)
    portrait = metadata(replaced.exif)
    assert (portrait.custom_rendered, portrait.image_processing_flags, portrait.photos_app_flags) == (
        9,
        32,
        1,
    )
    assert "no longer find" in replaced.notes[0] and note in replaced.exif


@pytest.mark.parametrize("orientation", [None, 1, 6])
def test_a_photo_without_exif_gets_a_minimal_block(
    reading: Callable[..., list[Read]], orientation: int | None
) -> None:
    result = tagged(None, orientation=orientation)
    (tags,) = reading(result.exif)
    assert tags["ExifIFD:CustomRendered"] == "9" and tags["ExifIFD:ExifVersion"] == "'0232'"
    assert tags.get("IFD0:Orientation") == (None if orientation is None else str(orientation))
    assert "32" in {value for key, value in tags.items() if key.startswith("Apple:")}
    assert not [key for key in tags if "Warning" in key]
    assert tagged(result.exif).exif == result.exif
    assert tiff.orientation(result.exif) == orientation


def test_the_minimal_note() -> None:
    note = minimal_note(FLAGS)
    assert note == bytes.fromhex(
        "4170706c6520694f530000014d4d0002 0019000900000001 00000020 001f000900000001 00000001 00000000"
    )
    makernote.check_counts(note)
    assert makernote.integers(note) == {0x19: 32, 0x1F: 1}


def block_of(order: str, custom: bytes | None, note: bytes | None, exif: bool = True) -> bytes:
    """Build a small TIFF block by hand."""
    entries = []
    place = 8 + 2 + 12 + 4 + 2 + 12 * ((custom is not None) + (note is not None)) + 4
    if note is not None:
        entries.append(struct.pack(order + "HHII", 0x927C, 7, len(note), place))
    if custom is not None:
        entries.append(custom)
    first = (
        struct.pack(order + "HHII", 0x8769, 4, 1, 26) if exif else struct.pack(order + "HHII", 0x100, 4, 1, 9)
    )
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    return b"".join(
        (
            head + struct.pack(order + "H", 1) + first + bytes(4),
            struct.pack(order + "H", len(entries)) + b"".join(entries) + bytes(4),
            note or b"",
        )
    )


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    ("value", "after"),
    [(0, 9), (1, 9), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6), (7, 7), (8, 8), (9, 9), (65535, 65535)],
)
def test_new_value_of_custom_rendered(order: str, value: int, after: int) -> None:
    custom = struct.pack(order + "HHIHH", 0xA401, 3, 1, value, 0)
    result = tagged(block_of(order, custom, minimal_note(FLAGS)))
    assert read_portrait_tags(result.exif).custom_rendered == after
    assert bool(result.changes) == (value in (0, 1)) and bool(result.notes) == (value not in (0, 1, 9))


@pytest.mark.parametrize("order", "<>")
def test_a_block_without_an_exif_directory_gets_one(reading: Callable[..., list[Read]], order: str) -> None:
    before = block_of(order, None, None, exif=False)
    result = tagged(before)
    portrait = metadata(result.exif)
    assert (portrait.custom_rendered, portrait.image_processing_flags, portrait.photos_app_flags) == (
        9,
        32,
        1,
    )
    assert result.exif[8 : len(before)] == before[8:]
    (tags,) = reading(result.exif)
    assert tags["IFD0:ImageWidth"] == "9" and not [key for key in tags if "Warning" in key]


def with_counts(note: bytes, entries: int) -> bytes:
    return note[:14] + struct.pack(">H", entries) + note[16:]


LONG_NOTE = (
    makernote.HEAD
    + struct.pack(">H", 2)
    + struct.pack(">HHII", 0x08, 10, 1, 44)
    + struct.pack(">HHIi", 0x19, 9, 1, 0)
    + bytes(4)
    + bytes(8)
)


@pytest.mark.parametrize(
    ("note", "words"),
    [
        (LONG_NOTE[:-1], "outside the note"),
        (with_counts(LONG_NOTE, 1), "something else"),
        (with_counts(LONG_NOTE, 3), "reach into|more than there is room"),
        (with_counts(LONG_NOTE, 600), "600 entries"),
        (LONG_NOTE[:12] + b"XX" + LONG_NOTE[14:], "byte order"),
        (LONG_NOTE[:14], "outside its block"),
        (
            LONG_NOTE.replace(struct.pack(">HHI", 0x19, 9, 1), struct.pack(">HHI", 0x19, 7, 4)),
            "not one whole number",
        ),
        (LONG_NOTE + bytes(70_000), "at most"),
    ],
)
def test_a_broken_note_is_left_alone(note: bytes, words: str) -> None:
    with pytest.raises(MalformedError, match=words):
        with_integers(note, {0x19: 32, 0x1F: 1})
    before = block_of(">", None, note)
    left = tagged(before)
    assert (
        read_portrait_tags(left.exif).maker_note == note
        and read_portrait_tags(left.exif).custom_rendered == 9
    )
    assert "left alone" in left.notes[0]
    replaced = tagged(before, replace=True)
    assert read_portrait_tags(replaced.exif).maker_note == minimal_note(FLAGS)


def test_an_entry_of_unknown_type_forbids_growth() -> None:
    odd = LONG_NOTE.replace(struct.pack(">HHI", 0x08, 10, 1), struct.pack(">HHI", 0x08, 99, 1))
    with pytest.raises(UnsupportedError, match="type 99"):
        with_integers(odd, {0x1F: 1})
    assert makernote.integers(with_integers(odd, {0x19: 32})) == {0x19: 32}
    with pytest.raises(MalformedError, match="no room"):
        with_integers(LONG_NOTE, {0x19: 1 << 40})


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"MM\0*",
        b"GIF89a" + bytes(20),
        b"MM\0*" + struct.pack(">I", 4000),
        b"MM\0*" + struct.pack(">IH", 8, 600) + bytes(100),
        b"MM\0*" + struct.pack(">IHHHII", 8, 1, 0x8769, 4, 1, 4000) + bytes(4),
        b"MM\0*" + struct.pack(">IHHHII", 8, 1, 0x8769, 5, 1, 8) + bytes(4),
    ],
)
def test_a_damaged_block_is_left_alone(block: bytes) -> None:
    result = tagged(block)
    assert result.exif == block and not result.changes and len(result.notes) == 1
    assert read_portrait_tags(block).custom_rendered is None and read_lens(block) == LensTags()


def test_lens_facts(sample: Sample) -> None:
    openize = read_lens(exif_of(sample("openize_14pro_portrait.heic")))
    assert openize.focal_length_35mm == 48
    assert openize.focal_length_mm == pytest.approx(6.86)
    assert (openize.pixel_width, openize.pixel_height) == (4032, 3024), "sensor-wise; stored 3024 by 4032"
    assert read_lens(exif_of(sample("plain_iphone_telephoto.heic"))).focal_length_35mm == 177
    assert read_lens(exif_of(sample("edge_gray.jpg"))) == LensTags()
    assert read_lens(None) == LensTags()


def test_brightness(sample: Sample) -> None:
    assert read_brightness(exif_of(sample("pug.heic"))) == pytest.approx(3.6219, abs=1e-4)
    assert read_brightness(exif_of(sample("edge_gray.jpg"))) is None and read_brightness(None) is None


@pytest.mark.parametrize(
    ("numerator", "denominator", "value"), [(-3, 2, -1.5), (7, 1, 7.0), (5, 0, None), (-1, 1, None)]
)
def test_brightness_that_is_stated_as_unknown(numerator: int, denominator: int, value: float | None) -> None:
    """Exif 2.32, 4.6.5: FFFFFFFF, which is -1 as the numerator of a signed fraction, stands for unknown."""
    entry = struct.pack(">HHII", 0x9203, 10, 1, 26 + 2 + 12 + 4)
    head = b"MM\0*" + struct.pack(">IHHHII", 8, 1, 0x8769, 4, 1, 26) + bytes(4)
    block = head + struct.pack(">H", 1) + entry + bytes(4) + struct.pack(">ii", numerator, denominator)
    assert read_brightness(block) == value


def test_impossible_lenses_count_as_absent() -> None:
    entries = [
        struct.pack(">HHII", 0x920A, 5, 1, 26 + 2 + 12 * 3 + 4),
        struct.pack(">HHIHH", 0xA210, 3, 1, 3, 0),
        struct.pack(">HHIHH", 0xA405, 3, 1, 0, 0),
    ]
    head = b"MM\0*" + struct.pack(">IHHHII", 8, 1, 0x8769, 4, 1, 26) + bytes(4)
    block = head + struct.pack(">H", 3) + b"".join(entries) + bytes(4)
    assert read_lens(block + struct.pack(">II", 5, 0)) == LensTags(focal_plane_unit=3)
    assert read_lens(block + struct.pack(">II", 5, 2)) == LensTags(focal_length_mm=2.5, focal_plane_unit=3)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.integers(0, 0xFFFF), st.integers(-(2**31), 2**31 - 1), max_size=8),
    st.dictionaries(st.integers(0, 0xFFFF), st.integers(-(2**31), 2**31 - 1), max_size=5),
)
def test_any_entries_come_back(first: dict[int, int], second: dict[int, int]) -> None:
    grown = with_integers(with_integers(minimal_note({0x19: 0, 0x1F: 0}), first), second)
    assert makernote.integers(grown) == {0x19: 0, 0x1F: 0} | first | second
    assert [entry.tag for entry in read_entries(grown)] == sorted(makernote.integers(grown))


def test_damage_raises_only_our_errors(sample: Sample) -> None:
    generator = random.Random(5)
    source = exif_of(sample("rw_ios11_test06.jpg"))[:1500]
    note = read_portrait_tags(source).maker_note
    assert note is not None
    for _ in range(600):
        broken = bytearray(source)
        for _ in range(generator.randrange(1, 6)):
            broken[generator.randrange(len(broken))] = generator.randrange(256)
        block = bytes(broken[: generator.randrange(len(broken)) if generator.random() < 0.3 else None])
        result = tagged(block, replace=generator.random() < 0.5)
        assert len(result.exif) < len(block) + 1200
        metadata(result.exif)
        read_lens(block)
        damaged = bytearray(note)
        damaged[generator.randrange(14, len(note))] = generator.randrange(256)
        try:
            grown = with_integers(bytes(damaged), {0x19: 32, 0x1F: 1})
        except DepthauthorError:
            continue
        makernote.check_counts(grown)


@pytest.mark.parametrize("order", [">", "<"])
@pytest.mark.parametrize("counted", [2, 3, 4])
def test_a_wrong_count_of_entries_changes_no_other_tag(order: str, counted: int) -> None:
    """With one entry too many, the link after IFD0 is the numerator of YResolution, which must not be cleared."""
    head = (b"MM\0*" if order == ">" else b"II*\0") + struct.pack(order + "IH", 8, counted)
    exif_offset = 8 + 2 + 3 * 12 + 4 + 16
    entries = [(0x011A, 5, 1, 50), (0x011B, 5, 1, 58), (0x8769, 4, 1, exif_offset)]
    block = head + b"".join(struct.pack(order + "HHII", *entry) for entry in entries) + bytes(4)
    block += struct.pack(order + "4I", 72, 1, 72_000_000, 1_000_000)
    block += struct.pack(order + "HHHIII", 1, 0xA002, 4, 1, 4032, 0)
    result = tagged(block)
    assert result.exif[50:66] == block[50:66]
    if counted == 4:
        assert result.exif == block and "overlap" in result.notes[0]


def test_a_first_directory_inside_the_header_is_left_alone() -> None:
    """Its entries are the header's own bytes, which a new offset would change."""
    block = b"MM\0*\0\0\0\5" + bytes(40)
    edited = add_portrait_tags(block, ImageCharacteristics(40, 30))
    assert edited.exif == block
    assert "overlaps its header" in edited.notes[0]
