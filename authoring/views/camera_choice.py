"""Which camera distances are turned into space with, where the file's own is not taken as it stands.

Knows: what Apple's files and Exif say of a camera, and when they contradict each other. Must not know: depth.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, TypeAlias, get_args

from authoring import containers
from authoring.depth.calibration import Calibration
from authoring.depth.calibration_sources import nominal_calibration
from authoring.errors import UnsupportedError, UsageError
from authoring.read.camera import exif_calibration
from authoring.read.layout import photo_orientation
from authoring.views.scene import Camera as CameraChoice
from authoring.views.scene import Seen

__all__ = ["CameraChoice", "CameraOrigin", "camera_note", "settled_camera"]

CameraOrigin: TypeAlias = CameraChoice | Literal["given"]
"""Where a camera came from; "given" by the caller."""

SQUARE = 0.02
"""How far fx and fy may differ before one of them is disbelieved: in all samples but one they are equal."""

NEAR_EXIF = 0.05
"""How far a focal length may be from Exif's, which is rounded to whole mm, to be borne out by it."""


def camera_note(origin: CameraOrigin) -> str:
    """Where a camera comes from, in words for a report and a file's comment."""
    return {
        "file": "from the depth's own calibration",
        "exif": "from Exif's focal length, approximate",
        "nominal": "nominal, a usual phone's, a guess",
        "given": "as given",
    }[origin]


def settled_camera(
    photo: bytes, seen: Seen, choice: CameraChoice | Calibration | None
) -> tuple[Calibration, CameraOrigin, tuple[str, ...]]:
    """The calibration in pixels of the upright photo, where it comes from, and notes for the report.

    choice: None takes the file's own, else Exif's, else a nominal one. A `Calibration` lies as the photo is seen.
    """
    height, width = seen.pixels.shape[:2]
    if isinstance(choice, Calibration):
        return choice.scaled(width, height), "given", ()
    if choice not in (None, *get_args(CameraChoice)):
        raise UsageError(
            f"the calibration is {choice!r}; it can be file, exif, nominal, or a calibration file"
        )
    if choice == "nominal":
        return nominal_calibration(width, height), "nominal", ()
    if choice == "exif":
        found = _exif(photo, width, height)
        if found is None:
            raise UnsupportedError(
                "Exif does not say enough of the lens for a camera; leave out --calibration"
            )
        return found, "exif", ()
    if choice == "file" and seen.camera != "file":
        raise UnsupportedError("the depth has no calibration of its own; leave out --calibration")
    squared, note = _squared(photo, seen)
    return squared, seen.camera, (note,) if note else ()


def _exif(photo: bytes, width: int, height: int) -> Calibration | None:
    """Exif's camera for the upright photo; it has its centre in the middle, so a turn changes the sides alone."""
    if containers.is_png(photo):
        return None
    layout = containers.parse(photo).layout
    found = exif_calibration(layout)
    if found is None:
        return None
    return found.oriented(photo_orientation(layout)).scaled(width, height)


def _squared(photo: bytes, seen: Seen) -> tuple[Calibration, str]:
    """The camera with the focal length that Exif bears out in both directions, where the file gives two.

    The pixels of a phone are square. fidmaa_selfie_depth.heic says 2085.5 across and 2718.4 down, and Exif 30 mm,
    which is 2676: with 2085.5 the neck in it would be 17 cm across and the earlobes 20 cm apart, with 2718.4 they
    are 13 and 15.5.
    """
    own = seen.calibration
    fx, fy = own.focal_px
    if abs(fx / fy - 1) <= SQUARE:
        return own, ""
    differ = f"the calibration has fx {fx:.1f} and fy {fy:.1f}, though pixels are square"
    told = _exif(photo, own.reference_width_px, own.reference_height_px)
    best = min((fx, fy), key=lambda one: abs(one / told.focal_px[0] - 1)) if told else 0.0
    if told is None or abs(best / told.focal_px[0] - 1) > NEAR_EXIF:
        return own, f"{differ}; they were taken as they are, and shapes may be stretched"
    (_, _, cx), (_, _, cy), last = own.intrinsic_matrix
    mended = replace(own, intrinsic_matrix=((best, 0.0, cx), (0.0, best, cy), last))
    return mended, f"{differ}; {best:.1f} was taken for both, since Exif's focal length agrees with it"
