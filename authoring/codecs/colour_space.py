"""Describe colour spaces by primaries, white and curve, from code points or chunks, and build ICC profiles of them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Curve: TypeAlias = tuple[float, float, float, float, float]
"""(g, a, b, c, d): linear light is (a x + b)^g from x = d on, and c x below (ICC.1:2022, 10.18, function type 3)."""

HdrTransfer: TypeAlias = Literal["PQ", "HLG"]


def _power(exponent: float) -> Curve:
    return (exponent, 1.0, 0.0, 0.0, 0.0)


SRGB_CURVE: Curve = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_BT709_CURVE: Curve = (1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081)
_D65 = (0.3127, 0.3290)
_ILLUMINANT_C = (0.310, 0.316)
_BT709_PRIMARIES = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
_D50_XYZ = (0.9642, 1.0, 0.8249)
"""White of the profile connection space (ICC.1:2022, 7.2.16)."""
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
"""XYZ to cone responses, for the chromatic adaptation that ICC.1:2022, annex E, recommends."""

_PROFILE_DATE = struct.pack(">6H", 2024, 1, 1, 0, 0, 0)
"""Of every profile: the same photo gives the same bytes."""


@dataclass(frozen=True, slots=True)
class ColourSpace:
    """An RGB colour space."""

    name: str
    primaries: tuple[float, float, float, float, float, float]
    """x and y of red, of green and of blue."""
    white: tuple[float, float]
    transfer: Curve | HdrTransfer

    @property
    def hdr(self) -> HdrTransfer | None:
        """PQ or HLG; None for a space of standard dynamic range."""
        return self.transfer if isinstance(self.transfer, str) else None

    @property
    def to_xyz(self) -> NDArray[np.float64]:
        """The matrix (3, 3) from linear RGB to XYZ, where white has Y = 1.

        Raises ValueError for primaries or a white that span no colours.
        """
        if min(self.white[1], *self.primaries[1::2]) <= 0 and self.primaries != _XYZ_PRIMARIES:
            raise ValueError("a primary without luminance")
        columns = np.array([_xyz_direction(*self.primaries[start : start + 2]) for start in (0, 2, 4)]).T
        if abs(np.linalg.det(columns)) < 1e-6:
            raise ValueError("primaries in one line")
        return np.asarray(columns * np.linalg.solve(columns, _white_xyz(self.white)))


_XYZ_PRIMARIES = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)

SRGB = ColourSpace("sRGB", _BT709_PRIMARIES, _D65, SRGB_CURVE)
DISPLAY_P3 = ColourSpace("Display P3", (0.680, 0.320, 0.265, 0.690, 0.150, 0.060), _D65, SRGB_CURVE)
ADOBE_RGB = ColourSpace("Adobe RGB (1998)", (0.64, 0.33, 0.21, 0.71, 0.15, 0.06), _D65, _power(563 / 256))

_PRIMARIES: dict[int, tuple[str, tuple[float, float, float, float, float, float], tuple[float, float]]] = {
    1: ("BT.709", _BT709_PRIMARIES, _D65),
    4: ("BT.470M", (0.67, 0.33, 0.21, 0.71, 0.14, 0.08), _ILLUMINANT_C),
    5: ("BT.601 (625 lines)", (0.64, 0.33, 0.29, 0.60, 0.15, 0.06), _D65),
    6: ("BT.601 (525 lines)", (0.630, 0.340, 0.310, 0.595, 0.155, 0.070), _D65),
    7: ("SMPTE 240M", (0.630, 0.340, 0.310, 0.595, 0.155, 0.070), _D65),
    8: ("film", (0.681, 0.319, 0.243, 0.692, 0.145, 0.049), _ILLUMINANT_C),
    9: ("BT.2020", (0.708, 0.292, 0.170, 0.797, 0.131, 0.046), _D65),
    10: ("XYZ", _XYZ_PRIMARIES, (1 / 3, 1 / 3)),
    11: ("DCI-P3", (0.680, 0.320, 0.265, 0.690, 0.150, 0.060), (0.314, 0.351)),
    12: ("P3", (0.680, 0.320, 0.265, 0.690, 0.150, 0.060), _D65),
    22: ("EBU Tech 3213", (0.630, 0.340, 0.295, 0.605, 0.155, 0.077), _D65),
}
"""By ColourPrimaries (H.273, table 2)."""

_TRANSFERS: dict[int, tuple[str, Curve | HdrTransfer]] = {
    **dict.fromkeys((1, 6, 11, 12, 14, 15), ("the curve of BT.709", _BT709_CURVE)),
    4: ("gamma 2.2", _power(2.2)),
    5: ("gamma 2.8", _power(2.8)),
    7: ("the curve of SMPTE 240M", (1 / 0.45, 1 / 1.1115, 0.1115 / 1.1115, 1 / 4, 0.0913)),
    8: ("linear", _power(1.0)),
    13: ("the curve of sRGB", SRGB_CURVE),
    16: ("PQ", "PQ"),
    17: ("gamma 2.6", _power(2.6)),
    18: ("HLG", "HLG"),
}
"""By TransferCharacteristics (H.273, table 3): the inverse of the camera's curve, as the table states it."""

