"""Check a Dynamic Depth photo as Android does, without the code under test.

The rules are those of AOSP's camera tests (a Device, a Profile DepthPhoto with CameraIndices, that camera's DepthMap
with DepthURI, Units Meters, Format RangeInverse, 0 <= Near < Far, ConfidenceURI), of its parser (required fields; only
the first rdf:Description of the extended packet is looked at; pictures are counted from the photo's end in the order of
the directory), and of extended XMP (XMP part 3, 1.1.3.1).
"""

from __future__ import annotations

import hashlib
import io
import re
import struct
from dataclasses import dataclass
from xml.etree import ElementTree

from PIL import Image

STANDARD = b"http://ns.adobe.com/xap/1.0/\0"
EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
NOTE = "{http://ns.adobe.com/xmp/note/}HasExtendedXMP"
DD = "http://ns.google.com/photos/dd/1.0/"


def named(prefix: str, name: str) -> str:
    return f"{{{DD}{prefix}/}}{name}"


@dataclass(frozen=True)
class Jpeg:
    """The segments of a photo before its scan, and where its image ends."""

    segments: list[tuple[int, bytes]]
    coded_start: int
    """Offset of the first segment that is no APPn."""
    stop: int

    def app1(self, prefix: bytes) -> list[bytes]:
        return [
            body[len(prefix) :] for code, body in self.segments if code == 0xE1 and body.startswith(prefix)
        ]


def parse(data: bytes) -> Jpeg:
    """Walk a photo from SOI to EOI; a scan ends at the first marker that is no RST and no stuffing."""
    assert data[:2] == b"\xff\xd8"
    segments: list[tuple[int, bytes]] = []
    place, coded = 2, 0
    while True:
        code = data[place + 1]
        if code == 0xD9:
            return Jpeg(segments, coded, place + 2)
        size = struct.unpack_from(">H", data, place + 2)[0]
        segments.append((code, data[place + 4 : place + 2 + size]))
        if not coded and not 0xE0 <= code <= 0xEF:
            coded = place
        place += 2 + size
        if code == 0xDA:
            place = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL).search(data, place).start()  # type: ignore[union-attr]


def extended_packet(jpeg: Jpeg) -> bytes:
    """Return the extended packet. Raises AssertionError where name, digest, lengths or offsets do not fit."""
    (standard,) = jpeg.app1(STANDARD)
    names = re.findall(rb'HasExtendedXMP(?:="|>)([0-9A-Fa-f]{32})', standard)
    assert len(names) == 1, "the standard packet names one extended packet"
    chunks = jpeg.app1(EXTENSION)
    assert chunks and all(chunk[:32] == names[0] for chunk in chunks), "each chunk has the name"
    packet = b""
    for chunk in chunks:
        length, offset = struct.unpack_from(">II", chunk, 32)
        assert offset == len(packet), "chunks follow each other"
        packet += chunk[40:]
    assert length == len(packet), "the full length is stated"
    assert hashlib.md5(packet).hexdigest().upper() == names[0].decode().upper(), "the name is the MD5"
    return packet


def faults(data: bytes) -> list[str]:
    """Return which rules a photo breaks; empty for a photo that Android accepts."""
    try:
        jpeg = parse(data)
        root = ElementTree.fromstring(extended_packet(jpeg))
    except (AssertionError, ElementTree.ParseError, ValueError) as error:
        return [f"extended XMP: {error}"]
    description = root.find(f".//{RDF}Description")
    if description is None or description.find(named("device", "Cameras")) is None:
        return ["no Device in the first description"]
    found = []
    profiles = description.findall(
        f"{named('device', 'Profiles')}/{RDF}Seq/{RDF}li/{named('device', 'Profile')}"
    )
    indices = [
        [
            int(item.text or "-1")
            for item in profile.findall(f"{named('profile', 'CameraIndices')}/{RDF}Seq/{RDF}li")
        ]
        for profile in profiles
        if profile.get(named("profile", "Type")) == "DepthPhoto"
    ]
    if not indices or not indices[0]:
        return ["no Profile DepthPhoto with CameraIndices"]
    cameras = description.findall(
        f"{named('device', 'Cameras')}/{RDF}Seq/{RDF}li/{named('device', 'Camera')}"
    )
    if not 0 <= indices[0][0] < len(cameras):
        return ["CameraIndices names no camera"]
    depth = cameras[indices[0][0]].find(named("camera", "DepthMap"))
    if depth is None:
        return ["the camera has no DepthMap"]
    value = {name: depth.get(named("depthmap", name)) for name in (
        "ItemSemantic", "Format", "Near", "Far", "Units", "DepthURI", "ConfidenceURI", "MeasureType",
    )}  # fmt: skip
    found += [f"{name} is missing" for name in value if value[name] is None]
    if found:
        return found
    if value["Units"] != "Meters":
        found.append("Units are not Meters")
    if value["Format"] != "RangeInverse":
        found.append("Format is not RangeInverse")
    if value["ItemSemantic"] != "Depth":
        found.append("ItemSemantic is not Depth")
    if value["MeasureType"] not in ("OpticalAxis", "OpticRay"):
        found.append("MeasureType is unknown")
    if not 0 <= float(value["Near"] or "nan") < float(value["Far"] or "nan") < 3.4e38:
        found.append("0 <= Near < Far does not hold")
    try:
        pictures = media(data, jpeg.stop, description)
        depth_map, confidence = (
            Image.open(io.BytesIO(pictures[value[name] or ""])) for name in ("DepthURI", "ConfidenceURI")
        )
    except (AssertionError, KeyError, OSError) as error:
        return [*found, f"media: {error!r}"]
    if {depth_map.mode, confidence.mode} != {"L"} or depth_map.size != confidence.size:
        found.append("depth and confidence are not gray pictures of one size")
    turn = Image.open(io.BytesIO(data)).getexif().get(0x0112, 1)
    if {depth_map.getexif().get(0x0112, 1), confidence.getexif().get(0x0112, 1)} != {turn}:
        found.append("the pictures are not turned as the photo")
    return found


def media(data: bytes, stop: int, description: ElementTree.Element) -> dict[str, bytes]:
    """Return the pictures of the directory by URI, counted from the photo's end."""
    directory = f"{named('device', 'Container')}/{named('container', 'Directory')}"
    items = description.findall(f"{directory}/{RDF}Seq/{RDF}li/{named('container', 'Item')}")
    values = [
        (
            item.get(named("item", "DataURI")) or "",
            int(item.get(named("item", "Length")) or "-1"),
            int(item.get(named("item", "Padding")) or "0"),
            item.get(named("item", "Mime")),
        )
        for item in items
    ]
    assert values and values[0][:2] == ("primary_image", 0), "the photo is the first item"
    pictures, place = {}, stop + values[0][2]
    for uri, length, padding, mime in values[1:]:
        picture = data[place : place + length]
        assert length > 0 and len(picture) == length and mime == "image/jpeg", "each item is in the file"
        assert parse(picture).stop == length, "each item is one whole JPEG"
        pictures[uri] = picture
        place += length + padding
    return pictures
