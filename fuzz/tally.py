"""What runs came to: one JSON line a run, and their sums.

Knows: the lines of a summary file. Must not know: targets, how runs are made.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

SUMMARY = "summary.jsonl"
"""In the corpus folder, beside one folder of inputs for each target."""


@dataclass(frozen=True, slots=True)
class Told:
    """A finding as it is kept: what, where, and the file with its input."""

    kind: str
    what: str
    where: str
    file: str


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one target."""

    target: str
    engine: str
    """atheris: led by coverage; mutate: by this project's own mutator alone."""
    executions: int
    seconds: float
    coverage: int
    """Edges that the run had seen at its end; 0 where none were counted."""
    new_inputs: int
    """Inputs kept because they reached something new."""
    findings: list[Told] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Executions a second."""
        return self.executions / self.seconds if self.seconds else 0.0


def append(folder: Path, run: Run) -> None:
    """Add a run to the folder's summary."""
    with (folder / SUMMARY).open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(run)) + "\n")


def read(folder: Path) -> list[Run]:
    """Every run of the folder's summary."""
    path = folder / SUMMARY
    return read_file(path) if path.exists() else []


def read_file(path: Path) -> list[Run]:
    """Every run of one file."""
    told = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [Run(**{**one, "findings": [Told(**found) for found in one["findings"]]}) for one in told]


def write_file(path: Path, run: Run) -> None:
    """One run as a file of its own."""
    path.write_text(json.dumps(asdict(run)) + "\n", encoding="utf-8")


def completed(run: Run, executions: int, coverage: int, new_inputs: int) -> Run:
    """The run with what the engine printed of it."""
    return replace(run, executions=executions, coverage=coverage, new_inputs=new_inputs)


def with_finding(run: Run, told: Told) -> Run:
    """The run with one finding more."""
    return replace(run, findings=[*run.findings, told])


def table(runs: Iterable[Run]) -> str:
    """The sums by target, and over all."""
    sums: dict[str, list[Run]] = defaultdict(list)
    for one in runs:
        sums[one.target].append(one)
    lines = [
        f"{'target':22} {'executions':>12} {'seconds':>9} {'exec/s':>8} {'coverage':>9} {'inputs':>7} {'findings':>9}"
    ]
    for name, found in sums.items():
        lines.append(_line(name, found))
    lines.append(_line("all", [one for found in sums.values() for one in found]))
    return "\n".join(lines) + "\n"


def line(run: Run) -> str:
    """One run in a line."""
    return _line(run.target, [run])


def _line(name: str, found: list[Run]) -> str:
    executions, seconds = sum(one.executions for one in found), sum(one.seconds for one in found)
    places = {(told.kind, told.where) for one in found for told in one.findings}
    coverage = max((one.coverage for one in found), default=0) if name != "all" else 0
    return (
        f"{name:22} {executions:12} {seconds:9.0f} {executions / seconds if seconds else 0:8.0f}"
        f" {coverage or '':>9} {sum(one.new_inputs for one in found):7} {len(places):9}"
    )
