"""Damage files along their structure, from a seed: boxes, segments, TIFF directories, PNG chunks, ZIP members.

The layouts are walked loosely and without the code under test. The same seed gives the same damage, so that two
numbers describe a finding.
"""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from typing import Literal

Form = Literal["bytes", "heif", "jpeg", "tiff", "dng", "png", "npz", "text"]

EDGES = (
    0,
    1,
    2,
    3,
    4,
    7,
    8,
    15,
    16,
    127,
    128,
    255,
    256,
    32767,
    32768,
    65535,
    65536,
    1 << 24,
    0x7FFFFFFF,
    1 << 31,
)
EDGES_32 = (*EDGES, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFF8)
EDGES_64 = (*EDGES_32, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, (1 << 64) - 8)

PARENTS = {b"meta": 4, b"iprp": 0, b"ipco": 0, b"iref": 4, b"grpl": 0, b"dinf": 0}
"""Boxes of boxes, and the bytes before the first child; `iinf` has a count whose width depends on its version."""

MAX_BYTES = 1 << 20
"""A mutation that grows an input beyond this is dropped: the targets' bounds are per byte."""

TOKENS = (
    b"\0", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b'"', b"'", b"<", b">", b"&", b"&amp;", b"&#0;", b"&#xD800;",
    b"]]>",
    b"<!--", b"-->", b"<?xml version='1.0' encoding='utf-16'?>", b"<!DOCTYPE x [", b"xmlns:a=''", b"<a/>", b"</a>",
    b"{", b"}", b"[", b"]", b":", b",", b"null", b"true", b"NaN", b"Infinity", b"-Infinity", b"1e400", b"-0", b"1e-320",
    b"9" * 40, b"0.0", b"-1", b"4294967296", b"18446744073709551616", b"\n", b"\r\n", b"\t", b";", b"\\u0000",
    b"\\ud800",
    b"[" * 300, b"../", b"/", b"-", b"=", b"rdf:li", b"rdf:Seq", b"rdf:parseType='Resource'",
    b"\xe2\x80\xae", b"\x1b[31m",
)  # fmt: skip


def mutated(data: bytes, form: Form, seed: int, others: Sequence[bytes] = ()) -> bytes:
    """Return `data` with one to four pieces of damage of its form; `others` are further inputs to take pieces from."""
    dice = random.Random(seed)
    for _ in range(dice.choice((1, 1, 1, 2, 2, 3, 4))):
        kinds = _MUTATORS[form] if dice.random() < 0.75 else _PLAIN
        try:
            changed = dice.choice(kinds)(data, dice, others)
        except Exception:  # An earlier piece of damage broke the layout, in any of many ways.
            continue
        if len(changed) <= MAX_BYTES:
            data = changed
    return data


# Bytes of any kind


def _flip(data: bytes, dice: random.Random, others: Sequence[bytes]) -> bytes:
    out = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 5))):
        at = dice.randrange(len(out))
        out[at] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, out[at] ^ 1 << dice.randrange(8), dice.randrange(256)))
    return bytes(out)


def _number(data: bytes, dice: random.Random, others: Sequence[bytes]) -> bytes:
    """Write an edge value over one to eight bytes, in either byte order."""
    size = dice.choice((1, 2, 2, 4, 4, 4, 8))
    at = dice.randrange(max(len(data) - size, 0) + 1)
    old = int.from_bytes(data[at : at + size], "big")
    value = dice.choice((*EDGES_64, old + 1, old - 1, old * 2, len(data), len(data) - 1, len(data) + 1, at))
    value %= 1 << 8 * size
    return data[:at] + value.to_bytes(size, dice.choice(("big", "big", "little"))) + data[at + size :]


def _cut(data: bytes, dice: random.Random, others: Sequence[bytes]) -> bytes:
    return data[: dice.randrange(len(data) + 1)]


def _drop(data: bytes, dice: random.Random, others: Sequence[bytes]) -> bytes:
    at = dice.randrange(len(data) + 1)
    return data[:at] + data[at + dice.choice((1, 2, 4, 8, 16, 100)) :]


def _repeat(data: bytes, dice: random.Random, others: Sequence[bytes]) -> bytes:
    at = dice.randrange(len(data) + 1)
    piece = data[at : at + dice.choice((1, 2, 4, 8, 12, 64))]
    return data[:at] + piece * dice.choice((2, 2, 3, 17, 300)) + data[at + len(piece) :]


