"""An Exif directory made here names what the standard wants of every photo; another program's is not completed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import authoring
from authoring.apple.exif import with_portrait_marks
from authoring.apple.exif_required import Recorded
from authoring.apple.portrait_marks import read_marks
from authoring.embed.strip import strip
from compat import photos
from compat.cases import fitting_depth
from tests.containers import jpeg_files

Tool = Callable[..., str]

RECORDED = Recorded(4032, 3024)


def told(data: bytes, tool: Tool, tmp_path: Path) -> dict[str, object]:
    """What exiftool makes of a photo."""
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    arguments = ("-j", "-n", "-G1", "-a", "-validate", "-warning", "-error", "-all")
    (found,) = json.loads(tool("exiftool", *arguments, path))
    assert isinstance(found, dict)
    return found


def embedded(photo: bytes) -> bytes:
    return authoring.embed_bytes(photo, fitting_depth(photo))


def test_a_photo_without_exif_gets_a_block_that_validates(tool: Tool, tmp_path: Path) -> None:
    photo = photos.coded_jpeg(exif=False)
    after = embedded(photo)
    found = told(after, tool, tmp_path)
    assert found["ExifTool:Warning"] == "[minor] Unknown value for ExifIFD:CustomRendered"
    assert found["ExifTool:Validate"] == "0 1 1"  # No error, one warning, which is minor.
    expected = {
        "IFD0:XResolution": 72,
        "IFD0:YResolution": 72,
        "IFD0:ResolutionUnit": 2,
        "IFD0:YCbCrPositioning": 1,
        "ExifIFD:ComponentsConfiguration": "1 2 3 0",
        "ExifIFD:FlashpixVersion": "0100",
        "ExifIFD:ColorSpace": 1,
        "ExifIFD:ExifImageWidth": photos.SIZE[0],
        "ExifIFD:ExifImageHeight": photos.SIZE[1],
    }
    assert {key: found[key] for key in expected} == expected
    assert strip(after, restore=True).data == photo


def test_a_block_of_one_directory_gets_a_whole_second_one(tool: Tool, tmp_path: Path) -> None:
    photo = jpeg_files.after_jfif(photos.coded_jpeg(exif=False), jpeg_files.exif("<", 1))
    before, after = told(photo, tool, tmp_path), told(embedded(photo), tool, tmp_path)
    assert after["ExifIFD:ExifImageWidth"] == photos.SIZE[0] and after["IFD0:Orientation"] == 1
    assert "IFD0:XResolution" not in before and "IFD0:XResolution" not in after
    assert strip(embedded(photo), restore=True).data == photo


@pytest.mark.parametrize(
    ("recorded", "configuration", "space"),
    [
        (RECORDED, b"\1\2\3\0", 1),
        (Recorded(40, 30, components=1), b"\1\0\0\0", 1),
        (Recorded(40, 30, components=4), None, 1),
        (Recorded(40, 30, profiled=True), b"\1\2\3\0", 0xFFFF),
    ],
)
def test_nothing_is_claimed_that_is_not_so(
    recorded: Recorded, configuration: bytes | None, space: int
) -> None:
    block = with_portrait_marks(None, recorded=recorded).exif
    at = block.find(b"\x91\x01\0\7\0\0\0\4")
    assert (None if at < 0 else block[at + 8 : at + 12]) == configuration
    assert (b"\x02\x13\0\3" in block) == (recorded.components == 3)
    assert b"\xa0\x01\0\3\0\0\0\1" + space.to_bytes(2, "big") in block


@pytest.mark.parametrize("orientation", [None, 1, 6])
def test_the_marks_are_there_as_in_the_smallest_block(orientation: int | None) -> None:
    small = with_portrait_marks(None, orientation=orientation).exif
    whole = with_portrait_marks(None, orientation=orientation, recorded=RECORDED).exif
    assert read_marks(small, None) == read_marks(whole, None) and len(small) < len(whole)
    again = with_portrait_marks(whole, recorded=RECORDED)
    assert again.exif == whole and not again.changes


def test_a_directory_of_another_program_is_not_completed() -> None:
    block = photos.exif_block()
    assert with_portrait_marks(block, recorded=RECORDED) == with_portrait_marks(block)
