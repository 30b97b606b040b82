"""Measure `batch` on many photos: photos a second, memory, cost against the codec alone, and `kill -9`.

    python -m benchmarks.batch [--photos 2000] [--few 100] [--container jpeg] [--kill]

The photos have 12 MP and are distinct files: a few pictures with different grain, each copied with its own number in it
(a JPEG comment, a HEIF `free` box), so that none is read from another's cache. There are eight maps of 768 × 576
samples, metres, float32. The floor reads a photo, encodes the same plane with the same codec and settings (with one
thread, as a worker does), and writes photo and plane as durably as the batch does. Floor and batch take turns, and the
load average is printed with each. Photos a second are counted from the first result to the last, without the start.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import multiprocessing
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from authoring import files
from authoring.codecs import hevc, photo
from authoring.codecs import jpeg as gray_jpeg
from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.stored_plane import quantize

ROOT = Path(__file__).parents[1]
WIDTH, HEIGHT = 4032, 3024
MAPS = 8
PICTURES = {"jpeg": 4, "heic": 1}
"""Different pictures; one HEIC of this size takes some ten seconds to encode."""
GRAIN = {"jpeg": 5, "heic": 2}
"""Standard deviation in codes: gives files about as large as a phone's (3 MB)."""
FLOOR_PHOTOS = 40
"""In each turn of the floor, at most."""
TURNS = 4
WORST = {"jpeg": 1.6, "heic": 1.15}
"""What a photo may cost of the floor."""
SUFFIX = {"jpeg": "jpg", "heic": "heic"}


@dataclass
class Run:
    """The measurements of one run of the command."""

    first: float = 0
    """Seconds to the first result."""
    seconds: float = 0
    """From the first result to the last."""
    digests: list[str] = field(default_factory=list)
    parent_kib: int = 0
    worker_kib: int = 0
    """Of the largest worker."""
    tree_kib: int = 0
    """All processes at one instant."""

    @property
    def each(self) -> float:
        """Seconds a photo."""
        return self.seconds / max(len(self.digests) - 1, 1)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--few", type=int, default=100, help="rows of the short run whose memory is compared")
    parser.add_argument("--container", choices=tuple(SUFFIX), action="append", help="default: both")
    parser.add_argument("--profile", default="portrait", help="as for embed")
    parser.add_argument(
        "--kill", action="store_true", help="kill -9 half-way, then --resume; compare digests"
    )
    parser.add_argument("--folder", help="where to work; default: the system's folder for temporary files")
    given = parser.parse_args()
    verdicts = []
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        for container in given.container or SUFFIX:
            folder = Path(name) / container
            folder.mkdir()
            verdicts.append(Bench(folder, container, given).measure())
            shutil.rmtree(folder)
    return 0 if all(verdicts) else 1


