"""Encode and decode monochrome HEVC as in the depth item of an iPhone photo: 4:0:0, 8 bit, full range, one IDR picture.

pillow-heif encodes (x265) and decodes (libde265). A coded picture is the one-image HEIC file that the library writes
and reads; `containers.heif` takes it apart.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from authoring.codecs.limits import check_unpacking
from authoring.codecs.messages import first_line
from authoring.errors import DepthauthorError, MalformedError, UnsupportedError

Effort = Literal["fast", "balanced", "best"]
Setting = Literal["fast", "balanced", "finer", "best"]
"""How a map is encoded: the efforts that a user can ask for, and `finer` for what they do not code exactly enough."""
SETTINGS: dict[Setting, dict[str, str]] = {
    "fast": {"preset": "ultrafast", "x265:ctu": "16"},
    "balanced": {"preset": "ultrafast", "x265:ctu": "32"},
    "finer": {"preset": "superfast", "x265:ctu": "32"},
    "best": {"preset": "slow"},
}
"""Of x265. Coding tree units have 32 samples a side in Apple's maps. On photos' maps (`python -m benchmarks`) balanced
takes 0.4 of the time of superfast for 1 to 21 % more bytes, and 16 samples 0.6 of the time of 32 for 2 to 9 % more; the
presets between superfast and slow cost time and save nothing. Ultrafast is off by two codes on some maps of nothing but
hard edges (checkers, a tenth of the samples white), where superfast hardly ever is."""

CONSTANT_QP = 3
"""The quantiser of P pictures; x265 takes three less for an IDR picture, so this is its finest lossy step. A
sample is wrong by one code at most (4 already gives two on sharp edges), by 0.01 codes on average, and the
stream stays inside the plain RExt monochrome profile: no transquant bypass, which no iPhone file uses."""

SMALL_TRANSFORMS = {"x265:max-tu-size": "8"}
"""Transforms of at most 8 samples a side, for lossy coding: larger ones are rounded to two and three codes at sharp
edges of otherwise flat maps, on every second of eight tried. A twelfth more bytes, a twelfth less time."""

LARGE_BLOCKS_LEVEL = 150
"""From level 5 on a coding tree unit has 32 samples a side or more (H.265, A.4.1), so `fast` is `balanced`."""

LOSSY_TOLERANCE_CODES = 1
"""The largest error that `CONSTANT_QP` is meant to give; the caller checks it by decoding."""

MAX_LUMA_SAMPLES_OF_LEVEL = (
    (30, 36_864),
    (60, 122_880),
    (63, 245_760),
    (90, 552_960),
    (93, 983_040),
    (120, 2_228_224),
    (150, 8_912_896),
    (180, 35_651_584),
)
"""general_level_idc and its largest picture (H.265 table A.8). A side may have sqrt(8 * samples) at most."""

_VPS, _SPS = 32, 33
_HVCC_LEVEL, _HVCC_ARRAY_COUNT = 12, 22
_ARRAY_COMPLETENESS, _NAL_UNIT_TYPE = 0x80, 0x3F
"""Bits of the first byte of an array in hvcC; the bit between them is reserved and 0."""
_LENGTH_SIZE_MINUS_ONE = 21
_FORBIDDEN = re.compile(rb"\0\0[\0-\2]")
"""Runs that no NAL unit has, since emulation prevention breaks them up (H.265, 7.4.2)."""
_MAX_TRAILING_ZEROS = 8
"""Padding after a NAL unit, which is not allowed and does no harm."""
_RBSP_LEVEL = {_VPS: 2 + 4 + 11, _SPS: 2 + 1 + 11}
"""Offset of general_level_idc in a parameter set (H.265, 7.3.2.1, 7.3.2.2, 7.3.3): the NAL header, the fields before
profile_tier_level, 11 bytes of it."""


def encode_gray(
    codes: NDArray[np.uint8],
    *,
    lossless: bool = False,
    setting: Setting = "balanced",
    threads: int | None = None,
) -> bytes:
    """Encode `codes` (H, W) uint8, 0..255 full range, as a one-image HEIC file.

    Within one code of the input, but for maps of hard edges throughout; with `lossless` exact, at the price of
    transquant bypass in the stream.
    threads: of the encoder, None for its own choice; the bytes do not depend on it.
    """
    import pillow_heif

    height, width = codes.shape
    target = io.BytesIO()
    if setting == "fast" and level_for(width, height) >= LARGE_BLOCKS_LEVEL:
        setting = "balanced"
    parameters = SETTINGS[setting] | x265_threads(threads)
    if not lossless:
        parameters |= {"x265:qp": str(CONSTANT_QP)} | SMALL_TRANSFORMS
    pillow_heif.encode(
        "L",
        (width, height),
        np.ascontiguousarray(codes).tobytes(),
        target,
        quality=-1 if lossless else None,
        save_nclx_profile=False,
        tile_size=0,
        enc_params=parameters,
    )
    return target.getvalue()


def x265_threads(count: int | None) -> dict[str, str]:
    """Return the encoder parameters for a number of threads; the bitstream is the same with any number.

    `pools` sizes x265's pool of threads and, unlike `wpp`, does not change the bitstream.
    """
    return {} if count is None else {"x265:pools": str(count)}


def decode_gray(file: bytes) -> NDArray[np.uint8]:
    """Decode a one-image monochrome HEIC file to codes (H, W) uint8.

    Raises MalformedError if the bitstream does not decode, UnsupportedError if it is not 8-bit gray.
    """
    import pillow_heif

    try:
        picture = pillow_heif.open_heif(io.BytesIO(file), convert_hdr_to_8bit=False)
        mode, (width, height) = picture.mode, picture.size
        check_unpacking("the depth image", width, height, 1, len(file))
        codes = np.asarray(picture)
    except DepthauthorError:
        raise
    except Exception as error:  # libheif's and Pillow's errors come in many kinds.
        raise MalformedError(
            f"the depth image's HEVC stream does not decode ({first_line(error)})"
        ) from error
    if mode != "L" or codes.dtype != np.uint8:
        raise UnsupportedError(f"the depth image is coded as {mode}; only 8-bit monochrome is read")
    if codes.size != width * height:
        raise MalformedError(f"the depth image states {width}x{height} pixels and decodes to {codes.size}")
    return codes.reshape(height, width)


def level_for(width: int, height: int) -> int:
    """Return the smallest general_level_idc whose picture limits hold width x height luma samples."""
    for level, samples in MAX_LUMA_SAMPLES_OF_LEVEL:
        if width * height <= samples and max(width, height) ** 2 <= 8 * samples:
            return level
    raise UnsupportedError(f"a depth map of {width}x{height} is larger than any HEVC level allows")


def finish_configuration(configuration: bytes, width: int, height: int) -> bytes:
    """Return the body of hvcC (ISO/IEC 14496-15, 8.3.3.1.2) as Apple writes it.

    Its arrays are complete, and the level is that of the real size in hvcC, VPS and SPS: x265's lossless mode
    writes 255. Raises MalformedError where it is cut off.
    """
    level = level_for(width, height)
    head = bytearray(configuration)
    if len(head) > _HVCC_LEVEL:
        head[_HVCC_LEVEL] = level
    return _rebuilt(bytes(head), lambda unit, nal_type: _with_level(unit, nal_type, level))


def complete_arrays(configuration: bytes) -> bytes:
    """Return the body of hvcC, as long as before, with the first byte of each array as Apple writes it: a0, a1, a2.

    array_completeness is set, since `hvc1` promises that no parameter set is in the stream (ISO/IEC 14496-15,
    8.4.1.1), and the reserved bit, which libheif sets, is 0. Raises MalformedError where it is cut off.
    """
    return _rebuilt(configuration, lambda unit, nal_type: unit)


def _rebuilt(configuration: bytes, convert: Callable[[bytes, int], bytes]) -> bytes:
    """Return the body of hvcC with complete arrays, each NAL unit converted; `convert` gets the unit and its type."""
    stream = io.BytesIO(configuration)
    out = bytearray(_read(stream, _HVCC_ARRAY_COUNT + 1))
    for _ in range(out[_HVCC_ARRAY_COUNT]):
        nal_type = _read(stream, 1)[0] & _NAL_UNIT_TYPE
        count = _read(stream, 2)
        out += bytes([nal_type | _ARRAY_COMPLETENESS]) + count
        for _ in range(int.from_bytes(count, "big")):
            unit = convert(_read(stream, int.from_bytes(_read(stream, 2), "big")), nal_type)
            out += len(unit).to_bytes(2, "big") + unit
    return bytes(out)


def _read(stream: io.BytesIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise MalformedError("the HEVC decoder configuration ends inside a parameter set")
    return data


def stream_fault(payload: bytes, configuration: bytes) -> str | None:
    """Return why length-prefixed NAL units cannot be what an encoder wrote; None where nothing speaks against them.

    Decoders conceal damage behind the first bytes of a picture: one whose second half was zeroed decodes without an
    error. payload, configuration: as in `CodedAuxiliary`. Other bytes in place of the coded ones are not found.
    """
    if len(configuration) <= _LENGTH_SIZE_MINUS_ONE:
        return "its decoder configuration is cut short"
    width = (configuration[_LENGTH_SIZE_MINUS_ONE] & 3) + 1
    stream, offset = memoryview(payload), 0
    if not payload:
        return "it is empty"
    while offset < len(payload):
        start = offset + width
        offset = start + int.from_bytes(stream[start - width : start], "big")
        if offset > len(payload) or offset == start:
            return "its parts do not have the lengths that are stated"
        unit = bytes(stream[start:offset])
        coded = unit.rstrip(b"\0")
        if len(unit) - len(coded) > _MAX_TRAILING_ZEROS or _FORBIDDEN.search(coded):
            return "it holds zero bytes where no encoder writes them"
    return None


def _with_level(unit: bytes, nal_type: int, level: int) -> bytes:
    """Return a VPS or SPS with another level, other units unchanged.

    Emulation prevention (H.265, 7.4.2) is removed and added again.
    """
    if nal_type not in _RBSP_LEVEL:
        return unit
    payload = bytearray(unit.replace(b"\0\0\3", b"\0\0"))
    if len(payload) <= _RBSP_LEVEL[nal_type]:
        raise MalformedError("the HEVC decoder configuration ends inside a parameter set")
    payload[_RBSP_LEVEL[nal_type]] = level
    out = bytearray()
    zeros = 0
    for byte in payload:
        if zeros >= 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)
