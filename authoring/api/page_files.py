"""Write pages to look at photos with depth: `view` for one photo in 3D, `report` for many photos."""

from __future__ import annotations

import contextlib
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from authoring import files
from authoring.api import scene_input
from authoring.api.inputs import PathLike, PhotoSource, photo_input
from authoring.api.photo_list import list_photos
from authoring.errors import DepthauthorError
from authoring.views import report as reporting
from authoring.views import viewer as viewing
from authoring.views.pages.report_page import Card, CardLevel, page_end, page_start, render_card
from authoring.views.pages.viewer_page import range_text
from authoring.views.report import ReportRow, Thumbnails
from authoring.views.viewer import ViewReport


def view(photo: PhotoSource, *, output: PathLike | None = None, overwrite: bool = False) -> ViewReport:
    """Write a page that shows a photo with depth in 3D; one file that loads nothing.

    output: None writes NAME.html into a new temporary folder; the report says where.

    For example:

        depthauthor.view("portrait.heic", output="view.html")
    """
    given = photo_input(photo)
    target = None if output is None else Path(output)
    if target is not None:
        scene_input.check_output(target, [given], overwrite)
    with files.named(given.origin) if given.origin else contextlib.nullcontext():
        page, report = viewing.view(given.read(), given.name)
    if target is None:
        known = given.origin is not None and given.origin != files.STANDARD_STREAM
        target = _temporary_page(Path(given.name).stem if known else "photo")
    scene_input.write(target, [page], [given], overwrite)
    return replace(report, file=scene_input.name_of(given), output=str(target))


@dataclass(frozen=True, slots=True)
class ReportSummary:
    """The page that `report` wrote."""

    output: str
    counts: dict[CardLevel, int]
    """Number of files by level; error for files that could not be read."""

    @property
    def files(self) -> int:
        """The number of files."""
        return sum(self.counts.values())


def report(
    *photos: PathLike,
    output: PathLike | None = None,
    full_paths: bool = False,
    overwrite: bool = False,
    on_row: Callable[[ReportRow], None] = lambda row: None,
) -> ReportSummary:
    """Write a page with a card for each photo: thumbnails, level, problems, findings.

    photos: files, or folders, whose JPEG, HEIC and DNG files are taken, also in folders inside. A file that cannot be
    read is a card with its reason. output: None writes into a new temporary folder. full_paths: call the files by their
    paths as given; otherwise by their names, those in a folder with the folders inside it. on_row: called for each
    file, in order, with its path. Memory does not grow with the number of photos.

    For example:

        depthauthor.report("portrait.heic", "photo.jpg", output="report.html")
    """
    listed = list(list_photos(Path(photo) for photo in photos))
    paths = [photo.path for photo in listed]
    target = _temporary_page("report") if output is None else Path(output)
    files.refuse_same(target, paths)
    counts: Counter[CardLevel] = Counter()

    def chunks() -> Iterator[bytes]:
        yield page_start(len(paths))
        for number, photo in enumerate(listed, 1):
            name = str(photo.path if full_paths else photo.subfolder / photo.path.name)
            row, thumbnails = _row(photo.path)
            counts[_level(row)] += 1
            on_row(row)
            yield render_card(number, _card(name, row, thumbnails))
        yield page_end(counts)

    try:
        files.write_file(target, chunks(), overwrite=overwrite, inputs=paths)
    except BaseException:
        if output is None:
            with contextlib.suppress(OSError):
                target.parent.rmdir()
        raise
    return ReportSummary(str(target), dict(counts))


def _temporary_page(stem: str) -> Path:
    """Return the path of a page in a new folder that only this user can read."""
    return Path(tempfile.mkdtemp(prefix="depthauthor-")) / f"{stem}.html"


def _row(path: Path) -> tuple[ReportRow, Thumbnails]:
    try:
        row, thumbnails = reporting.row_of(files.read_file(path))
    except DepthauthorError as error:
        # The card and the line name the file themselves.
        message = error.message.removeprefix(f"{path}: ").replace(str(path), path.name)
        row, thumbnails = reporting.row_of_error(message), Thumbnails(None, None)
    except Exception as error:  # A bug that one file triggers must not lose the report of the others.
        message = f"a fault in depthauthor itself ({type(error).__name__}: {error}); please report it"
        message = message.replace(str(path), path.name)
        row, thumbnails = reporting.row_of_error(message), Thumbnails(None, None)
    return replace(row, file=str(path)), thumbnails


def _level(row: ReportRow) -> CardLevel:
    return "error" if row.error is not None else row.level


def _card(name: str, row: ReportRow, thumbnails: Thumbnails) -> Card:
    not_passed = [finding for finding in row.findings if finding.status != "pass"]
    return Card(
        name=name,
        level=_level(row),
        headline=row.headline,
        facts=_facts(row),
        photo=thumbnails.photo,
        depth=thumbnails.depth,
        obstacles=tuple((obstacle.rule, obstacle.because, obstacle.mend) for obstacle in row.obstacles),
        findings=tuple(
            (finding.rule, finding.grade, finding.status, finding.message) for finding in not_passed
        ),
        held=len(row.findings) - len(not_passed),
        verdict=row.verdict or "",
        hints=row.hints,
    )


def _facts(row: ReportRow) -> str:
    facts = []
    if row.photo and row.container:
        facts.append(f"{row.container.upper()}, {row.photo.width} × {row.photo.height} as stored")
    if row.depth:
        facts.append(f"{row.depth.kind} {row.depth.width} × {row.depth.height}")
        if row.depth.near_m != 0 and row.depth.far_m != 0:
            far, near = (0.0 if value is None else 1 / value for value in (row.depth.far_m, row.depth.near_m))
            facts.append(range_text((far, near), row.depth.absolute))
    return " · ".join(facts)
