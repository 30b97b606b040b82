"""Odd and damaged DNGs: what others wrote is kept, strip cuts only what an embed appended, costs are bounded."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import depthauthor
from authoring import containers
from authoring.codecs.lossless_jpeg import encode_lossless
from authoring.containers import dng
from authoring.containers.base import CodedAuxiliary, DngDepth, TiffRaster
from authoring.read.depth_image import read_depth
from tests.containers import dng_files
from tests.containers.dng_files import (
    ASCII,
    BYTE,
    LONG,
    RATIONAL,
    SHORT,
    SUB_IFDS,
    AdobeDepth,
    Values,
    directory_added,
    directory_changed,
    entry_changed,
    slope,
    with_adobe_depth,
)

SIZE = (96, 72)
MASK: dict[int, Values] = {
    254: (LONG, [65540]), 256: (LONG, [4]), 257: (LONG, [2]), 258: (SHORT, [8]), 259: (SHORT, [1]),
    262: (SHORT, [52527]), 273: (LONG, [8]), 277: (SHORT, [1]), 278: (LONG, [2]), 279: (LONG, [8]),
}  # fmt: skip


def metres(width: int = SIZE[0], height: int = SIZE[1]) -> NDArray[np.float32]:
    """A slope from 1 to 3 m."""
    return np.linspace(1, 3, width * height, dtype=np.float32).reshape(height, width)


def embedded(photo: bytes, depth: NDArray[np.float32] | None = None, **options: Any) -> bytes:
    """A photo with depth in metres."""
    depth = metres() if depth is None else depth
    return depthauthor.embed_bytes(photo, depth, unit="m", force=True, **options)


def photo(**options: Any) -> bytes:
    """A DNG of the shape of the map."""
    return dng_files.small(*SIZE, **options)


def adobe_metres(depth: AdobeDepth) -> NDArray[np.float64]:
    """What DNG 1.6.0.0 says that the codes of a map stand for."""
    share = depth.codes / float(np.iinfo(depth.codes.dtype).max)
    near, far = depth.near[0] / depth.near[1], depth.far[0] / depth.far[1]
    linear: NDArray[np.float64] = near + share * (far - near)
    inverse: NDArray[np.float64] = 1 / (1 / near + share * (1 / far - 1 / near))
    return linear if depth.format == 1 else inverse


WIDE, ODD = slope(bits=16), slope(29, 21)
MAPS = {
    "tiles": AdobeDepth(slope()),
    "tiles of 16 bits": AdobeDepth(WIDE),
    "inverse": AdobeDepth(WIDE, format=2),
    "uncompressed strip": AdobeDepth(WIDE, tile=None, compression=1, predictor=1),
    "strips, the last shorter": AdobeDepth(ODD, tile=None, rows=8),
    "tiles beyond the edge": AdobeDepth(ODD),
    "a column of tiles": AdobeDepth(ODD, tile=(29, 16)),
    "JPEG tiles": AdobeDepth(ODD, compression=7, predictor=1),
    "a column of JPEG tiles": AdobeDepth(ODD, tile=(29, 16), compression=7, predictor=1),
    "JPEG strips": AdobeDepth(ODD, tile=None, rows=8, compression=7, predictor=1),
    "JPEG tiles of 16 bits": AdobeDepth(WIDE, compression=7, predictor=1),
    "predictor 34892": AdobeDepth(WIDE, predictor=34892),
    "predictor 34893": AdobeDepth(WIDE, predictor=34893),
}


@pytest.mark.parametrize(("name", "order"), list(product(MAPS, "<>")))
def test_a_map_of_another_program_is_read_in_metres(name: str, order: str) -> None:
    data = with_adobe_depth(photo(order=order), MAPS[name], 13 if order == ">" else LONG)
    samples = read_depth(containers.parse(data)).buffer("stored").samples
    read = 1 / samples if MAPS[name].format == 2 else samples
    assert np.allclose(read, adobe_metres(MAPS[name]), rtol=2e-5)


@pytest.mark.parametrize("name", MAPS)
def test_a_map_of_another_program_is_replaced_and_taken_out(name: str) -> None:
    data = with_adobe_depth(photo(), MAPS[name])
    replaced = embedded(data, replace=True)
    assert np.abs(depthauthor.extract(replaced).depth_m() - metres()).max() <= 2 / 255
    for with_depth in (data, replaced):
        stripped = depthauthor.strip_bytes(with_depth)
        assert depthauthor.inspect(stripped).depth is None
        assert stripped[8 : len(data)] == data[8:]


def test_the_bytes_that_stay_are_stated() -> None:
    data = with_adobe_depth(photo(), MAPS["tiles"])
    _, report = _stripped(data)
    assert any("bytes stay in the file" in note for note in report.notes)
    _, report = _stripped(embedded(photo()))
    assert not any("bytes stay" in note for note in report.notes)


def _stripped(data: bytes) -> tuple[bytes, Any]:
    from authoring.embed.strip import strip

    edited = strip(data)
    return edited.data, edited.report


def test_what_another_program_appended_stays() -> None:
    trailer = b"appended by another program"
    stripped = depthauthor.strip_bytes(embedded(photo()) + trailer)
    assert depthauthor.inspect(stripped).depth is None and trailer in stripped


def test_a_photo_whose_depth_was_taken_out_by_structure_takes_another_exactly() -> None:
    """Two directories of it have the same entries; the later one is the photo's."""
    before = depthauthor.strip_bytes(embedded(photo()) + b"..")
    assert depthauthor.strip_bytes(embedded(before)) == before


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda data: data[:-1], id="cut in the last link"),
        pytest.param(lambda data: swapped(data, 271, 256), id="unsorted"),
        pytest.param(lambda data: entry_changed(data, 0, 271, new_tag=50706), id="DNGVersion twice"),
        pytest.param(
            lambda data: entry_changed(data, 0, 50778, new_tag=51178), id="a depth tag without a map"
        ),
        pytest.param(
            lambda data: directory_changed(data, 0, {51177: (SHORT, [1])}), id="a depth tag of before"
        ),
        pytest.param(
            lambda data: directory_changed(
                data, 0, {50706: (LONG, [0x01040000])}, set(range(1 << 16)) - {330, 50706}
            ),
            id="nothing but SubIFDs and a DNGVersion of another type",
        ),
    ],
)
def test_an_odd_ifd0_is_given_back(change: Any) -> None:
    data = change(photo())
    assert depthauthor.strip_bytes(embedded(data)) == data


