"""Run batches whose rows name each other's files: no input of any row, nor the manifest, may change.

Everything happens in a temporary folder; a manifest that names a place outside it is not run.
"""

from __future__ import annotations

import io
import json
import os
import struct
import tempfile
from collections import deque
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from unittest import mock

import numpy as np

from authoring import containers
from authoring.batch import python as batches
from authoring.batch import stores
from authoring.batch.manifest import read_rows
from authoring.batch.rows import RowDefaults, inputs_of
from authoring.batch.work import BatchResult, Task, work
from authoring.depth.calibration_json import build_calibration_json
from authoring.depth.calibration_sources import nominal_calibration
from authoring.errors import DepthauthorError
from fuzz.parsers import promise
from tests.compatibility import portrait_files
from tests.containers import jpeg_files

MANIFEST, JOURNAL = "manifest.jsonl", "journal"

PLACES = (
    "a.jpg",
    "b.jpg",
    "sub/a.jpg",
    "donor.heic",
    "map.npy",
    "other.npy",
    "camera.json",
    MANIFEST,
    JOURNAL,
    "link.jpg",
    "hard.jpg",
    "./a.jpg",
    "sub/../b.jpg",
    "A.JPG",
    "new.jpg",
    "new.heic",
    "sub/new.jpg",
    "linked/a.jpg",
    ".depthauthor.journal",
    "foreign.jpg",
)
"""What a row may name: files that are there, other spellings of them, links, and files that are not."""

MAX_ROWS = 8

_ROW = struct.Struct(">6B")
"""Photo, map, output, donor and calibration as indices of PLACES (255: none), and options."""

NONE = 255


class LocalWorkers:
    """Workers in this process, in place of those in processes, which need a second to start."""

    def __init__(self, *_: object, **__: object) -> None:
        """Start nothing."""
        self._results: deque[BatchResult] = deque()

    def __enter__(self) -> LocalWorkers:
        """Return the workers."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop nothing."""

    def capacity(self) -> int:
        """Return how many rows may be submitted without taking a result."""
        return 4

    def submit(self, task: Task) -> None:
        """Process a row."""
        self._results.append(work(task))

    def result(self) -> BatchResult:
        """Return the result of the row that was submitted first."""
        return self._results.popleft()


@dataclass(frozen=True, slots=True)
class Run:
    """How a batch is run."""

    overwrite: bool = False
    resume: bool = False
    local_only: bool = False
    out: str | None = None
    journal: str = JOURNAL


@cache
def _files() -> dict[str, bytes]:
    """Return the files of the folder before the run."""
    values = np.linspace(4.0, 0.5, 32 * 48, dtype=np.float32).reshape(32, 48)
    maps = io.BytesIO()
    np.save(maps, values)
    return {
        "a.jpg": jpeg_files.coded(),
        "b.jpg": jpeg_files.after_jfif(jpeg_files.coded(), jpeg_files.exif(orientation=1)),
        "sub/a.jpg": jpeg_files.without_jfif(jpeg_files.coded()),
        "foreign.jpg": jpeg_files.coded("L"),
        "donor.heic": portrait_files.portrait(),
        "map.npy": maps.getvalue(),
        "other.npy": maps.getvalue(),
        "camera.json": build_calibration_json(nominal_calibration(48, 32)),
    }


