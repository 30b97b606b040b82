"""Choose the camera that distances are projected with: the file's, Exif's, a nominal one, or one that is given."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, TypeAlias, get_args

from authoring.depth.calibration import Calibration
from authoring.depth.calibration_sources import nominal_calibration
from authoring.errors import UnsupportedError, UsageError
from authoring.views.scene import CameraSource, Scene

CameraOrigin: TypeAlias = CameraSource | Literal["given"]
"""Where the chosen camera comes from; "given" by the caller."""

FOCAL_TOLERANCE = 0.02
"""Largest difference of fx and fy for square pixels; they are equal in all samples but one."""

EXIF_TOLERANCE = 0.05
"""Largest difference from Exif's focal length, which is rounded to whole mm, that still counts as agreement."""


def camera_note(origin: CameraOrigin) -> str:
    """Return where a camera comes from, in words for a report and a file's comment."""
    return {
        "file": "from the depth's own calibration",
        "exif": "from Exif's focal length, approximate",
        "nominal": "nominal, a typical phone's, a guess",
        "given": "as given",
    }[origin]


def choose_camera(
    scene: Scene, choice: CameraSource | Calibration | None
) -> tuple[Calibration, CameraOrigin, tuple[str, ...]]:
    """Return the calibration in pixels of the upright photo, its origin, and notes for the report.

    choice: None takes the file's own, else Exif's, else a nominal one. A `Calibration` describes the upright photo.
    Raises UsageError for another choice, UnsupportedError if the chosen source has no camera.
    """
    width, height = scene.size
    if isinstance(choice, Calibration):
        return choice.scaled(width, height), "given", ()
    if choice not in (None, *get_args(CameraSource)):
        raise UsageError(
            f"the calibration is {choice!r}; it can be file, exif, nominal, or a calibration file"
        )
    if choice == "nominal":
        return nominal_calibration(width, height), "nominal", ()
    if choice == "exif":
        if scene.exif_calibration is None:
            raise UnsupportedError(
                "Exif does not say enough about the lens for a camera; leave out --calibration"
            )
        return scene.exif_calibration, "exif", ()
    if choice == "file" and scene.camera != "file":
        raise UnsupportedError("the depth has no calibration of its own; leave out --calibration")
    calibration, note = _with_square_pixels(scene)
    return calibration, scene.camera, (note,) if note else ()


def _with_square_pixels(scene: Scene) -> tuple[Calibration, str]:
    """Return the scene's calibration with square pixels, and a note if fx and fy differ.

    The pixels of a phone are square. fidmaa_selfie_depth.heic says 2085.5 across and 2718.4 down, and Exif 30 mm,
    which is 2676: with 2085.5 the neck in it would be 17 cm across and the earlobes 20 cm apart, with 2718.4 they
    are 13 and 15.5.
    """
    calibration, exif = scene.calibration, scene.exif_calibration
    fx, fy = calibration.focal_px
    if abs(fx / fy - 1) <= FOCAL_TOLERANCE:
        return calibration, ""
    problem = f"the calibration has fx {fx:.1f} and fy {fy:.1f}, though pixels are square"
    if exif is not None:
        exif_px = exif.focal_px[0]
        focal_px = min((fx, fy), key=lambda value: abs(value / exif_px - 1))
        if abs(focal_px / exif_px - 1) <= EXIF_TOLERANCE:
            (_, _, cx), (_, _, cy), last = calibration.intrinsic_matrix
            square = replace(calibration, intrinsic_matrix=((focal_px, 0.0, cx), (0.0, focal_px, cy), last))
            return (
                square,
                f"{problem}; {focal_px:.1f} is used for both, since Exif's focal length agrees with it",
            )
    return calibration, f"{problem}; they are used as they are, and shapes may be stretched"
