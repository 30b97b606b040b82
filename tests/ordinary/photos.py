"""Ordinary photos: what cameras, phones, editors and web services write, small and made here."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import piexif
import pillow_heif
from PIL import Image, ImageCms

from tests.compatibility import portrait_files
from tests.containers import heif_files, jpeg_files

WIDTH, HEIGHT = 160, 120

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="5"/></rdf:RDF></x:xmpmeta>'
)
IPTC = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x0c\x1c\x02\x19\0\x07holiday"

Make = Callable[[], bytes]


@cache
def picture(mode: str = "RGB", width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """Return a smooth scene with some texture."""
    y, x = np.mgrid[0:height, 0:width]
    channels = [(x * 255 / width), (y * 255 / height), 128 + 90 * np.sin(x / 7) * np.cos(y / 9)]
    image = Image.fromarray(np.clip(np.stack(channels, axis=-1), 0, 255).astype(np.uint8))
    return image if mode == "RGB" else image.convert(mode)


@cache
def srgb_profile() -> bytes:
    """Return an sRGB profile, as editors embed it."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def camera_exif(orientation: int = 1, *, thumbnail: bool = False) -> bytes:
    """Return the Exif block of a camera: maker, exposure, lens, place, and perhaps a thumbnail."""
    tags: dict[str, Any] = {
        "0th": {
            piexif.ImageIFD.Make: b"Canon",
            piexif.ImageIFD.Model: b"Canon EOS R6",
            piexif.ImageIFD.Orientation: orientation,
            piexif.ImageIFD.XResolution: (72, 1),
            piexif.ImageIFD.YResolution: (72, 1),
            piexif.ImageIFD.ResolutionUnit: 2,
            piexif.ImageIFD.DateTime: b"2024:05:01 12:00:00",
        },
        "Exif": {
            piexif.ExifIFD.ExposureTime: (1, 250),
            piexif.ExifIFD.FNumber: (28, 10),
            piexif.ExifIFD.ISOSpeedRatings: 100,
            piexif.ExifIFD.FocalLength: (50, 1),
            piexif.ExifIFD.FocalLengthIn35mmFilm: 50,
            piexif.ExifIFD.ColorSpace: 1,
            piexif.ExifIFD.PixelXDimension: WIDTH,
            piexif.ExifIFD.PixelYDimension: HEIGHT,
            piexif.ExifIFD.UserComment: b"ASCII\0\0\0a day out",
        },
        "GPS": {
            piexif.GPSIFD.GPSLatitudeRef: b"N",
            piexif.GPSIFD.GPSLatitude: ((52, 1), (31, 1), (12, 1)),
            piexif.GPSIFD.GPSLongitudeRef: b"E",
            piexif.GPSIFD.GPSLongitude: ((13, 1), (24, 1), (18, 1)),
        },
    }
    if thumbnail:
        tags["1st"] = {piexif.ImageIFD.Compression: 6}
        tags["thumbnail"] = _saved("JPEG", picture("RGB", 80, 60))
    return bytes(piexif.dump(tags))


def _saved(file_format: str, image: Image.Image | None = None, **options: Any) -> bytes:
    out = io.BytesIO()
    (image or picture()).save(out, file_format, **options)
    return out.getvalue()


def _jpeg(mode: str = "RGB", size: tuple[int, int] = (WIDTH, HEIGHT), **options: Any) -> Make:
    return lambda: _saved("JPEG", picture(mode, *size), **{"quality": 90, **options})


def _with_exif(**options: Any) -> Make:
    return lambda: _saved("JPEG", quality=90, exif=camera_exif(**options))


def _with_segments(*segments: tuple[int, bytes]) -> Make:
    parts = (jpeg_files.segment(code, payload) for code, payload in segments)
    return lambda: jpeg_files.after_jfif(_saved("JPEG", quality=90), *parts)


def _of_everything() -> bytes:
    return jpeg_files.after_jfif(
        _saved("JPEG", quality=90, exif=camera_exif(6, thumbnail=True), icc_profile=srgb_profile(), xmp=XMP),
        jpeg_files.segment(0xED, IPTC),
    )


