"""REND: every sample's bytes come back, and the nominal table is the sample that it names."""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authoring.apple.depth_properties import parse_properties
from authoring.apple.nominal_rendering import GAIN_MAP_RECORDS, NOMINAL, nominal_rendering, scene_records
from authoring.apple.rendering import (
    FLOAT,
    RECORD_VERSIONS,
    SIGNED,
    Record,
    Rendering,
    build_rendering,
    parse_rendering,
)
from authoring.apple.xmp import parse_packet
from authoring.errors import MalformedError, RefusedError, UsageError

SAMPLES = [
    # file, version, fourth word, bytes, records, aperture
    ("pug.heic", 6, 1, 1208, 149, 2.8),
    ("fidmaa_selfie_depth.heic", 6, 1, 1208, 149, 4.5),
    ("openize_14pro_portrait.heic", 6, 1, 1352, 167, 4.5),
    ("lyangas_12mini_gainmap_depth.jpg", 4, 1, 984, 121, 2.8),
    ("shu_matte.jpg", 2, 3, 320, 0, None),
    ("rw_ios11_test06.jpg", 1, 2, 48, 0, None),
]


@pytest.fixture
def rend(depth_packet: Callable[[str], bytes]) -> Callable[[str], bytes]:
    def read(name: str) -> bytes:
        data = parse_properties(parse_packet(depth_packet(name))).rendering_parameters
        assert data is not None
        return data

    return read


@pytest.mark.parametrize(("name", "version", "word", "size", "records", "aperture"), SAMPLES)
def test_every_sample_comes_back_byte_for_byte(
    rend: Callable[[str], bytes],
    name: str,
    version: int,
    word: int,
    size: int,
    records: int,
    aperture: float | None,
) -> None:
    data = rend(name)
    rendering = parse_rendering(data)
    assert (rendering.version, rendering.word, len(data), len(rendering.records)) == (
        version,
        word,
        size,
        records,
    )
    assert build_rendering(rendering) == data
    assert (rendering.value(600) == pytest.approx(aperture)) if aperture else not rendering.records
    assert {item.type for item in rendering.records} <= {FLOAT, SIGNED}
    assert len(rendering.body) == (0 if records else size - 16)


def test_the_nominal_set_is_pugs(rend: Callable[[str], bytes]) -> None:
    assert build_rendering(nominal_rendering(2.8)) == rend("pug.heic")


def test_the_table_says_what_other_samples_have(rend: Callable[[str], bytes]) -> None:
    others = {
        name.split("_")[0]: parse_rendering(rend(name)).records
        for name, _, _, _, count, _ in SAMPLES[1:4]
        if count
    }
    for identifier, kind, value, known in NOMINAL:
        for name, records in others.items():
            same = [item.value for item in records if item.id == identifier and item.type == kind]
            if f"{name} has none" in known:
                assert not same
            elif name in known:
                stated = float(known.split(name)[1].split()[0].rstrip(",;"))
                assert same and same[0] == pytest.approx(stated, rel=2e-3), (identifier, name)
            elif identifier not in GAIN_MAP_RECORDS:
                assert same and same[0] == pytest.approx(value, rel=1e-7), (identifier, name)


@pytest.mark.parametrize(
    ("aperture", "least", "most", "widest"),
    [
        (2.8, 1.4, 16, 1.4),
        (1.4, 1.4, 16, 1.4),
        (0.95, 0.95, 16, 0.95),
        (22, 1.4, 22, 1.4),
        (4.5, 1.4, 16, 1.4),
    ],
)
def test_the_aperture_stays_within_its_ends(
    aperture: float, least: float, most: float, widest: float
) -> None:
    rendering = parse_rendering(build_rendering(nominal_rendering(aperture)))
    values = [rendering.value(identifier) for identifier in (600, 601, 602, 603, 303)]
    assert values == pytest.approx([aperture, least, most, widest, widest])
    assert rendering.value(450) != 0
    without = nominal_rendering(aperture, gain_map=False)
    assert all(without.value(identifier) == 0 for identifier in GAIN_MAP_RECORDS)
    assert len(without.records) == len(rendering.records) == 149


@pytest.mark.parametrize("aperture", [0, -1, 0.4, 65, math.nan, math.inf])
def test_an_impossible_aperture(aperture: float) -> None:
    with pytest.raises(UsageError, match="f-number"):
        nominal_rendering(aperture)


def test_one_value_is_changed_and_no_other() -> None:
    before = nominal_rendering(2.8)
    after = before.with_value(600, 4.0).with_value(101, 7)
    assert after.value(600) == 4.0 and after.value(101) == 7 and isinstance(after.value(101), int)
    assert [a for a, b in zip(after.records, before.records, strict=True) if a != b] == [
        Record(101, SIGNED, 7),
        Record(600, FLOAT, 4.0),
    ]
    with pytest.raises(RefusedError, match="no record 9999"):
        before.with_value(9999, 1)


