"""Make files as the makers of depth maps write them, all of the golden scene, and measure how they come back.

Run `python -m golden.makers` for the table: each file is embedded in the golden photo, extracted again and compared
with the exact depth.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FOLDER = Path(__file__).parent
DEPTH: NDArray[np.float32] = np.load(FOLDER / "scene-depth.npy")
DISPARITY: NDArray[np.float64] = 1 / DEPTH.astype(np.float64)
NEAR_M, FAR_M = float(DEPTH.min()), float(DEPTH.max())
RANGE = {"near": NEAR_M, "far": FAR_M}
FOCAL_PX, BASELINE_M, DOFFS = 400.0, 0.25, 13.25
"""Of a stereo pair: focal length and offset in pixels of the map."""
WRITER_TOLERANCE = 1e-6
"""What single floats lose on the way, in 1/m."""


@dataclass(frozen=True, slots=True)
class MakerFile:
    """One form of one maker's files."""

    maker: str
    form: str
    name: str
    """A file name as the maker gives it."""
    build: Callable[[], bytes]
    options: dict[str, Any] = field(default_factory=dict)
    rounding_m: float | None = 0.0
    """The largest error in metres that the form's own steps add; None where the form has no scale."""
    steps: int = 0
    """Of a form without a scale: the gray levels that its range is cut into, 0 for floats."""

    @property
    def relative(self) -> bool:
        """Whether the distances come back up to a best fit only."""
        return self.rounding_m is None


@dataclass(frozen=True, slots=True)
class Return:
    """How a file came back, against the exact depth."""

    error_m: float
    """The largest error in metres; of a relative form after the best affine fit in disparity."""
    error_per_m: float
    """The same in 1/m."""
    correlation: float
    """Of disparity with the exact one."""
    within: bool
    """Whether every sample keeps the bound that `embed` stated, and what the form's own steps add."""
    assumed: tuple[str, ...]


def png(array: NDArray[Any]) -> bytes:
    """Return a gray PNG of 8 or 16 bits."""
    out = io.BytesIO()
    Image.fromarray(array).save(out, "PNG")
    return out.getvalue()


def npy(array: Any) -> bytes:
    """Return an NPY file."""
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def npz(**arrays: Any) -> bytes:
    """Return a deflated NPZ archive."""
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def pfm(array: NDArray[Any], order: str = "<") -> bytes:
    """Return a PFM file as MiDaS writes it: bottom row first, the sign of the scale gives the byte order."""
    height, width = array.shape
    scale = -1.0 if order == "<" else 1.0
    return f"Pf\n{width} {height}\n{scale:.4f}\n".encode() + np.flipud(array).astype(f"{order}f4").tobytes()


def exr(**channels: NDArray[Any]) -> bytes:
    """Return a scan-line OpenEXR file of float channels; a double underscore in a name becomes a dot."""
    import OpenEXR

    out = io.BytesIO()
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    named = {name.replace("__", "."): channel for name, channel in channels.items()}
    OpenEXR.File(header, named).write(out)
    return out.getvalue()


def integers(steps: float) -> bytes:
    """Return a 16-bit PNG of whole steps to the metre."""
    stored = np.rint(DEPTH.astype(np.float64) * steps)
    assert stored.max() < 65536
    return png(stored.astype(np.uint16))


def inverse(dtype: Any) -> NDArray[Any]:
    """Return inverse depth without a scale, white = near."""
    share = (DISPARITY - DISPARITY.min()) / (DISPARITY.max() - DISPARITY.min())
    levels: NDArray[Any] = np.rint(share * np.iinfo(dtype).max).astype(dtype)
    return levels


def affine() -> NDArray[np.float32]:
    """Return depth from 0 to 1, near = 0."""
    share: NDArray[np.float32] = ((DEPTH - NEAR_M) / (FAR_M - NEAR_M)).astype(np.float32)
    return share


def _gray(dtype: Any) -> bytes:
    return png(np.rint(affine().astype(np.float64) * np.iinfo(dtype).max).astype(dtype))