def seeds() -> list[bytes]:
    """Return batches as bytes: how they are run, the journal's name, and rows."""
    place = {name: index for index, name in enumerate(PLACES)}

    def row(
        photo: str, depth: str, output: str, donor: str = "", camera: str = "", options: int = 0
    ) -> bytes:
        names = (photo, depth, output, donor, camera)
        return _ROW.pack(*(place[name] if name else NONE for name in names), options)

    plain = row("a.jpg", "map.npy", "new.jpg")
    overwrite = b"\1" + bytes([place[JOURNAL]])
    return [
        b"\0" + bytes([place[JOURNAL]]) + plain + row("b.jpg", "other.npy", "sub/new.jpg"),
        overwrite + row("a.jpg", "map.npy", "b.jpg") + row("b.jpg", "map.npy", "new.jpg"),
        overwrite + plain + row("b.jpg", "map.npy", "a.jpg"),
        overwrite + row("a.jpg", "map.npy", "donor.heic", "donor.heic"),
        overwrite + row("a.jpg", "map.npy", "hard.jpg") + row("link.jpg", "map.npy", "new.jpg"),
        overwrite + row("a.jpg", "map.npy", "link.jpg") + row("b.jpg", "map.npy", "linked/a.jpg"),
        overwrite + row("a.jpg", "map.npy", "new.jpg") + row("new.jpg", "map.npy", "new.heic"),
        overwrite
        + row("a.jpg", "map.npy", "new.jpg", "", "camera.json")
        + row("b.jpg", "map.npy", "sub/../b.jpg"),
        b"\1" + bytes([place["b.jpg"]]) + plain,
        b"\0" + bytes([place["a.jpg"]]) + plain,
        b"\2" + bytes([place["camera.json"]]) + plain,
        b"\2" + bytes([place["new.jpg"]]) + plain,
        b"\5" + bytes([place["sub/new.jpg"]]) + row("a.jpg", "map.npy", "") + row("sub/a.jpg", "map.npy", ""),
    ]


