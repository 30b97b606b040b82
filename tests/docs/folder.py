"""Fill the folder that the pages' commands run in: photos, maps and portraits made from the golden scene."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from PIL import Image

import depthauthor as da
from golden.dng import DngRecipe, build_dng

GOLDEN = Path(__file__).parents[2] / "golden"

COPIES = {
    "photo.jpg": "scene.jpg",
    "photo.heic": "scene.heic",
    "photo.png": "scene.png",
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

DNG_SIZE = (512, 384)


def fill(folder: Path) -> None:
    """Write the files."""
    for name, source in COPIES.items():
        target = folder / name
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(GOLDEN / source, target)
    depth_m = np.load(GOLDEN / "scene-depth.npy")
    np.save(folder / "coarse.npy", depth_m[::4, ::4])
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
    for name in ("golden", "examples", "schemas"):
        (folder / name).symlink_to(GOLDEN.parent / name)
