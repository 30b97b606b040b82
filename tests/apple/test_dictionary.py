"""ImageIO's auxiliary data dictionary as a property list: round trip, padding, one defect at a time."""

from __future__ import annotations

import plistlib
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authoring.apple.depth_properties import DepthProperties, build_tree, parse_properties
from authoring.apple.dictionary import (
    MAX_PLIST_BYTES,
    MAX_SIDE,
    AuxiliaryData,
    DataDescription,
    build_plist,
    parse_plist,
)
from authoring.apple.property_table import FDEP, FDIS, HDEP, HDIS, L008, NATIVE_FORMATS
from authoring.apple.xmp import build_packet
from authoring.errors import DepthauthorError, MalformedError, UnsupportedError

METADATA = build_tree(DepthProperties(native_format=HDIS, float_min=0.25, float_max=3.5, quality="high"))
SMALL = AuxiliaryData.packed(HDIS, 3, 2, bytes(range(12)), METADATA)
DESCRIPTION = "kCGImageAuxiliaryDataInfoDataDescription"


def small() -> dict[str, Any]:
    """Return the small dictionary as a plain dict, to be damaged."""
    loaded: dict[str, Any] = plistlib.loads(build_plist(SMALL))
    return loaded


def test_the_list_has_apples_keys_and_ours() -> None:
    assert small() == {
        "kCGImageAuxiliaryDataInfoData": bytes(range(12)),
        DESCRIPTION: {"PixelFormat": 1751411059, "Width": 3, "Height": 2, "BytesPerRow": 6},
        "DepthAuthorMetadataXMP": build_packet(METADATA),
        "DepthAuthorAuxiliaryDataType": "kCGImageAuxiliaryDataTypeDisparity",
    }
    assert build_plist(SMALL).startswith(b"<?xml") and build_plist(SMALL) == build_plist(SMALL)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(NATIVE_FORMATS), st.integers(1, 9), st.integers(1, 9), st.integers(0, 5), st.randoms())
def test_any_dictionary_comes_back(
    pixel_format: int, width: int, height: int, padding: int, rng: random.Random
) -> None:
    size = 4 if pixel_format in (FDIS, FDEP) else 2
    row = width * size + padding
    kind = "Depth" if pixel_format in (HDEP, FDEP) else "Disparity"
    auxiliary = AuxiliaryData(
        f"kCGImageAuxiliaryDataType{kind}",
        rng.randbytes(row * height),
        DataDescription(pixel_format, width, height, row),
        METADATA if padding else (),
    )
    auxiliary.validate()
    assert parse_plist(build_plist(auxiliary)) == auxiliary
    expected = b"".join(auxiliary.data[y * row : y * row + width * size] for y in range(height))
    assert auxiliary.packed_data() == expected
    assert AuxiliaryData.packed(pixel_format, width, height, expected).packed_data() == expected


def test_binary_lists_and_missing_extras_are_accepted() -> None:
    content = small()
    assert parse_plist(plistlib.dumps(content, fmt=plistlib.FMT_BINARY)) == SMALL
    del content["DepthAuthorMetadataXMP"], content["DepthAuthorAuxiliaryDataType"]
    content[DESCRIPTION] |= {"Width": 3.0, "Orientation": 1}
    content["Other"] = [1]
    assert parse_plist(plistlib.dumps(content)) == replace(SMALL, metadata=())


def test_the_last_row_may_lack_its_padding_when_reading_only() -> None:
    content = small()
    content[DESCRIPTION]["BytesPerRow"] = 8
    content["kCGImageAuxiliaryDataInfoData"] = bytes(range(14))
    result = parse_plist(plistlib.dumps(content))
    assert result.packed_data() == bytes([0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13])
    with pytest.raises(MalformedError, match="14 bytes"):
        build_plist(result)


def test_metadata_of_a_real_photo_survives(depth_packet: Callable[[str], bytes]) -> None:
    from authoring.apple.xmp import parse_packet

    tree = parse_packet(depth_packet("pug.heic"))
    result = parse_plist(build_plist(replace(SMALL, metadata=tree)))
    assert result.metadata == tree and parse_properties(result.metadata).calibrated


def spoil(change: Callable[[dict[str, Any]], Any]) -> bytes:
    content = small()
    change(content)
    return plistlib.dumps(content)


