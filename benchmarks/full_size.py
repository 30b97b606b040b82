"""Measure maps that are stored at full size: time, and peak memory against photo + 4 maps.

Each measurement is a process of its own; memory is above that of a process which has embedded a small map.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from benchmarks.measure import camera_photo, depth_map, table
from benchmarks.process import ROOT

MAPS = {"0.4 MP": (768, 576), "3 MP": (2016, 1512), "12 MP": (4032, 3024)}
ROUNDS = 3

EMBED = """
import json, statistics, sys, time
import numpy as np
import depthauthor as da

photo, small, depth, out, size, rounds = sys.argv[1:]

def peak_mb():
    # Of the process itself; getrusage would include the parent's memory, which a child starts with.
    status = open("/proc/self/status").read()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) * 1.024e-3

# A small photo of the same container and a small map, so that all that is needed has been imported.
depth_m, times = np.load(depth), []
da.embed(small, depth_m[::8, ::8].copy(), output=out, overwrite=True, profile="data")
base = peak_mb()
for _ in range(int(rounds)):
    start = time.perf_counter()
    da.embed(photo, depth_m, output=out, overwrite=True, profile="data", max_size=int(size))
    times.append(time.perf_counter() - start)
print(json.dumps([statistics.median(times), peak_mb() - base]))
"""


def report(folder: Path) -> str:
    """Return the table."""
    if sys.platform != "linux":
        return "Memory is read as Linux reports it; not measured here.\n"
    rows = []
    for suffix in (".jpg", ".heic"):
        photo, small, map_file = folder / f"photo{suffix}", folder / f"small{suffix}", folder / "map.npy"
        photo.write_bytes(camera_photo(suffix))
        small.write_bytes(camera_photo(suffix, 1 / 8))
        for name, size in MAPS.items():
            np.save(map_file, depth_map(size))
            out, longest = folder / f"out{suffix}", max(size)
            words = [sys.executable, "-c", EMBED, photo, small, map_file, out, longest, ROUNDS]
            done = subprocess.run([*map(str, words)], capture_output=True, text=True, check=True, cwd=ROOT)
            seconds, peak = json.loads(done.stdout)
            photo_mb, map_mb = photo.stat().st_size / 1e6, map_file.stat().st_size / 1e6
            rows.append(
                (
                    suffix[1:].upper(),
                    name,
                    f"{seconds:.2f} s",
                    f"{peak:.0f} MB",
                    f"{photo_mb + 4 * map_mb:.0f} MB",
                    f"{(out.stat().st_size - photo.stat().st_size) / 1e6:.2f} MB",
                )
            )
    head = ("photo of 12 MP", "map, float32", "time", "peak memory", "photo + 4 maps", "added to the file")
    return table(head, rows)
