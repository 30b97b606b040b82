"""Add an image to peculiar JPEG files and remove it again, judged by Pillow and by the bytes."""

from __future__ import annotations

import io
import struct
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from PIL.MpoImagePlugin import MpoImageFile

from authoring.containers import jpeg
from authoring.containers.base import CodedAuxiliary
from authoring.containers.jpeg import mpf
from authoring.containers.jpeg.segments import parse_image
from authoring.errors import MalformedError, RefusedError, UsageError
from tests.containers.jpeg_files import (
    AMPF_APP0,
    MP4,
    XMP,
    after_jfif,
    attribute_ifd,
    auxiliary,
    coded,
    exif,
    gain_map,
    gray,
    icc,
    index,
    multi,
    photos,
    pixels,
    segment,
    ultra_hdr,
    without_jfif,
)

PHOTOS = photos()
every = pytest.mark.parametrize("name", PHOTOS)


def apple_image(total: int, coded_map: CodedAuxiliary) -> bytes:
    """Return the bytes that the added image must have."""
    short = bytes.fromhex("4d504600 4d4d002a 00000008 0002 b0000007 00000004 30313030 b0010004 00000001")
    short += struct.pack(">II", total, 0)
    coded = coded_map.payload[20:]
    assert coded_map.payload[2:4] == b"\xff\xe0"
    return b"\xff\xd8" + segment(0xE1, XMP + coded_map.xmp) + segment(0xE2, short) + coded


def spliced(data: bytes, coded_map: CodedAuxiliary | None = None) -> bytes:
    return jpeg.parse(data).splice(coded_map or auxiliary()).apply(data)


def opened(data: bytes) -> Image.Image:
    """The image as Pillow opens it; it takes Ultra HDR for a plain JPEG on purpose, so use its MPO reader."""
    image = Image.open(io.BytesIO(data))
    return MpoImageFile(io.BytesIO(data)) if b"hdrgm:Version" in data and b"MPF\0" in data else image


def decoded(data: bytes, frame: int = 0) -> tuple[str, tuple[int, int], bytes]:
    image = opened(data)
    image.seek(frame)
    return image.mode, image.size, image.tobytes()


def listed_before(data: bytes) -> int:
    return max(1, len(jpeg.parse(data).structure.entries))


@every
def test_splice_leaves_every_part(name: str) -> None:
    data = PHOTOS[name]
    before = jpeg.parse(data)
    edits = before.splice(auxiliary())
    after = jpeg.parse(edits.apply(data))
    number = listed_before(data) + 1
    expected = dict(before.parts())
    assert dict(after.parts()) == {**expected, f"image {number}": apple_image(number, auxiliary())}
    assert after.layout.auxiliaries[-1].identifier == number
    assert after.layout.auxiliaries[:-1] == before.layout.auxiliaries
    assert len(edits.apply(data)) == edits.result_size
    for touched in edits.touched:
        assert touched.reason.startswith(("APP0: ", "APP2 MPF: ", "auxiliary image added"))


@every
def test_pillow_sees_the_photo_unchanged_and_the_map_last(name: str) -> None:
    data = PHOTOS[name]
    result = spliced(data)
    assert decoded(result) == decoded(data)
    image = opened(result)
    assert (image.format, image.n_frames) == ("MPO", listed_before(data) + 1)  # type: ignore[attr-defined]
    assert decoded(result, image.n_frames - 1) == decoded(gray())  # type: ignore[attr-defined]
    for frame in range(1, listed_before(data)):
        assert decoded(result, frame) == decoded(data, frame)


@every
def test_offsets_sizes_and_order_of_the_new_index(name: str) -> None:
    data = PHOTOS[name]
    result = spliced(data)
    place = result.index(b"MPF\0")
    assert result[place - 4 : place - 2] == b"\xff\xe2"
    order = "<" if result[place + 4 : place + 6] == b"II" else ">"
    total = listed_before(data) + 1
    start = result.index(struct.pack(order + "HHI", 0xB002, 7, 16 * total), place) + 8
    (values,) = struct.unpack_from(order + "I", result, start)
    entries = [
        struct.unpack_from(order + "IIIHH", result, place + 4 + values + 16 * item) for item in range(total)
    ]
    assert entries[0][1:] == (parse_image(result).stop, 0, 0, 0)
    assert entries[-1][0] == 0
    for _, size, offset, *_ in entries[1:]:
        image = result[place + 4 + offset :][:size]
        assert image.startswith(b"\xff\xd8\xff")
        assert image.endswith(b"\xff\xd9")
    assert result[place + 4 + entries[-1][2] :][: entries[-1][1]] == apple_image(total, auxiliary())


