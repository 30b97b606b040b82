"""Maps, calibrations, property lists and manifests with one defect."""

from __future__ import annotations

import base64
import io
import json
import plistlib
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

from authoring.codecs.maps.formats import write_map
from authoring.read.extract import to_dictionary
from tests.corrupt.case import Table, authored, once, patched
from tests.corrupt.hostile_files import calibration, chunk, npy, npz, plist, png, tiff, zeros

MAPS = Table(".png", "gray")
NPY = Table(".npy", "map")
NPZ = Table(".npz", "map")
FLOATS = Table(".pfm", "map")
PLIST = Table(".plist", "map")
JSON = Table(".json", "calibration")
MANIFEST = Table(".csv", "batch")

FRAME = (48, 64)


def ramp(kind: Any = np.float32) -> np.ndarray:
    rows, columns = np.mgrid[0 : FRAME[0], 0 : FRAME[1]]
    return np.asarray((1 + (FRAME[0] - 1 - rows) / 16 + columns / 32).astype(kind))


def saved(array: np.ndarray, format: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(array).save(out, format, **options)
    return out.getvalue()


def array(values: Any, **options: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, values, **options)
    return out.getvalue()


def gray() -> bytes:
    return saved((ramp() * 40).astype(np.uint8))


def colours() -> bytes:
    level = np.linspace(0, 1, 64)[None, :].repeat(48, 0)
    return saved((np.stack([level, np.sin(level * 3.1), 1 - level], axis=-1) * 255).astype(np.uint8))


def scaled_png(**texts: str) -> bytes:
    """What extract writes, its text chunks changed."""
    data = write_map(ramp(), "depth", "png")
    for name, text in texts.items():
        key = f"depthauthor-{name}".replace("_", "-").encode()
        at = data.index(b"tEXt" + key) - 4
        size = int.from_bytes(data[at : at + 4], "big")
        data = data[:at] + chunk(b"tEXt", key + b"\0" + text.encode()) + data[at + 12 + size :]
    return data


def dictionary(**changes: Any) -> dict[str, Any]:
    result = to_dictionary(authored("jpeg"))
    description = result.data_description
    content: dict[str, Any] = {
        "kCGImageAuxiliaryDataInfoData": result.data,
        "kCGImageAuxiliaryDataInfoDataDescription": {
            "PixelFormat": description.pixel_format,
            "Width": description.width,
            "Height": description.height,
            "BytesPerRow": description.bytes_per_row,
        },
        "DepthAuthorAuxiliaryDataType": result.auxiliary_type,
    }
    for name, value in changes.items():
        if name in content["kCGImageAuxiliaryDataInfoDataDescription"]:
            content["kCGImageAuxiliaryDataInfoDataDescription"][name] = value
        else:
            content[name] = value
    return content


def listed(**changes: Any) -> Callable[[], bytes]:
    return lambda: plistlib.dumps(dictionary(**changes))


def as_json(**changes: Any) -> bytes:
    content = dictionary(**changes)
    data = content["kCGImageAuxiliaryDataInfoData"]
    if isinstance(data, bytes):
        content["kCGImageAuxiliaryDataInfoData"] = base64.b64encode(data).decode()
    return json.dumps(content).encode()


def rows(*lines: str, head: str = "photo,map,near,far") -> Callable[[], bytes]:
    return lambda: "\n".join([head, *lines, ""]).encode()


def objects(*lines: dict[str, Any]) -> Callable[[], bytes]:
    return lambda: b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def hole(code: int) -> bytes:
    """A 16-bit PNG with holes, whose hole code is another number."""
    values = ramp()
    values[0, 0] = np.nan
    data = write_map(values, "depth", "png")
    at = data.index(b"tEXtdepthauthor-invalid") - 4
    size = int.from_bytes(data[at : at + 4], "big")
    return data[:at] + chunk(b"tEXt", b"depthauthor-invalid\0%d" % code) + data[at + 12 + size :]


def cmyk() -> bytes:
    out = io.BytesIO()
    Image.new("CMYK", (64, 48), (9, 60, 30, 10)).save(out, "JPEG")
    return out.getvalue()


def noisy_exr() -> bytes:
    data = write_map(ramp(), "depth", "exr")
    return data[:-400] + bytes(range(200)) * 2


add = MAPS.add
add("malformed", "png_cut", lambda: gray()[:60], "does not decode")
add("malformed", "png_header_checksum", lambda: patched(gray(), b"IHDR", 17, b"\0\0\0\0"), "")
add("malformed", "png_signature_only", lambda: gray()[:8], "damaged or cut off")
add("malformed", "png_of_no_width", lambda: png(0, 48), "")
add("malformed", "png_pixels_too_few", lambda: png(64, 48, pixels=zeros(100)), "does not decode")
add("malformed", "png_pixels_no_zlib", lambda: png(64, 48, pixels=b"not deflated"), "does not decode")
add("refused", "png_in_colours", colours, "coloured visualisation")
add("refused", "png_of_one_value", lambda: saved(np.full(FRAME, 77, np.uint8)), "one value")
add(
    "refused",
    "png_of_another_shape",
    lambda: saved((np.arange(200 * 50) % 251).astype(np.uint8).reshape(50, 200)),
    "512",
)
add("usage", "png_without_near_and_far", gray, "--near and --far", verb="map")
add("malformed", "png_scale_is_text", lambda: scaled_png(at_0="near"), "no numbers", verb="map")
add("malformed", "png_scale_is_nan", lambda: scaled_png(at_65535="nan"), "no finite", verb="map")
add(
    "malformed",
    "png_scale_of_unknown_kind",
    lambda: scaled_png(kind="height"),
    "no finite depth or disparity",
    verb="map",
)
add("malformed", "png_hole_code_70000", lambda: hole(70_000), "", verb="map")
add("unsupported", "png_is_text", lambda: b"not a picture", "PNG, TIFF, JPEG, NPY")
add(
    "malformed",
    "jpeg_map_cut",
    lambda: saved((ramp() * 40).astype(np.uint8), "JPEG")[:300],
    "does not decode",
    suffix=".jpg",
)
add("refused", "jpeg_map_for_print", cmyk, "CMYK", suffix=".jpg")
add("unsupported", "tiff_of_two_pages", lambda: tiff(64, 48, pages=2), "more than one page", suffix=".tiff")
add("malformed", "tiff_cut", lambda: saved(ramp(), "TIFF")[:200], "", suffix=".tiff")
add("malformed", "tiff_header_only", lambda: b"II*\0\x08\0\0\0", "", suffix=".tiff")
add(
    "malformed",
    "tiff_directory_beyond_file",
    lambda: b"II*\0\xff\xff\xff\x7f" + bytes(40),
    "",
    suffix=".tiff",
)
add("malformed", "tiff_is_bigtiff_of_nothing", lambda: b"II+\0\x08\0\0\0" + bytes(40), "", suffix=".tiff")

add = NPY.add
add("malformed", "npy_cut", lambda: array(ramp())[:500], "cut off")
add("malformed", "npy_magic_only", lambda: b"\x93NUMPY", "")
add("malformed", "npy_version_9", lambda: patched(array(ramp()), b"NUMPY", 5, b"\x09"), "")
add(
    "malformed",
    "npy_header_is_noise",
    lambda: patched(array(ramp()), b"{'descr", 0, b"\xff\xfe\xfd"),
    "header",
)
add(
    "malformed",
    "npy_of_objects",
    lambda: array(ramp(object), allow_pickle=True),
    "Python objects",
)
add("unsupported", "npy_of_complex_numbers", lambda: array(ramp(np.complex64)), "complex64")
add("unsupported", "npy_of_texts", lambda: array(np.full(FRAME, "far")), "<U3")
add("unsupported", "npy_of_records", lambda: array(np.zeros(FRAME, [("z", "<f4"), ("w", "<f4")])), "maps are")
add("unsupported", "npy_of_megabyte_samples", lambda: npy("(48, 64)", "'|V1000000'"), "maps are")
add("malformed", "npy_of_negative_shape", lambda: npy("(-48, 64)"), "")
add("unsupported", "npy_of_no_rows", lambda: npy("(0, 64)"), "shape")
add("unsupported", "npy_of_one_number", lambda: npy("()"), "shape")
add("unsupported", "npy_of_four_axes", lambda: array(np.zeros((2, 3, 48, 64), np.float32)), "shape")
add("unsupported", "npy_of_a_stack", lambda: array(np.stack([ramp()] * 5)), "--frame")
add("usage", "npy_of_a_stack_frame_9", lambda: array(np.stack([ramp()] * 5)), "no frame 9", "--frame", "9")
add("refused", "npy_of_nan", lambda: array(np.full(FRAME, np.nan, np.float32)), "no valid")
add("refused", "npy_of_negative_metres", lambda: array(-ramp()), "no valid")
add("refused", "npy_of_one_value", lambda: array(np.full(FRAME, 2.5, np.float32)), "2.5")
add("accepted", "npy_of_infinite_sky", lambda: array(np.where(ramp() > 4, np.float32(np.inf), ramp())))
add("accepted", "npy_column_by_column", lambda: array(np.asfortranarray(ramp())))
add("accepted", "npy_big_endian", lambda: array(ramp(">f4")))

add = NPZ.add
add("malformed", "npz_cut", lambda: npz(("depth.npy", array(ramp())))[:-30], "")
add(
    "malformed",
    "npz_member_checksum",
    lambda: patched(npz(("depth.npy", array(ramp()))), b"depth.npy", 60, b"\xff\xff\xff\xff"),
    "",
)
add(
    "malformed",
    "npz_pickle",
    lambda: npz(("depth.npy", array(ramp(object), allow_pickle=True))),
    "Python objects",
)
add("malformed", "npz_member_is_text", lambda: npz(("depth.npy", b"nothing")), "")
add("unsupported", "npz_empty", lambda: npz(), "PNG, TIFF, JPEG, NPY")
add("usage", "npz_of_two_maps", lambda: npz(("a.npy", array(ramp())), ("b.npy", array(ramp()))), "--key")
add("usage", "npz_without_that_key", lambda: npz(("a.npy", array(ramp()))), "no array 'z'", "--key", "z")
add(
    "unsupported",
    "npz_of_numbers_only",
    lambda: npz(("focallength_px.npy", array(np.float32(1)))),
    "no array that can be a map",
)

add = FLOATS.add
add("malformed", "pfm_cut", lambda: write_map(ramp(), "depth", "pfm")[:900], "cut off")
add("malformed", "pfm_scale_0", lambda: once(write_map(ramp(), "depth", "pfm"), b"-1.0", b"0.00"), "scale")
add(
    "malformed",
    "pfm_scale_is_text",
    lambda: once(write_map(ramp(), "depth", "pfm"), b"-1.0", b"one!"),
    "header",
)
add(
    "malformed",
    "pfm_scale_of_dots",
    lambda: once(write_map(ramp(), "depth", "pfm"), b"-1.0", b"...."),
    "no number",
)
add(
    "malformed",
    "pfm_width_of_20_digits",
    lambda: once(write_map(ramp(), "depth", "pfm"), b"64", b"9" * 20),
    "header",
)
add("unsupported", "pfm_of_no_width", lambda: once(write_map(ramp(), "depth", "pfm"), b"64", b"0"), "shape")
add(
    "refused",
    "pfm_in_colours",
    lambda: b"PF\n64 48\n-1.0\n" + np.stack([ramp(), 2 * ramp(), 3 * ramp()], axis=-1).tobytes(),
    "colour",
)
add("malformed", "exr_cut", lambda: write_map(ramp(), "depth", "exr")[:400], "", suffix=".exr")
add("malformed", "exr_magic_only", lambda: write_map(ramp(), "depth", "exr")[:4], "", suffix=".exr")
add("malformed", "exr_chunk_is_noise", noisy_exr, "", suffix=".exr")

add = PLIST.add
add("malformed", "plist_empty_dictionary", lambda: plist("<dict/>"), "kCGImageAuxiliaryDataInfoData")
add("malformed", "plist_of_an_array", lambda: plist("<array/>"), "not a dictionary")
add("malformed", "plist_not_closed", lambda: plistlib.dumps(dictionary())[:-20], "damaged")
add(
    "malformed",
    "plist_binary_cut",
    lambda: plistlib.dumps(dictionary(), fmt=plistlib.FMT_BINARY)[:-20],
    "damaged",
)
add("malformed", "plist_data_too_short", listed(kCGImageAuxiliaryDataInfoData=b"\0" * 100), "its rows need")
add("malformed", "plist_data_is_text", listed(kCGImageAuxiliaryDataInfoData="AAAA"), "of bytes")
add("malformed", "plist_rows_too_short", listed(BytesPerRow=10), "a row takes")
add("malformed", "plist_rows_of_4_gb", listed(BytesPerRow=2**32 - 1), "its rows need")
add("malformed", "plist_no_height", listed(Height=0), "Height")
add("malformed", "plist_negative_width", listed(Width=-4), "Width")
add("malformed", "plist_million_wide", listed(Width=1_000_000), "65536")
add("malformed", "plist_width_is_text", listed(Width="64"), "not a whole number")
add("unsupported", "plist_pixel_format_unknown", listed(PixelFormat=0x4C303038), "none of hdis")
add(
    "malformed",
    "plist_type_of_the_other_kind",
    listed(DepthAuthorAuxiliaryDataType="kCGImageAuxiliaryDataTypeDepth"),
    "belongs to",
)
add("malformed", "plist_xmp_is_noise", listed(DepthAuthorMetadataXMP=b"\1\2\3"), "XMP")
add("malformed", "dictionary_json_cut", lambda: as_json()[:-5], "JSON", suffix=".json")
add(
    "malformed",
    "dictionary_json_no_base64",
    lambda: once(as_json(), b'InfoData": "', b'InfoData": "*'),
    "JSON",
    suffix=".json",
)
add(
    "malformed",
    "dictionary_json_data_null",
    lambda: as_json(kCGImageAuxiliaryDataInfoData=None),
    "",
    suffix=".json",
)

add = JSON.add
add("malformed", "calibration_is_text", lambda: b"fx = 800", "not JSON")
add("malformed", "calibration_is_utf16", lambda: b"\xff\xfe\0\xd8" + calibration(), "JSON")
add(
    "malformed",
    "calibration_of_another_schema",
    lambda: calibration(schema="depthauthor/calibration/9"),
    "schema",
)
add("malformed", "calibration_lacks_cy", lambda: calibration().replace(b'"cy": 384.0, ', b""), "lacks cy")
add("malformed", "calibration_misspelt", lambda: calibration(extrinsics=[1]), "not a known key")
add("malformed", "calibration_focal_nan", lambda: calibration(fx=float("nan")), "not a finite number")
add("malformed", "calibration_focal_negative", lambda: calibration(fx=-800.0), "")
add(
    "malformed", "calibration_frame_of_half_pixels", lambda: calibration(reference_width=10.5), "side of 10.5"
)
add("malformed", "calibration_matrix_of_11", lambda: calibration(extrinsic_matrix=[1.0] * 11), "")
add("malformed", "calibration_number_is_null", lambda: calibration(fx=None), "not a finite number")
add("malformed", "calibration_fov_200_degrees", lambda: b'{"fov_x": 200, "fov_y": 60}', "between 0.1 and 179")
add("malformed", "calibration_empty_list", lambda: b"[]", "not a JSON object")

add = MANIFEST.add
add(
    "usage",
    "manifest_of_unknown_column",
    rows("a.jpg,a.png,1,2", head="photo,map,nearest,far"),
    "unknown column or option 'nearest'",
)
add("usage", "manifest_without_map", rows("a.jpg", head="photo"), "no column 'map'")
add("usage", "manifest_column_twice", rows("a,b,c", head="photo,map,map"), "same name")
add("usage", "manifest_empty", lambda: b"", "no column 'photo'")
add("malformed", "manifest_not_utf8", lambda: b"photo,map\n\xff\xfe.jpg,a.png\n", "not UTF-8")
add("usage", "manifest_of_unknown_suffix", rows(), "unsupported manifest type", suffix=".txt")
add("batch", "manifest_photo_missing", rows("nosuch.jpg,nosuch.png,1,2"), "no such file")
add("batch", "manifest_row_too_long", rows("a,b,1,2,3,4"), "6 cells but 4 columns")
add("batch", "manifest_row_without_map", rows("a.jpg,,1,2"), "names no map")
add("batch", "manifest_near_is_text", rows("a.jpg,a.png,close,2"), "not a number")
add(
    "batch",
    "manifest_nul_in_a_name",
    objects({"photo": "a\0.jpg", "map": "a.png"}),
    "zero byte",
    suffix=".jsonl",
)
add(
    "batch",
    "manifest_newline_in_a_name",
    objects({"photo": "a\nb\x1b[31m.jpg", "map": "a.png"}),
    "a\\nb\\x1b[31m.jpg",
    suffix=".jsonl",
)
add("batch", "manifest_of_standard_input", rows("-,a.png,1,2"), "not standard streams")
add(
    "batch",
    "manifest_output_leaves_the_folder",
    rows("a.jpg,a.png,../../escaped.jpg", head="photo,map,output"),
    "leads out of",
)
add("batch", "manifest_line_is_no_json", lambda: b'{"photo": \n', "not JSON", suffix=".jsonl")
add("batch", "manifest_line_is_a_list", lambda: b"[1, 2]\n", "not a JSON object", suffix=".jsonl")
add("batch", "manifest_nested_100000_deep", lambda: b"[" * 100_000 + b"\n", "not JSON", suffix=".jsonl")
add("batch", "manifest_cell_of_200000_letters", rows("a" * 200_000 + ",b,1,2"), "not CSV")
add(
    "malformed",
    "manifest_line_of_20_mb",
    lambda: b'{"photo": "' + b"a" * 20_000_000 + b'"}\n',
    "a line",
    suffix=".jsonl",
)
add("malformed", "manifest_csv_line_of_20_mb", rows("," * 20_000_000), "a line")
