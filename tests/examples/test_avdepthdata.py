"""The property list has what AVDepthData needs, and the example in Swift names nothing that it does not have."""

from __future__ import annotations

import plistlib
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import depthauthor as da
from authoring.cli.main import run

ROOT = Path(__file__).parents[2]
SWIFT = (ROOT / "examples" / "AVDepthDataFromPlist.swift").read_text(encoding="utf-8")
METRES = np.load(ROOT / "golden" / "scene-depth.npy")[::2, ::2]

DATA = "kCGImageAuxiliaryDataInfoData"
DESCRIPTION = "kCGImageAuxiliaryDataInfoDataDescription"
METADATA = "kCGImageAuxiliaryDataInfoMetadata"


@pytest.fixture(scope="module", params=["hdis", "fdis", "hdep", "fdep"])
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the list that `dictionary` writes for a photo with depth in one of the native formats."""
    folder = tmp_path_factory.mktemp(request.param)
    da.embed(
        ROOT / "golden" / "scene.heic",
        METRES,
        output=folder / "photo.heic",
        native_format=request.param,
    )
    assert run(["dictionary", str(folder / "photo.heic"), "-o", str(folder / "depth.plist"), "-q"]) == 0
    return {"format": request.param, **plistlib.loads((folder / "depth.plist").read_bytes())}


def test_keys_and_types(written: dict[str, Any]) -> None:
    """AVDepthData wants data, a description of four whole numbers, and a metadata object, here as its XMP packet."""
    described = written[DESCRIPTION]
    assert {key: type(value) for key, value in described.items()} == dict.fromkeys(
        ("PixelFormat", "Width", "Height", "BytesPerRow"), int
    )
    code = described["PixelFormat"].to_bytes(4, "big").decode("ascii")
    sample = np.dtype("<f2" if code[0] == "h" else "<f4")
    assert code == written["format"] and (described["Height"], described["Width"]) == METRES.shape
    assert described["BytesPerRow"] == described["Width"] * sample.itemsize
    assert type(written[DATA]) is bytes
    assert len(written[DATA]) == described["Height"] * described["BytesPerRow"]
    values = np.frombuffer(written[DATA], sample).reshape(METRES.shape).astype(float)
    wanted = METRES if code.endswith("dep") else 1 / METRES
    step = (wanted.max() - wanted.min()) / 255
    assert np.abs(values - wanted).max() < 1.6 * step
    kind = "Depth" if code.endswith("dep") else "Disparity"
    assert written["DepthAuthorAuxiliaryDataType"] == f"kCGImageAuxiliaryDataType{kind}"
    packet = written["DepthAuthorMetadataXMP"]
    assert type(packet) is bytes
    for name in (
        b"depthData:Accuracy",
        b"depthData:Quality",
        b"depthData:Filtered",
        b"depthData:IntrinsicMatrix",
    ):
        assert name in packet


def test_swift_names_the_lists_own_keys(written: dict[str, Any]) -> None:
    code = re.sub(r"//.*", "", SWIFT)
    quoted = set(re.findall(r'info\["([^"]+)"\]', code))
    assert quoted == {"DepthAuthorMetadataXMP"} <= set(written)
    # What AVDepthData reads beside the list's own keys is the one that the example adds.
    assert set(re.findall(r"\bkCGImageAuxiliaryDataInfo\w+", code)) == {METADATA}
    stated = set(
        re.findall(r"\bkCGImageAuxiliaryDataInfo\w+|\b(?:PixelFormat|Width|Height|BytesPerRow)\b", SWIFT)
    )
    assert stated == {DATA, DESCRIPTION, METADATA, *written[DESCRIPTION]}
    assert "AVDepthData(fromDictionaryRepresentation: info)" in code


def test_swift_is_balanced() -> None:
    code = re.sub(r'//.*|"(?:\\\(.*?\)|[^"\n])*"', "", SWIFT)
    for left, right in ("()", "[]", "{}"):
        assert code.count(left) == code.count(right) > 0
