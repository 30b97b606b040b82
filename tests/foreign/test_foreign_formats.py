"""Depth of other makers is read as its format says, in metres, against a decoding that the test does itself."""

from __future__ import annotations

import base64
import json
import re
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps, PngImagePlugin

import depthauthor as da
from authoring import containers
from authoring.errors import DepthauthorError, MalformedError, UnsupportedError
from authoring.read.foreign import samsung
from tests.foreign import files
from tests.foreign.expected import (
    CONFIDENCE,
    JPEG_CODES,
    check_bound,
    decoded,
    inverse_m,
    linear_m,
    read_m,
)
from tests.foreign.files import DynamicDepth, coded, codes, photo

Sample = Callable[[str], bytes]


@pytest.mark.parametrize("extended", [True, False])
@pytest.mark.parametrize(("kind", "mime"), [("PNG", "image/png"), ("JPEG", "image/jpeg")])
@pytest.mark.parametrize("format", ["RangeInverse", "RangeLinear", None])
@pytest.mark.parametrize(("units", "scale"), [("m", 1), ("mm", 0.001), (None, 1)])
def test_gdepth(
    extended: bool, kind: str, mime: str, format: str | None, units: str | None, scale: float
) -> None:
    near, far = 0.5 / scale, 8 / scale
    depth = coded(codes(), kind)
    data = files.gdepth(
        photo(), depth, near=near, far=far, format=format, units=units, mime=mime, extended=extended
    )
    meaning = linear_m if format == "RangeLinear" else inverse_m
    buffer = da.extract(data)
    np.testing.assert_allclose(buffer.depth_m(), meaning(decoded(depth), 0.5, 8), rtol=1e-5)
    assert buffer.accuracy == ("absolute" if units else "relative")
    report = da.inspect(data)
    assert report.depth is not None
    assert (report.depth.source, report.depth.format) == ("gdepth", format or "RangeInverse")
    assert (report.depth.near, report.depth.far, report.depth.units) == (near, far, units)


def test_a_far_end_at_infinity() -> None:
    data = files.gdepth(photo(), coded(codes()), near=2, far="inf")
    depth = da.extract(data).disparity_per_m()
    np.testing.assert_allclose(depth, (1 - codes() / 255) / 2, atol=1e-6)
    report = json.loads(da.inspect(data).to_json())
    assert (report["depth"]["near"], report["depth"]["far"], report["depth"]["float_min"]) == (2, None, 0)


def test_a_png_is_not_decoded_for_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(picture: PngImagePlugin.PngImageFile) -> None:
        raise AssertionError(picture.size)

    made = files.gdepth(photo(), coded(codes()), near=1, far=4)
    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", load)
    report = da.inspect(made)
    assert report.depth is not None
    assert (report.depth.width, report.depth.height) == codes().shape[::-1]


@pytest.mark.parametrize("top", [255, 65535])
def test_gdepth_of_8_and_16_bits(top: int) -> None:
    data = files.gdepth(photo(), coded(codes(top=top)), near=1, far=4)
    np.testing.assert_allclose(read_m(data), inverse_m(codes(top=top), 1, 4), rtol=1e-5)


@pytest.mark.parametrize("extended", [True, False])
@pytest.mark.parametrize("elements", [True, False])
@pytest.mark.parametrize("padding", [0, 16])
def test_dynamic_depth(extended: bool, elements: bool, padding: int) -> None:
    made = DynamicDepth(extended=extended, elements=elements, padding=padding, original=photo(tone=9)).build()
    np.testing.assert_allclose(read_m(made), inverse_m(JPEG_CODES, 0.5, 8), rtol=1e-5)
    report = da.inspect(made)
    assert report.depth is not None
    assert report.depth.source == "dynamic-depth"
    assert report.depth.accuracy == "absolute" and report.depth.unblurred
    assert report.depth.place == "Dynamic Depth android/depthmap"


@pytest.mark.parametrize("stands", ["nothing", "an image", "two images"])
@pytest.mark.parametrize("tail", [b"", files.MP4])
def test_dynamic_depth_is_found_where_other_images_stand_before_it(stands: str, tail: bytes) -> None:
    gain = coded(codes(24, 16), "JPEG")
    between = {"nothing": b"", "an image": gain, "two images": gain + bytes(4) + gain}[stands]
    made = DynamicDepth(between=between, tail=tail, original=photo(tone=5)).build()
    np.testing.assert_allclose(read_m(made), inverse_m(JPEG_CODES, 0.5, 8), rtol=1e-5)


