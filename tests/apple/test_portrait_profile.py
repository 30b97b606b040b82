"""The portrait profile of the depth XMP, and where its parts come from."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from authoring.apple.authorship import SOURCES, Provenance, provenance, with_provenance
from authoring.apple.depth_properties import (
    DepthProperties,
    data_profile,
    depth_properties,
    foreign_properties,
    portrait_profile,
    tree_of,
)
from authoring.apple.nominal_rendering import nominal_rendering
from authoring.apple.property_table import HDIS, find
from authoring.apple.rendering import build_rendering
from authoring.apple.xmp import build_packet, parse_packet
from authoring.errors import MalformedError, RefusedError

CALIBRATION = DepthProperties(
    intrinsic_matrix=(800.0, 0, 0, 0, 800.0, 0, 516.0, 380.0, 1),
    reference_width=1024,
    reference_height=768,
    extrinsic_matrix=(1.0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0),
    pixel_size=0.007125,
)
BASE = data_profile(HDIS, 0.25, 3.5)


def test_the_profile_of_a_camera_is_rebuilt_byte_for_byte(depth_packet: Callable[[str], bytes]) -> None:
    packet = depth_packet("pug.heic")
    apple = depth_properties(parse_packet(packet))
    ours = portrait_profile(
        data_profile(HDIS, 1.498046875, 4.3828125),
        calibration=apple,
        rendering=build_rendering(nominal_rendering(2.8)),
        simulated_aperture=2.8,
    )
    assert ours == apple and build_packet(tree_of(ours)) == packet


def test_what_is_kept_and_what_is_left_out() -> None:
    low = replace(BASE, quality="low", filtered=False).with_calibration(CALIBRATION)
    told = portrait_profile(low, calibration=None, rendering=None, simulated_aperture=4.5, effect_strength=1)
    assert told.calibration() == CALIBRATION and told.rendering_parameters is None
    assert (told.quality, told.filtered, told.effect_strength) == ("high", True, 1)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"calibration": None}, RefusedError),
        ({"calibration": replace(CALIBRATION, pixel_size=None)}, RefusedError),
        ({"simulated_aperture": 0.0}, RefusedError),
        ({"simulated_aperture": math.nan}, RefusedError),
        ({"effect_strength": 1.5}, RefusedError),
        ({"effect_strength": math.nan}, RefusedError),
        ({"rendering": b"RENT"}, MalformedError),
    ],
)
def test_what_photos_would_not_take(changes: dict[str, Any], error: type[Exception]) -> None:
    arguments: dict[str, Any] = {"calibration": CALIBRATION, "rendering": None, "simulated_aperture": 2.8}
    with pytest.raises(error):
        portrait_profile(BASE, **(arguments | changes))


def test_sources_and_restore_record_come_back_and_are_replaced() -> None:
    mark = Provenance("1.0", b"\0\1", b"\2" * 40, "estimated", "exif", "nominal")
    tree = with_provenance(tree_of(BASE), mark)
    again = parse_packet(build_packet(tree))
    assert provenance(again) == mark
    assert len(foreign_properties(again)) == 6
    assert provenance(with_provenance(again, Provenance("2.0"))) == Provenance("2.0")
    assert with_provenance(again, None) == tree_of(BASE)
    assert find(with_provenance((), Provenance("1", depth_source="given")), "depthauthor:Restore") is None


def test_only_known_sources_are_written() -> None:
    for source in SOURCES:
        with_provenance((), Provenance("1", depth_source=source))
    with pytest.raises(RefusedError, match="guessed"):
        with_provenance((), Provenance("1", rendering_source="guessed"))
