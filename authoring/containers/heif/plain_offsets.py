"""Item locations whose extents count from the start of the file by themselves, as in iPhone files.

Knows: base_offset and extent_offset of `iloc`. Must not know: what the items are.

libheif writes base_offset and leaves the extents at 0, which is right; but readers of metadata that were written for
phone files (exifr 7.1) look at the extents alone and find no Exif. Of use for files that are coded anew, never for a
photo that is to stay as it is.
"""

from __future__ import annotations

from authoring.containers.heif.file import parse
from authoring.containers.heif.locations import IN_FILE


def with_plain_offsets(data: bytes) -> bytes:
    """The file with every base_offset added to its extents and set to 0, where the fields allow; nothing moves."""
    table = parse(data).structure.locations
    widths = table.widths
    work = bytearray(data)
    for entry in table.entries:
        if entry.method != IN_FILE or entry.data_reference or not entry.base or not widths.offset:
            continue
        offsets = [entry.base + extent.offset for extent in entry.extents]
        if max(offsets, default=0) >= 1 << 8 * widths.offset:
            continue
        base_at = table.base_at(entry)
        work[base_at : base_at + widths.base] = bytes(widths.base)
        for number, offset in enumerate(offsets):
            at = table.offset_at(entry, number)
            work[at : at + widths.offset] = offset.to_bytes(widths.offset, "big")
    return bytes(work)
