"""The undo record: the structural bytes of a JPEG that a splice changes and nobody could guess afterwards.

Knows: the record's own layout. Must not know: whether it fits a file; that is the caller's to check.

Layout, big-endian: "dJ", version, flags, length of the photo (SOI to EOI), place of APP0, length and bytes of
the JFIF APP0, length and bytes of the MPF segment. It is opaque to whoever stores it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

_MAGIC = b"dJ\x01"
_HAS_APP0, _HAS_MPF = 1, 2
_HEAD = struct.Struct(">3sBQH")
_LENGTH = struct.Struct(">I")

MAX_RECORD_BYTES = 2 * 65_535 + 64
"""Two segments and the fields; anything longer was not written here."""


@dataclass(frozen=True, slots=True)
class UndoRecord:
    """What a file was before a splice."""

    photo_bytes: int
    """Length of the primary image, SOI to EOI: tells whether a restored MP index still speaks the truth."""
    app0_place: int
    """How many other segments came before the JFIF APP0; the MPF segment counts only where `mpf` is not None."""
    app0: bytes | None
    """The JFIF APP0 with its fill bytes; None: there was none."""
    mpf: bytes | None
    """The MPF segment without fill bytes; None: there was none."""


def parse(record: bytes) -> UndoRecord | None:
    """Read a record; None where it is empty, foreign, of another version, or damaged."""
    if len(record) < _HEAD.size or len(record) > MAX_RECORD_BYTES or not record.startswith(_MAGIC):
        return None
    _, flags, photo_bytes, place = _HEAD.unpack_from(record)
    position = _HEAD.size
    blocks: list[bytes | None] = []
    for flag in (_HAS_APP0, _HAS_MPF):
        if not flags & flag:
            blocks.append(None)
            continue
        if position + _LENGTH.size > len(record):
            return None
        start = position + _LENGTH.size
        position = start + _LENGTH.unpack_from(record, position)[0]
        blocks.append(record[start:position])
    if position != len(record):
        return None
    return UndoRecord(photo_bytes, place, *blocks)


def build(record: UndoRecord) -> bytes:
    """The twin of `parse`."""
    flags = (record.app0 is not None) * _HAS_APP0 | (record.mpf is not None) * _HAS_MPF
    blocks = [block for block in (record.app0, record.mpf) if block is not None]
    head = _HEAD.pack(_MAGIC, flags, record.photo_bytes, record.app0_place)
    return head + b"".join(_LENGTH.pack(len(block)) + block for block in blocks)
