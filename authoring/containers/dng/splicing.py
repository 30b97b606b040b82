"""Append a depth map to a DNG, and remove one.

The old file stays where it is: a copy of IFD0 with the new entries is appended, and the header points to the copy. So
four bytes change, and what the old directories say stays true.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from authoring.containers.base import CodedAuxiliary, DngDepth, Fraction
from authoring.containers.dng.structure import Structure, image_size, is_depth, piece_spans, subfile_type
from authoring.containers.dng.tags import DEPTH_MAP, DEPTH_TAGS, LEAST_DNG_VERSION, SMALLER_DEPTH_MAP, Tag
from authoring.containers.edits import EditList, Replacement
from authoring.errors import MalformedError, RefusedError, UsageError
from authoring.tiff import (
    ENTRY_BYTES,
    HEADER_BYTES,
    Ifd,
    IfdEntry,
    TiffType,
    build_entry,
    build_ifd,
    read_ifd,
)

MAX_FILE_BYTES = (1 << 32) - 1
"""A TIFF counts its offsets in 32 bits; beyond that there is only BigTIFF."""

HEADER_OFFSET = (4, 8)
"""Where the header has the offset of IFD0."""

LINK_BYTES = 4
"""Of the offset of the next directory, after the entries."""

LONGEST_INLINE = 4
"""Bytes of a value that its entry holds itself."""

CHANGED = frozenset({Tag.SUB_IFDS, Tag.DNG_VERSION, *DEPTH_TAGS})
"""Entries of IFD0 that a splice replaces or adds."""

MAX_CHANGED = 2 * len(CHANGED)
"""Such entries of the former IFD0; a damaged one may have some twice."""

MARK_ENTRIES = 8
"""Entries of IFD0 by which its former place is found."""

MAX_PLACES, MAX_CANDIDATES = 1000, 50
"""Where the former IFD0 is looked for; a photo has one place, or one for each program that appended a copy."""

REASON_HEADER = "the header points to the new IFD0"
REASON_DEPTH = "the depth map, its directory, and a copy of IFD0 that names it"
REASON_REMOVED = "the depth map and the directories appended with it"
REASON_RESTORED = "the header points to the former IFD0"
REASON_UNLISTED = "a copy of IFD0 without the depth map"

UNKNOWN: Fraction = (0, 0)


def splice(structure: Structure, auxiliary: CodedAuxiliary) -> EditList:
    """Append a depth map: its strip, XMP, directory, the list of SubIFDs, and a copy of IFD0.

    The strip begins at the old end of the file, even an odd one (TIFF 6.0 asks alignment of values and directories
    only): that is where `remove` cuts. Raises RefusedError if the file would reach 4 GiB.
    """
    raster, depth = auxiliary.raster, auxiliary.dng_depth
    if raster is None or depth is None:
        raise UsageError("a depth map for a DNG needs its raster and its depth tags")
    _check_stays(structure)
    tail = _Tail(structure)
    strip = tail.add(auxiliary.payload)
    packet = tail.add(auxiliary.xmp.ljust(LONGEST_INLINE + 1))
    entries = {
        Tag.NEW_SUBFILE_TYPE: (TiffType.LONG, 1, DEPTH_MAP),
        Tag.IMAGE_WIDTH: (TiffType.LONG, 1, raster.width),
        Tag.IMAGE_LENGTH: (TiffType.LONG, 1, raster.height),
        Tag.BITS_PER_SAMPLE: (TiffType.SHORT, 1, raster.bits),
        Tag.COMPRESSION: (TiffType.SHORT, 1, raster.compression),
        Tag.PHOTOMETRIC: (TiffType.SHORT, 1, raster.photometric),
        Tag.STRIP_OFFSETS: (TiffType.LONG, 1, strip),
        Tag.SAMPLES_PER_PIXEL: (TiffType.SHORT, 1, 1),
        Tag.ROWS_PER_STRIP: (TiffType.LONG, 1, raster.height),
        Tag.STRIP_BYTE_COUNTS: (TiffType.LONG, 1, len(auxiliary.payload)),
        Tag.PREDICTOR: (TiffType.SHORT, 1, raster.predictor),
        Tag.XMP: (TiffType.BYTE, max(len(auxiliary.xmp), LONGEST_INLINE + 1), packet),
    }
    if raster.predictor == 1:
        del entries[Tag.PREDICTOR]
    directory = [
        *(build_entry(structure.order, tag, *values) for tag, values in entries.items()),
        *tail.depth_entries(depth).values(),
    ]
    offset = tail.add(build_ifd(structure.order, directory))
    old = structure.first.find(Tag.SUB_IFDS)
    children = [*(ifd.offset for ifd in structure.children), offset]
    added = {Tag.SUB_IFDS: tail.offsets_entry(old.type if old else TiffType.LONG, children)}
    added |= tail.depth_entries(depth)
    added[Tag.DNG_VERSION] = build_entry(
        structure.order, Tag.DNG_VERSION, TiffType.BYTE, 4, max(_version(structure), LEAST_DNG_VERSION)
    )
    return tail.edits(_with_entries(structure, added), REASON_DEPTH)


def remove(structure: Structure, identifiers: Collection[int]) -> EditList:
    """Remove depth maps, named by their place among the SubIFDs.

    Where the last depth map and all that was appended with it ends the file, the file is cut there: it is the one
    before, byte for byte. Otherwise a copy of IFD0 without the maps is appended, and their bytes stay unused. Raises
    UsageError for a directory that is not there or no depth map.
    """
    for number in identifiers:
        if not 1 <= number <= len(structure.children) or not is_depth(structure.children[number - 1]):
            raise UsageError(f"SubIFD {number} is no depth map of this DNG")
    if not identifiers:
        return EditList.unchanged(len(structure.data))
    if len(identifiers) == 1:
        edits = _cut(structure, structure.children[min(identifiers) - 1])
        if edits is not None:
            return edits
    return _unlist(structure, set(identifiers))


def _unlist(structure: Structure, identifiers: set[int]) -> EditList:
    """Append a copy of IFD0 that does not name the maps, nor their tags if none is left."""
    tail = _Tail(structure)
    kept = [ifd for number, ifd in enumerate(structure.children, 1) if number not in identifiers]
    if not any(map(is_depth, kept)):
        kept = [ifd for ifd in kept if subfile_type(ifd) != SMALLER_DEPTH_MAP]
    old = structure.first.find(Tag.SUB_IFDS)
    dropped = () if any(map(is_depth, kept)) else DEPTH_TAGS
    added = {}
    if kept and old:
        added[Tag.SUB_IFDS] = tail.offsets_entry(old.type, [ifd.offset for ifd in kept])
    else:
        dropped = (*dropped, Tag.SUB_IFDS)
    return tail.edits(_with_entries(structure, added, dropped), REASON_UNLISTED)


def _cut(structure: Structure, depth: Ifd) -> EditList | None:
    """Return the edits that cut the file at a depth map's strip; None if that would not give the file before it."""
    spans = list(piece_spans(depth))
    if len(spans) != 1:
        return None
    stop = spans[0][0]
    others = [ifd for ifd in structure.children if ifd is not depth]
    appended = min(structure.first.offset, depth.offset) > stop
    if not appended or any(ifd.offset >= stop for ifd in (*others, *structure.chain)):
        return None
    if not _fills_the_end(structure, depth, stop):
        return None
    former = _former_directory(structure, tuple(ifd.offset for ifd in others), stop)
    if former is None:
        return None
    return EditList.of(
        len(structure.data),
        [
            Replacement(*HEADER_OFFSET, struct.pack(structure.order + "I", former.offset), REASON_RESTORED),
            Replacement(stop, len(structure.data), b"", REASON_REMOVED),
        ],
    )


