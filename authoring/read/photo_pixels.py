"""Decode the pixels of a photo of any container, and no more of them than are needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from authoring import containers, tiff
from authoring.codecs import photo
from authoring.codecs.colour_space import profile_colours
from authoring.containers import heif
from authoring.containers.base import ContainerFile, Layout
from authoring.containers.heif import HeifFile
from authoring.containers.jpeg import JpegFile
from authoring.depth.aspect import check_aspect
from authoring.depth.orientation import Orientation
from authoring.errors import DepthauthorError
from authoring.read.dng_picture import decode_dng_picture
from authoring.read.heic_tiles import decode_tiles
from authoring.read.layout import photo_orientation


@dataclass(frozen=True, slots=True, eq=False)
class PhotoPixels:
    """The pixels of a photo, all of them or fewer."""

    stored: NDArray[np.uint8]
    """(H, W, 3) in the photo's stored raster, in its own colours (sRGB or those of `icc`); may be a view."""
    orientation: Orientation
    size: tuple[int, int]
    """(width, height) of all pixels, in the stored raster."""
    icc: bytes | None
    """The RGB colour profile; None stands for sRGB."""
    checked: bool
    """Whether each coded picture was decoded by itself, so that none is missing."""

    @property
    def upright(self) -> NDArray[np.uint8]:
        """The pixels (H, W, 3) as the photo is seen."""
        return np.ascontiguousarray(self.orientation.to_display(self.stored))

    @property
    def upright_size(self) -> tuple[int, int]:
        """(width, height) of all pixels, as the photo is seen."""
        return self.size[::-1] if self.orientation.swaps_axes else self.size


def decode_photo(
    file: ContainerFile,
    *,
    least: int | None = None,
    least_thumbnail: int | None = None,
    tone_map: bool = True,
) -> PhotoPixels:
    """Decode the photo; of a DNG its preview (`decode_dng_picture`).

    least: pixels on the long side that are enough; None for all. A JPEG is then halved while it is decoded, and so is
    each tile of a HEIC. least_thumbnail: the file's own thumbnail (HEIC) is enough if it has so many; decoding it takes
    a fifteenth of the time. tone_map: convert PQ and HLG to Display P3.

    Raises UnsupportedError for codings that cannot be decoded here, MalformedError for damage.
    """
    layout = file.layout
    orientation = photo_orientation(layout)
    checked = False
    if isinstance(file, HeifFile):
        pixels = _thumbnail(file, orientation, least_thumbnail) if least_thumbnail else None
        if pixels is None and least is not None:
            pixels = _reduced(file, least)
            checked = pixels is not None
        if pixels is None:
            pixels = photo.decode_heic(file.source, code_points=layout.code_points, tone_map=tone_map)
            stored = orientation.to_stored(pixels.array)  # HEIF decoders give the picture upright.
        else:
            stored = pixels.array
    else:
        if isinstance(file, JpegFile):
            # libjpeg-turbo decodes a damaged scan differently if many bytes follow.
            pixels = photo.decode(file.source[: file.structure.primary_stop], least)
            checked = True
        else:
            pixels = decode_dng_picture(file, least)
        stored = pixels.array
    if tone_map and pixels.hdr is not None:
        pixels = photo.sdr(pixels)
        stored = pixels.array
    size = pixels.reduced_from or (stored.shape[1], stored.shape[0])
    return PhotoPixels(stored, orientation, size, pixels.icc, checked)


@dataclass(frozen=True, slots=True, eq=False)
class AnyPhoto:
    """The pixels of a photo of any form, and its layout."""

    pixels: PhotoPixels
    layout: Layout | None
    """None for a PNG and for pixels that have no file."""


def decode_any_photo(
    source: bytes | photo.DecodedPhoto, least_of: Callable[[Layout], int | None] = lambda _: None
) -> AnyPhoto:
    """Decode a JPEG, HEIC, DNG or PNG photo, or take pixels that are decoded already.

    least_of: pixels on the long side that are enough, see `decode_photo`.
    """
    if isinstance(source, photo.DecodedPhoto):
        exif = source.metadata.exif
        turn = Orientation((tiff.orientation(exif) if exif else None) or 1)
        return AnyPhoto(pixels_of(source.pixels, turn), None)
    if containers.is_png(source):
        exif = photo.png_metadata(source).exif
        turn = Orientation((tiff.orientation(exif) if exif else None) or 1)
        return AnyPhoto(pixels_of(photo.decode(source), turn), None)
    file = containers.parse(source)
    return AnyPhoto(decode_photo(file, least=least_of(file.layout)), file.layout)


def pixels_of(pixels: photo.Pixels, orientation: Orientation) -> PhotoPixels:
    """Return decoded pixels that belong to no container."""
    pixels = photo.sdr(pixels)
    return PhotoPixels(pixels.array, orientation, (pixels.width, pixels.height), pixels.icc, False)


def _reduced(file: HeifFile, least: int) -> photo.Pixels | None:
    """Decode the tiles of a HEIC photo to half the size or less; None where that is too small or not possible."""
    if max(file.layout.width, file.layout.height) // 2 < least:
        return None
    try:
        pixels = decode_tiles(file, least, for_display=True)
    except DepthauthorError:
        return None
    return pixels if pixels.reduced_from else None


def _thumbnail(file: HeifFile, orientation: Orientation, least: int) -> photo.Pixels | None:
    """Return the thumbnail in a HEIC photo, in the photo's stored raster.

    Where it states no colours, the photo's count. None if there is none, or it is too small, damaged, or of another
    aspect.
    """
    try:
        item = file.thumbnail()
        if item is None or max(item.width, item.height) < least:
            return None
        own = Orientation.from_transforms(
            [(transform.kind, transform.value) for transform in item.transforms]
        )
        layout = file.layout
        turned = own.swaps_axes ^ orientation.swaps_axes
        width, height = (item.height, item.width) if turned else (item.width, item.height)
        check_aspect(width, height, layout.width, layout.height)
        still = heif.build_still(item.width, item.height, item.payload, item.configuration, item.colour)
        pixels = photo.decode_heic(still, code_points=layout.code_points, tone_map=True)
    except DepthauthorError:
        return None
    stored = np.ascontiguousarray(orientation.to_stored(own.to_display(pixels.array)))
    return replace(
        pixels,
        width=stored.shape[1],
        height=stored.shape[0],
        rgb=stored.tobytes(),
        icc=layout.icc if layout.icc is not None and profile_colours(layout.icc) == "RGB" else pixels.icc,
        reduced_from=(layout.width, layout.height),
    )