@pytest.mark.parametrize(("indices", "others"), [((1,), 1), ((7, 2), 2), ((), 1)])
def test_dynamic_depth_follows_its_profile(indices: tuple[int, ...], others: int) -> None:
    made = DynamicDepth(indices=indices, other_cameras=others).build()
    np.testing.assert_allclose(read_m(made), inverse_m(JPEG_CODES, 0.5, 8), rtol=1e-5)


@pytest.mark.parametrize(
    ("units", "format", "near", "far", "expected", "accuracy"),
    [
        ("Meters", "RangeLinear", 0.3, 8, lambda c: linear_m(c, 0.3, 8), "absolute"),
        ("None", "RangeLinear", 0.3, 8, lambda c: linear_m(c, 0.3, 8), "relative"),
        ("Diopters", "RangeInverse", 0.0864, 0.1295, lambda c: inverse_m(c, 0.0864, 0.1295), "relative"),
        ("Diopters", "RangeInverse", 4, 0.25, lambda c: inverse_m(c, 0.25, 4), "absolute"),
        ("Diopters", "RangeInverse", 4, 0, lambda c: 1 / np.maximum(4 * (1 - c / 255), 1e-30), "absolute"),
    ],
)
def test_units_of_dynamic_depth(
    units: str, format: str, near: float, far: float, expected: Callable[[Any], Any], accuracy: str
) -> None:
    made = DynamicDepth(units=units, format=format, near=near, far=far).build()
    buffer = da.extract(made)
    values = buffer.depth_m()
    finite = np.isfinite(values)
    np.testing.assert_allclose(values[finite], expected(JPEG_CODES)[finite], rtol=1e-5)
    assert np.array_equal(~finite, JPEG_CODES == 255) if far == 0 else finite.all()
    assert buffer.accuracy == accuracy


def test_what_dynamic_depth_states_besides_is_noted() -> None:
    table = base64.b64encode(struct.pack("<4f", 0.3, 0, 8, 12)).decode().rstrip("=")
    made = DynamicDepth(focal_table=table, semantic="Segmentation", measure="OpticRay", units="None").build()
    notes = " ".join(da.inspect(made).notes)
    for words in ("2 pairs", "Segmentation", "OpticRay", "in proportion only"):
        assert words in notes


MODEL = (
    'M:FocalLengthX="80.5" M:FocalLengthY="81.25" M:PrincipalPointX="47.5" M:PrincipalPointY="33" M:ImageWidth="96" '
    'M:ImageHeight="64" M:Skew="0"'
)


def test_the_imaging_model_is_the_camera() -> None:
    buffer = da.extract(DynamicDepth(camera=MODEL).build())
    assert buffer.calibration is not None
    assert buffer.calibration.intrinsic_matrix == ((80.5, 0, 47.5), (0, 81.25, 33), (0, 0, 1))
    assert (buffer.calibration.reference_width_px, buffer.calibration.reference_height_px) == (96, 64)
    report = da.inspect(DynamicDepth(camera=MODEL).build())
    assert report.depth is not None and report.depth.calibration is not None
    assert report.depth.calibration["intrinsic_matrix"] == [80.5, 0, 0, 0, 81.25, 0, 47.5, 33, 1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('ImageWidth="96"', 'ImageWidth="64"'), "not the photo's shape"),
        (('FocalLengthX="80.5"', 'FocalLengthX="-1"'), "damaged"),
        (('FocalLengthX="80.5"', 'FocalLengthX="x"'), "damaged"),
        (('M:FocalLengthX="80.5"', ""), "incomplete"),
        (('Skew="0"', 'Distortion="AAAA"'), "distortion"),
    ],
)
def test_a_camera_that_does_not_fit_is_left_out_with_a_note(change: tuple[str, str], words: str) -> None:
    made = DynamicDepth(camera=MODEL.replace(*change)).build()
    assert any(words in note for note in da.inspect(made).notes)
    assert read_m(made).shape == (64, 96)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"lengths": {"android/depthmap": 10_000_000}}, MalformedError, "not in the file"),
        ({"lengths": {"android/depthmap": "x"}}, MalformedError, "not in the file|lists no"),
        ({"lengths": {"android/depthmap": 12}}, MalformedError, "not in the file|not decode"),
        ({"depth_uri": "android/other"}, MalformedError, "lists no"),
        ({"near": "x"}, MalformedError, "no number"),
        ({"near": 9}, MalformedError, "impossible range"),
        ({"near": 0}, MalformedError, "impossible range"),
        ({"near": "1e-40"}, MalformedError, "impossible range"),
        ({"far": "inf", "format": "RangeLinear"}, MalformedError, "impossible range"),
        ({"format": "RangeSquare"}, UnsupportedError, "RangeSquare"),
        ({"units": "Feet"}, UnsupportedError, "Feet"),
        ({"depth": b"\xff\xd8\xff\xe0 no picture \xff\xd9"}, MalformedError, "does not decode"),
        (
            {"depth": coded(np.full((64, 96, 3), (255, 0, 0), np.uint8), "JPEG")},
            UnsupportedError,
            "colours",
        ),
    ],
)
def test_damaged_dynamic_depth_is_refused(change: dict[str, Any], error: type[Exception], words: str) -> None:
    made = DynamicDepth(**change).build()
    with pytest.raises(error, match=words):
        da.extract(made)
    assert da.inspect(made).photo.width == 96