def _fills_the_end(structure: Structure, depth: Ifd, stop: int) -> bool:
    """Whether a depth map and what a splice appends with it are all that is from `stop` to the end of the file."""
    spans = [*piece_spans(depth)]
    for ifd, entries in ((depth, depth.entries), (structure.first, structure.first.entries)):
        spans.append((ifd.offset, ifd.end + LINK_BYTES))
        spans += [
            (entry.value_offset, entry.value_offset + len(entry.value))
            for entry in entries
            if entry.value is not None and not entry.is_inline and (ifd is depth or entry.tag in CHANGED)
        ]
    position = stop
    for start, end in sorted(spans):
        if start < stop:
            continue
        if not position <= start <= position + 1:
            return False
        position = end
    return position == len(structure.data)


def _former_directory(structure: Structure, children: tuple[int, ...], stop: int) -> Ifd | None:
    """Return IFD0 as it was before the depth map was appended, for these other SubIFDs; None if it is not found.

    It is the last directory before `stop` that has IFD0's other entries: earlier ones are what a program before
    appended a copy of.
    """
    data, order = structure.data, structure.order
    kept = sum(entry.tag not in CHANGED for entry in structure.first.entries)
    mark, before = _mark(structure)
    tried = 0
    for place in _places(data, mark, stop):
        for changed in range(MAX_CHANGED + 1):
            start = place - 2 - ENTRY_BYTES * (before + changed)
            if start < HEADER_BYTES:
                break
            (count,) = struct.unpack_from(order + "H", data, start)
            if not 0 <= count - kept <= MAX_CHANGED or start + 2 + ENTRY_BYTES * count > stop:
                continue
            tried += 1
            if tried > MAX_CANDIDATES:
                return None
            try:
                ifd = read_ifd(data, start, order, "IFD0")
            except MalformedError:
                continue
            if _is_former(structure, ifd, children, stop):
                return ifd
    return None


