"""The marks outside the depth map by which Photos knows a portrait: Exif, Apple's maker note, focus region.

Knows: CustomRendered, two maker-note entries, and the MWG focus region in the photo's own XMP.
Must not know: containers, pixels, the depth XMP.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from authoring.apple.xmp import parse_element
from authoring.errors import DepthauthorError

if TYPE_CHECKING:
    from lxml import etree

CUSTOM_RENDERED = 0xA401
IMAGE_PROCESSING_FLAGS = 0x0019
PHOTOS_APP_FEATURE_FLAGS = 0x001F

MAKER_NOTE_MAGIC = b"Apple iOS\0"
MAX_MAKER_NOTE_ENTRIES = 512
"""iOS 17 writes about 50; more than this is a broken count."""

_TIFF_LONG, _TIFF_SIGNED_LONG, _TIFF_SHORT = 4, 9, 3
_REGIONS = "{http://www.metadataworkinggroup.com/schemas/regions/}"
_AREA = "{http://ns.adobe.com/xmp/sType/Area#}"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


@dataclass(frozen=True, slots=True)
class FocusRegion:
    """Centre and size of the region in focus, each 0..1 of the photo's width or height."""

    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True)
class PortraitMarks:
    """What a photo says of itself; None where it says nothing."""

    custom_rendered: int | None = None
    """Exif 0xA401: 7, 8 = blur is in the pixels; 9 = portrait without it (format.md §6)."""
    image_processing_flags: int | None = None
    """Maker note 0x0019: bit 0x20 depth is there, bit 0x40 its blur is rendered."""
    photos_app_flags: int | None = None
    """Maker note 0x001F."""
    focus_region: FocusRegion | None = None


def read_marks(exif: bytes | None, xmp: bytes | None) -> PortraitMarks:
    """Read the marks from a TIFF block and the photo's own XMP packet; damage reads as absence."""
    custom, flags, features = _read_exif(exif) if exif else (None, None, None)
    return PortraitMarks(custom, flags, features, _focus_region(xmp) if xmp else None)


def _read_exif(exif: bytes) -> tuple[int | None, int | None, int | None]:
    import piexif

    try:
        told = piexif.load(b"Exif\0\0" + exif)["Exif"]
    except (ValueError, struct.error, KeyError, IndexError, TypeError, OverflowError, UnicodeError):
        return None, None, None
    custom = told.get(CUSTOM_RENDERED)
    entries = maker_note_integers(told.get(piexif.ExifIFD.MakerNote) or b"")
    return (
        custom if isinstance(custom, int) else None,
        entries.get(IMAGE_PROCESSING_FLAGS),
        entries.get(PHOTOS_APP_FEATURE_FLAGS),
    )


def maker_note_integers(note: bytes) -> dict[int, int]:
    """The single-integer entries of an Apple maker note, by tag; empty for other makers' notes.

    Layout as in every iPhone sample: magic, two bytes of version, byte order, then one IFD whose offsets count
    from the note's first byte.
    """
    if not note.startswith(MAKER_NOTE_MAGIC) or note[12:14] not in (b"MM", b"II"):
        return {}
    order = ">" if note[12:14] == b"MM" else "<"
    found = {}
    try:
        (count,) = struct.unpack_from(order + "H", note, 14)
        for index in range(min(count, MAX_MAKER_NOTE_ENTRIES)):
            tag, kind, number, raw = struct.unpack_from(order + "HHI4s", note, 16 + 12 * index)
            if number != 1 or kind not in (_TIFF_LONG, _TIFF_SIGNED_LONG, _TIFF_SHORT):
                continue
            code = {_TIFF_LONG: "I", _TIFF_SIGNED_LONG: "i", _TIFF_SHORT: "H"}[kind]
            (found[tag],) = struct.unpack_from(order + code, raw)
    except struct.error:
        return found
    return found


def _focus_region(packet: bytes) -> FocusRegion | None:
    """The first MWG region of type Focus, in element or attribute form."""
    try:
        root = parse_element(packet)
    except DepthauthorError:
        return None
    for item in root.iter(_RDF + "li"):
        holders = [item, *item.findall(_RDF + "Description")]
        kinds = [_value(holder, _REGIONS + "Type") for holder in holders]
        if "Focus" not in kinds:
            continue
        for area in item.iter(_REGIONS + "Area"):
            places = [area, *area.findall(_RDF + "Description")]
            numbers = [
                next(filter(None, (_value(place, _AREA + key) for place in places)), "") for key in "xywh"
            ]
            try:
                x, y, w, h = (float(number or 0) for number in numbers)
            except ValueError:
                continue
            if all(map(math.isfinite, (x, y, w, h))):
                return FocusRegion(x, y, w, h)
    return None


def _value(holder: etree._Element, name: str) -> str | None:
    found = holder.get(name)
    if found is None:
        found = holder.findtext(name)
    return str(found).strip() if found is not None else None
