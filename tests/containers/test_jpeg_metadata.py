"""Replace Exif and XMP in peculiar JPEG files, and put the old blocks back."""

from __future__ import annotations

import io
import itertools
import struct
from collections.abc import Iterator, Mapping

import pytest
from PIL import Image

from authoring.containers import jpeg
from authoring.containers.base import Layout
from authoring.errors import RefusedError
from tests.containers.jpeg_files import (
    MP4,
    XMP,
    after_jfif,
    auxiliary,
    coded,
    exif,
    fill_bytes,
    gain_map,
    gray,
    icc,
    multi,
    photos,
    segment,
)

TIFF = exif()[10:]
OTHER = exif("<", 3, b"tail")[10:]
PACKET = b"<x:xmpmeta>other</x:xmpmeta>"
OWN = ("segment APP1 Exif ", "segment APP1 XMP ")
EXTENSION = segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + bytes(40) + b"chunk")


def peculiar() -> dict[str, bytes]:
    """Return photos whose metadata segments are unusual."""
    plain = coded()
    packet = segment(0xE1, XMP + PACKET)
    dead = bytearray(multi(after_jfif(plain, exif(), packet), [gain_map(), gray()], tail=MP4))
    place = dead.index(b"MPF\0") + 4 + 50 + 16 + 8
    files = {
        "two exif": after_jfif(plain, exif(), exif("<", 1)),
        "two xmp, one exif between": after_jfif(plain, packet, exif(), segment(0xE1, XMP + b"<second/>")),
        "xmp before exif": after_jfif(plain, packet, exif(), icc(b"x")),
        "empty exif": after_jfif(plain, segment(0xE1, b"Exif\0\0"), packet),
        "odd byte after Exif": after_jfif(plain, segment(0xE1, b"Exif\0\xff" + TIFF)),
        "empty xmp": after_jfif(plain, segment(0xE1, XMP), exif()),
        "extended xmp": after_jfif(plain, exif(), packet, EXTENSION, EXTENSION, icc(b"x")),
        "fill bytes, all": fill_bytes(after_jfif(plain, exif(), icc(b"x"), packet)),
        "stray bytes before exif": after_jfif(plain, b"\0stray", exif(), packet),
        "stray bytes after exif": after_jfif(plain, exif(), b"\0stray\xff", packet),
        "full segments": after_jfif(
            plain, segment(0xE1, b"Exif\0\0" + TIFF.ljust(65_527)), segment(0xE1, XMP + bytes(65_504))
        ),
        "no EOI": after_jfif(plain, exif(), packet)[:-2],
        "gain map, exif and xmp around the index": after_jfif(multi(plain, [gain_map()]), exif(), packet),
        "gain map, exif and xmp after the index": multi(after_jfif(plain, exif(), packet), [gain_map()]),
    }
    for name, target in (
        ("at the end", len(dead)),
        ("in exif", 4),
        ("far out", 2**32 - 1),
        ("in the photo", 700),
    ):
        dead[place : place + 4] = struct.pack(">I", target)
        files[f"entry {name}"] = bytes(dead)
    return files


PHOTOS = {**photos(), **peculiar()}
every = pytest.mark.parametrize("name", PHOTOS)


def variants(block: bytes | None, new: bytes) -> Iterator[bytes | None]:
    yield from (None, b"", new, new + bytes(range(100)))
    if block:
        middle = len(block) // 2
        yield block[:middle] + bytes([block[middle] ^ 1]) + block[middle + 1 :]
        if len(block) < 60_000:
            yield block + bytes(100)
            yield block[:middle] + b"grown" + block[middle:]
        yield block[:-3] or b"z"
        yield block[3:] or b"z"


def pairs(layout: Layout) -> Iterator[tuple[bytes | None, bytes | None]]:
    """Yield each change of one block, alone and with a similar change of the other; and additions with removals."""
    first, second = list(variants(layout.exif, TIFF)), list(variants(layout.xmp, PACKET))
    for i, j in itertools.product(range(len(first)), range(len(second))):
        if not min(i, j) or i == j or {i, j} == {1, 2}:
            yield first[i], second[j]


def others(parts: Mapping[str, bytes]) -> dict[str, bytes]:
    """All but the photo's Exif and XMP. XMP alone may say what is an image of the rest: that is one part here."""
    left = {key: value for key, value in parts.items() if not key.startswith(OWN)}
    rest = [left.pop(key) for key in [*left] if key.startswith(("gap", "trailer"))]
    return {**left, "rest": b"".join(rest)}


def index_entries(data: bytes) -> list[tuple[int, ...]]:
    return [(entry.size, entry.offset) for entry in jpeg.parse(data).structure.entries]


