"""Report on files: many photos in, one page out, written as it grows.

Knows: folders, which files in them are photos, several at a time. Must not know: what is in a page.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from authoring import files
from authoring.api.output_names import CONTAINER_OF_SUFFIX
from authoring.api.photo_files import PathLike
from authoring.api.view_files import in_temporary_folder
from authoring.errors import DepthauthorError, UsageError
from authoring.views import report as reporting
from authoring.views.pages.report_page import Card, Level, page_end, page_start, render_card
from authoring.views.pages.viewer_page import range_text
from authoring.views.report import ReportRow, Thumbnails

WORKERS = 4
"""Decoders let go of Python's lock; more of them gain little and each holds a decoded photo."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a report came to."""

    output: str
    counts: dict[Level, int]
    """Files by level; error where a file could not be read."""

    @property
    def files(self) -> int:
        """How many there are."""
        return sum(self.counts.values())


def report(
    *photos: PathLike,
    output: PathLike | None = None,
    overwrite: bool = False,
    tell: Callable[[ReportRow], None] = lambda row: None,
) -> Summary:
    """Write a page with a card for each photo: thumbnails, level, what stands in the way, findings.

    photos: files, or folders whose JPEG and HEIC files are taken, those of folders in them too. A file that cannot be
    read is a card with its reason. output: None writes into a new temporary folder. tell: called for each file, in
    order. Memory does not grow with the number of photos.
    """
    paths = list(photo_paths(Path(one) for one in photos))
    target = in_temporary_folder("report") if output is None else Path(output)
    files.refuse_same(target, paths)
    counts: Counter[Level] = Counter()

    def chunks() -> Iterator[bytes]:
        yield page_start(len(paths))
        for number, (row, pictures) in enumerate(_rows(paths), 1):
            counts[_level(row)] += 1
            tell(row)
            yield render_card(number, _card(row, pictures))
        yield page_end(counts)

    try:
        files.write_file(target, chunks(), overwrite=overwrite)
    except BaseException:
        if output is None:
            with contextlib.suppress(OSError):
                target.parent.rmdir()
        raise
    return Summary(str(target), dict(counts))


def photo_paths(given: Iterable[Path]) -> Iterator[Path]:
    """Files as they are; of folders the photos by suffix, sorted by name. UsageError where one is not there."""
    for one in given:
        if not one.is_dir():
            if not one.exists() and one != files.STANDARD_STREAM:
                raise UsageError(f"{one}: no such file or folder")
            yield one
            continue
        found = False
        for folder, inner, names in os.walk(one, onerror=_unreadable):
            inner.sort()
            for name in sorted(names):
                if not name.startswith(".") and Path(name).suffix.lower() in CONTAINER_OF_SUFFIX:
                    found = True
                    yield Path(folder) / name
        if not found:
            raise UsageError(f"{one}: the folder holds no JPEG or HEIC photo")


def _unreadable(error: OSError) -> None:
    raise UsageError(f"{error.filename}: the folder cannot be read: {error.strerror}") from error


def _rows(paths: list[Path]) -> Iterator[tuple[ReportRow, Thumbnails]]:
    """Every file's row, in order, a few in hand at a time."""
    window: deque[Future[tuple[ReportRow, Thumbnails]]] = deque()
    with ThreadPoolExecutor(min(WORKERS, os.cpu_count() or 1)) as pool:
        try:
            for path in paths:
                window.append(pool.submit(_row, path))
                if len(window) > WORKERS:
                    yield window.popleft().result()
            while window:
                yield window.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def _row(path: Path) -> tuple[ReportRow, Thumbnails]:
    try:
        row, pictures = reporting.row_of(files.read_file(path))
    except DepthauthorError as error:
        # The card and the line name the file themselves.
        message = error.message.removeprefix(f"{path}: ")
        row, pictures = reporting.row_of_error(message), Thumbnails(None, None)
    except Exception as error:  # A fault of ours in one file must not take the others' report along.
        message = f"a fault in depthauthor itself ({type(error).__name__}: {error}); please report it"
        row, pictures = reporting.row_of_error(message), Thumbnails(None, None)
    return replace(row, file=str(path)), pictures


def _level(row: ReportRow) -> Level:
    return "error" if row.error is not None else row.level


def _card(row: ReportRow, pictures: Thumbnails) -> Card:
    open_findings = [one for one in row.findings if one.status != "pass"]
    return Card(
        name=row.file or "",
        level=_level(row),
        headline=row.headline,
        facts=_facts(row),
        photo=pictures.photo,
        depth=pictures.depth,
        obstacles=tuple((one.rule, one.because, one.mend) for one in row.obstacles),
        findings=tuple((one.rule, one.grade, one.status, one.message) for one in open_findings),
        held=len(row.findings) - len(open_findings),
        verdict=row.verdict or "",
        hints=row.hints,
    )


def _facts(row: ReportRow) -> str:
    told = []
    if row.photo and row.container:
        told.append(f"{row.container.upper()}, {row.photo.width} × {row.photo.height} as stored")
    if row.depth:
        ends = [0.0 if one is None else 1 / one for one in (row.depth.far_m, row.depth.near_m) if one != 0]
        told.append(f"{row.depth.kind} {row.depth.width} × {row.depth.height}")
        if len(ends) == 2:
            told.append(range_text((ends[0], ends[1]), row.depth.absolute))
    return " · ".join(told)
