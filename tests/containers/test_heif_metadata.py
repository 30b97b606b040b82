"""Other Exif and XMP in every layout of a HEIF file: new blocks are read, all else stays, few bytes are replaced."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from authoring.containers import heif
from authoring.containers.base import Layout
from authoring.errors import DepthauthorError, RefusedError, UnsupportedError
from tests.containers import heif_files
from tests.containers.heif_files import (
    RDF,
    ItemSpec,
    PhotoSpec,
    auxiliary,
    box,
    small_photo,
    with_method,
    within_host,
)
from tests.containers.test_heif_variants import VARIANTS

TIFF = b"II*\0\x08\0\0\0\0\0\0\0\0\0"
PACKET = b"<other/>"
IPHONE_HEADER = b"\0\0\0\6Exif\0\0"


def own_mdat() -> PhotoSpec:
    """Move Exif into a last mdat of its own."""
    photo = small_photo(order=("ftyp", "mdat0", "meta", "mdat1"))
    photo.items = [photo.items[0], photo.items[1]]
    photo.references = [("cdsc", 2, [1])]
    photo.links.pop(4)
    return photo


def unreadable_exif() -> PhotoSpec:
    photo = small_photo()
    photo.items.insert(1, ItemSpec(9, "Exif", b"nonsense"))
    photo.references.append(("cdsc", 9, [1]))
    return photo


def empty_packet() -> PhotoSpec:
    photo = small_photo()
    photo.items.insert(1, ItemSpec(9, "mime", b"", content_type=RDF))
    photo.references.insert(0, ("cdsc", 9, [1]))
    return photo


def wrong_count() -> PhotoSpec:
    photo = small_photo()
    photo.items[1].data = b"\0\0\0\2Exif\0\0" + TIFF
    return photo


FILES: dict[str, Callable[[], PhotoSpec]] = {
    **VARIANTS,
    "mdat of its own": own_mdat,
    "unreadable Exif": unreadable_exif,
    "empty packet": empty_packet,
    "wrong count in the Exif item": wrong_count,
}
IN_PIECES = ("base in front", "several extents", "several mdat")
WITHIN = ("within an item", "within an item, v2")
CHANGED_FOR_GOOD = ("empty iref", "idat with no offsets", "idat with no widths")
"""A new item in these changes what its removal does not restore: an empty iref goes, iloc gets wider fields."""


@pytest.fixture(scope="module", params=FILES)
def case(request: pytest.FixtureRequest) -> tuple[str, bytes]:
    return request.param, FILES[request.param]().build()


def variants(block: bytes | None, new: bytes) -> Iterator[bytes | None]:
    yield from (None, b"", new + bytes(range(100)))
    if block:
        yield block[:-1] + bytes([block[-1] ^ 1])
        yield block[:5] + b"grown" + block[5:]
        yield block[:4] + block[6:]
        if not block.startswith((b"MM", b"II")):
            yield b"x" + block[1:] + b"y"


def pairs(layout: Layout) -> Iterator[tuple[bytes | None, bytes | None]]:
    """Yield each change of one block, alone and with a similar change of the other; and additions with removals."""
    first, second = list(variants(layout.exif, TIFF)), list(variants(layout.xmp, PACKET))
    for i, j in itertools.product(range(len(first)), range(len(second))):
        if not min(i, j) or i == j or {i, j} == {1, 2}:
            yield first[i], second[j]


def changed(file: heif.HeifFile) -> Iterator[tuple[bytes | None, bytes | None, bytes]]:
    """Yield (exif, xmp, result) of every possible exchange."""
    layout = file.layout
    for exif, xmp in pairs(layout):
        try:
            yield exif, xmp, file.with_metadata(exif=exif, xmp=xmp).apply(file.source)
        except UnsupportedError as error:
            assert "in pieces" in error.message or "shares its data" in error.message


def test_new_blocks_are_read_and_everything_else_stays(case: tuple[str, bytes]) -> None:
    name, data = case
    file = heif.parse(data)
    before = file.layout
    parts = file.parts()
    own = [str(entry.identifier) for entry in file.entries if entry.role in ("Exif", "XMP")]
    count = 0
    for exif, xmp, result in changed(file):
        after = heif.parse(result)
        layout = after.layout
        assert layout.exif == (before.exif if exif is None else exif or None)
        assert layout.xmp == (before.xmp if xmp is None else xmp or None)
        assert layout.auxiliaries == before.auxiliaries
        known = {
            key: value for key, value in parts.items() if key.split()[1:2] not in [[entry] for entry in own]
        }
        known.pop("meta idat 0", None)
        assert {key: after.parts().get(key) for key in known} == known
        count += 1
    assert count > (0 if name in WITHIN else 4)


def test_the_old_blocks_put_back_give_every_byte(case: tuple[str, bytes]) -> None:
    name, data = case
    file = heif.parse(data)
    layout = file.layout
    for exif, xmp, result in changed(file):
        removed = (exif == b"" and layout.exif) or (xmp == b"" and layout.xmp)
        if removed or name in CHANGED_FOR_GOOD:
            continue
        old_exif = None if exif is None else layout.exif or b""
        old_xmp = None if xmp is None else layout.xmp or b""
        assert heif.parse(result).with_metadata(exif=old_exif, xmp=old_xmp).apply(result) == data


def test_a_splice_after_new_blocks_and_its_removal(case: tuple[str, bytes]) -> None:
    name, data = case
    file = heif.parse(data)
    exif = None if name in IN_PIECES else TIFF + bytes(50)
    xmp = None if name in (*IN_PIECES, *WITHIN) else PACKET
    first = file.with_metadata(exif=exif, xmp=xmp)
    middle = heif.parse(first.apply(data))
    result = heif.parse(first.then(middle.splice(auxiliary())).apply(data))
    (added,) = [image for image in result.layout.auxiliaries if image.payload == auxiliary().payload]
    bare = heif.parse(result.remove([added.identifier]).apply(result.source))
    assert bare.parts() == middle.parts()
    assert bare.layout == middle.layout


def test_a_large_block_that_grows_replaces_few_bytes(sample: Callable[[str], bytes]) -> None:
    """As the portrait maker note grows Exif: a directory is appended, and a pointer near the start changed."""
    photo = heif.parse(sample("pug.heic"))
    exif = photo.layout.exif
    assert exif is not None
    large = exif + random.Random(1).randbytes(190_000 - len(exif))
    data = photo.with_metadata(exif=large).apply(photo.source)
    grown = large[:4] + len(large).to_bytes(4, "big") + large[8:] + bytes(range(200))
    edits = heif.parse(data).with_metadata(exif=grown)
    assert heif.parse(edits.apply(data)).layout.exif == grown
    assert sum(run.stop - run.start for run in edits.touched) < 300
    assert all(run.stop - run.start <= 8 for run in edits.touched)


def test_equal_length_touches_the_differing_bytes_alone() -> None:
    data = small_photo().build()
    file = heif.parse(data)
    exif = file.layout.exif
    assert exif is not None
    edits = file.with_metadata(exif=exif[:-1] + b"x", xmp=b"<Primary/>")
    first, second = data.index(exif) + len(exif) - 1, data.index(b"<primary/>") + 1
    assert [(item.start, item.stop, item.reason) for item in edits.touched] == [
        (first, first + 1, "Exif: changed in place"),
        (second, second + 1, "XMP: changed in place"),
    ]
    assert file.with_metadata().touched == ()


def test_another_length_touches_sizes_offsets_and_the_middle() -> None:
    data = small_photo().build()
    edits = heif.parse(data).with_metadata(xmp=b"<primary></primary>")
    reasons = [item.reason for item in edits.touched]
    assert reasons == [
        "iloc: length of item 3",
        "iloc: offset of item 4 re-based",
        "iloc: offset of item 5 re-based",
        "mdat size",
        "XMP: replaced",
    ]
    middle = edits.touched[-1]
    assert data[middle.start : middle.stop] == b"/"


def test_the_form_of_the_exif_item_stays() -> None:
    photo = small_photo()
    assert photo.items[1].data[:4] == bytes(4)
    for header in (bytes(4), IPHONE_HEADER, b"\0\0\0\2Exif\0\0"):
        photo.items[1].data = header + TIFF
        data = photo.build()
        result = heif.parse(heif.parse(data).with_metadata(exif=TIFF + b"more").apply(data))
        assert result.structure.content(2) == header + TIFF + b"more"


def test_new_items_are_what_phones_write() -> None:
    data = heif_files.coded("RGB", 64, 64)
    edits = heif.parse(data).with_metadata(exif=TIFF, xmp=PACKET)
    file = heif.parse(edits.apply(data))
    exif, xmp = list(file.structure.items.entries.values())[-2:]
    assert (exif.type, exif.hidden, xmp.type, xmp.hidden, xmp.content_type) == (
        "Exif",
        True,
        "mime",
        True,
        RDF,
    )
    assert file.structure.content(exif.identifier) == IPHONE_HEADER + TIFF
    assert file.structure.content(xmp.identifier) == PACKET
    for item in (exif, xmp):
        assert file.structure.targets(item.identifier, "cdsc") == (file.structure.primary,)
    assert file.source.endswith(IPHONE_HEADER + TIFF + PACKET)
    assert "mdat: data of Exif and XMP added" in {entry.reason for entry in edits.touched}


def test_a_removed_block_leaves_no_bytes() -> None:
    for photo in (small_photo(), with_method(small_photo(), 1, 2, 3), small_photo(pieces=3)):
        data = photo.build()
        result = heif.parse(data).with_metadata(exif=b"", xmp=b"").apply(data)
        assert b"<prim" not in result
        assert b"MM\0*" not in result
        assert not any(entry.role in ("Exif", "XMP") for entry in heif.parse(result).entries)


@pytest.mark.parametrize(
    ("photo", "arguments", "error", "words"),
    [
        (small_photo(), {"exif": b"no header"}, ValueError, "TIFF header"),
        (small_photo(pieces=4), {"xmp": b"<x/>"}, UnsupportedError, "in pieces"),
        (within_host(small_photo(widths=(4, 4, 0, 4))), {"xmp": b""}, UnsupportedError, "shares its data"),
        (replace(small_photo(), groups=[("altr", 9, [1, 3])]), {"xmp": b""}, RefusedError, "referred to"),
        (
            replace(small_photo(), references=[*small_photo().references, ("cdsc", 5, [3])]),
            {"xmp": b""},
            RefusedError,
            "item 3",
        ),
        (
            small_photo(order=("ftyp", "meta", "mdat0", box("moov", b""))),
            {"xmp": b"<x/>"},
            UnsupportedError,
            "sequence",
        ),
    ],
)
def test_what_cannot_be_done_is_an_error(
    photo: PhotoSpec, arguments: dict[str, bytes], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        heif.parse(photo.build()).with_metadata(**arguments)


def test_data_that_two_blocks_share_stays() -> None:
    photo = small_photo()
    data = photo.build()
    structure = heif.parse(data).structure
    at = structure.locations.entries[2].extents[0].position
    exif = structure.ranges(2)[0]
    shared = data[:at] + (exif[0] + 2).to_bytes(4, "big") + data[at + 4 :]
    assert heif.parse(shared).structure.ranges(2)[0][1] > structure.ranges(3)[0][0]
    file = heif.parse(shared)
    for block in (b"", b"<primarx/>", b"<x/>"):
        with pytest.raises(UnsupportedError, match="shares its data"):
            file.with_metadata(xmp=block)


def test_random_damage_gives_our_errors_only() -> None:
    data = small_photo(pieces=2).build()
    last = data.index(b"mdat")
    rng = random.Random(4)
    done = 0
    for _ in range(200):
        broken = bytearray(data)
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(24, last)
            broken[at] = rng.choice([0, 1, 0x7F, 0x80, 0xFF, broken[at] ^ 1 << rng.randrange(8)])
        try:
            file = heif.parse(bytes(broken))
            for exif, xmp in ((TIFF, PACKET), (b"", b""), (b"", PACKET), (TIFF, None)):
                try:
                    result = file.with_metadata(exif=exif, xmp=xmp).apply(file.source)
                except DepthauthorError:
                    continue
                heif.parse(result)
                done += 1
        except DepthauthorError:
            continue
    assert done > 30