@pytest.mark.parametrize("data", ["?", "A", "", "QUJD"])
def test_damaged_gdepth_is_refused(data: str) -> None:
    made = files.gdepth(photo(), b"", data=data)
    with pytest.raises((MalformedError, UnsupportedError)):
        da.extract(made)
    assert any("cannot be read" in note for note in da.inspect(made).notes)


def test_a_cut_chunk_of_extended_xmp_is_no_depth() -> None:
    depth = coded(np.random.default_rng(1).integers(0, 256, (400, 600), np.uint8))
    made = files.gdepth(photo(600, 400), depth)
    third = [match.start() for match in re.finditer(re.escape(files.EXTENSION), made)][1] - 4
    length = int.from_bytes(made[third + 2 : third + 4], "big") + 2
    np.testing.assert_allclose(read_m(made), inverse_m(decoded(depth), 0.5, 8), rtol=1e-5)
    with pytest.raises(DepthauthorError):
        da.extract(made[:third] + made[third + length :])


def test_xdm_of_16_bits_without_unit() -> None:
    values = codes(top=65535)
    values[10:20, 10:20] = 0
    values[0, 0] = 0
    buffer = da.extract(files.xdm(photo(), coded(values)))
    metres = buffer.depth_m()
    assert np.array_equal(np.isnan(metres), values == 0), "code 0 of a map that begins at 0 is no distance"
    np.testing.assert_allclose(metres[values > 0], values[values > 0], rtol=1e-5)
    assert buffer.accuracy == "relative"


@pytest.mark.parametrize("first", [True, False])
def test_of_several_xdm_cameras_the_photos_own_is_read(first: bool) -> None:
    mine, other = coded(codes()), coded(codes(60, 60))
    made = files.xdm(photo(), *((mine, other) if first else (other, mine)), near=1, far=3, metric="True")
    np.testing.assert_allclose(read_m(made), linear_m(codes(), 1, 3), rtol=1e-5)
    report = da.inspect(made)
    assert report.depth is not None and report.depth.place == f"XDM camera {0 if first else 1}"
    assert report.depth.accuracy == "absolute"


def test_the_camera_of_xdm_is_in_long_sides() -> None:
    model = " ".join(
        f'PerspectiveModel:{name}="{value}"'
        for name, value in (
            ("FocalLengthX", 0.75),
            ("FocalLengthY", 0.75),
            ("PrincipalPointX", 0.5),
            ("PrincipalPointY", 0.25),
        )
    )
    buffer = da.extract(files.xdm(photo(), coded(codes()), near=1, far=3, camera=model))
    assert buffer.calibration is not None
    assert buffer.calibration.intrinsic_matrix == ((72, 0, 48), (0, 72, 16), (0, 0, 1))


