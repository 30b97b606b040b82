"""Run fuzzing targets, each in a process of its own: `python -m fuzz.run`.

With atheris, or with `--engine mutate` by this project's own mutator without coverage: that reaches deeper layouts in
whole files and needs no compiled library.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import pkgutil
import random
import re
import signal
import subprocess
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import IO, TYPE_CHECKING

from fuzz import summary

if TYPE_CHECKING:
    from fuzz.bounds import Finding
    from fuzz.targets import Target

CORPUS = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "depthauthor-fuzz"
"""Where inputs are kept between runs, outside the repository."""

HANG_SECONDS = 120
"""CPU time after which a call is interrupted: eight times what any target may take for a small input."""

LATE = 3
"""How many times its seconds a run may take by the clock: starting under coverage tracing takes some itself."""

STRUCTURED = 0.6
"""Share of inputs that come from the mutator that knows the formats; the rest are libFuzzer's own."""

PLAIN_FORMS = ("bytes",)
"""Forms that libFuzzer damages better and ten times faster by itself."""

REPORT_SECONDS = 1.0
"""Between two reports of a run's progress."""

SEEDS_AT_MOST = 4_000
"""Kept inputs that a run without coverage starts from."""

_COVERAGE = re.compile(r"cov: (\d+)")
_EXECUTED = re.compile(r"stat::number_of_executed_units:\s+(\d+)")
_ADDED = re.compile(r"stat::new_units_added:\s+(\d+)")


class Hang(BaseException):
    """Raised in a call that does not end; a BaseException, so that no handler of errors catches it."""


