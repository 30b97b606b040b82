"""Killed without warning: the target is the complete old or new file; a leftover is named .part."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from authoring import files
from fuzz import kills

ROOT = Path(__file__).parents[2]
NEW = bytes(range(256)) * 1000
WRITE = """
from pathlib import Path
from authoring import files
data = bytes(range(256)) * 1000
files.write_file(
    Path(sys.argv[1]), [data[:100_000], memoryview(data)[100_000:]], overwrite=sys.argv[2] == "True"
)
"""


@pytest.mark.parametrize("overwrite", [True, False])
def test_killed_at_every_call(overwrite: bool, tmp_path: Path) -> None:
    target = tmp_path / "out.jpg"
    before = {kills.OLD} if overwrite else {None}
    met: list[str] = []
    for number in range(1, 100):
        if overwrite:
            target.write_bytes(kills.OLD)
        done = subprocess.run(
            [sys.executable, "-c", kills.SPY + WRITE, str(number), str(target), str(overwrite)],
            capture_output=True,
            check=False,
            cwd=ROOT,
        )
        result = target.read_bytes() if target.exists() else None
        if done.returncode != kills.KILLED:
            assert (done.returncode, result) == (0, NEW), done.stderr
            break
        met.append(done.stderr.decode())
        assert result in {*before, NEW}
        left = {path.name for path in tmp_path.iterdir()} - {"out.jpg"}
        assert (
            all(path.startswith(".depthauthor-") and path.endswith(".part") for path in left)
            and len(left) <= 1
        )
        # What is left hinders nobody.
        files.write_file(target, [NEW], overwrite=True)
        for path in tmp_path.iterdir():
            path.unlink()
    around = ["open", "fchmod"] if overwrite else ["open"]
    assert [*dict.fromkeys(met)] == [*around, "write", "fsync", "replace" if overwrite else "link", "unlink"]


def test_killed_at_random_moments(tmp_path: Path) -> None:
    """Ten of the two hundred that `python -m fuzz.kills` does."""
    (tmp_path / "out.jpg").write_bytes(kills.OLD)
    new, took = kills.whole_run(tmp_path)
    result = kills.Leftovers()
    kills.at_random(tmp_path, new, took, 10, result)
    assert result.wrong == [] and sum(result.targets.values()) == 10
