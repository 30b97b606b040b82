"""Build small DNG files: linear RGB or a CFA of 16 bits, uncompressed, with a preview, an active area and a crop.

LibRaw, Adobe's specification and exiftool take them for what a converter writes from a raw file.

Run `python -m golden.dng` at the root of the repository, after rendering the scene, to write the golden DNGs again.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.orientation import Orientation
from authoring.depth.stored_plane import StoredPlane, quantize
from authoring.tiff import SIZES, TiffType, build_entry, build_ifd

FOLDER = Path(__file__).parent

TINY = (64, 48)
"""Width and height of the golden DNGs as they are shown: a sixteenth of the scene, an eighth of its depth."""

BORDER = 2
"""Pixels of their sensor around the active area."""

BIG_ENDIAN_ORIENTATION = 6
"""Of the big-endian one, whose stored raster is a quarter turned."""

Entries = dict[int, tuple[TiffType, list[int]]]
"""By tag: type and numbers; a RATIONAL takes two."""

_STRUCT = {1: "B", 2: "B", 3: "H", 4: "I", 5: "I", 7: "B", 10: "i", 13: "I"}


@dataclass(frozen=True, slots=True, eq=False)
class DngRecipe:
    """What a DNG is made of."""

    pixels: NDArray[np.uint8]
    """The developed picture's sRGB (H, W, 3), as stored; it fills the active area."""
    order: Literal["<", ">"] = "<"
    orientation: int = 1
    border: int = 0
    """Pixels of the sensor around the active area, on each side."""
    crop: tuple[int, int, int, int] | None = None
    """DefaultCrop in the active area: left, top, width, height."""
    preview: bool = True
    mosaic: bool = False
    """Whether the photo has one colour a pixel (CFA, RGGB) as a sensor gives it, instead of three."""
    extra: Entries = field(default_factory=dict)
    """More entries of the photo's directory."""


def build_dng(recipe: DngRecipe) -> bytes:
    """Return the DNG: IFD0 with the preview, and one SubIFD with the photo."""
    height, width, _ = recipe.pixels.shape
    border = recipe.border
    linear = np.pad(_linear(recipe.pixels), ((border, border), (border, border), (0, 0)), mode="edge")
    left, top, crop_width, crop_height = recipe.crop or (0, 0, width, height)
    photo: Entries = {
        254: (TiffType.LONG, [0]),
        256: (TiffType.LONG, [width + 2 * border]),
        257: (TiffType.LONG, [height + 2 * border]),
        258: (TiffType.SHORT, [16, 16, 16]),
        259: (TiffType.SHORT, [1]),
        262: (TiffType.SHORT, [34892]),
        277: (TiffType.SHORT, [3]),
        278: (TiffType.LONG, [height + 2 * border]),
        284: (TiffType.SHORT, [1]),
        50714: (TiffType.SHORT, [0, 0, 0]),
        50717: (TiffType.LONG, [65535, 65535, 65535]),
        50719: (TiffType.LONG, [left, top]),
        50720: (TiffType.LONG, [crop_width, crop_height]),
        50829: (TiffType.LONG, [border, border, border + height, border + width]),
        **recipe.extra,
    }
    if recipe.mosaic:
        linear = _mosaic(linear)
        photo |= {
            258: (TiffType.SHORT, [16]),
            262: (TiffType.SHORT, [32803]),
            277: (TiffType.SHORT, [1]),
            33421: (TiffType.SHORT, [2, 2]),
            33422: (TiffType.BYTE, [0, 1, 1, 2]),
            50714: (TiffType.SHORT, [0]),
            50717: (TiffType.LONG, [65535]),
        }
    first: Entries = {
        271: (TiffType.ASCII, [*b"depthauthor\0"]),
        272: (TiffType.ASCII, [*b"made DNG\0"]),
        274: (TiffType.SHORT, [recipe.orientation]),
        50706: (TiffType.BYTE, [1, 4, 0, 0]),
        50707: (TiffType.BYTE, [1, 3, 0, 0]),
        50708: (TiffType.ASCII, [*b"made DNG\0"]),
        # sRGB primaries, D65: XYZ to linear sRGB.
        50721: (TiffType.SRATIONAL, _XYZ_TO_SRGB),
        50728: (TiffType.RATIONAL, [1, 1, 1, 1, 1, 1]),
        50778: (TiffType.SHORT, [21]),
    }
    shown = recipe.pixels[top : top + crop_height, left : left + crop_width]
    if recipe.preview:
        first |= {
            254: (TiffType.LONG, [1]),
            256: (TiffType.LONG, [crop_width]),
            257: (TiffType.LONG, [crop_height]),
            258: (TiffType.SHORT, [8, 8, 8]),
            259: (TiffType.SHORT, [1]),
            262: (TiffType.SHORT, [2]),
            277: (TiffType.SHORT, [3]),
            278: (TiffType.LONG, [crop_height]),
        }
        preview = shown.tobytes()
    else:
        first, photo, preview = first | photo, {}, b""
    return _assemble(recipe.order, first, photo, preview, linear.astype(recipe.order + "u2").tobytes())


