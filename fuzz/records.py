"""Forge undo records inside whole files: they fit, checksums included, and ask for any change of the photo.

A record is data from a file. Whatever one asks for, `strip` and `strip --restore` may change only what `embed` itself
changes: the pixels of the photo, its orientation and colours, and what a reader chooses its decoder by, stay.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from functools import cache

import numpy as np

from authoring import containers
from authoring.apple import xmp
from authoring.apple.depth_properties import build_tree
from authoring.apple.property_table import PropertyTree
from authoring.apple.provenance import Provenance, with_provenance
from authoring.codecs import photo as pictures
from authoring.containers import jpeg
from authoring.containers.base import CodedAuxiliary, ContainerFile
from authoring.containers.edits import EditList, Replacement
from authoring.embed.encode import coded_auxiliary, encode_plane
from authoring.embed.strip import strip
from authoring.embed.undo import build_record, splice_with_undo
from authoring.read.layout import photo_orientation
from authoring.version import VERSION
from fuzz.parsers import promise
from tests.compatibility import portrait_files
from tests.containers import heif_files, jpeg_files

ROUNDS = 3
"""Attempts to write a record that fits the file that holds it; after two its length is settled."""

MAX_CHANGES = 12
"""Changes that one input asks for."""

_CHANGE = struct.Struct(">BHB")
"""Of one change: what the offset counts from, the offset, and how many bytes go; the new bytes follow their count."""


@cache
def photos() -> list[bytes]:
    """Return small photos of both containers, with Exif, XMP, a profile and several images."""
    jpegs = jpeg_files.photos()
    rich = jpeg_files.after_jfif(jpeg_files.coded(), jpeg_files.exif(), jpeg_files.icc(b"profile" * 9))
    return [
        jpeg_files.coded(),
        rich,
        *list(jpegs.values())[:6],
        heif_files.small_photo().build(),
        heif_files.small_photo(iloc_version=0).build(),
        portrait_files.good_photo(),
    ]


def seeds() -> list[bytes]:
    """Return inputs: the photo, the record to forge, and the changes that it asks for."""
    changes = (
        (0, 8, 4, b"mif1"),
        (0, 11, 1, b"\x02"),
        (0, 2, 18, b""),
        (1, 2, 2, b"\0\0"),
        (2, 40, 1, b"\x80"),
        (3, 0, 8, b"12345678"),
        (0, 0, 0, b"\0\0\0\x08free"),
    )
    one = [
        bytes([photo, record]) + _packed(*change)
        for photo in (0, 1, 8, 10)
        for record in (0, 1)
        for change in changes
    ]
    return [
        *one,
        b"\1\0",
        bytes([1, 1]) + _packed(*changes[1]) + _packed(*changes[3]),
        bytes([10, 0]) + _packed(*changes[4]),
    ]


def _packed(origin: int, offset: int, removed: int, new: bytes) -> bytes:
    return _CHANGE.pack(origin, offset, removed) + bytes([len(new)]) + new


def forged(data: bytes) -> None:
    """Strip a photo whose depth holds a forged record, of the embed or of the metadata."""
    photo = photos()[data[0] % len(photos())] if data else photos()[0]
    hostile = _changes(photo, data[2:])
    of_metadata = bool(data[1:2]) and data[1] % 2 == 1
    result = with_forged_record(photo, hostile, of_metadata=of_metadata)
    check_same_photo(photo, strip(result).data)
    check_same_photo(photo, strip(result, restore=True).data)


def _changes(photo: bytes, data: bytes) -> EditList:
    """Return the changes that an input asks for, as edits of the photo; those that overlap are left out."""
    origins = (0, len(photo) // 2, max(len(photo) - 64, 0), _scan_or_data(photo))
    chosen: list[Replacement] = []
    place = 0
    while place + _CHANGE.size < len(data) and len(chosen) < MAX_CHANGES:
        origin, offset, removed = _CHANGE.unpack_from(data, place)
        place += _CHANGE.size
        new = data[place + 1 : place + 1 + data[place]]
        place += 1 + data[place]
        start = min(origins[origin % len(origins)] + offset, len(photo))
        stop = min(start + removed, len(photo))
        if (start < stop or new) and all(stop < other.start or other.stop < start for other in chosen):
            chosen.append(Replacement(start, stop, new, ""))
    return EditList.of(len(photo), sorted(chosen, key=lambda change: change.start))


def _scan_or_data(photo: bytes) -> int:
    """Return the offset of the coded picture."""
    return max(photo.find(b"\xff\xda"), photo.find(b"mdat"), 0)


def with_forged_record(photo: bytes, hostile: EditList, *, of_metadata: bool = False) -> bytes:
    """Put depth into a photo, with a record that gives the photo with the changes of `hostile`.

    of_metadata: the record is the one that `strip --restore` follows after the first.
    """
    file = containers.parse(photo)
    wanted = hostile.apply(photo)
    back = hostile.inverse(photo, "")
    if of_metadata:
        restore = build_record(back, wanted)
        return splice_with_undo(file, lambda undo: _depth_image(file, undo, restore)).apply(photo)
    record = b""
    for _ in range(ROUNDS):
        edits = file.splice(_depth_image(file, record, b""))
        record = build_record(back.then(edits), wanted, holds_record=True)
    return file.splice(_depth_image(file, record, b"")).apply(photo)


def _depth_image(file: ContainerFile, undo: bytes, restore: bytes) -> CodedAuxiliary:
    image, tree = _plain_depth(file.layout.container == "heic")
    provenance = Provenance(VERSION, undo, restore)
    return replace(image, xmp=xmp.build_packet(with_provenance(tree, provenance)))


@cache
def _plain_depth(heic: bool) -> tuple[CodedAuxiliary, PropertyTree]:
    stored = portrait_files.plane(size=(80, 64))
    tree = build_tree(portrait_files.properties(stored))
    return coded_auxiliary(stored, encode_plane("heic" if heic else "jpeg", stored), tree), tree


def check_same_photo(before: bytes, after: bytes) -> None:
    """Check that two files show the same photo: pixels, size, orientation, profile, brand or pixel density."""
    one, other = containers.parse(before), containers.parse(after)
    promise(one.layout.container == other.layout.container, "stripping changed the container")
    promise(
        (one.layout.width, one.layout.height) == (other.layout.width, other.layout.height),
        "stripping changed the photo's size",
    )
    promise(
        int(photo_orientation(one.layout)) == int(photo_orientation(other.layout)),
        "stripping changed the photo's orientation",
    )
    promise(one.layout.icc == other.layout.icc, "stripping changed the photo's colour profile")
    identity = _identity(before)
    promise(not identity or identity == _identity(after), "stripping changed what the photo says it is")
    promise(np.array_equal(_pixels(before), _pixels(after)), "stripping changed the photo's pixels")


def _identity(photo: bytes) -> bytes:
    """Return the major brand of a HEIC with its version, the JFIF header of a JPEG without what marks several images.

    `embed` adds a compatible brand, or the header where there is none; a removal without a record leaves both.
    """
    if photo[4:8] == b"ftyp":
        return photo[8:16]
    return photo[4:18] if photo[2:4] == b"\xff\xe0" else b""


def _pixels(photo: bytes) -> np.ndarray:
    if photo[4:8] == b"ftyp":
        return pictures.decode_heic(photo).array
    return pictures.decode(photo[: jpeg.parse(photo).structure.primary_stop]).array
