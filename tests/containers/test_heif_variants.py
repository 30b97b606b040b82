"""Every layout of tables and data in a HEIF file: nothing is lost, and foreign readers see the depth."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pillow_heif
import pytest
from numpy.typing import NDArray

from authoring.containers import heif
from authoring.containers.heif.structure import Structure
from authoring.errors import RefusedError, UnsupportedError, UsageError
from tests.containers import heif_files
from tests.containers.heif_files import (
    URN,
    XMP,
    ItemSpec,
    PhotoSpec,
    auxiliary,
    box,
    full,
    many_properties,
    renumbered,
    small_photo,
    with_method,
    within_host,
)

TAIL = box("mpvd", b"motion photo")


def idat_only(widths: tuple[int, int, int, int]) -> PhotoSpec:
    photo = with_method(small_photo(order=("ftyp", "meta"), widths=widths, no_iref=True), 1, 1)
    photo.items, photo.references = photo.items[:1], []
    photo.links = {1: photo.links[1]}
    return photo


VARIANTS: dict[str, Callable[[], PhotoSpec]] = {
    "as iPhones do": small_photo,
    "meta after mdat": lambda: small_photo(order=("ftyp", "mdat0", "meta")),
    "iloc first": lambda: small_photo(iloc_last=False),
    "iloc v0": lambda: small_photo(iloc_version=0),
    "iloc v2": lambda: small_photo(iloc_version=2),
    "8-byte offsets": lambda: small_photo(widths=(8, 8, 0, 0)),
    "base offsets": lambda: small_photo(widths=(4, 4, 4, 0), base="data"),
    "base in front": lambda: small_photo(
        widths=(4, 4, 8, 0), base="file", pieces=3, order=("ftyp", "mdat0", "meta", "mdat1")
    ),
    "base unused": lambda: small_photo(widths=(4, 4, 4, 0)),
    "only base offsets": lambda: small_photo(widths=(0, 4, 4, 0), base="data"),
    "extent index": lambda: small_photo(widths=(4, 4, 0, 4)),
    "several extents": lambda: small_photo(pieces=4),
    "several mdat": lambda: small_photo(order=("ftyp", "mdat0", "meta", "mdat1", "mdat2"), pieces=3),
    "mdat without items": lambda: small_photo(order=("ftyp", "meta", "mdat0", box("mdat", b"other"))),
    "largesize": lambda: small_photo(mdat_form="64"),
    "largesize meta": lambda: small_photo(meta_form="64"),
    "mdat to the end": lambda: small_photo(mdat_form="rest"),
    "meta to the end": lambda: small_photo(order=("ftyp", "mdat0", "meta"), meta_form="rest"),
    "idat": lambda: with_method(small_photo(), 1, 2, 3, 5),
    "idat with no mdat": lambda: idat_only((4, 4, 0, 0)),
    "idat with no offsets": lambda: idat_only((0, 4, 0, 0)),
    "idat with no widths": lambda: idat_only((0, 0, 0, 0)),
    "no mdat, meta to the end": lambda: replace(idat_only((4, 4, 0, 0)), meta_form="rest"),
    "within an item": lambda: within_host(small_photo(widths=(4, 4, 0, 4))),
    "within an item, v2": lambda: within_host(small_photo(iloc_version=2)),
    "wide ids": lambda: renumbered(small_photo(wide_items=True, iloc_version=2), lambda one: one + 70000),
    "ids at the 16-bit end": lambda: renumbered(small_photo(), lambda one: one + 65530),
    "32-bit boxes, small ids": lambda: small_photo(wide_items=True, iloc_version=2),
    "126 properties": lambda: many_properties(small_photo(), 118),
    "127 properties": lambda: many_properties(small_photo(), 119),
    "300 properties": lambda: many_properties(small_photo(ipma_flags=1), 292),
    "wide indices": lambda: small_photo(ipma_flags=1),
    "two ipma": lambda: small_photo(split_ipma=True),
    "two ipma, wide first": lambda: small_photo(split_ipma=True, ipma_flags=1),
    "no iref": lambda: replace(small_photo(no_iref=True), references=[]),
    "empty iref": lambda: replace(small_photo(), references=[]),
    "trailer counted from the end": lambda: small_photo(order=("ftyp", "meta", "mdat0", TAIL)),
    "unknown boxes": lambda: small_photo(
        order=("ftyp", box("uuid", bytes(16), b"x"), "meta", box("free", b"12"), "mdat0", box("free")),
        meta_extra=box("abcd", b"1") + box("abce"),
    ),
    "brand is there": lambda: small_photo(brands=b"heic" + bytes(4) + b"mif1MiHEheic"),
    "no mif1": lambda: small_photo(brands=b"heic" + bytes(4) + b"heic"),
    "unused property last": lambda: replace(
        small_photo(), properties=[*small_photo().properties, full("pixi", 0, 0, b"\1\x09")]
    ),
    "group": lambda: replace(small_photo(), groups=[("altr", 6, [1, 4])]),
}  # fmt: skip


def primary_pixels(data: bytes) -> NDArray[np.uint8]:
    return np.asarray(pillow_heif.open_heif(io.BytesIO(data)))


def contents(data: bytes) -> dict[int, bytes]:
    structure = heif.parse(data).structure
    return {item: structure.content(item) for item in structure.items.entries}


@pytest.mark.parametrize("name", VARIANTS)
def test_a_splice_keeps_everything(name: str) -> None:
    photo = VARIANTS[name]()
    data = photo.build()
    assert contents(data) == {item.identifier: item.data for item in photo.items}, (
        "the test's own file is wrong"
    )
    file = heif.parse(data)
    edits = file.splice(auxiliary())
    result = edits.apply(data)
    after = heif.parse(result)

    before = file.parts()
    assert {key: after.parts()[key] for key in before} == before
    assert len(after.structure.items.entries) == len(photo.items) + 2
    actual = after.layout.auxiliaries[-1]
    given = auxiliary()
    assert (actual.auxiliary_type, actual.auxiliary_subtype) == (URN, given.auxiliary_subtype)
    assert (actual.payload, actual.configuration, actual.xmp) == (given.payload, given.configuration, XMP)
    assert actual.transforms == file.layout.transforms
    narrow = [entry for entry in edits.touched if "rebuilt" not in entry.reason]
    assert all(entry.stop - entry.start <= 8 for entry in narrow), "a field is replaced alone"
    if TAIL in data:
        assert result.endswith(TAIL)


LIBHEIF_CANNOT = ("within an item", "within an item, v2", "idat with no widths")
"""Legal, but libheif 1.23 opens neither construction method 2 nor extents that state no length."""


@pytest.mark.parametrize("name", [name for name in VARIANTS if name not in LIBHEIF_CANNOT])
def test_a_foreign_reader_sees_the_photo_and_its_depth(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Its limit of 100 properties a file is its own.
    monkeypatch.setattr(pillow_heif.options, "DISABLE_SECURITY_LIMITS", True)
    data = VARIANTS[name]().build()
    result = heif.parse(data).splice(auxiliary()).apply(data)
    photo = pillow_heif.open_heif(io.BytesIO(result))
    assert np.array_equal(np.asarray(photo), primary_pixels(data))
    (depth,) = photo.info["depth_images"]
    assert depth.info["metadata"]["d_min"] == 1.498046875
    assert depth.info["metadata"]["d_max"] == 4.3828125
    # irot 1, then imir 1 (left and right change places), as the primary is shown.
    assert np.array_equal(np.asarray(depth), np.fliplr(np.rot90(heif_files.gray_codes(96, 64))))


def spliced_and_removed(data: bytes) -> bytes:
    spliced = heif.parse(heif.parse(data).splice(auxiliary()).apply(data))
    added = spliced.layout.auxiliaries[-1].identifier
    return spliced.remove([added]).apply(spliced.source)


@pytest.mark.parametrize("name", VARIANTS)
def test_removal_leaves_what_was_there_before_a_splice(name: str) -> None:
    data = VARIANTS[name]().build()
    result = spliced_and_removed(data)
    assert heif.parse(result).parts() == heif.parse(data).parts()
    if name not in ("idat with no offsets", "idat with no widths"):  # There the wide fields of iloc stay.
        assert len(result) <= len(data) + 4, "only the brand stays"
    # Where the brand is there, iloc wide and no empty iref, a removal restores every byte.
    assert spliced_and_removed(result) == result
    if name == "brand is there":
        assert result == data


def unused_properties(data: bytes) -> list[bytes]:
    """Return the boxes of ipco that no item has, as bytes."""
    structure = heif.parse(data).structure
    table = structure.properties
    used = {index for links in table.by_item.values() for index, _ in links}
    return [structure.bytes_of(box) for i, box in enumerate(table.properties, 1) if i not in used]


WITH_GAIN_MAP = [name for name in VARIANTS if name not in LIBHEIF_CANNOT and len(VARIANTS[name]().items) > 1]


@pytest.mark.parametrize("name", WITH_GAIN_MAP)
def test_removal_leaves_no_property_that_only_the_removed_image_used(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gain map's properties are in front of the depth's, which get lower numbers."""
    monkeypatch.setattr(pillow_heif.options, "DISABLE_SECURITY_LIMITS", True)
    data = VARIANTS[name]().build()
    spliced = heif.parse(heif.parse(data).splice(auxiliary()).apply(data))
    gain = heif.parse(data).layout.auxiliaries[0].identifier
    result = spliced.remove([gain]).apply(spliced.source)
    assert unused_properties(result) == unused_properties(data)
    before, after = spliced.parts(), heif.parse(result).parts()
    gone = set(before) - set(after)
    assert f"item {gain} properties" in gone and set(after) < set(before)
    assert {part for part in after if after[part] != before[part]} <= {"group altr 6"}
    photo = pillow_heif.open_heif(io.BytesIO(result))
    assert np.array_equal(np.asarray(photo), primary_pixels(data))
    (depth,) = photo.info["depth_images"]
    assert np.array_equal(np.asarray(depth), np.fliplr(np.rot90(heif_files.gray_codes(96, 64))))