def _insert(data: bytes, dice: random.Random, others: Sequence[bytes]) -> bytes:
    at = dice.randrange(len(data) + 1)
    return data[:at] + dice.randbytes(dice.choice((1, 2, 4, 8, 30))) + data[at:]


def _graft(data: bytes, dice: random.Random, others: Sequence[bytes]) -> bytes:
    """Write a piece of another input over a piece of this one."""
    other = dice.choice(others) if others else data
    start, at = dice.randrange(len(other) + 1), dice.randrange(len(data) + 1)
    piece = other[start : start + dice.choice((4, 12, 40, 400, len(other)))]
    return data[:at] + piece + data[at + dice.choice((0, len(piece))) :]


# Boxes

Node = tuple[bytes, bytes, "list[Node] | None"]
"""Kind, the bytes before the children, the children; a leaf has its whole body first and None."""


def _boxes(data: bytes, depth: int = 0) -> list[Node]:
    """Walk boxes loosely: what is not a box becomes a leaf without a type."""
    nodes: list[Node] = []
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1 and at + 16 <= len(data):
            size, head = struct.unpack_from(">Q", data, at + 8)[0], 16
        if size == 0 or not head <= size <= len(data) - at:
            size = len(data) - at
        body = data[at + head : at + size]
        skip = PARENTS.get(kind)
        if kind == b"iinf" and body:
            skip = 6 if body[0] == 0 else 8
        if skip is not None and depth < 4 and skip <= len(body):
            nodes.append((kind, body[:skip], _boxes(body[skip:], depth + 1)))
        else:
            nodes.append((kind, body, None))
        at += size
    if at < len(data):
        nodes.append((b"", data[at:], None))
    return nodes


def _joined(nodes: Sequence[Node]) -> bytes:
    out = []
    for kind, head, children in nodes:
        body = head + (_joined(children) if children is not None else b"")
        out.append(struct.pack(">I4s", len(body) + 8, kind) + body if kind else body)
    return b"".join(out)


def _parents(nodes: list[Node]) -> list[list[Node]]:
    """Return every list of boxes in the tree."""
    parents = [nodes]
    for _, _, children in nodes:
        if children is not None:
            parents += _parents(children)
    return parents


def _boxes_moved(data: bytes, dice: random.Random, others: Sequence[bytes]) -> bytes:
    """Remove, double, swap or import boxes; sizes of the parents stay right, and often offsets too."""
    nodes = _boxes(data)
    before = _place_of(nodes, b"mdat")
    chosen = dice.choice([parent for parent in _parents(nodes) if parent])
    at = dice.randrange(len(chosen))
    act = dice.randrange(6)
    if act == 0:
        del chosen[at]
    elif act == 1:
        chosen.insert(dice.randrange(len(chosen) + 1), chosen[at])
    elif act == 2:
        to = dice.randrange(len(chosen))
        chosen[at], chosen[to] = chosen[to], chosen[at]
    elif act == 3:
        lists = [parent for parent in _parents(_boxes(dice.choice(others) if others else data)) if parent]
        chosen.insert(at, dice.choice(dice.choice(lists)))
    elif act == 4:
        kind, head, children = chosen[at]
        chosen[at] = (
            dice.choice((b"free", b"uuid", b"mdat", b"meta", b"iref", b"ipma", b"infe", kind)),
            head,
            children,
        )
    else:
        chosen[at:at] = [chosen[at]] * dice.choice((2, 40))
    after = _place_of(nodes, b"mdat")
    if before is not None and after is not None and dice.random() < 0.7:
        _shift_locations(nodes, after - before)
    return _joined(nodes)


def _place_of(nodes: Sequence[Node], wanted: bytes) -> int | None:
    at = 0
    for node in nodes:
        if node[0] == wanted:
            return at
        at += len(_joined([node]))
    return None


def _shift_locations(nodes: list[Node], by: int) -> None:
    """Adjust the offsets of a plain iloc (4-byte fields, one extent) to the new offset of mdat."""
    for parent in _parents(nodes):
        for number, (kind, body, children) in enumerate(parent):
            if kind == b"iloc" and body[4:6] == b"\x44\0" and body[0] < 2:
                out = bytearray(body)
                row, at = (14, 6) if body[0] == 0 else (16, 8)
                for start in range(8, len(out) - row + 1, row):
                    place = start + at
                    (old,) = struct.unpack_from(">I", out, place)
                    struct.pack_into(">I", out, place, (old + by) % (1 << 32))
                parent[number] = (kind, bytes(out), children)


