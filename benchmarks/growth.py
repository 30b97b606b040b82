"""Measure how time and memory grow with the photo, the map, the number of images and the length of a manifest.

    python -m benchmarks.growth

Each measurement is a process of its own, so that the peak of memory is its own. If growth is linear, the last column
is constant.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from authoring.api import photo_files
from benchmarks.measure import depth_map, jpeg_photo, photo_pixels

PHOTOS = {"1 MP": 0.29, "12 MP": 1.0, "48 MP": 2.0, "200 MP": 4.08}
MAPS = {"0.4 MP": (768, 576), "3 MP": (2016, 1512), "12 MP": (4032, 3024)}

PEAK = """
def peak_kib():
    status = open("/proc/self/status").read()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
"""
"""Of the process itself; getrusage would include the parent's memory, which a child starts with."""

EMBED = f"""
import statistics, sys, time
import numpy as np
import depthauthor as da
{PEAK}
photo, depth, out, size = sys.argv[1:]
depth_m = np.load(depth)
da.embed(photo, depth_m[::8, ::8].copy(), output=out, overwrite=True, profile="data")
times = []
for _ in range(7):
    start = time.perf_counter()
    da.embed(photo, depth_m, output=out, overwrite=True, profile="data", max_size=int(size))
    times.append(time.perf_counter() - start)
print(statistics.median(times), peak_kib())
"""


def measure_embed(photo: Path, depth: Path, folder: Path, size: int) -> tuple[float, float]:
    """Return median seconds and peak MB of embedding in a process of its own."""
    command = [sys.executable, "-c", EMBED, str(photo), str(depth), str(folder / "out.jpg"), str(size)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return float(output[0]), int(output[1]) / 1024


def base_mb() -> float:
    """Return the peak memory of a process that has imported everything and embedded nothing."""
    code = (
        "import numpy, PIL.Image, PIL.JpegImagePlugin, lxml.etree, authoring.embed.steps, "
        f"authoring.containers.jpeg, authoring.embed.embed_options\n{PEAK}\nprint(peak_kib())"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    return int(output) / 1024


def report(folder: Path) -> str:
    """Return the tables."""
    base = base_mb()
    lines = [
        "## Growth",
        "",
        f"Peak memory is above the {base:.0f} MB of a process that has only imported what it needs.",
        "",
        "| photo (JPEG) | bytes | time | peak memory | photo + 4 maps | ms a MB |",
        "|---|---|---|---|---|---|",
    ]
    small = folder / "map.npy"
    np.save(small, depth_map())
    for name, scale in PHOTOS.items():
        photo = folder / "photo.jpg"
        photo.write_bytes(jpeg_photo(photo_pixels(scale)))
        size = photo.stat().st_size
        seconds, peak = measure_embed(photo, small, folder, 768)
        allowed = (size + 4 * small.stat().st_size) / 1e6
        lines.append(
            f"| {name} | {size:,} | {seconds * 1e3:.1f} ms | {peak - base:.0f} MB | {allowed:.0f} MB | "
            f"{seconds * 1e9 / size:.2f} |"
        )
    photo.write_bytes(jpeg_photo(photo_pixels()))
    lines += [
        "",
        "| map (float32, stored at its size) | bytes | time | peak memory | photo + 4 maps | ms a MP |",
    ]
    lines += ["|---|---|---|---|---|---|"]
    for name, (width, height) in MAPS.items():
        np.save(small, depth_map((width, height)))
        seconds, peak = measure_embed(photo, small, folder, width)
        allowed = (photo.stat().st_size + 4 * small.stat().st_size) / 1e6
        lines.append(
            f"| {name} | {small.stat().st_size:,} | {seconds * 1e3:.1f} ms | {peak - base:.0f} MB | {allowed:.0f} MB"
            f" | {seconds * 1e9 / (width * height):.1f} |"
        )
    lines += ["", *images(folder), "", *manifests(folder)]
    return "\n".join(lines) + "\n"


def images(folder: Path) -> list[str]:
    """Measure growth with the number of images that a JPEG already holds."""
    import statistics
    import time

    from authoring import containers
    from authoring.containers.base import CodedAuxiliary

    photo = jpeg_photo(photo_pixels(0.29))
    gray = jpeg_photo(photo_pixels(0.1)[..., 0])
    width, height = photo_pixels(0.1).shape[1::-1]
    lines = ["| images in the JPEG | time | ms an image |", "|---|---|---|"]
    depth = depth_map()
    for count in (1, 5, 20, 80):
        data = photo
        for _ in range(count):
            file = containers.parse(data)
            coded = CodedAuxiliary(
                width, height, gray, b"", "", b"", b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
            )
            data = file.splice(coded).apply(data)
        times = []
        for _ in range(7):
            start = time.perf_counter()
            photo_files.embed_bytes(data, depth, profile="data")
            times.append(time.perf_counter() - start)
        seconds = statistics.median(times)
        lines.append(f"| {count} | {seconds * 1e3:.1f} ms | {seconds * 1e3 / count:.2f} |")
    return lines


MANIFEST = f"""
import sys
from pathlib import Path
from authoring.batch.journal import Journal
from authoring.batch.manifest import count_rows, read_rows
from authoring.batch.named_places import NamedPlaces
from authoring.batch.rows import RowDefaults
{PEAK}
manifest, journal = sys.argv[1:]
count_rows(manifest)
places = NamedPlaces(read_rows(manifest, RowDefaults("")), manifest=manifest, journal=Path(journal))
kept = Journal(Path(journal))
for row in read_rows(manifest, RowDefaults("")):
    places.claim(row.output, row.number)
print(peak_kib())
"""


def manifests(folder: Path) -> list[str]:
    """Measure growth with the rows of a manifest, which is read three times; inputs and outputs are kept on disk."""
    lines = ["| rows in the manifest | bytes | peak memory |", "|---|---|---|"]
    for count in (1_000, 100_000, 1_000_000):
        manifest = folder / f"{count}.jsonl"
        with manifest.open("w") as file:
            for number in range(count):
                file.write(json.dumps({"photo": f"{number}.jpg", "map": f"{number}.npy", "near": 1}) + "\n")
        command = [sys.executable, "-c", MANIFEST, str(manifest), str(folder / f"{count}.journal")]
        peak = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout) / 1024
        lines.append(f"| {count:,} | {manifest.stat().st_size:,} | {peak:.0f} MB |")
    return lines


def main() -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory() as name:
        print(report(Path(name)))


if __name__ == "__main__":
    main()
