"""Files made to cost time or memory: bombs, cycles, counts, overlaps. Small themselves, all but the sparse one."""

from __future__ import annotations

import base64
import io
import json
import struct
import zipfile
import zlib
from dataclasses import replace
from functools import cache

from tests.compatibility import portrait_files
from tests.containers import heif_files as heif
from tests.containers import jpeg_files as jpeg
from tests.containers.heif_files import ItemSpec, box, full, small_photo
from tests.corrupt.case import Table, authored, patched

MILLION = 1_000_000


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, *chunks: bytes, depth: int = 8, pixels: bytes | None = None) -> bytes:
    """A gray PNG whose pixels are zeros unless given (already deflated)."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0))
    data = zeros((1 + width * depth // 8) * height) if pixels is None else pixels
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@cache
def zeros(count: int) -> bytes:
    """So many zeros, deflated."""
    press = zlib.compressobj(9)
    block = bytes(1 << 20)
    parts = [press.compress(block) for _ in range(count >> 20)]
    return b"".join((*parts, press.compress(bytes(count & 0xFFFFF)), press.flush()))


def npy(shape: str, descr: str = "'<f4'", body: bytes = bytes(64), version: int = 1) -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    size = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + size + header + body


def npz(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def npz_of_header_without_end() -> bytes:
    """The array's header claims 60 MB, and they are there: spaces, a thousandth of that when deflated."""
    body = b"\x93NUMPY\2\0" + struct.pack("<I", 60 * MILLION) + b" " * (60 * MILLION)
    return npz(("depth.npy", body))


def npz_of_zeros() -> bytes:
    return npz(("depth.npy", npy("(9000, 10000)", "'|u1'", bytes(90 * MILLION))))


def tiff(
    width: int, height: int, *, tile: int = 0, bits: int = 8, pages: int = 1, loop: bool = False
) -> bytes:
    """A gray TIFF, its strip or tile deflated zeros; or many empty pages."""
    data = zeros(min(width * height, 4 * MILLION))
    tags = [(256, 4, width), (257, 4, height), (258, 3, bits), (259, 3, 8), (262, 3, 1), (277, 3, 1)]
    tags += (
        [(322, 4, tile), (323, 4, tile), (324, 4, 8), (325, 4, len(data))]
        if tile
        else [(273, 4, 8), (278, 4, height), (279, 4, len(data))]
    )
    tags.sort()
    out = bytearray(b"II*\0" + struct.pack("<I", 8 + len(data)) + data)
    for page in range(pages):
        body = struct.pack("<H", len(tags))
        for number, kind, value in tags:
            body += struct.pack("<HHI", number, kind, 1) + struct.pack("<I", value)
        after = len(out) + len(body) + 4
        following = after if page + 1 < pages else 8 + len(data) if loop else 0
        out += body + struct.pack("<I", following)
    return bytes(out)


def exr_header(window: tuple[int, int, int, int], channels: int = 1, compression: int = 3) -> bytes:
    def attribute(name: str, kind: str, value: bytes) -> bytes:
        return f"{name}\0{kind}\0".encode() + struct.pack("<i", len(value)) + value

    names = b"".join(f"Z{number}\0".encode() + struct.pack("<iIii", 2, 0, 1, 1) for number in range(channels))
    return (
        b"\x76\x2f\x31\x01\x02\0\0\0"
        + attribute("channels", "chlist", names + b"\0")
        + attribute("compression", "compression", bytes([compression]))
        + attribute("dataWindow", "box2i", struct.pack("<4i", *window))
        + attribute("displayWindow", "box2i", struct.pack("<4i", *window))
        + attribute("lineOrder", "lineOrder", b"\0")
        + attribute("pixelAspectRatio", "float", struct.pack("<f", 1))
        + attribute("screenWindowCenter", "v2f", struct.pack("<2f", 0, 0))
        + attribute("screenWindowWidth", "float", struct.pack("<f", 1))
        + b"\0"
    )


