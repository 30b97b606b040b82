"""Google's container directory: the media that a photo's XMP says follow it in the file.

Knows: the items' order, type and length (Ultra HDR and Motion Photo: namespace photos/1.0/container; Dynamic
Depth: photos/dd/1.0). Must not know: segments, what the items show.

Only what is needed to keep such a file valid is read: the gain map and other still images count forward from
the photo's end, a video counts back from the end of the file. XMP is scanned, not parsed; nothing is written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

MAX_ITEMS = 64
"""Ultra HDR with a video has 3; Dynamic Depth some 6."""

_NAMESPACE = re.compile(
    rb"""xmlns:([\w.-]+)\s*=\s*["']http://ns\.google\.com/photos/(?:1\.0/container/item|dd/1\.0/item)/["']"""
)
_ITEM = re.compile(rb"<[\w.-]+:li\b")
_HDR_GAIN_MAP = b"http://ns.adobe.com/hdr-gain-map/1.0/"


@dataclass(frozen=True, slots=True)
class Item:
    """One medium; the first of a directory is the photo itself."""

    semantic: str
    mime: str
    length: int
    """Bytes; 0 where the directory does not say, as for the photo itself."""
    padding: int
    """Bytes between it and the next one."""


def parse(xmp: bytes) -> tuple[Item, ...]:
    """The directory's items in order; empty where the packet has none."""
    namespace = _NAMESPACE.search(xmp)
    if namespace is None:
        return ()
    prefix = namespace[1] + b":"
    starts = [found.start() for found in _ITEM.finditer(xmp)]
    items = []
    for start, stop in pairwise([*starts, len(xmp)]):
        piece = xmp[start:stop]
        # "DataURI" alone marks the item of Dynamic Depth that has neither MIME type nor length.
        if prefix not in piece:
            continue
        items.append(
            Item(
                _text(piece, prefix + b"Semantic"),
                _text(piece, prefix + b"Mime"),
                _count(piece, prefix + b"Length"),
                _count(piece, prefix + b"Padding"),
            )
        )
        if len(items) == MAX_ITEMS:
            break
    return tuple(items)


def says_gain_map(xmp: bytes) -> bool:
    """Whether the photo's XMP speaks of a gain map in Adobe's namespace."""
    return _HDR_GAIN_MAP in xmp


def _text(piece: bytes, name: bytes) -> str:
    """The value of a property written as an attribute or as an element."""
    found = re.search(re.escape(name) + rb"""\s*(?:=\s*["']|>\s*)([^"'<]*)""", piece)
    return found[1].decode("utf-8", "replace").strip() if found else ""


def _count(piece: bytes, name: bytes) -> int:
    text = _text(piece, name)
    # Lengths of more than 12 digits cannot be meant; they would also be slow to convert.
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else 0