def _colours() -> NDArray[np.float32]:
    return np.full_like(DEPTH, 0.5)


def _midas() -> NDArray[np.float32]:
    """Return what MiDaS predicts: inverse depth with any scale and offset, also negative."""
    return (DISPARITY * 713 - 130).astype(np.float32)


def _normalised() -> NDArray[np.float32]:
    """Inverse depth from 0.05 to 0.65, as one frame of a clip that was normalised as a whole."""
    share = (DISPARITY - DISPARITY.min()) / (DISPARITY.max() - DISPARITY.min())
    normalised: NDArray[np.float32] = (0.05 + 0.6 * share).astype(np.float32)
    return normalised


def _intrinsics() -> NDArray[np.float32]:
    height, width = DEPTH.shape
    return np.array([[400, 0, width / 2], [0, 400, height / 2], [0, 0, 1]], np.float32)


def _stack() -> NDArray[np.float32]:
    return np.stack([DEPTH * 0, DISPARITY * 9, DEPTH]).astype(np.float32)


def _three_channels() -> bytes:
    out = io.BytesIO()
    Image.fromarray(inverse(np.uint8)).convert("RGB").save(out, "PNG")
    return out.getvalue()


FILES: tuple[MakerFile, ...] = (
    MakerFile("Apple's article", "8-bit PNG", "gray.png", lambda: _gray(np.uint8),
              {"preset": "apple-gray", **RANGE}, (FAR_M - NEAR_M) / 255 / 2),
    MakerFile("Apple's article", "16-bit PNG", "gray.png", lambda: _gray(np.uint16),
              {"preset": "apple-gray", **RANGE}, (FAR_M - NEAR_M) / 65535 / 2),
    MakerFile("Depth-Anything", "8-bit PNG", "scene.png", lambda: png(inverse(np.uint8)),
              {"preset": "depth-anything", **RANGE}, None, 255),
    MakerFile("Depth-Anything", "16-bit PNG", "scene.png", lambda: png(inverse(np.uint16)),
              {"preset": "depth-anything", **RANGE}, None, 65535),
    MakerFile("Depth-Anything", "NPY", "scene.npy", lambda: npy((DISPARITY * 40).astype(np.float32)),
              {"preset": "depth-anything", **RANGE}, None),
    MakerFile("MiDaS", "16-bit PNG", "scene-dpt_beit_large_512.png", lambda: png(inverse(np.uint16)),
              {"preset": "midas", **RANGE}, None, 65535),
    MakerFile("MiDaS", "PFM, little endian", "scene-dpt_beit_large_512.pfm", lambda: pfm(_midas()),
              {"preset": "midas", **RANGE}, None),
    MakerFile("MiDaS", "PFM, big endian", "scene-dpt_beit_large_512.pfm", lambda: pfm(_midas(), ">"),
              {"preset": "midas", **RANGE}, None),
    MakerFile("Facebook", "_depth, 8-bit PNG", "scene_depth.png", lambda: png(inverse(np.uint8)),
              {"kind": "inverse-relative", **RANGE}, None, 255),
    MakerFile("Facebook", "_depth, three equal channels", "scene_depth.png", _three_channels,
              {"white": "near", "spacing": "disparity", **RANGE}, None, 255),
    MakerFile("Depth-Anything-V2 metric", "NPY", "scene_raw_depth_meter.npy", lambda: npy(DEPTH),
              {"preset": "depth-anything-metric"}),
    MakerFile("Depth-Anything-V2 metric", "NPY, known by its name", "scene_raw_depth_meter.npy", lambda: npy(DEPTH),
              {"map_name": "scene_raw_depth_meter.npy"}),
    MakerFile("Depth Pro", "NPZ, key depth", "scene.npz", lambda: npz(depth=DEPTH), {"preset": "depth-pro"}),
    MakerFile("Depth Pro", "NPZ with focallength_px", "scene.npz",
              lambda: npz(depth=DEPTH, focallength_px=np.float32(400)), {"preset": "depth-pro"}),
    MakerFile("MoGe", "EXR, channel Y", "depth.exr", lambda: exr(Y=DEPTH), {"preset": "moge"}),
    MakerFile("Marigold", "NPY", "scene_depth.npy", lambda: npy(affine()), {"preset": "marigold", **RANGE}, None),
    MakerFile("Marigold", "16-bit PNG", "scene_depth_16bit.png", lambda: _gray(np.uint16),
              {"preset": "marigold", **RANGE}, None, 65535),
    MakerFile("ZoeDepth", "16-bit PNG, m × 256", "scene.png", lambda: integers(256), {"preset": "zoedepth"}, 1 / 512),
    MakerFile("PatchFusion", "16-bit PNG, m × 256", "scene_uint16.png", lambda: integers(256),
              {"preset": "patchfusion"}, 1 / 512),
    MakerFile("KITTI", "16-bit PNG, m × 256", "0000000005.png", lambda: integers(256), {"preset": "kitti"}, 1 / 512),
    MakerFile("ScanNet", "16-bit PNG, mm", "0.png", lambda: integers(1000), {"preset": "scannet"}, 5e-4),
    MakerFile("ARKit", "16-bit PNG, mm", "41069021_305.377.png", lambda: integers(1000), {"preset": "arkit"}, 5e-4),
    MakerFile("RealSense", "16-bit PNG, mm", "depth.png", lambda: integers(1000), {"preset": "realsense"}, 5e-4),
    MakerFile("NYU", "16-bit PNG, mm", "00001.png", lambda: integers(1000), {"preset": "nyu"}, 5e-4),
    MakerFile("TUM", "16-bit PNG, m × 5000", "1305031102.160407.png", lambda: integers(5000), {"preset": "tum"}, 1e-4),
    MakerFile("Video-Depth-Anything", "NPZ, stack depths, relative", "scene_depths.npz", lambda: npz(depths=_stack()),
              {"preset": "video-depth-anything", "frame": 1, **RANGE}, None),
    MakerFile("Video-Depth-Anything", "NPZ, stack depths, metres", "scene_depths.npz", lambda: npz(depths=_stack()),
              {"preset": "video-depth-anything", "kind": "depth", "frame": 2}),
    MakerFile("Blender", "EXR, channel Z among colours", "scene0001.exr",
              lambda: exr(R=_colours(), G=_colours(), B=_colours(), A=_colours(), Z=DEPTH), {"preset": "blender"}),
    MakerFile("Blender", "EXR, ViewLayer.Depth.Z", "scene0001.exr",
              lambda: exr(ViewLayer__Combined__R=_colours(), ViewLayer__Combined__G=_colours(),
                          ViewLayer__Combined__B=_colours(), ViewLayer__Combined__A=_colours(),
                          ViewLayer__Depth__Z=DEPTH), {"preset": "blender"}),
    MakerFile("Depth Anything 3", "NPZ, depth and camera", "results.npz",
              lambda: npz(depth=DEPTH[None], conf=np.ones((1, *DEPTH.shape), np.float32),
                          extrinsics=np.zeros((1, 3, 4), np.float32), intrinsics=_intrinsics()[None]),
              {"preset": "depth-anything-3"}),
    MakerFile("Lotus", "NPY, depth", "scene.npy", lambda: npy(affine()), {"preset": "lotus", **RANGE}, None),
    MakerFile("Lotus", "NPY, disparity", "scene.npy", lambda: npy(_normalised()),
              {"preset": "lotus-disparity", **RANGE}, None),
    MakerFile("DepthCrafter", "NPZ, stack depth", "scene.npz", lambda: npz(depth=np.stack([affine(), _normalised()])),
              {"preset": "depthcrafter", "frame": 1, **RANGE}, None),
    MakerFile("UniDepth", "NPY", "scene.npy", lambda: npy(DEPTH), {"preset": "unidepth"}),
    MakerFile("Metric3D", "NPY", "scene.npy", lambda: npy(DEPTH), {"preset": "metric3d"}),
    MakerFile("Stray Scanner", "16-bit PNG, mm", "000000.png", lambda: integers(1000),
              {"preset": "stray-scanner"}, 5e-4),
    MakerFile("Record3D", "EXR, channel R", "0.exr", lambda: exr(R=DEPTH), {"preset": "record3d"}),
    MakerFile("KITTI", "16-bit PNG, disparity in pixels × 256", "000000_10.png",
              lambda: png(np.rint(DISPARITY * FOCAL_PX * BASELINE_M * 256).astype(np.uint16)),
              {"preset": "kitti-disparity", "focal_px": FOCAL_PX, "baseline": BASELINE_M},
              FAR_M**2 / (512 * FOCAL_PX * BASELINE_M)),
    MakerFile("Middlebury", "PFM, disparity in pixels", "disp0.pfm",
              lambda: pfm((DISPARITY * FOCAL_PX * BASELINE_M - DOFFS).astype(np.float32)),
              {"preset": "middlebury", "focal_px": FOCAL_PX, "baseline": BASELINE_M, "doffs": DOFFS}, 1e-5),
    MakerFile("RAFT-Stereo", "NPY, negative disparity in pixels", "scene.npy",
              lambda: npy((DISPARITY * -FOCAL_PX * BASELINE_M).astype(np.float32)),
              {"preset": "raft-stereo", "focal_px": FOCAL_PX, "baseline": BASELINE_M}, 1e-5),
    MakerFile("PFM", "metres, little endian", "scene.pfm", lambda: pfm(DEPTH)),
    MakerFile("PFM", "metres, big endian", "scene.pfm", lambda: pfm(DEPTH, ">")),
)  # fmt: skip


