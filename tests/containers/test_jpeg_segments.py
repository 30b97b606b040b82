"""One image is parsed up to its true EOI, whatever bytes come before it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from authoring.containers.jpeg import segments
from authoring.containers.jpeg.segments import FrameComponent, parse_frame, parse_image
from authoring.errors import MalformedError, UnsupportedError
from tests.containers.jpeg_files import after_jfif, coded, exif, fill_bytes, gray, photos, segment

FRAME = segment(0xC0, bytes([8, 0, 8, 0, 8, 1, 1, 0x11, 0]))
SCAN = segment(0xDA, bytes([1, 1, 0, 0, 63, 0]))


def names(data: bytes) -> list[str]:
    return [segment.marker.name for segment in parse_image(data).segments]


@pytest.mark.parametrize(
    "name", [name for name in photos() if "after the photo" not in name and "trailer" not in name]
)
def test_a_single_image_ends_at_its_last_eoi(name: str) -> None:
    data = photos()[name]
    image = parse_image(data)
    assert not image.fault
    assert data[image.stop - 2 : image.stop] == b"\xff\xd9"
    if not any(word in name for word in ("gain map", "ultra", "two images", "one image")):
        assert image.stop == len(data)


def test_segments_and_scans_cover_the_image() -> None:
    for data in photos().values():
        image = parse_image(data)
        runs = [(2, 2), *((item.start, item.scan_stop) for item in image.segments), *image.stray]
        runs = sorted([*runs, (image.stop - 2, image.stop)])
        assert all(before[1] == after[0] for before, after in pairwise(runs))


def test_names_and_kinds() -> None:
    data = after_jfif(coded(), exif(), segment(0xFE, b"hello"))
    image = parse_image(data)
    assert [item.marker.name for item in image.segments][:3] == ["APP0", "APP1", "COM"]
    assert [item.kind(data) for item in image.segments][:3] == ["JFIF", "Exif", ""]
    assert names(data)[-1] == "SOS"


def test_fill_bytes_belong_to_the_marker_after_them() -> None:
    data = fill_bytes(coded())
    for item in parse_image(data).segments:
        assert item.marker_start - item.start == 2
        assert data[item.start : item.marker_start + 1] == b"\xff\xff\xff"


def test_stuffing_restarts_and_fill_inside_a_scan_are_data() -> None:
    scan = b"\x12\xff\x00\xff\xd0\x34\xff\xff\x00\xff\xd7\xff\x00"
    data = b"\xff\xd8" + FRAME + SCAN + scan + b"\xff\xd9tail"
    image = parse_image(data)
    assert (image.stop, image.fault) == (len(data) - 4, "")
    assert image.segments[-1].scan_stop - image.segments[-1].stop == len(scan)


def test_standalone_markers_have_no_payload() -> None:
    data = b"\xff\xd8\xff\x01\xff\xd3" + FRAME + SCAN + b"\0\xff\xd9"
    image = parse_image(data)
    assert names(data) == ["TEM", "RST3", "SOF0", "SOS"]
    assert [item.payload(data) for item in image.segments[:2]] == [b"", b""]


def test_the_height_comes_from_dnl_if_the_frame_has_none() -> None:
    header = segment(0xC1, bytes([8, 0, 0, 0, 8, 1, 1, 0x11, 0]))
    data = b"\xff\xd8" + header + SCAN + b"abc" + segment(0xDC, b"\0\x20") + b"\xff\xd9"
    frame = parse_frame(data, parse_image(data))
    assert frame is not None
    assert (frame.width, frame.height) == (8, 32)


def test_exact_size_and_components(sample: Callable[[str], bytes]) -> None:
    data = sample("edge_arithmetic.jpg")
    image = parse_image(data)
    frame = parse_frame(data, image)
    assert frame is not None
    assert (frame.precision, frame.width, frame.height) == (8, 1280, 857)
    assert frame.components == (
        FrameComponent(1, 1, 1, 0),
        FrameComponent(2, 1, 1, 1),
        FrameComponent(3, 1, 1, 1),
    )
    assert "SOF9" in names(data)
    assert "DAC" in names(data)
    assert image.stop == len(data)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (gray()[:-2], "no EOI marker"),
        (gray()[:-2] + gray(), "before the next image"),
        (b"\xff\xd8" + FRAME + SCAN + b"a\xff\x37\0\0\xff\xd9", "reserved marker FF37"),
        (b"\xff\xd8" + FRAME + b"\xff\xdb\xff\xf0abc", "which is impossible"),
        (b"\xff\xd8" + FRAME + b"\xff\xdb\0\1abc\xff\xd9", "has length 1"),
        (b"\xff\xd8" + FRAME + b"\xff\xdb\0", "which is impossible"),
        (b"\xff\xd8", "no EOI marker"),
        (b"\xff\xd8\xff", "no EOI marker"),
        (b"\xff\xd8garbage without end", "no EOI marker"),
    ],
)
def test_damage_ends_the_image_and_is_reported(data: bytes, fault: str) -> None:
    assert fault in parse_image(data).fault


def test_nothing_is_read_beyond_the_limit() -> None:
    data = gray() + gray()
    image = parse_image(data, 0, len(gray()) - 1)
    assert image.fault
    assert image.stop == len(gray()) - 1
    second = parse_image(data, len(gray()))
    assert (second.start, second.stop) == (len(gray()), len(data))


def test_other_data_is_refused() -> None:
    for data in (b"", b"\xff", b"\x89PNG", gray()[1:]):
        with pytest.raises(MalformedError, match="does not begin with FFD8"):
            parse_image(data)
    with pytest.raises(UnsupportedError, match="JPEG-LS"):
        parse_image(b"\xff\xd8\xff\xf7\0\x0b" + bytes(9) + b"\xff\xd9")


def test_segments_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "MAX_SEGMENTS", 50)
    data = b"\xff\xd8" + segment(0xFE, b"") * 51 + FRAME + b"\xff\xd9"
    with pytest.raises(UnsupportedError, match="more than 50 segments"):
        parse_image(data)
