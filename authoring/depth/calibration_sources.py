"""Derive calibrations for photos without one: from Exif's lens data, or nominal.

Both are pinholes: square pixels, the principal point in the middle, the pose of the reference camera, no distortion.
They are the same however the photo is turned, so the frame is the photo's stored raster.
"""

from __future__ import annotations

import math

from authoring.depth.calibration import Calibration

FILM_DIAGONAL_MM = math.hypot(36, 24)
"""35 mm equivalents compare diagonals. Checked on seven iPhone lenses: within 3 % of Apple's own fx."""

NOMINAL_DIAGONAL_PX = math.hypot(4032, 3024)
NOMINAL_FOCAL_PX = 5707.26
NOMINAL_PIXEL_MM = 0.00122
"""A 49 mm equivalent (6.96 mm on pixels of 1.22 µm) in a frame of 4032 by 3024: the set in another
project's files when Photos edited them on a device, chosen there because a blur with Exif's geometry looked wrong in
one scene. The plain alternative, a 26 mm pinhole, is untested. That set's principal point, 2060.6 and 1515.8, belongs
to one lens and is not used: a photo of unknown make may be turned or cropped, and the middle is then the best guess."""

PIXELS_PER_MM = {2: 1 / 25.4, 3: 1 / 10, 4: 1.0, 5: 1000.0}
"""By FocalPlaneResolutionUnit: inch and cm (Exif 2.32, 4.6.5), mm and µm as some cameras write."""

MIN_DIAGONALS, MAX_DIAGONALS = 0.05, 500.0
"""Accepted focal lengths, in diagonals of the frame: a fisheye has 0.2, a telescope 100."""


def nominal_calibration(width_px: int, height_px: int) -> Calibration:
    """Return a phone's portrait lens for a frame of this size, scaled by the diagonal; see `NOMINAL_FOCAL_PX`."""
    scale = math.hypot(width_px, height_px) / NOMINAL_DIAGONAL_PX
    return Calibration.pinhole(NOMINAL_FOCAL_PX * scale, width_px, height_px, NOMINAL_PIXEL_MM / scale)


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
        pixel_mm = NOMINAL_PIXEL_MM * NOMINAL_DIAGONAL_PX / diagonal
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
