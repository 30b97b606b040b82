"""What `export` writes: codes, ranges and photos unchanged, files that other readers accept, and the way back."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

import depthauthor as da
from authoring import containers
from authoring.cli.main import run
from authoring.containers import jpeg
from authoring.depth.buffer import PixelFormat
from authoring.depth.stored_plane import StoredPlane
from authoring.embed.export.code_map import as_eight_bits, as_inverse, code_map
from authoring.embed.export.packets import with_extension_name
from authoring.embed.export.photo_export import BLURRED, FILLED, ExportedPhoto, ExportFormat, export
from authoring.embed.strip import strip
from authoring.errors import MalformedError, RefusedError, UnsupportedError
from authoring.read.depth_image import DepthReading, read_depth
from authoring.read.foreign import gdepth
from compat import photos
from tests.containers import jpeg_files
from tests.foreign import android_rules, files
from tests.foreign.android_rules import extended_packet, faults, named
from tests.foreign.expected import made_files
from tests.foreign.files import coded as coded_map
from tests.foreign.files import codes, photo

GOLDEN = Path(__file__).parents[2] / "golden"

INTO_PHOTO: tuple[ExportFormat, ...] = ("gdepth", "dynamic-depth")

JPEGS = dict(photos.jpegs())


@cache
def portrait(name: str, **options: Any) -> bytes:
    """Return a photo with Apple's depth; by its name in the matrix of photos, or in golden/."""
    photo = JPEGS[name] if name in JPEGS else (GOLDEN / name).read_bytes()
    depth = np.load(GOLDEN / "scene-depth.npy")
    return da.embed_bytes(photo, depth, unit="m", **{"max_size": 128, **options})


def reading(photo: bytes) -> DepthReading:
    return read_depth(containers.parse(photo))


def coded(photo: bytes) -> bytes:
    """Return the bytes of a JPEG from its first table to its EOI."""
    photo_jpeg = android_rules.parse(photo)
    return photo[photo_jpeg.coded_start : photo_jpeg.stop]


def gdepth_of(photo: bytes) -> tuple[dict[str, str], np.ndarray]:
    """Return GDepth's properties and the codes of its map, read without the code under test."""
    photo_jpeg = android_rules.parse(photo)
    values: dict[str, str] = {}
    for packet in (photo_jpeg.app1(android_rules.STANDARD)[0], extended_packet(photo_jpeg)):
        for description in ElementTree.fromstring(packet).iter(f"{android_rules.RDF}Description"):
            values |= {
                key.removeprefix(f"{{{gdepth.DEPTH}}}"): value
                for key, value in description.items()
                if gdepth.DEPTH in key
            }
    return values, np.array(Image.open(io.BytesIO(base64.b64decode(values.pop("Data")))))


def dynamic_depth_of(photo: bytes) -> tuple[dict[str, str], dict[str, bytes]]:
    """Return the attributes of the DepthMap and the pictures, read without the code under test."""
    photo_jpeg = android_rules.parse(photo)
    root = ElementTree.fromstring(extended_packet(photo_jpeg))
    (depth,) = root.iter(named("camera", "DepthMap"))
    description = root.find(f".//{android_rules.RDF}Description")
    assert description is not None
    prefix = named("depthmap", "")
    return {key.removeprefix(prefix): value for key, value in depth.items()}, android_rules.media(
        photo, photo_jpeg.stop, description
    )


def gray(picture: bytes) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(picture)))


SOURCES = [
    "scene.jpg",
    "scene-gainmap.jpg",
    "orientation/scene-6.jpg",
    "scene.heic",
    "orientation/scene-8.heic",
]


