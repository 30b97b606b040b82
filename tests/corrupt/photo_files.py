"""Photos with one defect: HEIC and JPEG, their boxes and segments, their depth, XMP and Exif."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import replace

from tests.compatibility import portrait_files as portraits
from tests.compatibility import test_one_defect as rules
from tests.containers import jpeg_files as jpeg
from tests.containers.heif_files import box, full, small_photo
from tests.containers.test_heif_damage import DEFECTS
from tests.corrupt.case import Table, authored, golden, once, patched
from tests.corrupt.hostile_files import RDF_HEAD, RDF_TAIL, xmp_heic

HEIC = Table(".heic")
JPEG = Table(".jpg")
PNG = Table(".png", "convert")
RULES = Table(".heic", "verify")


def slug(text: str) -> str:
    return re.sub(r"\W+", "_", text.lower()).strip("_")


def good() -> bytes:
    return small_photo().build()


def depth_text(name: str, value: str) -> Callable[[], bytes]:
    """A HEIC portrait whose depth XMP says something else."""
    return rules.texts(name, value)


def xmp_changed(old: bytes, new: bytes) -> Callable[[], bytes]:
    def make() -> bytes:
        stored = portraits.plane()
        image = portraits.coded(stored, portraits.properties(stored))
        return portraits.with_depth(
            portraits.good_photo(), portraits.raw_packet(image, once(image.xmp, old, new))
        )

    return make


def image_changed(**changes: object) -> Callable[[], bytes]:
    def make() -> bytes:
        stored = portraits.plane()
        image = portraits.coded(stored, portraits.properties(stored))
        return portraits.with_depth(portraits.good_photo(), replace(image, **changes))  # type: ignore[arg-type]

    return make


def grid_photo() -> bytes:
    item = small_photo()
    item.items[0].kind = "av01"
    return item.build()


def in_two_metas() -> bytes:
    data = good()
    return data + full("meta", 0, 0)


def protected() -> bytes:
    data = good()
    at = data.index(b"infe") + 10
    return data[:at] + b"\0\1" + data[at + 2 :]


def depth_jpeg_changed(change: Callable[[bytes], bytes]) -> Callable[[], bytes]:
    """The last image of a JPEG with depth, changed."""

    def make() -> bytes:
        data = authored("jpeg")
        place = data.rindex(b"\xff\xd8\xff")
        return data[:place] + change(data[place:])

    return make


def mpf(offset: int, value: bytes) -> Callable[[], bytes]:
    """The index of a JPEG of two images, a field of it changed; offsets count from MPF."""
    return lambda: patched(
        jpeg.multi(golden("orientation/scene-1.jpg"), [jpeg.gain_map()]), b"MPF\0", offset, value
    )


def exif_photo(block: bytes) -> Callable[[], bytes]:
    return lambda: jpeg.after_jfif(jpeg.coded(), jpeg.segment(0xE1, b"Exif\0\0" + block))


# What the room's own tests break, each in its sentence.
for what, (build, _) in DEFECTS.items():
    HEIC.add("unsupported" if what == "another format" else "malformed", f"heif_{slug(what)}", build)

add = HEIC.add
add("malformed", "heif_ispe_of_no_size", lambda: patched(good(), b"ispe", 8, bytes(8)), "states no size")
add(
    "malformed",
    "heif_clap_divides_by_zero",
    lambda: once(
        replace(
            small_photo(),
            properties=[
                *small_photo().properties[:2],
                box("clap", struct.pack(">8I", 64, 0, 64, 1, 0, 1, 0, 1)),
                *small_photo().properties[3:],
            ],
        ).build(),
        b"heic\0\0\0\0",
        b"heic\0\0\0\1",
    ),
    "divides by zero",
)
add("unsupported", "heif_iloc_version_7", lambda: patched(good(), b"iloc", 4, b"\7"), "not known here")
add("unsupported", "heif_infe_version_7", lambda: patched(good(), b"infe", 4, b"\7"), "not known here")
add(
    "unsupported",
    "heif_construction_method_5",
    lambda: patched(good(), b"iloc", 14, b"\0\5"),
    "construction method 5",
)
add(
    "unsupported",
    "heif_mini_box",
    lambda: box("ftyp", b"mif3", bytes(4), b"heic") + box("mini", bytes(40)),
    "minimized",
)
add(
    "unsupported",
    "heif_sequence",
    lambda: box("ftyp", b"hevc", bytes(4), b"msf1") + box("moov", bytes(8)),
    "sequence",
)
add(
    "accepted", "heif_avif_brand", lambda: replace(small_photo(), brands=b"avif" + bytes(4) + b"mif1").build()
)
add("accepted", "heif_three_bytes_after_the_last_box", lambda: good() + b"\0\0\0")
add("accepted", "heif_two_meta_boxes", in_two_metas)
add("accepted", "heif_protected_item", protected)
add("accepted", "heif_av1_primary", grid_photo)
add("accepted", "heif_exif_offset_wrong", lambda: once(good(), bytes(4) + b"MM\0*", b"\0\0\0\7MM\0*"))
add(
    "accepted",
    "heif_unknown_box_in_meta",
    lambda: replace(small_photo(), meta_extra=box("wxyz", b"\1\2\3")).build(),
)
add(
    "malformed",
    "heif_cut_after_half",
    lambda: authored("heic")[: len(authored("heic")) // 2],
    "cut short",
    verb="extract",
)
add("malformed", "heif_zeros_for_a_file", lambda: bytes(5000), "")
add("malformed", "heif_depth_stream_is_noise", rules.undecodable, "does not decode", verb="extract")
add("malformed", "heif_depth_stream_empty", image_changed(payload=b""), "", verb="extract")
add(
    "unsupported",
    "heif_depth_without_configuration",
    lambda: patched(portraits.portrait(), b"hvcC", 0, b"hvcX", 1),
    "neither a single HEVC picture nor a JPEG",
    verb="extract",
)
add(
    "malformed",
    "heif_depth_range_upside_down",
    depth_text("FloatMinValue", "9"),
    "impossible range",
    verb="extract",
)
add("malformed", "heif_depth_range_nan", depth_text("FloatMaxValue", "nan"), "", verb="extract")
add("malformed", "heif_depth_range_infinite", depth_text("FloatMaxValue", "inf"), "", verb="extract")
add("malformed", "heif_depth_int_range_empty", depth_text("IntMaxValue", "0"), "IntMinValue", verb="extract")
add(
    "unsupported",
    "heif_depth_native_format_unknown",
    depth_text("NativeFormat", "1234567890"),
    "",
    verb="extract",
)
add("malformed", "heif_depth_native_format_is_text", depth_text("NativeFormat", "hdis"), "", verb="extract")
add(
    "malformed",
    "heif_depth_xmp_not_closed",
    xmp_changed(b"</rdf:RDF>", b""),
    "not well-formed",
    verb="extract",
)
add(
    "malformed",
    "heif_depth_xmp_holds_a_nul",
    xmp_changed(b"<rdf:RDF", b"\0<rdf:RDF"),
    "not well-formed",
    verb="extract",
)
add(
    "malformed",
    "heif_depth_xmp_is_latin_1",
    xmp_changed(b"high", b"h\xe9gh"),
    "not well-formed",
    verb="extract",
)
add(
    "malformed",
    "heif_depth_xmp_without_rdf",
    lambda: xmp_heic(b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"),
    "no rdf:RDF",
    verb="extract",
)
add(
    "malformed",
    "heif_depth_xmp_of_10000_elements",
    lambda: xmp_heic(RDF_HEAD + b"<d:a/>" * 10_000 + RDF_TAIL),
    "more than 10000",
    verb="extract",
)
add(
    "accepted",
    "heif_depth_xmp_of_unknown_properties",
    xmp_changed(b"</rdf:Description>", b"<n:new xmlns:n='urn:new'>1</n:new></rdf:Description>"),
    verb="extract",
)
add("accepted", "heif_matrix_of_11_numbers", rules.texts("ExtrinsicMatrix", ("1",) * 11), verb="extract")
add(
    "accepted",
    "heif_terminal_escapes_in_a_type",
    lambda: once(good(), b"urn:com:apple:photo:2020", b"urn:\x1b[2J\x1b[31m:2020abcdef"),
)
add("refused", "heif_without_depth_stripped", good, "no depth", verb="strip")
add("unsupported", "heif_without_depth_extracted", good, "no Apple depth", verb="extract")
add("unsupported", "heif_without_depth_copied", good, "no Apple depth", verb="copy")
add("unsupported", "heif_without_depth_in_a_dictionary", good, "no Apple depth", verb="dictionary")
add("refused", "heif_depth_there_already", lambda: authored("heic"), "--replace", verb="embed")
add("malformed", "heif_donor_cut", lambda: authored("heic")[:3000], "cut short", verb="donor")
add("malformed", "heif_as_map_cut", lambda: authored("heic")[:3000], "cut short", verb="map")
add("malformed", "heif_for_doctor_cut", lambda: authored("heic")[:3000], "cut short", verb="doctor")

add = JPEG.add
add("malformed", "jpeg_empty", lambda: b"", "empty")
add("malformed", "jpeg_soi_only", lambda: b"\xff\xd8", "no frame header")
add("malformed", "jpeg_soi_and_eoi", lambda: b"\xff\xd8\xff\xd9", "no SOF")
add("malformed", "jpeg_text", lambda: b"Dear reader, this is no picture.\n", "not a JPEG, HEIC or DNG")
add("malformed", "jpeg_cut_in_header", lambda: jpeg.coded()[:30], "no frame header")
add(
    "malformed",
    "jpeg_segment_length_0",
    lambda: patched(jpeg.coded(), b"\xff\xe0", 2, b"\0\0"),
    "has length 0",
)
add(
    "malformed",
    "jpeg_segment_length_65535",
    lambda: patched(jpeg.coded(), b"\xff\xe0", 2, b"\xff\xff"),
    "has length 65535",
)
add(
    "malformed",
    "jpeg_frame_of_no_lines",
    lambda: once(jpeg.coded(), b"\x11\x08\0\x20", b"\x11\x08\0\0"),
    "no size",
)
add(
    "malformed",
    "jpeg_frame_of_no_columns",
    lambda: once(jpeg.coded(), b"\x08\0\x20\0\x30", b"\x08\0\x20\0\0"),
    "no size",
)
add(
    "malformed",
    "jpeg_frame_too_short",
    lambda: once(jpeg.coded(), b"\xff\xc0\0\x11", b"\xff\xc0\0\x04"),
    "no frame header",
)
add("unsupported", "jpeg_ls", lambda: once(jpeg.coded(), b"\xff\xc0", b"\xff\xf7"), "JPEG-LS")
add("malformed", "jpeg_2000", lambda: b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(60), "")
add("unsupported", "jpeg_xl", lambda: b"\xff\x0a" + bytes(60), "")
add("unsupported", "jpeg_is_gif", lambda: b"GIF89a" + bytes(60), "GIF")
add("unsupported", "jpeg_is_webp", lambda: b"RIFF\x40\0\0\0WEBPVP8 " + bytes(60), "WebP")
add("unsupported", "jpeg_is_tiff", lambda: b"II*\0\x08\0\0\0" + bytes(60), "TIFF")
add("unsupported", "jpeg_is_a_bitmap", lambda: b"BM" + bytes(60), "")
add("accepted", "jpeg_without_eoi", lambda: jpeg.coded()[:-2])
add(
    "malformed",
    "jpeg_without_eoi_embedded",
    lambda: golden("orientation/scene-1.jpg")[:-2] + bytes(60),
    "no EOI",
    verb="embed",
)
add(
    "malformed",
    "jpeg_golden_cut_after_half",
    lambda: golden("orientation/scene-1.jpg")[:20_000],
    "no EOI",
    verb="embed",
)
add(
    "malformed",
    "jpeg_reserved_marker",
    lambda: patched(golden("orientation/scene-1.jpg"), b"\xff\xda", 3000, b"\xff\x05"),
    "reserved marker",
    verb="embed",
)
add("accepted", "jpeg_stray_bytes", lambda: jpeg.after_jfif(jpeg.coded(), b"\0stray"))
add("accepted", "jpeg_zeros_behind", lambda: jpeg.coded() + bytes(500))
add("accepted", "jpeg_mpf_byte_order", mpf(4, b"XX"))
add("accepted", "jpeg_mpf_offset_overflow", mpf(8, b"\xff\xff\xff\xff"))
add("accepted", "jpeg_mpf_65535_tags", mpf(12, b"\xff\xff"))
add("accepted", "jpeg_mpf_unknown_type", mpf(16, b"\0\x63"))
add("accepted", "jpeg_mpf_count_overflow", mpf(46 - 4, b"\xff\xff\xff\xff"))
add("accepted", "jpeg_mpf_entry_beyond_file", mpf(54 + 16 + 8, b"\x7f\xff\xff\xff"))
add("accepted", "jpeg_mpf_entry_is_the_photo", mpf(54 + 16 + 8, bytes(4)))
add("accepted", "jpeg_mpf_byte_order_embedded", mpf(4, b"XX"), verb="embed")
add("accepted", "jpeg_exif_empty", exif_photo(b""))
add("accepted", "jpeg_exif_ifd_beyond_block", exif_photo(b"MM\0*\xff\xff\xff\xff"))
add("accepted", "jpeg_exif_65535_entries", exif_photo(b"MM\0*\0\0\0\x08\xff\xff" + bytes(30)))
add("accepted", "jpeg_exif_ifd_in_a_loop", exif_photo(b"MM\0*\0\0\0\x08\0\0\0\0\0\x08"))
add("accepted", "jpeg_exif_orientation_9", exif_photo(jpeg.exif(orientation=9)[10:]))
add(
    "malformed",
    "jpeg_depth_cut",
    depth_jpeg_changed(lambda image: image[: image.rindex(b"\xff\xda") + 900]),
    "",
    verb="extract",
)
add(
    "malformed",
    "jpeg_depth_scan_missing",
    depth_jpeg_changed(lambda image: image[: image.rindex(b"\xff\xda")] + b"\xff\xd9"),
    "",
    verb="extract",
)
add(
    "unsupported",
    "jpeg_depth_xmp_gone",
    depth_jpeg_changed(
        lambda image: once(image, b"http://ns.adobe.com/xap/1.0/", b"http://ns.adobe.com/xap/9.0/")
    ),
    "no Apple depth",
    verb="extract",
)
add(
    "unsupported",
    "jpeg_depth_xmp_not_closed",
    depth_jpeg_changed(lambda image: once(image, b"</rdf:RDF>", b"</rdf:RDX>")),
    "no Apple depth",
    verb="extract",
)
add(
    "unsupported",
    "jpeg_depth_in_colour",
    depth_jpeg_changed(
        lambda image: image[: image.index(b"\xff\xdb")] + jpeg.coded()[jpeg.coded().index(b"\xff\xdb") :]
    ),
    "only 8-bit monochrome",
    verb="extract",
)
add(
    "refused",
    "jpeg_undo_record_is_noise",
    depth_jpeg_changed(
        lambda image: re.sub(
            rb"(depthauthor:(?:Undo|Restore)>)[^<]*",
            lambda found: found[1] + b"A" * (len(found[0]) - len(found[1])),
            image,
        )
    ),
    "",
    verb="restore",
)
add("refused", "jpeg_without_depth_stripped", jpeg.coded, "no depth", verb="strip")
add("refused", "jpeg_depth_there_already", lambda: authored("jpeg"), "--replace", verb="embed")
add(
    "accepted",
    "jpeg_xmp_of_the_photo_broken",
    lambda: jpeg.after_jfif(jpeg.coded(), jpeg.segment(0xE1, jpeg.XMP + b"<x:")),
)
add(
    "accepted",
    "jpeg_icc_chunk_missing",
    lambda: jpeg.after_jfif(jpeg.coded(), jpeg.segment(0xE2, b"ICC_PROFILE\0\2\2abc")),
)

add = PNG.add
add("malformed", "png_photo_cut", lambda: golden("scene.png")[:100_000], "does not decode")
add(
    "malformed",
    "png_photo_checksum",
    lambda: patched(golden("scene.png"), b"IDAT", 4, b"\0\0\0\0"),
    "does not decode",
)
add("malformed", "png_photo_signature_only", lambda: golden("scene.png")[:8], "")
add("unsupported", "png_photo_inspected", lambda: golden("scene.png"), "PNG", verb="inspect")

for rule, what, build in rules.DEFECTS:
    RULES.add("found", f"rule_{rule.lower()}_{slug(what)}", build)
