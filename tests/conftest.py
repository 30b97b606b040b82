"""Provide what all tests share: real photos, if present, and foreign readers, if installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
"""A busy machine is no fault of the code; speed is judged in benchmarks/."""

SAMPLES = Path(os.environ.get("DEPTHAUTHOR_SAMPLES", Path(__file__).parents[2] / "shared" / "samples"))
"""Photos from other people's cameras: not part of the project, so they may be absent."""


@pytest.fixture(scope="session")
def sample() -> Callable[[str], bytes]:
    """Return a function: `sample("pug.heic")` gives the bytes of a real photo, or skips if the collection is absent."""

    def read(name: str) -> bytes:
        path = SAMPLES / name
        if not path.is_file():
            pytest.skip(f"sample {name} is absent; set DEPTHAUTHOR_SAMPLES to the folder that holds it")
        return path.read_bytes()

    return read


@pytest.fixture(scope="session")
def tool() -> Callable[..., str]:
    """Return a function: `tool("exiftool", "-G", path)` runs a foreign reader and gives its output, or skips."""

    def run(name: str, *arguments: str | Path) -> str:
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed")
        done = subprocess.run([name, *map(str, arguments)], capture_output=True, timeout=60, check=False)
        return (done.stdout + done.stderr).decode("utf-8", "replace")

    return run