def structure_of(photo: PhotoSpec, **changes: object) -> tuple[bytes, Structure]:
    data = photo.build()
    result = heif.parse(data).splice(replace(auxiliary(), **changes)).apply(data)  # type: ignore[arg-type]
    return result, heif.parse(result).structure


def test_the_new_item_is_laid_out_as_apple_does() -> None:
    result, structure = structure_of(small_photo())
    item, packet = structure.items.entries[6], structure.items.entries[7]
    assert (item.type, item.hidden, item.version) == ("hvc1", True, 2)
    assert (packet.type, packet.content_type, packet.hidden) == ("mime", "application/rdf+xml", True)
    assert structure.targets(6, "auxl") == (1,)
    assert structure.targets(7, "cdsc") == (6,)
    # hvcC, ispe, irot 3, imir 4, pixi 7 shared with the gain map, auxC; E E E essential but for ispe and pixi.
    links = ((9, True), (10, False), (3, True), (4, True), (7, False), (11, True))
    assert structure.properties.by_item[6] == links
    (packet_run,), (image_run,) = structure.ranges(7), structure.ranges(6)
    assert packet_run[1] == image_run[0]
    assert image_run[1] == len(result)
    assert result[8:28] == b"heic" + bytes(4) + b"mif1MiHEheic"


