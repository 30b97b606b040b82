"""The undo record: any edit is undone, and a record that does not match, or is forged, does no harm."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from authoring import containers
from authoring.apple import xmp
from authoring.apple.provenance import Provenance, read_provenance, with_provenance
from authoring.codecs import photo as pictures
from authoring.containers.edits import EditList, Replacement
from authoring.embed.embed_options import options_of
from authoring.embed.steps import embed
from authoring.embed.strip import strip
from authoring.embed.undo import build_record, undone
from authoring.errors import RefusedError
from authoring.read.layout import depth_images

GOLDEN = Path(__file__).parents[2] / "golden"
SOURCE = bytes(range(251)) * 4


@st.composite
def edit_lists(draw: st.DrawFn) -> EditList:
    """Edits of `SOURCE` that do not overlap."""
    bounds = sorted(draw(st.lists(st.integers(0, len(SOURCE)), max_size=12)))
    pairs = zip(bounds[::2], bounds[1::2], strict=False)
    return EditList.of(
        len(SOURCE), [Replacement(start, stop, draw(st.binary(max_size=9)), "") for start, stop in pairs]
    )


@given(edit_lists())
def test_every_edit_is_undone(edits: EditList) -> None:
    result, record = edits.apply(SOURCE), build_record(edits, SOURCE)
    inverse = undone(record, result)
    assert (record == b"") == (not edits.touched)
    assert inverse is None if record == b"" else inverse is not None and inverse.apply(result) == SOURCE


@given(st.binary(min_size=200, max_size=3000), st.integers(0, 190), st.binary(min_size=1, max_size=4))
def test_a_small_change_has_a_small_record(source: bytes, start: int, new: bytes) -> None:
    edits = EditList.of(len(source), [Replacement(start, start + len(new), new, "")])
    assert len(build_record(edits, source)) < 60


@given(st.binary(max_size=80))
def test_arbitrary_bytes_are_not_a_record(record: bytes) -> None:
    assert undone(record, SOURCE) is None
    assert undone(b"\x01" + zlib.compress(record), SOURCE) is None


@given(edit_lists(), st.data())
def test_a_changed_record_or_another_file_does_not_match(edits: EditList, data: st.DataObject) -> None:
    result, record = edits.apply(SOURCE), build_record(edits, SOURCE)
    if not record or not result:
        return
    place, flip = data.draw(st.integers(0, len(record) - 1)), data.draw(st.integers(1, 255))
    changed = record[:place] + bytes([record[place] ^ flip]) + record[place + 1 :]
    inverse = undone(changed, result)
    assert inverse is None or inverse.apply(result) == SOURCE
    place = data.draw(st.integers(0, len(result) - 1))
    other = result[:place] + bytes([result[place] ^ flip]) + result[place + 1 :]
    inverse = undone(record, other)
    assert inverse is None or inverse.apply(other) == SOURCE  # The byte was one that goes.


MODEL = b"golden scene\0"
"""Exif's Model of the golden scene."""
PHOTOS = ["scene.jpg", "scene.heic", "scene-gainmap.jpg", "scene-gainmap.heic"]


@pytest.fixture(scope="module")
def embedded() -> dict[str, bytes]:
    depth_m = np.load(GOLDEN / "scene-depth.npy")
    return {name: embed((GOLDEN / name).read_bytes(), depth_m, options_of()).data for name in PHOTOS}


@pytest.mark.parametrize("name", PHOTOS)
def test_a_photo_changed_since_is_stripped_by_its_structure(name: str, embedded: dict[str, bytes]) -> None:
    """Another program changed the photo's Exif in place: that is kept, and --restore says why it refuses."""
    changed = embedded[name].replace(MODEL, MODEL.upper(), 1)
    assert changed != embedded[name]
    stripped = strip(changed)
    file = containers.parse(stripped.data)
    assert not depth_images(file.layout) and file.layout.exif == containers.parse(changed).layout.exif
    assert MODEL.upper() in (file.layout.exif or b"")
    assert any("does not fit this file" in note for note in stripped.report.notes)
    with pytest.raises(RefusedError, match="another program has changed the photo"):
        strip(changed, restore=True)


def with_undo_record(data: bytes, record: bytes, restore: bytes = b"") -> bytes:
    """Return the photo with other records in its depth's XMP; the packet keeps its length."""
    image = depth_images(containers.parse(data).layout)[0]
    assert image.xmp is not None
    tree = xmp.parse_packet(image.xmp)
    provenance = read_provenance(tree)
    assert provenance is not None
    packet = xmp.build_packet(with_provenance(tree, Provenance(provenance.version, record, restore)))
    assert len(packet) <= len(image.xmp)
    return data.replace(image.xmp, packet.ljust(len(image.xmp)))


