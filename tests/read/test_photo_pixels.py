"""The one reader of a photo's pixels: fewer pixels are the means of all, in every container and orientation."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageOps

import depthauthor
from authoring import containers
from authoring.codecs import photo
from authoring.containers import heif
from authoring.errors import DepthauthorError, MalformedError, UnsupportedError
from authoring.read.heic_tiles import decode_tiles
from authoring.read.photo_pixels import PhotoPixels, decode_any_photo, decode_photo

GOLDEN = Path(__file__).parents[2] / "golden"
SIZE = (1400, 1048)
"""In a HEIC six tiles of 512 pixels, the last ones larger than what is left."""


@cache
def pixels() -> NDArray[np.uint8]:
    """Return the golden scene (H, W, 3), enlarged; every turn changes it."""
    with Image.open(GOLDEN / "scene.jpg") as picture:
        return np.asarray(picture.convert("RGB").resize(SIZE, Image.Resampling.BICUBIC))


def exif(orientation: int) -> bytes:
    block = Image.Exif()
    block[0x0112] = orientation
    return block.tobytes().removeprefix(b"Exif\0\0")


@cache
def coded(container: str, orientation: int = 1) -> bytes:
    """Return the scene as a photo, of which `pixels` are the stored raster."""
    metadata = photo.Metadata(exif(orientation))
    whole = photo.Pixels(*SIZE, pixels().tobytes())
    if container == "heic":
        return photo.encode_heic(whole, metadata, quality=90)
    return photo.encode_jpeg(whole, metadata, quality=95)


def means(whole: PhotoPixels, reduced: PhotoPixels) -> NDArray[np.int16]:
    """Return how far the reduced pixels are from the means of all."""
    height, width = reduced.stored.shape[:2]
    expected = photo.resized(np.ascontiguousarray(whole.stored), width, height)
    return expected.astype(np.int16) - reduced.stored


@pytest.mark.parametrize("orientation", [1, 3, 6, 7])
@pytest.mark.parametrize("container", ["heic", "jpeg"])
def test_fewer_pixels_are_the_means_of_all(container: str, orientation: int) -> None:
    file = containers.parse(coded(container, orientation))
    whole, reduced = decode_photo(file), decode_photo(file, least=350)
    assert whole.stored.shape == (SIZE[1], SIZE[0], 3)
    assert np.abs(whole.stored.astype(int) - pixels()).mean() < 4
    assert reduced.stored.shape == (262, 350, 3)
    assert whole.size == reduced.size == SIZE
    assert whole.orientation == reduced.orientation == orientation
    turned = SIZE[::-1] if orientation > 4 else SIZE
    assert whole.upright_size == reduced.upright_size == turned
    assert whole.upright.shape == (turned[1], turned[0], 3)
    difference = means(whole, reduced)
    assert np.abs(difference).max() <= (1 if container == "heic" else 24)
    assert np.abs(difference).mean() < 0.7 and abs(float(difference.mean())) < 0.2


def test_no_fewer_pixels_than_asked_for() -> None:
    for container in ("heic", "jpeg"):
        file = containers.parse(coded(container))
        for least, side in ((1400, 1400), (701, 1400), (700, 700), (351, 700), (175, 175)):
            assert max(decode_photo(file, least=least).stored.shape) == side


def test_tiles_meet_without_a_seam() -> None:
    """At full size a HEIC's tiles joined here are what libheif joins, but for the colour at their borders."""
    file = heif.parse(coded("heic"))
    joined, whole = decode_tiles(file, max(SIZE)).array.astype(int), decode_photo(file).stored
    assert joined.shape == whole.shape
    difference = np.abs(joined - whole)
    assert difference.mean() < 0.05
    inside = np.ones(whole.shape[:2], bool)
    for border in (512, 1024):
        inside[border - 2 : border + 2] = False
        inside[:, border - 2 : border + 2] = False
    assert difference[inside].max() <= 1


def still(mode: str, bits: int, array: NDArray[np.generic]) -> bytes:
    out = io.BytesIO()
    height, width = array.shape[:2]
    data = np.ascontiguousarray(array).tobytes()
    pillow_heif.encode(mode, (width, height), data, out, bit_depth=bits, enc_params={"preset": "ultrafast"})
    return out.getvalue()


