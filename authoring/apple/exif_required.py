"""Build the Exif tags that the standard requires of a compressed photo (Exif 2.32, 4.6.8, tables 17 and 18).

They fill the directories that are made here. A directory of another program is never completed: what it leaves out
is not ours to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import piexif
from piexif import ExifIFD, ImageIFD

from authoring.tiff import build_entry

REQUIRED_TAGS: frozenset[int] = frozenset(
    {
        ImageIFD.XResolution,
        ImageIFD.YResolution,
        ImageIFD.ResolutionUnit,
        ImageIFD.YCbCrPositioning,
        ExifIFD.ExifVersion,
        ExifIFD.ComponentsConfiguration,
        ExifIFD.FlashpixVersion,
        ExifIFD.ColorSpace,
        ExifIFD.PixelXDimension,
        ExifIFD.PixelYDimension,
    }
)

EXIF_VERSION = b"0232"
"""Of a directory made here; iPhones have written it since iOS 13 (pug)."""

_UNKNOWN_RESOLUTION = (72, 1)
"""Pixels per inch, as a fraction: what the standard names if nothing is known (Exif 2.32, 4.6.5 A)."""

_INCH, _CENTRED, _SRGB, _UNCALIBRATED = 2, 1, 1, 0xFFFF

_CONFIGURATIONS = {1: b"\1\0\0\0", 3: b"\1\2\3\0"}
"""Y alone, or Y, Cb, Cr; the standard defines none for four components."""


@dataclass(frozen=True, slots=True)
class ImageCharacteristics:
    """The properties of a photo that the required tags state."""

    width: int
    """Pixels, as stored."""
    height: int
    components: int = 3
    """Of the coded image: 1, 3 or 4."""
    has_profile: bool = False
    """Whether an ICC profile or code points state other colours than sRGB; then ColorSpace says "uncalibrated"."""


def build_required_block(image: ImageCharacteristics, orientation: int | None) -> bytes:
    """Return a big-endian TIFF block of IFD0 and, at its end, the Exif IFD; `orientation` is 1..8."""
    return _build_block(_main_values(image, orientation), _exif_values(image))


def build_camera_block(
    image: ImageCharacteristics, orientation: int, model: str, focal_mm: float, focal_35mm: int
) -> bytes:
    """Return such a block that also names this project as the maker, a model, and the lens."""
    ifd0 = _main_values(image, orientation) | {ImageIFD.Make: "depthauthor", ImageIFD.Model: model}
    lens = {
        ExifIFD.FocalLength: (round(focal_mm * 100), 100),
        ExifIFD.FocalLengthIn35mmFilm: focal_35mm,
    }
    return _build_block(ifd0, {**_exif_values(image), **lens})


def _main_values(image: ImageCharacteristics, orientation: int | None) -> dict[int, object]:
    ifd0: dict[int, object] = {
        ImageIFD.XResolution: _UNKNOWN_RESOLUTION,
        ImageIFD.YResolution: _UNKNOWN_RESOLUTION,
        ImageIFD.ResolutionUnit: _INCH,
    }
    if image.components == 3:
        ifd0[ImageIFD.YCbCrPositioning] = _CENTRED
    if orientation is not None:
        ifd0[ImageIFD.Orientation] = orientation
    return ifd0


def _build_block(ifd0: Mapping[int, object], exif: Mapping[int, object]) -> bytes:
    block: bytes = piexif.dump({"0th": dict(ifd0), "Exif": dict(exif)})
    return block.removeprefix(b"Exif\0\0")


def required_exif_entries(order: str, image: ImageCharacteristics) -> dict[int, bytes]:
    """Return the entries of an Exif IFD, 12 bytes each by tag, for a block that has none yet."""
    types = piexif.TAGS["Exif"]
    return {
        tag: build_entry(order, tag, types[tag]["type"], len(value) if isinstance(value, bytes) else 1, value)
        for tag, value in _exif_values(image).items()
    }


def _exif_values(image: ImageCharacteristics) -> dict[int, int | bytes]:
    values: dict[int, int | bytes] = {
        ExifIFD.ExifVersion: EXIF_VERSION,
        ExifIFD.FlashpixVersion: b"0100",
        ExifIFD.ColorSpace: _UNCALIBRATED if image.has_profile else _SRGB,
        ExifIFD.PixelXDimension: image.width,
        ExifIFD.PixelYDimension: image.height,
    }
    if image.components in _CONFIGURATIONS:
        values[ExifIFD.ComponentsConfiguration] = _CONFIGURATIONS[image.components]
    return values
