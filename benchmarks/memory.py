"""Measure peak memory and time of every verb, each in a process of its own.

    python -m benchmarks.memory            # photos of 12, 48 and 178 megapixels, and the worst small inputs
    python -m benchmarks.memory 12 small   # these alone

Prints a Markdown table and ends with 1 if a verb exceeds the bound: 500 MB and 200 bytes for each pixel of the photo.
"""

from __future__ import annotations

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
    return [word.format(**words) for word in VERBS[verb]]


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
