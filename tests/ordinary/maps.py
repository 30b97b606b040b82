"""Ordinary maps of one scene: each format, type and habit, with the options that a person would give."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

WIDTH, HEIGHT = 160, 120
NEAR_M, FAR_M = 0.5, 8.0
ENDS = ("--near", "0.5", "--far", "8")

_y, _x = np.mgrid[0:HEIGHT, 0:WIDTH]
METRES: NDArray[np.float32] = (
    FAR_M - (FAR_M - NEAR_M) * (_y / (HEIGHT - 1)) * (0.9 + 0.1 * np.cos(_x / 20))
).astype(np.float32)
"""A floor that comes nearer from the top to the bottom."""

SHARES = (METRES - METRES.min()) / (METRES.max() - METRES.min())
"""Black is near."""

INVERSE = (1 / METRES - 1 / METRES.max()) / (1 / METRES.min() - 1 / METRES.max())
"""As a relative network gives it: 1 is near."""


@dataclass(frozen=True, slots=True)
class Map:
    """A map file, and its options."""

    suffix: str
    make: Callable[[], bytes]
    options: tuple[str, ...] = ()
    extra: str = ""
    """The module that it needs besides those of the core."""


def npy(values: NDArray[Any]) -> Callable[[], bytes]:
    """Return a maker of an NPY file."""

    def make() -> bytes:
        out = io.BytesIO()
        np.save(out, values)
        return out.getvalue()

    return make


def _npz(compressed: bool = False, **arrays: Any) -> Callable[[], bytes]:
    def make() -> bytes:
        out = io.BytesIO()
        (np.savez_compressed if compressed else np.savez)(out, **arrays)
        return out.getvalue()

    return make


def _picture(file_format: str, values: NDArray[Any], mode: str = "", **options: Any) -> Callable[[], bytes]:
    def make() -> bytes:
        out = io.BytesIO()
        image = Image.fromarray(values)
        (image.convert(mode) if mode else image).save(out, file_format, **options)
        return out.getvalue()

    return make


def _pfm() -> bytes:
    return f"Pf\n{WIDTH} {HEIGHT}\n-1.0\n".encode() + METRES[::-1].astype("<f4").tobytes()


def _tiff(values: NDArray[Any], **options: Any) -> Callable[[], bytes]:
    def make() -> bytes:
        import tifffile

        out = io.BytesIO()
        tifffile.imwrite(out, values, **options)
        return out.getvalue()

    return make


def _exr(**channels: NDArray[Any]) -> Callable[[], bytes]:
    def make() -> bytes:
        import tempfile
        from pathlib import Path

        import OpenEXR

        header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "map.exr"
            OpenEXR.File(header, dict(channels)).write(str(path))
            return path.read_bytes()

    return make


_GRAY8 = np.rint(SHARES * 255).astype(np.uint8)
_GRAY16 = np.rint(SHARES * 65535).astype(np.uint16)
_MM = np.rint(METRES * 1000).astype(np.uint16)
_RELATIVE = ("--kind", "inverse-relative", *ENDS)

MAPS: dict[str, Map] = {
    "gray PNG, 8 bit": Map(".png", _picture("PNG", _GRAY8), ENDS),
    "gray PNG, 16 bit": Map(".png", _picture("PNG", _GRAY16), ENDS),
    "gray PNG as RGB": Map(".png", _picture("PNG", _GRAY8, "RGB"), ENDS),
    "gray PNG as RGBA": Map(".png", _picture("PNG", _GRAY8, "RGBA"), ENDS),
    "gray PNG with a palette": Map(".png", _picture("PNG", _GRAY8, "P"), ENDS),
    "gray PNG, white is near": Map(".png", _picture("PNG", 255 - _GRAY8), (*ENDS, "--white", "near")),
    "gray PNG, even steps of 1/m": Map(".png", _picture("PNG", _GRAY8), (*ENDS, "--spacing", "disparity")),
    "gray JPEG": Map(".jpg", _picture("JPEG", _GRAY8, quality=92), ENDS),
    "gray JPEG as RGB": Map(".jpg", _picture("JPEG", _GRAY8, "RGB", quality=92), ENDS),
    "gray TIFF, 8 bit": Map(".tif", _picture("TIFF", _GRAY8), ENDS),
    "gray TIFF, 16 bit": Map(".tiff", _picture("TIFF", _GRAY16), ENDS),
    "gray TIFF, LZW": Map(".tif", _picture("TIFF", _GRAY16, compression="tiff_lzw"), ENDS),
    "PNG in mm": Map(".png", _picture("PNG", _MM), ("--unit", "mm")),
    "PNG of KITTI": Map(
        ".png", _picture("PNG", np.rint(METRES * 256).astype(np.uint16)), ("--preset", "kitti")
    ),
    "TIFF of floats": Map(".tif", _picture("TIFF", METRES), ("--unit", "m")),
    "TIFF of floats, deflate": Map(
        ".tif", _tiff(METRES, compression="zlib"), ("--unit", "m"), extra="tifffile"
    ),
    "TIFF of halves": Map(".tif", _tiff(METRES.astype(np.float16)), ("--unit", "m"), extra="tifffile"),
    "TIFF of doubles, tiled": Map(
        ".tif", _tiff(METRES.astype(np.float64), tile=(64, 64)), ("--unit", "m"), extra="tifffile"
    ),
    "PFM": Map(".pfm", _pfm, ("--unit", "m")),
    "EXR, Z": Map(".exr", _exr(Z=METRES), ("--unit", "m"), extra="OpenEXR"),
    "EXR, depth of halves": Map(
        ".exr", _exr(depth=METRES.astype(np.float16)), ("--unit", "m"), extra="OpenEXR"
    ),
    **{
        f"NPY of {dtype}": Map(".npy", npy(METRES.astype(dtype)), ("--unit", "m"))
        for dtype in ("float16", "float32", "float64", ">f4", ">f8")
    },
    "NPY in columns": Map(".npy", npy(np.asfortranarray(METRES)), ("--unit", "m")),
    "NPY (1, H, W)": Map(".npy", npy(METRES[None]), ("--unit", "m")),
    "NPY (1, 1, H, W)": Map(".npy", npy(METRES[None, None]), ("--unit", "m")),
    "NPY (H, W, 1)": Map(".npy", npy(METRES[..., None]), ("--unit", "m")),
    "NPY in mm": Map(".npy", npy(_MM), ("--unit", "mm")),
    "NPY in cm of 32 bits": Map(".npy", npy(np.rint(METRES * 100).astype(np.int32)), ("--unit", "cm")),
    "NPY of disparity": Map(".npy", npy(1 / METRES), ("--kind", "disparity")),
    "NPY of a relative network": Map(".npy", npy(INVERSE.astype(np.float32)), _RELATIVE),
    "NPY of an affine network": Map(".npy", npy(SHARES.astype(np.float32)), ("--kind", "affine", *ENDS)),
    "NPY of stereo": Map(
        ".npy",
        npy((100 * 0.1 / METRES).astype(np.float32)),
        ("--kind", "disparity-px", "--focal-px", "100", "--baseline", "0.1"),
    ),
    "NPY with holes": Map(".npy", npy(np.where(_x < 20, np.nan, METRES)), ("--unit", "m")),
    "NPY with sky": Map(".npy", npy(np.where(_y < 20, np.inf, METRES)), ("--unit", "m")),
    "NPY with zeros as holes": Map(
        ".npy", npy(np.where(_x < 20, 0, METRES)), ("--unit", "m", "--invalid", "0")
    ),
    "NPY half as large": Map(".npy", npy(METRES[::2, ::2]), ("--unit", "m")),
    "NPY twice as large": Map(".npy", npy(METRES.repeat(2, 0).repeat(2, 1)), ("--unit", "m")),
    "NPY of another shape, stretched": Map(".npy", npy(METRES[:, :120]), ("--unit", "m", "--stretch")),
    "NPY a stack": Map(".npy", npy(np.stack([METRES, METRES + 1])), ("--unit", "m", "--frame", "1")),
    "NPZ": Map(".npz", _npz(depth=METRES), ("--unit", "m")),
    "NPZ, compressed": Map(".npz", _npz(True, depth=METRES), ("--unit", "m")),
    "NPZ of Depth Pro": Map(
        ".npz", _npz(depth=METRES, focallength_px=np.float32(200)), ("--preset", "depth-pro")
    ),
    "NPZ with a key": Map(".npz", _npz(a=METRES, b=METRES + 1), ("--unit", "m", "--key", "b")),
}
