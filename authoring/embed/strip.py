"""Strip: a photo loses its depth map and keeps everything else.

Knows: which images are depth, and where this tool's own record for undoing lies. Must not know: formats.
"""

from __future__ import annotations

from dataclasses import dataclass

from authoring import containers
from authoring.apple import authorship, xmp
from authoring.apple.authorship import Provenance
from authoring.containers.base import ContainerFile, ContainerName, FoundAuxiliary
from authoring.containers.edits import EditList, Touched
from authoring.embed.reports import Outcome
from authoring.embed.undo import Blocks, parse_record
from authoring.errors import DepthauthorError, MalformedError, RefusedError, about
from authoring.read.layout import depth_images, kind_of


@dataclass(frozen=True, slots=True)
class EditReport:
    """What `strip` did."""

    container: ContainerName
    removed: tuple[str, ...]
    bytes_removed: int
    touched: tuple[Touched, ...]
    notes: tuple[str, ...]
    output: str | None = None
    schema: str = "depthauthor/strip/1"


def strip(photo: bytes, *, restore: bool = False) -> Outcome[EditReport]:
    """Take the depth map out of a photo; gain maps, mattes and all metadata stay.

    With `restore`, what this tool changed in the photo's own Exif and XMP is taken back too, and a photo that it
    authored is the photo before, byte for byte. Raises RefusedError where there is no depth map, and where there
    is nothing to restore or another program changed the photo since.
    """
    with about("photo"):
        file = containers.parse(photo)
        images = depth_images(file.layout)
        if not images:
            raise RefusedError("the photo holds no depth map; there is nothing to strip")
        marks = [mark for one in images if (mark := _mark(one)) is not None]
        if restore and not marks:
            raise RefusedError(
                "the depth map was not put in by this tool, so there is no record to restore from"
            )
        edits = _removal(file, images, marks)
        notes = list(file.notes)
        if restore:
            edits = edits.then(_restored(edits.apply(photo), marks))
        elif any(mark.restore for mark in marks):
            notes.append("the portrait marks in Exif and XMP stay; --restore takes them back")
    report = EditReport(
        container=file.layout.container,
        removed=tuple(f"{kind_of(one)} {one.width}x{one.height}" for one in images),
        bytes_removed=len(photo) - edits.result_size,
        touched=edits.touched,
        notes=tuple(notes),
    )
    return Outcome(photo, edits, lambda: report)


def restoration(file: ContainerFile) -> EditList:
    """The edits that take every depth map out, and where this tool put it in all else that it changed."""
    images = depth_images(file.layout)
    marks = [mark for one in images if (mark := _mark(one)) is not None]
    edits = _removal(file, images, marks)
    try:
        return edits.then(_restored(edits.apply(file.source), marks))
    except DepthauthorError:
        return edits  # Changed since: what is there now is the photo.


def removal(file: ContainerFile) -> EditList:
    """The edits that take every depth map out of a file, and nothing else."""
    images = depth_images(file.layout)
    return _removal(file, images, [mark for one in images if (mark := _mark(one)) is not None])


def _mark(found: FoundAuxiliary) -> Provenance | None:
    """Our own mark on a depth map; None where it has none or its packet is broken."""
    try:
        return authorship.provenance(xmp.parse_packet(found.xmp)) if found.xmp else None
    except DepthauthorError:
        return None


def _removal(file: ContainerFile, images: list[FoundAuxiliary], marks: list[Provenance]) -> EditList:
    undo = next((mark.undo for mark in marks if mark.undo), b"")
    return file.remove([one.identifier for one in images], undo)


def _restored(photo: bytes, marks: list[Provenance]) -> EditList:
    """The edits that bring the photo's own metadata back. Raises RefusedError where the record does not fit."""
    record = next((mark.restore for mark in marks if mark.restore), b"")
    if not record:
        return EditList.unchanged(len(photo))
    file = containers.parse(photo)
    now = Blocks(file.layout.exif, file.layout.xmp)
    try:
        before, undo = parse_record(record, now)
    except MalformedError as error:
        raise RefusedError(error.message) from error
    return file.with_metadata(
        exif=None if before.exif == now.exif else before.exif or b"",
        xmp=None if before.xmp == now.xmp else before.xmp or b"",
        undo=undo,
    )
