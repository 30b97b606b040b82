"""A new Exif directory has the tags that the standard requires; another program's is not completed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import depthauthor
from authoring import tiff
from authoring.apple.exif_required import ImageCharacteristics
from authoring.apple.portrait_exif import add_portrait_tags
from authoring.apple.portrait_metadata import PortraitMetadata, read_portrait_metadata
from authoring.embed.strip import strip
from compat import photos
from compat.cases import fitting_depth
from tests.containers import jpeg_files

Tool = Callable[..., str]

IMAGE = ImageCharacteristics(4032, 3024)


def read_tags(data: bytes, tool: Tool, tmp_path: Path) -> dict[str, object]:
    """Return all tags that exiftool reads in a photo."""
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    arguments = ("-j", "-n", "-G1", "-a", "-validate", "-warning", "-error", "-all")
    (result,) = json.loads(tool("exiftool", *arguments, path))
    assert isinstance(result, dict)
    return result


def embedded(photo: bytes) -> bytes:
    return depthauthor.embed_bytes(photo, fitting_depth(photo))


def test_a_photo_without_exif_gets_a_block_that_validates(tool: Tool, tmp_path: Path) -> None:
    photo = photos.coded_jpeg(exif=False)
    after = embedded(photo)
    result = read_tags(after, tool, tmp_path)
    assert result["ExifTool:Warning"] == "[minor] Unknown value for ExifIFD:CustomRendered"
    assert result["ExifTool:Validate"] == "0 1 1"  # No error, one warning, which is minor.
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
    assert {key: result[key] for key in expected} == expected
    assert strip(after, restore=True).data == photo


def test_a_block_of_one_directory_gets_a_whole_second_one(tool: Tool, tmp_path: Path) -> None:
    photo = jpeg_files.after_jfif(photos.coded_jpeg(exif=False), jpeg_files.exif("<", 1))
    before, after = read_tags(photo, tool, tmp_path), read_tags(embedded(photo), tool, tmp_path)
    assert after["ExifIFD:ExifImageWidth"] == photos.SIZE[0] and after["IFD0:Orientation"] == 1
    assert "IFD0:XResolution" not in before and "IFD0:XResolution" not in after
    assert strip(embedded(photo), restore=True).data == photo


@pytest.mark.parametrize(
    ("image", "configuration", "space"),
    [
        (IMAGE, b"\1\2\3\0", 1),
        (ImageCharacteristics(40, 30, components=1), b"\1\0\0\0", 1),
        (ImageCharacteristics(40, 30, components=4), None, 1),
        (ImageCharacteristics(40, 30, has_profile=True), b"\1\2\3\0", 0xFFFF),
    ],
)
def test_tags_depend_on_the_image(
    image: ImageCharacteristics, configuration: bytes | None, space: int
) -> None:
    block = add_portrait_tags(None, image).exif
    at = block.find(b"\x91\x01\0\7\0\0\0\4")
    assert (None if at < 0 else block[at + 8 : at + 12]) == configuration
    assert (b"\x02\x13\0\3" in block) == (image.components == 3)
    assert b"\xa0\x01\0\3\0\0\0\1" + space.to_bytes(2, "big") in block


@pytest.mark.parametrize("orientation", [None, 1, 6])
def test_a_fresh_block_has_the_portrait_tags_too(orientation: int | None) -> None:
    block = add_portrait_tags(None, IMAGE, orientation=orientation).exif
    assert tiff.orientation(block) == orientation
    assert read_portrait_metadata(block, None) == PortraitMetadata(9, 0x20, 1)
    again = add_portrait_tags(block, IMAGE)
    assert again.exif == block and not again.changes


def test_a_directory_of_another_program_is_not_completed() -> None:
    block = photos.exif_block()
    other = ImageCharacteristics(40, 30, components=1)
    assert add_portrait_tags(block, IMAGE) == add_portrait_tags(block, other)
