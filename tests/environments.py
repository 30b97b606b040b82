"""Run the suite on every Python that is supported, and with the lowest versions that are allowed.

    python -m tests.environments                       # every environment, one after another
    python -m tests.environments 3.13 lowest           # some
    python -m tests.environments 3.12 -- tests/batch   # with arguments for pytest

Each environment is made in a folder outside the repository (`--folder`, else the user's cache folder) and kept, so a
second run only updates it. A Python is taken from pyenv or from the path; one that is absent is reported as such.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
FOLDER = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "depthauthor-environments"

PYTHONS = {
    **{version: version for version in ("3.11", "3.12", "3.13", "3.14")},
    "lowest": "3.11",
    "estimate": "3.11",
    "estimate-lowest": "3.11",
}
"""Name of an environment → its Python."""

ESTIMATE_TESTS = ("tests/estimate", "tests/batch/test_estimate.py", "tests/embed/test_estimated_maps.py")
"""What the environments with the extra `estimate`, several gigabytes of torch, are for."""

_LOWEST = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?\s*>=\s*([0-9.]+)")


def main() -> int:
    """Make the environments and run the suite in each; return 1 if one fails or is absent."""
    given = sys.argv[1:]
    split = given.index("--") if "--" in given else len(given)
    parser = argparse.ArgumentParser(
        prog="python -m tests.environments", description="Run the suite on every supported Python."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(PYTHONS)}; default: all")
    parser.add_argument("--folder", type=Path, default=FOLDER, help=f"where they are kept ({FOLDER})")
    parser.add_argument("--make-only", action="store_true", help="make them, and run no tests")
    options = parser.parse_args(given[:split])
    names = options.names or list(PYTHONS)
    if unknown := [name for name in names if name not in PYTHONS]:
        parser.error(f"unknown environment {unknown[0]!r}; known are {', '.join(PYTHONS)}")
    results = {
        name: _run(name, options.folder / name, options.make_only, given[split + 1 :]) for name in names
    }
    for name, result in results.items():
        print(f"{name:8} {result}")
    return int(any(not result.startswith("passed") for result in results.values()))


def lowest_versions() -> list[str]:
    """Return a constraint `name==version` for each lower bound of pyproject.toml."""
    pyproject = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    project = pyproject["project"]
    extras = project["optional-dependencies"].values()
    groups = [project["dependencies"], *extras, pyproject["dependency-groups"]["test"]]
    matches = [_LOWEST.match(requirement) for group in groups for requirement in group]
    return sorted({f"{match[1]}=={match[2]}" for match in matches if match})


def find_python(version: str) -> str | None:
    """Return the newest Python of a minor version: of pyenv, else of the path."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    of_pyenv = sorted(
        root.glob(f"versions/{version}.*/bin/python"),
        key=lambda path: [int(part) for part in path.parts[-3].split(".") if part.isdigit()],
    )
    return str(of_pyenv[-1]) if of_pyenv else shutil.which(f"python{version}")


def _run(name: str, folder: Path, make_only: bool, arguments: list[str]) -> str:
    """Make one environment and run the suite in it; return one line about it."""
    python = find_python(PYTHONS[name])
    if python is None:
        return f"absent: there is no Python {PYTHONS[name]}"
    inside = folder / "bin" / "python"
    if not inside.exists():
        # pip reads dependency groups from 25.1 on, which is newer than the one that comes with Python 3.11.
        subprocess.run([python, "-m", "venv", "--upgrade-deps", str(folder)], check=True)
    groups = f"{REPOSITORY / 'pyproject.toml'}:test"
    estimates = name.startswith("estimate")
    extras = "all,estimate" if estimates else "all"
    install = [str(inside), "-m", "pip", "install", "-q", "-e", f"{REPOSITORY}[{extras}]", "--group", groups]
    if name.endswith("lowest"):
        constraints = folder / "constraints.txt"
        constraints.write_text("\n".join(lowest_versions()) + "\n", encoding="utf-8")
        install += ["-c", str(constraints)]
    if subprocess.run(install, check=False).returncode:
        return "failed: pip could not install it"
    if make_only:
        return "passed: made"
    chosen = ESTIMATE_TESTS if estimates else ()
    started = time.monotonic()
    code = subprocess.run(
        [str(inside), "-m", "pytest", "-p", "no:cacheprovider", *(arguments or chosen)],
        cwd=REPOSITORY,
        check=False,
    ).returncode
    return f"{'passed' if code == 0 else 'failed'}: {time.monotonic() - started:.0f} s"


if __name__ == "__main__":
    sys.exit(main())