@pytest.mark.parametrize("version", [1, 2, 3, 4, 5, 6])
def test_samsung_of_two_cameras(version: int) -> None:
    made = files.samsung_dual(photo(), codes(), version=version, unblurred=photo(tone=7))
    buffer = da.extract(made)
    np.testing.assert_allclose(buffer.depth_m(), inverse_m(codes(), 0.5, 5), rtol=1e-5)
    assert buffer.accuracy == "relative"
    report = da.inspect(made)
    assert report.depth is not None
    assert (report.depth.source, report.depth.near, report.depth.unblurred) == ("samsung", None, True)
    assert any("no distances" in note for note in report.notes)


@pytest.mark.parametrize("tail", [b"QDIO" + bytes(20) + b"QDIOBS", b"junk" * 100])
def test_other_blocks_may_follow_samsungs_directory(tail: bytes) -> None:
    made = files.samsung_dual(photo(), codes(), tail=tail)
    np.testing.assert_allclose(read_m(made), inverse_m(codes(), 0.5, 5), rtol=1e-5)


def test_samsung_of_one_camera() -> None:
    made = files.samsung_single(photo(), codes(), unblurred=photo(tone=7))
    np.testing.assert_allclose(read_m(made), inverse_m(codes(), 0.5, 5), rtol=1e-5)
    report = da.inspect(made)
    assert report.depth is not None and report.depth.place == "Samsung SingeShot_DepthMap_1"


@pytest.mark.parametrize(
    "damage",
    [
        lambda made: made.replace(struct.pack("<I", 96), struct.pack("<I", 97)),
        lambda made: made.replace(b"DualShot_Extra_Info", b"DualShot_Extra_Inf\xff").replace(
            b"\xb3\x0a", b"\xb4\x0a"
        ),
        lambda made: made[:-40] + b"\xff" * 32 + made[-8:],
        lambda made: made[:-8] + b"\xff\xff\xff\xffSEFT",
        lambda made: made[:-8] + b"\0\0\0\0SEFT",
    ],
)
def test_damaged_samsung_blocks_are_refused(damage: Callable[[bytes], bytes]) -> None:
    made = damage(files.samsung_dual(photo(), codes()))
    with pytest.raises((MalformedError, UnsupportedError)):
        da.extract(made)
    da.inspect(made)


