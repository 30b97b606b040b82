"""Re-encode a photo into another container: the only case in which its pixels are encoded again."""

from __future__ import annotations

from dataclasses import dataclass, replace

from authoring import containers, tiff
from authoring.codecs import hevc, photo
from authoring.codecs.colour_space import SRGB, build_profile
from authoring.codecs.hevc import Effort
from authoring.containers import heif
from authoring.containers.base import ContainerFile, ContainerName, Layout
from authoring.depth.orientation import Orientation
from authoring.errors import RefusedError, UnsupportedError
from authoring.read.layout import kind_of, photo_orientation


@dataclass(frozen=True, slots=True)
class Transcoded:
    """A photo in the container that was asked for."""

    file: ContainerFile
    reencoded: bool
    notes: tuple[str, ...]


def transcode(
    data: bytes | photo.DecodedPhoto,
    container: ContainerName | None,
    *,
    quality: int | None = None,
    effort: Effort | None = None,
    threads: int | None = None,
    tone_map: bool = False,
) -> Transcoded:
    """Parse a photo, re-encoded into `container` where it is in another one.

    container: None keeps the photo's own; a PNG and decoded pixels become HEIC. threads: of the HEVC encoder. tone_map:
    convert HDR (PQ, HLG) pixels; without it they are refused, since what is encoded here is 8-bit and SDR.
    """
    if container == "dng" and (isinstance(data, photo.DecodedPhoto) or containers.name_of(data) != "dng"):
        raise UnsupportedError("a DNG is made from a DNG only; write a .heic or .jpg")
    if isinstance(data, photo.DecodedPhoto):
        pixels, metadata = data.pixels, data.metadata
        notes: tuple[str, ...] = (
            "the photo was given as pixels (a PIL image) and was encoded; give the file itself to keep its bytes",
        )
        orientation = _exif_orientation(metadata)
    elif not containers.is_png(data):
        file = containers.parse(data)
        layout = file.layout
        if container in (None, layout.container):
            return Transcoded(file, False, ())
        if layout.container == "dng":
            raise UnsupportedError(
                "a raw photo is not developed here; develop it to a HEIC or JPEG and embed the map into that, or write "
                "a .dng"
            )
        metadata = photo.Metadata(layout.exif, layout.xmp, layout.icc)
        notes = _left_behind(layout)
        if layout.container == "heic":
            pixels = photo.decode_heic(data, code_points=layout.code_points, tone_map=tone_map)
            orientation = Orientation(1)
            if metadata.exif:
                # HEIF decoders give the picture upright, so a value other than 1 would turn it again.
                metadata = replace(metadata, exif=tiff.with_orientation(metadata.exif, 1) or metadata.exif)
        else:
            pixels, orientation = photo.decode(data), photo_orientation(layout)
    else:
        pixels, metadata, notes = photo.decode(data), photo.png_metadata(data), ()
        orientation = _exif_orientation(metadata)
    if pixels.hdr is not None:
        if not tone_map:
            raise RefusedError(_HDR.format(hdr=pixels.hdr.hdr, name=pixels.hdr.name))
        pixels = photo.sdr(pixels)
    metadata, exif_notes = _with_colours(metadata, pixels)
    notes = (*pixels.notes, *exif_notes, *notes)
    if container == "jpeg":
        return _to_jpeg(pixels, metadata, quality or photo.JPEG_QUALITY, notes)
    heic_quality = quality or photo.HEIC_QUALITY
    file = _to_heic(pixels, metadata, heic_quality, effort, threads)
    if photo_orientation(file.layout) != orientation and metadata.xmp:
        notes = (*notes, "the XMP packet contradicts the Exif orientation and was not carried over")
        file = _to_heic(pixels, replace(metadata, xmp=None), heic_quality, effort, threads)
    return Transcoded(file, True, notes)


_HDR = (
    "the photo is HDR ({hdr}: {name}), and only 8-bit photos without HDR are encoded here; keep its own container, or "
    "let --tone-map convert it"
)


def _with_colours(metadata: photo.Metadata, pixels: photo.Pixels) -> tuple[photo.Metadata, tuple[str, ...]]:
    """Return the blocks with the profile of the pixels, which an Exif ColorSpace does not contradict, and notes."""
    exif = metadata.exif
    if exif is None or tiff.color_space(exif) != tiff.SRGB:
        return replace(metadata, icc=pixels.icc), ()
    if pixels.icc in (None, metadata.icc, build_profile(SRGB)):
        return replace(metadata, icc=pixels.icc), ()
    exif = tiff.with_color_space(exif, tiff.UNCALIBRATED)
    note = 'Exif ColorSpace was set from sRGB to "uncalibrated", as the new colour profile asks'
    return replace(metadata, exif=exif, icc=pixels.icc), (note,)


def _exif_orientation(metadata: photo.Metadata) -> Orientation:
    return Orientation((tiff.orientation(metadata.exif) if metadata.exif else None) or 1)


def _to_jpeg(
    pixels: photo.Pixels, metadata: photo.Metadata, quality: int, notes: tuple[str, ...]
) -> Transcoded:
    if metadata.exif and len(metadata.exif) > photo.MAX_EXIF_BYTES:
        notes = (*notes, "the Exif block is larger than a JPEG segment and was not carried over")
    return Transcoded(containers.parse(photo.encode_jpeg(pixels, metadata, quality=quality)), True, notes)


def _to_heic(
    pixels: photo.Pixels, metadata: photo.Metadata, quality: int, effort: Effort | None, threads: int | None
) -> ContainerFile:
    data = photo.encode_heic(pixels, metadata, quality=quality, effort=effort or "fast", threads=threads)
    # A HEIC made here states whole offsets in its extents and complete arrays in hvcC, as phones do.
    data = heif.with_configurations(heif.with_plain_offsets(data), hevc.complete_arrays)
    return containers.parse(data)


def _left_behind(layout: Layout) -> tuple[str, ...]:
    """Return sentences about what does not move to another container."""
    kinds = [kind_of(auxiliary) for auxiliary in layout.auxiliaries]
    notes = [f"the {kind} was not carried over to the new container" for kind in kinds if kind != "depth"]
    if layout.signed:
        notes.append("the C2PA manifest was not carried over: its signature is for the old file")
    return tuple(notes)