def test_a_clean_aperture_is_not_given_to_the_map() -> None:
    photo = small_photo()
    photo.properties.append(box("clap", struct.pack(">8I", 63, 1, 127, 2, 0, 1, 0, 1)))
    photo.links[1].insert(2, (9, True))
    data = photo.build()
    assert (heif.parse(data).layout.width, heif.parse(data).layout.height) == (63, 64)
    _, structure = structure_of(photo)
    assert structure.properties.find(6, "clap") is None


def test_no_xmp_gives_no_xmp_item() -> None:
    _, structure = structure_of(small_photo(), xmp=b"")
    assert list(structure.items.entries) == [1, 2, 3, 4, 5, 6]


def test_item_numbers_avoid_groups_and_stay_in_16_bits() -> None:
    _, structure = structure_of(replace(small_photo(), groups=[("altr", 6, [1, 4])]))
    assert list(structure.items.entries)[-2:] == [7, 8]
    _, structure = structure_of(renumbered(small_photo(), lambda item: item + 65530))
    assert list(structure.items.entries)[-2:] == [1, 2]
    _, structure = structure_of(
        renumbered(small_photo(wide_items=True, iloc_version=2), lambda item: item + 65530)
    )
    assert list(structure.items.entries)[-2:] == [65536, 65537]


