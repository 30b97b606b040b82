"""Options of a network that estimates the depth."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

from authoring.cli.options.declaration import ESTIMATE, Option

_estimate_option = partial(Option, rich_help_panel=ESTIMATE)

Estimate = Annotated[
    bool,
    _estimate_option(
        "--estimate",
        envvar=None,
        help="Have a network estimate the depth from the photo, instead of a map (extra estimate).",
    ),
]
BatchEstimate = Annotated[
    bool,
    _estimate_option(
        "--estimate",
        envvar=None,
        help="Have a network estimate the depth of photos without a map (extra estimate). --near, --far, --kind and "
        "--clip are for the estimates, too; other options about map files for the rows that have one.",
    ),
]
Model = Annotated[
    str | None,
    _estimate_option(
        "--model",
        metavar="NAME|FOLDER",
        help="A known network (depth-anything-v2-small unless given, depth-pro, zoedepth, dpt-large, …), OWNER/NAME on "
        "the Hugging Face hub, or a folder.",
    ),
]
Device = Annotated[
    Literal["auto", "cpu", "cuda", "mps"] | None,
    _estimate_option("--device", help="Where the network runs; auto takes CUDA or MPS where torch has it."),
]
Offline = Annotated[bool, _estimate_option("--offline", help="Download nothing.")]
AcceptLicence = Annotated[
    bool,
    _estimate_option(
        "--accept-licence",
        envvar=None,
        help="Download a network whose licence is not known to allow commercial use.",
    ),
]
EstimateKind = Annotated[
    Literal["depth", "disparity", "inverse-relative", "affine"] | None,
    _estimate_option(
        "--kind",
        envvar=None,
        help="What the values of a network are that does not say it: metres, 1/m, or without a scale inverse-relative "
        "(larger is nearer) or affine (larger is farther).",
    ),
]
EstimateNear = Annotated[
    float | None,
    _estimate_option(
        "--near",
        envvar=None,
        metavar="M",
        help="Distance in metres of the nearest point, for a network without a scale. Default: 0.77.",
    ),
]
EstimateFar = Annotated[
    float | None,
    _estimate_option("--far", envvar=None, metavar="M", help="Distance of the farthest. Default: 5."),
]
EstimateClip = Annotated[
    float | None,
    _estimate_option(
        "--clip",
        envvar=None,
        metavar="PERCENT",
        help="Clip this percentage of the values at each end, for a network without a scale.",
    ),
]
