"""Fill the folder that the pages' commands run in: photos, maps and portraits of the golden scene, and a hub cache.

The cache holds tiny networks of random weights under the names of known ones, where torch is there to make them.
"""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

import depthauthor as da
from golden.dng import DngRecipe, build_dng
from golden.makers import FILES, exr, png
from tests.estimate import hub_cache
from tests.foreign import files as foreign_files

GOLDEN = Path(__file__).parents[2] / "golden"

COPIES = {
    "photo.jpg": "scene.jpg",
    "photo.heic": "scene.heic",
    "photo.png": "scene.png",
    "render.png": "scene.png",
    "retouched.jpg": "scene.jpg",
    "mask.png": "scene-mask.png",  # black is 0.5 m, white is 8 m
    "depth.npy": "scene-depth.npy",  # metres
    "depth.tiff": "scene-depth.tiff",  # metres
    "depth-mm.png": "scene-depth-mm.png",  # millimetres, 16 bits
    "inverse.png": "scene-inverse.png",  # relative, white is near
    "camera.json": "scene-calibration.json",
    "photos/IMG_0001.jpg": "scene.jpg",
    "photos/IMG_0002.heic": "scene.heic",
    "maps/IMG_0001.png": "scene-mask.png",
    "maps/IMG_0002.png": "scene-mask.png",
    "depth/0001.png": "scene-mask.png",
    "depth/0002.npy": "scene-depth.npy",
}
"""Name in the folder: golden file."""

PORTRAITS = {
    "IMG_0001.HEIC": "scene.heic",
    "IMG_0002.HEIC": "scene.heic",
    "IMG_0003.JPG": "scene.jpg",
    "my-portrait.heic": "scene.heic",
    "portraits/IMG_0001.HEIC": "scene.heic",
    "portraits/IMG_0003.JPG": "scene.jpg",
}
"""Name in the folder: golden photo, which gets the scene's depth as a portrait."""

MAKERS = {
    "depth-pro.npz": ("Depth Pro", "NPZ with focallength_px"),
    "depth_raw_depth_meter.npy": ("Depth-Anything-V2 metric", "NPY"),
    "marigold_depth.npy": ("Marigold", "NPY"),
    "moge/depth.exr": ("MoGe", "EXR, channel Y"),
    "render.exr": ("Blender", "EXR, ViewLayer.Depth.Z"),
}
"""Name in the folder: maker and form of golden/makers.py."""

FOV_DEGREES = {"fov_x": 65.24, "fov_y": 51.28}
"""Of the golden scene's camera, as MoGe's fov.json states it."""

DNG_SIZE = (512, 384)

HUB = "huggingface-cache"
"""Name in the folder: where the hub's library looks for networks."""


def fill(folder: Path) -> None:
    """Write the files."""
    for name, source in COPIES.items():
        target = folder / name
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(GOLDEN / source, target)
    depth_m = np.load(GOLDEN / "scene-depth.npy")
    np.save(folder / "coarse.npy", depth_m[::4, ::4])
    _write_maps(folder, depth_m)
    portraits = {
        source: da.embed_bytes(
            GOLDEN / source,
            depth_m,
            unit="m",
            accuracy="absolute",
            focus=(0.19, 0.8),
            calibration=GOLDEN / "scene-calibration.json",
        )
        for source in sorted(set(PORTRAITS.values()))
    }
    (folder / "android.jpg").write_bytes(_android(depth_m))
    for name, source in PORTRAITS.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(portraits[source])
    with Image.open(GOLDEN / "scene.png") as picture:
        pixels = np.asarray(picture.convert("RGB").resize(DNG_SIZE))
    for name in ("photo.dng", "IMG_0001.DNG"):
        (folder / name).write_bytes(build_dng(DngRecipe(pixels)))
    (folder / "manifest.csv").write_text(
        "photo,map,near,far\nphotos/IMG_0001.jpg,depth/0001.png,0.5,8\nphotos/IMG_0002.heic,depth/0002.npy,,\n"
    )
    hub_cache.fill(folder / HUB)
    for name in ("golden", "examples", "schemas"):
        (folder / name).symlink_to(GOLDEN.parent / name)


def _android(depth_m: NDArray[np.float32]) -> bytes:
    """Return the scene as an Android portrait: GDepth in metres, blurred, with the picture before the blur."""
    near, far = 0.5, 8.0
    share = far * (depth_m - near) / (depth_m * (far - near))
    codes = np.rint(np.clip(share, 0, 1) * 255).astype(np.uint8)
    sharp = (GOLDEN / "scene.jpg").read_bytes()
    blurred = io.BytesIO()
    with Image.open(GOLDEN / "scene.jpg") as picture:
        picture.filter(ImageFilter.GaussianBlur(4)).save(blurred, "JPEG", exif=picture.getexif())
    return foreign_files.gdepth(
        blurred.getvalue(), foreign_files.coded(codes), near=near, far=far, unblurred=sharp, focus=True
    )


def _write_maps(folder: Path, depth_m: NDArray[np.float32]) -> None:
    """Write maps as networks and renderers give them."""
    (folder / "moge").mkdir()
    by_form = {(file.maker, file.form): file for file in FILES}
    for name, form in MAKERS.items():
        (folder / name).write_bytes(by_form[form].build())
    (folder / "moge" / "fov.json").write_text(json.dumps(FOV_DEGREES))
    with Image.fromarray(depth_m) as picture:
        np.save(folder / "square.npy", np.asarray(picture.resize((384, 384), Image.Resampling.BILINEAR)))
    mist = np.rint((depth_m - 0.5) / 7.5 * 65535).astype(np.uint16)
    (folder / "mist.png").write_bytes(png(mist))
    (folder / "unreal.exr").write_bytes(exr(R=depth_m * 100))
    (folder / "nuke.exr").write_bytes(exr(depth__Z=1 / depth_m))
    np.save(folder / "ray.npy", depth_m * 1.1)
    np.save(folder / "zbuffer.npy", 100 / (100 - 0.1) * (1 - 0.1 / depth_m))  # Planes at 0.1 m and 100 m.