@pytest.mark.parametrize(
    ("targets", "expected"),
    [([1], (1,)), ([1, 8], (1, 8)), (None, (1, 8))],
    ids=["old", "iOS 18", "no precedent"],
)
def test_the_tone_map_gets_the_map_where_that_is_the_custom(
    targets: list[int] | None, expected: tuple[int, ...]
) -> None:
    photo = small_photo()
    photo.items.append(ItemSpec(8, "tmap", b"tone map", hidden=False))
    photo.references.append(("dimg", 8, [1, 4]))
    photo.references = [item for item in photo.references if item[0] != "auxl"]
    if targets:
        photo.references.append(("auxl", 4, targets))
    data = photo.build()
    file = heif.parse(data)
    result = file.splice(auxiliary()).apply(data)
    after = heif.parse(result)
    assert after.structure.targets(9, "auxl") == expected
    assert heif.parse(after.remove([9]).apply(result)).parts() == file.parts()


def test_removal_takes_the_tiles_of_a_gridded_map_unless_shared() -> None:
    photo = small_photo()
    grid = ItemSpec(10, "grid", bytes(8))
    photo.items += [
        grid,
        ItemSpec(11, "hvc1", b"own"),
        ItemSpec(12, "hvc1", b"shared"),
        ItemSpec(13, "hvc1", b"seen", False),
    ]
    photo.references += [
        ("dimg", 10, [11, 12, 13]),
        ("auxl", 10, [1]),
        ("dimg", 14, [12]),
        ("cdsc", 3, [1, 10]),
    ]
    photo.references.remove(("cdsc", 3, [1]))
    photo.items.append(ItemSpec(14, "iden", b""))
    photo.links[10] = [(8, True)]
    photo.groups = [("altr", 20, [1, 10]), ("altr", 21, [10])]
    data = photo.build()
    file = heif.parse(data)
    assert [image.configuration for image in file.layout.auxiliaries][-1] == b""
    result = file.remove([10]).apply(data)
    after = heif.parse(result).structure
    assert list(after.items.entries) == [1, 2, 3, 4, 5, 12, 13, 14]
    assert after.targets(3, "cdsc") == (1,)
    assert [(image.identifier, image.entities) for image in after.groups] == [(20, (1,))]
    assert len(result) < len(data)
    assert b"own" not in result
    assert contents(result)[12] == b"shared"


def test_shared_bytes_stay() -> None:
    """The primary's XMP is within the gain map's data: removing the map must leave those bytes."""
    data = small_photo().build()
    structure = heif.parse(data).structure
    at = structure.locations.entries[3].extents[0].position
    start, stop = structure.ranges(4)[0]
    shared = data[:at] + struct.pack(">II", start + 5, 10) + data[at + 8 :]
    file = heif.parse(shared)
    result = file.remove([4]).apply(shared)
    assert contents(result)[3] == data[start + 5 : start + 15]
    reasons = [item for item in file.remove([4]).touched if item.reason.startswith("mdat: data")]
    # What lay before and behind the shared bytes, and the gain map's own XMP right after it.
    assert [(item.start, item.stop) for item in reasons] == [(start, start + 5), (start + 15, stop + 7)]


def test_a_map_that_another_image_needs_is_not_removed() -> None:
    photo = small_photo()
    photo.items.append(ItemSpec(8, "tmap", b"tone map", hidden=False))
    photo.references.append(("dimg", 8, [1, 4]))
    with pytest.raises(RefusedError, match=r"item 8 \('tmap'\) is made from item 4"):
        heif.parse(photo.build()).remove([4])


def test_only_auxiliary_images_are_removed() -> None:
    file = heif.parse(small_photo().build())
    assert file.remove([]).touched == ()
    for item in (1, 3, 99):
        with pytest.raises(UsageError, match=f"item {item} is not an auxiliary image"):
            file.remove([item])


def test_roles_and_signature_and_notes() -> None:
    photo = small_photo(
        order=("ftyp", "meta", "mdat0", box("uuid", bytes.fromhex("d8fec3d61b0e483c92975828877ec481")))
    )
    photo.items += [
        ItemSpec(8, "hvc1", b"thumb"),
        ItemSpec(9, "hvc1", b"other picture", hidden=False),
        ItemSpec(10, "hvc1", b"its map"),
    ]
    photo.references += [("thmb", 8, [1]), ("auxl", 10, [9])]
    photo.links[10] = [(8, True)]
    file = heif.parse(photo.build())
    layout = file.layout
    assert {entry.identifier: entry.role for entry in file.entries} == {
        1: "primary",
        2: "Exif",
        3: "XMP",
        4: "auxiliary urn:com:apple:photo:2020:aux:hdrgainmap",
        5: "XMP of 4",
        8: "thumbnail",
        9: "image",
        10: "auxiliary of 9",
    }
    assert [image.identifier for image in layout.auxiliaries] == [4], (
        "the map of another picture is not the photo's"
    )
    assert layout.signed
    assert layout.exif == b"MM\0*\0\0\0\x08\0\0\0\0\0\0"
    assert layout.xmp == b"<primary/>"
    assert not heif.parse(small_photo().build()).layout.signed


