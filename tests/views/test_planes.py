"""Stretching, averaging and the disc, against plain loops and sums."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from authoring.views.pictures.behind import behind, filled
from authoring.views.pictures.disc import blurred, weights
from authoring.views.pictures.planes import box_mean, doubled, extremes, halved, stretched
from authoring.views.pictures.sharpened import sharpened

RANDOM = np.random.default_rng(7)


def plane(*shape: int) -> NDArray[np.float32]:
    return RANDOM.random(shape, np.float32)


@pytest.mark.parametrize("size", [(50, 70), (9, 13), (23, 40)])
def test_stretching_is_bilinear_and_bands_fit_together(size: tuple[int, int]) -> None:
    source = plane(17, 23)
    height, width = size
    whole = stretched(source, height, width)
    if height > 17:
        theirs = Image.fromarray(source).resize((width, height), Image.Resampling.BILINEAR)
        assert np.abs(whole - np.asarray(theirs)).max() < 1e-5
    parts = [stretched(source, height, width, top, min(top + 4, height)) for top in range(0, height, 4)]
    assert np.array_equal(np.concatenate(parts), whole)


def test_halving_and_doubling() -> None:
    source = plane(3, 12, 18)
    assert np.allclose(halved(source), source.reshape(3, 6, 2, 9, 2).mean(axis=(2, 4)), atol=1e-6)
    assert np.allclose(doubled(source), stretched(source, 24, 36), atol=1e-6)


def test_means_and_extremes() -> None:
    source = plane(12, 15)
    padded = np.pad(source, 2, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (5, 5))
    assert np.allclose(box_mean(source, 2), windows.mean(axis=(2, 3)), atol=1e-6)
    low, high = extremes(source, 2)
    assert np.array_equal(low, windows.min(axis=(2, 3)))
    assert np.array_equal(high, windows.max(axis=(2, 3)))


@pytest.mark.parametrize("radius", [0.2, 0.6, 1.3, 2.5, 4.7])
def test_a_point_becomes_a_disc(radius: float) -> None:
    point = np.zeros((1, 31, 33), np.float32)
    point[0, 15, 16] = 1
    disc = blurred(point, radius)[0]
    reach = weights(radius).shape[0] // 2
    assert np.allclose(disc[15 - reach : 16 + reach, 16 - reach : 17 + reach], weights(radius), atol=1e-6)
    assert disc.sum() == pytest.approx(1, abs=1e-5)
    away = np.hypot(*(np.indices(disc.shape) - np.array([15, 16])[:, None, None]))
    level = 1 / (math.pi * radius**2)
    if radius > 1:
        assert np.allclose(disc[away < radius - 0.8], level, rtol=0.02)
    assert (disc[away > radius + 0.75] < 1e-6).all()


def test_a_flat_plane_stays_flat_to_its_edges() -> None:
    assert np.allclose(blurred(np.full((2, 40, 30), 0.7, np.float32), 5.5), 0.7, atol=1e-5)


def test_filling_keeps_what_is_known_and_makes_up_nothing_new() -> None:
    source = plane(2, 37, 45)
    known = np.ones((37, 45), np.float32)
    known[5:30, 10:40] = 0
    result = filled(source, known)
    assert np.array_equal(result[:, known > 0], source[:, known > 0])
    assert result.min() >= source.min() - 1e-5 and result.max() <= source.max() + 1e-5
    flat = filled(np.where(known > 0, np.float32(0.25), np.float32(9))[None], known)
    assert np.allclose(flat, 0.25, atol=1e-5)


def test_behind_a_near_thing_lies_what_is_beside_it() -> None:
    place = np.full((60, 80), -8, np.float32)
    place[20:45, 30:60] = 2
    light = np.full((3, 60, 80), 0.1, np.float32)
    light[:, 20:45, 30:60] = 0.9
    found = behind(place, light, 6, 1.0)
    edge = found.hidden & (place > 0)
    assert edge[21, 31:59].all() and edge[32, 31] and not found.hidden[place < 0].any()
    assert np.abs(found.light[:, edge] - 0.1).max() < 0.02
    assert np.abs(found.place[edge] + 8).max() < 0.3
    # A slope is no edge: nothing is hidden by it.
    slope = np.repeat(np.linspace(-8, 2, 80, dtype=np.float32)[None], 60, axis=0)
    assert not behind(slope, light, 6, 1.0).hidden.any()


def test_a_small_map_takes_the_photos_edges() -> None:
    photo = np.full((160, 200, 3), 40, np.uint8)
    photo[:, 93:] = 200
    truth = np.where(np.arange(200) < 93, -5.0, 5.0).astype(np.float32)
    # The map's own edge is a sample and a half (6 pixels) off, and soft.
    small = np.interp((np.arange(50) + 0.5) * 4, [95, 103], [-5, 5]).astype(np.float32)
    sharp = sharpened(np.repeat(small[None], 40, axis=0), photo, 1.0)
    found = sharp.rows(photo, 0, 160)
    before = stretched(small[None], 1, 200)[0]
    assert (np.abs(before - truth) > 1).sum() > 9
    assert (np.abs(found[80] - truth) > 1).sum() <= 2
    assert np.array_equal(
        np.concatenate([sharp.rows(photo[k : k + 16], k, k + 16) for k in range(0, 160, 16)]), found
    )
