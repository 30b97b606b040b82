"""Define `batch` for Python programs: many photos, in processes here or on a dask cluster."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from authoring.api.estimate_files import log_sentence
from authoring.api.inputs import PathLike
from authoring.batch import stores
from authoring.batch.estimates import count_estimates, get_ready, with_threads
from authoring.batch.journal import Journal
from authoring.batch.manifest import read_rows
from authoring.batch.named_places import NamedPlaces
from authoring.batch.rows import BatchRow, RowDefaults, Rows, option_values, parse_row
from authoring.batch.run import run
from authoring.batch.work import BatchResult
from authoring.batch.workers import LocalWorkers, usable_cores
from authoring.errors import UsageError

if TYPE_CHECKING:
    from authoring.api.keywords import EmbedKeywords
    from authoring.estimate.estimate_options import Device


def batch(
    rows: PathLike | Iterable[Mapping[str, Any] | tuple[PathLike, PathLike] | PathLike],
    *,
    out: PathLike | None = None,
    jobs: int | None = None,
    client: Any = None,
    overwrite: bool = False,
    journal: PathLike | None = None,
    resume: bool = False,
    local_only: bool = False,
    estimate: bool = False,
    model: PathLike | None = None,
    device: Device | None = None,
    offline: bool = False,
    accept_licence: bool = False,
    **options: Unpack[EmbedKeywords],
) -> Iterator[BatchResult]:
    """Put maps into many photos; yield the result of each row in order, failures among them.

        for result in batch([("a.jpg", "a.npy"), ("b.jpg", "b.npy")], out="done", unit="m"):
            print(result.photo, result.status, result.error)

    rows: pairs of photo and map, dicts with the columns of a manifest (photo, map, output, and any option of `embed`),
    or the path of a manifest. Photos, maps and outputs are paths or URLs. out: the folder for the outputs; None writes
    NAME-depth beside each photo. jobs: processes on this machine, by default one a processor; a script that uses them
    needs `if __name__ == "__main__":`. client: a dask.distributed Client, whose workers are used instead. journal and
    resume: as on the command line; without a journal nothing is left of the run but its outputs. local_only: let rows
    name files by relative paths inside the manifest's folder only, or the working folder. Options are defaults for all
    rows. All rows are read before the first is processed, so that no output is written over another row's input.

    estimate: have a network estimate the depth of the rows without a map, which may be the photo alone. model, device,
    offline and accept_licence: as for `depthauthor.estimate`; so are near, far, kind and clip for these rows, and
    options about map files are for the others: `batch(Path("photos").glob("*.jpg"), out="done", estimate=True)`. Each
    process loads the model once; by default there are at most four.

    Raises UsageError for options and rows that are none, and what `depthauthor.estimate` raises if the model cannot be
    had; a row that fails is a result with its `error`.
    """
    given = {"model": model, "device": device, "offline": offline, "accept_licence": accept_licence}
    network = (
        {name: value for name, value in given.items() if value not in (None, False)} if estimate else None
    )
    for name, value in given.items():
        if value not in (None, False) and not estimate:
            raise UsageError(f"{name} is about an estimate, which needs estimate=True")
    defaults_of = {name: _cell(value) for name, value in options.items() if value is not None}
    folder = os.fspath(out) if out is not None else None
    if isinstance(rows, str | os.PathLike):
        place = os.fspath(rows)
        defaults = RowDefaults(
            stores.parent(place), folder, option_values(defaults_of), local_only, estimate=network
        )
        manifest: str | None = place
        parsed = Rows(partial(read_rows, place, defaults))
    else:
        defaults = RowDefaults("", folder, option_values(defaults_of), local_only, estimate=network)
        manifest = None
        parsed = Rows(partial(_parsed, rows if isinstance(rows, Sequence) else list(rows), defaults))
    if jobs is not None and (not isinstance(jobs, int) or jobs < 1):
        raise UsageError(f"jobs is {jobs!r}; it can be 1 or more")
    path = Path(journal) if journal else None
    return _results(parsed, defaults, manifest, jobs, client, path, resume=resume, overwrite=overwrite)


def _results(
    rows: Rows,
    defaults: RowDefaults,
    manifest: str | None,
    jobs: int | None,
    client: Any,
    journal: Path | None,
    *,
    resume: bool,
    overwrite: bool,
) -> Iterator[BatchResult]:
    estimates = None
    if defaults.estimate is not None:
        estimates = count_estimates(rows, defaults, None if client is not None else jobs)
        get_ready(estimates, log_sentence, elsewhere=client is not None)
        rows = with_threads(rows, 1 if client is not None else estimates.threads)
    with ExitStack() as stack:
        if journal is None:
            journal = (
                Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="depthauthor-"))) / "journal"
            )
        places = stack.enter_context(closing(NamedPlaces(rows, manifest=manifest, journal=journal)))
        opened = stack.enter_context(closing(Journal(journal, resume=resume)))
        if client is not None:
            from authoring.batch.cluster import ClusterWorkers

            workers: Any = stack.enter_context(ClusterWorkers(client.scheduler.address))
        else:
            workers = stack.enter_context(
                LocalWorkers(jobs or (estimates.jobs if estimates else usable_cores()))
            )
        yield from run(rows, opened, workers, places=places, overwrite=overwrite)


def _parsed(rows: Iterable[Any], defaults: RowDefaults) -> Iterator[BatchRow]:
    for number, row in enumerate(rows, 1):
        if isinstance(row, Mapping):
            cells = {str(name): _cell(value) for name, value in row.items() if value is not None}
        elif isinstance(row, tuple | list) and len(row) == 2:
            cells = {"photo": _cell(row[0]), "map": _cell(row[1])}
        elif defaults.estimate is not None and isinstance(row, str | os.PathLike):
            cells = {"photo": _cell(row)}
        else:
            or_photo = " or, to be estimated, a photo" if defaults.estimate is not None else ""
            raise UsageError(
                f"row {number} is a {type(row).__name__}; it is a dict or a pair of photo and map{or_photo}"
            )
        yield parse_row(number, cells, defaults)


def _cell(value: Any) -> Any:
    """Return a value as a manifest has it: a path as text."""
    return os.fspath(value) if isinstance(value, os.PathLike) else value
