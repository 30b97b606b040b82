"""Damaged HEIF: one defect a file, and our own errors only."""

from __future__ import annotations

import random
import struct
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from authoring.containers import heif
from authoring.errors import DepthauthorError, MalformedError, UnsupportedError
from tests.containers.heif_files import ItemSpec, PhotoSpec, auxiliary, box, small_photo, within_host


def exercise(data: bytes) -> None:
    """Use every method of a file; the result of a splice must be readable."""
    file = heif.parse(data)
    for ask in (lambda: file.layout, file.dump, file.parts):
        try:
            ask()
        except DepthauthorError:
            continue
    try:
        spliced = file.splice(auxiliary()).apply(data)
    except DepthauthorError:
        pass
    else:
        heif.parse(spliced)
    for result in file.layout.auxiliaries:
        file.remove([result.identifier]).apply(data)


def patched(data: bytes, kind: bytes, offset: int, value: bytes, number: int = 0) -> bytes:
    """Write `value` `offset` bytes after the type of the box number `number` of that kind."""
    at = -1
    for _ in range(number + 1):
        at = data.index(kind, at + 1)
    return data[: at + offset] + value + data[at + offset + len(value) :]


def looped() -> bytes:
    photo = within_host(small_photo())
    photo.items[-1].method, photo.items[-1].host = 2, 9
    photo.references.append(("iloc", 9, [3]))
    return photo.build()


def derived_from_itself() -> bytes:
    photo = small_photo()
    photo.items[0].kind = "grid"
    photo.references.append(("dimg", 1, [1]))
    return photo.build()


GOOD = small_photo().build
DEFECTS: dict[str, tuple[Callable[[], bytes], str]] = {
    "no bytes": (lambda: b"", "begin with a box 'ftyp'"),
    "another format": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(40), "'ftyp'|fewer than its header|holds only"),
    "ftyp only": (lambda: box("ftyp", b"heic", bytes(4)), "no box 'meta'"),
    "ftyp too short": (lambda: box("ftyp", b"heic") + GOOD()[24:], "impossible size"),
    "cut in mdat": (lambda: GOOD()[:-30], "holds only"),
    "cut in meta": (lambda: GOOD()[:300], "holds only"),
    "box size below 8": (lambda: patched(GOOD(), b"hdlr", -4, b"\0\0\0\7"), "fewer than its header"),
    "box leaves its parent": (lambda: patched(GOOD(), b"infe", -4, b"\0\1\0\0"), "iinf holds only"),
    "no pitm": (lambda: GOOD().replace(b"pitm", b"pitx"), "number of its main image"),
    "no iinf": (lambda: GOOD().replace(b"iinf", b"iinx"), "list of items"),
    "no iprp": (lambda: GOOD().replace(b"iprp", b"iprx"), "item properties"),
    "no ipco": (lambda: GOOD().replace(b"ipco", b"ipcx"), "container"),
    "no iloc": (lambda: GOOD().replace(b"iloc", b"ilox"), "its item locations"),
    "no idat": (
        lambda: replace(small_photo(), items=[ItemSpec(1, "hvc1", b"x", method=1)]).build().replace(b"idat", b"idax"),
        "'idat', which is missing",
    ),
    "pitm names nothing": (lambda: patched(GOOD(), b"pitm", 8, b"\0\x63"), "item 99, which does not exist"),
    "iinf count too large": (lambda: patched(GOOD(), b"iinf", 8, b"\0\x09"), "states 9 items but lists 5"),
    "iinf count too small": (lambda: patched(GOOD(), b"iinf", 8, b"\0\x02"), "states 2 items but lists 5"),
    "two items of one number": (lambda: patched(GOOD(), b"infe", 8, b"\0\2"), "same identifier|not there"),
    "iref longer than its box": (lambda: patched(GOOD(), b"auxl", 6, b"\0\x40"), "'auxl' ends before"),
    "ipma count too large": (lambda: patched(GOOD(), b"ipma", 8, b"\0\0\0\x09"), "'ipma' ends before"),
    "ipma index out of range": (lambda: patched(GOOD(), b"ipma", 15, b"\x7f"), "property 127, but there are only 8"),
    "iloc count too large": (lambda: patched(GOOD(), b"iloc", 10, b"\0\x40"), "'iloc' ends before"),
    "iloc width of 3": (lambda: patched(GOOD(), b"iloc", 8, b"\x34"), "width other than"),
    "iloc of extents without end": (
        lambda: endless_extents(),
        "more than 200000 extents",
    ),
    "item outside the file": (lambda: patched(GOOD(), b"iloc", 20, b"\x7f"), "its source has"),
    "item longer than the file": (lambda: patched(GOOD(), b"iloc", 24, b"\x7f"), "its source has"),
    "items in one another": (looped, "contains itself"),
    "items that share bytes without bound": (lambda: sharing_without_bound().build(), "far larger than the file"),
    "item in no item": (lambda: replace(within_host(small_photo()), references=[]).build(), "not named"),
    "grpl longer than its box": (
        lambda: patched(replace(small_photo(), groups=[("altr", 9, [1])]).build(), b"altr", 12, b"\0\0\1\0"),
        "'altr' ends before",
    ),
}  # fmt: skip


