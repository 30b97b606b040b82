"""DNG files for tests, made from those of `golden.dng`: entries changed, directories added, as other programs do it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from golden.dng import DngRecipe, build_dng

BYTE, ASCII, SHORT, LONG, RATIONAL, IFD = 1, 2, 3, 4, 5, 13
_FORMATS = {BYTE: "B", ASCII: "B", SHORT: "H", LONG: "I", RATIONAL: "I", 7: "B", 10: "i", IFD: "I"}
_SIZES = {BYTE: 1, ASCII: 1, SHORT: 2, LONG: 4, RATIONAL: 8, 7: 1, 10: 8, IFD: 4}

Values = tuple[int, Sequence[int]]
"""Type and numbers of an entry; a RATIONAL takes two."""

SUB_IFDS = 330


def small(width: int = 32, height: int = 24, **options: Any) -> bytes:
    """A DNG of a few pixels."""
    y, x = np.mgrid[0:height, 0:width]
    pixels = np.stack([x * 5 % 256, y * 9 % 256, (x + y) * 3 % 256], axis=-1).astype(np.uint8)
    return build_dng(DngRecipe(pixels, **options))


def order_of(data: bytes) -> Literal["<", ">"]:
    """The byte order of a file."""
    return "<" if data[:2] == b"II" else ">"


def place(data: bytes, number: int = 0) -> int:
    """The offset of IFD0, or of a SubIFD, counted from 1."""
    order = order_of(data)
    (first,) = struct.unpack_from(order + "I", data, 4)
    if number == 0:
        return int(first)
    entry = entry_place(data, 0, SUB_IFDS)
    (count,) = struct.unpack_from(order + "I", data, entry + 4)
    (value,) = struct.unpack_from(order + "I", data, entry + 8)
    if count == 1:
        return int(value)
    return int(struct.unpack_from(order + "I", data, value + 4 * (number - 1))[0])


def entry_place(data: bytes, number: int, tag: int) -> int:
    """The offset of an entry's 12 bytes."""
    order, start = order_of(data), place(data, number)
    (count,) = struct.unpack_from(order + "H", data, start)
    for at in range(start + 2, start + 2 + 12 * count, 12):
        if struct.unpack_from(order + "H", data, at)[0] == tag:
            return at
    raise KeyError(tag)


def entry_changed(
    data: bytes,
    number: int,
    tag: int,
    *,
    new_tag: int | None = None,
    kind: int | None = None,
    count: int | None = None,
    value: int | None = None,
) -> bytes:
    """The file with fields of an entry written over."""
    order, at, out = order_of(data), entry_place(data, number, tag), bytearray(data)
    if new_tag is not None:
        struct.pack_into(order + "H", out, at, new_tag)
    if kind is not None:
        struct.pack_into(order + "H", out, at + 2, kind)
    if count is not None:
        struct.pack_into(order + "I", out, at + 4, count)
    if value is not None:
        kind, count = struct.unpack_from(order + "HI", out, at + 2)
        short = kind == SHORT and count == 1
        struct.pack_into(order + ("H" if short else "I"), out, at + 8, value)
    assert bytes(out) != data
    return bytes(out)


def directory_changed(
    data: bytes,
    number: int,
    added: Mapping[int, Values] = {},
    dropped: Collection[int] = (),
    next_offset: int | None = None,
) -> bytes:
    """The file with a changed copy of a directory at its end, which its pointer names."""
    order, start, out = order_of(data), place(data, number), _even(data)
    (count,) = struct.unpack_from(order + "H", data, start)
    rows = {}
    for at in range(start + 2, start + 2 + 12 * count, 12):
        tag = struct.unpack_from(order + "H", data, at)[0]
        if tag not in dropped:
            rows[tag] = data[at : at + 12]
    (link,) = struct.unpack_from(order + "I", data, start + 2 + 12 * count)
    rows |= _rows(out, order, added)
    offset = _append(out, order, rows, link if next_offset is None else next_offset)
    return _pointed(bytes(out), number, offset)


def directory_added(data: bytes, entries: Mapping[int, Values], list_type: int = LONG) -> bytes:
    """The file with one more SubIFD, last in the list of IFD0; the directory is before the new IFD0."""
    order, out = order_of(data), _even(data)
    offset = _append(out, order, _rows(out, order, entries), 0)
    return directory_changed(bytes(out), 0, {SUB_IFDS: (list_type, [*children(data), offset])})


