"""Refocus a photo with a simulated aperture, from its depth and calibration: our own rendering, not Apple's."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from authoring.codecs import photo
from authoring.depth.focus import largest_near_region
from authoring.depth.holes import fill_holes
from authoring.depth.raster import resampled
from authoring.embed.reports import Size
from authoring.errors import UnsupportedError, UsageError, about
from authoring.report_base import Report
from authoring.views.pictures.lens import Lens
from authoring.views.pictures.lens_blur import refocused
from authoring.views.preview import PhotoPoint, PictureFormat
from authoring.views.scene import CameraSource, Scene

DEFAULT_APERTURE = 2.8
"""The f-number for a photo that states none; `embed` writes the same."""

APERTURES = (0.5, 64.0)
"""Range of f-numbers, the same as that of `embed`."""

STRENGTHS = (0.0, 16.0)
"""Range of the strength; above it every blur would be at its limit."""

SPOT = 0.01
"""Reach of the square around the focus whose median distance is in focus, as a share of the map's long side: a single
sample may be noise."""

RENDERING = "depthauthor's own simulation of a lens, not Apple's rendering"


@dataclass(frozen=True, slots=True, repr=False)
class RefocusReport(Report):
    """The picture that `refocus` rendered, and the numbers it used."""

    _shown = ("output", "aperture", "focus_m")

    picture: Size
    aperture: float
    """The simulated f-number, of the full-frame lens that shows the same picture."""
    aperture_from: Literal["option", "file", "default"]
    focus: PhotoPoint
    focus_from: Literal["option", "file", "nearest large region"]
    focus_m: float | None
    """The distance in focus; None for infinity."""
    absolute: bool
    """Whether the metres hold; otherwise only the proportions of distances do."""
    strength: float
    blur_px_m: float
    """A_px: a point becomes a disc with a diameter of A_px * |1/z - 1/s| pixels."""
    largest_px: float
    """Diameter of the largest disc in the picture."""
    slices: int
    camera: CameraSource
    """Where the calibration comes from."""
    rendering: str
    notes: tuple[str, ...]
    file: str | None = None
    map_file: str | None = None
    output: str | None = None
    schema: str = "depthauthor/refocus/1"


def refocus(
    scene: Scene,
    *,
    aperture: float | None = None,
    focus: tuple[float, float] | None = None,
    strength: float = 1.0,
    picture_format: PictureFormat = "jpeg",
) -> tuple[bytes, RefocusReport]:
    """Return the photo through a lens, as PNG or JPEG with its colour profile, and the report."""
    picture, report = refocused_pixels(scene, aperture=aperture, focus=focus, strength=strength)
    return photo.encode_picture(Image.fromarray(picture), picture_format, scene.icc), report


def refocused_pixels(
    scene: Scene,
    *,
    aperture: float | None = None,
    focus: tuple[float, float] | None = None,
    strength: float = 1.0,
) -> tuple[NDArray[np.uint8], RefocusReport]:
    """Return the same as pixels (H, W, 3), in the colours of the photo.

    aperture: an f-number; None takes the file's, else 2.8. focus: (x, y), 0..1; None takes the photo's Focus region,
    else the nearest large region. Raises UsageError for a number out of range, UnsupportedError for a map with samples
    at distance 0.
    """
    f_number, aperture_from = _aperture(scene, aperture)
    if not STRENGTHS[0] <= strength <= STRENGTHS[1]:
        raise UsageError(f"the strength is {strength:g}; it can be {STRENGTHS[0]:g} to {STRENGTHS[1]:g}")
    notes = list(scene.notes)
    height, width = scene.pixels.shape[:2]
    with about("map"):
        depth = scene.depth
        # What a map has beyond the photo's own pixels cannot be seen.
        buffer, holes = fill_holes(resampled(depth, min(width, depth.width), min(height, depth.height)))
    if holes.count:
        notes.append(f"{100 * holes.share:.1f} % of the map held no depth and was filled, {holes.method}")
    disparity = buffer.disparity_per_m()
    if not np.isfinite(disparity).all():
        raise UnsupportedError(
            "the map has samples at distance 0, on which no lens can be focused", subject="map"
        )
    point, focus_from = _focus(scene, focus, disparity)
    focus_per_m = _disparity_at(disparity, point)
    lens = Lens.of_camera(
        math.sqrt(math.prod(scene.calibration.focal_px)), (width, height), f_number, focus_per_m, strength
    )
    plane = scene.plane
    step_per_m = plane.step if plane is not None and plane.pixel_format.kind == "disparity" else 0.0
    picture, slices = refocused(scene.pixels, disparity, lens, step_per_m)
    widest = float(np.abs(disparity - focus_per_m).max()) * lens.radius_px_m
    if widest > lens.largest_px:
        notes.append(f"blur is limited to discs {2 * lens.largest_px:.0f} pixels across")
    report = RefocusReport(
        picture=Size(width, height),
        aperture=f_number,
        aperture_from=aperture_from,
        focus=PhotoPoint(*point),
        focus_from=focus_from,
        focus_m=1 / focus_per_m if focus_per_m > 0 else None,
        absolute=scene.absolute,
        strength=strength,
        blur_px_m=2 * lens.radius_px_m,
        largest_px=2 * min(widest, lens.largest_px),
        slices=slices,
        camera=scene.camera,
        rendering=RENDERING,
        notes=tuple(notes),
    )
    return picture, report


def _aperture(scene: Scene, given: float | None) -> tuple[float, Literal["option", "file", "default"]]:
    if given is not None:
        if not APERTURES[0] <= given <= APERTURES[1]:
            raise UsageError(f"the aperture is {given:g}; it can be {APERTURES[0]:g} to {APERTURES[1]:g}")
        return given, "option"
    if scene.aperture is not None and APERTURES[0] <= scene.aperture <= APERTURES[1]:
        return scene.aperture, "file"
    return DEFAULT_APERTURE, "default"


def _focus(
    scene: Scene, given: tuple[float, float] | None, disparity: NDArray[np.float32]
) -> tuple[tuple[float, float], Literal["option", "file", "nearest large region"]]:
    if given is not None:
        if not all(0 <= share <= 1 for share in given):
            raise UsageError(
                f"the focus {given[0]:g},{given[1]:g} is outside the photo; give X,Y, each 0 to 1"
            )
        return given, "option"
    if scene.focus is not None:
        return scene.focus, "file"
    return largest_near_region(disparity), "nearest large region"


def _disparity_at(disparity: NDArray[np.float32], point: tuple[float, float]) -> float:
    """Return the median around a point."""
    height, width = disparity.shape
    reach = max(1, round(SPOT * max(height, width)))
    row, column = min(int(point[1] * height), height - 1), min(int(point[0] * width), width - 1)
    spot = disparity[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1]
    return float(np.median(spot))
