"""Build the corpus of ordinary things: `python -m tests.ordinary.build DIR` writes photos, maps and manifests.

None of them may be refused: tests/ordinary/test_ordinary.py runs the command line on each. It is the counterpart of
tests/corrupt, so that a new check that refuses what people have does not pass unnoticed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.compatibility import portrait_files
from tests.ordinary import maps, photos
from tests.ordinary.commands import CALIBRATION, MANIFESTS


def write_inputs(folder: Path) -> None:
    """Write the files that options and manifests name."""
    (folder / "a.jpg").write_bytes(photos.JPEGS["camera"]())
    (folder / "grün été.jpg").write_bytes(photos.JPEGS["progressive"]())
    (folder / "b.heic").write_bytes(photos.HEICS["camera"]())
    (folder / "portrait.heic").write_bytes(portrait_files.portrait())
    (folder / "depth.npy").write_bytes(maps.npy(maps.METRES)())
    (folder / "gray.png").write_bytes(maps.MAPS["gray PNG, 8 bit"].make())
    (folder / "camera.json").write_text(json.dumps(CALIBRATION), encoding="utf-8")


def write(folder: Path) -> int:
    """Write the corpus; return the number of its files."""
    contents = {f"photos/{name}{suffix}": make() for name, (suffix, make) in photos.with_suffix().items()}
    contents |= {
        f"maps/{name.replace('/', ' per ')}{item.suffix}": item.make() for name, item in maps.MAPS.items()
    }
    contents |= {f"manifests/{name}{suffix}": data for name, (suffix, data) in MANIFESTS.items()}
    for name, data in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    write_inputs(folder / "manifests")
    return len(contents)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.ordinary.build DIR")
    print(f"{write(Path(sys.argv[1]))} files")
