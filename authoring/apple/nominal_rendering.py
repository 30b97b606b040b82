"""Provide a nominal set of rendering parameters: the numbers of one capture, as a table.

They are the records of version 6 in pug.heic, a BSD-3 licensed public sample (rear camera of an iPhone 13 Pro, iOS
16.2), with the values of three other samples beside them. The meaning of most records is not published. They are one
camera's tuning and belong together, so the set is used as it is: with f/2.8 it equals pug's byte for byte. Only the
scene records follow the photo where its Exif has a BrightnessValue: see `SCENE_SCALE`.
"""

from __future__ import annotations

import math
from itertools import pairwise

from authoring.apple.rendering import (
    DEFAULT_APERTURE,
    FLOAT,
    MAX_APERTURE,
    MIN_APERTURE,
    SIGNED,
    WIDEST_APERTURES,
    Record,
    Rendering,
)
from authoring.errors import UsageError

VERSION = 6
WORD = 1
"""Fourth word of the header, the same in all samples of versions 4 and 6."""

GAIN_MAP_RECORDS = (450, 451, 452, 453)
"""0 in a front camera's file without a gain map, otherwise proportional to the gain map's headroom."""

SCENE_SCALE = ((0.6, 0.25), (1.2, 0.247), (1.6, 0.22), (3.6, 0.025581483))
"""BrightnessValue, and the record 401 that goes with it, from samples: fidmaa 0.33 and 0.25, lyangas 0.53 and 0.25,
openize 1.17 and 0.248, tianle91 1.61 and 0.22, pug 3.62 and 0.0256. In all of them 400, 402 and 403 are in proportion
to 401, and 450 is 8 times 401 and 453, of which at most 4 count. What they do to the picture is not known."""

SMALLEST_APERTURE, LARGEST_APERTURE = 0.5, 64.0
"""f-numbers of existing lenses; the slider of Photos has 1.4 to 16."""

