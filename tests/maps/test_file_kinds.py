"""Map files of every kind that tools write: each gives the same distances, or a sentence that says why not.

The files are made by other writers than ours where there is one; the truth is known in metres.
"""

from __future__ import annotations

import contextlib
import io
import struct
import subprocess
import sys
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from authoring.codecs.maps import tiff_map
from authoring.codecs.maps.formats import read_map
from authoring.errors import DepthauthorError, MalformedError, RefusedError, UnsupportedError, UsageError
from authoring.maps.load import load_map, parse_map_source
from authoring.maps.map_options import MapOptions

GOLDEN = Path(__file__).parents[2] / "golden"

ROWS, COLUMNS = np.mgrid[0:96, 0:128]
SHARE = 1 - (COLUMNS / 127 * 0.6 + (ROWS / 95) ** 2 * 0.4)
DEPTH = 0.5 + 7.5 * SHARE
"""Metres, 0.5 to 8: the lower right is near."""

FLOATS = DEPTH.astype(np.float32)
MILLIMETRES = np.rint(DEPTH * 1000).astype(np.uint16)
GRAY16 = np.rint(SHARE * 65535).astype(np.uint16)
FULL = np.full_like(MILLIMETRES, 65535)

MM: dict[str, Any] = {"unit": "mm"}
METRES: dict[str, Any] = {"unit": "m"}
NEAR_FAR: dict[str, Any] = {"near": 0.5, "far": 8.0}