def _multi_picture() -> bytes:
    return _saved("MPO", save_all=True, append_images=[picture("RGB", WIDTH // 2, HEIGHT // 2)])


JPEGS: dict[str, Make] = {
    "quality 1": _jpeg(quality=1),
    "quality 100": _jpeg(quality=100),
    "not subsampled": _jpeg(subsampling=0),
    "subsampled 4-2-2": _jpeg(subsampling=1),
    "progressive": _jpeg(progressive=True),
    "optimized": _jpeg(optimize=True),
    "restart markers": _jpeg(restart_marker_rows=1),
    "coded as RGB": _jpeg(keep_rgb=True),
    "gray": _jpeg("L"),
    "CMYK": _jpeg("CMYK"),
    "300 dpi": _jpeg(dpi=(300, 300)),
    "comment": _jpeg(comment=b"made by hand"),
    "odd size": _jpeg(size=(161, 123)),
    "square": _jpeg(size=(128, 128)),
    "upright": _jpeg(size=(HEIGHT, WIDTH)),
    "wide": _jpeg(size=(320, 180)),
    "panorama": _jpeg(size=(800, 100)),
    "tiny": _jpeg(size=(64, 48)),
    "3 megapixels": _jpeg(size=(2048, 1536)),
    "sRGB profile": lambda: _saved("JPEG", quality=90, icc_profile=srgb_profile()),
    "XMP": lambda: _saved("JPEG", quality=90, xmp=XMP),
    "IPTC": _with_segments((0xED, IPTC)),
    "unknown segments": _with_segments((0xE5, b"a maker's own"), (0xEF, b"another's"), (0xFE, b"text")),
    "Ducky": _with_segments((0xEC, b"Ducky\0\1\0\4\0\0\0\x50\0\0")),
    "camera": _with_exif(),
    "camera with thumbnail": _with_exif(thumbnail=True),
    "everything": _of_everything,
    "without JFIF": lambda: jpeg_files.without_jfif(_saved("JPEG", quality=90)),
    "fill bytes": lambda: _saved("JPEG").replace(b"\xff\xda", b"\xff\xff\xff\xda", 1),
    "zeros after its end": lambda: _saved("JPEG", quality=90) + bytes(512),
    "second picture": _multi_picture,
    "gain map": lambda: jpeg_files.ultra_hdr(listed=True),
    "motion": lambda: jpeg_files.ultra_hdr(listed=False, video=jpeg_files.MP4),
    **{f"camera turned {number}": _with_exif(orientation=number) for number in range(2, 9)},
}


def _heic(mode: str = "RGB", size: tuple[int, int] = (WIDTH, HEIGHT), **options: Any) -> Make:
    def make() -> bytes:
        image = picture(mode, *size).copy()
        out = io.BytesIO()
        pillow_heif.from_pillow(image).save(out, **{"quality": 80, **options})
        return out.getvalue()

    return make


def _ten_bit() -> bytes:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    samples = np.stack([x * 65535 // WIDTH, y * 65535 // HEIGHT, (x + y) * 200], axis=-1).astype(np.uint16)
    file = pillow_heif.from_bytes("RGB;16", (WIDTH, HEIGHT), samples.tobytes())
    out = io.BytesIO()
    file.save(out, quality=80)
    return out.getvalue()


def _two_pictures() -> bytes:
    out = io.BytesIO()
    file = pillow_heif.from_pillow(picture())
    file.add_from_pillow(picture("RGB", 80, 60))
    file.save(out, quality=80)
    return out.getvalue()


HEICS: dict[str, Make] = {
    "plain": _heic(),
    "lossless": _heic(quality=-1),
    "not subsampled": _heic(chroma=444),
    "gray": _heic("L"),
    "alpha": _heic("RGBA"),
    "ten bit": _ten_bit,
    "odd size": _heic(size=(161, 123)),
    "upright": _heic(size=(HEIGHT, WIDTH)),
    "square": _heic(size=(128, 128)),
    "tiny": _heic(size=(64, 64)),
    "camera": _heic(exif=camera_exif()),
    "camera with thumbnail in Exif": _heic(exif=camera_exif(thumbnail=True)),
    "XMP": _heic(xmp=XMP),
    "sRGB profile": _heic(icc_profile=srgb_profile()),
    "everything": _heic(exif=camera_exif(), xmp=XMP, icc_profile=srgb_profile()),
    "two pictures": _two_pictures,
    "phone": portrait_files.good_photo,
    "item data box": lambda: heif_files.with_method(heif_files.small_photo(), 1, 2).build(),
    "wide fields": lambda: heif_files.small_photo(widths=(8, 8, 8, 0), base="data", mdat_form="64").build(),
    "mdat first": lambda: heif_files.small_photo(
        order=("ftyp", "mdat0", "meta", "mdat1"), pieces=2, widths=(4, 4, 4, 0), base="file"
    ).build(),
}


def _png(mode: str = "RGB", **options: Any) -> Make:
    return lambda: _saved("PNG", picture(mode), **options)


def _png_16() -> bytes:
    values = np.linspace(0, 65535, WIDTH * HEIGHT).astype(np.uint16).reshape(HEIGHT, WIDTH)
    return _saved("PNG", Image.fromarray(values))


PNGS: dict[str, Make] = {
    "RGB": _png(),
    "RGBA": _png("RGBA"),
    "gray": _png("L"),
    "gray with alpha": _png("LA"),
    "palette": _png("P"),
    "bilevel": _png("1"),
    "16 bit": _png_16,
    "sRGB profile": lambda: _saved("PNG", icc_profile=srgb_profile()),
    "Exif": lambda: _saved("PNG", exif=camera_exif(6)),
    "72 dpi": _png(dpi=(72, 72)),
    "optimized": _png(optimize=True),
}


def with_suffix() -> dict[str, tuple[str, Make]]:
    """Return every photo by its name, with its extension."""
    groups = ((".jpg", JPEGS), (".heic", HEICS), (".png", PNGS))
    return {
        f"{suffix[1:]} {name}": (suffix, make) for suffix, group in groups for name, make in group.items()
    }
