"""The camera that the options of embed and copy give: angle of view, focal length, calibration."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import pytest
from PIL import Image

from authoring.api.photo_files import embed_bytes, extract_bytes
from authoring.depth.calibration import Calibration
from authoring.embed import steps
from authoring.embed.embed_options import options_of
from authoring.errors import UsageError

DEPTH = np.linspace(4, 1, 128 * 96, dtype=np.float32).reshape(96, 128)


def _photo(orientation: int = 1) -> bytes:
    size = (768, 1024) if orientation in (5, 6, 7, 8) else (1024, 768)
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    Image.new("RGB", size, "gray").save(out, "JPEG", exif=exif)
    return out.getvalue()


def _camera(photo: bytes, **options: Any) -> Calibration:
    camera = extract_bytes(embed_bytes(photo, DEPTH, **options)).calibration
    assert camera is not None
    return camera


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("profile", ["portrait", "data"])
def test_the_angle_is_that_of_the_upright_photos_width(orientation: int, profile: str) -> None:
    """Extract gives the camera of the upright photo, 1024 by 768 in every orientation here."""
    camera = _camera(_photo(orientation), fov=90.0, profile=profile)
    assert (camera.reference_width_px, camera.reference_height_px) == (1024, 768)
    assert camera.focal_px == pytest.approx((512, 512))


def test_an_equivalent_compares_diagonals() -> None:
    camera = _camera(_photo(6), focal_mm=50.0)
    assert camera.focal_px[0] == pytest.approx(50 * 1280 / math.hypot(36, 24), rel=1e-6)


def test_without_exif_the_camera_is_a_phones_main_camera() -> None:
    assert _camera(_photo()).focal_px[0] == pytest.approx(26 * 1280 / math.hypot(36, 24), rel=1e-6)


def test_copy_takes_the_given_camera_too() -> None:
    photo = _photo()
    source = embed_bytes(photo, DEPTH)
    copied = steps.copy(source, photo, options_of(fov=90.0)).data
    camera = extract_bytes(copied).calibration
    assert camera is not None and camera.focal_px[0] == pytest.approx(512)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"fov": 200.0}, "fov is 200"),
        ({"focal_mm": 0.5}, "focal_mm is 0.5"),
        ({"fov": 60.0, "focal_mm": 26.0}, "fov and focal_mm both"),
        ({"fov": 60.0, "calibration": "nominal"}, "calibration and fov both"),
    ],
)
def test_a_wrong_or_second_camera_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        embed_bytes(_photo(), DEPTH, **options)
