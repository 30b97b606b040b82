"""Measure in-process cost against the least that the same work can cost, alternating in one run.

    python -m benchmarks.cost [--rounds N]

The floors do the unavoidable part only: read the photo, run the codec on the same plane, write the same number of
bytes as durably (temporary file, sync, rename). `embed` also decodes the plane that it has encoded, since it measures
the bound that it promises; the rows "and decode" include that in their floor, and show what is neither codec nor disk.
"""

from __future__ import annotations

import argparse
import io
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from authoring import files
from authoring.api import photo_files
from authoring.codecs import hevc, photo
from authoring.codecs import jpeg as gray_jpeg
from authoring.codecs.hevc import Effort
from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.grayscale import GrayscaleMeaning, buffer_from_gray, lookup_table
from authoring.depth.stored_plane import quantize
from benchmarks.measure import HEIGHT, WIDTH, Row, alternate, depth_map, jpeg_photo, photo_pixels, table


class Bench:
    """A folder with photos, and jobs on them."""

    def __init__(self, folder: Path, rounds: int) -> None:
        """Make the photos."""
        self.folder, self.rounds = folder, rounds
        pixels = photo_pixels()
        self.jpeg = self._write("photo.jpg", jpeg_photo(pixels))
        self.large = self._write("large.jpg", jpeg_photo(photo_pixels(2)))
        start = time.perf_counter()
        heic = photo.encode_heic(photo.Pixels(WIDTH, HEIGHT, pixels.tobytes()), photo.Metadata())
        self.transcode_s = time.perf_counter() - start
        self.heic = self._write("photo.heic", heic)

    def _write(self, name: str, data: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path

    def embed(
        self,
        name: str,
        path: Path,
        wanted: str,
        *,
        depth: NDArray[np.float32] | None = None,
        effort: Effort | None = None,
        profile: str = "data",
        decoded: bool = False,
    ) -> Row:
        """Compare `embed` with read + encode + write, and decode if `decoded`."""
        depth = depth_map() if depth is None else depth
        target, floor_target = self.folder / f"ours{path.suffix}", self.folder / "floor"
        max_size = max(depth.shape)
        codes = quantize(DepthBuffer.from_depth_m(depth, pixel_format=PixelFormat.FDIS)).codes

        def encode() -> bytes:
            if path.suffix == ".heic":
                return hevc.encode_gray(codes, setting=effort or "balanced")
            buffer = io.BytesIO()
            Image.fromarray(codes).save(buffer, "JPEG", quality=gray_jpeg.QUALITY)
            return buffer.getvalue()

        def ours() -> None:
            photo_files.embed(
                path,
                depth,
                output=target,
                overwrite=True,
                profile=profile,  # type: ignore[arg-type]
                effort=effort,
                max_size=max_size,
            )

        def floor() -> None:
            data = path.read_bytes()
            payload = encode()
            if decoded:
                (hevc if path.suffix == ".heic" else gray_jpeg).decode_gray(payload)
            files.write_file(floor_target, [data, payload], overwrite=True)

        rounds = self.rounds if path.suffix == ".jpg" else max(self.rounds // 2, 5)
        return Row(name, *alternate(ours, floor, rounds), wanted)

    def extract(self) -> Row:
        """Compare `extract` from JPEG with decoding the gray JPEG."""
        data = photo_files.embed_bytes(self.jpeg.read_bytes(), depth_map(), profile="data")
        path = self._write("depth.jpg", data)
        from authoring import containers

        payload = containers.parse(data).layout.auxiliaries[0].payload

        def ours() -> None:
            photo_files.extract(path)

        name = "extract from JPEG, 768x576, against decoding its gray JPEG"
        return Row(name, *alternate(ours, lambda: gray_jpeg.decode_gray(payload), self.rounds), "at most 2")

    def exiftool(self) -> Row | None:
        """Compare `extract` with starting exiftool for it."""
        if not shutil.which("exiftool"):
            return None
        path = self.folder / "depth.jpg"
        command = ["exiftool", "-b", "-MPImage2", str(path)]
        ours, theirs = alternate(
            lambda: photo_files.extract(path),
            lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True),
            max(self.rounds // 3, 5),
        )
        return Row("extract from JPEG in-process, against exiftool -b", ours, theirs, "at most 0.1")


def conversion(rounds: int) -> list[Row]:
    """Compare 16-bit gray to float16 disparity with a copy, and with plain NumPy."""
    gray = np.random.default_rng(2).integers(0, 65536, (HEIGHT, WIDTH), dtype=np.uint16)
    copied = np.empty_like(gray)
    meaning = GrayscaleMeaning(0.3, 5.0)

    def ours() -> None:
        buffer_from_gray(gray, meaning, PixelFormat.HDIS)

    def naive() -> NDArray[Any]:
        near, far = meaning.near_m, meaning.far_m
        return np.asarray(1 / (near + gray.astype(np.float64) / 65535 * (far - near)), np.float16)

    def take() -> NDArray[Any]:
        return lookup_table(meaning, 65536, PixelFormat.HDIS)[gray]

    return [
        Row(
            "12 MP 16-bit noise to float16 disparity, against a copy",
            *alternate(ours, lambda: np.copyto(copied, gray), rounds),
            "at most 6",
        ),
        Row("the same, against a table and fancy indexing", *alternate(ours, take, max(rounds // 3, 5)), ""),
        Row("the same, against plain NumPy", *alternate(ours, naive, 5), "at most 0.125"),
    ]


def rows(folder: Path, rounds: int) -> tuple[list[Row], str]:
    """Return all comparisons, and what was compared."""
    bench = Bench(folder, rounds)
    full = depth_map((WIDTH, HEIGHT))
    floor, decode = "against read + encode + write", "against read + encode and decode + write"
    comparisons: list[Row | None] = [
        bench.embed(f"JPEG embed, 12 MP, data profile, {floor}", bench.jpeg, ""),
        bench.embed(f"the same, {decode}", bench.jpeg, "at most 2.2", decoded=True),
        bench.embed("JPEG embed, 12 MP, portrait profile", bench.jpeg, "", profile="portrait"),
        bench.embed("JPEG embed, 48 MP, data profile", bench.large, ""),
        bench.embed("JPEG embed, 12 MP, map stored at full resolution", bench.jpeg, "", depth=full),
        bench.embed(f"the same, {decode}", bench.jpeg, "", depth=full, decoded=True),
        bench.embed("HEIC embed, 12 MP, data profile, default encoder", bench.heic, ""),
        bench.embed(f"the same, {decode}", bench.heic, "", decoded=True),
        bench.embed("HEIC embed, portrait profile", bench.heic, "", profile="portrait"),
        bench.embed("HEIC embed, fastest encoder (effort fast)", bench.heic, "", effort="fast"),
        bench.embed(f"the same, {decode}", bench.heic, "", effort="fast", decoded=True),
        bench.extract(),
        bench.exiftool(),
        *conversion(rounds),
    ]
    sizes = ", ".join(
        f"{path.name} {path.stat().st_size:,} bytes" for path in (bench.jpeg, bench.large, bench.heic)
    )
    notes = (
        f"Photos: {sizes}; map 768x576 from the golden scene. "
        f"A 12 MP photo becomes HEIC in {bench.transcode_s:.1f} s."
    )
    return [row for row in comparisons if row], notes


def main() -> None:
    """Print the comparisons."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=31)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        comparisons, notes = rows(Path(name), given.rounds)
    print(table("In process", comparisons))
    print(notes)


if __name__ == "__main__":
    main()