# --- there and back ---


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("native_format", ["hdis", "hdep"])
def test_apple_to_gdepth_to_apple(name: str, native_format: str) -> None:
    apple = portrait(name, native_format=native_format, accuracy="absolute")
    before = reading(apple)
    exported = export(apple, "gdepth")
    photo, report = exported.photo.data, exported.photo.report
    values, codes = gdepth_of(photo)
    turned = (
        before.plane.codes if name.endswith(".jpg") else before.orientation.to_display(before.plane.codes)
    )
    low, high = before.plane.float_min, before.plane.float_max
    if native_format == "hdis":
        assert values["Format"] == "RangeInverse" and np.array_equal(codes, 255 - turned)
        assert (float(values["Near"]), float(values["Far"])) == (1 / high, 1 / low)
    else:
        assert values["Format"] == "RangeLinear" and np.array_equal(codes, turned)
        assert (float(values["Near"]), float(values["Far"])) == (low, high)
    assert values["Mime"] == "image/png" and values["Units"] == "m" and report.units == "m"
    assert report.max_code_error == 0 and report.reencoded == name.endswith(".heic")
    after = reading(photo)
    assert np.array_equal(after.plane.codes, turned)
    assert after.plane.float_min == pytest.approx(low, rel=1e-15, abs=0)
    assert after.plane.float_max == pytest.approx(high, rel=1e-15, abs=0)
    if not report.reencoded:
        assert coded(photo) == coded(apple)


@pytest.mark.parametrize("name", SOURCES)
def test_apple_to_dynamic_depth_to_apple(name: str) -> None:
    apple = portrait(name)
    before = reading(apple)
    exported = export(apple, "dynamic-depth")
    photo, report = exported.photo.data, exported.photo.report
    assert faults(photo) == []
    values, pictures = dynamic_depth_of(photo)
    codes = gray(pictures["android/depthmap"])
    turned = (
        before.plane.codes if name.endswith(".jpg") else before.orientation.to_display(before.plane.codes)
    )
    error = np.abs(codes.astype(int) - (255 - turned.astype(int))).max()
    assert error == report.max_code_error <= 1
    assert float(values["Near"]) == 1 / before.plane.float_max
    assert float(values["Far"]) == 1 / before.plane.float_min
    assert gray(pictures["android/confidencemap"]).min() == 255
    if not report.reencoded:
        assert coded(photo) == coded(apple)
    after = reading(photo)
    assert np.abs(after.plane.codes.astype(int) - turned).max() == error
    assert after.plane.float_min == pytest.approx(before.plane.float_min, rel=1e-15)
    assert after.plane.float_max == pytest.approx(before.plane.float_max, rel=1e-15)


@pytest.mark.parametrize("format", INTO_PHOTO)
@pytest.mark.parametrize(
    "name", ["shu_matte.jpg", "rw_ios11_test06.jpg", "lyangas_12mini_gainmap_depth.jpg", "pug.heic"]
)
def test_photos_of_iphones(format: ExportFormat, name: str, sample: Callable[[str], bytes]) -> None:
    apple = sample(name)
    before, exported = reading(apple), export(apple, format).photo
    after = reading(exported.data)
    expected = (
        before.plane.codes if name.endswith(".jpg") else before.orientation.to_display(before.plane.codes)
    )
    assert np.abs(after.plane.codes.astype(int) - expected).max() == exported.report.max_code_error
    assert exported.report.max_code_error <= (format == "dynamic-depth")
    assert after.plane.float_min == pytest.approx(before.plane.float_min, rel=1e-15)
    if name.endswith(".jpg"):
        assert coded(exported.data) == coded(apple)
    if format == "dynamic-depth":
        assert faults(exported.data) == []


def test_copied_back_into_a_heic_the_printed_range_is_the_first() -> None:
    apple = portrait("scene.heic")
    photo = export(apple, "gdepth").photo.data
    host = (GOLDEN / "scene.heic").read_bytes()
    from authoring.embed import steps
    from authoring.embed.embed_options import options_of

    again = steps.copy(photo, host, options_of(lossless=True, profile="data")).data
    first, second = reading(apple), reading(again)
    assert np.array_equal(first.plane.codes, second.plane.codes)

    def ends(photo: bytes) -> list[str]:
        depth = da.inspect(photo).depth
        assert depth is not None and depth.float_min is not None and depth.float_max is not None
        return [f"{value:.12g}" for value in (depth.float_min, depth.float_max)]

    assert ends(apple) == ends(again)


# --- what Android accepts ---