@every
def test_removal_leaves_every_part(name: str) -> None:
    data = PHOTOS[name]
    result = spliced(data)
    back = jpeg.parse(result).remove([listed_before(data) + 1]).apply(result)
    if data[2:4] == b"\xff\xe0" and b"MPF\0" not in data:
        # Neither the JFIF header nor an MP index was rebuilt.
        assert back == data
    assert jpeg.parse(back).parts() == jpeg.parse(data).parts()
    assert decoded(back) == decoded(data)
    if listed_before(data) == 1:
        assert b"AMPF" not in back
        assert b"MPF\0" not in back


@every
def test_two_splices_and_removal_of_all(name: str) -> None:
    data = PHOTOS[name]
    once = spliced(data)
    twice = spliced(once, auxiliary(40, 24))
    number = listed_before(data) + 1
    assert jpeg.parse(twice).parts()[f"image {number}"] == apple_image(number, auxiliary())
    assert jpeg.parse(twice).remove([number + 1]).apply(twice) == once
    both_removed = jpeg.parse(twice).remove([number + 1, number]).apply(twice)
    assert both_removed == jpeg.parse(once).remove([number]).apply(once)
    only_first = jpeg.parse(jpeg.parse(twice).remove([number]).apply(twice))
    assert only_first.parts()[f"image {number}"] == apple_image(number + 1, auxiliary(40, 24))
    assert "lists an image" not in " ".join(only_first.notes)


@every
def test_dump_shows_every_segment_and_any_change(name: str) -> None:
    data = PHOTOS[name]
    text = jpeg.parse(data).dump()
    assert text == jpeg.parse(data).dump()
    assert text.count("SOI\n") == 1 + len(jpeg.parse(data).layout.auxiliaries)
    changed = bytearray(data)
    changed[parse_image(data).segments[-1].stop + 5] ^= 1
    assert jpeg.parse(bytes(changed)).dump() != text


def test_parts_and_structure_cover_the_file() -> None:
    for data in PHOTOS.values():
        file = jpeg.parse(data)
        size = sum(map(len, file.parts().values()))
        structural = [
            item
            for item in file.structure.primary.segments
            if item == file.structure.mpf_segment
            or (item.kind(data) == "JFIF" and item.stop - item.marker_start == 18)
        ]
        assert size + sum(item.stop - item.start for item in structural) + 4 == len(data)


def first_segments(data: bytes, count: int) -> list[str]:
    return [f"{item.marker.name} {item.kind(data)}".strip() for item in parse_image(data).segments[:count]]


@pytest.mark.parametrize(
    ("name", "segments"),
    [
        ("plain", ["APP0 JFIF", "APP2 MPF", "DQT"]),
        ("no jfif", ["APP0 JFIF", "APP2 MPF", "DQT"]),
        ("no jfif, exif", ["APP0 JFIF", "APP1 Exif", "APP2 MPF", "DQT"]),
        ("exif, xmp, icc", ["APP0 JFIF", "APP1 Exif", "APP1 XMP", "APP2 MPF", "APP2 ICC", "APP2 ICC"]),
        ("icc, exif", ["APP0 JFIF", "APP2 ICC", "APP1 Exif", "APP2 MPF"]),
        ("jfif after exif", ["APP0 JFIF", "APP1 Exif", "APP2 MPF", "DQT"]),
        ("jfxx", ["APP0 JFIF", "APP0 JFXX", "APP2 MPF", "DQT"]),
        ("cmyk", ["APP2 MPF", "APP14 Adobe"]),
        ("rgb without jfif", ["APP2 MPF", "APP14 Adobe"]),
        ("one image in index", ["APP0 JFIF", "APP2 MPF", "DQT"]),
    ],
)
def test_segments_are_in_apples_order(name: str, segments: list[str]) -> None:
    result = spliced(PHOTOS[name])
    present = first_segments(result, len(segments))
    if name in ("cmyk", "rgb without jfif"):
        assert "APP0 JFIF" not in first_segments(result, 99)
        assert "APP2 MPF" in present
    else:
        assert present == segments