def _box_header(data: bytes, dice: random.Random, others: Sequence[bytes]) -> bytes:
    """Write a wrong size or type, with nothing else moved."""
    places = _box_places(data)
    at, size = dice.choice(places)
    if dice.random() < 0.2:
        return (
            data[: at + 4] + dice.choice((b"free", b"mdat", b"meta", b"\0\0\0\0", b"uuid")) + data[at + 8 :]
        )
    value = dice.choice(
        (*EDGES_32, size - 1, size + 1, size - 4, size + 8, len(data) - at, len(data) - at + 1)
    )
    return data[:at] + (value % (1 << 32)).to_bytes(4, "big") + data[at + 4 :]


def _box_cut(data: bytes, dice: random.Random, others: Sequence[bytes]) -> bytes:
    """Cut at the edge of a box, or a byte from it."""
    at, size = dice.choice(_box_places(data))
    return data[: max(dice.choice((at, at + 4, at + 8, at + size, at + size - 1, at + 12)), 0)]


def _box_places(
    data: bytes, start: int = 0, stop: int | None = None, depth: int = 0
) -> list[tuple[int, int]]:
    """Return (offset, size) of every box of a loose walk."""
    places: list[tuple[int, int]] = []
    at, stop = start, len(data) if stop is None else stop
    while at + 8 <= stop:
        size, kind = struct.unpack_from(">I4s", data, at)
        if not 8 <= size <= stop - at:
            size = stop - at
        places.append((at, size))
        skip = PARENTS.get(kind, 6 if kind == b"iinf" else None)
        if skip is not None and depth < 4:
            places += _box_places(data, at + 8 + skip, at + size, depth + 1)
        at += size
    return places or [(0, len(data))]


