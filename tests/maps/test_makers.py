"""Every maker's file, written as the maker does from the golden scene, comes back in metres."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from authoring.api import photo_files
from authoring.cli.main import run
from authoring.depth.buffer import PixelFormat
from authoring.embed.embed_options import options_of
from authoring.embed.steps import embed
from authoring.maps.load import parse_map_source
from authoring.maps.presets import PRESETS, metres_in, preset_named
from authoring.read.extract import extract, read
from golden.makers import DEPTH, DISPARITY, FILES, MakerFile, exr, integers, npy, npz, round_trip

GOLDEN = Path(__file__).parents[2] / "golden"

MAKERS = {
    "Apple's article",
    "Depth-Anything",
    "MiDaS",
    "Facebook",
    "Depth-Anything-V2 metric",
    "Depth Pro",
    "MoGe",
    "Marigold",
    "ZoeDepth",
    "PatchFusion",
    "KITTI",
    "ScanNet",
    "ARKit",
    "RealSense",
    "NYU",
    "TUM",
    "Video-Depth-Anything",
    "Blender",
    "PFM",
    "Depth Anything 3",
    "Lotus",
    "DepthCrafter",
    "UniDepth",
    "Metric3D",
    "Stray Scanner",
    "Record3D",
    "Middlebury",
    "RAFT-Stereo",
}


def _embedded(data: bytes, **options: Any) -> tuple[NDArray[Any], Any]:
    """The disparity read back (H, W), and the report."""
    photo = (GOLDEN / "scene.jpg").read_bytes()
    source = parse_map_source(data, options.get("key"), options.get("frame"))
    outcome = embed(photo, source, options_of(profile="data", **options))
    return extract(outcome.data).disparity_per_m().astype(np.float64), outcome.report


@pytest.mark.parametrize("one", FILES, ids=lambda one: f"{one.maker}, {one.form}")
def test_files_come_back_within_the_bound(one: MakerFile) -> None:
    """Metric forms sample by sample; those without a scale after the best affine fit in disparity."""
    if one.name.endswith(".exr"):
        pytest.importorskip("OpenEXR")
    back = round_trip(one)
    assert back.within
    assert back.correlation > 0.999
    preset = one.options.get("preset")
    assert preset is None or any(f"preset {preset}" in told for told in back.assumed)


def test_every_maker_and_every_preset_has_a_file() -> None:
    assert {one.maker for one in FILES} == MAKERS
    assert {one.options["preset"] for one in FILES if "preset" in one.options} == {
        preset.name for preset in PRESETS
    }


def test_relative_ends_are_those_given() -> None:
    for one in FILES:
        if one.relative and one.maker in ("MiDaS", "Marigold"):
            back, _ = _embedded(one.build(), **one.options)
            slope, offset = np.polyfit(back.ravel(), DISPARITY.ravel(), 1)
            assert slope == pytest.approx(1, abs=0.02) and offset == pytest.approx(0, abs=0.01)


def test_blender_s_sky_is_infinitely_far() -> None:
    pytest.importorskip("OpenEXR")
    depth = DEPTH.copy()
    depth[:100] = 1e10
    back, report = _embedded(exr(Z=depth), preset="blender")
    assert back[:100].max() <= report.bound
    assert any("26.0 % of the map is sky" in one for one in report.notes)


def test_infinity_of_moge_is_sky() -> None:
    """Its mask tells finite from infinite depth (microsoft/MoGe, moge/scripts/infer.py writes both)."""
    pytest.importorskip("OpenEXR")
    depth = DEPTH.copy()
    depth[:40, 100:140] = np.inf
    back, report = _embedded(exr(Y=depth), preset="moge")
    assert back[:40, 100:140].max() <= report.bound
    assert any("0.8 % of the map is sky" in one for one in report.notes)
    assert not any("holes" in one for one in report.notes)


def test_depth_pro_s_focal_length_is_the_calibration() -> None:
    photo = (GOLDEN / "scene.jpg").read_bytes()
    source = parse_map_source(npz(depth=DEPTH, focallength_px=np.float32(400)))
    outcome = embed(photo, source, options_of())
    calibration = read(outcome.data).buffer("stored").calibration
    assert calibration is not None
    # The map is half as wide as the photo, so 400 pixels of the map are 800 of the photo.
    assert calibration.focal_px == pytest.approx((800, 800), rel=1e-4)
    assert (calibration.reference_width_px, calibration.reference_height_px) == (1024, 768)


def test_moge_s_field_of_view_is_the_calibration(tmp_path: Path) -> None:
    pytest.importorskip("OpenEXR")
    angles = {
        "fov_x": math.degrees(2 * math.atan(512 / 800)),
        "fov_y": math.degrees(2 * math.atan(384 / 800)),
    }
    (tmp_path / "fov.json").write_text(json.dumps({name: round(one, 2) for name, one in angles.items()}))
    (tmp_path / "depth.exr").write_bytes(exr(Y=DEPTH))
    photo_files.embed(
        GOLDEN / "scene.jpg",
        tmp_path / "depth.exr",
        preset="moge",
        output=tmp_path / "o.jpg",
        calibration=str(tmp_path / "fov.json"),
    )
    calibration = photo_files.extract(tmp_path / "o.jpg").calibration
    assert calibration is not None
    assert calibration.focal_px == pytest.approx((800, 800), rel=1e-3)


class _Tensor:
    """What NumPy sees of a torch tensor on the CPU."""

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return DEPTH[None, None]


def test_whatever_gives_an_array_is_taken() -> None:
    photo = (GOLDEN / "scene.jpg").read_bytes()
    assert photo_files.embed_bytes(photo, _Tensor()) == photo_files.embed_bytes(photo, DEPTH)


@pytest.mark.parametrize("name", ["first.jpg", "first.heic"])
def test_another_photo_s_own_depth_is_a_map(name: str, tmp_path: Path) -> None:
    photo_files.embed(GOLDEN / "scene.jpg", GOLDEN / "scene-depth.npy", output=tmp_path / name)
    photo_files.embed(GOLDEN / "scene.jpg", tmp_path / name, output=tmp_path / "second.jpg")
    one, two = (photo_files.extract(tmp_path / each) for each in (name, "second.jpg"))
    assert np.abs(one.disparity_per_m() - two.disparity_per_m()).max() <= 0.011  # 1.5 steps of 1.4/255


def test_the_command_takes_the_options(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "m.png").write_bytes(integers(1000))
    out = tmp_path / "o.jpg"
    arguments = ["embed", str(GOLDEN / "scene.jpg"), str(tmp_path / "m.png"), "-o", str(out), "--json"]
    assert run([*arguments, "--unit", "mm", "--invalid", "0", "--max-holes", "10", "--clip", "0.5"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert "the 16-bit PNG holds depth in mm" in told["assumed"]
    assert any("outliers" in one for one in told["notes"])


def test_units_are_metres_by_the_step() -> None:
    for unit, metres in {
        "m": 1,
        "cm": 0.01,
        "mm": 0.001,
        "m*256": 1 / 256,
        "dm/256": 0.1 / 256,
        "1/m": 1,
    }.items():
        assert metres_in(unit) == pytest.approx(metres)
    assert preset_named("tum").unit == "m*5000"


def test_disparity_in_a_unit() -> None:
    back, report = _embedded(npy((DISPARITY / 1000).astype(np.float64)), kind="disparity", unit="mm")
    assert np.abs(back - DISPARITY).max() <= report.bound + 1e-6


@pytest.mark.parametrize("sky", [1e10, np.inf])
def test_a_native_depth_format_takes_sky_as_its_farthest_value(sky: float) -> None:
    depth = DEPTH.copy()
    depth[:50] = sky
    photo = (GOLDEN / "scene.jpg").read_bytes()
    options = options_of(native_format=PixelFormat.HDEP, profile="data")
    edited = embed(photo, depth, options)
    farthest = float(DEPTH[50:].max())
    assert extract(edited.data).depth_m()[:40] == pytest.approx(farthest, abs=0.03)
    assert any(f"the sky is stored as {farthest:g} m" in note for note in edited.report.notes)


def test_the_page_has_every_preset() -> None:
    page = (GOLDEN.parent / "docs" / "maps.md").read_text(encoding="utf-8")
    for preset in PRESETS:
        assert (
            f"| `{preset.name}` | {preset.files} | {preset.kind or 'gray'} | {preset.unit or 'none'} |"
            in page
        )
