"""Blender's render goes in: its own, where it is installed as a module (bpy), else an EXR laid out as it writes it."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import depthauthor as da
from authoring.cli.main import run

EXAMPLE = Path(__file__).parents[2] / "examples" / "blender_depth.py"

WIDTH, HEIGHT = 320, 240
FOCAL_PX = 35 / 36 * WIDTH
CENTRE_PX = (0.5 * WIDTH - 0.05 * WIDTH, 0.5 * HEIGHT - 0.03 * WIDTH)
"""Blender shifts by shares of the longer side: a camera that looks to the right has its principal point on the left."""

SCENE = """
import bpy, runpy, sys
bpy.ops.wm.read_factory_settings(use_empty=True)
scene = bpy.context.scene
scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 1, False
scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 640, 480, 50
lens = bpy.data.cameras.new("camera")
lens.lens, lens.shift_x, lens.shift_y = 35, 0.05, -0.03
scene.camera = bpy.data.objects.new("camera", lens)
scene.collection.objects.link(scene.camera)
bpy.ops.mesh.primitive_plane_add(size=2, location=(0, 0, -4))
bpy.ops.mesh.primitive_plane_add(size=1, location=(-1, -0.5, -2))
example, folder = sys.argv[1:]
sys.argv = ["blender", "--", folder]
runpy.run_path(example, run_name="__main__")
"""


def exact_m() -> NDArray[np.float32]:
    """Return the depth of the scene: a square at 4 m, a smaller one at 2 m that hides a part of it, and the sky."""
    column, row = np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5)
    x, y = (column - CENTRE_PX[0]) / FOCAL_PX, (CENTRE_PX[1] - row) / FOCAL_PX
    depth = np.full((HEIGHT, WIDTH), 1e10, np.float32)
    depth[(np.abs(4 * x) < 1) & (np.abs(4 * y) < 1)] = 4
    depth[(np.abs(2 * x + 1) < 0.5) & (np.abs(2 * y + 0.5) < 0.5)] = 2
    return depth


def as_blender_writes(path: Path, depth: NDArray[np.float32]) -> None:
    """Write a multi-layer EXR of Blender 5: a part for each pass, channels called VIEWLAYER.PASS.CHANNEL."""
    OpenEXR = pytest.importorskip("OpenEXR", reason="OpenEXR is not installed")
    half = np.full((HEIGHT, WIDTH), 0.5, np.float32)
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    parts = [
        ("ViewLayer.Combined", {f"ViewLayer.Combined.{name}": half for name in "RGBA"}),
        ("ViewLayer.Depth", {"ViewLayer.Depth.Z": depth}),
    ]
    OpenEXR.File([OpenEXR.Part(dict(header), channels, name) for name, channels in parts]).write(str(path))


def embed_and_check(folder: Path) -> None:
    """Embed the three files as the example's first lines say; compare depth and camera with the exact ones."""
    command = ["embed", folder / "photo.png", folder / "depth.exr", "--calibration", folder / "camera.json"]
    assert run([*map(str, command), "-o", str(folder / "photo.heic"), "-q"]) == 0
    read = da.extract(folder / "photo.heic")
    exact = exact_m()
    disparity = np.where(exact == 1e10, 0, 1 / exact)
    # A renderer may give a pixel on an outline to either side.
    inside = np.ones_like(exact, np.bool_)
    for axis in (0, 1):
        for step in (-1, 1):
            inside &= np.roll(exact, step, axis) == exact
    assert inside.mean() > 0.95
    assert np.abs(read.disparity_per_m() - disparity)[inside].max() <= 1.6 * 0.5 / 255
    assert read.calibration is not None
    scale = WIDTH / read.calibration.reference_width_px
    assert read.calibration.focal_px[0] * scale == pytest.approx(FOCAL_PX, rel=1e-4)
    assert np.multiply(read.calibration.principal_point_px, scale) == pytest.approx(CENTRE_PX, abs=0.01)


def test_a_file_laid_out_as_blenders(tmp_path: Path) -> None:
    Image.new("RGB", (WIDTH, HEIGHT), "gray").save(tmp_path / "photo.png")
    as_blender_writes(tmp_path / "depth.exr", exact_m())
    camera = {"fx": FOCAL_PX, "fy": FOCAL_PX, "cx": CENTRE_PX[0], "cy": CENTRE_PX[1]}
    (tmp_path / "camera.json").write_text(json.dumps({**camera, "width": WIDTH, "height": HEIGHT}))
    embed_and_check(tmp_path)


def test_the_script_in_blender(tmp_path: Path) -> None:
    """Ran with bpy 4.5.15 and 5.0.1, which have 350 MB and are therefore not among the test's packages."""
    if importlib.util.find_spec("bpy") is None:
        pytest.skip("bpy (Blender as a module) is not installed")
    script = tmp_path / "scene.py"
    script.write_text(SCENE)
    folder = tmp_path / "render"
    command = [sys.executable, str(script), str(EXAMPLE), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=250, check=False)
    assert done.returncode == 0, done.stderr
    written = json.loads((folder / "camera.json").read_text())
    assert (written["width"], written["height"]) == (WIDTH, HEIGHT)
    embed_and_check(folder)
