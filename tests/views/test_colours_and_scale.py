"""The colour map, light and codes, and the scale, all by calculation; no picture is compared."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from authoring.views.pictures.colours import HOLE, coloured, from_oklab, oklab, table
from authoring.views.pictures.light import to_codes, to_light
from authoring.views.pictures.scale import BINS, Scale, format_distance, histogram


def test_steps_look_equal_and_lightness_rises() -> None:
    lab = oklab(table())
    steps = np.linalg.norm(np.diff(lab, axis=0), axis=1)
    # A code is about 0.003 in OKLab, so single steps jitter; over eight they must not.
    wide = np.linalg.norm(lab[8:] - lab[:-8], axis=1)
    assert wide.max() / wide.min() < 1.35
    assert steps.max() < 0.02
    assert (np.diff(lab[::4, 0]) > 0).all()
    assert lab[0, 0] < 0.3 and lab[-1, 0] > 0.93


def test_oklab_both_ways() -> None:
    codes = np.random.default_rng(1).integers(0, 256, (500, 3)).astype(np.uint8)
    assert np.array_equal(from_oklab(oklab(codes)), codes)
    # Ottosson's own example: white is L 1, a 0, b 0.
    assert oklab(np.array([[255, 255, 255]]))[0] == pytest.approx([1, 0, 0], abs=1e-4)


def test_holes_are_hatched_in_colours_that_no_distance_has() -> None:
    nearness = np.full((20, 20), 0.5, np.float32)
    nearness[5:15, 5:15] = np.nan
    picture = coloured(nearness)
    inside = {tuple(int(c) for c in item) for item in picture[5:15, 5:15].reshape(-1, 3)}
    assert inside == set(HOLE)
    assert not inside & {tuple(int(c) for c in item) for item in table()}
    assert (picture[0, 0] == table()[128]).all()


def test_light_conversion_is_invertible() -> None:
    codes = np.arange(256, dtype=np.uint8)
    light = to_light(codes)
    assert np.array_equal(to_codes(light), codes)
    assert (np.diff(light) > 0).all()
    assert np.array_equal(to_codes(np.array([-1, 1e9], np.float32)), [0, 255])
    # Middle gray by the sRGB curve is 0.2158; the shoulder raises it by less than a fifth.
    assert 0.2158 < light[128] < 0.26


@pytest.mark.parametrize("scale", [Scale("disparity", 0.25, 4.0), Scale("depth", 0.25, 4.0)])
def test_scale(scale: Scale) -> None:
    assert scale.metres(1) == pytest.approx(0.25) and scale.metres(0) == pytest.approx(4)
    for metres in (0.25, 0.5, 1, 3.9):
        assert scale.metres(scale.place(metres)) == pytest.approx(metres, rel=1e-5)
    ticks = scale.ticks(0.08)
    places = [1.0, *(scale.place(item) for item in ticks), 0.0]
    assert ticks == sorted(ticks) and 1 in ticks
    assert all(a - b >= 0.08 - 1e-6 for a, b in pairwise(places))


def test_scale_that_ends_at_infinity_or_has_no_length() -> None:
    sky = Scale("disparity", 0.0, 2.0)
    assert sky.metres(0) == math.inf and format_distance(sky.metres(0)) == "infinity"
    assert all(0.5 < item < 1e9 for item in sky.ticks(0.1)) and sky.ticks(0.1)
    flat = Scale("disparity", 1.0, 1.0)
    assert flat.ticks(0.1) == [] and flat.nearness(np.ones(3)).tolist() == [0.5] * 3
    assert Scale.of_values("depth", np.full((2, 2), np.nan)) == Scale("depth", 0.0, 0.0)


def test_a_wall_has_less_relief_than_a_person_in_front_of_it() -> None:
    assert Scale("disparity", 0.48, 0.54).relief == pytest.approx(0.06 / 0.162)
    assert Scale("disparity", 0.5, 2.0).relief == Scale("depth", 1.0, 8.0).relief == 1


def test_histogram_counts_codes() -> None:
    codes = np.random.default_rng(2).integers(0, 256, (64, 64))
    nearness = Scale("disparity", 0.5, 3.5).nearness(0.5 + codes * (3 / 255))
    assert np.array_equal(histogram(nearness), np.bincount(codes.ravel(), minlength=BINS))
    nearness[:10] = np.nan
    assert histogram(nearness).sum() == 54 * 64


@pytest.mark.parametrize(
    ("metres", "text"), [(0.2283, "0.23"), (1.0, "1"), (1.5, "1.5"), (12.34, "12.3"), (250.4, "250")]
)
def test_numbers_are_short(metres: float, text: str) -> None:
    assert format_distance(metres) == text