def swapped(data: bytes, one: int, other: int) -> bytes:
    """IFD0 with two entries exchanged."""
    first, second = (dng_files.entry_place(data, 0, tag) for tag in (one, other))
    out = bytearray(data)
    out[first : first + 12], out[second : second + 12] = data[second : second + 12], data[first : first + 12]
    return bytes(out)


def test_a_dng_without_a_photo_takes_no_map() -> None:
    """What was in such a directory could not be distinguished from what a splice puts there."""
    data = photo()
    ifd = struct.pack("<H", 1) + struct.pack("<HHIBBBB", 50706, 1, 4, 1, 4, 0, 0)
    data = data[:4] + struct.pack("<I", len(data)) + data[8:] + ifd + bytes(4)
    coded = encode_lossless(np.zeros((6, 8), np.uint8))
    raster = TiffRaster(8, 6, 1, 8, 51177, 7, 1, "<", 8, 6, (coded,))
    depth = DngDepth(1, (1, 2), (8, 1), 1, 1)
    auxiliary = CodedAuxiliary(8, 6, coded, b"", "", b"", b"<x:xmpmeta/>", raster=raster, dng_depth=depth)
    with pytest.raises(depthauthor.DepthauthorError, match="states no image size"):
        dng.parse(data).splice(auxiliary)


def test_a_value_outside_is_not_filled_with_the_depth_map() -> None:
    data = entry_changed(photo(), 1, 50717, value=1 << 24)
    with pytest.raises(depthauthor.DepthauthorError, match=r"tag 50717 .* is outside the file"):
        embedded(data)


