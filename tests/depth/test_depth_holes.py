"""Filling holes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.holes import fill_holes
from authoring.errors import RefusedError, UsageError

NAN = np.nan


def _disparity(rows: Any) -> DepthBuffer:
    return DepthBuffer(np.array(rows, np.float32), PixelFormat.FDIS)


def test_a_hole_between_two_surfaces_is_background() -> None:
    buffer = _disparity([[4, 4, NAN, NAN, NAN, NAN, 1, 1]])
    filled, report = fill_holes(buffer)
    assert filled.samples.tolist() == [[4, 4, 1, 1, 1, 1, 1, 1]]
    assert (report.count, report.share) == (4, 0.5)
    assert filled.filtered and not buffer.filtered
    depth = DepthBuffer(1 / buffer.samples, PixelFormat.FDEP)
    assert fill_holes(depth)[0].samples.tolist() == [[0.25, 0.25, 1, 1, 1, 1, 1, 1]]


def test_a_hole_in_one_surface_is_that_surface_and_never_a_blend() -> None:
    filled, _ = fill_holes(_disparity([[2.0, NAN, NAN, NAN, 2.1]]))
    assert filled.samples.tolist() == np.array([[2.0, 2.0, 2.0, 2.1, 2.1]], np.float32).tolist()


def test_the_nearer_axis_decides() -> None:
    rows = np.full((3, 9), NAN)
    rows[0], rows[2] = 1, 1
    rows[1, 0] = rows[1, 8] = 3
    filled, _ = fill_holes(_disparity(rows))
    # Beside the ends of its row the row is as near as the columns, and wins the tie.
    assert filled.samples[1].tolist() == [3, 3, 1, 1, 1, 1, 1, 3, 3]


def test_one_valid_sample_is_enough_for_all() -> None:
    rows = np.full((5, 7), NAN)
    rows[3, 2] = 0.75
    filled, report = fill_holes(_disparity(rows), max_share=1)
    assert (filled.samples == 0.75).all() and report.count == 34


def test_nothing_to_fill() -> None:
    buffer = _disparity([[1, 2]])
    filled, report = fill_holes(buffer)
    assert (report.count, report.share) == (0, 0) and filled.filtered
    np.testing.assert_array_equal(filled.samples, buffer.samples)
    assert fill_holes(filled)[0] is filled


def test_refusals() -> None:
    with pytest.raises(RefusedError, match="no valid depth"):
        fill_holes(_disparity([[NAN, -1, np.inf]]))
    with pytest.raises(RefusedError, match=r"75 % of the map.*60 %"):
        fill_holes(_disparity([[NAN, -1, np.inf, 1]]))
    with pytest.raises(UsageError, match="between 0 and 1"):
        fill_holes(_disparity([[1]]), max_share=1.5)


@given(
    samples=hnp.arrays(
        st.sampled_from([np.float16, np.float32]),
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=12),
        elements=st.one_of(st.just(NAN), st.just(-1.0), st.just(np.inf), st.floats(0, 100, width=16)),
        fill=st.just(NAN),
    ),
    depth=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_every_hole_gets_a_value_of_its_row_or_column_or_a_filled_one(
    samples: npt.NDArray[Any], depth: bool
) -> None:
    half = samples.dtype == np.float16
    pixel_format = PixelFormat(("h" if half else "f") + ("dep" if depth else "dis"))
    buffer = DepthBuffer(samples, pixel_format)
    valid = buffer.valid
    if not valid.any():
        with pytest.raises(RefusedError):
            fill_holes(buffer, 1)
        return
    filled, report = fill_holes(buffer, 1)
    assert filled.all_valid and report.count == (~valid).sum()
    np.testing.assert_array_equal(filled.samples[valid], samples[valid])
    assert set(filled.samples.ravel().tolist()) <= set(samples[valid].tolist())
    for y, x in zip(*np.nonzero(~valid), strict=True):
        line = [*samples[y][valid[y]].tolist(), *samples[:, x][valid[:, x]].tolist()]
        assert not line or filled.samples[y, x] in line


def test_twelve_megapixels() -> None:
    rng = np.random.default_rng(3)
    samples = np.linspace(0.5, 4, 3024 * 4032, dtype=np.float32).reshape(3024, 4032).astype(np.float16)
    samples[rng.random(3024) < 0.1] = NAN
    samples[:, 1000:1800] = NAN
    samples[500:900, :600] = NAN
    filled, report = fill_holes(DepthBuffer(samples, PixelFormat.HDIS))
    assert filled.all_valid and 0.2 < report.share < 0.6
