"""Peak memory of the verbs, each in a process of its own: 500 MB and 200 bytes for each pixel of the photo.

`python -m benchmarks.commands` measures all verbs, and photos of up to 178 megapixels.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.commands import Inputs, bound_mb, command, small_inputs
from benchmarks.process import run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read as Linux reports it")


@pytest.fixture(scope="module")
def large_map(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    """A photo of 128x128 whose depth image has the most samples that are read."""
    return small_inputs(tmp_path_factory.mktemp("large"), "large map", (128, 128), (4000, 4000), ".jpg")


@pytest.mark.parametrize(
    "verb",
    [
        "copy",
        "extract, PNG",
        "dictionary",
        "verify",
        "preview, widest",
        "preview --overlay",
        "contact sheet",
        "refocus",
        "pointcloud, edges",
        "view",
        "report",
    ],
)
def test_a_small_photo_with_the_largest_map(verb: str, large_map: Inputs, tmp_path: Path) -> None:
    cost = run(command(verb, large_map, tmp_path))
    assert cost.code in (0, 1), cost.message  # `verify` finds that no phone writes such a map.
    assert cost.peak_mb < bound_mb(large_map.pixels)


def test_a_depth_image_far_larger_than_its_photo_is_refused(tmp_path: Path) -> None:
    inputs = small_inputs(tmp_path, "too large", (128, 128), (8000, 8000), ".jpg")
    for verb in ("extract", "pointcloud", "refocus", "preview"):
        cost = run(command(verb, inputs, tmp_path))
        assert cost.code == 4 and "8000x8000" in cost.message
        assert cost.peak_mb < 150


@pytest.mark.parametrize(
    ("size", "stored"), [((100, 5000), (14, 700)), ((1, 60_000), (2, 2000)), ((4000, 5), (64, 64))]
)
@pytest.mark.parametrize(
    "verb", ["preview, widest", "preview --overlay", "contact sheet", "refocus, wide open", "embed, refined"]
)
def test_a_narrow_photo(verb: str, size: tuple[int, int], stored: tuple[int, int], tmp_path: Path) -> None:
    inputs = small_inputs(tmp_path, "narrow", size, stored, ".jpg")
    cost = run(command(verb, inputs, tmp_path))
    assert cost.code in (0, 4), cost.message
    assert cost.peak_mb < bound_mb(inputs.pixels)


def test_a_photo_of_few_rows_becomes_no_heic(tmp_path: Path) -> None:
    inputs = small_inputs(tmp_path, "few rows", (4000, 5), (64, 64), ".jpg")
    cost = run(command("embed, other container", inputs, tmp_path))
    assert cost.code in (0, 4), cost.message


def test_a_mesh_of_a_small_photo(tmp_path: Path) -> None:
    inputs = small_inputs(tmp_path, "mesh", (128, 128), (2000, 2000), ".jpg")
    cost = run(command("pointcloud --mesh", inputs, tmp_path))
    assert cost.code == 0, cost.message
    assert cost.peak_mb < bound_mb(inputs.pixels)
    (tmp_path / "out.glb").unlink()
    larger = small_inputs(tmp_path, "mesh", (128, 128), (2800, 2800), ".jpg")
    refused = run(command("pointcloud --mesh", larger, tmp_path))
    assert refused.code == 5 and "--stride 2" in refused.message
