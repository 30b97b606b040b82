"""Measure every verb of the command line in a process of its own: time and peak memory, on photos of 12 megapixels.

With `--large`, also photos of 48 and 178 megapixels, and the small inputs with the most work. A verb that takes more
memory than its bound is marked: 500 MB and 200 bytes for each pixel of the photo.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from authoring import containers
from authoring.api import photo_files
from authoring.depth.buffer import PixelFormat
from authoring.depth.stored_plane import StoredPlane
from authoring.embed.encode import coded_auxiliary, encode_plane
from authoring.read import depth_image
from benchmarks.measure import (
    GOLDEN,
    HEIGHT,
    WIDTH,
    camera_photo,
    depth_map,
    heic_photo,
    jpeg_photo,
    table,
)
from benchmarks.process import MOST_BYTES, Cost, run, run_command

FLOOR_MB = 500
"""What any input may take, in units of 10^6 bytes: some 100 MB are the interpreter, its libraries and the encoder."""

BYTES_PER_PIXEL = 200
"""Of the photo: twenty bytes of decoded pixels and floats, for each of ten arrays that are held at once."""

SCALES = {"12": 1.0, "48": 2.0, "178": 3.82}
"""Megapixels, and the scale of `photo_pixels`."""

VERBS: dict[str, tuple[str, ...]] = {
    "inspect": ("inspect", "{depth}", "--json"),
    "embed": ("embed", "{plain}", "{map}", "-o", "{out}{suffix}"),
    "embed, refined": ("embed", "{plain}", "{map}", "--refine", "-o", "{out}{suffix}"),
    "embed, other container": ("embed", "{plain}", "{map}", "-o", "{out}{other}"),
    "embed, replacing": ("embed", "{depth}", "{map}", "--replace", "-o", "{out}{suffix}"),
    "copy": ("copy", "{depth}", "{plain}", "-o", "{out}{suffix}"),
    "extract": ("extract", "{depth}", "-o", "{out}.npy"),
    "extract, EXR": ("extract", "{depth}", "-o", "{out}.exr"),
    "extract, PNG": ("extract", "{depth}", "-o", "{out}.png", "--metadata"),
    "dictionary": ("dictionary", "{depth}", "-o", "{out}.plist"),
    "dictionary, JSON": ("dictionary", "{depth}", "-o", "{out}.json"),
    "strip": ("strip", "{depth}", "-o", "{out}{suffix}"),
    "strip --restore": ("strip", "{depth}", "--restore", "-o", "{out}{suffix}"),
    "verify": ("verify", "{depth}"),
    "verify --photo": ("verify", "{depth}", "--photo", "{plain}", "--map", "{map}"),
    "doctor": ("doctor", "{depth}"),
    "preview": ("preview", "{depth}", "-o", "{out}.png"),
    "preview, widest": ("preview", "{depth}", "--width", "8192", "-o", "{out}.png"),
    "preview --overlay": ("preview", "{depth}", "--overlay", "-o", "{out}.png"),
    "preview, a map": ("preview", "{plain}", "{map}", "-o", "{out}.png"),
    "contact sheet": ("preview", "{depth}", "{depth}", "--contact-sheet", "-o", "{out}.png"),
    "refocus": ("refocus", "{depth}", "-o", "{out}.jpg"),
    "refocus, wide open": ("refocus", "{depth}", "--aperture", "0.5", "-o", "{out}.png"),
    "pointcloud": ("pointcloud", "{depth}", "-o", "{out}.ply"),
    "pointcloud, edges": ("pointcloud", "{depth}", "--remove-edges", "-o", "{out}.pcd"),
    "pointcloud, photo": ("pointcloud", "{depth}", "--resolution", "photo", "-o", "{out}.ply"),
    "pointcloud --mesh": ("pointcloud", "{depth}", "--mesh", "-o", "{out}.glb"),
    "view": ("view", "{depth}", "-o", "{out}.html"),
    "report": ("report", "{depth}", "-o", "{out}.html"),
    "batch": ("batch", "{manifest}", "--out", "{out}", "--jobs", "1"),
}
"""Command lines; {depth} is a photo with depth, {plain} one without, {other} the other container's suffix."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """The files that the verbs are run on."""

    name: str
    pixels: int
    """Of the photo."""
    plain: Path
    depth: Path
    map: Path