def endless_extents() -> bytes:
    """Return four entries of 65,535 extents that take no bytes."""
    photo = small_photo(widths=(0, 0, 0, 0))
    data = photo.build()
    at = data.index(b"iloc") + 12
    for number in range(4):
        place = at + 8 * number + 6
        data = data[:place] + b"\xff\xff" + data[place + 2 :]
    return data


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_is_stated_in_a_sentence(name: str) -> None:
    make, sentence = DEFECTS[name]
    with pytest.raises(MalformedError, match=sentence):
        heif.parse(make())


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: patched(GOOD(), b"ispe", 8, bytes(8)), "states no size"),
        (lambda: derived_from_itself(), "derived from itself"),
    ],
)
def test_a_defect_that_shows_in_the_layout(make: Callable[[], bytes], sentence: str) -> None:
    file = heif.parse(make())
    with pytest.raises(MalformedError, match=sentence):
        _ = file.layout


def sharing_without_bound() -> PhotoSpec:
    """Return sixty items that all use the bytes of one long item."""
    photo = small_photo()
    photo.items.append(ItemSpec(9, "hvc1", bytes(50_000)))
    for number in range(10, 70):
        photo.items.append(ItemSpec(number, "hvc1", bytes(50_000), method=2, host=9))
        photo.references.append(("iloc", number, [9]))
    return photo


def test_unknown_versions_are_unsupported_not_malformed() -> None:
    for data in (patched(GOOD(), b"infe", 4, b"\7"), patched(GOOD(), b"iloc", 4, b"\7")):
        with pytest.raises(UnsupportedError, match="not known here"):
            heif.parse(data)
    with pytest.raises(UnsupportedError, match="construction method 5"):
        heif.parse(patched(GOOD(), b"iloc", 14, b"\0\5"))


def test_data_in_another_file_is_unsupported() -> None:
    file = heif.parse(patched(GOOD(), b"iloc", 16, b"\0\1"))
    with pytest.raises(UnsupportedError, match="another file"):
        file.splice(auxiliary())


def test_bytes_after_the_last_box_are_kept_and_noted() -> None:
    data = GOOD() + b"\0\0\0"
    file = heif.parse(data)
    assert file.notes == ("after the last box are 3 bytes that belong to none",)
    result = file.splice(auxiliary()).apply(data)
    assert result.endswith(b"\0\0\0")
    assert heif.parse(heif.parse(result).remove([6]).apply(result)).source.endswith(b"\0\0\0")


@pytest.mark.parametrize(
    "photo",
    [
        small_photo(),
        small_photo(order=("ftyp", "mdat0", "meta", "mdat1"), pieces=2, widths=(4, 4, 4, 0), base="file"),
        replace(within_host(small_photo(iloc_version=2, widths=(4, 4, 0, 4))), groups=[("altr", 20, [1, 4])]),
    ],
    ids=["plain", "scattered", "nested"],
)
def test_random_damage_gives_our_errors_only_and_soon(photo: PhotoSpec) -> None:
    data = photo.build()
    first = 0 if data.index(b"meta") < data.index(b"mdat") else data.index(b"meta") - 4
    last = data.index(b"mdat") if not first else data.index(b"mdat", first)
    rng = random.Random(20161)
    start = time.perf_counter()
    survived = 0
    for _ in range(250):
        broken = bytearray(data)
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(first, last)
            edge = rng.choice([0, 1, 0x7F, 0x80, 0xFF, broken[at] ^ 1 << rng.randrange(8)])
            broken[at] = edge
        if rng.random() < 0.1:
            del broken[rng.randrange(len(broken)) :]
        try:
            exercise(bytes(broken))
            survived += 1
        except DepthauthorError as error:
            assert error.message
            assert not error.message.endswith(".")
    assert 10 < survived < 240, "the damage is neither harmless nor always deadly"
    assert time.perf_counter() - start < 30


def test_every_truncation_is_an_error_of_ours() -> None:
    data = GOOD()
    for stop in range(0, len(data), 37):
        with pytest.raises(DepthauthorError):
            heif.parse(data[:stop])


def test_a_crafted_count_costs_nothing() -> None:
    """Sixteen-bit counts of things that are not there are refused before they are counted."""
    data = patched(GOOD(), b"iloc", 10, struct.pack(">H", 0xFFFF))
    start = time.perf_counter()
    with pytest.raises(MalformedError):
        heif.parse(data)
    assert time.perf_counter() - start < 1
