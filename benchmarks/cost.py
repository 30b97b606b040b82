"""What depthauthor costs beside the least that the same work can cost, side by side in one run.

    python -m benchmarks.cost [--rounds N]

Each row is a ratio of two medians whose runs alternate, so that a machine that speeds up or slows down does so for
both. The floors do the unavoidable part only: read the photo, run the codec on the same plane, write the same number
of bytes as durably (temporary file, sync, rename).
"""

from __future__ import annotations

import argparse
import io
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from authoring import api, files
from authoring.codecs import hevc, photo
from authoring.codecs import jpeg as gray_jpeg
from authoring.depth import GrayscaleMeaning, PixelFormat, buffer_from_gray, quantize
from authoring.depth.buffer import DepthBuffer

GOLDEN = Path(__file__).parents[1] / "golden"
WIDTH, HEIGHT = 4032, 3024


def alternate(one: Callable[[], Any], other: Callable[[], Any], rounds: int) -> tuple[float, float]:
    """Median seconds of two jobs, run in turn after one warm-up each."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds + 1):
        for job, kept in zip((one, other), times, strict=True):
            start = time.perf_counter()
            job()
            if turn:
                kept.append(time.perf_counter() - start)
    return statistics.median(times[0]), statistics.median(times[1])


def report(name: str, ours: float, floor: float, limit: str) -> None:
    print(f"{name:<58} {ours * 1e3:9.2f} ms {floor * 1e3:9.2f} ms {ours / floor:8.2f} x   {limit}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=21)
    rounds = parser.parse_args().rounds

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Image.open(GOLDEN / "scene.png") as picture:
            large = np.asarray(
                picture.convert("RGB").resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC), np.int16
            )
        grain = np.random.default_rng(1).normal(0, 2, large.shape)
        pixels = np.clip(large + grain, 0, 255).astype(np.uint8)
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "JPEG", quality=90)
        jpeg_path, heic_path = folder / "photo.jpg", folder / "photo.heic"
        jpeg_path.write_bytes(out.getvalue())
        start = time.perf_counter()
        heic_path.write_bytes(
            photo.encode_heic(photo.Pixels(WIDTH, HEIGHT, pixels.tobytes()), photo.Metadata())
        )
        transcode = time.perf_counter() - start
        print(
            f"photo: {WIDTH}x{HEIGHT}, JPEG {jpeg_path.stat().st_size} bytes, HEIC {heic_path.stat().st_size} bytes"
        )

        with Image.fromarray(np.load(GOLDEN / "scene-depth.npy")) as exact:
            depth = np.asarray(exact.resize((768, 576), Image.Resampling.BILINEAR))
        codes = quantize(DepthBuffer.from_depth_m(depth, pixel_format=PixelFormat.FDIS)).codes
        target, floor_target = folder / "ours", folder / "floor"

        def embed(path: Path, suffix: str) -> Callable[[], Any]:
            output = target.with_suffix(suffix)
            return lambda: api.embed(path, depth, output=output, overwrite=True, profile="data")

        def floor(path: Path, encode: Callable[[], Any]) -> Callable[[], Any]:
            def job() -> None:
                data = path.read_bytes()
                payload = encode()
                files.write_file(floor_target, [data, payload], overwrite=True)

            return job

        def encode_jpeg() -> bytes:
            buffer = io.BytesIO()
            Image.fromarray(codes).save(buffer, "JPEG", quality=gray_jpeg.QUALITY)
            return buffer.getvalue()

        print(f"{'':<58} {'ours':>12} {'floor':>12} {'ratio':>10}   wanted")
        report(
            "JPEG embed, 768x576 map, against read + encode + write",
            *alternate(embed(jpeg_path, ".jpg"), floor(jpeg_path, encode_jpeg), rounds),
            "at most 1.5 x",
        )
        report(
            "HEIC embed, 768x576 map, against read + encode + write",
            *alternate(
                embed(heic_path, ".heic"),
                floor(heic_path, lambda: hevc.encode_gray(codes)),
                max(rounds // 2, 5),
            ),
            "at most 1.1 x",
        )
        gray = np.random.default_rng(2).integers(0, 65536, (HEIGHT, WIDTH), dtype=np.uint16)
        copied = np.empty_like(gray)
        meaning = GrayscaleMeaning(0.3, 5.0)
        report(
            "12 MP 16-bit gray to float16 disparity, against a copy",
            *alternate(
                lambda: buffer_from_gray(gray, meaning, PixelFormat.HDIS),
                lambda: np.copyto(copied, gray),
                rounds,
            ),
            "at most 6 x",
        )
        if shutil.which("exiftool"):
            embedded = target.with_suffix(".jpg")
            ours, theirs = alternate(
                lambda: api.extract(embedded),
                lambda: subprocess.run(
                    ["exiftool", "-b", "-MPImage2", embedded], stdout=subprocess.DEVNULL, check=True
                ),
                rounds,
            )
            print(f"{'extract from JPEG in-process, against exiftool':<58} {ours * 1e3:9.2f} ms {theirs * 1e3:9.2f} ms"
                  f" {theirs / ours:8.1f} x faster   at least 10 x")  # fmt: skip
        else:
            print("extract against exiftool: not measured, exiftool is not installed")
        print(f"12 MP photo to HEIC, default preset: {transcode:.2f} s   about 5 s")


if __name__ == "__main__":
    main()
