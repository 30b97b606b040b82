"""Parse XMP packets into property trees (RDF/XML: ISO 16684-1, clause 7), and build them as iPhones write them.

Packets may be hostile: no DTD, no entity, no network, and limits on bytes, markup and nesting.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import cast

from lxml import etree

from authoring.apple.property_table import ArrayForm, Opaque, Property, PropertyTree, Value
from authoring.errors import MalformedError, RefusedError

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
X = "adobe:ns:meta/"
XML = "http://www.w3.org/XML/1998/namespace"

MAX_XMP_BYTES = 10_000_000
"""libxml2's own limit on one text. Apple's packets have 6 kB."""

MAX_MARKUP = 10_000
"""`<` and `=` signs: lxml's time grows with the square of the attributes. Apple's packets have 150."""

MAX_NAMESPACES = 256
"""Declarations in a packet: each structure gets a copy of them. Apple's packets have 6 at most."""

LONG_NAMESPACE = re.compile(rb"""xmlns(?:[^=]{1000}|[^=]*=\s*(?:"[^"]{2000}|'[^']{2000}))""")
"""A declaration that no writer makes: each of thousands of names in it would hold a copy."""

MAX_NESTING = 64
"""Elements in elements. Apple's focus regions have 9 levels (shu_matte)."""

TOOLKIT = "XMP Core 6.0.0"
"""x:xmptk of iOS 14 to 17 and of ImageIO; iOS 11 and 12 wrote 5.4.0."""

APPLE_TOOLKIT = re.compile(rb"""<x:xmpmeta[^>]{0,1000}\sx:xmptk=["']XMP Core \d""")
"""What Apple's software writes at the head of a packet; Adobe's says "Adobe XMP Core"."""

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
PLAIN_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9_.~:/?#@!$&'()*+,;=-]+")
"""Names and namespaces that need no check; packets with others are parsed again."""

NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
IN_TEXT = re.compile(r"[&<>\r]")
IN_ATTRIBUTE = re.compile(r'[&<>\r\n\t"]')
ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#xD;", "\n": "&#xA;", "\t": "&#x9;"}