def test_jfif_header_keeps_its_density_and_gets_apples_mark() -> None:
    data = coded(dpi=(72, 96))
    assert spliced(data)[2:24] == b"\xff\xe0\0\x14" + data[6:20] + b"AMPF"
    assert spliced(without_jfif(data))[2:24] == AMPF_APP0


def test_rgb_photo_gets_no_header_that_would_change_its_colours() -> None:
    data = PHOTOS["rgb without jfif"]
    with_header = data[:2] + AMPF_APP0 + data[2:]
    assert decoded(with_header) != decoded(data)
    assert any("no AMPF" in note for note in jpeg.parse(data).notes)


def test_header_with_thumbnail_stays_and_is_reported() -> None:
    data = PHOTOS["jfif with thumbnail"]
    assert b"AMPF" not in spliced(data)
    assert any("thumbnail" in note for note in jpeg.parse(data).notes)


def test_layout_of_metadata() -> None:
    packet = b"<x:xmpmeta/>"
    data = after_jfif(
        coded(),
        exif("<", 6),
        segment(0xE1, XMP + packet),
        segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + bytes(40) + b"chunk"),
        segment(0xEB, b"JP\0\1\0\0\0\1" + b"\0\0\0\x30jumb....c2pa"),
        segment(0xE2, b"ICC_PROFILE\0\2\2two"),
        segment(0xE2, b"ICC_PROFILE\0\1\2one"),
    )
    file = jpeg.parse(data)
    layout = file.layout
    assert (layout.container, layout.width, layout.height, layout.transforms) == ("jpeg", 48, 32, ())
    assert layout.exif is not None
    assert layout.exif[:4] == b"II*\0"
    assert (layout.xmp, layout.icc, layout.signed, file.notes) == (packet, b"onetwo", True, ())
    plain = jpeg.parse(coded()).layout
    assert (plain.exif, plain.xmp, plain.icc, plain.signed) == (None, None, None, False)
    assert [entry.type for entry in jpeg.parse(coded()).entries][:2] == ["APP0", "DQT"]


def test_layout_of_images() -> None:
    file = jpeg.parse(spliced(PHOTOS["gain map"]))
    layout = file.layout
    first, last = layout.auxiliaries
    assert (first.identifier, first.width, first.height, first.payload) == (2, 12, 8, gain_map())
    assert first.xmp is not None
    assert b"hdrgm" in first.xmp
    assert (last.identifier, last.width, last.height) == (3, 24, 16)
    assert last.xmp == auxiliary().xmp
    assert (last.configuration, last.auxiliary_type, last.auxiliary_subtype) == (b"", "", b"")
    assert [(entry.identifier, entry.role) for entry in file.entries if entry.type == "image"] == [
        (2, "auxiliary"),
        (3, "auxiliary"),
    ]


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("zeros after the photo", "Zero bytes after the last image: 500"),
        ("gain map, zeros after it", "Zero bytes after the last image: 300"),
        ("video after the photo", "motion photo"),
        ("samsung trailer", "SEFT"),
        ("jpeg after the photo", "no offset of it is known in Exif"),
        ("two images, wrong size", "ImageIO"),
        ("ultra hdr, video", "GainMap, MotionPhoto"),
        ("gain map that only xmp names", "nothing lists"),
        ("stray bytes", "segments: 6"),
        ("jfif with thumbnail", "thumbnail"),
    ],
)
def test_oddities_are_reported(name: str, note: str) -> None:
    assert any(note in item for item in jpeg.parse(PHOTOS[name]).notes)


def test_incomplete_icc_profile_is_reported_and_not_returned() -> None:
    data = after_jfif(coded(), icc(b"one", b"two")[: -len(icc(b"two"))])
    file = jpeg.parse(data)
    assert file.layout.icc is None
    assert "The ICC profile is incomplete and is not used." in file.notes


