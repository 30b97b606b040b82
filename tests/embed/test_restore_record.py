"""The restore record: what a replaced maker note leaves, embeds without a record, what strip says of the rest."""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import Any, Literal

import numpy as np
import piexif
import pillow_heif
import pytest
from PIL import Image

import depthauthor
from authoring import containers
from authoring.apple import xmp
from authoring.apple.exif_tags import read_tags
from authoring.apple.provenance import read_provenance
from authoring.embed.strip import strip
from authoring.errors import RefusedError
from authoring.read.layout import depth_images

GOLDEN = Path(__file__).parents[2] / "golden"
NOTE = b"another maker's note with a serial number 12345 and a name " * 8

Container = Literal["jpeg", "heic"]


def photo_with_note(container: Container) -> bytes:
    """Return a photo with another maker's note."""
    directories: dict[str, Any] = {
        "0th": {piexif.ImageIFD.Make: b"Maker"},
        "Exif": {piexif.ExifIFD.MakerNote: NOTE},
    }
    out, exif = io.BytesIO(), piexif.dump(directories)
    with Image.open(GOLDEN / "scene.jpg") as picture:
        if container == "jpeg":
            picture.save(out, "JPEG", exif=exif)
        else:
            pillow_heif.from_pillow(picture).save(out, quality=80, exif=exif)
    return out.getvalue()


def embedded(photo: bytes, **options: Any) -> tuple[bytes, depthauthor.EmbedReport]:
    return depthauthor.Embedder(replace_maker_note=True, **options).report(
        photo, np.load(GOLDEN / "scene-depth.npy")
    )


def records(photo: bytes) -> bytes:
    """Return what the records in a photo's depth hold, unpacked."""
    provenance = read_provenance(xmp.parse_packet(depth_images(containers.parse(photo).layout)[0].xmp or b""))
    assert provenance is not None
    return b"".join(zlib.decompress(record[1:]) for record in (provenance.undo, provenance.restore) if record)


@pytest.mark.parametrize("container", ["jpeg", "heic"])
def test_a_replaced_maker_note_stays_and_the_report_says_so(container: Container) -> None:
    photo = photo_with_note(container)
    data, report = embedded(photo)
    assert NOTE in data + records(data)
    assert any("stays in the file" in note and "--no-restore-record" in note for note in report.notes)
    assert depthauthor.strip_bytes(data, restore=True) == photo
    assert any("in the place of another maker's" in note for note in strip(data).report.notes)


@pytest.mark.parametrize("container", ["jpeg", "heic"])
def test_without_a_restore_record_it_is_erased(container: Container) -> None:
    photo = photo_with_note(container)
    data, report = embedded(photo, restore_record=False)
    assert b"serial number" not in data + records(data)
    assert "the replaced maker note was erased" in report.notes
    assert any("no restore record" in note for note in report.notes)
    before, after = (read_tags(containers.parse(file).layout.exif or b"") for file in (photo, data))
    assert after["0th", piexif.ImageIFD.Make] == before["0th", piexif.ImageIFD.Make]
    with pytest.raises(RefusedError, match="embedded with restore_record=False"):
        strip(data, restore=True)
    again, report = embedded(data, replace=True)
    assert any("earlier embed kept no restore record" in note for note in report.notes)
    assert NOTE not in again + records(again)
    stripped = strip(data)
    assert b"serial number" not in stripped.data and b"urn:depthauthor" not in stripped.data
    assert any(
        "Exif CustomRendered 9, a maker note" in note and "no restore record" in note
        for note in stripped.report.notes
    )


def test_nothing_is_said_where_nothing_stays() -> None:
    photo = (GOLDEN / "scene.jpg").read_bytes()
    depth = np.load(GOLDEN / "scene-depth.npy")
    for restore_record in (True, False):
        stripped = strip(depthauthor.embed_bytes(photo, depth, profile="data", restore_record=restore_record))
        assert stripped.data == photo and stripped.report.notes == ()


def test_a_photo_that_was_edited_since_is_not_said_to_be_restorable() -> None:
    data, _ = embedded(photo_with_note("jpeg"))
    edited = data.replace(b"Maker\0", b"OTHER\0", 1)
    notes = strip(edited).report.notes
    assert any("does not fit this file any more, so --restore cannot take it out" in note for note in notes)
    with pytest.raises(RefusedError, match="does not fit"):
        strip(edited, restore=True)
