"""Other programs still read the photo; the full matrix is `python -m compat.matrix`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from authoring import containers
from authoring.containers.heif import HeifFile
from compat import known, matrix, page, photos, table
from compat.cases import Case, embedded, fitting_depth, heic_cases, jpeg_cases, of_photo, reencoded
from compat.judging import judge, reencoding_fault
from compat.reading import Missing, Reader, Reading, lines, netpbm, picture

QUICK = [reader for reader in table.READERS if reader.quick]
DOCS = Path(__file__).parents[2] / "docs" / "readers.md"

KINDS = (
    "CMYK",
    "no Exif",
    "Exif Orientation 6",
    "Ultra HDR with a motion video",
    "one image, by pillow-heif",
    "tiled grid with gain map, as iPhones write it",
    "turned (irot 3)",
    "linear, big-endian",
    "one colour a pixel (CFA)",
    "no preview",
)


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """Portraits of the kinds that differ most, and one photo of the data profile."""
    by_kind = dict(photos.jpegs()) | dict(photos.heics()) | dict(photos.dngs())
    portraits = [Case(kind, "portrait", by_kind[kind], embedded(by_kind[kind], "portrait")) for kind in KINDS]
    return [*portraits, Case("gray", "data", by_kind["gray"], embedded(by_kind["gray"], "data"))]


@pytest.mark.parametrize("reader", QUICK, ids=lambda reader: reader.name)
def test_the_reader_shows_the_same_photo(reader: Reader, cases: list[Case]) -> None:
    (column,) = table.fill(cases, [reader])
    if column.missing:
        pytest.skip(f"{column.reader}: {column.missing}")
    wrong = {case.name: cell.faults for case, cell in zip(cases, column.cells, strict=True) if cell.faults}
    assert not wrong
    assert any(cell.state in ("ok", "explained") for cell in column.cells)


def test_every_kind_has_a_name_of_its_own() -> None:
    kinds = [name for group in (photos.jpegs(), photos.heics(), photos.dngs()) for name, _ in group]
    assert set(KINDS) <= set(kinds) and len(set(kinds)) == len(kinds)


def test_the_page_is_of_these_files_and_readers() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert text.startswith(page.page([("JPEG", [], [])]).partition("| reader |")[0])
    kinds = [name for group in (photos.jpegs(), photos.heics(), photos.dngs()) for name, _ in group]
    assert all(f"| {name} | embed" in text for name in kinds)
    assert all(f"| {reader.name} | " in text for reader in table.READERS)
    assert all(row.reason in text for row in known.TABLE) and "**FAIL** |" not in text


def _of(shade: int, **changes: object) -> Reading:
    pixels = np.full((48, 64, 3), shade, np.uint8)
    return replace(Reading(True, picture(pixels), {"Make": "one"}, ("old",), depth=True), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("after", "fault"),
    [
        (_of(9), "shows other pixels"),
        (_of(8, picture=picture(np.zeros((48, 63), np.uint8))), "shows 63x48, the photo was 64x48"),
        (_of(8, picture=None), "shows no picture"),
        (_of(8, warnings=("old", "new")), "new warning: new"),
        (_of(8, tags={}), "lost Make"),
        (_of(8, tags={"Make": "two"}), "changed Make: one became two"),
        (_of(8, depth=False), "sees no depth"),
        (Reading(False, refusal="no"), "refused: no"),
    ],
)
def test_a_loss_is_a_fault(after: Reading, fault: str) -> None:
    cell = judge("some reader", _of(8), after)
    assert cell.state == "FAIL" and fault in cell.faults


def test_equal_readings_are_ok_and_additions_are_not_faults() -> None:
    cell = judge("some reader", _of(8), _of(8, tags={"Make": "one", "More": "x"}, warnings=()))
    assert (cell.state, cell.depth, cell.faults) == ("ok", True, ())
    stripped = judge("some reader", _of(8), _of(8, depth=False), has_depth=False)
    assert (stripped.state, stripped.depth) == ("ok", False)


def test_a_reader_that_opens_neither_is_explained_never_ok() -> None:
    cell = judge("some reader", Reading(False, refusal="no codec"), Reading(False, refusal="no codec"))
    assert cell.state == "explained" and cell.reasons == ("Refuses the photo before, too: no codec",)
    assert judge("some reader", Reading(False, refusal="no"), _of(8)).state == "FAIL"


def test_the_page_distinguishes_refused_from_lost() -> None:
    case = Case("photo", "made", b"", b"")
    refused, opened = Reading(False, refusal="Too many auxiliary image references"), _of(8)
    photo = "tone map (tmap), gain map bound to neither"
    cells = [
        judge("libheif tools", opened, opened, photo=photo),
        judge("libheif tools", refused, refused, photo=photo),
        judge("libheif tools", opened, refused, photo=photo),
        judge("libheif tools", opened, refused, photo="another"),
        judge("exiftool", opened, _of(8, warnings=("[minor] Unknown value for ExifIFD:CustomRendered",))),
    ]
    text = page.page([("JPEG", [case], [table.Column("reader", "1", "", (cell,)) for cell in cells])])
    assert "| ok, depth | refused (1) | **lost** (1) | **FAIL** | ok (2), depth |" in text


def test_a_reason_applies_to_its_reader_and_photo_only() -> None:
    complaint = "refused: Too many auxiliary image references"
    assert known.reason_for("libheif tools", "tone map (tmap), gain map bound to neither", complaint)
    assert known.reason_for("libheif tools", "tiled grid", complaint) is None
    assert known.reason_for("pillow-heif", "tone map (tmap), gain map bound to neither", complaint) is None


def test_a_missing_reader_did_not_run() -> None:
    def absent() -> str:
        raise Missing("it is not installed")

    def never_called(paths: object) -> list[Reading]:
        raise AssertionError("a missing reader was run")

    case = Case("photo", "made", photos.coded_jpeg(), photos.coded_jpeg())
    (column,) = table.fill([case], [Reader("absent", absent, never_called)])
    assert [cell.state for cell in column.cells] == ["not run"]
    text = page.page([("JPEG", [case], [column])])
    assert "| absent | not run: it is not installed |" in text and "| photo | made | not run |" in text


def test_readers_see_damage() -> None:
    """Check the matrix end to end, with a photo with a changed scan and one without its map."""
    photo = photos.coded_jpeg()
    good = embedded(photo, "data")
    at = good.index(b"\xff\xda") + 400
    bad = good[:at] + bytes(40) + good[at + 40 :]
    pillow = next(reader for reader in QUICK if reader.name == "Pillow")
    (column,) = table.fill([Case("photo", "good", photo, good), Case("photo", "bad", photo, bad)], [pillow])
    assert [cell.state for cell in column.cells] == ["ok", "FAIL"]
    heic = photos.single_heic()
    reader = next(reader for reader in QUICK if reader.name == "pillow-heif")
    (column,) = table.fill([Case("photo", "without", heic, heic)], [reader])
    assert column.cells[0].faults == ("sees no depth",)


def test_tifffile_sees_a_map_that_is_gone() -> None:
    photo = photos.linear_dng()
    reader = next(reader for reader in QUICK if reader.name == "tifffile")
    (column,) = table.fill([Case("linear", "without", photo, photo)], [reader])
    if column.missing:
        pytest.skip(f"{column.reader}: {column.missing}")
    assert column.cells[0].faults == ("sees no depth",)


def test_two_encodings_of_one_photo_are_similar_and_another_photo_is_not() -> None:
    scene = np.asarray(photos.scene())
    noise = np.random.default_rng(1).integers(-8, 9, scene.shape)
    noisy = np.clip(scene.astype(int) + noise, 0, 255).astype(np.uint8)
    plain, again = Reading(True, picture(scene)), Reading(True, picture(noisy))
    assert reencoding_fault(plain, again, to_heic=True) is None
    turned = Reading(True, picture(np.rot90(noisy, -1)))
    assert reencoding_fault(plain, turned, to_heic=True) is None
    assert reencoding_fault(plain, turned, to_heic=False) is not None
    assert reencoding_fault(plain, Reading(True, picture(scene[:, ::-1])), to_heic=True) is not None


def test_messages_of_tools_are_compared_without_addresses_and_times() -> None:
    path = Path("/some/folder/file.jpg")
    text = "[a @ 0x55f6] /some/folder/file.jpg: odd\n[a @ 0x66f7] /some/folder/file.jpg: odd\n"
    assert lines(text, path) == ("[a @ …] FILE: odd",)
    assert lines("(vips:12): W **: 10:11:12.345: odd", path) == lines(
        "(vips:9): W **: 20:21:22.345: odd", path
    )
    assert netpbm(b"P6\n# x\n2 1\n255\nabcdef").shape == (1, 2, 3)
    with pytest.raises(ValueError, match="not an 8-bit"):
        netpbm(b"P6 2 1 65535\n")


def test_the_command_prints_faults(capsys: pytest.CaptureFixture[str]) -> None:
    case = Case("photo", "made", photos.coded_jpeg(), photos.coded_jpeg("L"))
    pillow = [reader for reader in QUICK if reader.name == "Pillow"]
    assert matrix.show("JPEG", [case], table.fill([case], pillow))
    assert "1 FAIL" in capsys.readouterr().out


def test_a_reencoded_photo_has_plain_offsets_as_phones_write_them() -> None:
    """Readers for web pages ignore base offsets."""
    case = reencoded("JPEG", photos.coded_jpeg(), "heic")
    file = containers.parse(case.after)
    assert isinstance(file, HeifFile)
    assert all(entry.base == 0 for entry in file.structure.locations.entries.values())


def test_a_map_fits_its_photo() -> None:
    for _, photo in photos.heics():
        height, width = fitting_depth(photo).shape
        assert max(height, width) == 256
    upright = dict(photos.jpegs())["Exif Orientation 6"]
    assert fitting_depth(upright).shape == (192, 256)


def test_the_lists_of_cases_are_lazy_and_named() -> None:
    first: Iterator[Case] = of_photo("photo", photos.coded_jpeg())
    assert next(first).name == "photo: embed --profile data"
    assert isinstance(jpeg_cases(), Iterator) and isinstance(heic_cases(), Iterator)
