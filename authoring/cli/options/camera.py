"""Options of the camera and of a simulated lens."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from authoring.cli.options.declaration import CAMERA, FocusPoint, Option, parse_point

# It is said for each photo: a forgotten variable would misread other maps in silence.
_camera_option = partial(Option, rich_help_panel=CAMERA, envvar=None)

Calibration = Annotated[
    str | None,
    _camera_option(
        "--calibration",
        metavar="CAMERA",
        help="exif, nominal, none, FILE.json or Middlebury's calib.txt. Default: the map's or donor's own, or from "
        "the focal length in Exif, or nominal.",
    ),
]
Fov = Annotated[
    float | None,
    _camera_option(
        "--fov",
        metavar="DEGREES",
        help="Angle of view across the upright photo's width, as renderers and networks give it.",
    ),
]
FocalMm = Annotated[
    float | None,
    _camera_option("--focal-mm", metavar="MM", help="Focal length of the camera, as its 35 mm equivalent."),
]
PhotoCalibration = Annotated[
    str | None,
    _camera_option(
        "--calibration",
        metavar="CAMERA",
        help="file, exif, nominal or FILE.json. Default: the depth's own, or from the focal "
        "length in Exif, or nominal.",
    ),
]
IgnoreLens = Annotated[
    bool, _camera_option("--ignore-lens", help="Treat the lens as a pinhole: keep its distortion.")
]
LensAperture = Annotated[
    float | None,
    _camera_option(
        "--aperture",
        metavar="F",
        help="f-number of an equivalent full-frame lens. Default: the photo's, or 2.8.",
    ),
]
LensFocus = Annotated[
    FocusPoint | None,
    _camera_option(
        "--focus",
        parser=parse_point,
        metavar="X,Y",
        help="Point in focus, 0 to 1 from the top left. Default: the photo's Focus region, or the nearest large "
        "region.",
    ),
]
Strength = Annotated[
    float,
    _camera_option(
        "--strength", metavar="TIMES", help="Scale the blur discs, for a map whose metres are not true."
    ),
]