_UNSPECIFIED = 2


def space_of_code_points(primaries: int, transfer: int) -> ColourSpace | None:
    """Return the space of code points (H.273, 8.1 and 8.2); None for reserved ones.

    What is unspecified is as in sRGB.
    """
    found = _PRIMARIES.get(1 if primaries == _UNSPECIFIED else primaries)
    curve = _TRANSFERS.get(13 if transfer == _UNSPECIFIED else transfer)
    if found is None or curve is None:
        return None
    space = ColourSpace(f"{found[0]} with {curve[0]}", found[1], found[2], curve[1])
    known = (other for other in (SRGB, DISPLAY_P3) if (other.primaries, other.white) == found[1:])
    return next((other for other in known if other.transfer == curve[1]), space)


def space_of_chunks(gamma: float | None, chromaticities: tuple[float, ...] | None) -> ColourSpace | None:
    """Return the space that a PNG's gAMA and cHRM state; None where they say nothing usable.

    gamma: of the encoding, 0.45455 for 2.2. chromaticities: x and y of white, red, green and blue. What is as in sRGB,
    as far as such chunks can say it, is sRGB.
    """
    values = tuple(map(float, chromaticities or ()))
    red_x, red_y, green_x, green_y, blue_x, blue_y = values[2:8] if len(values) == 8 else SRGB.primaries
    white = (values[0], values[1]) if len(values) == 8 else SRGB.white
    primaries = (red_x, red_y, green_x, green_y, blue_x, blue_y)
    same_colours = np.allclose((*white, *primaries), (*SRGB.white, *SRGB.primaries), atol=_SAME_CHROMATICITY)
    if gamma is None or not _GAMMAS[0] <= gamma <= _GAMMAS[1]:
        gamma = None
    if same_colours and (gamma is None or abs(gamma * 2.2 - 1) < _SAME_GAMMA):
        return SRGB
    curve = _power(1 / gamma) if gamma else SRGB_CURVE
    text = f"gamma {1 / gamma:.2f}" if gamma else "sRGB's curve"
    space = ColourSpace(f"RGB with {text}", SRGB.primaries if same_colours else primaries, white, curve)
    try:
        _ = space.to_xyz
    except ValueError:
        return None
    return space


_SAME_CHROMATICITY = 0.002
"""Programs round sRGB's chromaticities to two to five digits."""
_SAME_GAMMA = 0.02
"""45455 stands for sRGB, and some programs write 45000 or 46000."""
_GAMMAS = (0.1, 4.0)
"""What can be meant: gamma 10 to 0.25."""


