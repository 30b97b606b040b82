"""Parse and build the depth representation information SEI message, which Apple writes after the URN of an `auxC` box.

ITU-T H.265, Annex G, payload type 177, in front of which Apple puts two length words. The text of the standard was not
at hand: the syntax is as libheif reads it and as the bytes of pug, openize, fidmaa and nilsh confirm. Two habits of the
samples are kept: a mantissa has 16 bits, and no `rbsp_trailing_bits` byte follows the payload. libheif does not undo
emulation prevention here, so none may be needed: where a run of zeros would call for it, another exact mantissa length
is used.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterator
from dataclasses import dataclass

from authoring.errors import RefusedError, UnsupportedError


class RepresentationType(enum.IntEnum):
    """depth_representation_type. All Apple samples say uniform disparity, with d_min and d_max.

    A map in metres (hdep, fdep) is UNIFORM_Z: inferred from the standard, no sample has one. It is written
    without z_near and z_far: its code 0 is said to be z_far (table G.3, not at hand), and in hdep it is the near end.
    """

    UNIFORM_INVERSE_Z = 0
    UNIFORM_DISPARITY = 1
    UNIFORM_Z = 2
    NON_UNIFORM_DISPARITY = 3


NAL_PREFIX_SEI, NAL_SUFFIX_SEI = 39, 40
PAYLOAD_TYPE = 177

APPLE_MANTISSA_BITS = 16
"""Any half float fits exactly; all samples have it."""

MAX_MANTISSA_BITS = 32
"""da_mantissa_len_minus1 is a u(5)."""

RESERVED_EXPONENT = 127
"""An element of this exponent states no value."""

MAX_SUBTYPE_BYTES = 4096
"""Apple needs 21 bytes; anything far larger is not a list of SEI messages, and is not searched."""

MAX_REFERENCE_VIEW_ID = 1023
"""Far beyond the views of any photo; it bounds the length of one Exp-Golomb code."""


@dataclass(frozen=True, slots=True)
class DepthRepresentation:
    """The values of the message; None if it does not state one.

    z_near and z_far are distances; d_min and d_max are disparities, in 1/m in Apple's files.
    """

    representation_type: RepresentationType
    z_near: float | None = None
    z_far: float | None = None
    d_min: float | None = None
    d_max: float | None = None
    disparity_ref_view_id: int = 0
    """Only stored with d_min or d_max."""

    @property
    def elements(self) -> tuple[float | None, ...]:
        """The four values in the order of their flags."""
        return self.z_near, self.z_far, self.d_min, self.d_max


class _BitReader:
    """Reads the descriptors of H.265, 7.2 and 9.2, from a payload. Raises EOFError at its end."""

    def __init__(self, payload: bytes) -> None:
        self._bits = f"{int.from_bytes(payload, 'big'):0{len(payload) * 8}b}" if payload else ""
        self._position = 0

    def u(self, count: int) -> int:
        """Read an unsigned integer of `count` bits."""
        end = self._position + count
        if end > len(self._bits):
            raise EOFError
        bits, self._position = self._bits[self._position : end], end
        return int(bits, 2)

    def ue(self) -> int:
        """Read an Exp-Golomb code."""
        zeros = 0
        while not self.u(1):
            zeros += 1
        return (1 << zeros) - 1 + (self.u(zeros) if zeros else 0)


def parse_aux_subtype(data: bytes) -> DepthRepresentation | None:
    """Parse the first depth representation message in `data`; None if there is none, or it is cut short.

    Tolerates a missing or wrong outer length, suffix SEI, further messages and emulation prevention bytes.
    """
    if len(data) > MAX_SUBTYPE_BYTES:
        return None
    for start in (4, 0):
        for payload in _payloads(data, start):
            representation = _parse_payload(payload)
            if representation is not None:
                return representation
    return None


def build_aux_subtype(representation: DepthRepresentation) -> bytes:
    """Build the bytes after the URN: u32 length, u32 NAL length, one prefix SEI NAL unit.

    d_min=1.498046875 and d_max=4.3828125 of type 1 give the 21 bytes of pug.heic. Values are stored exactly.
    Raises RefusedError for a value that cannot be, UnsupportedError for type 3, which would need a table.
    """
    if representation.representation_type is RepresentationType.NON_UNIFORM_DISPARITY:
        raise UnsupportedError("a depth SEI of type 3 (non-uniform disparity) cannot be written; use type 1")
    if not 0 <= representation.disparity_ref_view_id <= MAX_REFERENCE_VIEW_ID:
        raise RefusedError(
            f"the reference view {representation.disparity_ref_view_id} of a depth SEI is out of range"
        )
    head = "".join("0" if value is None else "1" for value in representation.elements)
    head += _ue(representation.representation_type)
    if representation.d_min is not None or representation.d_max is not None:
        head += _ue(representation.disparity_ref_view_id)
    codings = [_element_codings(value) for value in representation.elements if value is not None]
    nal = _first_nal(head, codings, set())
    if nal is None:
        raise RefusedError(
            "these depth limits cannot be written without emulation prevention; widen the range"
        )
    return (len(nal) + 4).to_bytes(4, "big") + len(nal).to_bytes(4, "big") + nal


def _parse_payload(payload: bytes) -> DepthRepresentation | None:
    """Parse depth_representation_info(); None if it ends too early or its type is unknown."""
    reader = _BitReader(payload)
    try:
        z_near_flag, z_far_flag, d_min_flag, d_max_flag = (reader.u(1) for _ in range(4))
        representation_type = reader.ue()
        disparity_ref_view_id = reader.ue() if d_min_flag or d_max_flag else 0
        z_near = _parse_element(reader) if z_near_flag else None
        z_far = _parse_element(reader) if z_far_flag else None
        d_min = _parse_element(reader) if d_min_flag else None
        d_max = _parse_element(reader) if d_max_flag else None
    except EOFError:
        return None
    if representation_type > RepresentationType.NON_UNIFORM_DISPARITY:
        return None
    if d_min is None and d_max is None:
        disparity_ref_view_id = 0
    return DepthRepresentation(
        RepresentationType(representation_type), z_near, z_far, d_min, d_max, disparity_ref_view_id
    )


def _parse_element(reader: _BitReader) -> float | None:
    """Parse depth_rep_info_element(): da_sign_flag, da_exponent, da_mantissa_len_minus1, da_mantissa."""
    negative, exponent, length = reader.u(1), reader.u(7), reader.u(5) + 1
    mantissa = reader.u(length)
    if exponent == RESERVED_EXPONENT:
        return None
    if exponent:
        value = math.ldexp(1 + math.ldexp(mantissa, -length), exponent - 31)
    else:
        value = math.ldexp(mantissa, -30 - length)
    return -value if negative else value


def _element_codings(value: float) -> list[str]:
    """Return all exact codings of depth_rep_info_element() as bits, Apple's own first.

    A shorter mantissa shortens a run of zeros, so shorter ones come before longer ones.
    """
    if not math.isfinite(value):
        raise RefusedError(f"the depth limit {value} is not a finite number and cannot be written")
    lengths = [APPLE_MANTISSA_BITS, *range(APPLE_MANTISSA_BITS - 1, 0, -1)]
    lengths += range(APPLE_MANTISSA_BITS + 1, MAX_MANTISSA_BITS + 1)
    if value == 0:
        lengths.sort()
    sign = "1" if math.copysign(1, value) < 0 else "0"
    fraction, power = math.frexp(abs(value))
    exponent = power + 30 if fraction else 0
    if exponent >= RESERVED_EXPONENT:
        raise RefusedError(f"the depth limit {value!r} is too large for an SEI")
    # Exponent 0 is the form without a leading one; it reaches further down the longer the mantissa is.
    number, shift = (fraction * 2 - 1, 0) if exponent > 0 else (abs(value), 30)
    codings = []
    for length in lengths:
        mantissa = math.ldexp(number, shift + length)
        if mantissa == int(mantissa) < 1 << length:
            codings.append(f"{sign}{max(exponent, 0):07b}{length - 1:05b}{int(mantissa):0{length}b}")
    if not codings:
        raise RefusedError(f"the depth limit {value!r} has more digits than an SEI can hold; round it first")
    return codings


def _ue(value: int) -> str:
    """Return an Exp-Golomb code, ue(v) of H.265, 9.2, as bits."""
    bits = f"{value + 1:b}"
    return "0" * (len(bits) - 1) + bits


def _first_nal(bits: str, codings: list[list[str]], failed: set[tuple[int, str]]) -> bytes | None:
    """Return the first NAL unit that begins with `bits` and needs no emulation prevention; None without one.

    One coding of each further value follows. Four values have a million combinations. Whether one succeeds depends
    only on the last whole bytes before it, so `failed` endings are not tried again.
    """
    whole = len(bits) // 8
    if whole > 2 and _needs_emulation_prevention(int(bits[: 8 * whole], 2).to_bytes(whole, "big")):
        return None
    if not codings:
        payload = _to_bytes(bits)
        nal = bytes((NAL_PREFIX_SEI << 1, 1, PAYLOAD_TYPE, len(payload))) + payload
        return None if nal.endswith(b"\0") or _needs_emulation_prevention(nal) else nal
    ending = len(codings), bits[max(8 * (whole - 2), 0) :]
    if ending in failed:
        return None
    for coding in codings[0]:
        result = _first_nal(bits + coding, codings[1:], failed)
        if result is not None:
            return result
    failed.add(ending)
    return None


def _to_bytes(bits: str) -> bytes:
    """Return the payload, closed by a one bit and zero bits unless it ends at a byte's end."""
    if len(bits) % 8:
        bits += "1" + "0" * (-(len(bits) + 1) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def _needs_emulation_prevention(data: bytes) -> bool:
    """Return whether 00 00 00, 00 00 01, 00 00 02 or 00 00 03 is inside (H.265, 7.4.2)."""
    return any(bytes((0, 0, last)) in data for last in range(4))


def _payloads(data: bytes, start: int) -> Iterator[bytes]:
    """Yield the depth messages in length-prefixed NAL units from `start` on."""
    position = start
    while position + 6 <= len(data):
        size = int.from_bytes(data[position : position + 4], "big")
        nal = data[position + 4 : position + 4 + size]
        position += 4 + size
        if len(nal) >= 2 and nal[0] >> 1 & 63 in (NAL_PREFIX_SEI, NAL_SUFFIX_SEI):
            yield from _messages(nal[2:])


def _messages(rbsp: bytes) -> Iterator[bytes]:
    """Yield the depth messages of one SEI (H.265, 7.3.5), with emulation prevention undone, then as stored.

    The payload size counts no emulation prevention bytes, so an SEI whose writer forgot them fails the first
    reading.
    """
    for body in dict.fromkeys((rbsp.replace(b"\0\0\3", b"\0\0"), rbsp)):
        position = 0
        while position + 2 <= len(body):
            payload_type, position = _read_header_value(body, position)
            payload_size, position = _read_header_value(body, position)
            if payload_type == PAYLOAD_TYPE and position + payload_size <= len(body):
                yield body[position : position + payload_size]
            position += payload_size


def _read_header_value(body: bytes, position: int) -> tuple[int, int]:
    """Read payload_type or payload_size, bytes of 255 that add up with the next one; return the position after."""
    total = 0
    while position < len(body) and body[position] == 255:
        total += 255
        position += 1
    last = body[position] if position < len(body) else 0
    return total + last, position + 1