# id, type, value in pug.heic, remark: the supposed meaning, and the values of other samples if they differ.
# fidmaa is a front camera (version 6), openize a 48 mm rear one (version 6), lyangas an older phone (version 4).
NOMINAL: tuple[tuple[int, int, float | int, str], ...] = (
    (100, SIGNED, 0, "fidmaa 65535"),
    (101, SIGNED, 2, "fidmaa 3, lyangas 5"),
    (102, FLOAT, 0.03, ""),
    (103, FLOAT, 0.1, "fidmaa 0.2, lyangas 1.5"),
    (104, FLOAT, 0.04, "fidmaa 0.1, lyangas 1"),
    (105, FLOAT, 1.4, "lyangas 2"),
    (106, FLOAT, 0.05, "fidmaa 0.1, lyangas 0.2"),
    (107, FLOAT, 0.3, "fidmaa 0.4, lyangas 0.1"),
    (108, FLOAT, 1.5, "fidmaa 0.5, lyangas 0.5"),
    (109, FLOAT, 2.625, "fidmaa 2.5, openize 2.626, lyangas 2.5"),
    (110, SIGNED, 20, "lyangas 50"),
    (111, FLOAT, 0.05, "lyangas 1000"),
    (112, FLOAT, 0.025, "fidmaa 0.02, lyangas 1000"),
    (113, FLOAT, 0.01, ""),
    (114, FLOAT, 0.1, ""),
    (115, FLOAT, 0.1, "fidmaa 1000"),
    (116, FLOAT, 1.0, "fidmaa 1000, lyangas 1000"),
    (117, FLOAT, 0.75, "lyangas has none"),
    (118, FLOAT, 0.9, "lyangas has none"),
    (119, FLOAT, 1.2, "lyangas has none"),
    (120, FLOAT, 2.0, "lyangas has none"),
    (121, FLOAT, 0.4, "lyangas has none"),
    (122, FLOAT, 0.1, "lyangas has none"),
    (123, FLOAT, 1.0, "lyangas has none"),
    (124, FLOAT, 2.0, "lyangas has none"),
    (125, FLOAT, 8.0, "fidmaa 4, lyangas has none"),
    (126, FLOAT, 1e-04, "lyangas has none"),
    (127, SIGNED, 50, "fidmaa 25, lyangas has none"),
    (128, FLOAT, 1.0, "fidmaa 0.1, lyangas has none"),
    (200, FLOAT, 0.4, "fidmaa 0.092, openize 1e-05"),
    (201, FLOAT, 0.75, "openize 0.85"),
    (202, FLOAT, 0.00014, "fidmaa 0.0002, openize 0.0002"),
    (300, FLOAT, 0.01, ""),
    (301, FLOAT, 0.00027901, "lyangas 0.00028"),
    (302, FLOAT, 0.091, "fidmaa 0.065"),
    (303, FLOAT, 1.4, "smallest f-number; fidmaa 1.95"),
    (304, FLOAT, 0.0022, ""),
    (305, FLOAT, 0.00074405, ""),
    (306, FLOAT, 1.0, ""),
    (307, FLOAT, 1.0, "fidmaa 1.5"),
    (400, SIGNED, 5, "400 to 403 vary with the scene; fidmaa 50, openize 50, lyangas 50"),
    (401, FLOAT, 0.025581483, "fidmaa 0.25, openize 0.2481004, lyangas 0.25"),
    (402, FLOAT, 1.2279112, "fidmaa 12, openize 11.908819, lyangas 12"),
    (403, FLOAT, 0.010232593, "fidmaa 0.1, openize 0.09924016, lyangas 0.1"),
    (404, FLOAT, 0.0025, ""),
    (405, FLOAT, 0.0075, ""),
    (406, FLOAT, 0.9, ""),
    (407, FLOAT, 1.0, ""),
    (408, FLOAT, 0.0, ""),
    (409, FLOAT, 0.2, ""),
    (
        450,
        FLOAT,
        0.81860745,
        "450 to 453 vary with the gain map and are 0 without one; fidmaa 7.69, openize 7.94",
    ),
    (451, FLOAT, 2.0465186, "fidmaa 19.224363, openize 22.825237, lyangas 20"),
    (452, FLOAT, 0.06139556, "fidmaa 0.5767309, openize 0.6946811, lyangas 0.6"),
    (453, FLOAT, 4.0, "near the gain map's headroom; fidmaa 3.8448727, openize 6.9825497"),
    (454, FLOAT, 4.0, "openize 7, lyangas has none"),
    (498, SIGNED, 9, ""),
    (499, SIGNED, 12, ""),
    (500, SIGNED, 9, ""),
    (501, FLOAT, 1000.0, ""),
    (502, FLOAT, 0.0, ""),
    (503, FLOAT, 0.31, "fidmaa 0.156"),
    (504, FLOAT, 2.0, "fidmaa 2.5"),
    (505, FLOAT, 300.0, "fidmaa 100"),
    (506, FLOAT, 0.05, ""),
    (507, FLOAT, 0.4, ""),
    (508, SIGNED, 2, ""),
    (509, FLOAT, 0.25, ""),
    (510, FLOAT, 1.5, ""),
    (511, FLOAT, 0.9, ""),
    (512, SIGNED, 7, ""),
    (513, FLOAT, 1.0, ""),
    (514, FLOAT, 0.0, ""),
    (600, FLOAT, 2.8, "default aperture, equal to SimulatedAperture; fidmaa 4.5, openize 4.5"),
    (601, FLOAT, 1.4, "least aperture of the slider"),
    (602, FLOAT, 16.0, "greatest aperture of the slider"),
    (603, FLOAT, 1.4, "smallest f-number; fidmaa 2.25, openize 1"),
    (700, FLOAT, 0.0, ""),
    (701, FLOAT, 0.0, ""),
    (800, SIGNED, 3, ""),
    (801, FLOAT, -0.05, "lyangas 0"),
    (802, FLOAT, 0.02, "lyangas 0.1"),
    (803, FLOAT, -0.05, ""),
    (804, FLOAT, 0.12, ""),
    (900, FLOAT, 0.8, "fidmaa 0.6"),
    (901, FLOAT, 1.0, "fidmaa 0.99"),
    (902, FLOAT, 0.0, "fidmaa 0.035, lyangas 0.009221922"),
    (903, FLOAT, 0.0, ""),
    (904, FLOAT, 0.4, "fidmaa 0.25"),
    (905, FLOAT, 0.0, "fidmaa 0.015, lyangas 0.008083559"),
    (1000, FLOAT, 0.3, "fidmaa 0.1"),
    (1001, FLOAT, 5.0, "fidmaa 3"),
    (1002, FLOAT, 0.3, "fidmaa 0.5"),
    (1003, FLOAT, 0.8, "fidmaa 0.9"),
    (1004, FLOAT, 0.0, "fidmaa 1, lyangas 1"),
    (1005, FLOAT, 1.0, ""),
    (1006, FLOAT, -0.7, ""),
    (1007, FLOAT, 0.9, "fidmaa 0.5"),
    (1008, FLOAT, 0.03, "fidmaa 0.08, openize 0, lyangas 0.05"),
    (1009, FLOAT, 0.0, "fidmaa 0.25"),
    (1010, FLOAT, 0.0, "fidmaa 0.07"),
    (1011, SIGNED, 90, "fidmaa 10"),
    (1012, FLOAT, 0.4, "fidmaa 0.6"),
    (1013, FLOAT, 0.1, "fidmaa 0.8, lyangas 0.6"),
    (1014, SIGNED, 20, ""),
    (1015, FLOAT, 0.4, ""),
    (1016, FLOAT, 0.0, ""),
    (1017, FLOAT, 0.8, ""),
    (1018, FLOAT, 1.0, ""),
    (1019, FLOAT, 0.0, ""),
    (1020, FLOAT, 0.2, ""),
    (1021, FLOAT, 0.0, ""),
    (1022, FLOAT, 0.0, ""),
    (1023, FLOAT, 1.6, "fidmaa 0.2, openize 0.3"),
    (1024, SIGNED, 2, ""),
    (1025, FLOAT, 0.0, ""),
    (1026, FLOAT, 0.0005, ""),
    (1027, FLOAT, 1.0, ""),
    (1028, FLOAT, 0.0, ""),
    (1029, FLOAT, 1.0, ""),
    (1030, FLOAT, 0.8, ""),
    (1031, FLOAT, 0.3, ""),
    (1032, FLOAT, 2.0, ""),
    (1033, FLOAT, 0.17, "fidmaa 0.4, openize 0.1"),
    (1034, FLOAT, 0.35, "fidmaa 0.7, lyangas 0.55"),
    (1035, FLOAT, 1.0, ""),
    (1036, FLOAT, 0.0, "fidmaa 0.2"),
    (1037, FLOAT, 0.3, "fidmaa 1"),
    (1038, FLOAT, 0.1, ""),
    (1039, FLOAT, 0.2, ""),
    (1100, FLOAT, 0.45, "openize 0.5"),
    (1101, FLOAT, 0.02002, "fidmaa 0.0064, openize 0"),
    (1102, FLOAT, 0.018, "fidmaa 0.0096, openize 0, lyangas 0.074"),
    (1103, FLOAT, 0.1, "fidmaa 0.15, openize 0.2"),
    (1104, FLOAT, 0.9, "fidmaa 0.55, openize 0.8"),
    (1200, SIGNED, 9, "lyangas has none"),
    (1201, SIGNED, 4, "lyangas has none"),
    (1202, SIGNED, 12, "lyangas has none"),
    (1203, FLOAT, 1.0, "lyangas has none"),
    (1204, FLOAT, 1.0, "lyangas has none"),
    (1205, FLOAT, 0.65, "fidmaa 0.8, lyangas has none"),
    (1206, FLOAT, 0.8, "fidmaa 0.9, lyangas has none"),
    (1207, FLOAT, -2.0, "lyangas has none"),
    (1208, FLOAT, 0.0, "lyangas has none"),
    (1209, FLOAT, -1.0, "lyangas has none"),
    (1210, FLOAT, 0.15, "fidmaa 0.3, lyangas has none"),
    (1211, FLOAT, 0.2, "fidmaa 0.27, lyangas has none"),
    (1212, FLOAT, 1.2, "lyangas has none"),
    (1213, FLOAT, 0.4, "fidmaa 0, openize 0.6, lyangas has none"),
    (1214, SIGNED, 3, "fidmaa 0, lyangas has none"),
)