def test_a_directory_that_lists_a_samsung_block_many_times_takes_no_memory() -> None:
    block = files.samsung_block(0x0AB1, "DualShot_DepthMap_1", bytes(300_000))
    extra = files.samsung_block(0x0AB3, "DualShot_Extra_Info", bytes(range(256)) * 1000)
    size = len(block) + len(extra)
    entries = struct.pack("<HHII", 0, 0x0AB1, size, len(block)) * 400
    entries += struct.pack("<HHII", 0, 0x0AB3, len(extra), len(extra))
    directory = b"SEFH" + struct.pack("<II", 107, 401) + entries
    made = photo() + block + extra + directory + struct.pack("<I", len(directory)) + b"SEFT"
    file = containers.parse(made)
    tracemalloc.start()
    with pytest.raises(UnsupportedError, match="300000 bytes"):
        samsung.find(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < len(made)


@pytest.mark.parametrize(("turn", "orientation"), [(0x10, 1), (0x11, 8), (0x12, 3), (0x13, 6), (0x00, 0)])
def test_huawei_maps_are_turned_by_their_own_header(turn: int, orientation: int) -> None:
    seen = inverse_m(codes(), 0.5, 5)
    tag = orientation or 1
    stored = codes() if tag in (1, 3) else codes(64, 96)
    made = files.huawei(
        photo(*stored.shape[::-1], orientation=tag), stored, turn=turn, unblurred=photo(tone=3)
    )
    with Image.fromarray(stored) as picture:
        picture.getexif()[0x0112] = tag
        upright = np.asarray(ImageOps.exif_transpose(picture))
    np.testing.assert_allclose(read_m(made), inverse_m(upright, 0.5, 5), rtol=1e-5)
    np.testing.assert_allclose(read_m(made, orientation="stored"), inverse_m(stored, 0.5, 5), rtol=1e-5)
    assert seen.shape == (64, 96)


@pytest.mark.parametrize(
    "made",
    [
        files.huawei(photo(), codes())[:-12] + struct.pack("<I", 40) + b"DepthEn\0",
        files.huawei(photo(), codes())[:-12] + struct.pack("<I", 1 << 31) + b"DepthEn\0",
        files.huawei(photo(), codes()).replace(struct.pack("<HH", 96, 64), struct.pack("<HH", 960, 640)),
        files.huawei(photo(), codes()).replace(struct.pack("<HH", 96, 64), struct.pack("<HH", 0, 64)),
    ],
)
def test_damaged_huawei_blocks_are_refused(made: bytes) -> None:
    with pytest.raises(MalformedError):
        da.extract(made)
    assert any("cannot be read" in note for note in da.inspect(made).notes)


@pytest.mark.parametrize("prefix", [True, False])
def test_a_depth_item_of_heif_may_be_a_jpeg(prefix: bool, tmp_path: Path) -> None:
    made = files.heic_with_jpeg_depth(codes(64, 64), prefix=prefix)
    buffer = da.extract(made, orientation="stored")
    held = decoded(coded(codes(64, 64), "JPEG"))
    np.testing.assert_allclose(buffer.disparity_per_m(), 0.25 + held / 255 * 1.75, rtol=1e-5)
    copied = da.copy(made, photo(64, 64), output=tmp_path / "out.heic")
    assert (copied.float_min, copied.float_max) == (0.25, 2)
    check_bound((tmp_path / "out.heic").read_bytes(), read_m(made), copied.bound)
    with pytest.raises(UnsupportedError, match="neither a single HEVC picture nor a JPEG"):
        da.extract(files.heic_with_jpeg_depth(codes(64, 64)).replace(b"\xff\xd8\xff", b"\0\0\0"))


ORIENTATIONS = range(1, 9)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("maker", ["gdepth", "dynamic-depth", "samsung"])
def test_a_map_lies_as_the_photo_is_stored(maker: str, orientation: int) -> None:
    jpeg = photo(orientation=orientation)
    made = {
        "gdepth": lambda: files.gdepth(jpeg, coded(codes()), near=0.5, far=5),
        "dynamic-depth": lambda: DynamicDepth(
            jpeg=jpeg, depth=coded(codes(), "JPEG", orientation), near=0.5, far=5
        ).build(),
        "samsung": lambda: files.samsung_dual(jpeg, codes()),
    }[maker]()
    stored = JPEG_CODES if maker == "dynamic-depth" else codes()
    np.testing.assert_allclose(read_m(made, orientation="stored"), inverse_m(stored, 0.5, 5), rtol=1e-5)
    with Image.fromarray(stored) as picture:
        picture.getexif()[0x0112] = orientation
        upright = np.asarray(ImageOps.exif_transpose(picture))
    np.testing.assert_allclose(read_m(made), inverse_m(upright, 0.5, 5), rtol=1e-5)


def test_a_map_that_fits_the_photo_as_it_is_seen_is_upright() -> None:
    made = files.gdepth(photo(orientation=6), coded(codes(64, 96)), near=0.5, far=5)
    np.testing.assert_allclose(read_m(made), inverse_m(codes(64, 96), 0.5, 5), rtol=1e-5)
    assert any("taken for upright" in note for note in da.inspect(made).notes)


@pytest.mark.parametrize("share", [0.0, 0.15, 0.5, 1.0])
def test_a_confidence_map_makes_holes_on_request(share: float) -> None:
    made = files.gdepth(photo(), coded(codes()), confidence=coded(CONFIDENCE[::2, ::2]))
    near = np.repeat(np.repeat(CONFIDENCE[::2, ::2], 2, 0), 2, 1)
    metres = read_m(made, min_confidence=share)
    assert np.array_equal(np.isnan(metres), near < share * 255)
    assert not np.isnan(read_m(made)).any()
    android = DynamicDepth(confidence=coded(CONFIDENCE, "JPEG")).build()
    assert np.array_equal(
        np.isnan(read_m(android, min_confidence=share)), decoded(coded(CONFIDENCE, "JPEG")) < share * 255
    )
    intel = files.xdm(photo(), coded(codes()), near=1, far=3, reliability=coded(CONFIDENCE))
    assert np.array_equal(np.isnan(read_m(intel, min_confidence=share)), share * 255 > CONFIDENCE)


def test_real_lens_blur_photos(sample: Sample, tmp_path: Path) -> None:
    for name, near, far in (
        ("gdepth_lensblur1.jpg", 6.0978274, 24.221563),
        ("gdepth_table.jpg", 12.423595, 390.53903),
    ):
        data = sample(name)
        packet = b"".join(chunk[75:] for chunk in _extension_chunks(data))
        found = re.search(rb'GDepth:Data="([^"]+)"', packet)
        assert found is not None
        map_codes = decoded(base64.b64decode(found[1] + b"=="))
        gray = map_codes if map_codes.ndim == 2 else map_codes[..., 0]
        np.testing.assert_allclose(read_m(data), inverse_m(gray, near, far), rtol=1e-4)
        report = da.copy(data, data, output=tmp_path / f"{name}.heic")
        assert any("unblurred picture" in note for note in report.notes)
        assert da.verify(tmp_path / f"{name}.heic").level in ("L2", "L4")


def test_a_real_xdm_photo(sample: Sample, tool: Callable[..., str], tmp_path: Path) -> None:
    data = sample("xdm_crosswalk_r200.jpg")
    packet = b"".join(chunk[75:] for chunk in _extension_chunks(data))
    found = re.search(rb'DepthMap:Data="([^"]+)"', packet)
    assert found is not None
    values = decoded(base64.b64decode(found[1].replace(b"&#xA;", b"")))
    metres = read_m(data)
    assert metres.shape == (450, 800)
    np.testing.assert_allclose(metres, values, rtol=1e-5)
    reliable = read_m(data, min_confidence=0.5)
    assert np.isnan(reliable).mean() == pytest.approx(0.5867, abs=0.001)
    report = da.copy(data, data, output=tmp_path / "xdm.heic")
    assert report.native_format == "hdis"
    shown = da.preview(data, output=tmp_path / "xdm.png")
    assert (shown.near_m, shown.far_m) == pytest.approx((640, 19179))
    da.view(data, output=tmp_path / "xdm.html")
    da.refocus(data, output=tmp_path / "xdm.jpg")
    da.pointcloud(data, min_confidence=0.5)
    assert "DepthMapFar" in tool("exiftool", "-s", _written(tmp_path / "x.jpg", data))


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _extension_chunks(data: bytes) -> list[bytes]:
    """Return the payloads of the segments of extended XMP, in file order."""
    chunks, at = [], 2
    while data[at] == 0xFF and data[at + 1] != 0xDA:
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        payload = data[at + 4 : at + 2 + length]
        if payload.startswith(files.EXTENSION):
            chunks.append(payload)
        at += 2 + length
    return chunks


def test_exiftool_reads_the_same_from_our_made_files(tool: Callable[..., str], tmp_path: Path) -> None:
    """What the makers of test files build is what another reader takes for these formats."""
    path = tmp_path / "android.jpg"
    path.write_bytes(files.samsung_dual(photo(), codes(), version=4, unblurred=photo(tone=7)))
    text = tool("exiftool", "-s", "-ee", "-DepthMapWidth", "-DepthMapHeight", "-DepthMapData", path)
    assert re.search(r"DepthMapWidth +: 96\b", text) and re.search(r"DepthMapHeight +: 64\b", text)
    assert "6144 bytes" in text
    path.write_bytes(files.samsung_single(photo(), codes()))
    text = tool("exiftool", "-s", "-ee", "-SegWidth", "-SegHeight", "-SingleShotDepthMap", path)
    assert re.search(r"SegWidth +: 96\b", text) and "6144 bytes" in text
    path.write_bytes(DynamicDepth(original=photo(tone=2), camera=MODEL).build())
    text = tool("exiftool", "-s", "-G1", path)
    for words in ("RangeInverse", "Meters", "android/depthmap", "DepthPhoto"):
        assert words in text, text
    path.write_bytes(files.gdepth(photo(), coded(codes()), confidence=coded(CONFIDENCE)))
    text = tool("exiftool", "-s", "-Depth*", "-Format", "-Near", "-Far", path)
    assert re.search(r"Far +: 8", text)
    path.write_bytes(files.xdm(photo(), coded(codes())))
    assert "RangeLinear" in tool("exiftool", "-s", "-Device*", "-DepthMap*", path)