def build_profile(space: ColourSpace) -> bytes:
    """Build an ICC profile, version 4, of three colorants and one curve (ICC.1:2022, 7 and 8.3.3).

    Raises ValueError for an HDR space, whose curve is none of these.
    """
    if isinstance(space.transfer, str):
        raise ValueError(f"{space.name} has no parametric curve")
    adaptation = _adaptation(space.white)
    colorants = adaptation @ space.to_xyz
    is_power = space.transfer == _power(space.transfer[0])
    parameters = _fixed(space.transfer[0]) if is_power else _fixed(*space.transfer)
    curve = b"para" + bytes(4) + struct.pack(">HH", 0 if is_power else 3, 0) + parameters
    parts = [
        ((b"desc",), _text(space.name)),
        ((b"cprt",), _text("No copyright")),
        ((b"wtpt",), _xyz(_D50_XYZ)),
        ((b"chad",), b"sf32" + bytes(4) + _fixed(*adaptation.ravel())),
        ((b"rXYZ",), _xyz(colorants[:, 0])),
        ((b"gXYZ",), _xyz(colorants[:, 1])),
        ((b"bXYZ",), _xyz(colorants[:, 2])),
        ((b"rTRC", b"gTRC", b"bTRC"), curve),
    ]
    count = sum(len(names) for names, _ in parts)
    table, body, offset = struct.pack(">I", count), b"", _HEADER_BYTES + 4 + 12 * count
    for names, content in parts:
        for name in names:
            table += name + struct.pack(">II", offset + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    header = b"\4\x30\0\0" + b"mntr" + b"RGB " + b"XYZ " + _PROFILE_DATE + b"acsp"
    header = struct.pack(">I", offset + len(body)) + bytes(4) + header + bytes(28) + _fixed(*_D50_XYZ)
    return header.ljust(_HEADER_BYTES, b"\0") + table + body


_HEADER_BYTES = 128


def profile_colours(icc: bytes) -> str:
    """Return for which pixels a profile is: RGB, GRAY, CMYK, Lab ... (ICC.1:2022, 7.2.6); empty for a link or none."""
    if icc[12:16] not in (b"scnr", b"mntr", b"prtr", b"spac"):
        return ""
    return icc[16:20].decode("latin-1").strip()


def profile_code_points(icc: bytes) -> tuple[int, int] | None:
    """Return (primaries, transfer) of a profile's tag `cicp` (ICC.1:2022, 9.2.17); None where it has none."""
    count = int.from_bytes(icc[_HEADER_BYTES : _HEADER_BYTES + 4], "big")
    start = _HEADER_BYTES + 4
    for entry in range(start, min(start + 12 * min(count, _MAX_TAGS), len(icc) - 11), 12):
        if icc[entry : entry + 4] == b"cicp":
            offset = int.from_bytes(icc[entry + 4 : entry + 8], "big")
            body = icc[offset : offset + 12]
            return (body[8], body[9]) if len(body) == 12 and body[:4] == b"cicp" else None
    return None


_MAX_TAGS = 100
"""Profiles have ten to thirty."""


def _xyz_direction(x: float, y: float) -> tuple[float, float, float]:
    return x, y, 1 - x - y


def _white_xyz(white: tuple[float, float]) -> NDArray[np.float64]:
    x, y = white
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _adaptation(white: tuple[float, float]) -> NDArray[np.float64]:
    """Return the matrix (3, 3) that turns XYZ under this white into XYZ under D50."""
    cones = _BRADFORD @ np.array([_white_xyz(white), _D50_XYZ]).T
    return np.asarray(np.linalg.solve(_BRADFORD, np.diag(cones[:, 1] / cones[:, 0])) @ _BRADFORD)


def _fixed(*values: float) -> bytes:
    """Return numbers as s15Fixed16Number."""
    return struct.pack(f">{len(values)}i", *(round(float(value) * 65536) for value in values))


def _xyz(values: tuple[float, float, float] | NDArray[np.float64]) -> bytes:
    return b"XYZ " + bytes(4) + _fixed(*values)


def _text(text: str) -> bytes:
    """Return a text in English as multiLocalizedUnicodeType (ICC.1:2022, 10.15)."""
    coded = text.encode("utf-16-be")
    return b"mluc" + bytes(4) + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(coded), 28) + coded
