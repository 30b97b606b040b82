"""What the tool says to maps that are ambiguous or wrong, and what it takes without asking."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from authoring.codecs.maps.map_image import map_from_array
from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.stored_plane import quantize
from authoring.embed.embed_options import options_of
from authoring.embed.reports import EmbedReport
from authoring.embed.steps import embed
from authoring.errors import DepthauthorError, RefusedError, UnsupportedError, UsageError
from authoring.maps import diagnose
from authoring.maps.load import parse_map_source

GOLDEN = Path(__file__).parents[2] / "golden"
DEPTH: NDArray[np.float32] = np.load(GOLDEN / "scene-depth.npy")
DISPARITY: NDArray[np.float32] = (1 / DEPTH).astype(np.float32)
SHARE: NDArray[np.float32] = (DEPTH - DEPTH.min()) / (DEPTH.max() - DEPTH.min())
PHOTO = (GOLDEN / "scene.jpg").read_bytes()
RANGE = {"near": 0.6, "far": 6.0}


def _png(array: NDArray[Any]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(array).save(out, "PNG")
    return out.getvalue()


def _npy(array: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def _npz(**arrays: Any) -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def _mm() -> NDArray[np.uint16]:
    return np.rint(DEPTH * 1000).astype(np.uint16)


def _gray(dtype: Any) -> NDArray[Any]:
    levels: NDArray[Any] = np.rint(SHARE * np.iinfo(dtype).max).astype(dtype)
    return levels


def _colours() -> NDArray[np.uint8]:
    return (np.stack([SHARE, np.sin(SHARE * 3.1), 1 - SHARE], axis=-1) * 255).astype(np.uint8)


def _holed(share: float) -> NDArray[np.float32]:
    return np.where(np.random.default_rng(2).random(DEPTH.shape) < share, np.float32(np.nan), DEPTH)


ASKED: list[tuple[str, Callable[[], bytes], dict[str, Any], type[DepthauthorError], list[str]]] = [
    ("8-bit gray without a range", lambda: _png(_gray(np.uint8)), {}, UsageError,
     ["gray levels", "--near and --far", "--white near"]),
    ("16-bit without a unit", lambda: _png(_mm()), {}, UsageError,
     ["0.64 to 6.1 m as mm", "2.5 to 24 m as m*256", "0.13 to 1.2 m as m*5000", "--unit"]),
    ("16-bit over its whole range", lambda: _png(_gray(np.uint16)), {}, UsageError,
     ["fills its whole range", "--near and --far", "--unit mm"]),
    ("16-bit of zeros alone", lambda: _png(np.zeros((96, 128), np.uint16)), {}, RefusedError,
     ["0 everywhere"]),
    ("floats of millimetres", lambda: _npy(DEPTH * 1000), {}, UsageError,
     ["as metres it shows 638 to 6080 m (--unit m)", "as millimetres 0.64 to 6.1 m (--unit mm)"]),
    ("floats of 0 to 1", lambda: _npy(SHARE), {}, UsageError, ["does not go beyond 1", "--kind affine", "--unit m"]),
    ("floats below 0", lambda: _npy(DISPARITY * 900 - 400), {}, UsageError,
     ["no distance is negative", "--kind inverse-relative (MiDaS, larger is nearer)"]),
    ("an array called disparity", lambda: _npz(disparity=DISPARITY), {}, UsageError,
     ["says disparity", "--kind disparity if it is 1/m and shows 0.64 to 6.1 m", "--unit m if it shows 0.16 to 1.6 m"]),
    ("a file called disparity", lambda: _npy(DISPARITY), {"map_name": "img_disp.npy"}, UsageError,
     ["--kind disparity"]),
    ("two arrays in an archive", lambda: _npz(a=DEPTH, b=DEPTH), {}, UsageError, ["--key", "a (384x512 float32)"]),
    ("a key that is not there", lambda: _npz(a=DEPTH), {"key": "depth"}, UsageError, ["no array 'depth'"]),
    ("a stack without a frame", lambda: _npz(depths=np.stack([DEPTH, DEPTH])), {}, UnsupportedError,
     ["a stack of 2 maps", "--frame"]),
    ("a frame beyond the stack", lambda: _npz(depths=np.stack([DEPTH, DEPTH])), {"frame": 2}, UsageError,
     ["no frame 2", "2, counted from 0"]),
    ("a relative map without ends", lambda: _npy(DISPARITY), {"kind": "inverse-relative"}, UsageError,
     ["no scale", "--near and --far"]),
    ("a metric preset with ends", lambda: _png(_mm()), {"preset": "nyu", **RANGE}, UsageError,
     ["--near and --far do not apply"]),
    ("an integer preset on floats", lambda: _npy(DEPTH), {"preset": "kitti"}, UsageError,
     ["16-bit integers", "float32 NPY"]),
    ("a float preset on gray", lambda: _png(_gray(np.uint8)), {"preset": "depth-pro"}, UsageError,
     ["holding floats (.npz, key depth)", "an 8-bit PNG"]),
    ("a unit of a relative map", lambda: _npy(DISPARITY), {"kind": "affine", "unit": "mm", **RANGE}, UsageError,
     ["has no unit"]),
    ("a unit that is none", lambda: _png(_mm()), {"unit": "parsec"}, UsageError, ["m, cm, mm", "m*256"]),
    ("a coloured visualisation", lambda: _png(_colours()), RANGE, RefusedError, ["coloured visualisation"]),
    ("a collage beside the photo", lambda: _npy(np.hstack([DEPTH, DEPTH + 1])), {}, RefusedError,
     ["twice as wide", "collage"]),
    ("one above the other", lambda: _npy(np.vstack([DEPTH, DEPTH + 1])), {}, RefusedError, ["twice as high"]),
    ("a squeezed stereo pair", lambda: _npy(np.hstack([DEPTH[:, ::2]] * 2)), {},
     RefusedError, ["two halves", "stereo pair"]),
    ("a map on its side", lambda: _npy(np.rot90(DEPTH)), {}, RefusedError, ["turned by a quarter"]),
    ("too many holes", lambda: _npy(_holed(0.7)), {}, RefusedError, ["more than the 60 %", "--max-holes"]),
]  # fmt: skip
"""What is given, with which options, and words of the sentence that answers."""


def _report(data: bytes, **options: Any) -> EmbedReport:
    source = parse_map_source(data, options.get("key"), options.get("frame"))
    return embed(PHOTO, source, options_of(profile="data", **options)).report


@pytest.mark.parametrize(
    ("case", "written", "options", "error", "words"), ASKED, ids=lambda one: str(one)[:28]
)
def test_what_is_open_or_wrong_gets_one_sentence(
    case: str,
    written: Callable[[], bytes],
    options: dict[str, Any],
    error: type[DepthauthorError],
    words: list[str],
) -> None:
    with pytest.raises(error) as caught:
        _report(written(), **options)
    assert "\n" not in caught.value.message
    for word in words:
        assert word in caught.value.message, caught.value.message


@pytest.mark.parametrize(
    ("written", "options", "words"),
    [
        (lambda: _npy(DEPTH), {}, "holds depth in metres: 0.64 to 6.1 m"),
        (lambda: _npz(depth=DEPTH), {}, "since the array is called depth"),
        (lambda: _npy(DEPTH), {"map_name": "a_raw_depth_meter.npy"}, "since its name says so"),
        (lambda: _png(_mm()), {"map_name": "scene-depth-mm.png"}, "depth in mm, since its name says mm"),
        (
            lambda: _png(np.rint(DEPTH * 256).astype("u2")),
            {"map_name": "kitti_depth_0001.png"},
            "m*256, since its name",
        ),
        (lambda: _png(_mm()), {"unit": "mm"}, "holds depth in mm"),
        (lambda: _npy(DEPTH * 1000), {"unit": "mm"}, "holds depth in mm"),
        (lambda: _npy(SHARE), RANGE, "black is near and white is far"),
    ],
)
def test_what_is_clear_is_taken_and_told(written: Callable[[], bytes], options: Any, words: str) -> None:
    assert any(words in one for one in _report(written(), **options).assumed)


def test_the_wrong_polarity_is_doubted() -> None:
    ramp = np.linspace(0, 255, 384).astype(np.uint8)[:, None].repeat(512, 1)
    far, near = (_report(_png(ramp), white=white, **RANGE).warnings for white in ("far", "near"))
    assert len(far) == 1 and "the lower third" in far[0] and "add --white near" in far[0]
    assert not near


def test_a_marked_value_is_a_hole() -> None:
    depth = DEPTH.copy()
    depth[10:20, 10:40] = 99
    for options in ({"invalid": 99.0}, {"invalid": 99.0, "unit": "m"}):
        report = _report(_npy(depth), **options)
        assert any(one.startswith("0.2 % of the map were holes") for one in report.notes)
        assert 1 / report.float_min < 7
    gray = _gray(np.uint8)
    gray[10:20, 10:40] = 0
    report = _report(_png(gray), invalid=0.0, **RANGE)
    assert any(" of the map were holes" in one for one in report.notes)


def test_outliers_are_clipped() -> None:
    disparity = DISPARITY.copy()
    disparity[200, 200:203] = 500
    wild = _report(_npy(disparity), kind="disparity", unit="m")
    calm = _report(_npy(disparity), kind="disparity", unit="m", clip=0.5)
    assert wild.float_max == 500 and calm.float_max < 1.7
    assert any("outliers" in one for one in calm.notes)


def test_more_holes_may_be_allowed() -> None:
    share = float(np.isnan(_holed(0.7)).mean())
    report = _report(_npy(_holed(0.7)), max_holes=80)
    assert any(one.startswith(f"{100 * share:.1f} % of the map were holes") for one in report.notes)


@pytest.mark.parametrize("near_m", [0.3, 2.0])
def test_eight_bits_that_show_are_told_with_a_range_that_would_do(near_m: float) -> None:
    def notes(near: float) -> tuple[str, ...]:
        depth = np.linspace(near, 6, 128 * 96, dtype=np.float32).reshape(96, 128)
        plane = quantize(DepthBuffer.from_depth_m(depth, PixelFormat.FDIS))
        steps = 1 / (plane.float_min + np.arange(2) * plane.step)
        told = diagnose.storage_notes(plane)
        assert bool(told) == (steps[0] - steps[1] > diagnose.VISIBLE_STEP * steps[0])
        if told:
            assert f"far plane at 6 m is stored in {(steps[0] - steps[1]) * 100:.0f} cm steps" in told[0]
        return told

    told = notes(near_m)
    assert bool(told) == (near_m == 0.3)
    if told:
        suggested = float(told[0].split("a range of ")[1].split(" m")[0])
        assert not notes(suggested)


def test_arrays_are_judged_as_files_are() -> None:
    with pytest.raises(UsageError, match="as mm"):
        diagnose.diagnose(map_from_array(_mm()), "")
