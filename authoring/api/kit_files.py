"""Write the device kit: test files for an iPhone, a page that tells what to look for, and a form for the results."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

from authoring import files
from authoring.api.inputs import PathLike
from authoring.codecs import photo as photo_codec
from authoring.compatibility.verify import verify
from authoring.embed import device_kit, device_scene
from authoring.errors import RefusedError
from authoring.report_base import Report
from authoring.version import VERSION
from authoring.views.pages.kit_page import KitCard, KitPage, render_kit_page

PAGE, FORM = "index.html", "results.csv"
PICTURE_PX = (960, 720)
"""Of the picture on the page."""

Answer = Literal["yes", "no", ""]


@dataclass(frozen=True, slots=True)
class DeviceResult:
    """One row of the results form: what was seen of one file on one device; empty where nobody looked."""

    file: str
    """Name of the test file."""
    device: str
    ios: str
    imports: Answer
    portrait_icon: Answer
    toggle: Answer
    aperture: Answer
    lighting: Answer
    effect: Answer
    reopened: Answer
    remark: str


QUESTIONS: tuple[tuple[str, str], ...] = (
    ("imports", "It can be saved to Photos and opens"),
    ("portrait_icon", "The viewer shows the Portrait icon (ƒ or Portrait, at the top)"),
    ("toggle", "The icon switches the effect on and off, outside Edit"),
    ("aperture", "Edit offers the aperture (ƒ)"),
    ("lighting", "Edit offers Portrait Lighting"),
    ("effect", "The effect is visible: the wall blurs, the nearest face stays sharp"),
    ("reopened", "After Done and opening it again, the effect is there and can be changed"),
)
"""Columns of the form that are answered for every file."""


@dataclass(frozen=True, slots=True)
class KitEntry:
    """One file that `kit` wrote."""

    file: str
    """Name in the folder."""
    compared_with: str | None
    """The file that it differs from in one thing."""
    change: str
    level: str
    """As `verify` predicts it, as far as device tests of others cover the file."""
    possible_level: str
    """What the other rules allow."""
    verdict: str


@dataclass(frozen=True, slots=True, repr=False)
class KitReport(Report):
    """What `kit` wrote."""

    _shown = ("output",)

    output: str
    """The folder."""
    page: str
    form: str
    files: tuple[KitEntry, ...]
    schema: str = "depthauthor/kit/1"


def kit(output: PathLike, *, overwrite: bool = False) -> KitReport:
    """Write test files for an iPhone into a folder, with a page and a results form; the folder is made if need be.

    Raises RefusedError if one of the files exists, without `overwrite`.

    For example:

        depthauthor.kit("kit")
    """
    folder = Path(output)
    names = [variant.name for variant in device_kit.VARIANTS]
    _make_folder(folder)
    for name in (*names, PAGE, FORM):
        files.refuse_existing(folder / name, overwrite)
    base = device_kit.kit_base()
    entries = []
    for file in device_kit.kit_files(base):
        files.write_file(folder / file.variant.name, [file.data], overwrite=overwrite)
        report = verify(file.data)
        entries.append(
            KitEntry(
                file.variant.name,
                file.variant.compared_with,
                file.variant.change,
                report.level,
                report.possible_level,
                report.verdict,
            )
        )
    files.write_file(folder / FORM, [empty_form(names)], overwrite=overwrite)
    files.write_file(folder / PAGE, [_page(base)], overwrite=overwrite)
    return KitReport(str(folder), PAGE, FORM, tuple(entries))


def empty_form(names: list[str]) -> bytes:
    """Return the results form: CSV with a row for each file and no answers."""
    columns = [field.name for field in fields(DeviceResult)]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([name, *[""] * (len(columns) - 1)] for name in names)
    return text.getvalue().encode("utf-8")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise RefusedError(f"{folder}: this is a file; name a folder for the kit") from None
    except OSError as error:
        raise RefusedError(f"{folder}: the folder cannot be made: {error.strerror}") from error


def _page(base: device_kit.KitBase) -> bytes:
    small = photo_codec.resized(base.rgb, *PICTURE_PX, smooth=True)
    picture = photo_codec.encode_jpeg(
        photo_codec.Pixels(*PICTURE_PX, small.tobytes()), photo_codec.Metadata()
    )
    cards = (
        KitCard(variant.name, variant.compared_with, variant.change, variant.question)
        for variant in device_kit.VARIANTS
    )
    return render_kit_page(KitPage(tuple(cards), QUESTIONS, picture, _picture_words(), FORM, VERSION))


def _picture_words() -> str:
    named = zip(device_scene.FIGURE_NAMES, device_scene.FIGURES, strict=True)
    coats = ", ".join(f"{name} at {figure.distance_m:g} m" for name, figure in named)
    return f"The picture in all files: five figures in coats ({coats}) before a brick wall at {device_scene.WALL_M:g} m"
