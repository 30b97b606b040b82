"""Measure whole processes: each command from start to end, against starting Python, its libraries, and exiftool.

    python -m benchmarks.startup [--rounds N]

The package's byte code is written first, as installing the package does, even if PYTHONDONTWRITEBYTECODE is set.
"""

from __future__ import annotations

import argparse
import compileall
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import authoring
from authoring.api import photo_files
from benchmarks.measure import GOLDEN, Row, depth_map, jpeg_photo, photo_pixels, table

IMPORTS = "import numpy, PIL.Image, typer"


def medians(commands: dict[str, list[str]], rounds: int) -> dict[str, float]:
    """Return the median seconds of each command; all run in turn."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    times: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(rounds + 1):
        for name, command in commands.items():
            start = time.perf_counter()
            subprocess.run(
                command,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=True,
                env=environment,
                cwd=Path(authoring.__file__).parents[1],
            )
            if turn:
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(seconds) for name, seconds in times.items()}


def rows(folder: Path, rounds: int) -> tuple[list[Row], str]:
    """Return the comparisons, and all medians on one line."""
    compileall.compile_dir(str(Path(authoring.__file__).parent), quiet=1)
    photo, out, mapped = folder / "photo.jpg", folder / "out.jpg", folder / "depth.jpg"
    photo.write_bytes(jpeg_photo(photo_pixels()))
    mapped.write_bytes(photo_files.embed_bytes(photo.read_bytes(), depth_map(), profile="data"))
    python = sys.executable
    ours = [python, "-m", "depthauthor"]
    commands = {
        "python -c pass": [python, "-c", "pass"],
        "importing numpy and Pillow": [python, "-c", "import numpy, PIL.Image"],
        "importing numpy, Pillow and Typer": [python, "-c", IMPORTS],
        "--help": [*ours, "--help"],
        "inspect": [*ours, "inspect", str(mapped)],
        "strip": [*ours, "strip", str(mapped), "-o", str(out), "--overwrite"],
        "extract": [*ours, "extract", str(mapped), "-o", str(folder / "d.npy"), "--overwrite"],
        "verify": [*ours, "verify", str(mapped), "--level", "L1"],
        "embed, 8-bit mask": [
            *ours, "embed", str(photo), str(GOLDEN / "scene-mask.png"), "--near", "0.5", "--far", "8",
            "-o", str(out), "--overwrite",
        ],
        "embed, float map": [
            *ours, "embed", str(photo), str(GOLDEN / "scene-depth.npy"), "-o", str(out), "--overwrite",
        ],
    }  # fmt: skip
    if shutil.which("exiftool"):
        commands["exiftool"] = ["exiftool", str(mapped)]
    seconds = medians(commands, rounds)
    floor = seconds["importing numpy, Pillow and Typer"]
    name = "embed into a 12 MP JPEG, against a process that imports numpy, Pillow and Typer"
    comparisons = [
        Row(f"{name} (8-bit mask)", seconds["embed, 8-bit mask"], floor, ""),
        Row(f"{name} (float map)", seconds["embed, float map"], floor, ""),
    ]
    if "exiftool" in seconds:
        comparisons.append(
            Row("inspect, against exiftool on the same file", seconds["inspect"], seconds["exiftool"], "")
        )
    listed = " · ".join(f"{name} {value * 1e3:.0f} ms" for name, value in seconds.items())
    return comparisons, f"Medians: {listed}."


def main() -> None:
    """Print the comparisons."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        comparisons, listed = rows(Path(folder), rounds)
    print(table("Whole processes", comparisons))
    print(listed)


if __name__ == "__main__":
    main()
