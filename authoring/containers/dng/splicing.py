"""Append a depth map to a DNG, and remove one.

The old file stays where it is: a copy of IFD0 with the new entries is appended, and the header points to the copy. So
four bytes change, and what the old directories say stays true.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator, Mapping, Sequence

from authoring.containers.base import CodedAuxiliary, DngDepth, Fraction
from authoring.containers.dng.structure import Structure, is_depth, piece_spans
from authoring.containers.dng.tags import DEPTH_MAP, DEPTH_TAGS, LEAST_DNG_VERSION, Tag
from authoring.containers.edits import EditList, Replacement
from authoring.errors import MalformedError, RefusedError, UsageError
from authoring.tiff import ENTRY_BYTES, Ifd, TiffType, build_entry, build_ifd, read_ifd

MAX_FILE_BYTES = (1 << 32) - 1
"""A TIFF counts its offsets in 32 bits; beyond that there is only BigTIFF."""

HEADER_OFFSET = (4, 8)
"""Where the header has the offset of IFD0."""

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
    tail = _Tail(structure)
    strip = tail.add(auxiliary.payload)
    packet = tail.add(auxiliary.xmp)
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
        Tag.XMP: (TiffType.BYTE, len(auxiliary.xmp), packet),
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
    others = [ifd for ifd in structure.children if ifd != depth]
    appended = min(structure.first.offset, depth.offset) > stop
    if not appended or any(ifd.offset >= stop for ifd in (*others, *structure.chain)):
        return None
    former = [ifd for ifd in _former_directories(structure, stop) if _is_former(structure, ifd, others, stop)]
    if len(former) != 1:
        return None
    return EditList.of(
        len(structure.data),
        [
            Replacement(
                *HEADER_OFFSET, struct.pack(structure.order + "I", former[0].offset), REASON_RESTORED
            ),
            Replacement(stop, len(structure.data), b"", REASON_REMOVED),
        ],
    )


def _former_directories(structure: Structure, stop: int) -> Iterator[Ifd]:
    """Yield what may be the former IFD0: directories before `stop` that have its longest run of unchanged entries."""
    first = structure.first
    names = [entry.tag for entry in first.entries]
    changed = {Tag.SUB_IFDS, Tag.DNG_VERSION, *DEPTH_TAGS}
    runs: list[list[int]] = [[]]
    for index, tag in enumerate(names):
        runs[-1].append(index) if tag not in changed else runs.append([])
    run = max(runs, key=len)
    if not run:
        return
    head = first.entries[run[0]].offset
    pattern = structure.data[head : head + ENTRY_BYTES * len(run)]
    before = [tag for tag in names[: run[0]] if tag not in DEPTH_TAGS]
    # The former directory may have had no SubIFDs.
    counts = {len(before), len([tag for tag in before if tag != Tag.SUB_IFDS])}
    place = structure.data.find(pattern, 0, stop)
    while place >= 0:
        for count in counts:
            try:
                yield read_ifd(structure.data, place - 2 - ENTRY_BYTES * count, structure.order, "IFD0")
            except MalformedError:
                continue
        place = structure.data.find(pattern, place + 1, stop)


def _is_former(structure: Structure, ifd: Ifd, children: Sequence[Ifd], stop: int) -> bool:
    """Whether a directory is IFD0 as it was before the depth map was appended, for these other SubIFDs."""
    if ifd.end + 4 > stop or ifd.next_offset != structure.first.next_offset:
        return False
    now = _entries(structure.data, structure.first)
    was = _entries(structure.data, ifd)
    listed = ifd.find(Tag.SUB_IFDS)
    if (listed.integers() if listed else ()) != tuple(child.offset for child in children):
        return False
    free = {Tag.SUB_IFDS, Tag.DNG_VERSION}
    same = {tag: entry for tag, entry in now.items() if tag not in free and tag not in DEPTH_TAGS}
    return Tag.DNG_VERSION in was and same == {tag: entry for tag, entry in was.items() if tag not in free}


def _entries(data: bytes, ifd: Ifd) -> dict[int, bytes]:
    return {entry.tag: data[entry.offset : entry.offset + ENTRY_BYTES] for entry in ifd.entries}


def _version(structure: Structure) -> bytes:
    entry = structure.first.find(Tag.DNG_VERSION)
    return (entry.value if entry and entry.value else b"").ljust(4, b"\0")[:4]


def _with_entries(structure: Structure, added: Mapping[Tag, bytes], dropped: Collection[int] = ()) -> bytes:
    """Return a copy of IFD0 with entries replaced, added or left out; all others stay as they are."""
    kept = [
        (tag, entry) for tag, entry in _entries(structure.data, structure.first).items() if tag not in dropped
    ]
    entries = dict(kept) | {int(tag): entry for tag, entry in added.items()}
    return build_ifd(structure.order, [entries[tag] for tag in sorted(entries)], structure.first.next_offset)


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
