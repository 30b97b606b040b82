"""A map that was encoded for a HEIC is off by one code at most, with every effort, whatever the map."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from authoring.codecs import hevc
from authoring.codecs.hevc import LOSSY_TOLERANCE_CODES, Effort, Setting
from authoring.containers import heif
from authoring.depth.buffer import PixelFormat
from authoring.depth.stored_plane import StoredPlane
from authoring.embed.embed_options import EmbedOptions
from authoring.embed.encode import CODED_LOSSLESSLY, CodedPlane, encode_plane
from authoring.embed.steps import embed
from authoring.read import extract
from tests.codecs.made_maps import Map, made_maps

GOLDEN = Path(__file__).parents[2] / "golden"
MADE = made_maps()
EFFORTS: tuple[Effort, ...] = ("fast", "balanced", "best")

HARD = {"noise, two levels", "text", "lines", "disc", "person", "white dots, 1 in 100", "white dots, 1 in 10"}
HARD |= {"checker of 2", "checker of 2, gray", "checker of 5", "checker of 13"}
"""Maps of black and white with hard edges. Only these may need more than the effort's own setting."""


def _encoded(codes: Map, effort: Effort) -> CodedPlane:
    """Encode, and compare what comes out with what went in."""
    coded = encode_plane("heic", StoredPlane(codes, 0.5, 2.0, PixelFormat.HDIS), effort=effort)
    error = int(np.abs(coded.decoded.astype(np.int16) - codes).max())
    assert error <= coded.tolerance_codes <= LOSSY_TOLERANCE_CODES
    return coded


def _is_coded_with(setting: Setting, coded: CodedPlane, codes: Map) -> bool:
    return heif.single_image(hevc.encode_gray(codes, setting=setting)).payload == coded.payload


def test_there_are_at_least_forty_maps() -> None:
    assert len({(codes.shape, codes.tobytes()) for codes in MADE.values()}) == len(MADE) >= 40


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("name", MADE)
def test_a_made_map_is_within_one_code(name: str, effort: Effort) -> None:
    coded = _encoded(MADE[name], effort)
    assert name in HARD or _is_coded_with(effort, coded, MADE[name])


def test_a_map_of_hard_edges_is_coded_with_the_finer_setting_first() -> None:
    codes = MADE["checker of 2"]
    coded = _encoded(codes, "balanced")
    assert coded.tolerance_codes == LOSSY_TOLERANCE_CODES and not coded.notes
    assert _is_coded_with("finer", coded, codes) and not _is_coded_with("balanced", coded, codes)


def test_a_map_that_defeats_that_too_is_coded_without_loss() -> None:
    coded = _encoded(MADE["checker of 2, gray"], "balanced")
    assert coded.tolerance_codes == 0 and coded.notes == (CODED_LOSSLESSLY,)


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize(
    "name",
    [
        "fidmaa_selfie_depth.heic",
        "lyangas_12mini_gainmap_depth.jpg",
        "nilsh_imageio_output.heic",
        "openize_14pro_portrait.heic",
        "pug.heic",
        "rw_ios11_test06.jpg",
        "shu_matte.jpg",
        "tianle91_13mini.heic",
        "xamarinmonkey.heic",
    ],
)
def test_a_phones_map_needs_no_finer_setting(
    name: str, effort: Effort, sample: Callable[[str], bytes]
) -> None:
    codes = extract.read(sample(name)).plane.eight_bit_codes()
    assert _is_coded_with(effort, _encoded(codes, effort), codes)


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("name", ["nilsh_depth.png", "in_nyu_depth16mm.png", "in_zeiss11pro_truedepth16.png"])
def test_a_map_from_a_file_needs_no_finer_setting(
    name: str, effort: Effort, sample: Callable[[str], bytes]
) -> None:
    with Image.open(io.BytesIO(sample(name))) as picture:
        gray = np.asarray(picture, np.float32)
    gray = gray if gray.ndim == 2 else gray[..., 0]
    gray = gray[: len(gray) // 2 * 2, : gray.shape[1] // 2 * 2]
    codes = (gray * (255 / gray.max())).round().astype(np.uint8)
    assert _is_coded_with(effort, _encoded(codes, effort), codes)


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("size", [(1, 2), (2, 2), (3, 3), (5, 7), (31, 33), (63, 65), (20, 500), (333, 30)])
def test_a_map_of_a_tiny_or_odd_size_keeps_its_bound(size: tuple[int, int], effort: Effort) -> None:
    depth = np.random.default_rng(5).uniform(1, 4, size).astype(np.float32)
    options = EmbedOptions(profile="data", effort=effort, stretch=True)
    report = embed((GOLDEN / "scene.heic").read_bytes(), depth, options).report
    assert 0 < report.max_error <= report.bound
