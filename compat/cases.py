"""Make the cases of the matrix: each kind of photo and each way to write it, before and after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

import depthauthor
from authoring.containers.base import ContainerName
from authoring.embed.strip import strip
from authoring.read.inspect import inspect
from compat import photos
from compat.photos import GOLDEN

PROFILES = ("data", "portrait")


@dataclass(frozen=True, slots=True)
class Case:
    """A written file, and what it was made from."""

    photo: str
    """The kind of photo."""
    made: str
    """What was done with it."""
    before: bytes
    """The photo that readers must still show; for a re-encoded photo, the new file without its depth."""
    after: bytes
    source: bytes | None = None
    """The original of a re-encoded photo."""
    has_depth: bool = True

    @property
    def name(self) -> str:
        """The name on the console."""
        return f"{self.photo}: {self.made}"


@cache
def depth_m(size: tuple[int, int] | None = None) -> NDArray[np.float32]:
    """Return the scene's depth in metres, (H, W); `size` (width, height) takes the nearest samples."""
    exact: NDArray[np.float32] = np.load(GOLDEN / "scene-depth.npy").astype(np.float32)
    if size is None:
        return exact
    rows = np.linspace(0, exact.shape[0] - 1, size[1]).round().astype(int)
    columns = np.linspace(0, exact.shape[1] - 1, size[0]).round().astype(int)
    chosen: NDArray[np.float32] = exact[np.ix_(rows, columns)]
    return chosen


def fitting_depth(photo: bytes, longest: int = 256) -> NDArray[np.float32]:
    """Return a map for a photo of any aspect, oriented as the photo is seen."""
    size = inspect(photo).photo
    width, height = size.width, size.height
    if size.orientation > 4:
        width, height = height, width
    scale = longest / max(width, height)
    return depth_m((max(round(width * scale), 2), max(round(height * scale), 2)))


def embedded(photo: bytes, profile: Any, **options: Any) -> bytes:
    """Embed the scene's depth, replacing any map."""
    return depthauthor.embed_bytes(photo, fitting_depth(photo), profile=profile, replace=True, **options)


def of_photo(name: str, photo: bytes) -> Iterator[Case]:
    """Yield the cases of one photo, one for each profile."""
    for profile in PROFILES:
        yield Case(name, f"embed --profile {profile}", photo, embedded(photo, profile))


def reencoded(name: str, photo: bytes, container: ContainerName) -> Case:
    """Return the case of a photo that changes its container and is therefore re-encoded."""
    after = depthauthor.embed_bytes(photo, depth_m(), container=container)
    before = strip(after, restore=True).data
    return Case(name, f"embed -o x.{'heic' if container == 'heic' else 'jpg'}", before, after, source=photo)


def jpeg_cases() -> Iterator[Case]:
    """Yield all JPEG cases."""
    for name, photo in photos.jpegs():
        yield from of_photo(name, photo)
    plain = photos.coded_jpeg()
    yield Case(
        "baseline", "embed, then strip", plain, strip(embedded(plain, "portrait")).data, has_depth=False
    )
    gain = photos.ultra_hdr()
    yield Case(
        "Ultra HDR", "embed, then strip", gain, strip(embedded(gain, "portrait")).data, has_depth=False
    )
    yield reencoded("HEIC", (GOLDEN / "scene.heic").read_bytes(), "jpeg")
    yield reencoded("HEIC, turned (irot 3)", (GOLDEN / "orientation" / "scene-6.heic").read_bytes(), "jpeg")
    yield reencoded("PNG", (GOLDEN / "scene.png").read_bytes(), "jpeg")


def heic_cases() -> Iterator[Case]:
    """Yield all HEIC cases."""
    for name, photo in photos.heics():
        yield from of_photo(name, photo)
    single = photos.single_heic()
    grid = (GOLDEN / "scene-gainmap.heic").read_bytes()
    yield Case(
        "one image, by pillow-heif", "embed --lossless", single, embedded(single, "portrait", lossless=True)
    )
    yield Case(
        "tiled grid with gain map", "embed --lossless", grid, embedded(grid, "portrait", lossless=True)
    )
    yield Case(
        "tiled grid with gain map",
        "embed --native-format hdep",
        grid,
        embedded(grid, "data", native_format="hdep"),
    )
    yield Case("tiled grid with gain map", "embed, then strip", grid, strip(embedded(grid, "portrait")).data,
               has_depth=False)  # fmt: skip
    yield reencoded("JPEG", (GOLDEN / "scene.jpg").read_bytes(), "heic")
    yield reencoded("JPEG, Exif Orientation 6", (GOLDEN / "orientation" / "scene-6.jpg").read_bytes(), "heic")
    yield reencoded("PNG", (GOLDEN / "scene.png").read_bytes(), "heic")


def dng_cases() -> Iterator[Case]:
    """Yield all DNG cases."""
    for name, photo in photos.dngs():
        yield from of_photo(name, photo)
    plain = photos.linear_dng()
    yield Case("linear", "embed --bits 16", plain, embedded(plain, "data", bits=16))
    yield Case("linear", "embed, then strip", plain, strip(embedded(plain, "data")).data, has_depth=False)
