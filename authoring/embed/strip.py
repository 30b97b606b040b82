"""Strip: take the depth map out of a photo, keep everything else."""

from __future__ import annotations

from dataclasses import dataclass

from authoring import containers
from authoring.apple import xmp
from authoring.apple.portrait_metadata import read_portrait_metadata
from authoring.apple.provenance import Provenance, read_provenance
from authoring.containers.base import CodedAuxiliary, ContainerFile, ContainerName, FoundAuxiliary
from authoring.containers.edits import EditList, Touched
from authoring.embed.export.removal import remove_exported
from authoring.embed.left_behind import left_behind
from authoring.embed.reports import EditedPhoto
from authoring.embed.undo import undone
from authoring.errors import DepthauthorError, RefusedError, about
from authoring.read.foreign.base import NAMES
from authoring.read.foreign.find import find_readable
from authoring.read.layout import depth_images, kind_of, photo_orientation
from authoring.read.missing_depth import lost_depth
from authoring.report_base import Report

STRUCTURAL = (
    "the record of the embed does not fit this file, so the depth map was removed by its structure alone"
)

BYTES_STAY = (
    "the DNG no longer names the depth map, but the map's bytes stay in the file: what another program wrote cannot be "
    "taken out without moving the rest"
)
"""Note on a DNG."""

