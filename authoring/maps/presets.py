"""Makers' presets: what the files of each depth network, camera and data set hold, in one table."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from authoring.errors import UsageError

Kind = Literal["depth", "disparity", "disparity-px", "inverse-relative", "affine"]
"""What a value is: metres (in some unit), 1/metres, stereo disparity in pixels, inverse depth without a scale (larger =
nearer), or depth without a scale (larger = farther)."""

KINDS: tuple[Kind, ...] = ("depth", "disparity", "disparity-px", "inverse-relative", "affine")

RELATIVE: tuple[Kind, ...] = ("inverse-relative", "affine")
"""Kinds without a scale: --near and --far give it."""

Reading: TypeAlias = Kind | Literal["gray"]
"""What a map was taken for: gray levels between --near and --far, or values of a kind."""

Samples = Literal["integer", "float", "any"]

Raster = Literal["display", "stored"]


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
    raster: Raster = "display"
    """How the map lies: upright, or as the photo's pixels are stored, where the maker reads photos without turning them
    by their Exif orientation."""


PRESETS: tuple[Preset, ...] = (
    Preset("apple-gray", "8 or 16-bit PNG", "any", None, None, None,
           "black = near, white = far, even steps of metres", "Apple, Creating Auxiliary Depth Data Manually"),
    Preset("depth-pro", ".npz, key depth", "float", "depth", "m", None,
           "focallength_px beside it becomes calibration", "apple/ml-depth-pro, cli/run.py, utils.load_rgb"),
    Preset("depth-anything", "8 or 16-bit PNG, .npy", "any", "inverse-relative", None, None,
           "white = near; zeros are the farthest", "DepthAnything/Depth-Anything-V2, run.py --grayscale"),
    Preset("depth-anything-metric", "*_raw_depth_meter.npy", "float", "depth", "m", None,
           "its PNG is a coloured collage and refused", "Depth-Anything-V2, metric_depth/run.py --save-numpy"),
    Preset("depth-anything-3", ".npz, keys depth, conf, extrinsics, intrinsics", "float", "depth", "m", None,
           "metres of its nested models; DA3METRIC's need times focal length / 300; intrinsics become calibration",
           "ByteDance-Seed/Depth-Anything-3, README (FAQ), utils/export/npz.py, utils/io/input_processor.py", "stored"),
    Preset("midas", "16-bit PNG, PFM", "any", "inverse-relative", None, None,
           "white = near; negative values are the farthest", "isl-org/MiDaS, utils.write_depth, write_pfm"),
    Preset("marigold", ".npy 0 to 1, 16-bit PNG", "any", "affine", None, None,
           "near = 0, affine-invariant depth", "prs-eth/Marigold, script/depth/run.py", "stored"),
    Preset("lotus", ".npy 0 to 1", "float", "affine", None, None,
           "near = 0; lotus-disparity for the models called disparity", "EnVision-Research/Lotus, infer.py",
           "stored"),
    Preset("lotus-disparity", ".npy 0 to 1", "float", "inverse-relative", None, None,
           "near = 1, models called disparity", "EnVision-Research/Lotus, infer.py --disparity", "stored"),
    Preset("depthcrafter", ".npz, stack depth", "float", "inverse-relative", None, None,
           "near = 1, normalised over the clip; --frame chooses", "Tencent/DepthCrafter, run.py --save_npz"),
    Preset("video-depth-anything", ".npz, stack depths; EXR", "float", "inverse-relative", None, None,
           "--frame chooses; --kind depth for its metric models",
           "DepthAnything/Video-Depth-Anything, --save_npz, --save_exr"),
    Preset("unidepth", ".npy", "float", "depth", "m", None,
           "the array depth of its predictions", "lpiccinelli-eth/UniDepth, scripts/demo.py", "stored"),
    Preset("metric3d", ".npy", "float", "depth", "m", None,
           "metres; for its PNG say --unit, its scale is an argument",
           "YvanYin/Metric3D, mono/utils/do_test.py, visualization.save_raw_imgs"),
    Preset("zoedepth", "16-bit PNG", "integer", "depth", "m*256", 0,
           "0 = invalid", "isl-org/ZoeDepth, save_raw_16bit"),
    Preset("patchfusion", "16-bit PNG", "integer", "depth", "m*256", 0,
           "0 = invalid", "zhyever/PatchFusion, --save"),
    Preset("moge", "EXR, fov.json", "float", "depth", "m", None,
           "infinity = sky; v1 has no true scale; --calibration fov.json", "microsoft/MoGe, scripts/infer.py"),
    Preset("kitti", "16-bit PNG", "integer", "depth", "m*256", 0,
           "0 = invalid; sparse, so --max-holes 100 may be needed; not its disparity", "KITTI depth development kit, "
           "readme.txt"),
    Preset("kitti-disparity", "16-bit PNG", "integer", "disparity-px", "px*256", 0,
           "0 = invalid; --focal-px and --baseline, 721.5377 and 0.5327 of most sequences",
           "KITTI stereo 2015 development kit, readme.txt; calib_cam_to_cam.txt"),
    Preset("middlebury", "PFM", "float", "disparity-px", "px", math.inf,
           "infinity = unknown; --calibration calib.txt", "vision.middlebury.edu/stereo, MiddEval3 and 2014 data"),
    Preset("raft-stereo", ".npy", "float", "disparity-px", "px", None,
           "its flow is minus the disparity, both signs are read; --focal-px and --baseline",
           "princeton-vl/RAFT-Stereo, demo.py --save_numpy"),
    Preset("nyu", "16-bit PNG", "integer", "depth", "mm", 0,
           "0 = invalid", "NYU Depth V2 as Metric3D and others store it"),
    Preset("scannet", "16-bit PNG", "integer", "depth", "mm", 0,
           "0 = invalid", "ScanNet, depth shift 1000"),
    Preset("realsense", "16-bit PNG, Z16", "integer", "depth", "mm", 0,
           "0 = invalid; at the default depth unit of 0.001 m", "librealsense, RS2_FORMAT_Z16"),
    Preset("tum", "16-bit PNG", "integer", "depth", "m*5000", 0,
           "0 = invalid", "TUM RGB-D, file formats: factor 5000"),
    Preset("arkit", "16-bit PNG", "integer", "depth", "mm", 0,
           "0 = invalid; raw float32 buffers are metres", "ARKitScenes, lowres_depth", "stored"),
    Preset("stray-scanner", "depth/000000.png, 16 bit", "integer", "depth", "mm", 0,
           "0 = invalid; 256x192 in the sensor's raster", "strayrobots/scanner, docs/format.md", "stored"),
    Preset("record3d", "EXR or .npy of float32", "float", "depth", "m", None,
           "metres in the sensor's raster; its .r3d must be unpacked first",
           "marek-simonik/record3d, README and python demo", "stored"),
    Preset("blender", "EXR, Z or ViewLayer.Depth.Z", "float", "depth", "m", None,
           "the sky, about 1e10, is infinitely far", "Blender manual, Z pass"),
)  # fmt: skip

_BY_NAME = {preset.name: preset for preset in PRESETS}

PIXELS = "px"
"""The unit of disparity-px; px*256 is 256 steps to the pixel."""

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

    m*256 and m/256 are the same: both mean that a metre is stored as 256. Raises UsageError for an unknown unit.
    """
    word, steps = _parse_unit(unit)
    return METRES[word] / steps