def test_what_tiles_do_not_show_is_decoded_whole() -> None:
    """More than 8 bits, and transparency, which is laid over white."""
    part = pixels()[:500, :640]
    deep = still("RGB;16", 10, part.astype(np.uint16) * 257)
    clear = still("RGBA", 8, np.concatenate([part, np.full((500, 640, 1), 90, np.uint8)], axis=2))
    for data in (deep, clear):
        file = heif.parse(data)
        with pytest.raises(UnsupportedError):
            decode_tiles(file, 300, for_display=True)
        whole, reduced = decode_photo(file), decode_photo(file, least=300)
        assert np.array_equal(whole.stored, reduced.stored) and not reduced.checked
    assert decode_photo(containers.parse(clear)).stored.mean() > 150


def test_a_damaged_tile_does_not_keep_a_page_from_showing_the_rest() -> None:
    data = coded("heic")
    file = heif.parse(data)
    largest = max(file.entries, key=lambda entry: entry.size)
    assert largest.role == "tile"
    content = file.structure.content(largest.identifier)
    assert data.count(content) == 1
    broken = containers.parse(data.replace(content, content[:40] + bytes(len(content) - 40)))
    shown = decode_photo(broken, least=300)
    assert not shown.checked
    assert shown.stored.shape[1] == SIZE[0]


def test_limited_range_colours_are_those_of_the_whole(sample: Callable[[str], bytes]) -> None:
    for name in ("aux_YCbCr.heic", "fidmaa_selfie_depth.heic", "openize_14pro_portrait.heic"):
        file = containers.parse(sample(name))
        whole, reduced = decode_photo(file), decode_photo(file, least=400)
        assert reduced.checked and reduced.icc == whole.icc
        assert np.abs(means(whole, reduced)).max() <= 2


def test_a_size_that_is_stated_survives_a_replacement() -> None:
    full = photo.decode(coded("jpeg"))
    assert full.reduced_from is None
    reduced = photo.decode(coded("jpeg"), 300)
    assert reduced.reduced_from == SIZE and replace(reduced, icc=b"").reduced_from == SIZE


def test_a_grid_that_states_far_more_pixels_than_it_has_is_refused() -> None:
    stated, false = (struct.pack(">II", *size) for size in (SIZE, (60_000, 60_000)))
    data = coded("heic")
    assert data.count(stated) == 1
    with pytest.raises(UnsupportedError, match="60000x60000"):
        decode_tiles(heif.parse(data.replace(stated, false)), 300)


@pytest.mark.parametrize(
    ("false", "kind"),
    [((4096, 1048), MalformedError), ((1400, 2048), MalformedError), ((1024, 1048), UnsupportedError)],
)
def test_a_grid_has_as_many_tiles_as_cover_it(false: tuple[int, int], kind: type[DepthauthorError]) -> None:
    """A decoder refuses one with fewer; one with more takes time without an end."""
    stated = struct.pack(">II", *SIZE)
    made = heif.parse(coded("heic").replace(stated, struct.pack(">II", *false)))
    with pytest.raises(kind, match="tiles"):
        decode_tiles(made, 300)


def _png(orientation: int) -> bytes:
    """Return a small PNG whose Exif turns it, as editors export it."""
    buffer = io.BytesIO()
    with Image.fromarray(pixels()) as picture:
        small = picture.resize((64, 48))
        turned = small if orientation < 5 else small.transpose(Image.Transpose.TRANSPOSE)
        turned.save(buffer, "PNG", exif=exif(orientation))
    return buffer.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_png_is_upright_as_its_exif_says(orientation: int) -> None:
    data = _png(orientation)
    with Image.open(io.BytesIO(data)) as picture:
        upright = np.asarray(ImageOps.exif_transpose(picture))
    decoded = decode_any_photo(data).pixels
    assert decoded.orientation == orientation
    assert np.array_equal(decoded.upright, upright)
    # The map is upright as the photo is shown; `embed` takes the two for the same photo, and so does what shows them.
    ramp = np.linspace(1, 3, 64 * 48, dtype=np.float32).reshape(48, 64)
    shown = depthauthor.preview_image(data, ramp, unit="m")
    with Image.fromarray(upright) as plain:
        difference = ImageChops.difference(shown, depthauthor.preview_image(plain, ramp, unit="m"))
    assert (
        difference.crop((0, 0, shown.width, 800)).getbbox() is None
    )  # Below are words, of the orientation too.
