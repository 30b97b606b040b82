"""Measure whole libraries: `batch`, and then `inspect` and `verify` over what it has written.

The photos have 12 MP and are distinct files: one picture with its number in each file (a JPEG comment, a HEIF `free`
box), so that none is read from another's cache. There are eight maps of 768 x 576 samples. The floor of `batch` reads a
photo, encodes and decodes the same plane with the same codec (one thread, as a job has) and writes as durably.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from authoring import files
from authoring.codecs import hevc
from authoring.codecs import jpeg as gray_jpeg
from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.stored_plane import Codes, quantize
from benchmarks.measure import camera_photo, depth_map, load, table
from benchmarks.process import ROOT, run, run_command

MAPS = 8
FLOOR_PHOTOS = 40
FEW = 100
"""Rows of the short batch, whose memory is compared with the long one's."""
MANIFEST_ROWS = 100_000

MANIFEST = """
import sys
from pathlib import Path
from authoring.batch.journal import Journal
from authoring.batch.manifest import count_rows, read_rows
from authoring.batch.named_places import NamedPlaces
from authoring.batch.rows import RowDefaults
manifest, journal = sys.argv[1:]
count_rows(manifest)
places = NamedPlaces(read_rows(manifest, RowDefaults("")), manifest=manifest, journal=Path(journal))
kept = Journal(Path(journal))
for row in read_rows(manifest, RowDefaults("")):
    places.claim(row.output, row.number)
"""
"""What `batch` does with a manifest beside embedding."""


class Library:
    """The photos and maps of one container in a folder."""

    def __init__(self, folder: Path, suffix: str, photos: int) -> None:
        """Make the files."""
        self.folder, self.suffix = folder, suffix
        data = camera_photo(suffix)
        self.bytes = len(data)
        if shutil.disk_usage(folder).free < 2.1 * photos * self.bytes:
            raise SystemExit(
                f"{folder}: {2.1 * photos * self.bytes / 1e9:.0f} GB are needed there; set TMPDIR"
            )
        self.photos = [folder / f"{number}{suffix}" for number in range(photos)]
        for number, path in enumerate(self.photos):
            path.write_bytes(numbered(suffix, data, number))
        self.planes: list[Codes] = []
        for number in range(MAPS):
            depth = np.roll(depth_map(), 31 * number, axis=1)
            np.save(folder / f"map{number}.npy", depth)
            self.planes.append(quantize(DepthBuffer.from_depth_m(depth, pixel_format=PixelFormat.HDIS)).codes)

    def batch(self, photos: int, jobs: int) -> tuple[float, float, float]:
        """Run a batch; return seconds a photo from the first result to the last, and peak MB of parent and worker."""
        manifest, out = self.folder / "manifest.jsonl", self.folder / "out"
        rows = (
            {"photo": path.name, "map": f"map{number % MAPS}.npy"}
            for number, path in enumerate(self.photos[:photos])
        )
        manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
        command = [sys.executable, "-m", "depthauthor", "batch", str(manifest), "--out", str(out)]
        command += ["--jobs", str(jobs), "--overwrite"]
        peaks: dict[bool, float] = {True: 0, False: 0}
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT
        ) as running:
            watcher = threading.Thread(target=watch, args=(running, peaks))
            watcher.start()
            assert running.stdout is not None
            times = [time.perf_counter() for line in running.stdout if json.loads(line)["status"] == "done"]
            watcher.join()
        if running.returncode or len(times) != photos:
            raise SystemExit(
                f"the batch ended with {running.returncode} after {len(times)} of {photos} photos"
            )
        (out / "depthauthor.jsonl").unlink(missing_ok=True)
        return (times[-1] - times[0]) / max(photos - 1, 1), peaks[True], peaks[False]

    def floor(self) -> float:
        """Return the seconds a photo of the work that cannot be avoided."""
        photos = self.photos[:FLOOR_PHOTOS]
        start = time.perf_counter()
        for number, path in enumerate(photos):
            plane = self.planes[number % MAPS].astype(np.uint8)
            if self.suffix == ".heic":
                payload = hevc.encode_gray(plane, threads=1)
                hevc.decode_gray(payload)
            else:
                payload = gray_jpeg.encode_gray(plane).data  # which decodes, too
            files.write_file(self.folder / "floor", [path.read_bytes(), payload], overwrite=True)
        return (time.perf_counter() - start) / len(photos)


