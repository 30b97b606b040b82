"""Read a photo's depth image: XMP, scale and pixels; and the calibration between XMP and camera."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from authoring.apple import depth_properties, xmp
from authoring.apple.depth_properties import CALIBRATION_FIELDS, DepthProperties
from authoring.apple.property_table import PropertyTree
from authoring.apple.values import exact_half
from authoring.codecs import sei
from authoring.containers.base import ContainerName, FoundAuxiliary, Layout
from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.calibration import Calibration
from authoring.depth.orientation import Orientation
from authoring.depth.raster import turned
from authoring.depth.stored_plane import StoredPlane, buffer_from_plane
from authoring.errors import MalformedError, UnsupportedError
from authoring.read.layout import depth_images, photo_orientation

RasterName = Literal["display", "stored"]


@dataclass(frozen=True, slots=True, eq=False)
class DepthReading:
    """The depth of a photo as it was read."""

    container: ContainerName
    found: FoundAuxiliary
    properties: DepthProperties
    tree: PropertyTree
    """All properties of the depth XMP, foreign ones too, in file order."""
    plane: StoredPlane
    """In the photo's stored raster."""
    orientation: Orientation
    """The photo's: it turns the stored raster upright."""

    def buffer(self, raster: RasterName = "display") -> DepthBuffer:
        """The depth (H, W) as float32, upright by default, with calibration turned along.

        The pixel format is the 32-bit one of the native kind (fdis or fdep): the plane's 8-bit codes spread
        between two half floats, and a cast to float16 would add an error of its own.
        """
        wide = PixelFormat.FDIS if self.plane.pixel_format.kind == "disparity" else PixelFormat.FDEP
        told = self.properties
        buffer = buffer_from_plane(
            replace(self.plane, pixel_format=wide),
            accuracy="absolute" if told.accuracy == "absolute" else "relative",
            quality="low" if told.quality == "low" else "high",
            filtered=bool(told.filtered),
            calibration=calibration_of(told),
        )
        return turned(buffer, self.orientation) if raster == "display" else buffer


def read_depth(layout: Layout) -> DepthReading:
    """Read a photo's depth map: XMP, scale and pixels.

    Raises UnsupportedError where there is none or it has no scale, MalformedError where it is damaged.
    """
    images = depth_images(layout)
    if not images:
        raise UnsupportedError("the photo holds no Apple depth map")
    found = images[0]
    tree = xmp.parse_packet(found.xmp) if found.xmp else ()
    told = depth_properties.parse_properties(tree)
    pixel_format, low, high = _scale(found, told)
    codes = decode_auxiliary(layout.container, found)
    int_min, int_max = told.int_min or 0, 255 if told.int_max is None else told.int_max
    if int_max <= int_min:
        raise MalformedError(f"the depth XMP gives IntMinValue {int_min} and IntMaxValue {int_max}")
    if (int_min, int_max) != (0, 255):
        # The plane counts codes 0..255: extend the line that the file gives to those ends.
        step = (high - low) / (int_max - int_min)
        low, high = low - int_min * step, low + (255 - int_min) * step
    plane = StoredPlane(codes, low, high, pixel_format)
    return DepthReading(layout.container, found, told, tree, plane, photo_orientation(layout))


def _scale(found: FoundAuxiliary, told: DepthProperties) -> tuple[PixelFormat, float, float]:
    """Native format and float range. The SEI holds them exactly, XMP with six decimals (all HEIC samples)."""
    exact = sei.parse_aux_subtype(found.auxiliary_subtype) if found.auxiliary_subtype else None
    low, high = told.float_min, told.float_max
    if low is None or high is None:
        if exact is None or exact.d_min is None or exact.d_max is None:
            raise UnsupportedError("the depth map states no float range (no XMP, no SEI), so it has no unit")
        low, high = exact.d_min, exact.d_max
    else:
        low, high = exact_half(low), exact_half(high)
    if not (np.isfinite(low) and np.isfinite(high) and low <= high):
        raise MalformedError(f"the depth map states the impossible range {low:g} to {high:g}")
    if told.native_format is None:
        wanted = PixelFormat.HDEP if told.auxiliary_image_type == "depth" else PixelFormat.HDIS
        return wanted, low, high
    return PixelFormat.from_fourcc(told.native_format), low, high


def decode_auxiliary(container: ContainerName, found: FoundAuxiliary) -> NDArray[np.uint8]:
    """The codes (H, W) of an auxiliary image as stored, not turned for display."""
    if container == "heic" and not found.configuration:
        raise UnsupportedError("the depth item is no single HEVC picture")
    return decode_plane(container, found.width, found.height, found.payload, found.configuration)


def decode_plane(
    container: ContainerName, width: int, height: int, payload: bytes, configuration: bytes
) -> NDArray[np.uint8]:
    """Decode a coded gray plane to codes (H, W), 0..255: the measure of every promise about depth."""
    if container == "jpeg":
        from authoring.codecs import jpeg

        return jpeg.decode_gray(payload)
    from authoring.codecs import hevc
    from authoring.containers import heif

    return hevc.decode_gray(heif.build_still(width, height, payload, configuration))


def calibration_of(told: DepthProperties) -> Calibration | None:
    """The calibration in depth's terms; None where a key that AVCameraCalibrationData needs is missing."""
    matrix, extrinsic = told.intrinsic_matrix, told.extrinsic_matrix
    if matrix is None or extrinsic is None or not told.calibrated or (len(matrix), len(extrinsic)) != (9, 12):
        return None
    center = None
    if told.center_x is not None and told.center_y is not None:
        center = (told.center_x, told.center_y)
    return Calibration(
        intrinsic_matrix=(matrix[0::3], matrix[1::3], matrix[2::3]),
        reference_width_px=round(told.reference_width or 0),
        reference_height_px=round(told.reference_height or 0),
        extrinsic_matrix=extrinsic,
        pixel_size_mm=told.pixel_size or 0.0,
        lens_distortion_coefficients=told.lens_distortion_coefficients or (),
        inverse_lens_distortion_coefficients=told.inverse_lens_distortion_coefficients or (),
        lens_distortion_center_px=center,
    )


def calibration_fields(calibration: Calibration | None) -> dict[str, Any]:
    """Return the nine calibration fields of `DepthProperties`; the twin of `calibration_of`."""
    if calibration is None:
        return dict.fromkeys(CALIBRATION_FIELDS)
    center = calibration.lens_distortion_center_px or (None, None)
    columns = zip(*calibration.intrinsic_matrix, strict=True)
    return {
        "intrinsic_matrix": tuple(value for column in columns for value in column),
        "reference_width": calibration.reference_width_px,
        "reference_height": calibration.reference_height_px,
        "extrinsic_matrix": calibration.extrinsic_matrix,
        "pixel_size": calibration.pixel_size_mm,
        "lens_distortion_coefficients": calibration.lens_distortion_coefficients or None,
        "inverse_lens_distortion_coefficients": calibration.inverse_lens_distortion_coefficients or None,
        "center_x": center[0],
        "center_y": center[1],
    }
