"""Monochrome HEVC: the promised error, the level of the real size, and foreign decoders."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from authoring.codecs import hevc
from authoring.containers import heif
from authoring.errors import MalformedError, UnsupportedError
from authoring.read.layout import depth_images


def _plane(height: int, width: int, noise: float = 0.0) -> NDArray[np.uint8]:
    rows, columns = np.mgrid[0:height, 0:width]
    smooth = 127 + 90 * np.sin(rows / 23) * np.cos(columns / 31) + 30 * ((rows // 40 + columns // 50) % 2)
    if noise:
        smooth = smooth + np.random.default_rng(7).normal(0, noise, smooth.shape)
    return np.asarray(np.clip(smooth, 0, 255), np.uint8)


def _decoded(file: bytes) -> NDArray[np.int16]:
    return hevc.decode_gray(file).astype(np.int16)


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (17, 33), (250, 188), (576, 768)])
@pytest.mark.parametrize("noise", [0.0, 6.0])
def test_the_default_is_within_one_code_and_lossless_is_exact(size: tuple[int, int], noise: float) -> None:
    codes = _plane(*size, noise)
    assert np.abs(_decoded(hevc.encode_gray(codes)) - codes).max() <= hevc.LOSSY_TOLERANCE_CODES
    assert np.array_equal(_decoded(hevc.encode_gray(codes, lossless=True)), codes)


@pytest.mark.parametrize("noise", [0.0, 1.0, 6.0])
def test_fast_keeps_the_same_promise(noise: float) -> None:
    codes = _plane(576, 768, noise)
    codes[200:300, 100:260] = np.random.default_rng(3).integers(0, 256, (100, 160))  # a patch of noise
    codes[300:400, ::2] = 0
    assert np.abs(_decoded(hevc.encode_gray(codes, setting="fast")) - codes).max() <= 1
    assert np.array_equal(_decoded(hevc.encode_gray(codes, setting="fast", lossless=True)), codes)


@pytest.mark.parametrize("name", ["pug.heic", "openize_14pro_portrait.heic", "xamarinmonkey.heic"])
def test_coding_tree_units_are_as_large_as_in_a_phones_map(name: str, sample: Callable[[str], bytes]) -> None:
    theirs = depth_images(heif.parse(sample(name)).layout)
    sides = {_log2_coding_tree_unit(image.configuration) for image in theirs}
    ours = heif.single_image(hevc.encode_gray(_plane(576, 768)))
    assert sides == {_log2_coding_tree_unit(ours.configuration)} == {5}


@pytest.mark.parametrize(("side", "log2_ctb"), [(768, 4), (3200, 5)])
def test_large_maps_keep_the_large_blocks_of_their_level(side: int, log2_ctb: int) -> None:
    image = heif.single_image(hevc.encode_gray(np.zeros((side, side), np.uint8), setting="fast"))
    assert _log2_coding_tree_unit(image.configuration) == log2_ctb


def _log2_coding_tree_unit(configuration: bytes) -> int:
    """Log2 of CtbSizeY, from the SPS (H.265, 7.3.2.2) of a monochrome picture with one temporal layer."""
    start = configuration.index(b"\x42\x01") + 2
    stream = configuration[start : start + 60].replace(b"\0\0\3", b"\0\0")
    bits = iter("".join(f"{byte:08b}" for byte in stream)[8 + 96 :])

    def golomb() -> int:
        zeros = 0
        while next(bits) == "0":
            zeros += 1
        return (1 << zeros) - 1 + int("0" + "".join(next(bits) for _ in range(zeros)), 2)

    golomb()  # sps_seq_parameter_set_id
    assert golomb() == 0, "monochrome"
    golomb(), golomb()  # width, height
    if next(bits) == "1":  # conformance_window_flag
        for _ in range(4):
            golomb()
    golomb(), golomb(), golomb()  # bit depths, log2_max_pic_order_cnt_lsb_minus4
    next(bits)  # sps_sub_layer_ordering_info_present_flag
    golomb(), golomb(), golomb()
    smallest = golomb() + 3
    return smallest + golomb()


@pytest.mark.parametrize("setting", hevc.SETTINGS)
@pytest.mark.parametrize("lossless", [False, True])
@pytest.mark.parametrize(
    ("size", "level"), [((120, 160), 30), ((250, 188), 60), ((576, 768), 90), ((768, 1024), 93)]
)
def test_the_configuration_states_the_level_of_the_real_size(
    size: tuple[int, int], level: int, lossless: bool, setting: hevc.Setting
) -> None:
    codes = _plane(*size)
    image = heif.single_image(hevc.encode_gray(codes, lossless=lossless, setting=setting))
    finished = hevc.finish_configuration(image.configuration, image.width, image.height)
    assert finished[12] == level
    assert _array_bytes(finished) == b"\xa0\xa1\xa2", "VPS, SPS, PPS: complete, the reserved bit 0"
    assert (
        _decoded(heif.build_still(image.width, image.height, image.payload, finished)).tolist()
        == _decoded(heif.build_still(image.width, image.height, image.payload, image.configuration)).tolist()
    )
    if lossless:
        assert image.configuration[12] == 255, "x265 changed its habit; the patch may be needless now"


def _array_bytes(configuration: bytes) -> bytes:
    """The first byte of each array of hvcC (ISO/IEC 14496-15, 8.3.3.1.2), whose units are walked over."""
    first, position = b"", 23
    for _ in range(configuration[22]):
        first += configuration[position : position + 1]
        units = int.from_bytes(configuration[position + 1 : position + 3], "big")
        position += 3
        for _ in range(units):
            position += 2 + int.from_bytes(configuration[position : position + 2], "big")
    assert position == len(configuration)
    return first


def test_complete_arrays_change_only_their_first_bytes() -> None:
    image = heif.single_image(hevc.encode_gray(_plane(64, 64)))
    complete = hevc.complete_arrays(image.configuration)
    assert _array_bytes(complete) == b"\xa0\xa1\xa2"
    assert len(complete) == len(image.configuration)
    assert sum(old != new for old, new in zip(complete, image.configuration, strict=True)) <= 3
    assert hevc.complete_arrays(complete) == complete
    with pytest.raises(MalformedError, match="ends inside"):
        hevc.complete_arrays(complete[:-1])


@pytest.mark.parametrize("name", ["pug.heic", "tianle91_13mini.heic", "fidmaa_selfie_depth.heic"])
def test_the_first_bytes_are_those_of_a_phone(name: str, sample: Callable[[str], bytes]) -> None:
    structure = heif.parse(sample(name)).structure
    assert {_array_bytes(body) for body in structure.configurations.values()} == {b"\xa0\xa1\xa2"}


def test_the_level_lies_in_vps_and_sps_too(tool: Callable[..., str], tmp_path: Path) -> None:
    """A foreign reader takes the level from the SPS of the raw stream, not from hvcC."""
    image = heif.single_image(hevc.encode_gray(_plane(576, 768), lossless=True))
    finished = hevc.finish_configuration(image.configuration, 768, 576)
    stream = tmp_path / "plane.hevc"
    stream.write_bytes(_annex_b(finished, image.payload))
    told = tool("ffprobe", "-v", "error", "-show_entries", "stream=level,pix_fmt,color_range", stream)
    assert "level=90" in told and "pix_fmt=gray" in told and "color_range=pc" in told


@pytest.mark.parametrize("lossless", [False, True])
@pytest.mark.parametrize("setting", hevc.SETTINGS)
def test_ffmpeg_decodes_the_same_codes(
    setting: hevc.Setting, lossless: bool, tool: Callable[..., str], tmp_path: Path
) -> None:
    codes = _plane(250, 188, 3.0)
    file = hevc.encode_gray(codes, setting=setting, lossless=lossless)
    image = heif.single_image(file)
    stream = tmp_path / "plane.hevc"
    stream.write_bytes(_annex_b(hevc.finish_configuration(image.configuration, 188, 250), image.payload))
    tool("ffmpeg", "-version")
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", stream, "-f", "rawvideo", "-pix_fmt", "gray", "-"],
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert np.array_equal(np.frombuffer(done.stdout, np.uint8).reshape(250, 188), hevc.decode_gray(file))


def _annex_b(configuration: bytes, payload: bytes) -> bytes:
    """Parameter sets and length-prefixed units as a raw stream with start codes."""
    out = b""
    position = 23
    for _ in range(configuration[22]):
        count = int.from_bytes(configuration[position + 1 : position + 3], "big")
        position += 3
        for _ in range(count):
            size = int.from_bytes(configuration[position : position + 2], "big")
            out += b"\0\0\0\1" + configuration[position + 2 : position + 2 + size]
            position += 2 + size
    position = 0
    while position < len(payload):
        size = int.from_bytes(payload[position : position + 4], "big")
        out += b"\0\0\0\1" + payload[position + 4 : position + 4 + size]
        position += 4 + size
    return out


def test_levels_follow_size_and_side() -> None:
    assert hevc.level_for(768, 576) == 90
    assert hevc.level_for(8192, 64) == 150, "a long side needs a higher level than its area"
    with pytest.raises(UnsupportedError):
        hevc.level_for(20000, 20000)


def test_damage_is_named() -> None:
    file = hevc.encode_gray(_plane(64, 64))
    image = heif.single_image(file)
    with pytest.raises(MalformedError, match="does not decode"):
        hevc.decode_gray(heif.build_still(64, 64, image.payload[:20], image.configuration))
    with pytest.raises(MalformedError, match="parameter set"):
        hevc.finish_configuration(image.configuration[:40], 64, 64)


def test_a_stream_with_zeroed_or_missing_bytes_is_found() -> None:
    """Decoders conceal such damage."""
    still = heif.single_image(hevc.encode_gray(_plane(120, 160, 6.0)))
    payload, configuration = still.payload, still.configuration
    half = len(payload) // 2
    assert hevc.stream_fault(payload, configuration) is None
    damaged = (
        b"",
        bytes(len(payload)),
        payload[:half],
        payload[:half] + bytes(len(payload) - half),
        payload[:half] + bytes(40) + payload[half + 40 :],
        payload + b"\0\0\0",
    )
    assert all(hevc.stream_fault(stream, configuration) for stream in damaged)
    assert hevc.stream_fault(payload, configuration[:10])
