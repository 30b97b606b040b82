"""Parse the directories of a DNG: IFD0, its SubIFDs and its chain."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from authoring.containers.base import Crop, DngDepth, TiffRaster
from authoring.containers.dng.tags import DEPTH_MAP, MAIN_IMAGE, REDUCED_IMAGE, SEMANTIC_MASK, Tag
from authoring.errors import MalformedError, UnsupportedError
from authoring.tiff import ENTRY_BYTES, HEADER_BYTES, Ifd, IfdEntry, TiffType, read_header, read_ifd

MAX_SUB_IFDS = 120
"""Of IFD0. ProRAW has 2 to 8; Adobe's SDK reads no more than this."""

MAX_CHAINED = 120
"""IFDs after IFD0 that are followed. DNGs have none or one; a longer chain is a loop or no photo."""

MAX_NAMED_RATIO = 4
"""Limit on the bytes of all entries, values and images of the directories, in file sizes: they may share bytes."""

PICTURES = (1, 2, 6)
"""PhotometricInterpretation of a picture to look at: gray, RGB, YCbCr."""

BIG_TIFF = (b"II+\0", b"MM\0+")


@dataclass(frozen=True, slots=True)
class Structure:
    """The directories of a DNG."""

    data: bytes
    order: Literal["<", ">"]
    first: Ifd
    """IFD0."""
    children: tuple[Ifd, ...]
    """Those that tag 330 of IFD0 names, in its order."""
    chain: tuple[Ifd, ...]
    """Those after IFD0."""
    chain_fault: str
    """Why the chain was not followed to its end; empty if it was."""

    @property
    def main(self) -> Ifd:
        """The directory of the photo; an IFD0 that states neither an image nor NewSubFileType is none."""
        main = [ifd for ifd in self.directories if subfile_type(ifd) == MAIN_IMAGE] or [self.first]
        return next((ifd for ifd in main if area(ifd)), main[0])

    @property
    def directories(self) -> tuple[Ifd, ...]:
        """IFD0 and its SubIFDs."""
        return (self.first, *self.children)

    @property
    def active_area(self) -> tuple[int, int, int, int]:
        """Top, left, bottom and right of the photo's pixels that count; all of them where the tag is absent.

        Raises MalformedError where the photo has no size or the area is not inside it.
        """
        width, height = image_size(self.main)
        entry = self.main.find(Tag.ACTIVE_AREA)
        if entry is None:
            return 0, 0, height, width
        area = entry.integers()
        if len(area) != 4 or not (0 <= area[0] < area[2] <= height and 0 <= area[1] < area[3] <= width):
            raise MalformedError("the DNG's ActiveArea is not inside its photo")
        return area[0], area[1], area[2], area[3]

    @property
    def crop(self) -> Crop | None:
        """DefaultCrop in pixels of the active area; None if it is absent, is not inside, or takes nothing away."""
        stated = self.stated_crop
        return stated if isinstance(stated, Crop) else None

    @property
    def stated_crop(self) -> Crop | Literal["none", "impossible"]:
        """DefaultCrop in pixels of the active area; "none" if it is absent or takes nothing away."""
        top, left, bottom, right = self.active_area
        sides = [
            entry.numbers() if entry else ()
            for entry in map(self.main.find, (Tag.DEFAULT_CROP_ORIGIN, Tag.DEFAULT_CROP_SIZE))
        ]
        if not any(sides):
            return "none"
        if any(len(side) != 2 for side in sides):
            return "impossible"
        (x, y), (width, height) = sides
        whole = (float(right - left), float(bottom - top))
        inside = 0 <= x <= x + width <= whole[0] and 0 <= y <= y + height <= whole[1]
        if not inside or width < 1 or height < 1:
            return "impossible"
        if (width, height) == whole:
            return "none"
        return Crop(x, y, width, height)