DEFECTS: dict[str, tuple[str, str]] = {
    "units": ('Units="Meters"', 'Units="Diopters"'),
    "format": ('Format="RangeInverse"', 'Format="RangeLinear"'),
    "near": (' DepthMap:Near="', ' DepthMap:Near="-'),
    "far": (' DepthMap:Far="', ' DepthMap:Far="-'),
    "no confidence": (' DepthMap:ConfidenceURI="android/confidencemap"', ""),
    "no depth": (' DepthMap:DepthURI="android/depthmap"', ""),
    "another medium": (' DepthMap:DepthURI="android/depthmap"', ' DepthMap:DepthURI="android/other"'),
    "semantic": ('ItemSemantic="Depth"', 'ItemSemantic="Segmentation"'),
    "profile": ('Profile:Type="DepthPhoto"', 'Profile:Type="ARPhoto"'),
    "camera index": ("<rdf:li>0</rdf:li>", "<rdf:li>1</rdf:li>"),
    "no camera": ("<Device:Cameras>", "<Device:Camera>"),
    "order of media": (
        'Item:Length="0" Item:DataURI="primary_image"',
        'Item:Length="9" Item:DataURI="primary_image"',
    ),
    "length": ('Item:DataURI="android/depthmap"', 'Item:Padding="1" Item:DataURI="android/depthmap"'),
    "another description first": ("<rdf:RDF ", "<rdf:RDF "),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_one_defect_is_refused_by_androids_rules(name: str) -> None:
    photo = export(portrait("scene.jpg"), "dynamic-depth").photo.data
    assert faults(photo) == []
    packet = extended_packet(android_rules.parse(photo)).decode()
    old, new = DEFECTS[name]
    if name == "another description first":
        place = packet.index("<rdf:Description")
        changed = f'{packet[:place]}<rdf:Description rdf:about=""/>{packet[place:]}'
    else:
        changed = (
            packet.replace("Device:Cameras>", "Device:Camera>")
            if name == "no camera"
            else packet.replace(old, new)
        )
    assert changed != packet
    assert faults(with_extended(photo, changed.encode())) != []


def with_extended(photo: bytes, packet: bytes) -> bytes:
    """Return a photo with another extended packet and its name, without the code under test."""
    import hashlib
    import struct

    photo_jpeg = android_rules.parse(photo)
    old = photo_jpeg.app1(android_rules.EXTENSION)[0][:32]
    name = hashlib.md5(packet).hexdigest().upper().encode()
    first = photo.index(android_rules.EXTENSION) - 4
    last = photo.rindex(android_rules.EXTENSION) - 4
    last += 2 + struct.unpack_from(">H", photo, last + 2)[0]
    body = android_rules.EXTENSION + name + struct.pack(">II", len(packet), 0) + packet
    return photo[:first].replace(old, name) + jpeg_files.segment(0xE1, body) + photo[last:]


def test_a_wrong_digest_and_a_cut_file_break_the_rules() -> None:
    photo = export(portrait("scene.jpg"), "dynamic-depth").photo.data
    name = android_rules.parse(photo).app1(android_rules.EXTENSION)[0][:32]
    assert faults(photo.replace(name, name[::-1])) != []
    assert faults(photo[:-9]) != []
    assert faults(portrait("scene.jpg")) != []


# --- photos with more in them ---


@pytest.mark.parametrize("format", INTO_PHOTO)
@pytest.mark.parametrize(
    "name", ["Ultra HDR", "Ultra HDR with a motion video", "motion photo (a video after the photo)"]
)
def test_gain_maps_and_videos_are_where_the_directory_counts_them(
    name: str, format: ExportFormat, tool: Callable[..., str], tmp_path: Path
) -> None:
    original = JPEGS[name]
    photo = export(portrait(name), format).photo.data
    photo_jpeg = android_rules.parse(photo)
    if "video" in name:
        assert photo.endswith(jpeg_files.MP4)
    if "Ultra" in name:
        (standard,) = photo_jpeg.app1(android_rules.STANDARD)
        items = re.findall(rb'Item:Semantic="(\w+)" Item:Mime="([\w/]+)"(?: Item:Length="(\d+)")?', standard)
        names = [semantic.decode() for semantic, _, _ in items]
        depth = ["Depth", "Confidence"] if format == "dynamic-depth" else []
        assert names == ["Primary", "GainMap", *depth, *(["MotionPhoto"] if "video" in name else [])]
        place = photo_jpeg.stop
        pieces = {}
        for semantic, _, length in items[1:]:
            pieces[semantic.decode()] = photo[place : place + int(length)]
            place += int(length)
        assert place == len(photo)
        assert pieces["GainMap"] == photos.gain_map_jpeg() and photos.gain_map_jpeg() in original
        assert all(piece.startswith(b"\xff\xd8") for kind, piece in pieces.items() if kind != "MotionPhoto")
    if format == "dynamic-depth":
        assert faults(photo) == []
    path = tmp_path / "photo.jpg"
    path.write_bytes(photo)
    printed = tool("exiftool", "-a", "-G1", "-s", path)
    assert "Warning" not in printed and "Error" not in printed
    if "Ultra" in name:
        path.with_name("gain.jpg").write_bytes(photo)
        (found,) = json.loads(tool("exiftool", "-j", "-b", "-MPImage2", path))
        assert base64.b64decode(found["MPImage2"].removeprefix("base64:")) == photos.gain_map_jpeg()


def test_exiftool_reads_both_formats(tool: Callable[..., str], tmp_path: Path) -> None:
    apple = portrait("scene-gainmap.jpg")
    path = tmp_path / "both.jpg"
    path.write_bytes(export(export(apple, "gdepth").photo.data, "dynamic-depth").photo.data)
    (found,) = json.loads(tool("exiftool", "-j", "-b", "-n", "-XMP:all", path))
    picture = base64.b64decode(found["DepthImage"].removeprefix("base64:"))
    assert np.array_equal(gray(picture), 255 - reading(apple).plane.codes)
    jpeg_stop = android_rules.parse(path.read_bytes()).stop
    lengths = found["ContainerDirectoryItemLength"]
    assert found["ContainerDirectoryItemDataURI"][-2:] == ["android/depthmap", "android/confidencemap"]
    assert lengths[0] == 0 and jpeg_stop + sum(lengths) == path.stat().st_size
    assert found["Near"] == found["CameraDepthMapNear"] and found["Far"] == found["CameraDepthMapFar"]
    assert found["CameraDepthMapUnits"] == "Meters" and found["ProfileType"] == "DepthPhoto"


@pytest.mark.parametrize("format", INTO_PHOTO)
@pytest.mark.parametrize("name", JPEGS)
def test_strip_gives_back_the_photo_before(name: str, format: ExportFormat) -> None:
    exported = export(portrait(name), format).photo.data
    stripped = strip(exported)
    assert stripped.report.removed == ({"gdepth": "GDepth", "dynamic-depth": "Dynamic Depth"}[format],)
    before = strip(portrait(name), restore=True).data
    assert before == JPEGS[name]
    assert stripped.report.notes == tuple(containers.parse(before).notes)
    assert stripped.data == before


def test_both_formats_in_one_photo_and_apples_after_them() -> None:
    original = JPEGS["Ultra HDR with a motion video"]
    both = export(
        export(portrait("Ultra HDR with a motion video"), "gdepth").photo.data, "dynamic-depth"
    ).photo.data
    assert faults(both) == [] and gdepth_of(both)[0]["Format"] == "RangeInverse"
    three = da.embed_bytes(both, np.load(GOLDEN / "scene-depth.npy"), unit="m", max_size=128)
    assert faults(three) == []
    stripped = strip(three, restore=True)
    assert stripped.report.removed == ("depth 128x96", "GDepth", "Dynamic Depth")
    assert stripped.data == original


def test_the_codes_of_another_maker_are_carried(sample: Callable[[str], bytes]) -> None:
    photo = sample("gdepth_lensblur1.jpg")
    before = reading(photo)
    exported = export(photo, "dynamic-depth").photo
    assert faults(exported.data) == [] and coded(exported.data) == coded(photo)
    values, pictures = dynamic_depth_of(exported.data)
    assert float(values["Near"]) == pytest.approx(6.097831726074219, rel=1e-15)
    error = np.abs(
        gray(pictures["android/depthmap"]).astype(int) - (255 - before.plane.codes.astype(int))
    ).max()
    assert error == exported.report.max_code_error <= 1
    assert "accuracy relative: Android takes metres only" in exported.report.not_carried
    # All that the extended packet held is still there, and strip gives the photo back.
    assert gdepth_of(exported.data)[0]["Far"] == "24.221643447875977"
    assert strip(exported.data).data == photo
    with pytest.raises(RefusedError, match="already holds GDepth"):
        export(photo, "gdepth")
    with pytest.raises(RefusedError, match="GDepth, which this tool did not write"):
        strip(photo)


@pytest.mark.parametrize("chunk", [40, 65_000])
@pytest.mark.parametrize("format", INTO_PHOTO)
def test_an_extended_packet_is_merged_and_given_back(format: ExportFormat, chunk: int) -> None:
    packet = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description rdf:about="uuid:1" xmlns:a="urn:a/" a:Old="kept"/></rdf:RDF></x:xmpmeta>'
    )
    original = _with_packets(packet, chunk)
    apple = da.embed_bytes(
        original, np.load(GOLDEN / "scene-depth.npy"), unit="m", max_size=128, profile="data"
    )
    photo = export(apple, format).photo.data
    extended = extended_packet(android_rules.parse(photo))
    assert b'a:Old="kept"' in extended and reading(photo).foreign is not None
    assert extended.count(b'rdf:about="uuid:1"') == 2
    assert strip(photo).data == original


