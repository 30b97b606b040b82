"""Real maps: the values in Apple's files agree with these functions."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.grayscale import GrayscaleMeaning, buffer_from_gray
from authoring.depth.holes import fill_holes
from authoring.depth.kernels import resample_area
from authoring.depth.plane_error import max_error
from authoring.depth.raster import resampled
from authoring.depth.stored_plane import ROUNDING_CODES, StoredPlane, buffer_from_plane, quantize

Sample = Callable[[str], bytes]


def _plane(data: bytes) -> StoredPlane:
    pillow_heif = pytest.importorskip("pillow_heif")
    depth = pillow_heif.open_heif(io.BytesIO(data)).info["depth_images"][0]
    sei = depth.info["metadata"]
    return StoredPlane(np.asarray(depth), sei["d_min"], sei["d_max"], PixelFormat.HDIS)


@pytest.mark.parametrize(
    ("name", "low", "high", "shape"),
    [
        ("pug.heic", 1.498047, 4.382812, (576, 768)),
        ("openize_14pro_portrait.heic", 0.536621, 3.566406, (768, 576)),
        ("fidmaa_selfie_depth.heic", 0.508301, 3.767578, (640, 480)),
    ],
)
def test_apples_codes_come_back(
    sample: Sample, name: str, low: float, high: float, shape: tuple[int, int]
) -> None:
    plane = _plane(sample(name))
    assert plane.codes.shape == shape
    assert (round(plane.float_min, 6), round(plane.float_max, 6)) == pytest.approx((low, high), abs=1e-6)
    single = StoredPlane(plane.codes, plane.float_min, plane.float_max, PixelFormat.FDIS)
    again = quantize(buffer_from_plane(single))
    if plane.codes.min() == 0 and plane.codes.max() == 255:
        np.testing.assert_array_equal(again.codes, plane.codes)
    buffer = buffer_from_plane(plane, filtered=True)
    assert max_error(quantize(buffer), buffer) <= quantize(buffer).step * (0.5 + ROUNDING_CODES)


def test_an_apps_map_and_its_file_agree(sample: Sample) -> None:
    """The map in, the file out: disparity = 1.26269531 + 5.54589844 * gray / 255 on 2 by 2 means.

    The app halved 375 columns to 187.5 and kept 188, so the last column is half black and the range starts
    below the map's. Everything else agrees to the HEVC loss; the rounding of codes cannot be told from it.
    """
    plane = _plane(sample("nilsh_imageio_output.heic"))
    gray = np.asarray(Image.open(io.BytesIO(sample("nilsh_depth.png"))))
    meaning = GrayscaleMeaning(1 / (1.26269531 + 5.54589844), 1 / 1.26269531, "near", "disparity")
    disparity = buffer_from_gray(gray, meaning, PixelFormat.FDIS).samples
    halves = resample_area(np.pad(disparity, ((0, 0), (0, 1)), mode="edge"), 188, 250)
    expected = (halves - plane.float_min) / plane.step
    inside = np.abs(expected - plane.codes)[:, :-1]
    assert inside.mean() < 0.6 and np.percentile(inside, 99) < 2 and inside.max() < 5
    black = 1.26269531
    last = ((disparity[:, -1].reshape(250, 2).mean(axis=1) + black) / 2 - plane.float_min) / plane.step
    assert np.abs(last - plane.codes[:, -1]).mean() < 1.5


def test_a_recording_with_holes(sample: Sample) -> None:
    raw = np.asarray(Image.open(io.BytesIO(sample("in_nyu_depth16mm.png"))))
    depth = np.where(raw == 0, np.nan, raw / np.float32(1000)).astype(np.float32)
    buffer = DepthBuffer.from_depth_m(depth)
    share = 1 - buffer.valid.mean()
    assert share == pytest.approx(0.267, abs=0.001)
    small = resampled(buffer, 320, 240)
    filled, report = fill_holes(small)
    assert 0 < report.share < share
    known = small.valid
    np.testing.assert_array_equal(filled.samples[known], small.samples[known])
    plane = quantize(filled)
    assert max_error(plane, filled) <= plane.step * (0.5 + ROUNDING_CODES)
