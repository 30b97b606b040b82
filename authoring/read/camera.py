"""Build a camera calibration from what a photo's Exif says of its lens."""

from __future__ import annotations

from authoring.apple.exif import read_lens
from authoring.containers.base import Layout
from authoring.depth.calibration import Calibration
from authoring.depth.calibration_sources import calibration_from_exif_lens


def exif_calibration(layout: Layout) -> Calibration | None:
    """Return a pinhole calibration for the photo's stored raster; None where Exif does not say enough."""
    lens = read_lens(layout.exif)
    frame = (lens.pixel_width, lens.pixel_height) if lens.pixel_width and lens.pixel_height else None
    plane = None
    if lens.focal_plane_x_resolution and lens.focal_plane_unit:
        plane = (
            lens.focal_plane_x_resolution,
            lens.focal_plane_y_resolution or lens.focal_plane_x_resolution,
            lens.focal_plane_unit,
        )
    return calibration_from_exif_lens(
        layout.width,
        layout.height,
        focal_length_35mm=lens.focal_length_35mm,
        focal_length_mm=lens.focal_length_mm,
        focal_plane_resolution=plane,
        resolution_frame_px=frame,
    )
