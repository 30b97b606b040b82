"""Measure what points and meshes of a 12-megapixel photo cost compared with decoding that photo.

    python -m benchmarks.clouds [--rounds N]

Decoding is the floor: colours need the photo's pixels. Each row is a ratio of two medians whose runs alternate. Peak
memory is that of a process of its own for each row.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import depthauthor
from authoring.views.cloud_samples import CloudOptions
from authoring.views.pointcloud import CloudFormat, pointcloud_file
from authoring.views.scene import load_scene
from benchmarks.measure import Row, alternate, depth_map, jpeg_photo, photo_pixels, table

ROWS: dict[str, tuple[CloudFormat, str, CloudOptions]] = {
    "points of the map, PLY": ("ply", "", CloudOptions()),
    "points of the map, PCD": ("pcd", "", CloudOptions()),
    "points of the map without flying pixels, PLY": (
        "ply",
        "--remove-edges",
        CloudOptions(remove_edges=True),
    ),
    "mesh of the map, GLB with its texture re-encoded": ("glb", "--mesh", CloudOptions()),
    "a point for each pixel, PLY": ("ply", "--resolution photo", CloudOptions(resolution="photo")),
    "the same without flying pixels, PLY": (
        "ply",
        "--resolution photo --remove-edges",
        CloudOptions(resolution="photo", remove_edges=True),
    ),
}

PEAK = "import resource; print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"


def peak_mb(arguments: list[str]) -> float:
    """Return the peak memory of one command, in MB."""
    code = f"import subprocess, sys; subprocess.run(sys.argv[1:], check=True, capture_output=True); {PEAK}"
    command = [sys.executable, "-c", code, sys.executable, "-m", "depthauthor", "pointcloud", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(done.stdout) / (1024**2 if sys.platform == "darwin" else 1024)


def make_file(data: bytes, form: CloudFormat, options: CloudOptions) -> None:
    """Do what the command does between reading and writing."""
    pointcloud_file(load_scene(data), form, options, mesh=form == "glb")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    data = depthauthor.embed_bytes(jpeg_photo(photo_pixels()), depth_map())
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "photo.jpg"
        path.write_bytes(data)
        for title, (form, words, options) in ROWS.items():
            ours = partial(make_file, data, form, options)
            ours_s, floor_s = alternate(ours, partial(load_scene, data), rounds)
            out = Path(name) / f"out.{form}"
            peak = peak_mb([str(path), "-o", str(out), "--overwrite", *words.split()])
            rows.append(
                Row(f"{title}: {out.stat().st_size / 1e6:.1f} MB, peak {peak:.0f} MB", ours_s, floor_s, "")
            )
    print(table("Points and meshes of 12 MP, against decoding the photo", rows))


if __name__ == "__main__":
    main()
