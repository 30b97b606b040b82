"""Parse Google's container directory: the media that a photo's XMP lists as following it in the file.

Ultra HDR and Motion Photo use the namespace photos/1.0/container, Dynamic Depth photos/dd/1.0. Only what is needed to
keep such a file valid is read: the gain map and other still images count forward from the photo's end, a video counts
back from the end of the file. XMP is searched, not parsed; nothing is written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain, pairwise

MAX_ITEMS = 64
"""Ultra HDR with a video has 3; Dynamic Depth some 6."""

_NAMESPACE = re.compile(
    rb"""xmlns:([\w.-]+)\s*=\s*["']http://ns\.google\.com/photos/(?:1\.0/container/item|dd/1\.0/item)/["']"""
)
_ITEM = re.compile(rb"<[\w.-]+:li\b")
_HDR_GAIN_MAP = b"http://ns.adobe.com/hdr-gain-map/1.0/"
_MAX_DIGITS = 12
"""Of a length. More cannot be meant, and would be slow to convert."""


@dataclass(frozen=True, slots=True)
class DirectoryItem:
    """One medium; the first of a directory is the photo itself."""

    semantic: str
    mime: str
    length: int
    """Bytes; 0 if the directory does not say, as for the photo itself."""
    padding: int
    """Bytes between it and the next item."""


def parse(xmp: bytes) -> tuple[DirectoryItem, ...]:
    """Parse the directory's items, in order; empty if the packet has none."""
    namespace = _NAMESPACE.search(xmp)
    if namespace is None:
        return ()
    prefix = namespace[1] + b":"
    starts = (match.start() for match in _ITEM.finditer(xmp))
    items: list[DirectoryItem] = []
    for start, stop in pairwise(chain(starts, [len(xmp)])):
        element = xmp[start:stop]
        # "DataURI" alone marks the item of Dynamic Depth that has neither MIME type nor length.
        if prefix not in element:
            continue
        items.append(
            DirectoryItem(
                _text(element, prefix + b"Semantic"),
                _text(element, prefix + b"Mime"),
                _count(element, prefix + b"Length"),
                _count(element, prefix + b"Padding"),
            )
        )
        if len(items) == MAX_ITEMS:
            break
    return tuple(items)


def names_gain_map(xmp: bytes) -> bool:
    """Whether the photo's XMP has Adobe's gain map namespace."""
    return _HDR_GAIN_MAP in xmp


def _text(element: bytes, name: bytes) -> str:
    """Return the value of a property written as an attribute or as an element."""
    match = re.search(re.escape(name) + rb"""\s*(?:=\s*["']|>\s*)([^"'<]*)""", element)
    return match[1].decode("utf-8", "replace").strip() if match else ""


def _count(element: bytes, name: bytes) -> int:
    text = _text(element, name)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS else 0