def watch(running: subprocess.Popen[bytes], peaks: dict[bool, float]) -> None:
    """Record the peak MB of a process (True) and of its largest descendant, from /proc; elsewhere than on Linux 0."""
    while running.poll() is None:
        left = [running.pid]
        while left:
            process = left.pop()
            try:
                status = Path(f"/proc/{process}/status").read_text()
                left += map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split())
            except OSError:
                continue
            kib = (int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
            is_parent = process == running.pid
            peaks[is_parent] = max(peaks[is_parent], next(kib, 0) * 1.024e-3)
        time.sleep(0.1)


def numbered(suffix: str, data: bytes, number: int) -> bytes:
    """Return the photo as another file, with a comment after its head or a `free` box at its end."""
    text = b"%08d" % number
    if suffix == ".heic":
        return data + (8 + len(text)).to_bytes(4, "big") + b"free" + text
    return data[:2] + b"\xff\xfe" + (2 + len(text)).to_bytes(2, "big") + text + data[2:]


def batches(library: Library) -> Iterator[tuple[str, ...]]:
    """Yield a row for each number of jobs."""
    count, before = len(library.photos), library.floor()
    few = min(FEW, count)
    for jobs in (1, 2):
        _, parent_few, worker_few = library.batch(few, jobs)
        each, parent, worker = library.batch(count, jobs)
        floor = (before + library.floor()) / 2
        yield (
            f"{library.suffix[1:].upper()}, {library.bytes / 1e6:.1f} MB, {count:,} photos",
            str(jobs),
            f"{1 / each:.1f}",
            f"{each * 1e3:.1f} ms",
            f"{floor * 1e3:.1f} ms",
            f"{each / floor:.2f}",
            f"{parent_few:.0f} / {parent:.0f} MB",
            f"{worker_few:.0f} / {worker:.0f} MB",
            load(),
        )


def readings(library: Library, count: int) -> Iterator[tuple[str, ...]]:
    """Yield what reading the first photos with depth takes, all in one process."""
    read = library.folder / "read"
    read.mkdir()
    paths = [library.folder / "out" / path.name for path in library.photos[:count]]
    for path in paths:
        path.rename(read / path.name)
    kind = f"{len(paths):,} {library.suffix[1:].upper()}"
    costs = {
        f"inspect, {kind}": run(["inspect", read, "--json"], 0),
        f"verify, {kind}": run(["verify", read, "--json"], 0),
    }
    if shutil.which("exiftool"):
        costs[f"exiftool -json, {kind}"] = run_command(["exiftool", "-json", read])
    for name, cost in costs.items():
        if cost.code not in (0, 1):
            raise SystemExit(f"{name}: exit {cost.code}: {cost.message}")
        each = cost.clock / len(paths) * 1e3
        yield name, f"{cost.clock:.1f} s", f"{each:.1f} ms", f"{cost.peak_mb:.0f} MB"


def manifest_memory(folder: Path) -> str:
    """Return what a long manifest takes of memory."""
    manifest = folder / "manifest.jsonl"
    with manifest.open("w") as file:
        for number in range(MANIFEST_ROWS):
            file.write(json.dumps({"photo": f"{number}.jpg", "map": f"{number}.npy", "near": 1}) + "\n")
    cost = run_command([sys.executable, "-c", MANIFEST, manifest, folder / "journal.jsonl"])
    if cost.code:
        raise SystemExit(cost.message)
    size = manifest.stat().st_size / 1e6
    peak = f"{cost.peak_mb:.0f} MB at the peak, {cost.clock:.0f} s"
    return f"A manifest of {MANIFEST_ROWS:,} rows ({size:.0f} MB): {peak}."


def report(folder: Path, photos: int, read: int) -> str:
    """Return the tables."""
    batch_rows: list[tuple[str, ...]] = []
    read_rows: list[tuple[str, ...]] = []
    for suffix in (".jpg", ".heic"):
        inside = folder / suffix[1:]
        inside.mkdir()
        library = Library(inside, suffix, photos)
        batch_rows += batches(library)
        read_rows += readings(library, min(read, photos))
        shutil.rmtree(inside)
    head = ("batch", "jobs", "photos/s", "a photo", "floor", "ratio", "parent", "largest worker", "load")
    return (
        f"Portrait profile; memory at {min(FEW, photos)} rows / at all; the floor is for one job.\n\n"
        f"{table(head, batch_rows)}\n{table(('reading', 'time', 'a photo', 'peak memory'), read_rows)}\n"
        f"{manifest_memory(folder)}\n"
    )
