"""List images in Google's directory of a photo's standard XMP (photos/1.0/container), and take them out again.

Ultra HDR and motion photos have one. Readers count a gain map from the photo's end on and a video back from the end of
the file, so what is put between the two has to be listed between them. Imports no numpy.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from authoring.containers.jpeg import JpegFile

_CONTAINER = re.compile(rb"""xmlns:([\w.-]+)\s*=\s*["']http://ns\.google\.com/photos/1\.0/container/["']""")
_ITEM = re.compile(rb"""xmlns:([\w.-]+)\s*=\s*["']http://ns\.google\.com/photos/1\.0/container/item/["']""")
_START = re.compile(rb"<([\w.-]+):li\b")
_END = re.compile(rb"</[\w.-]+:Seq\s*>")

NOT_LISTED = "the photo's own directory does not list all images that follow it, nor the depth map now"


def has_directory(packet: bytes) -> bool:
    """Whether a standard packet has a directory of its own, of Ultra HDR or a motion photo."""
    return _CONTAINER.search(packet) is not None and _ITEM.search(packet) is not None


def is_complete(file: JpegFile) -> bool:
    """Whether counting on from the photo's end leads to where images are appended."""
    structure = file.structure
    items = structure.google_items
    images = []
    for item in items[1:]:
        if not item.mime.startswith("image/"):
            break
        images.append(item)
    last = images[-1] if images else (items[0] if items else None)
    return last is not None and last.padding == 0 and structure.google_images_stop == file.images_stop


def with_items(packet: bytes, items: Sequence[tuple[str, int]]) -> bytes:
    """Return a packet whose directory has images (semantic, length) after its other images and before a video."""
    text = _text(packet, items)
    starts = [match.start() for match in _START.finditer(packet) if _mime(packet, match.start()) is not None]
    video = next((start for start in starts if not (_mime(packet, start) or b"").startswith(b"image/")), None)
    place = video if video is not None else _end(packet, starts)
    return packet if place is None else packet[:place] + text + packet[place:]


def without_items(packet: bytes, items: Sequence[tuple[str, int]]) -> bytes:
    """Return a packet without images that `with_items` put there."""
    return packet.replace(_text(packet, items), b"", 1)


def _text(packet: bytes, items: Sequence[tuple[str, int]]) -> bytes:
    container, item, start = _CONTAINER.search(packet), _ITEM.search(packet), _START.search(packet)
    if container is None or item is None or start is None:
        return b""
    return b"".join(
        b'<%s:li %s:parseType="Resource"><%s:Item %s:Semantic="%s" %s:Mime="image/jpeg" %s:Length="%d"/></%s:li>'
        % (
            *(start[1], start[1], container[1]),
            *(item[1], semantic.encode(), item[1], item[1], length, start[1]),
        )
        for semantic, length in items
    )


def _mime(packet: bytes, start: int) -> bytes | None:
    """Return the MIME type of the item in the list element at `start`; None if it is no item."""
    item = _ITEM.search(packet)
    stop = packet.find(b":li>", start)
    if item is None or stop < 0:
        return None
    pattern = re.escape(item[1] + b":Mime") + rb"""\s*(?:=\s*["']|>\s*)([^"'<]*)"""
    found = re.search(pattern, packet[start:stop])
    return found[1] if found else None


def _end(packet: bytes, starts: Sequence[int]) -> int | None:
    """Return where the list of these elements ends."""
    found = _END.search(packet, starts[-1]) if starts else None
    return found.start() if found else None
