"""A photo and its depth in one upright frame."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

import authoring
from authoring.maps.map_options import MapOptions
from authoring.views.scene import see, see_with_map

GOLDEN = Path(__file__).parents[2] / "golden"
TURNED = sorted((GOLDEN / "orientation").glob("*.jpg"))
DEPTH_M = np.load(GOLDEN / "scene-depth.npy")


@pytest.mark.parametrize("path", TURNED, ids=lambda path: path.stem)
def test_photo_and_depth_come_upright(path: Path) -> None:
    data = authoring.embed_bytes(path.read_bytes(), DEPTH_M, focus=(0.25, 0.75))
    seen = see(data)
    with Image.open(io.BytesIO(data)) as picture:
        upright = np.asarray(ImageOps.exif_transpose(picture))
    assert np.array_equal(seen.pixels, upright)
    assert seen.focus == pytest.approx((0.25, 0.75), abs=1e-3)
    height, width = seen.pixels.shape[:2]
    assert (seen.calibration.reference_width_px, seen.calibration.reference_height_px) == (width, height)
    near = np.array(np.unravel_index(np.argmax(seen.depth.disparity_per_m()), seen.depth.samples.shape))
    truth = np.array(np.unravel_index(np.argmin(DEPTH_M), DEPTH_M.shape))
    scale = DEPTH_M.shape[0] / seen.depth.height
    assert np.hypot(*(near * scale - truth)) < 0.1 * DEPTH_M.shape[0]


def test_map_before_embedding_keeps_its_holes() -> None:
    depth = DEPTH_M.copy()
    depth[:40, :50] = np.nan
    seen = see_with_map((GOLDEN / "scene.jpg").read_bytes(), depth, MapOptions())
    assert np.isnan(seen.depth.samples[:40, :50]).all()
    assert not np.isnan(seen.depth.samples[40:]).any()
    assert seen.codes is None


def test_camera_of_a_sample_is_its_own(sample: Callable[[str], bytes]) -> None:
    seen = see(sample("rw_ios11_test06.jpg"))
    assert seen.camera == "file"
    assert seen.pixels.shape == (4032, 3024, 3)
    assert seen.depth.samples.shape == (768, 576)