DEFECTS: list[tuple[str, Callable[[dict[str, Any]], Any], type[Exception], str]] = [
    ("no data", lambda c: c.pop("kCGImageAuxiliaryDataInfoData"), MalformedError, "InfoData"),
    ("data is text", lambda c: c.update(kCGImageAuxiliaryDataInfoData="x"), MalformedError, "InfoData"),
    ("no description", lambda c: c.pop(DESCRIPTION), MalformedError, "DataDescription"),
    ("description is a list", lambda c: c.update({DESCRIPTION: []}), MalformedError, "DataDescription"),
    ("no format", lambda c: c[DESCRIPTION].pop("PixelFormat"), MalformedError, "PixelFormat.*11865"),
    ("no width", lambda c: c[DESCRIPTION].pop("Width"), MalformedError, "Width.*11865"),
    ("zero height", lambda c: c[DESCRIPTION].update(Height=0), MalformedError, "Height.*11865"),
    ("zero row", lambda c: c[DESCRIPTION].update(BytesPerRow=0), MalformedError, "BytesPerRow.*11865"),
    ("negative width", lambda c: c[DESCRIPTION].update(Width=-3), MalformedError, "Width"),
    ("width is text", lambda c: c[DESCRIPTION].update(Width="3"), MalformedError, "Width"),
    ("width is true", lambda c: c[DESCRIPTION].update(Width=True), MalformedError, "Width"),
    ("width is broken", lambda c: c[DESCRIPTION].update(Width=2.5), MalformedError, "Width"),
    ("L008", lambda c: c[DESCRIPTION].update(PixelFormat=L008), UnsupportedError, "L008.*11864"),
    ("type disagrees", lambda c: c[DESCRIPTION].update(PixelFormat=HDEP), MalformedError, "hdep"),
    ("row too short", lambda c: c[DESCRIPTION].update(BytesPerRow=5), MalformedError, "BytesPerRow is 5"),
    ("data too short", lambda c: c[DESCRIPTION].update(Height=3), MalformedError, "12 bytes"),
    ("huge width", lambda c: c[DESCRIPTION].update(Width=MAX_SIDE + 1), MalformedError, "pixels"),
    ("unknown type", lambda c: c.update(DepthAuthorAuxiliaryDataType="x"), MalformedError, "type is 'x'"),
    ("type is a list", lambda c: c.update(DepthAuthorAuxiliaryDataType=[1]), MalformedError, "type is"),
    ("XMP is text", lambda c: c.update(DepthAuthorMetadataXMP="x"), MalformedError, "XMP"),
    ("XMP is broken", lambda c: c.update(DepthAuthorMetadataXMP=b"x"), MalformedError, "XMP"),
]


@pytest.mark.parametrize(
    ("change", "error", "word"), [one[1:] for one in DEFECTS], ids=[one[0] for one in DEFECTS]
)
def test_one_defect_at_a_time(
    change: Callable[[dict[str, Any]], Any], error: type[Exception], word: str
) -> None:
    with pytest.raises(error, match=word):
        parse_plist(spoil(change))


def test_writing_checks_too() -> None:
    with pytest.raises(UnsupportedError, match="11864"):
        AuxiliaryData.packed(L008, 3, 2, bytes(6))
    with pytest.raises(MalformedError, match="11865"):
        AuxiliaryData.packed(HDIS, 0, 2, b"")
    with pytest.raises(MalformedError, match="13 bytes"):
        build_plist(replace(SMALL, data=bytes(13)))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"bplist00",
        b"bplist00" + b"\xff" * 40,
        b"<?xml version='1.0'?><plist><array/></plist>",
        b"<?xml version='1.0'?><plist><dict><key>a</key></dict></plist>",
        b"<?xml version='1.0'?><!DOCTYPE plist [<!ENTITY a 'x'>]><plist><dict/></plist>",
        b"<?xml version='1.0'?><!DOCTYPE plist [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><plist><string>&a;</string></plist>",
        b"<?xml version='1.0'?><plist>" + b"<array>" * 100_000,
        b"<?xml version='1.0'?><plist><integer>" + b"9" * 10_000 + b"</integer></plist>",
        bytes(MAX_PLIST_BYTES + 1),
    ],
    ids=lambda data: f"{len(data)} bytes {data[:60]!r}",
)
def test_other_data_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_plist(data)
    assert "\n" not in caught.value.message


def test_broken_lists_raise_only_our_errors() -> None:
    rng = random.Random(3)
    for fmt in (plistlib.FMT_XML, plistlib.FMT_BINARY):
        seed = plistlib.dumps(small(), fmt=fmt)
        for _ in range(700):
            data = bytearray(seed)
            for _ in range(rng.randint(1, 3)):
                data[rng.randrange(len(data))] = rng.randrange(256)
            if rng.random() < 0.2:
                del data[rng.randrange(len(data)) :]
            try:
                result = parse_plist(bytes(data))
            except DepthauthorError:
                continue
            description = result.data_description
            assert len(result.packed_data()) == description.width * description.height * (
                4 if description.pixel_format in (FDIS, FDEP) else 2
            )
