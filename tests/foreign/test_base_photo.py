"""Depth goes into the unblurred picture that a portrait of another maker holds, turned as it must be."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

import depthauthor as da
from authoring import containers
from authoring.errors import MalformedError, RefusedError, UnsupportedError
from compat import photos
from tests.foreign import files
from tests.foreign.expected import (
    check_bound,
    inverse_m,
    made_files,
    pixels,
    read_m,
)
from tests.foreign.files import coded, codes, photo

ORIENTATIONS = range(1, 9)


@pytest.mark.parametrize("maker", made_files())
def test_copy_takes_the_unblurred_picture(maker: str, tmp_path: Path) -> None:
    made = made_files()[maker]
    out = tmp_path / "out.jpg"
    report = da.copy(made, made, output=out)
    assert not report.reencoded
    assert any("unblurred picture" in note for note in report.notes)
    data = out.read_bytes()
    assert np.array_equal(pixels(data), pixels(photo(tone=60, with_exif=False)))
    layout = containers.parse(data).layout
    assert layout.exif is not None and b"Maker" in layout.exif
    check_bound(data, read_m(made), report.bound)
    with pytest.raises(RefusedError, match="the unblurred picture that it holds"):
        da.copy(made, made, output=tmp_path / "p.jpg", base="primary")
    da.copy(made, made, output=tmp_path / "p.jpg", base="primary", already_blurred=True)
    assert np.array_equal(pixels((tmp_path / "p.jpg").read_bytes()), pixels(photo()))
    with pytest.raises(RefusedError, match="blur"):
        da.embed(made, codes() / 100 + 1, unit="m", output=tmp_path / "e.jpg")
    da.embed(made, codes() / 100 + 1, unit="m", output=tmp_path / "e.jpg", base="unblurred")
    assert np.array_equal(pixels((tmp_path / "e.jpg").read_bytes()), pixels(photo(tone=60, with_exif=False)))


@pytest.mark.parametrize(
    ("own", "orientation"),
    [
        *itertools.product(("none", "the same"), ORIENTATIONS),
        # A picture of the same shape is taken for one that is stored as the photo is.
        *itertools.product(("upright",), range(5, 9)),
    ],
)
def test_the_unblurred_picture_is_turned_as_it_must_be(orientation: int, own: str, tmp_path: Path) -> None:
    """It is stored as the photo is, with the photo's Exif or its own; or it was turned before it was stored."""
    sharp = photo(tone=60, with_exif=False)
    if own == "the same":
        sharp = photo(tone=60, orientation=orientation)
    elif own == "upright":
        sharp = photo(64, 96, tone=60, with_exif=False)
    made = files.gdepth(photo(orientation=orientation), coded(codes()), unblurred=sharp)
    out = tmp_path / "out.jpg"
    report = da.copy(made, made, output=out)
    with Image.open(out) as picture:
        assert picture.getexif().get(0x0112, 1) == (1 if own == "upright" else orientation)
    with Image.fromarray(codes()) as picture:
        picture.getexif()[0x0112] = orientation
        upright = np.asarray(ImageOps.exif_transpose(picture))
    check_bound(out.read_bytes(), inverse_m(upright, 0.5, 8), report.bound)


def test_without_an_unblurred_picture_a_blurred_photo_is_refused(tmp_path: Path) -> None:
    made = files.samsung_dual(photo(), codes())
    with pytest.raises(RefusedError, match="give the unblurred photo"):
        da.copy(made, made, output=tmp_path / "o.jpg")
    with pytest.raises(UnsupportedError, match="no unblurred"):
        da.copy(made, made, output=tmp_path / "o.jpg", base="unblurred")
    da.copy(made, made, output=tmp_path / "o.jpg", already_blurred=True)


def test_what_the_seen_picture_alone_has_is_named(tmp_path: Path) -> None:
    rated = files.packet('xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="5"')
    seen = dict(photos.jpegs())["Ultra HDR with a motion video"]
    height, width = pixels(seen).shape[:2]
    made = files.huawei(seen, codes(width, height), unblurred=photo(width, height, with_exif=False))
    notes = da.copy(made, made, output=tmp_path / "o.jpg").notes
    assert [
        note.partition(" of the picture that is seen")[0] for note in notes if "not carried over" in note
    ] == [
        "the gainmap-adobe",
        "the video (motion photo)",
    ]
    made = files.huawei(files.with_packets(photo(), rated), codes(), unblurred=photo(tone=60))
    notes = da.copy(made, made, output=tmp_path / "r.jpg").notes
    assert "the XMP of the picture that is seen was not carried over" in notes


def test_a_damaged_unblurred_picture_is_named(tmp_path: Path) -> None:
    made = files.gdepth(photo(), coded(codes()), unblurred=b"\xff\xd8\xff\xe0\0\4no")
    with pytest.raises(MalformedError, match="the unblurred picture that the photo holds is damaged"):
        da.copy(made, made, output=tmp_path / "o.jpg")
    da.copy(made, made, output=tmp_path / "o.jpg", base="primary", already_blurred=True)


def test_a_second_map_does_not_hide_the_blur(tmp_path: Path) -> None:
    sharp = photo(tone=60, with_exif=False)
    made = files.gdepth(photo(), coded(codes()), unblurred=sharp)
    both = tmp_path / "both.jpg"
    da.export(made, "dynamic-depth", output=both)
    report = da.inspect(both)
    assert report.depth is not None
    assert (report.depth.source, report.depth.unblurred) == ("dynamic-depth", True)
    with pytest.raises(RefusedError, match="blur"):
        da.embed(both, codes() / 100 + 1, unit="m", output=tmp_path / "e.jpg")
    da.copy(both, both, output=tmp_path / "o.jpg")
    assert np.array_equal(pixels((tmp_path / "o.jpg").read_bytes()), pixels(sharp))
