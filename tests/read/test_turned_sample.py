"""xamarinmonkey.heic: a camera original whose photo and depth item share one irot 3 (iPhone 7 Plus, iOS 11.0)."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pillow_heif
import pytest

from authoring import containers
from authoring.api import photo_files
from authoring.api.cloud_files import pointcloud
from authoring.compatibility.verify import verify
from authoring.containers.base import Transform
from authoring.embed.embed_options import options_of
from authoring.embed.steps import copy
from authoring.read.extract import extract, read
from authoring.read.inspect import inspect

NAME = "xamarinmonkey.heic"


@pytest.fixture
def photo(sample: Callable[[str], bytes]) -> bytes:
    return sample(NAME)


def test_inspect_names_the_turn_and_nothing_open(photo: bytes) -> None:
    report = inspect(photo)
    assert (report.photo.width, report.photo.height, report.photo.orientation) == (4032, 3024, 6)
    assert report.depth is not None
    assert (report.depth.width, report.depth.height, report.depth.place) == (768, 576, "item 51")
    assert report.notes == ()
    layout = containers.parse(photo).layout
    assert layout.transforms == layout.auxiliaries[0].transforms == (Transform("irot", 3),)


def test_extract_gives_it_upright(photo: bytes) -> None:
    upright, stored = extract(photo), extract(photo, "stored")
    assert (upright.samples.shape, stored.samples.shape) == ((768, 576), (576, 768))
    assert np.array_equal(upright.samples, np.rot90(stored.samples, -1))
    # libheif turns the depth item by its own irot.
    foreign = np.asarray(pillow_heif.open_heif(io.BytesIO(photo)).info["depth_images"][0])
    plane = read(photo).plane
    assert np.allclose(upright.samples, plane.float_min + foreign * plane.step, rtol=1e-5)
    assert upright.calibration is not None and stored.calibration is not None
    x, y = stored.calibration.principal_point_px
    assert upright.calibration.principal_point_px == pytest.approx((3024 - y, x), abs=1.5)


def test_verify_finds_it_oriented_like_the_photo(photo: bytes) -> None:
    status = {finding.rule: finding.status for finding in verify(photo).findings}
    assert all(
        status[rule] == "pass" for rule in ("R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R10", "R14")
    )


@pytest.mark.parametrize("target", ["rw_ios11_test06.jpg", "openize_14pro_portrait.heic"])
def test_copy_turns_it_into_the_other_photo(
    target: str, photo: bytes, sample: Callable[[str], bytes]
) -> None:
    before = read(photo)
    outcome = copy(photo, sample(target), options_of(replace=True, profile="data"))
    after = read(outcome.data)
    assert after.buffer().samples.shape == (768, 576)
    assert np.abs(before.buffer().samples - after.buffer().samples).max() <= 2.001 * before.plane.step


def test_copy_turns_another_map_into_it(photo: bytes, sample: Callable[[str], bytes]) -> None:
    source = sample("openize_14pro_portrait.heic")
    outcome = copy(source, photo, options_of(replace=True, profile="data"))
    before, after = read(source), read(outcome.data)
    assert after.plane.codes.shape == (576, 768)
    assert containers.parse(outcome.data).layout.auxiliaries[0].transforms == (Transform("irot", 3),)
    assert np.abs(before.buffer().samples - after.buffer().samples).max() <= 2.001 * before.plane.step


def test_its_points_are_where_the_upright_map_has_them(photo: bytes, tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_bytes(photo)
    cloud = pointcloud(path, ignore_lens=True)
    buffer = photo_files.extract(path)
    camera = buffer.calibration
    assert camera is not None and len(cloud.points) == buffer.samples.size
    # y points up and z backward.
    x, y, z = cloud.points.T.astype(np.float64) * [[1], [-1], [-1]]
    centre_x, centre_y = camera.principal_point_px
    column = (x / z * camera.intrinsic_matrix[0][0] + centre_x) * buffer.width / camera.reference_width_px
    row = (y / z * camera.intrinsic_matrix[1][1] + centre_y) * buffer.height / camera.reference_height_px
    columns, rows = np.floor(column).astype(int), np.floor(row).astype(int)
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == (0, 575, 0, 767)
    assert np.allclose(buffer.depth_m()[rows, columns], z, rtol=1e-5)
