"""Write docs/diagnosis.md: the messages for maps that are ambiguous, wrong, or only look so.

All cases are made from the golden scene.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from authoring.embed.embed_options import options_of
from authoring.embed.steps import embed
from authoring.errors import DepthauthorError
from authoring.maps.load import parse_map_source
from golden.makers import DEPTH, DISPARITY, FOLDER, affine, integers, inverse, npy, npz, png

Build = Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Case:
    """A map file, and the options it is embedded with."""

    what: str
    build: Build
    options: dict[str, Any] = field(default_factory=dict)


ENDS: dict[str, Any] = {"near_m": 0.6, "far_m": 6.0}


def _gray(dtype: Any) -> NDArray[Any]:
    """Return the scene in gray, black is near."""
    levels: NDArray[Any] = np.rint(affine().astype(np.float64) * np.iinfo(dtype).max).astype(dtype)
    return levels


def _colours() -> NDArray[np.uint8]:
    share = affine()
    return (np.stack([share, np.sin(share * 3.1), 1 - share], axis=-1) * 255).astype(np.uint8)


def _saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def _channels(last: NDArray[np.uint8] | None = None) -> bytes:
    gray = _gray(np.uint8)
    return png(np.dstack([gray, gray, gray] + ([] if last is None else [last])))


def _pages() -> bytes:
    page = Image.fromarray(_gray(np.uint8))
    return _saved(page, "TIFF", save_all=True, append_images=[page])


def _pickled(make: Callable[[Any], bytes]) -> Build:
    return lambda: make(np.array([{"depth": 1}], dtype=object))


def _holed(share: float) -> NDArray[np.float32]:
    return np.where(np.random.default_rng(2).random(DEPTH.shape) < share, np.float32(np.nan), DEPTH)


def _single(array: NDArray[Any]) -> Build:
    return lambda: npy(array.astype(np.float32))


SECTIONS: tuple[tuple[str, tuple[Case, ...]], ...] = (
    ("Not a map, or not a single one", (
        Case("a coloured visualisation, as Depth-Anything's metric PNG is", lambda: png(_colours()), ENDS),
        Case("the photo itself", lambda: (FOLDER / "scene.jpg").read_bytes(), ENDS),
        Case("a picture for print (CMYK)", lambda: _saved(Image.new("CMYK", (512, 384)), "JPEG"), ENDS),
        Case("a collage of two maps side by side", _single(np.hstack([DEPTH, DEPTH + 1]))),
        Case("one map above another", _single(np.vstack([DEPTH, DEPTH + 1]))),
        Case("a stereo pair, squeezed to the photo's shape",
             _single(np.hstack([DEPTH[:, ::2]] * 2))),
        Case("a TIFF of two pages", _pages, ENDS),
        Case("a stack of maps, no frame chosen", lambda: npz(depths=np.stack([DEPTH, DEPTH]))),
        Case("a frame beyond the stack", lambda: npz(depths=np.stack([DEPTH, DEPTH])), {"frame": 2}),
        Case("an archive of two arrays", lambda: npz(left=DEPTH, right=DEPTH)),
        Case("a key that is not there", lambda: npz(left=DEPTH), {"key": "depth"}),
        Case("a pickled NPY", _pickled(npy)),
        Case("a pickled NPZ", _pickled(lambda array: npz(depth=array))),
        Case("an array of 64-bit integers", lambda: npy(np.rint(DEPTH * 1000).astype(np.int64))),
        Case("a file that is cut off", lambda: png(_gray(np.uint8))[:2000], ENDS),
        Case("text", lambda: b"near,far\n0.6,6\n"),
    )),
    ("Shape", (
        Case("a map on its side", _single(np.rot90(DEPTH))),
        Case("a map of another crop", _single(DEPTH[:300])),
    )),
    ("Empty", (
        Case("one distance everywhere", _single(np.full_like(DEPTH, 2))),
        Case("one gray everywhere", lambda: png(np.full(DEPTH.shape, 128, np.uint8)), ENDS),
        Case("NaN everywhere", _single(np.full_like(DEPTH, np.nan))),
        Case("16 bits of zeros", lambda: png(np.zeros(DEPTH.shape, np.uint16))),
        Case("70 % holes", lambda: npy(_holed(0.7))),
    )),
    ("Unit and scale", (
        Case("8-bit gray", lambda: png(_gray(np.uint8))),
        Case("8-bit gray, one end given", lambda: png(_gray(np.uint8)), {"near_m": 0.6}),
        Case("the ends the wrong way round", lambda: png(_gray(np.uint8)), {"near_m": 6.0, "far_m": 0.6}),
        Case("16 bits of millimetres", lambda: integers(1000)),
        Case("16 bits of metres × 256", lambda: integers(256)),
        Case("16 bits of gray", lambda: png(_gray(np.uint16))),
        Case("16 bits of millimetres, with the preset of KITTI",
             lambda: integers(1000), {"preset": "kitti"}),
        Case("floats of millimetres", _single(DEPTH * 1000)),
        Case("floats from 0 to 1", lambda: npy(affine())),
        Case("floats below 0, as MiDaS gives them", _single(DISPARITY * 900 - 400)),
        Case("the same, with the preset of MiDaS", _single(DISPARITY * 900 - 400), {"preset": "midas"}),
        Case("an array called disparity", lambda: npz(disparity=DISPARITY.astype(np.float32))),
        Case("metres, with ends for gray", _single(DEPTH), ENDS),
        Case("millimetres, with ends", lambda: integers(1000), {"preset": "nyu", **ENDS}),
        Case("a preset for integers, floats given", _single(DEPTH), {"preset": "zoedepth"}),
        Case("a preset for floats, gray given", lambda: png(_gray(np.uint8)), {"preset": "depth-pro"}),
        Case("an unknown unit", lambda: integers(1000), {"unit": "parsec"}),
    )),
    ("Read, with a note", (
        Case("floats", _single(DEPTH)),
        Case("floats, `img_raw_depth_meter.npy`", _single(DEPTH), {"map_name": "img_raw_depth_meter.npy"}),
        Case("an array called depth", lambda: npz(depth=DEPTH)),
        Case("16 bits, `frame_mm.png`", lambda: integers(1000), {"map_name": "frame_mm.png"}),
        Case("16 bits, `kitti_0001.png`", lambda: integers(256), {"map_name": "kitti_0001.png"}),
        Case("gray in three equal channels", _channels, ENDS),
        Case("gray with a full alpha channel (RGBA)", lambda: _channels(np.full(DEPTH.shape, 255, np.uint8)), ENDS),
        Case("gray with an alpha channel that is used", lambda: _channels(inverse(np.uint8)), ENDS),
        Case("gray, white near, read as white far", lambda: png(inverse(np.uint8)), ENDS),
        Case("a map upside down", lambda: png(np.flipud(_gray(np.uint8))), ENDS),
        Case("metres, the background 1e10", _single(np.where(DEPTH > 4, 1e10, DEPTH))),
        Case("30 % holes", lambda: npy(_holed(0.3))),
        Case("a range that 8 bits show", lambda: png(_gray(np.uint8)), {"near_m": 0.05, "far_m": 60.0}),
    )),
)  # fmt: skip

_HEAD = """# Messages about maps

