"""Every verb takes a photo of another maker as the source of depth; codes are kept where they can be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import depthauthor as da
from authoring import containers
from authoring.cli.main import run
from authoring.errors import DepthauthorError, RefusedError, UsageError
from authoring.read.depth_image import read_depth
from authoring.views.report import row_of
from tests.foreign import files
from tests.foreign.expected import (
    CONFIDENCE,
    check_bound,
    decoded,
    inverse_m,
    linear_m,
    made_files,
    read_m,
)
from tests.foreign.files import coded, codes, photo


def test_the_confidence_option_everywhere(tmp_path: Path) -> None:
    made = tmp_path / "android.jpg"
    made.write_bytes(files.gdepth(photo(), coded(codes()), confidence=coded(CONFIDENCE)))
    report = da.extract_file(made, tmp_path / "map.npy", min_confidence=0.5)
    lost = int((CONFIDENCE < 127.5).sum())
    assert report.holes == lost
    assert any("nothing certain" in note for note in report.notes)
    copied = da.copy(made, made, output=tmp_path / "copied.jpg", min_confidence=0.5)
    assert any("holes" in note for note in copied.notes)
    embedded = da.embed(made, made, output=tmp_path / "embedded.jpg", min_confidence=0.5)
    assert any("holes" in note for note in embedded.notes)
    assert da.preview(made, output=tmp_path / "p.png", min_confidence=0.5).holes == pytest.approx(
        lost / 6144, abs=1e-4
    )
    all_points = da.pointcloud(made).points.shape[0]
    assert da.pointcloud(made, min_confidence=0.5).points.shape[0] == all_points - lost
    with pytest.raises(DepthauthorError, match="0 to 1"):
        da.extract(made, min_confidence=1.5)
    plain = da.extract_file(files.gdepth(photo(), coded(codes())), tmp_path / "m.npy", min_confidence=0.5)
    assert any("no confidence map" in note for note in plain.notes)


@pytest.mark.parametrize("container", ["heic", "jpg"])
def test_range_inverse_is_copied_code_by_code(container: str, tmp_path: Path) -> None:
    made = files.gdepth(photo(), coded(codes()), near=0.3, far=7.7)
    out = tmp_path / f"out.{container}"
    report = da.copy(made, made, output=out, lossless=container == "heic")
    assert report.native_format == "hdis"
    assert (report.float_min, report.float_max) == (1 / 7.7, 1 / 0.3)
    buffer = da.extract(out)
    step = (1 / 0.3 - 1 / 7.7) / 255
    held = np.rint((buffer.disparity_per_m() - 1 / 7.7) / step)
    assert np.abs(held - (255 - codes().astype(int))).max() <= (0 if container == "heic" else 1)


@pytest.mark.parametrize("values", ["linear", "16 bits", "holes"])
def test_other_codes_are_quantized_anew_with_a_measured_error(values: str, tmp_path: Path) -> None:
    made = {
        "linear": files.gdepth(photo(), coded(codes()), format="RangeLinear", near=0.5, far=3),
        "16 bits": files.gdepth(photo(), coded(codes(top=65535)), near=0.5, far=3),
        "holes": files.xdm(photo(), coded(np.maximum(codes(top=65535), 1)), near=0, far=9, metric="True"),
    }[values]
    out = tmp_path / "out.heic"
    report = da.copy(made, made, output=out)
    assert report.native_format == "hdis"
    with np.errstate(divide="ignore"):
        wanted, held = 1 / read_m(made), da.extract(out).disparity_per_m()
    if values != "holes":
        assert np.abs(wanted - held).max() <= report.bound * 1.00001
    kept = da.copy(made, made, output=tmp_path / "kept.heic", native_format="hdep")
    assert kept.native_format == "hdep"


@pytest.mark.parametrize("maker", made_files())
def test_every_verb_takes_the_photo_of_another_maker(maker: str, tmp_path: Path) -> None:
    made = tmp_path / "android.jpg"
    made.write_bytes(made_files()[maker])
    metres = read_m(made.read_bytes())
    da.preview(made, output=tmp_path / "preview.png")
    da.view(made, output=tmp_path / "view.html")
    da.refocus(made, output=tmp_path / "refocus.jpg")
    assert da.pointcloud(made).points.shape == (metres.size, 3)
    assert da.report(made, output=tmp_path / "report.html").counts
    listed = da.dictionary(made, tmp_path / "depth.plist")
    assert (listed["width"], listed["height"], listed["unit"]) == (96, 64, "1/m")
    (tmp_path / "photo.jpg").write_bytes(photo(tone=30))
    report = da.embed(tmp_path / "photo.jpg", tmp_path / "depth.plist", output=tmp_path / "again.jpg")
    check_bound((tmp_path / "again.jpg").read_bytes(), metres, 1.01 * report.bound)
    report = da.embed(tmp_path / "photo.jpg", made, output=tmp_path / "embedded.jpg")
    check_bound((tmp_path / "embedded.jpg").read_bytes(), metres, 1.01 * report.bound)
    assert "of another photo" in report.meaning
    checked = da.verify(made)
    assert not checked.passed
    assert "depthauthor copy FILE FILE -o NEW.heic" in checked.verdict
    assert "which Photos does not read" in da.doctor(made).headline
    assert "copy FILE FILE" in json.dumps(da.doctor(made).to_dict())


def test_batch_takes_photos_of_other_makers_as_maps(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "maps").mkdir()
    for number, made in enumerate(made_files().values()):
        (tmp_path / "photos" / f"{number}.jpg").write_bytes(photo(tone=number))
        (tmp_path / "maps" / f"{number}.jpg").write_bytes(made)
    assert (
        run(["batch", f"{tmp_path}/photos", f"{tmp_path}/maps", "--out", f"{tmp_path}/out", "--jobs", "1"])
        == 0
    )
    assert len(list((tmp_path / "out").glob("*.jpg"))) == len(made_files())


@pytest.mark.parametrize(
    ("name", "options", "white"),
    [
        ("photo_depth.jpg", {}, "near"),
        ("PHOTO_DEPTH.JPEG", {}, "near"),
        ("photo_depth.jpg", {"white": "far"}, "far"),
        ("photo_depth.png", {}, "far"),
        ("other_depth.jpg", {}, "far"),
        ("photo.jpg.jpg", {}, "far"),
    ],
)
def test_the_map_of_a_named_pair_is_white_where_it_is_near(
    name: str, options: dict[str, Any], white: str, tmp_path: Path
) -> None:
    (tmp_path / "photo.jpg").write_bytes(photo())
    kind = "PNG" if name.endswith("png") else "JPEG"
    (tmp_path / name).write_bytes(coded(codes(), kind))
    out = tmp_path / "out.jpg"
    report = da.embed(tmp_path / "photo.jpg", tmp_path / name, near=1, far=3, output=out, **options)
    held = decoded(coded(codes(), kind))
    check_bound(out.read_bytes(), linear_m(255 - held if white == "near" else held, 1, 3), report.bound)
    assert f"white is {white}" in report.meaning
    assert any("NAME_depth.jpg" in note for note in report.notes) == (white == "near")


def test_batch_knows_the_named_pair(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"{number}.jpg").write_bytes(photo(tone=number))
        (tmp_path / f"{number}_depth.jpg").write_bytes(coded(codes(), "JPEG"))
    assert (
        run(["batch", str(tmp_path), str(tmp_path), "--out", f"{tmp_path}/o", "--near", "1", "--far", "3"])
        == 0
    )
    for out in sorted((tmp_path / "o").glob("*.jpg")):
        assert read_m(out.read_bytes())[1, 1] > 2.5, "black is far"


@pytest.mark.parametrize(
    ("given", "near", "far"),
    [({"near": 0.4, "far": 3}, 0.4, 3), ({"near": 0.4}, 0.4, 12.8), ({"far": 4}, 0.125, 4)],
)
@pytest.mark.parametrize("format", ["RangeInverse", "RangeLinear"])
def test_relative_depth_takes_the_distances_that_are_given(
    given: dict[str, Any], near: float, far: float, format: str, tmp_path: Path
) -> None:
    meaning = inverse_m if format == "RangeInverse" else linear_m
    made = files.gdepth(photo(), coded(codes()), near=2, far=64, units=None, format=format)
    out = tmp_path / "out.heic"
    report = da.copy(made, made, output=out, native_format="hdis", **given)
    check_bound(out.read_bytes(), meaning(codes(), near, far), report.bound)
    said = f"--{next(iter(given))} says" if len(given) == 1 else "--near and --far say"
    assert any(f"as {said}" in note for note in report.notes)
    report = da.embed(photo(), made, output=tmp_path / "map.heic", **given)
    check_bound((tmp_path / "map.heic").read_bytes(), meaning(codes(), near, far), report.bound)


def test_a_map_of_holes_alone(tmp_path: Path) -> None:
    """Nothing is certain enough: no verb ends in a fault, and every report is JSON."""
    made = files.gdepth(photo(), coded(codes()), confidence=coded(np.zeros_like(codes())))
    report = da.extract_file(made, tmp_path / "map.npy", min_confidence=0.5)
    values = json.loads(report.to_json())
    assert (values["minimum"], values["maximum"], values["holes"]) == (None, None, codes().size)
    wide = files.gdepth(photo(), coded(codes(top=65535)), confidence=coded(np.zeros_like(codes())))
    for number, source in enumerate((made, wide)):
        shown = json.loads(
            da.preview(source, output=tmp_path / f"{number}.png", min_confidence=0.5).to_json()
        )
        assert shown["holes"] == 1
    with pytest.raises(RefusedError, match="no valid depth"):
        da.copy(made, made, output=tmp_path / "o.jpg", min_confidence=0.5)
    with pytest.raises(RefusedError, match="no valid depth"):
        da.embed(photo(), made, output=tmp_path / "o.jpg", min_confidence=0.5)
    with pytest.raises(da.DepthauthorError):
        da.refocus(made, output=tmp_path / "r.jpg", min_confidence=0.5)
    with pytest.raises(da.DepthauthorError):
        da.pointcloud(made, min_confidence=0.5)


def test_a_hole_of_xdm_is_no_point_at_the_camera(tmp_path: Path) -> None:
    holes = np.array(codes())
    holes[20:30, 40:60] = 0
    made = files.xdm(photo(), coded(holes), near=0, far=9, metric="True")
    row = row_of(made)[0]
    assert row.depth is not None and row.depth.near_m is not None and row.depth.near_m > 0
    plane = read_depth(containers.parse(made)).filled_plane()
    assert plane.codes.min() > 0
    assert np.array_equal(plane.codes[holes > 0], holes[holes > 0])
    assert da.view(made, output=tmp_path / "v.html").near_m > 0


@pytest.mark.parametrize(
    ("share", "words"), [("half", "not a number"), (2, "0 to 1"), (float("nan"), "0 to 1")]
)
def test_a_share_of_confidence_is_from_0_to_1(share: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        da.extract(files.gdepth(photo(), coded(codes())), min_confidence=share)


def test_linear_codes_do_not_reach_infinity(tmp_path: Path) -> None:
    made = files.gdepth(photo(), coded(codes()), near=2, far=64, units=None, format="RangeLinear")
    with pytest.raises(UsageError, match="no range"):
        da.copy(made, made, output=tmp_path / "o.jpg", near=1, far=float("inf"))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"near": 3, "far": 2}, "no range"),
        ({"near": -1}, "near is -1;"),
        ({"far": float("inf")}, "far is inf;"),
        ({"near": 1, "far": float("inf")}, ""),
    ],
)
def test_impossible_distances_are_refused(given: dict[str, Any], words: str, tmp_path: Path) -> None:
    made = files.samsung_dual(photo(), codes())
    if words:
        with pytest.raises(UsageError, match=words):
            da.copy(made, photo(), output=tmp_path / "o.heic", **given)
    else:
        da.copy(made, photo(), output=tmp_path / "o.heic", **given)
    metric = files.gdepth(photo(), coded(codes()))
    with pytest.raises(UsageError, match="distances of its own"):
        da.copy(metric, photo(), output=tmp_path / "m.heic", near=1)
    intel = files.xdm(photo(), coded(codes(top=65535)))
    with pytest.raises(UsageError, match="give near and far"):
        da.copy(intel, photo(), output=tmp_path / "m.heic", near=1)
    da.copy(intel, photo(), output=tmp_path / "m.heic", far=65.535)
