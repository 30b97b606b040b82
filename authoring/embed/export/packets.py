"""Put a marked rdf:Description into a photo's XMP packet, and take it out again byte for byte. Imports no numpy.

All other text of the packet stays as it is. The mark, a property of this program's namespace, is how `strip` knows what
`export` wrote.
"""

from __future__ import annotations

import re

from authoring.apple import xmp
from authoring.apple.property_table import PROVENANCE, PropertyTree
from authoring.apple.region import PACKET_END, PACKET_START
from authoring.errors import DepthauthorError, UnsupportedError
from authoring.read.foreign.google_xmp import MAX_EXTENDED_BYTES

NOTE = "http://ns.adobe.com/xmp/note/"

MARKS = {"gdepth": "ExportedGDepth", "dynamic-depth": "ExportedDynamicDepth"}
"""Format → the property that marks its description; no property may be in a packet twice."""

_BODY = f'<x:xmpmeta xmlns:x="{xmp.X}"><rdf:RDF xmlns:rdf="{xmp.RDF}"></rdf:RDF></x:xmpmeta>'.encode()

EMPTY_STANDARD = PACKET_START + b"\n" + _BODY + b"\n" + PACKET_END
"""Where a photo has no packet."""
EMPTY_EXTENDED = _BODY
"""An extended packet is not wrapped (XMP part 3, 1.1.3.1)."""

_RDF_START = re.compile(rb"<([A-Za-z_][\w.-]*):RDF\b[^<>]*(?<!/)>")
_ABOUT = re.compile(
    rb"""<[A-Za-z_][\w.-]*:Description\b[^<>]*?\s[\w.-]*:?about\s*=\s*("[^"<>]*"|'[^'<>]*')"""
)
_NAMED = re.compile(rb"""(:HasExtendedXMP(?:\s*=\s*["']|\s*>)\s*)([0-9A-Fa-f]{32})(?=\s*["'<])""")
_MARKED = (
    r"""<rdf:Description rdf:about=(?:"[^"<>]*"|'[^'<>]*') xmlns:rdf="{rdf}" xmlns:depthauthor="{ours}" """
    r"""depthauthor:{mark}="1"[^<>]*>"""
)
"""The start tag of a marked description, or the whole of one that is empty."""
_END = b"</rdf:Description>"


def with_description(packet: bytes, format: str, rest: str) -> bytes:
    """Return a packet with a marked description before all others, where Android's parser looks.

    rest: the description from its own namespaces on, to its end: `xmlns:… …/>` or `xmlns:…>…</rdf:Description>`.
    Raises UnsupportedError where the packet would not be read as before, and with the description.
    """
    start = _RDF_START.search(packet)
    if start is None:
        raise UnsupportedError(
            "the photo's XMP is damaged or in a form that takes no depth; save the photo anew"
        )
    found = _ABOUT.search(packet)
    about = found[1].decode("utf-8", "replace") if found else '""'
    text = (
        f'<rdf:Description rdf:about={about} xmlns:rdf="{xmp.RDF}" xmlns:depthauthor="{PROVENANCE}" '
        f'depthauthor:{MARKS[format]}="1" {rest}'
    )
    result = packet[: start.end()] + text.encode() + packet[start.end() :]
    before, after = _properties(packet), _properties(result)
    if after is None or not set(before or ()) <= set(after) or without_description(result, format) != packet:
        raise UnsupportedError(
            "the photo's XMP takes no depth safely; save the photo anew in an image editor"
        )
    return result


def without_description(packet: bytes, format: str) -> bytes | None:
    """Return a packet without the marked descriptions of a format; None if it has none."""
    found = _marked(packet, format)
    if not found:
        return None
    starts, stops = [start for start, _ in found], [0, *(stop for _, stop in found)]
    return b"".join(packet[stop:start] for stop, start in zip(stops, [*starts, len(packet)], strict=True))


def description(packet: bytes, format: str) -> bytes:
    """Return the first marked description of a format; empty if there is none."""
    return next((packet[start:stop] for start, stop in _marked(packet, format)), b"")


def names_extension(packet: bytes) -> bool:
    """Whether a standard packet names an extended one."""
    return _NAMED.search(packet) is not None


def with_extension_name(packet: bytes, name: str) -> bytes:
    """Return a standard packet that names an extended one by `name` where it names one; nothing else changes."""
    return _NAMED.sub(lambda match: match[1] + name.encode(), packet)


def _marked(packet: bytes, format: str) -> list[tuple[int, int]]:
    """Return the runs [start, stop) of the marked descriptions of a format; there is one in what `export` writes."""
    names = {"rdf": xmp.RDF, "ours": PROVENANCE, "mark": MARKS[format]}
    pattern = re.compile(_MARKED.format(**{name: re.escape(value) for name, value in names.items()}).encode())
    found, position = [], 0
    while tag := pattern.search(packet, position):
        end = -1 if tag[0].endswith(b"/>") else packet.find(_END, tag.end())
        if end < 0 and not tag[0].endswith(b"/>"):
            break
        position = tag.end() if end < 0 else end + len(_END)
        found.append((tag.start(), position))
    return found


def _properties(packet: bytes) -> PropertyTree | None:
    """Return a packet's properties; None if it is damaged."""
    try:
        return xmp.parse_packet(packet, MAX_EXTENDED_BYTES)
    except DepthauthorError:
        return None
