"""Makers' presets: what the files of each depth network, camera and data set hold, in one table."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from authoring.errors import UsageError

Kind = Literal["depth", "disparity", "inverse-relative", "affine"]
"""What a value is: metres (in some unit), 1/metres, inverse depth without a scale (larger = nearer), or depth
without a scale (larger = farther)."""

KINDS: tuple[Kind, ...] = ("depth", "disparity", "inverse-relative", "affine")

RELATIVE: tuple[Kind, ...] = ("inverse-relative", "affine")
"""Kinds without a scale: --near and --far give it."""

Samples = Literal["integer", "float", "any"]


@dataclass(frozen=True, slots=True)
class Preset:
    """One maker's files."""

    name: str
    files: str
    """Their names or formats, for a message."""
    samples: Samples
    """How the values must be stored; a file of another type is not this maker's."""
    kind: Kind | None
    """None: gray levels between --near and --far."""
    unit: str | None
    invalid: float | None
    """The value that marks a hole, besides NaN and values that are no distance."""
    note: str
    source: str
    """Where the meaning is documented."""


PRESETS: tuple[Preset, ...] = (
    Preset("apple-gray", "8 or 16-bit PNG", "any", None, None, None,
           "black = near, white = far, even steps of metres", "Apple, Creating Auxiliary Depth Data Manually"),
    Preset("depth-pro", ".npz, key depth", "float", "depth", "m", None,
           "focallength_px in the archive becomes calibration", "apple/ml-depth-pro, cli/run.py"),
    Preset("depth-anything", "8 or 16-bit PNG, .npy", "any", "inverse-relative", None, None,
           "white = near", "DepthAnything/Depth-Anything-V2, run.py --grayscale"),
    Preset("depth-anything-metric", "*_raw_depth_meter.npy", "float", "depth", "m", None,
           "its PNG is a coloured collage and refused", "Depth-Anything-V2, metric_depth/run.py --save-numpy"),
    Preset("midas", "16-bit PNG, PFM", "any", "inverse-relative", None, None,
           "white = near; negative values are the farthest", "isl-org/MiDaS, utils.write_depth, write_pfm"),
    Preset("marigold", ".npy 0 to 1, 16-bit PNG", "any", "affine", None, None,
           "near = 0, affine-invariant depth", "prs-eth/Marigold, script/depth/run.py"),
    Preset("zoedepth", "16-bit PNG", "integer", "depth", "m*256", 0,
           "0 = invalid", "isl-org/ZoeDepth, save_raw_16bit"),
    Preset("patchfusion", "16-bit PNG", "integer", "depth", "m*256", 0,
           "0 = invalid", "zhyever/PatchFusion, --save"),
    Preset("kitti", "16-bit PNG", "integer", "depth", "m*256", 0,
           "0 = invalid; sparse, so --max-holes 100 may be needed", "KITTI depth development kit, readme.txt"),
    Preset("nyu", "16-bit PNG", "integer", "depth", "mm", 0,
           "0 = invalid", "NYU Depth V2 as Metric3D and others store it"),
    Preset("scannet", "16-bit PNG", "integer", "depth", "mm", 0,
           "0 = invalid", "ScanNet, depth shift 1000"),
    Preset("realsense", "16-bit PNG, Z16", "integer", "depth", "mm", 0,
           "0 = invalid; at the default depth unit of 0.001 m", "librealsense, RS2_FORMAT_Z16"),
    Preset("tum", "16-bit PNG", "integer", "depth", "m*5000", 0,
           "0 = invalid", "TUM RGB-D, file formats: factor 5000"),
    Preset("blender", "EXR, Z or ViewLayer.Depth.Z", "float", "depth", "m", None,
           "the sky, about 1e10, is infinitely far", "Blender manual, Z pass"),
    Preset("arkit", "16-bit PNG", "integer", "depth", "mm", 0,
           "0 = invalid; raw float32 buffers are metres", "ARKitScenes, lowres_depth"),
    Preset("moge", "EXR, fov.json", "float", "depth", "m", math.inf,
           "infinity = masked out; --calibration fov.json", "microsoft/MoGe, scripts/infer.py"),
    Preset("video-depth-anything", ".npz, stack depths", "float", "inverse-relative", None, None,
           "--frame chooses; --kind depth for its metric models", "DepthAnything/Video-Depth-Anything, --save_npz"),
)  # fmt: skip

_BY_NAME = {preset.name: preset for preset in PRESETS}

METRES = {"m": 1.0, "dm": 0.1, "cm": 0.01, "mm": 0.001, "km": 1000.0, "um": 1e-6, "in": 0.0254, "ft": 0.3048}

SKY_M = 1e9
"""A distance from here on is the renderer's mark of no surface: Blender writes 1e10."""

_UNIT = re.compile(r"(?:1/)?([a-z]+)(?:[*/]([0-9.]+))?")


def preset_named(name: str) -> Preset:
    """Return the preset of this name. Raises UsageError, listing all, where there is none."""
    if name not in _BY_NAME:
        raise UsageError(f"there is no preset {name!r}; there are {', '.join(_BY_NAME)}")
    return _BY_NAME[name]


def metres_in(unit: str) -> float:
    """Return the metres in one step of a unit: m, cm, mm, or a fraction such as m*256 (256 steps to the metre).

    m*256 and m/256 are the same: both mean that a metre is stored as 256. The unit of disparity may be written
    1/m or m. Raises UsageError for an unknown unit.
    """
    matched = _UNIT.fullmatch(unit.strip().lower())
    if matched is None or matched[1] not in METRES:
        raise UsageError(f"the unit {unit!r} is not known; give m, cm, mm, dm, or steps to one such as m*256")
    try:
        steps = float(matched[2] or 1)
    except ValueError:
        steps = 0.0
    if not (math.isfinite(steps) and steps > 0):
        raise UsageError(f"the unit {unit!r} has no number of steps above 0, as m*256 has")
    return METRES[matched[1]] / steps
