"""Boxes and tables of HEIF: build is the inverse of parse, also for Apple's own bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authoring.containers import heif
from authoring.containers.edits import EditList
from authoring.containers.heif import item_data, item_locations, item_properties, items
from authoring.containers.heif.box import MAX_SIZE_32, Box, build_box, fits, read_boxes, resize
from authoring.containers.heif.item_locations import ConstructionMethod, Extent, Location, Widths
from authoring.errors import MalformedError, UnsupportedError
from tests.containers.heif_files import SUBTYPE, URN, box

IDS = st.integers(1, 0xFFFF)
WIDE_IDS = st.integers(1, 0xFFFFFFFF)


def only(data: bytes) -> Box:
    (result,) = read_boxes(data, 0, len(data), "the test")
    return result


@pytest.mark.parametrize("form", ["32", "64", "rest"])
def test_every_size_form_is_read_and_resized(form: str) -> None:
    data = box("free", b"abc") + box("mdat", b"defgh", form=form)
    _, last = read_boxes(data, 0, len(data), "the test")
    assert (last.kind, data[last.body : last.stop], last.size) == ("mdat", b"defgh", len(data) - 11)
    size = resize(last, 3)
    longer = EditList.of(len(data), [size] if size else []).apply(data) + b"xyz"
    assert [longer[item.body : item.stop] for item in read_boxes(longer, 0, len(longer), "the test")] == [
        b"abc",
        b"defghxyz",
    ]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"\0\0\0\7freeabcd", "states 7 bytes, fewer than its header"),
        (b"\0\0\0\1free\0\0\0\0\0\0\0\x0f", "states 15 bytes, fewer than its header"),
        (b"\0\0\0\x20freeabcd", "holds only 12 more"),
    ],
)
def test_a_box_of_a_wrong_size_is_malformed(data: bytes, sentence: str) -> None:
    with pytest.raises(MalformedError, match=sentence):
        read_boxes(data, 0, len(data), "the test")


def test_a_32_bit_size_does_not_grow_past_4_gib() -> None:
    edge = Box("mdat", 0, 8, MAX_SIZE_32, "32-bit")
    assert fits(edge, 0)
    assert not fits(edge, 1)
    with pytest.raises(UnsupportedError, match="4 GiB"):
        resize(edge, 1)
    assert fits(replace(edge, body=16, form="64-bit"), 1)


@settings(max_examples=30)
@given(WIDE_IDS, st.sampled_from(["hvc1", "grid", "Exif", "mime"]), st.booleans())
def test_item_entries_are_twins(identifier: int, kind: str, hidden: bool) -> None:
    version = 3 if identifier > 0xFFFF else 2
    content_type = items.XMP_TYPE if kind == "mime" else ""
    data = items.build_item(identifier, kind, int(hidden), version, content_type)
    item = items.parse_item(data, only(data))
    assert (item.identifier, item.type, item.hidden, item.version) == (identifier, kind, hidden, version)
    assert (item.content_type, item.content_encoding, item.protected) == (content_type, "", False)


@settings(max_examples=30)
@given(st.integers(0, 1), st.data())
def test_references_are_twins(version: int, data: st.DataObject) -> None:
    ids = WIDE_IDS if version else IDS
    source, targets = data.draw(ids), tuple(data.draw(st.lists(ids, max_size=9)))
    built = items.build_reference("auxl", source, targets, version)
    result = items.parse_reference(built, only(built), version)
    assert (result.kind, result.source, result.targets) == ("auxl", source, targets)


@settings(max_examples=30)
@given(st.integers(0, 1), st.integers(0, 1), st.data())
def test_associations_are_twins(version: int, flags: int, data: st.DataObject) -> None:
    link = st.tuples(st.integers(1, 0x7FFF if flags else 0x7F), st.booleans())
    row = st.tuples(WIDE_IDS if version else IDS, st.lists(link, max_size=9).map(tuple))
    rows = data.draw(st.lists(row, max_size=5))
    built = item_properties.build_associations(rows, version, flags)
    table = item_properties.parse_associations(built, only(built))
    assert [(entry.item, entry.links) for entry in table.entries] == rows
    assert b"".join(built[item.start : item.stop] for item in table.entries) == built[16:]


@settings(max_examples=40)
@given(st.integers(0, 2), st.data())
def test_locations_are_twins(version: int, data: st.DataObject) -> None:
    size = st.sampled_from([0, 4, 8])
    widths = Widths(data.draw(size), data.draw(size), data.draw(size), data.draw(size) if version else 0)

    def value(width: int) -> st.SearchStrategy[int]:
        return st.integers(0, 256**width - 1)

    extent = st.builds(Extent, value(widths.index), value(widths.offset), value(widths.length))
    row = st.builds(
        Location,
        WIDE_IDS if version == 2 else IDS,
        st.sampled_from(ConstructionMethod) if version else st.just(ConstructionMethod.FILE_OFFSET),
        st.integers(0, 9),
        value(widths.base),
        st.lists(extent, max_size=4).map(tuple),
    )
    rows = data.draw(st.lists(row, max_size=4, unique_by=lambda entry: entry.item))
    built = build_box(
        "iloc", bytes([version, 0, 0, 0]), item_locations.build_locations(rows, version, widths)
    )
    table = item_locations.parse_locations(built, only(built))
    assert (table.widths, table.stop) == (widths, len(built))
    assert list(table.entries.values()) == rows
    for entry in table.entries.values():
        assert built[entry.base_position :][: widths.base] == entry.base.to_bytes(widths.base, "big")
        for stated in entry.extents:
            stored = built[stated.position : stated.position + widths.offset]
            assert stored == stated.offset.to_bytes(widths.offset, "big")


def test_ranges_are_united_and_subtracted() -> None:
    assert item_data.union([(5, 9), (0, 2), (2, 3), (8, 12), (4, 4)]) == ((0, 3), (5, 12))
    ranges, excluded = [(0, 10), (20, 30)], [(2, 4), (4, 5), (25, 40)]
    assert item_data.difference(ranges, excluded) == ((0, 2), (5, 10), (20, 25))
    assert item_data.difference([(3, 5)], [(0, 9)]) == ()


def test_the_builders_give_the_bytes_of_pug(sample: Callable[[str], bytes]) -> None:
    data = sample("pug.heic")
    structure = heif.parse(data).structure
    entries, references = structure.items.entries, structure.references
    assert references is not None

    def stored(kind: str, item: int = 54) -> bytes:
        result = structure.properties.find(item, kind)
        assert result is not None
        return structure.bytes_of(result)

    assert structure.bytes_of(entries[54].box) == items.build_item(54, "hvc1", items.HIDDEN, 2)
    assert structure.bytes_of(entries[55].box) == items.build_item(
        55, "mime", items.HIDDEN, 2, items.XMP_TYPE
    )
    assert stored("ispe") == item_properties.build_spatial_extents(768, 576)
    assert stored("pixi") == item_properties.build_channels((8,))
    assert stored("pixi", 49) == item_properties.build_channels((8, 8, 8))
    assert stored("auxC") == item_properties.build_auxiliary_type(URN, SUBTYPE)
    assert item_properties.coded_bits(stored("hvcC")[8:]) == (8,)
    assert item_properties.coded_bits(stored("hvcC", 1)[8:]) == (8, 8, 8)
    assert structure.bytes_of(references.entries[-1].box) == items.build_reference("cdsc", 55, (54,), 0)
    table = structure.locations
    body = item_locations.build_locations(table.entries.values(), table.version, table.widths)
    assert data[table.body : table.box.stop] == body
    (ipma,) = structure.properties.tables
    rows = [(entry.item, entry.links) for entry in ipma.entries]
    assert structure.bytes_of(ipma.box) == item_properties.build_associations(rows, 0, 0)
    (pitm,) = [element for element in structure.children if element.kind == "pitm"]
    assert structure.bytes_of(pitm) == items.build_primary(49)
