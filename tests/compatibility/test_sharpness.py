"""Blur that is in the pixels already, found by the detail of far and near parts (R24)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageFilter

from authoring.compatibility.sharpness import measure_sharpness
from authoring.compatibility.verify import verify
from golden.scene import render


def _scene() -> tuple[np.ndarray, np.ndarray]:
    """Return the golden scene's gray picture (H, W) and its disparity as codes."""
    scene = render(1008, 756)
    disparity = np.where(np.isfinite(scene.depth_m), 1 / scene.depth_m, 0)
    return scene.rgb[..., 1], np.rint(255 * disparity / disparity.max()).astype(np.uint8)


def test_a_sharp_picture_is_sharp_near_and_far() -> None:
    gray, codes = _scene()
    measured = measure_sharpness(gray, codes)
    assert measured is not None and not measured.is_far_blurred
    assert measured.far == pytest.approx(measured.near, rel=0.2)


def _textured(seed: int) -> Image.Image:
    """Return a picture with detail of every size, 1008x756."""
    rng = np.random.default_rng(seed)
    layers = []
    for size in (2, 4, 8, 16, 32, 64):
        noise = Image.fromarray(rng.normal(0, 1, (756 // size + 2, 1008 // size + 2)).astype(np.float32))
        layers.append(np.asarray(noise.resize((1008, 756), Image.Resampling.BICUBIC)))
    picture = 128 + 20 * np.sum(layers, axis=0)
    return Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))


@pytest.mark.parametrize("radius", [0, 2, 3])
def test_far_parts_that_were_blurred_are_found(radius: int) -> None:
    picture = _textured(7)
    codes = np.where(np.arange(1008) < 504, 40, 200).astype(np.uint8)[None, :].repeat(756, axis=0)
    blurred = np.asarray(picture.filter(ImageFilter.GaussianBlur(radius)))
    measured = measure_sharpness(np.where(codes == 40, blurred, np.asarray(picture)), codes)
    assert measured is not None and measured.is_far_blurred == (radius > 0)


def test_a_picture_without_texture_is_not_judged() -> None:
    _, codes = _scene()
    assert measure_sharpness(np.full((756, 1008), 128, np.uint8), codes) is None
    assert measure_sharpness(np.zeros((20, 20), np.uint8), codes) is None


@pytest.mark.parametrize(
    ("name", "blurred"),
    [
        ("pug.heic", True),
        ("openize_14pro_portrait.heic", True),
        ("lyangas_12mini_gainmap_depth.jpg", True),
        ("shu_matte.jpg", True),
        ("tianle91_13mini.heic", True),
        ("rw_ios11_test06.jpg", False),
        ("xamarinmonkey.heic", False),
        ("nilsh_imageio_output.heic", False),
    ],
)
def test_samples(name: str, blurred: bool, sample: Callable[[str], bytes]) -> None:
    """R24 reports what is blurred, and is silent about camera originals whose lens blurs the background."""
    (finding,) = (finding for finding in verify(sample(name)).findings if finding.rule == "R24")
    assert (finding.status == "note") == blurred
