"""Build and apply undo records: the inverse of an edit list, small enough for the depth's own XMP.

`strip` takes the record of the splice and `strip --restore` that of the changed metadata too: two records, each of
which turns one result back into its source, byte for byte.

Layout, big-endian: a version byte, then zlib data: length and CRC-32 of the source, CRC-32 of the result, the index of
the hunk that holds the record itself, then the hunks in order. A hunk: bytes kept since the last one, bytes of the
result that go, length of the source bytes that come back, and these. Where the record lies in the result (the index is
not -1), its hunk states 0 for what goes, which follows from the length of the result, and the CRC-32 of it is 0.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from authoring.containers.base import CodedAuxiliary, ContainerFile
from authoring.containers.edits import EditList, Replacement

VERSION = 1
MAX_RECORD_BYTES = 1 << 20
"""Of an unpacked record: the iloc entries of a thousand tiles take 20 kB; what claims more is not followed."""

REASON = "put back from the undo record"

Hunk: TypeAlias = tuple[int, int, bytes]
"""Bytes kept since the last hunk, bytes of the result that go, and source bytes that come back."""

_HEAD = struct.Struct(">QIIi")
_HUNK = struct.Struct(">QQI")
_NO_HUNK = -1
MAX_ROUNDS = 2
"""Attempts to write a record that fits the file that holds it; the first fits, unless a table changed its widths."""


def splice_with_undo(file: ContainerFile, auxiliary: Callable[[bytes], CodedAuxiliary]) -> EditList:
    """Splice an auxiliary image that carries the record of its own removal.

    auxiliary: builds the image for a record. Where no record fits (a table changes its field widths because of the
    record's own length), the image is spliced with an empty one, and `strip` removes it by its structure.
    """
    edits = file.splice(auxiliary(b""))
    for _ in range(MAX_ROUNDS):
        record = build_record(edits, file.source, holds_record=True)
        edits = file.splice(auxiliary(record))
        if parse_record(record, edits.result_size) == edits.inverse(file.source, REASON):
            return edits
    return file.splice(auxiliary(b""))


def build_record(edits: EditList, source: bytes, *, holds_record: bool = False) -> bytes:
    """Build the record that undoes an edit of `source`; empty where there is nothing to undo.

    holds_record: the result holds the record itself, in the longest run of new bytes.
    """
    hunks = _hunks(edits.inverse(source, REASON))
    if not hunks:
        return b""
    removed = [removed for _, removed, _ in hunks]
    open_hunk = removed.index(max(removed)) if holds_record else _NO_HUNK
    result_crc = 0 if holds_record else _crc(edits, source)
    body = [_HEAD.pack(len(source), zlib.crc32(source), result_crc, open_hunk)]
    for index, (kept, removed_bytes, old) in enumerate(hunks):
        body.append(_HUNK.pack(kept, 0 if index == open_hunk else removed_bytes, len(old)) + old)
    return bytes([VERSION]) + zlib.compress(b"".join(body), 9)


def parse_record(record: bytes, result_size: int) -> EditList | None:
    """Parse a record to the edit list over a result of this size; None if it does not fit.

    Whether the list gives the source is known only when it is applied: see `undone`.
    """
    parsed = _Record.parse(record)
    return parsed.edits(result_size) if parsed else None


def undone(record: bytes, result: bytes) -> EditList | None:
    """Return the edits that turn `result` back into the source of the record; None if it does not fit.

    A record fits if what it gives has the length and CRC-32 of that source, and if the result has its CRC-32: so
    nothing is lost that another program changed since.
    """
    parsed = _Record.parse(record)
    edits = parsed.edits(len(result)) if parsed else None
    if parsed is None or edits is None or _crc(edits, result) != parsed.source_crc:
        return None
    if parsed.open_hunk == _NO_HUNK and zlib.crc32(result) != parsed.result_crc:
        return None
    return edits


def _crc(edits: EditList, source: bytes) -> int:
    """Return the CRC-32 of what edits make of a source."""
    crc = 0
    for chunk in edits.chunks(source):
        crc = zlib.crc32(chunk, crc)
    return crc


def _hunks(inverse: EditList) -> list[Hunk]:
    """Return the changes of an inverse edit list, in order."""
    stops = [0, *(change.stop for change in inverse.replacements)]
    return [
        (change.start - stop, change.stop - change.start, change.data)
        for stop, change in zip(stops, inverse.replacements, strict=False)
    ]


@dataclass(frozen=True, slots=True)
class _Record:
    source_size: int
    source_crc: int
    result_crc: int
    open_hunk: int
    hunks: list[Hunk]

    @classmethod
    def parse(cls, record: bytes) -> _Record | None:
        """Parse a record; None if it is empty, foreign or damaged."""
        if record[:1] != bytes([VERSION]):
            return None
        unpacker = zlib.decompressobj()
        try:
            body = unpacker.decompress(record[1:], MAX_RECORD_BYTES)
        except zlib.error:
            return None
        if not unpacker.eof or unpacker.unused_data or len(body) < _HEAD.size:
            return None
        hunks, position = [], _HEAD.size
        while position + _HUNK.size <= len(body):
            kept, removed, size = _HUNK.unpack_from(body, position)
            position += _HUNK.size + size
            hunks.append((kept, removed, body[position - size : position]))
        source_size, source_crc, result_crc, open_hunk = _HEAD.unpack_from(body)
        if position != len(body) or not _NO_HUNK <= open_hunk < len(hunks):
            return None
        return cls(source_size, source_crc, result_crc, open_hunk, hunks)

    def edits(self, result_size: int) -> EditList | None:
        """Return the edit list over a result of this size; None if the sizes do not fit."""
        stated = sum(len(old) - removed for _, removed, old in self.hunks)
        missing = result_size + stated - self.source_size
        if missing < 0 or (self.open_hunk == _NO_HUNK and missing):
            return None
        replacements, position = [], 0
        for index, (kept, removed, old) in enumerate(self.hunks):
            start = position + kept
            position = start + removed + (missing if index == self.open_hunk else 0)
            replacements.append(Replacement(start, position, old, REASON))
        return EditList.of(result_size, replacements) if position <= result_size else None
