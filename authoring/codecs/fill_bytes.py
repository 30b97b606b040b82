"""Take the fill bytes out of a JPEG's header, which Pillow reads one at a time: 50 MB of them take it 37 s."""

from __future__ import annotations

import re

from authoring.errors import UnsupportedError

LEAST_FILL = 4096
"""So many are worth a copy of the file; Pillow needs some milliseconds for it."""

MAX_SEGMENTS = 20_000
"""In front of the first scan: of 255 ICC chunks and 1,500 of extended XMP, ten times as many."""

_MARKER = re.compile(rb"(?:\xff++[\0\x01\xd0-\xd7])*+\xff++([^\0\xff])", re.DOTALL)
"""A marker's code behind what is skipped in front of it: fill bytes (T.81, B.1.1.2), zero bytes, TEM and RST."""

_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA


def without_fill(data: bytes) -> bytes:
    """Return a JPEG with its markers up to the first scan side by side; the same bytes if little is between them.

    Other files come back as they are; so does what follows a segment that cannot be read. Raises UnsupportedError for
    more than MAX_SEGMENTS segments.
    """
    if not data.startswith(b"\xff\xd8"):
        return data
    view = memoryview(data)
    parts: list[bytes | memoryview] = []
    position = 0
    while match := _MARKER.match(data, position):
        if len(parts) >= MAX_SEGMENTS:
            raise UnsupportedError(f"the JPEG has more than {MAX_SEGMENTS} segments")
        code, start = match[1][0], match.end() - 2
        stop = match.end()
        if code not in (_SOI, _EOI):
            stop += int.from_bytes(data[stop : stop + 2], "big")
        parts.append(view[start:stop])
        position = stop
        if code == _SOS:
            break
    kept = sum(len(part) for part in parts)
    return data if position - kept < LEAST_FILL else b"".join([*parts, view[position:]])
