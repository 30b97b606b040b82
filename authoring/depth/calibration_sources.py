"""Derive calibrations for photos without one: from a given angle or focal length, from Exif's lens data, or nominal.

All are pinholes: square pixels, the principal point in the middle, the pose of the reference camera, no distortion.
They are the same however the photo is turned, so the frame is the photo's stored raster.
"""

from __future__ import annotations

import math
from dataclasses import replace

from authoring.depth.calibration import Calibration
from authoring.errors import UsageError

FILM_DIAGONAL_MM = math.hypot(36, 24)
"""35 mm equivalents compare diagonals. Checked on seven iPhone lenses: within 3 % of Apple's own fx."""

NOMINAL_DIAGONAL_PX = math.hypot(4032, 3024)
NOMINAL_FOCAL_35MM = 26.0
NOMINAL_PIXEL_MM = 0.0014
"""A phone's main camera. Three in the samples (iPhone 12 mini, 13 mini, 13 Pro) have equivalents of 26.0 to 26.4 mm by
Apple's own fx; pixels of 1.4 µm are the 12 mini's, with a lens of 4.2 mm. Another project's files that Photos edited on
a device had a 49 mm equivalent, chosen for the look of one scene; its points would lie almost twice as far from the
axis as a main camera's do."""

UNKNOWN_PIXEL_MM = 0.00122
"""Side of a pixel in 4032 by 3024 where an equivalent is known and neither the lens's focal length nor the sensor."""

FOV_DEGREES = (0.1, 179.0)
"""Accepted angles of view: a lens of 20 m covers 0.1 degrees on 36 mm of film; at 180 a pinhole's frame is infinite."""

PIXELS_PER_MM = {2: 1 / 25.4, 3: 1 / 10, 4: 1.0, 5: 1000.0}
"""By FocalPlaneResolutionUnit: inch and cm (Exif 2.32, 4.6.5), mm and µm as some cameras write."""

MIN_DIAGONALS, MAX_DIAGONALS = 0.05, 500.0
"""Accepted focal lengths, in diagonals of the frame: a fisheye has 0.2, a telescope 100."""


def nominal_calibration(width_px: int, height_px: int) -> Calibration:
    """Return a phone's main camera for a frame of this size, scaled by the diagonal; see `NOMINAL_FOCAL_35MM`."""
    diagonal = math.hypot(width_px, height_px)
    pixel_mm = NOMINAL_PIXEL_MM * NOMINAL_DIAGONAL_PX / diagonal if diagonal else NOMINAL_PIXEL_MM
    return Calibration.pinhole(
        NOMINAL_FOCAL_35MM * diagonal / FILM_DIAGONAL_MM, width_px, height_px, pixel_mm
    )


def calibration_from_fov(width_px: int, height_px: int, degrees: float) -> Calibration:
    """Return a pinhole whose frame is this many degrees wide. Raises UsageError for an angle that none has."""
    if not FOV_DEGREES[0] <= degrees <= FOV_DEGREES[1]:
        raise UsageError(
            f"the angle of view is {degrees:g} degrees; it can be {FOV_DEGREES[0]:g} to {FOV_DEGREES[1]:g}"
        )
    focal_px = width_px / 2 / math.tan(math.radians(degrees) / 2)
    return Calibration.pinhole(focal_px, width_px, height_px, usual_pixel_mm(width_px, height_px))


def usual_pixel_mm(width_px: int, height_px: int) -> float:
    """Return the side of a pixel of a phone's sensor for a frame of this size; see `UNKNOWN_PIXEL_MM`."""
    return UNKNOWN_PIXEL_MM * NOMINAL_DIAGONAL_PX / math.hypot(width_px, height_px)


def calibration_from_exif_lens(
    width_px: int,
    height_px: int,
    focal_length_35mm: float | None = None,
    focal_length_mm: float | None = None,
    focal_plane_resolution: tuple[float, float, int] | None = None,
    resolution_frame_px: tuple[int, int] | None = None,
) -> Calibration | None:
    """Return a pinhole from Exif's lens data; None if they are missing or outside the accepted range.

    width_px, height_px: the photo's stored raster. focal_length_35mm: equivalent in mm; preferred, since it
    includes digital zoom. focal_plane_resolution: pixels per unit across and down the sensor, and
    FocalPlaneResolutionUnit, used with focal_length_mm where there is no equivalent. resolution_frame_px: the
    frame of that resolution (PixelXDimension, PixelYDimension), which may be rotated against the stored one or
    larger; None: the photo's own.
    """
    diagonal = math.hypot(width_px, height_px)
    pixel_mm = None
    if focal_plane_resolution is not None:
        pixel_mm = _pixel_mm(focal_plane_resolution, resolution_frame_px, diagonal)
    if focal_length_35mm is not None and focal_length_35mm > 0:
        focal_px = focal_length_35mm * diagonal / FILM_DIAGONAL_MM
    elif focal_length_mm is not None and focal_length_mm > 0 and pixel_mm is not None:
        focal_px = focal_length_mm / pixel_mm
    else:
        return None
    if not MIN_DIAGONALS <= focal_px / diagonal <= MAX_DIAGONALS:
        return None
    if focal_length_mm is not None and focal_length_mm > 0:
        pixel_mm = focal_length_mm / focal_px
    elif pixel_mm is None:
        pixel_mm = usual_pixel_mm(width_px, height_px)
    return Calibration.pinhole(focal_px, width_px, height_px, pixel_mm)


def _pixel_mm(
    resolution: tuple[float, float, int], frame_px: tuple[int, int] | None, diagonal: float
) -> float | None:
    """Return the side of one pixel of the photo on the sensor; pixels that are not square are averaged."""
    across, down, unit = resolution
    per_mm = math.sqrt(max(across, 0) * max(down, 0)) * PIXELS_PER_MM.get(unit, 0)
    if frame_px is not None and min(frame_px) > 0:
        per_mm *= diagonal / math.hypot(*frame_px)
    return 1 / per_mm if per_mm > 0 and math.isfinite(per_mm) else None


def with_zero_distortion(calibration: Calibration) -> Calibration:
    """Return a pinhole that states its lack of distortion: zeros around the principal point.

    Every Apple file has these fields; fidmaa_selfie_depth has zeros in them.
    """
    return replace(
        calibration,
        lens_distortion_coefficients=(0.0,) * 8,
        inverse_lens_distortion_coefficients=(0.0,) * 8,
        lens_distortion_center_px=calibration.principal_point_px,
    )


def equivalent_mm(calibration: Calibration) -> float:
    """Return the focal length as its 35 mm equivalent, by the diagonal; fx and fy are averaged."""
    diagonal = math.hypot(calibration.reference_width_px, calibration.reference_height_px)
    return math.sqrt(math.prod(calibration.focal_px)) * FILM_DIAGONAL_MM / diagonal
