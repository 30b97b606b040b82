"""DNG photos with one defect: their header, directories, strips and tiles, depth tags and XMP."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

from authoring.codecs.lossless_jpeg import encode_lossless
from authoring.codecs.maps.formats import read_map
from authoring.embed.embed_options import EmbedOptions
from authoring.embed.steps import embed
from tests.containers import dng_files as dng
from tests.containers.dng_files import (
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
    with_adobe_depth,
)
from tests.corrupt.case import Table, golden, once

DNG = Table(".dng")
add = DNG.add


@cache
def plain() -> bytes:
    """A DNG of the shape of the golden scene, without depth."""
    return dng.small(96, 72)


@cache
def ours() -> bytes:
    """It with depth, as this program writes it; the map is SubIFD 2."""
    return embed(plain(), read_map(golden("scene-mask.png")), EmbedOptions(near=0.5, far=8)).data


def depth(**changes: Any) -> bytes:
    """It with depth of another program."""
    return with_adobe_depth(plain(), AdobeDepth(**({"codes": dng.slope(96, 72)} | changes)))


def tags(number: int = 0, **values: Values) -> Callable[[], bytes]:
    """The file of another program with other depth tags; `number` is the directory that gets them."""
    names = {"format": 51177, "near": 51178, "far": 51179, "units": 51180}
    return lambda: directory_changed(depth(), number, {names[name]: value for name, value in values.items()})


def map_changed(**fields: Any) -> Callable[[], bytes]:
    """The strips of another program's map with an entry changed: tag, and what `entry_changed` takes."""
    tag = fields.pop("tag")
    return lambda: entry_changed(depth(tile=None, rows=36), 2, tag, **fields)


def jpeg_changed(change: Callable[[bytes], bytes], bits: int = 16) -> Callable[[], bytes]:
    """A map of one strip whose lossless JPEG is changed."""

    def make() -> bytes:
        codes = dng.slope(96, 72, bits)
        data = with_adobe_depth(plain(), AdobeDepth(codes, tile=None, compression=7, predictor=1))
        return _with_strip(data, change(encode_lossless(codes)))

    return make


def _with_strip(data: bytes, strip: bytes) -> bytes:
    """The file whose SubIFD 2 has this strip, appended."""
    data += b"\0" * (len(data) % 2)
    return directory_changed(data + strip, 2, {273: (LONG, [len(data)]), 279: (LONG, [len(strip)])})


def bomb() -> bytes:
    """A strip that inflates to far more than its size, which is large too."""
    data = _with_strip(depth(tile=None), zlib.compress(bytes(150_000_000)))
    return directory_changed(
        data, 2, {256: (LONG, [12_000]), 257: (LONG, [9_000]), 278: (LONG, [9_000]), 317: (SHORT, [1])}
    )


def offsets(*values: int) -> Callable[[], bytes]:
    """A DNG whose tag 330 has these offsets."""
    return lambda: directory_changed(plain(), 0, {SUB_IFDS: (LONG, values)})


def main_changed(tag: int, values: Values | None) -> Callable[[], bytes]:
    """A DNG whose photo's directory has another value of a tag, or none."""
    if values is None:
        return lambda: directory_changed(plain(), 1, dropped=(tag,))
    return lambda: directory_changed(plain(), 1, {tag: values})


def xmp_changed(old: bytes, new: bytes) -> Callable[[], bytes]:
    """A DNG of this program whose depth XMP says something else, in as many bytes."""
    assert len(old) == len(new)
    return lambda: once(ours(), old, new)


def xmp_says_disparity() -> bytes:
    """A DNG of this program whose depth XMP says disparity."""
    at = dng.entry_place(ours(), 2, 700)
    count, place = struct.unpack_from("<II", ours(), at + 4)
    packet = once(ours()[place : place + count], b">depth<", b">disparity<")
    return directory_changed(ours(), 2, {700: (BYTE, packet)})


def loop_of_sub_ifds() -> bytes:
    """The photo's directory has a tag 330 of its own that leads back to IFD0, and a link to itself."""
    place = dng.place(plain(), 1)
    return directory_changed(plain(), 1, {SUB_IFDS: (LONG, [dng.place(plain())])}, next_offset=place)


