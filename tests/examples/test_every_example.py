"""Every example is named by a test of this folder and by their page, and compiles; the shortest one runs here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import depthauthor as da

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path for path in (ROOT / "examples").iterdir() if path.suffix in (".py", ".mjs", ".swift"))
PAGE = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
TESTS = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))


@pytest.mark.parametrize("example", [path.name for path in EXAMPLES])
def test_a_test_and_the_page_name_it(example: str) -> None:
    assert f'"{example}"' in TESTS and f"[{example}]({example})" in PAGE


@pytest.mark.parametrize(
    "example", [path for path in EXAMPLES if path.suffix == ".py"], ids=lambda path: path.name
)
def test_it_compiles(example: Path) -> None:
    """Those whose library is absent are skipped elsewhere."""
    compile(example.read_text(encoding="utf-8"), str(example), "exec")


@pytest.mark.parametrize("photo", ["scene.jpg", "orientation/scene-6.jpg", "scene.heic"])
def test_network_to_heic(tmp_path: Path, photo: str) -> None:
    script = ROOT / "examples" / "network_to_heic.py"
    command = [sys.executable, "-W", "error", str(script), str(ROOT / "golden" / photo)]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    read = np.asarray(da.extract(done.stdout))
    wanted = np.linspace(5, 1, read.shape[0])[:, None]
    assert np.abs(1 / read - 1 / wanted).max() <= 1.6 * (1 - 1 / 5) / 255