values = {
    FLOAT: st.floats(allow_nan=False, width=32),
    SIGNED: st.integers(-(2**31), 2**31 - 1),
    3: st.integers(0, 2**32 - 1),
    77: st.integers(0, 2**32 - 1),
}
records = st.dictionaries(
    st.integers(0, 65535),
    st.sampled_from(sorted(values)).flatmap(lambda kind: st.tuples(st.just(kind), values[kind])),
    max_size=20,
).map(lambda values: tuple(Record(key, *values[key]) for key in sorted(values)))


@settings(max_examples=80, deadline=None)
@given(
    st.builds(Rendering, st.sampled_from(RECORD_VERSIONS), st.integers(0, 2**32 - 1), records)
    | st.builds(
        Rendering,
        st.sampled_from([0, 1, 2, 3, 5, 8, 2**32 - 1]),
        st.just(1),
        st.just(()),
        st.binary(max_size=90),
    )
)
def test_any_rendering_comes_back(rendering: Rendering) -> None:
    data = build_rendering(rendering)
    assert parse_rendering(data) == rendering and build_rendering(parse_rendering(data)) == data


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "start with REND"),
        (b"REND" + bytes(11), "start with REND"),
        (b"DNER" + bytes(12), "start with REND"),
        (struct.pack("<4sIII", b"REND", 6, 24, 1), "state 24 bytes but have 16"),
        (struct.pack("<4sIII", b"REND", 6, 20, 1) + bytes(4), "middle of a record"),
        (struct.pack("<4sIIIHHf", b"REND", 6, 24, 1, 600, 1, math.nan), "600"),
        (b"REND" + bytes(1 << 17), "at most"),
    ],
)
def test_what_is_not_a_rend_block(data: bytes, words: str) -> None:
    with pytest.raises(MalformedError, match=words):
        parse_rendering(data)


@pytest.mark.parametrize(
    "rendering",
    [
        Rendering(6, 1, (Record(2, SIGNED, 0), Record(1, SIGNED, 0))),
        Rendering(6, 1, (Record(1, SIGNED, 0), Record(1, SIGNED, 0))),
        Rendering(2, 3, (Record(1, SIGNED, 0),)),
        Rendering(6, 1, (Record(1, SIGNED, 0),), b"12345678"),
        Rendering(6, 1, (Record(1, SIGNED, 1 << 31),)),
        Rendering(6, 1, (Record(1, SIGNED, 0.5),)),
        Rendering(6, 1, (Record(1, FLOAT, 1e39),)),
        Rendering(6, 1, (Record(1, FLOAT, math.nan),)),
        Rendering(6, 1, (Record(1 << 16, FLOAT, 1.0),)),
        Rendering(-1, 1),
        Rendering(9, 1, body=bytes(1 << 17)),
    ],
)
def test_writing_is_strict(rendering: Rendering) -> None:
    with pytest.raises(RefusedError):
        build_rendering(rendering)


def test_damage_raises_only_our_errors() -> None:
    generator = random.Random(6)
    source = build_rendering(nominal_rendering(2.8))
    for _ in range(600):
        broken = bytearray(source)
        for _ in range(generator.randrange(1, 5)):
            broken[generator.randrange(len(broken))] = generator.randrange(256)
        try:
            rendering = parse_rendering(bytes(broken[: generator.choice([None, generator.randrange(1208)])]))
        except MalformedError:
            continue
        try:
            assert build_rendering(rendering) == bytes(broken)
        except RefusedError:
            assert rendering.version in RECORD_VERSIONS


# BrightnessValue by exiftool, and record 401.
SCENES = [
    ("fidmaa_selfie_depth.heic", 0.3261286434),
    ("lyangas_12mini_gainmap_depth.jpg", 0.5287101677),
    ("openize_14pro_portrait.heic", 1.167054617),
    ("tianle91_13mini.heic", 1.612734261),
    ("pug.heic", 3.621923764),
]


@pytest.mark.parametrize(("name", "brightness"), SCENES)
def test_scene_records_follow_the_brightness(
    rend: Callable[[str], bytes], name: str, brightness: float
) -> None:
    theirs = parse_rendering(rend(name))
    ours = scene_records(brightness)
    assert ours[401] == pytest.approx(theirs.value(401), abs=0.003)
    scale = theirs.value(401) or 0
    # The closed forms, exactly: each record from the file's own 401.
    assert theirs.value(400) == round(200 * scale)
    assert theirs.value(402) == pytest.approx(48 * scale, rel=1e-6)
    assert theirs.value(403) == pytest.approx(0.4 * scale, rel=1e-6)
    gain = 8 * min(theirs.value(453) or 0, 4) * scale
    assert theirs.value(450) == pytest.approx(gain, rel=1e-6)


def test_a_bright_scene_has_pugs_records(rend: Callable[[str], bytes]) -> None:
    for brightness in (3.6, 3.622, 12.0):
        assert build_rendering(nominal_rendering(2.8, brightness=brightness)) == rend("pug.heic")
    without = nominal_rendering(2.8, gain_map=False, brightness=0.0)
    assert all(without.value(identifier) == 0 for identifier in GAIN_MAP_RECORDS)
    assert [without.value(identifier) for identifier in (400, 401, 402, 403)] == [50, 0.25, 12, 0.1]
    scales = [scene_records(value / 10)[401] for value in range(-100, 200)]
    assert scales == sorted(scales, reverse=True)
