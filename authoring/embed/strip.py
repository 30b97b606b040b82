"""Strip: take the depth map out of a photo, keep everything else."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from authoring import containers
from authoring.apple import xmp
from authoring.apple.provenance import Provenance, read_provenance
from authoring.containers.base import ContainerFile, ContainerName, FoundAuxiliary
from authoring.containers.edits import EditList, Touched
from authoring.embed.left_behind import left_behind
from authoring.embed.reports import EditedPhoto
from authoring.embed.undo import undone
from authoring.errors import DepthauthorError, RefusedError, about
from authoring.read.layout import depth_images, kind_of, metadata_kind
from authoring.report_base import Report

STRUCTURAL = (
    "the record of the embed does not fit this file, so the depth map was removed by its structure alone"
)


@dataclass(frozen=True, slots=True, repr=False)
class StripReport(Report):
    """What `strip` did."""

    _shown = ("output", "removed", "bytes_removed")

    container: ContainerName
    removed: tuple[str, ...]
    bytes_removed: int
    touched: tuple[Touched, ...]
    notes: tuple[str, ...]
    output: str | None = None
    schema: str = "depthauthor/strip/1"


@dataclass(frozen=True, slots=True)
class _Removal:
    """The removal of every depth map from a file."""

    edits: EditList
    provenance: tuple[Provenance, ...]
    """Of the removed maps that this program wrote."""
    exact: bool
    """Whether the result is the file before the embed, byte for byte."""


def strip(photo: bytes, *, restore: bool = False) -> EditedPhoto[StripReport]:
    """Take the depth map out of a photo; gain maps, mattes and all metadata stay.

    With `restore`, the changes that this program made to the photo's own Exif and XMP are undone too: the result is
    the photo before, byte for byte. Raises RefusedError if there is no depth map, where this program did not
    write it, and where another program changed the photo since.
    """
    with about("photo"):
        file = containers.parse(photo)
        images = depth_images(file.layout)
        if not images:
            raise RefusedError("the photo holds no depth map; there is nothing to strip")
        removal = _remove_depth(file)
        notes = list(file.notes)
        if any(provenance.undo for provenance in removal.provenance) and not removal.exact:
            notes.append(STRUCTURAL)
        edits = removal.edits
        if restore:
            if not removal.provenance:
                raise RefusedError(
                    "the depth map was not put in by this tool, so there is no record to restore from"
                )
            edits = edits.then(_restore_metadata(edits.apply(photo), removal))
        else:
            stays = left_behind(photo, edits, removal.provenance)
            notes += [stays] if stays else []
    report = StripReport(
        container=file.layout.container,
        removed=tuple(f"{kind_of(image)} {image.width}x{image.height}" for image in images),
        bytes_removed=len(photo) - edits.result_size,
        touched=edits.touched,
        notes=tuple(notes),
    )
    return EditedPhoto(photo, edits, report)


def restoration(file: ContainerFile) -> EditList:
    """Return the edits that remove every depth map and undo what this program changed with it, as far as it fits."""
    removal = _remove_depth(file)
    try:
        return removal.edits.then(_restore_metadata(removal.edits.apply(file.source), removal))
    except RefusedError:
        return removal.edits  # Another program changed the photo since: what is there now is the photo.


def _remove_depth(file: ContainerFile) -> _Removal:
    """Remove every depth map: by the record of the embed where it fits, else structurally."""
    images = depth_images(file.layout)
    provenance = tuple(found for image in images if (found := _provenance(image)) is not None)
    structural = file.remove([image.identifier for image in images])
    for record in (found.undo for found in provenance):
        edits = undone(record, file.source)
        if edits is not None and not _changed_parts(file.source, structural, edits):
            return _Removal(edits, provenance, True)
    return _Removal(structural, provenance, False)


def _restore_metadata(photo: bytes, removal: _Removal) -> EditList:
    """Return the edits that undo this program's changes to the metadata of a photo without depth.

    Raises RefusedError if they do not fit.
    """
    record = next((found.restore for found in removal.provenance if found.restore), b"")
    unchanged = EditList.unchanged(len(photo))
    if any(found.restore_omitted for found in removal.provenance):
        raise RefusedError(
            "the depth map was embedded with --no-restore-record, so there is no record to restore the photo's "
            "metadata from; without --restore the depth map is removed all the same"
        )
    if not record:
        return unchanged
    edits = undone(record, photo)
    if edits is None or not _changed_parts(photo, unchanged, edits) <= {"Exif", "XMP"}:
        raise RefusedError(
            "the record for restoring the photo's metadata does not fit it; another program has changed the photo "
            "since; without --restore the depth map is removed all the same"
        )
    return edits


def _changed_parts(source: bytes, one: EditList, other: EditList) -> set[str]:
    """Return what differs between the results of two edits: "Exif" or "XMP" of the photo, else the part's name.

    A record is data from a file: whatever it says, it must not change what the photo decodes to.
    """
    try:
        old, new = _part_digests(one.apply(source)), _part_digests(other.apply(source))
    except DepthauthorError:
        return {"the file itself"}
    return {
        (new.get(name) or old[name])[1] for name in old.keys() | new.keys() if old.get(name) != new.get(name)
    }


def _part_digests(data: bytes) -> dict[str, tuple[bytes, str]]:
    """Return the SHA-256 of each part of a file, which may be gigabytes long, and its metadata kind or its name."""
    file = containers.parse(data)
    return {
        name: (hashlib.sha256(content).digest(), metadata_kind(name, file) or name)
        for name, content in file.parts().items()
    }


def _provenance(image: FoundAuxiliary) -> Provenance | None:
    """Return this program's mark on a depth map; None if there is none or its packet is broken."""
    try:
        return read_provenance(xmp.parse_packet(image.xmp)) if image.xmp else None
    except DepthauthorError:
        return None