def shared_values() -> bytes:
    """IFD0 has 100 values that are the whole file each."""
    data = directory_changed(plain(), 0, {60000 + number: (LONG, [8]) for number in range(100)})
    for number in range(100):
        data = entry_changed(data, 0, 60000 + number, kind=BYTE, count=len(data) - 100)
    return data


def offsets_of_itself() -> bytes:
    """Tag 330 names IFD0, which it is in."""
    return entry_changed(plain(), 0, SUB_IFDS, value=dng.place(plain()))


def shared_images() -> bytes:
    """100 masks whose one strip is the whole file each."""
    data = plain()
    for _ in range(100):
        entries: dict[int, Values] = {
            254: (LONG, [65540]), 256: (LONG, [len(plain())]), 257: (LONG, [1]), 258: (SHORT, [8]),
            262: (SHORT, [52527]), 273: (LONG, [0]), 279: (LONG, [len(plain())]),
        }  # fmt: skip
        data = directory_added(data, entries)
    return data


def ours_tags(tag: int, numbers: list[int]) -> bytes:
    """A DNG of this program whose IFD0 has another depth tag."""
    return directory_changed(ours(), 0, {tag: (RATIONAL, numbers)})


# The header and IFD0.
add("unsupported", "dng_big_tiff", lambda: b"II+\0\x08\0\0\0" + bytes(8) + plain()[16:], "BigTIFF")
add(
    "unsupported",
    "dng_tiff_without_dng_version",
    lambda: entry_changed(plain(), 0, 50706, new_tag=50705),
    "no DNG",
)
add("malformed", "dng_header_only", lambda: plain()[:8], "IFD0 is outside")
add("malformed", "dng_header_cut", lambda: plain()[:6], "no TIFF header")
add(
    "malformed",
    "dng_ifd0_outside",
    lambda: plain()[:4] + b"\xff\xff\xff\x7f" + plain()[8:],
    "IFD0 is outside",
)
add("malformed", "dng_ifd0_in_the_header", lambda: plain()[:4] + b"\2\0\0\0" + plain()[8:], "")
add(
    "malformed",
    "dng_ifd0_of_4097_entries",
    lambda: once(plain(), struct.pack("<HHH", 20, 254, 4), struct.pack("<HHH", 4097, 254, 4)),
    "4097 entries",
)
add(
    "malformed",
    "dng_ifd0_of_2000_entries",
    lambda: once(plain(), struct.pack("<HHH", 20, 254, 4), struct.pack("<HHH", 2000, 254, 4)),
    "2000 entries",
)
add("malformed", "dng_byte_order_of_the_other_kind", lambda: b"MM\0*" + plain()[4:], "IFD0 is outside")
add("accepted", "dng_cut_in_ifd0s_link", lambda: plain()[:-3])
add(
    "accepted",
    "dng_chain_cycle",
    lambda: directory_changed(plain(), 0, next_offset=dng.place(plain(), 1)),
)
add("accepted", "dng_chain_outside", lambda: directory_changed(plain(), 0, next_offset=1 << 30))
add(
    "malformed",
    "dng_chain_outside_embedded",
    lambda: directory_changed(plain(), 0, next_offset=1 << 30),
    "followed by one outside",
    verb="embed",
)
add(
    "malformed",
    "dng_value_count_overflow",
    lambda: entry_changed(plain(), 0, 271, count=0xFFFFFFFF),
    "tag 271",
    verb="embed",
)
add(
    "accepted", "dng_value_count_overflow_inspected", lambda: entry_changed(plain(), 0, 271, count=0xFFFFFFFF)
)
add("malformed", "dng_values_share_bytes", shared_values, "far larger")


# Tag 330.
add("malformed", "dng_330_outside", offsets(1 << 30), "SubIFD 1 is outside")
add("malformed", "dng_330_twice_the_same", lambda: offsets(*[dng.place(plain(), 1)] * 2)(), "twice")
add("malformed", "dng_330_is_ifd0", offsets_of_itself, "twice")
add("accepted", "dng_330_of_a_sub_ifd_leads_back", loop_of_sub_ifds)
add("malformed", "dng_330_of_1000", lambda: offsets(*range(8, 4008, 4))(), "1000 SubIFDs")
add(
    "malformed",
    "dng_330_list_outside",
    lambda: entry_changed(offsets(8, 16)(), 0, SUB_IFDS, value=1 << 30),
    "outside",
)
add("malformed", "dng_330_is_zero", offsets(0), "into its header")
add("malformed", "dng_330_is_text", lambda: entry_changed(plain(), 0, SUB_IFDS, kind=2), "cannot be read")
add("malformed", "dng_sub_ifds_share_an_image", shared_images, "far more bytes")


