"""Parse and build the MP index: which images a JPEG file holds, and where (CIPA DC-007, MP Index IFD).

The payload of its APP2 segment is "MPF" and NUL, a TIFF header, an index IFD, and perhaps an attribute IFD, in either
byte order. All offsets of images count from the TIFF header, `BASE` bytes after the start of the payload. Tags that
are not understood keep their bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace

from authoring import tiff
from authoring.containers.jpeg.segments import MAX_PAYLOAD_BYTES, MPF_PREFIX
from authoring.errors import MalformedError, RefusedError
from authoring.tiff import Ifd, TiffType

BASE = len(MPF_PREFIX)
"""From the start of the payload to its TIFF header, from which MP offsets count."""

MAX_IMAGES = 256
"""A burst or panorama holds some tens; an index that claims more is damaged."""

VERSION, NUMBER_OF_IMAGES, MP_ENTRY, UNIQUE_IDS = 0xB000, 0xB001, 0xB002, 0xB003
UNIQUE_ID_BYTES = 33
ENTRY_BYTES = 16
MAX_OFFSET = 0xFFFFFFFF
"""MP offsets and sizes have 32 bits."""

BASELINE_PRIMARY = 0x030000
"""Attribute of the first image as Apple writes it: a primary, in JPEG, no flags (shu_matte.jpg)."""

UNDEFINED = 0
"""Attribute of Apple's auxiliary images, disparity too: their XMP says what they are (shu_matte.jpg)."""

_NAME = "the MP index (APP2 MPF)"


@dataclass(frozen=True, slots=True)
class Tag:
    """One entry of an IFD; `value` are its bytes in the index's byte order."""

    number: int
    type: int
    count: int
    value: bytes


@dataclass(frozen=True, slots=True)
class MpEntry:
    """One image, 16 bytes (DC-007, 5.2.3.3)."""

    attribute: int
    """Flags, format and type; see BASELINE_PRIMARY and UNDEFINED."""
    size: int
    """Bytes from SOI to EOI; wrong for the primary in ImageIO's re-exports (shu_matte.jpg)."""
    offset: int
    """From the TIFF header; 0 for the primary."""
    dependent1: int
    dependent2: int


@dataclass(frozen=True, slots=True)
class MpIndex:
    """The payload of an MPF segment."""

    little_endian: bool
    tags: tuple[Tag, ...]
    """The index IFD in the file's order."""
    attributes: tuple[Tag, ...]
    """The attribute IFD; empty if there is none."""

    @property
    def order(self) -> str:
        """The prefix for `struct`."""
        return "<" if self.little_endian else ">"

    @property
    def declared_images(self) -> int | None:
        """The value of NumberOfImages; None if the tag is missing."""
        value = self._value(NUMBER_OF_IMAGES)
        return int(struct.unpack(self.order + "I", value)[0]) if len(value) == 4 else None

    @property
    def entries(self) -> tuple[MpEntry, ...]:
        """The images in order, the primary first; none in the short index of an auxiliary image."""
        value = self._value(MP_ENTRY)
        complete = value[: len(value) - len(value) % ENTRY_BYTES]
        return tuple(MpEntry(*fields) for fields in struct.iter_unpack(self.order + "IIIHH", complete))

    @property
    def packed_entries(self) -> bytes:
        """The entries as bytes of the payload."""
        return self._value(MP_ENTRY)

    def with_entries(self, entries: Sequence[MpEntry], kept: Sequence[int]) -> MpIndex:
        """Return the index with these entries, all other tags as they are.

        `kept` gives for each entry its old position, or -1 for a new image: the list of unique identifiers, if there
        is one, follows, with zeros for a new image (DC-007, 5.2.3.4).
        """
        packed = pack_entries(entries, self.order)
        values = {
            NUMBER_OF_IMAGES: Tag(
                NUMBER_OF_IMAGES, TiffType.LONG, 1, struct.pack(self.order + "I", len(entries))
            ),
            MP_ENTRY: Tag(MP_ENTRY, TiffType.UNDEFINED, len(packed), packed),
        }
        old = self._value(UNIQUE_IDS)
        if old:
            starts = [UNIQUE_ID_BYTES * position for position in kept]
            known = [old[start : start + UNIQUE_ID_BYTES] if start >= 0 else b"" for start in starts]
            identifiers = b"".join(identifier.ljust(UNIQUE_ID_BYTES, b"\0") for identifier in known)
            values[UNIQUE_IDS] = Tag(UNIQUE_IDS, TiffType.UNDEFINED, len(identifiers), identifiers)
        present = {tag.number for tag in self.tags}
        tags = [values.get(tag.number, tag) for tag in self.tags]
        tags += [tag for number, tag in values.items() if number not in present]
        # TIFF requires ascending numbers; an index that already broke that rule keeps its order.
        if len(tags) > len(self.tags):
            tags.sort(key=lambda tag: tag.number)
        return replace(self, tags=tuple(tags))

    def _value(self, number: int) -> bytes:
        return next((tag.value for tag in self.tags if tag.number == number), b"")


def short_index(total: int) -> MpIndex:
    """Return the index inside Apple's auxiliary images: version and total count only (rw_ios11_test06.jpg)."""
    return MpIndex(
        False,
        (
            Tag(VERSION, TiffType.UNDEFINED, 4, b"0100"),
            Tag(NUMBER_OF_IMAGES, TiffType.LONG, 1, struct.pack(">I", total)),
        ),
        (),
    )