def npy(array: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def masked(values: Any, mask: Any) -> Any:
    return np.ma.MaskedArray(values, mask)


def npz(**arrays: Any) -> bytes:
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def wide_png(samples: Any, colour: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of 16-bit samples (H, W, channels), colour type 2, 4 or 6; its rows are filtered by Sub."""
    height, width, channels = samples.shape
    rows = samples.astype(">u2").reshape(height, -1).view(np.uint8)
    shifted = np.zeros_like(rows)
    shifted[:, 2 * channels :] = rows[:, : -2 * channels]
    filtered = b"".join(b"\1" + row.tobytes() for row in rows - shifted)

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, 0)
    body = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(filtered)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*item) for item in body)


def tiff(*pages: tuple[Any, dict[str, Any]], big: bool = False) -> bytes:
    tifffile = pytest.importorskip("tifffile")
    out = io.BytesIO()
    with tifffile.TiffWriter(out, bigtiff=big) as writer:
        for array, options in pages:
            writer.write(array, **options)
    return out.getvalue()


def exr(*parts: dict[str, Any], names: tuple[str, ...] = ("rgba", "depth", "other")) -> bytes:
    library = pytest.importorskip("OpenEXR")
    out = io.BytesIO()
    kind = {"type": library.scanlineimage, "compression": library.ZIP_COMPRESSION}
    if len(parts) == 1:
        library.File(dict(kind), parts[0]).write(out)
    else:
        made = [library.Part({"name": name, **kind}, part) for name, part in zip(names, parts, strict=False)]
        library.File(made).write(out)
    return out.getvalue()


def pfm(header: bytes, values: Any = FLOATS, order: str = "<f4") -> bytes:
    return header + np.ascontiguousarray(values[::-1], order).tobytes()


def deep_jpeg() -> bytes:
    codecs = pytest.importorskip("imagecodecs")
    levels = np.rint(SHARE * 4095).astype(np.uint16)
    return bytes(codecs.jpeg8_encode(levels, level=98, bitspersample=12))


NOISE = np.random.default_rng(0).random(FLOATS.shape).astype(np.float16)
COMBINED = {
    f"View Layer.Combined.{name}": NOISE * np.float16(0.5 + index / 4) for index, name in enumerate("RGB")
}
GDAL = {"extratags": [(42113, 2, 0, "65535", True)]}
NO_ALPHA = {"photometric": "minisblack", "extrasamples": ["unassalpha"], "planarconfig": "contig"}

READ: dict[str, tuple[Any, dict[str, Any]]] = {
    "16-bit RGB PNG": (lambda: wide_png(np.stack([MILLIMETRES] * 3, -1), 2), MM),
    "16-bit RGBA PNG": (lambda: wide_png(np.stack([MILLIMETRES] * 3 + [FULL], -1), 6), MM),
    "16-bit gray and alpha PNG": (lambda: wide_png(np.stack([MILLIMETRES, FULL], -1), 4), MM),
    "16-bit RGB TIFF": (lambda: tiff((np.stack([MILLIMETRES] * 3, -1), {"photometric": "rgb"})), MM),
    "16-bit planar RGB TIFF": (
        lambda: tiff((np.stack([MILLIMETRES] * 3), {"photometric": "rgb", "planarconfig": "separate"})),
        MM,
    ),
    "16-bit TIFF, white is zero": (lambda: tiff((65535 - GRAY16, {"photometric": "miniswhite"})), NEAR_FAR),
    "8-bit TIFF, white is zero": (
        lambda: tiff((255 - np.rint(SHARE * 255).astype(np.uint8), {"photometric": "miniswhite"})),
        NEAR_FAR,
    ),
    "float64 TIFF": (lambda: tiff((DEPTH, {})), METRES),
    "float16 TIFF": (lambda: tiff((DEPTH.astype(np.float16), {})), METRES),
    "float32 RGB TIFF": (lambda: tiff((np.stack([FLOATS] * 3, -1), {"photometric": "rgb"})), METRES),
    "float32 gray and alpha TIFF": (lambda: tiff((np.stack([FLOATS, FLOATS * 0 + 1], -1), NO_ALPHA)), METRES),
    "16-bit gray and alpha TIFF": (lambda: tiff((np.stack([MILLIMETRES, FULL], -1), NO_ALPHA)), MM),
    "uint32 TIFF": (lambda: tiff((np.rint(DEPTH * 1e6).astype(np.uint32), {})), {"unit": "m*1000000"}),
    "uint32 TIFF beyond int32": (
        lambda: tiff((np.rint(DEPTH * 5e8).astype(np.uint32), {})),
        {"unit": "m*500000000"},
    ),
    "int16 TIFF": (lambda: tiff((MILLIMETRES.astype(np.int16), {})), MM),
    "BigTIFF": (lambda: tiff((MILLIMETRES, {}), big=True), MM),
    "LZW TIFF of float64": (lambda: tiff((DEPTH, {"compression": "lzw", "predictor": True})), METRES),
    "ZSTD TIFF": (lambda: tiff((FLOATS, {"compression": "zstd"})), METRES),
    "TIFF with an overview": (
        lambda: tiff((MILLIMETRES, {}), (MILLIMETRES[::2, ::2], {"subfiletype": 1})),
        MM,
    ),
    "float64 TIFF with an overview": (
        lambda: tiff((DEPTH, {}), (DEPTH[::2, ::2], {"subfiletype": 1})),
        METRES,
    ),
    "TIFF turned by its orientation": (
        lambda: tiff((np.rot90(DEPTH), {"extratags": [(274, 3, 1, 6, True)]})),
        METRES,
    ),
    **{
        f"NPY of {name}": (lambda name=name: npy(MILLIMETRES.astype(name)), MM)
        for name in ("int16", "int32", "uint32", "int64", "uint64", ">u2", ">i4")
    },
    "NPY of int32 micrometres": (lambda: npy(np.rint(DEPTH * 1e6).astype(np.int32)), {"unit": "um"}),
    "NPY (2, H, W, 1)": (lambda: npy(np.stack([FLOATS * 2, FLOATS])[..., None]), METRES | {"frame": 1}),
    "NPY (2, 1, H, W)": (lambda: npy(np.stack([FLOATS * 2, FLOATS])[:, None]), METRES | {"frame": 1}),
    "NPY (1, H, W, 3)": (lambda: npy(np.stack([FLOATS] * 3, -1)[None]), METRES),
    "NPY (2, H, W, 3)": (
        lambda: npy(np.stack([np.stack([FLOATS * k] * 3, -1) for k in (2, 1)])),
        METRES | {"frame": 1},
    ),
    "NPZ with intrinsics": (lambda: npz(depth=FLOATS, intrinsics=np.eye(3, dtype=np.float32)), {}),
    "NPZ with a mask": (lambda: npz(depth=FLOATS, mask=np.ones(FLOATS.shape, bool)), {}),
    "NPZ with a confidence": (
        lambda: npz(depth=FLOATS, depth_conf=FLOATS, image=np.zeros((96, 128, 3), np.uint8)),
        {},
    ),
    "NPZ of Depth Anything 3": (
        lambda: npz(
            depth=FLOATS[None],
            conf=FLOATS[None],
            extrinsics=np.zeros((1, 3, 4), np.float32),
            intrinsics=np.eye(3, dtype=np.float32)[None],
        ),
        {},
    ),
    "NPZ of MoGe": (
        lambda: npz(
            points=np.stack([FLOATS] * 3, -1),
            depth=FLOATS,
            mask=FLOATS > 0,
            normal=np.stack([FLOATS] * 3, -1),
        ),
        {},
    ),
    "EXR View Layer.Depth.Z": (
        lambda: exr(COMBINED | {"View Layer.Depth.Z": FLOATS, "View Layer.Mist.Z": NOISE}),
        {},
    ),
    "EXR beside normals": (
        lambda: exr(
            {"RenderLayer.Depth.Z": FLOATS} | {f"RenderLayer.Normal.{name}": NOISE for name in "XYZ"}
        ),
        {},
    ),
    "EXR Depth.V": (lambda: exr(COMBINED | {"ViewLayer.Depth.V": FLOATS}), {}),
    "EXR depth.Z before Z": (lambda: exr({"depth.Z": FLOATS, "Z": NOISE.astype(np.float32)}), {}),
    "EXR Z and colours": (lambda: exr({"Z": FLOATS} | dict.fromkeys("RGB", NOISE)), {}),
    "EXR Z beside a mist pass": (lambda: exr({"Z": FLOATS, "Mist.Z": NOISE}), {}),
    "EXR of two parts": (lambda: exr(dict.fromkeys("RGB", NOISE), {"Z": FLOATS}), {}),
    "EXR of two parts, by its key": (lambda: exr(dict.fromkeys("RGB", NOISE), {"Z": FLOATS}), {"key": "Z"}),
    "EXR of two parts, by part and channel": (
        lambda: exr({"Z": NOISE.astype(np.float32)}, {"Z": FLOATS}),
        METRES | {"key": "depth.Z"},
    ),
    "EXR with depth in R": (lambda: exr({"R": FLOATS, "G": FLOATS * 0, "B": FLOATS * 0}), {}),
    "EXR of integers": (lambda: exr({"Z": MILLIMETRES.astype(np.uint32)}), MM),
    "PFM with a scale of 1/255": (lambda: pfm(b"Pf\n128 96\n-0.003922\n"), {}),
    "PFM with a scale of 255, big-endian": (lambda: pfm(b"Pf\n128 96\n255\n", order=">f4"), {}),
    "PFM with CR LF": (lambda: pfm(b"Pf\r\n128 96\r\n-1.0\r\n"), {}),
    "PFM on one line": (lambda: pfm(b"Pf 128 96 -1 "), {}),
    "PGM of 16 bits": (lambda: b"P5\n128 96\n65535\n" + MILLIMETRES.astype(">u2").tobytes(), MM),
    "PGM of 13 bits": (lambda: b"P5\n# a comment\n128 96\n8000\n" + MILLIMETRES.astype(">u2").tobytes(), MM),
    "PGM with CR LF": (lambda: b"P5\r\n128 96\r\n65535\r\n" + MILLIMETRES.astype(">u2").tobytes(), MM),
    "PGM of 12 bits of gray": (
        lambda: b"P5 128 96 4095 " + np.rint(SHARE * 4095).astype(">u2").tobytes(),
        NEAR_FAR,
    ),
    "PGM of text": (
        lambda: b"P2\n128 96\n65535\n" + b" ".join(b"%d" % value for value in MILLIMETRES.flat),
        MM,
    ),
    "12-bit JPEG": (deep_jpeg, NEAR_FAR),
}


def load(data: bytes, name: str = "", **options: Any) -> Any:
    source = parse_map_source(data, options.get("key"), options.get("frame"))
    return load_map(source, MapOptions(map_name=name, **options))


@pytest.mark.parametrize("name", READ)
def test_every_kind_of_file_gives_its_metres(name: str) -> None:
    make, options = READ[name]
    depth = load(make(), **options).buffer.depth_m()
    assert depth.shape == DEPTH.shape
    # Millimetres and 8-bit levels are rounded; a JPEG adds a few levels.
    tolerance = 0.05 if "JPEG" in name or "8-bit" in name else 0.003
    assert np.abs(depth - DEPTH).max() < tolerance


ASKED: dict[str, tuple[Any, dict[str, Any], type[DepthauthorError], str]] = {
    "EXR with mist only": (lambda: exr(COMBINED | {"View Layer.Mist.Z": NOISE}), {}, UsageError, "mist pass"),
    "EXR with normals only": (
        lambda: exr(COMBINED | {f"View Layer.Normal.{name}": NOISE for name in "XYZ"}),
        {},
        UsageError,
        "key",
    ),
    "EXR with positions only": (
        lambda: exr({f"P.{name}": FLOATS for name in "XYZ"}),
        {},
        UsageError,
        "key",
    ),
    "EXR with depth in two parts": (
        lambda: exr({"Z": FLOATS}, {"Z": FLOATS}, names=("left", "right")),
        {},
        UsageError,
        "several depth",
    ),
    "EXR with one key in two parts": (
        lambda: exr({"Z": FLOATS}, {"Z": FLOATS}),
        {"key": "Z"},
        UsageError,
        r"PART\.CHANNEL",
    ),
    "EXR in colours": (
        lambda: exr({"R": FLOATS, "G": FLOATS * 2, "B": FLOATS * 3}),
        {},
        RefusedError,
        "key R",
    ),
    "NPZ of two maps": (lambda: npz(a=FLOATS, b=FLOATS), {}, UsageError, "key"),
    "NPY of large integers without a unit": (
        lambda: npy(np.rint(DEPTH * 1e6).astype(np.int64)),
        {},
        UsageError,
        "unit",
    ),
    "NPY of large integers as gray": (
        lambda: npy(np.rint(DEPTH * 1e6).astype(np.int64)),
        NEAR_FAR,
        UsageError,
        "int64",
    ),
    "NPY in colours": (
        lambda: npy(np.stack([FLOATS, FLOATS * 2, FLOATS], -1)),
        METRES,
        RefusedError,
        "colour",
    ),
    "animated PNG": (
        lambda: wide_png(np.stack([FULL] * 3, -1), 2, (b"acTL", struct.pack(">II", 2, 0))),
        MM,
        UnsupportedError,
        "animation",
    ),
    "PNG whose shape is its alpha": (
        lambda: saved(np.dstack([np.full((96, 128, 3), 255, np.uint8), np.uint8(255 * (SHARE > 0.5))])),
        NEAR_FAR,
        RefusedError,
        "alpha channel alone",
    ),
    "TIFF of two pages of float64": (
        lambda: tiff((DEPTH, {}), (DEPTH, {})),
        {},
        UnsupportedError,
        "more than one",
    ),
    "BigTIFF of two pages": (
        lambda: tiff((DEPTH, {}), (DEPTH, {}), big=True),
        {},
        UnsupportedError,
        "more than one",
    ),
    "TIFF of five bands": (
        lambda: tiff(
            (np.stack([MILLIMETRES] * 5, -1), {"photometric": "minisblack", "planarconfig": "contig"})
        ),
        MM,
        RefusedError,
        "5 bands",
    ),
    "TIFF of float64, cut off": (lambda: tiff((DEPTH, {}))[:5000], {}, MalformedError, "damaged or cut off"),
    "PGM cut off": (lambda: b"P5 128 96 65535 " + bytes(99), MM, MalformedError, "cut off"),
    "PGM beyond its largest value": (lambda: b"P2 2 1 9 3 10", MM, MalformedError, "largest"),
    "PGM of words": (lambda: b"P2 2 1 9 3 x", MM, MalformedError, "number"),
    "PGM without a size": (lambda: b"P5 0 0 255 ", MM, MalformedError, "0x0"),
}


def saved(samples: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(samples).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("name", ASKED)
def test_what_is_open_or_no_map_gets_a_sentence(name: str) -> None:
    make, options, error, words = ASKED[name]
    with pytest.raises(error, match=words):
        load(make(), **options)


def test_deep_exr_is_refused_as_such() -> None:
    library = pytest.importorskip("OpenEXR")
    deep = np.empty((4, 6), object)
    for index in np.ndindex(deep.shape):
        deep[index] = np.array([1, 2], np.float32)
    out = io.BytesIO()
    header = {"type": library.deepscanline, "compression": library.ZIPS_COMPRESSION}
    library.File(header, {"Z": deep}).write(out)
    with pytest.raises(UnsupportedError, match="deep data"):
        read_map(out.getvalue())


NEEDS_TIFFFILE = {
    "float64": (lambda: tiff((DEPTH, {})), "float64 samples"),
    "float16": (lambda: tiff((DEPTH.astype(np.float16), {})), "float16 samples"),
    "RGB": (
        lambda: tiff((np.stack([MILLIMETRES] * 3, -1), {"photometric": "rgb"})),
        "3 uint16 samples a pixel",
    ),
    "BigTIFF": (lambda: tiff((MILLIMETRES, {}), big=True), "BigTIFF"),
}


@pytest.mark.parametrize("name", NEEDS_TIFFFILE)
def test_without_tifffile_the_kind_and_the_extra_are_named(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, words = NEEDS_TIFFFILE[name]
    data = make()  # type: ignore[no-untyped-call]
    monkeypatch.setitem(sys.modules, "tifffile", None)
    with pytest.raises(UnsupportedError, match=words) as caught:
        read_map(data)
    assert "pip install 'depthauthor[tiff]'" in caught.value.message


@pytest.mark.parametrize(
    "name", ["TIFF with an overview", "int16 TIFF", "uint32 TIFF", "16-bit TIFF, white is zero"]
)
def test_what_pillow_reads_needs_no_tifffile(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make, options = READ[name]
    data = make()
    monkeypatch.setitem(sys.modules, "tifffile", None)
    assert np.abs(load(data, **options).buffer.depth_m() - DEPTH).max() < 0.003


def test_without_imagecodecs_a_deep_jpeg_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    data = deep_jpeg()
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    with pytest.raises(UnsupportedError, match=r"12 bits.*depthauthor\[tiff\]"):
        read_map(data)


def test_tifffile_prints_nothing(capfd: Any) -> None:
    broken = bytearray(tiff((DEPTH, {})))
    for at in range(8, len(broken), 997):
        broken[at] ^= 0x5A
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with contextlib.suppress(DepthauthorError):
            read_map(bytes(broken))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("values", [MILLIMETRES, FLOATS, DEPTH])
def test_gdal_s_no_data_value_is_a_hole(values: Any, big: bool) -> None:
    values = values.copy()
    values[:10, :20] = 9999
    data = tiff((values, {"extratags": [(42113, 2, 0, "9999", True)]}), big=big)
    unit: dict[str, Any] = MM if values.dtype == np.uint16 else METRES
    loaded = load(data, **unit)
    depth = loaded.buffer.depth_m()
    assert np.isnan(depth[:10, :20]).all() and not np.isnan(depth[10:, 20:]).any()
    assert np.nanmax(depth) < 8.1
    assert any("GDAL_NODATA" in note for note in loaded.notes.notes)


def test_a_mask_page_of_a_tiff_leaves_holes() -> None:
    mask = np.full(FLOATS.shape, 255, np.uint8)
    mask[:10, :20] = 0
    depth = load(
        tiff((FLOATS, {}), (mask > 0, {"subfiletype": 4, "photometric": "mask"})), **METRES
    ).buffer.depth_m()
    assert np.isnan(depth[:10, :20]).all() and np.isnan(depth).sum() == 200


@pytest.mark.parametrize("values", [MILLIMETRES, FLOATS])
def test_a_mask_leaves_holes_and_infinity_stays_sky(values: Any) -> None:
    mask = np.ones(values.shape, bool)
    mask[:10, :20] = False
    values = values.copy()
    values[:5, :20] = 65535 if values.dtype == np.uint16 else np.inf
    unit: dict[str, Any] = MM if values.dtype == np.uint16 else METRES
    for source in (read_map(npz(depth=values, mask=mask)), masked(values, ~mask)):
        disparity = load_map(source, MapOptions(**unit)).buffer.disparity_per_m()
        assert np.isnan(disparity[5:10, :20]).all() and not np.isnan(disparity[10:, 20:]).any()
        if values.dtype == np.float32:
            assert (disparity[:5, :20] == 0).all()
        else:
            assert np.isnan(disparity[:5, :20]).all()


def test_a_mask_of_gray_levels_does_not_widen_their_range() -> None:
    levels = np.rint(100 + 50 * SHARE).astype(np.uint8)
    mask = np.ones(levels.shape, bool)
    mask[0, :64] = False
    levels[0, :64] = 255
    options = MapOptions(kind="affine", near=1, far=5)
    depth = load_map(masked(levels, ~mask), options).buffer.depth_m()
    assert np.isnan(depth[0, :64]).all()
    assert (np.nanmin(depth), np.nanmax(depth)) == pytest.approx((1, 5))


@pytest.mark.parametrize("normalised", [True, False])
def test_intrinsics_of_an_archive_become_the_camera(normalised: bool) -> None:
    matrix = np.array([[0.8, 0, 0.5], [0, 1.1, 0.48], [0, 0, 1]], np.float32)
    if not normalised:
        matrix[0] *= 128
        matrix[1] *= 96
    for stored in (matrix, matrix[None], np.asfortranarray(matrix)):
        camera = load(npz(depth=FLOATS, intrinsics=stored)).buffer.calibration
        assert camera is not None
        assert camera.focal_px == pytest.approx((0.8 * 128, 1.1 * 96))
        assert camera.principal_point_px == pytest.approx((64, 0.48 * 96))


def test_intrinsics_that_are_no_camera_of_the_map_are_left_alone() -> None:
    for matrix in (np.eye(3), np.full((3, 3), np.nan), np.diag([9e5, 9e5, 1])):
        assert load(npz(depth=FLOATS, intrinsics=matrix)).buffer.calibration is None


def test_the_largest_half_float_is_sky() -> None:
    half = DEPTH.astype(np.float16)
    half[:10] = 65504
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        disparity = load(npy(half), **METRES).buffer.disparity_per_m()
    assert (disparity[:10] == 0).all() and (disparity[10:] > 0.1).all()


EXTREME: dict[str, tuple[Any, list[str]]] = {
    "half": (np.where(ROWS < 9, 65504, DEPTH).astype(np.float16), ["--unit", "m"]),
    "half in mm": (np.where(ROWS < 9, np.inf, DEPTH * 1000).astype(np.float16), ["--unit", "mm"]),
    "half relative": (
        np.where(ROWS < 9, 65504, DEPTH).astype(np.float16),
        ["--kind", "affine", "--near", "1", "--far", "9"],
    ),
    "ends of single floats": (np.where(ROWS < 1, 3e38, np.where(ROWS > 94, -3e38, FLOATS)), ["--unit", "km"]),
    "ends of single floats, relative": (
        np.where(ROWS < 1, 3e38, np.where(ROWS > 94, -3e38, FLOATS)).astype(np.float32),
        ["--kind", "inverse-relative", "--near", "1", "--far", "9"],
    ),
    "double": (np.where(ROWS < 1, 1e300, DEPTH), ["--unit", "m"]),
    "double relative": (np.where(ROWS < 1, -1e300, DEPTH), ["--kind", "affine", "--near", "1", "--far", "9"]),
    "subnormal": (np.where(ROWS < 1, 1e-42, FLOATS).astype(np.float32), ["--unit", "m"]),
    "zeros and NaN": (np.where(ROWS < 9, 0, np.where(ROWS > 90, np.nan, FLOATS)), ["--kind", "disparity"]),
    "nothing": (np.full_like(FLOATS, np.nan), []),
    "undescribed": (np.where(ROWS < 9, 3e38, FLOATS).astype(np.float32), []),
}


@pytest.mark.parametrize("native", ["hdis", "hdep"])
@pytest.mark.parametrize("name", EXTREME)
def test_no_warning_of_numpy_reaches_a_terminal(name: str, native: str, tmp_path: Path) -> None:
    values, options = EXTREME[name]
    Image.new("RGB", (256, 192), (90, 120, 150)).save(tmp_path / "p.jpg")
    np.save(tmp_path / "m.npy", values)
    command = [sys.executable, "-W", "error", "-m", "depthauthor", "embed", "p.jpg", "m.npy", "-o", "o.jpg"]
    done = subprocess.run(
        [*command, *options, "--profile", "data", "--format", native],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode in (0, 2, 5), done.stderr
    assert "Warning" not in done.stderr and "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 1


def test_pages_of_a_tiff_that_point_at_each_other_end() -> None:
    data = bytearray(tiff((MILLIMETRES, {})))
    (offset,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, offset)
    struct.pack_into("<I", data, offset + 2 + 12 * count, offset)
    assert data.startswith(tiff_map.MAGIC)
    assert np.abs(load(bytes(data), **MM).buffer.depth_m() - DEPTH).max() < 0.003