def directory_chained(data: bytes, entries: Mapping[int, Values]) -> bytes:
    """The file with a directory that follows IFD0 in the chain."""
    order, out = order_of(data), _even(data)
    offset = _append(out, order, _rows(out, order, entries), 0)
    return directory_changed(bytes(out), 0, next_offset=offset)


def children(data: bytes) -> list[int]:
    """The offsets of the SubIFDs."""
    order = order_of(data)
    try:
        entry = entry_place(data, 0, SUB_IFDS)
    except KeyError:
        return []
    (count,) = struct.unpack_from(order + "I", data, entry + 4)
    return [place(data, number) for number in range(1, count + 1)]


def _even(data: bytes) -> bytearray:
    return bytearray(data + b"\0" * (len(data) % 2))


def _rows(out: bytearray, order: str, entries: Mapping[int, Values]) -> dict[int, bytes]:
    rows = {}
    for tag, (kind, numbers) in entries.items():
        value = struct.pack(f"{order}{len(numbers)}{_FORMATS[kind]}", *numbers)
        count = len(value) // _SIZES[kind]
        if len(value) > 4:
            out += b"\0" * (len(out) % 2)
            value, offset = b"", len(out)
            out += struct.pack(f"{order}{len(numbers)}{_FORMATS[kind]}", *numbers)
            value = struct.pack(order + "I", offset)
        rows[tag] = struct.pack(order + "HHI", tag, kind, count) + value.ljust(4, b"\0")
    return rows


def _append(out: bytearray, order: str, rows: Mapping[int, bytes], next_offset: int) -> int:
    out += b"\0" * (len(out) % 2)
    offset = len(out)
    out += struct.pack(order + "H", len(rows)) + b"".join(rows[tag] for tag in sorted(rows))
    out += struct.pack(order + "I", next_offset)
    return offset


def _pointed(data: bytes, number: int, offset: int) -> bytes:
    order, out = order_of(data), bytearray(data)
    if number == 0:
        struct.pack_into(order + "I", out, 4, offset)
        return bytes(out)
    entry = entry_place(data, 0, SUB_IFDS)
    count, value = struct.unpack_from(order + "II", data, entry + 4)
    at = entry + 8 if count == 1 else value + 4 * (number - 1)
    struct.pack_into(order + "I", out, at, offset)
    return bytes(out)


@dataclass(frozen=True, slots=True, eq=False)
class AdobeDepth:
    """A depth map as Adobe's SDK writes it: tags in IFD0 alone, Deflate with predictor 2, tiles."""

    codes: NDArray[np.unsignedinteger[Any]]
    near: tuple[int, int] = (1, 2)
    far: tuple[int, int] = (8, 1)
    format: int = 1
    units: int = 1
    tile: tuple[int, int] | None = (16, 16)
    """Width and height; None for strips."""
    rows: int | None = None
    """Of a strip; None for one strip."""
    compression: int = 8
    predictor: int = 2
    extra: tuple[tuple[int, Values], ...] = ()
    """More entries of the map's directory."""


def with_adobe_depth(data: bytes, depth: AdobeDepth, list_type: int = LONG) -> bytes:
    """The file with a depth map that another program put in."""
    order = order_of(data)
    height, width = depth.codes.shape
    out = _even(data)
    offsets, sizes = [], []
    for piece in _pieces(depth):
        offsets.append(len(out))
        coded = _coded(piece, depth, order)
        sizes.append(len(coded))
        out += coded + b"\0" * (len(coded) % 2)
    layout: dict[int, Values]
    if depth.tile:
        layout = {322: (LONG, [depth.tile[0]]), 323: (LONG, [depth.tile[1]])}
        layout |= {324: (LONG, offsets), 325: (LONG, sizes)}
    else:
        layout = {273: (LONG, offsets), 278: (LONG, [depth.rows or height]), 279: (LONG, sizes)}
    entries: dict[int, Values] = {
        254: (LONG, [8]),
        256: (LONG, [width]),
        257: (LONG, [height]),
        258: (SHORT, [depth.codes.dtype.itemsize * 8]),
        259: (SHORT, [depth.compression]),
        262: (SHORT, [51177]),
        277: (SHORT, [1]),
        317: (SHORT, [depth.predictor]),
        **layout,
        **dict(depth.extra),
    }
    if depth.predictor == 1:
        del entries[317]
    tags: dict[int, Values] = {
        50706: (BYTE, [1, 6, 0, 0]),
        51177: (SHORT, [depth.format]),
        51178: (RATIONAL, depth.near),
        51179: (RATIONAL, depth.far),
        51180: (SHORT, [depth.units]),
        51181: (SHORT, [1]),
    }
    return directory_changed(directory_added(bytes(out), entries, list_type), 0, tags)


