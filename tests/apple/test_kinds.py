"""Depth, mattes and gain maps are classified by URN and by XMP, on real files."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from authoring.apple.depth_properties import DepthProperties, build_tree
from authoring.apple.kinds import classify
from authoring.apple.property_table import Property
from authoring.apple.xmp import build_packet, parse_packet

BY_XMP = {
    "pug.heic": ["unknown", "hdrgainmap", "depth"],
    "openize_14pro_portrait.heic": ["unknown", "hdrgainmap", "depth"],
    "nilsh_imageio_output.heic": ["depth"],
    "fidmaa_selfie_depth.heic": [
        "unknown",
        "semanticmatte",
        "portraiteffectsmatte",
        "hdrgainmap",
        "semanticmatte",
        "semanticmatte",
        "depth",
        "semanticmatte",
    ],
    "lyangas_12mini_gainmap_depth.jpg": ["hdrgainmap", "depth"],
    "shu_matte.jpg": ["unknown", "depth", "portraiteffectsmatte"],
    "rw_ios11_test06.jpg": ["unknown", "depth"],
    "edge_iphone_mpf_gainmap.jpg": ["hdrgainmap"],
    "aux_YCbCr.heic": ["gainmap-adobe", "gainmap-adobe"],
}
BY_URN = {
    "urn:mpeg:hevc:2015:auxid:2": "depth",
    "urn:mpeg:mpegB:cicp:systems:auxiliary:depth": "depth",
    "urn:mpeg:hevc:2015:auxid:1": "alpha",
    "urn:com:apple:photo:2018:aux:portraiteffectsmatte": "portraiteffectsmatte",
    "urn:com:apple:photo:2019:aux:semanticskinmatte": "semanticskinmatte",
    "urn:com:apple:photo:2019:aux:semantichairmatte": "semantichairmatte",
    "urn:com:apple:photo:2019:aux:semanticchairmatte": "semantichairmatte",
    "urn:com:apple:photo:2019:aux:semanticteethmatte": "semanticteethmatte",
    "urn:com:apple:photo:2020:aux:semanticglassesmatte": "semanticglassesmatte",
    "urn:com:apple:photo:2020:aux:semanticskymatte": "semanticskymatte",
    "urn:com:apple:photo:2020:aux:hdrgainmap": "hdrgainmap",
    "urn:com:samsung:photo:2024:aux:hdrgainmap": "hdrgainmap",
    "urn:com:apple:photo:2030:aux:somethingnew": "unknown",
    "urn:com:apple:photo:2030:aux:depth": "unknown",
    "": "unknown",
}


@pytest.mark.parametrize(("urn", "kind"), BY_URN.items())
def test_by_urn(urn: str, kind: str) -> None:
    assert classify(urn, None) == kind


@pytest.mark.parametrize("name", BY_XMP)
def test_by_xmp(packets: Callable[[str], list[bytes]], name: str) -> None:
    assert [classify("", packet) for packet in packets(name)] == BY_XMP[name]


@pytest.mark.parametrize(
    "name",
    ["pug.heic", "openize_14pro_portrait.heic", "fidmaa_selfie_depth.heic", "nilsh_imageio_output.heic"],
)
def test_every_urn_of_a_sample_is_known_and_one_is_depth(sample: Callable[[str], bytes], name: str) -> None:
    urns = re.findall(rb"urn:(?:mpeg|com)[a-zA-Z0-9:]+(?=\0)", sample(name))
    kinds = [classify(urn.decode(), None) for urn in urns]
    assert kinds.count("depth") == 1 and "unknown" not in kinds


def test_a_known_urn_decides_and_xmp_helps_an_unknown_one() -> None:
    depth = build_packet(build_tree(DepthProperties(auxiliary_image_type="depth")))
    assert classify("urn:com:apple:photo:2020:aux:hdrgainmap", depth) == "hdrgainmap"
    assert classify("urn:new", depth) == "depth"
    assert classify("urn:mpeg:hevc:2015:auxid:2", b"<broken") == "depth"
    assert classify("", b"<broken") == "unknown"
    refined = (
        *parse_packet(depth),
        Property("http://ns.apple.com/pixeldatainfo/1.0/", "apdi", "AuxiliaryImageSubType", "new"),
    )
    assert classify("", build_packet(refined)) == "unknown", "a sub-type means that it is no plain depth map"
