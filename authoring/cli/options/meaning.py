"""Options that say what a map means."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

from authoring.cli.options.declaration import MEANING, Option

# It is said for each photo: a forgotten variable would misread other maps in silence.
_meaning_option = partial(Option, rich_help_panel=MEANING, envvar=None)

Near = Annotated[
    float | None,
    _meaning_option(
        "--near",
        metavar="M",
        help="Distance in metres of the near end: of a gray scale, or of values without a scale.",
    ),
]
Far = Annotated[
    float | None,
    _meaning_option("--far", metavar="M", help="Distance in metres of the far end."),
]
White = Annotated[
    Literal["far", "near"] | None,
    _meaning_option(
        "--white",
        help="Which end of the gray scale is white. Default: far; near for the pair of NAME.jpg and NAME_depth.jpg.",
    ),
]
Invert = Annotated[bool | None, _meaning_option("--invert", help="White is near: the same as --white near.")]
Spacing = Annotated[
    Literal["depth", "disparity"] | None,
    _meaning_option("--spacing", help="Gray steps are even in metres (depth), or in 1/m (disparity)."),
]
Preset = Annotated[
    str | None,
    _meaning_option(
        "--preset",
        metavar="MAKER",
        help="Read the map as this maker's files: apple-gray, depth-pro, depth-anything, depth-anything-metric, "
        "depth-anything-3, midas, marigold, lotus, lotus-disparity, depthcrafter, video-depth-anything, unidepth, "
        "metric3d, zoedepth, patchfusion, moge, kitti, kitti-disparity, middlebury, raft-stereo, nyu, scannet, "
        "realsense, tum, arkit, stray-scanner, record3d, blender.",
    ),
]
Kind = Annotated[
    Literal["depth", "disparity", "disparity-px", "inverse-relative", "affine"] | None,
    _meaning_option(
        "--kind",
        metavar="KIND",
        help="What the values are. depth: metres; disparity: 1/m; disparity-px: stereo disparity in pixels, with "
        "--focal-px and --baseline; inverse-relative: inverse depth without scale, larger is nearer (MiDaS); affine: "
        "depth without scale (Marigold). The last two need --near and --far.",
    ),
]
Unit = Annotated[
    str | None,
    _meaning_option(
        "--unit", metavar="m|cm|mm|m*256", help="Unit of the values; m*256 is 256 steps to the metre."
    ),
]
FocalPx = Annotated[
    float | None,
    _meaning_option(
        "--focal-px",
        metavar="PX",
        help="Focal length in pixels of the map, of stereo disparity and as camera.",
    ),
]
Baseline = Annotated[
    float | None,
    _meaning_option("--baseline", metavar="M", help="Distance of the two cameras of stereo disparity."),
]
Doffs = Annotated[
    float | None,
    _meaning_option(
        "--doffs", metavar="PX", help="Difference of the principal points of stereo disparity. Default: 0."
    ),
]
Accuracy = Annotated[
    Literal["relative", "absolute"] | None,
    _meaning_option(
        "--accuracy", help="absolute: the metres are measured. Default: relative, or what the map says."
    ),
]
Invalid = Annotated[
    float | None,
    _meaning_option(
        "--invalid",
        metavar="VALUE",
        help="The value that marks a hole. Default: NaN, and 0 of integers with a unit.",
    ),
]
Clip = Annotated[
    float | None,
    _meaning_option(
        "--clip", metavar="PERCENT", help="Clip this percentage of values at each end. Default: none."
    ),
]
Stretch = Annotated[
    bool | None,
    _meaning_option(
        "--stretch", help="Stretch a map of another shape over the whole photo, as networks give it."
    ),
]
Force = Annotated[
    bool | None,
    _meaning_option(
        "--force", help="Use a map that looks like a stereo pair, a collage or a coloured picture."
    ),
]
MaxHoles = Annotated[
    float | None,
    _meaning_option("--max-holes", metavar="PERCENT", help="Refuse a map with more holes than this."),
]
MinConfidence = Annotated[
    float | None,
    _meaning_option(
        "--min-confidence",
        metavar="SHARE",
        help="Another maker's photo: samples below this share of full confidence, 0 to 1, are holes.",
    ),
]
Key = Annotated[
    str | None,
    _meaning_option("--key", metavar="NAME", help="The array of an NPZ file, or the channel of an EXR file."),
]
Frame = Annotated[
    int | None, _meaning_option("--frame", metavar="N", help="The map of a stack, counted from 0.")
]
MapOrientation = Annotated[
    Literal["display", "stored"] | None,
    _meaning_option(
        "--map-orientation",
        help="display: the map is upright like the photo on a screen (default); stored: it lies as the photo's "
        "pixels are stored.",
    ),
]
Refine = Annotated[
    bool | None,
    _meaning_option(
        "--refine/--no-refine",
        help="Fit a coarse or noisy map to the photo's edges; decodes the photo. Default: only an estimate that is "
        "coarser than the stored map.",
    ),
]
