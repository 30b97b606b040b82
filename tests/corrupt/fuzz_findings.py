"""Inputs that once broke the invariant of docs/robustness.md, each with one defect: name to builder.

They were found by fuzzing, or by asking what a table can claim at no cost; each is small, and each did harm.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable

from tests.containers import heif_files, jpeg_files
from tests.containers.heif_files import ItemSpec, PhotoSpec, box, full, small_photo

# HEIF: tables that cost more than their bytes


def one_item_with_all_properties() -> bytes:
    """Thousands of entries in ipma that all add to one item."""
    spec = small_photo()
    entry = struct.pack(">HB", 1, 255) + bytes([2]) * 255
    rows = full("ipma", 0, 0, struct.pack(">I", 4000), entry * 4000)
    return _with_associations(spec.build(), rows)


def _with_associations(data: bytes, ipma: bytes) -> bytes:
    """Insert another ipma after the first; the boxes around it grow, and the offsets of the data are adjusted."""
    at = data.index(b"ipma") - 4
    (size,) = struct.unpack_from(">I", data, at)
    data = data[: at + size] + ipma + data[at + size :]
    for kind in (b"meta", b"iprp"):
        place = data.index(kind) - 4
        (old,) = struct.unpack_from(">I", data, place)
        data = data[:place] + struct.pack(">I", old + len(ipma)) + data[place + 4 :]
    rows = data.index(b"iloc") + 12
    for number in range(5):
        place = rows + 16 * number + 8
        (old,) = struct.unpack_from(">I", data, place)
        data = data[:place] + struct.pack(">I", old + len(ipma)) + data[place + 4 :]
    return data


def items_within_one_of_many_pieces(count: int = 400) -> bytes:
    """Items that each lie in all the thousands of extents of one other item."""
    spec = small_photo(iloc_version=1, pieces=1)
    spec.items.append(ItemSpec(9, "mime", b"h" * 30_000, content_type="text/xml"))
    for number in range(10, 10 + count):
        spec.items.append(ItemSpec(number, "mime", b"h" * 30_000, method=2, host=9, content_type="text/xml"))
        spec.references.append(("iloc", number, [9]))
    data = spec.build()
    # The host's one extent becomes thirty thousand of a byte each, so iloc is rewritten.
    at = data.rindex(b"iloc") - 4  # References of that name come before.
    (size,) = struct.unpack_from(">I", data, at)
    body = data[at + 8 : at + size]
    rows = [body[8 + 16 * number : 24 + 16 * number] for number in range(len(spec.items))]
    place = next(number for number, item in enumerate(spec.items) if item.identifier == 9)
    row = rows[place]
    (first,) = struct.unpack_from(">I", row, 8)
    grown = 8 * (30_000 - 1)
    pieces = b"".join(struct.pack(">II", first + grown + number, 1) for number in range(30_000))
    shifted = []
    for number, entry_row in enumerate(rows):
        (method,) = struct.unpack_from(">H", entry_row, 2)
        (offset,) = struct.unpack_from(">I", entry_row, 8)
        if number == place:
            shifted.append(entry_row[:6] + struct.pack(">H", 30_000) + pieces)
        elif method == 0:
            shifted.append(entry_row[:8] + struct.pack(">I", offset + grown) + entry_row[12:])
        else:
            shifted.append(entry_row)
    iloc = struct.pack(">I4s", size + grown, b"iloc") + body[:8] + b"".join(shifted)
    data = data[:at] + iloc + data[at + size :]
    meta = data.index(b"meta") - 4
    (old,) = struct.unpack_from(">I", data, meta)
    return data[:meta] + struct.pack(">I", old + grown) + data[meta + 4 :]


def _auxiliaries(count: int, **changes: object) -> PhotoSpec:
    """Build many auxiliary images without data."""
    spec = small_photo(**changes)
    for number in range(100, 100 + count):
        spec.items.append(ItemSpec(number, "hvc1", b"x", method=1))
        spec.references.append(("auxl", number, [1]))
    return spec


def one_packet_for_all_images(count: int = 1000) -> bytes:
    """One long XMP packet that describes a thousand auxiliary images."""
    spec = _auxiliaries(count)
    spec.items.append(ItemSpec(9, "mime", b"<x>" + b" " * 400_000, content_type=heif_files.RDF))
    spec.references.append(("cdsc", 9, list(range(100, 100 + count))))
    return spec.build()


def one_configuration_for_all_images(count: int = 1000) -> bytes:
    """One long hvcC that a thousand auxiliary images share."""
    spec = _auxiliaries(count)
    spec.properties.append(box("hvcC", b"\1" * 400_000))
    for number in range(100, 100 + count):
        spec.links[number] = [(len(spec.properties), True)]
    return spec.build()


def one_long_type_for_all_images() -> bytes:
    """One auxC whose text has 400 kB, shared by a thousand images."""
    spec = _auxiliaries(1000)
    spec.properties.append(full("auxC", 0, 0, b"urn:" + b"x" * 400_000 + b"\0"))
    for number in range(100, 1100):
        spec.links[number] = [(len(spec.properties), True)]
    return spec.build()


def many_exif_items_in_one_place() -> bytes:
    """A thousand Exif items of one long run of bytes, none of which has a TIFF header."""
    spec = small_photo()
    del spec.items[1]
    spec.references = [reference for reference in spec.references if reference[1] != 2]
    spec.items.append(ItemSpec(9, "mime", bytes(400_000), content_type="text/xml"))
    for number in range(100, 1100):
        spec.items.append(ItemSpec(number, "Exif", bytes(400_000), method=2, host=9))
        spec.references.append(("iloc", number, [9]))
        spec.references.append(("cdsc", number, [1]))
    return spec.build()


def many_tone_maps() -> bytes:
    """Thousands of tone maps and auxiliary images, each of which must be compared with the others."""
    spec = small_photo()
    for number in range(100, 3100):
        spec.items.append(ItemSpec(number, "tmap", b"t", method=1))
        spec.references.append(("dimg", number, [1]))
    for number in range(3100, 6100):
        spec.items.append(ItemSpec(number, "hvc1", b"h", method=1))
        spec.references.append(("auxl", number, [9, 9, 9, 9]))
    return spec.build()


HEIF: dict[str, Callable[[], bytes]] = {
    "one item with a million properties": one_item_with_all_properties,
    "items within one of many pieces": items_within_one_of_many_pieces,
    "one packet for all images": one_packet_for_all_images,
    "one configuration for all images": one_configuration_for_all_images,
    "one long type for all images": one_long_type_for_all_images,
    "many exif items in one place": many_exif_items_in_one_place,
    "many tone maps": many_tone_maps,
}


def two_boxes_of_references() -> bytes:
    """The first holds one reference, the Exif's, and is removed with it; the second stays."""
    return small_photo(references=[("cdsc", 2, [1])], meta_extra=full("iref", 1, 0)).build()


