"""Check what killed batches leave: `python -m fuzz.batch_kills [KILLS]`, 200 by default.

Two batches write into one folder at the same time, each with its own manifest and journal. Either is killed at random
times and resumed until both are finished; then the next round begins. After every kill, and at the end of a round, each
output must be complete or absent, each input as before, and no row may have failed. After a round no temporary file may
be left. The exit code is 1 if something is wrong.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

GOLDEN = Path(__file__).parents[1] / "golden"
ROWS = 8
"""Of one batch; some seconds, of which half is the start of the processes."""

SECONDS = 300
"""Until a run that should end counts as hanging."""


@dataclass
class Check:
    """What a complete batch gives, and what is wrong with what was found."""

    inputs: dict[str, str]
    outputs: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    states: Counter[str] = field(default_factory=Counter)

    def look(self, folder: Path, when: str) -> None:
        """Compare inputs and outputs."""
        if digests(folder) != self.inputs:
            self.wrong.append(f"{when}: an input has changed")
        for name, digest in digests(folder / "out").items():
            if name.endswith(".part"):
                self.states["temporary files at a kill"] += 1
            elif not name.endswith(".jsonl"):
                state = "complete outputs" if digest == self.outputs[name] else "broken outputs"
                self.states[state] += 1
                if state == "broken outputs":
                    self.wrong.append(f"{when}: {name} is not what an undisturbed batch gives")

    def judge_rows(self, lines: str, when: str) -> None:
        """Note rows that failed; a killed run may leave half a line."""
        for line in lines.splitlines():
            if line.endswith("}") and json.loads(line)["status"] == "failed":
                self.wrong.append(f"{when}: {json.loads(line)['error']}")


def digests(folder: Path) -> dict[str, str]:
    """Return the digest of each file in a folder."""
    result = {}
    for path in folder.iterdir() if folder.is_dir() else ():
        try:
            result[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        except (FileNotFoundError, IsADirectoryError):
            continue  # A temporary file of the batch that runs on.
    return result


def make_inputs(folder: Path) -> None:
    """Make the photos, maps and manifests of two batches."""
    for batch in "ab":
        lines = []
        for number in range(ROWS):
            name = f"{batch}{number}"
            shutil.copy(GOLDEN / "orientation" / "scene-1.jpg", folder / f"{name}.jpg")
            shutil.copy(GOLDEN / "scene-mask.png", folder / f"{name}.png")
            lines.append(json.dumps({"photo": f"{name}.jpg", "map": f"{name}.png", "near": 1 + number / 10}))
        (folder / f"{batch}.jsonl").write_text("\n".join(lines))


def start(folder: Path, batch: str) -> subprocess.Popen[str]:
    """Start or resume a batch."""
    words = [
        folder / f"{batch}.jsonl",
        "--out",
        folder / "out",
        "--journal",
        folder / "out" / f"{batch}.j.jsonl",
    ]
    options = ["--far", "5", "--jobs", "1", "--resume", "--json"]
    return subprocess.Popen(
        [sys.executable, "-m", "depthauthor", "batch", *map(str, words), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=GOLDEN.parent,
    )


def finish(process: subprocess.Popen[str], check: Check, when: str) -> None:
    """Wait for a batch, which has to end without a failed row."""
    lines, messages = process.communicate(timeout=SECONDS)
    check.judge_rows(lines, when)
    if process.returncode:
        check.wrong.append(f"{when}: exit code {process.returncode}: {messages.strip()}")


def whole_run(folder: Path, check: Check) -> float:
    """Run both to the end; keep the digests of their outputs, and return the seconds taken."""
    begun = time.monotonic()
    for process in [start(folder, batch) for batch in "ab"]:
        finish(process, check, "undisturbed")
    check.outputs = {
        name: digest for name, digest in digests(folder / "out").items() if name.endswith(".jpg")
    }
    shutil.rmtree(folder / "out")
    return time.monotonic() - begun


def round_of_kills(folder: Path, kills: int, took: float, check: Check, dice: random.Random) -> int:
    """Kill and resume until both batches are finished; return the number of kills, at most `kills`."""
    running = {batch: start(folder, batch) for batch in "ab"}
    done = 0
    while done < kills:
        batch = dice.choice(sorted(running))
        try:
            running[batch].wait(dice.uniform(0, took * 1.2))
            finish(running.pop(batch), check, "after a round")
        except subprocess.TimeoutExpired:
            running[batch].kill()
            lines, _ = running[batch].communicate()
            done += 1
            check.judge_rows(lines, f"kill {done}")
            check.look(folder, f"kill {done}")
            running[batch] = start(folder, batch)
        if not running:
            break
    for process in running.values():
        finish(process, check, "after a round")
    check.look(folder, "after a round")
    names = {path.name for path in (folder / "out").iterdir()}
    if names != {*check.outputs, "a.j.jsonl", "b.j.jsonl"}:
        check.wrong.append(f"after a round: {sorted(names - {*check.outputs})} in the folder")
    shutil.rmtree(folder / "out")
    return done


def main(kills: int, seed: int = 9) -> int:
    """Do all kills, and print what they left."""
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_inputs(folder)
        check = Check(digests(folder))
        took = whole_run(folder, check)
        done = rounds = 0
        while done < kills:
            done += round_of_kills(folder, kills - done, took, check, dice)
            rounds += 1
    states = ", ".join(f"{count} {state}" for state, count in sorted(check.states.items()))
    print(f"killed {done} times in {rounds} rounds of two batches, of {took:.2f} s undisturbed: {states}")
    for problem in check.wrong:
        print(f"  {problem}")
    return int(bool(check.wrong))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
