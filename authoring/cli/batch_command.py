"""Define the command batch, which prints one line of JSON per photo, then a summary."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typer import Context

from authoring.cli import arguments, options
from authoring.cli.exit_codes import DONE, SOME_FAILED
from authoring.cli.options import MEANING, PORTRAIT, given
from authoring.cli.output import count, print_json, printable, progress, say
from authoring.errors import UsageError

if TYPE_CHECKING:
    from authoring.batch.pairs import Pairing
    from authoring.batch.work import BatchResult

MAX_JOBS = 256
FAILURES_SHOWN = 100
"""In the summary; each has its line on stdout as well, and memory must not grow with them."""
JOURNAL_NAME = "batch-journal.jsonl"


def batch(
    context: Context,
    source: arguments.ManifestArgument,
    maps: arguments.MapsArgument = None,
    settings: options.Settings = None,
    jobs: options.Jobs = None,
    scheduler: options.Scheduler = None,
    resume: options.Resume = False,
    journal: options.JournalFile = None,
    fail_fast: options.FailFast = False,
    near: options.Near = None,
    far: options.Far = None,
    profile: options.Profile = None,
    out: options.BatchOutput = None,
    overwrite: options.Overwrite = False,
) -> int:
    """Put depth maps into many photos; exit 6 if any failed.

    --near, --far, --profile and --set are defaults: a row's own values win.

    depthauthor batch manifest.csv --out done --jobs 4

    depthauthor batch photos/ maps/ --out done --near 0.3 --far 10
    """
    from authoring.batch import stores
    from authoring.batch.cluster import ClusterWorkers
    from authoring.batch.journal import Journal
    from authoring.batch.manifest import count_rows, read_rows
    from authoring.batch.pairs import pair_folders, rows_of_pairs
    from authoring.batch.rows import RowDefaults, option_values
    from authoring.batch.run import run
    from authoring.batch.workers import LocalWorkers

    if jobs is not None and not 1 <= jobs <= MAX_JOBS:
        raise UsageError(f"--jobs is {jobs}; it can be 1 to {MAX_JOBS}")
    if scheduler is not None and jobs is not None:
        raise UsageError("--jobs is about this machine; a scheduler has its own workers")
    options = {**option_values(_parse_settings(settings or [])), **given(context, MEANING, PORTRAIT)}
    folder = stores.local_path(source)
    if folder is not None and folder.is_dir():
        if maps is None:
            raise UsageError("a folder of photos needs a folder of maps")
        defaults = RowDefaults("", out, options)
        pairing = pair_folders(folder, maps)
        total = len(pairing.pairs)
        rows = rows_of_pairs(pairing, folder, maps, defaults)
        _list_unpaired(pairing)
    else:
        if maps is not None:
            raise UsageError(f"{source}: this is not a folder, so a folder of maps cannot be used with it")
        defaults = RowDefaults(stores.parent(source), out, options)
        total = count_rows(source)
        rows = read_rows(source, defaults)
    open_journal = Journal(journal or _journal_path(source, out), resume=resume)
    with (
        closing(open_journal),
        ClusterWorkers(scheduler) if scheduler else LocalWorkers(jobs or _usable_cores()) as workers,
    ):
        results = run(rows, open_journal, workers, overwrite=overwrite, fail_fast=fail_fast)
        return _print_results(results, total)


def _parse_settings(settings: list[str]) -> dict[str, Any]:
    """Parse the NAME=VALUE pairs of `--set`. Raises UsageError."""
    pairs = [setting.partition("=") for setting in settings]
    for name, equals, _ in pairs:
        if not equals:
            raise UsageError(f"--set {name}: write NAME=VALUE")
    return {name: value for name, _, value in pairs}


def _list_unpaired(pairing: Pairing) -> None:
    for name in pairing.photos_without_map:
        say(f"{name}: photo without a map")
    for name in pairing.maps_without_photo:
        say(f"{name}: map without a photo")


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


def _usable_cores() -> int:
    """Return the cores that this process may use, which a container or a scheduler may have limited."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _print_results(results: Iterator[BatchResult], total: int) -> int:
    """Print a line for each result, then the summary; return the exit code."""
    counts: Counter[str] = Counter()
    failures: list[BatchResult] = []
    with progress(total) as advance:
        for result in results:
            counts[result.status] += 1
            if result.status == "failed" and len(failures) < FAILURES_SHOWN:
                failures.append(result)
            print_json(result.to_dict(), sys.stdout)
            sys.stdout.flush()
            advance()
    say(
        f"{count(counts.total(), 'photo')}: {counts['done']} done, {counts['skipped']} finished before, "
        f"{counts['failed']} failed"
    )
    if failures:
        width = max(3, *(len(str(failure.row)) for failure in failures))
        sys.stderr.write(f"{'row':>{width}}  reason\n")
        for failure in failures:
            sys.stderr.write(f"{failure.row:>{width}}  {printable(failure.error or '')}\n")
    if counts["failed"] > len(failures):
        sys.stderr.write(f"… and {counts['failed'] - len(failures)} more; each has its line on stdout\n")
    return SOME_FAILED if failures else DONE