def bound_mb(pixels: int) -> float:
    """Return the most that a verb may take for a photo of this many pixels."""
    return FLOOR_MB + BYTES_PER_PIXEL * pixels / 1e6


def command(verb: str, inputs: Inputs, folder: Path) -> list[str]:
    """Return a verb's command line; its outputs go into the folder."""
    suffix = inputs.plain.suffix
    manifest = folder / "manifest.csv"
    manifest.write_text(
        f"photo,map,output\n{inputs.plain},{inputs.map},1{suffix}\n{inputs.plain},{inputs.map},2{suffix}\n"
    )
    words = {
        "depth": inputs.depth,
        "plain": inputs.plain,
        "map": inputs.map,
        "manifest": manifest,
        "out": folder / "out",
        "suffix": suffix,
        "other": ".heic" if suffix == ".jpg" else ".jpg",
    }
    filled = [word.format(**words) for word in VERBS[verb]]
    gray = inputs.map.suffix == ".png" and ("{map}" in VERBS[verb] or verb == "batch")
    return [*filled, *(("--near", "0.5", "--far", "8") if gray else ())]


def camera_inputs(folder: Path, megapixels: str, suffix: str) -> Inputs:
    """Make a photo as a camera takes it, with and without depth."""
    plain, depth, map_file = (folder / f"plain{suffix}", folder / f"depth{suffix}", folder / "map.npy")
    scale = SCALES[megapixels]
    plain.write_bytes(camera_photo(suffix, scale))
    np.save(map_file, depth_map())
    photo_files.embed(plain, map_file, output=depth, overwrite=True)
    return Inputs(
        f"{megapixels} MP, {suffix[1:].upper()}", round(WIDTH * HEIGHT * scale**2), plain, depth, map_file
    )


def with_depth_image(photo: bytes, codes: NDArray[np.uint8]) -> bytes:
    """Return a photo with a depth image of these codes (H, W), whatever the photo's own size and shape."""
    file = containers.parse(photo)
    donor = photo_files.embed_bytes(GOLDEN / "scene.jpg", np.load(GOLDEN / "scene-depth.npy"), profile="data")
    tree = depth_image.read_depth(containers.parse(donor)).tree
    plane = StoredPlane(codes, 0.2, 2.0, PixelFormat.HDIS)
    coded = encode_plane(file.layout.container, plane, effort="fast")
    return file.splice(coded_auxiliary(plane, coded, tree)).apply(photo)


def steps(width: int, height: int) -> NDArray[np.uint8]:
    """Return codes (H, W) of overlapping steps, with an edge at every 64th sample."""
    rows, columns = np.arange(height)[:, None] // 64, np.arange(width)[None] // 64
    return np.asarray((rows * 29 + columns * 53) % 256, np.uint8)


