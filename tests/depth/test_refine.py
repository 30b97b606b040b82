"""Refinement against the exact depth of the golden scene: edges gain, surfaces lose nothing, texture stays out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from authoring.depth.kernels import resample_area
from authoring.depth.refinement import refine
from authoring.errors import RefusedError, UsageError
from golden.refined_edges import HEIGHT, WIDTH, Plane, coarse_maps, exact, guide, score

TRUE = exact()
SHOWN = guide()
MAPS = coarse_maps(TRUE)

GAINS = {
    "192x144, averaged": 0.55,
    "192x144, averaged, 2 % noise": 0.5,
    "192x144, averaged, 5 % noise": 0.45,
    "192x144, averaged, 8 bits": 0.5,
    "192x144, one exact sample each": 0.5,
    "96x72, averaged": 0.5,
    "384x288, averaged": 0.25,
    "768x576, 2 % noise": 0.5,
}
"""How much less the error at edges must be, as a share; each is about a tenth below what is measured."""


@pytest.mark.parametrize("name", GAINS)
def test_edges_gain_and_surfaces_lose_nothing(name: str) -> None:
    plain = score(resample_area(MAPS[name], WIDTH, HEIGHT), TRUE, SHOWN)
    fine = score(refine(MAPS[name], SHOWN).disparity, TRUE, SHOWN)
    assert fine.edge <= (1 - GAINS[name]) * plain.edge
    assert fine.wrong <= 0.3 * plain.wrong
    # 0.001 1/m is a seventh of the step that the file stores this scene in.
    assert fine.away <= plain.away + 0.0005
    assert fine.texture <= plain.texture + 0.001
    if "noise" in name:
        assert fine.away < 0.5 * plain.away and fine.texture < 0.75 * plain.texture


def test_a_map_that_is_exact_already_stays() -> None:
    fine = score(refine(TRUE, SHOWN).disparity, TRUE, SHOWN)
    assert fine.edge < 0.001 and fine.wrong < 0.005 and fine.away < 0.0001


@pytest.mark.parametrize("slope", [0.0, 1.0])
def test_a_photo_full_of_texture_leaves_a_plane_as_it_is(slope: float) -> None:
    plane = np.add.outer(np.linspace(0.5, 0.5 + slope, 144), np.linspace(0, slope, 192)).astype(np.float32)
    result = refine(plane, SHOWN)
    assert result.voted == 0 and result.noise == 0
    np.testing.assert_array_equal(result.disparity, resample_area(plane, WIDTH, HEIGHT))


def test_soft_steps_on_a_plain_wall_stay_soft() -> None:
    """Soft steps that are not visible in the photo are guesses of networks; sharpened they would be blots."""
    y, x = np.mgrid[:36, :48].astype(np.float32)
    clouds = (1 + 0.5 * np.sin(x / 2.5) * np.cos(y / 3)).astype(np.float32)
    wall = (190 + np.random.default_rng(1).normal(0, 3, (144, 192, 3))).astype(np.uint8)
    result = refine(clouds, wall)
    assert result.voted < 0.01
    np.testing.assert_allclose(result.disparity, resample_area(clouds, 192, 144), atol=0.1)


def _halves(tilt: int = 0) -> tuple[Plane, NDArray[np.uint8]]:
    """Return a photo of two colours, near on the left and far on the right; the mixed column of the map is 0.5."""
    photo = np.full((96, 128, 3), 40, np.uint8)
    for row in range(96):
        photo[row, : 62 + tilt * row // 16] = 200
    near = np.where(photo[..., 0] > 100, np.float32(2.0), np.float32(0.5))
    return near, photo


@pytest.mark.parametrize("tilt", [0, 1, -2])
def test_a_silhouette_follows_the_photo_and_is_not_blended(tilt: int) -> None:
    near, photo = _halves(tilt)
    result = refine(resample_area(near, 32, 24), photo).disparity
    assert (np.minimum(np.abs(result - 2.0), np.abs(result - 0.5)) < 0.05).all(), "one surface or the other"
    assert (np.abs(result - near) > 0.1).mean() < 0.001
    gray = refine(resample_area(near, 32, 24), np.ascontiguousarray(photo[..., 1])).disparity
    np.testing.assert_array_equal(result, gray)


def test_holes_take_the_surface_that_the_photo_shows() -> None:
    near, photo = _halves()
    coarse = resample_area(near, 32, 24)
    coarse[:, 15:18] = np.nan  # 1.5 cells of the near surface, the mixed one and 1.5 of the far one
    coarse[3:6, 2:5] = np.nan
    result = refine(coarse, photo)
    assert result.filled == 3 * 24 + 9
    assert np.isfinite(result.disparity).all()
    np.testing.assert_array_equal(result.disparity[12:24, 8:20], 2.0)
    assert (np.minimum(np.abs(result.disparity - 2.0), np.abs(result.disparity - 0.5)) < 0.05).all()


def test_a_hole_in_a_uniform_photo_is_filled_as_without_refinement() -> None:
    near, photo = _halves()
    coarse = near[::4, ::4].copy()
    coarse[8:12, 20:26] = np.nan
    result = refine(coarse, np.full_like(photo, 99)).disparity
    np.testing.assert_array_equal(result[32:48, 84:104], 0.5)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_values_stay_within_the_range_of_the_map(height: int, width: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    coarse = random.choice([0.0, 0.2, 0.21, 3.0], (height, width)).astype(np.float32)
    coarse[random.random(coarse.shape) < 0.3] = np.nan
    photo = random.integers(0, 256, (40, 40, 3), np.uint8)
    if np.isnan(coarse).all():
        with pytest.raises(RefusedError):
            refine(coarse, photo)
        return
    result = refine(coarse, photo).disparity
    assert result.shape == (40, 40) and result.dtype == np.float32
    assert result.min() >= np.nanmin(coarse) * (1 - 1e-6) and result.max() <= np.nanmax(coarse) * (1 + 1e-6)
    np.testing.assert_array_equal(result, refine(coarse, photo).disparity)


def test_what_does_not_fit_is_named() -> None:
    flat = np.ones((8, 8), np.float32)
    with pytest.raises(UsageError, match="shape"):
        refine(flat, np.zeros((16, 16, 4), np.uint8))
    with pytest.raises(UsageError, match="larger than the guide"):
        refine(flat, np.zeros((16, 4, 3), np.uint8))
