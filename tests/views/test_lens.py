"""Lens distortion and its inverse: LensDistortionCoefficients lead from the photo to the pinhole picture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from authoring.views.cloud_samples import camera_of_calibration
from authoring.views.geometry.distortion import RadialLens
from authoring.views.geometry.projection import Camera
from authoring.views.scene import load_scene

TO_PINHOLE = (0.0, -0.94, 0.21, -0.0215, 0.00097, -7.9e-06, -6.6e-07, 1.4e-08)
"""About a 26 mm wide lens: the photo is drawn in by 1.8 % at most, and less again in the corners."""

LENS = RadialLens((1990.3, 1515.2), 0.0019, TO_PINHOLE)
CAMERA = Camera(4032, 3024, (3032.6, 3032.6), (1988.5, 1512.3), LENS)


def grid(width: int, height: int) -> NDArray[np.float64]:
    x, y = np.meshgrid(np.linspace(0, width, 81), np.linspace(0, height, 61))
    return np.stack([x, y], axis=-1)


def by_lookup_table(
    lens: RadialLens, points: NDArray[np.float64], size: tuple[int, int]
) -> NDArray[np.float64]:
    """Convert the photo to the undistorted picture as AVCameraCalibrationData.h does, with its inverse table:
    magnifications at even radii, linear in between.
    """
    cx, cy = lens.center_px
    farthest = np.hypot(max(cx, size[0] - cx), max(cy, size[1] - cy))
    radii = np.linspace(0, farthest, 2001)
    mm = radii * lens.pixel_size_mm
    table = sum(c / 100 * mm ** (2 * k) for k, c in enumerate(lens.to_pinhole))
    offset = points - (cx, cy)
    magnification = np.interp(np.hypot(offset[..., 0], offset[..., 1]), radii, table)
    moved: NDArray[np.float64] = points + magnification[..., np.newaxis] * offset
    return moved


def test_undistorting_and_distorting_cancel() -> None:
    points = grid(4032, 3024)
    assert np.abs(LENS.undistort(LENS.distort(points)) - points).max() < 0.1
    assert np.abs(LENS.distort(LENS.undistort(points)) - points).max() < 0.1
    # And it is no small thing that is undone.
    assert np.hypot(*(LENS.distort(points) - points).reshape(-1, 2).T).max() > 30


def test_negative_coefficients_draw_the_photo_in() -> None:
    points = grid(4032, 3024).reshape(-1, 2)
    before = np.hypot(*(points - LENS.center_px).T)
    ideal = np.hypot(*(LENS.undistort(points) - LENS.center_px).T)
    away = before > 10
    assert (ideal[away] < before[away]).all()


def test_undistorting_is_that_of_the_inverse_lookup_table() -> None:
    points = grid(4032, 3024)
    expected = by_lookup_table(LENS, points, (4032, 3024))
    assert np.abs(LENS.undistort(points) - expected).max() < 0.01


def test_rays_of_a_synthetic_camera() -> None:
    """Points that the reference way puts at known places of the photo are seen there, and come back on their rays."""
    random = np.random.default_rng(4)
    photographed = random.uniform((0, 0), (4032, 3024), (2000, 2))
    ideal = by_lookup_table(LENS, photographed, (4032, 3024))
    slopes = (ideal - CAMERA.center_px) / CAMERA.focal_px
    space = np.column_stack([slopes, np.ones(len(slopes))]) * random.uniform(0.3, 8, (2000, 1))
    assert np.abs(CAMERA.project(space) - photographed).max() < 0.1
    back = (LENS.undistort(photographed) - CAMERA.center_px) / CAMERA.focal_px
    assert np.abs(back * space[:, 2:] - space[:, :2]).max() < 0.1 / 3032.6 * 8


def test_slopes_go_through_the_samples_centres() -> None:
    rows, columns = np.arange(0, 576, 5), np.arange(0, 768, 7)
    slopes = CAMERA.slopes((576, 768), rows, columns)
    visible = CAMERA.project(np.dstack([slopes, np.ones(slopes.shape[:2])]).reshape(-1, 3))
    x, y = np.meshgrid((columns + 0.5) * 5.25, (rows + 0.5) * 5.25)
    assert np.abs(visible - np.stack([x.ravel(), y.ravel()], axis=1)).max() < 0.1


def test_the_inverse_polynomial_alone_is_enough() -> None:
    inverse = RadialLens((100.0, 80.0), 0.01, (), (0.0, 2.0, 0, 0, 0, 0, 0, 0))
    points = grid(200, 160)
    assert np.allclose(inverse.distort(np.array([[200.0, 80.0]])), [[202.0, 80.0]])
    assert np.abs(inverse.undistort(inverse.distort(points)) - points).max() < 0.01


def test_no_distortion_and_no_points() -> None:
    plain = RadialLens((10, 10), 0.001, (0.0,) * 8, (0.0,) * 8)
    assert not plain.distorts
    assert np.array_equal(plain.undistort(np.array([[3.0, 4.0]])), [[3.0, 4.0]])
    assert LENS.undistort(np.zeros((0, 2))).shape == (0, 2)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "coefficients", [(-100.0,), (1e300,) * 8, (0.0, -1e300, 1e300), (0.0, -3.0), (-1e9, 5e-324)], ids=str
)
def test_absurd_coefficients_stay_finite(coefficients: tuple[float, ...]) -> None:
    points = grid(4032, 3024)
    for lens in (
        RadialLens((2016, 1512), 0.002, coefficients),
        RadialLens((2016, 1512), 1e200, (), coefficients),
    ):
        assert np.isfinite(lens.undistort(points)).all() and np.isfinite(lens.distort(points)).all()


@pytest.mark.parametrize(
    "name",
    [
        "pug.heic",
        "openize_14pro_portrait.heic",
        "shu_matte.jpg",
        "rw_ios11_test06.jpg",
        "lyangas_12mini_gainmap_depth.jpg",
    ],
)
def test_real_lenses_can_be_inverted(name: str, sample: Callable[[str], bytes]) -> None:
    calibration = load_scene(sample(name)).calibration
    lens = camera_of_calibration(calibration).lens
    assert lens is not None
    points = grid(calibration.reference_width_px, calibration.reference_height_px)
    ideal = lens.undistort(points)
    assert np.abs(lens.distort(ideal) - points).max() < 0.1
    # Apple's own inverse polynomial says the same, as well as a fit can.
    fitted = RadialLens(lens.center_px, lens.pixel_size_mm, (), lens.to_photo)
    assert np.abs(fitted.undistort(points) - ideal).max() < 3
