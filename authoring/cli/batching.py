"""The command batch: options in, a line of JSON for each photo out.

Knows: names, defaults and help texts, the progress bar, the summary. Must not know: workers, manifests' formats.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from authoring.cli import streams
from authoring.cli.declare import Argument, Option, Program
from authoring.errors import UsageError

if TYPE_CHECKING:
    from authoring.batch.pairs import Pairing
    from authoring.batch.work import BatchResult

SOME_FAILED = 6

FAILURES_SHOWN = 100
"""In the summary; each has its line on stdout as well, and memory must not grow with them."""

JOURNAL_NAME = "batch-journal.jsonl"


def register(app: Program) -> None:
    """Add the command to the program."""
    app.command()(batch)


def batch(
    source: Annotated[
        str,
        Argument(
            metavar="MANIFEST|PHOTOS",
            help="CSV, JSON lines (.jsonl) or Parquet with the columns photo, map, and any of output, near, far and "
            "the other options of embed; or a folder of photos. Manifest, photos, maps and outputs may be URLs "
            "(s3://…; extra cluster).",
        ),
    ],
    maps: Annotated[
        Path | None,
        Argument(metavar="[MAPS]", help="With a folder of photos: the folder of maps (NAME, NAME_depth)."),
    ] = None,
    out: Annotated[
        str | None,
        Option(
            "--out", metavar="DIR|URL", help="Where outputs go. Default: beside the photos, as NAME-depth."
        ),
    ] = None,
    near: Annotated[
        float | None, Option(metavar="M", help="As for embed, where a row says nothing else.")
    ] = None,
    far: Annotated[
        float | None, Option(metavar="M", help="As for embed, where a row says nothing else.")
    ] = None,
    profile: Annotated[
        Literal["portrait", "data"] | None, Option(help="As for embed, where a row says nothing else.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        Option("--set", metavar="NAME=VALUE", help="Any option of embed for every row, such as white=near."),
    ] = None,
    jobs: Annotated[
        int | None, Option(min=1, max=256, metavar="N", help="Processes. Default: one for each core.")
    ] = None,
    scheduler: Annotated[
        str | None,
        Option(
            metavar="tcp://HOST:PORT",
            help="Let the workers of this dask.distributed scheduler do it (extra cluster).",
        ),
    ] = None,
    resume: Annotated[
        bool, Option("--resume", help="Skip what the journal says is finished, do the rest.")
    ] = False,
    journal: Annotated[
        Path | None,
        Option(
            metavar="FILE",
            help=f"Default: {JOURNAL_NAME} in --out, else MANIFEST.journal beside the manifest, or here where that "
            "is a URL.",
        ),
    ] = None,
    fail_fast: Annotated[
        bool, Option("--fail-fast/--keep-going", help="Begin no photo after one has failed.")
    ] = False,
    overwrite: Annotated[bool, Option("--overwrite", help="Replace outputs that exist.")] = False,
) -> int:
    """Put depth maps into many photos; exit 6 where some failed.

    depthauthor batch manifest.csv --out done --jobs 4

    depthauthor batch photos/ maps/ --out done --near 0.3 --far 10
    """
    from authoring.batch import stores
    from authoring.batch.cluster import ClusterWorkers
    from authoring.batch.journal import Journal
    from authoring.batch.manifest import count_rows, read_rows
    from authoring.batch.pairs import pair_folders, rows_of_pairs
    from authoring.batch.pool import LocalWorkers
    from authoring.batch.rows import Rules, option_values
    from authoring.batch.run import run

    if scheduler is not None and jobs is not None:
        raise UsageError("--jobs is about this machine; a scheduler has its own workers")
    options = option_values({**_settings(settings), "near": near, "far": far, "profile": profile})
    folder = stores.local_path(source)
    if folder is not None and folder.is_dir():
        if maps is None:
            raise UsageError("a folder of photos needs a folder of maps")
        rules = Rules("", out, options)
        pairing = pair_folders(folder, maps)
        total = len(pairing.pairs)
        rows = rows_of_pairs(pairing, folder, maps, rules)
        _list_alone(pairing)
    else:
        if maps is not None:
            raise UsageError(f"{source}: this is no folder, so a folder of maps does not go with it")
        rules = Rules(stores.parent(source), out, options)
        total = count_rows(source)
        rows = read_rows(source, rules)
    kept = Journal(journal or _journal_path(source, out), resume=resume)
    with (
        closing(kept),
        ClusterWorkers(scheduler) if scheduler else LocalWorkers(jobs or _cores()) as workers,
    ):
        results = run(rows, kept, workers, overwrite=overwrite, fail_fast=fail_fast)
        return _tell(results, total)


def _tell(results: Iterator[BatchResult], total: int) -> int:
    """A line for each result, then the summary; the exit code."""
    from authoring.read.report_json import as_json

    counts: Counter[str] = Counter()
    failures: list[BatchResult] = []
    with _progress(total) as advance:
        for result in results:
            counts[result.status] += 1
            if result.status == "failed" and len(failures) < FAILURES_SHOWN:
                failures.append(result)
            streams.print_json(as_json(result), sys.stdout)
            sys.stdout.flush()
            advance()
    say = sys.stderr.write
    say(
        f"depthauthor: {counts.total()} photos: {counts['done']} done, {counts['skipped']} finished before, "
        f"{counts['failed']} failed\n"
    )
    if failures:
        width = len(str(max(one.row for one in failures)))
        say(f"{'row':>{max(width, 3)}}  why\n")
    for one in failures:
        say(f"{one.row:>{max(width, 3)}}  {streams.shown(one.error or '')}\n")
    if counts["failed"] > len(failures):
        say(f"… and {counts['failed'] - len(failures)} more; each has its line on stdout\n")
    return SOME_FAILED if failures else 0


def _list_alone(pairing: Pairing) -> None:
    for sort, names in (
        ("photo without a map", pairing.photos_alone),
        ("map without a photo", pairing.maps_alone),
    ):
        for name in names:
            streams.say(f"{name}: {sort}")


def _settings(given: list[str] | None) -> dict[str, Any]:
    pairs = [one.partition("=") for one in given or ()]
    for name, equals, _ in pairs:
        if not equals:
            raise UsageError(f"--set {name}: write NAME=VALUE")
    return {name: value for name, _, value in pairs}


def _journal_path(source: str, out: str | None) -> Path:
    """Beside the outputs, else beside the manifest; a journal is appended to, which stores cannot, so it stays here."""
    from authoring.batch import stores

    folder = stores.local_path(out) if out is not None else None
    if folder is not None:
        return folder / JOURNAL_NAME
    manifest = stores.local_path(source)
    if manifest is None:
        return Path(f"{stores.name_of(source).name}.journal")
    return manifest / JOURNAL_NAME if manifest.is_dir() else manifest.with_name(f"{manifest.name}.journal")


def _cores() -> int:
    """The cores that this process may use, which a container or a scheduler may have limited."""
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], None]]:
    """A bar on stderr with rate and time left, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        """Photos a second."""

        def render(self, task: Task) -> Text:
            """The rate, as soon as there is one."""
            return Text(f"{task.speed:.1f} photos/s" if task.speed else "")

    columns = (BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    # Lines of JSON pass above the bar where both share a terminal; anywhere else they are not rich's to print.
    console = Console(stderr=True, soft_wrap=True)
    shared = sys.stdout.isatty()
    with Progress(*columns, console=console, redirect_stdout=shared, redirect_stderr=False) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)
