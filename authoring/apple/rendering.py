"""Parse and build REND, the rendering parameters of the depth effect.

Apple has not published the layout; it is known from samples. Little-endian: "REND", u32 version, u32 length of the
block, u32 of unknown meaning; then, from version 4 on, records of eight bytes: u16 id, u16 type, four bytes of value,
ids ascending. Versions 1 and 2 are 32-bit words without ids. The meaning of most records is unknown.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, replace
from itertools import pairwise

from authoring.errors import MalformedError, RefusedError

MAGIC = b"REND"
MAX_RENDERING_BYTES = 1 << 16
"""The longest seen has 1352 bytes (openize)."""

RECORD_VERSIONS = (4, 6, 7)
"""Versions made of records: 4 lyangas; 6 pug, fidmaa, openize; 7 is reported for iOS 26."""
KNOWN_VERSIONS = (1, 2, *RECORD_VERSIONS)
"""1 rw, 2 shu: words without ids."""

FLOAT, SIGNED = 1, 2
"""Types in samples: a single float, an integer. 3 and 4 are reported to be unsigned and are read so."""

DEFAULT_APERTURE = 600
"""Equal to SimulatedAperture in all record-form samples."""
MIN_APERTURE = 601
MAX_APERTURE = 602
"""1.4 and 16 in all samples: the ends of the slider, it seems."""
WIDEST_APERTURES = (303, 603)
"""1.4 for rear cameras, 1.95 and 2.25 in front (fidmaa), 603 = 1 in openize; reported: smallest f-number."""

_HEAD = struct.Struct("<4sIII")
_RECORD = struct.Struct("<HH4s")
_CODES = {FLOAT: "<f", SIGNED: "<i"}


@dataclass(frozen=True, slots=True)
class Record:
    """One numbered value."""

    id: int
    """0..65535."""
    type: int
    """1 float32, 2 int32, any other uint32."""
    value: float | int


@dataclass(frozen=True, slots=True)
class Rendering:
    """A REND block; either `records` or `body` is empty."""

    version: int
    word: int
    """The fourth word of the header: 2 in version 1, 3 in version 2, 1 in 4 and 6; its meaning is unknown."""
    records: tuple[Record, ...] = ()
    body: bytes = b""
    """All that follows the header in a version without records or an unknown one."""

    def value(self, identifier: int) -> float | int | None:
        """Return the value of a record; None if there is no such record."""
        return next((record.value for record in self.records if record.id == identifier), None)

    def with_value(self, identifier: int, value: float) -> Rendering:
        """Return a copy with another value in a record; raises RefusedError if there is no such record."""
        if self.value(identifier) is None:
            raise RefusedError(f"the rendering parameters have no record {identifier}")
        records = tuple(
            replace(record, value=value if record.type == FLOAT else int(value))
            if record.id == identifier
            else record
            for record in self.records
        )
        return replace(self, records=records)


def parse_rendering(data: bytes) -> Rendering:
    """Parse a REND block; the body of an unknown version is kept as it is.

    Raises MalformedError for a wrong magic, length or layout of records.
    """
    if len(data) < _HEAD.size or not data.startswith(MAGIC):
        raise MalformedError("the rendering parameters do not start with REND")
    if len(data) > MAX_RENDERING_BYTES:
        raise MalformedError(
            f"the rendering parameters have {len(data)} bytes; at most {MAX_RENDERING_BYTES} are read"
        )
    _, version, length, word = _HEAD.unpack_from(data)
    if length != len(data):
        raise MalformedError(f"the rendering parameters state {length} bytes but have {len(data)}")
    body = data[_HEAD.size :]
    if version not in RECORD_VERSIONS:
        return Rendering(version, word, body=body)
    if len(body) % _RECORD.size:
        raise MalformedError(f"the rendering parameters of version {version} end in the middle of a record")
    return Rendering(version, word, tuple(_parse_record(*cells) for cells in _RECORD.iter_unpack(body)))


def build_rendering(rendering: Rendering) -> bytes:
    """Build a REND block; the inverse of `parse_rendering`.

    Raises RefusedError for records that do not ascend by id, for a value that its type cannot hold, and for
    records in a version that has none.
    """
    if rendering.records and (rendering.body or rendering.version not in RECORD_VERSIONS):
        raise RefusedError(f"rendering parameters of version {rendering.version} are not built from records")
    ids = [record.id for record in rendering.records]
    if any(first >= second for first, second in pairwise(ids)):
        raise RefusedError("the records of the rendering parameters do not ascend by id")
    body = rendering.body + b"".join(map(_build_record, rendering.records))
    length = _HEAD.size + len(body)
    if length > MAX_RENDERING_BYTES:
        raise RefusedError(f"the rendering parameters would have {length} bytes")
    try:
        return _HEAD.pack(MAGIC, rendering.version, length, rendering.word) + body
    except struct.error as error:
        raise RefusedError(
            "the rendering parameters' version or fourth word is not a 32-bit number"
        ) from error


def _parse_record(identifier: int, kind: int, raw: bytes) -> Record:
    value = struct.unpack(_CODES.get(kind, "<I"), raw)[0]
    if kind == FLOAT and math.isnan(value):
        raise MalformedError(f"record {identifier} of the rendering parameters is not a number")
    return Record(identifier, kind, value)


def _build_record(record: Record) -> bytes:
    try:
        if record.type == FLOAT and math.isnan(record.value):
            raise ValueError
        return _RECORD.pack(record.id, record.type, struct.pack(_CODES.get(record.type, "<I"), record.value))
    except (struct.error, OverflowError, ValueError) as error:
        raise RefusedError(
            f"record {record.id} of the rendering parameters cannot hold {record.value} as type {record.type}"
        ) from error