def overlapping_auxiliaries(number: int) -> bytes:
    """So many auxiliary images, each of which is the whole file."""
    spec = small_photo(iloc_version=1)
    data = bytes(MILLION // 2)
    spec.items.append(ItemSpec(9, "hvc1", data))
    for item in range(10, 10 + number):
        spec.items.append(ItemSpec(item, "hvc1", data, method=2, host=9))
        spec.references += [("iloc", item, [9]), ("auxl", item, [1])]
    return spec.build()


def scattered_host(pieces: int, guests: int) -> bytes:
    """One item in very many pieces, and very many items that lie within it."""
    spec = small_photo(iloc_version=1)
    for item in range(100, 100 + guests):
        spec.items.append(ItemSpec(item, "mime", b"x", method=2, host=9))
        spec.references.append(("iloc", item, [9]))
    host = ItemSpec(9, "mime", b"x" * pieces)
    spec.items.insert(0, host)
    data = spec.build()
    # The host's entry stands first in iloc: one extent becomes `pieces` of one byte each.
    at = data.rindex(b"iloc", 0, data.index(b"mdat"))
    entry = at + 12
    (offset,) = struct.unpack_from(">I", data, entry + 8)
    grown = struct.pack(">H", pieces) + b"".join(struct.pack(">II", offset, 1) for _ in range(pieces))
    by = len(grown) - 10
    data = data[: entry + 6] + grown + data[entry + 16 :]
    for kind, at_size in ((b"iloc", at - 4), (b"meta", data.index(b"meta") - 4)):
        size = int.from_bytes(data[at_size : at_size + 4], "big")
        assert data[at_size + 4 : at_size + 8] == kind
        data = data[:at_size] + (size + by).to_bytes(4, "big") + data[at_size + 4 :]
    return data


def extents_of_whole_file(number: int) -> bytes:
    """An Exif item of so many extents, each the whole file."""
    spec = small_photo()
    spec.items[1].data = b"x"
    data = spec.build()
    entry = data.index(b"iloc") + 12 + 16
    assert data[entry : entry + 2] == b"\0\2"
    grown = struct.pack(">H", number) + struct.pack(">II", 0, len(data)) * number
    by = len(grown) - 10
    at = data.index(b"iloc") - 4
    data = data[: entry + 6] + grown + data[entry + 16 :]
    for place in (at, data.index(b"meta") - 4):
        size = int.from_bytes(data[place : place + 4], "big")
        data = data[:place] + (size + by).to_bytes(4, "big") + data[place + 4 :]
    return data


def grid_of_grids(depth: int) -> bytes:
    spec = small_photo()
    spec.items[0].kind = "grid"
    for number in range(depth):
        spec.items.append(ItemSpec(20 + number, "grid", b"\0\0\0\0\0\x40\0\x40"))
        spec.references.append(("dimg", 20 + number - 1 if number else 1, [20 + number] * 2))
    return spec.build()


def cycle(kind: str, *steps: tuple[int, int]) -> bytes:
    spec = small_photo()
    spec.references += [(kind, item, [other]) for item, other in steps]
    return spec.build()


def many_targets(number: int) -> bytes:
    """References that each name one item so many times."""
    spec = small_photo()
    spec.references += [("cdsc", 3, [1] * 65_535) for _ in range(number)]
    return spec.build()


def many_associations(number: int) -> bytes:
    """A second ipma of entries without properties."""
    spec = small_photo()
    data = spec.build()
    table = full("ipma", 0, 1, struct.pack(">I", number) + b"\0\x01\0" * number)
    at = data.index(b"iprp") - 4
    size = int.from_bytes(data[at : at + 4], "big")
    grown = data[:at] + (size + len(table)).to_bytes(4, "big") + data[at + 4 : at + size] + table
    grown += data[at + size :]
    complete = data.index(b"meta") - 4
    old = int.from_bytes(data[complete : complete + 4], "big")
    return grown[:complete] + (old + len(table)).to_bytes(4, "big") + grown[complete + 4 :]


def many_texts() -> bytes:
    """An item entry whose name is ten million empty texts."""
    spec = small_photo()
    spec.items[2].content_type = "application/rdf+xml\0" + "\0" * (10 * MILLION)
    return spec.build()


def deep_boxes() -> bytes:
    """Boxes in boxes in meta, ten thousand deep."""
    inner = b""
    for _ in range(10_000):
        inner = box("meta", bytes(4), inner)
    return replace(small_photo(), meta_extra=inner).build()


def many_boxes() -> bytes:
    return replace(small_photo(), meta_extra=b"\0\0\0\x08free" * 139_000).build()


def groups_of_four_billion() -> bytes:
    data = replace(small_photo(), groups=[("altr", 9, [1])]).build()
    return patched(data, b"altr", 12, b"\xff\xff\xff\xff")


def depth_jpeg(width: int, height: int) -> bytes:
    """A JPEG whose depth image claims another size in its frame header."""
    data = authored("jpeg")
    frame = data.rindex(b"\xff\xc0\0\x0b\x08")
    return data[: frame + 5] + struct.pack(">HH", height, width) + data[frame + 9 :]


def depth_heic_flat() -> bytes:
    """A HEIC whose depth image is a flat one of 9000 by 8000: a few kilobytes of HEVC."""
    stored = portrait_files.plane()
    image = portrait_files.coded(stored, portrait_files.properties(stored))
    payload, configuration = heif.payload_and_configuration(zlib.decompress(base64.b64decode(FLAT_9000_8000)))
    image = replace(image, width=9000, height=8000, payload=payload, configuration=configuration)
    return portrait_files.with_depth(portrait_files.good_photo(), image)


FLAT_9000_8000 = (
    "eNrt10FrE0EUB/A3u2JaNE1sG6Wl0NogFPTQ9hoIi+ZUg3jspZCYJmSkaydxCemh0NJL6ak3kVL0A+QLGLDGox/Agwe1LeTgQfAS"
    "CCVQ3yRVUPAoD7r/t2Hnze7b/GZmdyEhoqlSsGHKRV0nDl+XFmzu63yJSKX9YpCnQdwur65VL3IyuhDQXzGr19YLNsl4pHjjUE8G"
    "LVHqMe+SWj8r9bv2aII7ReeiV64VFmw6YnTg/y450qZquH2tTWGd2xqXPVBXhjh91bVFb39Qr9flNObm+Ipbnrquzs9tgduvcLmk"
    "6Xh5Pnf3vlJ/nmipiV3ajIy1m4+WHh449uCi3TlxO+yrGdWq7IwyMq6fm+JgGsk5omlvMM667g/TDuamNv6vdeKpu9sOf39q2V/N"
    "8yqlsnOqEffOZlXn+7f2yb/i8/+MLw3z9eV8f9oin3s5OdsllZLTZ47F7Ml9KdpJC8nRZSH4jtQD7rWE4KwnBK+EDn4qBVek4L0t"
    "IXhHCt6Vgl9IwYdS8BspuCUFv5OC34cO/igFf5CCP0nBp6G7xx0puCsEKyXkJoTcG0Ku1D/zqJAbCdl8J4TcsZC9v8NwL/VzFTb3"
    "WsjeX7iX+3ddFC5cuHDhwoULFy5cuHDhwoULFy5cuHDhwoULFy5cuHDhwoULF66oG/sJEboLcQ=="
)
"""The one-image file that x265 makes of one gray value, deflated: encoding it takes seconds."""


def xmp_heic(packet: bytes) -> bytes:
    """A HEIC whose depth image has that packet."""
    stored = portrait_files.plane()
    image = portrait_files.coded(stored, portrait_files.properties(stored))
    return portrait_files.with_depth(portrait_files.good_photo(), portrait_files.raw_packet(image, packet))


RDF_HEAD = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:d="http://ns.apple.com/depthData/1.0/">'
)
RDF_TAIL = b"</rdf:Description></rdf:RDF></x:xmpmeta>"
LAUGHS = (
    b"<!DOCTYPE x [<!ENTITY a 'ha'>"
    + b"".join(b"<!ENTITY %c '%s'>" % (98 + number, b"&%c;" % (97 + number) * 10) for number in range(12))
    + b"]>"
)


