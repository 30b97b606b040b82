"""Refocus against a real lens, and properties of any lens for any scene."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import depthauthor
from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.calibration_sources import nominal_calibration
from authoring.errors import UnsupportedError, UsageError
from authoring.views.pictures.lens import FULL_FRAME_DIAGONAL_MM, Lens, slice_radii
from authoring.views.pictures.lens_blur import refocused
from authoring.views.pictures.light import linear, to_light
from authoring.views.refocus import refocus, refocused_pixels
from authoring.views.scene import Scene, load_scene
from golden import lens as golden_lens
from golden.geometry import Intrinsics
from golden.lens_error import at_edges, by_gaussian, error
from golden.scene import view

GOLDEN = Path(__file__).parents[2] / "golden"
WIDTH, HEIGHT = golden_lens.SIZE
CAMERA = Intrinsics.of_size(WIDTH, HEIGHT)


def make_scene(codes: NDArray[np.uint8], disparity: NDArray[np.float32], **more: object) -> Scene:
    height, width = codes.shape[:2]
    buffer = DepthBuffer.from_disparity_per_m(disparity, pixel_format=PixelFormat.FDIS)
    given = {
        "pixels": codes, "depth": buffer, "plane": None, "calibration": nominal_calibration(width, height),
        "camera": "nominal", "exif_calibration": None, "focus": None, "aperture": None,
    }  # fmt: skip
    return Scene(**{**given, **more})  # type: ignore[arg-type]


@cache
def scene() -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    taken = view(CAMERA, 3)
    return taken.rgb, (1 / taken.depth_m).astype(np.float32)


@cache
def through_lens(name: str) -> NDArray[np.float64]:
    with Image.open(GOLDEN / "through-lens" / f"{name}.png") as picture:
        return linear(np.asarray(picture) / 255)


@pytest.mark.parametrize("name", golden_lens.FOCUS_M)
def test_nearer_to_a_real_lens_than_a_gaussian_at_edges(name: str) -> None:
    codes, disparity = scene()
    lens = Lens.of_camera(CAMERA.fx, golden_lens.SIZE, golden_lens.F_NUMBER, 1 / golden_lens.FOCUS_M[name])
    truth = through_lens(name)
    edge = at_edges(disparity, lens)
    ours = linear(refocused(codes, disparity, lens)[0] / 255)
    plain = by_gaussian(codes, disparity, lens)
    untouched = linear(codes / 255)
    assert error(ours, truth, edge) < 0.8 * error(plain, truth, edge)
    assert error(ours, truth, edge) < 0.8 * error(untouched, truth, edge)
    assert error(ours, truth) < min(error(plain, truth), 0.02)


@pytest.mark.parametrize("name", golden_lens.FOCUS_M)
def test_the_picture_through_the_lens_is_what_its_script_renders(name: str) -> None:
    small = Intrinsics.of_size(64, 48)
    opening = golden_lens.opening_m(small, golden_lens.F_NUMBER)
    rendered = golden_lens.view_through_lens(small, opening, golden_lens.FOCUS_M[name], 36)
    mean = through_lens(name).reshape(48, 4, 64, 4, 3).mean(axis=(1, 3))
    # Mirrored windows are so bright that a few lens positions more or less change them: medians tell.
    result = np.median(np.abs(rendered - mean))
    (elsewhere,) = (item for other, item in golden_lens.FOCUS_M.items() if other != name)
    other = golden_lens.view_through_lens(small, opening, elsewhere, 36)
    assert result < 0.003 and np.median(np.abs(other - mean)) > 2 * result


def test_a_lens_without_opening_is_the_pinhole() -> None:
    small = Intrinsics.of_size(64, 48)
    result = golden_lens.view_through_lens(small, 0.0, 1.0, 9)
    # The photo is developed before pixels are averaged, a lens's picture after: mirrors of the window differ.
    assert np.percentile(np.abs(result - linear(view(small, 3).rgb / 255)), 80) < 0.02


def test_the_lens_of_the_benchmark_is_the_formula_of_thin_lenses() -> None:
    focal_px, size, number, focus_m = 3000.0, (4032, 3024), 2.0, 1.25
    lens = Lens.of_camera(focal_px, size, number, 1 / focus_m)
    # A lens of focal length f on a full frame, in metres, focused at s: v pixels behind it lies the picture.
    f = focal_px * FULL_FRAME_DIAGONAL_MM / math.hypot(*size) / 1000
    pixel = FULL_FRAME_DIAGONAL_MM / math.hypot(*size) / 1000
    for z in (0.5, 2.0, 50.0):
        circle = f * f / (number * (focus_m - f)) * abs(focus_m - z) / z / pixel
        ours = 2 * lens.radius_px_m * abs(1 / z - 1 / focus_m)
        # The pinhole's focal length is v, the lens's own is f = v s / (s + v): v / f is all they differ by.
        assert circle == pytest.approx(ours * focus_m / (focus_m - f), rel=1e-9)


def test_radii_go_from_one_end_to_the_other() -> None:
    steps = slice_radii(-20.0, 7.0, 2)
    assert steps == sorted(steps) and steps[0] <= -20 and steps[-1] >= 7 and 0.0 in steps
    assert slice_radii(0.0, 0.0, 2) == [0.0]
    assert slice_radii(0.0, 3.0, 2)[0] == 0.0


def test_what_is_in_focus_stays_code_for_code() -> None:
    codes = np.random.default_rng(3).integers(0, 256, (90, 121, 3)).astype(np.uint8)
    disparity = np.full((90, 121), 0.5, np.float32)
    disparity[:, 70:] = 3.0
    lens = Lens(4.0, 0.5, 50.0)
    result, _ = refocused(codes, disparity, lens)
    # The near right side is blurred; its edge spreads by its radius of 10, and some more in its coarser raster.
    assert np.array_equal(result[:, :52], codes[:, :52])
    assert not np.array_equal(result[:, 75:], codes[:, 75:])
    other, _ = refocused(codes, disparity, Lens(4.0, 3.0, 50.0))
    # A sharp edge in front of a blurred wall stays sharp to its last pixel but one.
    assert np.array_equal(other[:, 72:], codes[:, 72:])


@pytest.mark.parametrize("radius", [3.0, 7.0, 12.0, 26.0])
@pytest.mark.parametrize("side", [-1, 1])
def test_a_bright_point_becomes_a_disc_of_the_radius_asked_for(radius: float, side: int) -> None:
    codes = np.full((161, 161, 3), 12, np.uint8)
    codes[79:82, 79:82] = 255
    disparity = np.full((161, 161), 1.0, np.float32)
    disparity[:, :2] = 1 - side * 0.1
    lens = Lens(radius, 1.0 - side, 60.0)
    result, _ = refocused(codes, disparity, lens)
    light = to_light(result[..., 1]) - to_light(codes[0, 0, 1])
    rows, columns = np.indices(light.shape) - 80
    weight = np.maximum(light, 0) * (np.hypot(rows, columns) < 1.6 * radius + 4)
    spread = math.sqrt((weight * (rows**2 + columns**2)).sum() / weight.sum())
    # A disc of radius R has a mean square radius of R²/2; the point itself is three pixels wide.
    assert spread == pytest.approx(math.sqrt(radius**2 / 2 + 9 / 6), rel=0.12)
    away = np.hypot(rows, columns)
    inside, outside = light[away < 0.6 * radius], light[away > 1.4 * radius + 3]
    assert inside.mean() > 20 * max(float(outside[np.isfinite(outside)].max()), 1e-4) or radius > 20
    if radius > 5:
        # Flat, as no Gaussian is: the middle is no brighter than half-way out.
        middle, half_way = light[away < 0.25 * radius].mean(), light[abs(away - radius / 2) < 1].mean()
        assert middle == pytest.approx(half_way, rel=0.25)


def test_a_near_object_in_focus_adds_no_colour_to_the_wall_behind_it() -> None:
    codes = np.full((120, 160, 3), 128, np.uint8)
    codes[:, 60:100] = (250, 10, 10)
    disparity = np.full((120, 160), 0.2, np.float32)
    disparity[:, 60:100] = 2.0
    result, _ = refocused(codes, disparity, Lens(6.0, 2.0, 40.0))
    assert np.array_equal(result[:, 62:98], codes[:, 62:98])
    wall = result[:, :58].astype(int)
    assert np.abs(wall - 128).max() <= 1


def test_a_near_object_out_of_focus_is_transparent_at_its_edge() -> None:
    codes = np.full((120, 160, 3), 60, np.uint8)
    codes[:, 60:100] = (10, 10, 240)
    disparity = np.full((120, 160), 0.2, np.float32)
    disparity[:, 60:100] = 2.0
    result, _ = refocused(codes, disparity, Lens(5.0, 0.2, 40.0))
    assert np.array_equal(result[:, :48], codes[:, :48])
    light = to_light(result[60, :, 2])
    wall, thing = to_light(codes[60, [0, 80], 2])
    share = (light - wall) / (thing - wall)
    # A disc of radius 9 whose middle is d from a straight edge covers so much of what is beyond it.
    away = np.clip((np.arange(160) + 0.5 - 60) / 9, -1, 1)[:80]
    covered = 1 - (np.arccos(away) - away * np.sqrt(1 - away**2)) / np.pi
    assert np.abs(share[:80] - covered).max() < 0.06


def test_bands_and_sizes_leave_no_seam() -> None:
    for shape in ((301, 1027), (1030, 333)):
        height, width = shape
        gray = np.linspace(30, 220, width).astype(np.uint8)
        codes = np.repeat(np.repeat(gray[None, :, None], height, axis=0), 3, axis=2)
        disparity = np.full((37, 41), 1.0, np.float32)
        result, _ = refocused(codes, disparity, Lens(9.0, 0.0, 60.0))
        assert np.abs(np.diff(result.astype(int), axis=0)).max() <= 1
        assert np.abs(result[:, 20:-20].astype(int) - codes[:, 20:-20]).max() <= 2


def test_bands_of_slices_leave_no_seam() -> None:
    """Where every row is the same, before and behind the focus, so is every row of the result."""
    height, width = 1300, 900
    line = np.random.default_rng(6).integers(0, 256, (1, width // 6, 1)).repeat(6, axis=1)
    codes = np.broadcast_to(line, (height, width, 3)).astype(np.uint8)
    disparity = np.broadcast_to(np.repeat([0.2, 1.0, 2.5], 30).astype(np.float32), (120, 90))
    result, slices = refocused(codes, disparity, Lens(9.0, 1.0, 60.0))
    assert slices > 8
    assert np.abs(result.astype(int) - result[:1]).max() <= 1
    assert np.abs(result[:, :200].astype(int) - codes[:, :200]).mean() > 20


def test_a_large_map_is_as_good_as_a_small_one() -> None:
    codes, disparity = scene()
    large = np.repeat(np.repeat(disparity, 9, axis=0), 9, axis=1)
    lens = Lens.of_camera(CAMERA.fx, golden_lens.SIZE, 1.4, 1 / 3.6)
    item, other = (refocused(codes, plane, lens)[0] for plane in (disparity, large))
    assert np.percentile(np.abs(item.astype(int) - other), 99) <= 3


@pytest.mark.parametrize("largest", np.linspace(5, 21, 9))
def test_any_size_with_any_blur(largest: float) -> None:
    codes = np.full((131, 173, 3), 99, np.uint8)
    disparity = np.linspace(0, 2, 173 * 131, dtype=np.float32).reshape(131, 173)
    result, _ = refocused(codes, disparity, Lens(largest, 1.0, 99.0))
    assert np.abs(result.astype(int) - 99).max() <= 1


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (5, 90), (33, 7)])
def test_tiny_photos(shape: tuple[int, int]) -> None:
    codes = np.random.default_rng(4).integers(0, 256, (*shape, 3)).astype(np.uint8)
    disparity = np.random.default_rng(5).random((2, 2)).astype(np.float32) * 4
    result, slices = refocused(codes, disparity, Lens(3.0, 2.0, 4.0))
    assert result.shape == codes.shape and slices >= 1


def test_where_focus_and_aperture_come_from() -> None:
    codes, disparity = scene()
    _, report = refocused_pixels(make_scene(codes, disparity))
    assert report.aperture == 2.8 and report.aperture_from == "default"
    assert report.focus_from == "nearest large region" and report.camera == "nominal"
    _, report = refocused_pixels(make_scene(codes, disparity, focus=(0.5, 0.25), aperture=1.8))
    assert (report.aperture, report.aperture_from, report.focus_from) == (1.8, "file", "file")
    assert report.focus_m is not None and 3.2 < report.focus_m < 4
    _, given = refocused_pixels(make_scene(codes, disparity, aperture=1.8), aperture=16, focus=(0.15, 0.75))
    assert (given.aperture, given.focus_from) == (16, "option")
    assert given.focus_m is not None and 0.6 < given.focus_m < 0.75
    assert given.blur_px_m == pytest.approx(report.blur_px_m * 1.8 / 16)
    doubled = refocused_pixels(make_scene(codes, disparity), aperture=16, strength=2)[1]
    assert doubled.blur_px_m == pytest.approx(2 * given.blur_px_m)


def test_impossible_numbers_are_refused() -> None:
    codes, disparity = scene()
    item = make_scene(codes, disparity)
    for wrong in ({"aperture": 0.1}, {"aperture": 99.0}, {"focus": (1.2, 0.5)}, {"strength": -1.0}):
        with pytest.raises(UsageError):
            refocused_pixels(item, **wrong)
    depth = DepthBuffer.from_depth_m(np.full((10, 10), 1e-45, np.float32), pixel_format=PixelFormat.FDEP)
    with pytest.raises(UnsupportedError):
        refocused_pixels(make_scene(codes, disparity, depth=depth))


def test_holes_are_filled_and_reported() -> None:
    codes, disparity = scene()
    holed = disparity.copy()
    holed[20:60, 30:70] = np.nan
    picture, report = refocused_pixels(make_scene(codes, holed))
    assert picture.shape == codes.shape
    assert any("held no depth and was filled" in note for note in report.notes)


def test_the_photos_profile_is_kept_and_output_is_deterministic() -> None:
    photo = io.BytesIO()
    codes, disparity = scene()
    from PIL import ImageCms

    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(codes).save(photo, "JPEG", quality=95, icc_profile=icc)
    data = depthauthor.embed_bytes(photo.getvalue(), 1 / disparity, focus=(0.5, 0.25))
    for kind in ("png", "jpeg"):
        item, report = refocus(load_scene(data), aperture=1.0, picture_format=kind)
        assert item == refocus(load_scene(data), aperture=1.0, picture_format=kind)[0]
        with Image.open(io.BytesIO(item)) as picture:
            assert picture.format == kind.upper() and picture.size == (WIDTH, HEIGHT)
            assert picture.info["icc_profile"] == icc
        assert report.focus_from == "file" and "not Apple's" in report.rendering


def test_real_photos_keep_what_is_in_focus(sample: Callable[[str], bytes]) -> None:
    item = load_scene(sample("nilsh_imageio_output.heic"))
    picture, report = refocused_pixels(item, aperture=4)
    change = np.abs(picture.astype(int) - item.pixels).mean(axis=2)
    x, y = int(report.focus.x * picture.shape[1]), int(report.focus.y * picture.shape[0])
    assert change[y - 8 : y + 9, x - 8 : x + 9].mean() < 1
    # The grass and the far flowers lose their detail; the sky has none to lose.
    far = slice(250, 300)
    assert (
        np.abs(np.diff(picture[far].astype(int), axis=1)).mean()
        < 0.5 * np.abs(np.diff(item.pixels[far].astype(int), axis=1)).mean()
    )
