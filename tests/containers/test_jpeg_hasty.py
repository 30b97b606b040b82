"""What a hasty parse takes for granted, and that it is found out before anything is published."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import authoring
from authoring.compatibility.publish_check import is_confirmed
from authoring.containers import jpeg
from authoring.containers.edits import EditList, Replacement
from authoring.containers.jpeg import segments
from authoring.embed import steps as embedding
from authoring.embed.encode import HastyError
from authoring.embed.options import options_of
from tests.containers.jpeg_files import auxiliary, coded, gray, photos

GOLDEN = Path(__file__).parents[2] / "golden"
PHOTOS = photos()


@pytest.mark.parametrize("name", PHOTOS)
def test_a_confirmed_hasty_parse_is_the_careful_one(name: str) -> None:
    hasty, careful = jpeg.parse(PHOTOS[name], hasty=True), jpeg.parse(PHOTOS[name])
    assert careful.assumed is None and is_confirmed(careful)
    if is_confirmed(hasty):
        assert hasty.structure.primary.segments == careful.structure.primary.segments
        assert hasty.structure.primary_stop == careful.structure.primary_stop
        assert (hasty.layout, hasty.entries, hasty.notes) == (careful.layout, careful.entries, careful.notes)


def test_a_plain_photo_is_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[int] = []

    def counting(data: bytes, start: int, end: int) -> int:
        searched.append(start)
        return found(data, start, end)

    found = segments._scan_stop
    monkeypatch.setattr(segments, "_scan_stop", counting)
    file = jpeg.parse(coded(), hasty=True)
    file.splice(auxiliary())
    assert len(searched) == 1  # the auxiliary image
    assert file.assumed and is_confirmed(file)


@pytest.mark.parametrize(
    "data",
    [coded() + coded(), coded() + b"vendor\xff\xd9"],
    ids=["a second image", "a trailer that ends like a JPEG"],
)
def test_images_and_trailers_are_found_out(data: bytes) -> None:
    assert not is_confirmed(jpeg.parse(data, hasty=True))


def test_photos_of_several_scans_are_searched_at_once() -> None:
    file = jpeg.parse(coded(progressive=True), hasty=True)
    assert file.structure.primary.assumed is None
    assert file.structure == jpeg.parse(coded(progressive=True)).structure


@pytest.mark.parametrize("hasty", [False, True])
def test_edited_is_what_parsing_anew_gives(hasty: bool) -> None:
    for name, data in PHOTOS.items():
        file = jpeg.parse(data, hasty=hasty)
        if file.structure.primary.fault or file.structure.index_fault or not is_confirmed(file):
            continue
        edits = file.splice(auxiliary())
        made, anew = file.edited(edits), jpeg.parse(edits.apply(data))
        assert replace(made.structure.primary, assumed=None) == anew.structure.primary, name
        assert (made.layout, made.entries, made.notes) == (anew.layout, anew.entries, anew.notes), name


def test_reading_the_images_of_an_index_searches_none_of_the_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    data = PHOTOS["two images, wrong size"]
    searched: list[int] = []

    def counting(data: bytes, start: int, end: int) -> int:
        searched.append(start)
        return found(data, start, end)

    found = segments._scan_stop
    monkeypatch.setattr(segments, "_scan_stop", counting)
    file = jpeg.parse(data, hasty=True)
    images = file.layout.auxiliaries
    first = min(file.structure.starts.values())
    assert images and all(start > first for start in searched)
    assert images == jpeg.parse(data).layout.auxiliaries


@pytest.mark.parametrize("offset", [40, 700])
def test_an_index_that_points_into_the_photo_is_found_out(offset: int) -> None:
    """An offset with no image there is not believed; one with a picture inside the photo's head is found out."""
    data = bytearray(PHOTOS["two images, wrong size"])
    file = jpeg.parse(bytes(data))
    base, second = file.structure.base, file.structure.entries[1]
    place = data.index((second.offset).to_bytes(4, "big"), base)
    data[place : place + 4] = offset.to_bytes(4, "big")
    hasty = jpeg.parse(bytes(data), hasty=True)
    assert hasty.structure.primary.assumed is None
    assert hasty.structure == jpeg.parse(bytes(data)).structure


def test_edited_searches_again_where_an_edit_touched_the_scan() -> None:
    data = coded()
    file = jpeg.parse(data)
    scan = next(one for one in file.structure.primary.segments if one.code == segments.SOS)
    middle = (scan.stop + scan.scan_stop) // 2
    cut = EditList.of(len(data), [Replacement(middle, middle, b"\xff\xd9", "an early end")])
    assert file.edited(cut).structure.primary_stop == middle + 2


def test_embed_into_a_photo_that_another_follows() -> None:
    """The quick draft would have put the map behind the second image."""
    photo = (GOLDEN / "scene.jpg").read_bytes()
    data = photo + gray()
    depth_m = np.load(GOLDEN / "scene-depth.npy")
    with pytest.raises(HastyError):
        _ = embedding.draft_embed(data, depth_m, options_of(profile="data")).report
    made = authoring.embed_bytes(data, depth_m, profile="data")
    assert made == embedding.draft_embed(data, depth_m, options_of(profile="data"), careful=True).data
    assert made.endswith(gray())
