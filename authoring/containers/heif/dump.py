"""A HEIF file as text for people and goldens, and as named parts for comparing.

Knows: how to show each table. Must not know: how a file is changed.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator

from authoring.containers.heif.box import Box
from authoring.containers.heif.item_properties import (
    parse_aperture,
    parse_channels,
    parse_extent,
    parse_icc,
    parse_turn,
)
from authoring.containers.heif.layout import role_of
from authoring.containers.heif.structure import Structure

_SHOWN_BYTES = 160
"""Bytes of an opaque body that are shown as hex; more would only be noise, a digest stands for them."""


def _digest(data: bytes) -> str:
    return f"{len(data)} bytes sha256 {hashlib.sha256(data).hexdigest()[:16]}"


def _brief(data: bytes) -> bytes:
    """The bytes, or a digest of long ones: items by the thousand may share a property."""
    return data if len(data) <= _SHOWN_BYTES else hashlib.sha256(data).digest()


def _hex(data: bytes) -> str:
    return data.hex() if len(data) <= _SHOWN_BYTES else _digest(data)


def _head(structure: Structure, box: Box, *, full: bool = False) -> str:
    text = f"{box.kind} @{box.start} size {box.size}"
    if box.form != "32-bit":
        text += f" ({box.form})"
    if full and box.stop - box.body >= 4:
        flags = int.from_bytes(structure.data[box.body + 1 : box.body + 4], "big")
        text += f" v{structure.data[box.body]} f{flags}"
    return text


def _property(structure: Structure, box: Box) -> str:
    """A property's content in words."""
    data = structure.data
    body = data[box.body : box.stop]
    if box.kind == "ispe":
        return "{}x{}".format(*parse_extent(data, box))
    if box.kind == "clap":
        return "{}x{} ".format(*parse_aperture(data, box)) + _hex(body)
    if box.kind in ("irot", "imir"):
        return str(parse_turn(data, box))
    if box.kind == "pixi":
        return " ".join(map(str, parse_channels(data, box)))
    if box.kind == "auxC":
        urn, subtype = structure.auxiliary_types[box]
        urn = urn if len(urn) <= _SHOWN_BYTES else _digest(urn.encode())
        return f"{urn} {_hex(subtype)}".rstrip()
    if box.kind == "colr":
        profile = parse_icc(data, box)
        kind = body[:4].decode("latin-1")
        return f"{kind} {_hex(body[4:]) if profile is None else _digest(profile)}"
    return _hex(body)


def _meta_lines(structure: Structure, box: Box) -> Iterator[str]:
    """One child of meta and what is in it."""
    if box == structure.items.box:
        yield _head(structure, box, full=True)
        for item in structure.items.entries.values():
            more = f" {item.content_type}" if item.content_type else ""
            hidden = " hidden" if item.hidden else ""
            yield f"  {_head(structure, item.box, full=True)}: {item.identifier} {item.type}{hidden}{more}"
    elif structure.references and box == structure.references.box:
        yield _head(structure, box, full=True)
        for one in structure.references.entries:
            targets = " ".join(map(str, one.targets))
            yield f"  {_head(structure, one.box)}: {one.source} -> {targets}"
    elif box == structure.properties.box:
        yield _head(structure, box)
        yield f"  {_head(structure, structure.properties.container)}"
        for number, prop in enumerate(structure.properties.properties, 1):
            yield f"    {number} {_head(structure, prop)}: {_property(structure, prop)}"
        for table in structure.properties.tables:
            yield f"  {_head(structure, table.box, full=True)}"
            for entry in table.entries:
                links = " ".join(f"{index}{'!' if need else ''}" for index, need in entry.links)
                yield f"    {entry.item}: {links}"
    elif box == structure.locations.box:
        widths = structure.locations.widths
        yield (
            f"{_head(structure, box, full=True)}: widths offset {widths.offset} length {widths.length} "
            f"base {widths.base} index {widths.index}"
        )
        for place in structure.locations.entries:
            extents = " ".join(
                f"{one.offset}+{one.length}" + (f"#{one.reference_index}" if one.reference_index else "")
                for one in place.extents
            )
            yield f"  {place.item}: method {place.method} base {place.base} extents {extents}"
    elif box.kind == "grpl":
        yield _head(structure, box)
        for group in structure.groups:
            entities = " ".join(map(str, group.entities))
            yield f"  {_head(structure, group.box, full=True)}: {group.identifier}: {entities}"
    elif box.kind == "pitm":
        yield f"{_head(structure, box, full=True)}: {structure.primary}"
    else:
        yield f"{_head(structure, box)}: {_hex(structure.data[box.body : box.stop])}"