def an_item_of_no_printable_type() -> bytes:
    """It is derived from the gain map, and named in the message that refuses to remove that."""
    spec = small_photo()
    spec.items.append(ItemSpec(7, "mim\x9a", b"x"))
    spec.references.append(("dimg", 7, [4]))
    return spec.build()


HEIF_EDITS: dict[str, Callable[[], bytes]] = {
    "two boxes of references": two_boxes_of_references,
    "an item of no printable type": an_item_of_no_printable_type,
}

# JPEG


def depth_image_of_4000_megapixels() -> bytes:
    """The auxiliary image's frame header states 65,500 by 65,500; its data is that of a small one."""
    gray = jpeg_files.gray()
    at = gray.index(b"\xff\xc0")
    huge = gray[: at + 5] + struct.pack(">HH", 65_500, 65_500) + gray[at + 9 :]
    packet = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
    packet += (
        b"<rdf:Description xmlns:a='http://ns.apple.com/pixeldatainfo/1.0/' a:AuxiliaryImageType='disparity'"
    )
    packet += (
        b" xmlns:d='http://ns.apple.com/depthData/1.0/' xmlns:m='http://ns.apple.com/pixeldatainfo/1.0/'"
    )
    packet += b" m:FloatMinValue='1' m:FloatMaxValue='2'/></rdf:RDF></x:xmpmeta>"
    image = jpeg_files.after_jfif(huge, jpeg_files.segment(0xE1, jpeg_files.XMP + packet))
    return jpeg_files.multi(jpeg_files.coded(), [image])


JPEG: dict[str, Callable[[], bytes]] = {"a depth image of 4000 megapixels": depth_image_of_4000_megapixels}

# Maps


def _npz(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members:
            archive.writestr(zipfile.ZipInfo(name), body, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _npy(header: str, body: bytes = b"") -> bytes:
    text = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text + body


def header_without_end() -> bytes:
    """A member whose NPY header has 60 MB of blanks, deflated to 60 kB."""
    return _npz(("depth.npy", b"\x93NUMPY\2\0" + struct.pack("<I", 60_000_000) + b" " * 60_000_000))


def samples_of_a_megabyte() -> bytes:
    """60 samples of a type of a million bytes each, deflated."""
    header = "{'descr': '|V1000000', 'fortran_order': False, 'shape': (10, 6)}"
    return _npz(("depth.npy", _npy(header, bytes(60_000_000))))


def negative_shape() -> bytes:
    """A negative shape, which reads a member to its end, however long that is."""
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 4)}"
    return _npz(("depth.npy", _npy(header, bytes(60_000_000))))


MAPS: dict[str, Callable[[], bytes]] = {
    "npz header without end": header_without_end,
    "npz samples of a megabyte": samples_of_a_megabyte,
    "npz of negative shape": negative_shape,
}

# Text

CALIBRATIONS: dict[str, Callable[[], bytes]] = {
    "field of view next to nothing": lambda: b'{"fov_x": 1e-320, "fov_y": 45}',
    "field of view of a plane": lambda: b'{"fov_x": 1e-300, "fov_y": 179.999999999}',
}

