"""Measure peak memory and time of every verb, each in a process of its own.

    python -m benchmarks.memory            # photos of 12, 48 and 178 megapixels, and the worst small inputs
    python -m benchmarks.memory 12 small   # these alone

Prints a Markdown table and ends with 1 if a verb exceeds the bound: 500 MB and 200 bytes for each pixel of the photo.
"""

from __future__ import annotations

import shutil
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
from authoring.codecs import photo as pictures
from authoring.depth.buffer import PixelFormat
from authoring.depth.stored_plane import StoredPlane
from authoring.embed.encode import coded_auxiliary, encode_plane
from authoring.read import depth_image
from benchmarks.measure import GOLDEN, depth_map, jpeg_photo, photo_pixels
from benchmarks.process import MOST_BYTES, Cost, run

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


def camera_photo(folder: Path, megapixels: str, suffix: str) -> Inputs:
    """Make a photo as a camera takes it, with and without depth."""
    pixels = photo_pixels(SCALES[megapixels])
    height, width = pixels.shape[:2]
    plain, depth, map_file = (folder / f"plain{suffix}", folder / f"depth{suffix}", folder / "map.npy")
    if suffix == ".jpg":
        plain.write_bytes(jpeg_photo(pixels))
    else:
        plain.write_bytes(
            pictures.encode_heic(pictures.Pixels(width, height, pixels.tobytes()), pictures.Metadata())
        )
    np.save(map_file, depth_map())
    photo_files.embed(plain, map_file, output=depth, overwrite=True)
    return Inputs(f"{megapixels} MP, {suffix[1:].upper()}", height * width, plain, depth, map_file)


def with_depth_image(photo: bytes, codes: NDArray[np.uint8]) -> bytes:
    """Return a photo with a depth image of these codes (H, W), whatever the photo's own size and shape."""
    file = containers.parse(photo)
    donor = photo_files.embed_bytes(GOLDEN / "scene.jpg", np.load(GOLDEN / "scene-depth.npy"), profile="data")
    tree = depth_image.read_depth(containers.parse(donor).layout).tree
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
    return pictures.encode_heic(pictures.Pixels(width, height, pixels.tobytes()), pictures.Metadata())


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


def rows(folder: Path, inputs: Inputs, most_bytes: int) -> Iterator[tuple[str, Cost]]:
    """Run every verb; yield its name and its cost."""
    for verb in VERBS:
        outputs = folder / "outputs"
        outputs.mkdir()
        yield verb, run(command(verb, inputs, outputs), most_bytes)
        shutil.rmtree(outputs)


def main(names: list[str]) -> int:
    """Print the table; return 1 if a verb exceeds its bound."""
    exceeded = 0
    print("| photo | verb | exit | s | MB | bound |\n|---|---|---|---|---|---|")
    for name in names or [*SCALES, "small"]:
        with tempfile.TemporaryDirectory() as path:
            folder = Path(path)
            made = (
                (camera_photo(folder, name, suffix) for suffix in (".jpg", ".heic"))
                if name != "small"
                else (small_inputs(folder, title, *WORST[title]) for title in WORST)
            )
            for inputs in made:
                limit = MOST_BYTES if name == "small" else 0
                for verb, cost in rows(folder, inputs, limit):
                    bound = bound_mb(inputs.pixels)
                    over = cost.peak_mb > bound
                    exceeded += over
                    print(
                        f"| {inputs.name} | {verb} | {cost.code} | {cost.seconds:.1f} | {cost.peak_mb:.0f} | "
                        f"{bound:.0f}{' **exceeded**' if over else ''} |",
                        flush=True,
                    )
    return bool(exceeded)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
