"""Write a HEIF file as text for people and goldens, and list its named parts for comparison."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator

from authoring.containers.heif.box import Box
from authoring.containers.heif.item_properties import (
    parse_aperture,
    parse_channels,
    parse_icc,
    parse_mirror,
    parse_rotation,
    parse_spatial_extents,
)
from authoring.containers.heif.photo_layout import role_of
from authoring.containers.heif.structure import Structure

_SHOWN_BYTES = 160
"""Bytes of an opaque body that are shown as hex; a digest stands for longer ones."""
_TABLES = ("pitm", "iinf", "iref", "iprp", "iloc", "grpl", "idat")
"""Children of meta whose content `list_parts` lists by item or group."""


def dump_structure(structure: Structure) -> str:
    """Return the boxes with offsets and fields, then the items with what belongs to each.

    `!` marks an essential property; offsets are absolute, since the same input gives the same file.
    """
    lines: list[str] = []
    for box in structure.boxes:
        if box == structure.ftyp:
            lines.append(f"{_head(box)}: {' '.join(structure.brands)}")
        elif box == structure.meta:
            lines.append(_full_head(structure, box))
            for child in structure.children:
                lines.extend(f"  {line}" for line in _meta_lines(structure, child))
        elif box.kind == "mdat":
            lines.append(_head(box))
        else:
            lines.append(f"{_head(box)}: {_hex(structure.data[box.body : box.stop])}")
    return "\n".join([*lines, "items", *_item_lines(structure)]) + "\n"


def list_parts(structure: Structure) -> dict[str, bytes]:
    """Return name to bytes of all that a splice must leave alone; names do not depend on what else is in the file.

    Items with data, entry, properties and references, the groups, the other boxes of meta and of the file.
    """
    properties = {box: _short(structure.bytes_of(box)) for box in structure.properties.properties}
    parts: dict[str, bytes] = {"primary": str(structure.primary).encode()}
    for item in structure.items.entries.values():
        name = f"item {item.identifier}"
        parts[f"{name} {item.type}"] = structure.content(item.identifier)
        parts[f"{name} entry"] = structure.bytes_of(item.box)
        parts[f"{name} properties"] = b"".join(
            properties[box] + bytes([essential])
            for box, essential in structure.properties.of(item.identifier)
        )
        parts[f"{name} references"] = b"".join(
            structure.bytes_of(reference.box) for reference in structure.outgoing.get(item.identifier, ())
        )
    for group in structure.groups:
        parts[f"group {group.kind} {group.identifier}"] = structure.bytes_of(group.box)
    parts |= _opaque_parts(structure, "meta", structure.children, _TABLES)
    parts |= _opaque_parts(structure, "box", structure.boxes, ("ftyp", "meta", "mdat"))
    return parts


def _opaque_parts(
    structure: Structure, parent: str, boxes: tuple[Box, ...], tables: tuple[str, ...]
) -> dict[str, bytes]:
    parts = {}
    numbers: Counter[str] = Counter()
    for box in boxes:
        if box.kind not in tables:
            parts[f"{parent} {box.kind} {numbers[box.kind]}"] = structure.data[box.body : box.stop]
            numbers[box.kind] += 1
    return parts


def _digest(data: bytes) -> str:
    return f"{len(data)} bytes sha256 {hashlib.sha256(data).hexdigest()[:16]}"


def _short(data: bytes) -> bytes:
    """Return the bytes, or a digest of long ones: items by the thousand may share a property."""
    return data if len(data) <= _SHOWN_BYTES else hashlib.sha256(data).digest()


def _hex(data: bytes) -> str:
    return data.hex() if len(data) <= _SHOWN_BYTES else _digest(data)


def _head(box: Box) -> str:
    form = "" if box.form == "32-bit" else f" ({box.form})"
    return f"{box.kind} @{box.start} size {box.size}{form}"


def _full_head(structure: Structure, box: Box) -> str:
    """Return the head with version and flags."""
    if box.stop - box.body < 4:
        return _head(box)
    flags = int.from_bytes(structure.data[box.body + 1 : box.body + 4], "big")
    return f"{_head(box)} v{structure.data[box.body]} f{flags}"


def _property(structure: Structure, box: Box) -> str:
    """Return a property's content in words."""
    data = structure.data
    body = data[box.body : box.stop]
    match box.kind:
        case "ispe":
            return "{}x{}".format(*parse_spatial_extents(data, box))
        case "clap":
            return "{}x{} ".format(*parse_aperture(data, box)) + _hex(body)
        case "irot":
            return str(parse_rotation(data, box))
        case "imir":
            return str(parse_mirror(data, box))
        case "pixi":
            return " ".join(map(str, parse_channels(data, box)))
        case "auxC":
            urn, subtype = structure.auxiliary_types[box]
            urn = urn if len(urn) <= _SHOWN_BYTES else _digest(urn.encode())
            return f"{urn} {_hex(subtype)}".rstrip()
        case "colr":
            profile = parse_icc(data, box)
            colour_type = body[:4].decode("latin-1")
            return f"{colour_type} {_hex(body[4:]) if profile is None else _digest(profile)}"
        case _:
            return _hex(body)


