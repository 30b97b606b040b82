"""What the Exif standard wants said of every photo, for the directories that are made here.

Knows: the mandatory tags of a compressed photo (Exif 2.32, 4.6.8, tables 17 and 18). Must not know: containers, the
marks of a portrait. A directory that another program wrote is never completed: what it leaves out is not ours to say.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from authoring.apple.ifd import LONG, RATIONAL, SHORT, UNDEFINED, build_entry

X_RESOLUTION = 0x011A
Y_RESOLUTION = 0x011B
RESOLUTION_UNIT = 0x0128
YCBCR_POSITIONING = 0x0213
EXIF_VERSION = 0x9000
COMPONENTS_CONFIGURATION = 0x9101
FLASHPIX_VERSION = 0xA000
COLOR_SPACE = 0xA001
PIXEL_X_DIMENSION = 0xA002
PIXEL_Y_DIMENSION = 0xA003

MANDATORY = frozenset(
    {
        X_RESOLUTION,
        Y_RESOLUTION,
        RESOLUTION_UNIT,
        YCBCR_POSITIONING,
        EXIF_VERSION,
        COMPONENTS_CONFIGURATION,
        FLASHPIX_VERSION,
        COLOR_SPACE,
        PIXEL_X_DIMENSION,
        PIXEL_Y_DIMENSION,
    }
)
"""All tags that `first_entries` and `exif_entries` may give."""

VERSION_0232 = b"0232"
"""ExifVersion of a directory made here; what iPhones have written since iOS 13 (pug)."""

_INCH, _CENTRED, _SRGB, _UNCALIBRATED = 2, 1, 1, 0xFFFF

UNKNOWN_RESOLUTION = struct.pack(">II", 72, 1) * 2
"""Of x and of y, each its own: 72 dpi is what the standard names where nothing is known (4.6.5 A)."""

_CONFIGURATIONS = {1: b"\1\0\0\0", 3: b"\1\2\3\0"}
"""Y alone, or Y, Cb, Cr; for four colours the standard has no word."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A photo as far as the mandatory tags go."""

    width: int
    """Pixels, as stored."""
    height: int
    components: int = 3
    """Colours of the coded picture: 1, 3 or 4."""
    profiled: bool = False
    """Whether it has an ICC profile, which then says more than ColorSpace can."""


def first_entries(recorded: Recorded, resolution_offset: int) -> dict[int, bytes]:
    """Big-endian entries of IFD0; `resolution_offset` is where `UNKNOWN_RESOLUTION` lies."""
    entries = {
        X_RESOLUTION: build_entry(">", X_RESOLUTION, RATIONAL, 1, resolution_offset),
        Y_RESOLUTION: build_entry(">", Y_RESOLUTION, RATIONAL, 1, resolution_offset + 8),
        RESOLUTION_UNIT: build_entry(">", RESOLUTION_UNIT, SHORT, 1, _INCH),
    }
    if recorded.components == 3:
        entries[YCBCR_POSITIONING] = build_entry(">", YCBCR_POSITIONING, SHORT, 1, _CENTRED)
    return entries


def exif_entries(order: str, recorded: Recorded | None) -> dict[int, bytes]:
    """Entries of the Exif directory; of a photo that nothing is known of, the version alone."""
    entries = {EXIF_VERSION: build_entry(order, EXIF_VERSION, UNDEFINED, 4, VERSION_0232)}
    if recorded is None:
        return entries
    space = _UNCALIBRATED if recorded.profiled else _SRGB
    entries |= {
        FLASHPIX_VERSION: build_entry(order, FLASHPIX_VERSION, UNDEFINED, 4, b"0100"),
        COLOR_SPACE: build_entry(order, COLOR_SPACE, SHORT, 1, space),
        PIXEL_X_DIMENSION: build_entry(order, PIXEL_X_DIMENSION, LONG, 1, recorded.width),
        PIXEL_Y_DIMENSION: build_entry(order, PIXEL_Y_DIMENSION, LONG, 1, recorded.height),
    }
    configuration = _CONFIGURATIONS.get(recorded.components)
    if configuration is not None:
        entries[COMPONENTS_CONFIGURATION] = build_entry(
            order, COMPONENTS_CONFIGURATION, UNDEFINED, 4, configuration
        )
    return entries
