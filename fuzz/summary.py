"""Keep the results of runs, one JSON line per run, and sum them up."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

SUMMARY = "summary.jsonl"
"""In the corpus folder, beside one folder of inputs for each target."""


@dataclass(frozen=True, slots=True)
class KeptFinding:
    """A finding as it is kept, with the file of its input."""

    kind: str
    what: str
    where: str
    file: str


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one target."""

    target: str
    engine: str
    """atheris: guided by coverage; mutate: this project's own mutator alone."""
    executions: int
    seconds: float
    coverage: int
    """Edges that the run had reached at its end; 0 if none were counted."""
    new_inputs: int
    """Inputs kept because they reached something new."""
    findings: list[KeptFinding] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Executions per second."""
        return self.executions / self.seconds if self.seconds else 0.0


def append(folder: Path, run: Run) -> None:
    """Add a run to the folder's summary."""
    with (folder / SUMMARY).open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(run)) + "\n")


def read(folder: Path) -> list[Run]:
    """Return every run of the folder's summary."""
    path = folder / SUMMARY
    return read_file(path) if path.exists() else []


def read_file(path: Path) -> list[Run]:
    """Return every run of one file."""
    runs = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [
        Run(**{**run, "findings": [KeptFinding(**finding) for finding in run["findings"]]}) for run in runs
    ]


def write_file(path: Path, run: Run) -> None:
    """Write one run as a file of its own."""
    path.write_text(json.dumps(asdict(run)) + "\n", encoding="utf-8")


def completed(run: Run, executions: int, coverage: int, new_inputs: int) -> Run:
    """Return the run with the numbers that the engine printed."""
    return replace(run, executions=executions, coverage=coverage, new_inputs=new_inputs)


def with_finding(run: Run, finding: KeptFinding) -> Run:
    """Return the run with one more finding."""
    return replace(run, findings=[*run.findings, finding])


def table(runs: Iterable[Run]) -> str:
    """Return the sums by target, and the total."""
    sums: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        sums[run.target].append(run)
    lines = [
        f"{'target':22} {'executions':>12} {'seconds':>9} {'exec/s':>8} {'coverage':>9} {'inputs':>7} {'findings':>9}"
    ]
    for name, group in sums.items():
        lines.append(_line(name, group))
    lines.append(_line("all", [run for group in sums.values() for run in group]))
    return "\n".join(lines) + "\n"


def line(run: Run) -> str:
    """Return one run as a line."""
    return _line(run.target, [run])


def _line(name: str, runs: list[Run]) -> str:
    executions, seconds = sum(run.executions for run in runs), sum(run.seconds for run in runs)
    places = {(finding.kind, finding.where) for run in runs for finding in run.findings}
    coverage = max((run.coverage for run in runs), default=0) if name != "all" else 0
    return (
        f"{name:22} {executions:12} {seconds:9.0f} {executions / seconds if seconds else 0:8.0f}"
        f" {coverage or '':>9} {sum(run.new_inputs for run in runs):7} {len(places):9}"
    )
