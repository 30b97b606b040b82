"""Damaged JPEG files, single defects and thousands of mutations: only our own errors, and nothing is lost."""

from __future__ import annotations

import random
import struct
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authoring.containers import jpeg
from authoring.containers.jpeg import google_directory
from authoring.errors import DepthauthorError, MalformedError, UnsupportedError
from tests.containers.jpeg_files import (
    MP4,
    after_jfif,
    attribute_ifd,
    auxiliary,
    before_scans,
    coded,
    exif,
    gain_map,
    gray,
    index,
    multi,
    segment,
    ultra_hdr,
)

TWO = multi(coded(), [gain_map()])
BODY = TWO.index(b"MPF\0")


def patched(data: bytes, offset: int, new: bytes) -> bytes:
    return data[:offset] + new + data[offset + len(new) :]


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (b"", MalformedError, "does not begin"),
        (b"\xff\xd8", MalformedError, "no frame header"),
        (b"\xff\xd8\xff\xd9", MalformedError, "no SOF marker"),
        (coded()[:30], MalformedError, "no frame header"),
        (patched(coded(), 4, b"\0\0"), MalformedError, "has length 0"),
        (patched(coded(), 4, b"\xff\xff"), MalformedError, "has length 65535"),
        (coded().replace(b"\xff\xc0\0\x11\x08\0\x20", b"\xff\xc0\0\x11\x08\0\0"), MalformedError, "no size"),
        (
            coded().replace(b"\xff\xc0\0\x11\x08\0\x20\0\x30", b"\xff\xc0\0\x11\x08\0\x20\0\0"),
            MalformedError,
            "no size",
        ),
        (coded().replace(b"\xff\xc0\0\x11", b"\xff\xc0\0\x04"), MalformedError, "no frame header"),
        (coded().replace(b"\xff\xc0", b"\xff\xf7"), UnsupportedError, "JPEG-LS"),
    ],
)
def test_unusable_photo_is_refused(data: bytes, error: type[DepthauthorError], words: str) -> None:
    with pytest.raises(error, match=words):
        jpeg.parse(data)


@pytest.mark.parametrize(
    ("data", "note", "editable"),
    [
        (patched(TWO, BODY + 4, b"XX"), "TIFF header", True),
        (patched(TWO, BODY + 8, struct.pack(">I", 5000)), "outside its block", True),
        (patched(TWO, BODY + 12, b"\xff\xff"), "more than there is room for", True),
        (patched(TWO, BODY + 46, struct.pack(">I", 5000)), "beyond its segment", True),
        (patched(TWO, BODY + 50, struct.pack(">I", 5000)), "outside its block", True),
        (after_jfif(coded(), segment(0xE2, b"MPF\0")), "TIFF header", True),
        (after_jfif(coded(), index(">", [(0, 0, 0)] * 257)), "more than 256", True),
        (patched(TWO, BODY + 54 + 16 + 8, struct.pack(">I", 3)), "lists an image 2", True),
        (patched(TWO, BODY + 54 + 16 + 8, bytes(4)), "lists an image 2", True),
        (patched(TWO, BODY + 54 + 4, b"\0\0\0\1"), "states 1 as the photo's size", True),
        (TWO[:-2], "Image 2 is cut short", True),
        (TWO[: -len(gain_map()) + 40], "Image 2 is cut short", True),
        (patched(TWO, len(TWO) - 20, b"\xff\x37"), "reserved marker FF37", True),
        (coded()[:-2] + bytes(60), "no EOI", False),
        (coded()[:-2] + gray(), "before the next image", False),
        (patched(coded(), len(coded()) - 40, b"\xff\x05"), "reserved marker FF05", False),
        (patched(coded(), 20, b"junk"), "Stray bytes", True),
    ],
)
def test_one_defect_is_read_and_reported(data: bytes, note: str, editable: bool) -> None:
    file = jpeg.parse(data)
    assert any(note in item for item in file.notes)
    assert file.dump()
    assert file.parts()
    if not editable:
        with pytest.raises(MalformedError):
            file.splice(auxiliary())
        return
    result = file.splice(auxiliary()).apply(data)
    after = jpeg.parse(result)
    number = after.layout.auxiliaries[-1].identifier
    assert {name: part for name, part in after.parts().items() if name != f"image {number}"} == file.parts()
    assert jpeg.parse(after.remove([number]).apply(result)).parts() == file.parts()


@pytest.mark.parametrize("code", [0xC0, 0xC2, 0xDA, 0xDC, 0xDD, 0xE0, 0xE1, 0xE2, 0xEE])
def test_empty_second_segment_is_shown(code: int) -> None:
    data = before_scans(coded(), segment(code, b""), segment(code, b"\x08"))
    assert "length 2: 0 bytes" in jpeg.parse(data).dump()


