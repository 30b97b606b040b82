"""The depth SEI: Apple's own bytes, exactness over all half floats, and tolerance."""

from __future__ import annotations

import itertools
import math
import random
import struct
from collections.abc import Callable

import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authoring.codecs.sei import DepthRepresentation, RepresentationType, build_aux_subtype, parse_aux_subtype
from authoring.errors import RefusedError, UnsupportedError

PUG = bytes.fromhex("000000110000000d4e01b109351f7bfc010bc62020")
HEAD = bytes.fromhex("000000110000000d4e01b109")
CASES = [
    # bytes of a real file, d_min, d_max
    (PUG, 1.498046875, 4.3828125),
    (HEAD + bytes.fromhex("351e78220103f89020"), 0.50830078125, 3.767578125),
    (HEAD + bytes.fromhex("351f7e1a010bde5020"), 1.7626953125, 5.89453125),
    (HEAD + bytes.fromhex("351e78c80103c5d020"), 0.548828125, 2.181640625),
]


def halves() -> list[float]:
    """Every finite half float, in the order of its bits."""
    every = struct.unpack("<65536e", b"".join(struct.pack("<H", n) for n in range(65536)))
    return [value for value in every if math.isfinite(value)]


@pytest.mark.parametrize(("data", "d_min", "d_max"), CASES)
def test_the_bytes_of_real_files_both_ways(data: bytes, d_min: float, d_max: float) -> None:
    found = parse_aux_subtype(data)
    assert found is not None
    assert found.representation_type == 1 and found.z_near is None and found.z_far is None
    assert (found.d_min, found.d_max) == (d_min, d_max)
    assert build_aux_subtype(found) == data


@pytest.mark.parametrize(
    "name",
    ["pug.heic", "nilsh_imageio_output.heic", "fidmaa_selfie_depth.heic", "openize_14pro_portrait.heic"],
)
def test_every_sample_is_rebuilt_exactly(sample: Callable[[str], bytes], name: str) -> None:
    data = sample(name)
    urn = b"urn:mpeg:hevc:2015:auxid:2\0"
    start = data.index(urn) + len(urn)
    subtype = data[start : start + 21]
    found = parse_aux_subtype(subtype)
    assert found is not None and found.d_min is not None and found.d_max is not None
    assert found.d_min < found.d_max
    assert build_aux_subtype(found) == subtype


@pytest.mark.parametrize(("d_min", "d_max"), [(0.25, 3.5), (-1.25, 65504.0), (0.333251953125, 0.3334960937)])
def test_libheif_reads_what_is_built(sample: Callable[[str], bytes], d_min: float, d_max: float) -> None:
    d_max = struct.unpack("<e", struct.pack("<e", d_max))[0]
    built = build_aux_subtype(
        DepthRepresentation(RepresentationType.UNIFORM_DISPARITY, d_min=d_min, d_max=d_max)
    )
    assert len(built) == len(PUG), "the same length, so that it can be put in place of Apple's"
    photo = sample("nilsh_imageio_output.heic").replace(CASES[2][0], built)
    (depth,) = pillow_heif.open_heif(photo).info["depth_images"]
    told = depth.info["metadata"]
    assert (told["d_min"], told["d_max"], told["representation_type"]) == (d_min, d_max, 1)


def check(representation: DepthRepresentation) -> None:
    data = build_aux_subtype(representation)
    assert parse_aux_subtype(data) == representation
    nal = data[8:]
    assert not any(bytes((0, 0, last)) in nal for last in range(4)), data.hex()
    assert int.from_bytes(data[:4], "big") == len(data) - 4
    assert int.from_bytes(data[4:8], "big") == len(nal)
    assert nal[-1] != 0