def parse_element(data: bytes, most_bytes: int = MAX_XMP_BYTES) -> etree._Element:
    """Parse the root element of a packet of at most so many bytes, or of an opaque property.

    Raises MalformedError for a packet that is not well-formed XML in UTF-8, has a DTD, or exceeds the limits; what
    could take unbounded time is refused before lxml is called.
    """
    packet = bytes(data).strip(b"\0 \t\r\n").removeprefix(b"\xef\xbb\xbf")
    if not packet:
        raise MalformedError("the XMP packet is empty")
    if len(packet) > most_bytes:
        raise MalformedError(f"the XMP packet has {len(packet)} bytes; at most {most_bytes} are read")
    if packet.count(b"<") + packet.count(b"=") > MAX_MARKUP:
        raise MalformedError(f"the XMP packet has more than {MAX_MARKUP} elements or attributes")
    if packet.count(b"xmlns") > MAX_NAMESPACES:
        raise MalformedError(f"the XMP packet declares more than {MAX_NAMESPACES} namespaces")
    if LONG_NAMESPACE.search(packet):
        raise MalformedError("the XMP packet declares a namespace of more than 2000 characters")
    if b"<!DOCTYPE" in packet or b"<!ENTITY" in packet:
        raise MalformedError("the XMP packet has a document type declaration, which XMP forbids")
    # The encoding is forced, so that no declared one can hide what was searched for above; the standards of
    # both containers require UTF-8.
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=most_bytes > MAX_XMP_BYTES,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(packet, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        where = f" (line {line})" if line else ""
        raise MalformedError(f"the XMP packet is not well-formed XML{where}") from error
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MAX_NESTING:
            raise MalformedError(f"the XMP packet nests more than {MAX_NESTING} elements")
    return root


def parse_packet(data: bytes, most_bytes: int = MAX_XMP_BYTES) -> PropertyTree:
    """Return the top-level properties of a packet of at most so many bytes, in its order.

    Accepts packets with and without the xpacket wrapper, with padding or NULs around them, properties as attributes
    or elements, and several rdf:Description, which are read as one resource. Of a property that occurs twice the
    first is kept. Raises MalformedError for data that is not XMP, or exceeds the limits.
    """
    root = parse_element(data, most_bytes)
    rdf = root if root.tag == f"{{{RDF}}}RDF" else root.find(f"{{{RDF}}}RDF")
    if rdf is None:
        raise MalformedError("the XMP packet has no rdf:RDF element")
    properties: dict[tuple[str, str], Property] = {}
    prefixes: dict[str, str] = {}
    for description in rdf.iterfind(f"{{{RDF}}}Description"):
        for tag, text in cast("Mapping[str, str]", description.attrib).items():
            namespace, name = _split(tag)
            if namespace in ("", RDF, XML, X):
                continue
            if namespace not in prefixes:
                prefixes |= {uri: prefix or "" for prefix, uri in description.nsmap.items()}
            properties.setdefault((namespace, name), Property(namespace, prefixes[namespace], name, text))
        for element in description:
            namespace, name = _split(element.tag)
            if namespace:
                value, array = _parse_value(element)
                item = Property(namespace, element.prefix or "", name, value, array)
                properties.setdefault((namespace, name), item)
    return tuple(properties.values())


def build_packet(tree: PropertyTree) -> bytes:
    """Return the packet in the form that iPhones write for auxiliary images (pug, lyangas): no xpacket, no padding.

    One rdf:Description, properties as elements, arrays as rdf:Seq, namespaces declared in the order of their
    first use. The same tree gives the same bytes. Raises MalformedError for names and texts that XML cannot
    hold, RefusedError for a property that occurs twice.
    """
    prefixes = {RDF: "rdf", X: "x"}
    taken = set(prefixes.values())
    written: set[tuple[str, str]] = set()
    lines = []
    for item in tree:
        if (item.namespace, item.name) in written:
            raise RefusedError(f"XMP property {item.name} is there twice; leave one out")
        written.add((item.namespace, item.name))
        if isinstance(item.value, Opaque):
            lines.append(f"         {item.value.xml}\n")
            continue
        if not item.namespace or not item.name.replace("-", "_").replace(".", "_").isidentifier():
            raise MalformedError(
                f"XMP property {item.name!r} in {item.namespace!r} has no name that XML can hold"
            )
        if item.namespace not in prefixes:
            prefixes[item.namespace] = _free_prefix(item.prefix, taken)
            taken.add(prefixes[item.namespace])
        lines.append(_build_property(f"{prefixes[item.namespace]}:{item.name}", item.value, item.array))
    head = (
        f'<x:xmpmeta xmlns:x="{X}" x:xmptk="{TOOLKIT}">\n   <rdf:RDF xmlns:rdf="{RDF}">\n'
        '      <rdf:Description rdf:about=""'
    )
    for namespace, prefix in list(prefixes.items())[2:]:
        head += f'\n            xmlns:{prefix}="{_escape(namespace, IN_ATTRIBUTE)}"'
    body = f">\n{''.join(lines)}      </rdf:Description>" if lines else "/>"
    text = f"{head}{body}\n   </rdf:RDF>\n</x:xmpmeta>\n"
    bad = NOT_XML.search(text)
    if bad is not None:
        raise MalformedError(
            f"an XMP property holds U+{ord(bad.group()):04X}, a character that XML cannot hold"
        )
    packet = text.encode()
    if len(packet) > MAX_XMP_BYTES:
        raise RefusedError(
            f"the XMP packet would have {len(packet)} bytes; at most {MAX_XMP_BYTES} are handled"
        )
    if not all(_is_plain_property(item) for item in tree):
        _check_foreign(packet, tree)
    return packet


def _split(tag: str) -> tuple[str, str]:
    """Return namespace and local name of lxml's `{namespace}name`."""
    if tag.startswith("{"):
        namespace, _, name = tag[1:].partition("}")
        return namespace, name
    return "", tag


def _parse_value(element: etree._Element) -> tuple[Value, ArrayForm]:
    """Return the value of a property element: a text, a list of plain texts, or the element itself."""
    if not element.attrib:
        if len(element) == 0:
            return element.text or "", "Seq"
        if len(element) == 1 and not (element.text or "").strip() and not (element[0].tail or "").strip():
            array = element[0]
            namespace, form = _split(array.tag)
            if (
                namespace == RDF
                and form in ("Seq", "Bag", "Alt")
                and not array.attrib
                and _is_plain_array(array)
            ):
                return tuple(item.text or "" for item in array), cast("ArrayForm", form)
    # A copy declares exactly the namespaces that it uses: it parses by itself, and is equal when it is read again.
    return Opaque(etree.tostring(deepcopy(element), encoding="unicode", with_tail=False)), "Seq"


def _is_plain_array(array: etree._Element) -> bool:
    """Whether an RDF array holds nothing but texts."""
    tag = f"{{{RDF}}}li"
    return not (array.text or "").strip() and all(
        item.tag == tag and not item.attrib and len(item) == 0 and not (item.tail or "").strip()
        for item in array
    )


def _is_plain_property(item: Property) -> bool:
    """Whether the property is certain to be read as it is written."""
    return (
        not isinstance(item.value, Opaque)
        and NAME.fullmatch(item.name) is not None
        and PLAIN_URI.fullmatch(item.namespace) is not None
    )


def _check_foreign(packet: bytes, tree: PropertyTree) -> None:
    """Parse the packet again: an opaque property must not reach beyond its own element."""
    try:
        again = parse_packet(packet)
    except MalformedError:
        again = ()
    if [(item.namespace, item.name) for item in again] != [(item.namespace, item.name) for item in tree]:
        raise MalformedError(
            "a foreign XMP property would not be read back as written: its name, namespace or XML is broken"
        )


def _build_property(tag: str, value: str | tuple[str, ...], array: ArrayForm) -> str:
    """Return the lines of one property, indented as Apple does; the inverse of `_parse_value`."""
    if isinstance(value, str):
        return f"         {_element(tag, value)}\n"
    if not value:
        return f"         <{tag}>\n            <rdf:{array}/>\n         </{tag}>\n"
    items = "".join(f"               {_element('rdf:li', item)}\n" for item in value)
    return (
        f"         <{tag}>\n            <rdf:{array}>\n{items}            </rdf:{array}>\n         </{tag}>\n"
    )


def _element(tag: str, text: str) -> str:
    return f"<{tag}>{_escape(text)}</{tag}>" if text else f"<{tag}/>"


def _escape(text: str, special: re.Pattern[str] = IN_TEXT) -> str:
    return special.sub(lambda match: ESCAPES[match.group()], text)


def _free_prefix(wanted: str, taken: set[str]) -> str:
    """Return `wanted` if it is a name and not taken, else a numbered prefix."""
    if NAME.fullmatch(wanted) and wanted not in taken and not wanted.lower().startswith("xml"):
        return wanted
    number = len(taken) - 1
    while f"ns{number}" in taken:
        number += 1
    return f"ns{number}"