# The photo.
add("malformed", "dng_photo_without_width", main_changed(256, None), "no image size")
add("malformed", "dng_photo_of_no_lines", main_changed(257, (LONG, [0])), "no image size")
add("malformed", "dng_active_area_outside", main_changed(50829, (LONG, [0, 0, 72, 97])), "ActiveArea")
add("malformed", "dng_active_area_empty", main_changed(50829, (LONG, [10, 10, 10, 20])), "ActiveArea")
add("malformed", "dng_active_area_of_3_numbers", main_changed(50829, (LONG, [0, 0, 72])), "ActiveArea")
add("accepted", "dng_default_crop_outside", main_changed(50720, (LONG, [500, 500])))
add("accepted", "dng_default_crop_divides_by_zero", main_changed(50720, (RATIONAL, [96, 0, 72, 0])))
add("accepted", "dng_default_crop_of_one_pixel", main_changed(50720, (LONG, [1, 1])))
add("accepted", "dng_photo_data_cut", lambda: main_changed(279, (LONG, [1 << 30]))())
add("malformed", "dng_data_in_the_header", main_changed(273, (LONG, [0])), "header", verb="embed")
add(
    "malformed",
    "dng_strip_lists_differ",
    main_changed(273, (LONG, [8, 16])),
    "2 strips or tiles and 1 lengths",
    verb="embed",
)
add(
    "malformed",
    "dng_strips_listed_twice",
    lambda: entry_changed(plain(), 1, 50717, new_tag=273),
    "twice",
    verb="embed",
)
add("accepted", "dng_orientation_9", lambda: entry_changed(plain(), 0, 274, value=9))

