"""Build the photos of the matrix: one for each kind that cameras and programs write, from the golden scene.

The bytes are assembled here and in the tests' builders, not by the code under test.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image

from golden.dng import DngRecipe, build_dng
from tests.containers import jpeg_files
from tests.containers.heif_files import ItemSpec, PhotoSpec, box, full, payload_and_configuration

GOLDEN = Path(__file__).parents[1] / "golden"

SIZE = (512, 384)
"""(width, height): half the scene, so that thirty kinds and a dozen readers take minutes, not hours."""

CLEAN = (480, 360)
"""The clean aperture, and the crop of a DNG: the same aspect."""

GAIN = (128, 96)


@cache
def scene(mode: str = "RGB", size: tuple[int, int] = SIZE) -> Image.Image:
    """Return the golden scene without loss, smaller."""
    with Image.open(GOLDEN / "scene.png") as opened:
        return opened.convert("RGB").resize(size, Image.Resampling.LANCZOS).convert(mode)


def exif_block(orientation: int = 1) -> bytes:
    """Build a TIFF block with camera, time, exposure and focal length."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "depthauthor", "reader matrix", orientation
    details = exif.get_ifd(0x8769)
    details[0x9003], details[0x829A], details[0xA405] = "2026:01:01 12:00:00", (1, 60), 27
    return exif.tobytes().removeprefix(b"Exif\0\0")


def coded_jpeg(
    mode: str = "RGB", *, exif: bool = True, size: tuple[int, int] = SIZE, **options: Any
) -> bytes:
    """Encode the scene as Pillow's libjpeg does."""
    out = io.BytesIO()
    if exif:
        options["exif"] = b"Exif\0\0" + exif_block()
    scene(mode, size).save(out, "JPEG", quality=90, **options)
    return out.getvalue()


def _xmp(body: str) -> bytes:
    return jpeg_files.segment(0xE1, jpeg_files.XMP + body.encode())


def gain_map_jpeg() -> bytes:
    """Build a gain map with the metadata that Ultra HDR readers require."""
    return jpeg_files.after_jfif(
        coded_jpeg("L", exif=False, size=GAIN),
        _xmp(
            '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            '<rdf:Description rdf:about="" xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0" '
            'hdrgm:GainMapMin="0" hdrgm:GainMapMax="2" hdrgm:Gamma="1" hdrgm:OffsetSDR="0.015625" '
            'hdrgm:OffsetHDR="0.015625" hdrgm:HDRCapacityMin="0" hdrgm:HDRCapacityMax="2" '
            'hdrgm:BaseRenditionIsHDR="False"/></rdf:RDF></x:xmpmeta>'
        ),
    )


def ultra_hdr(video: bytes = b"") -> bytes:
    """Build a photo with a gain map and perhaps a video, with Google's directory and an MP index."""
    image = gain_map_jpeg()
    item = '<rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="{}" Item:Mime="{}"{}/></rdf:li>'
    items = item.format("Primary", "image/jpeg", "")
    items += item.format("GainMap", "image/jpeg", f' Item:Length="{len(image)}"')
    if video:
        items += item.format("MotionPhoto", "video/mp4", f' Item:Length="{len(video)}"')
    base = jpeg_files.after_jfif(
        coded_jpeg(exif=False),
        jpeg_files.segment(0xE1, b"Exif\0\0" + exif_block()),
        _xmp(jpeg_files.DIRECTORY.format(items)),
    )
    return jpeg_files.multi(base, [image], tail=video)


SAMSUNG_TAIL = b"".join(
    (
        b"\0\0\1\x0a" + struct.pack("<I", 14) + b"Image_UTC_Data1700000000000",
        b"SEFH" + struct.pack("<IIHHII", 107, 1, 0, 0x0A01, 35, 35),
        struct.pack("<I", 24) + b"SEFT",
    )
)
"""One record and its directory, as Galaxy phones write them after the photo."""


def jpegs() -> Iterator[tuple[str, bytes]]:
    """Yield every kind of JPEG, by name."""
    yield "baseline, with Exif, XMP and ICC", (GOLDEN / "scene.jpg").read_bytes()
    yield "progressive", coded_jpeg(progressive=True)
    yield "gray", coded_jpeg("L")
    yield "CMYK", coded_jpeg("CMYK")
    yield "restart markers", coded_jpeg(restart_marker_blocks=4)
    yield "no Exif", coded_jpeg(exif=False)
    yield (
        "Exif with only an Orientation",
        jpeg_files.after_jfif(coded_jpeg(exif=False), jpeg_files.exif("<", 1)),
    )
    yield "Exif Orientation 6", (GOLDEN / "orientation" / "scene-6.jpg").read_bytes()
    yield "gain map in the MP index, as iPhones write it", (GOLDEN / "scene-gainmap.jpg").read_bytes()
    yield "Ultra HDR", ultra_hdr()
    yield "Ultra HDR with a motion video", ultra_hdr(jpeg_files.MP4)
    yield "motion photo (a video after the photo)", coded_jpeg() + jpeg_files.MP4
    yield "Samsung's trailer", coded_jpeg() + SAMSUNG_TAIL
    yield "zero bytes after the photo", coded_jpeg() + bytes(4096)


