"""Files exchanged with codecs: one picture extracted or wrapped, and the plain item offsets of phone files."""

from __future__ import annotations

import io

import numpy as np
import pillow_heif
import pytest

from authoring.containers import heif
from authoring.errors import MalformedError, UnsupportedError
from tests.containers import heif_files
from tests.containers.heif_files import PhotoSpec, auxiliary, small_photo

PHOTOS: dict[str, PhotoSpec] = {
    "no base": small_photo(),
    "base is the data": small_photo(widths=(4, 4, 4, 0), base="data"),
    "base in front, several extents": small_photo(
        widths=(4, 4, 8, 0), base="file", pieces=3, order=("ftyp", "mdat0", "meta", "mdat1")
    ),
    "iloc v0": small_photo(widths=(4, 4, 4, 0), base="data", iloc_version=0),
    "data in idat": heif_files.with_method(small_photo(widths=(4, 4, 4, 0), base="data"), 1, 2, 3),
}


@pytest.mark.parametrize("name", PHOTOS)
def test_plain_offsets_give_the_same_items_without_a_base(name: str) -> None:
    data = PHOTOS[name].build()
    plain = heif.with_plain_offsets(data)
    before, after = heif.parse(data), heif.parse(plain)
    assert len(plain) == len(data) and before.parts() == after.parts()
    assert all(not entry.base for entry in after.structure.locations.entries.values())
    table = before.structure.locations.box
    assert plain[: table.start] == data[: table.start] and plain[table.stop :] == data[table.stop :]
    assert heif.with_plain_offsets(plain) == plain


def test_base_offsets_stay_where_extents_have_none() -> None:
    data = small_photo(widths=(0, 4, 4, 0), base="data").build()
    assert heif.with_plain_offsets(data) == data


def test_a_file_with_plain_offsets_decodes_as_before() -> None:
    data = heif_files.coded("RGB", 64, 64)
    plain = heif.with_plain_offsets(data)
    assert (
        any(entry.base for entry in heif.parse(data).structure.locations.entries.values()) and plain != data
    )
    based, plain_pixels = (np.asarray(pillow_heif.open_heif(io.BytesIO(file))) for file in (data, plain))
    assert np.array_equal(based, plain_pixels)


def test_a_still_is_the_smallest_file_around_a_picture() -> None:
    given = auxiliary()
    still = heif.build_still(given.width, given.height, given.payload, given.configuration)
    picture = pillow_heif.open_heif(io.BytesIO(still))
    assert (picture.mode, picture.size) == ("L", (96, 64))
    assert np.array_equal(np.asarray(picture), heif_files.gray_codes(96, 64))
    image = heif.single_image(still)
    assert (image.width, image.height) == (96, 64)
    assert (image.payload, image.configuration) == (given.payload, given.configuration)
    assert b"pixi" in still
    with pytest.raises(MalformedError, match="23 fixed bytes"):
        heif.build_still(1, 1, b"", b"short")


def test_a_colour_still_opens_too() -> None:
    image = heif.single_image(heif_files.coded("RGB", 64, 64))
    still = heif.build_still(image.width, image.height, image.payload, image.configuration)
    picture = pillow_heif.open_heif(io.BytesIO(still))
    assert (picture.mode, picture.size) == ("RGB", (64, 64))


def test_a_grid_is_not_a_single_image() -> None:
    photo = small_photo()
    photo.items[0].kind = "grid"
    with pytest.raises(UnsupportedError, match="'grid'"):
        heif.single_image(photo.build())
