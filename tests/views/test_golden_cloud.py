"""The golden scene as points: on its exact surfaces, upright and right-handed, in any orientation."""

from __future__ import annotations

import dataclasses
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import depthauthor
from authoring.depth.buffer import DepthBuffer
from authoring.depth.calibration_json import parse_calibration_json
from authoring.maps.load import parse_map_source
from authoring.maps.map_options import MapOptions
from authoring.views.cloud_samples import CloudOptions
from authoring.views.pointcloud import pointcloud, pointcloud_file
from authoring.views.scene import load_scene, load_scene_with_map
from golden import geometry
from golden.geometry import BOARD, FLOOR, LEFT, RIGHT, SPHERES_FROM, Intrinsics

GOLDEN = Path(__file__).parents[2] / "golden"
DEPTH_M = np.load(GOLDEN / "scene-depth.npy")
HEIGHT, WIDTH = DEPTH_M.shape
CALIBRATION = parse_calibration_json((GOLDEN / "scene-calibration.json").read_bytes())

ROUNDING_M = 2e-6
"""Of float32 coordinates a few metres from the origin."""

Floats = NDArray[np.float64]


@cache
def truth() -> tuple[Floats, NDArray[np.uint8]]:
    """Return the exact points (N, 3), x right, y down, z forward, by the golden camera's formula; and their parts."""
    camera = Intrinsics.of_size(WIDTH, HEIGHT)
    x = (np.arange(WIDTH) + 0.5 - camera.cx) / camera.fx
    y = (np.arange(HEIGHT) + 0.5 - camera.cy) / camera.fy
    slopes = np.stack([np.tile(x, HEIGHT), np.repeat(y, WIDTH), np.ones(WIDTH * HEIGHT)], axis=1)
    _, part = geometry.trace(np.zeros((3, 1)), geometry.to_world(slopes[:, 0], slopes[:, 1]))
    return slopes * DEPTH_M.reshape(-1, 1).astype(np.float64), part


def bound_m(per_m: float, points: Floats) -> Floats:
    """Return the distance along its ray for an error in 1/m: |z - z'| = z z' |1/z - 1/z'|, at the farther z'."""
    z = points[:, 2]
    off = per_m * z * z / np.maximum(1 - per_m * z, 1e-9)
    allowed: Floats = off * np.linalg.norm(points / z[:, np.newaxis], axis=1) + ROUNDING_M
    return allowed


def distance_to_surface(points: Floats, part: NDArray[np.uint8]) -> Floats:
    """Return how far points in the camera's axes are from the exact surface of their part; NaN for other parts."""
    world = np.stack(
        [
            points[:, 0],
            geometry.TILT_COS * points[:, 1] + geometry.TILT_SIN * points[:, 2],
            geometry.TILT_COS * points[:, 2] - geometry.TILT_SIN * points[:, 1],
        ]
    )
    result = np.full(len(points), np.nan)
    for number, sphere in enumerate(geometry.SPHERES.values()):
        here = part == SPHERES_FROM + number
        offset = world[:, here].T - sphere.centre
        result[here] = np.abs(np.linalg.norm(offset, axis=1) - sphere.radius)
    for what, axis, place in (
        (FLOOR, 1, geometry.ROOM.high[1]),
        (geometry.BACK, 2, geometry.ROOM.high[2]),
        (LEFT, 0, geometry.ROOM.low[0]),
        (RIGHT, 0, geometry.ROOM.high[0]),
    ):
        result[part == what] = np.abs(world[axis, part == what] - place)
    u, v, w = geometry.to_board(world, points=True)
    inside = (np.abs(u) < 1.29) & (np.abs(v) < 0.69)
    face = (part == BOARD) & inside
    result[face] = np.abs(w[face])
    return result


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "heic"])
def test_points_lie_on_the_exact_surfaces(orientation: int, suffix: str) -> None:
    photo = (GOLDEN / "orientation" / f"scene-{orientation}.{suffix}").read_bytes()
    outcome = depthauthor.Embedder(calibration=CALIBRATION, accuracy="absolute")
    data, report = outcome.report(photo, DEPTH_M)
    cloud = pointcloud(load_scene(data), CloudOptions(axes="opencv"))
    exact, part = truth()
    assert cloud.absolute and cloud.points.dtype == np.float32 and cloud.colours.dtype == np.uint8
    assert cloud.points.shape == cloud.colours.shape == exact.shape
    points = cloud.points.astype(np.float64)
    allowed = bound_m(report.bound, exact)
    # On its own exact place, which no mirrored or turned cloud would be, ...
    assert (np.linalg.norm(points - exact, axis=1) <= allowed).all()
    # ... and on the sphere, wall, floor or board that it shows.
    off = distance_to_surface(points, part)
    asked = np.isfinite(off)
    assert asked.mean() > 0.85 and len(np.unique(part[asked])) == 12
    assert (off[asked] <= allowed[asked]).all()
    assert np.nanmax(distance_to_surface(exact, part)) < 1e-5