def plist(text: str) -> bytes:
    return ('<?xml version="1.0" encoding="UTF-8"?><plist version="1.0">' + text + "</plist>").encode()


def binary_plist_of_cycles() -> bytes:
    """An array that holds itself."""
    body = b"bplist00" + b"\xa1\x00"
    return body + b"\x08" + bytes(6) + b"\1\1" + struct.pack(">QQQ", 1, 0, 10)


def binary_plist_laughs() -> bytes:
    """Arrays of ten, each ten times the next, twelve deep: 10^12 values when followed."""
    body, offsets = b"bplist00", []
    for number in range(12):
        offsets.append(len(body))
        body += b"\xaa" + bytes([number + 1]) * 10
    offsets.append(len(body))
    body += b"\x51x"
    return body + bytes(offsets) + bytes(6) + b"\1\1" + struct.pack(">QQQ", 13, 0, len(body))


def segments(number: int) -> bytes:
    photo = jpeg.coded()
    return jpeg.after_jfif(photo, jpeg.segment(0xFE, b"") * number)


def icc_chunks() -> bytes:
    return jpeg.after_jfif(jpeg.coded(), jpeg.icc(*[bytes(60_000)] * 255))


def stray_markers() -> bytes:
    """Alternating stray bytes and markers."""
    return jpeg.after_jfif(jpeg.coded(), b"\0\xff\xd0" * 500_000)