class Bench:
    """One container's photos and what is measured on them."""

    def __init__(self, folder: Path, container: str, given: argparse.Namespace) -> None:
        self.folder, self.container, self.given = folder, container, given
        self.photos: list[Path] = []
        self.maps, self.planes = made_maps(folder)
        pictures = [encoded(container, seed) for seed in range(PICTURES[container])]
        size = statistics.mean(map(len, pictures))
        # The photos, and in the killed run as many outputs at once.
        needed = given.photos * size * (2.2 if given.kill else 1.1)
        if shutil.disk_usage(folder).free < needed:
            raise SystemExit(
                f"{folder}: {needed / 1e9:.0f} GB are needed there; choose another with --folder"
            )
        for number in range(given.photos):
            path = folder / f"{number}.{SUFFIX[container]}"
            path.write_bytes(numbered(container, pictures[number % len(pictures)], number))
            self.photos.append(path)
        self.say(
            f"{given.photos} distinct 12 MP files of {size / 1e6:.1f} MB ({len(pictures)} pictures, each file with its "
            f"own number in it), {MAPS} maps, profile {given.profile}"
        )

    def say(self, text: str) -> None:
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
        print(f"{self.container:>4}: {text} [load {load:.1f}]", flush=True)

    def measure(self) -> bool:
        """Measure everything; return whether the killed run gave equal outputs."""
        turns, floors = [], [self.floor(0)]
        size = len(self.photos) // TURNS
        for turn in range(TURNS):
            turns.append(self.run(self.photos[turn * size : (turn + 1) * size], jobs=1))
            floors.append(self.floor(turn + 1))
            around = (floors[-2] + floors[-1]) / 2
            self.say(
                f"turn {turn + 1}: {turns[-1].each * 1e3:.1f} ms a photo with 1 job, "
                f"floor {around * 1e3:.1f} ms, ratio {turns[-1].each / around:.2f}"
            )
        one_job = statistics.median(turn.each for turn in turns)
        ratio = statistics.median(
            turn.each / ((floors[n] + floors[n + 1]) / 2) for n, turn in enumerate(turns)
        )
        few = self.run(self.photos[: self.given.few], jobs=2)
        many = self.run(self.photos, jobs=2)
        self.say(
            f"{1 / one_job:.1f} photos/s with 1 job, {1 / many.each:.1f} with 2 ({one_job / many.each:.2f} x); "
            f"first result after {statistics.median(turn.first for turn in turns):.1f} s"
        )
        self.say(
            f"two processes that only read, encode and write: {self.floors_side_by_side():.2f} x one of them"
        )
        self.say(
            f"{one_job * 1e3:.1f} ms a photo; read + encode + write alone {statistics.median(floors) * 1e3:.1f} ms; "
            f"{ratio:.2f} x the floor (at most {WORST[self.container]}: "
            f"{'kept' if ratio <= WORST[self.container] else 'NOT KEPT'})"
        )
        for run in (few, many):
            self.say(
                f"peak memory at {len(run.digests)} rows, 2 jobs: parent {run.parent_kib / 1024:.0f} MiB, "
                f"largest worker {run.worker_kib / 1024:.0f} MiB, all at one instant {run.tree_kib / 1024:.0f} MiB"
            )
        hours = 1e6 * many.each / 3600
        self.say(f"a million photos at this rate: {hours:.1f} hours with 2 jobs, {2 * hours:.0f} core hours")
        return self.killed(many.digests) if self.given.kill else True

    def floor(self, turn: int) -> float:
        """Return the seconds a photo to read it, encode its plane and write both."""
        count = min(FLOOR_PHOTOS, max(len(self.photos) // TURNS, 2))
        photos = [self.photos[(turn * count + n) % len(self.photos)] for n in range(count)]
        return floor(self.container, photos, self.planes, self.folder / "floor")

    def floors_side_by_side(self) -> float:
        """Return how much more two processes do than one when each only reads, encodes and writes."""
        count = min(FLOOR_PHOTOS, len(self.photos) // 2)
        parts = [self.photos[:count], self.photos[-count:]]
        targets = [self.folder / "floor0", self.folder / "floor1"]
        fork = multiprocessing.get_context("spawn")
        with fork.Pool(2) as pool:
            work = [
                (self.container, part, self.planes, target)
                for part, target in zip(parts, targets, strict=True)
            ]
            pool.starmap(floor, [(kind, part[:2], planes, target) for kind, part, planes, target in work], 1)
            alone = pool.apply(floor, work[0])
            both = statistics.mean(pool.starmap(floor, work, 1))
        return 2 * alone / both

    def run(self, photos: list[Path], jobs: int) -> Run:
        """Run one batch; remove its outputs as they are reported."""
        out = self.folder / "out"
        result = Run()
        with self.started(self.manifest(photos), out, jobs) as running:
            start = time.perf_counter()
            watcher = threading.Thread(target=watch, args=(running, result))
            watcher.start()
            for line in results(running):
                result.first = result.first or time.perf_counter() - start
                result.seconds = time.perf_counter() - start - result.first
                result.digests.append(line["sha256"])
                Path(line["output"]).unlink()
            watcher.join()
        if running.returncode or len(result.digests) != len(photos):
            raise SystemExit(f"the batch ended with {running.returncode} after {len(result.digests)} photos")
        shutil.rmtree(out)
        return result

    def killed(self, wanted: list[str]) -> bool:
        """Kill the group with `kill -9` half-way, resume, and compare the digests of the files."""
        out, manifest = self.folder / "out", self.manifest(self.photos)
        half = len(self.photos) // 2
        with self.started(manifest, out, 2) as running:
            for number, _ in enumerate(results(running), 1):
                if number == half:
                    os.killpg(running.pid, signal.SIGKILL)
                    break
        time.sleep(1)
        before = [path for path in out.iterdir() if path.name.endswith(".part")]
        with self.started(manifest, out, 2, "--resume") as running:
            lines = [line["status"] for line in results(running)]
        digests = [digest(out / path.name) for path in self.photos]
        parts = [path for path in out.iterdir() if path.name.endswith(".part")]
        equal = sum(new == old for new, old in zip(digests, wanted, strict=True))
        good = running.returncode == 0 and digests == wanted and not parts
        self.say(
            f"killed after {half} results (left half-written: {len(before)}), resumed: "
            f"{lines.count('skipped')} skipped, {lines.count('done')} done; {equal} of {len(wanted)} digests "
            f"as undisturbed, {len(parts)} parts left: {'EQUAL' if good else 'NOT EQUAL'}"
        )
        shutil.rmtree(out)
        return good

    def manifest(self, photos: list[Path]) -> Path:
        path = self.folder / "manifest.jsonl"
        rows = ({"photo": photo.name, "map": self.maps[n % MAPS].name} for n, photo in enumerate(photos))
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path

    def started(self, manifest: Path, out: Path, jobs: int, *more: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "depthauthor", "batch", str(manifest), "--out", str(out)]
        command += ["--jobs", str(jobs), "--profile", self.given.profile, *more]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )


def floor(container: str, photos: list[Path], planes: list[NDArray[np.uint8]], target: Path) -> float:
    """Return the seconds a photo to read it, encode a plane with one thread as a worker does, and write both."""
    start = time.perf_counter()
    for number, path in enumerate(photos):
        plane = coded(container, planes[number % MAPS])
        files.write_file(target, [path.read_bytes(), plane], overwrite=True)
    return (time.perf_counter() - start) / len(photos)


def results(running: subprocess.Popen[bytes]) -> Iterator[dict[str, str]]:
    """Yield the results of a run as they come."""
    assert running.stdout is not None
    for line in running.stdout:
        result = json.loads(line)
        if result["status"] == "failed":
            raise SystemExit(result["error"])
        yield result


def watch(running: subprocess.Popen[bytes], result: Run) -> None:
    """Record the peaks of a run's memory from Linux's /proc; elsewhere they stay 0."""
    while running.poll() is None:
        total, left = 0, [running.pid]
        while left:
            process = left.pop()
            try:
                status = Path(f"/proc/{process}/status").read_text()
                left += map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split())
            except OSError:
                continue
            kib = {key: int(text.split()[0]) for key, text in memory_lines(status)}
            total += kib.get("VmRSS", 0)
            if process == running.pid:
                result.parent_kib = max(result.parent_kib, kib.get("VmHWM", 0))
            else:
                result.worker_kib = max(result.worker_kib, kib.get("VmHWM", 0))
        result.tree_kib = max(result.tree_kib, total)
        time.sleep(0.1)


def memory_lines(status: str) -> Iterator[tuple[str, str]]:
    for line in status.splitlines():
        name, _, text = line.partition(":")
        if name in ("VmRSS", "VmHWM"):
            yield name, text


def made_maps(folder: Path) -> tuple[list[Path], list[NDArray[np.uint8]]]:
    """Return the maps as files, and each as the plane that is encoded from it."""
    with Image.fromarray(np.load(ROOT / "golden" / "scene-depth.npy")) as exact:
        depth = np.asarray(exact.resize((768, 576), Image.Resampling.BILINEAR))
    paths, planes = [], []
    for number in range(MAPS):
        moved = np.roll(depth, 31 * number, axis=1)
        paths.append(folder / f"map{number}.npy")
        np.save(paths[-1], moved)
        planes.append(quantize(DepthBuffer.from_depth_m(moved, pixel_format=PixelFormat.HDIS)).codes)
    return paths, planes


def encoded(container: str, seed: int) -> bytes:
    """Return a 12 MP photo of the golden scene with grain."""
    with Image.open(ROOT / "golden" / "scene.png") as picture:
        large = np.asarray(picture.convert("RGB").resize((WIDTH, HEIGHT)), np.int16)
    grain = np.random.default_rng(seed).normal(0, GRAIN[container], large.shape)
    pixels = np.clip(large + grain, 0, 255).astype(np.uint8)
    if container == "heic":
        return photo.encode_heic(photo.Pixels(WIDTH, HEIGHT, pixels.tobytes()), photo.Metadata())
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=93)
    return buffer.getvalue()


def numbered(container: str, data: bytes, number: int) -> bytes:
    """Return the photo as another file, with a comment after its head or a `free` box at its end."""
    text = b"%08d" % number
    if container == "heic":
        return data + (8 + len(text)).to_bytes(4, "big") + b"free" + text
    return data[:2] + b"\xff\xfe" + (2 + len(text)).to_bytes(2, "big") + text + data[2:]


def coded(container: str, plane: NDArray[np.uint8]) -> bytes:
    """Encode the plane as the batch does."""
    if container == "heic":
        return hevc.encode_gray(plane, threads=1)
    buffer = io.BytesIO()
    Image.fromarray(plane).save(buffer, "JPEG", quality=gray_jpeg.QUALITY)
    return buffer.getvalue()


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
