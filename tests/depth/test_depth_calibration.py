"""The camera under turning and scaling: a projected point moves exactly as its pixel."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authoring.depth.calibration import Calibration
from authoring.depth.orientation import Orientation
from authoring.errors import UsageError

COEFFICIENTS = (0.0, -0.94, 0.2, -0.02, 1e-3, -8e-6, -6e-7, 1e-8)
PUG = Calibration(
    intrinsic_matrix=((3032.5, 0, 1988.25), (0, 3040.25, 1512.5), (0, 0, 1)),
    reference_width_px=4032,
    reference_height_px=3024,
    pixel_size_mm=0.0019,
    lens_distortion_coefficients=COEFFICIENTS,
    inverse_lens_distortion_coefficients=tuple(-c for c in COEFFICIENTS),
    lens_distortion_center_px=(1990.5, 1515.25),
)
orientations = st.sampled_from(list(Orientation))


def _pose(calibration: Calibration) -> npt.NDArray[np.float64]:
    """R (3, 3), stored column by column."""
    return np.array(calibration.extrinsic_matrix[:9]).reshape(3, 3).T


def _project(calibration: Calibration, point: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Pixel (x, y) of a 3-D point given in the axes of the untouched camera."""
    in_camera = np.linalg.inv(_pose(calibration)) @ point
    pixel = np.array(calibration.intrinsic_matrix) @ in_camera
    return np.asarray(pixel[:2] / pixel[2])


@given(
    orientation=orientations,
    x=st.floats(-0.6, 0.6),
    y=st.floats(-0.45, 0.45),
)
@settings(max_examples=80, deadline=None)
def test_a_points_pixel_moves_as_the_raster_does(orientation: Orientation, x: float, y: float) -> None:
    point = np.array([x, y, 1.0]) * 2.5
    before = _project(PUG, point)
    after = _project(PUG.oriented(orientation), point)
    # Let to_display itself tell where pixels go: the coordinates of every tenth pixel's centre, as a picture.
    columns, rows = np.meshgrid(np.arange(4.5, 4032, 9), np.arange(4.5, 3024, 9))
    shown_columns, shown_rows = orientation.to_display(columns), orientation.to_display(rows)
    j, i = (after / 9).astype(int)
    assert 0 <= i < shown_rows.shape[0] and 0 <= j < shown_columns.shape[1]
    shown = np.array([shown_columns[i, j], shown_rows[i, j]])
    assert np.abs(shown - before).max() <= 4.5 + 1e-6


@given(orientation=orientations)
def test_the_inverse_brings_it_back(orientation: Orientation) -> None:
    assert PUG.oriented(orientation).oriented(orientation.inverse) == PUG


@given(first=orientations, second=orientations)
def test_turning_twice_is_turning_once(first: Orientation, second: Orientation) -> None:
    assert PUG.oriented(first).oriented(second) == PUG.oriented(first.then(second))


def test_a_quarter_turn_is_what_apple_writes() -> None:
    # openize_14pro_portrait.heic, fidmaa_selfie_depth.heic and shu_matte.jpg: turned upright before saving.
    upright = PUG.oriented(Orientation.QUARTER_TURN_CLOCKWISE)
    assert upright.extrinsic_matrix == (0, -1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0)
    assert "-0.0" not in repr(upright.extrinsic_matrix)
    assert (upright.reference_width_px, upright.reference_height_px) == (3024, 4032)
    assert upright.focal_px == (3040.25, 3032.5)
    assert upright.principal_point_px == (3024 - 1512.5, 1988.25)
    assert upright.lens_distortion_center_px == (3024 - 1515.25, 1990.5)
    assert upright.pixel_size_mm == PUG.pixel_size_mm
    assert upright.lens_distortion_coefficients == COEFFICIENTS


def test_four_quarter_turns_are_none() -> None:
    turned = PUG
    for _ in range(4):
        turned = turned.oriented(Orientation.QUARTER_TURN_CLOCKWISE)
    assert turned == PUG


@pytest.mark.parametrize("orientation", Orientation)
def test_mirroring_shows_in_the_determinant(orientation: Orientation) -> None:
    mirrors = orientation in (2, 4, 5, 7)
    assert np.linalg.det(_pose(PUG.oriented(orientation))) == pytest.approx(-1 if mirrors else 1)


def test_the_translation_stays() -> None:
    moved = dataclasses.replace(PUG, extrinsic_matrix=(*PUG.extrinsic_matrix[:9], 1.0, 2.0, 3.0))
    assert moved.oriented(Orientation.TRANSVERSED).extrinsic_matrix[9:] == (1, 2, 3)


def test_scaling_against_a_recording() -> None:
    # in_zeiss11pro_DepthMetadata.json: one camera in the 640-pixel map and in its 4032-pixel frame.
    large = Calibration(
        ((436.77585 * 6.3, 0, 2026.1318359375), (0, 436.77585 * 6.3, 1508.714111328125), (0, 0, 1)),
        4032,
        3024,
        lens_distortion_center_px=(2026.1318359375, 1508.714111328125),
    )
    small = large.scaled(640, 480)
    assert small.principal_point_px == pytest.approx((321.60822, 239.47842), abs=2e-5)
    assert small.focal_px == pytest.approx((436.77585, 436.77585))
    assert small.pixel_size_mm == pytest.approx(0.0063)


@given(scale=st.sampled_from([0.25, 0.5, 2, 4]), x=st.floats(-0.5, 0.5), y=st.floats(-0.4, 0.4))
@settings(max_examples=40, deadline=None)
def test_scaling_scales_every_pixel(scale: float, x: float, y: float) -> None:
    scaled = PUG.scaled(int(4032 * scale), int(3024 * scale))
    point = np.array([x, y, 1.0])
    np.testing.assert_allclose(_project(scaled, point), _project(PUG, point) * scale, rtol=1e-12)
    assert scaled.focal_px[0] * scaled.pixel_size_mm == pytest.approx(3032.5 * 0.0019)


def test_scaling_refuses_a_crop() -> None:
    assert PUG.scaled(768, 576).scaled(4032, 3024).focal_px == pytest.approx(PUG.focal_px)
    with pytest.raises(UsageError, match=r"4032 by 3024.*1920 by 1080"):
        PUG.scaled(1920, 1080)
    with pytest.raises(UsageError):
        PUG.scaled(0, 0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"intrinsic_matrix": ((1, 0, 0), (0, 1, 0))}, "three rows"),
        ({"intrinsic_matrix": ((1, 0.5, 0), (0, 1, 0), (0, 0, 1))}, "fx 0 cx"),
        ({"intrinsic_matrix": ((0, 0, 0), (0, 1, 0), (0, 0, 1))}, "above 0"),
        ({"intrinsic_matrix": ((np.nan, 0, 0), (0, 1, 0), (0, 0, 1))}, "not finite"),
        ({"extrinsic_matrix": (1.0,) * 11}, "11 numbers, not 12"),
        ({"lens_distortion_coefficients": (1.0,) * 7}, "7 lens distortion"),
        ({"inverse_lens_distortion_coefficients": (1.0,)}, "1 inverse lens"),
        ({"lens_distortion_center_px": (1.0,)}, "two numbers"),
        ({"reference_width_px": 0}, "reference width"),
        ({"pixel_size_mm": 0.0}, "pixel size"),
    ],
)
def test_impossible_cameras(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        dataclasses.replace(PUG, **changes)
