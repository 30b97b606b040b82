"""A file coded anew gets the offsets of phone files: the same items, no byte moved, no base left."""

from __future__ import annotations

import io

import numpy as np
import pillow_heif
import pytest

from authoring.containers import heif
from tests.containers import heif_files
from tests.containers.heif_files import Made, small_photo

MADE: dict[str, Made] = {
    "no base": small_photo(),
    "base is the data": small_photo(widths=(4, 4, 4, 0), base="data"),
    "base in front, several extents": small_photo(
        widths=(4, 4, 8, 0), base="file", pieces=3, order=("ftyp", "mdat0", "meta", "mdat1")
    ),
    "iloc v0": small_photo(widths=(4, 4, 4, 0), base="data", iloc_version=0),
    "data in idat": heif_files.with_method(small_photo(widths=(4, 4, 4, 0), base="data"), 1, 2, 3),
}


@pytest.mark.parametrize("name", MADE)
def test_the_same_items_without_a_base(name: str) -> None:
    data = MADE[name].build()
    plain = heif.with_plain_offsets(data)
    before, after = heif.parse(data), heif.parse(plain)
    assert len(plain) == len(data) and before.parts() == after.parts()
    assert all(not entry.base for entry in after.structure.locations.entries)
    table = before.structure.locations.box
    assert plain[: table.start] == data[: table.start] and plain[table.stop :] == data[table.stop :]
    assert heif.with_plain_offsets(plain) == plain


def test_where_only_bases_are_they_stay() -> None:
    data = small_photo(widths=(0, 4, 4, 0), base="data").build()
    assert heif.with_plain_offsets(data) == data


def test_a_foreign_encoder_s_file_opens_as_before() -> None:
    data = heif_files.coded("RGB", 64, 64)
    plain = heif.with_plain_offsets(data)
    assert any(entry.base for entry in heif.parse(data).structure.locations.entries) and plain != data
    one, other = (np.asarray(pillow_heif.open_heif(io.BytesIO(file))) for file in (data, plain))
    assert np.array_equal(one, other)