def test_axes_are_right_handed_and_upright() -> None:
    photo = (GOLDEN / "scene.jpg").read_bytes()
    data = depthauthor.embed_bytes(photo, DEPTH_M, calibration=CALIBRATION)
    vision, graphics = (
        pointcloud(load_scene(data), CloudOptions(axes=axes)) for axes in ("opencv", "opengl")
    )
    turn = np.diag([1, -1, -1])
    assert np.linalg.det(turn) == 1
    assert np.array_equal(graphics.points, vision.points @ turn)
    # In the default axes the board's red corner is up and left of the blue one, and both are in front.
    corners = []
    for u, v in ((-1.25, -0.65), (1.25, 0.65)):
        world = geometry.from_board(u, v, 0.0, points=True)
        x, y, z = geometry.to_camera(world)
        nearest = np.argmin(np.linalg.norm(graphics.points - (x, -y, -z), axis=1))
        assert np.linalg.norm(graphics.points[nearest] - (x, -y, -z)) < 0.15
        corners.append((graphics.points[nearest], graphics.colours[nearest].astype(int)))
    (red, red_colour), (blue, blue_colour) = corners
    assert red[0] < blue[0] and red[1] > blue[1] and max(red[2], blue[2]) < 0
    assert red_colour[0] > 2 * red_colour[2] and blue_colour[2] > 2 * blue_colour[0]
    assert graphics.axes == "opengl" and not graphics.absolute


def test_colours_are_the_photos_own() -> None:
    from PIL import Image

    photo = (GOLDEN / "scene.jpg").read_bytes()
    data = depthauthor.embed_bytes(photo, DEPTH_M)
    cloud = pointcloud(load_scene(data))
    with Image.open(GOLDEN / "scene.png") as picture:
        pixels = np.asarray(picture.convert("RGB"), np.float64)
    mean = pixels.reshape(HEIGHT, 2, WIDTH, 2, 3).mean(axis=(1, 3)).reshape(-1, 3)
    assert np.abs(cloud.colours - mean).mean() < 3
    full = pointcloud(load_scene(data), CloudOptions(resolution="photo"))
    assert len(full) == 4 * len(cloud)
    assert np.abs(full.colours - pixels.reshape(-1, 3)).mean() < 3


def test_photo_resolution_lies_on_smooth_surfaces() -> None:
    """Twice the map's resolution: on the floor, interpolated disparity is exact but for the map's own steps."""
    data, report = depthauthor.Embedder(calibration=CALIBRATION).report(
        (GOLDEN / "scene.jpg").read_bytes(), DEPTH_M
    )
    cloud = pointcloud(load_scene(data), CloudOptions(resolution="photo", axes="opencv"))
    camera = Intrinsics.of_size(2 * WIDTH, 2 * HEIGHT)
    pixels = cloud.points[:, :2] / cloud.points[:, 2:] * (camera.fx, camera.fy) + (camera.cx, camera.cy)
    x, y = np.meshgrid(np.arange(2 * WIDTH) + 0.5, np.arange(2 * HEIGHT) + 0.5)
    assert np.abs(pixels - np.stack([x.ravel(), y.ravel()], axis=1)).max() < 1e-3
    _, part = truth()
    fine = part.reshape(HEIGHT, WIDTH).repeat(2, axis=0).repeat(2, axis=1)
    same = np.ones_like(fine, np.bool_)
    for down in (-2, 0, 2):
        for across in (-2, 0, 2):
            same &= np.roll(fine, (down, across), (0, 1)) == fine
    floor = (same & (fine == FLOOR)).ravel()
    points = cloud.points[floor].astype(np.float64)
    off = distance_to_surface(points, np.full(len(points), FLOOR, np.uint8))
    assert floor.sum() > 10_000 and (off <= bound_m(report.bound, points) * 1.1).all()


