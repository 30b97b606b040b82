"""Orientation in a TIFF block, and the walk of its directory."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from authoring import tiff
from authoring.containers import jpeg
from tests.containers.jpeg_files import exif


def block(order: str, *entries: bytes, tail: bytes = b"") -> bytes:
    head = (b"MM\0*" if order == ">" else b"II*\0") + struct.pack(order + "IH", 8, len(entries))
    return head + b"".join(entries) + bytes(4) + tail


def entry(order: str, tag: int, kind: int, count: int, value: int, form: str = "I") -> bytes:
    return struct.pack(order + "HHI", tag, kind, count) + struct.pack(order + form, value).ljust(4, b"\0")


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("value", range(1, 9))
def test_orientation_is_read_and_patched_in_place(order: str, value: int) -> None:
    made = exif(order, value, thumbnail=b"thumbnail")[10:]
    assert tiff.orientation(made) == value
    for new in range(1, 9):
        patched = tiff.with_orientation(made, new)
        assert patched is not None
        assert tiff.orientation(patched) == new
        differing = [
            place for place, pair in enumerate(zip(made, patched, strict=True)) if pair[0] != pair[1]
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
    found = jpeg.parse(sample(name)).layout.exif
    assert found is not None
    assert tiff.orientation(found) == value
    patched = tiff.with_orientation(found, 3)
    assert patched is not None
    assert tiff.with_orientation(patched, value) == found


@pytest.mark.parametrize(
    "made",
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
def test_what_holds_no_orientation(made: bytes) -> None:
    assert tiff.orientation(made) is None
    assert tiff.with_orientation(made, 1) is None


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_invalid_orientation_is_none_but_can_be_set(value: int) -> None:
    made = block("<", entry("<", 0x0112, 3, 1, value, "H"))
    assert tiff.orientation(made) is None
    patched = tiff.with_orientation(made, 6)
    assert patched is not None
    assert tiff.orientation(patched) == 6
    with pytest.raises(ValueError, match=r"1\.\.8"):
        tiff.with_orientation(made, value)


def test_walk_tells_where_values_lie() -> None:
    made = block(">", entry(">", 0x010F, 2, 8, 38), entry(">", 0x0112, 3, 1, 6, "H"), tail=b"Maker\0\0\0")
    offset = tiff.first_ifd(made)
    assert offset == 8
    long, short = tiff.walk_ifd(made, offset, ">")
    assert made[long.value_offset : long.value_offset + long.value_bytes] == b"Maker\0\0\0"
    assert (short.tag, short.type, short.count, short.value_bytes) == (0x0112, 3, 1, 2)
    assert made[short.value_offset : short.value_offset + 2] == b"\0\6"


def test_base_of_a_maker_note_moves_only_long_values() -> None:
    note = b"Apple iOS\0\0\1MM\0\2" + entry(">", 1, 4, 1, 7) + entry(">", 2, 7, 5, 42) + bytes(2) + b"inner"
    made = b"some Exif ahead " + note
    start = made.index(b"Apple")
    first = tiff.find_entry(made, start + 14, ">", 1, base=start)
    second = tiff.find_entry(made, start + 14, ">", 2, base=start)
    assert first is not None
    assert second is not None
    assert made[first.value_offset :][:4] == b"\0\0\0\7"
    assert made[second.value_offset :][: second.value_bytes] == note[42:47]
    assert tiff.find_entry(made, start + 14, ">", 3, base=start) is None


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60), st.sampled_from([b"II*\0", b"MM\0*"]))
@example(b"\x08\0\0\0\xff\xff", b"II*\0")
def test_garbage_never_raises(garbage: bytes, mark: bytes) -> None:
    for made in (garbage, mark + garbage, mark + struct.pack("<I" if mark[0] == 73 else ">I", 8) + garbage):
        value = tiff.orientation(made)
        assert value is None or 1 <= value <= 8
        patched = tiff.with_orientation(made, 5)
        assert patched is None or (len(patched) == len(made) and tiff.orientation(patched) == 5)
