"""The record that undoes metadata changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authoring.embed.undo import Blocks, build_record, parse_record
from authoring.errors import MalformedError

blocks = st.one_of(st.none(), st.binary(min_size=1, max_size=300))


@given(blocks, blocks, blocks, blocks, st.binary(max_size=40))
def test_every_change_is_undone(a: bytes, b: bytes, c: bytes, d: bytes, container: bytes) -> None:
    before, after = Blocks(a, b), Blocks(c, d)
    assert parse_record(build_record(before, after, container), after) == (before, container)


@given(st.binary(min_size=200, max_size=3000), st.integers(0, 190), st.binary(min_size=1, max_size=4))
def test_a_small_change_costs_little(block: bytes, place: int, change: bytes) -> None:
    changed = block[:place] + change + block[place + len(change) :]
    record = build_record(Blocks(block, None), Blocks(changed, None))
    assert len(record) < 60
    assert parse_record(record, Blocks(changed, None))[0].exif == block


@given(st.binary(max_size=80), blocks, blocks)
def test_a_record_that_does_not_fit_is_refused_or_harmless(record: bytes, exif: bytes, xmp: bytes) -> None:
    try:
        parse_record(record, Blocks(exif, xmp))
    except MalformedError:
        return
    assert record[0] == 1


def test_a_photo_changed_since_is_named() -> None:
    record = build_record(Blocks(b"original" * 9, None), Blocks(b"patched!" * 9, None))
    with pytest.raises(MalformedError, match="changed the photo since"):
        parse_record(record, Blocks(b"something else", None))