def test_removing_edges_removes_flying_pixels_and_little_else() -> None:
    """The scene's map smoothed as phones smooth theirs: the ramps go, the surfaces stay."""
    around = np.pad(1 / DEPTH_M.astype(np.float64), 1, mode="edge")
    windows = [around[i : i + HEIGHT, j : j + WIDTH] for i in range(3) for j in range(3)]
    smooth = 1 / np.mean(windows, axis=0)
    data = depthauthor.embed_bytes((GOLDEN / "scene.jpg").read_bytes(), smooth, calibration=CALIBRATION)
    every = pointcloud(load_scene(data), CloudOptions(axes="opencv"))
    clean = pointcloud(load_scene(data), CloudOptions(axes="opencv", remove_edges=True))
    assert 0.95 < len(clean) / len(every) < 0.995
    exact, _ = truth()

    def far_off(points: NDArray[np.float32]) -> int:
        """Return the points whose depth is that of nothing near the place where they are seen."""
        camera = Intrinsics.of_size(WIDTH, HEIGHT)
        column = np.clip(points[:, 0] / points[:, 2] * camera.fx + camera.cx, 2, WIDTH - 3).astype(int)
        row = np.clip(points[:, 1] / points[:, 2] * camera.fy + camera.cy, 2, HEIGHT - 3).astype(int)
        ratios = [
            np.abs(points[:, 2] / DEPTH_M[row + down, column + across] - 1)
            for down in (-2, -1, 0, 1, 2)
            for across in (-2, -1, 0, 1, 2)
        ]
        return int((np.min(ratios, axis=0) > 0.1).sum())

    assert far_off(every.points) > 500
    assert far_off(clean.points) < 0.1 * far_off(every.points)
    sharp = depthauthor.embed_bytes((GOLDEN / "scene.jpg").read_bytes(), DEPTH_M, calibration=CALIBRATION)
    kept = pointcloud(load_scene(sharp), CloudOptions(remove_edges=True))
    assert len(kept) > 0.998 * len(exact)


def test_infinity_is_left_out_and_range_and_stride_are_kept() -> None:
    sky = DepthBuffer.from_disparity_per_m(np.where(DEPTH_M > 5, 0, 1 / DEPTH_M))
    data = depthauthor.embed_bytes((GOLDEN / "scene.heic").read_bytes(), sky, lossless=True)
    cloud = pointcloud(load_scene(data))
    assert np.isfinite(cloud.points).all() and len(cloud) == (DEPTH_M <= 5).sum()
    _, report = pointcloud_file(load_scene(data), "ply")
    assert report.left_out.infinite == (DEPTH_M > 5).sum() and report.points == len(cloud)
    near = pointcloud(load_scene(data), CloudOptions(min_depth=1, max_depth=3))
    assert -near.points[:, 2].min() <= 3 and -near.points[:, 2].max() >= 1
    few = pointcloud(load_scene(data), CloudOptions(stride=4, axes="opencv"))
    assert 0.9 * len(cloud) / 16 < len(few) < 1.1 * len(cloud) / 16


def test_a_map_that_is_not_embedded_yet() -> None:
    photo = (GOLDEN / "orientation" / "scene-6.jpg").read_bytes()
    source = parse_map_source((GOLDEN / "scene-depth.npy").read_bytes())
    exact, _ = truth()
    cloud = pointcloud(
        load_scene_with_map(photo, source, MapOptions()), CloudOptions(axes="opencv", calibration=CALIBRATION)
    )
    assert np.linalg.norm(cloud.points - exact, axis=1).max() < 1e-5
    holes = DEPTH_M.copy()
    holes[:50] = np.nan
    cloud = pointcloud(load_scene_with_map(photo, holes, MapOptions()), CloudOptions(calibration=CALIBRATION))
    assert len(cloud) == holes.size - 50 * WIDTH


def test_eight_bit_maps_give_meshes_without_gaps() -> None:
    """A gray mask's steps are not jumps: its mesh is as complete as that of the exact depth."""
    photo = (GOLDEN / "scene.jpg").read_bytes()
    source = parse_map_source((GOLDEN / "scene-mask.png").read_bytes())
    options = MapOptions(near=0.5, far=8)
    _, report = pointcloud_file(load_scene_with_map(photo, source, options), "glb", mesh=True)
    assert report.triangles is not None
    assert report.triangles > 0.98 * 2 * 1023 * 767


def test_the_same_photo_gives_the_same_bytes() -> None:
    data = depthauthor.embed_bytes((GOLDEN / "scene.jpg").read_bytes(), DEPTH_M)
    item, two = pointcloud(load_scene(data)), pointcloud(load_scene(data))
    assert item.to_ply() == two.to_ply() and item.to_pcd() == two.to_pcd()
    assert dataclasses.replace(item, axes="opencv").axes == "opencv"
