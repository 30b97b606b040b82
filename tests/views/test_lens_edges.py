"""Straight edges of a photo are straight to a pinhole: they show which way the lens coefficients lead.

The edges of a monitor and a notebook in tianle91_13mini.heic (iPhone 13 mini, rear camera), in pixels of its 3024 by
4032 pixels, and the calibration of its depth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from authoring.depth.calibration import Calibration
from authoring.views.cloud_samples import camera_of_calibration
from authoring.views.scene import load_scene

CALIBRATION = Calibration(
    intrinsic_matrix=(
        (3043.642822265625, 0.0, 1526.886962890625),
        (0.0, 3043.642822265625, 2013.4539794921875),
        (0.0, 0.0, 1.0),
    ),
    reference_width_px=3024,
    reference_height_px=4032,
    extrinsic_matrix=(0.0, -1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0),
    pixel_size_mm=0.0017,
    lens_distortion_coefficients=(
        0.0,
        -1.172748327255249,
        0.462453156709671,
        -0.09479540586471558,
        0.010178935714066029,
        -0.0005790360737591982,
        1.6610663806204684e-05,
        -1.8939418566787936e-07,
    ),
    inverse_lens_distortion_coefficients=(
        0.0,
        1.1507729291915894,
        -0.43727561831474304,
        0.08608627319335938,
        -0.008837969042360783,
        0.00047789455857127905,
        -1.294063258683309e-05,
        1.3809609811232804e-07,
    ),
    lens_distortion_center_px=(1529.3818359375, 2016.585205078125),
)

# fmt: off
EDGES = {
    "monitor bezel outer right": (
        (60.8, 26.8), (68.1, 80.4), (74.5, 134.2), (81.4, 187.8), (88.2, 241.5), (94.7, 295.2), (101.4, 348.9),
        (107.7, 402.7), (114.1, 456.4), (121.1, 510.1), (128.1, 563.7), (135.2, 617.4), (142.2, 671.0),
        (149.3, 724.7), (156.5, 778.3), (164.1, 831.9), (171.6, 885.5), (179.3, 939.0), (187.2, 992.6),
        (195.2, 1046.1), (203.3, 1099.6), (211.3, 1153.1), (219.4, 1206.6), (227.4, 1260.2), (235.4, 1313.7),
        (244.0, 1367.1), (252.1, 1420.6), (259.7, 1474.2), (267.8, 1527.7), (275.8, 1581.2), (282.0, 1621.4),
    ),
    "monitor screen right": (
        (18.5, 25.8), (25.1, 78.2), (31.7, 130.5), (38.6, 182.9), (45.4, 235.2), (51.6, 287.6), (58.4, 339.9),
        (64.6, 392.3), (71.3, 444.7), (77.6, 497.1), (84.5, 549.4), (91.4, 601.7), (98.4, 654.0),
        (105.5, 706.3), (112.7, 758.6), (120.4, 810.8), (128.0, 863.0), (135.5, 915.2), (143.4, 967.4),
        (151.4, 1019.6), (159.0, 1071.8), (167.0, 1124.0), (175.3, 1176.1), (183.3, 1228.3), (191.0, 1280.5),
        (198.9, 1332.6), (207.2, 1384.8), (215.2, 1436.9), (223.2, 1489.1), (231.0, 1541.3), (237.1, 1580.4),
    ),
    "notebook lower edge": (
        (2091.3, 3361.1), (2114.2, 3373.9), (2136.8, 3387.1), (2159.6, 3400.0), (2182.2, 3413.3),
        (2204.8, 3426.4), (2227.4, 3439.6), (2250.0, 3452.9), (2272.4, 3466.4), (2295.0, 3479.7),
        (2328.8, 3499.7), (2351.3, 3513.2), (2374.0, 3526.2), (2396.5, 3539.6), (2419.2, 3552.7),
        (2442.1, 3565.5), (2464.6, 3578.9), (2487.2, 3592.1), (2509.8, 3605.2), (2532.6, 3618.1),
        (2555.3, 3631.2), (2578.1, 3644.0), (2601.0, 3656.8), (2623.8, 3669.6), (2646.7, 3682.4),
        (2669.7, 3694.8), (2692.6, 3707.6), (2715.4, 3720.4), (2738.3, 3733.1), (2755.4, 3742.8),
    ),
}
# fmt: on
"""Points (x, y) along three straight edges."""

SAGITTA_PX = {"monitor bezel outer right": 8.9, "monitor screen right": 9.0, "notebook lower edge": 3.1}
"""How far each edge of the photo bows."""


def sagitta(points: NDArray[np.float64]) -> float:
    """Return how far a row of points (N, 2) bows from its chord, by the parabola that fits best, in their unit."""
    chord = points[-1] - points[0]
    length = float(np.hypot(*chord))
    along, across = chord / length, np.array([-chord[1], chord[0]]) / length
    offset = points - points[0]
    return abs(float(np.polyfit(offset @ along / length * 2 - 1, offset @ across, 2)[0]))


@pytest.mark.parametrize("name", EDGES)
def test_straight_edges_are_straight_without_the_lens(name: str) -> None:
    points, lens = np.array(EDGES[name]), camera_of_calibration(CALIBRATION).lens
    assert lens is not None
    bow = sagitta(points)
    assert bow == pytest.approx(SAGITTA_PX[name], abs=0.3)
    assert sagitta(lens.undistort(points)) < 1
    # The other direction doubles it.
    assert sagitta(lens.distort(points)) > 1.7 * bow


@pytest.mark.parametrize("name", EDGES)
def test_the_inverse_coefficients_lead_back_to_the_photo(name: str) -> None:
    points, lens = np.array(EDGES[name]), camera_of_calibration(CALIBRATION).lens
    assert lens is not None
    inverse = replace(lens, to_pinhole=())
    assert sagitta(inverse.undistort(points)) < 1
    assert sagitta(inverse.distort(points)) > 1.7 * sagitta(points)


def test_the_calibration_is_that_of_the_photo(sample: Callable[[str], bytes]) -> None:
    assert load_scene(sample("tianle91_13mini.heic")).calibration == CALIBRATION