def parse(data: bytes) -> Structure:
    """Parse the directories of a DNG.

    Raises UnsupportedError for BigTIFF and for a TIFF that is no DNG, MalformedError for directories or pointers that
    are outside the file, met twice or too many.
    """
    if data[:4] in BIG_TIFF:
        raise UnsupportedError("this is a BigTIFF, which DNG uses above 4 GiB only; it is not supported")
    order, offset = read_header(data, "the file")
    if offset < HEADER_BYTES:
        raise MalformedError("the offset of the DNG's IFD0 leads into its header")
    first = read_ifd(data, offset, order, "IFD0")
    if first.find(Tag.DNG_VERSION) is None:
        raise UnsupportedError(
            "this is a TIFF or raw file but no DNG; depth goes into JPEG, HEIC and DNG photos"
        )
    offsets = _sub_ifd_offsets(first)
    if min(offsets, default=offset) < HEADER_BYTES:
        raise MalformedError("the DNG's SubIFDs (tag 330) lead into its header")
    if len({offset, *offsets}) != 1 + len(offsets):
        raise MalformedError("the DNG's SubIFDs (tag 330) name a directory twice")
    children: list[Ifd] = []
    named = _add_named(0, first, len(data))
    for number, child in enumerate(offsets, 1):
        children.append(read_ifd(data, child, order, f"SubIFD {number}"))
        named = _add_named(named, children[-1], len(data))
    chain, fault = _follow(data, (first, *children), named)
    return Structure(data, "<" if order == "<" else ">", first, tuple(children), chain, fault)


def _sub_ifd_offsets(first: Ifd) -> tuple[int, ...]:
    """Return the offsets in tag 330. Raises MalformedError if they cannot be read or are too many."""
    entry = first.find(Tag.SUB_IFDS)
    if entry is None:
        return ()
    if entry.type not in (TiffType.LONG, TiffType.IFD) or entry.value is None:
        why = "their list is outside the file" if entry.value is None else f"their list has type {entry.type}"
        raise MalformedError(f"the DNG's SubIFDs (tag 330) cannot be read: {why}")
    if entry.count > MAX_SUB_IFDS:
        raise MalformedError(
            f"the DNG names {entry.count} SubIFDs, more than the {MAX_SUB_IFDS} that are read"
        )
    return entry.integers()


def _follow(data: bytes, listed: tuple[Ifd, ...], named: int) -> tuple[tuple[Ifd, ...], str]:
    """Return the directories after IFD0, and why the rest was left out.

    IFD0 and its SubIFDs are `listed`, and name as many bytes.
    """
    chain: list[Ifd] = []
    first = listed[0]
    offset, met = first.next_offset, {ifd.offset for ifd in listed}
    while offset:
        if offset in met or len(chain) == MAX_CHAINED:
            return tuple(chain), "the chain of directories after IFD0 does not end"
        if offset < HEADER_BYTES:
            return tuple(chain), "the chain of directories after IFD0 leads into the file's header"
        met.add(offset)
        try:
            ifd = read_ifd(data, offset, first.order, f"IFD{len(chain) + 1}")
            named = _add_named(named, ifd, len(data))
        except MalformedError as error:
            return tuple(chain), error.message
        chain.append(ifd)
        offset = ifd.next_offset
    return tuple(chain), ""


def _add_named(named: int, ifd: Ifd, size: int) -> int:
    """Return how many bytes of a file the directories name in all, with one more directory.

    Raises MalformedError if that is far more than its size: entries, values and images are copied.
    """
    total = named + sum(ENTRY_BYTES + len(entry.value or b"") for entry in ifd.entries)
    if total <= MAX_NAMED_RATIO * size:
        # An image whose lists differ is not read.
        with contextlib.suppress(MalformedError):
            total += sum(max(min(stop, size) - start, 0) for start, stop in piece_spans(ifd))
    if total > MAX_NAMED_RATIO * size:
        raise MalformedError("the DNG's directories name far more bytes than the file has")
    return total


def integer(ifd: Ifd, tag: Tag, default: int) -> int:
    """Return a tag's first whole number, or a default where there is none."""
    entry = ifd.find(tag)
    values = entry.integers() if entry else ()
    return values[0] if values else default


def subfile_type(ifd: Ifd) -> int:
    """Return NewSubFileType; TIFF 6.0 takes an absent one for 0, the main image."""
    return integer(ifd, Tag.NEW_SUBFILE_TYPE, MAIN_IMAGE)


def image_size(ifd: Ifd) -> tuple[int, int]:
    """Return width and height. Raises MalformedError if the directory states none."""
    width, height = integer(ifd, Tag.IMAGE_WIDTH, 0), integer(ifd, Tag.IMAGE_LENGTH, 0)
    if width < 1 or height < 1:
        raise MalformedError(f"the DNG's directory at {ifd.offset} states no image size")
    return width, height


def area(ifd: Ifd) -> int:
    """Return how many pixels a directory's image has; 0 if it states no size."""
    return integer(ifd, Tag.IMAGE_WIDTH, 0) * integer(ifd, Tag.IMAGE_LENGTH, 0)


