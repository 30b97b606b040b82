"""Compare calls from Python with the least that the same work can cost, with naive NumPy, and with other programs.

A floor does the unavoidable part only: it reads the photo, encodes the same plane with the same codec, decodes it
again, since the bound that `embed` promises is measured on what it has written, and writes the same bytes as durably
(temporary file, sync, rename).
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
from numpy.typing import NDArray

from authoring import containers, files
from authoring.api import photo_files
from authoring.codecs import hevc
from authoring.codecs import jpeg as gray_jpeg
from authoring.codecs.hevc import Effort
from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.grayscale import GrayscaleMeaning, buffer_from_gray
from authoring.depth.stored_plane import quantize
from benchmarks.measure import HEIGHT, WIDTH, Row, camera_photo, comparison, depth_map

SLOW_ROUNDS = 3
"""Of jobs that take more than a second."""


def embed(
    name: str,
    path: Path,
    rounds: int,
    *,
    depth: NDArray[np.float32] | None = None,
    effort: Effort = "balanced",
    profile: str = "data",
) -> Row:
    """Compare `embed` with its floor."""
    depth = depth_map() if depth is None else depth
    target = path.with_name(f"out{path.suffix}")
    codes = quantize(DepthBuffer.from_depth_m(depth, pixel_format=PixelFormat.FDIS)).eight_bit_codes()

    def ours() -> None:
        photo_files.embed(
            path,
            depth,
            output=target,
            overwrite=True,
            profile=profile,  # type: ignore[arg-type]
            effort=effort,
            max_size=max(depth.shape),
        )

    def floor() -> None:
        data = path.read_bytes()
        if path.suffix == ".heic":
            payload = hevc.encode_gray(codes, setting=effort)
            hevc.decode_gray(payload)
        else:
            payload = gray_jpeg.encode_gray(codes).data  # which decodes, too
        files.write_file(path.with_name("floor"), [data, payload], overwrite=True)

    return Row.of(name, ours, floor, rounds)


def saved_again(path: Path) -> Row:
    """Compare `embed` into a HEIC with what pillow-heif has to do to change one: decode and encode the photo."""
    target = path.with_name("saved.heic")

    def ours() -> None:
        photo_files.embed(path, depth_map(), output=target, overwrite=True)

    def theirs() -> None:
        pillow_heif.open_heif(path).save(target)

    name = "embed into a 12 MP HEIC, against pillow-heif opening and saving it"
    return Row.of(name, ours, theirs, SLOW_ROUNDS)


def extract(path: Path, rounds: int) -> Row:
    """Compare `extract` with decoding the depth image alone."""
    data = photo_files.embed_bytes(path.read_bytes(), depth_map(), profile="data")
    mapped = path.with_name(f"depth{path.suffix}")
    mapped.write_bytes(data)
    if path.suffix == ".jpg":
        payload = containers.parse(data).layout.auxiliaries[0].payload
        name = "extract from JPEG, against decoding its gray JPEG"
        other: Callable[[], Any] = lambda: gray_jpeg.decode_gray(payload)  # noqa: E731
    else:
        name = "extract from HEIC, against pillow-heif's depth_images"
        other = lambda: np.asarray(pillow_heif.open_heif(mapped).info["depth_images"][0])  # noqa: E731
    return Row.of(name, lambda: np.asarray(photo_files.extract(mapped)), other, rounds)


def with_exiftool(path: Path) -> list[Row]:
    """Compare `extract` and `inspect` with starting exiftool for the same."""
    if not shutil.which("exiftool"):
        return []

    def exiftool(*options: str) -> Callable[[], Any]:
        return lambda: subprocess.run(["exiftool", *options, path], stdout=subprocess.DEVNULL, check=True)

    return [
        Row.of(
            "extract, against exiftool -b -MPImage2 (a process)",
            lambda: photo_files.extract(path),
            exiftool("-b", "-MPImage2"),
            7,
        ),
        Row.of(
            "inspect, against exiftool -json (a process)",
            lambda: photo_files.inspect(path),
            exiftool("-json"),
            7,
        ),
    ]


def conversions(rounds: int) -> list[Row]:
    """Compare the conversion of 12 million samples with a copy, and with naive NumPy."""
    gray = np.random.default_rng(2).integers(0, 65536, (HEIGHT, WIDTH), dtype=np.uint16)
    depth, copied, meaning = depth_map((WIDTH, HEIGHT)), np.empty_like(gray), GrayscaleMeaning(0.3, 5.0)
    buffer = DepthBuffer.from_depth_m(depth, pixel_format=PixelFormat.FDIS)

    def from_gray() -> None:
        buffer_from_gray(gray, meaning, PixelFormat.HDIS)

    def naive_gray() -> NDArray[Any]:
        near, far = meaning.near_m, meaning.far_m
        return np.asarray(1 / (near + gray.astype(np.float64) / 65535 * (far - near)), np.float16)

    def naive_codes() -> NDArray[Any]:
        disparity = buffer.samples.astype(np.float64)
        low, high = disparity.min(), disparity.max()
        return np.asarray(np.rint((disparity - low) / (high - low) * 255), np.uint8)

    def codes() -> None:
        quantize(buffer)

    def copy() -> None:
        np.copyto(copied, gray)

    return [
        Row.of("16-bit noise to float16 disparity, against copying it", from_gray, copy, rounds),
        Row.of("the same, against naive NumPy", from_gray, naive_gray, SLOW_ROUNDS),
        Row.of("float32 disparity to 8-bit codes, against naive NumPy", codes, naive_codes, SLOW_ROUNDS),
    ]


def report(folder: Path, rounds: int) -> str:
    """Return the tables."""
    jpeg, large, heic = (folder / name for name in ("photo.jpg", "large.jpg", "photo.heic"))
    jpeg.write_bytes(camera_photo(".jpg"))
    large.write_bytes(camera_photo(".jpg", 2))
    heic.write_bytes(camera_photo(".heic"))
    full, fewer = depth_map((WIDTH, HEIGHT)), max(rounds // 2, SLOW_ROUNDS)
    floors = [
        embed("JPEG, 12 MP", jpeg, rounds),
        embed("JPEG, 12 MP, portrait profile", jpeg, rounds, profile="portrait"),
        embed("JPEG, 48 MP", large, rounds),
        embed("JPEG, 12 MP, map of 12 MP", jpeg, SLOW_ROUNDS, depth=full),
        embed("HEIC, 12 MP", heic, fewer),
        embed("HEIC, 12 MP, portrait profile", heic, fewer, profile="portrait"),
        embed("HEIC, 12 MP, --effort fast", heic, fewer, effort="fast"),
        embed("HEIC, 12 MP, map of 12 MP", heic, SLOW_ROUNDS, depth=full),
    ]
    others = [saved_again(heic), extract(jpeg, rounds), extract(heic, rounds)]
    others += with_exiftool(folder / "depth.jpg") + conversions(fewer)
    sizes = ", ".join(f"{path.name} {path.stat().st_size:,} bytes" for path in (jpeg, large, heic))
    return (
        "`embed` of a map of 768x576 with the data profile, unless the row says otherwise, against its floor: reading "
        f"the photo, encoding and decoding the map, writing. {sizes}.\n\n{comparison(floors)}\n{comparison(others)}"
    )
