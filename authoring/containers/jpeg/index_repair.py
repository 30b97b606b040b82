"""Replace an MP index that cannot be read by one of the images that are there."""

from __future__ import annotations

from dataclasses import replace

from authoring.containers.edits import EditList, Replacement
from authoring.containers.jpeg import mpf
from authoring.containers.jpeg.segments import Marker, build_segment
from authoring.containers.jpeg.structure import Structure
from authoring.errors import RefusedError

REASON = "APP2 MPF: rebuilt"


def rebuilt_index(structure: Structure) -> EditList:
    """Return the edits that write the structure's index in place of the file's own, which cannot be read.

    Nothing is changed if the file's own can be read, or if the photo's end is unknown. Raises RefusedError if the file
    is too large for an index.
    """
    size, index, segment = len(structure.data), structure.index, structure.mpf_segment
    if not structure.index_fault or index is None or segment is None:
        return EditList.unchanged(size)

    def edits(growth: int) -> EditList:
        first, *others = structure.entries
        entries = [replace(first, size=first.size + growth)]
        entries += [replace(entry, offset=entry.offset + growth) for entry in others]
        payload = mpf.build(index.with_entries(entries, [-1] * len(entries)))
        change = Replacement(segment.marker_start, segment.stop, build_segment(Marker.APP2, payload), REASON)
        return EditList.of(size, [change])

    # The length of the index does not depend on the offsets in it.
    draft = edits(0)
    if draft.result_size > mpf.MAX_OFFSET:
        raise RefusedError("the file would exceed 4 GiB, which an MP index cannot describe")
    return edits(draft.result_size - size)
