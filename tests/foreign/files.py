"""Build photos with depth of every other maker, from the descriptions of their formats, without the code under test."""

from __future__ import annotations

import base64
import hashlib
import io
import struct
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.containers import heif_files

STANDARD = b"http://ns.adobe.com/xap/1.0/\0"
EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
DD = "http://ns.google.com/photos/dd/1.0/"
XDM = "http://ns.xdm.org/photos/1.0/"

CHUNK = 65_000
"""Bytes of an extended packet in one segment."""

SIZE = (96, 64)
"""(width, height) of photo and map."""

MP4 = struct.pack(">I", 24) + b"ftypmp42" + bytes(12) + struct.pack(">I", 16) + b"mdat" + bytes(8)


def codes(width: int = SIZE[0], height: int = SIZE[1], top: int = 255) -> NDArray[Any]:
    """Return a map (height, width) that looks otherwise after any turn, and has every code up to `top` at its ends."""
    rows, columns = np.mgrid[0:height, 0:width]
    values = (rows * 2 + columns) / (2 * height + width - 3)
    values = np.where((rows > height // 2) & (columns < width // 4), 1 - values, values)
    values[0, 0], values[-1, -1] = 0, 1
    return np.asarray(np.rint(values * top), np.uint8 if top == 255 else np.uint16)


def coded(samples: NDArray[Any], kind: str = "PNG", orientation: int = 0) -> bytes:
    """Encode samples as a PNG or a JPEG of quality 100, with an Exif Orientation if one is given."""
    out = io.BytesIO()
    options: dict[str, Any] = {"quality": 100, "subsampling": 0} if kind == "JPEG" else {}
    if orientation:
        options["exif"] = exif(orientation)
    Image.fromarray(samples).save(out, kind, **options)
    return out.getvalue()


def exif(orientation: int) -> bytes:
    block = Image.Exif()
    block[0x010F], block[0x0110] = "Maker", "Model"
    if orientation:
        block[0x0112] = orientation
    return bytes(block.tobytes())


@cache
def photo(
    width: int = SIZE[0], height: int = SIZE[1], orientation: int = 1, tone: int = 0, with_exif: bool = True
) -> bytes:
    """Encode a colour picture; another tone gives another picture."""
    rows, columns = np.mgrid[0:height, 0:width]
    pixels = np.dstack([rows * 3 % 256, columns * 2 % 256, (rows + columns + tone) % 256]).astype(np.uint8)
    out = io.BytesIO()
    options = {"exif": exif(orientation)} if with_exif else {}
    Image.fromarray(pixels).save(out, "JPEG", quality=90, **options)
    return out.getvalue()


def segment(payload: bytes) -> bytes:
    return b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload


def packet(attributes: str, body: str = "") -> bytes:
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about="" '
        f"{attributes}>{body}</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def after_exif(jpeg: bytes, *segments: bytes) -> bytes:
    """Insert segments after SOI and the Exif segment."""
    at = 2
    if jpeg[2:4] == b"\xff\xe1":
        at = 4 + int.from_bytes(jpeg[4:6], "big")
    return jpeg[:at] + b"".join(segments) + jpeg[at:]


def with_packets(jpeg: bytes, standard: bytes, extended: bytes = b"", *, shuffled: bool = False) -> bytes:
    """Insert a standard packet and the chunks of an extended one."""
    if not extended:
        return after_exif(jpeg, segment(STANDARD + standard))
    guid = hashlib.md5(extended).hexdigest().upper().encode()
    note = b' xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="' + guid + b'"'
    standard = standard.replace(b'rdf:about=""', b'rdf:about=""' + note, 1)
    chunks = [
        segment(EXTENSION + guid + struct.pack(">II", len(extended), start) + extended[start : start + CHUNK])
        for start in range(0, len(extended), CHUNK)
    ]
    return after_exif(jpeg, segment(STANDARD + standard), *(reversed(chunks) if shuffled else chunks))


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def gdepth(
    jpeg: bytes,
    depth: bytes,
    *,
    near: object = 0.5,
    far: object = 8.0,
    format: str | None = "RangeInverse",
    units: str | None = "m",
    mime: str = "image/png",
    confidence: bytes = b"",
    unblurred: bytes = b"",
    focus: bool = False,
    measure: str = "",
    extended: bool = True,
    data: str | None = None,
) -> bytes:
    """Build GDepth: the small properties in the standard packet, pictures in the extended one."""
    names = 'xmlns:GDepth="http://ns.google.com/photos/1.0/depthmap/" '
    names += 'xmlns:GImage="http://ns.google.com/photos/1.0/image/" '
    names += 'xmlns:GFocus="http://ns.google.com/photos/1.0/focus/" '
    small = f'GDepth:Near="{near}" GDepth:Far="{far}" GDepth:Mime="{mime}" '
    small += f'GDepth:Format="{format}" ' if format else ""
    small += f'GDepth:Units="{units}" ' if units else ""
    small += f'GDepth:MeasureType="{measure}" ' if measure else ""
    small += 'GFocus:BlurAtInfinity="0.02" GFocus:FocalDistance="12" ' if focus else ""
    large = f'GDepth:Data="{b64(depth) if data is None else data}" '
    large += f'GDepth:ConfidenceMime="image/png" GDepth:Confidence="{b64(confidence)}" ' if confidence else ""
    large += f'GImage:Mime="image/jpeg" GImage:Data="{b64(unblurred)}" ' if unblurred else ""
    if extended:
        return with_packets(jpeg, packet(names + small), packet(names + large))
    return with_packets(jpeg, packet(names + small + large))


@dataclass
class DynamicDepth:
    """A Dynamic Depth photo to build; the defaults are as Android's own writer has them."""

    jpeg: bytes = field(default_factory=photo)
    depth: bytes = field(default_factory=lambda: coded(codes(), "JPEG"))
    confidence: bytes = field(default_factory=lambda: coded(np.full(SIZE[::-1], 255, np.uint8), "JPEG"))
    original: bytes = b""
    near: object = 0.5
    far: object = 8.0
    format: str = "RangeInverse"
    units: str = "Meters"
    semantic: str = "Depth"
    measure: str = "OpticalAxis"
    focal_table: str = ""
    camera: str = ""
    """The attributes of ImagingModel, with the prefix M."""
    profile: str = "DepthPhoto"
    indices: tuple[int, ...] = (0,)
    other_cameras: int = 0
    """Cameras without depth before the one that has it."""
    padding: int = 0
    lengths: dict[str, object] = field(default_factory=dict)
    """Item:Length by URI where it is to be wrong."""
    mimes: dict[str, str] = field(default_factory=dict)
    between: bytes = b""
    """What stands between the photo and its media, unlisted."""
    tail: bytes = b""
    extended: bool = True
    shuffled: bool = False
    elements: bool = False
    """Fields as elements of nested descriptions, not as attributes."""
    depth_uri: str = "android/depthmap"

    def build(self) -> bytes:
        """Return the file."""
        media = [("android/depthmap", self.depth)]
        media += [("android/confidencemap", self.confidence)] if self.confidence else []
        media = ([("android/original_image", self.original)] if self.original else []) + media
        names = " ".join(
            f'xmlns:{prefix}="{DD}{name}/"'
            for prefix, name in (
                ("Device", "device"),
                ("Container", "container"),
                ("Item", "item"),
                ("Profile", "profile"),
                ("Camera", "camera"),
                ("Image", "image"),
                ("DepthMap", "depthmap"),
                ("M", "imagingmodel"),
            )
        )
        items = self._item("primary_image", 0)
        items += "".join(self._item(uri, len(data)) for uri, data in media)
        body = (
            f'<Device:Container rdf:parseType="Resource"><Container:Directory><rdf:Seq>{items}</rdf:Seq>'
            "</Container:Directory></Device:Container>"
        )
        if self.profile:
            indices = "".join(f"<rdf:li>{index}</rdf:li>" for index in self.indices)
            body += (
                f'<Device:Profiles><rdf:Seq><rdf:li><Device:Profile Profile:Type="{self.profile}">'
                f"<Profile:CameraIndices><rdf:Seq>{indices}</rdf:Seq></Profile:CameraIndices></Device:Profile>"
                "</rdf:li></rdf:Seq></Device:Profiles>"
            )
        image = ""
        if self.original:
            image = self._fields(
                "Camera:Image", 'Image:ItemSemantic="Original" Image:ItemURI="android/original_image"'
            )
        depth = (
            f'DepthMap:ItemSemantic="{self.semantic}" DepthMap:Format="{self.format}" DepthMap:Units="{self.units}" '
            f'DepthMap:Near="{self.near}" DepthMap:Far="{self.far}" DepthMap:DepthURI="{self.depth_uri}" '
            f'DepthMap:MeasureType="{self.measure}"'
        )
        depth += ' DepthMap:ConfidenceURI="android/confidencemap"' if self.confidence else ""
        depth += f' DepthMap:FocalTable="{self.focal_table}"' if self.focal_table else ""
        camera = self._fields("Camera:ImagingModel", self.camera) if self.camera else ""
        cameras = "<rdf:li><Device:Camera Camera:Trait='Logical'/></rdf:li>" * self.other_cameras
        cameras += (
            f"<rdf:li><Device:Camera Camera:Trait='Physical'>{image}{self._fields('Camera:DepthMap', depth)}{camera}"
            "</Device:Camera></rdf:li>"
        )
        body += f"<Device:Cameras><rdf:Seq>{cameras}</rdf:Seq></Device:Cameras>"
        whole = packet(names, body)
        if self.extended:
            jpeg = with_packets(self.jpeg, packet(""), whole, shuffled=self.shuffled)
        else:
            jpeg = with_packets(self.jpeg, whole)
        gap = bytes(self.padding)
        return jpeg + self.between + gap + gap.join(data for _, data in media) + gap * bool(media) + self.tail

    def _item(self, uri: str, length: int) -> str:
        size = self.lengths.get(uri, length)
        padding = f' Item:Padding="{self.padding}"' if self.padding else ""
        mime = self.mimes.get(uri, "image/jpeg")
        fields = f'Item:Mime="{mime}" Item:Length="{size}" Item:DataURI="{uri}"{padding}'
        return f"<rdf:li><Container:Item {fields}/></rdf:li>"

    def _fields(self, name: str, attributes: str) -> str:
        if not self.elements:
            return f"<{name} {attributes}/>"
        pairs = (pair.split("=", 1) for pair in attributes.split(" ") if pair)
        inner = "".join(f"<{key}>{value.strip(chr(34))}</{key}>" for key, value in pairs)
        return f"<{name}><rdf:Description>{inner}</rdf:Description></{name}>"


def xdm(
    jpeg: bytes,
    *maps: bytes,
    near: float = 0.0,
    far: float = 65535.0,
    metric: str = "False",
    format: str = "RangeLinear",
    reliability: bytes = b"",
    camera: str = "",
    image: bytes = b"",
) -> bytes:
    """Build XDM: one camera for each map, the first with the reliability."""
    names = " ".join(
        f'xmlns:{prefix}="{XDM}{name}/"'
        for prefix, name in (
            ("Device", "device"),
            ("Camera", "camera"),
            ("Image", "image"),
            ("DepthMap", "depthmap"),
            ("NoiseModel", "noisemodel"),
            ("PerspectiveModel", "perspectivemodel"),
        )
    )
    cameras = ""
    for number, depth in enumerate(maps):
        noise = ""
        if reliability and not number:
            noise = (
                '<DepthMap:NoiseModel><rdf:Description><NoiseModel:Reliability Image:Mime="image/png" '
                f'Image:Data="{b64(reliability)}"/></rdf:Description></DepthMap:NoiseModel>'
            )
        picture = f'<Camera:Image Image:Mime="image/jpeg" Image:Data="{b64(image)}"/>' if image else ""
        model = f"<Camera:ImagingModel><rdf:Description {camera}/></Camera:ImagingModel>" if camera else ""
        cameras += (
            f'<rdf:li rdf:parseType="Resource">{picture}<Camera:DepthMap><rdf:Description DepthMap:Near="{near}" '
            f'DepthMap:Far="{far}" DepthMap:Metric="{metric}" DepthMap:Format="{format}" DepthMap:Mime="image/png" '
            f'DepthMap:Data="{b64(depth)}">{noise}</rdf:Description></Camera:DepthMap>{model}</rdf:li>'
        )
    body = f"<Device:Cameras><rdf:Seq>{cameras}</rdf:Seq></Device:Cameras>"
    return with_packets(jpeg, packet(""), packet(names + ' Device:Revision="1.0"', body))


SIZE_FIELDS = {1: (9, 10), 3: (12, 13), 4: (17, 18), 5: (20, 19), 6: (22, 21)}
"""By version of DualShot_Extra_Info: the 32-bit numbers that are width and height (houz/phonedepth)."""


def samsung_block(kind: int, name: str, data: bytes) -> bytes:
    return struct.pack("<HHI", 0, kind, len(name)) + name.encode() + data


def sef(*blocks: bytes) -> bytes:
    """Build a trailer of blocks and their directory."""
    sizes = [len(block) for block in blocks]
    directory = b"SEFH" + struct.pack("<II", 107, len(blocks))
    for number, block in enumerate(blocks):
        kind = int.from_bytes(block[2:4], "little")
        directory += struct.pack("<HHII", 0, kind, sum(sizes[number:]), len(block))
    return b"".join(blocks) + directory + struct.pack("<I", len(directory)) + b"SEFT"


def extra_info(width: int, height: int, version: int) -> bytes:
    numbers = [0] * 24
    numbers[0] = version
    at = SIZE_FIELDS.get(version, (15, 16))
    numbers[at[0]], numbers[at[1]] = width, height
    numbers[min(at) - 1] = 0xFFFF0001  # What exiftool looks for before the size.
    return struct.pack("<24I", *numbers)


def samsung_dual(
    jpeg: bytes, samples: NDArray[np.uint8], *, version: int = 4, unblurred: bytes = b"", tail: bytes = b""
) -> bytes:
    """Build a photo of two cameras (Live Focus)."""
    height, width = samples.shape
    blocks = [samsung_block(0x0001, "DualShot_1", unblurred)] if unblurred else []
    blocks += [
        samsung_block(0x0AB0, "DualShot_Meta_Info", b"DOFS" + bytes(12)),
        samsung_block(0x0AB1, "DualShot_DepthMap_1", samples.tobytes()),
        samsung_block(0x0AB3, "DualShot_Extra_Info", extra_info(width, height, version)),
    ]
    return jpeg + sef(*blocks) + tail


def dofs(**values: int) -> bytes:
    """Build a block of names and 32-bit values (version 3, as exiftool reads it)."""
    body = b"".join(
        bytes([0, len(name)]) + name.encode() + struct.pack("<HI", 4, value) for name, value in values.items()
    )
    return b"DOFS" + struct.pack("<IIIH", 3, 0, 18 + len(body), len(values)) + body


def samsung_single(jpeg: bytes, samples: NDArray[np.uint8], *, unblurred: bytes = b"") -> bytes:
    """Build a photo of one camera (selfie focus)."""
    height, width = samples.shape
    blocks = [samsung_block(0x0001, "SingleShot_1", unblurred)] if unblurred else []
    blocks += [
        samsung_block(0x0B40, "SingleShot_Meta_Info", dofs(inputWidth=1, segWidth=width, segHeight=height)),
        samsung_block(0x0B41, "SingeShot_DepthMap_1", samples.tobytes()),
    ]
    return jpeg + sef(*blocks)


def huawei(
    jpeg: bytes, samples: NDArray[np.uint8], *, turn: int = 0x10, unblurred: bytes = b"", rest: bytes = b""
) -> bytes:
    """Build a photo of a Huawei phone: the unblurred JPEG, a mark, a header, the map, the end."""
    height, width = samples.shape
    header = bytearray(64)
    header[3] = turn
    struct.pack_into("<HH", header, 12, width, height)
    block = bytes(header) + samples.tobytes() + rest
    mark = struct.pack("<I4sI", len(unblurred), b"edof", 0)
    return jpeg + unblurred + mark + block + struct.pack("<I", len(block)) + b"DepthEn\0"


DEPTH_XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:apdi="http://ns.apple.com/pixeldatainfo/1.0/" '
    b'xmlns:depthData="http://ns.apple.com/depthData/1.0/"><apdi:AuxiliaryImageType>disparity</apdi:AuxiliaryImageType>'
    b"<apdi:NativeFormat>1751411059</apdi:NativeFormat><apdi:StoredFormat>1278226488</apdi:StoredFormat>"
    b"<apdi:IntMinValue>0</apdi:IntMinValue><apdi:IntMaxValue>255</apdi:IntMaxValue>"
    b"<apdi:FloatMinValue>0.250000</apdi:FloatMinValue><apdi:FloatMaxValue>2.000000</apdi:FloatMaxValue>"
    b"<depthData:Accuracy>relative</depthData:Accuracy></rdf:Description></rdf:RDF></x:xmpmeta>"
)


def heic_with_jpeg_depth(samples: NDArray[np.uint8], *, prefix: bool = False, kind: str = "jpeg") -> bytes:
    """Build a HEIC whose depth item is a JPEG, with its tables in jpgC if `prefix` says so."""
    height, width = samples.shape
    data = coded(samples, "JPEG")
    picture = heif_files.small_photo()
    at = data.index(b"\xff\xc0") if prefix else 0
    size = len(picture.properties)
    picture.items += [
        heif_files.ItemSpec(10, kind, data[at:]),
        heif_files.ItemSpec(11, "mime", DEPTH_XMP, content_type=heif_files.RDF),
    ]
    picture.properties += [
        heif_files.full("ispe", 0, 0, struct.pack(">II", width, height)),
        heif_files.full("auxC", 0, 0, b"urn:mpeg:hevc:2015:auxid:2\0"),
    ]
    # The photo is turned, and the map with it.
    picture.links[10] = [(size + 1, False), (3, True), (4, True), (size + 2, True)]
    if prefix:
        picture.properties.append(heif_files.box("jpgC", data[:at]))
        picture.links[10].insert(0, (size + 3, True))
    picture.references += [("auxl", 10, [1]), ("cdsc", 11, [10])]
    return picture.build()