@lru_cache
def _photo() -> bytes:
    return (FOLDER / "scene.jpg").read_bytes()


def round_trip(file: MakerFile) -> Return:
    """Embed the file in the golden photo and extract it again."""
    from authoring.embed.embed_options import options_of
    from authoring.embed.steps import embed
    from authoring.maps.load import parse_map_source
    from authoring.read.extract import extract

    source = parse_map_source(file.build(), file.options.get("key"), file.options.get("frame"))
    outcome = embed(_photo(), source, options_of(profile="data", **file.options))
    disparity = extract(outcome.data).disparity_per_m().astype(np.float64)
    correlation = float(np.corrcoef(disparity.ravel(), DISPARITY.ravel())[0, 1])
    bound = outcome.report.bound
    if file.relative:
        slope, offset = np.polyfit(disparity.ravel(), DISPARITY.ravel(), 1)
        disparity = slope * disparity + offset
        step = (DISPARITY.max() - DISPARITY.min()) / file.steps / 2 if file.steps else 0.0
        # A fit may tilt either error by a little.
        allowed = np.full(DEPTH.shape, (bound + step) * 1.1)
    else:
        assert file.rounding_m is not None
        # An error of z metres in the file is z / depth² in disparity.
        allowed = bound + file.rounding_m / (DEPTH.astype(np.float64) - file.rounding_m) ** 2
    error = np.abs(disparity - DISPARITY)
    metres = np.abs(1 / np.maximum(disparity, math.ulp(1.0)) - DEPTH)
    within = bool((error <= allowed + WRITER_TOLERANCE).all())
    return Return(float(metres.max()), float(error.max()), correlation, within, outcome.report.assumed)


def main() -> None:
    """Print the table."""
    print("| maker | file | scale | max error, 1/m | max error, m | correlation | within the bound |")
    print("|---|---|---|---|---|---|---|")
    for file in FILES:
        back = round_trip(file)
        print(
            f"| {file.maker} | {file.form} | {'relative' if file.relative else 'metres'} | {back.error_per_m:.5f} "
            f"| {back.error_m:.3f} | {back.correlation:.6f} | {'yes' if back.within else 'NO'} |"
        )


if __name__ == "__main__":
    main()
