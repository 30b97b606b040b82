"""Read a photo's Exif block: how portrait blur was rendered, the maker note, and the lens."""

from __future__ import annotations

from dataclasses import dataclass

from authoring.errors import MalformedError
from authoring.tiff import EXIF_IFD, HEADER_BYTES, Ifd, IfdEntry, read_header, read_ifd

BRIGHTNESS_VALUE = 0x9203
FOCAL_LENGTH = 0x920A
MAKER_NOTE = 0x927C
FOCAL_PLANE_X_RESOLUTION = 0xA20E
FOCAL_PLANE_Y_RESOLUTION = 0xA20F
FOCAL_PLANE_RESOLUTION_UNIT = 0xA210
PIXEL_X_DIMENSION = 0xA002
PIXEL_Y_DIMENSION = 0xA003
CUSTOM_RENDERED = 0xA401
FOCAL_LENGTH_35MM = 0xA405

PORTRAIT_NOT_RENDERED = 9
"""CustomRendered of camera originals whose depth effect is not in the pixels (rw_ios11_test06)."""
RENDERED = (7, 8)
"""CustomRendered of portrait HDR and portrait: the blur is in the pixels."""

_MAX_FOCAL_MM = 20_000.0
"""No photographic lens is longer."""
_MAX_RESOLUTION = 1e9
"""Pixels per unit of a sensor; a pixel of 1 µm gives 25,400 per inch."""


@dataclass(frozen=True, slots=True)
class ExifDirectories:
    """The two directories of an Exif block that describe the photo."""

    ifd0: Ifd
    exif: Ifd | None

    def find(self, tag: int) -> IfdEntry | None:
        """Return an entry of the Exif IFD."""
        return self.exif.find(tag) if self.exif else None


@dataclass(frozen=True, slots=True)
class PortraitTags:
    """Exif tags that depend on a portrait's rendering; None if absent."""

    custom_rendered: int | None = None
    maker_note: bytes | None = None
    """Of any maker."""


@dataclass(frozen=True, slots=True)
class LensTags:
    """Exif tags of lens and sensor; None if absent, or 0, which stands for unknown."""

    focal_length_35mm: float | None = None
    """Equivalent on 36 by 24 mm film, digital zoom included (plain_iphone_telephoto: 177 of a 5.1 mm lens)."""
    focal_length_mm: float | None = None
    focal_plane_x_resolution: float | None = None
    """Pixels per unit along the sensor's width, of the frame below."""
    focal_plane_y_resolution: float | None = None
    focal_plane_unit: int | None = None
    """2 inch, 3 cm; 4 mm and 5 µm are written by some cameras (Exif 2.32, 4.6.5 gives 2 if it is absent)."""
    pixel_width: int | None = None
    """PixelXDimension, along the sensor: stays 4032 where iOS stored the photo as 3024 by 4032 (openize)."""
    pixel_height: int | None = None


def read_directories(block: bytes) -> ExifDirectories:
    """Read IFD0 and the Exif IFD; raises MalformedError if one of them is broken."""
    order, offset = read_header(block, "the Exif block")
    if offset < HEADER_BYTES:
        raise MalformedError("the Exif block's first directory overlaps its header")
    ifd0 = read_ifd(block, offset, order, "the Exif block's first directory")
    pointer = ifd0.find(EXIF_IFD)
    if pointer is None:
        return ExifDirectories(ifd0, None)
    exif_offset = pointer.integer()
    if exif_offset is None:
        raise MalformedError("the Exif block's pointer to its Exif directory is not an offset")
    return ExifDirectories(ifd0, read_ifd(block, exif_offset, order, "the Exif block's Exif directory"))


def read_portrait_tags(block: bytes | None) -> PortraitTags:
    """Read CustomRendered and the maker note; a damaged block has none."""
    try:
        directories = read_directories(block or b"")
    except MalformedError:
        return PortraitTags()
    custom, note = directories.find(CUSTOM_RENDERED), directories.find(MAKER_NOTE)
    return PortraitTags(custom.integer() if custom else None, note.value if note else None)


def read_brightness(block: bytes | None) -> float | None:
    """Read BrightnessValue, in APEX units; None if it is absent, damaged or stated to be unknown.

    Exif 2.32, 4.6.5: a numerator of FFFFFFFF stands for unknown.
    """
    try:
        entry = read_directories(block or b"").find(BRIGHTNESS_VALUE)
    except MalformedError:
        return None
    if entry is None or (entry.big_endian_value() or b"").startswith(b"\xff" * 4):
        return None
    return entry.number()


def read_lens(block: bytes | None) -> LensTags:
    """Read what the block says of the lens; damage and impossible numbers count as absent."""
    try:
        directories = read_directories(block or b"")
    except MalformedError:
        return LensTags()

    def number(tag: int, most: float) -> float | None:
        entry = directories.find(tag)
        value = entry.number() if entry else None
        return value if value is not None and 0 < value <= most else None

    def integer(tag: int) -> int | None:
        value = number(tag, 1 << 31)
        return None if value is None else round(value)

    return LensTags(
        focal_length_35mm=number(FOCAL_LENGTH_35MM, _MAX_FOCAL_MM),
        focal_length_mm=number(FOCAL_LENGTH, _MAX_FOCAL_MM),
        focal_plane_x_resolution=number(FOCAL_PLANE_X_RESOLUTION, _MAX_RESOLUTION),
        focal_plane_y_resolution=number(FOCAL_PLANE_Y_RESOLUTION, _MAX_RESOLUTION),
        focal_plane_unit=integer(FOCAL_PLANE_RESOLUTION_UNIT),
        pixel_width=integer(PIXEL_X_DIMENSION),
        pixel_height=integer(PIXEL_Y_DIMENSION),
    )
