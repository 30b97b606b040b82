"""The dictionary's bound counts the rounding to half floats, which the photo itself does not have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from authoring.apple.dictionary import AuxiliaryData
from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.plane_error import native_rounding
from authoring.depth.stored_plane import StoredPlane
from authoring.embed.embed_options import options_of
from authoring.embed.reports import EmbedReport
from authoring.embed.steps import embed
from authoring.read.extract import dictionary_bound, dictionary_of, read

GOLDEN = Path(__file__).parents[2] / "golden"


def samples_of(dictionary: AuxiliaryData, pixel_format: PixelFormat) -> np.ndarray:
    description = dictionary.data_description
    samples = np.frombuffer(dictionary.packed_data(), pixel_format.dtype)
    return samples.reshape(description.height, description.width).astype(np.float64)


@pytest.mark.parametrize("photo", ["scene.heic", "scene.jpg"])
@pytest.mark.parametrize("pixel_format", [PixelFormat.HDIS, PixelFormat.FDIS])
def test_samples_keep_the_bound_with_the_rounding(photo: str, pixel_format: PixelFormat) -> None:
    """A map of a narrow range: half floats are coarser there than its quantisation steps."""
    disparity = np.linspace(3.0, 3.05, 192 * 256, dtype=np.float32).reshape(192, 256)
    options = options_of(profile="data", native_format=pixel_format.value, lossless=photo == "scene.heic")
    outcome = embed(
        (GOLDEN / photo).read_bytes(), DepthBuffer(disparity, PixelFormat.FDIS, filtered=True), options
    )
    assert isinstance(outcome.report, EmbedReport)
    reading = read(outcome.data)
    bound = dictionary_bound(reading)
    error = np.abs(samples_of(dictionary_of(reading), pixel_format) - disparity).max()
    assert bound is not None and error <= bound
    rounding = native_rounding(reading.plane)
    if pixel_format is PixelFormat.HDIS:
        assert rounding == 2**-10
        assert error > outcome.report.bound, "without the rounding the bound would be wrong"
    else:
        assert rounding < 1e-6
    assert bound == pytest.approx(reading.plane.step * 1.5 + rounding)


def test_no_bound_for_depth_of_another_program(sample: Callable[[str], bytes]) -> None:
    assert dictionary_bound(read(sample("pug.heic"))) is None


def test_the_rounding_is_that_of_the_largest_value() -> None:
    codes = np.zeros((1, 1), np.uint8)
    assert native_rounding(StoredPlane(codes, 0.5, 4.0, PixelFormat.HDIS)) == 2**-9
    assert native_rounding(StoredPlane(codes, 0.0, 1.9, PixelFormat.HDEP)) == 2**-11
    assert native_rounding(StoredPlane(codes, 0.0, 1.0, PixelFormat.FDEP)) == 2**-24
    assert native_rounding(StoredPlane(codes, 0.0, 1e6, PixelFormat.HDEP)) == np.inf
