"""The camera that the options give: a calibration, an angle of view, or a focal length."""

from __future__ import annotations

from authoring.depth.calibration import Calibration
from authoring.depth.calibration_sources import calibration_from_exif_lens, calibration_from_fov
from authoring.depth.orientation import Orientation
from authoring.errors import UsageError
from authoring.maps.map_options import MapOptions
from authoring.maps.presets import Raster


def given_camera(
    options: MapOptions, size: tuple[int, int], orientation: Orientation, raster: Raster
) -> Calibration | None:
    """Return the camera for a photo of stored size (width, height), in the stored raster; None where none is given.

    raster: how the map lies, and a calibration with it. An angle of view is that of the upright photo's width.
    """
    if options.calibration is not None:
        turn = orientation.inverse if raster == "display" else Orientation.UPRIGHT
        return options.calibration.oriented(turn)
    width, height = size[::-1] if orientation.swaps_axes else size
    if options.fov is not None:
        return calibration_from_fov(width, height, options.fov).oriented(orientation.inverse)
    if options.focal_mm is None:
        return None
    camera = calibration_from_exif_lens(*size, focal_length_35mm=options.focal_mm)
    if camera is None:
        raise UsageError(
            f"a focal length of {options.focal_mm:g} mm (35 mm equivalent) is not one of a camera"
        )
    return camera
