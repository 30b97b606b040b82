"""A network that gives a known function of the pixels: polarity, scale and orientation come out right, in metres.

The network's loader is replaced; the folder, its configuration, its image processor and all else are as ever.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import depthauthor
from depthauthor import estimate
from tests.estimate import photos
from tests.estimate.tiny_models import TinyModel, make_known, needs_networks

pytestmark = needs_networks

HEIGHT, WIDTH = 384, 512

Floats = NDArray[np.float64]


def _brightness() -> Floats:
    """Return a picture's brightness, 0.1 to 0.9: each of its eight orientations differs from all others by far."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    return np.asarray(0.1 + 0.55 * x / (WIDTH - 1) + 0.25 * y / (HEIGHT - 1))


def _upright() -> photos.Pixels:
    levels = np.round(_brightness() * 255).astype(np.uint8)
    return np.repeat(levels[:, :, np.newaxis], 3, axis=2)


def _metric_truth_m(brightness: Floats) -> Floats:
    """What the metric network is made to give: bright is near, 1 m to 5 m."""
    return np.asarray(1 + 4 * (1 - brightness))


def _relative_truth_m(brightness: Floats, near_m: float = 1 / 1.3, far_m: float = 5.0) -> Floats:
    """Bright is near, and even steps of brightness are even steps of 1/m."""
    share = (brightness - brightness.min()) / np.ptp(brightness)
    return np.asarray(1 / (1 / far_m + share * (1 / near_m - 1 / far_m)))


TRUTHS: dict[str, Callable[[Floats], Floats]] = {"metric": _metric_truth_m, "relative": _relative_truth_m}

LEVELS = 1.6 / 255
"""What a JPEG of quality 95 and 8 bits may change in the brightness of a smooth picture."""


@pytest.fixture
def known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., TinyModel]:
    """Return a function: `known("metric")` gives a folder whose network is such a function of the pixels."""

    def model(kind: str, function: Callable[[Any], Any] | None = None) -> TinyModel:
        return make_known(kind, tmp_path / f"known-{kind}", monkeypatch, function)

    return model


def _stored(kind: str, turn: int) -> tuple[str, bytes]:
    """Return the extension and the bytes of a photo that is the picture, once turned upright."""
    make = {"jpg": photos.jpeg, "dng": photos.dng, "png": photos.png}[kind]
    return kind, make(_upright(), turn)


CASES = [
    *(("jpg", "jpg", turn) for turn in photos.ORIENTATIONS),
    *(("jpg", "heic", turn) for turn in photos.ORIENTATIONS),
    *(("dng", "dng", turn) for turn in photos.ORIENTATIONS),
    *(("png", "heic", turn) for turn in (1, 6)),
]


@pytest.mark.parametrize(("photo_type", "output_type", "turn"), CASES)
@pytest.mark.parametrize("kind", TRUTHS)
def test_metres_in_the_file_are_the_stated_function_of_the_picture(
    kind: str,
    photo_type: str,
    output_type: str,
    turn: int,
    known: Callable[..., TinyModel],
    command: Callable[..., dict[str, Any]],
    tmp_path: Path,
) -> None:
    model = known(kind)
    suffix, data = _stored(photo_type, turn)
    photo, output = tmp_path / f"photo.{suffix}", tmp_path / f"out.{output_type}"
    photo.write_bytes(data)
    report = command(
        "embed", photo, "--estimate", *model.arguments, "--no-refine", "--max-size", 128, "-o", output
    )
    depth_m = depthauthor.extract(output).depth_m()
    assert depth_m.shape == (96, 128)
    # The mean of 4 x 4 pixels of a linear picture is its value in their middle.
    brightness = _brightness().reshape(96, 4, 128, 4).mean(axis=(1, 3))
    full = _brightness()
    truth_m = TRUTHS[kind](brightness)
    if kind == "relative":
        share = (brightness - full.min()) / np.ptp(full)
        truth_m = np.asarray(1 / (0.2 + share * 1.1))
    # In 1/m: a level's worth of the network's function, and the codes.
    slope = 4 / truth_m.min() ** 2 if kind == "metric" else 1.1 / np.ptp(full)
    bound = report["bound"] if report["unit"] == "1/m" else report["bound"] / truth_m.min() ** 2
    assert np.abs(1 / depth_m - 1 / truth_m).max() < LEVELS * slope + bound
    # The test can fail: a turned or inverted map is farther off by more than ten times.
    for wrong in (truth_m[::-1], truth_m[:, ::-1], truth_m[::-1, ::-1]):
        assert np.abs(1 / wrong - 1 / truth_m).max() > 3 * (LEVELS * slope + bound)


@pytest.mark.parametrize("turn", photos.ORIENTATIONS)
@pytest.mark.parametrize("kind", TRUTHS)
def test_heic_photos_turned_by_irot_and_imir(
    kind: str,
    turn: int,
    known: Callable[..., TinyModel],
    command: Callable[..., dict[str, Any]],
    tmp_path: Path,
) -> None:
    """The golden scene: bright is near in the file, wherever a foreign decoder shows bright."""
    name = f"orientation/scene-{turn}.heic"
    _, upright = photos.photo(name)
    brightness = upright.astype(np.float64).mean(axis=2) / 255
    output = tmp_path / "out.heic"
    report = command(
        "embed",
        photos.GOLDEN / name,
        "--estimate",
        *known(kind).arguments,
        *("--no-refine", "--max-size", 512, "-o", output),
    )
    depth_m, truth_m = depthauthor.extract(output).depth_m(), TRUTHS[kind](brightness)
    assert depth_m.shape == truth_m.shape == (384, 512)
    assert (np.abs(depth_m - truth_m) <= report["bound"] * depth_m * truth_m * 1.001).all()


