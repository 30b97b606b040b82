"""Warnings of a map that may be inside out, upside down or nearly flat, and how they are printed."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from authoring.api import photo_files
from authoring.cli.main import run
from authoring.embed.embed_options import options_of
from authoring.embed.reports import EmbedReport
from authoring.embed.steps import embed
from authoring.errors import RefusedError, UsageError
from authoring.maps.polarity import judge_polarity
from authoring.read.extract import extract

GOLDEN = Path(__file__).parents[2] / "golden"
PHOTO = (GOLDEN / "scene.jpg").read_bytes()
DEPTH: NDArray[np.float32] = np.load(GOLDEN / "scene-depth.npy")
ROWS, COLUMNS = np.mgrid[0:384, 0:512] / np.array([384, 512])[:, None, None]
SUBJECT = ((COLUMNS - 0.5) ** 2 / 0.015 + (ROWS - 0.35) ** 2 / 0.02 < 1) | (
    (abs(COLUMNS - 0.5) < 0.17) & (ROWS > 0.5)
)
"""A head and shoulders that reach the lower edge."""
NEAR_FAR = {"near": 0.5, "far": 5.0}


def _report(depth: Any, **options: Any) -> EmbedReport:
    return embed(PHOTO, depth, options_of(**options)).report


def _levels(share: NDArray[Any]) -> NDArray[np.uint8]:
    levels: NDArray[np.uint8] = np.rint(share * 255).astype(np.uint8)
    return levels


@pytest.mark.parametrize(
    ("share", "options", "words"),
    [
        (SUBJECT, {}, ["in the middle of the picture", "add --white near"]),
        (SUBJECT, {"white": "near"}, []),
        (SUBJECT, {"invert": True}, []),
        (~SUBJECT, {}, []),
        (~SUBJECT, {"invert": True}, ["in the middle of the picture", "leave --invert out"]),
        (np.exp(-((COLUMNS - 0.5) ** 2 + (ROWS - 0.5) ** 2) / 0.03), {}, ["in the middle of the picture"]),
        (ROWS, {}, ["3.5 times as far away", "add --white near", "turn it"]),
        (1 - ROWS, {}, []),
        (SUBJECT, {"kind": "inverse-relative"}, []),
        (SUBJECT, {"kind": "affine"}, ["--kind inverse-relative"]),
        (~SUBJECT, {"preset": "midas"}, ["instead of --preset midas", "--kind affine"]),
    ],
)
def test_gray_and_relative_maps_are_warned_of_if_near_and_far_may_be_swapped(
    share: NDArray[Any], options: dict[str, Any], words: list[str]
) -> None:
    warnings = _report(_levels(share), **NEAR_FAR, **options).warnings
    assert bool(warnings) == bool(words)
    for word in words:
        assert word in warnings[0]


def test_invert_is_white_near() -> None:
    options = {**NEAR_FAR, "profile": "data"}
    assert (
        embed(PHOTO, _levels(SUBJECT), options_of(invert=True, **options)).data
        == embed(PHOTO, _levels(SUBJECT), options_of(white="near", **options)).data
    )


def test_a_map_of_two_values_says_so() -> None:
    assert "two values, 0.5 m and 5 m" in _report(_levels(~SUBJECT), **NEAR_FAR).meaning
    assert "two values" not in _report(_levels(1 - ROWS), **NEAR_FAR).meaning


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.25])
@pytest.mark.parametrize(
    "options", [{}, {"clip": 1.0}, {"kind": "inverse-relative"}, {"kind": "affine"}, {"preset": "midas"}]
)
def test_a_map_without_a_number_is_refused_without_a_warning_of_numpy(
    value: float, options: dict[str, Any]
) -> None:
    holes = {"near": 0.5, "far": 8.0, "invalid": 0.25, **options}
    with pytest.raises(RefusedError, match="no value that is a number"):
        _report(np.full(DEPTH.shape, value, np.float32), **holes)


def test_a_mask_of_zero_and_one_is_nearly_flat_and_costs_depth_editing() -> None:
    report = _report((~SUBJECT).astype(np.uint8), **NEAR_FAR)
    assert report.level == "L2"
    levels, flat = report.warnings
    assert "0 to 1 of 0 to 255" in levels and "0.5 m to 0.518 m" in levels and "multiply it by 255" in levels
    assert "nearly flat" in flat
    assert _report(_levels(~SUBJECT), **NEAR_FAR).possible_level == "L4"


def test_the_metadata_of_a_portrait_is_not_missed_in_plain_data() -> None:
    assert _report(DEPTH, profile="data").warnings == ()


@pytest.mark.parametrize("preset", ["depth-pro", "unidepth"])
def test_metres_upside_down_are_warned_of_with_a_preset_too(preset: str) -> None:
    (warning,) = _report(DEPTH[::-1], preset=preset).warnings
    assert "times as far away" in warning and "turn it" in warning


@pytest.mark.parametrize(("preset", "options"), [("unidepth", {}), ("marigold", {"near": 0.6, "far": 6.1})])
def test_the_maps_of_makers_that_do_not_turn_photos_lie_as_stored(
    preset: str, options: dict[str, Any]
) -> None:
    photo = (GOLDEN / "orientation" / "scene-3.jpg").read_bytes()
    stored = DEPTH[::-1, ::-1]
    values = stored if preset == "unidepth" else stored / stored.max()
    edited = embed(photo, values, options_of(preset=preset, **options))
    assert edited.report.warnings == ()
    assert any("--map-orientation display" in sentence for sentence in edited.report.assumed)
    upright = extract(edited.data).depth_m()
    assert np.corrcoef(upright.ravel(), DEPTH[::1].ravel())[0, 1] > 0.9
    swapped = embed(photo, values, options_of(preset=preset, map_orientation="display", **options)).report
    assert "--map-orientation stored" in swapped.warnings[0]


def test_a_maker_s_map_of_a_photo_turned_before_is_upright() -> None:
    photo = (GOLDEN / "orientation" / "scene-6.jpg").read_bytes()
    results = [
        extract(embed(photo, values, options_of(preset="unidepth")).data).depth_m()
        for values in (DEPTH, np.rot90(DEPTH))
    ]
    assert np.abs(results[0] - results[1]).max() < 0.2


def test_the_files_of_phones_and_of_indoor_scenes_are_not_doubted() -> None:
    assert judge_polarity(DEPTH) is None
    assert judge_polarity(1 / DEPTH) is not None


@pytest.mark.parametrize(
    ("values", "options", "words"),
    [
        (1 / DEPTH * 4, {}, ["read as metres, the lower third", "--kind disparity"]),
        (DEPTH / 7, {}, ["does not go beyond 1"]),
        (np.where(DEPTH > 5, 0, 7 / DEPTH), {}, ["exactly 0", "--invalid 0"]),
        (2 + 281 * ((DEPTH - DEPTH.min()) / np.ptp(DEPTH)) ** 2, {}, ["times its nearest"]),
        (DEPTH, {"map_name": "room_relative.npy"}, ["relative"]),
        (DEPTH, {"map_name": "room_mist.exr"}, ["mist"]),
        (np.where(SUBJECT, 4.0, 1.5), {}, ["in the middle of the picture"]),
    ],
)
def test_floats_that_may_be_no_metres_are_asked_about(
    values: NDArray[Any], options: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(UsageError) as caught:
        _report(np.asarray(values, np.float32), **options)
    for word in (*words, "--unit m", "--kind inverse-relative", "--kind affine"):
        assert word in caught.value.message
    assert _report(np.asarray(values, np.float32), unit="m", **options).container == "jpeg"


def test_metres_are_taken_if_the_name_says_so_or_the_sky_is_far() -> None:
    assert "since its name says so" in _report(DEPTH / 7, map_name="a_meters.npy").meaning
    far = np.where(DEPTH > 5.5, np.float32(np.inf), DEPTH * np.float32(0.3) ** 2 * 20)
    assert "depth in metres" in _report(far).meaning


def test_a_map_of_another_shape_is_stretched_if_asked() -> None:
    square = np.asarray(Image.fromarray(DEPTH).resize((518, 518)))
    with pytest.raises(RefusedError) as caught:
        _report(square)
    assert "networks stretch photos to" in caught.value.message and "--stretch" in caught.value.message
    edited = embed(PHOTO, square, options_of(stretch=True, profile="data"))
    back = extract(edited.data).depth_m()
    assert back.shape[1] / back.shape[0] == pytest.approx(4 / 3, rel=0.01)
    truth = np.asarray(Image.fromarray(DEPTH).resize(back.shape[::-1]))
    assert np.median(np.abs(back - truth)) < 0.05


def test_stereo_disparity_needs_its_camera() -> None:
    pixels = (400 * 0.25 / DEPTH).astype(np.float32)
    with pytest.raises(UsageError, match="focal_px"):
        _report(pixels, kind="disparity-px")
    with pytest.raises(UsageError, match="baseline and doffs are for"):
        _report(DEPTH, baseline=0.25)
    edited = embed(PHOTO, pixels, options_of(kind="disparity-px", focal_px=400, baseline=0.25))
    buffer = extract(edited.data)
    assert np.abs(buffer.disparity_per_m() - 1 / DEPTH).max() <= edited.report.bound * 1.01
    assert buffer.calibration is not None and buffer.calibration.focal_px[0] == pytest.approx(800)


CALIB = """cam0=[400 0 256; 0 400 192; 0 0 1]
cam1=[400 0 264; 0 400 192; 0 0 1]
doffs=8
baseline=250
width={width}
height=384
ndisp=280
"""


def test_middlebury_s_calibration_file(tmp_path: Path) -> None:
    np.save(tmp_path / "disp0.npy", (400 * 0.25 / DEPTH - 8).astype(np.float32))
    (tmp_path / "calib.txt").write_text(CALIB.format(width=512))
    given: dict[str, Any] = {
        "preset": None,
        "kind": "disparity-px",
        "calibration": str(tmp_path / "calib.txt"),
    }
    output = tmp_path / "o.jpg"
    report = photo_files.embed(GOLDEN / "scene.jpg", tmp_path / "disp0.npy", output=output, **given)
    buffer = photo_files.extract(output)
    assert np.abs(buffer.disparity_per_m() - 1 / DEPTH).max() <= report.bound * 1.01
    assert buffer.calibration is not None and buffer.calibration.focal_px[0] == pytest.approx(800)
    (tmp_path / "calib.txt").write_text(CALIB.format(width=1024))
    with pytest.raises(UsageError, match="1024 pixels wide"):
        photo_files.embed(
            GOLDEN / "scene.jpg", tmp_path / "disp0.npy", output=output, overwrite=True, **given
        )


def test_disparity_in_steps_is_divided_by_them() -> None:
    values = np.rint(65535 / 2 / DEPTH).astype(np.uint16)
    edited = embed(PHOTO, values, options_of(kind="disparity", unit="m*32767.5", profile="data"))
    assert np.abs(extract(edited.data).disparity_per_m() - 1 / DEPTH).max() <= edited.report.bound * 1.01


def test_warnings_come_first_and_the_rest_with_verbose(tmp_path: Path, capsys: Any) -> None:
    out = io.BytesIO()
    Image.fromarray(_levels(SUBJECT)).save(out, "PNG")
    (tmp_path / "m.png").write_bytes(out.getvalue())
    command = ["embed", str(GOLDEN / "scene.jpg"), str(tmp_path / "m.png"), "--near", "0.5", "--far", "5"]
    command += ["-o", str(tmp_path / "o.jpg"), "--overwrite"]
    assert run(command) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("WARNING: the far end of this map is in the middle of the picture")
    labels = [line.split()[0] for line in lines if line.startswith("  ") and line[2] != " "]
    assert [label for label in labels if label in ("range", "polarity", "focus", "level", "more")] == [
        "range", "polarity", "focus", "level",
    ]  # fmt: skip
    assert any("notes with -v" in line for line in lines)
    assert not any("bound" in line for line in lines)
    assert run([*command, "-v"]) == 0
    assert {"error", "touched", "assumed", "note"} <= set(capsys.readouterr().out.split())
    assert run([*command, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert len(report["warnings"]) == 1 and report["focus"]["distance_m"] == pytest.approx(0.5, abs=0.01)
    assert report["meaning"] == report["assumed"][0]
