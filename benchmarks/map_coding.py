"""Compare the ways to encode a depth map as HEIC: our settings, pillow-heif's own save, and libheif's heif-enc.

The maps are the golden scene's, with and without noise, and those of real photos where the samples are there. Each cell
has the milliseconds, the bytes of the file, and by how many codes the decoded map is off at worst.
"""

from __future__ import annotations

import io
import shutil
import statistics
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image

from authoring.codecs import hevc
from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.stored_plane import quantize
from authoring.read import extract
from benchmarks.measure import depth_map, medians, table
from tests.conftest import SAMPLES

REAL = ("pug.heic", "openize_14pro_portrait.heic", "fidmaa_selfie_depth.heic")
NOISE_CODES = 4
"""Standard deviation."""
USUAL_QUALITY = 90
"""Of those who save maps with pillow-heif or heif-enc and want few errors."""

Codes = NDArray[np.uint8]
Encoder = Callable[[Codes], bytes]


def maps() -> dict[str, Codes]:
    """Return the maps (H, W) by name."""
    golden = quantize(DepthBuffer.from_depth_m(depth_map(), pixel_format=PixelFormat.FDIS)).eight_bit_codes()
    noise = np.random.default_rng(6).normal(0, NOISE_CODES, golden.shape)
    found = {name.split("_")[0].split(".")[0]: SAMPLES / name for name in REAL if (SAMPLES / name).is_file()}
    return {
        "golden": golden,
        "golden with noise": np.clip(golden + noise, 0, 255).astype(np.uint8),
        **{name: extract.read(path.read_bytes()).plane.eight_bit_codes() for name, path in found.items()},
    }


def encoders(folder: Path) -> dict[str, Encoder]:
    """Return the encoders by name."""
    ways: dict[str, Encoder] = {
        "ours, balanced (the default)": hevc.encode_gray,
        "ours, fast": partial(hevc.encode_gray, setting="fast"),
        "ours, finer (superfast, the default before 0.2)": partial(hevc.encode_gray, setting="finer"),
        "ours, best": partial(hevc.encode_gray, setting="best"),
        "ours, --lossless": partial(hevc.encode_gray, lossless=True),
        f"pillow-heif's save, quality {USUAL_QUALITY}": partial(_saved, quality=USUAL_QUALITY),
        "pillow-heif's save, lossless": partial(_saved, quality=-1),
    }
    if shutil.which("heif-enc"):
        quality = ["-q", str(USUAL_QUALITY)]
        ways[f"heif-enc, quality {USUAL_QUALITY} (a process)"] = partial(
            _heif_enc, folder=folder, options=quality
        )
        ways["heif-enc, lossless (a process)"] = partial(_heif_enc, folder=folder, options=["-L"])
    return ways


def _saved(codes: Codes, quality: int) -> bytes:
    out = io.BytesIO()
    height, width = codes.shape
    pillow_heif.from_bytes("L", (width, height), codes.tobytes()).save(out, quality=quality)
    return out.getvalue()


def _heif_enc(codes: Codes, folder: Path, options: list[str]) -> bytes:
    """Encode with libheif's example program, which reads a PNG; the PNG is written uncompressed."""
    source, target = folder / "map.png", folder / "map.heic"
    Image.fromarray(codes).save(source, compress_level=0)
    subprocess.run(["heif-enc", *options, source, "-o", target], capture_output=True, check=True)
    return target.read_bytes()


def worst(file: bytes, codes: Codes) -> int:
    """Return the largest error of the decoded map in codes; a map in colour is judged by its first channel."""
    decoded = np.asarray(pillow_heif.open_heif(io.BytesIO(file), convert_hdr_to_8bit=False))
    plane = decoded if decoded.ndim == 2 else decoded[..., 0]
    return int(np.abs(plane.astype(np.int16) - codes).max())


def report(folder: Path, rounds: int) -> str:
    """Return the table."""
    inputs, ways = maps(), encoders(folder)
    seconds = {
        name: medians({way: partial(encode, codes) for way, encode in ways.items()}, rounds)
        for name, codes in inputs.items()
    }
    default = next(iter(ways))
    rows = []
    for way, encode in ways.items():
        files = {name: encode(codes) for name, codes in inputs.items()}
        ratio = statistics.median(taken[way] / taken[default] for taken in seconds.values())
        cells = (
            f"{seconds[name][way] * 1e3:.0f} / {len(files[name]):,} / {worst(files[name], codes)}"
            for name, codes in inputs.items()
        )
        rows.append((way, f"{ratio:.2f}", *cells))
    sizes = ", ".join(f"{name} {codes.shape[1]}x{codes.shape[0]}" for name, codes in inputs.items())
    return f"Milliseconds / bytes / largest error in codes. {sizes}.\n\n" + table(
        ("encoder", "time, default = 1", *inputs), rows
    )