@pytest.mark.parametrize("turn", photos.ORIENTATIONS)
@pytest.mark.parametrize("kind", TRUTHS)
def test_estimates_in_metres(kind: str, turn: int, known: Callable[..., TinyModel]) -> None:
    depth_m = estimate(photos.png(_upright(), turn), **known(kind).options).depth_m()
    truth_m = TRUTHS[kind](np.round(_brightness() * 255) / 255)
    np.testing.assert_allclose(depth_m, truth_m, rtol=1e-5)


def test_near_and_far_are_the_ends_of_a_network_without_a_scale(known: Callable[..., TinyModel]) -> None:
    buffer = estimate(photos.png(_upright(), 1), near=0.5, far=8, **known("relative").options)
    truth_m = _relative_truth_m(np.round(_brightness() * 255) / 255, 0.5, 8)
    depth_m = buffer.depth_m()
    np.testing.assert_allclose(depth_m, truth_m, rtol=1e-5)
    assert (depth_m.min(), depth_m.max()) == pytest.approx((0.5, 8.0), rel=1e-6)
    assert depth_m[-1, -1] == depth_m.min() and depth_m[0, 0] == depth_m.max()
    assert buffer.estimate is not None and buffer.estimate.scale == "given"


def test_kind_affine_has_the_larger_values_far_in_even_steps_of_metres(
    known: Callable[..., TinyModel],
) -> None:
    buffer = estimate(photos.png(_upright(), 1), kind="affine", near=1, far=3, **known("unknown").options)
    levels = np.round(_brightness() * 255)
    truth_m = 1 + 2 * (levels - levels.min()) / np.ptp(levels)
    np.testing.assert_allclose(buffer.depth_m(), truth_m, rtol=1e-5)


def test_kind_disparity_is_1_over_metres(known: Callable[..., TinyModel]) -> None:
    buffer = estimate(photos.png(_upright(), 1), kind="disparity", **known("unknown").options)
    np.testing.assert_allclose(buffer.depth_m(), 255 / np.round(_brightness() * 255), rtol=1e-5)
    assert buffer.estimate is not None and buffer.estimate.scale == "network"


def test_kind_depth_is_metres(known: Callable[..., TinyModel]) -> None:
    buffer = estimate(photos.png(_upright(), 1), kind="depth", **known("unknown").options)
    np.testing.assert_allclose(buffer.depth_m(), np.round(_brightness() * 255) / 255, rtol=1e-5)


@pytest.mark.parametrize("turn", [1, 6])
def test_samples_that_are_no_number_become_holes(
    turn: int, known: Callable[..., TinyModel], command: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    """The network fails where the picture is dark: its left side."""

    def function(brightness: Any) -> Any:
        return (1 + 4 * (1 - brightness)).masked_fill(brightness < 0.3, float("nan"))

    model = known("metric", function)
    data = photos.png(_upright(), turn)
    depth_m = estimate(data, **model.options).depth_m()
    levels = np.round(_brightness() * 255) / 255
    # The interpolation of transformers, bicubic, spreads them by up to two samples.
    steps = 2 * (np.diff(_brightness()[0]).max() + np.diff(_brightness()[:, 0]).max()) + 1 / 255
    assert np.isnan(depth_m[levels < 0.3]).all() and np.isfinite(depth_m[levels > 0.3 + steps]).all()
    assert np.nanmax(np.abs(depth_m - _metric_truth_m(levels))) < 1e-5
    photo, output = tmp_path / "photo.png", tmp_path / "out.heic"
    photo.write_bytes(data)
    report = command("embed", photo, "--estimate", *model.arguments, "--no-refine", "-o", output)
    assert any("of the map were holes" in note for note in report["notes"])
    assert np.isfinite(depthauthor.extract(output).depth_m()).all()
    written = command("estimate", photo, *model.arguments, "-o", tmp_path / "map.npz")
    with np.load(tmp_path / "map.npz") as arrays:
        assert np.array_equal(np.isnan(arrays["depth"]), np.isnan(depth_m))
    assert written["maximum"] == pytest.approx(np.nanmax(depth_m))


@pytest.mark.parametrize("verb", ["embed", "estimate"])
def test_a_constant_output_of_a_network_without_a_scale_is_refused(
    verb: str, known: Callable[..., TinyModel], refused: Callable[..., str], tmp_path: Path
) -> None:
    model = known("relative", lambda brightness: brightness * 0 + 3)
    photo = photos.GOLDEN / "orientation" / "scene-1.jpg"
    output = tmp_path / ("out.jpg" if verb == "embed" else "out.npz")
    arguments = ["--estimate"] if verb == "embed" else []
    message = refused(5, verb, photo, *arguments, *model.arguments, "-o", output)
    assert "one value everywhere (3)" in message and "scene-1.jpg" in message
    assert not output.exists()


@pytest.mark.parametrize("kind", ["metric", "relative"])
def test_an_output_without_a_number_is_refused(
    kind: str, known: Callable[..., TinyModel], refused: Callable[..., str], tmp_path: Path
) -> None:
    model = known(kind, lambda brightness: brightness * float("nan"))
    photo, output = photos.GOLDEN / "orientation" / "scene-1.jpg", tmp_path / "out.jpg"
    message = refused(5, "embed", photo, "--estimate", *model.arguments, "-o", output)
    assert "number" in message or "no valid" in message, message
    assert not output.exists()
