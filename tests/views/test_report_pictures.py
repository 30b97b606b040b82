"""A report shows a HEIC photo by its own thumbnail, if that is suitable."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pillow_heif
import pytest
from numpy.typing import NDArray
from PIL import Image

from authoring import containers
from authoring.codecs import photo as pictures
from authoring.containers import heif
from authoring.views import report
from authoring.views.report import row_of
from tests.containers import heif_files

SIZE = (640, 480)


def photo(thumbnails: list[int], orientation: int = 1) -> bytes:
    """Return a HEIC with a picture that every turn changes."""
    across, down = np.meshgrid(np.linspace(0, 255, SIZE[0]), np.linspace(0, 255, SIZE[1]))
    pixels = np.stack([across, down, 255 - across], axis=2).astype(np.uint8)
    out = io.BytesIO()
    picture = pillow_heif.from_pillow(Image.fromarray(pixels))
    picture.info["thumbnails"] = thumbnails
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture.save(out, quality=90, save_nclx_profile=True, exif=exif.tobytes())
    return out.getvalue()


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Return (width, height) of each HEIC that was decoded."""
    sizes: list[tuple[int, int]] = []
    decode = pictures.decode_heic

    def recorded(data: bytes, **options: Any) -> pictures.Pixels:
        result = decode(data, **options)
        sizes.append((result.width, result.height))
        return result

    monkeypatch.setattr(pictures, "decode_heic", recorded)
    return sizes


def shown(data: bytes) -> NDArray[np.int16]:
    """Return what the report shows, (H, W, 3)."""
    result = row_of(data)[1].photo
    assert result
    return np.asarray(Image.open(io.BytesIO(result))).astype(np.int16)


@pytest.mark.parametrize("orientation", [1, 6, 7])
def test_the_photos_own_thumbnail_is_shown(orientation: int, decoded: list[tuple[int, int]]) -> None:
    full = shown(photo([], orientation))
    assert max(decoded.pop()) == 640
    own = shown(photo([100, 320], orientation))
    assert [max(size) for size in decoded] == [320]
    assert own.shape == full.shape
    assert np.abs(own - full).mean() < 4


def test_a_thumbnail_that_is_too_small_is_not_shown(decoded: list[tuple[int, int]]) -> None:
    assert shown(photo([report.THUMBNAIL_SIDE - 80])).shape == (210, 280, 3)
    assert decoded == [SIZE]


def with_thumbnail_of(width: int, height: int) -> bytes:
    """Return a square photo whose thumbnail states this size."""
    picture, configuration = heif_files.payload_and_configuration(heif_files.coded("RGB", 320, 240))
    spec = heif_files.small_photo()
    spec.items.append(heif_files.ItemSpec(6, "hvc1", picture))
    spec.references.append(("thmb", 6, [1]))
    spec.properties += [
        heif_files.box("hvcC", configuration),
        heif_files.full("ispe", 0, 0, struct.pack(">II", width, height)),
    ]
    spec.links[6] = [(9, True), (10, False)]
    return spec.build()


def test_a_thumbnail_of_another_shape_is_not_shown(decoded: list[tuple[int, int]]) -> None:
    assert shown(with_thumbnail_of(320, 240)).shape == (64, 64, 3)
    assert decoded == [(64, 64)]


def test_a_thumbnail_without_a_height_is_ignored() -> None:
    data = with_thumbnail_of(320, 0)
    assert containers.parse(data).thumbnail() is None
    row_of(data)  # libheif refuses such a file; the row is told all the same.


def test_a_damaged_thumbnail_is_not_shown(decoded: list[tuple[int, int]]) -> None:
    data = photo([320])
    result = containers.parse(data).thumbnail()
    assert result is not None and (result.width, result.height) == (320, 240)
    assert data.count(result.payload) == 1
    broken = data.replace(result.payload, bytes(len(result.payload)))
    assert shown(broken).shape == (210, 280, 3)
    assert decoded == [SIZE]


def test_the_thumbnails_colours_are_converted() -> None:
    """Limited range instead of full: black is decoded darker than it is coded, and white brighter."""
    result = containers.parse(photo([320])).thumbnail()
    assert result is not None
    limited = b"nclx" + struct.pack(">HHHB", 1, 13, 6, 0)
    full, narrow = (
        np.asarray(
            pillow_heif.open_heif(
                io.BytesIO(
                    heif.build_still(
                        result.width, result.height, result.payload, result.configuration, colour
                    )
                )
            )
        ).astype(np.int16)
        for colour in (b"", limited)
    )
    assert (narrow[:20, :, 1] <= full[:20, :, 1]).all() and narrow.std() > full.std() * 1.05


@pytest.mark.parametrize("name", ["plain_iphone_telephoto.heic", "aux_YCbCr.heic"])
def test_real_thumbnails(name: str, sample: Callable[[str], bytes], decoded: list[tuple[int, int]]) -> None:
    data = sample(name)
    own = shown(data)
    (size,) = decoded
    assert max(size) <= 512
    full = Image.fromarray(pictures.decode_heic(data).array).resize(own.shape[1::-1], Image.Resampling.BOX)
    assert np.abs(own - np.asarray(full).astype(np.int16)).mean() < 9