def disparity_in(unit: str) -> float:
    """Return the disparity in 1/m of one step of a unit: m, or 1/m, has 1; mm 1000; m*256, stored times 256, 1/256.

    Raises UsageError for an unknown unit.
    """
    word, steps = _parse_unit(unit)
    return 1 / METRES[word] / steps


def pixels_in(unit: str) -> float:
    """Return the pixels in one step of a unit: px, or px*256. Raises UsageError for another unit."""
    word, _, steps = unit.strip().lower().partition("*")
    try:
        count = float(steps or 1)
    except ValueError:
        count = 0.0
    if word != PIXELS or not (math.isfinite(count) and count > 0):
        raise UsageError(
            f"the unit of a disparity in pixels is px, or px*256 for 256 steps a pixel, not {unit!r}"
        )
    return 1 / count


def _parse_unit(unit: str) -> tuple[str, float]:
    """Return the unit's word, a key of METRES, and the steps to one of it."""
    matched = _UNIT.fullmatch(unit.strip().lower())
    if matched is None or matched[1] not in METRES:
        raise UsageError(f"the unit {unit!r} is not known; give m, cm, mm, dm, or steps to one such as m*256")
    try:
        steps = float(matched[2] or 1)
    except ValueError:
        steps = 0.0
    if not (math.isfinite(steps) and steps > 0):
        raise UsageError(f"the unit {unit!r} has no number of steps above 0, as m*256 has")
    return matched[1], steps
