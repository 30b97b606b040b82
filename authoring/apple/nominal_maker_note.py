"""Provide a nominal maker note in Apple's form: the numeric entries of one capture, as a table.

They are the entries of pug.heic, a BSD-3 licensed public sample (rear camera of an iPhone 13 Pro, iOS 16.2), whose
rendering parameters are the nominal ones too. The text entries are left out, and so are those that belong to the one
capture: `makernote.CAPTURE_TAGS`. The two flags are those of a portrait that is not blurred yet. Device tests of other
projects cover notes of about this many entries; which of them Photos reads is not known. The meanings are exiftool's.
"""

from __future__ import annotations

import struct

from authoring.apple.makernote import GAIN_MAP_TAGS, NoteEntry, build_note
from authoring.tiff import TiffType

SLONG, SRATIONAL, UNDEFINED = TiffType.SLONG, TiffType.SRATIONAL, TiffType.UNDEFINED

EXPOSURE_GRID: tuple[tuple[int, ...], ...] = (
    (322, 350, 400, 404, 415, 413, 406, 409, 415, 417, 415, 408, 398, 394, 381, 369),
    (308, 327, 378, 363, 364, 363, 355, 360, 364, 367, 363, 356, 351, 347, 341, 334),
    (291, 302, 340, 330, 329, 330, 325, 325, 329, 331, 327, 322, 320, 319, 308, 306),
    (277, 285, 315, 311, 304, 304, 303, 304, 303, 304, 301, 297, 293, 292, 283, 280),
    (265, 267, 294, 287, 280, 279, 277, 277, 278, 277, 273, 271, 269, 264, 260, 255),
    (251, 249, 270, 264, 259, 259, 256, 258, 257, 256, 251, 249, 248, 245, 242, 237),
    (239, 234, 252, 247, 245, 244, 238, 239, 239, 240, 235, 231, 233, 230, 226, 224),
    (227, 219, 234, 230, 227, 229, 223, 201, 141, 212, 223, 220, 220, 219, 217, 214),
    (216, 208, 221, 219, 216, 214, 184, 60, 22, 59, 185, 208, 209, 210, 208, 206),
    (206, 197, 211, 208, 205, 165, 104, 37, 28, 42, 134, 198, 198, 200, 198, 197),
    (196, 188, 200, 199, 166, 139, 95, 50, 42, 44, 94, 188, 189, 190, 191, 169),
    (186, 181, 190, 184, 121, 114, 68, 31, 30, 40, 73, 178, 181, 183, 181, 107),
    (173, 180, 181, 123, 105, 60, 51, 20, 23, 61, 143, 171, 172, 172, 152, 56),
    (161, 173, 138, 87, 97, 58, 35, 33, 27, 154, 166, 159, 138, 94, 57, 35),
    (144, 161, 139, 93, 84, 75, 35, 38, 52, 81, 93, 82, 51, 46, 47, 41),
    (89, 110, 104, 109, 65, 62, 39, 31, 46, 45, 48, 49, 36, 28, 34, 46),
)
"""256 numbers of 16 bits, little-endian in the note: what the exposure metering saw, it seems."""

_EXPOSURE_GRID_BYTES = b"".join(struct.pack("<16H", *row) for row in EXPOSURE_GRID)

# tag, type, value, remark: the supposed meaning. A fraction is two numbers, numerator and denominator.
NOMINAL: tuple[tuple[int, TiffType, int | tuple[int, ...] | bytes, str], ...] = (
    (0x01, SLONG, 14, "version of the note"),
    (0x02, UNDEFINED, _EXPOSURE_GRID_BYTES, "exposure grid, `EXPOSURE_GRID`"),
    (0x04, SLONG, 1, "exposure is stable"),
    (0x05, SLONG, 200, "exposure target"),
    (0x06, SLONG, 197, "exposure average"),
    (0x07, SLONG, 1, "autofocus is stable"),
    (
        0x08,
        SRATIONAL,
        (-3797, 4096, -16205, 207173, 25066, 67441),
        "acceleration of the device, three fractions in g",
    ),
    (0x0C, SRATIONAL, (419, 256, 109, 128), "focus distance range, two fractions"),
    (0x0D, SLONG, 31, ""),
    (0x0E, SLONG, 0, ""),
    (0x0F, SLONG, 2, "image stabilisation"),
    (0x10, SLONG, 1, ""),
    (0x14, SLONG, 10, "kind of capture: 2 portrait, 10 photo, 12 scene"),
    (0x19, SLONG, 0x22, "flags of the effect; 0x62 in pug, whose blur is rendered"),
    (0x1D, SRATIONAL, (3965, 309256), "noise"),
    (0x1F, SLONG, 1, "flags of Photos; 0 in pug"),
    (0x21, SRATIONAL, (22307, 25388), "headroom, only with a gain map"),
    (0x23, SLONG, (46, 268435511), "autofocus, two numbers"),
    (0x26, SLONG, 3, "kind of signal-to-noise ratio"),
    (0x27, SRATIONAL, (163966, 3825), "signal-to-noise ratio"),
    (0x28, SLONG, 1, ""),
    (0x2D, SLONG, 3577, "colour temperature in kelvin"),
    (0x2E, SLONG, 1, "camera: 1 rear, 6 front"),
    (0x2F, SLONG, 89, "focus position"),
    (0x33, SLONG, 4096, ""),
    (0x34, SLONG, 4, ""),
    (0x35, SLONG, 3, ""),
    (0x36, SLONG, 750, ""),
    (0x37, SLONG, 4, ""),
    (0x38, SLONG, 79, "measured distance of the autofocus"),
    (0x39, SLONG, 0, ""),
    (0x3A, SLONG, 0, ""),
    (0x3B, SLONG, 0, ""),
    (0x3C, SLONG, 4, ""),
    (0x3D, SLONG, 42, "confidence of the autofocus"),
    (0x3F, SLONG, 0, ""),
    (
        0x40,
        UNDEFINED,
        bytes.fromhex(
            "62706c6973743030d301020304050551305131513210012200000000080f11131517000000000000010100000000000000060000000000000000000000000000001c"
        ),
        "property list of the photographic style: 0: 1, 1: 0.0, 2: 0.0",
    ),
    (0x41, SLONG, 0, "version of the photographic style"),
    (0x42, SLONG, 0, "preset of the photographic style"),
    (0x43, SLONG, 0, "tone of the photographic style"),
    (0x44, SLONG, 0, ""),
    (0x45, SLONG, 0, "front camera"),
    (0x46, SLONG, 0, ""),
    (0x48, SLONG, 0, ""),
    (0x49, SLONG, 0, ""),
    (0x4A, SLONG, 2, ""),
)


def nominal_note(*, gain_map: bool) -> bytes:
    """Return the nominal maker note; the entries that go with a gain map only where the photo has one."""
    return build_note(
        [
            NoteEntry(tag, kind, _packed(value))
            for tag, kind, value, _ in NOMINAL
            if gain_map or tag not in GAIN_MAP_TAGS
        ]
    )


def _packed(value: int | tuple[int, ...] | bytes) -> bytes:
    """Return the value as the note stores it: bytes as they are, numbers as signed 32 bits, big-endian."""
    if isinstance(value, bytes):
        return value
    numbers = (value,) if isinstance(value, int) else value
    return struct.pack(f">{len(numbers)}i", *numbers)
