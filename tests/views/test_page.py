"""Pages, by their content at known places: the photo, colours of codes, the legend, holes, lines of an overlay."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from authoring.views.pictures import contact, page
from authoring.views.pictures.colours import HOLE, oklab, table
from authoring.views.pictures.edges import edges
from authoring.views.pictures.scale import Scale
from golden.scene import render, render_depth

LARGE = (512, 384)
SIZE = (256, 192)
SCENE = render(*SIZE)
DISPARITY = (1 / SCENE.depth_m).astype(np.float32)
SHOWN = page.PageContent(
    title="scene.jpg",
    about="a scene",
    photo=SCENE.rgb,
    values=DISPARITY,
    scale=Scale.of_values("disparity", DISPARITY),
    absolute=True,
)


def find(picture: NDArray[np.uint8], part: NDArray[np.uint8], top: int, left: int) -> bool:
    height, width = part.shape[:2]
    return np.array_equal(picture[top : top + height, left : left + width], part)


@pytest.mark.parametrize("width", [800, 1600])
def test_the_photo_is_on_the_left_and_its_depth_on_the_right(width: int) -> None:
    picture = np.asarray(page.preview(SHOWN, width))
    unit = width / 1600
    margin, gap, top = round(40 * unit), round(24 * unit), round(118 * unit)
    across = (width - 2 * margin - gap) // 2
    down = round(across * 3 / 4)
    resized = np.asarray(
        Image.fromarray(SCENE.rgb).resize((across, down), Image.Resampling.LANCZOS, reducing_gap=3.0)
    )
    assert picture.shape[1] == width
    assert find(picture, resized, top, margin)
    # Away from edges and marks, the colour of each place is the colour of its nearness.
    left = margin + across + gap
    for x, y in ((0.2, 0.8), (0.5, 0.5), (0.8, 0.7), (0.5, 0.3)):
        row, column = int(y * SIZE[1]), int(x * SIZE[0])
        code = round(float(SHOWN.nearness[row, column]) * 255)
        result = picture[top + int(y * down), left + int(x * across)]
        assert np.abs(oklab(result) - oklab(table()[code])).max() < 0.02, (x, y)


def test_the_legend_goes_from_near_to_far() -> None:
    picture = np.asarray(page.preview(SHOWN, 1600))
    left, right = 812, 1559
    rows = [
        row
        for row in range(picture.shape[0])
        if (picture[row, left] == table()[255]).all() and (picture[row, right] == table()[0]).all()
    ]
    bar = picture[rows[len(rows) // 2]]
    for share in (0.25, 0.5, 0.75):
        code = round((1 - share) * 255)
        assert np.abs(bar[left + round(share * (right - left))].astype(int) - table()[code]).max() <= 4


def test_holes_are_hatched_and_counted() -> None:
    values = DISPARITY.copy()
    values[50:100, 150:200] = np.nan
    shown = replace(SHOWN, values=values, holes=float(np.isnan(values).mean()))
    picture = np.asarray(page.preview(shown, 1600))
    x, y = 812 + int(175 / 256 * 748), 118 + int(75 / 192 * 561)
    patch = {tuple(int(c) for c in item) for item in picture[y - 10 : y + 10, x - 10 : x + 10].reshape(-1, 3)}
    assert patch == set(HOLE)
    assert picture.shape[0] > np.asarray(page.preview(SHOWN, 1600)).shape[0] - 1


def test_all_holes_and_one_value_are_shown_too() -> None:
    for values in (np.full((30, 40), np.nan, np.float32), np.full((30, 40), 0.5, np.float32)):
        shown = replace(SHOWN, values=values, scale=Scale.of_values("disparity", values), holes=0.0)
        assert np.asarray(page.preview(shown, 640)).shape[1] == 640
        assert np.asarray(page.overlay(shown, 640)).shape[1] == 640


@pytest.mark.parametrize("shape", [(40, 400), (400, 40), (3, 4)])
def test_panoramas_and_specks(shape: tuple[int, int]) -> None:
    photo = np.zeros((*shape, 3), np.uint8)
    values = np.linspace(0.1, 2, shape[0] * shape[1], dtype=np.float32).reshape(shape)
    shown = replace(SHOWN, photo=photo, values=values, scale=Scale.of_values("disparity", values))
    assert np.asarray(page.preview(shown, 640)).shape[1] == 640
    assert np.asarray(page.overlay(shown, 640)).shape[1] == 640


@cache
def depth_m(width: int, height: int) -> NDArray[np.float32]:
    return render_depth(width, height)


def true_edges(least: float = 0.12) -> NDArray[np.bool_]:
    """Return the pixels next to a jump of disparity of `least` 1/m, at LARGE; no slope of the scene comes near 0.12."""
    disparity = 1 / depth_m(*LARGE)
    jump = np.zeros(disparity.shape, bool)
    for axis in (0, 1):
        step = np.abs(np.diff(disparity, axis=axis)) > least
        jump |= np.pad(step, [(0, 1) if k == axis else (0, 0) for k in (0, 1)])
    return jump


def near(mask: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """Return the pixels within `reach` of the mask, a disc."""
    padded = np.pad(mask, reach)
    height, width = mask.shape
    result = np.zeros_like(mask)
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            if dy * dy + dx * dx <= reach * reach:
                result |= padded[reach + dy : reach + dy + height, reach + dx : reach + dx + width]
    return result


@pytest.mark.parametrize("reduction", [1, 2, 4])
def test_lines_are_on_the_edges_of_objects(reduction: int) -> None:
    width, height = LARGE
    truth = true_edges()
    disparity = 1 / depth_m(width // reduction, height // reduction)
    line = edges(Scale.of_values("disparity", disparity).nearness(disparity), height, width) > 0.5
    # Two pixels; a map whose samples are four pixels wide cannot say it better than by one of them.
    within = max(2, reduction)
    assert (near(line, within) & truth).sum() > 0.93 * truth.sum()
    assert (line & ~near(true_edges(0.015), within)).sum() < 0.1 * line.sum()


def test_a_shifted_map_is_visible_in_the_overlay() -> None:
    width, height = LARGE
    truth = true_edges()
    shifted = np.roll(1 / depth_m(width // 2, height // 2), 5, axis=1)
    line = near(edges(Scale.of_values("disparity", shifted).nearness(shifted), height, width) > 0.5, 2)
    assert (line & truth).sum() < 0.5 * truth.sum()
    moved = np.roll(truth, 10, axis=1)
    assert (line & moved).sum() > 0.9 * moved.sum()


def test_a_floor_has_no_lines() -> None:
    slope = np.repeat(np.linspace(0, 1, 288, dtype=np.float32)[:, None] ** 2, 384, axis=1)
    assert not edges(slope, 576, 768).any()


def test_an_overlay_keeps_the_photo_where_there_is_no_line() -> None:
    flat = np.full((96, 128), 0.5, np.float32)
    plain = page.overlaid(SCENE.rgb, flat)
    gray = SCENE.rgb.astype(np.float64) @ [0.299, 0.587, 0.114]
    assert np.corrcoef(plain.mean(axis=2).ravel(), gray.ravel())[0, 1] > 0.99


def test_a_contact_sheet_has_a_place_for_each() -> None:
    broken = "there is no depth here, but a long sentence about it that takes some lines to write"
    entries: list[tuple[str, page.PageContent | str]] = [
        ("one.jpg", SHOWN),
        ("two.heic", broken),
        ("three.jpg", SHOWN),
    ]
    single = np.asarray(contact.sheet(iter(entries[:1]), 1200))
    row = np.asarray(contact.sheet(iter(entries), 1200))
    double = np.asarray(contact.sheet(iter(entries + entries), 1200))
    assert single.shape == row.shape and double.shape[0] > 1.6 * row.shape[0]
    # The first photo stands in the same place with or without neighbours.
    assert np.array_equal(single[80:200, :300], row[80:200, :300])
    assert (row[80:200, 450:700] != single[80:200, 450:700]).any()