def _pieces(depth: AdobeDepth) -> list[NDArray[Any]]:
    height, width = depth.codes.shape
    if depth.tile is None:
        rows = depth.rows or height
        return [depth.codes[top : top + rows] for top in range(0, height, rows)]
    across, down = depth.tile
    filled = np.pad(depth.codes, ((0, -height % down), (0, -width % across)), mode="edge")
    return [
        filled[top : top + down, left : left + across]
        for top in range(0, height, down)
        for left in range(0, width, across)
    ]


def _coded(piece: NDArray[Any], depth: AdobeDepth, order: Literal["<", ">"]) -> bytes:
    from authoring.codecs.lossless_jpeg import encode_lossless

    if depth.compression == 7:
        return encode_lossless(np.ascontiguousarray(piece))
    step = {1: 0, 2: 1, 34892: 2, 34893: 4}[depth.predictor]
    differences = piece.copy()
    if step:
        differences[:, step:] -= piece[:, :-step]
    raw = differences.astype(piece.dtype.newbyteorder(order)).tobytes()
    return raw if depth.compression == 1 else zlib.compress(raw)


def slope(width: int = 32, height: int = 24, bits: int = 8) -> NDArray[np.unsignedinteger[Any]]:
    """Codes that grow to the right, with a wave."""
    y, x = np.mgrid[0:height, 0:width]
    share = (x / width + 0.1 * np.sin(y / 3) + 0.1) / 1.2
    top = 2**bits - 1
    codes: NDArray[Any] = np.rint(np.clip(share, 0, 1) * top).astype(np.uint8 if bits == 8 else np.uint16)
    return codes


@cache
def photos() -> dict[str, bytes]:
    """One file for each structural variant, without depth."""
    plain = small()
    mask: dict[int, Values] = {
        254: (LONG, [65540]), 256: (LONG, [4]), 257: (LONG, [2]), 258: (SHORT, [8]), 259: (SHORT, [1]),
        262: (SHORT, [52527]), 273: (LONG, [8]), 277: (SHORT, [1]), 278: (LONG, [2]), 279: (LONG, [8]),
        52526: (ASCII, [*b"urn:com:apple:photo:2020:aux:semanticskymatte\0"]),
    }  # fmt: skip
    return {
        "little": plain,
        "big": small(order=">"),
        "cropped": small(border=3, crop=(4, 3, 24, 18), orientation=6),
        "IFD0 is the photo": small(preview=False),
        "odd length": plain + b"\0",
        "data after the end": plain + b"trailer of another program",
        "IFD type": directory_changed(plain, 0, {SUB_IFDS: (IFD, children(plain))}),
        "mask": directory_added(plain, mask),
        "mask, big": directory_added(small(order=">"), mask, IFD),
        "chain": directory_chained(plain, mask),
    }


@cache
def with_depth_of_others() -> dict[str, bytes]:
    """Files with depth as other programs put it in."""
    odd, wide = slope(29, 21), slope(bits=16)
    maps = {
        "Adobe, 8 bits": AdobeDepth(slope()),
        "Adobe, 16 bits": AdobeDepth(wide),
        "inverse": AdobeDepth(wide, format=2),
        "one strip": AdobeDepth(slope(), tile=None, compression=1, predictor=1),
        "strips, cut": AdobeDepth(odd, tile=None, rows=8),
        "tiles, cut": AdobeDepth(odd),
        "a column of tiles": AdobeDepth(odd, tile=(29, 16)),
        "JPEG tiles": AdobeDepth(odd, compression=7, predictor=1),
        "a column of JPEG tiles": AdobeDepth(odd, tile=(29, 16), compression=7, predictor=1),
        "JPEG strips": AdobeDepth(odd, tile=None, rows=8, compression=7, predictor=1),
        "JPEG, 16 bits": AdobeDepth(wide, tile=None, compression=7, predictor=1),
        "predictor 34892": AdobeDepth(wide, predictor=34892),
        "predictor 34893": AdobeDepth(wide, predictor=34893),
    }
    return {
        **{name: with_adobe_depth(small(), depth) for name, depth in maps.items()},
        **{f"{name}, big": with_adobe_depth(small(order=">"), depth, IFD) for name, depth in maps.items()},
    }
