"""A photo and its depth in one upright frame."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

import depthauthor
from authoring.maps.map_options import MapOptions
from authoring.views.scene import load_scene, load_scene_with_map

GOLDEN = Path(__file__).parents[2] / "golden"
TURNED = sorted((GOLDEN / "orientation").glob("*.jpg"))
DEPTH_M = np.load(GOLDEN / "scene-depth.npy")


@pytest.mark.parametrize("path", TURNED, ids=lambda path: path.stem)
def test_photo_and_depth_come_upright(path: Path) -> None:
    data = depthauthor.embed_bytes(path.read_bytes(), DEPTH_M, focus=(0.25, 0.75))
    scene = load_scene(data)
    with Image.open(io.BytesIO(data)) as picture:
        upright = np.asarray(ImageOps.exif_transpose(picture))
    assert np.array_equal(scene.pixels, upright)
    assert scene.focus == pytest.approx((0.25, 0.75), abs=1e-3)
    height, width = scene.pixels.shape[:2]
    assert (scene.calibration.reference_width_px, scene.calibration.reference_height_px) == (width, height)
    near = np.array(np.unravel_index(np.argmax(scene.depth.disparity_per_m()), scene.depth.samples.shape))
    truth = np.array(np.unravel_index(np.argmin(DEPTH_M), DEPTH_M.shape))
    scale = DEPTH_M.shape[0] / scene.depth.height
    assert np.hypot(*(near * scale - truth)) < 0.1 * DEPTH_M.shape[0]


def test_map_before_embedding_keeps_its_holes() -> None:
    depth = DEPTH_M.copy()
    depth[:40, :50] = np.nan
    scene = load_scene_with_map((GOLDEN / "scene.jpg").read_bytes(), depth, MapOptions())
    assert np.isnan(scene.depth.samples[:40, :50]).all()
    assert not np.isnan(scene.depth.samples[40:]).any()
    assert scene.plane is None


def test_camera_of_a_sample_is_its_own(sample: Callable[[str], bytes]) -> None:
    scene = load_scene(sample("rw_ios11_test06.jpg"))
    assert scene.camera == "file"
    assert scene.pixels.shape == (4032, 3024, 3)
    assert scene.depth.samples.shape == (768, 576)
