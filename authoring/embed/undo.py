"""The undo record: the inverse of an edit list, small enough to travel in the depth's own XMP.

`strip` takes the record of the splice and `strip --restore` that of the changed metadata too: two records, each of
which turns one result back into its source, byte for byte.

Layout, big-endian: a version byte, then zlib data: length and CRC-32 of the source, the index of the hunk that holds
the record itself, then the hunks in order. A hunk: bytes kept since the last one, bytes of the result that go, length
of the source bytes that come back, and these. The hunk that holds the record states 0 for what goes, since that depends
on the record's own length; it follows from the length of the result.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

from authoring.containers.base import CodedAuxiliary, ContainerFile
from authoring.containers.edits import EditList, Keep, Put, Replacement

VERSION = 1
MAX_RECORD_BYTES = 1 << 20
"""Of the unpacked record: the iloc entries of a thousand tiles take 20 kB; a record that claims more is not followed."""

REASON = "put back from the undo record"

_HEAD = struct.Struct(">QIi")
_HUNK = struct.Struct(">QQI")
_NO_HUNK = -1
_ROUNDS = 3
"""Splices until the record fits the file that holds it: the second is the first with the record's length known."""


def splice_with_undo(
    file: ContainerFile, auxiliary: Callable[[bytes], CodedAuxiliary]
) -> EditList:
    """Splice an auxiliary image that carries the record of its own removal.

    auxiliary: builds the image for a record. Where no record fits (a table changed its field widths because of the
    record's own length), the image is spliced with an empty one, and `strip` removes it structurally.
    """
    edits = file.splice(auxiliary(b""))
    for _ in range(_ROUNDS):
        inverse = edits.inverse(file.source, REASON)
        record = build_record(inverse, file.source, _longest_removal(inverse))
        edits = file.splice(auxiliary(record))
        if parse_record(record, edits.result_size) == edits.inverse(file.source, REASON):
            return edits
    return file.splice(auxiliary(b""))


def build_record(inverse: EditList, source: bytes, open_hunk: int = _NO_HUNK) -> bytes:
    """Build the record of an inverse edit list, which turns a result back into `source`.

    open_hunk: the index of the hunk that holds the record itself. Empty where nothing is to be undone.
    """
    hunks = _hunks(inverse)
    if not hunks:
        return b""
    body = [_HEAD.pack(len(source), zlib.crc32(source), open_hunk)]
    for index, (kept, removed, old) in enumerate(hunks):
        body.append(_HUNK.pack(kept, 0 if index == open_hunk else removed, len(old)) + old)
    return bytes([VERSION]) + zlib.compress(b"".join(body), 9)


def parse_record(record: bytes, result_size: int) -> EditList | None:
    """Parse a record to the edit list over a result of this size; None where it does not fit.

    Whether the list gives the source is known only when it is applied: see `undone`.
    """
    parsed = _unpack(record)
    if parsed is None:
        return None
    source_size, _, open_hunk, hunks = parsed
    stated = sum(len(old) - removed for _, removed, old in hunks)
    missing = result_size + stated - source_size
    if missing < 0 or (open_hunk == _NO_HUNK and missing):
        return None
    replacements, position = [], 0
    for index, (kept, removed, old) in enumerate(hunks):
        start = position + kept
        position = start + removed + (missing if index == open_hunk else 0)
        replacements.append(Replacement(start, position, old, REASON))
    return EditList.of(result_size, replacements) if position <= result_size else None


def undone(record: bytes, result: bytes) -> EditList | None:
    """Return the edits that turn `result` back into the source of the record; None where it does not fit.

    A record fits where what it gives has the length and the CRC-32 of that source.
    """
    edits = parse_record(record, len(result))
    parsed = _unpack(record)
    if edits is None or parsed is None:
        return None
    checksum = 0
    for chunk in edits.chunks(result):
        checksum = zlib.crc32(chunk, checksum)
    return edits if checksum == parsed[1] else None


def _hunks(inverse: EditList) -> list[tuple[int, int, bytes]]:
    """Return (bytes kept before, bytes that go, bytes that come back) of each change, in order."""
    hunks = []
    ends = [Keep(0, 0), *inverse.edits, Keep(inverse.source_size, inverse.source_size)]
    kept_stop = hunk_start = 0
    old = b""
    for edit in ends:
        if isinstance(edit, Put):
            old += edit.data
            continue
        if old or edit.start > kept_stop:
            hunks.append((kept_stop - hunk_start, edit.start - kept_stop, old))
            hunk_start, old = edit.start, b""
        kept_stop = edit.stop
    return hunks


def _longest_removal(inverse: EditList) -> int:
    """Return the index of the hunk that removes most: the coded image with its XMP, which holds the record."""
    removed = [removed for _, removed, _ in _hunks(inverse)]
    return removed.index(max(removed))


def _unpack(record: bytes) -> tuple[int, int, int, list[tuple[int, int, bytes]]] | None:
    """Return source length, CRC-32, open hunk and hunks; None for a record that is empty, foreign or damaged."""
    if record[:1] != bytes([VERSION]):
        return None
    unpacker = zlib.decompressobj()
    try:
        body = unpacker.decompress(record[1:], MAX_RECORD_BYTES)
    except zlib.error:
        return None
    if not unpacker.eof or len(body) < _HEAD.size:
        return None
    source_size, checksum, open_hunk = _HEAD.unpack_from(body)
    hunks, position = [], _HEAD.size
    while position + _HUNK.size <= len(body):
        kept, removed, size = _HUNK.unpack_from(body, position)
        position += _HUNK.size + size
        hunks.append((kept, removed, body[position - size : position]))
    if position != len(body) or not _NO_HUNK <= open_hunk < len(hunks):
        return None
    return source_size, checksum, open_hunk, hunks
