"""Load a photo and its depth into one upright frame, for previews, refocusing, point clouds and viewers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from authoring import containers
from authoring.apple import region
from authoring.apple.provenance import read_provenance
from authoring.codecs import photo as pictures
from authoring.containers.base import ContainerFile, Layout
from authoring.depth.aspect import check_aspect
from authoring.depth.buffer import DepthBuffer
from authoring.depth.calibration import Calibration
from authoring.depth.calibration_sources import nominal_calibration
from authoring.depth.orientation import Orientation
from authoring.depth.raster import turned
from authoring.depth.stored_plane import StoredPlane
from authoring.errors import about
from authoring.maps.fit import stretched
from authoring.maps.load import MapSource, load_map, map_raster
from authoring.maps.map_options import MapOptions
from authoring.maps.polarity import check_polarity
from authoring.read import depth_image
from authoring.read.camera import exif_calibration
from authoring.read.crop import covers_active_area, shown_map, shown_part
from authoring.read.depth_image import DepthReading
from authoring.read.layout import photo_orientation
from authoring.read.photo_pixels import PhotoPixels, decode_any_photo, decode_photo

Needed = Callable[[int, int], int]
"""Returns how many pixels on the long side are enough of an upright photo of (width, height)."""

CameraSource = Literal["file", "exif", "nominal"]
"""Where a calibration comes from: the depth's own metadata, Exif's focal length, or a typical phone's."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A photo and its depth, both upright."""

    pixels: NDArray[np.uint8]
    """(H, W, 3), in the photo's own colours (sRGB or those of `icc`); fewer than the photo's where fewer are enough."""
    depth: DepthBuffer
    """(h, w) of the photo's aspect, 32-bit; NaN in the holes of a map that is not embedded."""
    plane: StoredPlane | None
    """The same samples as stored codes (h, w); None for a map that is not embedded."""
    calibration: Calibration
    """In pixels of the whole photo."""
    camera: CameraSource
    exif_calibration: Calibration | None
    """The calibration that Exif gives, in pixels of the whole photo; None where Exif has too little."""
    focus: tuple[float, float] | None
    """(x, y), 0..1 from the top left; None if the photo has no Focus region."""
    aperture: float | None
    """SimulatedAperture, if the depth states it."""
    notes: tuple[str, ...] = ()
    """What was assumed while loading."""
    icc: bytes | None = None
    """The RGB colour profile of `pixels`; None stands for sRGB."""
    photo_size: tuple[int, int] | None = None
    """(width, height) of the whole photo, upright; None stands for that of `pixels`."""

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the whole photo, upright."""
        return self.photo_size or (self.pixels.shape[1], self.pixels.shape[0])

    @property
    def absolute(self) -> bool:
        """Whether the metres hold; otherwise only the proportions of distances do."""
        return self.depth.accuracy == "absolute"


@dataclass(frozen=True, slots=True, eq=False)
class _Photo:
    """A decoded photo."""

    pixels: NDArray[np.uint8]
    """(H, W, 3), upright."""
    size: tuple[int, int]
    """(width, height) of the whole photo, upright."""
    layout: Layout | None
    """None for a PNG."""
    orientation: Orientation
    icc: bytes | None

    @property
    def exif_calibration(self) -> Calibration | None:
        if self.layout is None:
            return None
        calibration = exif_calibration(self.layout)
        if calibration is None:
            return None
        return calibration.oriented(self.orientation).scaled(*self.size)

    @property
    def focus(self) -> tuple[float, float] | None:
        """The Focus region, whose coordinates are those of the stored raster (rw_ios11_test06.jpg)."""
        focus = region.read_focus_region(self.layout.xmp) if self.layout is not None else None
        if focus is None or not focus.is_valid:
            return None
        return self.orientation.point_to_display(focus.x, focus.y)


def load_scene(photo: bytes, needed: Needed | None = None, min_confidence: float | None = None) -> Scene:
    """Load a JPEG, HEIC or DNG photo with depth; min_confidence: see `read_depth`.

    needed: how many pixels are; None for all. Raises UnsupportedError if it holds no depth or its pixels cannot be
    decoded (arithmetic JPEG).
    """
    with about("photo"):
        file = containers.parse(photo)
        reading = depth_image.read_depth(file, min_confidence)
        return scene_of(file, reading, decode_photo(file, least=_least(file.layout, needed)))


def scene_of(file: ContainerFile, reading: DepthReading, pixels: PhotoPixels) -> Scene:
    """Return the scene of a photo whose depth and pixels are decoded."""
    with about("photo"):
        decoded = _upright(pixels, file.layout)
        reading = shown_part(reading, file.layout)
        plane = replace(reading.plane, codes=reading.orientation.to_display(reading.plane.codes))
        buffer = reading.buffer("display")
        calibration, camera = _calibration(decoded, buffer.calibration)
        provenance = read_provenance(reading.tree)
        if camera == "file" and provenance is not None:
            if provenance.calibration_source == "exif":
                camera = "exif"
            elif provenance.calibration_source == "nominal":
                camera = "nominal"
        return Scene(
            pixels=decoded.pixels,
            depth=buffer,
            plane=plane,
            calibration=calibration,
            camera=camera,
            exif_calibration=decoded.exif_calibration,
            focus=decoded.focus,
            aperture=reading.properties.simulated_aperture,
            notes=(
                *file.notes,
                *(reading.notes if reading.foreign else ()),
                *((buffer.estimate.by.sentence,) if buffer.estimate else ()),
            ),
            icc=decoded.icc,
            photo_size=decoded.size,
        )


def load_scene_with_map(
    photo: bytes | pictures.DecodedPhoto,
    source: MapSource,
    options: MapOptions,
    needed: Needed | None = None,
) -> Scene:
    """Load a photo with a map that is not embedded, interpreted as `embed` would; holes stay holes.

    needed: how many pixels of the photo are; None for all. Raises RefusedError if photo and map have different aspects.
    """
    with about("map"):
        loaded = load_map(source, options)
        buffer = loaded.buffer
        if options.calibration is not None:
            buffer = buffer.replace(calibration=options.calibration)
        if options.accuracy is not None:
            buffer = buffer.replace(accuracy=options.accuracy)
    with about("photo"):
        any_photo = decode_any_photo(photo, lambda layout: _least(layout, needed))
        decoded = _upright(any_photo.pixels, any_photo.layout)
    with about("map"):
        width, height = decoded.size
        stored = (height, width) if decoded.orientation.swaps_axes else (width, height)
        raster = map_raster(options, loaded, stored, decoded.orientation)
        if raster == "stored":
            buffer = turned(buffer, decoded.orientation)
        layout = decoded.layout
        if layout is not None and layout.crop is not None and covers_active_area(buffer, layout):
            buffer = shown_map(buffer, layout.crop, layout, decoded.orientation)
        notes = loaded.notes
        if options.stretch:
            buffer, stretch_notes = stretched(buffer, (width, height))
            notes += stretch_notes
        check_aspect(buffer.width, buffer.height, width, height)
        notes += check_polarity(buffer, loaded, options, raster, decoded.orientation)
    calibration, camera = _calibration(decoded, buffer.calibration)
    return Scene(
        pixels=decoded.pixels,
        depth=buffer,
        plane=None,
        calibration=calibration,
        camera=camera,
        exif_calibration=decoded.exif_calibration,
        focus=decoded.focus,
        aperture=None,
        notes=(*notes.warnings, *notes.assumed, *notes.notes),
        icc=decoded.icc,
        photo_size=decoded.size,
    )


def _least(layout: Layout, needed: Needed | None) -> int | None:
    """Return how many pixels on the long side are enough; None for all."""
    if needed is None:
        return None
    shown = (layout.crop.width, layout.crop.height) if layout.crop else (layout.width, layout.height)
    width, height = shown[::-1] if photo_orientation(layout).swaps_axes else shown
    return needed(round(width), round(height))


def _upright(pixels: PhotoPixels, layout: Layout | None) -> _Photo:
    return _Photo(pixels.upright, pixels.upright_size, layout, pixels.orientation, pixels.icc)


def _calibration(photo: _Photo, given: Calibration | None) -> tuple[Calibration, CameraSource]:
    """Return the calibration in pixels of the upright photo: the given one (upright), else Exif's, else nominal."""
    width, height = photo.size
    if given is not None:
        return given.scaled(width, height), "file"
    exif = photo.exif_calibration
    return (exif, "exif") if exif is not None else (nominal_calibration(width, height), "nominal")