def _box_field(data: bytes, dice: random.Random, others: Sequence[bytes]) -> bytes:
    """Write an edge value over a field in a table: a version, a count, an identifier, an offset."""
    places = [
        place for place in _box_places(data) if data[place[0] + 4 : place[0] + 8] not in (b"mdat", b"free")
    ]
    at, size = dice.choice(places)
    body = at + 8
    if size <= 8:
        return data
    if dice.random() < 0.2:
        return data[:body] + bytes([dice.choice((0, 1, 2, 3, 4, 255))]) + data[body + 1 :]
    width = dice.choice((1, 2, 2, 4, 4))
    place = body + width * dice.randrange(max((size - 8) // width, 1))
    old = int.from_bytes(data[place : place + width], "big")
    values = [
        int.from_bytes(data[near : near + width], "big") for near in range(body, at + size - width, width)
    ]
    value = dice.choice(
        (*EDGES_32, old + 1, old - 1, len(data), len(data) - 1, at, *dice.choices(values or [0], k=6))
    )
    return data[:place] + (value % (1 << 8 * width)).to_bytes(width, "big") + data[place + width :]


# Segments


def _segments(data: bytes) -> list[bytes]:
    """Return SOI, the segments before the first scan, and the rest as one piece."""
    pieces = [data[:2]]
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        size = 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        pieces.append(data[at : at + size])
        at += size
    return [*pieces, data[at:]]


def _segments_moved(data: bytes, dice: random.Random, others: Sequence[bytes]) -> bytes:
    pieces = _segments(data)
    at, to = dice.randrange(len(pieces)), dice.randrange(len(pieces))
    act = dice.randrange(6)
    if act == 0:
        del pieces[at]
    elif act == 1:
        pieces.insert(to, pieces[at])
    elif act == 2:
        pieces[at], pieces[to] = pieces[to], pieces[at]
    elif act == 3:
        pieces.insert(at, dice.choice(_segments(dice.choice(others) if others else data)))
    elif act == 4:
        pieces = pieces[: at + 1]
    else:
        code = dice.choice(
            (0xD8, 0xD9, 0xD0, 0x01, 0xFF, 0xE1, 0xE2, 0xC0, 0xF7, 0x00, 0xDC, dice.randrange(256))
        )
        pieces.insert(at, bytes((0xFF, code)) + dice.choice((b"", b"\0\0", b"\0\2", b"\0\3x", b"\xff\xff")))
    return b"".join(pieces)


def _segment_length(data: bytes, dice: random.Random, others: Sequence[bytes]) -> bytes:
    pieces = _segments(data)
    at = dice.randrange(len(pieces))
    old = int.from_bytes(pieces[at][2:4], "big")
    value = dice.choice((0, 1, 2, 3, old - 1, old + 1, old + 2, 0xFFFF, len(data) % 0x10000))
    pieces[at] = pieces[at][:2] + (value % 0x10000).to_bytes(2, "big") + pieces[at][4:]
    return b"".join(pieces)


def _segment_payload(data: bytes, dice: random.Random, others: Sequence[bytes]) -> bytes:
    """Damage the payload of one segment and correct its length."""
    pieces = _segments(data)
    at = dice.randrange(1, len(pieces))
    body = pieces[at][4:]
    changed = dice.choice((*_PLAIN, _directory_field, _token))(body, dice, [piece[4:] for piece in pieces])
    pieces[at] = pieces[at][:2] + ((len(changed) + 2) % 0x10000).to_bytes(2, "big") + changed
    return b"".join(pieces)


def _index_offset(data: bytes, dice: random.Random, others: Sequence[bytes]) -> bytes:
    """Change an offset or size in the MP index: to another image, into one, beyond the end."""
    start = data.index(b"MPF\0") + 4
    order = "<" if data[start : start + 2] == b"II" else ">"
    images = [at - start for at in _all(data, b"\xff\xd8\xff")]
    at = start + dice.randrange(8, 160) // 2 * 2
    value = dice.choice((*EDGES_32, *images, *images, len(data) - start, -start % (1 << 32)))
    return data[:at] + struct.pack(order + "I", value % (1 << 32)) + data[at + 4 :]


def _all(data: bytes, mark: bytes) -> list[int]:
    offsets, at = [], data.find(mark)
    while at >= 0:
        offsets.append(at)
        at = data.find(mark, at + 1)
    return offsets


# Directories of TIFF blocks


def _directory_field(data: bytes, dice: random.Random, others: Sequence[bytes]) -> bytes:
    """Change a field of an IFD entry (type, count, offset), the entry count, or the offset of a directory."""
    start = min((at for at in (data.find(b"MM\0*"), data.find(b"II*\0")) if at >= 0), default=0)
    order = "<" if data[start : start + 2] == b"II" else ">"
    (first,) = struct.unpack_from(order + "I", data, start + 4)
    place = start + first
    (count,) = struct.unpack_from(order + "H", data, place)
    out = bytearray(data)
    act = dice.randrange(5)
    if act == 0:
        struct.pack_into(
            order + "H", out, place, dice.choice((0, count + 1, count - 1, 512, 513, 4096, 65535))
        )
        return bytes(out)
    if act == 1:
        struct.pack_into(
            order + "I", out, start + 4, dice.choice((0, 4, first + 1, first - 1, len(data), *EDGES_32))
        )
        return bytes(out)
    entry = place + 2 + 12 * dice.randrange(max(count, 1))
    if act == 2:
        struct.pack_into(
            order + "H", out, entry + 2, dice.choice((0, 1, 2, 3, 4, 5, 7, 9, 10, 13, 16, 17, 99))
        )
    elif act == 3:
        struct.pack_into(order + "I", out, entry + 4, dice.choice(EDGES_32))
    else:
        value = dice.choice(
            (first, first + 2, entry - start, len(data) - start, len(data) - start - 4, *EDGES_32)
        )
        struct.pack_into(order + "I", out, entry + 8, value % (1 << 32))
    return bytes(out)


def _directories(data: bytes, order: str) -> list[int]:
    """Return the offsets of IFD0, its SubIFDs (tag 330) and its chain, walked loosely."""
    (offset,) = struct.unpack_from(order + "I", data, 4)
    found: list[int] = []
    waiting = [offset]
    while waiting and len(found) < 20:
        offset = waiting.pop(0)
        if offset in found or not 8 <= offset <= len(data) - 6:
            continue
        found.append(offset)
        (count,) = struct.unpack_from(order + "H", data, offset)
        for entry in range(offset + 2, min(offset + 2 + 12 * count, len(data) - 12), 12):
            tag, _, items, value = struct.unpack_from(order + "HHII", data, entry)
            if tag == 330:
                spot = entry + 8 if items == 1 else value
                waiting += [
                    struct.unpack_from(order + "I", data, at)[0]
                    for at in range(spot, min(spot + 4 * min(items, 8), len(data) - 4), 4)
                ]
        end = offset + 2 + 12 * count
        if end + 4 <= len(data):
            waiting.append(struct.unpack_from(order + "I", data, end)[0])
    return found


def _any_directory(data: bytes, dice: random.Random, others: Sequence[bytes]) -> bytes:
    """Change an entry of any directory: its field, its tag, its place; or where a directory or its link points."""
    order = "<" if data[:2] == b"II" else ">"
    offsets = _directories(data, order)
    place = dice.choice(offsets)
    (count,) = struct.unpack_from(order + "H", data, place)
    at = place + 2 + 12 * dice.randrange(max(count, 1))
    other = place + 2 + 12 * dice.randrange(max(count, 1))
    out = bytearray(data)
    tag, kind, items, value = struct.unpack_from(order + "HHII", data, at)
    act = dice.randrange(9)
    if act == 0:
        tag = dice.choice(
            (254, 256, 273, 279, 324, 325, 330, 700, 50706, 50719, 50829, 51177, 51178, tag + 1)
        )
    elif act == 1:
        kind = dice.choice((0, 1, 2, 3, 4, 5, 7, 9, 10, 11, 13, 16, 99))
    elif act == 2:
        items = dice.choice((*EDGES_32, items + 1, items - 1))
    elif act in (3, 4):
        edges = (*EDGES_32, *offsets, value + 1, value - 1, len(data), len(data) - 4, place, at)
        value = dice.choice(edges)
    elif act == 5:
        out[at : at + 12] = data[other : other + 12]
        return bytes(out)
    elif act == 6:
        out[at : at + 12], out[other : other + 12] = data[other : other + 12], data[at : at + 12]
        return bytes(out)
    elif act == 7:
        struct.pack_into(order + "H", out, place, dice.choice((0, count + 1, max(count - 1, 0), 4096, 65535)))
        return bytes(out)
    else:
        struct.pack_into(order + "I", out, place + 2 + 12 * count, dice.choice((*offsets, *EDGES_32)))
        return bytes(out)
    short = kind == 3 and items == 1 and dice.random() < 0.9
    if short:
        number = value if order == "<" or act in (3, 4) else value >> 16
        struct.pack_into(order + "HHIHH", out, at, tag, kind, items, number % (1 << 16), 0)
    else:
        struct.pack_into(order + "HHII", out, at, tag, kind, items % (1 << 32), value % (1 << 32))
    return bytes(out)


# PNG and ZIP, whose checksums would catch all other damage


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    chunks = []
    at = 8
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + size]))
        at += 12 + size
    return chunks


