"""The MP index: build is the inverse of parse, and Apple's own bytes are rebuilt."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authoring.containers.jpeg import mpf
from authoring.errors import MalformedError, RefusedError
from tests.containers.jpeg_files import attribute_ifd, index

LONGS = st.integers(0, 2**32 - 1)
SHORTS = st.integers(0, 2**16 - 1)
ENTRIES = st.lists(st.builds(mpf.MpEntry, LONGS, LONGS, LONGS, SHORTS, SHORTS), min_size=1, max_size=5)
TAGS = st.lists(
    st.binary(max_size=40).flatmap(
        lambda value: st.builds(
            mpf.Tag, st.integers(0xB004, 0xB3FF), st.just(7), st.just(len(value)), st.just(value)
        )
    ),
    max_size=4,
)


def payloads(data: bytes) -> list[bytes]:
    """Return every MPF payload of a file, without the code under test."""
    result, place = [], data.find(b"MPF\0")
    while place >= 0:
        result.append(data[place : place - 2 + int.from_bytes(data[place - 2 : place], "big")])
        place = data.find(b"MPF\0", place + 1)
    return result


@pytest.mark.parametrize(
    ("name", "images"),
    [
        ("lyangas_12mini_gainmap_depth.jpg", 3),
        ("shu_matte.jpg", 3),
        ("rw_ios11_test06.jpg", 2),
        ("edge_iphone_mpf_gainmap.jpg", 2),
        ("edge_mpf_45gps.jpg", 1),
    ],
)
def test_real_indexes_come_back_byte_for_byte(sample: Callable[[str], bytes], name: str, images: int) -> None:
    first, *others = payloads(sample(name))
    parsed = mpf.parse(first)
    assert (parsed.declared_images, len(parsed.entries)) == (images, images)
    assert mpf.build(parsed) == first
    for other in others:
        assert mpf.build(mpf.parse(other)) == other
        assert mpf.build(mpf.short_index(images)) == other


def test_apples_index_is_rebuilt_from_its_values(sample: Callable[[str], bytes]) -> None:
    first = payloads(sample("lyangas_12mini_gainmap_depth.jpg"))[0]
    entries = [
        mpf.MpEntry(mpf.BASELINE_PRIMARY, 1596598, 0, 0, 0),
        mpf.MpEntry(mpf.UNDEFINED, 141665, 1596598 - 2294, 0, 0),
        mpf.MpEntry(mpf.UNDEFINED, 38070, 1738263 - 2294, 0, 0),
    ]
    assert mpf.build(mpf.short_index(3).with_entries(entries, (-1, -1, -1))) == first


def test_fields_of_a_little_endian_index() -> None:
    raw = index("<", [(0x20030000, 5000, 0), (0x10002, 700, 4900)], attributes=attribute_ifd("<"))
    parsed = mpf.parse(raw[4:])
    assert parsed.little_endian
    assert parsed.entries == (mpf.MpEntry(0x20030000, 5000, 0, 0, 0), mpf.MpEntry(0x10002, 700, 4900, 0, 0))
    assert parsed.attributes == (mpf.Tag(0xB101, 4, 1, b"\1\0\0\0"),)
    assert mpf.build(parsed) == raw[4:]


@settings(max_examples=80, deadline=None)
@given(st.booleans(), ENTRIES, TAGS, TAGS)
def test_build_is_the_inverse_of_parse(
    little: bool, entries: list[mpf.MpEntry], tags: list[mpf.Tag], attributes: list[mpf.Tag]
) -> None:
    built = mpf.MpIndex(little, (mpf.Tag(mpf.VERSION, 7, 4, b"0100"), *tags), tuple(attributes))
    built = built.with_entries(entries, [-1] * len(entries))
    again = mpf.parse(mpf.build(built))
    assert again == built
    assert again.entries == tuple(entries)
    assert again.declared_images == len(entries)
    assert mpf.build(again) == mpf.build(built)


def test_other_tags_stay_when_entries_change() -> None:
    raw = index(">", [(0x030000, 10, 0), (1, 2, 3)], attribute_ifd(">"), identifiers=bytes(range(66)))
    parsed = mpf.parse(raw[4:])
    new = mpf.MpEntry(0, 9, 9, 0, 0)
    longer = parsed.with_entries([*parsed.entries, new], (0, 1, -1))
    assert longer.attributes == parsed.attributes
    assert [tag.number for tag in longer.tags] == [0xB000, 0xB001, 0xB002, 0xB003]
    assert longer.tags[3].value == bytes(range(66)) + bytes(33)
    shorter = longer.with_entries(longer.entries[::2], (0, 2))
    assert shorter.tags[3].value == bytes(range(33)) + bytes(33)
    assert mpf.parse(mpf.build(longer)).entries[2] == new


GOOD = index(">", [(0x030000, 10, 0), (0, 2, 3)])[4:]


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"", "does not start with MPF"),
        (b"MPF\0XX\0*" + GOOD[8:], "no TIFF header"),
        (GOOD[:10], "no TIFF header"),
        (GOOD[:20], "more than there is room"),
        (GOOD[:60], "beyond its segment"),
        (GOOD[:8] + struct.pack(">I", 9999) + GOOD[12:], "outside its block"),
        (GOOD[:12] + b"\xff\xff" + GOOD[14:], "65535 entries"),
        (GOOD[:16] + b"\0\x63" + GOOD[18:], "unknown type 99"),
        (GOOD[:42] + b"\x7f\xff\xff\xf0" + GOOD[46:], "beyond its segment"),
        (GOOD[:50] + struct.pack(">I", 5000) + GOOD[54:], "attribute IFD .* outside its block"),
        (index(">", [(0, 0, 0)] * 257)[4:], "more than 256 images"),
    ],
)
def test_one_defect_each(payload: bytes, words: str) -> None:
    with pytest.raises(MalformedError, match=words):
        mpf.parse(payload)


def test_an_index_without_link_to_a_next_one_is_read() -> None:
    short = mpf.build(mpf.short_index(2))
    assert mpf.parse(short[:-4]) == mpf.short_index(2)


def test_an_index_larger_than_its_segment_is_refused() -> None:
    fat = mpf.MpIndex(False, (mpf.Tag(0xB0FF, 7, 65_600, bytes(65_600)),), ())
    with pytest.raises(RefusedError, match="outgrow"):
        mpf.build(fat)