@every
def test_new_blocks_are_read_and_everything_else_stays(name: str) -> None:
    data = PHOTOS[name]
    file = jpeg.parse(data)
    before, parts = file.layout, file.parts()
    for new_exif, new_xmp in pairs(before):
        edits = file.with_metadata(exif=new_exif, xmp=new_xmp)
        result = edits.apply(data)
        after = jpeg.parse(result)
        layout = after.layout
        counts = [
            len([key for key in parts if key.startswith(f"segment APP1 {item} ")]) for item in ("Exif", "XMP")
        ]
        if counts[0] < 2:
            assert layout.exif == (before.exif if new_exif is None else new_exif or None)
        if counts[1] < 2:
            assert layout.xmp == (before.xmp if new_xmp is None else new_xmp or None)
        assert others(after.parts()) == others(parts)
        assert layout.auxiliaries == before.auxiliaries
        for item in edits.touched:
            assert item.reason.startswith(("Exif: ", "XMP: ", "APP2 MPF: "))
        growth = len(result) - len(data)
        old_index, new_index = index_entries(data), index_entries(result)
        if old_index:
            assert new_index[0] == ((old_index[0][0] + growth) % 2**32, 0)


@pytest.mark.parametrize("name", photos())
def test_replaced_blocks_can_be_put_back(name: str) -> None:
    data = PHOTOS[name]
    file = jpeg.parse(data)
    layout = file.layout
    for new_exif, new_xmp in itertools.product((None, TIFF, OTHER), (None, PACKET)):
        result = file.with_metadata(exif=new_exif, xmp=new_xmp).apply(data)
        back = jpeg.parse(result).with_metadata(
            exif=None if new_exif is None else layout.exif or b"",
            xmp=None if new_xmp is None else layout.xmp or b"",
        )
        assert back.apply(result) == data


@pytest.mark.parametrize("name", photos())
def test_a_splice_after_the_exchange_and_both_in_one_list(name: str) -> None:
    data = PHOTOS[name]
    first = jpeg.parse(data).with_metadata(exif=OTHER, xmp=PACKET)
    changed = jpeg.parse(first.apply(data))
    second = changed.splice(auxiliary())
    both = first.then(second)
    result = both.apply(data)
    assert result == second.apply(changed.source)
    layout = jpeg.parse(result).layout
    assert (layout.exif, layout.xmp) == (OTHER, PACKET)
    assert both.inverse(data, "").apply(result) == data


def test_equal_length_touches_the_differing_bytes_alone() -> None:
    data = after_jfif(coded(), exif(), segment(0xE1, XMP + PACKET))
    block = bytearray(TIFF)
    block[8 + 2 + 9] ^= 1
    block[-1] ^= 1
    edits = jpeg.parse(data).with_metadata(exif=bytes(block), xmp=PACKET)
    start = data.index(TIFF)
    assert [(item.start - start, item.stop - start, item.reason) for item in edits.touched] == [
        (19, 20, "Exif: changed in place"),
        (len(TIFF) - 1, len(TIFF), "Exif: changed in place"),
    ]
    assert jpeg.parse(data).with_metadata().touched == ()


def test_another_length_touches_the_length_and_the_middle() -> None:
    data = after_jfif(coded(), segment(0xE1, XMP + PACKET))
    edits = jpeg.parse(data).with_metadata(xmp=PACKET.replace(b"other", b"others"))
    middle = data.index(b"</x")
    assert [(item.start, item.stop, item.reason) for item in edits.touched] == [
        (23, 24, "XMP: length of its segment"),
        (middle, middle, "XMP: replaced"),
    ]


def test_a_grown_exif_block_leaves_its_thumbnail() -> None:
    """A pointer near the front changes to a directory at the end: the bytes between them are kept."""
    block = exif(thumbnail=bytes(range(256)) * 200)[10:]
    data = after_jfif(coded(), segment(0xE1, b"Exif\0\0" + block), segment(0xE1, XMP + PACKET))
    grown = block[:7] + b"\x99" + block[8:] + b"directory"
    edits = jpeg.parse(data).with_metadata(exif=grown, xmp=PACKET + b" ")
    assert sum(item.stop - item.start for item in edits.touched) <= 5
    layout = jpeg.parse(edits.apply(data)).layout
    assert (layout.exif, layout.xmp) == (grown, PACKET + b" ")


@pytest.mark.parametrize(
    ("name", "exif_block", "order"),
    [
        ("plain", TIFF, ["APP0 JFIF", "APP1 Exif", "APP1 XMP", "DQT"]),
        ("no jfif", TIFF, ["APP1 Exif", "APP1 XMP", "DQT"]),
        ("jfxx", TIFF, ["APP0 JFIF", "APP0 JFXX", "APP1 Exif", "APP1 XMP", "DQT"]),
        ("icc, exif", None, ["APP0 JFIF", "APP2 ICC", "APP1 Exif", "APP1 XMP"]),
        ("jfif after exif", None, ["APP1 Exif", "APP1 XMP", "APP0 JFIF"]),
        ("gain map", TIFF, ["APP0 JFIF", "APP1 Exif", "APP1 XMP", "APP2 MPF", "DQT"]),
        ("gain map", None, ["APP0 JFIF", "APP1 XMP", "APP2 MPF", "DQT"]),
    ],
)
def test_new_segments_are_in_the_order_of_cameras(
    name: str, exif_block: bytes | None, order: list[str]
) -> None:
    data = PHOTOS[name]
    result = jpeg.parse(data).with_metadata(exif=exif_block, xmp=PACKET).apply(data)
    segments = jpeg.parse(result).structure.primary.segments[: len(order)]
    assert [f"{item.marker.name} {item.kind(result)}".strip() for item in segments] == order
    assert Image.open(io.BytesIO(result)).info["xmp"] == PACKET
    assert Image.open(io.BytesIO(result)).tobytes() == Image.open(io.BytesIO(data)).tobytes()


