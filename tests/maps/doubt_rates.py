"""How often an ordinary map is taken for a stereo pair, and how often a stereo pair is recognised.

    python -m tests.maps.doubt_rates [--scenes 1000]

Each simulated scene is loaded and fitted in four notations: metres, 1/m, gray with black near, gray with white near.
Pairs are two views of one simulated scene, and of the real maps where the samples are there, squeezed into one picture.
"""

from __future__ import annotations

import argparse
import base64
import io
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from authoring.api import photo_files
from authoring.depth.orientation import Orientation
from authoring.errors import DepthauthorError, RefusedError, UsageError
from authoring.maps.doubts import stereo_pair
from authoring.maps.fit import fit_to_photo
from authoring.maps.load import load_map
from authoring.maps.map_options import MapOptions
from tests.conftest import SAMPLES
from tests.maps.ordinary_scenes import Depth, Scene, ordinary_scene, render

REAL_MAPS = (
    "in_nyu_depth16mm.png",
    "in_zeiss11pro_truedepth16.png",
    "nilsh_depth.png",
    "pug.heic",
    "openize_14pro_portrait.heic",
    "fidmaa_selfie_depth.heic",
    "tianle91_13mini.heic",
    "xamarinmonkey.heic",
    "nilsh_imageio_output.heic",
    "lyangas_12mini_gainmap_depth.jpg",
    "shu_matte.jpg",
    "rw_ios11_test06.jpg",
    "gdepth_lensblur1.jpg",
    "gdepth_table.jpg",
    "golden/scene-depth.npy",
)

REAL_PARALLAX = 1 / 30
"""Between the nearest and the farthest place of the second view, as a share of the width: what is comfortable to see,
and the usual rule of stereo photography. The middle of the range stays where it is, as in a picture for a screen."""

EYES_M = 0.065
"""Between the two views of a simulated scene."""

SKY_M = 1e10
"""Blender's."""

NEAR_M, FAR_M = 0.5, 20.0
"""Ends of the gray scales."""


@dataclass(frozen=True, slots=True)
class Notation:
    """How a scene is written: the samples (H, W), and the options that say what they are."""

    name: str
    samples: NDArray[Any]
    options: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A scene that was refused in one notation, and whether --force takes it."""

    scene: int
    kind: str
    notation: str
    message: str
    insisted: bool


def notations(depth: Depth) -> Iterator[Notation]:
    """Yield the four notations of a depth map in metres."""
    yield Notation(
        "metres", np.where(depth < 1e6, depth, SKY_M).astype(np.float32), {"kind": "depth", "unit": "m"}
    )
    yield Notation("1/m", (1 / depth).astype(np.float32), {"kind": "disparity"})
    ends = {"near": NEAR_M, "far": FAR_M}
    share = (np.clip(depth, NEAR_M, FAR_M) - NEAR_M) / (FAR_M - NEAR_M)
    yield Notation("gray, black near", np.rint(share * 255).astype(np.uint8), ends)
    nearness = (1 / np.clip(depth, NEAR_M, FAR_M) - 1 / FAR_M) / (1 / NEAR_M - 1 / FAR_M)
    gray = np.rint(nearness * 255).astype(np.uint8)
    yield Notation("gray, white near", gray, {**ends, "white": "near", "spacing": "disparity"})


def refusals(count: int) -> Iterator[Refusal]:
    """Yield what is refused of the first `count` scenes; a flat map, which shows one distance, is left out."""
    for number in range(count):
        scene = ordinary_scene(number)
        for notation in notations(render(scene)):
            if notation.samples.min() == notation.samples.max():
                continue
            options = MapOptions(**notation.options)
            try:
                _fitted(notation.samples, scene, options)
            except RefusedError as error:
                insisted = _accepts(notation.samples, scene, replace(options, force=True))
                yield Refusal(number, scene.kind, notation.name, error.message, insisted)


def bare_metres(number: int) -> Literal["read", "asked"]:
    """Return what becomes of scene `number` as an array of metres of which nothing is said."""
    depth = render(ordinary_scene(number))
    try:
        load_map(np.where(depth < 1e6, depth, SKY_M).astype(np.float32), MapOptions())
    except UsageError:
        return "asked"
    return "read"


def _fitted(samples: NDArray[Any], scene: Scene, options: MapOptions) -> None:
    """Load a map and fit it to a photo of its shape."""
    photo = (scene.size[0] * 4, scene.size[1] * 4)
    fit_to_photo(load_map(samples, options).buffer, photo, Orientation.UPRIGHT, options, "display")


def _accepts(samples: NDArray[Any], scene: Scene, options: MapOptions) -> bool:
    try:
        _fitted(samples, scene, options)
    except DepthauthorError:
        return False
    return True


def simulated_pair(number: int) -> NDArray[np.float32]:
    """Return two views of scene `number` side by side, in disparity, squeezed to the shape of one."""
    scene = ordinary_scene(number)
    left, right = (1 / render(replace(scene, x_m=x)) for x in (-EYES_M / 2, EYES_M / 2))
    return np.hstack([left[:, ::2], right[:, ::2]]).astype(np.float32)


def real_pair(name: str) -> NDArray[np.float32]:
    """Return a real map beside a second view of it, squeezed to the shape of one; in disparity."""
    disparity = real_disparity(name)
    second = _moved(disparity, REAL_PARALLAX)
    return np.hstack([disparity[:, ::2], second[:, ::2]])


def real_disparity(name: str) -> NDArray[np.float32]:
    """Return the disparity (H, W) of a sample or golden map; holes are NaN."""
    path = SAMPLES / name
    if name.startswith("golden/"):
        depth: NDArray[np.float32] = np.load(Path(__file__).parents[2] / name)
        disparity: NDArray[np.float32] = (1 / depth).astype(np.float32)
        return disparity
    if name.startswith("gdepth"):
        return np.asarray(_gdepth(path.read_bytes()).getchannel(0), np.float32)
    if path.suffix in (".heic", ".jpg"):
        return photo_files.extract(path).disparity_per_m()
    with Image.open(path) as picture:
        values = np.asarray(picture).astype(np.float32)
    if name == "nilsh_depth.png":
        return values
    steps = 10_000 if "zeiss" in name else 1000
    return np.where(values > 0, steps / np.maximum(values, 1), np.nan).astype(np.float32)


def _gdepth(photo: bytes) -> Image.Image:
    """Return the gray picture in the extended XMP of a photo of Google's camera (GDepth, RangeInverse)."""
    extension, position, xmp = b"http://ns.adobe.com/xmp/extension/\0", 2, b""
    while photo[position : position + 2] != b"\xff\xda":
        length = int.from_bytes(photo[position + 2 : position + 4])
        segment = photo[position + 4 : position + 2 + length]
        if segment.startswith(extension):
            xmp += segment[len(extension) + 40 :]  # after the digest, the whole length and the offset
        position += 2 + length
    data = xmp.split(b'GDepth:Data="')[1].split(b'"')[0]
    return Image.open(io.BytesIO(base64.b64decode(data + b"===")))


