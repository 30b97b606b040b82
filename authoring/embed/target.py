"""Open the photo that depth goes into: parsed, in its container, without older depth."""

from __future__ import annotations

from dataclasses import dataclass

from authoring import containers
from authoring.codecs.photo import DecodedPhoto
from authoring.containers.base import ContainerFile, Layout
from authoring.containers.edits import EditList
from authoring.depth.orientation import Orientation
from authoring.embed.base_photo import foreign_depth, refuse_foreign_blur
from authoring.embed.embed_options import EmbedOptions
from authoring.embed.portrait import refuse_rendered_blur
from authoring.embed.strip import restoration
from authoring.embed.transcode import Transcoded, transcode
from authoring.errors import RefusedError, about
from authoring.maps.notes import Notes
from authoring.read.foreign.base import ForeignDepth
from authoring.read.foreign.find import find_readable
from authoring.read.layout import depth_images, photo_orientation, unused_orientation


@dataclass(frozen=True, slots=True)
class Target:
    """The photo that depth goes into."""

    source: bytes
    """The photo in its container; re-encoded where another container was asked for."""
    file: ContainerFile
    """The parsed photo without older depth."""
    cleared: EditList
    """From `source` to `file`: the removal of older depth, or nothing."""
    orientation: Orientation
    reencoded: bool
    notes: Notes

    @property
    def layout(self) -> Layout:
        """What the photo holds."""
        return self.file.layout


def open_target(photo: bytes | DecodedPhoto, options: EmbedOptions) -> Target:
    """Open a JPEG, HEIC, DNG or PNG photo, or pixels, to take depth.

    Raises RefusedError where depth is there already, without `options.replace`, and for a photo whose portrait blur
    is in its pixels, without `options.portrait.already_blurred`.
    """
    with about("photo"):
        transcoded = transcode(
            photo,
            options.container,
            quality=options.quality,
            effort=options.effort,
            threads=options.encoder_threads,
            tone_map=options.tone_map,
        )
        file, notes = transcoded.file, Notes(notes=transcoded.notes)
        if options.profile == "portrait":
            notes += refuse_foreign_blur(
                _foreign_depth(photo, transcoded), already_blurred=options.portrait.already_blurred
            )
        source, cleared = file.source, EditList.unchanged(len(file.source))
        if depth_images(file.layout):
            if not options.replace:
                raise RefusedError("the photo already holds a depth map; --replace replaces it")
            restored = restoration(file)
            cleared = restored.edits
            file = containers.parse(cleared.apply(source))
            notes += Notes(notes=("the depth map that was there was replaced", *restored.notes))
        if options.profile == "portrait":
            notes += refuse_rendered_blur(file.layout, options.portrait)
        turned = unused_orientation(file.layout)
        notes += Notes(notes=(turned,) if turned else ())
        orientation = photo_orientation(file.layout)
        return Target(source, file, cleared, orientation, transcoded.reencoded, notes)


def _foreign_depth(photo: bytes | DecodedPhoto, transcoded: Transcoded) -> ForeignDepth | None:
    """Return the depth of another maker in the photo as it was before it was re-encoded."""
    if not transcoded.reencoded:
        return find_readable(transcoded.file)
    found = foreign_depth(photo)
    return found[1] if found else None
