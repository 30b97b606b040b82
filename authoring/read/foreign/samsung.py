"""Read the depth of Samsung phones: blocks with a directory at the end of a JPEG (SEFH … SEFT).

The layout is that of exiftool's Samsung.pm and of houz/phonedepth, which was tried on files of seven Galaxy models.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from authoring.containers.base import ContainerFile, Layout
from authoring.depth.aspect import same_shape
from authoring.errors import MalformedError, UnsupportedError
from authoring.read.foreign.base import NO_DISTANCES, NOMINAL_FAR, NOMINAL_NEAR, CodedMap, ForeignDepth
from authoring.read.foreign.coded_map import JPEG_MAGIC
from authoring.read.near_far import code_range

HEAD, TAIL = b"SEFH", b"SEFT"

TAIL_BYTES = 65_536
"""At the end of the file that the directory's end is searched in: other blocks (QDIO) may follow it."""

MAX_BLOCKS = 1024
"""Galaxy phones write some 20."""

NAME_BYTES = 64
"""Of a block's name that are read; the longest known has 29."""

EXTRA_BYTES = 1024
"""Of DualShot_Extra_Info that are read; phones write some 100."""

PICTURE, DUAL_MAP, DUAL_EXTRA, SINGLE_META, SINGLE_MAP = 0x0001, 0x0AB1, 0x0AB3, 0x0B40, 0x0B41
"""Types of blocks."""

SIZE_FIELDS = {1: (9, 10), 3: (12, 13), 4: (17, 18), 5: (20, 19), 6: (22, 21)}
"""By version of DualShot_Extra_Info: which of its 32-bit numbers are width and height."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block of the trailer."""

    type: int
    name: str
    start: int
    stop: int
    """Of its data in the file; blocks may overlap, so none is copied before it is chosen."""


def find(file: ContainerFile) -> ForeignDepth | None:
    """Return the depth map of a Samsung phone; None if there is none.

    Raises MalformedError where the size of a map is not that of its data, UnsupportedError where none is known.
    """
    source = file.source
    found = blocks(source, file.layout.primary_stop)
    dual = [block for block in found if block.type == DUAL_MAP]
    single = [block for block in found if block.type == SINGLE_MAP]
    if not dual and not single:
        return None
    block = next((block for block in dual if block.name.endswith("_1")), (dual or single)[0])
    if dual:
        extra = next((other for other in found if other.type == DUAL_EXTRA), None)
        stated = source[extra.start : min(extra.stop, extra.start + EXTRA_BYTES)] if extra else b""
        width, height = _dual_size(stated, block.stop - block.start, file.layout)
    else:
        meta = next((other for other in found if other.type == SINGLE_META), None)
        stated = source[meta.start : meta.stop] if meta else b""
        width, height = _single_size(stated, block.stop - block.start)
    picture = next(
        (
            source[other.start : other.stop]
            for other in found
            if other.type == PICTURE
            and other.name.endswith("Shot_1")
            and source.startswith(JPEG_MAGIC, other.start, other.stop)
        ),
        None,
    )
    return ForeignDepth(
        source="samsung",
        place=f"Samsung {block.name[:40]}",
        coded=CodedMap(source[block.start : block.stop], "raw", width, height),
        range=code_range("the Samsung map", "inverse", NOMINAL_NEAR, NOMINAL_FAR, metres=False),
        unblurred=picture,
        blurred=True,
        notes=(NO_DISTANCES,),
    )


def blocks(data: bytes, primary_stop: int) -> tuple[Block, ...]:
    """Return the blocks of the trailer in the directory's order; what is damaged is left out.

    An entry counts its block's distance back from the directory.
    """
    end = data.rfind(TAIL, max(primary_stop, len(data) - TAIL_BYTES))
    if end < 4:
        return ()
    (length,) = struct.unpack_from("<I", data, end - 4)
    start = end - 4 - length
    if start < primary_stop or length < 12 or not data.startswith(HEAD, start):
        return ()
    (count,) = struct.unpack_from("<I", data, start + 8)
    return tuple(_entries(data, primary_stop, start, min(count, (length - 12) // 12, MAX_BLOCKS)))


def _entries(data: bytes, first: int, directory: int, count: int) -> Iterator[Block]:
    for number in range(count):
        kind, back, size = struct.unpack_from("<2xHII", data, directory + 12 + 12 * number)
        start = directory - back
        if size < 8 or start < first or size > back:
            continue
        own_kind, name_bytes = struct.unpack_from("<2xHI", data, start)
        if own_kind != kind or 8 + name_bytes > size:
            continue
        name = data[start + 8 : start + 8 + min(name_bytes, NAME_BYTES)].decode("latin-1").rstrip("\0")
        yield Block(kind, name, start + 8 + name_bytes, start + size)


def _dual_size(extra: bytes, samples: int, layout: Layout) -> tuple[int, int]:
    """Return width and height of a map, whose place in DualShot_Extra_Info differs by version."""
    numbers = struct.unpack_from(f"<{len(extra) // 4}I", extra)
    version = numbers[0] & 0xFFFF if numbers else 0
    stated = [numbers[place] for place in SIZE_FIELDS.get(version, ()) if place < len(numbers)]
    pairs = [(stated[0], stated[1])] if len(stated) == 2 else []
    # Firmware moves the numbers: any two neighbours that are the map's size and have the photo's shape will do.
    neighbours = [*pairwise(numbers), *pairwise(numbers[::-1])]
    frame = (layout.width, layout.height)
    pairs += [pair for pair in neighbours if same_shape(pair, frame)]
    pairs += [pair for pair in neighbours if same_shape(pair, frame[::-1])]
    for width, height in pairs:
        if width * height == samples > 0:
            return width, height
    if len(stated) == 2:
        raise MalformedError(f"the Samsung map should have {stated[0]}x{stated[1]} bytes and has {samples}")
    raise UnsupportedError(
        f"the size of the Samsung map ({samples} bytes) is not known: DualShot_Extra_Info has version {version}"
    )


def _single_size(meta: bytes, samples: int) -> tuple[int, int]:
    """Return segWidth and segHeight of SingleShot_Meta_Info."""
    values = _meta(meta)
    width, height = values.get("segWidth", 0), values.get("segHeight", 0)
    if not width or not height:
        raise UnsupportedError(
            "the size of the Samsung map is not known: SingleShot_Meta_Info has no segWidth and segHeight"
        )
    if width * height != samples:
        raise MalformedError(f"the Samsung map should have {width}x{height} bytes and has {samples}")
    return width, height


def _meta(data: bytes) -> dict[str, int]:
    """Return the 32-bit values of a block DOFS version 3 by name, as far as it can be read."""
    if len(data) < 18 or not data.startswith(b"DOFS") or struct.unpack_from("<I", data, 4) != (3,):
        return {}
    (count,) = struct.unpack_from("<H", data, 16)
    values: dict[str, int] = {}
    position = 18
    for _ in range(count):
        if position + 2 > len(data):
            break
        name_stop = position + 2 + data[position + 1]
        if name_stop + 2 > len(data):
            break
        (size,) = struct.unpack_from("<H", data, name_stop)
        if size == 4 and name_stop + 6 <= len(data):
            name = data[position + 2 : name_stop].decode("latin-1")
            (values[name],) = struct.unpack_from("<I", data, name_stop + 2)
        position = name_stop + 2 + size
    return values
