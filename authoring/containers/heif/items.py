"""Parse and build the boxes that list the items and relate them: pitm, iinf, iref and grpl (ISO/IEC 14496-12, 8.11)."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from authoring.containers.heif.box import Box, Fields, build_box, build_full_box, read_boxes
from authoring.errors import MalformedError, UnsupportedError

MAX_ITEMS = 65_535
"""Items in one file: what 16-bit counts can state; a 200-megapixel grid of 512-pixel tiles has about 800."""
MAX_TARGETS = 1_000_000
"""Items that all references or groups of a file name together; a grid of a gigapixel has 4000 tiles."""
HIDDEN = 1
"""Flag of `infe`: the item is not to be shown by itself (ISO/IEC 23008-12, 6.4.2)."""
XMP_TYPE = "application/rdf+xml"
"""Content type of an XMP item."""


@dataclass(frozen=True, slots=True)
class Item:
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
        """Bytes of the entry count, which follows version and flags."""
        return 2 if self.version == 0 else 4


@dataclass(frozen=True, slots=True)
class Reference:
    """One box in `iref`: `source` refers to `targets` (auxl: from the auxiliary image to its master)."""

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
    """One entity group in `grpl`; its identifier shares its number space with the items."""

    kind: str
    identifier: int
    entities: tuple[int, ...]
    box: Box


def parse_primary(data: bytes, box: Box) -> int:
    """Parse `pitm` (ISO/IEC 14496-12, 8.11.4): return the identifier of the primary item."""
    fields = Fields(data, box)
    version, _ = fields.version_and_flags()
    return fields.number(2 if version == 0 else 4)


def build_primary(identifier: int) -> bytes:
    """Build a `pitm` box, version 0."""
    return build_full_box("pitm", 0, 0, identifier.to_bytes(2, "big"))


def parse_item(data: bytes, box: Box) -> Item:
    """Parse one `infe`, versions 0 to 3 (ISO/IEC 14496-12, 8.11.6)."""
    fields = Fields(data, box)
    version, flags = fields.version_and_flags()
    if version > 3:
        raise UnsupportedError(f"an item entry has version {version}, which is not known here")
    identifier = fields.number(4 if version == 3 else 2)
    protection_index = fields.number(2)
    item_type = fields.take(4).decode("latin-1") if version >= 2 else "mime"
    content_type = content_encoding = ""
    if item_type == "mime":
        # item_name, content_type, content_encoding (optional): each ends in a NUL.
        texts = [text.decode("latin-1") for text in fields.rest().split(b"\0", 3)[:3]]
        _, content_type, content_encoding = (*texts, "", "")[:3]
    return Item(
        identifier=identifier,
        type=item_type,
        hidden=version >= 2 and bool(flags & HIDDEN),
        protected=protection_index != 0,
        content_type=content_type,
        content_encoding=content_encoding,
        version=version,
        box=box,
    )


def build_item(identifier: int, item_type: str, flags: int, version: int, content_type: str = "") -> bytes:
    """Build an `infe` box, version 2 or 3, with an empty name and no protection, as in pug.heic."""
    return build_full_box(
        "infe",
        version,
        flags,
        identifier.to_bytes(4 if version == 3 else 2, "big"),
        bytes(2),
        item_type.encode("latin-1"),
        b"\0",
        content_type.encode("latin-1") + b"\0" if content_type else b"",
    )


def parse_items(data: bytes, box: Box) -> ItemTable:
    """Parse `iinf` with all its entries (ISO/IEC 14496-12, 8.11.6).

    Raises MalformedError where count and entries disagree or an identifier occurs twice.
    """
    fields = Fields(data, box)
    version, _ = fields.version_and_flags()
    count = fields.number(2 if version == 0 else 4)
    children = read_boxes(data, fields.offset, box.stop, "iinf")
    boxes = [child for child in children if child.kind == "infe"]
    if count != len(boxes):
        raise MalformedError(
            f"the item table states {count} items but lists {len(boxes)}; the file is damaged"
        )
    if count > MAX_ITEMS:
        raise UnsupportedError(f"the file has {count} items; at most {MAX_ITEMS} are handled")
    items = [parse_item(data, child) for child in boxes]
    entries = {item.identifier: item for item in items}
    if len(entries) != count:
        raise MalformedError("two items have the same identifier; the file is damaged")
    return ItemTable(box, version, children, entries)


def parse_reference(data: bytes, box: Box, version: int) -> Reference:
    """Parse one box of `iref`; identifiers take 16 bits in version 0, 32 in version 1."""
    fields = Fields(data, box)
    source = fields.number(4 if version else 2)
    count = fields.number(2)
    return Reference(box.kind, source, fields.numbers(count, 4 if version else 2), box)


def build_reference(kind: str, source: int, targets: tuple[int, ...], version: int) -> bytes:
    """Build one box of `iref`; the inverse of `parse_reference`."""
    letter = "I" if version else "H"
    return build_box(kind, struct.pack(f">{letter}H{len(targets)}{letter}", source, len(targets), *targets))


def parse_references(data: bytes, box: Box) -> ReferenceTable:
    """Parse `iref`, version 0 or 1 (ISO/IEC 14496-12, 8.11.12)."""
    fields = Fields(data, box)
    version, _ = fields.version_and_flags()
    children = read_boxes(data, fields.offset, box.stop, "iref")
    _check_size(children, "item references")
    return ReferenceTable(box, version, tuple(parse_reference(data, child, version) for child in children))


def parse_groups(data: bytes, box: Box) -> tuple[Group, ...]:
    """Parse the entity groups in `grpl` (ISO/IEC 14496-12, 8.18); what follows the entities is left alone."""
    groups = []
    children = read_boxes(data, box.body, box.stop, "grpl")
    _check_size(children, "entity groups")
    for child in children:
        fields = Fields(data, child)
        fields.version_and_flags()
        identifier = fields.number(4)
        count = fields.number(4)
        groups.append(Group(child.kind, identifier, fields.numbers(count, 4), child))
    return tuple(groups)


def _check_size(boxes: Iterable[Box], what: str) -> None:
    """Raise MalformedError, before the boxes are parsed, where they name too many items: each takes 2 bytes or more."""
    if sum(box.size for box in boxes) > 2 * MAX_TARGETS:
        raise MalformedError(f"the {what} name more than {MAX_TARGETS} items; the file is damaged")
