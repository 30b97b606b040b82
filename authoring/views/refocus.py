"""A simulated aperture from a photo's depth and calibration: our own rendering, not Apple's.

Knows: where focus, aperture and lens come from, and what to tell of them. Must not know: files, how blur is made.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from authoring.depth.focus import largest_near_region
from authoring.depth.holes import fill_holes
from authoring.embed.reports import Size
from authoring.errors import UnsupportedError, UsageError, about
from authoring.views.pictures.lens import Lens
from authoring.views.pictures.lens_blur import refocused
from authoring.views.preview import FocusPoint, PictureFormat, coded
from authoring.views.scene import Seen

DEFAULT_APERTURE = 2.8
"""Where the slider starts in a photo that states none; `embed` writes the same."""

APERTURES = (0.5, 64.0)
"""As `embed` has it."""

STRENGTHS = (0.0, 16.0)
"""Above this every blur would be at its limit."""

SPOT = 0.01
"""Reach of the square about the focus whose median distance is in focus, as a share of the map's long side: a single
sample may be noise."""

RENDERING = "depthauthor's own simulation of a lens, not Apple's rendering"


@dataclass(frozen=True, slots=True)
class RefocusReport:
    """What `refocus` rendered, and from which numbers."""

    picture: Size
    aperture: float
    """The f-number simulated, of the full-frame lens that shows the same picture."""
    aperture_from: Literal["option", "file", "default"]
    focus: FocusPoint
    focus_from: Literal["option", "file", "nearest large region"]
    focus_m: float | None
    """The distance in focus; None where that is infinitely far."""
    absolute: bool
    """Whether metres hold; else distances are in proportion only."""
    strength: float
    blur_px_m: float
    """A_px: a point becomes a disc of A_px times |1/z - 1/s| pixels across."""
    largest_px: float
    """Diameter of the largest disc in the picture."""
    slices: int
    camera: Literal["file", "exif", "nominal"]
    """Where the calibration comes from."""
    rendering: str
    notes: tuple[str, ...]
    file: str | None = None
    map_file: str | None = None
    output: str | None = None
    schema: str = "depthauthor/refocus/1"


def refocus(
    seen: Seen,
    *,
    aperture: float | None = None,
    focus: tuple[float, float] | None = None,
    strength: float = 1.0,
    picture_format: PictureFormat = "jpeg",
) -> tuple[bytes, RefocusReport]:
    """The photo through a lens, as PNG or JPEG with its colour profile, and what was assumed."""
    picture, report = refocused_pixels(seen, aperture=aperture, focus=focus, strength=strength)
    return coded(picture, picture_format, seen.icc), report


def refocused_pixels(
    seen: Seen,
    *,
    aperture: float | None = None,
    focus: tuple[float, float] | None = None,
    strength: float = 1.0,
) -> tuple[NDArray[np.uint8], RefocusReport]:
    """The same as pixels (H, W, 3), in the colours of the photo.

    aperture: an f-number; None takes the file's, else 2.8. focus: (x, y), 0..1; None takes the photo's Focus region,
    else the nearest large region. UsageError where a number is out of range, UnsupportedError where nothing is known
    of the depth.
    """
    number, aperture_from = _aperture(seen, aperture)
    if not STRENGTHS[0] <= strength <= STRENGTHS[1]:
        raise UsageError(f"the strength is {strength:g}; it can be {STRENGTHS[0]:g} to {STRENGTHS[1]:g}")
    notes = list(seen.notes)
    with about("map"):
        buffer, holes = fill_holes(seen.depth)
    if holes.count:
        notes.append(f"{holes.share:.1%} of the map held no depth and was filled, {holes.method}")
    disparity = buffer.disparity_per_m()
    if not np.isfinite(disparity).all():
        raise UnsupportedError(
            "the map holds places infinitely near, which no lens can be focused on", subject="map"
        )
    place, focus_from = _focus(seen, focus, disparity)
    sharp = _at(disparity, place)
    height, width = seen.pixels.shape[:2]
    lens = Lens.of_camera(
        math.sqrt(math.prod(seen.calibration.focal_px)), (width, height), number, sharp, strength
    )
    picture, slices = refocused(seen.pixels, disparity, lens, _step(seen))
    widest = float(np.abs(disparity - sharp).max()) * lens.radius_px_m
    if widest > lens.largest_px:
        notes.append(f"blur is limited to discs {2 * lens.largest_px:.0f} pixels across")
    report = RefocusReport(
        picture=Size(width, height),
        aperture=number,
        aperture_from=aperture_from,
        focus=FocusPoint(*place),
        focus_from=focus_from,
        focus_m=1 / sharp if sharp > 0 else None,
        absolute=seen.absolute,
        strength=strength,
        blur_px_m=2 * lens.radius_px_m,
        largest_px=2 * min(widest, lens.largest_px),
        slices=slices,
        camera=seen.camera,
        rendering=RENDERING,
        notes=tuple(notes),
    )
    return picture, report


def _aperture(seen: Seen, given: float | None) -> tuple[float, Literal["option", "file", "default"]]:
    if given is not None:
        if not APERTURES[0] <= given <= APERTURES[1]:
            raise UsageError(f"the aperture is {given:g}; it can be {APERTURES[0]:g} to {APERTURES[1]:g}")
        return given, "option"
    if seen.aperture is not None and APERTURES[0] <= seen.aperture <= APERTURES[1]:
        return seen.aperture, "file"
    return DEFAULT_APERTURE, "default"


def _focus(
    seen: Seen, given: tuple[float, float] | None, disparity: NDArray[np.float32]
) -> tuple[tuple[float, float], Literal["option", "file", "nearest large region"]]:
    if given is not None:
        if not all(0 <= one <= 1 for one in given):
            raise UsageError(
                f"the focus {given[0]:g},{given[1]:g} is not in the photo; give X,Y, each 0 to 1"
            )
        return given, "option"
    if seen.focus is not None:
        return seen.focus, "file"
    return largest_near_region(disparity), "nearest large region"


def _step(seen: Seen) -> float:
    """The quantisation step of a stored disparity map, 1/m; 0 where the map is not stored, or in metres."""
    if seen.codes is None or seen.depth.pixel_format.kind != "disparity":
        return 0.0
    span = int(seen.codes.max()) - int(seen.codes.min())
    samples = seen.depth.samples
    return float(samples.max() - samples.min()) / span if span else 0.0


def _at(disparity: NDArray[np.float32], place: tuple[float, float]) -> float:
    """The median about a place."""
    height, width = disparity.shape
    reach = max(1, round(SPOT * max(height, width)))
    row, column = min(int(place[1] * height), height - 1), min(int(place[0] * width), width - 1)
    spot = disparity[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1]
    return float(np.median(spot))