def _meta_lines(structure: Structure, box: Box) -> Iterator[str]:
    """Yield one child of meta and what is in it."""
    if box == structure.items.box:
        yield from _info_lines(structure)
    elif structure.references and box == structure.references.box:
        yield _full_head(structure, box)
        for reference in structure.references.entries:
            targets = " ".join(map(str, reference.targets))
            yield f"  {_head(reference.box)}: {reference.source} -> {targets}"
    elif box == structure.properties.box:
        yield from _property_lines(structure)
    elif box == structure.locations.box:
        yield from _location_lines(structure)
    elif box.kind == "grpl":
        yield _head(box)
        for group in structure.groups:
            entities = " ".join(map(str, group.entities))
            yield f"  {_full_head(structure, group.box)}: {group.identifier}: {entities}"
    elif box.kind == "pitm":
        yield f"{_full_head(structure, box)}: {structure.primary}"
    else:
        yield f"{_head(box)}: {_hex(structure.data[box.body : box.stop])}"


def _info_lines(structure: Structure) -> Iterator[str]:
    yield _full_head(structure, structure.items.box)
    for item in structure.items.entries.values():
        content_type = f" {item.content_type}" if item.content_type else ""
        hidden = " hidden" if item.hidden else ""
        yield f"  {_full_head(structure, item.box)}: {item.identifier} {item.type}{hidden}{content_type}"


def _property_lines(structure: Structure) -> Iterator[str]:
    table = structure.properties
    yield _head(table.box)
    yield f"  {_head(table.container)}"
    for index, box in enumerate(table.properties, 1):
        yield f"    {index} {_head(box)}: {_property(structure, box)}"
    for associations in table.tables:
        yield f"  {_full_head(structure, associations.box)}"
        for entry in associations.entries:
            links = " ".join(f"{index}{'!' if essential else ''}" for index, essential in entry.links)
            yield f"    {entry.item}: {links}"


def _location_lines(structure: Structure) -> Iterator[str]:
    table = structure.locations
    widths = table.widths
    yield (
        f"{_full_head(structure, table.box)}: widths offset {widths.offset} length {widths.length} "
        f"base {widths.base} index {widths.index}"
    )
    for entry in table.entries.values():
        extents = " ".join(
            f"{extent.offset}+{extent.length}"
            + (f"#{extent.reference_index}" if extent.reference_index else "")
            for extent in entry.extents
        )
        yield f"  {entry.item}: method {entry.method} base {entry.base} extents {extents}"


def _item_lines(structure: Structure) -> Iterator[str]:
    shown: dict[Box, str] = {}  # Tiles by the hundred have the same properties.
    for item in structure.items.entries.values():
        number = item.identifier
        hidden = " hidden" if item.hidden else ""
        yield f"  {number} {item.type}{hidden}, {role_of(structure, item)}: {_digest(structure.content(number))}"
        for reference in structure.outgoing.get(number, ()):
            yield f"    {reference.kind} -> {' '.join(map(str, reference.targets))}"
        for box, essential in structure.properties.of(number):
            if box not in shown:
                shown[box] = _property(structure, box)
            yield f"    {box.kind}{'!' if essential else ''} {shown[box]}"
