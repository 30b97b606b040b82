"""The options that say what a map means, and how a focus is given: the same words in every command.

Knows: names, help texts. Must not know: commands, meanings.
"""

from __future__ import annotations

from typing import Annotated, Literal

from authoring.cli.declare import Option
from authoring.errors import UsageError

NearOption = Annotated[float | None, Option(metavar="M", help="Metres that the near end of gray stands for.")]
FarOption = Annotated[float | None, Option(metavar="M", help="Metres that the far end of gray stands for.")]
WhiteOption = Annotated[Literal["far", "near"], Option(help="Which end white is.")]
SpacingOption = Annotated[
    Literal["depth", "disparity"], Option(help="Even gray steps in metres, or in 1/m (inverse depth).")
]
MapOrientationOption = Annotated[
    Literal["display", "stored"] | None,
    Option(help="display: the map is upright like the photo on a screen (default); stored: like its pixels."),
]
PresetOption = Annotated[
    str | None,
    Option(
        metavar="MAKER",
        help="What the maker's files mean: depth-pro, depth-anything, depth-anything-metric, midas, marigold, "
        "zoedepth, patchfusion, kitti, nyu, scannet, realsense, tum, blender, arkit, moge, video-depth-anything, "
        "apple-gray.",
    ),
]
UnitOption = Annotated[
    str | None,
    Option(metavar="m|cm|mm|m*256", help="Of the map's values; m*256 is 256 steps to the metre."),
]
KindOption = Annotated[
    Literal["depth", "disparity", "inverse-relative", "affine"] | None,
    Option(
        help="What the values are: metres; 1/m; inverse depth without a scale (MiDaS, larger is nearer); depth "
        "without a scale (Marigold). The last two need --near and --far."
    ),
]
InvalidOption = Annotated[
    float | None,
    Option(metavar="VALUE", help="The value that marks a hole. Default: NaN, and 0 of integers in a unit."),
]
ClipOption = Annotated[
    float | None,
    Option(metavar="PERCENT", help="Move outliers, so much of either end, to the rest. Default: none."),
]
RefineOption = Annotated[
    bool,
    Option(
        "--refine",
        help="Bring a coarse or noisy map to the stored size along the photo's edges; decodes the photo.",
    ),
]
MaxHolesOption = Annotated[float, Option(metavar="PERCENT", help="Refuse a map with more holes than this.")]
KeyOption = Annotated[
    str | None, Option(metavar="NAME", help="The array of an NPZ, the channel of an EXR file.")
]
FrameOption = Annotated[int | None, Option(metavar="N", help="Which map of a stack, from 0.")]


def point(given: str | None) -> tuple[float, float] | None:
    """The two numbers of --focus X,Y."""
    if given is None:
        return None
    try:
        x, y = (float(number) for number in given.split(","))
    except ValueError:
        raise UsageError(f"the focus {given!r} is not two numbers, such as 0.5,0.4") from None
    return x, y
