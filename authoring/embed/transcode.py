"""A photo moves to the other container: the only case in which its pixels are coded anew.

Knows: what can be carried over and what cannot, and says so. Must not know: depth maps other than as something
that may stay behind.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from authoring import containers, tiff
from authoring.codecs import photo
from authoring.codecs.hevc import Effort
from authoring.containers.base import ContainerFile, ContainerName, Layout
from authoring.depth.orientation import Orientation
from authoring.read.layout import kind_of, photo_orientation


@dataclass(frozen=True, slots=True)
class Prepared:
    """A photo in the container asked for."""

    file: ContainerFile
    reencoded: bool
    notes: tuple[str, ...]


def prepare(
    data: bytes,
    container: ContainerName | None,
    *,
    quality: int | None = None,
    effort: Effort | None = None,
    hasty: bool = False,
) -> Prepared:
    """The photo in `container` (None: its own, or HEIC for a PNG), coded anew only where it must be.

    hasty: as for `containers.parse`; the caller looks at `assumed`.
    """
    if containers.is_png(data):
        target = container or "heic"
        pixels, metadata = photo.decode(data), photo.png_metadata(data)
        return _encode(
            pixels, metadata, Orientation(_exif_orientation(metadata)), target, quality, effort, ()
        )
    file = containers.parse(data, hasty=hasty)
    if container is None or file.layout.container == container:
        return Prepared(file, False, ())
    layout = file.layout
    metadata = photo.Metadata(layout.exif, layout.xmp, layout.icc)
    left = _left_behind(layout)
    if layout.container == "heic":
        pixels = photo.decode_heic(data)
        if metadata.exif:
            # HEIF decoders give the picture upright, so a value other than 1 would turn it again.
            metadata = replace(metadata, exif=tiff.with_orientation(metadata.exif, 1) or metadata.exif)
        return _encode(pixels, metadata, Orientation(1), container, quality, effort, left)
    pixels = photo.decode(data)
    return _encode(pixels, metadata, photo_orientation(layout), container, quality, effort, left)


def _encode(
    pixels: photo.Pixels,
    metadata: photo.Metadata,
    orientation: Orientation,
    container: ContainerName,
    quality: int | None,
    effort: Effort | None,
    left: tuple[str, ...],
) -> Prepared:
    notes = [*pixels.notes, *left]
    if container == "jpeg":
        if metadata.exif and len(metadata.exif) > photo.MAX_EXIF_BYTES:
            notes.append("the Exif block is larger than a JPEG segment and was not carried over")
        data = photo.encode_jpeg(pixels, metadata, quality=quality or photo.JPEG_QUALITY)
        return Prepared(containers.parse(data), True, tuple(notes))
    chosen = quality or photo.HEIC_QUALITY
    from authoring.containers import heif

    def encoded(kept: photo.Metadata) -> ContainerFile:
        data = photo.encode_heic(pixels, kept, quality=chosen, effort=effort or "fast")
        return containers.parse(heif.with_plain_offsets(data))

    file = encoded(metadata)
    if photo_orientation(file.layout) != orientation and metadata.xmp:
        notes.append("the XMP packet contradicts the Exif orientation and was not carried over")
        file = encoded(replace(metadata, xmp=None))
    return Prepared(file, True, tuple(notes))


def _exif_orientation(metadata: photo.Metadata) -> int:
    return (tiff.orientation(metadata.exif) if metadata.exif else None) or 1


def _left_behind(layout: Layout) -> tuple[str, ...]:
    """What does not travel to another container, as sentences."""
    names = [kind_of(one) for one in layout.auxiliaries if kind_of(one) != "depth"]
    notes = [f"the {name} was not carried over to the new container" for name in names]
    if layout.signed:
        notes.append("the C2PA manifest was not carried over: its signature is for the old file")
    return tuple(notes)
