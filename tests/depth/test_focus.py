"""The point of focus: on the nearest large object, for any size and orientation of the map."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from authoring import containers
from authoring.depth.focus import largest_near_region
from authoring.depth.orientation import Orientation
from authoring.read.depth_image import read_depth

GOLDEN = Path(__file__).parents[2] / "golden"

WHERE = [
    # file, and the box (left, top, right, bottom) of what a person would focus on, looked up in the map
    ("pug.heic", (0.30, 0.50, 0.65, 0.95)),
    ("fidmaa_selfie_depth.heic", (0.2, 0.3, 0.8, 0.98)),
    ("openize_14pro_portrait.heic", (0.2, 0.52, 0.7, 0.95)),
    ("lyangas_12mini_gainmap_depth.jpg", (0.05, 0.35, 0.65, 0.75)),
    ("shu_matte.jpg", (0.36, 0.03, 0.8, 0.95)),
    ("rw_ios11_test06.jpg", (0.5, 0.7, 0.95, 1.0)),
    ("nilsh_imageio_output.heic", (0.05, 0.5, 0.45, 0.95)),
]


@pytest.fixture(scope="module")
def scene() -> np.ndarray:
    """Disparity of the golden scene (384, 512)."""
    return np.asarray(1 / np.load(GOLDEN / "scene-depth.npy"))


def is_on_the_red_ball(x: float, y: float) -> bool:
    """Its outline in the golden photo: about an ellipse around (0.19, 0.80)."""
    return ((x - 0.19) / 0.14) ** 2 + ((y - 0.80) / 0.18) ** 2 < 0.9


def test_the_red_ball(scene: np.ndarray) -> None:
    x, y = largest_near_region(scene)
    assert is_on_the_red_ball(x, y)
    height, width = scene.shape
    assert scene[int(y * height), int(x * width)] > 1 / 0.85
    assert largest_near_region(scene) == (x, y)


@pytest.mark.parametrize("orientation", Orientation)
def test_the_focus_turns_with_the_map(scene: np.ndarray, orientation: Orientation) -> None:
    turned = np.ascontiguousarray(orientation.to_stored(scene))
    x, y = largest_near_region(turned)
    place = np.zeros(turned.shape)
    place[int(y * turned.shape[0]), int(x * turned.shape[1])] = 1
    row, column = np.argwhere(orientation.to_display(place))[0]
    assert is_on_the_red_ball(column / scene.shape[1], row / scene.shape[0])


@pytest.mark.parametrize("scale", [0.0625, 0.5, 1, 3])
def test_size_unit_and_holes_do_not_matter(scene: np.ndarray, scale: float) -> None:
    rows = (np.arange(int(384 * scale)) / scale).astype(int)
    columns = (np.arange(int(512 * scale)) / scale).astype(int)
    sized = scene[np.ix_(rows, columns)]
    assert is_on_the_red_ball(*largest_near_region(sized * 255 - 17))
    holed = sized.copy()
    holes = np.random.default_rng(1).random(sized.shape)
    holed[holes < 0.12] = np.nan
    holed[holes > 0.98] = np.inf
    assert is_on_the_red_ball(*largest_near_region(holed))


@pytest.mark.parametrize(("name", "box"), WHERE)
def test_real_photos(
    sample: Callable[[str], bytes], name: str, box: tuple[float, float, float, float]
) -> None:
    disparity = read_depth(containers.parse(sample(name))).buffer().disparity_per_m()
    x, y = largest_near_region(disparity)
    assert box[0] < x < box[2] and box[1] < y < box[3], (x, y)


def test_the_focus_is_on_a_ring_itself_and_not_on_specks() -> None:
    y, x = np.mgrid[0:240, 0:320]
    radius = np.hypot(x - 160, y - 120)
    disparity = np.where((radius > 60) & (radius < 90), 3.0, 1.0)
    disparity[10:30, 20:40] = 5.0
    found_x, found_y = largest_near_region(disparity)
    assert disparity[int(found_y * 240), int(found_x * 320)] == 3.0


@pytest.mark.parametrize(
    "disparity",
    [
        np.ones((30, 40)),
        np.full((30, 40), np.nan),
        np.ones((1, 1)),
        np.array([[np.inf, np.nan]]),
    ],
)
def test_nothing_to_choose_gives_the_middle(disparity: np.ndarray) -> None:
    assert largest_near_region(disparity) == (0.5, 0.5)


def test_noise_and_tiny_maps_give_a_point_in_the_photo() -> None:
    generator = np.random.default_rng(3)
    for shape in ((1, 2), (2, 1), (3, 3), (5, 400), (700, 2), (200, 300)):
        x, y = largest_near_region(generator.random(shape))
        assert 0 <= x <= 1 and 0 <= y <= 1
