"""Make the pictures of docs/tutorial.md and docs/troubleshooting.md: the golden scene with right and wrong maps.

`python -m golden.pictures` writes them.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

import depthauthor
from authoring.depth.calibration_json import parse_calibration_json
from authoring.views.pictures.colours import coloured
from authoring.views.pictures.page import overlaid
from authoring.views.refocus import refocused_pixels
from authoring.views.scene import load_scene
from golden.scene import calibration, render, render_depth

NEAR_M, FAR_M = 0.5, 8.0
"""What black and white of the mask mean, as in golden/scene-mask.png."""
SIZE: Final = (1024, 768)
PANEL: Final = (497, 373)
GAP: Final = 6
GRAY: Final = (118, 118, 124)
"""Of the gap between panels: neither glares on a dark page nor disappears on a white one."""
APERTURE: Final = 1.4
COARSE: Final = (96, 72)
"""Samples of the map whose edges are soft."""
CLOSE_UP: Final = (0.02, 0.44, 0.42, 0.84)
"""Part of the picture that shows the edges: left, top, right, bottom."""


def tutorial_pictures() -> dict[str, Image.Image]:
    """Return each picture by its name."""
    scene = render(*SIZE, 2)
    photo, depth_m = scene.rgb, scene.depth_m
    mask = np.rint((depth_m - NEAR_M) / (FAR_M - NEAR_M) * 255).clip(0, 255).astype(np.uint8)
    gray = np.repeat(mask[..., None], 3, axis=2)
    inside_out = NEAR_M + (FAR_M - NEAR_M) * nearness(
        depth_m
    )  # A network's white = near, read as white = far.
    coarse = render_depth(*COARSE)
    return {
        "tutorial-map": sheet(
            [(photo, "photo.jpg"), (gray, f"mask.png: black {NEAR_M:g} m, white {FAR_M:g} m")]
        ),
        "tutorial-polarity": sheet(
            [
                (in_colours(depth_m), "right: the ball is nearest"),
                (in_colours(inside_out), "inside out: the wall is nearest"),
                (refocused(photo, depth_m), "right: the background is blurred"),
                (refocused(photo, inside_out), "inside out: the ball is blurred"),
            ]
        ),
        "tutorial-fit": sheet(
            [
                (overlaid(photo, nearness(depth_m)), "fits: lines on the outlines"),
                (overlaid(photo, nearness(depth_m[:, ::-1])), "mirrored: lines beside them"),
            ]
        ),
        "tutorial-coarse": sheet(
            [
                (close_up(in_colours(stored(photo, coarse, refine=False))), "a map of 96 x 72"),
                (close_up(in_colours(stored(photo, coarse, refine=True))), "the same map with --refine"),
            ]
        ),
    }


def sheet(panels: Sequence[tuple[NDArray[np.uint8], str]]) -> Image.Image:
    """Return panels in rows of two, each with its caption on a dark band."""
    across, down = PANEL
    rows = (len(panels) + 1) // 2
    picture = Image.new("RGB", (2 * across + GAP, rows * (down + GAP) - GAP), GRAY)
    font = ImageFont.load_default(19)
    for number, (pixels, caption) in enumerate(panels):
        panel = Image.fromarray(pixels).resize(PANEL, Image.Resampling.LANCZOS)
        pen = ImageDraw.Draw(panel, "RGBA")
        pen.rectangle((0, down - 34, across, down), fill=(18, 18, 24, 190))
        pen.text((10, down - 28), caption, font=font, fill=(255, 255, 255))
        picture.paste(panel, ((number % 2) * (across + GAP), (number // 2) * (down + GAP)))
    return picture


def nearness(depth_m: NDArray[Any]) -> NDArray[np.float32]:
    """Return 1 for the nearest sample and 0 for the farthest, even in 1/m."""
    disparity = 1 / np.asarray(depth_m, np.float64)
    share = (disparity - disparity.min()) / (disparity.max() - disparity.min())
    return np.asarray(share, np.float32)


def in_colours(depth_m: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the map in the colours of `preview`."""
    return coloured(nearness(depth_m))


def embedded(photo: NDArray[np.uint8], depth_m: NDArray[Any], *, refine: bool = False) -> bytes:
    """Return the photo with a map, as `embed` writes it; its focus is where `embed` puts it."""
    out = io.BytesIO()
    Image.fromarray(photo).save(out, "JPEG", quality=97, subsampling=0)
    camera = parse_calibration_json(calibration())
    return depthauthor.embed_bytes(
        out.getvalue(), np.asarray(depth_m, np.float32), unit="m", calibration=camera, refine=refine
    )


def refocused(photo: NDArray[np.uint8], depth_m: NDArray[Any]) -> NDArray[np.uint8]:
    """Return what `refocus` makes of the photo with this map."""
    pixels, _ = refocused_pixels(load_scene(embedded(photo, depth_m)), aperture=APERTURE)
    return pixels


def stored(photo: NDArray[np.uint8], depth_m: NDArray[Any], *, refine: bool) -> NDArray[Any]:
    """Return the distances that come back from the photo, at the photo's size."""
    back = depthauthor.extract_bytes(embedded(photo, depth_m, refine=refine)).disparity_per_m()
    large = Image.fromarray(back.astype(np.float32)).resize(SIZE, Image.Resampling.BILINEAR)
    return 1 / np.asarray(large)


def close_up(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the part of a picture that shows the edges."""
    height, width = pixels.shape[:2]
    left, top, right, bottom = CLOSE_UP
    return pixels[round(top * height) : round(bottom * height), round(left * width) : round(right * width)]
