"""What undoes the changes to a photo's own Exif and XMP: kept in the depth's provenance, small.

Knows: how to say one block in terms of another. Must not know: what the blocks hold.

A block is told by what of the new one it begins and ends with, and its own bytes in between, packed: setting two
flags in a maker note costs some thirty bytes to undo.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from authoring.errors import MalformedError

VERSION = 1
MAX_BLOCK_BYTES = 16 << 20
"""An Exif block or XMP packet of more than this is no photo's; a record that claims one is not followed."""

_ABSENT, _UNCHANGED, _PATCHED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Blocks:
    """A photo's own metadata blocks; None where it has none."""

    exif: bytes | None
    xmp: bytes | None


def build_record(before: Blocks, after: Blocks, container: bytes = b"") -> bytes:
    """The record that turns `after` back into `before`; `container` is what the container adds, opaque."""
    body = bytes([VERSION])
    for old, new in ((before.exif, after.exif), (before.xmp, after.xmp)):
        body += _build_patch(old, new)
    return body + zlib.compress(container, 9) if container else body


def parse_record(record: bytes, after: Blocks) -> tuple[Blocks, bytes]:
    """Twin of `build_record`: the blocks before, and the container's part.

    Raises MalformedError where the record does not fit the blocks that are there now.
    """
    if not record or record[0] != VERSION:
        raise MalformedError("the record for restoring the photo's metadata is of an unknown version")
    try:
        exif, rest = _parse_patch(record[1:], after.exif)
        xmp, rest = _parse_patch(rest, after.xmp)
        return Blocks(exif, xmp), _unpacked(rest) if rest else b""
    except (IndexError, ValueError, zlib.error) as error:
        raise MalformedError(
            "the record for restoring the photo's metadata does not fit it; another program changed the photo since"
        ) from error


def _build_patch(old: bytes | None, new: bytes | None) -> bytes:
    if old == new:
        return bytes([_UNCHANGED])
    if old is None:
        return bytes([_ABSENT])
    there = new or b""
    head = _common(old, there)
    tail = _common(old[head:][::-1], there[head:][::-1])
    middle = zlib.compress(old[head : len(old) - tail], 9)
    checks = zlib.crc32(there).to_bytes(4, "big") + zlib.crc32(old).to_bytes(4, "big")
    sizes = b"".join(number.to_bytes(4, "big") for number in (head, tail, len(middle)))
    return bytes([_PATCHED]) + checks + sizes + middle


def _parse_patch(record: bytes, new: bytes | None) -> tuple[bytes | None, bytes]:
    kind = record[0]
    if kind == _UNCHANGED:
        return new, record[1:]
    if kind == _ABSENT:
        return None, record[1:]
    there = new or b""
    if kind != _PATCHED or int.from_bytes(record[1:5], "big") != zlib.crc32(there):
        raise ValueError("another block")
    head, tail, size = (int.from_bytes(record[at : at + 4], "big") for at in (9, 13, 17))
    middle = _unpacked(record[21 : 21 + size])
    old = there[:head] + middle + there[len(there) - tail :]
    if head + tail > len(there) or zlib.crc32(old) != int.from_bytes(record[5:9], "big"):
        raise ValueError("another block")
    return old, record[21 + size :]


def _unpacked(data: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    out = unpacker.decompress(data, MAX_BLOCK_BYTES)
    if not unpacker.eof:
        raise ValueError("a block beyond the limit")
    return out


def _common(one: bytes, other: bytes) -> int:
    """How many bytes two strings begin alike, by halving: blocks are up to megabytes long."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low