# The depth map.
MAP = Table(".dng", "extract")
add = MAP.add
add("malformed", "dng_depth_strip_outside", map_changed(tag=279, kind=LONG, count=1, value=1 << 30), "")
add("malformed", "dng_depth_strip_and_count_lists_differ", map_changed(tag=279, count=1), "not as many")
add("malformed", "dng_depth_strips_missing", lambda: entry_changed(depth(tile=None), 2, 278, value=9), "")
add("malformed", "dng_depth_without_size", map_changed(tag=256, new_tag=255), "")
add(
    "unsupported",
    "dng_depth_tiles_of_65535x65535",
    lambda: directory_changed(depth(tile=(96, 80)), 2, {322: (LONG, [65535]), 323: (LONG, [65535])}),
    "65535x65535",
)
add(
    "unsupported",
    "dng_depth_of_60000x60000",
    lambda: directory_changed(depth(), 2, {256: (LONG, [60_000]), 257: (LONG, [60_000])}),
    "60000x60000",
)
add("unsupported", "dng_depth_deflate_bomb", bomb, "")
add(
    "malformed",
    "dng_depth_deflate_cut",
    lambda: _with_strip(depth(tile=None), zlib.compress(bytes(6912))[:9]),
    "bytes",
)
add(
    "malformed",
    "dng_depth_deflate_noise",
    lambda: _with_strip(depth(tile=None), b"\x78\x9c" + b"\x55" * 90),
    "inflate",
)
add(
    "malformed",
    "dng_depth_uncompressed_short",
    lambda: _with_strip(depth(tile=None, compression=1, predictor=1), bytes(6000)),
    "6000 bytes",
)
add("malformed", "dng_depth_jpeg_16_cut", jpeg_changed(lambda data: data[: len(data) // 2]), "last sample")
add(
    "malformed",
    "dng_depth_jpeg_8_cut",
    jpeg_changed(lambda data: data[: len(data) // 2], 8),
    "does not decode",
)
add(
    "malformed",
    "dng_depth_jpeg_16_of_another_size",
    jpeg_changed(lambda _: encode_lossless(dng.slope(95, 72, 16))),
    "95x72",
)
add(
    "malformed",
    "dng_depth_jpeg_8_of_another_size",
    jpeg_changed(lambda _: encode_lossless(dng.slope(96, 71)), 8),
    "96x71",
)
add(
    "malformed",
    "dng_depth_jpeg_of_65535x65535",
    jpeg_changed(lambda data: once(data, b"\x10\0\x48\0\x60", b"\x10\xff\xff\xff\xff")),
    "65535x65535",
)
add(
    "unsupported",
    "dng_depth_jpeg_of_12_bits",
    jpeg_changed(lambda data: once(data, b"\x10\0\x48\0\x60", b"\x0c\0\x48\0\x60")),
    "12",
)
add(
    "unsupported",
    "dng_depth_jpeg_is_baseline",
    jpeg_changed(lambda _: golden("orientation/scene-1.jpg")),
    "no lossless JPEG",
)
add(
    "unsupported",
    "dng_depth_jpeg_predictor_7",
    jpeg_changed(lambda data: once(data, b"\xff\xda\0\x08\1\1\0\1", b"\xff\xda\0\x08\1\1\0\7")),
    "predictor 7",
)
add(
    "malformed",
    "dng_depth_jpeg_table_too_long",
    jpeg_changed(
        lambda data: data[: data.index(b"\xff\xc4") + 5] + b"\xff" + data[data.index(b"\xff\xc4") + 6 :]
    ),
    "code table",
)
add("unsupported", "dng_depth_of_3_samples", map_changed(tag=277, value=3), "3 samples")
add("unsupported", "dng_depth_of_12_bits", map_changed(tag=258, value=12), "12 bits")
add("unsupported", "dng_depth_compression_52546", map_changed(tag=259, value=52546), "JPEG XL")
add("unsupported", "dng_depth_compression_34892", map_changed(tag=259, value=34892), "compression 34892")
add("unsupported", "dng_depth_predictor_unknown", map_changed(tag=317, value=9), "predictor 9")
add("unsupported", "dng_depth_near_unknown", tags(near=(RATIONAL, [0, 0])), "no unit")
add("malformed", "dng_depth_far_before_near", tags(far=(RATIONAL, [1, 4])), "impossible range 0.5 to 0.25")
add("unsupported", "dng_depth_format_0", tags(format=(SHORT, [0])), "no format")
add("unsupported", "dng_depth_format_7", tags(format=(SHORT, [7])), "no format")
add("malformed", "dng_depth_far_infinite_and_linear", tags(far=(RATIONAL, [1, 0])), "inf")
add("accepted", "dng_depth_far_infinite_and_inverse", tags(far=(RATIONAL, [1, 0]), format=(SHORT, [2])))
add(
    "malformed",
    "dng_depth_near_0_and_inverse",
    tags(near=(RATIONAL, [0, 1]), format=(SHORT, [2])),
    "impossible range",
)
add("malformed", "dng_depth_near_negative", tags(near=(10, [-1, 2])))
add(
    "unsupported",
    "dng_depth_tags_missing",
    lambda: directory_changed(depth(), 0, dropped=range(51177, 51182)),
    "no float range",
)
add("accepted", "dng_depth_units_unknown", tags(units=(SHORT, [0])))
add(
    "accepted",
    "dng_depth_tags_contradict",
    tags(2, far=(RATIONAL, [90, 1]), near=(RATIONAL, [1, 1]), format=(SHORT, [1])),
)
add("accepted", "dng_two_depth_maps", lambda: with_adobe_depth(depth(), AdobeDepth(dng.slope(96, 72))))
add(
    "accepted",
    "dng_two_depth_maps_stripped",
    lambda: with_adobe_depth(depth(), AdobeDepth(dng.slope(96, 72))),
    verb="strip",
)
add("refused", "dng_depth_there_already", depth, "--replace", verb="embed")
add("refused", "dng_without_depth_stripped", plain, "no depth", verb="strip")
add("unsupported", "dng_without_depth_extracted", plain, "no Apple depth")
add("accepted", "dng_depth_xmp_says_disparity", xmp_says_disparity)
add("malformed", "dng_depth_xmp_not_closed", xmp_changed(b"</rdf:RDF>", b"</rdf:RDX>"), "not well-formed")
add("accepted", "dng_depth_xmp_outside", lambda: entry_changed(ours(), 2, 700, value=1 << 30), verb="inspect")
add("found", "dng_rule_tags_contradict", lambda: ours_tags(51179, [90, 1]), verb="verify")
