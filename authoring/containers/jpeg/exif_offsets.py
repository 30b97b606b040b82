"""Find offsets in a photo's Exif of what follows the photo in the file, and re-base them when it moves.

Cameras put a preview after the photo's EOI, and their maker note points to it (Minolta DiMAGE 7Hi, Olympus, Sony,
Samsung S730): its offset counts from the TIFF header of Exif, as those inside the block do. The tags differ, so an
offset is recognised by what it points to: the first byte after all images, or a JPEG image.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator

from authoring.containers.edits import EditList, Replacement
from authoring.containers.jpeg import structure as structures
from authoring.containers.jpeg.app_segments import exif_range
from authoring.containers.jpeg.structure import Structure

REASON = "Exif: offset of what follows the photo re-based"

COMPARED_BYTES = 4096
"""Of what an offset leads to: enough to tell two previews apart."""

_ENTRIES = {
    ">": re.compile(rb"(?=\0(?:[\x04\x0d]\0\0\0\x01|[\x01\x07]....)(....))", re.DOTALL),
    "<": re.compile(rb"(?=(?:[\x04\x0d]\0\x01\0\0\0|[\x01\x07]\0....)(....))", re.DOTALL),
}
"""Type, count and value of an IFD entry, by byte order (a maker note may have another than its block): one LONG or IFD
offset, or bytes that lie elsewhere."""
IMAGE = re.compile(rb".\xd8\xff", re.DOTALL)
"""Start of a preview; Minolta's lacks the first 0xFF."""


def targets(structure: Structure) -> frozenset[int]:
    """Return the file offsets behind the photo that its Exif points to."""
    return frozenset(target for _, _, target in _pointers(structure))


def with_true_offsets(structure: Structure, edits: EditList) -> EditList:
    """Return the edits, and with them those of the offsets in Exif that they make wrong."""
    pointers = {(order, packed): target for order, packed, target in _pointers(structure)}
    if not pointers or not edits.touched:
        return edits
    result = edits.apply(structure.data)
    edited = structures.parse(result)
    place = exif_range(result, edited.primary)
    if place is None:
        return edits
    changes = []
    for start, order, packed in _values(edited):
        old = pointers.get((order, packed))
        target = None if old is None else edits.new_offset(old)
        if target is not None:
            new = struct.pack(order + "I", target - place[0])
            if new != packed:
                changes.append(Replacement(start, start + len(new), new, REASON))
    return edits.then(EditList.of(len(result), changes))


def exif_by_content(structure: Structure) -> bytes | None:
    """Return the Exif block, each offset that leads behind the photo replaced by the CRC-32 of what begins there.

    So the blocks of two files are equal if their offsets differ and lead to the same bytes.
    """
    data = structure.data
    place = exif_range(data, structure.primary)
    if place is None:
        return None
    block = bytearray(data[slice(*place)])
    pointers = {(order, packed): target for order, packed, target in _pointers(structure)}
    for start, order, packed in _values(structure):
        target = pointers.get((order, packed))
        if target is not None:
            content = data[target : target + COMPARED_BYTES]
            block[start - place[0] : start - place[0] + len(packed)] = struct.pack(">I", zlib.crc32(content))
    return bytes(block)


def _pointers(structure: Structure) -> Iterator[tuple[str, bytes, int]]:
    """Yield byte order, packed value and target, a file offset, of each offset that leads behind the photo."""
    data, first = structure.data, structure.primary_stop
    place = exif_range(data, structure.primary)
    if place is None or first == len(data):
        return
    for _, order, packed in _values(structure):
        target = place[0] + int(struct.unpack(order + "I", packed)[0])
        if first <= target < len(data) and (target == structure.images_stop or IMAGE.match(data, target)):
            yield order, packed, target


def _values(structure: Structure) -> Iterator[tuple[int, str, bytes]]:
    """Yield file offset, byte order and bytes of each value in the Exif block that may be an offset."""
    place = exif_range(structure.data, structure.primary)
    if place is None:
        return
    for order, pattern in _ENTRIES.items():
        for match in pattern.finditer(structure.data, *place):
            yield match.start(1), order, match[1]
