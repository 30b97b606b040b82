"""Every tag of an Exif block, compared with piexif and in both byte orders."""

from __future__ import annotations

import struct

import piexif
import pytest

from authoring.apple.exif_tags import UNREADABLE, read_tags
from authoring.errors import MalformedError
from tests.compatibility import portrait_files


def block(order: str) -> bytes:
    """Return IFD0 with a pointer to an Exif directory, and after it a thumbnail's directory."""
    head = (b"MM\0*" if order == ">" else b"II*\0") + struct.pack(order + "I", 8)
    first = struct.pack(order + "H", 2)
    first += struct.pack(order + "HHIHH", 0x0112, 3, 1, 6, 0)
    first += struct.pack(order + "HHII", 0x8769, 4, 1, 38)
    first += struct.pack(order + "I", 56)
    inner = (
        struct.pack(order + "H", 1)
        + struct.pack(order + "HHII", 0x829A, 5, 1, 86)
        + struct.pack(order + "I", 0)
    )
    thumbnail = struct.pack(order + "H", 2)
    thumbnail += struct.pack(order + "HHII", 0x0201, 4, 1, 94)
    thumbnail += struct.pack(order + "HHII", 0x0202, 4, 1, 4)
    thumbnail += struct.pack(order + "I", 0)
    return head + first + inner + thumbnail + struct.pack(order + "II", 1, 60) + b"\xff\xd8\xff\xd9"


def test_both_byte_orders_give_the_same_tags() -> None:
    assert read_tags(block("<")) == read_tags(block(">"))
    assert read_tags(block("<")) == {
        ("0th", 0x0112): (3, b"\0\6"),
        ("Exif", 0x829A): (5, b"\0\0\0\1\0\0\0\x3c"),
        ("1st", 0x0202): (4, b"\0\0\0\4"),
        ("thumbnail", 0): (7, b"\xff\xd8\xff\xd9"),
    }


@pytest.mark.parametrize("data", [block("<"), block(">"), portrait_files.exif_block()])
def test_piexif_finds_the_same_tags(data: bytes) -> None:
    loaded = piexif.load(b"Exif\0\0" + data)
    foreign = {(name, tag) for name in ("0th", "1st", "Exif", "GPS", "Interop") for tag in loaded[name]}
    pointers = {("0th", 0x8769), ("0th", 0x8825), ("Exif", 0xA005), ("1st", 0x0201)}
    assert {key for key in read_tags(data) if key[0] != "thumbnail"} == foreign - pointers


def test_an_unreadable_directory_counts_by_its_offset() -> None:
    data = bytearray(block(">"))
    struct.pack_into(">H", data, 38, 0xFFFF)
    assert read_tags(bytes(data))["Exif", UNREADABLE] == (7, b"38")
    struct.pack_into(">H", data, 8, 0xFFFF)
    with pytest.raises(MalformedError, match="first directory"):
        read_tags(bytes(data))
