"""The tables of a `meta` box that say what items there are and how they relate (ISO/IEC 14496-12, 8.11).

Knows: pitm, iinf and infe, iref, grpl. Must not know: properties, where data lies, what an item is for.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from authoring.containers.heif.box import Box, build_box, build_full_box, read_boxes, reading
from authoring.errors import MalformedError, UnsupportedError

MAX_ITEMS = 65_535
"""Items in one file: what 16-bit counts can state; a 200-megapixel grid of 512-pixel tiles has about 800."""
MAX_TARGETS = 1_000_000
"""Items that all references or groups of a file name together; a grid of a gigapixel has 4000 tiles."""
HIDDEN = 1
"""Flag of `infe`: the item is not to be shown by itself (ISO/IEC 23008-12, 6.4.2)."""
XMP_TYPE = "application/rdf+xml"
"""Content type of an XMP item."""

_INFE_2 = struct.Struct(">IHH4s")
_INFE_3 = struct.Struct(">IIH4s")


class Item(NamedTuple):
    """One `infe` entry. Versions 0 and 1 name no type; such an item counts as `mime`."""

    identifier: int
    type: str
    hidden: bool
    protected: bool
    content_type: str
    content_encoding: str
    version: int
    box: Box


@dataclass(frozen=True, slots=True)
class ItemTable:
    """`iinf`: the items by identifier, in file order."""

    box: Box
    version: int
    children: tuple[Box, ...]
    entries: dict[int, Item]

    @property
    def count_size(self) -> int:
        """Bytes of the entry count, which stands right after version and flags."""
        return 2 if self.version == 0 else 4


class Reference(NamedTuple):
    """One box in `iref`: `source` refers to `targets` (auxl: from the auxiliary to its master)."""

    kind: str
    source: int
    targets: tuple[int, ...]
    box: Box


@dataclass(frozen=True, slots=True)
class ReferenceTable:
    """`iref`; version 0 has 16-bit identifiers, version 1 has 32-bit ones."""

    box: Box
    version: int
    entries: tuple[Reference, ...]

    @property
    def id_size(self) -> int:
        """Bytes of an identifier."""
        return 4 if self.version else 2


@dataclass(frozen=True, slots=True)
class Group:
    """One entity group in `grpl` (ISO/IEC 14496-12, 8.18.3); its identifier shares its space with the items."""

    kind: str
    identifier: int
    entities: tuple[int, ...]
    box: Box


def parse_primary(data: bytes, box: Box) -> int:
    """The identifier that `pitm` names."""
    body = data[box.body : box.stop]
    with reading("pitm"):
        return int(struct.unpack_from(">I" if body[0] else ">H", body, 4)[0])


def build_primary(identifier: int) -> bytes:
    """A `pitm` box, version 0."""
    return build_full_box("pitm", 0, 0, struct.pack(">H", identifier))


def parse_item(data: bytes, box: Box) -> Item:
    """One `infe`, versions 0 to 3."""
    head = _INFE_3 if data[box.body] == 3 else _INFE_2
    tail = box.body + head.size
    if box.stop < (tail if data[box.body] >= 2 else box.body + 8):
        raise IndexError
    version_flags, identifier, protection, name = head.unpack_from(data, box.body)
    version = version_flags >> 24
    if version > 3:
        raise UnsupportedError(f"an item entry has version {version}, which is not known here")
    if version < 2:
        name, tail = b"mime", box.body + 8
    content_type = content_encoding = ""
    if name == b"mime":
        texts = [text.decode("latin-1") for text in data[tail : box.stop].split(b"\0", 3)[:3]]
        content_type, content_encoding = (*texts[1:3], "", "")[:2]
    hidden = bool(version_flags & HIDDEN) and version >= 2
    kind = name.decode("latin-1")
    return Item(identifier, kind, hidden, protection != 0, content_type, content_encoding, version, box)


def build_item(identifier: int, type_: str, flags: int, version: int, content_type: str = "") -> bytes:
    """An `infe` box, version 2 or 3, without name and protection, the way pug.heic has them."""
    tail = b"\0" + content_type.encode("latin-1") + b"\0" if content_type else b"\0"
    head = _INFE_3 if version == 3 else _INFE_2
    return build_box("infe", head.pack(version << 24 | flags, identifier, 0, type_.encode("latin-1")), tail)


def parse_items(data: bytes, box: Box) -> ItemTable:
    """`iinf` with all its entries. Raises MalformedError where count and entries disagree or an identifier recurs."""
    with reading("iinf"):
        version = data[box.body]
        size = 2 if version == 0 else 4
        first = box.body + 4 + size
        if first > box.stop:
            raise IndexError
        count = int.from_bytes(data[first - size : first], "big")
        children = read_boxes(data, first, box.stop, "iinf")
        found = [one for one in children if one.kind == "infe"]
        if count != len(found):
            raise MalformedError(
                f"the item table says {count} items but lists {len(found)}; the file is damaged"
            )
        if count > MAX_ITEMS:
            raise UnsupportedError(f"the file has {count} items; at most {MAX_ITEMS} are handled")
        with reading("infe"):
            entries = {item.identifier: item for item in [parse_item(data, one) for one in found]}
    if len(entries) != count:
        raise MalformedError("two items have the same identifier; the file is damaged")
    return ItemTable(box, version, children, entries)


def parse_reference(data: bytes, box: Box, version: int) -> Reference:
    """One reference box: source, count, targets."""
    body = data[box.body : box.stop]
    letter, size = ("I", 4) if version else ("H", 2)
    source, count = struct.unpack_from(f">{letter}H", body)
    targets = struct.unpack_from(f">{count}{letter}", body, size + 2)
    return Reference(box.kind, source, targets, box)


def build_reference(kind: str, source: int, targets: tuple[int, ...], version: int) -> bytes:
    """One reference box; identifiers take 16 bits in version 0, 32 in version 1."""
    letter = "I" if version else "H"
    return build_box(kind, struct.pack(f">{letter}H{len(targets)}{letter}", source, len(targets), *targets))


def parse_references(data: bytes, box: Box) -> ReferenceTable:
    """`iref`, version 0 or 1."""
    with reading("iref"):
        version = data[box.body : box.stop][0]
        children = read_boxes(data, box.body + 4, box.stop, "iref")
        _check_targets(children, "item references")
        return ReferenceTable(box, version, tuple(parse_reference(data, one, version) for one in children))


def parse_groups(data: bytes, box: Box) -> tuple[Group, ...]:
    """The entity groups in `grpl`; what some kinds add after the entities is left alone."""
    groups = []
    with reading("grpl"):
        children = read_boxes(data, box.body, box.stop, "grpl")
        _check_targets(children, "entity groups")
        for one in children:
            body = data[one.body : one.stop]
            identifier, count = struct.unpack_from(">II", body, 4)
            if 12 + 4 * count > len(body):
                raise IndexError
            groups.append(Group(one.kind, identifier, struct.unpack_from(f">{count}I", body, 12), one))
    return tuple(groups)


def _check_targets(boxes: Iterable[Box], what: str) -> None:
    """Before they are read: each takes two bytes at least."""
    if sum(box.size for box in boxes) > 2 * MAX_TARGETS:
        raise MalformedError(f"the {what} name more than {MAX_TARGETS} items; the file is damaged")