@pytest.mark.parametrize(
    ("content", "expected", "noted"),
    [
        (b"\0\0\0\6Exif\0\0II*\0rest", b"II*\0rest", 0),
        (b"\0\0\0\0Exif\0\0II*\0rest", b"II*\0rest", 1),
        (b"II*\0rest", b"II*\0rest", 1),
        (b"\0\0\0\0nothing", None, 1),
        (b"", None, 1),
    ],
)
def test_the_exif_header_is_skipped(content: bytes, expected: bytes | None, noted: int) -> None:
    photo = small_photo()
    photo.items[1].data = content
    file = heif.parse(photo.build())
    assert file.layout.exif == expected
    assert len(file.notes) == noted


def test_old_item_entries_are_read() -> None:
    photo = small_photo(infe_version=1)
    assert heif.parse(photo.build()).structure.items.entries[3].content_type == "application/rdf+xml"


def test_kinds_that_cannot_hold_depth_are_refused() -> None:
    photo = small_photo(brands=b"avif" + bytes(4) + b"mif1avif")
    photo.items[0].kind = "av01"
    file = heif.parse(photo.build())
    assert file.layout.width == 64
    with pytest.raises(
        UnsupportedError, match="AVIF photo, which is not handled; convert it to HEIC or JPEG"
    ):
        file.splice(auxiliary())
    sequence = small_photo(order=("ftyp", "meta", "mdat0", box("moov", b"")))
    assert heif.parse(sequence.build()).notes
    with pytest.raises(UnsupportedError, match="sequence"):
        heif.parse(sequence.build()).splice(auxiliary())
    for kind, word in (("moov", "sequence"), ("mini", "minimized")):
        with pytest.raises(UnsupportedError, match=word):
            heif.parse(box("ftyp", b"hevc", bytes(4), b"msf1") + box(kind, b""))
    with pytest.raises(UnsupportedError, match="'jpeg'"):
        photo.items[0].kind = "jpeg"
        photo.brands = b"heic" + bytes(4) + b"mif1"
        heif.parse(photo.build()).splice(auxiliary())


@pytest.mark.parametrize("kind", ["mdat", "free"])
def test_an_item_that_overhangs_its_mdat_is_not_overwritten(kind: str) -> None:
    """The last item overhangs its mdat: the new data goes after the next mdat, or nowhere."""
    data = small_photo(order=("ftyp", "meta", "mdat0", box(kind, b"tail"))).build()
    structure = heif.parse(data).structure
    at = structure.locations.entries[5].extents[0].position
    first = structure.ranges(5)[0][0]
    over = data[:at] + struct.pack(">II", first, len(data) - first) + data[at + 8 :]
    file = heif.parse(over)
    if kind == "free":
        with pytest.raises(UnsupportedError, match="item 5 overlaps"):
            file.splice(auxiliary())
        return
    result = file.splice(auxiliary()).apply(over)
    assert contents(result)[5] == contents(over)[5] == data[first:]
    assert heif.parse(heif.parse(result).remove([6]).apply(result)).parts() == file.parts()


def test_the_dump_shows_every_structure() -> None:
    data = replace(small_photo(), groups=[("altr", 9, [1, 4])]).build()
    text = heif.parse(heif.parse(data).splice(auxiliary()).apply(data)).dump()
    for line in (
        "ftyp @0 size 28: heic mif1 MiHE heic",
        "    infe @",
        "    auxl @",
        "      11 auxC @",
        "  1 hvc1, primary: ",
        "  10 hvc1 hidden, auxiliary urn:mpeg:hevc:2015:auxid:2: ",
        "    auxC! urn:mpeg:hevc:2015:auxid:2 000000110000000d4e01b109351f7bfc010bc62020",
        "      10: 9! 10 3! 4! 7 11!",
        "    altr @",
        "widths offset 4 length 4 base 0 index 0",
    ):
        assert line in text, line
    assert text == heif.parse(heif.parse(data).splice(auxiliary()).apply(data)).dump()