def _png_chunk(data: bytes, dice: random.Random, others: Sequence[bytes]) -> bytes:
    """Change, remove, double or insert a chunk, with a correct checksum."""
    chunks = _chunks(data)
    at = dice.randrange(len(chunks))
    kind, body = chunks[at]
    act = dice.randrange(6)
    if act == 0:
        del chunks[at]
    elif act == 1:
        chunks.insert(dice.randrange(len(chunks)), chunks[at])
    elif act == 2:
        text = dice.choice((b"Description", b"depthauthor-kind", b"depthauthor-at-0", b"depthauthor-invalid"))
        chunks.insert(1, (b"tEXt", text + b"\0" + dice.choice(TOKENS)))
    elif act == 3 and kind == b"IDAT":
        rows = _PLAIN[dice.randrange(len(_PLAIN))](zlib.decompress(body), dice, ())
        chunks[at] = (kind, zlib.compress(rows, 1))
    elif act == 4:
        other = dice.choice((b"tRNS", b"PLTE", b"eXIf", b"iCCP", b"acTL", b"fcTL", b"gAMA", b"zTXt", b"iTXt"))
        chunks.insert(dice.randrange(1, len(chunks)), (other, dice.randbytes(dice.choice((0, 1, 6, 26, 90)))))
    else:
        chunks[at] = (kind, dice.choice(_PLAIN)(body, dice, ()))
    out = data[:8]
    for kind, body in chunks:
        out += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return out


