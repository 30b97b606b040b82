"""Build RELAX NG grammars for the XMP of Apple's auxiliary images, from the table of properties.

The apdi namespace is closed in both grammars, so that a packet of one kind is invalid as the other: a portrait matte
says `depth` too, and only its sub-type differs (shu_matte).
"""

from __future__ import annotations

from authoring.apple.property_table import APDI, NAMESPACES, OLD_NAMESPACES, TABLE, PropertyRow

RELAX_NG = "http://relaxng.org/ns/structure/1.0"
DATATYPES = "http://www.w3.org/2001/XMLSchema-datatypes"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
META = "adobe:ns:meta/"

DEPTH_NAMESPACES = ("apdi", "depthData", "depthBlurEffect", "portraitLightingEffect")
"""Prefixes whose properties a depth packet may hold, besides unknown namespaces."""

REQUIRED_OF_DEPTH = (
    "AuxiliaryImageType",
    "NativeFormat",
    "StoredFormat",
    "IntMinValue",
    "IntMaxValue",
    "FloatMinValue",
    "FloatMaxValue",
)
_SUB_TYPE = "AuxiliaryImageSubType"
_VALUES = {
    "AuxiliaryImageType": ("disparity", "depth"),
    "Accuracy": ("relative", "absolute"),
    "Quality": ("high", "low"),
}
_BOOLEAN = ("True", "False")
_DATA = {
    "integer": "integer",
    "half6": "double",
    "real6": "double",
    "real": "double",
    "reals": "double",
    "base64": "base64Binary",
}


def depth_packet() -> str:
    """Return the grammar of a depth map's packet."""
    rows = [row for row in TABLE if row.prefix in DEPTH_NAMESPACES and row.name != _SUB_TYPE]
    parts = [_element(row) if row.name in REQUIRED_OF_DEPTH else _optional(_element(row)) for row in rows]
    closed = [NAMESPACES[prefix] for prefix in DEPTH_NAMESPACES]
    closed += [
        NAMESPACES[prefix] for prefix in ("portraitEffectsMatte", "semanticSegmentationMatte", "HDRGainMap")
    ]
    old = [
        _optional(_element(row, namespace))
        for namespace, today in OLD_NAMESPACES.items()
        for row in rows
        if row.namespace == today
    ]
    return _grammar(
        "The XMP packet of a depth map, as an iPhone and depthauthor write it. Other namespaces may be present.",
        [*parts, *old, _foreign([*closed, *OLD_NAMESPACES])],
    )


def matte_packet() -> str:
    """Return the grammar of a portrait or semantic matte's packet."""
    by_name = {row.name: row for row in TABLE}
    version = _element(by_name["PortraitEffectsMatteVersion"])
    apdi = "".join(
        (
            _element(by_name["AuxiliaryImageType"], words=("depth",)),
            _element(by_name[_SUB_TYPE]),
            _optional(_element(by_name["NativeFormat"])),
            _optional(_element(by_name["StoredFormat"])),
        )
    )
    semantic = _element(by_name["SemanticSegmentationMatteVersion"])
    kinds = f"<choice><interleave>{version}{apdi}</interleave>{semantic}</choice>"
    closed = [APDI, by_name["PortraitEffectsMatteVersion"].namespace]
    closed += [by_name["SemanticSegmentationMatteVersion"].namespace, NAMESPACES["depthData"]]
    return _grammar(
        "The XMP packet of a portrait or semantic matte, as an iPhone writes it.", [kinds, _foreign(closed)]
    )


def _grammar(about: str, parts: list[str]) -> str:
    body = "\n".join(f"              {part}" for part in parts)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<!-- {about} Made by `python -m schemas.export`; edit authoring/apple/property_table.py instead. -->
<grammar xmlns="{RELAX_NG}" datatypeLibrary="{DATATYPES}">
  <start>
    <element name="xmpmeta" ns="{META}">
      <optional><attribute name="xmptk" ns="{META}"/></optional>
      <element name="RDF" ns="{RDF}">
        <element name="Description" ns="{RDF}">
          <attribute name="about" ns="{RDF}"/>
          <interleave>
{body}
          </interleave>
        </element>
      </element>
    </element>
  </start>
  <define name="anything">
    <zeroOrMore>
      <choice>
        <attribute><anyName/></attribute>
        <text/>
        <element><anyName/><ref name="anything"/></element>
      </choice>
    </zeroOrMore>
  </define>
</grammar>
"""


def _element(row: PropertyRow, namespace: str | None = None, words: tuple[str, ...] | None = None) -> str:
    """Return a property as an element."""
    return f'<element name="{row.name}" ns="{namespace or row.namespace}">{_content(row, words)}</element>'


def _content(row: PropertyRow, words: tuple[str, ...] | None) -> str:
    words = words or _VALUES.get(row.name) or (_BOOLEAN if row.kind == "boolean" else None)
    if words:
        return f"<choice>{''.join(f'<value>{word}</value>' for word in words)}</choice>"
    data = f'<data type="{_DATA[row.kind]}"/>' if row.kind in _DATA else "<text/>"
    if row.kind != "reals":
        return data
    items = f'<element name="li" ns="{RDF}">{data}</element>' * row.count
    return f'<element name="Seq" ns="{RDF}">{items}</element>'


def _optional(part: str) -> str:
    return f"<optional>{part}</optional>"


def _foreign(closed: list[str]) -> str:
    """Return a pattern for properties of all other namespaces, with any content."""
    names = "".join(f'<nsName ns="{namespace}"/>' for namespace in dict.fromkeys(closed))
    return (
        f'<zeroOrMore><element><anyName><except>{names}<nsName ns=""/></except></anyName>'
        '<ref name="anything"/></element></zeroOrMore>'
    )
