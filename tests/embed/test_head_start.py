"""What is handed out before the rest is made: it must lie in the result where it was said to, or not be counted on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from authoring.containers import jpeg
from authoring.containers.base import Forecast
from authoring.containers.edits import EditList, Replacement
from authoring.containers.jpeg import editing
from authoring.embed.options import options_of
from authoring.embed.steps import draft_copy, draft_embed, embed
from tests.containers import jpeg_files

GOLDEN = Path(__file__).parents[2] / "golden"
PHOTOS = ["scene.jpg", "scene-gainmap.jpg"]


class Taken:
    """What was handed out."""

    def __init__(self) -> None:
        self.runs: list[tuple[int, bytes]] = []

    def __call__(self, offset: int, data: memoryview) -> None:
        self.runs.append((offset, bytes(data)))


@pytest.mark.parametrize("profile", ["data", "portrait"])
@pytest.mark.parametrize("name", PHOTOS)
def test_what_is_handed_out_lies_in_the_result(name: str, profile: str) -> None:
    photo = (GOLDEN / name).read_bytes()
    depth_m = np.load(GOLDEN / "scene-depth.npy")
    options = options_of(profile=profile)
    whole = embed(photo, depth_m, options).data
    for source in (photo, whole):
        taken = Taken()
        outcome = draft_embed(source, depth_m, replace(options, replace=source is whole), ahead=taken)
        ((offset, data),) = taken.runs
        assert outcome.ahead == range(offset, offset + len(data))
        assert outcome.data[outcome.ahead.start : outcome.ahead.stop] == data
        assert len(data) > len(photo) / 2
        assert outcome.data == whole
    taken = Taken()
    outcome = draft_copy(whole, photo, options, ahead=taken)
    for offset, data in taken.runs:
        assert outcome.data[offset : offset + len(data)] == data


def test_what_was_told_wrong_is_not_counted_on(monkeypatch: pytest.MonkeyPatch) -> None:
    photo = (GOLDEN / "scene.jpg").read_bytes()
    depth_m = np.load(GOLDEN / "scene-depth.npy")
    options = options_of(profile="data")
    whole = embed(photo, depth_m, options).data

    def wrong(structure: Any) -> Forecast:
        return Forecast(EditList.of(len(photo), [Replacement(4, 4, b"?", "a guess")]), len(photo))

    monkeypatch.setattr(editing, "forecast", wrong)
    taken = Taken()
    outcome = draft_embed(photo, depth_m, options, ahead=taken)
    assert taken.runs and outcome.ahead == range(0)
    assert outcome.data == whole


def test_a_heif_file_has_no_forecast() -> None:
    """Where its media data will lie hangs on the length of the decoder configuration."""
    taken = Taken()
    photo, depth_m = (GOLDEN / "scene.heic").read_bytes(), np.load(GOLDEN / "scene-depth.npy")
    outcome = draft_embed(photo, depth_m, options_of(), ahead=taken)
    assert not taken.runs and outcome.ahead == range(0)


@pytest.mark.parametrize("name", jpeg_files.photos())
def test_the_forecast_of_a_jpeg(name: str) -> None:
    data = jpeg_files.photos()[name]
    file = jpeg.parse(data)
    forecast = file.forecast()
    if file.structure.primary.fault or file.structure.index_fault:
        assert forecast is None
        return
    assert forecast is not None
    for image in (jpeg_files.auxiliary(), jpeg_files.auxiliary(64, 48, b"<x:xmpmeta>much more</x:xmpmeta>")):
        check(forecast, file.splice(image))


def check(forecast: Forecast, edits: EditList) -> None:
    assert forecast.certain > 0
    for place in range(edits.source_size):
        told = forecast.edits.new_offset(place)
        if told is not None and told < forecast.certain:
            assert edits.new_offset(place) == told