def _mark(structure: Structure) -> tuple[bytes, int]:
    """Return some bytes of IFD0 that are in the former one too, and how many kept entries come before them there."""
    runs: list[list[IfdEntry]] = [[]]
    for entry in structure.first.entries:
        if entry.tag in CHANGED:
            runs.append([])
        else:
            runs[-1].append(entry)
    # The one with the most tags: an entry that is repeated many times marks no place.
    run = max(runs, key=lambda run: len({entry.tag for entry in run}))[:MARK_ENTRIES]
    if not run:
        # The tag alone: a damaged file's may have any type and count.
        return struct.pack(structure.order + "H", Tag.DNG_VERSION), 0
    start = run[0].offset
    before = sum(entry.offset < start and entry.tag not in CHANGED for entry in structure.first.entries)
    return structure.data[start : start + ENTRY_BYTES * len(run)], before


def _places(data: bytes, mark: bytes, stop: int) -> Iterator[int]:
    """Yield where a mark is before `stop`, from the end."""
    place = data.rfind(mark, 0, stop)
    for _ in range(MAX_PLACES):
        if place < 0:
            return
        yield place
        place = data.rfind(mark, 0, place + len(mark) - 1)


def _is_former(structure: Structure, ifd: Ifd, children: tuple[int, ...], stop: int) -> bool:
    """Whether a splice makes IFD0 of a directory that names these SubIFDs, byte for byte."""
    first, data = structure.first, structure.data
    listed = ifd.find(Tag.SUB_IFDS)
    if (listed.integers() if listed else ()) != children or ifd.find(Tag.DNG_VERSION) is None:
        return False
    added = {
        Tag(entry.tag): data[entry.offset : entry.offset + ENTRY_BYTES]
        for entry in reversed(first.entries)  # Of a tag that is there twice, the first is the splice's.
        if entry.tag in CHANGED
    }
    link = ifd.next_offset if ifd.end + LINK_BYTES <= stop else 0  # A file may be cut there.
    former = replace(structure, first=replace(ifd, next_offset=link))
    return _with_entries(former, added) == data[first.offset : first.end + LINK_BYTES]


def _version(structure: Structure) -> bytes:
    entry = structure.first.find(Tag.DNG_VERSION)
    return (entry.value if entry and entry.value else b"").ljust(4, b"\0")[:4]


def _with_entries(structure: Structure, added: Mapping[Tag, bytes], dropped: Collection[int] = ()) -> bytes:
    """Return a copy of IFD0 with entries replaced, added or left out; all others stay as they are, in their order."""
    first, new = structure.first, {int(tag): entry for tag, entry in added.items()}
    entries = [
        # Of a tag that is there twice, readers take the first.
        (entry.tag, new.pop(entry.tag, structure.data[entry.offset : entry.offset + ENTRY_BYTES]))
        for entry in first.entries
        if entry.tag not in dropped
    ]
    for tag in sorted(new):
        index = next((index for index, (other, _) in enumerate(entries) if other > tag), len(entries))
        entries.insert(index, (tag, new[tag]))
    return build_ifd(structure.order, [value for _, value in entries], first.next_offset)


