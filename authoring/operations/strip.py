"""Strip: a photo loses its depth map and keeps everything else.

Knows: which images are depth, and where this tool's own record for undoing lies. Must not know: formats.
"""

from __future__ import annotations

from authoring import containers
from authoring.apple import properties, xmp
from authoring.containers import ContainerFile, EditList
from authoring.errors import DepthauthorError, RefusedError, about
from authoring.operations.auxiliary import depth_images, kind_of
from authoring.operations.reports import EditReport, Outcome


def strip(photo: bytes) -> Outcome[EditReport]:
    """Take the depth map out of a photo; gain maps, mattes and all metadata stay.

    Where this tool put the map in, the result is the photo before, byte for byte.
    Raises RefusedError where there is no depth map.
    """
    with about("photo"):
        file = containers.parse(photo)
        images = depth_images(file.layout)
        if not images:
            raise RefusedError("the photo holds no depth map; there is nothing to strip")
        edits = removal(file)
    report = EditReport(
        container=file.layout.container,
        removed=tuple(f"{kind_of(one)} {one.width}x{one.height}" for one in images),
        bytes_removed=len(photo) - edits.result_size,
        touched=edits.touched,
        notes=file.layout.notes,
    )
    return Outcome(photo, edits, lambda: report)


def removal(file: ContainerFile) -> EditList:
    """The edits that take every depth map out of a file."""
    images = depth_images(file.layout)
    undo = b""
    for one in images:
        try:
            mark = properties.provenance(xmp.parse_packet(one.xmp)) if one.xmp else None
        except DepthauthorError:
            continue  # A broken packet is no reason to keep the map: only the exact undo is lost.
        undo = mark.undo if mark else undo
    return file.remove([one.identifier for one in images], undo)
