"""Inputs that once broke the invariant: each is now refused or read, within the bounds."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
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
from fuzz import operations, parsers
from fuzz.bounds import OPERATION, PARSER, Bounds, check
from tests.containers import heif_files, jpeg_files
from tests.corrupt import fuzz_findings


def _photo_with_block(make: Callable[[], bytes]) -> bytes:
    return fuzz_findings.photo_with(make())


def _photos(blocks: dict[str, Callable[[], bytes]]) -> dict[str, Callable[[], bytes]]:
    return {f"photo with {name}": partial(_photo_with_block, make) for name, make in blocks.items()}


def removing(data: bytes) -> None:
    """Remove the gain map, or refuse with a sentence."""
    heif.parse(data).remove([4])


CALLS: list[tuple[dict[str, Callable[[], bytes]], tuple[Callable[[bytes], None], ...], Bounds]] = [
    (fuzz_findings.HEIF, (operations.inspecting, parsers.container_read), PARSER),
    (fuzz_findings.HEIF_EDITS, (parsers.container_edit, removing), PARSER),
    (fuzz_findings.JPEG, (operations.inspecting, operations.extracting, operations.verifying), OPERATION),
    (fuzz_findings.MAPS, (parsers.map_file,), PARSER),
    (fuzz_findings.CALIBRATIONS, (parsers.calibration,), PARSER),
    (fuzz_findings.JOURNALS, (parsers.journal,), PARSER),
    (fuzz_findings.MANIFESTS, (parsers.manifest_csv, parsers.manifest_jsonl), PARSER),
    (fuzz_findings.PACKETS, (parsers.xmp_packet, parsers.focus_region), PARSER),
    (fuzz_findings.MESSAGES, (parsers.sei_twins,), PARSER),
    (fuzz_findings.EXIF, (parsers.exif_block, parsers.tiff_block), PARSER),
    (_photos(fuzz_findings.EXIF), (operations.verifying, operations.embedding), OPERATION),
    (fuzz_findings.GRAY, (parsers.hevc_picture,), OPERATION),
    (
        fuzz_findings.PICTURES,
        (parsers.photo_pixels, operations.inspecting, operations.transcoding),
        OPERATION,
    ),
]
CASES = [
    pytest.param(make, call, bounds, id=f"{name} {call.__name__}")
    for group, calls, bounds in CALLS
    for name, make in group.items()
    for call in calls
]


@pytest.mark.parametrize(("make", "call", "bounds"), CASES)
def test_the_input_is_harmless_now(
    make: Callable[[], bytes], call: Callable[[bytes], None], bounds: Bounds
) -> None:
    assert check(call, make(), bounds) is None


def test_four_limits_are_written_in_bounded_time() -> None:
    message = sei.DepthRepresentation(sei.RepresentationType.UNIFORM_INVERSE_Z, 0.0, 2.0**-30, 0.0, 2.0**-30)
    assert sei.parse_aux_subtype(sei.build_aux_subtype(message)) == message


def test_bytes_appended_to_a_block_do_not_become_part_of_its_note() -> None:
    block = fuzz_findings.note_outside_its_block()
    result = add_portrait_tags(block, ImageCharacteristics(40, 30))
    assert result.exif == block
    assert "is outside" in result.notes[0]
    replaced = add_portrait_tags(block, ImageCharacteristics(40, 30), replace_maker_note=True)
    assert read_portrait_tags(replaced.exif).maker_note == makernote.minimal_note({0x19: 0x20, 0x1F: 1})


def test_a_link_out_of_the_block_does_not_lead_into_added_bytes() -> None:
    block = fuzz_findings.EXIF["a link that leads nowhere"]()
    assert len(block) < 99
    result = add_portrait_tags(block, ImageCharacteristics(40, 30)).exif
    assert len(result) > 99
    assert not [key for key in read_tags(result) if key[0] == "1st"]
    assert read_tags(result)["0th", 0x0112] == read_tags(block)["0th", 0x0112]


def test_shared_data_is_not_copied_for_each_image() -> None:
    """A thousand images that share a packet are refused; a few hundred share one copy of it."""
    with pytest.raises(UnsupportedError, match="1001 auxiliary images"):
        _ = containers.parse(fuzz_findings.one_packet_for_all_images()).layout
    images = containers.parse(fuzz_findings.one_packet_for_all_images(200)).layout.auxiliaries
    assert len({id(image.xmp) for image in images if image.xmp and len(image.xmp) > 1000}) == 1
    images = containers.parse(fuzz_findings.one_configuration_for_all_images(200)).layout.auxiliaries
    assert len({id(image.configuration) for image in images if len(image.configuration) > 1000}) == 1


def test_names_from_a_file_cannot_control_the_terminal() -> None:
    out = io.BytesIO()
    arrays: dict[str, Any] = {
        "\x1b[31m": np.zeros((2, 3)),
        **{f"map{number}": np.zeros((2, 3)) for number in range(40)},
    }
    np.savez(out, **arrays)
    with pytest.raises(UsageError) as caught:
        read_map(out.getvalue())
    assert caught.value.message.isprintable()
    assert caught.value.message.endswith("21 more")


def test_the_journal_holds_names_that_are_not_utf8(tmp_path: Path) -> None:
    name = str(tmp_path / "caf\udce9.heic")
    journal = Journal(tmp_path / "journal")
    journal.begin(name)
    journal.done(name, "00", "11")
    journal.close()
    resumed = Journal(tmp_path / "journal", resume=True)
    assert resumed.entry(name) == JournalEntry("00", "11")
    resumed.close()


@pytest.mark.parametrize("header", [b"Exif\0", b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"])
def test_a_header_without_a_block_is_not_metadata(header: bytes) -> None:
    """Removing a block from such a segment could not be distinguished from its absence."""
    data = jpeg_files.after_jfif(jpeg_files.coded(), jpeg_files.segment(0xE1, header))
    assert (containers.parse(data).layout.exif, containers.parse(data).layout.xmp) == (None, None)
    parsers.container_edit(data)
    operations.embedding(data)


def test_the_offset_of_a_zero_length_item_is_ignored() -> None:
    """It may be beyond the end of a file from which something was removed."""
    data = heif_files.small_photo().build()
    (extent,) = heif.parse(data).structure.locations.entries[5].extents
    for offset in (len(data) - 1, len(data) + 99):
        changed = bytearray(data)
        changed[extent.position : extent.position + 8] = offset.to_bytes(4, "big") + bytes(4)
        assert not heif.parse(bytes(changed)).layout.auxiliaries[0].xmp
        parsers.container_edit(bytes(changed))


def test_damaged_scans_are_decoded_without_the_bytes_after_the_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    """libjpeg-turbo decodes them differently if many bytes follow, which verify took for a change of the photo."""
    decoded: list[bytes] = []
    decode = photo.decode

    def recording(data: bytes, least: int | None = None) -> Any:
        decoded.append(data)
        return decode(data, least)

    monkeypatch.setattr(photo, "decode", recording)
    data = jpeg_files.coded() + b"trailer"
    operations.embedding(data)
    assert jpeg_files.coded() in decoded and len(decoded) == 3
    assert all(jpeg.parse(data).structure.primary_stop == len(data) for data in decoded)
