"""What once broke the invariant: each input is refused or read now, within the bounds."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from authoring import containers
from authoring.apple import makernote
from authoring.apple.exif import read_portrait_tags
from authoring.apple.exif_required import ImageCharacteristics
from authoring.apple.exif_tags import read_tags
from authoring.apple.portrait_exif import add_portrait_tags
from authoring.batch.journal import Journal, JournalEntry
from authoring.codecs import photo, sei
from authoring.codecs.maps.formats import read_map
from authoring.containers import heif, jpeg
from authoring.errors import UnsupportedError, UsageError
from fuzz import parsers, whole
from fuzz.bounds import PARSER, WHOLE, Bounds, check
from tests.containers import heif_files, jpeg_files
from tests.corrupt import found


def _photos(blocks: dict[str, Callable[[], bytes]]) -> dict[str, Callable[[], bytes]]:
    return {f"photo with {name}": lambda make=make: found.photo_with(make()) for name, make in blocks.items()}  # type: ignore[misc]


def removing(data: bytes) -> None:
    """The gain map is taken out, or a sentence says why not."""
    heif.parse(data).remove([4])


CALLS: list[tuple[dict[str, Callable[[], bytes]], tuple[Callable[[bytes], None], ...], Bounds]] = [
    (found.HEIF, (whole.inspecting, parsers.container_read), PARSER),
    (found.HEIF_EDITS, (parsers.container_edit, removing), PARSER),
    (found.JPEG, (whole.inspecting, whole.extracting, whole.verifying), WHOLE),
    (found.MAPS, (parsers.map_file,), PARSER),
    (found.CALIBRATIONS, (parsers.calibration,), PARSER),
    (found.JOURNALS, (parsers.journal,), PARSER),
    (found.MANIFESTS, (parsers.manifest_csv, parsers.manifest_jsonl), PARSER),
    (found.PACKETS, (parsers.xmp_packet, parsers.focus_region), PARSER),
    (found.MESSAGES, (parsers.sei_twins,), PARSER),
    (found.EXIF, (parsers.exif_block, parsers.tiff_block), PARSER),
    (_photos(found.EXIF), (whole.verifying, whole.embedding), WHOLE),
    (found.GRAY, (parsers.hevc_picture,), WHOLE),
    (found.PICTURES, (parsers.photo_pixels, whole.inspecting, whole.transcoding), WHOLE),
]
CASES = [
    pytest.param(make, call, bounds, id=f"{name} {call.__name__}")
    for group, calls, bounds in CALLS
    for name, make in group.items()
    for call in calls
]


@pytest.mark.parametrize(("make", "call", "bounds"), CASES)
def test_it_does_no_harm_any_more(
    make: Callable[[], bytes], call: Callable[[bytes], None], bounds: Bounds
) -> None:
    assert check(call, make(), bounds) is None


def test_four_limits_are_written_however_many_spellings_there_are() -> None:
    told = sei.DepthRepresentation(0, 0.0, 2.0**-30, 0.0, 2.0**-30)
    assert sei.parse_aux_subtype(sei.build_aux_subtype(told)) == told


def test_bytes_put_behind_a_block_do_not_come_to_lie_in_its_note() -> None:
    block = found.note_outside_its_block()
    made = add_portrait_tags(block, ImageCharacteristics(40, 30))
    assert made.exif == block
    assert "lies outside" in made.notes[0]
    replaced = add_portrait_tags(block, ImageCharacteristics(40, 30), replace_maker_note=True)
    assert read_portrait_tags(replaced.exif).maker_note == makernote.minimal_note({0x19: 0x20, 0x1F: 1})


def test_a_link_that_leads_nowhere_does_not_lead_into_what_is_added() -> None:
    block = found.EXIF["a link that leads nowhere"]()
    assert len(block) < 99
    made = add_portrait_tags(block, ImageCharacteristics(40, 30)).exif
    assert len(made) > 99
    assert not [key for key in read_tags(made) if key[0] == "1st"]
    assert read_tags(made)["0th", 0x0112] == read_tags(block)["0th", 0x0112]


def test_no_more_than_its_share_is_copied() -> None:
    """A thousand images that have one packet in common are refused; a few hundred have one copy of it."""
    with pytest.raises(UnsupportedError, match="1001 auxiliary images"):
        _ = containers.parse(found.one_packet_for_all_images()).layout
    images = containers.parse(found.one_packet_for_all_images(200)).layout.auxiliaries
    assert len({id(one.xmp) for one in images if one.xmp and len(one.xmp) > 1000}) == 1
    images = containers.parse(found.one_configuration_for_all_images(200)).layout.auxiliaries
    assert len({id(one.configuration) for one in images if len(one.configuration) > 1000}) == 1


def test_names_out_of_a_file_do_not_steer_the_terminal() -> None:
    out = io.BytesIO()
    arrays: dict[str, Any] = {
        "\x1b[31m": np.zeros((2, 3)),
        **{f"map{one}": np.zeros((2, 3)) for one in range(40)},
    }
    np.savez(out, **arrays)
    with pytest.raises(UsageError) as caught:
        read_map(out.getvalue())
    assert caught.value.message.isprintable()
    assert caught.value.message.endswith("21 more")


def test_a_file_whose_name_is_no_text_is_in_the_journal(tmp_path: Path) -> None:
    name = str(tmp_path / "caf\udce9.heic")
    one = Journal(tmp_path / "journal")
    one.begin(name)
    one.done(name, "00", "11")
    one.close()
    again = Journal(tmp_path / "journal", resume=True)
    assert again.entry(name) == JournalEntry("00", "11")
    again.close()


@pytest.mark.parametrize("header", [b"Exif\0", b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"])
def test_a_header_without_a_block_is_no_metadata(header: bytes) -> None:
    """A block taken out of such a segment could not be told from one that was never there."""
    data = jpeg_files.after_jfif(jpeg_files.coded(), jpeg_files.segment(0xE1, header))
    assert (containers.parse(data).layout.exif, containers.parse(data).layout.xmp) == (None, None)
    parsers.container_edit(data)
    whole.embedding(data)


def test_an_item_of_no_bytes_lies_nowhere() -> None:
    """Its offset may be beyond the end of a file that something was taken out of."""
    data = heif_files.small_photo().build()
    (extent,) = heif.parse(data).structure.locations.entries[5].extents
    for offset in (len(data) - 1, len(data) + 99):
        changed = bytearray(data)
        changed[extent.position : extent.position + 8] = offset.to_bytes(4, "big") + bytes(4)
        assert not heif.parse(bytes(changed)).layout.auxiliaries[0].xmp
        parsers.container_edit(bytes(changed))


def test_damaged_data_is_decoded_without_what_follows_the_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    """libjpeg-turbo reads it in another way where many bytes follow: verify took that for a change of the photo."""
    seen: list[bytes] = []
    decode = photo.decode

    def noting(data: bytes) -> Any:
        seen.append(data)
        return decode(data)

    monkeypatch.setattr(photo, "decode", noting)
    data = jpeg_files.coded() + b"trailer"
    whole.embedding(data)
    assert len(seen) == 2 and seen[0] == jpeg_files.coded()
    assert jpeg.parse(seen[1]).structure.primary_stop == len(seen[1])
