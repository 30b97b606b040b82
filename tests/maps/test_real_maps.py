"""Maps of real sensors and a real app, against what NumPy reads from the same files by itself."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from authoring.api import photo_files
from authoring.compatibility.verify import verify
from authoring.depth.kernels import resample_area
from authoring.maps.load import parse_map_source
from authoring.maps.map_options import MapOptions

Sample = Callable[[str], bytes]


@dataclass(frozen=True)
class Pair:
    """A photo and its map, the options that say what the map is, and its disparity as NumPy alone gives it."""

    photo: str
    map: str
    options: dict[str, Any]
    disparity: Callable[[NDArray[Any]], NDArray[np.float64]]
    holes: str = ""
    calibration: str = ""
    size: tuple[int, int] = field(default=(640, 480))


def _inverse(steps: float) -> Callable[[NDArray[Any]], NDArray[np.float64]]:
    def disparity(raw: NDArray[Any]) -> NDArray[np.float64]:
        return np.where(raw > 0, steps / np.maximum(raw, 1), np.nan)

    return disparity


NILSH_FAR, NILSH_SPAN = 1.26269531, 5.54589844
"""What the app that made the map wrote: disparity = far + span * gray / 255."""

PAIRS = {
    "nyu": Pair(
        "in_nyu_rgb.jpg", "in_nyu_depth16mm.png", {"preset": "nyu"}, _inverse(1000), "26.7 % of the map were holes"
    ),
    # Ten-thousandths of a metre, as the data set's own evaluation reads them. The board in the picture agrees: its
    # squares of 20.9 mm are 48 pixels wide at a focal length of 437 pixels, so it is 0.19 m away.
    "zeiss": Pair(
        "in_zeiss11pro_rgb.png",
        "in_zeiss11pro_truedepth16.png",
        {"unit": "m*10000"},
        _inverse(10_000),
        "14.8 % of the map were holes",
        "in_zeiss11pro_DepthMetadata.json",
    ),
    "nilsh": Pair(
        "nilsh_base.png",
        "nilsh_depth.png",
        {"near": 1 / (NILSH_FAR + NILSH_SPAN), "far": 1 / NILSH_FAR, "white": "near", "spacing": "disparity"},
        lambda raw: NILSH_FAR + NILSH_SPAN * raw / 255,
        size=(374, 500),
    ),
}  # fmt: skip


@pytest.mark.parametrize("suffix", ["heic", "jpg"])
@pytest.mark.parametrize("name", PAIRS)
def test_range_holes_and_values_are_those_of_the_file(
    name: str, suffix: str, sample: Sample, tmp_path: Path
) -> None:
    pair = PAIRS[name]
    options = dict(pair.options)
    for one in (pair.photo, pair.map, pair.calibration):
        if one:
            (tmp_path / one).write_bytes(sample(one))
    if pair.calibration:
        options["calibration"] = str(tmp_path / pair.calibration)
    out = tmp_path / f"o.{suffix}"
    report = photo_files.embed(tmp_path / pair.photo, tmp_path / pair.map, output=out, **options)

    with Image.open(tmp_path / pair.map) as picture:
        raw = np.asarray(picture).astype(np.float64)
    wanted = pair.disparity(raw)
    if raw.shape != pair.size[::-1]:
        wanted = resample_area(wanted.astype(np.float32), *pair.size).astype(np.float64)
    known = np.isfinite(wanted)
    assert (report.map.width, report.map.height) == pair.size
    assert [one for one in report.notes if "holes" in one and pair.holes and one.startswith(pair.holes)] or (
        not pair.holes and not any("holes" in one for one in report.notes)
    )
    assert pair.holes in ("", f"{100 * (~known).mean():.1f} % of the map were holes")
    # The ends are half floats beyond the values, at most one of their steps away.
    assert report.float_min == pytest.approx(wanted[known].min(), rel=1e-3)
    assert report.float_max == pytest.approx(wanted[known].max(), rel=1e-3)
    back = photo_files.extract(out).disparity_per_m()
    assert np.abs(back[known] - wanted[known]).max() <= report.bound + 1e-6
    filled = back[~known]
    assert not filled.size or (
        filled.min() >= wanted[known].min() - report.bound
        and filled.max() <= wanted[known].max() + report.bound
    )

    source = parse_map_source((tmp_path / pair.map).read_bytes())
    meant = MapOptions(**pair.options)
    checked = verify(out.read_bytes(), maps=[source], options=meant)
    assert checked.passed and checked.possible_level == "L4", checked.faults
    assert checked.roundtrip is not None and checked.roundtrip.max_error <= checked.roundtrip.bound


def test_nyu_s_photo_stays_as_it_is(sample: Sample, tmp_path: Path) -> None:
    photo = sample("in_nyu_rgb.jpg")
    source = parse_map_source(sample("in_nyu_depth16mm.png"))
    made = photo_files.embed_bytes(photo, source, preset="nyu")
    assert verify(made, original=photo).photo.identical  # type: ignore[union-attr]


def test_zeiss_s_own_camera_goes_along(sample: Sample, tmp_path: Path) -> None:
    pair = PAIRS["zeiss"]
    for one in (pair.photo, pair.map, pair.calibration):
        (tmp_path / one).write_bytes(sample(one))
    out = tmp_path / "o.heic"
    photo_files.embed(
        tmp_path / pair.photo,
        tmp_path / pair.map,
        output=out,
        unit="m*10000",
        calibration=str(tmp_path / pair.calibration),
    )
    camera = photo_files.extract(out).calibration
    assert camera is not None
    assert (camera.reference_width_px, camera.reference_height_px) == (640, 480)
    assert camera.focal_px == pytest.approx((436.77585, 436.77585))
    assert camera.principal_point_px == pytest.approx((321.60822, 239.47842))
    # The board's squares are 20.875 mm, as the data set says, and 48 pixels wide in the middle of the picture.
    pitch_px = camera.focal_px[0] * 0.020875 * photo_files.extract(out).disparity_per_m()[200, 320]
    assert math.isclose(pitch_px, 48, abs_tol=2)


@pytest.mark.parametrize("name", ["nyu", "nilsh"])
def test_refining_moves_silhouettes_only(name: str, sample: Sample, tmp_path: Path) -> None:
    pair = PAIRS[name]
    source = parse_map_source(sample(pair.map))
    plain, fine = (
        photo_files.embed_bytes(
            sample(pair.photo), source, container="heic", profile="data", refine=refine, **pair.options
        )
        for refine in (False, True)
    )
    before, after = (photo_files.extract_bytes(one).disparity_per_m() for one in (plain, fine))
    assert before.shape == after.shape
    moved = np.abs(after - before) > 0.05 * before
    assert 0 < moved.mean() < 0.05
    assert np.corrcoef(before.ravel(), after.ravel())[0, 1] > 0.98
    assert after.min() >= before.min() - 0.03 and after.max() <= before.max() + 0.03