def test_pairs_of_half_floats_are_exact_and_need_no_emulation_prevention() -> None:
    values = halves()
    awkward = [value for value in values if math.frexp(value)[0] in (0.0, 0.5)]
    for d_min, d_max in itertools.product(awkward, repeat=2):
        check(DepthRepresentation(RepresentationType.UNIFORM_DISPARITY, d_min=d_min, d_max=d_max))
    rng = random.Random(1)
    for _ in range(2000):
        check(
            DepthRepresentation(
                RepresentationType.UNIFORM_DISPARITY, d_min=rng.choice(values), d_max=rng.choice(values)
            )
        )
        check(
            DepthRepresentation(
                RepresentationType.UNIFORM_Z, z_near=rng.choice(values), z_far=rng.choice(values)
            )
        )


singles = st.floats(width=32, min_value=2**-30, max_value=2.0**90)
optional = st.none() | singles


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2), optional, optional, optional, optional, st.integers(0, 1023))
def test_any_choice_of_single_floats_is_exact(
    kind: int, near: float | None, far: float | None, low: float | None, high: float | None, view: int
) -> None:
    if low is None and high is None:
        view = 0
    check(DepthRepresentation(RepresentationType(kind), near, far, low, high, view))


def test_zero_is_written_as_libheif_was_seen_to_read_it() -> None:
    """A payload that libheif was seen to read: no 00 00 0x in it, though 1.0 keeps its long mantissa."""
    built = build_aux_subtype(DepthRepresentation(RepresentationType.UNIFORM_DISPARITY, d_min=0.0, d_max=1.0))
    assert built == bytes.fromhex("0000000f 0000000b 4e01b107 3500007de00010")


@pytest.mark.parametrize(
    ("representation", "error", "word"),
    [
        (
            DepthRepresentation(RepresentationType.NON_UNIFORM_DISPARITY, d_min=0.0, d_max=1.0),
            UnsupportedError,
            "type 3",
        ),
        (
            DepthRepresentation(RepresentationType.UNIFORM_DISPARITY, d_min=math.nan, d_max=1.0),
            RefusedError,
            "finite",
        ),
        (
            DepthRepresentation(RepresentationType.UNIFORM_DISPARITY, d_min=0.0, d_max=math.inf),
            RefusedError,
            "finite",
        ),
        (
            DepthRepresentation(RepresentationType.UNIFORM_DISPARITY, d_min=0.1, d_max=1.0),
            RefusedError,
            "round it",
        ),
        (
            DepthRepresentation(
                RepresentationType.UNIFORM_DISPARITY, d_min=0.0, d_max=1.0, disparity_ref_view_id=-1
            ),
            RefusedError,
            "view",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(
    representation: DepthRepresentation, error: type[Exception], word: str
) -> None:
    with pytest.raises(error, match=word):
        build_aux_subtype(representation)


def test_reading_is_tolerant() -> None:
    expected = parse_aux_subtype(PUG)
    assert parse_aux_subtype(bytes(4) + PUG[4:]) == expected, "wrong outer length"
    assert parse_aux_subtype(PUG[4:]) == expected, "no outer length"
    assert parse_aux_subtype(PUG + b"\x80junk") == expected, "something follows"
    other = bytes.fromhex("000000054e01040101")
    assert parse_aux_subtype(PUG[:4] + other + PUG[4:]) == expected, "another message first"
    # 1.0 and 0.0 with Apple's long mantissas would need an escape byte; its payload size does not count it
    escaped = bytes.fromhex("00000012 0000000e 4e01b109 351f7800000303c00020")
    found = parse_aux_subtype(escaped)
    assert found is not None and (found.d_min, found.d_max) == (1.0, 0.0), "emulation prevention undone"
    forgotten = bytes.fromhex("00000011 0000000d 4e01b109 351f78000003c00020")
    found = parse_aux_subtype(forgotten)
    assert found is not None and found.d_min == 1.0, "emulation prevention forgotten by the writer"


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 21, b"\xff" * 21, PUG[:-3], PUG[:9], PUG.replace(b"\xb1", b"\xb0")]
)
def test_what_is_not_a_depth_message_is_none(data: bytes) -> None:
    assert parse_aux_subtype(data) is None


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80) | st.builds(lambda tail: PUG[:12] + tail, st.binary(max_size=40)))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    found = parse_aux_subtype(data)
    assert found is None or 0 <= found.representation_type <= 3