def crossing(data: bytes) -> None:
    """Run a batch whose rows, journal and outputs are chosen among the same few files."""
    flags, journal = (*data[:2], 0, 0)[:2]
    out, name = "." if flags & 4 else None, PLACES[journal % len(PLACES)]
    run = Run(bool(flags & 1), bool(flags & 2), bool(flags & 8), out, name)
    body = data[2 : 2 + _ROW.size * MAX_ROWS]
    rows = _ROW.iter_unpack(body[: len(body) // _ROW.size * _ROW.size])
    _run(b"".join(json.dumps(_cells(*cells)).encode() + b"\n" for cells in rows), run)


def _cells(photo: int, depth: int, output: int, donor: int, camera: int, options: int) -> dict[str, object]:
    names = {"photo": photo, "map": depth, "output": output, "donor": donor, "calibration": camera}
    cells: dict[str, object] = {
        name: PLACES[index % len(PLACES)] for name, index in names.items() if index != NONE
    }
    return {**cells, "unit": "m", "effort": "fast", "profile": "data" if options & 1 else "portrait"}


def manifest_seeds() -> list[bytes]:
    """Return manifests as text, with the rows of the batches above."""
    return [
        b"".join(json.dumps(_cells(*cells)).encode() + b"\n" for cells in _ROW.iter_unpack(data[2:]))
        for data in seeds()
    ]


def manifest(data: bytes) -> None:
    """Run a damaged manifest with `--overwrite`."""
    _run(data, Run(overwrite=True))


def journal_seeds() -> list[bytes]:
    """Return journals of an earlier run of a batch; `{folder}` stands for its folder."""
    lines: list[list[dict[str, str]]] = [
        [{"begin": "{folder}/new.jpg"}, {"done": "{folder}/new.jpg", "sha256": "00", "inputs": "11"}],
        [{"begin": "{folder}/b.jpg"}, {"begin": "{folder}/map.npy"}],
        [{"begin": "{folder}/new.jpg"}, {"failed": "{folder}/new.jpg"}, {"begin": "{folder}/sub/new.jpg"}],
        [{"done": "{folder}/foreign.jpg", "sha256": "00", "inputs": "11"}],
        [{"begin": "{folder}/foreign.jpg"}],
    ]
    return [b"".join(json.dumps(line).encode() + b"\n" for line in each) for each in lines]


def journal(data: bytes) -> None:
    """Resume a batch from a damaged journal, which claims files of others as its own."""
    place = PLACES.index
    pairs = (("a.jpg", "new.jpg"), ("b.jpg", "foreign.jpg"), ("a.jpg", "sub/new.jpg"))
    rows = [_cells(place(photo), place("map.npy"), place(output), NONE, NONE, 1) for photo, output in pairs]
    _run(b"".join(json.dumps(row).encode() + b"\n" for row in rows), Run(resume=True), journal=data)


def _run(text: bytes, run: Run, journal: bytes | None = None) -> None:
    """Run a batch in a new folder and check what it left there."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(os.path.realpath(name))
        _fill(folder, text)
        if journal is not None:
            (folder / JOURNAL).write_bytes(journal.replace(b"{folder}", str(folder).encode()))
        before = _contents(folder)
        inputs, outputs = _named(folder, run)
        if inputs is None:
            return
        failure: DepthauthorError | None = None
        results: list[BatchResult] = []
        out = None if run.out is None else str(folder / "out")
        with mock.patch.object(batches, "LocalWorkers", LocalWorkers):
            try:
                results = list(
                    batches.batch(
                        str(folder / MANIFEST),
                        out=out,
                        journal=folder / run.journal,
                        resume=run.resume,
                        overwrite=run.overwrite,
                        local_only=run.local_only,
                    )
                )
            except DepthauthorError as error:
                failure = error
        _check(folder, run, before, inputs, outputs, results)
        if failure is not None:
            raise failure


def _fill(folder: Path, text: bytes) -> None:
    (folder / "sub").mkdir()
    (folder / "linked").symlink_to("sub")
    for name, data in _files().items():
        (folder / name).write_bytes(data)
    (folder / "link.jpg").symlink_to("a.jpg")
    (folder / "hard.jpg").hardlink_to(folder / "b.jpg")
    (folder / MANIFEST).write_bytes(text)


def _contents(folder: Path) -> dict[str, bytes]:
    """Return every file below the folder by its path, those behind links once."""
    paths = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def _named(folder: Path, run: Run) -> tuple[set[str] | None, set[str]]:
    """Return the inputs and outputs that the rows name, by their real paths; None for inputs outside the folder."""
    out = None if run.out is None else str(folder / "out")
    inputs: set[str] = {MANIFEST}
    outputs: set[str] = set()
    try:
        rows = list(read_rows(str(folder / MANIFEST), RowDefaults(str(folder), out)))
    except DepthauthorError:
        rows = []
    for row in rows:
        for places, group in ((inputs_of(row), inputs), ([row.output], outputs)):
            for place in filter(None, places):
                if "\0" in place:
                    continue
                path = stores.local_path(place)
                real = None if path is None else Path(os.path.realpath(path))
                if real is None or not real.is_relative_to(folder):
                    return None, outputs
                group.add(str(real.relative_to(folder)))
    return inputs, outputs


def _check(
    folder: Path,
    run: Run,
    before: dict[str, bytes],
    inputs: set[str],
    outputs: set[str],
    results: list[BatchResult],
) -> None:
    after = _contents(folder)
    for name in inputs & before.keys():
        promise(after.get(name) == before[name], f"an input was changed: {name}")
    journal = os.path.realpath(folder / run.journal)
    claimed = before.get(JOURNAL, b"")
    for name, data in before.items():
        new = after.get(name)
        if str(folder / name) == journal:
            promise(new is not None and new.startswith(data), f"a journal lost lines: {name}")
            promise(
                new == data or not data or b'"begin"' in data or name == JOURNAL,
                f"a file became a journal: {name}",
            )
        elif not run.overwrite and (not run.resume or name.encode() not in claimed):
            promise(new == data, f"a file was replaced without --overwrite: {name}")
        elif name not in outputs:
            promise(new == data, f"a file that no row names as its output was changed: {name}")
    for name in after.keys() - before.keys():
        known = name in outputs or str(folder / name) == journal
        promise(known, f"something else was left: {Path(name).suffix}")
    for result in results:
        promise(result.exit_code != 70, f"a row failed by a fault of the program: {result.error}")
        if result.status == "done":
            containers.parse(Path(result.output).read_bytes())
