"""Prepare a batch whose photos may have no map: the options of their estimates and the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from authoring.api.estimate_files import NOT_FOR_ESTIMATES, split_options
from authoring.batch.rows import BatchRow, RowDefaults, Rows
from authoring.batch.workers import usable_cores
from authoring.errors import UsageError
from authoring.estimate.estimate_options import EstimateOptions
from authoring.estimate.models import known_model

MOST_NETWORKS = 4
"""Processes of a batch of estimates, if --jobs does not say: each has a copy of the network, of 0.1 to 1.9 GB beside
the 0.4 GB of torch, on a graphics card too; more cores become threads of these."""


@dataclass(frozen=True, slots=True)
class Estimates:
    """What is estimated in a batch."""

    options: EstimateOptions
    """Of a row that sets none itself."""
    rows: int
    """How many rows are estimated."""
    jobs: int
    """Processes on this machine."""

    @property
    def threads(self) -> int | None:
        """Of the processor, for the network of one process: its share of the machine; None leaves all to torch.

        One process alone thus gives the bytes that `embed` gives.
        """
        return max(usable_cores() // self.jobs, 1) if self.jobs > 1 else None


def count_estimates(rows: Rows, defaults: RowDefaults, jobs: int | None) -> Estimates:
    """Read all rows and count those whose depth is estimated; jobs: the processes, None for as many as fit.

    Raises UsageError for options of an estimate that are none, and for options about map files where no row has one.
    """
    estimated = with_map = 0
    for row in rows:
        estimated += row.estimate is not None
        with_map += bool(row.map)
    shared = dict(defaults.options)
    if with_map:
        shared = {name: value for name, value in shared.items() if name not in NOT_FOR_ESTIMATES}
    options, _ = split_options(shared, dict(defaults.estimate or {}))
    if jobs is None:
        jobs = min(usable_cores(), MOST_NETWORKS, max(estimated, 1)) if estimated else usable_cores()
    return Estimates(options, estimated, jobs)


def with_threads(rows: Rows, threads: int | None) -> Rows:
    """Return the rows, in which a network uses this many threads of the processor."""

    def read() -> Iterator[BatchRow]:
        for row in rows:
            estimate = row.estimate and replace(row.estimate, threads=threads)
            yield replace(row, estimate=estimate)

    return Rows(read)


def get_ready(estimates: Estimates, announce: Callable[[str], None], *, elsewhere: bool) -> str | None:
    """Find the model before the first row, downloading it if need be; return its name, None if no row needs one.

    elsewhere: the rows are processed on other machines, which find the model themselves; only the licence is checked.
    Raises what `find_model` raises, or UsageError for a licence that is not accepted.
    """
    if not estimates.rows:
        return None
    if elsewhere:
        _check_licence(estimates.options)
        return estimates.options.model
    from authoring.estimate.model_folder import find_model

    return find_model(estimates.options, announce).name


def _check_licence(options: EstimateOptions) -> None:
    known = known_model(options.model)
    if known and not known.allows_commercial_use and not options.accept_licence:
        raise UsageError(
            f"{known.repository}: the workers do not download it, since its licence, {known.licence}, is not known to "
            "allow commercial use; if that suits you, add --accept-licence"
        )