def _check_stays(structure: Structure) -> None:
    """Raise MalformedError for a photo without a size, and if a splice would change what a directory names.

    That is what begins inside the header, whose pointer changes, and what is beyond the end, where the depth map goes.
    Images that are cut off are let through: a reader cannot show them, before and after. Lists of strips or tiles that
    differ, or are there twice, are not: what a reader would take for the image is not known.
    """
    image_size(structure.main)
    for ifd in (*structure.directories, *structure.chain):
        starts = [entry.value_offset for entry in ifd.entries if entry.value and not entry.is_inline]
        starts += [start for start, stop in piece_spans(ifd) if stop > start]
        lists = [entry.tag for entry in ifd.entries if entry.tag in (Tag.STRIP_OFFSETS, Tag.TILE_OFFSETS)]
        if len(lists) > len(set(lists)):
            raise MalformedError(f"the DNG's directory at {ifd.offset} lists its strips or tiles twice")
        if min(starts, default=HEADER_BYTES) < HEADER_BYTES:
            raise MalformedError(f"the DNG's directory at {ifd.offset} has data inside the file's header")
        outside = next((entry.tag for entry in ifd.entries if entry.size and entry.value is None), None)
        if outside is not None:
            raise MalformedError(
                f"the value of tag {outside} in the DNG's directory at {ifd.offset} is outside the file, where the "
                "depth map would go"
            )
        if ifd.next_offset > len(structure.data):
            raise MalformedError(
                f"the DNG's directory at {ifd.offset} is followed by one outside the file, where the depth map would go"
            )


class _Tail:
    """What is appended to a file, and where each part of it is."""

    def __init__(self, structure: Structure) -> None:
        self._structure = structure
        self._parts: list[bytes] = []
        self._end = len(structure.data)

    def add(self, data: bytes) -> int:
        """Append data, padded to an even end, and return its offset."""
        offset = self._end
        padded = data + b"\0" * ((offset + len(data)) % 2)
        self._parts.append(padded)
        self._end += len(padded)
        return offset

    def depth_entries(self, depth: DngDepth) -> dict[Tag, bytes]:
        """Append the two distances and return the entries of the depth tags."""
        order = self._structure.order
        entries = {Tag.DEPTH_FORMAT: build_entry(order, Tag.DEPTH_FORMAT, TiffType.SHORT, 1, depth.format)}
        for tag, fraction in ((Tag.DEPTH_NEAR, depth.near), (Tag.DEPTH_FAR, depth.far)):
            value = self.add(struct.pack(order + "II", *(fraction or UNKNOWN)))
            entries[tag] = build_entry(order, tag, TiffType.RATIONAL, 1, value)
        entries[Tag.DEPTH_UNITS] = build_entry(order, Tag.DEPTH_UNITS, TiffType.SHORT, 1, depth.units)
        measure = build_entry(order, Tag.DEPTH_MEASURE_TYPE, TiffType.SHORT, 1, depth.measure)
        return entries | {Tag.DEPTH_MEASURE_TYPE: measure}

    def offsets_entry(self, kind: int, offsets: Sequence[int]) -> bytes:
        """Return the entry of the SubIFDs; more than one are appended. `kind` is LONG or IFD, as the file has it."""
        order = self._structure.order
        value = (
            offsets[0] if len(offsets) == 1 else self.add(struct.pack(f"{order}{len(offsets)}I", *offsets))
        )
        return build_entry(order, Tag.SUB_IFDS, kind, len(offsets), value)

    def edits(self, first: bytes, reason: str) -> EditList:
        """Append IFD0, point the header to it, and return the edits. Raises RefusedError beyond 4 GiB."""
        offset = self.add(first)
        if self._end > MAX_FILE_BYTES:
            raise RefusedError(
                "the DNG would reach 4 GiB with the depth map, more than its offsets can count"
            )
        size = len(self._structure.data)
        pointer = struct.pack(self._structure.order + "I", offset)
        return EditList.of(
            size,
            [
                Replacement(*HEADER_OFFSET, pointer, REASON_HEADER),
                Replacement(size, size, b"".join(self._parts), reason),
            ],
        )