@cache
def single_heic() -> bytes:
    """Encode the scene as pillow-heif does."""
    out = io.BytesIO()
    exif = b"Exif\0\0" + exif_block()
    pillow_heif.from_pillow(scene()).save(out, quality=80, exif=exif, enc_params={"preset": "ultrafast"})
    return out.getvalue()


@cache
def _picture(mode: str, size: tuple[int, int]) -> tuple[bytes, bytes]:
    """Return (payload, hvcC) of the scene."""
    out = io.BytesIO()
    pillow_heif.encode(
        mode,
        size,
        scene(mode, size).tobytes(),
        out,
        quality=80,
        save_nclx_profile=False,
        enc_params={"preset": "ultrafast"},
    )
    return payload_and_configuration(out.getvalue())


TONE_MAP = b"\0" + struct.pack(">HHB", 0, 0, 0x40) + struct.pack(
    ">IIII iIiIIIiIiI", 0, 1, 2, 1, 0, 1, 2, 1, 1, 1, 1, 64, 1, 64
)  # fmt: skip
"""ISO 21496-1: one channel, headroom 0 to 2, gain 0 to 2, gamma 1, offsets 1/64."""


def _made(*, clap: bool = False, tmap: bool = False, masters: tuple[int, ...] = (1,)) -> bytes:
    """Build a photo with one picture, Exif and an Apple gain map, structured as phones do.

    masters: the items that the gain map is bound to, 1 the photo and 4 the tone map; without any it is not an
    auxiliary image.
    """
    picture, configuration = _picture("RGB", SIZE)
    gain, gain_configuration = _picture("L", GAIN)
    aperture = struct.pack(">8I", CLEAN[0], 1, CLEAN[1], 1, 0, 1, 0, 1)
    photo = PhotoSpec(
        items=[
            ItemSpec(1, "hvc1", picture, hidden=False),
            ItemSpec(2, "Exif", b"\0\0\0\6Exif\0\0" + exif_block()),
            ItemSpec(3, "hvc1", gain),
        ],
        properties=[
            box("hvcC", configuration),
            full("ispe", 0, 0, struct.pack(">II", *SIZE)),
            full("pixi", 0, 0, b"\3\x08\x08\x08"),
            box("clap", aperture) if clap else box("irot", b"\0"),
            box("hvcC", gain_configuration),
            full("ispe", 0, 0, struct.pack(">II", *GAIN)),
            full("pixi", 0, 0, b"\1\x08"),
            full("auxC", 0, 0, b"urn:com:apple:photo:2020:aux:hdrgainmap\0"),
            box("colr", b"nclx", struct.pack(">HHHB", 1, 13, 6, 0x80)),
        ],
        links={
            1: [(1, True), (2, False), (3, False), (9, False), (4, True)],
            3: [(5, True), (6, False), (7, False), (8, True)],
        },
        references=[("cdsc", 2, [1]), ("auxl", 3, [1])],
        brands=b"heic" + bytes(4) + b"mif1heicmiaf" + (b"tmap" if tmap else b""),
    )
    if tmap:
        photo.items.append(ItemSpec(4, "tmap", TONE_MAP, hidden=False))
        photo.links[4] = [(2, False), (3, False), (9, False)]
        photo.references = [("cdsc", 2, [1]), ("dimg", 4, [1, 3])]
        if masters:
            photo.references.append(("auxl", 3, list(masters)))
        else:
            photo.links[3].pop()
        photo.groups = [("altr", 9, [4, 1])]
    return photo.build()


def heics() -> Iterator[tuple[str, bytes]]:
    """Yield every kind of HEIC, by name."""
    yield "one image, by pillow-heif", single_heic()
    yield "tiled grid", (GOLDEN / "scene.heic").read_bytes()
    yield "tiled grid with gain map, as iPhones write it", (GOLDEN / "scene-gainmap.heic").read_bytes()
    yield "one image with gain map", _made()
    yield "turned (irot 3)", (GOLDEN / "orientation" / "scene-6.heic").read_bytes()
    yield "tone map (tmap), gain map bound to the photo", _made(tmap=True)
    yield "tone map (tmap), gain map bound to both, as iOS 18", _made(tmap=True, masters=(1, 4))
    yield "tone map (tmap), gain map bound to neither", _made(tmap=True, masters=())
    yield "clean aperture (clap)", _made(clap=True)


@cache
def linear_dng(**options: Any) -> bytes:
    """Build a DNG of the scene as converters write it, with a preview."""
    return build_dng(DngRecipe(np.asarray(scene()), **options))


def dngs() -> Iterator[tuple[str, bytes]]:
    """Yield every kind of DNG, by name."""
    yield "linear", linear_dng()
    yield "linear, big-endian", linear_dng(order=">")
    yield "one colour a pixel (CFA)", linear_dng(mosaic=True)
    yield "no preview", linear_dng(preview=False)
    yield "sensor border and DefaultCrop", linear_dng(border=8, crop=(16, 12, *CLEAN))
    yield "turned (Orientation 6)", linear_dng(orientation=6)
