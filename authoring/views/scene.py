"""A photo as a person sees it, with its depth: what previews, refocusing, point clouds and viewers start from.

Knows: how photo, depth and camera are brought into one upright frame. Must not know: paths, colours, geometry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from authoring import containers
from authoring.apple import region
from authoring.apple.provenance import read_provenance
from authoring.codecs import photo as pictures
from authoring.containers.base import ContainerFile
from authoring.depth.buffer import DepthBuffer
from authoring.depth.calibration import Calibration
from authoring.depth.calibration_sources import nominal_calibration
from authoring.depth.orientation import Orientation
from authoring.depth.raster import check_aspect, turned
from authoring.errors import about
from authoring.maps.load import MapSource, load_map
from authoring.maps.map_options import MapOptions
from authoring.read import depth_image
from authoring.read.camera import exif_calibration
from authoring.read.layout import photo_orientation

Camera = Literal["file", "exif", "nominal"]
"""Where a calibration comes from: the depth's own metadata, Exif's focal length, or a usual phone's."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A photo and its depth, both upright."""

    pixels: NDArray[np.uint8]
    """(H, W, 3), the photo's own colours (sRGB or its profile's)."""
    depth: DepthBuffer
    """(h, w) of the photo's aspect, 32-bit; NaN where a map that is not embedded yet has holes."""
    codes: NDArray[np.uint8] | None
    """(h, w), as stored; None for a map that is not embedded."""
    calibration: Calibration
    """In pixels of `pixels`."""
    camera: Camera
    focus: tuple[float, float] | None
    """(x, y), 0..1 from the top left; None where the photo names none."""
    aperture: float | None
    """SimulatedAperture, where the depth states it."""
    notes: tuple[str, ...] = ()
    """What was assumed on the way."""
    icc: bytes | None = None
    """The colour profile of `pixels`, where the photo has one for RGB; without it they are sRGB."""

    @property
    def absolute(self) -> bool:
        """Whether the metres hold; else distances are in proportion only."""
        return self.depth.accuracy == "absolute"


def see(photo: bytes) -> Seen:
    """A JPEG or HEIC photo with Apple depth.

    Raises UnsupportedError where it holds none or its pixels cannot be decoded (arithmetic JPEG).
    """
    with about("photo"):
        file = containers.parse(photo)
        reading = depth_image.read_depth(file.layout)
        pixels = _upright(photo, file, reading.orientation)
        buffer = reading.buffer("display")
        calibration, camera = _camera(file, buffer.calibration, reading.orientation, pixels.shape)
        mark = read_provenance(reading.tree)
        if camera == "file" and mark is not None and mark.calibration_source in ("exif", "nominal"):
            camera = "exif" if mark.calibration_source == "exif" else "nominal"
        return Seen(
            pixels=pixels,
            depth=buffer,
            codes=reading.orientation.to_display(reading.plane.codes),
            calibration=calibration,
            camera=camera,
            focus=_focus(file, reading.orientation),
            aperture=reading.properties.simulated_aperture,
            notes=file.notes,
            icc=_rgb_profile(file.layout.icc),
        )


def see_with_map(photo: bytes, source: MapSource, options: MapOptions) -> Seen:
    """A photo with a map that is not embedded yet, as `embed` would understand it; holes stay holes.

    Raises RefusedError where photo and map have different aspects.
    """
    with about("map"):
        loaded = load_map(source, options)
        buffer = loaded.buffer
        if options.calibration is not None:
            buffer = buffer.replace(calibration=options.calibration)
        if options.accuracy is not None:
            buffer = buffer.replace(accuracy=options.accuracy)
    with about("photo"):
        if containers.is_png(photo):
            pixels = pictures.decode(photo).array
            file, orientation, icc = None, Orientation(1), pictures.png_metadata(photo).icc
        else:
            file = containers.parse(photo)
            orientation = photo_orientation(file.layout)
            pixels, icc = _upright(photo, file, orientation), file.layout.icc
    with about("map"):
        if options.map_orientation == "stored":
            buffer = turned(buffer, orientation)
        height, width = pixels.shape[:2]
        check_aspect(buffer.width, buffer.height, width, height)
    given = buffer.calibration
    if file is not None:
        calibration, camera = _camera(file, given, orientation, pixels.shape)
    elif given is not None:
        calibration, camera = given.scaled(width, height), "file"
    else:
        calibration, camera = nominal_calibration(width, height), "nominal"
    return Seen(
        pixels=pixels,
        depth=buffer,
        codes=None,
        calibration=calibration,
        camera=camera,
        focus=_focus(file, orientation) if file is not None else None,
        aperture=None,
        notes=(*loaded.notes.assumed, *loaded.notes.notes),
        icc=_rgb_profile(icc),
    )


def _upright(photo: bytes, file: ContainerFile, orientation: Orientation) -> NDArray[np.uint8]:
    heic = file.layout.container == "heic"
    pixels = (pictures.decode_heic(photo) if heic else pictures.decode(photo)).array
    # HEIF decoders give the picture upright, JPEG decoders as it lies.
    return pixels if heic else np.ascontiguousarray(orientation.to_display(pixels))


def _rgb_profile(icc: bytes | None) -> bytes | None:
    """A profile that fits decoded pixels: gray and CMYK ones no longer do (ICC.1, header, bytes 16 to 19)."""
    return icc if icc is not None and icc[16:20] == b"RGB " else None


def _camera(
    file: ContainerFile, given: Calibration | None, orientation: Orientation, shape: tuple[int, ...]
) -> tuple[Calibration, Camera]:
    """The camera in pixels of the upright photo: the one given (upright already), else Exif's, else nominal."""
    height, width = shape[:2]
    if given is not None:
        return given.scaled(width, height), "file"
    calibration = exif_calibration(file.layout)
    if calibration is None:
        return nominal_calibration(width, height), "nominal"
    return calibration.oriented(orientation).scaled(width, height), "exif"


def _focus(file: ContainerFile, orientation: Orientation) -> tuple[float, float] | None:
    """The photo's Focus region, whose coordinates are of the stored raster (rw_ios11_test06.jpg)."""
    found = region.read_focus_region(file.layout.xmp)
    if found is None or not found.is_valid:
        return None
    return orientation.point_to_display(found.x, found.y)
