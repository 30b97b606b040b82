"""Define the command batch, which prints a line for each photo, or on a terminal for each failure, then a summary."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typer import Context

from authoring.cli import arguments, options
from authoring.cli.estimate_command import network_keywords
from authoring.cli.exit_codes import DONE, SOME_FAILED
from authoring.cli.options import CAMERA, MEANING, OUTPUT, PORTRAIT, given
from authoring.cli.output import count, for_stream, print_error, print_json, printable, progress, say
from authoring.errors import UsageError
from authoring.report_base import ErrorReport

if TYPE_CHECKING:
    from authoring.batch.pairs import Pairing
    from authoring.batch.work import BatchResult

MAX_JOBS = 256
SHORTEST_TIMEOUT, LONGEST_TIMEOUT = 0.1, 86400
"""Seconds for one photo, which takes one or two; the longest is a day."""
REASONS_SHOWN = 100
"""Different reasons in the summary; each row has its line on stdout as well, and memory must not grow with them."""
_FIGURE = re.compile(r"\d+(\.\d+)?")
"""Maps that fail for one reason differ in the figures of the message."""
ROWS_SHOWN = 5
"""Numbers of rows that failed for one reason."""
HOPELESS_ROWS = 20
"""If so many rows fail first, all for one reason that the options give, the others would too; more than a few photos
that happen to be alike, few enough to take seconds."""
JOURNAL_NAME = "batch-journal.jsonl"


def batch(
    context: Context,
    source: arguments.ManifestArgument,
    maps: arguments.MapsArgument = None,
    settings: options.Settings = None,
    recursive: options.Recursive = False,
    jobs: options.Jobs = None,
    timeout: options.Timeout = None,
    scheduler: options.Scheduler = None,
    resume: options.Resume = False,
    journal: options.JournalFile = None,
    local_only: options.LocalOnly = False,
    fail_fast: options.FailFast = False,
    estimate: options.BatchEstimate = False,
    model: options.Model = None,
    device: options.Device = None,
    offline: options.Offline = False,
    accept_licence: options.AcceptLicence = False,
    near: options.Near = None,
    far: options.Far = None,
    white: options.White = None,
    invert: options.Invert = None,
    spacing: options.Spacing = None,
    preset: options.Preset = None,
    kind: options.Kind = None,
    unit: options.Unit = None,
    focal_px: options.FocalPx = None,
    baseline: options.Baseline = None,
    doffs: options.Doffs = None,
    accuracy: options.Accuracy = None,
    invalid: options.Invalid = None,
    clip: options.Clip = None,
    stretch: options.Stretch = None,
    force: options.Force = None,
    max_holes: options.MaxHoles = None,
    min_confidence: options.MinConfidence = None,
    key: options.Key = None,
    frame: options.Frame = None,
    map_orientation: options.MapOrientation = None,
    refine: options.Refine = None,
    profile: options.Profile = None,
    donor: options.Donor = None,
    aperture: options.Aperture = None,
    focus: options.Focus = None,
    base: options.Base = None,
    already_blurred: options.AlreadyBlurred = False,
    maker_note: options.MakerNote = None,
    replace_maker_note: options.ReplaceMakerNote = False,
    restore_record: options.RestoreRecord = None,
    calibration: options.Calibration = None,
    fov: options.Fov = None,
    focal_mm: options.FocalMm = None,
    out: options.BatchOutput = None,
    native_format: options.NativeFormat = None,
    max_size: options.MaxSize = None,
    lossless: options.Lossless = False,
    bits: options.Bits = None,
    replace: options.Replace = False,
    quality: options.Quality = None,
    tone_map: options.ToneMap = False,
    effort: options.Effort = None,
    overwrite: options.Overwrite = False,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    as_json: options.AsJsonLines = False,
) -> int:
    """Put depth maps into many photos; exit 6 if any failed.

    All options of embed are defaults: a row's own values win. A manifest has
    a line for its columns, then one for each photo:

    photo,map,near,far

    IMG_0001.HEIC,depth/0001.png,0.3,5

    IMG_0002.HEIC,depth/0002.npy,,

    depthauthor batch manifest.csv --out done --jobs 4

    depthauthor batch photos/ maps/ -r --out with-depth --near 0.3 --far 10

    depthauthor batch photos/ --estimate --out estimated
    """
    from authoring.batch import stores
    from authoring.batch.cluster import ClusterWorkers
    from authoring.batch.estimates import count_estimates, get_ready, with_threads
    from authoring.batch.journal import Journal
    from authoring.batch.manifest import count_rows, read_rows
    from authoring.batch.named_places import NamedPlaces
    from authoring.batch.pairs import pair_folders, rows_of_pairs
    from authoring.batch.rows import RowDefaults, Rows, option_values
    from authoring.batch.run import run
    from authoring.batch.workers import LocalWorkers, usable_cores

    if jobs is not None and not 1 <= jobs <= MAX_JOBS:
        raise UsageError(f"--jobs is {jobs}; it can be 1 to {MAX_JOBS}")
    if scheduler is not None and jobs is not None:
        raise UsageError("--jobs is about this machine; a scheduler has its own workers")
    if timeout is not None and not SHORTEST_TIMEOUT <= timeout <= LONGEST_TIMEOUT:
        raise UsageError(
            f"--timeout is {timeout:g}; it can be {SHORTEST_TIMEOUT} to {LONGEST_TIMEOUT} seconds"
        )
    if scheduler is not None and timeout is not None:
        raise UsageError("--timeout is about the processes of this machine; a scheduler has its own workers")
    values = option_values(_parse_settings(settings or []))
    values |= given(context, MEANING, PORTRAIT, CAMERA, defaults=False)
    coding = given(context, OUTPUT, defaults=False)
    values |= {name: coding[name] for name in _CODING if name in coding}
    if donor is not None:
        values["donor"] = os.fspath(donor)
    network = network_keywords(context, estimate=estimate)
    unpaired, manifest = 0, None
    folder = stores.local_path(source)
    if folder is not None and folder.is_dir():
        if maps is None and not estimate:
            raise UsageError("a folder of photos needs a folder of maps")
        if maps is not None and estimate and not maps.is_dir():
            raise UsageError(f"{maps}: there is no such folder of maps")
        defaults = RowDefaults("", out, values, estimate=network)
        pairing = pair_folders(
            folder,
            maps,
            recursive=recursive,
            out=stores.local_path(out) if out is not None else None,
            estimate=estimate,
        )
        total, unpaired = len(pairing.pairs), len(pairing.photos_without_map)
        rows = Rows(partial(rows_of_pairs, pairing, folder, maps, defaults))
        _list_unpaired(pairing, quiet=quiet)
    else:
        if maps is not None:
            raise UsageError(f"{source}: this is not a folder, so a folder of maps cannot be used with it")
        defaults = RowDefaults(stores.parent(source), out, values, local_only, network)
        total, manifest = count_rows(source, needs_map=not estimate), source
        rows = Rows(partial(read_rows, source, defaults))
    if total == 0:
        problem = "no photo has a map, so nothing is done" if unpaired else "there is no photo to do"
        print_error(ErrorReport(problem, SOME_FAILED), as_json)
        return SOME_FAILED
    printer = ResultPrinter(as_json=as_json, quiet=quiet, dry_run=dry_run, unpaired=unpaired)
    words = ""
    if network is not None:
        estimates = count_estimates(rows, defaults, jobs)
        name = get_ready(estimates, say, elsewhere=scheduler is not None)
        rows = with_threads(rows, 1 if scheduler is not None else estimates.threads)
        jobs, words = estimates.jobs, f"loading {name}" if name else ""
    try:
        with ExitStack() as stack:
            path = journal or _journal_path(source, out)
            places = stack.enter_context(closing(NamedPlaces(rows, manifest=manifest, journal=path)))
            opened = stack.enter_context(closing(Journal(path, resume=resume, read_only=dry_run)))
            workers: Any = (
                ClusterWorkers(scheduler)
                if scheduler
                else LocalWorkers(jobs or usable_cores(), timeout=timeout)
            )
            stack.enter_context(workers)
            results = run(
                rows,
                opened,
                workers,
                places=places,
                overwrite=overwrite,
                fail_fast=fail_fast,
                dry_run=dry_run,
            )
            return printer.print_all(results, total, words)
    except KeyboardInterrupt:
        if not dry_run:
            say("stopped; the same command with --resume does the rest")
        raise


_CODING = ("native_format", "max_size", "lossless", "bits", "replace", "quality", "tone_map", "effort")
"""Options of the panel Output that are options of each row."""


def _parse_settings(settings: list[str]) -> dict[str, Any]:
    """Parse the NAME=VALUE pairs of `--set`. Raises UsageError."""
    pairs = [setting.partition("=") for setting in settings]
    for name, equals, _ in pairs:
        if not equals:
            raise UsageError(f"--set {name}: write NAME=VALUE")
    return {name: value for name, _, value in pairs}


def _list_unpaired(pairing: Pairing, *, quiet: bool) -> None:
    """Say which photos and maps stay alone; quiet leaves the photos, which are failures."""
    for name in pairing.photos_without_map:
        say(f"{name}: photo without a map")
    for name in () if quiet else pairing.maps_without_photo:
        say(f"{name}: map without a photo")
    for name in () if quiet else pairing.left_out:
        say(f"{name}: looks like a photo's map, so it is left out; name the folder twice to use such maps")


def _journal_path(source: str, out: str | None) -> Path:
    """Return the journal beside the outputs, or beside the manifest; local, since stores cannot append."""
    from authoring.batch import stores

    folder = stores.local_path(out) if out is not None else None
    if folder is not None:
        return folder / JOURNAL_NAME
    manifest = stores.local_path(source)
    if manifest is None:
        return Path(f"{stores.name_of(source).name}.journal")
    return manifest / JOURNAL_NAME if manifest.is_dir() else manifest.with_name(f"{manifest.name}.journal")


@dataclass(slots=True)
class SameFailures:
    """Rows that failed for one reason: their number, and the first of them."""

    reason: str
    """Of the first row, without the names of its files."""
    error: str
    """The same with them."""
    count: int = 0
    are_equal: bool = True
    """Whether all have the first one's figures, too."""
    rows: list[int] = field(default_factory=list)


