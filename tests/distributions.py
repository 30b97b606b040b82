"""Build wheel and sdist, check them, and run the README's first command from the installed wheel.

    python -m tests.distributions              # builds into a temporary folder
    python -m tests.distributions --out dist   # keeps what was built, for a release

It needs git, and the dependency group `release`. The second build starts from the unpacked sdist, in another folder:
equal digests show that neither time, place nor git goes into a file.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from email.parser import BytesParser
from pathlib import Path

from authoring.version import VERSION

REPOSITORY = Path(__file__).parents[1]
STEM = f"depthauthor-{VERSION}"
PACKAGES = ("authoring/", "depthauthor/")
SCHEMAS = "depthauthor/schemas/"

_RELATIVE_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)]*)\)")
_FIRST_COMMAND = re.compile(
    r"^ *(python3 -m venv .*pip install -q )\.( && \S*/depthauthor embed .*)$", re.MULTILINE
)


def main() -> int:
    """Build twice, check everything, and print one line for each fault; return 1 if there is any."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.distributions", description="Check wheel and sdist."
    )
    parser.add_argument("--out", type=Path, help="a folder for the wheel and the sdist")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first, unpacked, second = folder / "first", folder / "unpacked", folder / "second"
        build(REPOSITORY, first)
        wheel, sdist = first / f"{STEM}-py3-none-any.whl", first / f"{STEM}.tar.gz"
        shutil.unpack_archive(sdist, unpacked, filter="data")
        build(unpacked / STEM, second)
        subprocess.run([sys.executable, "-m", "twine", "check", "--strict", wheel, sdist], check=True)
        faults = (
            sdist_faults(sdist)
            + wheel_faults(wheel)
            + differing_digests(first, second)
            + command_faults(wheel)
        )
        for path in (wheel, sdist):
            print(f"{_digest(path)}  {path.name}  {path.stat().st_size:,} bytes")
        if options.out is not None and not faults:
            options.out.mkdir(parents=True, exist_ok=True)
            for path in (wheel, sdist):
                shutil.copy(path, options.out)
    for fault in faults:
        print(f"fault: {fault}")
    return int(bool(faults))


def build(source: Path, folder: Path) -> None:
    """Build the sdist of a source tree, and the wheel from that sdist, with the newest allowed build backend."""
    command = [sys.executable, "-m", "build", "--outdir", str(folder), str(source)]
    result = subprocess.run(command, check=False, capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{result.stdout}{result.stderr}\nthe build of {source.name} failed")


def tracked_files() -> set[str]:
    """Return the files under version control, by their paths from the root."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, check=True, capture_output=True)
    return set(filter(None, listed.stdout.decode().split("\0")))


def sdist_faults(sdist: Path) -> list[str]:
    """Return how the sdist differs from the files under version control and its metadata."""
    with tarfile.open(sdist) as archive:
        names = {member.name.removeprefix(f"{STEM}/") for member in archive.getmembers() if member.isfile()}
    return _differences("sdist", names, tracked_files() | {"PKG-INFO"})


def wheel_faults(wheel: Path) -> list[str]:
    """Return what the wheel lacks or has too much, and faults of its metadata and schemas."""
    tracked = tracked_files()
    schemas = {
        SCHEMAS + path.removeprefix("schemas/")
        for path in tracked
        if path.startswith("schemas/") and not path.endswith(".py")
    }
    parts = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
    metadata = {f"{STEM}.dist-info/{part}" for part in parts}
    with zipfile.ZipFile(wheel) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    wanted = {path for path in tracked if path.startswith(PACKAGES)} | schemas | metadata
    faults = _differences("wheel", set(contents), wanted)
    faults += [
        f"{name}: its $id does not end with its name"
        for name in sorted(schemas & set(contents))
        if name.endswith(".json")
        and not str(json.loads(contents[name]).get("$id")).endswith(name.removeprefix("depthauthor"))
    ]
    described = BytesParser().parsebytes(contents.get(f"{STEM}.dist-info/METADATA", b""))
    text = str(described.get_payload())
    faults += [f"a link of the description is relative: {link}" for link in _RELATIVE_LINK.findall(text)]
    if f"/v{VERSION}/" not in text:
        faults.append(f"no link of the description leads to the tag v{VERSION}")
    return faults


def differing_digests(first: Path, second: Path) -> list[str]:
    """Return a fault for each file that two builds do not both have, byte for byte."""
    builds = [{path.name: _digest(path) for path in sorted(folder.iterdir())} for folder in (first, second)]
    names = sorted(builds[0].keys() | builds[1].keys())
    return [f"two builds differ: {name}" for name in names if builds[0].get(name) != builds[1].get(name)]


def command_faults(wheel: Path) -> list[str]:
    """Run the README's first command in a folder that holds nothing but its two inputs, with the wheel for the dot."""
    command = _FIRST_COMMAND.search((REPOSITORY / "README.md").read_text(encoding="utf-8"))
    if command is None:
        return ["the README has no command that installs depthauthor and embeds a map"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "golden").mkdir()
        for given in ("scene.jpg", "scene-mask.png"):
            shutil.copy(REPOSITORY / "golden" / given, folder / "golden")
        line = f"{command[1]}{wheel}{command[2]}"
        result = subprocess.run(["bash", "-c", line], cwd=folder, check=False, capture_output=True, text=True)
        if result.returncode:
            return [f"exit code {result.returncode} of: {line}\n{result.stderr}"]
        print(result.stdout)
        outputs = [path for path in folder.iterdir() if path.suffix == ".jpg"]
        check = [str(path) for path in (folder / ".venv/bin/depthauthor", "verify", *outputs)]
        verified = subprocess.run(check, cwd=folder, check=False, capture_output=True, text=True)
        return [] if outputs and not verified.returncode else [f"verify: {verified.stdout}{verified.stderr}"]


def _differences(what: str, names: set[str], wanted: set[str]) -> list[str]:
    """Return a fault for each file that is absent, and for each that should not be there."""
    absent = [f"{what}: {name} is absent" for name in sorted(wanted - names)]
    return absent + [f"{what}: {name} should not be there" for name in sorted(names - wanted)]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