def _item_lines(structure: Structure) -> Iterator[str]:
    shown: dict[Box, str] = {}  # Tiles by the hundred have the same properties.
    for item in structure.items.entries.values():
        number = item.identifier
        hidden = " hidden" if item.hidden else ""
        yield f"  {number} {item.type}{hidden}, {role_of(structure, item)}: {_digest(structure.content(number))}"
        for one in structure.outgoing.get(number, ()):
            yield f"    {one.kind} -> {' '.join(map(str, one.targets))}"
        for box, need in structure.properties.of(number):
            if box not in shown:
                shown[box] = _property(structure, box)
            yield f"    {box.kind}{'!' if need else ''} {shown[box]}"


def dump_structure(structure: Structure) -> str:
    """The boxes with offsets and fields, then the items with what belongs to each.

    `!` marks an essential property; offsets are absolute, since the same input gives the same file.
    """
    _ = structure.sizes  # Checks that the items do not share bytes without bound.
    lines: list[str] = []
    for box in structure.boxes:
        if box == structure.ftyp:
            lines.append(f"{_head(structure, box)}: {' '.join(structure.brands)}")
        elif box == structure.meta:
            lines.append(_head(structure, box, full=True))
            for child in structure.children:
                lines.extend(f"  {line}" for line in _meta_lines(structure, child))
        elif box.kind == "mdat":
            lines.append(_head(structure, box))
        else:
            lines.append(f"{_head(structure, box)}: {_hex(structure.data[box.body : box.stop])}")
    return "\n".join([*lines, "items", *_item_lines(structure)]) + "\n"


def list_parts(structure: Structure) -> dict[str, bytes]:
    """Name to bytes of all that a splice must leave alone; names do not depend on what else is in the file.

    Items with data, entry, properties and references, the groups, the other boxes of meta and of the file.
    """
    _ = structure.sizes
    data = structure.data
    properties = {box: _brief(structure.bytes_of(box)) for box in structure.properties.properties}
    parts: dict[str, bytes] = {"primary": str(structure.primary).encode()}
    for item in structure.items.entries.values():
        name = f"item {item.identifier}"
        parts[f"{name} {item.type}"] = structure.content(item.identifier)
        parts[f"{name} entry"] = structure.bytes_of(item.box)
        parts[f"{name} properties"] = b"".join(
            properties[box] + bytes([need]) for box, need in structure.properties.of(item.identifier)
        )
        parts[f"{name} references"] = b"".join(
            structure.bytes_of(one.box) for one in structure.outgoing.get(item.identifier, ())
        )
    for group in structure.groups:
        parts[f"group {group.kind} {group.identifier}"] = structure.bytes_of(group.box)
    tables = ("pitm", "iinf", "iref", "iprp", "iloc", "grpl", "idat")
    for place, boxes, known in (
        ("meta", structure.children, tables),
        ("box", structure.boxes, ("ftyp", "meta", "mdat")),
    ):
        numbers: Counter[str] = Counter()
        for box in boxes:
            if box.kind not in known:
                parts[f"{place} {box.kind} {numbers[box.kind]}"] = data[box.body : box.stop]
                numbers[box.kind] += 1
    return parts
