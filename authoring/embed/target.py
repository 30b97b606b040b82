"""The photo that depth goes into: in its container, without older depth, with the marks of its profile.

Knows: what becomes of a photo before depth is spliced into it, and what of it may be written meanwhile.
Must not know: how the map is made, coded or measured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from authoring import containers
from authoring.beside import side_by_side
from authoring.containers.base import ContainerFile, Layout
from authoring.containers.edits import EditList, Kept
from authoring.depth.buffer import DepthBuffer
from authoring.depth.orientation import Orientation
from authoring.embed.note_list import NoteList
from authoring.embed.options import EmbedOptions
from authoring.embed.portrait import Marked, marked, refuse_rendered_blur
from authoring.embed.transcode import prepare
from authoring.errors import RefusedError, about
from authoring.read.layout import depth_images, photo_orientation

Ahead: TypeAlias = "Callable[[int, memoryview], None]"
"""Takes bytes of the photo to be, and their offset in it, before the rest is made: see `Outcome.ahead`."""


@dataclass(frozen=True, slots=True)
class Target:
    """The photo that depth goes into, in its container and without older depth."""

    source: bytes
    file: ContainerFile
    cleared: EditList
    """From `source` to `file`: the removal of older depth, or nothing."""
    orientation: Orientation
    reencoded: bool

    @property
    def layout(self) -> Layout:
        """What the photo holds."""
        return self.file.layout


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """The photo with the marks of the portrait profile, and what they have to tell."""

    made: Marked
    notes: NoteList


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """The photo as the depth is spliced into it."""

    target: Target
    file: ContainerFile
    edits: EditList
    """From the target's source to `file`."""
    marks: Marks | None
    handed_out: Kept | None = None
    """What of the target's source was handed out already, and where it should come to lie."""

    def begun(self, ahead: Ahead | None) -> Ready:
        """Hand out what no depth will move, if that can be told; see `ContainerFile.forecast`.

        Not by a job of one processor: what the copying takes from it is more than the disk's time that is gained.
        """
        forecast = self.file.forecast() if ahead and side_by_side() else None
        run = self.edits.longest_kept(forecast.certain, forecast.edits) if forecast else None
        if run is None or not ahead:
            return self
        ahead(run.place, memoryview(self.target.source)[run.start : run.stop])
        return replace(self, handed_out=run)


def target_of(photo: bytes, options: EmbedOptions, notes: NoteList, careful: bool) -> Target:
    """The photo, ready to take depth. Raises RefusedError where depth is there, without --replace."""
    with about("photo"):
        prepared = prepare(
            photo, options.container, quality=options.quality, effort=options.effort, hasty=not careful
        )
        notes.notes.extend(prepared.notes)
        file = prepared.file
        source, cleared = file.source, EditList.unchanged(len(file.source))
        if depth_images(file.layout):
            if not options.replace:
                raise RefusedError(
                    "the photo holds a depth map already; --replace puts the new one in its place"
                )
            from authoring.embed.strip import restoration

            cleared = restoration(file)
            file = containers.parse(cleared.apply(source))
            notes.notes.append("the depth map that was there was replaced")
        if options.profile == "portrait":
            refuse_rendered_blur(file.layout, options.portrait, notes)
        return Target(source, file, cleared, photo_orientation(file.layout), prepared.reencoded)


def ready(
    target: Target, buffer: DepthBuffer | None, options: EmbedOptions, ahead: Ahead | None = None
) -> Ready:
    """The photo with the marks of its profile; what no depth can move is handed out.

    buffer: the map in the photo's stored raster; only the portrait profile asks for it.
    """
    file, edits, marks = target.file, target.cleared, None
    if options.profile == "portrait":
        assert buffer is not None
        with about("photo"):
            notes = NoteList()
            marks = Marks(marked(file, buffer, target.orientation, options.portrait, notes), notes)
        file, edits = marks.made.file, edits.then(marks.made.edits)
    return Ready(target, file, edits, marks).begun(ahead)
