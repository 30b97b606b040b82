"""Calibrations from JSON, from Exif's lens tags, nominal, and those that Apple wrote."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authoring import containers
from authoring.apple.depth_properties import parse_properties
from authoring.apple.exif import read_lens
from authoring.apple.xmp import parse_packet
from authoring.depth.calibration import IDENTITY_EXTRINSIC, Calibration
from authoring.depth.calibration_json import build_calibration_json, parse_calibration_json
from authoring.depth.calibration_sources import (
    calibration_from_exif_lens,
    calibration_from_fov,
    nominal_calibration,
)
from authoring.depth.orientation import Orientation
from authoring.errors import DepthauthorError, MalformedError, UsageError
from authoring.read.depth_image import calibration_of
from authoring.read.layout import depth_images

GOLDEN = Path(__file__).parents[2] / "golden" / "scene-calibration.json"

CAMERAS = {
    "pug.heic": False,
    "openize_14pro_portrait.heic": True,
    "fidmaa_selfie_depth.heic": True,
    "lyangas_12mini_gainmap_depth.jpg": False,
    "shu_matte.jpg": True,
    "rw_ios11_test06.jpg": False,
}
"""Samples with calibration, and whether iOS turned them upright."""


@pytest.fixture
def apples(sample: Callable[[str], bytes]) -> Callable[[str], Calibration]:
    def read(name: str) -> Calibration:
        (depth,) = depth_images(containers.parse(sample(name)).layout)
        assert depth.xmp is not None
        result = calibration_of(parse_properties(parse_packet(depth.xmp)))
        assert result is not None
        return result

    return read


@pytest.mark.parametrize("name", CAMERAS)
def test_distortion_and_its_inverse_cancel(apples: Callable[[str], Calibration], name: str) -> None:
    camera = apples(name)
    center = camera.lens_distortion_center_px
    assert center is not None
    far = max(
        math.hypot(x - center[0], y - center[1])
        for x in (0, camera.reference_width_px)
        for y in (0, camera.reference_height_px)
    )
    radius_mm = np.linspace(0, far * camera.pixel_size_mm, 400)
    forward, inverse = camera.lens_distortion_coefficients, camera.inverse_lens_distortion_coefficients
    for first, second in ((forward, inverse), (inverse, forward)):
        moved = radius_mm * (1 + np.polyval([*first[::-1]], radius_mm**2) / 100)
        back = moved * (1 + np.polyval([*second[::-1]], moved**2) / 100)
        error = np.abs(back[1:] / radius_mm[1:] - 1).max()
        assert error < 2e-3, f"{name}: {error:.5f} at {radius_mm[-1]:.2f} mm"
        # The other sign or unit would show: every lens moves something by more than the bound.
        if any(forward):
            assert np.abs(moved[1:] / radius_mm[1:] - 1).max() > 3e-3


@pytest.mark.parametrize(("name", "upright"), CAMERAS.items())
def test_turning_matches_what_apple_wrote(
    apples: Callable[[str], Calibration], name: str, upright: bool
) -> None:
    camera = apples(name)
    turned = camera
    for _ in range(4):
        turned = turned.oriented(Orientation.QUARTER_TURN_CLOCKWISE)
    (cx, cy), center = camera.principal_point_px, camera.lens_distortion_center_px
    assert center is not None and turned.lens_distortion_center_px is not None
    assert turned.principal_point_px == pytest.approx((cx, cy), abs=1e-9)
    assert turned.lens_distortion_center_px == pytest.approx(center, abs=1e-9)
    assert turned.extrinsic_matrix == camera.extrinsic_matrix and turned.focal_px == camera.focal_px

    assert (camera.reference_height_px > camera.reference_width_px) == upright
    if upright:
        sensor = camera.oriented(Orientation.QUARTER_TURN_ANTICLOCKWISE)
        assert sensor.extrinsic_matrix == IDENTITY_EXTRINSIC
        assert sensor.principal_point_px == pytest.approx((cy, camera.reference_width_px - cx))
        assert sensor.lens_distortion_center_px == pytest.approx(
            (center[1], camera.reference_width_px - center[0])
        )
        again = sensor.oriented(Orientation.QUARTER_TURN_CLOCKWISE)
        assert again.extrinsic_matrix == camera.extrinsic_matrix
        assert again.principal_point_px == pytest.approx((cx, cy), abs=1e-9)
    else:
        assert camera.extrinsic_matrix == IDENTITY_EXTRINSIC


@pytest.mark.parametrize("name", [name for name in CAMERAS if "fidmaa" not in name])
def test_exifs_lens_is_near_apples_own(
    sample: Callable[[str], bytes], apples: Callable[[str], Calibration], name: str
) -> None:
    lens, camera = read_lens(containers.parse(sample(name)).layout.exif), apples(name)
    result = calibration_from_exif_lens(
        camera.reference_width_px,
        camera.reference_height_px,
        lens.focal_length_35mm,
        lens.focal_length_mm,
    )
    assert result is not None
    assert result.focal_px[0] == pytest.approx(camera.focal_px[0], rel=0.035)
    assert result.pixel_size_mm * result.focal_px[0] == pytest.approx(lens.focal_length_mm)
    assert result.pixel_size_mm == pytest.approx(camera.pixel_size_mm, rel=0.08)
    x, y = result.principal_point_px
    assert x / camera.principal_point_px[0] == pytest.approx(1, abs=0.02)
    assert y / camera.principal_point_px[1] == pytest.approx(1, abs=0.02)


def test_the_golden_cameras_lens() -> None:
    # 800 px of 1024 by 768 is 27.0 mm; the Exif of the golden photo says 27 and 5.7 mm.
    result = calibration_from_exif_lens(1024, 768, 27, 5.7)
    truth = parse_calibration_json(GOLDEN.read_bytes())
    assert result is not None and result.focal_px[0] == pytest.approx(truth.focal_px[0], rel=0.002)
    assert result.pixel_size_mm == pytest.approx(truth.pixel_size_mm, rel=0.002)
    assert result.lens_distortion_center_px is None and result.extrinsic_matrix == IDENTITY_EXTRINSIC


@pytest.mark.parametrize(
    ("plane", "frame", "focal_px"),
    [
        ((4032 / 5.6 * 25.4, 4032 / 5.6 * 25.4, 2), None, 5.0 * 4032 / 5.6),
        ((4032 / 0.56, 4032 / 0.56, 3), (4032, 3024), 5.0 * 4032 / 5.6),
        ((8064 / 5.6, 8064 / 5.6, 4), (6048, 8064), 5.0 * 4032 / 5.6),
        ((0.72, 0.72, 5), (0, 0), 5.0 * 720),
    ],
)
def test_the_focal_plane_is_used_if_there_is_no_equivalent(
    plane: tuple[float, float, int], frame: tuple[int, int] | None, focal_px: float
) -> None:
    for width, height in ((4032, 3024), (3024, 4032)):
        result = calibration_from_exif_lens(
            width, height, None, 5.0, focal_plane_resolution=plane, resolution_frame_px=frame
        )
        assert result is not None and result.focal_px == pytest.approx((focal_px, focal_px))
        assert result.pixel_size_mm == pytest.approx(5.0 / focal_px)
        assert result.principal_point_px == (width / 2, height / 2)


@pytest.mark.parametrize(
    "lens",
    [
        {},
        {"focal_length_mm": 5.7},
        {"focal_length_35mm": 0},
        {"focal_length_35mm": 0.1},
        {"focal_length_35mm": 65535.0},
        {"focal_length_mm": 5.7, "focal_plane_resolution": (100.0, 100.0, 1)},
        {"focal_length_mm": 5.7, "focal_plane_resolution": (0.0, 100.0, 2)},
        {"focal_plane_resolution": (7200.0, 7200.0, 3)},
    ],
)
def test_incomplete_or_impossible_lens_data_gives_none(lens: Mapping[str, Any]) -> None:
    assert calibration_from_exif_lens(4032, 3024, **lens) is None


def test_an_equivalent_alone_takes_the_nominal_pixel() -> None:
    result = calibration_from_exif_lens(2016, 1512, 26)
    assert result is not None and result.pixel_size_mm == pytest.approx(0.00244)


def test_nominal_is_the_same_view_in_every_frame() -> None:
    large = nominal_calibration(4032, 3024)
    assert large.focal_px == pytest.approx((3028.65, 3028.65), rel=1e-5) and large.pixel_size_mm == 0.0014
    assert nominal_calibration(1024, 768).focal_px == pytest.approx(large.scaled(1024, 768).focal_px)
    assert nominal_calibration(1024, 768).pixel_size_mm == pytest.approx(
        large.scaled(1024, 768).pixel_size_mm
    )
    for orientation in Orientation:
        turned = large.oriented(orientation)
        again = nominal_calibration(turned.reference_width_px, turned.reference_height_px)
        assert (again.intrinsic_matrix, again.pixel_size_mm) == (
            turned.intrinsic_matrix,
            turned.pixel_size_mm,
        )
    with pytest.raises(UsageError):
        nominal_calibration(0, 10)


@pytest.mark.parametrize(
    ("size", "degrees", "focal_px"),
    [
        ((1024, 768), 90, 512),
        ((768, 1024), 90, 384),
        ((1920, 1080), 53.1301, 1920),
        ((640, 480), 2, 18332.788),
    ],
)
def test_an_angle_of_view_gives_the_focal_length(
    size: tuple[int, int], degrees: float, focal_px: float
) -> None:
    camera = calibration_from_fov(*size, degrees)
    assert camera.focal_px == pytest.approx((focal_px, focal_px), rel=1e-5)
    assert camera.principal_point_px == (size[0] / 2, size[1] / 2)
    for wrong in (0, -5, 180, math.nan):
        with pytest.raises(UsageError, match="angle of view"):
            calibration_from_fov(*size, wrong)


# -- JSON


def test_width_and_height_name_the_frame_too() -> None:
    content = {"fx": 800, "fy": 800, "cx": 516, "cy": 380, "width": 1024, "height": 768}
    camera = parse_calibration_json(json.dumps(content).encode())
    assert (camera.reference_width_px, camera.reference_height_px) == (1024, 768)
    assert camera.focal_px == (800, 800) and camera.pixel_size_mm == pytest.approx(0.00122 * 5040 / 1280)
    with pytest.raises(MalformedError, match="reference_height, or height"):
        parse_calibration_json(
            json.dumps({key: value for key, value in content.items() if key != "height"}).encode()
        )
    with pytest.raises(MalformedError, match="'width'"):
        parse_calibration_json(json.dumps({**content, "reference_width": 1024}).encode())


def test_the_golden_file() -> None:
    assert parse_calibration_json(GOLDEN.read_bytes()) == Calibration(
        ((800.0, 0, 516.0), (0, 800.0, 380.0), (0, 0, 1)), 1024, 768, pixel_size_mm=0.007125
    )


def test_a_recording_that_was_scaled_to_its_map(sample: Callable[[str], bytes]) -> None:
    calibration = parse_calibration_json(sample("in_zeiss11pro_DepthMetadata.json"))
    assert (calibration.reference_width_px, calibration.reference_height_px) == (4032, 3024)
    assert calibration.focal_px == pytest.approx((436.77585 * 6.3,) * 2)
    assert calibration.principal_point_px == pytest.approx((2026.1318359375, 1508.714111328125), abs=1e-3)
    assert calibration.lens_distortion_center_px == (2026.1318359375, 1508.714111328125)
    assert calibration.pixel_size_mm * calibration.focal_px[0] == pytest.approx(2.75, abs=0.01), (
        "a TrueDepth lens"
    )
    assert calibration.extrinsic_matrix == IDENTITY_EXTRINSIC
    assert calibration.scaled(640, 480).principal_point_px == pytest.approx((321.60822, 239.47842), abs=1e-4)


APPLE: dict[str, Any] = {
    "intrinsicMatrix": [3000.0, 0, 0, 0, 3010.0, 0, 2000.0, 1500.0, 1],
    "intrinsicMatrixReferenceDimensions": {"width": 4032, "height": 3024},
    "pixelSize": 0.0019,
}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"intrinsicMatrix": [[3000.0, 0, 2000.0], [0, 3010.0, 1500.0], [0, 0, 1]]},
        {"intrinsicMatrix": [[3000.0, 0, 0], [0, 3010.0, 0], [2000.0, 1500.0, 1]]},
        {"intrinsicMatrix": "[(3000.0, 0.0, 0.0), (0.0, 3010.0, 0.0), (2e3, 1.5e+3, 1.0)]"},
        {"intrinsicMatrixReferenceDimensions": [4032, 3024.0]},
        {"intrinsicMatrixReferenceDimensions": "(4032.0, 3024.0)"},
        {"extrinsicMatrix": [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]},
        {"extrinsicMatrix": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]},
        {"extrinsicMatrix": [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]]},
        {"extrinsicMatrix": ["(1, 0, 0, 0)", "(0, 1, 0, 0)", "(0, 0, 1, 0)"]},
        {"lensDistortionLookupTable": "AAAA", "timestamp": 5, "nothing": None},
    ],
)
def test_apples_spellings(changes: dict[str, Any]) -> None:
    calibration = parse_calibration_json(json.dumps(APPLE | changes).encode())
    assert calibration == Calibration(
        ((3000.0, 0, 2000.0), (0, 3010.0, 1500.0), (0, 0, 1)), 4032, 3024, pixel_size_mm=0.0019
    )


def test_both_spellings_of_names_and_ignored_keys() -> None:
    numbers = [float(n) for n in range(8)]
    calibration = parse_calibration_json(
        json.dumps(
            {
                "intrinsic_matrix": APPLE["intrinsicMatrix"],
                "IntrinsicMatrixReferenceWidth": 4032,
                "IntrinsicMatrixReferenceHeight": 3024,
                "PixelSize": 0.0019,
                "ExtrinsicMatrix": [[0, 1, 0, 7], [-1, 0, 0, 8], [0, 0, 1, 9]],
                "LensDistortionCoefficients": numbers,
                "InverseLensDistortionCoefficients": numbers[::-1],
                "lensDistortionCenter": {"x": 2001.5, "y": 1499.5},
            }
        ).encode()
    )
    assert calibration.extrinsic_matrix == (0, -1, 0, 1, 0, 0, 0, 0, 1, 7, 8, 9)
    assert calibration.lens_distortion_coefficients == tuple(numbers)
    assert calibration.inverse_lens_distortion_coefficients == tuple(numbers[::-1])
    assert calibration.lens_distortion_center_px == (2001.5, 1499.5)
    offsets = APPLE | {"lensDistortionCenterOffsetX": 1, "lensDistortionCenterOffsetY": 2}
    assert parse_calibration_json(json.dumps([offsets]).encode()).lens_distortion_center_px == (1, 2)


OURS: dict[str, Any] = json.loads(GOLDEN.read_bytes())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not a JSON object"),
        (b'"fx"', "not a JSON object"),
        ({}, "neither fx"),
        ({"schema": "depthauthor/inspect/1"}, "depthauthor/inspect/1"),
        (OURS | {"extrinsics": []}, "extrinsics"),
        ({key: value for key, value in OURS.items() if key != "cy"}, "lacks cy"),
        (OURS | {"fx": "NaN"}, "one number"),
        (OURS | {"fx": True}, "finite"),
        (OURS | {"fx": 10**400}, "finite"),
        (OURS | {"fx": -1}, "above 0"),
        (OURS | {"fx": [1, 2]}, "one number"),
        (OURS | {"reference_width": 10.5}, "side of 10.5"),
        (OURS | {"pixel_size_mm": 0}, "pixel size"),
        (OURS | {"extrinsic_matrix": [1] * 11}, "11 numbers"),
        (OURS | {"lens_distortion_coefficients": [1] * 7}, "7 lens"),
        (OURS | {"lens_distortion_center": [1]}, "two numbers"),
        (OURS | {"lens_distortion_center": [[[[[1]]]]]}, "nests"),
        (OURS | {"extrinsic_matrix": [1] * 100}, "100 values"),
        (OURS | {"fx": {"z": 1}}, "without x, y"),
        (APPLE | {"intrinsicMatrix": [1, 2]}, "2 numbers"),
        (APPLE | {"intrinsicMatrix": [1] * 9}, "zeros"),
        (APPLE | {"intrinsicMatrixReferenceDimensions": [1]}, "two numbers"),
        (APPLE | {"intrinsicMatrixReferenceDimensions": [640, 480]}, "not near the middle"),
        (APPLE | {"lensDistortionCenter": [1]}, "two numbers"),
        ({key: value for key, value in APPLE.items() if key != "pixelSize"}, "lacks pixelSize"),
        ({key: value for key, value in APPLE.items() if "Reference" not in key}, "ReferenceDimensions"),
    ],
)
def test_what_is_not_a_calibration(content: bytes | dict[str, Any], words: str) -> None:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    with pytest.raises(MalformedError, match=words):
        parse_calibration_json(data)


positive = st.floats(1e-6, 1e9)
real = st.floats(-1e12, 1e12)


@settings(max_examples=80, deadline=None)
@given(
    st.builds(
        lambda fx, fy, cx, cy, width, height, pose, pixel, there, back, center: Calibration(
            ((fx, 0.0, cx), (0.0, fy, cy), (0.0, 0.0, 1.0)), width, height, pose, pixel, there, back, center
        ),
        *(positive, positive, real, real, st.integers(1, 1 << 20), st.integers(1, 1 << 20)),
        *(st.tuples(*[real] * 12), positive),
        *(st.just(()) | st.tuples(*[real] * 8), st.just(()) | st.tuples(*[real] * 8)),
        st.none() | st.tuples(real, real),
    )
)
def test_any_calibration_comes_back(camera: Calibration) -> None:
    assert parse_calibration_json(build_calibration_json(camera)) == camera


def test_broken_json_raises_only_our_errors() -> None:
    generator = random.Random(9)
    sources = [GOLDEN.read_bytes(), json.dumps(APPLE).encode()]
    for _ in range(800):
        broken = bytearray(generator.choice(sources))
        for _ in range(generator.randrange(1, 6)):
            broken[generator.randrange(len(broken))] = generator.choice(b'0123456789.eE-+"[]{},: nax')
        try:
            parse_calibration_json(bytes(broken))
        except DepthauthorError as error:
            assert error.exit_code == 3