def test_a_large_packet_is_not_cut_into_tiny_segments() -> None:
    packet = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'
    file = jpeg.parse(_with_packets(packet, 1))
    large = packet + bytes(100_000)
    grown = file.with_packets(file.layout.xmp or b"", large).apply(file.source)
    assert jpeg.parse(grown).layout.extended_xmp == large
    assert len(grown) - len(large) < len(file.source)


def _with_packets(extended: bytes, chunk: int) -> bytes:
    import hashlib
    import struct

    name = hashlib.md5(extended).hexdigest()
    standard = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="uuid:1" xmlns:xmpNote="http://ns.adobe.com/xmp/note/">'
        f"<xmpNote:HasExtendedXMP>{name}</xmpNote:HasExtendedXMP></rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    chunks = [
        android_rules.EXTENSION
        + name.encode()
        + struct.pack(">II", len(extended), start)
        + extended[start : start + chunk]
        for start in range(0, len(extended), chunk)
    ]
    parts = [android_rules.STANDARD + standard.encode(), *chunks]
    return jpeg_files.after_jfif(photos.coded_jpeg(), *(jpeg_files.segment(0xE1, part) for part in parts))


def test_a_hostile_directory_takes_out_no_listed_image() -> None:
    """Ours, changed: the pictures to take out would be the gain map, and another description is marked, too."""
    photo = export(portrait("Ultra HDR"), "dynamic-depth").photo.data
    packet = extended_packet(android_rules.parse(photo)).decode()
    items = re.findall(r"<rdf:li><Container:Item .*?</rdf:li>", packet)
    assert len(items) == 4
    forged = packet.replace("".join(items), items[0] + items[1] + items[1])
    start = forged.index("<rdf:Description")
    stop = forged.index("</rdf:Description>") + len("</rdf:Description>")
    extended = (forged[:stop] + forged[start:stop] + forged[stop:]).encode()
    file = jpeg.parse(photo)
    standard = with_extension_name(file.layout.xmp or b"", file.extension_name(extended))
    hostile = file.with_packets(standard, extended).apply(photo)
    stripped = strip(hostile).data
    assert photos.gain_map_jpeg() in stripped
    with pytest.raises(RefusedError):
        strip(stripped)