class Recorder:
    """Counts executions and keeps each kind of finding once, with its input."""

    def __init__(self, target: Target, folder: Path, engine: str) -> None:
        """Write findings to `folder`/findings."""
        self.target = target
        self.engine = engine
        self.part = folder / f"{target.name}.part"
        self.folder = folder / "findings"
        self.executions = 0
        self.findings: dict[tuple[str, str], summary.KeptFinding] = {}
        self.started = self.reported = time.monotonic()
        self.ticked = 0
        signal.signal(signal.SIGVTALRM, self._tick)
        signal.setitimer(signal.ITIMER_VIRTUAL, HANG_SECONDS, HANG_SECONDS)

    def __call__(self, data: bytes) -> None:
        """Execute the target once."""
        from fuzz.bounds import Finding, check

        self.executions += 1
        try:
            finding = check(self.target.call, data, self.target.bounds)
        except Hang:
            finding = Finding("time", f"no end within {HANG_SECONDS} s of CPU time", "")
        if finding is not None and (finding.kind, finding.where) not in self.findings:
            self._keep(finding, data)
        if not self.executions % 64 and time.monotonic() - self.reported > REPORT_SECONDS:
            self.report()

    def report(self) -> None:
        """Write the count for the parent: libFuzzer ends the process itself, and no hook runs then."""
        self.reported = time.monotonic()
        run = summary.Run(
            self.target.name,
            self.engine,
            self.executions,
            self.reported - self.started,
            0,
            0,
            list(self.findings.values()),
        )
        summary.write_file(self.part, run)

    def _tick(self, number: int, frame: FrameType | None) -> None:
        """Interrupt a call that was already running at the last tick."""
        if self.executions == self.ticked:
            raise Hang
        self.ticked = self.executions

    def _keep(self, finding: Finding, data: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"{self.target.name}-{finding.kind}-{hashlib.sha256(data).hexdigest()[:12]}"
        (self.folder / name).write_bytes(data)
        self.findings[finding.kind, finding.where] = summary.KeptFinding(
            finding.kind, finding.what, finding.where, name
        )
        sys.stderr.write(
            f"FINDING {self.target.name} {finding.kind} at {finding.where}: {finding.what} ({name})\n"
        )
        self.report()


def main() -> int:
    """Read the command line and run."""
    options = _options()
    options.corpus.mkdir(parents=True, exist_ok=True)
    if options.summary:
        sys.stdout.write(summary.table(summary.read(options.corpus)))
        return 0
    if options.worker:
        return _work(options)
    names = options.target or _names(options.set)
    if options.list:
        sys.stdout.write("\n".join(names) + "\n")
        return 0
    with ThreadPoolExecutor(options.jobs) as pool:
        codes = list(pool.map(lambda name: _spawn(name, options), names))
    return max(codes, default=0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m fuzz.run", description="Fuzz the parsers and the whole path."
    )
    parser.add_argument("--target", action="append", help="a target's name; may be given again; default: all")
    parser.add_argument(
        "--set", choices=("all", "parsers", "operations"), default="all", help="which targets, without names"
    )
    parser.add_argument("--seconds", type=float, help="for each target (60 without --runs)")
    parser.add_argument("--runs", type=int, help="executions for each target")
    parser.add_argument("--jobs", type=int, default=1, help="targets run at a time")
    parser.add_argument("--engine", choices=("atheris", "mutate"), default="atheris")
    parser.add_argument("--seed", type=int, default=0, help="0 takes a new one each time")
    parser.add_argument("--corpus", type=Path, default=CORPUS, help=f"where inputs are kept ({CORPUS})")
    parser.add_argument(
        "--summary", action="store_true", help="print the sums of all runs so far and run nothing"
    )
    parser.add_argument("--list", action="store_true", help="print the names of the targets")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.seconds is None and options.runs is None:
        options.seconds = 60.0
    return options


def _names(which: str) -> list[str]:
    from fuzz.targets import PARSER_NAMES, TARGETS

    return [name for name in TARGETS if which == "all" or (name in PARSER_NAMES) == (which == "parsers")]


def _spawn(name: str, options: argparse.Namespace) -> int:
    """Run one target in its own process, so that a crash of a library ends nothing else."""
    seed = options.seed or random.SystemRandom().randrange(1, 1 << 31)
    command = [sys.executable, "-m", "fuzz.run", "--worker", "--target", name, "--engine", options.engine]
    command += ["--corpus", str(options.corpus), "--seed", str(seed)]
    command += ["--seconds", str(options.seconds)] if options.seconds is not None else []
    command += ["--runs", str(options.runs)] if options.runs is not None else []
    log = options.corpus / f"{name}.log"
    with log.open("w", encoding="utf-8") as file:
        code = _exit_code(command, file, options.seconds)
    text = log.read_text(encoding="utf-8", errors="replace")
    part = options.corpus / f"{name}.part"
    if not part.exists():
        sys.stdout.write(f"{name}: the process ended with {code}; see {log}\n")
        return 1
    (reported,) = summary.read_file(part)
    part.unlink()
    executed, added = (_last(pattern, text) for pattern in (_EXECUTED, _ADDED))
    run = summary.completed(reported, executed or reported.executions, _last(_COVERAGE, text), added)
    if code:
        kept = summary.KeptFinding("crash", f"the process ended with {code}", "", log.name)
        run = summary.with_finding(run, kept)
    summary.append(options.corpus, run)
    sys.stdout.write(summary.line(run) + "\n")
    for finding in run.findings:
        sys.stdout.write(f"  {finding.kind} at {finding.where}: {finding.what} ({finding.file})\n")
    sys.stdout.flush()
    return 1 if run.findings else 0


def _exit_code(command: list[str], log: IO[str], seconds: float | None) -> int:
    """Run a process and return its exit code; kill it if it does not end in time."""
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        return process.wait(None if seconds is None else LATE * seconds + HANG_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _last(pattern: re.Pattern[str], text: str) -> int:
    """Return the last number that matches; 0 if there is none."""
    numbers = pattern.findall(text)
    return int(numbers[-1]) if numbers else 0


def _work(options: argparse.Namespace) -> int:
    (name,) = options.target
    if options.engine == "atheris":
        import atheris

        # Only modules imported in this block are traced; the code imports many of them late.
        with atheris.instrument_imports(include=["authoring"]):
            _import_all()
    from fuzz.bounds import limit_memory
    from fuzz.targets import TARGETS

    target = TARGETS[name]
    limit_memory()
    warnings.simplefilter("error")  # A person would see it on the terminal, in the middle of a command.
    recorder = Recorder(target, options.corpus, options.engine)
    folder = options.corpus / name
    folder.mkdir(exist_ok=True)
    for seed in target.seeds():
        (folder / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    recorder.report()
    if options.engine == "atheris":
        _atheris(target, recorder, folder, options)
    else:
        _mutate(target, recorder, folder, options)
        recorder.report()
    return 0


def _import_all() -> None:
    import authoring

    for module in pkgutil.walk_packages(authoring.__path__, "authoring."):
        if not module.name.startswith("authoring.cli"):
            __import__(module.name)


def _atheris(target: Target, recorder: Recorder, folder: Path, options: argparse.Namespace) -> None:
    """Run guided by coverage; does not return."""
    import atheris

    from fuzz.mutate import mutated

    others = target.seeds()

    def mutate(data: bytes, longest: int, seed: int) -> bytes:
        if not data or random.Random(seed).random() >= STRUCTURED:
            return bytes(atheris.Mutate(data, longest))
        return mutated(data, target.form, seed, others)[:longest]

    arguments = [
        sys.argv[0],
        str(folder),
        f"-artifact_prefix={folder}/",  # Slow inputs are kept with the other inputs, not in the working folder.
        f"-max_len={target.longest}",
        "-print_final_stats=1",
        f"-timeout={1 << 30}",
        "-rss_limit_mb=0",
        "-reload=0",
        "-len_control=20",
        f"-seed={options.seed}",
    ]
    arguments += [f"-max_total_time={int(options.seconds)}"] if options.seconds is not None else []
    arguments += [f"-runs={options.runs}"] if options.runs is not None else []
    structured = {} if target.form in PLAIN_FORMS else {"custom_mutator": mutate}
    atheris.Setup(arguments, recorder, **structured)
    atheris.Fuzz()


def _mutate(target: Target, recorder: Recorder, folder: Path, options: argparse.Namespace) -> None:
    """Run the mutator alone, from the seeds and the inputs that runs with coverage have kept."""
    from fuzz.mutate import mutated

    kept = sorted(folder.iterdir())[:SEEDS_AT_MOST]
    inputs = [*target.seeds(), *(path.read_bytes() for path in kept)]
    for data in inputs:
        recorder(data)
    dice = random.Random(options.seed)
    while (options.runs is None or recorder.executions < options.runs) and (
        options.seconds is None or time.monotonic() - recorder.started < options.seconds
    ):
        recorder(mutated(dice.choice(inputs), target.form, dice.getrandbits(32), inputs))


if __name__ == "__main__":
    sys.exit(main())
