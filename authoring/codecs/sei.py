"""The depth representation information SEI message, as Apple puts it behind the URN of an `auxC` box.

Knows: ITU-T H.265, Annex G (payload type 177), and the two length words that Apple puts in front of the NAL.
Must not know: boxes, XMP, what nearer and farther mean to Apple.

The text of the standard was not at hand: the syntax is as libheif reads it and as the bytes of pug, openize,
fidmaa and nilsh confirm. Two habits of the samples are kept: a mantissa has 16 bits, and no
`rbsp_trailing_bits` byte follows the payload. libheif does not undo emulation prevention here, so none may be
needed: where a zero run would call for it, another exact mantissa length is taken.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from authoring.errors import RefusedError, UnsupportedError

UNIFORM_INVERSE_Z, UNIFORM_DISPARITY, UNIFORM_Z, NON_UNIFORM_DISPARITY = range(4)
"""`depth_representation_type`. All Apple samples say 1, uniform disparity, with d_min and d_max.

A map in metres (hdep, fdep) is type 2 with z_near and z_far: inferred from the standard, no sample has one.
"""

NAL_PREFIX_SEI, NAL_SUFFIX_SEI = 39, 40
PAYLOAD_TYPE = 177

APPLE_MANTISSA_BITS = 16
"""Any half float fits exactly; seen in all samples."""

MAX_MANTISSA_BITS = 32
"""The length less one is a u(5)."""

MAX_SUBTYPE_BYTES = 4096
"""Apple needs 21 bytes; anything far larger is not a list of SEI messages, and is not searched."""

MAX_REFERENCE_VIEW_ID = 1023
"""Far beyond the views of any photo; it bounds the length of one Exp-Golomb code."""


@dataclass(frozen=True, slots=True)
class DepthRepresentation:
    """What the message states; a value that it does not state is None.

    z_near and z_far are distances; d_min and d_max are disparities, in 1/m in Apple's files.
    """

    representation_type: int
    """0..3, see `UNIFORM_INVERSE_Z` and its neighbours."""
    z_near: float | None = None
    z_far: float | None = None
    d_min: float | None = None
    d_max: float | None = None
    disparity_ref_view_id: int = 0
    """Only stored where d_min or d_max is."""


def build_aux_subtype(representation: DepthRepresentation) -> bytes:
    """The bytes after the URN: u32 length, u32 NAL length, one prefix SEI NAL unit.

    `DepthRepresentation(1, d_min=1.498046875, d_max=4.3828125)` gives the 21 bytes of pug.heic. Values are
    stored exactly. Raises RefusedError for a value that cannot be, UnsupportedError for representation
    type 3, which would need a table of its own.
    """
    if representation.representation_type == NON_UNIFORM_DISPARITY:
        raise UnsupportedError("a depth SEI of type 3 (non-uniform disparity) cannot be written; use type 1")
    if not 0 <= representation.representation_type < NON_UNIFORM_DISPARITY:
        raise RefusedError(f"depth representation type {representation.representation_type} is not in 0..3")
    if not 0 <= representation.disparity_ref_view_id <= MAX_REFERENCE_VIEW_ID:
        raise RefusedError(
            f"the reference view {representation.disparity_ref_view_id} of a depth SEI is out of range"
        )
    values = _values(representation)
    head = "".join("0" if value is None else "1" for value in values)
    head += _exp_golomb(representation.representation_type)
    if representation.d_min is not None or representation.d_max is not None:
        head += _exp_golomb(representation.disparity_ref_view_id)
    spellings = [_spellings(value) for value in values if value is not None]
    nal = _first_message(head, spellings, set())
    if nal is not None:
        return (len(nal) + 4).to_bytes(4, "big") + len(nal).to_bytes(4, "big") + nal
    raise RefusedError("these depth limits cannot be written without emulation prevention; widen the range")


def parse_aux_subtype(data: bytes) -> DepthRepresentation | None:
    """The first depth representation message in `data`; None where there is none, or it is cut short.

    Tolerant: a missing or wrong outer length, suffix SEI, further messages and emulation prevention bytes
    are taken.
    """
    if len(data) > MAX_SUBTYPE_BYTES:
        return None
    for start in (4, 0):
        for payload in _payloads(data, start):
            found = _parse_payload(payload)
            if found is not None:
                return found
    return None


def _values(representation: DepthRepresentation) -> tuple[float | None, ...]:
    """The four values in the order of their flags."""
    return representation.z_near, representation.z_far, representation.d_min, representation.d_max


def _exp_golomb(value: int) -> str:
    """ue(v), H.265 9.2."""
    bits = f"{value + 1:b}"
    return "0" * (len(bits) - 1) + bits


def _spellings(value: float) -> list[str]:
    """All exact codings of one value (sign u1, exponent u7, length − 1 u5, mantissa), Apple's own first.

    A run of zeros is shortened by a shorter mantissa, so shorter ones come before longer ones.
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
    if exponent > 126:
        raise RefusedError(f"the depth limit {value!r} is too large for an SEI")
    # Exponent 0 is the form without a leading one; it reaches further down the longer the mantissa is.
    number, shift = (fraction * 2 - 1, 0) if exponent > 0 else (abs(value), 30)
    found = []
    for length in lengths:
        mantissa = math.ldexp(number, shift + length)
        if mantissa == int(mantissa) < 1 << length:
            found.append(f"{sign}{max(exponent, 0):07b}{length - 1:05b}{int(mantissa):0{length}b}")
    if not found:
        raise RefusedError(f"the depth limit {value!r} has more digits than an SEI can hold; round it first")
    return found


