"""Where a surface jumps, which samples fly, and which triangles remain."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from authoring.views.geometry import surface as surface_module
from authoring.views.geometry.mesh import mesh_of
from authoring.views.geometry.points import Grid
from authoring.views.geometry.surface import Surface

FOOTPRINT = (1 / 600, 1 / 600)


def surface(depth: NDArray[np.float64], **more: float) -> Surface:
    return Surface(depth.astype(np.float32), FOOTPRINT, **more)


def full_grid(shape: tuple[int, int], keep: NDArray[np.bool_] | None = None) -> Grid:
    kept = np.ones(shape, np.bool_) if keep is None else keep
    return Grid(shape, np.arange(shape[0]), np.arange(shape[1]), kept)


def step(width: int = 0) -> NDArray[np.float64]:
    """Return 1 m on the left, 3 m on the right, and between them a ramp of `width` samples."""
    depth = np.full((20, 40), 3.0)
    depth[:, :20] = 1
    for k in range(width):
        depth[:, 20 + k] = 1 + 2 * (k + 1) / (width + 1)
    return depth


def test_a_clean_step_keeps_all_its_samples() -> None:
    assert not surface(step()).flying().any()


@pytest.mark.parametrize("width", [1, 3, 6])
@pytest.mark.parametrize("turn", [0, 1, 2, 3])
def test_a_ramp_flies(width: int, turn: int) -> None:
    expected = np.zeros((20, 40), np.bool_)
    expected[:, 20 : 20 + width] = True
    flying = surface(np.rot90(step(width), turn)).flying()
    assert np.array_equal(flying, np.rot90(expected, turn))


def test_a_diagonal_ramp_flies_too() -> None:
    rows, columns = np.mgrid[:40, :40]
    depth = np.clip(2.0 + 0.5 * (columns - rows), 1, 3)
    flying = surface(depth).flying()
    between = (depth > 1) & (depth < 3)
    assert flying[1:-1, 1:-1][between[1:-1, 1:-1]].all()
    assert not flying[~between].any()


def test_single_samples_away_from_all_fly_and_thin_lines_stay() -> None:
    depth = np.full((30, 30), 2.0)
    depth[10, 10] = 1
    depth[:, 20] = 1
    flying = surface(depth).flying()
    assert flying[10, 10] and flying.sum() == 1


def test_slanted_surfaces_do_not_fly() -> None:
    """A floor 1.5 m under the camera, up to 12 m away."""
    rows = np.arange(80, 600) / 600
    floor = np.repeat((1.5 / rows)[:, np.newaxis], 5, axis=1)
    assert not surface(floor).flying().any()
    assert not surface(floor).broken(1, 0).any()


def test_quantised_surfaces_do_not_break() -> None:
    codes = np.linspace(0, 40, 300).round()
    disparity = np.repeat((0.2 + codes * 0.018)[:, np.newaxis], 8, axis=1)
    assert not surface(1 / disparity, step_per_m=0.018).broken(1, 0).any()
    assert surface(1 / disparity).broken(1, 0).any()
    metres = np.repeat((0.6 + codes * 0.03)[:, np.newaxis], 8, axis=1)
    assert not surface(metres, step_m=0.03).broken(1, 0).any()


def test_infinity_is_a_jump_and_holes_are_not() -> None:
    depth = np.array([[1, np.inf, np.inf, 1, np.nan, 1, 1]]).repeat(3, axis=0)
    for more in ({}, {"step_per_m": 0.01}):
        jumps = surface(depth, **more).broken(0, 1)[1]
        assert jumps.tolist() == [True, False, True, False, False, False]


def test_large_maps_are_processed_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(2)
    depth = (
        np.kron(random.uniform(1, 4, (9, 7)), np.ones((5, 6))) + np.kron(np.eye(15), np.ones((3, 3)))[:, :42]
    )
    expected = surface(depth).flying()
    monkeypatch.setattr(surface_module, "BLOCK_SAMPLES", 42 * 4)
    assert np.array_equal(surface(depth).flying(), expected)


def test_a_plane_is_one_sheet_that_faces_the_camera() -> None:
    faces, grid = mesh_of(surface(np.full((4, 5), 2.0)), full_grid((4, 5)))
    assert len(faces) == 2 * 3 * 4 and grid.keep.all()
    # Columns and rows as x right, y up: anticlockwise is a positive area.
    corners = np.stack([faces % 5, -(faces // 5).astype(int)], axis=-1).astype(float)
    item, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = item[:, 0] * two[:, 1] - item[:, 1] * two[:, 0]
    assert (area == 1).all()


def test_a_mesh_is_cut_at_a_step_and_loose_samples_leave_it() -> None:
    depth = step(2)
    faces, grid = mesh_of(surface(depth), full_grid(depth.shape))
    assert len(faces) == 2 * 19 * (19 + 17)
    assert not grid.keep[:, 20:22].any() and grid.keep[:, :20].all() and grid.keep[:, 22:].all()
    z = depth[grid.keep][faces]
    assert (z.max(axis=1) == z.min(axis=1)).all()
    assert faces.max() == grid.keep.sum() - 1


def test_a_hole_takes_only_the_triangles_at_it() -> None:
    keep = np.ones((5, 5), np.bool_)
    keep[2, 2] = False
    depth = np.full((5, 5), 1.0)
    depth[2, 2] = np.nan
    faces, grid = mesh_of(surface(depth), full_grid((5, 5), keep))
    # Of the four squares around the hole each keeps the triangle that does not need it.
    assert len(faces) == 2 * 12 + 4
    assert grid.keep.sum() == 24


def test_nothing_to_join() -> None:
    for shape in ((1, 5), (5, 1)):
        faces, grid = mesh_of(surface(np.ones(shape)), full_grid(shape))
        assert faces.shape == (0, 3) and not grid.keep.any()