def is_depth(ifd: Ifd) -> bool:
    """Whether it is a depth map's; a smaller copy of one (NewSubFileType 9) is none."""
    return subfile_type(ifd) == DEPTH_MAP


def is_smaller_map(ifd: Ifd) -> bool:
    """Whether it is a smaller copy of a depth map or a mask, not of the photo."""
    return bool(subfile_type(ifd) & ~REDUCED_IMAGE)


def is_mask(ifd: Ifd) -> bool:
    """Whether it is a semantic mask's."""
    return subfile_type(ifd) == SEMANTIC_MASK


def depth_tags(ifd: Ifd) -> DngDepth | None:
    """Return the depth tags of a directory; None if it has none of them."""
    near, far = ifd.find(Tag.DEPTH_NEAR), ifd.find(Tag.DEPTH_FAR)
    kinds = [ifd.find(tag) for tag in (Tag.DEPTH_FORMAT, Tag.DEPTH_UNITS, Tag.DEPTH_MEASURE_TYPE)]
    if not any((near, far, *kinds)):
        return None
    return DngDepth(
        format=integer(ifd, Tag.DEPTH_FORMAT, 0),
        near=near.fraction() if near else None,
        far=far.fraction() if far else None,
        units=integer(ifd, Tag.DEPTH_UNITS, 0),
        measure=integer(ifd, Tag.DEPTH_MEASURE_TYPE, 0),
    )


def raster(data: bytes, ifd: Ifd) -> TiffRaster:
    """Return a directory's image as it is coded.

    Raises MalformedError for strips or tiles that are outside the file, missing or too many.
    """
    width, height = image_size(ifd)
    tiled = ifd.find(Tag.TILE_OFFSETS) is not None
    piece_width = integer(ifd, Tag.TILE_WIDTH, 0) if tiled else width
    piece_height = integer(ifd, Tag.TILE_LENGTH, 0) if tiled else integer(ifd, Tag.ROWS_PER_STRIP, height)
    spans = tuple(piece_spans(ifd))
    if piece_width < 1 or piece_height < 1:
        raise MalformedError(f"the DNG's directory at {ifd.offset} states no size of its strips or tiles")
    piece_height = min(piece_height, height) if not tiled else piece_height
    wanted = -(-width // piece_width) * -(-height // piece_height)
    if len(spans) != wanted:
        raise MalformedError(
            f"the DNG's directory at {ifd.offset} has {len(spans)} strips or tiles, and its size needs {wanted}"
        )
    if any(stop > len(data) for _, stop in spans) or sum(stop - start for start, stop in spans) > len(data):
        raise MalformedError(f"the DNG's directory at {ifd.offset} has strips or tiles outside the file")
    return TiffRaster(
        width=width,
        height=height,
        samples=integer(ifd, Tag.SAMPLES_PER_PIXEL, 1),
        bits=integer(ifd, Tag.BITS_PER_SAMPLE, 1),
        photometric=integer(ifd, Tag.PHOTOMETRIC, 0),
        compression=integer(ifd, Tag.COMPRESSION, 1),
        predictor=integer(ifd, Tag.PREDICTOR, 1),
        order="<" if ifd.order == "<" else ">",
        piece_width=piece_width,
        piece_height=piece_height,
        pieces=tuple(data[start:stop] for start, stop in spans),
    )


def piece_spans(ifd: Ifd) -> Iterator[tuple[int, int]]:
    """Yield start and stop of each strip or tile. Raises MalformedError if their lists differ."""
    for offsets_tag, sizes_tag in (
        (Tag.STRIP_OFFSETS, Tag.STRIP_BYTE_COUNTS),
        (Tag.TILE_OFFSETS, Tag.TILE_BYTE_COUNTS),
    ):
        offsets, sizes = _list(ifd.find(offsets_tag)), _list(ifd.find(sizes_tag))
        if len(offsets) != len(sizes):
            raise MalformedError(
                f"the DNG's directory at {ifd.offset} states {len(offsets)} strips or tiles and {len(sizes)} lengths"
            )
        if min((*offsets, *sizes), default=0) < 0:
            raise MalformedError(
                f"the DNG's directory at {ifd.offset} has a strip or tile at a negative place"
            )
        yield from ((start, start + size) for start, size in zip(offsets, sizes, strict=True))


def _list(entry: IfdEntry | None) -> tuple[int, ...]:
    return entry.integers() if entry else ()
