"""Resizing, averaging, inpainting and the disc, against plain sums."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from authoring.depth.raster import extreme_around
from authoring.views.pictures.disc import blur_disc, disc_weights
from authoring.views.pictures.inpainting import inpaint_hidden_surface
from authoring.views.pictures.planes import box_mean, double, halve, resize_planes

RANDOM = np.random.default_rng(7)


def plane(*shape: int) -> NDArray[np.float32]:
    return RANDOM.random(shape, np.float32)


@pytest.mark.parametrize("size", [(50, 70), (23, 40)])
def test_enlarging_is_bilinear_and_bands_fit_together(size: tuple[int, int]) -> None:
    source = plane(3, 17, 23)
    height, width = size
    result = resize_planes(source, height, width)
    # Bilinear about the samples' centres; the edge repeats.
    rows, columns = (
        np.clip((np.arange(n) + 0.5) * count / n - 0.5, 0, count - 1)
        for n, count in ((height, 17), (width, 23))
    )
    down = np.stack(
        [np.interp(rows, np.arange(17), line) for line in source.transpose(0, 2, 1).reshape(-1, 17)]
    )
    down = down.reshape(3, 23, height).transpose(0, 2, 1)
    expected = np.stack([np.interp(columns, np.arange(23), line) for line in down.reshape(-1, 23)])
    assert np.allclose(result, expected.reshape(3, height, width), atol=1e-5)
    parts = [resize_planes(source, height, width, top, min(top + 4, height)) for top in range(0, height, 4)]
    assert np.allclose(np.concatenate(parts, axis=1), result, atol=1e-5)


def test_reducing_averages_areas() -> None:
    source = plane(3, 12, 18)
    means = source.reshape(3, 6, 2, 9, 2).mean(axis=(2, 4))
    assert np.allclose(resize_planes(source, 6, 9), means, atol=1e-6)


@pytest.mark.parametrize("sides", [(2, 2), (8, 14), (1, 5)])
def test_halving_and_doubling_are_resizing(sides: tuple[int, int]) -> None:
    source = plane(4, *sides)
    rows, columns = sides
    assert np.allclose(double(source), resize_planes(source, 2 * rows, 2 * columns), atol=1e-6)
    if rows % 2 == columns % 2 == 0:
        assert np.allclose(halve(source), resize_planes(source, rows // 2, columns // 2), atol=1e-6)


def test_means_and_extremes() -> None:
    source = plane(12, 15)
    padded = np.pad(source, 2, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (5, 5))
    assert np.allclose(box_mean(source, 2), windows.mean(axis=(2, 3)), atol=1e-6)
    assert np.array_equal(extreme_around(source, 2, np.minimum), windows.min(axis=(2, 3)))
    assert np.array_equal(extreme_around(source, 2, np.maximum), windows.max(axis=(2, 3)))


@pytest.mark.parametrize("radius", [0.2, 0.6, 1.3, 2.5, 4.7])
def test_a_point_becomes_a_disc(radius: float) -> None:
    point = np.zeros((1, 31, 33), np.float32)
    point[0, 15, 16] = 1
    disc = blur_disc(point, radius)[0]
    reach = disc_weights(radius).shape[0] // 2
    assert np.allclose(
        disc[15 - reach : 16 + reach, 16 - reach : 17 + reach], disc_weights(radius), atol=1e-6
    )
    assert disc.sum() == pytest.approx(1, abs=1e-5)
    away = np.hypot(*(np.indices(disc.shape) - np.array([15, 16])[:, None, None]))
    level = 1 / (math.pi * radius**2)
    if radius > 1:
        assert np.allclose(disc[away < radius - 0.8], level, rtol=0.02)
    assert (disc[away > radius + 0.75] < 1e-6).all()


def test_a_flat_plane_stays_flat_to_its_edges() -> None:
    assert np.allclose(blur_disc(np.full((2, 40, 30), 0.7, np.float32), 5.5), 0.7, atol=1e-5)


def test_the_surface_behind_a_near_object_continues_what_is_beside_it() -> None:
    place = np.full((60, 80), -8, np.float32)
    place[20:45, 30:60] = 2
    light = np.full((3, 60, 80), 0.1, np.float32)
    light[:, 20:45, 30:60] = 0.9
    result = inpaint_hidden_surface(place, light, 6, 1.0)
    edge = result.hidden & (place > 0)
    assert edge[21, 31:59].all() and edge[32, 31] and not result.hidden[place < 0].any()
    assert np.abs(result.colours[:, edge] - 0.1).max() < 0.02
    assert np.abs(result.plane[edge] + 8).max() < 0.3
    # A slope is no edge: nothing is hidden by it.
    slope = np.repeat(np.linspace(-8, 2, 80, dtype=np.float32)[None], 60, axis=0)
    assert not inpaint_hidden_surface(slope, light, 6, 1.0).hidden.any()