def _first_message(bits: str, spellings: list[list[str]], dead: set[tuple[int, str]]) -> bytes | None:
    """The first choice of spellings behind `bits` whose NAL unit needs no emulation prevention; None without one.

    Four values have a million choices. Whether one is good depends on its last whole bytes alone, so endings that
    led nowhere are remembered in `dead` and not followed again.
    """
    whole = len(bits) // 8
    if whole > 2 and _has_run(int(bits[: 8 * whole], 2).to_bytes(whole, "big")):
        return None
    if not spellings:
        payload = _to_bytes(bits)
        nal = bytes((NAL_PREFIX_SEI << 1, 1, PAYLOAD_TYPE, len(payload))) + payload
        return None if _needs_emulation_prevention(nal) else nal
    ending = len(spellings), bits[max(8 * (whole - 2), 0) :]
    if ending in dead:
        return None
    for chosen in spellings[0]:
        found = _first_message(bits + chosen, spellings[1:], dead)
        if found is not None:
            return found
    dead.add(ending)
    return None


def _to_bytes(bits: str) -> bytes:
    """The payload, closed by a one bit and zero bits unless it ends on a byte's edge."""
    if len(bits) % 8:
        bits += "1" + "0" * (-(len(bits) + 1) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def _needs_emulation_prevention(nal: bytes) -> bool:
    """Whether H.265 7.4.2 would ask for an extra byte: 00 00 00..03 inside, or 00 at the end."""
    return nal.endswith(b"\0") or _has_run(nal)


def _has_run(data: bytes) -> bool:
    """Whether 00 00 00, 00 00 01, 00 00 02 or 00 00 03 is inside."""
    return any(bytes((0, 0, last)) in data for last in range(4))


def _payloads(data: bytes, start: int) -> Iterator[bytes]:
    """The depth messages in length-prefixed NAL units from `start` on."""
    position = start
    while position + 6 <= len(data):
        size = int.from_bytes(data[position : position + 4], "big")
        nal = data[position + 4 : position + 4 + size]
        position += 4 + size
        if len(nal) < 2 or nal[0] >> 1 & 63 not in (NAL_PREFIX_SEI, NAL_SUFFIX_SEI):
            continue
        yield from _messages(nal[2:])


def _messages(rbsp: bytes) -> Iterator[bytes]:
    """The depth messages of one SEI, with emulation prevention undone, and then as the bytes stand.

    The payload size counts no escape bytes, so a writer that forgot to escape fails the first reading.
    """
    for body in dict.fromkeys((rbsp.replace(b"\0\0\3", b"\0\0"), rbsp)):
        position = 0
        while position + 2 <= len(body):
            header = []
            for _ in range(2):
                total = 0
                while position < len(body) and body[position] == 255:
                    total += 255
                    position += 1
                total += body[position] if position < len(body) else 0
                position += 1
                header.append(total)
            kind, size = header
            if kind == PAYLOAD_TYPE and position + size <= len(body):
                yield body[position : position + size]
            position += size


def _parse_payload(payload: bytes) -> DepthRepresentation | None:
    """One message; None where it ends too early or its type is unknown."""
    if not payload:
        return None
    bits = f"{int.from_bytes(payload, 'big'):0{len(payload) * 8}b}"
    position = 0

    def take(count: int) -> int:
        nonlocal position
        if position + count > len(bits):
            raise EOFError
        taken = bits[position : position + count]
        position += count
        return int(taken, 2)

    def exp_golomb() -> int:
        zeros = 0
        while not take(1):
            zeros += 1
        return (1 << zeros | (take(zeros) if zeros else 0)) - 1

    def element() -> float | None:
        sign, exponent, length = take(1), take(7), take(5) + 1
        mantissa = take(length)
        if exponent == 127:
            return None
        value = (
            math.ldexp(1 + math.ldexp(mantissa, -length), exponent - 31)
            if exponent
            else math.ldexp(mantissa, -30 - length)
        )
        return -value if sign else value

    try:
        flags = [take(1) for _ in range(4)]
        kind = exp_golomb()
        view = exp_golomb() if flags[2] or flags[3] else 0
        values = [element() if flag else None for flag in flags]
    except EOFError:
        return None
    if kind > NON_UNIFORM_DISPARITY:
        return None
    z_near, z_far, d_min, d_max = values
    stated = d_min is not None or d_max is not None
    return DepthRepresentation(kind, z_near, z_far, d_min, d_max, view if stated else 0)
