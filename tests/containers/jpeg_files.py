"""Build small JPEG files for the tests, each with one peculiarity, without the code under test."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from functools import cache

import numpy as np
from PIL import Image

from authoring.containers.base import CodedAuxiliary

XMP = b"http://ns.adobe.com/xap/1.0/\0"
AMPF_APP0 = bytes.fromhex("ffe0 0014 4a46494600 0101 01 012c 012c 0000 414d5046")
DIRECTORY = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:Container="http://ns.google.com/photos/1.0/container/"
 xmlns:Item="http://ns.google.com/photos/1.0/container/item/" xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/"
 hdrgm:Version="1.0"><Container:Directory><rdf:Seq>{}</rdf:Seq></Container:Directory></rdf:Description></rdf:RDF>
</x:xmpmeta>"""
MP4 = b"\0\0\0\x18ftypmp42\0\0\0\0isommp42" + bytes(range(200)) + b"\0\0\0\x08moov"


def segment(code: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, code, len(payload) + 2) + payload


@cache
def pixels(height: int, width: int, channels: int) -> np.ndarray:
    """Return gradients with noise, so that scans have many stuffed bytes."""
    noise = np.random.default_rng(height * width + channels).integers(0, 90, (height, width, channels))
    ramp = np.linspace(0, 160, height * width).reshape(height, width, 1)
    return np.squeeze((noise + ramp).astype(np.uint8))


@cache
def gray(width: int = 24, height: int = 16) -> bytes:
    """Return a gray image as an encoder writes it."""
    out = io.BytesIO()
    Image.fromarray(pixels(height, width, 1)).save(out, "JPEG", quality=95)
    return out.getvalue()


@cache
def coded(mode: str = "RGB", **options: object) -> bytes:
    """Return a photo of 48 x 32 pixels as Pillow writes it."""
    channels = {"RGB": 3, "L": 1, "CMYK": 4}[mode]
    out = io.BytesIO()
    Image.fromarray(pixels(32, 48, channels), mode).save(out, "JPEG", quality=90, **options)
    return out.getvalue()


def auxiliary(
    width: int = 24, height: int = 16, xmp: bytes = b"<x:xmpmeta>depth</x:xmpmeta>"
) -> CodedAuxiliary:
    return CodedAuxiliary(width, height, gray(width, height), b"", "", b"", xmp)


def without_jfif(jpeg: bytes) -> bytes:
    """Cut Pillow's JFIF header, the first segment."""
    assert jpeg[2:4] == b"\xff\xe0"
    return jpeg[:2] + jpeg[20:]


def after_jfif(jpeg: bytes, *segments: bytes) -> bytes:
    return jpeg[:20] + b"".join(segments) + jpeg[20:]


def before_scans(jpeg: bytes, *segments: bytes, number: int = 0) -> bytes:
    """Put segments before the scan `number`; the files here hold FFDA nowhere else."""
    place = -1
    for _ in range(number + 1):
        place = jpeg.index(b"\xff\xda", place + 1)
    return jpeg[:place] + b"".join(segments) + jpeg[place:]


def exif(order: str = ">", orientation: int = 6, thumbnail: bytes = b"") -> bytes:
    """Build an Exif segment with an Orientation, and optionally a thumbnail after it."""
    head = (b"MM\0*" if order == ">" else b"II*\0") + struct.pack(order + "IH", 8, 1)
    entry = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    return segment(0xE1, b"Exif\0\0" + head + entry + struct.pack(order + "I", 0) + thumbnail)


def icc(*chunks: bytes) -> bytes:
    total = len(chunks)
    parts = [b"ICC_PROFILE\0" + bytes([number, total]) + chunk for number, chunk in enumerate(chunks, 1)]
    return b"".join(segment(0xE2, part) for part in parts)


def index(
    order: str,
    entries: Sequence[tuple[int, int, int]],
    attributes: bytes = b"",
    identifiers: bytes = b"",
) -> bytes:
    """Build an MPF segment with entries (attribute, size, offset); `attributes` is a complete attribute IFD."""
    tags = 4 if identifiers else 3
    values = 8 + 2 + 12 * tags + 4
    packed = b"".join(struct.pack(order + "IIIHH", *entry, 0, 0) for entry in entries)
    body = (b"MM\0*" if order == ">" else b"II*\0") + struct.pack(order + "IH", 8, tags)
    body += struct.pack(order + "HHI4s", 0xB000, 7, 4, b"0100")
    body += struct.pack(order + "HHII", 0xB001, 4, 1, len(entries))
    body += struct.pack(order + "HHII", 0xB002, 7, len(packed), values)
    if identifiers:
        body += struct.pack(order + "HHII", 0xB003, 7, len(identifiers), values + len(packed))
    values += len(packed) + len(identifiers) + len(identifiers) % 2
    body += struct.pack(order + "I", values if attributes else 0) + packed + identifiers
    return segment(0xE2, b"MPF\0" + body + bytes(len(identifiers) % 2) + attributes)


def multi(
    primary: bytes,
    images: Sequence[bytes],
    order: str = ">",
    attributes: bytes = b"",
    identifiers: bytes = b"",
    wrong_by: int = 0,
    tail: bytes = b"",
) -> bytes:
    """Build a file of several images: the MP index after the JFIF header, the images after the photo.

    `wrong_by` is added to the photo's size in the index.
    """
    count = len(images) + 1
    empty = index(order, [(0, 0, 0)] * count, attributes, identifiers)
    size = len(primary) + len(empty)
    base = 20 + 8
    entries = [(0x030000, size + wrong_by, 0)]
    place = size
    for image in images:
        entries.append((0, len(image), place - base))
        place += len(image)
    photo = after_jfif(primary, index(order, entries, attributes, identifiers))
    return photo + b"".join(images) + tail


