"""REND, the rendering parameters of the depth effect: bytes into numbered records, and back.

Knows: the layout, read from samples; no document of Apple's describes it. Must not know: what
the renderer does with most records.

Little-endian: "REND", u32 version, u32 length of the whole, u32 of unknown meaning; then, from version 4 on,
records of eight bytes: u16 id, u16 type, four bytes of value, ids ascending. Versions 1 and 2 are plain words.
"""

from __future__ import annotations

import functools
import math
import struct
from dataclasses import dataclass, replace
from itertools import pairwise

from authoring.errors import MalformedError, RefusedError

MAGIC = b"REND"
MAX_RENDERING_BYTES = 1 << 16
"""The longest seen has 1352 bytes (openize)."""

RECORD_VERSIONS = (4, 6, 7)
"""Read as records: 4 lyangas; 6 pug, fidmaa, openize; 7 is reported of iOS 26."""
WORD_VERSIONS = (1, 2)
"""Plain words: 1 rw, 2 shu."""
KNOWN_VERSIONS = (*WORD_VERSIONS, *RECORD_VERSIONS)

FLOAT, SIGNED = 1, 2
"""Types seen: a single float, a whole number. 3 and 4 are reported to be unsigned and are read so."""

DEFAULT_APERTURE = 600
"""Equal to SimulatedAperture in all record-form samples."""
MIN_APERTURE = 601
MAX_APERTURE = 602
"""1.4 and 16 in all of them: the ends of the slider, as it seems."""
WIDEST_APERTURES = (303, 603)
"""1.4 behind the rear cameras, 1.95 and 2.25 in front (fidmaa), 603 = 1 in openize; reported: smallest f-number."""

_HEAD = struct.Struct("<4sIII")
_RECORD = struct.Struct("<HH4s")
_CODES = {FLOAT: "<f", SIGNED: "<i"}
_LARGEST_WHOLE = 1 << 16
"""A word above this is a float in versions 1 and 2: the smallest float there is 2e-4, or 0x39000000 and more."""


@dataclass(frozen=True, slots=True)
class Record:
    """One number."""

    id: int
    """0..65535."""
    type: int
    """1 float32, 2 int32, any other uint32."""
    value: float | int


@dataclass(frozen=True, slots=True)
class Rendering:
    """A REND block; of `records` and `body` one is empty."""

    version: int
    word: int
    """The fourth word of the header: 2 in version 1, 3 in version 2, 1 in 4 and 6; its meaning is unknown."""
    records: tuple[Record, ...] = ()
    body: bytes = b""
    """What follows the header in a version that has no records or is not known, as it is."""

    def value(self, identifier: int) -> float | int | None:
        """The value of a record; None where there is none."""
        return next((one.value for one in self.records if one.id == identifier), None)

    def with_value(self, identifier: int, value: float) -> Rendering:
        """The same with another value in the record of that number; RefusedError where there is none."""
        if self.value(identifier) is None:
            raise RefusedError(f"the rendering parameters have no record {identifier}")
        records = tuple(
            replace(one, value=value if one.type == FLOAT else int(value)) if one.id == identifier else one
            for one in self.records
        )
        return replace(self, records=records)

    def words(self) -> tuple[float | int, ...]:
        """The body of versions 1 and 2 as numbers, floats and whole numbers told apart by their size."""
        if self.version not in WORD_VERSIONS:
            return ()
        whole = len(self.body) // 4 * 4
        return tuple(
            number if number < _LARGEST_WHOLE else struct.unpack("<f", number.to_bytes(4, "little"))[0]
            for (number,) in struct.iter_unpack("<I", self.body[:whole])
        )


# Several rules ask for the same block; parsing is pure, and its result frozen.
@functools.lru_cache(maxsize=4)
def parse_rendering(data: bytes) -> Rendering:
    """Read a REND block; an unknown version is carried as it is.

    Raises MalformedError where magic, length or the shape of the records is wrong.
    """
    if len(data) < _HEAD.size or not data.startswith(MAGIC):
        raise MalformedError("the rendering parameters do not start with REND")
    if len(data) > MAX_RENDERING_BYTES:
        raise MalformedError(
            f"the rendering parameters have {len(data)} bytes; at most {MAX_RENDERING_BYTES} are read"
        )
    _, version, length, word = _HEAD.unpack_from(data)
    if length != len(data):
        raise MalformedError(f"the rendering parameters say {length} bytes and have {len(data)}")
    body = data[_HEAD.size :]
    if version not in RECORD_VERSIONS:
        return Rendering(version, word, body=body)
    if len(body) % _RECORD.size:
        raise MalformedError(f"the rendering parameters of version {version} end in the middle of a record")
    return Rendering(version, word, tuple(_parse_record(*cells) for cells in _RECORD.iter_unpack(body)))


def build_rendering(rendering: Rendering) -> bytes:
    """The twin of `parse_rendering`.

    Raises RefusedError for records that do not ascend by id, for a value that its type cannot hold, and for
    records in a version that has none.
    """
    if rendering.records and (rendering.body or rendering.version not in RECORD_VERSIONS):
        raise RefusedError(f"rendering parameters of version {rendering.version} are not built from records")
    ids = [one.id for one in rendering.records]
    if any(first >= second for first, second in pairwise(ids)):
        raise RefusedError("the records of the rendering parameters do not ascend by id")
    body = rendering.body + b"".join(map(_build_record, rendering.records))
    length = _HEAD.size + len(body)
    if length > MAX_RENDERING_BYTES:
        raise RefusedError(f"the rendering parameters would have {length} bytes")
    try:
        return _HEAD.pack(MAGIC, rendering.version, length, rendering.word) + body
    except struct.error as error:
        raise RefusedError("the rendering parameters' version or fourth word is no 32-bit number") from error


def _parse_record(identifier: int, kind: int, raw: bytes) -> Record:
    value = struct.unpack(_CODES.get(kind, "<I"), raw)[0]
    if kind == FLOAT and math.isnan(value):
        raise MalformedError(f"record {identifier} of the rendering parameters is not a number")
    return Record(identifier, kind, value)


def _build_record(one: Record) -> bytes:
    """The twin of `_parse_record`."""
    try:
        if one.type == FLOAT and math.isnan(one.value):
            raise ValueError
        return _RECORD.pack(one.id, one.type, struct.pack(_CODES.get(one.type, "<I"), one.value))
    except (struct.error, OverflowError, ValueError) as error:
        raise RefusedError(
            f"record {one.id} of the rendering parameters cannot hold {one.value} as type {one.type}"
        ) from error
