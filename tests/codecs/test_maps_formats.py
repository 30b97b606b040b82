"""NPZ, PFM and OpenEXR: read as they stand, chosen from by name, refused in a sentence where damaged."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin, UnidentifiedImageError

from authoring.codecs.maps import archives, exr, formats, pfm
from authoring.errors import DepthauthorError, MalformedError, RefusedError, UnsupportedError, UsageError

FLOATS = np.linspace(0.3, 9, 256, dtype=np.float32).reshape(8, 32)
STACK = np.stack([FLOATS + one for one in range(3)])


def _npz(save: Any = np.savez, **arrays: Any) -> bytes:
    out = io.BytesIO()
    save(out, **arrays)
    return out.getvalue()


def _npy(array: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_the_only_map_of_an_archive_is_taken(save: Any) -> None:
    read = formats.read_map(_npz(save, depth=FLOATS, focallength_px=np.float64(1234.5), k=np.eye(3)[0]))
    assert np.array_equal(read.samples, FLOATS)
    assert (read.key, read.focal_px, read.source) == ("depth", 1234.5, "float32 NPZ")


def test_an_archive_of_several_is_chosen_from() -> None:
    data = _npz(near=FLOATS, far=FLOATS + 1)
    assert np.array_equal(formats.read_map(data, key="near").samples, FLOATS)
    with pytest.raises(UsageError, match="key"):
        formats.read_map(data)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("frame", [0, 1, 2])
def test_one_frame_of_a_stack_is_taken(save: Any, frame: int) -> None:
    for data in (_npz(save, depths=STACK), _npz(save, depths=STACK[:, None]), _npy(STACK)):
        assert np.array_equal(formats.read_map(data, frame=frame).samples, STACK[frame])


def test_column_order_is_followed() -> None:
    assert np.array_equal(formats.read_map(_npy(np.asfortranarray(FLOATS))).samples, FLOATS)


@pytest.mark.parametrize(
    ("data", "options", "error", "words"),
    [
        (_npy(FLOATS), {"frame": 0}, UsageError, "one map"),
        (_npy(FLOATS), {"key": "depth"}, UsageError, "neither"),
        (pfm.write_pfm(FLOATS), {"frame": 0}, UsageError, "neither"),
        (_npz(depth=FLOATS)[:200], {}, MalformedError, "does not load"),
        (_npz(word=np.float32(3)), {}, UnsupportedError, "no array that can be a map"),
        (_npz(), {}, UnsupportedError, "unsupported map format"),
        (b"Pf\n4 4\nzero\n", {}, MalformedError, "header"),
        (b"Pf\n4 4\n0.0\n" + bytes(64), {}, MalformedError, "scale"),
        (b"Pf\n4 4\n-1.0\n" + bytes(60), {}, MalformedError, "cut off"),
        (b"Pf\n99999 99999\n-1.0\n", {}, UnsupportedError, "pixels"),
        (b"PF\n2 1\n-1.0\n" + struct.pack("<6f", *range(6)), {}, RefusedError, "colour"),
        (b"\x76\x2f\x31\x01" + bytes(60), {}, MalformedError, "OpenEXR"),
    ],
)
def test_what_is_no_map_is_named(
    data: bytes, options: Any, error: type[DepthauthorError], words: str
) -> None:
    if words == "OpenEXR":
        pytest.importorskip("OpenEXR")
    with pytest.raises(error, match=words):
        formats.read_map(data, **options)


def test_a_header_that_promises_a_bomb_is_not_believed() -> None:
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        out, {"descr": "<f4", "fortran_order": False, "shape": (10**6, 10**6)}
    )
    with pytest.raises(UnsupportedError, match="pixels"):
        formats.read_map(out.getvalue())


def test_pfm_has_its_bottom_row_first_and_either_byte_order() -> None:
    rows = np.array([[1, 2], [3, 4], [5, 6]], np.float32)
    bottom_up = rows[::-1]
    for scale, order in ((b"-1.0", "<f4"), (b"1.0", ">f4")):
        read = formats.read_map(b"Pf\n2 3\n" + scale + b"\n" + bottom_up.astype(order).tobytes())
        assert np.array_equal(read.samples, rows)
    scaled = formats.read_map(b"Pf\n2 3\n-0.003922\n" + bottom_up.astype("<f4").tobytes())
    assert np.array_equal(scaled.samples, rows) and "0.003922" in scaled.notes[0]
    dos = formats.read_map(b"Pf\r\n2 3\r\n-1.0\r\n" + bottom_up.astype("<f4").tobytes())
    assert np.array_equal(dos.samples, rows)
    three = formats.read_map(b"PF\n2 3\n-1.0\n" + bottom_up.repeat(3, 1).astype("<f4").tobytes())
    assert np.array_equal(three.samples, rows)


def test_exr_channels_are_found_by_their_names() -> None:
    library = pytest.importorskip("OpenEXR")

    def written(**channels: Any) -> bytes:
        out = io.BytesIO()
        library.File({"type": library.scanlineimage}, channels).write(out)
        return out.getvalue()

    flat = FLOATS * 0
    assert formats.read_map(written(Z=FLOATS, R=flat, G=flat, B=flat)).key == "Z"
    assert (
        formats.read_map(written(**{"ViewLayer.Depth.Z": FLOATS, "Other.R": flat})).key == "ViewLayer.Depth.Z"
    )
    assert formats.read_map(written(Y=FLOATS)).key == "Y"
    assert np.array_equal(formats.read_map(written(A=flat, V=FLOATS), key="V").samples, FLOATS)
    assert formats.read_map(written(R=FLOATS, G=FLOATS, B=FLOATS)).key == "R"
    assert formats.read_map(written(Z=FLOATS.astype(np.float16))).source == "float16 EXR"
    with pytest.raises(RefusedError, match="colour picture"):
        formats.read_map(written(R=FLOATS, G=FLOATS * 2, B=flat))
    with pytest.raises(UsageError, match="key"):
        formats.read_map(written(U=FLOATS, V=flat))
    with pytest.raises(UsageError, match="no channel 'D'"):
        formats.read_map(written(Z=FLOATS), key="D")


def test_without_the_library_exr_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "OpenEXR", None)
    with pytest.raises(UnsupportedError, match=r"depthauthor\[exr\]"):
        formats.read_map(exr.MAGIC + bytes(8))


@pytest.mark.parametrize("format", ["npy", "npz", "tiff", "pfm", "exr"])
def test_float_formats_read_back_exactly(format: formats.MapFormat) -> None:
    if format == "exr":
        pytest.importorskip("OpenEXR")
    values = FLOATS.copy()
    values[0, :2] = np.nan, np.inf
    data = formats.write_map(values, "depth", format)
    assert data == formats.write_map(values, "depth", format), "the same map gives the same bytes"
    assert np.array_equal(formats.read_map(data).samples, values, equal_nan=True)


def test_foreign_readers_read_what_is_written() -> None:
    with np.load(io.BytesIO(archives.write_npz(FLOATS, "depth"))) as archive:
        assert np.array_equal(archive["depth"], FLOATS)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([0, 1, 2, 3]), st.integers(0, 700), st.integers(0, 255), st.integers(0, 300))
def test_damaged_files_give_only_our_errors(which: int, place: int, value: int, cut: int) -> None:
    whole = bytearray(
        [
            formats.write_map(FLOATS, "depth", "npz"),
            formats.write_map(FLOATS, "depth", "pfm"),
            _npz(depths=STACK),
            _npy(STACK),
        ][which]
    )
    whole[place % len(whole)] = value
    with contextlib.suppress(DepthauthorError):
        formats.read_map(bytes(whole[: len(whole) - cut % len(whole)]), frame=1 if which > 1 else None)


def test_damaged_exr_files_give_only_our_errors() -> None:
    pytest.importorskip("OpenEXR")
    whole = formats.write_map(FLOATS, "depth", "exr")
    for place in range(4, min(len(whole), 420), 3):
        damaged = bytearray(whole)
        damaged[place] ^= 0x55
        with contextlib.suppress(DepthauthorError):
            formats.read_map(bytes(damaged))


def test_a_tiff_of_gray_multiplied_by_alpha_is_read() -> None:
    pytest.importorskip("tifffile")
    import tifffile

    gray = np.tile(np.arange(0, 200, 10, dtype=np.uint8), (12, 1))
    samples = np.dstack((gray, np.full_like(gray, 255)))
    out = io.BytesIO()
    tifffile.imwrite(
        out, samples, photometric="minisblack", extrasamples=["assocalpha"], planarconfig="contig"
    )
    try:
        Image.open(io.BytesIO(out.getvalue())).close()
    except UnidentifiedImageError:
        pytest.skip("this Pillow does not open gray that is multiplied by alpha")
    assert np.array_equal(formats.read_map(out.getvalue()).samples, gray)


def test_more_transparent_colours_than_a_palette_can_have_are_damage() -> None:
    picture = Image.new("P", (8, 6))
    picture.putpalette([0, 0, 0, 255, 255, 255])
    out = io.BytesIO()
    picture.save(out, "PNG", transparency=bytes(2))
    data = out.getvalue()
    place = data.index(b"tRNS")
    chunk = b"tRNS" + bytes(300)
    data = (
        data[: place - 4]
        + struct.pack(">I", 300)
        + chunk
        + struct.pack(">I", zlib.crc32(chunk))
        + data[place + 10 :]
    )
    with pytest.raises(MalformedError, match="does not decode"):
        formats.read_map(data)


def test_a_code_for_holes_of_thousand_digits_is_not_told_in_full() -> None:
    png = formats.write_map(np.array([[1.0, np.nan]], np.float32), "depth", "png")
    picture = Image.open(io.BytesIO(png))
    text = {**picture.text}  # type: ignore[attr-defined]
    key = next(key for key, value in text.items() if value == "0")
    information = PngImagePlugin.PngInfo()
    for name, value in {**text, key: "9" * 1000}.items():
        information.add_text(name, value)
    out = io.BytesIO()
    picture.save(out, "PNG", pnginfo=information)
    with pytest.raises(MalformedError) as caught:
        formats.read_map(out.getvalue())
    assert len(caught.value.message) < 300