def _moved(disparity: NDArray[np.float32], parallax: float) -> NDArray[np.float32]:
    """Return the view of a camera to the right: near places move left, far ones right."""
    height, width = disparity.shape
    known = np.nan_to_num(disparity)
    shift = np.rint((known / known.max() - 0.5) * parallax * width).astype(int)
    columns = np.clip(np.arange(width) - shift, 0, width - 1)
    second = np.zeros_like(disparity)
    np.maximum.at(second, (np.arange(height)[:, None], columns), known)
    # What the first camera did not see is as far away as the place beside it.
    second = np.where(second > 0, second, np.minimum(np.roll(second, 1, 1), np.roll(second, -1, 1)))
    return np.where(second > 0, second, np.float32(np.nan))


def is_recognised(disparity: NDArray[np.float32]) -> bool:
    """Return whether a map is refused as a stereo pair."""
    pair = stereo_pair(disparity)
    return pair is not None and pair.seam


def available_maps() -> tuple[str, ...]:
    """Return the real maps that are there."""
    return tuple(name for name in REAL_MAPS if name.startswith("golden/") or (SAMPLES / name).exists())


def main() -> None:
    """Simulate, and print what was refused and recognised."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--scenes", type=int, default=1000)
    count = parser.parse_args().scenes
    refused = list(refusals(count))
    scenes = {refusal.scene for refusal in refused}
    print(f"{count} scenes in 4 notations: {len(scenes)} refused in one of them or more")
    for (kind, notation), number in Counter((item.kind, item.notation) for item in refused).items():
        print(f"  {kind}, {notation}: {number}")
    print(f"  with --force: {sum(not item.insisted for item in refused)} still refused")
    bare = [bare_metres(number) for number in range(count)]
    print(f"{count} scenes as floats of metres without options: {bare.count('asked')} asked about")
    pairs = math.ceil(count / 10)
    found = [stereo_pair(simulated_pair(number)) for number in range(pairs)]
    with_seam = sum(pair is not None and pair.seam for pair in found)
    alike = sum(pair is not None and not pair.seam for pair in found)
    print(f"{pairs} pairs of simulated scenes: {with_seam} recognised, {alike} doubted in a warning")
    scene_doubts = [stereo_pair(1 / render(ordinary_scene(number))) for number in range(count)]
    print(
        f"{count} scenes: {sum(pair is not None and not pair.seam for pair in scene_doubts)} doubted in a warning"
    )
    names = available_maps()
    missed = [name for name in names if not is_recognised(real_pair(name))]
    alone = [name for name in names if stereo_pair(real_disparity(name)) is not None]
    print(f"{len(names)} pairs of real maps: {len(names) - len(missed)} recognised; not: {_listed(missed)}")
    print(f"{len(names)} real maps alone: taken for a pair, or doubted: {_listed(alone)}")


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"


if __name__ == "__main__":
    main()