def test_a_mask_that_says_depth_is_no_depth_map() -> None:
    name = [*b"urn:mpeg:hevc:2015:auxid:2\0"]
    packet = (
        b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        b"<rdf:Description xmlns:a='http://ns.apple.com/pixeldatainfo/1.0/' a:AuxiliaryImageType='depth'/>"
        b"</rdf:RDF></x:xmpmeta>"
    )
    data = directory_added(photo(), MASK | {52526: (ASCII, name), 700: (BYTE, packet)})
    report = depthauthor.inspect(data)
    assert report.depth is None and [image.type for image in report.auxiliary] == ["unknown"]
    with pytest.raises(depthauthor.DepthauthorError, match="no depth map"):
        depthauthor.strip_bytes(data)
    both = embedded(data)
    assert depthauthor.inspect(both).depth is not None
    assert depthauthor.strip_bytes(both) == data


def test_a_smaller_copy_of_the_map_goes_with_it() -> None:
    data = directory_added(with_adobe_depth(photo(), MAPS["tiles"]), MASK | {254: (LONG, [9])})
    stripped = dng.parse(depthauthor.strip_bytes(data))
    assert len(stripped.structure.children) == 1


def test_a_crop_of_a_few_pixels_takes_no_memory() -> None:
    data = directory_changed(dng_files.small(400, 300), 1, {50719: (LONG, [396, 297]), 50720: (LONG, [4, 3])})
    with pytest.raises(depthauthor.UnsupportedError, match="9600x7200"):
        embedded(data)


def test_a_map_wider_than_a_jpeg_can_be_is_deflated() -> None:
    from authoring.depth.buffer import PixelFormat
    from authoring.depth.stored_plane import StoredPlane
    from authoring.embed.encode import encode_plane

    plane = StoredPlane(np.zeros((1, 65537), np.uint8), 1.0, 2.0, PixelFormat.HDEP)
    coded = encode_plane("dng", plane, lossless=False, effort="fast", threads=1, order="<")
    assert coded.raster is not None and coded.raster.compression == 8
    assert np.array_equal(coded.decoded, plane.codes)


def test_directories_that_share_a_large_image_are_refused() -> None:
    data = photo()
    entries = MASK | {
        256: (LONG, [len(data)]),
        257: (LONG, [1]),
        273: (LONG, [8]),
        279: (LONG, [len(data) - 8]),
    }
    for _ in range(20):
        data = directory_added(data, entries)
    with pytest.raises(depthauthor.MalformedError, match="far more bytes than the file has"):
        depthauthor.inspect(data)


def test_directories_that_overlap_are_refused() -> None:
    """120 SubIFDs of 4000 entries each, at distances of 12 bytes."""
    data = photo()
    start = len(data) + len(data) % 2
    data = data.ljust(start, b"\0") + struct.pack("<H", 4000) * 6 * 4300
    data = directory_changed(data, 0, {SUB_IFDS: (LONG, range(start, start + 12 * 120, 12))})
    with pytest.raises(depthauthor.MalformedError, match="far more bytes than the file has"):
        depthauthor.inspect(data)


@pytest.mark.parametrize("form", [1, 2])
def test_a_flat_map_of_another_program_is_read(form: int) -> None:
    data = with_adobe_depth(photo(), AdobeDepth(slope(), near=(5, 2), far=(5, 2), format=form))
    assert np.allclose(depthauthor.extract(data).depth_m(), 2.5)


def monochrome(data: bytes, number: int, raw: bool) -> bytes:
    """A directory of a DNG made gray: its image is the first third of what it was."""
    gray: dict[int, Values] = {
        277: (SHORT, [1]),
        258: (SHORT, [16 if raw else 8]),
        262: (SHORT, [34892 if raw else 1]),
    }
    if raw:
        gray |= {50714: (SHORT, [0]), 50717: (LONG, [65535])}
    return directory_changed(data, number, gray)