def small_photo(width: int, height: int, suffix: str) -> bytes:
    """Return a flat photo with a little shading, which takes few bytes."""
    pixels = np.full((height, width, 3), (120, 90, 60), np.uint8)
    pixels[: height // 2, : width // 2] = (30, 160, 200)
    if suffix == ".jpg":
        return jpeg_photo(pixels)
    return heic_photo(pixels)


def small_inputs(
    folder: Path, name: str, size: tuple[int, int], map_size: tuple[int, int], suffix: str
) -> Inputs:
    """Make a small photo with a depth image, both (width, height); the map has the photo's shape."""
    width, height = size
    photo = small_photo(width, height, suffix)
    plain, depth, map_file = (folder / f"plain{suffix}", folder / f"depth{suffix}", folder / "map.png")
    plain.write_bytes(photo)
    depth.write_bytes(with_depth_image(photo, steps(*map_size)))
    Image.fromarray(steps(*size)).save(map_file)
    return Inputs(name, width * height, plain, depth, map_file)


WORST = {
    "100x5000, a map of 14x700": ((100, 5000), (14, 700), ".jpg"),
    "1x60000, a map of 2x2000": ((1, 60_000), (2, 2000), ".jpg"),
    "128x128, a map of 4000x4000": ((128, 128), (4000, 4000), ".jpg"),
    "128x128, a map of 4000x4000, HEIC": ((128, 128), (4000, 4000), ".heic"),
    "128x128, a map of 8000x8000": ((128, 128), (8000, 8000), ".jpg"),
}
"""Small photos with the most work: (width, height) of the photo and of the depth image in it."""


def measured(
    inputs: Inputs, folder: Path, rounds: int, most_bytes: int = 0
) -> Iterator[tuple[str, Cost, float]]:
    """Run every verb; yield its name, the cost of its last run, and its median seconds by the clock."""
    for verb in VERBS:
        costs = []
        for _ in range(rounds):
            outputs = folder / "outputs"
            outputs.mkdir()
            costs.append(run(command(verb, inputs, outputs), most_bytes))
            shutil.rmtree(outputs)
        yield verb, costs[-1], statistics.median(cost.clock for cost in costs)


def cell(cost: Cost, clock: float, pixels: int) -> str:
    """Return time and memory in words, with the exit code if it is none that a complete run has."""
    over = " **exceeded**" if cost.peak_mb > bound_mb(pixels) else ""
    code = f", exit {cost.code}" if cost.code not in (0, 1) else ""
    return f"{clock:.2f} s, {cost.peak_mb:.0f} MB{over}{code}"


def report(rounds: int, large: bool) -> str:
    """Return the tables."""
    sizes = tuple(SCALES) if large else ("12",)
    columns: dict[str, dict[str, str]] = {}
    others: list[tuple[str, str]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for megapixels in sizes:
            for suffix in (".jpg", ".heic"):
                inputs = camera_inputs(folder, megapixels, suffix)
                columns[inputs.name] = {
                    verb: cell(cost, clock, inputs.pixels)
                    for verb, cost, clock in measured(inputs, folder, rounds)
                }
                if megapixels == "12":
                    others += foreign(inputs, rounds)
        if large:
            for title, (size, map_size, suffix) in WORST.items():
                inputs = small_inputs(folder, title, size, map_size, suffix)
                columns[title] = {
                    verb: cell(cost, clock, inputs.pixels)
                    for verb, cost, clock in measured(inputs, folder, 1, MOST_BYTES)
                }
    rows = ((verb, *(column[verb] for column in columns.values())) for verb in VERBS)
    wanted = "Wanted on a quiet machine, of 12 MP: refocus 4 s and 450 MB, preview and view 1 s."
    return (
        f"Seconds by the clock (median of {rounds}) and peak memory, with the interpreter and its libraries. {wanted}\n"
        "\n"
        f"{table(('verb', *columns), rows)}\n{table(('for comparison', 'cost'), others)}"
    )


def foreign(inputs: Inputs, rounds: int) -> Iterator[tuple[str, str]]:
    """Yield what other programs take: Python, its libraries, exiftool on the same photo, heif-enc on its pixels."""
    commands: dict[str, list[str | Path]] = {}
    if inputs.plain.suffix == ".jpg":
        commands["python -c pass"] = [sys.executable, "-c", "pass"]
        commands["importing numpy, Pillow and Typer"] = [
            sys.executable,
            "-c",
            "import numpy, PIL.Image, typer",
        ]
    if shutil.which("exiftool"):
        commands[f"exiftool -json, {inputs.name}"] = ["exiftool", "-json", inputs.depth]
        if inputs.plain.suffix == ".jpg":
            commands[f"exiftool -b -MPImage2, {inputs.name}"] = ["exiftool", "-b", "-MPImage2", inputs.depth]
    if shutil.which("heif-enc") and inputs.plain.suffix == ".jpg":
        target = inputs.plain.with_name("heif-enc.heic")
        commands[f"heif-enc, {inputs.name} to HEIC, no depth"] = ["heif-enc", inputs.plain, "-o", target]
    for name, words in commands.items():
        costs = [run_command(words) for _ in range(rounds)]
        yield name, cell(costs[-1], statistics.median(cost.clock for cost in costs), inputs.pixels)