@pytest.mark.parametrize(("kind", "limit"), [("exif", 65_527), ("xmp", 65_504)])
def test_a_block_has_a_limit(kind: str, limit: int) -> None:
    for data in (coded(), after_jfif(coded(), exif(), segment(0xE1, XMP + PACKET))):
        file = jpeg.parse(data)
        result = file.with_metadata(**{kind: bytes(limit)}).apply(data)
        assert getattr(jpeg.parse(result).layout, kind) == bytes(limit)
        with pytest.raises(RefusedError, match=f"{limit + 1} bytes, more than the {limit}"):
            file.with_metadata(**{kind: bytes(limit + 1)})


@pytest.mark.parametrize(
    ("offset", "value", "problem"),
    [
        (4, b"\0\0", "no TIFF header"),
        (16, b"01", "unknown type"),
        (4 + 10 + 24 + 4, struct.pack(">I", 2), "states 3 images and has 2 bytes of entries"),
        (4 + 10 + 24 + 8, struct.pack(">I", 10), "overlap other parts"),
        (8, struct.pack(">I", 9999), "outside its block"),
    ],
    ids=[
        "no byte-order mark",
        "version out of line",
        "count of entries",
        "entries in the index",
        "no directory",
    ],
)
def test_an_index_that_cannot_be_read_is_rebuilt(offset: int, value: bytes, problem: str) -> None:
    """Both images are in the new index, by whatever edit, and a note says so."""
    data = bytearray(after_jfif(multi(coded(), [gain_map(), gray()]), exif()))
    place = data.index(b"MPF\0") + offset
    data[place : place + len(value)] = value
    file = jpeg.parse(bytes(data))
    assert any(problem in note and "2 images follow the photo" in note for note in file.notes)
    assert file.with_metadata().touched == ()
    for edits in (file.with_metadata(exif=OTHER), file.splice(auxiliary())):
        assert any("APP2 MPF: rebuilt" in touched.reason for touched in edits.touched)
        edited = jpeg.parse(edits.apply(bytes(data)))
        images = [edited.structure.image(number) for number in (2, 3)]
        pieces = [edited.source[image.start : image.stop] for image in images]
        assert pieces == [gain_map(), gray()] and not edited.structure.index_fault
        assert edited.structure.entries[0].size == edited.structure.primary_stop
    remaining = jpeg.parse(file.remove([2]).apply(bytes(data)))
    assert [auxiliary.payload for auxiliary in remaining.layout.auxiliaries] == [gray()]


@pytest.mark.parametrize("order", [">", "<"])
@pytest.mark.parametrize("kind", ["long", "bytes"])
@pytest.mark.parametrize("first", [0xFF, 0x02], ids=["jpeg", "minolta"])
def test_an_offset_in_exif_of_a_preview_after_the_photo_is_re_based(
    order: str, kind: str, first: int
) -> None:
    """A preview behind the EOI, to which an entry of a maker note points, is found after every edit."""
    preview = bytes([first]) + gray(64, 48)[1:]

    def photo(offset: int) -> bytes:
        entry = (0x88, 4, 1, offset) if kind == "long" else (0x2001, 7, len(preview), offset)
        note = struct.pack(order + "HHHIII", 1, *entry, 0)
        return after_jfif(multi(coded(), [gain_map()]), exif(order, thumbnail=note))

    tiff = photo(0).index(b"Exif\0\0") + 6
    data = photo(len(photo(0)) - tiff) + preview
    file = jpeg.parse(data)
    assert any("to which Exif points" in note for note in file.notes)

    def found(edited: bytes) -> bytes:
        block = edited.index(b"Exif\0\0") + 6
        return edited[block + struct.unpack_from(order + "I", edited, block + 36)[0] :]

    assert found(data) == preview
    spliced = file.splice(auxiliary()).apply(data)
    added = jpeg.parse(spliced).layout.auxiliaries[-1].identifier
    with_xmp = file.with_metadata(xmp=b"<x/>").apply(data)
    for edited in (spliced, with_xmp, jpeg.parse(with_xmp).splice(auxiliary()).apply(with_xmp)):
        assert len(edited) > len(data) and found(edited) == preview
    assert found(jpeg.parse(spliced).remove([added]).apply(spliced)) == preview


def test_a_preview_that_nothing_is_known_to_point_to_is_noted() -> None:
    assert any("no offset of it is known in Exif" in note for note in jpeg.parse(coded() + gray()).notes)


def test_a_block_between_stray_bytes_stays() -> None:
    data = after_jfif(coded(), b"\0\xff", exif(), b"\0stray")
    file = jpeg.parse(data)
    assert file.with_metadata(exif=OTHER).apply(data)
    with pytest.raises(RefusedError, match="between stray bytes"):
        file.with_metadata(exif=b"")