def _zip_member(data: bytes, dice: random.Random, others: Sequence[bytes]) -> bytes:
    """Change, remove, double or rename a member and rewrite the archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(member.filename, archive.read(member)) for member in archive.infolist()]
    at = dice.randrange(len(members))
    name, body = members[at]
    act = dice.randrange(5)
    if act == 0:
        del members[at]
    elif act == 1:
        members.append((dice.choice((name + "2", "a/b.npy", "depth.npy", "focallength_px.npy", "")), body))
    elif act == 2:
        members[at] = (dice.choice(("depth.npy", "x", "\x1b[31m.npy", "disparity.npy", "é.npy")), body)
    else:
        members[at] = (name, _array(body, dice, ()))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", dice.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for name, body in dict(members).items():
            archive.writestr(zipfile.ZipInfo(name), body)
    return out.getvalue()


def _array(data: bytes, dice: random.Random, others: Sequence[bytes]) -> bytes:
    """Change the header of an NPY file: its length, type or shape."""
    act = dice.randrange(4)
    if act == 0:
        return data[:6] + bytes(dice.choice(((1, 0), (2, 0), (3, 0), (4, 0), (0, 0)))) + data[8:]
    if act == 1:
        return data[:8] + dice.randrange(65536).to_bytes(2, "little") + data[10:]
    types = (
        "<f4",
        ">f8",
        "|u1",
        "<u2",
        "|O",
        "<c8",
        "|V1000000",
        "<M8[s]",
        "|S9",
        "(3,)<f4",
        ",".join(["<f4"] * 9),
    )
    shapes = (
        "()",
        "(0,)",
        "(0, 4)",
        "(1, 1)",
        "(3, 2, 2)",
        "(65536, 65536)",
        "(-1, 4)",
        "(2, 2, 2, 2)",
        "(1, 4, 4, 1)",
    )
    kind, order, shape = dice.choice(types), dice.random() < 0.3, dice.choice(shapes)
    header = f"{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}}}"
    text = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\1\0" + len(text).to_bytes(2, "little") + text + data[128:]


# Text


def _token(data: bytes, dice: random.Random, others: Sequence[bytes]) -> bytes:
    at = dice.randrange(len(data) + 1)
    return data[:at] + dice.choice(TOKENS) + data[at + dice.choice((0, 0, 1, 5, 20)) :]


def _value(data: bytes, dice: random.Random, others: Sequence[bytes]) -> bytes:
    """Replace a run of digits, or of letters, by a token."""
    alike = bytes.isdigit if dice.random() < 0.6 else bytes.isalnum
    starts = [
        at for at in range(len(data)) if alike(data[at : at + 1]) and not alike(data[max(at - 1, 0) : at])
    ]
    start = dice.choice(starts)
    stop = start
    while stop < len(data) and alike(data[stop : stop + 1]):
        stop += 1
    return data[:start] + dice.choice(TOKENS) + data[stop:]


def _line(data: bytes, dice: random.Random, others: Sequence[bytes]) -> bytes:
    """Remove, double or swap lines."""
    lines = data.splitlines(keepends=True)
    at, to = dice.randrange(len(lines)), dice.randrange(len(lines))
    act = dice.randrange(3)
    if act == 0:
        del lines[at]
    elif act == 1:
        lines.insert(to, lines[at])
    else:
        lines[at], lines[to] = lines[to], lines[at]
    return b"".join(lines)


Mutator = Callable[[bytes, random.Random, Sequence[bytes]], bytes]

_PLAIN: tuple[Mutator, ...] = (_flip, _flip, _number, _number, _cut, _drop, _repeat, _insert, _graft)
_MUTATORS: dict[Form, tuple[Mutator, ...]] = {
    "bytes": _PLAIN,
    "heif": (
        _boxes_moved,
        _boxes_moved,
        _box_header,
        _box_cut,
        _box_field,
        _box_field,
        _box_field,
        _directory_field,
    ),
    "jpeg": (
        _segments_moved,
        _segments_moved,
        _segment_length,
        _segment_payload,
        _segment_payload,
        _index_offset,
    ),
    "tiff": (_directory_field,),
    "dng": (_directory_field, _any_directory, _any_directory, _any_directory),
    "png": (_png_chunk,),
    "npz": (_zip_member, _zip_member, _array),
    "text": (_token, _value, _value, _line),
}
