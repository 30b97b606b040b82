"""Photos of every container and orientation, and their upright pixels as foreign decoders give them."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageOps

from golden.dng import DngRecipe, build_dng
from golden.scene import oriented

GOLDEN = Path(__file__).parents[2] / "golden"

Pixels = NDArray[np.uint8]

ORIENTATIONS = range(1, 9)

CONTAINERS = (
    "scene.jpg",
    "scene.png",
    "scene.heic",
    "scene.dng",
    *(f"orientation/scene-{turn}.{suffix}" for suffix in ("jpg", "heic") for turn in ORIENTATIONS),
    "scene-6.dng",
    "scene-6.png",
)
"""Names of the photos that `photo` gives."""


@cache
def photo(name: str) -> tuple[bytes, Pixels]:
    """Return a photo's bytes, and its pixels (H, W, 3) as a person sees it, by a foreign decoder."""
    if name in ("scene.dng", "scene-6.dng", "scene-6.png"):
        turn = 6 if "6" in name else 1
        with Image.open(GOLDEN / "orientation" / "scene-1.jpg") as picture:
            upright = np.asarray(picture.convert("RGB"))
        return (dng if name.endswith(".dng") else png)(upright, turn), upright
    data = (GOLDEN / name).read_bytes()
    if name.endswith(".heic"):
        return data, np.asarray(pillow_heif.open_heif(io.BytesIO(data)))
    with Image.open(io.BytesIO(data)) as picture:
        return data, np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))


@cache
def small(suffix: str, orientation: int = 6) -> tuple[bytes, Pixels]:
    """Return a photo of 160 x 120 pixels, JPEG or PNG, stored turned; and its pixels as a person sees them."""
    with Image.open(GOLDEN / "scene.png") as picture:
        upright = np.asarray(picture.convert("RGB").resize((160, 120), Image.Resampling.BOX))
    data = png(upright, orientation) if suffix == ".png" else jpeg(upright, orientation)
    with Image.open(io.BytesIO(data)) as stored:
        return data, np.asarray(ImageOps.exif_transpose(stored).convert("RGB"))


def dng(upright: Pixels, orientation: int) -> bytes:
    """Return a DNG whose preview, without loss, is this picture once it is turned upright."""
    return build_dng(DngRecipe(oriented(upright, orientation), orientation=orientation))


def jpeg(upright: Pixels, orientation: int) -> bytes:
    """Return a JPEG that Exif turns upright."""
    return _encoded(upright, orientation, "JPEG", quality=95, subsampling=0)


def png(upright: Pixels, orientation: int) -> bytes:
    """Return a PNG that Exif turns upright, as editors export it."""
    return _encoded(upright, orientation, "PNG")


def _encoded(upright: Pixels, orientation: int, format: str, **options: Any) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    with Image.fromarray(np.ascontiguousarray(oriented(upright, orientation))) as picture:
        picture.save(buffer, format, exif=exif, **options)
    return buffer.getvalue()