Written from the cases in `schemas/diagnosis_page.py` by `python -m schemas.export`, which embeds each of them in the
golden photo; a test compares page and code. [maps.md](maps.md) says which maps are read.

A map with only one possible meaning is read so, and the report says so (`assumed`). If unit, polarity or scale is open,
the tool asks, with the readings in metres, and writes nothing. Exit codes: 0 done, 2 an option is missing or wrong,
3 damaged, 4 an unsupported kind, 5 refused.
"""


def answer(case: Case) -> tuple[int, tuple[str, ...]]:
    """Return the exit code and the messages: of the error, or of the report."""
    photo = (FOLDER / "scene.jpg").read_bytes()
    try:
        source = parse_map_source(case.build(), case.options.get("key"), case.options.get("frame"))
        report = embed(photo, source, options_of(profile="data", **case.options)).report
    except DepthauthorError as error:
        return error.exit_code, (error.message,)
    return 0, (*report.assumed, *report.notes)


def _option(name: str, value: Any) -> str:
    flag = name.removesuffix("_m").replace("_", "-")
    return f"--{flag} {value:g}" if isinstance(value, float) else f"--{flag} {value}"


def _row(case: Case) -> str:
    code, messages = answer(case)
    options = " ".join(_option(name, value) for name, value in case.options.items() if name != "map_name")
    text = "<br>".join(messages).replace("|", "\\|")
    return f"| {case.what} | {f'`{options}`' if options else ''} | {code} | {text} |\n"


@lru_cache
def page() -> str:
    """Return the page as Markdown."""
    parts = [_HEAD]
    for title, cases in SECTIONS:
        rows = "".join(map(_row, cases))
        parts.append(f"\n## {title}\n\n| map | options | exit | message |\n|---|---|---|---|\n{rows}")
    return "".join(parts)