def exercise(data: bytes) -> bool:
    """Call everything that a file offers; return whether it could be edited."""
    try:
        file = jpeg.parse(data)
    except DepthauthorError:
        return False
    file.dump()
    parts = file.parts()
    assert all(image.payload.startswith(b"\xff\xd8") for image in file.layout.auxiliaries)
    exercise_metadata(file)
    try:
        result = file.splice(auxiliary()).apply(data)
    except DepthauthorError:
        return False
    after = jpeg.parse(result)
    number = max(after.structure.starts)
    after_parts = dict(after.parts())
    assert after_parts.pop(f"image {number}").endswith(gray()[20:])
    assert after_parts == parts
    back = jpeg.parse(after.remove([number]).apply(result))
    assert back.parts() == parts
    assert number not in back.structure.starts
    for other in file.structure.starts:
        file.remove([other]).apply(data)
    return True


def exercise_metadata(file: jpeg.JpegFile) -> None:
    """Replace the photo's blocks, if that can be done at all."""
    for new_exif, new_xmp in ((exif()[10:], b"<x/>"), (b"", b""), (None, b"<x/>")):
        try:
            result = file.with_metadata(exif=new_exif, xmp=new_xmp).apply(file.source)
        except DepthauthorError:
            continue
        assert jpeg.parse(result).layout.auxiliaries == file.layout.auxiliaries


SEEDS = {
    "ultra hdr": ultra_hdr(listed=True, video=MP4),
    "unlisted": ultra_hdr(listed=False),
    "index": multi(
        after_jfif(coded(progressive=True), exif()),
        [gain_map(), gray()],
        "<",
        attribute_ifd("<"),
        identifiers=bytes(99),
        tail=bytes(9),
    ),
}


@pytest.mark.parametrize("name", SEEDS)
@pytest.mark.parametrize("seed", range(2))
def test_mutations_meet_only_our_errors(name: str, seed: int) -> None:
    chance = random.Random(f"{name} {seed}")
    # Headers and index deserve more of the blows than the scan.
    start, edited = SEEDS[name], 0
    for _ in range(120):
        data = bytearray(start)
        for _ in range(chance.choice((1, 1, 2, 5))):
            place = chance.randrange(chance.choice((40, 160, len(data))))
            kind = chance.randrange(4)
            if kind == 0:
                data[place] = chance.choice((0, 1, 0x7F, 0xFF, 0xD8, 0xD9, chance.randrange(256)))
            elif kind == 1:
                del data[place : place + chance.randrange(1, 20)]
            elif kind == 2:
                data[place:place] = chance.choice(
                    (b"\xff", b"\xff\xd8\xff", b"\xff\xd9", b"\0" * 7, b"MPF\0")
                )
            else:
                other = chance.randrange(len(data))
                data[place : place + 8] = data[other : other + 8]
        edited += exercise(bytes(data))
    assert edited > 5


def test_every_prefix_meets_only_our_errors() -> None:
    data = ultra_hdr(listed=True)
    for stop in [*range(0, 300), *range(300, len(data), 37)]:
        exercise(data[:stop])


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_garbage_after_soi_meets_only_our_errors(garbage: bytes) -> None:
    exercise(b"\xff\xd8" + garbage)
    exercise(b"\xff\xd8" + segment(0xC0, bytes([8, 0, 8, 0, 8, 1, 1, 0x11, 0])) + garbage)


def test_hostile_index_costs_linear_time() -> None:
    """Hundreds of images without EOI: each is walked to the next one only."""
    stub = b"\xff\xd8" + segment(0xDA, bytes(6)) + bytes(4000)
    data = multi(coded(), [stub] * 250)
    file = jpeg.parse(data)
    assert len(file.structure.starts) == 250
    assert sum(
        file.structure.image(number).stop - start for number, start in file.structure.starts.items()
    ) <= len(data)


def test_a_list_without_media_takes_no_memory() -> None:
    packet = b'<x xmlns:I="http://ns.google.com/photos/dd/1.0/item/">' + b"<a:li" * 50_000
    tracemalloc.start()
    assert google_directory.parse(packet) == ()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < len(packet)


def test_directory_has_a_limit_and_reads_both_spellings() -> None:
    assert google_directory.parse(b"<x/>") == ()
    namespace = b'<x xmlns:I="http://ns.google.com/photos/dd/1.0/item/">'
    assert google_directory.parse(namespace) == ()
    items = google_directory.parse(
        namespace + b"<rdf:li><I:Mime>image/jpeg</I:Mime><I:Length>12</I:Length></rdf:li>" * 99
    )
    assert len(items) == google_directory.MAX_ITEMS
    assert items[0] == google_directory.DirectoryItem("", "image/jpeg", 12, 0)
    attributes = (
        namespace + b"<rdf:li I:Semantic='GainMap' I:Mime='image/jpeg' I:Length='7' I:Padding=\"3\"/>"
    )
    assert google_directory.parse(attributes) == (
        google_directory.DirectoryItem("GainMap", "image/jpeg", 7, 3),
    )
