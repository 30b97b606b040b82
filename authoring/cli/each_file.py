"""Run a command on each of its files: one report a file, and the exit code of the worst."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from authoring import files
from authoring.api.output_names import CONTAINER_OF_SUFFIX, output_path
from authoring.api.photo_list import ListedPhoto, list_photos
from authoring.cli.exit_codes import DONE
from authoring.cli.output import print_error, print_report
from authoring.errors import DepthauthorError, RefusedError, UsageError
from authoring.report_base import ErrorReport


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command did with one file."""

    report: Any
    exit_code: int = DONE
    output: str | None = None
    """Where the result went; a result on standard output leaves the report to stderr."""


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where a command's results go: one file, a folder, or beside each photo."""

    output: Path | None
    folder: Path | None
    ending: str
    """Of a derived name, NAME-ending.suffix."""
    suffix: str | None
    """With its dot; None takes the photo's own."""

    def paths(self, photos: Iterable[ListedPhoto]) -> list[Path]:
        """Return the output of each photo.

        Raises UsageError where one file is named for several photos, and where two photos would have one output.
        """
        photos = list(photos)
        if self.output is not None and self.folder is not None:
            raise UsageError("-o names a file and --out a folder; leave one out")
        if self.output is not None:
            if len(photos) > 1:
                raise UsageError(
                    f"-o names one file, and {len(photos)} photos are given; --out DIR takes them all"
                )
            return [self.output]
        derived = [self._derived(photo) for photo in photos]
        first: dict[Path, ListedPhoto] = {}
        for photo, path in zip(photos, derived, strict=True):
            other = first.setdefault(path, photo)
            if other is not photo:
                raise UsageError(f"{other.path} and {photo.path} would both be written as {path}")
        return derived

    def _derived(self, photo: ListedPhoto) -> Path:
        suffix = photo.path.suffix if self.suffix is None else self.suffix
        beside = output_path(photo.path, None, self.ending, suffix)
        return beside if self.folder is None else self.folder / photo.subfolder / beside.name


def read_each(
    given: list[Path],
    act: Callable[[Path], Outcome],
    to_text: Callable[[Any], str],
    *,
    recursive: bool = False,
    as_json: bool = False,
    quiet: bool = False,
) -> int:
    """Run a command that writes no file on each photo, print its report, and return the exit code."""
    photos = list(list_photos(given, recursive=recursive))
    return _run(photos, (partial(act, photo.path) for photo in photos), to_text, as_json, quiet)


def write_each(
    given: list[Path],
    outputs: Outputs,
    act: Callable[[Path, Path], Outcome],
    to_text: Callable[[Any], str],
    *,
    recursive: bool = False,
    as_json: bool = False,
    quiet: bool = False,
    suffixes: Collection[str] = CONTAINER_OF_SUFFIX,
) -> int:
    """Run a command that writes one file for each photo, print its report, and return the exit code.

    suffixes: the extensions of photos in folders.
    """
    photos = list(list_photos(given, recursive=recursive, suffixes=suffixes))
    targets = outputs.paths(photos)
    if outputs.folder is not None:
        for folder in {target.parent for target in targets}:
            files.make_folder(folder)
    inputs = {os.path.realpath(photo.path) for photo in photos} if len(photos) > 1 else set()

    def act_beside_inputs(photo: Path, target: Path) -> Outcome:
        place = os.path.realpath(target)
        if place in inputs and place != os.path.realpath(photo):
            with files.named(target):
                raise RefusedError(
                    "this is another input, and inputs are never overwritten; name another folder"
                )
        return act(photo, target)

    pairs = zip(photos, targets, strict=True)
    acts = (partial(act_beside_inputs, photo.path, target) for photo, target in pairs)
    return _run(photos, acts, to_text, as_json, quiet)


def _run(
    photos: list[ListedPhoto],
    acts: Iterator[Callable[[], Outcome]],
    to_text: Callable[[Any], str],
    as_json: bool,
    quiet: bool,
) -> int:
    worst = DONE
    for photo, act in zip(photos, acts, strict=True):
        try:
            outcome = act()
        except DepthauthorError as error:
            if len(photos) == 1:
                raise
            worst = max(worst, error.exit_code)
            print_error(ErrorReport(error.message, error.exit_code, str(photo.path)), as_json)
            continue
        worst = max(worst, outcome.exit_code)
        if as_json or not quiet:
            print_report(outcome.report, as_json, to_text, outcome.output)
    return worst