def gain_map() -> bytes:
    """Return a gray image with its own XMP, as Ultra HDR has it."""
    packet = b'<rdf:Description xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/"/>'
    return after_jfif(gray(12, 8), segment(0xE1, XMP + packet))


def ultra_hdr(*, listed: bool, video: bytes = b"") -> bytes:
    """Photo, gain map, perhaps a video, with Google's directory; the gain map in an MP index too if `listed`."""
    image = gain_map()
    items = '<rdf:li><Container:Item Item:Semantic="Primary" Item:Mime="image/jpeg"/></rdf:li>'
    items += (
        '<rdf:li><Container:Item Item:Semantic="GainMap" Item:Mime="image/jpeg"'
        f' Item:Length="{len(image)}"/></rdf:li>'
    )
    if video:
        items += (
            "<rdf:li rdf:parseType='Resource'><Item:Semantic>MotionPhoto</Item:Semantic>"
            f"<Item:Mime>video/mp4</Item:Mime><Item:Length>{len(video)}</Item:Length></rdf:li>"
        )
    packet = segment(0xE1, XMP + DIRECTORY.format(items).encode())
    photo = after_jfif(coded(), packet)
    return multi(photo, [image], tail=video) if listed else photo + image + video


def attribute_ifd(order: str) -> bytes:
    """MPIndividualNum 1."""
    return (
        struct.pack(order + "H", 1)
        + struct.pack(order + "HHII", 0xB101, 4, 1, 1)
        + struct.pack(order + "I", 0)
    )


def fill_bytes(jpeg: bytes) -> bytes:
    """Put two fill bytes before each marker up to the scan."""
    out, place = jpeg[:2], 2
    while jpeg[place + 1] != 0xDA:
        stop = place + 2 + int.from_bytes(jpeg[place + 2 : place + 4], "big")
        out += b"\xff\xff" + jpeg[place:stop]
        place = stop
    return out + b"\xff\xff" + jpeg[place:-2] + b"\xff\xff" + jpeg[-2:]


def photos() -> dict[str, bytes]:
    """Return every peculiar photo by name; none holds depth."""
    trap = b"\xff\xd9\xff\xd8\xff\xda"
    table = segment(0xC4, b"\x13" + bytes([2]) + bytes(15) + b"\xff\xd9")
    plain = coded()
    thumbnail_header = segment(0xE0, b"JFIF\0\1\2\0\0\1\0\1\1\1" + b"\xff\xd9\0")
    moved = without_jfif(plain)
    moved = moved[:2] + exif() + plain[2:20] + moved[2:]
    return {
        "plain": plain,
        "gray": coded("L"),
        "cmyk": coded("CMYK"),
        "rgb without jfif": coded(keep_rgb=True),
        "no jfif": without_jfif(plain),
        "no jfif, exif": plain[:2] + exif("<") + plain[20:],
        "jfif after exif": moved,
        "jfif after exif, fill bytes": fill_bytes(moved),
        "jfif with thumbnail": plain[:2] + thumbnail_header + plain[20:],
        "jfxx": after_jfif(plain, segment(0xE0, b"JFXX\0\x10" + trap)),
        "exif, xmp, icc": after_jfif(plain, exif(), segment(0xE1, XMP + b"<x/>"), icc(b"one", b"two")),
        "icc, exif": after_jfif(plain, icc(b"profile"), exif()),
        "thumbnail with EOI in exif": after_jfif(plain, exif(thumbnail=gray() + trap)),
        "progressive": coded(progressive=True),
        "EOI bytes between scans": before_scans(
            coded(progressive=True), table, segment(0xFE, trap), number=1
        ),
        "restart markers": coded(restart_marker_blocks=2),
        "fill bytes": fill_bytes(after_jfif(plain, exif())),
        "stray bytes": after_jfif(plain, exif(), b"\0stray"),
        "zeros after the photo": plain + bytes(500),
        "video after the photo": plain + MP4,
        "samsung trailer": plain + b"\0\0\1\x0aImage_UTC_Data" + trap + b"SEFH\x6b\0\0\0\x14\0\0\0SEFT",
        "jpeg after the photo": plain + gray(),
        "one image in index": multi(plain, []),
        "one image in index, little-endian": multi(plain, [], "<", attributes=attribute_ifd("<")),
        "one image in index, wrong size": multi(plain, [], wrong_by=-40),
        "gain map": multi(plain, [gain_map()]),
        "gain map, little-endian": multi(plain, [gain_map()], "<"),
        "two images, wrong size": multi(plain, [gain_map(), gray()], wrong_by=-224),
        "gain map, attributes": multi(plain, [gain_map()], attributes=attribute_ifd(">")),
        "gain map, unique identifiers": multi(plain, [gain_map()], identifiers=bytes(range(66))),
        "gain map, zeros after it": multi(plain, [gain_map()], tail=bytes(300)),
        "ultra hdr": ultra_hdr(listed=True),
        "ultra hdr, video": ultra_hdr(listed=True, video=MP4),
        "ultra hdr without index": ultra_hdr(listed=False),
        "ultra hdr without index, video": ultra_hdr(listed=False, video=MP4),
        "gain map that only xmp names": after_jfif(
            plain, segment(0xE1, XMP + b'<x xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/"/>')
        )
        + gain_map(),
    }