@pytest.mark.parametrize("name", ["scene.jpg", "scene.heic"])
def test_a_forged_record_never_changes_the_pixels(name: str, embedded: dict[str, bytes]) -> None:
    """A record with a valid checksum that changes the photo's coded data is not followed."""
    data = embedded[name]
    stripped = strip(data)
    middle = len(stripped.data) // 2
    other = bytes([stripped.data[middle] ^ 0x55])
    forgery = stripped.edits.then(
        EditList.of(len(stripped.data), [Replacement(middle, middle + 1, other, "")])
    )
    source = forgery.apply(data)
    record = build_record(forgery.inverse(data, ""), source, holds_record=True)
    forged = with_undo_record(data, record)
    inverse = undone(record, forged)
    assert inverse is not None and inverse.apply(forged) == source != stripped.data
    decode = pictures.decode_heic if name.endswith("heic") else pictures.decode
    assert decode(strip(forged).data).rgb == decode(stripped.data).rgb


@pytest.mark.parametrize(
    ("name", "offset", "value"),
    [
        ("scene.jpg", 15, b"\x99"),
        ("scene.jpg", 12, b"\2"),
        ("scene.heic", 8, b"mif1"),
        ("scene.heic", 24, b"xxxx"),
    ],
    ids=["density", "minor version", "major brand", "compatible brand"],
)
def test_a_forged_record_takes_out_the_depth_alone(
    name: str, offset: int, value: bytes, embedded: dict[str, bytes]
) -> None:
    """A record with a valid checksum that changes the container's own structure is not followed."""
    data = embedded[name]
    stripped = strip(data)
    assert stripped.data[offset : offset + len(value)] != value
    forgery = stripped.edits.then(
        EditList.of(len(stripped.data), [Replacement(offset, offset + len(value), value, "")])
    )
    source = forgery.apply(data)
    record = build_record(forgery.inverse(data, ""), source, holds_record=True)
    forged = with_undo_record(data, record)
    inverse = undone(record, forged)
    assert inverse is not None and inverse.apply(forged) == source
    result = strip(forged)
    assert result.data[offset : offset + len(value)] != value
    assert any("does not fit this file" in note for note in result.report.notes)


@pytest.mark.parametrize("change", ["density", "orientation", "pixels"])
def test_a_forged_restore_record_restores_nothing_but_metadata(change: str) -> None:
    photo = (GOLDEN / "orientation/scene-6.jpg").read_bytes()
    data = embed(photo, np.load(GOLDEN / "scene-depth.npy"), options_of()).data
    plain = with_undo_record(data, b"")
    stripped = strip(plain).data
    orientation = stripped.index(bytes.fromhex("0112 0003 00000001 0006")) + 9
    offset = {"density": 15, "orientation": orientation, "pixels": len(stripped) // 2}[change]
    value = b"\3" if stripped[offset] != 3 else b"\1"
    forgery = EditList.of(len(stripped), [Replacement(offset, offset + 1, value, "")])
    record = build_record(forgery.inverse(stripped, ""), forgery.apply(stripped))
    forged = with_undo_record(data, b"", record)
    assert strip(forged).data == stripped and undone(record, stripped) is not None
    with pytest.raises(RefusedError, match="does not fit"):
        strip(forged, restore=True)


@pytest.mark.parametrize("name", PHOTOS)
def test_what_an_earlier_embed_left_is_said(name: str, embedded: dict[str, bytes]) -> None:
    """Embed, edit elsewhere, embed --replace: the first embed's portrait metadata stays, and both commands say so."""
    depth_m = np.load(GOLDEN / "scene-depth.npy")
    changed = embedded[name].replace(MODEL, MODEL.upper(), 1)
    again = embed(changed, depth_m, options_of(replace=True))
    assert any("portrait metadata of that embed stays" in note for note in again.report.notes)
    restored = strip(again.data, restore=True)
    assert any("says that it is a portrait with depth" in note for note in restored.report.notes)
    for data in (embedded[name], embed(embedded[name], depth_m, options_of(replace=True)).data):
        plain = strip(data, restore=True)
        assert plain.data == (GOLDEN / name).read_bytes()
        assert not any("portrait with depth" in note for note in plain.report.notes)
