"""TIFF blocks: directories are read and grown, the orientation is read and patched."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from authoring import tiff
from authoring.containers import jpeg
from authoring.errors import MalformedError
from tests.containers.jpeg_files import exif


def block(order: str, *entries: bytes, tail: bytes = b"") -> bytes:
    head = (b"MM\0*" if order == ">" else b"II*\0") + struct.pack(order + "IH", 8, len(entries))
    return head + b"".join(entries) + bytes(4) + tail


def entry(order: str, tag: int, kind: int, count: int, value: int, form: str = "I") -> bytes:
    return struct.pack(order + "HHI", tag, kind, count) + struct.pack(order + form, value).ljust(4, b"\0")


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("value", range(1, 9))
def test_orientation_is_read_and_patched_in_place(order: str, value: int) -> None:
    data = exif(order, value, thumbnail=b"thumbnail")[10:]
    assert tiff.orientation(data) == value
    for new in range(1, 9):
        patched = tiff.with_orientation(data, new)
        assert patched is not None
        assert tiff.orientation(patched) == new
        differing = [
            offset for offset, pair in enumerate(zip(data, patched, strict=True)) if pair[0] != pair[1]
        ]
        assert len(differing) == (new != value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rw_ios11_test06.jpg", 6),
        ("lyangas_12mini_gainmap_depth.jpg", 1),
        ("edge_orient6_portrait.jpg", 6),
        ("edge_orient8_landscape.jpg", 8),
    ],
)
def test_orientation_of_real_photos(sample: Callable[[str], bytes], name: str, value: int) -> None:
    result = jpeg.parse(sample(name)).layout.exif
    assert result is not None
    assert tiff.orientation(result) == value
    patched = tiff.with_orientation(result, 3)
    assert patched is not None
    assert tiff.with_orientation(patched, value) == result


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"MM\0*",
        b"XX\0*\0\0\0\x08\0\0",
        b"MM\0*\xff\xff\xff\xff",
        b"MM\0*\0\0\0\x08\xff\xff",
        block(">"),
        block(">", entry(">", 0x010F, 2, 4, 0)),
        block(">", entry(">", 0x0112, 4, 1, 6)),
        block(">", entry(">", 0x0112, 3, 2, 6)),
        block(">", entry(">", 0x0112, 99, 1, 6)),
        block(">", entry(">", 0x0112, 3, 1, 6, "H"))[:20],
    ],
)
def test_blocks_without_orientation(data: bytes) -> None:
    assert tiff.orientation(data) is None
    assert tiff.with_orientation(data, 1) is None


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_invalid_orientation_is_none_but_can_be_set(value: int) -> None:
    data = block("<", entry("<", 0x0112, 3, 1, value, "H"))
    assert tiff.orientation(data) is None
    patched = tiff.with_orientation(data, 6)
    assert patched is not None
    assert tiff.orientation(patched) == 6
    with pytest.raises(ValueError, match=r"1\.\.8"):
        tiff.with_orientation(data, value)


def read(data: bytes) -> tiff.Ifd:
    order, offset = tiff.read_header(data, "block")
    return tiff.read_ifd(data, offset, order, "IFD0")


def test_entries_have_their_values_and_offsets() -> None:
    data = block(">", entry(">", 0x010F, 2, 8, 38), entry(">", 0x0112, 3, 1, 6, "H"), tail=b"Maker\0\0\0")
    long, short = read(data).entries
    assert (long.type, long.count, long.offset, long.value_offset) == (tiff.TiffType.ASCII, 8, 10, 38)
    assert (long.value, long.is_inline, long.integer()) == (b"Maker\0\0\0", False, None)
    assert (short.tag, short.size, short.value_offset, short.is_inline) == (0x0112, 2, 30, True)
    assert (short.value, short.integer(), short.number()) == (b"\0\6", 6, 6.0)


@pytest.mark.parametrize("order", ["<", ">"])
def test_values_of_both_byte_orders_compare(order: str) -> None:
    tail = struct.pack(order + "IIII", 1, 3, 5, 0)
    ifd = read(
        block(
            order, entry(order, 1, 5, 1, 50), entry(order, 2, 5, 1, 58), entry(order, 3, 1, 3, 7), tail=tail
        )
    )
    assert [item.number() for item in ifd.entries] == [1 / 3, None, None]
    assert ifd.entries[0].big_endian_value() == b"\0\0\0\1\0\0\0\3"


def test_a_value_outside_the_block_is_none() -> None:
    ifd = read(block(">", entry(">", 1, 7, 0xFFFFFFFF, 38), entry(">", 2, 99, 1, 6), entry(">", 3, 16, 1, 8)))
    assert [(item.value is None, item.size) for item in ifd.entries] == [
        (True, 0xFFFFFFFF),
        (True, None),
        (False, 8),
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"XX\0*\0\0\0\x08\0\0", "block has no TIFF header"),
        (b"MM\0*\xff\xff\xff\xff", "IFD0 is outside"),
        (block(">", entry(">", 1, 3, 1, 6, "H"))[:20], "1 entries, more than there is room for"),
        (b"MM\0*\0\0\0\x08\xff\xff" + bytes(12 * 0xFFFF), "65535 entries"),
        (block(">", *[entry(">", tag, 7, 1200, 0) for tag in range(100)]), "far larger than their block"),
    ],
)
def test_a_broken_directory_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(MalformedError, match=words):
        read(data)


def test_a_cut_directory_is_read_partially_on_request() -> None:
    data = block(">", entry(">", 0x0112, 3, 1, 6, "H"), entry(">", 0x0131, 3, 1, 1, "H"))[:30]
    with pytest.raises(MalformedError, match="room"):
        read(data)
    assert [item.tag for item in tiff.read_ifd(data, 8, ">", "IFD0", partial=True).entries] == [0x0112]
    assert tiff.orientation(data) == 6


def test_entries_are_inserted_by_tag() -> None:
    data = block(">", entry(">", 5, 4, 1, 50), entry(">", 9, 4, 1, 90))
    added = {tag: tiff.build_entry(">", tag, tiff.TiffType.LONG, 1, tag) for tag in (7, 1, 11)}
    grown = tiff.insert_entries(data, read(data), added)
    again = tiff.read_ifd(grown, 0, ">", "IFD")
    assert [(item.tag, item.integer()) for item in again.entries] == [
        (1, 1),
        (5, 50),
        (7, 7),
        (9, 90),
        (11, 11),
    ]
    assert again.end == len(grown) - 4 and again.next_offset == 0


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60), st.sampled_from([b"II*\0", b"MM\0*"]))
@example(b"\x08\0\0\0\xff\xff", b"II*\0")
def test_garbage_never_raises(garbage: bytes, mark: bytes) -> None:
    for data in (garbage, mark + garbage, mark + struct.pack("<I" if mark[0] == 73 else ">I", 8) + garbage):
        value = tiff.orientation(data)
        assert value is None or 1 <= value <= 8
        patched = tiff.with_orientation(data, 5)
        assert patched is None or (len(patched) == len(data) and tiff.orientation(patched) == 5)