def test_damaged_xmp_takes_no_depth() -> None:
    broken = jpeg_files.after_jfif(
        photos.coded_jpeg(), jpeg_files.segment(0xE1, android_rules.STANDARD + b"<x:xmpmeta>cut")
    )
    apple = da.embed_bytes(
        broken, np.load(GOLDEN / "scene-depth.npy"), unit="m", max_size=128, profile="data"
    )
    with pytest.raises(UnsupportedError, match="XMP"):
        export(apple, "gdepth")


# --- codes and ranges ---


def plane(codes: Any, low: float, high: float, kind: PixelFormat = PixelFormat.HDIS) -> StoredPlane:
    return StoredPlane(np.asarray(codes), low, high, kind)


ALL_CODES = np.arange(256, dtype=np.uint8).reshape(16, 16)


def test_infinity_becomes_a_far_distance_that_no_code_can_tell() -> None:
    depth = code_map(plane(ALL_CODES, 0.0, 2.0))
    assert (depth.near, depth.far) == (0.5, 1e6) and depth.notes
    assert 1 / depth.far < 1e-3 * 2.0 / 255
    assert np.array_equal(depth.codes, 255 - ALL_CODES)


@pytest.mark.parametrize(("low", "high"), [(-0.1, 1.0), (1.0, 1.0)])
def test_no_distance_and_no_range_are_refused(low: float, high: float) -> None:
    with pytest.raises(RefusedError):
        code_map(plane(ALL_CODES, low, high))