def complete_index(entries: Sequence[MpEntry]) -> MpIndex:
    """Return the index of a photo and the images after it, with the tags that DC-007 requires (5.2.3)."""
    version = Tag(VERSION, TiffType.UNDEFINED, 4, b"0100")
    return MpIndex(False, (version,), ()).with_entries(entries, [-1] * len(entries))


def parse(payload: bytes) -> MpIndex:
    """Parse the payload of an MPF segment, from "MPF" and NUL on.

    Raises MalformedError if the IFDs cannot be followed, or the entries are fewer than the images that are stated or
    share bytes with other parts of the index.
    """
    index_ifd, attribute_ifd = _read_ifds(payload)
    index = MpIndex(index_ifd.order == "<", _tags(index_ifd), _tags(attribute_ifd) if attribute_ifd else ())
    if len(index.entries) > MAX_IMAGES:
        raise MalformedError(f"{_NAME} lists more than {MAX_IMAGES} images")
    # Some writers state the count of the entries instead of their bytes, so that no entry is left (libavif 1624).
    images = index.declared_images or 0
    if index.packed_entries and len(index.packed_entries) < ENTRY_BYTES * images:
        size = len(index.packed_entries)
        raise MalformedError(f"{_NAME} states {images} images and has {size} bytes of entries")
    if _entries_overlap(index_ifd, attribute_ifd):
        raise MalformedError(f"the entries of {_NAME} overlap other parts of it")
    return index


def patched(payload: bytes, entries: bytes) -> bytes:
    """Return the payload of an index with its packed entries replaced in place by as many others; all else as it is."""
    old = _read_ifds(payload)[0].find(MP_ENTRY)
    assert old is not None and old.size == len(entries)
    start = BASE + old.value_offset
    return payload[:start] + entries + payload[start + len(entries) :]


def pack_entries(entries: Sequence[MpEntry], order: str) -> bytes:
    """Build the value of the MP entry tag (DC-007, 5.2.3.3)."""
    return b"".join(struct.pack(order + "IIIHH", *astuple(entry)) for entry in entries)


def build(index: MpIndex) -> bytes:
    """Build an MPF payload as cameras do: each IFD, then its long values, each on an even position.

    Raises RefusedError if it does not fit into a segment.
    """
    block = (b"II*\0" if index.little_endian else b"MM\0*") + struct.pack(index.order + "I", 8)
    block += _build_ifd(index.tags, len(block), index.order, bool(index.attributes))
    if index.attributes:
        block += _build_ifd(index.attributes, len(block), index.order, False)
    if BASE + len(block) > MAX_PAYLOAD_BYTES:
        raise RefusedError("the MP index (APP2 MPF) would outgrow its segment; remove an image first")
    return MPF_PREFIX + block


def _read_ifds(payload: bytes) -> tuple[Ifd, Ifd | None]:
    """Return the index IFD, and the attribute IFD if there is one."""
    if not payload.startswith(MPF_PREFIX):
        raise MalformedError(f"{_NAME} does not start with MPF")
    block = payload[BASE:]
    order, offset = tiff.read_header(block, _NAME)
    index = tiff.read_ifd(block, offset, order, _NAME)
    if not index.next_offset:
        return index, None
    return index, tiff.read_ifd(block, index.next_offset, order, f"the attribute IFD of {_NAME}")


def _entries_overlap(index: Ifd, attributes: Ifd | None) -> bool:
    """Whether the MP entries share bytes with a header, an IFD or another value."""
    entries = index.find(MP_ENTRY)
    if entries is None or not entries.size:
        return False
    used = [(0, tiff.HEADER_BYTES)]
    for ifd in filter(None, (index, attributes)):
        used.append((ifd.offset, ifd.end))
        used += [
            (entry.value_offset, entry.value_offset + (entry.size or 0))
            for entry in ifd.entries
            if entry is not entries and not entry.is_inline
        ]
    start, stop = entries.value_offset, entries.value_offset + entries.size
    return any(first < stop and start < last for first, last in used)


def _tags(ifd: Ifd) -> tuple[Tag, ...]:
    tags = []
    for entry in ifd.entries:
        if entry.size is None:
            raise MalformedError(f"tag {entry.tag:04X} of {_NAME} has the unknown type {entry.type}")
        if entry.value is None:
            raise MalformedError(f"tag {entry.tag:04X} of {_NAME} reaches beyond its segment")
        tags.append(Tag(entry.tag, entry.type, entry.count, entry.value))
    return tuple(tags)


def _build_ifd(tags: Sequence[Tag], position: int, order: str, more: bool) -> bytes:
    """Build an IFD for `position` of the block, with its long values; `more` links it to an IFD after them."""
    values_start = position + 2 + tiff.ENTRY_BYTES * len(tags) + 4
    entries, values = [], b""
    for tag in tags:
        value: int | bytes = tag.value
        if len(tag.value) > 4:
            value = values_start + len(values)
            values += tag.value + bytes(len(tag.value) % 2)
        entries.append(tiff.build_entry(order, tag.number, tag.type, tag.count, value))
    return tiff.build_ifd(order, entries, values_start + len(values) if more else 0) + values