def index_of_one_image(number: int) -> bytes:
    """An index of so many images which are all the same."""
    photo = jpeg.multi(jpeg.coded(), [jpeg.gain_map()])
    at = photo.index(b"MPF\0")
    entry = photo[at + 54 + 16 : at + 54 + 32]
    size, offset = struct.unpack_from(">II", entry, 4)
    more = 16 * (number - 1)
    entries = [(0x030000, 0, 0)] + [(0, size, offset + more)] * number
    plain = jpeg.coded()
    image = jpeg.gain_map()
    return jpeg.after_jfif(plain, jpeg.index(">", entries)) + image


def xmp_extension(number: int) -> bytes:
    """Extended XMP in so many chunks that each claim 4 GB."""
    head = b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 32
    parts = [jpeg.segment(0xE1, head + struct.pack(">II", 0xFFFFFFFF, 0xFFFFFF00) + bytes(60_000))] * number
    return jpeg.after_jfif(jpeg.ultra_hdr(listed=False), *parts)


def nested_json(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def calibration(**changes: object) -> bytes:
    good = {
        "fx": 800.0, "fy": 800.0, "cx": 512.0, "cy": 384.0,
        "reference_width": 1024, "reference_height": 768, "pixel_size_mm": 0.0015,
    }  # fmt: skip
    return json.dumps({**good, **changes}).encode()


HEIC = Table(".heic")
add = HEIC.add
add("malformed", "heif_400_auxiliaries_each_the_file", lambda: overlapping_auxiliaries(400), "far larger")
add("malformed", "heif_5000_items_in_a_host_of_60000_pieces", lambda: scattered_host(60_000, 5000), "pieces")
add(
    "malformed",
    "heif_10000_extents_each_the_file",
    lambda: extents_of_whole_file(10_000),
    "item 2 is larger than the file",
)
add("malformed", "heif_grid_of_grids_without_end", lambda: grid_of_grids(100), "derived from itself")
add("malformed", "heif_dimg_cycle", lambda: cycle("dimg", (1, 4), (4, 1)), "derived from itself")
add("accepted", "heif_auxl_self_cycle", lambda: cycle("auxl", (4, 4)))
add("accepted", "heif_cdsc_cycle", lambda: cycle("cdsc", (3, 3), (5, 3), (3, 5)))
add("malformed", "heif_50_references_of_65535_targets", lambda: many_targets(50), "name more than")
add("malformed", "heif_three_million_associations", lambda: many_associations(3 * MILLION), "associations")
add("accepted", "heif_item_name_of_ten_million_texts", many_texts)
add("accepted", "heif_boxes_nested_10000_deep", deep_boxes)
add("accepted", "heif_139000_free_boxes", many_boxes)
add("malformed", "heif_group_of_four_billion", groups_of_four_billion, "'altr' ends before")
add(
    "unsupported",
    "heif_depth_flat_9000x8000",
    lambda: depth_heic_flat(),
    "samples",
    verb="extract",
)
add(
    "malformed",
    "heif_xmp_billion_laughs",
    lambda: xmp_heic(LAUGHS + RDF_HEAD + b"&l;" + RDF_TAIL),
    "document type",
    verb="extract",
)
add(
    "malformed",
    "heif_xmp_external_entity",
    lambda: xmp_heic(b"<!DOCTYPE x SYSTEM 'http://127.0.0.1:9/x'>" + RDF_HEAD + RDF_TAIL),
    "document type",
    verb="extract",
)
add(
    "malformed",
    "heif_xmp_utf16_entity_bomb",
    lambda: xmp_heic(("\ufeff" + (LAUGHS + RDF_HEAD + b"&l;" + RDF_TAIL).decode()).encode("utf-16-le")),
    "XMP",
    verb="extract",
)
add(
    "malformed",
    "heif_xmp_nested_100000_deep",
    lambda: xmp_heic(RDF_HEAD + b"<d:a>" * 4900 + b"</d:a>" * 4900 + RDF_TAIL),
    "XMP",
    verb="extract",
)
add(
    "malformed",
    "heif_xmp_million_attributes",
    lambda: xmp_heic(
        RDF_HEAD[:-1] + b"".join(b" d:a%d='x'" % number for number in range(200_000)) + b">" + RDF_TAIL
    ),
    "elements or attributes",
    verb="extract",
)

JPEG = Table(".jpg")
add = JPEG.add
add("unsupported", "jpeg_30000_segments", lambda: segments(30_000), "more than 20000 segments")
add("accepted", "jpeg_15_mb_of_icc_chunks", icc_chunks)
add("accepted", "jpeg_500000_stray_markers", stray_markers)
add("accepted", "jpeg_index_names_one_image_250_times", lambda: index_of_one_image(250))
add("accepted", "jpeg_xmp_extension_claims_4_gb", lambda: xmp_extension(200))
add(
    "unsupported",
    "jpeg_depth_claims_65500x65500",
    lambda: depth_jpeg(65_500, 65_500),
    "samples",
    verb="extract",
)
add(
    "unsupported",
    "jpeg_depth_claims_14000x14000",
    lambda: depth_jpeg(14_000, 14_000),
    "samples",
    verb="extract",
)

MAPS = Table(".png", "gray")
add = MAPS.add
add("unsupported", "png_zip_bomb_12000x12000", lambda: png(12_000, 12_000), "unpack")
add(
    "unsupported",
    "png_claims_2_31_pixels_a_side",
    lambda: png(2**31 - 1, 2**31 - 1, pixels=zeros(100)),
    "pixels",
)
add(
    "malformed",
    "png_text_bomb",
    lambda: png(64, 48, chunk(b"zTXt", b"Comment\0\0" + zeros(100 * MILLION))),
    "",
)
add(
    "malformed",
    "png_international_text_bomb",
    lambda: png(64, 48, chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zeros(100 * MILLION))),
    "",
)
add("malformed", "png_icc_bomb", lambda: png(64, 48, chunk(b"iCCP", b"icc\0\0" + zeros(100 * MILLION))), "")
add("unsupported", "tiff_zip_bomb_12000x12000", lambda: tiff(12_000, 12_000), "unpack", suffix=".tiff")
add(
    "unsupported",
    "tiff_claims_4_billion_a_side",
    lambda: tiff(2**32 - 1, 2**32 - 1),
    "pixels",
    suffix=".tiff",
)
add("malformed", "tiff_tile_of_100000_a_side", lambda: tiff(64, 48, tile=99_984), "", suffix=".tiff")
add("unsupported", "tiff_of_20000_pages", lambda: tiff(64, 48, pages=20_000), "pages", suffix=".tiff")
add(
    "unsupported",
    "tiff_of_pages_in_a_loop",
    lambda: tiff(64, 48, pages=3, loop=True),
    "pages",
    suffix=".tiff",
)
add(
    "unsupported",
    "npy_header_claims_2_40_elements",
    lambda: npy("(1048576, 1048576)"),
    "pixels",
    suffix=".npy",
    verb="map",
)
add(
    "malformed",
    "npy_header_claims_100_million",
    lambda: npy("(10000, 10000)"),
    "cut off",
    suffix=".npy",
    verb="map",
)
add(
    "malformed",
    "npy_header_of_4_gb",
    lambda: b"\x93NUMPY\2\0\xff\xff\xff\xff" + b" " * 1000,
    "header",
    suffix=".npy",
    verb="map",
)
add(
    "malformed",
    "npy_header_nested_10000_deep",
    lambda: npy("(" * 9000 + ")" * 9000, version=2),
    "",
    suffix=".npy",
    verb="map",
)
add(
    "malformed",
    "npy_header_calls_a_function",
    lambda: npy("__import__('os').system('exit 1')"),
    "",
    suffix=".npy",
    verb="map",
)
add("malformed", "npz_header_bomb", npz_of_header_without_end, "header", suffix=".npz", verb="map")
add("unsupported", "npz_zip_bomb", npz_of_zeros, "unpack", suffix=".npz")
add(
    "unsupported",
    "npz_of_5000_arrays",
    lambda: npz(*((f"{number}.npy", npy("(48, 64)", body=bytes(48 * 64 * 4))) for number in range(5000))),
    "arrays",
    suffix=".npz",
    verb="map",
)
add(
    "malformed",
    "exr_claims_2_31_a_side",
    lambda: exr_header((-(2**31), -(2**31), 2**31 - 1, 2**31 - 1)),
    "",
    suffix=".exr",
    verb="map",
)
add(
    "malformed",
    "exr_claims_2_64_pixels",
    lambda: exr_header((0, 0, 2**31 - 2, 2**31 - 2)),
    "",
    suffix=".exr",
    verb="map",
)
add(
    "unsupported",
    "exr_of_1000_channels",
    lambda: exr_header((0, 0, 12_000, 12_000), 1000),
    "",
    suffix=".exr",
    verb="map",
)
add(
    "malformed",
    "pfm_claims_100_million",
    lambda: b"Pf\n10000 10000\n-1\n" + bytes(64),
    "cut off",
    suffix=".pfm",
    verb="map",
)
add(
    "malformed",
    "plist_billion_laughs",
    lambda: b"<?xml version='1.0'?>" + LAUGHS + b"<plist><string>&l;</string></plist>",
    "property list",
    suffix=".plist",
    verb="map",
)
add(
    "malformed",
    "plist_nested_100000_deep",
    lambda: plist("<array>" * 100_000 + "</array>" * 100_000),
    "property list",
    suffix=".plist",
    verb="map",
)
add(
    "malformed",
    "plist_binary_holds_itself",
    binary_plist_of_cycles,
    "property list",
    suffix=".plist",
    verb="map",
)
add(
    "malformed",
    "plist_binary_billion_laughs",
    binary_plist_laughs,
    "property list",
    suffix=".plist",
    verb="map",
)
add(
    "malformed",
    "json_nested_100000_deep",
    lambda: b'{"a":' + nested_json(100_000) + b"}",
    "JSON",
    suffix=".json",
    verb="map",
)
add(
    "malformed",
    "calibration_nested_100000_deep",
    lambda: nested_json(100_000),
    "JSON",
    suffix=".json",
    verb="calibration",
)
add(
    "malformed",
    "calibration_list_of_million_numbers",
    lambda: calibration(extrinsic_matrix=[0] * MILLION),
    "values",
    suffix=".json",
    verb="calibration",
)
add(
    "malformed",
    "calibration_number_of_million_digits",
    lambda: calibration().replace(b"800.0", b"8" * MILLION, 1),
    "JSON",
    suffix=".json",
    verb="calibration",
)

HOSTILE = [*HEIC, *JPEG, *MAPS]
