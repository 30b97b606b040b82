"""Photos a second of `batch`, its memory, and the cost of a photo beside the codec alone, in one run.

    python -m benchmarks.batch [--photos N] [--few N]

N 12 MP photos with different grain are hard links to a few files, each with its own output. The floor reads the photo,
codes the same plane and writes as many bytes as durably; worker start-up is left out of both by the length of the run.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from authoring import files
from authoring.codecs import hevc, photo
from authoring.codecs import jpeg as gray_jpeg
from authoring.depth import PixelFormat, quantize
from authoring.depth.buffer import DepthBuffer

GOLDEN = Path(__file__).parents[1] / "golden"
WIDTH, HEIGHT = 4032, 3024


def peak_kib(root: int) -> int:
    """Resident memory of a process and its children now, in KiB."""
    total, left = 0, [root]
    while left:
        one = left.pop()
        try:
            status = Path(f"/proc/{one}/status").read_text()
            left += map(int, Path(f"/proc/{one}/task/{one}/children").read_text().split())
        except OSError:
            continue
        total += next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")), 0)
    return total


def run(manifest: Path, out: Path, jobs: int) -> tuple[float, int]:
    """Seconds and peak memory (KiB) of one batch."""
    peak = 0
    start = time.perf_counter()
    command = [sys.executable, "-m", "authoring", "batch", manifest, "--out", out, "--jobs", str(jobs)]
    with subprocess.Popen(
        [*map(str, command), "--profile", "data"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as running:
        talk: list[bytes] = []
        assert running.stderr is not None
        reader = threading.Thread(target=lambda: talk.append(running.stderr.read()))  # type: ignore[union-attr]
        reader.start()
        while running.poll() is None:
            peak = max(peak, peak_kib(running.pid))
            time.sleep(0.02)
        reader.join()
    if running.returncode:
        raise SystemExit(talk[0].decode())
    return time.perf_counter() - start, peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--few", type=int, default=100, help="rows of the short run whose memory is compared")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Image.open(GOLDEN / "scene.png") as picture:
            large = np.asarray(picture.convert("RGB").resize((WIDTH, HEIGHT)), np.int16)
        with Image.fromarray(np.load(GOLDEN / "scene-depth.npy")) as exact:
            depth = np.asarray(exact.resize((768, 576), Image.Resampling.BILINEAR))
        np.save(folder / "map.npy", depth)
        codes = quantize(DepthBuffer.from_depth_m(depth, pixel_format=PixelFormat.FDIS)).codes
        grain = np.random.default_rng(1).normal(0, 2, large.shape)
        pixels = np.clip(large + grain, 0, 255).astype(np.uint8)
        coded = io.BytesIO()
        Image.fromarray(pixels).save(coded, "JPEG", quality=90)
        (folder / "jpg").write_bytes(coded.getvalue())
        whole = photo.Pixels(WIDTH, HEIGHT, pixels.tobytes())
        (folder / "heic").write_bytes(photo.encode_heic(whole, photo.Metadata()))

        def encode_jpeg() -> bytes:
            buffer = io.BytesIO()
            Image.fromarray(codes).save(buffer, "JPEG", quality=gray_jpeg.QUALITY)
            return buffer.getvalue()

        def encode_heic() -> bytes:
            return hevc.encode_gray(codes)

        for suffix, encode in (("jpg", encode_jpeg), ("heic", encode_heic)):
            report(folder, suffix, encode, given.photos, given.few)


def report(folder: Path, suffix: str, encode: Callable[[], bytes], photos: int, few: int) -> None:
    manifests = {}
    for count in (few, photos):
        lines = []
        for number in range(count):
            target = folder / f"{number}.{suffix}"
            if not target.exists():
                os.link(folder / suffix, target)
            lines.append(json.dumps({"photo": target.name, "map": "map.npy"}))
        manifests[count] = folder / f"{suffix}-{count}.jsonl"
        manifests[count].write_text("\n".join(lines))
    taken = {}
    for number, (count, jobs) in enumerate(((few, 1), (few, 2), (photos, 1), (photos, 2))):
        out = folder / f"{suffix}-{number}"
        taken[count, jobs] = run(manifests[count], out, jobs)
        subprocess.run(["rm", "-rf", out], check=True)
    # Two lengths tell the cost of a photo without that of starting.
    steady = {jobs: (taken[photos, jobs][0] - taken[few, jobs][0]) / (photos - few) for jobs in (1, 2)}
    start = time.perf_counter()
    rounds = min(photos, 200)
    for _ in range(rounds):
        data = (folder / suffix).read_bytes()
        files.write_file(folder / "floor", [data, encode()], overwrite=True)
    floor = (time.perf_counter() - start) / rounds
    print(
        f"{suffix}: {1 / steady[1]:.1f} photos/s with 1 job, {1 / steady[2]:.1f} with 2 "
        f"({steady[1] / steady[2]:.2f} x); start {taken[few, 1][0] - few * steady[1]:.2f} s"
    )
    print(
        f"{suffix}: {steady[1] * 1e3:.1f} ms a photo, read + encode + write {floor * 1e3:.1f} ms "
        f"({steady[1] / floor:.2f} x)"
    )
    print(
        f"{suffix}: peak memory with 2 jobs {taken[few, 2][1] / 1024:.0f} MiB at {few} rows, "
        f"{taken[photos, 2][1] / 1024:.0f} MiB at {photos}"
    )


if __name__ == "__main__":
    main()
