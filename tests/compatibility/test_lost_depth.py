"""A photo saved again by a program that drops depth is distinguished from one that never had any."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from typing import Any

import pillow_heif
import pytest
from PIL import Image

import depthauthor
from authoring.compatibility.doctor import diagnose
from authoring.embed.strip import strip
from authoring.read.inspect import inspect
from compat import photos
from compat.cases import fitting_depth
from tests.compatibility import portrait_files as portraits


@cache
def with_depth(container: str, profile: Any) -> bytes:
    photo = photos.coded_jpeg() if container == "jpeg" else photos.single_heic()
    return depthauthor.embed_bytes(photo, fitting_depth(photo), profile=profile)


def saved_by_pillow(data: bytes, form: str = "JPEG", *, exif: bool = True, **options: Any) -> bytes:
    out = io.BytesIO()
    with Image.open(io.BytesIO(data)) as opened:
        kept = {key: opened.info[key] for key in ("exif", "xmp") if exif and opened.info.get(key)}
        opened.save(out, form, **kept, **options)
    return out.getvalue()


def saved_by_pillow_heif(data: bytes) -> bytes:
    out = io.BytesIO()
    pillow_heif.open_heif(io.BytesIO(data)).save(out, quality=70, enc_params={"preset": "ultrafast"})
    return out.getvalue()


def note_of(data: bytes) -> str | None:
    """Return the note of `inspect`; it must also be the headline of `doctor`."""
    note = next((note for note in inspect(data).notes if "saved again" in note), None)
    report = diagnose(data)
    assert (note is None) == ("saved again" not in report.headline)
    if note is not None:
        first = report.obstacles[0]
        assert (first.rule, first.because) == ("R1", note) and "depthauthor copy ORIGINAL FILE" in first.mend
        assert report.headline == f"Photos will probably show no aperture slider, because {note}"
    return note


SAVED_AGAIN: dict[str, Callable[[str], bytes]] = {
    "Pillow, Exif kept": lambda profile: saved_by_pillow(with_depth("jpeg", profile)),
    "pillow-heif": lambda profile: saved_by_pillow_heif(with_depth("heic", profile)),
    "Pillow, HEIC to JPEG": lambda profile: saved_by_pillow_of_heif(with_depth("heic", profile)),
}


def saved_by_pillow_of_heif(data: bytes) -> bytes:
    """Save as a program with the plug-in does."""
    pillow_heif.register_heif_opener()
    return saved_by_pillow(data)


@pytest.mark.parametrize("how", SAVED_AGAIN)
def test_a_portrait_saved_again_has_lost_its_depth(how: str) -> None:
    note = note_of(SAVED_AGAIN[how]("portrait"))
    assert note == (
        "the photo says it has depth (maker note 0x0019 has 0x20, CustomRendered is 9) but holds none: it was probably "
        "saved again by a program that drops depth, or its map was removed"
    )


@pytest.mark.parametrize("how", SAVED_AGAIN)
def test_lost_depth_of_the_data_profile_is_not_detected(how: str) -> None:
    assert note_of(SAVED_AGAIN[how]("data")) is None


def test_without_exif_lost_depth_is_not_detected() -> None:
    assert note_of(saved_by_pillow(with_depth("jpeg", "portrait"), exif=False)) is None


def test_an_image_kept_without_its_description_is_named() -> None:
    again = saved_by_pillow(with_depth("jpeg", "portrait"), "MPO", save_all=True)
    note = note_of(again)
    assert note is not None and "it holds a second picture of 256x192, which may be the map" in note


def test_a_removed_map_counts_too() -> None:
    assert note_of(strip(with_depth("jpeg", "portrait")).data) is not None
    assert note_of(strip(with_depth("jpeg", "portrait"), restore=True).data) is None


@pytest.mark.parametrize(
    ("flags", "custom", "words"),
    [
        (0x20, 0, "it has depth (maker note 0x0019 has 0x20) but holds none"),
        (0, 9, "it has depth (CustomRendered is 9) but holds none"),
        (0, 8, "it is a portrait with its blur rendered but holds no depth"),
        (0x40, 0, "it is a portrait with its blur rendered but holds no depth"),
        (0x02, 0, None),
        (0, 2, None),
    ],
)
def test_which_marks_count(flags: int, custom: int, words: str | None) -> None:
    data = portraits.photo(portraits.exif_block(flags25=flags, custom=custom), portraits.focus_packet())
    note = note_of(data)
    assert (note is None) if words is None else note is not None and f"the photo says {words}:" in note


@pytest.mark.parametrize("container", ["jpeg", "heic"])
@pytest.mark.parametrize("profile", ["portrait", "data"])
def test_a_photo_with_its_depth_is_not_suspected(container: str, profile: str) -> None:
    assert note_of(with_depth(container, profile)) is None


def test_real_photos_are_not_suspected(sample: Callable[[str], bytes]) -> None:
    for name in ("pug.heic", "plain_iphone_telephoto.heic", "edge_iphone_mpf_gainmap.jpg", "aux_YCbCr.heic"):
        assert note_of(sample(name)) is None


def test_a_real_portrait_saved_again(sample: Callable[[str], bytes]) -> None:
    """A camera original, blur not rendered."""
    note = note_of(saved_by_pillow(sample("rw_ios11_test06.jpg")))
    assert note is not None and "it has depth" in note