def test_two_indexes_are_reported() -> None:
    data = after_jfif(PHOTOS["gain map"])
    second = index(">", [(0, 0, 0)])
    end = 20 + 2 + int.from_bytes(data[22:24], "big")
    assert any("more than one" in item for item in jpeg.parse(data[:end] + second + data[end:]).notes)


@pytest.mark.parametrize("listed", [True, False])
def test_ultra_hdr_keeps_gain_map_first_and_video_last(listed: bool) -> None:
    data = ultra_hdr(listed=listed, video=MP4)
    result = spliced(data)
    end = parse_image(result).stop
    assert result[end:].startswith(gain_map())
    assert result[end + len(gain_map()) :].startswith(b"\xff\xd8\xff\xe1")
    assert result.endswith(MP4)
    assert len(jpeg.parse(result).layout.auxiliaries) == 1 + listed


def test_trailer_of_another_jpeg_stays_a_trailer() -> None:
    result = spliced(PHOTOS["jpeg after the photo"])
    assert result.endswith(gray())
    assert jpeg.parse(result).parts()["trailer"] == gray()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'Item:Length="', b'Item:Length="9999999'),
        (b'Item:Length="', b'Item:Length="9999999999999999999'),
        (b'Item:Mime="image/jpeg" Item:Length', b'Item:Mime="video/mp4" Item:Length'),
    ],
)
def test_an_inconsistent_directory_is_not_followed(old: bytes, new: bytes) -> None:
    photo = ultra_hdr(listed=False).replace(old, new)
    size = len(photo) - len(gain_map())
    grown = (
        photo[:22]
        + (int.from_bytes(photo[22:24], "big") + len(new) - len(old)).to_bytes(2, "big")
        + photo[24:]
    )
    assert parse_image(grown).stop == size
    assert jpeg.parse(grown).structure.images_stop == size


def test_an_unusable_index_entry_stays_as_it_is() -> None:
    data = bytearray(multi(coded(), [gain_map(), gray()]))
    place = data.index(b"MPF\0") + 4 + 50 + 16 + 8
    for target in (len(data), len(data) - 28 - 40, 2**32 - 1):
        data[place : place + 4] = struct.pack(">I", target)
        before = jpeg.parse(bytes(data))
        assert [image.identifier for image in before.layout.auxiliaries] == [3]
        assert any("lists an image 2" in note for note in before.notes)
        edits = before.splice(auxiliary())
        result = edits.apply(bytes(data))
        after = jpeg.parse(result)
        assert [image.identifier for image in after.layout.auxiliaries] == [3, 4]
        assert jpeg.parse(after.remove([4]).apply(result)).parts() == before.parts()


def test_removal_of_one_image_keeps_the_others() -> None:
    data = multi(coded(), [gain_map(), gray(), gray(40, 24)], "<", attribute_ifd("<"), tail=MP4)
    for number, left in ((2, [gray(), gray(40, 24)]), (3, [gain_map(), gray(40, 24)])):
        result = jpeg.parse(data).remove([number]).apply(data)
        after = jpeg.parse(result)
        assert [image.payload for image in after.layout.auxiliaries] == left
        assert after.structure.index is not None
        assert after.structure.index.little_endian
        assert after.structure.index.attributes
        assert after.notes == jpeg.parse(data).notes
        assert decoded(result, 2) == decoded(left[1])
    photo_alone = jpeg.parse(data).remove([2, 3, 4]).apply(data)
    assert photo_alone == coded() + MP4


def test_removal_of_nothing_changes_nothing() -> None:
    data = PHOTOS["gain map"]
    assert jpeg.parse(data).remove([]).apply(data) == data


@pytest.mark.parametrize("number", [0, 1, 3, -1])
def test_removal_of_an_unknown_image_is_refused(number: int) -> None:
    with pytest.raises(UsageError, match=f"no auxiliary image {number};"):
        jpeg.parse(PHOTOS["gain map"]).remove([number])


def test_short_index_in_the_photo_is_completed() -> None:
    photo = after_jfif(coded(), segment(0xE2, mpf.build(mpf.short_index(2))))
    result = spliced(photo)
    after = jpeg.parse(result)
    assert [image.identifier for image in after.layout.auxiliaries] == [2]
    assert after.remove([2]).apply(result) == coded()