JOURNALS: dict[str, Callable[[], bytes]] = {
    "nesting without end": lambda: b"[" * 100_000 + b"\n",
    "half a surrogate": lambda: json.dumps({"begin": "/\ud800"}).encode() + b"\n",
    "half a surrogate as digest": lambda: (
        json.dumps({"done": "/a", "sha256": "\ud800", "inputs": ""}).encode() + b"\n"
    ),
}

MANIFESTS: dict[str, Callable[[], bytes]] = {
    "a cell without end in the first line": lambda: b'photo,map,"' + b"x" * 200_000 + b'"\n',
    "a path of nothing": lambda: b"photo,map\n/,a.png\n",
    "a path with NUL": lambda: b'{"photo": "a\\u0000.jpg", "map": "a.png"}\n',
    "a path with half a surrogate": lambda: b'{"photo": "\\ud800.jpg", "map": "a.png"}\n',
}


def one_long_namespace() -> bytes:
    """A namespace of 400 kB with nine thousand attributes."""
    rdf = b"http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    attributes = b" ".join(b"a:x%d=''" % number for number in range(9000))
    head = b"<rdf:RDF xmlns:rdf='" + rdf + b"' xmlns:a='urn:" + b"x" * 400_000 + b"'>"
    return head + b"<rdf:Description " + attributes + b"/></rdf:RDF>"


PACKETS: dict[str, Callable[[], bytes]] = {"one long namespace": one_long_namespace}

MESSAGES: dict[str, Callable[[], bytes]] = {
    "four limits of many spellings": lambda: bytes.fromhex(
        "00000018000000144e01b110f9075e000000000000000a0010310002"
    ),
}

# Exif


def exif(*entries: bytes, following: int = 0, tail: bytes = b"") -> bytes:
    """Build a big-endian block of one directory."""
    head = b"MM\0*" + struct.pack(">IH", 8, len(entries))
    return head + b"".join(entries) + struct.pack(">I", following) + tail


def entry(tag: int, kind: int, count: int, value: int) -> bytes:
    """Build an IFD entry whose last four bytes are a number."""
    return struct.pack(">HHII", tag, kind, count, value)


def note_outside_its_block() -> bytes:
    """An Apple maker note that ends twenty bytes after the end of its block, which was cut short."""
    note = b"Apple iOS\0\0\1MM" + struct.pack(">H", 1) + entry(0x19, 9, 1, 0x20)
    inner = struct.pack(">H", 1) + entry(0x927C, 7, len(note) + 20, 44) + bytes(4)
    return exif(entry(0x8769, 4, 1, 26), tail=inner + note)


EXIF: dict[str, Callable[[], bytes]] = {
    "a pointer below zero": lambda: exif(entry(0x8769, 9, 1, 0x80000000)),
    "values that all share one run": lambda: exif(
        *(entry(0x9000 + tag, 7, 200_000, 100) for tag in range(500)), tail=bytes(200_000)
    ),
    "two thousand million values": lambda: exif(entry(0x0112, 3, 0x7FFFFFFF, 8)),
    "a note that leaves its block": note_outside_its_block,
    "a link that leads nowhere": lambda: exif(entry(0x0112, 3, 1, 6 << 16), following=99),
    "an orientation that leaves its block": lambda: exif(entry(0x0112, 3, 16, 8)),
    "a link into the middle of a number": lambda: exif(entry(0x0112, 3, 1, 6 << 16), following=3),
}


def photo_with(block: bytes) -> bytes:
    """Build a HEIC photo with this Exif block."""
    spec = small_photo()
    spec.items[1].data = bytes(4) + block
    return spec.build()


def no_image_at_all() -> bytes:
    """Items of unknown types, so that there is no image to open."""
    spec = small_photo()
    for item in spec.items:
        item.kind = "xxxx" if item.kind == "hvc1" else item.kind
    return spec.build()


def property_that_is_not_there() -> bytes:
    """The main image has property 127 of eight."""
    data = small_photo().build()
    at = data.index(b"ipma") + 15
    return data[:at] + b"\x7f" + data[at + 1 :]


def gray_picture_of_no_size() -> bytes:
    """A gray picture whose item states 0 by 0 pixels; its stream holds 64 by 64."""
    data = heif_files.coded("L", 64, 64)
    at = data.index(b"ispe") + 8
    return data[:at] + bytes(8) + data[at + 8 :]


GRAY: dict[str, Callable[[], bytes]] = {"a gray picture of no size": gray_picture_of_no_size}

PICTURES: dict[str, Callable[[], bytes]] = {
    "a property that is not there": property_that_is_not_there,
    "no image at all": no_image_at_all,
    "data outside the file": lambda: small_photo().build()[:-40],
}

PHOTOS: dict[str, Callable[[], bytes]] = {
    name.replace(" ", "_"): make for table in (HEIF, JPEG, PICTURES) for name, make in table.items()
}
"""The photos among them, as the corpus lists them."""