EARLIER_STAYS = (
    "another program changed the photo after the earlier embed, so the portrait metadata of that embed stays in Exif "
    "and XMP, and strip --restore will not take it out"
)
"""Note of an embed that replaces a depth map."""
EARLIER_OMITTED = (
    "the earlier embed kept no restore record, so its portrait metadata stays in Exif and XMP, and strip --restore "
    "will not take it out"
)
CLAIM_STAYS = (
    "the photo's Exif says that it is a portrait with depth, as it did before this embed: its camera wrote that, or an "
    "earlier embed after which another program changed the photo"
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

    @property
    def restore_record(self) -> bytes:
        """The record of the changes to the photo's metadata; empty if there is none."""
        return next((found.restore for found in self.provenance if found.restore), b"")

    @property
    def record_omitted(self) -> bool:
        """Whether metadata was changed, and no record kept, as was asked for."""
        return any(found.restore_omitted for found in self.provenance)

    @property
    def changed_metadata(self) -> bool:
        """Whether this program changed the photo's metadata."""
        return bool(self.restore_record) or self.record_omitted


def strip(photo: bytes, *, restore: bool = False) -> EditedPhoto[StripReport]:
    """Take the depth map out of a photo; gain maps, mattes and all metadata stay.

    What `export` wrote into the photo goes too. With `restore`, the changes that this program made to the photo's own
    Exif and XMP are undone too: the result is the photo before, byte for byte. Raises RefusedError if there is no depth
    map, where this program did not write it, and where another program changed the photo since.
    """
    with about("photo"):
        file = containers.parse(photo)
        images = depth_images(file.layout)
        if not images:
            return _strip_exported(file)
        removal = _remove_depth(file)
        notes = list(file.notes)
        if any(provenance.undo for provenance in removal.provenance) and not removal.exact:
            notes.append(STRUCTURAL)
        if file.layout.container == "dng" and removal.edits.result_size >= len(photo):
            notes.append(BYTES_STAY)
        edits = removal.edits
        if restore:
            if not removal.provenance:
                raise RefusedError(
                    "the depth map was not put in by this tool, so there is no record to restore from"
                )
            edits = edits.then(_restore_metadata(edits.apply(photo), removal))
            if _claims_depth(edits.apply(photo)):
                notes.append(CLAIM_STAYS)
        elif removal.changed_metadata:
            stripped = edits.apply(photo)
            stays = left_behind(stripped, _restoring(stripped, removal), omitted=removal.record_omitted)
            notes += [stays] if stays else []
        removed = tuple(f"{kind_of(image)} {image.width}x{image.height}" for image in images)
        if file.layout.container == "jpeg":  # Nothing is exported into other containers.
            exported = remove_exported(containers.parse(edits.apply(photo)))
            edits, removed = edits.then(exported.edits), (*removed, *exported.removed)
        return _edited(file, edits, removed, notes)


def _strip_exported(file: ContainerFile) -> EditedPhoto[StripReport]:
    """Take what `export` wrote out of a photo without a depth map of Apple's or Adobe's.

    Raises RefusedError if there is none.
    """
    exported = remove_exported(file)
    if exported.removed:
        left = containers.parse(exported.edits.apply(file.source))
        return _edited(file, exported.edits, exported.removed, list(left.notes))
    found = find_readable(file)
    if found is None:
        raise RefusedError("the photo holds no depth map; there is nothing to strip")
    raise RefusedError(
        f"the photo's depth map is {NAMES[found.source]}, which this tool did not write; strip takes out Apple's, "
        "Adobe's and what export wrote"
    )


def _edited(
    file: ContainerFile, edits: EditList, removed: tuple[str, ...], notes: list[str]
) -> EditedPhoto[StripReport]:
    report = StripReport(
        container=file.layout.container,
        removed=removed,
        bytes_removed=len(file.source) - edits.result_size,
        touched=edits.touched,
        notes=tuple(notes),
    )
    return EditedPhoto(file.source, edits, report)


@dataclass(frozen=True, slots=True)
class Restoration:
    """The removal of every depth map, and the undoing of what this program changed with it."""

    edits: EditList
    notes: tuple[str, ...]


def restoration(file: ContainerFile) -> Restoration:
    """Return the edits that remove every depth map and undo what this program changed with it, as far as it fits."""
    removal = _remove_depth(file)
    try:
        restoring = _restore_metadata(removal.edits.apply(file.source), removal)
    except RefusedError:
        # There is no record, or another program changed the photo since: what is there now is the photo.
        note = EARLIER_OMITTED if removal.record_omitted else EARLIER_STAYS
        return Restoration(removal.edits, (note,))
    return Restoration(removal.edits.then(restoring), ())


def _remove_depth(file: ContainerFile) -> _Removal:
    """Remove every depth map: by the record of the embed where it fits, else structurally."""
    images = depth_images(file.layout)
    found = [(image, provenance) for image in images if (provenance := _provenance(image)) is not None]
    every = tuple(provenance for _, provenance in found)
    for image, provenance in found:
        edits = undone(provenance.undo, file.source)
        if edits is not None and _is_embed_of(edits, file, image):
            return _Removal(edits, every, True)
    return _Removal(file.remove([image.identifier for image in images]), every, False)


def _restore_metadata(photo: bytes, removal: _Removal) -> EditList:
    """Return the edits that undo this program's changes to the metadata of a photo without depth.

    Raises RefusedError if they do not fit.
    """
    record = removal.restore_record
    if removal.record_omitted:
        raise RefusedError(
            "the depth map was embedded with --no-restore-record, so there is no record to restore the photo's "
            "metadata from; without --restore the depth map is removed all the same"
        )
    if not record:
        return EditList.unchanged(len(photo))
    edits = undone(record, photo)
    if edits is None or not _is_metadata_of(edits, photo):
        raise RefusedError(
            "the record for restoring the photo's metadata does not fit it; another program has changed the photo "
            "since; without --restore the depth map is removed all the same"
        )
    return edits


def _restoring(photo: bytes, removal: _Removal) -> EditList | None:
    """Return what `_restore_metadata` would do; None if its record does not fit."""
    try:
        return _restore_metadata(photo, removal)
    except RefusedError:
        return None


def _is_embed_of(undo: EditList, file: ContainerFile, image: FoundAuxiliary) -> bool:
    """Whether the file is what putting the image into the photo that `undo` gives makes, byte for byte.

    A record is data from a file: whatever it says, nothing but what an embed writes may be taken out by it.
    """
    coded = CodedAuxiliary(
        image.width,
        image.height,
        image.payload,
        image.configuration,
        image.auxiliary_type,
        image.auxiliary_subtype,
        image.xmp or b"",
    )
    try:
        before = containers.parse(undo.apply(file.source))
        return not depth_images(before.layout) and _gives(before.splice(coded), before.source, file.source)
    except DepthauthorError:
        return False


def _is_metadata_of(undo: EditList, photo: bytes) -> bool:
    """Whether the photo is what putting its Exif and XMP into the one that `undo` gives makes, byte for byte.

    An orientation is never undone: an embed never changes it.
    """
    try:
        after, before = containers.parse(photo), containers.parse(undo.apply(photo))
        exif, xmp_packet = after.layout.exif, after.layout.xmp
        edits = before.with_metadata(
            exif=None if exif == before.layout.exif else exif,
            xmp=None if xmp_packet == before.layout.xmp else xmp_packet,
        )
        same_turn = photo_orientation(before.layout) == photo_orientation(after.layout)
        return same_turn and _gives(edits, before.source, photo)
    except DepthauthorError:
        return False


def _gives(edits: EditList, source: bytes, result: bytes) -> bool:
    """Whether the edits make `result` of a source; no copy is made."""
    position = 0
    for chunk in edits.chunks(source):
        if not result.startswith(chunk, position):
            return False
        position += len(chunk)
    return position == len(result)


def _claims_depth(stripped: bytes) -> bool:
    """Whether the metadata of a photo without depth says that it has some."""
    layout = containers.parse(stripped).layout
    return lost_depth(layout, read_portrait_metadata(layout.exif, layout.xmp)) is not None


def _provenance(image: FoundAuxiliary) -> Provenance | None:
    """Return this program's mark on a depth map; None if there is none or its packet is broken."""
    try:
        return read_provenance(xmp.parse_packet(image.xmp)) if image.xmp else None
    except DepthauthorError:
        return None