@pytest.mark.parametrize("top", [255, 65535])
@pytest.mark.parametrize(("near", "far"), [(0.5, 8.0), (0.0, 4.0), (10.0, 1000.0)])
def test_linear_codes_become_inverse_ones_with_the_stated_error(near: float, far: float, top: int) -> None:
    given = ALL_CODES if top == 255 else ALL_CODES.astype(np.uint16) * 257
    linear = code_map(plane(given, near, far, PixelFormat.HDEP))
    inverse = as_inverse(linear)
    assert inverse.format == "RangeInverse" and 0 < inverse.near < inverse.far == far
    assert set(inverse.codes.ravel().tolist()) >= {0, 255}
    true = near + ALL_CODES / 255 * (far - near)
    dn = as_eight_bits(inverse).codes / 255
    again = inverse.far * inverse.near / (inverse.far - dn * (inverse.far - inverse.near))
    worst = np.abs(again - true).max()
    stated = float(re.findall(r"([\d.e+-]+) m at most", inverse.notes[-1])[0])
    assert stated == pytest.approx(worst, rel=0.01)


def test_codes_of_16_bits() -> None:
    codes = (np.arange(4096, dtype=np.uint16) * 16).reshape(64, 64)
    depth = code_map(plane(codes, 0.1, 2.0))
    assert depth.codes.dtype == np.uint16 and np.array_equal(depth.codes, 65535 - codes)
    eight = as_eight_bits(depth)
    assert eight.codes.dtype == np.uint8 and np.abs(eight.codes * 257.0 - depth.codes).max() <= 128.5
    assert as_eight_bits(eight) is eight


def test_depth_in_metres_is_resampled_for_android() -> None:
    exported = export(portrait("scene.jpg", native_format="hdep"), "dynamic-depth").photo
    assert faults(exported.data) == []
    assert any("only ones that Android takes" in note for note in exported.report.notes)


# --- pairs, refusals, files ---


def test_a_pair_is_white_near_and_turned_as_the_photo() -> None:
    apple = portrait("Exif Orientation 6")
    exported: ExportedPhoto = export(apple, "pair")
    assert exported.photo.data == apple
    with Image.open(io.BytesIO(exported.companion)) as picture:
        assert picture.mode == "L" and picture.getexif()[0x0112] == 6
        codes = np.array(picture)
    before = reading(apple)
    assert np.abs(codes.astype(int) - before.plane.codes).max() <= 1
    # Its own reader takes it upright, near for white, with any two distances.
    again = da.embed_bytes(
        JPEGS["Exif Orientation 6"], exported.companion, near=0.5, far=8, white="near", spacing="disparity"
    )
    difference = np.abs(reading(again).plane.codes.astype(int) - before.plane.codes)
    assert difference.max() <= 3


