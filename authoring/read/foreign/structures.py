"""Read structures of XMP, as Dynamic Depth and XDM nest them: fields as attributes or elements, arrays of structures.

RDF has several forms for the same structure (ISO 16684-1, 7.9.2): fields as attributes of the property, as its child
elements, or on an rdf:Description or typed node inside. All are read.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from authoring.apple import xmp
from authoring.apple.property_table import Opaque, PropertyTree
from authoring.apple.xmp import RDF
from authoring.read.foreign.google_xmp import MAX_EXTENDED_BYTES

Structure = etree._Element

MAX_ITEMS = 256
"""Of an array; phones list some 6 media and 4 cameras."""


def structure_of(tree: PropertyTree, namespace: str, name: str) -> Structure | None:
    """Return a top-level property that is a structure or an array; None if it is absent or a text."""
    for item in tree:
        if (item.namespace, item.name) == (namespace, name) and isinstance(item.value, Opaque):
            return xmp.parse_element(item.value.xml.encode(), MAX_EXTENDED_BYTES)
    return None


def text(structure: Structure, namespace: str, name: str) -> str | None:
    """Return a field's text without white space around it; None if it is absent or a structure."""
    tag = f"{{{namespace}}}{name}"
    for node in _nodes(structure):
        value = node.get(tag)
        if value is None:
            child = node.find(tag)
            value = (child.text or "") if child is not None and not len(child) else None
        if value is not None:
            return str(value).strip()
    return None


def part(structure: Structure, namespace: str, name: str) -> Structure | None:
    """Return a field that is a structure or an array; None if it is absent."""
    return next(
        (child for node in _nodes(structure) for child in node.iterfind(f"{{{namespace}}}{name}")), None
    )


def items(array: Structure | None, namespace: str = "", name: str = "") -> list[Structure]:
    """Return the items of an array, of each the typed node `namespace:name` inside it where it has one."""
    if array is None:
        return []
    found = []
    for node in _nodes(array):
        for form in ("Seq", "Bag", "Alt"):
            for container in node.iterfind(f"{{{RDF}}}{form}"):
                found += container.findall(f"{{{RDF}}}li")
    tag = f"{{{namespace}}}{name}"
    return [next(item.iterfind(tag), item) if name else item for item in found[:MAX_ITEMS]]


def _nodes(structure: Structure) -> Iterator[Structure]:
    """Yield where the fields of a structure may be: on itself, or on a node inside it."""
    yield structure
    yield from structure.iterfind(f"{{{RDF}}}Description")