class ResultPrinter:
    """Prints results as they come, then the summary: JSON lines, or on a terminal a line for each failure."""

    def __init__(self, *, as_json: bool, quiet: bool, dry_run: bool, unpaired: int) -> None:
        """Keep what to print."""
        self._as_json = as_json or not sys.stdout.isatty()
        self._failures_only = not self._as_json or (quiet and not as_json)
        self._quiet, self._dry_run, self._unpaired = quiet, dry_run, unpaired
        self._counts: Counter[str] = Counter()
        self._estimated = 0
        """Photos that are done and had no map."""
        self._failures: dict[str, SameFailures] = {}
        """By the reason, without names of files and without figures."""
        self._all_usage = True
        """Whether every row so far has failed for its options."""

    def print_all(self, results: Iterator[BatchResult], total: int, words: str = "") -> int:
        """Print everything; return the exit code. words: what happens before the first row is done."""
        with progress(total, words) as advance:
            for result in results:
                self._count(result)
                self._print(result)
                advance(begun=result.status != "skipped")
                if total > HOPELESS_ROWS and self._is_hopeless():
                    break
        self._summarize()
        failed = self._counts["failed"] or self._unpaired
        return SOME_FAILED if failed else DONE

    def _count(self, result: BatchResult) -> None:
        self._counts[result.status] += 1
        self._estimated += result.status == "done" and not result.map
        self._all_usage = self._all_usage and result.exit_code == UsageError.exit_code
        if result.status == "failed":
            reason = _reason(result)
            kind = _FIGURE.sub("0", reason)
            if kind in self._failures or len(self._failures) < REASONS_SHOWN:
                same = self._failures.setdefault(kind, SameFailures(reason, result.error or ""))
                same.count += 1
                same.are_equal = same.are_equal and same.reason == reason
                if same.count <= ROWS_SHOWN:
                    same.rows.append(result.row)

    def _print(self, result: BatchResult) -> None:
        if self._failures_only and result.status != "failed":
            return
        if self._as_json:
            print_json(result.to_dict(), sys.stdout)
        else:
            line = f"row {result.row}: {printable(result.error or '')}"
            sys.stdout.write(for_stream(line, sys.stdout) + "\n")
        sys.stdout.flush()

    def _is_hopeless(self) -> bool:
        """Whether all of the first rows failed for one reason that the options give."""
        if self._counts.total() == HOPELESS_ROWS and self._all_usage and len(self._failures) == 1:
            say(f"the first {HOPELESS_ROWS} rows failed for one reason, so the others were not tried")
            return True
        return False

    def _summarize(self) -> None:
        counts = self._counts
        if not self._quiet:
            unpaired = f"; {count(self._unpaired, 'photo')} without a map" if self._unpaired else ""
            done = "would be done (dry run)" if self._dry_run else "done"
            if self._estimated:
                done += f", {self._estimated} of them with an estimated map"
            say(
                f"{count(counts.total(), 'photo')}: {counts['done']} {done}, {counts['skipped']} finished before, "
                f"{counts['failed']} failed{unpaired}"
            )
        for same in self._failures.values():
            if same.count > 1:
                numbers = ", ".join(map(str, same.rows)) + (", …" if same.count > len(same.rows) else "")
                such_as = "" if same.are_equal else "such as "
                _write_line(f"  {same.count} rows ({numbers}): {such_as}{same.reason}")
            elif self._as_json:  # On a terminal its line is just above.
                _write_line(f"  row {same.rows[0]}: {same.error}")
        listed = sum(same.count for same in self._failures.values())
        if listed < counts["failed"]:
            _write_line(f"  {count(counts['failed'] - listed, 'row')} for other reasons")


def _write_line(line: str) -> None:
    sys.stderr.write(for_stream(printable(line), sys.stderr) + "\n")


def _reason(result: BatchResult) -> str:
    """Return why a row failed, without the names of its files, so that equal reasons are equal."""
    reason = result.error or ""
    for name in (result.photo, result.map, result.output):
        reason = reason.removeprefix(f"{name}: ") if name else reason
    return reason
