"""Run readers that decode a photo: image libraries and their command-line tools."""

from __future__ import annotations

import importlib
import re
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from compat.reading import Missing, Reader, Reading, each, lines, netpbm, picture, run


def _module(name: str, package: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise Missing(f"{package} is not installed") from None


DEPTH_SUBFILE_TYPE = 8
"""NewSubFileType of a DNG's depth map."""

_EXIF_DIRECTORY, _GPS_DIRECTORY, _SUB_DIRECTORIES = 0x8769, 0x8825, 0x014A
"""Tags that hold offsets in the block: they change when it grows; what they point at is compared itself."""


def _pillow_version() -> str:
    return str(_module("PIL", "pillow").__version__)


def _pillow(path: Path) -> Reading:
    from PIL import Image

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with Image.open(path) as opened:
                pixels = np.asarray(opened)
                frames = getattr(opened, "n_frames", 1)
                exif = opened.getexif()
                entries = {**exif, **exif.get_ifd(_EXIF_DIRECTORY), **exif.get_ifd(_GPS_DIRECTORY)}
                for pointer in (_EXIF_DIRECTORY, _GPS_DIRECTORY, _SUB_DIRECTORIES):
                    entries.pop(pointer, None)
                tags = {f"Exif {key:#06x}": repr(value) for key, value in entries.items()}
                tags |= {f"info {key}": repr(opened.info.get(key)) for key in ("dpi", "icc_profile")}
                if frames > 1:
                    opened.seek(frames - 1)
                    opened.load()
        except (OSError, ValueError, SyntaxError) as error:
            return Reading(False, refusal=lines(str(error), path)[0])
    messages = tuple(str(warning.message) for warning in caught)
    return Reading(True, picture(pixels), tags, messages, pictures=frames)


def _heif_version() -> str:
    heif = _module("pillow_heif", "pillow-heif")
    return f"{heif.__version__} (libheif {heif.libheif_version()})"


def _pillow_heif(path: Path) -> Reading:
    heif = _module("pillow_heif", "pillow-heif")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            opened = heif.open_heif(path)
            pixels = np.asarray(opened)
            depth = opened.info["depth_images"]
            for image in depth:
                np.asarray(image)
        except (OSError, ValueError, RuntimeError, SyntaxError) as error:
            return Reading(False, refusal=lines(str(error), path)[0])
    tags = {f"info {key}": repr(opened.info.get(key)) for key in ("icc_profile", "bit_depth", "primary")}
    messages = tuple(str(warning.message) for warning in caught)
    return Reading(True, picture(pixels), tags, messages, pictures=len(opened), depth=bool(depth))


def _libheif_version() -> str:
    done = run("heif-info", "-h")
    run("heif-convert", "-h")
    match = re.search(r"libheif version: (\S+)", done.out.decode() + done.err)
    if match is None:
        raise Missing("heif-info states no version")
    return match[1]


def _libheif(path: Path) -> Reading:
    from PIL import Image

    info = run("heif-info", path)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "out.png"
        done = run("heif-convert", path, target)
        if info.code or done.code or not target.is_file():
            return Reading(False, refusal=" ".join(lines(done.err or info.err, path)))
        with Image.open(target) as opened:
            pixels = np.asarray(opened)
    text = info.out.decode("utf-8", "replace")
    kept = {key: "yes" for key in ("Exif", "XMP") if re.search(rf"^\s*{key}: \d+ bytes", text, re.M)}
    complaints = lines(info.err, path) + lines(done.err, path)
    return Reading(True, picture(pixels), kept, complaints, pictures=text.count("\nimage: "),
                   depth="depth channel: yes" in text)  # fmt: skip


def _first_line(*command: str, pattern: str) -> str:
    done = run(*command)
    match = re.search(pattern, done.out.decode("utf-8", "replace") + done.err)
    if match is None:
        raise Missing(f"{command[0]} states no version")
    return match[1]


def _ffmpeg(path: Path) -> Reading:
    probe = run(
        "ffprobe", "-v", "error", "-show_entries", "stream=codec_name,width,height", "-of", "csv=p=0", path
    )
    done = run("ffmpeg", "-v", "warning", "-i", path, "-frames:v", "1",
               "-f", "image2pipe", "-c:v", "ppm", "-pix_fmt", "rgb24", "-")  # fmt: skip
    if probe.code or done.code or not done.out:
        return Reading(False, refusal=" ".join(lines(done.err or probe.err, path)))
    messages = lines(probe.err, path) + lines(done.err, path)
    streams = len(probe.out.decode().split())
    return Reading(True, picture(netpbm(done.out)), warnings=messages, pictures=streams)


def _magick(path: Path) -> Reading:
    done = run("convert", path, "-depth", "8", "ppm:-")
    identified = run("identify", "-format", "%n ", path)
    if done.code or not done.out or identified.code:
        return Reading(False, refusal=" ".join(lines(done.err or identified.err, path)))
    complaints = lines(done.err, path) + lines(identified.err, path)
    return Reading(
        True, picture(netpbm(done.out)), warnings=complaints, pictures=int(identified.out.split()[0])
    )


def _vips(path: Path) -> Reading:
    header = run("vipsheader", "-a", path)
    fields = dict(line.partition(": ")[::2] for line in header.out.decode("utf-8", "replace").splitlines())
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "out.raw"
        done = run("vips", "rawsave", path, target)
        if header.code or done.code or not target.is_file():
            return Reading(False, refusal=" ".join(lines(done.err or header.err, path)))
        pixels = np.frombuffer(target.read_bytes(), np.uint8)
    shape = tuple(int(fields[key]) for key in ("height", "width", "bands"))
    pixels = pixels.view(np.uint16) if fields["format"] == "ushort" else pixels
    pages = fields.get("n-pages")
    keys = ("bands", "format", "interpretation", "orientation", "xres", "yres", "icc-profile-data")
    tags = {key: fields[key] for key in keys if key in fields}
    complaints = lines(done.err, path) + lines(header.err, path)
    return Reading(
        True, picture(pixels.reshape(shape)), tags, complaints, pictures=int(pages) if pages else None
    )


def _tifffile_version() -> str:
    _module("imagecodecs", "imagecodecs")
    return str(_module("tifffile", "tifffile").__version__)


_TIFF_PLACES = ("SubIFDs", "StripOffsets", "TileOffsets")
"""Tags that hold offsets in the file."""


def _tifffile(path: Path) -> Reading:
    """Read the first page, the tags of all but the map's, and the map, which counts as depth if it decodes."""
    tifffile = _module("tifffile", "tifffile")
    try:
        with tifffile.TiffFile(path) as opened:
            first = opened.pages.first
            pages = [first, *(first.pages or ())]
            pixels = first.asarray()
            maps = [page.asarray() for page in pages if page.subfiletype == DEPTH_SUBFILE_TYPE]
            tags = {
                f"{number} {tag.name}": repr(tag.value)
                for number, page in enumerate(pages)
                if page.subfiletype != DEPTH_SUBFILE_TYPE
                for tag in page.tags
                if tag.name not in _TIFF_PLACES
            }
    except (OSError, ValueError, RuntimeError) as error:
        return Reading(False, refusal=lines(str(error), path)[0])
    return Reading(True, picture(pixels), tags, depth=bool(maps))


def _libraw_version() -> str:
    rawpy = _module("rawpy", "rawpy")
    version = ".".join(map(str, rawpy.libraw_version))
    return f"{version} (rawpy {rawpy.__version__})"


def _libraw(path: Path) -> Reading:
    """Develop the photo; LibRaw does not look for depth."""
    rawpy = _module("rawpy", "rawpy")
    try:
        with rawpy.imread(str(path)) as raw:
            pixels = raw.postprocess(use_camera_wb=True, no_auto_bright=True)
    except rawpy.LibRawError as error:
        return Reading(False, refusal=lines(str(error), path)[0])
    return Reading(True, picture(pixels))


def _opencv_version() -> str:
    return str(_module("cv2", "opencv-python-headless").__version__)


def _opencv(path: Path) -> Reading:
    cv2 = _module("cv2", "opencv-python-headless")
    try:
        pixels = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        return Reading(False, refusal=str(error))
    if pixels is None:
        return Reading(False, refusal="imdecode gives nothing")
    return Reading(True, picture(pixels))


DECODERS = (
    Reader("Pillow", _pillow_version, each(_pillow), suffixes=(".jpg", ".dng")),
    Reader("pillow-heif", _heif_version, each(_pillow_heif), suffixes=(".heic",)),
    Reader("libheif tools", _libheif_version, each(_libheif), suffixes=(".heic",)),
    Reader("ffmpeg", lambda: _first_line("ffmpeg", "-version", pattern=r"version (\d[\d.]*)"), each(_ffmpeg)),
    Reader(
        "ImageMagick",
        lambda: _first_line("convert", "-version", pattern=r"ImageMagick (\S+)"),
        each(_magick),
    ),
    Reader("libvips", lambda: _first_line("vips", "--version", pattern=r"vips-(\S+)"), each(_vips)),
    Reader("OpenCV", _opencv_version, each(_opencv)),
    Reader("tifffile", _tifffile_version, each(_tifffile), suffixes=(".dng",)),
    Reader("LibRaw", _libraw_version, each(_libraw), suffixes=(".dng",)),
)
