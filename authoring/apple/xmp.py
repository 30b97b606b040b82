"""XMP packets: bytes into a property tree, and a property tree into the bytes an iPhone would write.

Knows: RDF/XML as XMP uses it (ISO 16684-1, clause 7), and Apple's way of laying it out. Must not know: what
any property means.

Hostile packets are expected: no DTD, no entity, no network, and limits on bytes, marks and nesting. lxml is
imported when a packet is parsed, not before: building needs none of it.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, cast

from authoring.apple.property_table import ArrayForm, Opaque, Property, PropertyTree, Value
from authoring.errors import MalformedError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml import etree

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
X = "adobe:ns:meta/"
XML = "http://www.w3.org/XML/1998/namespace"

MAX_XMP_BYTES = 10_000_000
"""libxml2's own limit on one text. Apple's packets have 6 kB; Google's, with images inside, some megabytes."""

MAX_MARKS = 10_000
"""`<` and `=` signs in a packet, for lxml's time grows with the square of attributes. Apple's packets have 150."""

MAX_NAMESPACES = 256
"""Declarations in a packet, which are copied for every structure. Apple's packets have 6 at most."""

LONG_NAMESPACE = re.compile(rb"""xmlns(?:[^=]{1000}|[^=]*=\s*(?:"[^"]{2000}|'[^']{2000}))""")
"""A declaration that no writer makes: every name in it would be held with the whole of it, thousands of times."""

MAX_NESTING = 64
"""Elements inside elements. Apple's focus regions go 9 deep (shu_matte)."""

TOOLKIT = "XMP Core 6.0.0"
"""What iOS 14 to 17 and ImageIO put into x:xmptk; iOS 11 and 12 wrote 5.4.0."""

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
PLAIN_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9_.~:/?#@!$&'()*+,;=-]+")
"""What names and namespaces look like, as far as they matter; others are checked by reading them again."""

NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
IN_TEXT = re.compile(r"[&<>\r]")
IN_ATTRIBUTE = re.compile(r'[&<>\r\n\t"]')
ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#xD;", "\n": "&#xA;", "\t": "&#x9;"}


def parse_element(data: bytes) -> etree._Element:
    """The root element of a packet, for whoever looks into structures.

    Raises MalformedError for what is not well-formed XML in UTF-8, holds a DTD, or is beyond the limits; what
    could make work without end is refused before lxml sees it.
    """
    packet = bytes(data).strip(b"\0 \t\r\n").removeprefix(b"\xef\xbb\xbf")
    if not packet:
        raise MalformedError("the XMP packet is empty")
    if len(packet) > MAX_XMP_BYTES:
        raise MalformedError(f"the XMP packet has {len(packet)} bytes; at most {MAX_XMP_BYTES} are read")
    if packet.count(b"<") + packet.count(b"=") > MAX_MARKS:
        raise MalformedError(f"the XMP packet has more than {MAX_MARKS} elements or attributes")
    if packet.count(b"xmlns") > MAX_NAMESPACES:
        raise MalformedError(f"the XMP packet declares more than {MAX_NAMESPACES} namespaces")
    if LONG_NAMESPACE.search(packet):
        raise MalformedError("the XMP packet declares a namespace of more than 2000 characters")
    if b"<!DOCTYPE" in packet or b"<!ENTITY" in packet:
        raise MalformedError("the XMP packet has a document type declaration, which XMP forbids")

    from lxml import etree

    # The encoding is forced, so that no declared one can hide what was searched for above; the standards of
    # both containers ask for UTF-8.
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
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


# A file's depth packet is asked for by several rooms in turn; parsing is pure, and its result frozen.
@functools.lru_cache(maxsize=4)
def parse_packet(data: bytes) -> PropertyTree:
    """The top-level properties of a packet, in its order.

    Takes packets with and without the xpacket wrapper, with padding or NULs around them, properties as
    attributes or elements, and several rdf:Description; all are read as one resource. Of a property that
    occurs twice the first is kept. Raises MalformedError for what is no XMP, or is beyond the limits.
    """
    root = parse_element(data)
    rdf = root if root.tag == f"{{{RDF}}}RDF" else root.find(f"{{{RDF}}}RDF")
    if rdf is None:
        raise MalformedError("the XMP packet has no rdf:RDF element")
    found: dict[tuple[str, str], Property] = {}
    prefixes: dict[str, str] = {}
    for description in rdf.iterfind(f"{{{RDF}}}Description"):
        for tag, text in cast("Mapping[str, str]", description.attrib).items():
            namespace, name = _split(tag)
            if namespace in ("", RDF, XML, X):
                continue
            if namespace not in prefixes:
                prefixes |= {uri: prefix or "" for prefix, uri in description.nsmap.items()}
            found.setdefault((namespace, name), Property(namespace, prefixes[namespace], name, text))
        for element in description:
            namespace, name = _split(element.tag)
            if namespace:
                value, array = _parse_value(element)
                one = Property(namespace, element.prefix or "", name, value, array)
                found.setdefault((namespace, name), one)
    return tuple(found.values())


