"""Damaged files give findings or one of our errors, never another exception."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from authoring.codecs.maps.formats import read_map
from authoring.compatibility.doctor import diagnose
from authoring.compatibility.verify import verify
from authoring.embed.embed_options import EmbedOptions
from authoring.embed.steps import embed
from authoring.errors import DepthauthorError
from tests.compatibility import portrait_files as portraits

GOLDEN = Path(__file__).parents[2] / "golden"


def jpeg() -> bytes:
    mask = read_map((GOLDEN / "scene-mask.png").read_bytes())
    photo = (GOLDEN / "scene.jpg").read_bytes()
    return embed(photo, mask, EmbedOptions(near=0.5, far=8)).data


@pytest.mark.parametrize("kind", ["heic", "jpeg"])
def test_damage_is_a_finding_or_an_error_of_ours(kind: str) -> None:
    good = portraits.portrait() if kind == "heic" else jpeg()
    dice = random.Random(7)
    # Half of the hits go where the structure and the metadata are.
    dense = [
        offset for mark in (b"ftyp", b"Exif", b"<x:xmpmeta", b"MPF\0") for offset in _offsets(good, mark)
    ]
    judged = 0
    for _ in range(60):
        data = bytearray(good)
        for _ in range(dice.choice((1, 3, 20))):
            if dice.random() < 0.7:
                place = min(dice.choice(dense) + dice.randrange(3000), len(data) - 1)
            else:
                place = dice.randrange(len(data))
            data[place] = dice.choice((0, 255, dice.randrange(256)))
        if dice.random() < 0.1:
            del data[dice.randrange(len(data)) :]
        for check in (verify, diagnose):
            try:
                check(bytes(data))
            except DepthauthorError as error:
                assert error.message
            else:
                judged += 1
    assert judged > 20


def _offsets(data: bytes, mark: bytes) -> list[int]:
    return [match.start() for match in re.finditer(re.escape(mark), data)]
