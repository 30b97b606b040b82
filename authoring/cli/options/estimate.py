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
        help="Let a network estimate the depth from the photo; no map is needed (extra estimate).",
    ),
]
BatchEstimate = Annotated[
    bool,
    _estimate_option(
        "--estimate",
        envvar=None,
        help="Let a network estimate the depth of photos without a map (extra estimate). --near, --far, --kind and "
        "--clip are for the estimates, too; other options about map files for the rows that have one.",
    ),
]
Model = Annotated[
    str | None,
    _estimate_option(
        "--model",
        metavar="NAME|FOLDER",
        help="The network: a known one (depth-pro, zoedepth, dpt-large, …), OWNER/NAME on the Hugging Face hub, or a "
        "folder. Default: depth-anything-v2-small.",
    ),
]
Device = Annotated[
    Literal["auto", "cpu", "cuda", "mps"] | None,
    _estimate_option(
        "--device",
        help="Where the network runs. auto (default): CUDA or MPS where torch has it, else the processor.",
    ),
]
Offline = Annotated[
    bool, _estimate_option("--offline", help="Download nothing: take a network that is on this machine.")
]
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
        help="What the network's values are, if it does not say it. depth: metres; disparity: 1/m; without a scale: "
        "inverse-relative (larger is nearer) or affine (larger is farther).",
    ),
]
EstimateNear = Annotated[
    float | None,
    _estimate_option(
        "--near",
        envvar=None,
        metavar="M",
        help="For a network without a scale: distance in metres of the nearest point. Default: 0.77.",
    ),
]
EstimateFar = Annotated[
    float | None,
    _estimate_option("--far", envvar=None, metavar="M", help="The same of the farthest point. Default: 5."),
]
EstimateClip = Annotated[
    float | None,
    _estimate_option(
        "--clip",
        envvar=None,
        metavar="PERCENT",
        help="For a network without a scale: clip this percentage of the values at each end. Default: none.",
    ),
]