def test_segments_of_the_coded_image_that_would_clash_are_replaced() -> None:
    coded_map = auxiliary()
    full = apple_image(2, coded_map)
    assert (
        jpeg.parse(spliced(coded(), replace(coded_map, payload=full))).layout.auxiliaries[0].payload == full
    )
    commented = coded_map.payload[:20] + segment(0xFE, b"kept") + coded_map.payload[20:]
    assert (
        b"kept"
        in jpeg.parse(spliced(coded(), replace(coded_map, payload=commented))).layout.auxiliaries[0].payload
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"payload": gray()[:-2]}, "no EOI"),
        ({"payload": gray() + b"\0"}, "after its EOI"),
        ({"payload": b""}, "does not begin"),
        ({"payload": coded(), "width": 48, "height": 32}, "3 components"),
        ({"width": 25}, "not 25x16"),
    ],
)
def test_faulty_coded_image_is_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(MalformedError, match=words):
        jpeg.parse(coded()).splice(replace(auxiliary(), **change))  # type: ignore[arg-type]


def test_xmp_has_a_limit() -> None:
    fits = replace(auxiliary(), xmp=b"x" * 65_502)
    assert jpeg.parse(spliced(coded(), fits)).layout.auxiliaries[0].xmp == fits.xmp
    with pytest.raises(RefusedError, match="65503 bytes"):
        jpeg.parse(coded()).splice(replace(auxiliary(), xmp=b"x" * 65_503))


def test_photo_without_end_is_read_but_not_edited() -> None:
    file = jpeg.parse(coded()[:-2])
    assert (file.layout.width, file.layout.height) == (48, 32)
    assert any("no EOI" in note for note in file.notes)
    with pytest.raises(MalformedError, match=r"cannot be determined.*save it again"):
        file.splice(auxiliary())
    cut = multi(coded()[:-2], [gain_map()])
    assert [image.payload for image in jpeg.parse(cut).layout.auxiliaries] == [gain_map()]
    with pytest.raises(MalformedError, match="cannot be determined"):
        jpeg.parse(cut).remove([2])


@pytest.mark.parametrize(
    ("names", "marker", "gets"),
    [
        (b"\1\2\3", 0xC0, True),
        (b"\0\1\2", 0xC2, True),
        (b"RGB", 0xC0, False),
        (b"rgb", 0xC0, False),
        (b"\1\x22\x23", 0xC0, False),
        (b"\1\2\3", 0xC3, False),
        (b"\0\1\2", 0xCB, False),
    ],
    ids=["JFIF", "from 0", "RGB", "wide RGB", "wide YCC", "lossless", "lossless, arithmetic"],
)
def test_a_jfif_header_is_added_only_where_it_changes_no_colour(
    names: bytes, marker: int, gets: bool
) -> None:
    """Without JFIF and Adobe segments a reader goes by the component names and the kind of frame (libjpeg-turbo 3)."""
    data = bytearray(without_jfif(coded()))
    frame, scan = data.index(b"\xff\xc0"), data.index(b"\xff\xda")
    data[frame + 1] = marker
    for number in range(3):
        data[frame + 10 + 3 * number] = data[scan + 5 + 2 * number] = names[number]
    assert (spliced(bytes(data))[2:4] == b"\xff\xe0") == gets
    assert any("JFIF header could change" in note for note in jpeg.parse(bytes(data)).notes) != gets


def test_a_lossless_photo_is_read_as_before() -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    codes = pixels(32, 48, 3)
    data = imagecodecs.jpeg8_encode(codes, lossless=True, colorspace="RGB", outcolorspace="RGB")
    data = b"".join((data[:2], *_other_segments(data)))
    with Image.open(io.BytesIO(spliced(data))) as image:
        assert (np.asarray(image) == codes).all()


def _other_segments(data: bytes) -> list[bytes]:
    """Return all after SOI but JFIF and Adobe segments."""
    pieces, place = [], 2
    while data[place + 1] != 0xDA:
        stop = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        if data[place + 1] not in (0xE0, 0xEE):
            pieces.append(data[place:stop])
        place = stop
    return [*pieces, data[place:]]
