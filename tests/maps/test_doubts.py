"""Which maps are doubted as stereo pairs, collages or coloured pictures, and that --force takes them all."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from authoring.embed.embed_options import options_of
from authoring.embed.steps import embed
from authoring.errors import RefusedError
from authoring.maps.doubts import check_collage, stereo_pair
from authoring.maps.load import parse_map_source
from golden.makers import DEPTH, FOLDER
from tests.maps.doubt_rates import (
    REAL_MAPS,
    available_maps,
    is_recognised,
    real_disparity,
    real_pair,
    refusals,
)
from tests.maps.doubt_rates import simulated_pair as pair_of_scene
from tests.maps.ordinary_scenes import ordinary_scene

PHOTO = (FOLDER / "scene.jpg").read_bytes()


def test_ordinary_scenes_are_not_refused() -> None:
    """240 of the scenes of `python -m tests.maps.doubt_rates`; in 1,000 it refuses one, evenly spaced pillars."""
    refused = list(refusals(240))
    assert len({refusal.scene for refusal in refused}) <= 1
    assert all(refusal.insisted for refusal in refused)


def test_pairs_of_rooms_are_recognised_or_at_least_doubted() -> None:
    rooms = [number for number in range(160) if ordinary_scene(number).kind == "room"]
    pairs = [stereo_pair(pair_of_scene(number)) for number in rooms]
    assert sum(pair is not None for pair in pairs) >= 0.95 * len(rooms)
    assert sum(pair is not None and pair.seam for pair in pairs) >= 0.75 * len(rooms)


@pytest.mark.parametrize("name", REAL_MAPS)
def test_real_maps_are_no_pairs_and_their_pairs_are(name: str) -> None:
    if name not in available_maps():
        pytest.skip(f"sample {name} is absent")
    assert stereo_pair(real_disparity(name)) is None
    assert is_recognised(real_pair(name))


def test_halves_that_only_look_alike_are_no_pair() -> None:
    floor = np.linspace(6, 1, 96)[:, None].repeat(128, 1).astype(np.float32)
    ramp = np.linspace(1, 6, 128)[None, :].repeat(96, 0).astype(np.float32)
    for map_ in (floor, ramp, DEPTH, np.full((96, 128), 2.0, np.float32)):
        check_collage(map_, (1024, 768), force=False)


def _colours() -> NDArray[np.uint8]:
    share = (DEPTH - DEPTH.min()) / np.ptp(DEPTH)
    return (np.stack([share, np.sin(share * 3.1), 1 - share], axis=-1) * 255).astype(np.uint8)


def _saved(array: NDArray[Any]) -> bytes:
    out = io.BytesIO()
    if array.dtype == np.uint8:
        Image.fromarray(array).save(out, "PNG")
    else:
        np.save(out, array)
    return out.getvalue()


DOUBTFUL: dict[str, tuple[NDArray[Any], dict[str, Any], str]] = {
    "side by side": (
        real_pair("golden/scene-depth.npy"),
        {"kind": "disparity"},
        "show the same (side by side)",
    ),
    "above each other": (
        np.vstack([DEPTH[::2], np.roll(DEPTH, 3, 1)[::2]]),
        {},
        "show the same (one above the other)",
    ),
    "coloured": (_colours(), {"near": 0.6, "far": 6.0}, "coloured"),
}


@pytest.mark.parametrize("name", DOUBTFUL)
def test_a_doubt_names_force_and_force_insists(name: str) -> None:
    array, options, words = DOUBTFUL[name]
    source = parse_map_source(_saved(array))
    with pytest.raises(RefusedError) as refused:
        embed(PHOTO, source, options_of(profile="data", **options))
    assert words in refused.value.message and "--force" in refused.value.message
    report = embed(PHOTO, source, options_of(profile="data", force=True, **options)).report
    assert any(words in warning for warning in report.warnings)


def test_a_map_of_twice_the_shape_can_be_insisted_on() -> None:
    twice = np.hstack([DEPTH, DEPTH + 1])
    with pytest.raises(RefusedError, match=r"twice as wide.*force"):
        check_collage(twice, (1024, 768), force=False)
    assert check_collage(twice, (1024, 768), force=True) != check_collage(DEPTH, (1024, 768), force=False)
