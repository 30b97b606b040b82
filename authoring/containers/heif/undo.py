"""The undo record of an exchange of metadata: how the photo's Exif and XMP lay in a HEIF file, without content.

Knows: the record's own layout, and how its pieces go back to their places.
Must not know: whether it fits a file; that is the caller's to check.

Layout, big-endian: "hM", version, flags, widths of `iloc`, length of the file, CRC-32 of `meta`, the numbers of the
two items (0: none), length and bytes of what stands before the TIFF block, then the pieces. A piece is what a table
or the file loses when an item is taken out: kind, owners, place, size, length and bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from authoring.containers.edits import Replacement, place_of_result
from authoring.containers.heif.box import Box
from authoring.containers.heif.editing import Editor
from authoring.containers.heif.locations import Widths
from authoring.containers.heif.structure import Structure

ITEM, REFERENCE, LOCATION, DATA, HEAD = range(5)
"""Kinds of pieces: an entry of iinf, of iref, of iloc; a run of data; the header of a box that holds nothing else and
so goes too (iref, mdat)."""

MAX_RECORD_BYTES = 65_535
"""Two items in a few pieces take some 250; anything longer was not written here."""

_HEAD = struct.Struct(">3sB2sQIIIB")
_PIECE = struct.Struct(">BBQQH")
_MAGIC = b"hM\x01"


class Piece(NamedTuple):
    """Bytes that go with an item; offsets are those in the file that the record was made from."""

    kind: int
    owners: int
    """Bits: 1 Exif, 2 XMP."""
    place: int
    size: int
    """Of the bytes; of the whole box for a HEAD."""
    data: bytes
    """The bytes; of DATA the position in the item's data, big-endian, no bytes for 0."""


@dataclass(frozen=True, slots=True)
class MetadataRecord:
    """How a photo's metadata lay before it was exchanged."""

    references: bool
    """Whether there was an iref box, be it an empty one."""
    widths: Widths
    """Of iloc, which may have been rebuilt."""
    file_bytes: int
    checksum: int
    """CRC-32 of the meta box: tells whether what an undo leads to is the file that the record was made from."""
    items: tuple[int, int]
    """Numbers of the items of Exif and XMP; 0 for none."""
    exif_header: bytes
    """What stood before the TIFF block in the Exif item."""
    pieces: tuple[Piece, ...]

    @classmethod
    def parse(cls, data: bytes) -> MetadataRecord | None:
        """From bytes; None where they are empty, foreign, of another version, or damaged."""
        if not _HEAD.size <= len(data) <= MAX_RECORD_BYTES or not data.startswith(_MAGIC):
            return None
        _, flags, widths, total, checksum, exif, xmp, length = _HEAD.unpack_from(data)
        position = _HEAD.size + length
        header = data[_HEAD.size : position]
        pieces = []
        while position + _PIECE.size <= len(data):
            kind, owners, place, size, length = _PIECE.unpack_from(data, position)
            start = position + _PIECE.size
            position = start + length
            pieces.append(Piece(kind, owners, place, size, data[start:position]))
            if kind > HEAD or not 1 <= owners <= (3 if kind == HEAD else 2):
                return None
        if position != len(data):
            return None
        found = tuple(pieces)
        return cls(bool(flags), Widths.parse(widths), total, checksum, (exif, xmp), header, found)

    def build(self) -> bytes:
        """The twin of `parse`; without the pieces where they would make the record too long."""
        head = _HEAD.pack(
            _MAGIC,
            self.references,
            self.widths.build(),
            self.file_bytes,
            self.checksum,
            *self.items,
            len(self.exif_header),
        )
        room = MAX_RECORD_BYTES - len(head) - len(self.exif_header)
        if sum(_PIECE.size + len(one.data) for one in self.pieces) > room:
            return head + self.exif_header
        pieces = [_PIECE.pack(*one[:4], len(one.data)) + one.data for one in self.pieces]
        return head + self.exif_header + b"".join(pieces)


def put_back(
    structure: Structure,
    editor: Editor,
    gone: Collection[int],
    pieces: Iterable[Piece],
    contents: Mapping[int, bytes],
) -> None:
    """Put the pieces where they were, given that `editor` does all else that leads back to the recorded file.

    That is all but the entries in iloc of the items `gone`, which go with the offsets in the end. `contents` are
    the data of the items that come back, by owner. Raises ValueError where the pieces do not fit.
    """
    back = sum(contents)
    chosen = [
        one
        for one in sorted(pieces, key=lambda one: one.place)
        if one.owners & back == one.owners
        and (one.kind != HEAD or not _is_references(one) or structure.references is None)
    ]
    heads = [one for one in chosen if one.kind == HEAD]
    lengths = {owner: sum(one.size for one in chosen if one[:2] == (DATA, owner)) for owner in contents}
    if lengths != {owner: len(content) for owner, content in contents.items()}:
        raise ValueError("the record does not fit")
    rows = [row for row in structure.locations.entries if row.item in gone]
    changes = [*editor.replacements, *(Replacement(row.start, row.stop, b"", "") for row in rows)]
    grown = 0
    for one in chosen:
        data = one.data
        if one.kind == DATA:
            position = int.from_bytes(one.data, "big")
            data = contents[one.owners][position : position + one.size]
        place = place_of_result(changes, one.place - grown)
        if place is None:
            raise ValueError("the record does not fit")
        editor.insert(place, data, "metadata put back", *_around(structure, one, place, heads))
        grown += len(data)


def _is_references(head: Piece) -> bool:
    return head.data[4:8] == b"iref"


def _around(structure: Structure, piece: Piece, place: int, heads: list[Piece]) -> tuple[Box, ...]:
    """The boxes that grow by the piece; one that comes back with it has its size already."""
    meta = structure.meta
    if piece.kind == HEAD:
        return (meta,) if _is_references(piece) else ()
    for head in heads:
        if head.place < piece.place < head.place + head.size:
            return (meta,) if _is_references(head) else ()
    if piece.kind == ITEM:
        return structure.items.box, meta
    if piece.kind == LOCATION:
        return structure.locations.box, meta
    if piece.kind == REFERENCE and structure.references:
        return structure.references.box, meta
    if piece.kind == DATA:
        idat = structure.child("idat")
        if idat and idat.body <= place <= idat.stop:
            return idat, meta
        for box in structure.boxes:
            if box.kind == "mdat" and box.body <= place <= box.stop:
                return (box,)
    raise ValueError("the record does not fit")
