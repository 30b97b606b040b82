"""Typed properties of a depth map's XMP: Apple's numbers and formats, parsed and built."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authoring.apple.depth_properties import (
    CALIBRATION_FIELDS,
    DepthProperties,
    build_tree,
    foreign_properties,
    parse_properties,
)
from authoring.apple.nominal_rendering import nominal_rendering
from authoring.apple.property_table import (
    APPLE_DEPTH_DATA_VERSION,
    DEPTH_DATA,
    FIELDS,
    HDIS,
    L008,
    NAMESPACES,
    NATIVE_FORMATS,
    TABLE,
    Opaque,
    Property,
    PropertyTree,
    find,
    fourcc,
    fourcc_name,
    text_of,
)
from authoring.apple.provenance import Provenance
from authoring.apple.rendering import build_rendering
from authoring.apple.values import exact_half
from authoring.apple.xmp import build_packet, parse_packet
from authoring.errors import MalformedError, RefusedError

HALVES = [
    value
    for (value,) in struct.iter_unpack("<e", b"".join(struct.pack("<H", bits) for bits in range(65536)))
    if math.isfinite(value)
]
SAMPLES = [
    # file, FloatMin, FloatMax, version, accuracy, REND bytes, the order of writing is today's
    ("pug.heic", 1.498046875, 4.3828125, 65541, "relative", 1208, True),
    ("openize_14pro_portrait.heic", 0.53662109375, 3.56640625, 65541, "relative", 1352, True),
    ("fidmaa_selfie_depth.heic", 0.50830078125, 3.767578125, 85538, "absolute", 1208, True),
    ("lyangas_12mini_gainmap_depth.jpg", 0.2296142578125, 4.8359375, 65541, "relative", 984, True),
    ("nilsh_imageio_output.heic", 1.7626953125, 5.89453125, None, "relative", None, False),
    ("shu_matte.jpg", 0.86474609375, 1.3662109375, 65538, "relative", 320, False),
    ("rw_ios11_test06.jpg", 0.42822265625, 1.6201171875, 65538, "relative", 48, False),
]


def one_of(label: str, value: str | tuple[str, ...] | Opaque) -> PropertyTree:
    prefix, _, name = label.partition(":")
    return (Property(NAMESPACES[prefix], prefix, name, value),)


def test_the_table_has_every_field() -> None:
    assert list(FIELDS) == [row.field for row in TABLE if row.field]
    assert set(FIELDS) == {item.name for item in fields(DepthProperties)}
    assert len({(row.namespace, row.name) for row in TABLE}) == len(TABLE)
    assert set(CALIBRATION_FIELDS) <= set(FIELDS)


@pytest.mark.parametrize(("name", "low", "high", "version", "accuracy", "rend", "same_order"), SAMPLES)
def test_every_sample_is_read_and_written_again(
    depth_packet: Callable[[str], bytes],
    name: str,
    low: float,
    high: float,
    version: int | None,
    accuracy: str,
    rend: int | None,
    same_order: bool,
) -> None:
    packet = depth_packet(name)
    tree = parse_packet(packet)
    properties = parse_properties(tree)
    assert (properties.float_min, properties.float_max) == (low, high)
    assert (properties.int_min, properties.int_max, properties.native_format, properties.stored_format) == (
        0,
        255,
        HDIS,
        L008,
    )
    assert (properties.auxiliary_image_type, properties.depth_data_version, properties.accuracy) == (
        "disparity",
        version,
        accuracy,
    )
    assert (
        properties.calibrated == (name != "nilsh_imageio_output.heic")
        and properties.filtered == properties.calibrated
    )
    if rend is None:
        assert properties.rendering_parameters is None
    else:
        data = properties.rendering_parameters
        assert data is not None and data[:4] == b"REND" and len(data) == rend
        assert int.from_bytes(data[8:12], "little") == rend

    assert foreign_properties(tree) == (), "the table knows everything in it"
    again = build_tree(properties)
    if name == "rw_ios11_test06.jpg":
        # iOS 11 printed the six-decimal value with 17 digits; today's iOS and we print six decimals.
        old = find(tree, "apdi:FloatMinValue")
        assert old is not None and old.value == "0.42822300000000002"
        tree = tuple(replace(item, value="0.428223") if item == old else item for item in tree)
    assert sorted(again, key=str) == sorted(tree, key=str), "the same properties and texts"
    assert (build_packet(again) == packet) == same_order, "byte for byte where the order is today's"


def test_calibration_of_a_sample(depth_packet: Callable[[str], bytes]) -> None:
    properties = parse_properties(parse_packet(depth_packet("pug.heic")))
    assert properties.intrinsic_matrix is not None
    assert properties.intrinsic_matrix[0] == 3032.59423828125 and properties.intrinsic_matrix[6:] == (
        1988.450927734375,
        1512.30712890625,
        1,
    )
    assert (properties.reference_width, properties.reference_height, properties.pixel_size) == (
        4032,
        3024,
        0.0019,
    )


def test_the_packet_of_a_camera_is_rebuilt_byte_for_byte(depth_packet: Callable[[str], bytes]) -> None:
    packet = depth_packet("pug.heic")
    apple = parse_properties(parse_packet(packet))
    ours = DepthProperties(
        auxiliary_image_type="disparity",
        native_format=HDIS,
        stored_format=L008,
        int_min=0,
        int_max=255,
        float_min=1.498046875,
        float_max=4.3828125,
        accuracy="relative",
        quality="high",
        filtered=True,
        depth_data_version=APPLE_DEPTH_DATA_VERSION,
        rendering_parameters=build_rendering(nominal_rendering(2.8)),
        simulated_aperture=2.8,
        effect_strength=0.5,
        **{name: getattr(apple, name) for name in CALIBRATION_FIELDS},
    )
    assert ours.calibrated and ours == apple and build_packet(build_tree(ours)) == packet


def test_exiftool_reads_what_is_written(
    depth_packet: Callable[[str], bytes], tool: Callable[..., str], tmp_path: Path
) -> None:
    apple = parse_properties(parse_packet(depth_packet("pug.heic")))
    ours = replace(apple, float_min=0.25, float_max=3.5)
    tree = build_tree(ours, provenance=Provenance("1.0", b"\0\1"))
    path = tmp_path / "ours.xmp"
    path.write_bytes(build_packet(tree))
    (tags,) = json.loads(
        tool("exiftool", "-j", "-n", "-XMP-apdi:all", "-XMP-depthData:all", "-XMP-depthauthor:all", path)
    )
    expected = {
        "AuxiliaryImageType": "disparity",
        "NativeFormat": HDIS,
        "StoredFormat": L008,
        "IntMinValue": 0,
        "IntMaxValue": 255,
        "FloatMinValue": 0.25,
        "FloatMaxValue": 3.5,
        "Accuracy": "relative",
        "Quality": "high",
        "DepthDataVersion": 65541,
        "IntrinsicMatrixReferenceWidth": 4032,
        "PixelSize": 0.0019,
    }
    assert {key: tags.get(key) for key in expected} == expected
    assert str(tags["Filtered"]) == "True" and len(tags["ExtrinsicMatrix"]) == 12
    assert tags["Undo"] == "AAE="


def test_printed_half_floats_are_read_back() -> None:
    for value in HALVES:
        printed = float(f"{value:f}")
        half = exact_half(printed)
        assert abs(half - printed) <= 1e-6 and exact_half(value) == value
        if abs(value) >= 1 / 512:
            assert half == value
    for other in (0.1, 1.4985, 1e9, math.inf):
        assert exact_half(other) == other
    assert math.isnan(exact_half(math.nan))


def test_every_half_float_survives_as_a_limit() -> None:
    for value in HALVES[::7]:
        properties = DepthProperties(native_format=HDIS, float_min=value, float_max=value)
        assert parse_properties(build_tree(properties)) == properties


real = st.floats(allow_nan=False, allow_infinity=False, width=32)
six = st.integers(-(10**9), 10**9).map(lambda number: number / 10**6)


def reals(count: int) -> st.SearchStrategy[tuple[float, ...]]:
    return st.tuples(*[real] * count)


PROPERTIES = st.builds(
    DepthProperties,
    **{
        name: st.none() | strategy
        for name, strategy in {
            "auxiliary_image_type": st.sampled_from(["disparity", "depth"]),
            "native_format": st.sampled_from(NATIVE_FORMATS),
            "stored_format": st.just(L008),
            "int_min": st.integers(0, 255),
            "int_max": st.integers(0, 255),
            "float_min": real | st.sampled_from(HALVES),
            "float_max": real | st.sampled_from(HALVES),
            "accuracy": st.sampled_from(["relative", "absolute"]),
            "quality": st.sampled_from(["low", "high"]),
            "filtered": st.booleans(),
            "depth_data_version": st.integers(0, 2**31),
            "intrinsic_matrix": reals(9),
            "reference_width": st.integers(1, 65535),
            "reference_height": st.integers(1, 65535),
            "extrinsic_matrix": reals(12),
            "pixel_size": six,
            "lens_distortion_coefficients": reals(8),
            "inverse_lens_distortion_coefficients": reals(8),
            "center_x": real,
            "center_y": real,
            "simulated_aperture": six,
            "rendering_parameters": st.binary(max_size=40),
            "effect_strength": six,
            "portrait_score": six,
            "portrait_score_is_high": st.booleans(),
        }.items()
    },
)
FOREIGN = (
    Property("urn:x", "x1", "Note", "kept"),
    Property("urn:x", "x1", "Deep", Opaque('<x1:Deep xmlns:x1="urn:x"><x1:a/></x1:Deep>')),
    *one_of("apdi:AuxiliaryImageSubType", "word"),
)


@settings(max_examples=120, deadline=None)
@given(PROPERTIES)
def test_any_properties_come_back(properties: DepthProperties) -> None:
    packet = build_packet(build_tree(properties, FOREIGN))
    tree = parse_packet(packet)
    assert parse_properties(tree) == properties
    assert foreign_properties(tree) == FOREIGN
    assert build_packet(build_tree(parse_properties(tree), foreign_properties(tree))) == packet


def test_formats_are_apples() -> None:
    properties = DepthProperties(
        float_min=0.0,
        pixel_size=0.00122,
        simulated_aperture=4.5,
        extrinsic_matrix=(0.0, -1.0, -0.0, 1.0, 0, 0, 0, 0, 1, 1.9311880805616966e-06, 0.1, 1158.0),
        filtered=True,
    )
    texts = {item.name: item.value for item in build_tree(properties)}
    assert texts == {
        "FloatMinValue": "0.000000",
        "PixelSize": "0.001220",
        "SimulatedAperture": "4.500000",
        "Filtered": "True",
        "ExtrinsicMatrix": (
            *("0.0", "-1", "0.0", "1", "0.0", "0.0", "0.0", "0.0", "1"),
            *("1.9311880805616966e-06", "0.10000000000000001", "1158"),
        ),
    }
    assert build_tree(DepthProperties(pixel_size=1e-7))[0].value == "9.9999999999999995e-08", (
        "never printed as zero"
    )
    assert build_tree(DepthProperties(float_min=1 / 3))[0].value == "0.33333333333333331", "no half float"


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("apdi:FloatMinValue", "one"),
        ("apdi:FloatMinValue", ""),
        ("apdi:FloatMinValue", "nan"),
        ("apdi:FloatMinValue", "1e999"),
        ("apdi:FloatMinValue", "1_0"),
        ("apdi:FloatMinValue", ("1",)),
        ("apdi:FloatMinValue", Opaque("<a/>")),
        ("apdi:IntMaxValue", "255.5"),
        ("apdi:NativeFormat", "hdis"),
        ("apdi:NativeFormat", "9" * 5000),
        ("depthData:IntrinsicMatrix", ("1", "x")),
        ("depthData:IntrinsicMatrix", "1 2 3"),
        ("depthData:PixelSize", "0x1"),
    ],
)
def test_a_malformed_number_is_named(label: str, value: str | tuple[str, ...] | Opaque) -> None:
    with pytest.raises(MalformedError, match=label):
        parse_properties(one_of(label, value))


def test_reading_is_lenient() -> None:
    read: list[tuple[str, str | tuple[str, ...], str, Any]] = [
        ("apdi:IntMaxValue", " 255.0\n", "int_max", 255),
        ("depthData:IntrinsicMatrixReferenceWidth", "3023.9999999999995", "reference_width", 3024),
        ("apdi:FloatMinValue", "+.5e0", "float_min", 0.5),
        ("depthData:Filtered", "true", "filtered", True),
        ("depthData:Filtered", "perhaps", "filtered", None),
        ("depthBlurEffect:RenderingParameters", "UkVO\n RA", "rendering_parameters", b"REND"),
        ("depthBlurEffect:RenderingParameters", "***", "rendering_parameters", None),
        ("depthData:ExtrinsicMatrix", ("1",) * 11, "extrinsic_matrix", (1.0,) * 11),
        ("depthData:Quality", ("high",), "quality", None),
    ]
    for label, value, name, expected in read:
        tree = one_of(label, value)
        assert getattr(parse_properties(tree), name) == expected, label
        assert (foreign_properties(tree) == tree) == (expected is None), "what is not understood is kept"
    old = Property("http://ns.apple.com/portraitLightingEffect/1.0/", "p", "EffectStrength", "0.500000")
    assert parse_properties((old,)).effect_strength == 0.5
    twice = one_of("apdi:IntMinValue", "1") + one_of("apdi:IntMinValue", "2")
    assert parse_properties(twice).int_min == 1


@pytest.mark.parametrize(
    "properties",
    [
        DepthProperties(extrinsic_matrix=(1.0,) * 11),
        DepthProperties(intrinsic_matrix=(1.0,) * 8),
        DepthProperties(lens_distortion_coefficients=()),
        DepthProperties(float_max=math.nan),
        DepthProperties(pixel_size=math.inf),
    ],
)
def test_writing_is_strict(properties: DepthProperties) -> None:
    with pytest.raises(RefusedError):
        build_tree(properties)


def test_foreign_properties_give_way_to_typed_ones() -> None:
    stale = one_of("apdi:IntMaxValue", "7") + one_of("apdi:AuxiliaryImageSubType", "word")
    old = Property("http://ns.apple.com/portraitLightingEffect/1.0/", "p", "EffectStrength", "1")
    tree = build_tree(DepthProperties(int_max=255, effect_strength=0.5), (*stale, old))
    assert [(item.name, item.value) for item in tree] == [
        ("IntMaxValue", "255"),
        ("EffectStrength", "0.500000"),
        ("AuxiliaryImageSubType", "word"),
    ]


def test_codes_and_texts() -> None:
    assert fourcc("hdis") == HDIS == 1751411059 and fourcc_name(HDIS) == "hdis"
    assert fourcc_name(7) == "7" and fourcc_name(-1) == "-1" and fourcc_name(1 << 40) == str(1 << 40)
    tree = (Property(DEPTH_DATA, "other", "Quality", " high "),)
    assert text_of(tree, "depthData:Quality") == "high" and text_of(tree, "depthData:Accuracy") is None