def test_raw_photos_and_photos_without_depth_are_refused() -> None:
    dng = da.embed_bytes(photos.linear_dng(), np.load(GOLDEN / "scene-depth.npy"), unit="m")
    with pytest.raises(UnsupportedError, match="develop it"):
        export(dng, "gdepth")
    with pytest.raises(UnsupportedError, match="depth map"):
        export(JPEGS["baseline, with Exif, XMP and ICC"], "gdepth")
    with pytest.raises(MalformedError):
        export(b"nothing", "gdepth")
    twice = export(portrait("scene.jpg"), "dynamic-depth").photo.data
    with pytest.raises(RefusedError, match="already holds Dynamic Depth"):
        export(twice, "dynamic-depth")


def test_the_report_says_what_is_not_carried(sample: Callable[[str], bytes]) -> None:
    apple = sample("shu_matte.jpg")
    lost = " ".join(export(apple, "gdepth").photo.report.not_carried)
    assert "calibration" in lost and "aperture" in lost and "rendering" in lost
    report = export(apple, "dynamic-depth").photo.report
    assert "lens distortion" in " ".join(report.not_carried) and "relative" in " ".join(report.not_carried)
    assert any("blur" in note for note in report.notes)
    assert "distances" in export(apple, "pair").photo.report.not_carried[0]


def test_the_camera_is_carried_exactly(sample: Callable[[str], bytes]) -> None:
    apple = sample("shu_matte.jpg")
    photo = export(apple, "dynamic-depth").photo.data
    before, after = (da.extract(data).calibration for data in (apple, photo))
    assert before is not None and after is not None
    assert after.intrinsic_matrix == before.intrinsic_matrix
    assert after.reference_width_px == 3024 and after.reference_height_px == 4032


def test_a_confidence_map_is_carried() -> None:
    codes = np.tile(np.arange(0, 256, 2, dtype=np.uint8), (96, 1))
    out = io.BytesIO()
    Image.fromarray(codes).save(out, "PNG")
    confidence = base64.b64encode(out.getvalue()).decode()
    photo = export(portrait("scene.jpg"), "gdepth").photo.data
    packet = extended_packet(android_rules.parse(photo)).decode()
    sure = with_extended(
        photo,
        packet.replace(
            " GDepth:Data=",
            f' GDepth:ConfidenceMime="image/png" GDepth:Confidence="{confidence}" GDepth:Data=',
        ).encode(),
    )
    exported = export(sure, "dynamic-depth").photo
    again = gray(dynamic_depth_of(exported.data)[1]["android/confidencemap"])
    assert np.abs(again.astype(int) - codes).max() <= 1 and faults(exported.data) == []
    assert not any("full confidence" in note for note in exported.report.notes)


MADE = made_files()


@pytest.mark.parametrize("format", INTO_PHOTO)
@pytest.mark.parametrize("name", MADE)
def test_every_other_maker_in_each_format(name: str, format: ExportFormat) -> None:
    photo = MADE[name]
    before = reading(photo)
    if name == format:
        with pytest.raises(RefusedError, match="already holds"):
            export(photo, format)
        return
    exported = export(photo, format).photo
    assert coded(exported.data) == coded(photo) and strip(exported.data).data == photo
    if format == "gdepth":
        values, map_codes = gdepth_of(exported.data)
        worst = 0
    else:
        # A Samsung or Huawei trailer, which is counted from the end of the file, is still there.
        assert (faults(exported.data) == [] and exported.data[-64:] == photo[-64:]) or name == "gdepth"
        values, pictures = dynamic_depth_of(exported.data)
        map_codes, worst = gray(pictures["android/depthmap"]), exported.report.max_code_error
    assert np.abs(map_codes.astype(int) - (255 - before.plane.codes.astype(int))).max() <= worst <= 1
    assert float(values["Near"]) == pytest.approx(1 / before.plane.float_max, rel=1e-15)
    assert BLURRED in exported.report.notes