def scene_records(brightness: float) -> dict[int, float]:
    """Return records 400 to 403 and 450 to 452 of a photo of main camera and gain map, by its BrightnessValue."""
    scale = _interpolated(brightness)
    gain = 8 * 4 * scale
    return {
        400: round(200 * scale),
        401: scale,
        402: 48 * scale,
        403: 0.4 * scale,
        450: gain,
        451: 2.5 * gain,
        452: 0.075 * gain,
    }


def _interpolated(brightness: float) -> float:
    for (low, start), (high, end) in pairwise(SCENE_SCALE):
        if brightness < high:
            return start + (end - start) * max(0.0, (brightness - low) / (high - low))
    return SCENE_SCALE[-1][1]


def nominal_rendering(
    aperture: float, *, gain_map: bool = True, brightness: float | None = None
) -> Rendering:
    """Return the nominal set with this default aperture, an f-number of 0.5 to 64.

    The slider's ends and the smallest f-numbers are pug's, unless the aperture is beyond them. For a photo without a
    gain map the records that go with one are 0, as in the one sample without. brightness: the photo's
    BrightnessValue, which the scene records follow; None keeps pug's. Raises UsageError for an aperture outside the
    range.
    """
    if not (math.isfinite(aperture) and SMALLEST_APERTURE <= aperture <= LARGEST_APERTURE):
        raise UsageError(
            f"the aperture {aperture:g} is not an f-number from {SMALLEST_APERTURE:g} to {LARGEST_APERTURE:g}"
        )
    scene = {} if brightness is None else scene_records(brightness)
    records = []
    for identifier, kind, value, _ in NOMINAL:
        value = scene.get(identifier, value)
        if identifier == DEFAULT_APERTURE:
            value = aperture
        elif identifier == MAX_APERTURE:
            value = max(value, aperture)
        elif identifier == MIN_APERTURE or identifier in WIDEST_APERTURES:
            value = min(value, aperture)
        elif identifier in GAIN_MAP_RECORDS and not gain_map:
            value = 0.0
        records.append(Record(identifier, kind, value))
    return Rendering(VERSION, WORD, tuple(records))