def build_packet(tree: PropertyTree) -> bytes:
    """The packet in the form that iPhones write for auxiliary images (pug, lyangas): no xpacket, no padding.

    One rdf:Description, properties as elements, arrays as rdf:Seq, namespaces declared in the order of their
    first use. The same tree gives the same bytes. Raises MalformedError for names and texts that XML cannot
    hold, RefusedError for a property that occurs twice.
    """
    prefixes = {RDF: "rdf", X: "x"}
    taken = set(prefixes.values())
    there: set[tuple[str, str]] = set()
    lines = []
    for one in tree:
        if (one.namespace, one.name) in there:
            raise RefusedError(f"XMP property {one.name} is there twice; leave one out")
        there.add((one.namespace, one.name))
        if isinstance(one.value, Opaque):
            lines.append(f"         {one.value.xml}\n")
            continue
        if not one.namespace or not one.name.replace("-", "_").replace(".", "_").isidentifier():
            raise MalformedError(
                f"XMP property {one.name!r} in {one.namespace!r} has no name that XML can hold"
            )
        if one.namespace not in prefixes:
            prefixes[one.namespace] = _free_prefix(one.prefix, taken)
            taken.add(prefixes[one.namespace])
        lines.append(_build_property(f"{prefixes[one.namespace]}:{one.name}", one.value, one.array))
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
    if not all(_is_plain_property(one) for one in tree):
        _check_foreign(packet, tree)
    return packet


def _split(tag: str) -> tuple[str, str]:
    """Namespace and local name of lxml's `{namespace}name`."""
    if tag.startswith("{"):
        namespace, _, name = tag[1:].partition("}")
        return namespace, name
    return "", tag


def _parse_value(element: etree._Element) -> tuple[Value, ArrayForm]:
    """The value of a property element: a text, a list of plain texts, or the element itself."""
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
    from copy import deepcopy

    from lxml import etree

    # A copy holds the namespaces that it uses and no others, wherever they were declared: it can stand alone,
    # and is equal again when it is read back.
    return Opaque(etree.tostring(deepcopy(element), encoding="unicode", with_tail=False)), "Seq"


def _is_plain_array(array: etree._Element) -> bool:
    """Whether an RDF array holds nothing but texts."""
    tag = f"{{{RDF}}}li"
    return not (array.text or "").strip() and all(
        item.tag == tag and not item.attrib and len(item) == 0 and not (item.tail or "").strip()
        for item in array
    )


def _is_plain_property(one: Property) -> bool:
    """Whether what is written is certain to be what is read."""
    return (
        not isinstance(one.value, Opaque)
        and NAME.fullmatch(one.name) is not None
        and PLAIN_URI.fullmatch(one.namespace) is not None
    )


def _check_foreign(packet: bytes, tree: PropertyTree) -> None:
    """Read the packet again: XML that was handed in ready-made must not reach beyond its own property."""
    try:
        again = parse_packet(packet)
    except MalformedError:
        again = ()
    if [(one.namespace, one.name) for one in again] != [(one.namespace, one.name) for one in tree]:
        raise MalformedError(
            "a foreign XMP property would not be read back as written: its name, namespace or XML is broken"
        )


def _build_property(tag: str, value: str | tuple[str, ...], array: ArrayForm) -> str:
    """The twin of `_parse_value`: one property as lines, indented as Apple does."""
    if isinstance(value, str):
        return f"         {_element(tag, value)}\n"
    if not value:
        return f"         <{tag}>\n            <rdf:{array}/>\n         </{tag}>\n"
    items = "".join(f"               {_element('rdf:li', item)}\n" for item in value)
    return (
        f"         <{tag}>\n            <rdf:{array}>\n{items}            </rdf:{array}>\n         </{tag}>\n"
    )


def _element(tag: str, text: str) -> str:
    """One simple element."""
    return f"<{tag}>{_escape(text)}</{tag}>" if text else f"<{tag}/>"


def _escape(text: str, special: re.Pattern[str] = IN_TEXT) -> str:
    """Text as XML holds it; numbers and base64, which need nothing, are told apart first for speed."""
    if text.isalnum():
        return text
    return special.sub(lambda found: ESCAPES[found.group()], text) if special.search(text) else text


def _free_prefix(wanted: str, taken: set[str]) -> str:
    """`wanted` where it is a name and free, else a numbered one that is."""
    if NAME.fullmatch(wanted) and wanted not in taken and not wanted.lower().startswith("xml"):
        return wanted
    number = len(taken) - 1
    while f"ns{number}" in taken:
        number += 1
    return f"ns{number}"