_XYZ_TO_SRGB = [
    number
    for value in (32406, -15372, -4986, -9689, 18758, 415, 557, -2040, 10570)
    for number in (value, 10000)
]


def _linear(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return sRGB as linear light, 0 to 65535 (IEC 61966-2-1)."""
    share = pixels / 255
    light = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    levels: NDArray[np.float64] = np.rint(light * 65535)
    return levels


def _mosaic(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the colour of each pixel that RGGB has there (H, W)."""
    y, x = np.mgrid[: linear.shape[0], : linear.shape[1]]
    taken: NDArray[np.float64] = linear[y, x, y % 2 + x % 2]
    return taken


def _assemble(order: Literal["<", ">"], first: Entries, photo: Entries, preview: bytes, raw: bytes) -> bytes:
    """Lay out header, image data, values and directories, one after the other."""
    out = bytearray((b"II*\0" if order == "<" else b"MM\0*") + bytes(4))

    def add(data: bytes) -> int:
        out.extend(b"\0" * (len(out) % 2))
        out.extend(data)
        return len(out) - len(data)

    def directory(entries: Entries) -> int:
        built = []
        for tag, (kind, numbers) in sorted(entries.items()):
            value = struct.pack(f"{order}{len(numbers)}{_STRUCT[kind]}", *numbers)
            count = len(value) // SIZES[kind]
            stored: int | bytes = value if len(value) <= 4 else add(value)
            built.append(build_entry(order, tag, kind, count, stored))
        return add(build_ifd(order, built))

    if photo:
        photo[273] = (TiffType.LONG, [add(raw)])
        photo[279] = (TiffType.LONG, [len(raw)])
        first[273] = (TiffType.LONG, [add(preview)])
        first[279] = (TiffType.LONG, [len(preview)])
        first[330] = (TiffType.LONG, [directory(photo)])
    else:
        first[273] = (TiffType.LONG, [add(raw)])
        first[279] = (TiffType.LONG, [len(raw)])
    struct.pack_into(order + "I", out, 4, directory(first))
    return bytes(out)


def tiny_dngs() -> dict[str, bytes]:
    """Return the golden DNGs by name: one of each byte order; the big-endian one is stored turned, without preview."""
    with Image.open(FOLDER / "scene.png") as opened:
        scene = np.asarray(opened.convert("RGB"))
    width, height = TINY
    blocks = scene.reshape(height, scene.shape[0] // height, width, scene.shape[1] // width, 3)
    pixels = np.rint(blocks.mean(axis=(1, 3))).astype(np.uint8)
    turned = np.ascontiguousarray(Orientation(BIG_ENDIAN_ORIENTATION).to_stored(pixels))
    return {
        "scene-tiny.dng": build_dng(DngRecipe(pixels, border=BORDER)),
        "scene-tiny-big.dng": build_dng(
            DngRecipe(turned, order=">", orientation=BIG_ENDIAN_ORIENTATION, border=BORDER, preview=False)
        ),
    }


def tiny_plane(orientation: int = 1) -> StoredPlane:
    """Return the scene's depth as codes of the size of the golden DNGs, in a stored raster."""
    exact = np.load(FOLDER / "scene-depth.npy")
    step = exact.shape[1] // TINY[0]
    depth = np.ascontiguousarray(Orientation(orientation).to_stored(exact[::step, ::step]))
    return quantize(DepthBuffer.from_depth_m(depth, pixel_format=PixelFormat.FDEP))


def golden_files() -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of the golden DNGs, and of the codes of their maps as PGM."""
    yield from tiny_dngs().items()
    for number in (1, BIG_ENDIAN_ORIENTATION):
        out = io.BytesIO()
        Image.fromarray(tiny_plane(number).codes).save(out, "PPM")
        yield f"payload/depth-tiny-{number}.pgm", out.getvalue()


def main() -> None:
    """Write everything."""
    for name, data in golden_files():
        (FOLDER / name).write_bytes(data)


if __name__ == "__main__":
    main()