def test_the_picture_of_a_monochrome_camera_is_shown() -> None:
    pytest.importorskip("rawpy", reason="rawpy is not installed")
    with_preview = monochrome(photo(), 0, raw=False)
    large = monochrome(dng_files.small(640, 480), 0, raw=False)
    without = monochrome(photo(preview=False), 0, raw=True)
    for data in (with_preview, large, without):
        layout = containers.parse(data).layout
        pixels = np.asarray(
            depthauthor.preview_image(embedded(data, metres(layout.width // 4, layout.height // 4)))
        )
        assert pixels.size


def test_ifd0_is_looked_for_in_bounded_time() -> None:
    """The file before the map is one entry of IFD0 over and over, each place looking like a directory."""
    data = photo(preview=False)
    at = dng_files.entry_place(data, 0, 254)
    row = data[at : at + 12]
    filled = directory_changed(data + row * 60_000, 0, {})
    result = bytearray(embedded(filled))
    # The former IFD0 is damaged, so that it is not found.
    place = dng_files.place(filled)
    result[place + 2 : place + 4] = struct.pack("<H", 253)
    stripped = depthauthor.strip_bytes(bytes(result))
    assert depthauthor.inspect(stripped).depth is None


def test_an_ifd0_with_an_entry_many_times_is_given_back() -> None:
    """Each of its numbers is one of entries, so that a directory could begin anywhere."""
    data = photo(preview=False)
    start = dng_files.place(data)
    (count,) = struct.unpack_from("<H", data, start)
    row = struct.pack("<H", count + 20) * 6
    rows, after_version = data[start + 2 : start + 2 + 12 * count], dng_files.entry_place(data, 0, 50706) + 12
    rows = rows[: after_version - start - 2] + row * 20 + rows[after_version - start - 2 :]
    ifd = struct.pack("<H", count + 20) + rows + bytes(4)
    odd = data[:4] + struct.pack("<I", len(data)) + data[8:] + ifd + row * 600
    assert depthauthor.strip_bytes(embedded(odd)) == odd


def test_contradictions_are_noted() -> None:
    data = with_adobe_depth(photo(), MAPS["tiles"])
    data = directory_changed(data, 2, {51177: (SHORT, [1]), 51179: (RATIONAL, [90, 1])})
    assert any("IFD0 and of the map's directory differ" in note for note in depthauthor.inspect(data).notes)
    data = directory_changed(photo(), 1, {50720: (LONG, [500, 500])})
    assert any("DefaultCrop is not inside" in note for note in depthauthor.inspect(data).notes)
    data = entry_changed(photo(), 0, 271, value=1 << 24)
    assert any("tag 271 in IFD0 is outside" in note for note in depthauthor.inspect(data).notes)


@pytest.mark.parametrize(("order", "preview"), list(product("<>", (True, False))))
@pytest.mark.parametrize("bits", [8, 16])
def test_depth_survives_exiftool_and_is_taken_out_after_it(
    order: str, preview: bool, bits: int, tmp_path: Path
) -> None:
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed")
    rawpy = pytest.importorskip("rawpy", reason="rawpy is not installed")

    def developed(data: bytes) -> NDArray[np.uint8]:
        with rawpy.imread(io.BytesIO(data)) as raw:
            picture: NDArray[np.uint8] = raw.postprocess(use_camera_wb=True)
        return picture

    plain = photo(order=order, preview=preview)
    data = embedded(plain, bits=bits)
    path = tmp_path / "x.dng"
    path.write_bytes(data)
    subprocess.run(["exiftool", "-q", "-overwrite_original", "-Artist=x", path], check=True)
    rewritten = path.read_bytes()
    assert rewritten[: len(data)] != data
    assert np.array_equal(depthauthor.extract(rewritten).depth_m(), depthauthor.extract(data).depth_m())
    stripped = depthauthor.strip_bytes(rewritten)
    assert depthauthor.inspect(stripped).depth is None
    assert np.array_equal(developed(stripped), developed(plain))
    again = embedded(stripped)
    assert depthauthor.strip_bytes(again) == stripped


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_type_of_the_list_of_sub_ifds_is_kept(order: str) -> None:
    data = photo(order=order)
    data = directory_changed(data, 0, {SUB_IFDS: (13, dng_files.children(data))})
    result = embedded(data)
    entry = dng.parse(result).structure.first.find(SUB_IFDS)
    assert entry is not None and entry.type == 13
    assert depthauthor.strip_bytes(result) == data