def test_holes_are_filled_and_have_no_confidence() -> None:
    samples = np.maximum(codes(), 1)
    samples[20:24, 30:40] = 0
    source = files.xdm(photo(), coded_map(samples))
    lost = reading(source).holes
    assert lost is not None and np.array_equal(lost, samples == 0)
    exported = export(source, "gdepth").photo
    values, map_codes = gdepth_of(exported.data)
    sure = gray(base64.b64decode(values["Confidence"]))
    assert values["Format"] == "RangeLinear" and np.array_equal(map_codes[~lost], samples[~lost])
    assert set(map_codes[lost].tolist()) <= set(samples[19:25, 29:41].ravel().tolist()) - {0}
    assert (sure[lost] == 0).all() and (sure[~lost] == 255).all()
    assert FILLED in exported.report.notes
    android = export(source, "dynamic-depth").photo.data
    sure = gray(dynamic_depth_of(android)[1]["android/confidencemap"])
    assert faults(android) == [] and (sure[lost] <= 1).all() and (sure[~lost] >= 254).all()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.jpg").write_bytes(portrait("scene.jpg"))
    (tmp_path / "library" / "b.heic").write_bytes(portrait("scene.heic"))
    return tmp_path


def test_the_command(folder: Path, capsys: Any) -> None:
    assert run(["export", "library", "--as", "dynamic-depth", "--out", "out", "--json"]) == 0
    reports = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [report["output"] for report in reports] == ["out/a-dynamic-depth.jpg", "out/b-dynamic-depth.jpg"]
    assert [report["reencoded"] for report in reports] == [False, True]
    assert all(faults((folder / report["output"]).read_bytes()) == [] for report in reports)
    assert run(["export", "library/a.jpg", "--as", "pair", "--dry-run", "-q"]) == 0
    assert len(list((folder / "library").iterdir())) == 2
    assert run(["export", "library/a.jpg", "--as", "pair", "-o", "p.jpg"]) == 0
    text = capsys.readouterr().out
    assert "p_depth.jpg" in text and "lost" in text
    assert (folder / "p.jpg").read_bytes() == (folder / "library" / "a.jpg").read_bytes()
    (folder / "p.jpg").unlink()
    assert run(["export", "library/a.jpg", "--as", "pair", "-o", "p.jpg"]) == 5
    assert "p_depth.jpg" in capsys.readouterr().err and not (folder / "p.jpg").exists()
    assert run(["export", "library/a.jpg", "--as", "gdepth"]) == 0
    assert (folder / "library" / "a-gdepth.jpg").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("library/a.jpg --as gdepth -o a.heic", "use .jpg"),
        ("library/a.jpg --as pair -o -", "two files"),
        ("library/a.jpg --as facebook", "facebook"),
        ("library/a.jpg --as pair --quality 0", "quality is 0; it can be 1 to 100"),
        ("library/a.jpg", "--as"),
        ("library/a.jpg --as gdepth -o library/a.jpg --overwrite", "a.jpg"),
    ],
)
def test_wrong_words(words: str, message: str, folder: Path, capsys: Any) -> None:
    before = (folder / "library" / "a.jpg").read_bytes()
    assert run(["export", *words.split()]) in (2, 5)
    assert message in capsys.readouterr().err
    assert (folder / "library" / "a.jpg").read_bytes() == before


def test_the_function(folder: Path) -> None:
    report = da.export("library/a.jpg", "gdepth")
    assert report.output == str(Path("library/a-gdepth.jpg")) and report.written == "gdepth"
    again = da.export(portrait("scene.jpg"), "gdepth", output="c.jpg")
    assert replace(again, output=None) == replace(report, output=None)
    with pytest.raises(da.UsageError, match="unknown export format"):
        da.export("library/a.jpg", "facebook")  # type: ignore[arg-type]
    with pytest.raises(da.UsageError, match="unknown export format"):
        da.export("library/a.jpg", ["gdepth"])  # type: ignore[arg-type]
    with pytest.raises(da.UsageError, match="quality is 'high'"):
        da.export("library/a.jpg", "pair", quality="high")  # type: ignore[arg-type]
