"""The command batch on small golden photos: both containers, bad rows, resuming, workers that die."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from multiprocessing import active_children
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from authoring import files
from authoring.batch.journal import Journal
from authoring.batch.rows import BatchRow
from authoring.batch.run import run
from authoring.batch.workers import LocalWorkers

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "golden"
ROWS = 30


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """30 photos in both containers, one map, and their manifest."""
    shutil.copy(GOLDEN / "scene-depth.npy", tmp_path / "map.npy")
    rows = []
    for number in range(ROWS):
        suffix = "heic" if number % 2 else "jpg"
        shutil.copy(GOLDEN / f"scene.{suffix}", tmp_path / f"p{number:02}.{suffix}")
        rows.append({"photo": f"p{number:02}.{suffix}", "map": "map.npy", "max-size": str(128 + 2 * number)})
    write_csv(tmp_path / "manifest.csv", rows)
    return tmp_path


def write_csv(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)
    return path


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "depthauthor", "batch", *map(str, arguments)]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def batch(*arguments: str | Path, prepare: Any = None) -> tuple[int, list[dict[str, Any]], str]:
    done = subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        env=environment(),
        timeout=120,
        check=False,
        preexec_fn=prepare,
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def digests(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.suffix in (".jpg", ".heic")
    }


def test_jobs_and_a_killed_run_change_nothing(folder: Path) -> None:
    code, lines, said = batch(folder / "manifest.csv", "--out", folder / "one", "--jobs", "1")
    assert code == 0 and [line["row"] for line in lines] == list(range(1, ROWS + 1))
    assert f"{ROWS} photos: {ROWS} done, 0 finished before, 0 failed" in said
    wanted = digests(folder / "one")
    assert len(wanted) == ROWS
    assert {Path(line["output"]).name: line["sha256"] for line in lines} == wanted
    assert all(line["report"]["max_error"] <= line["report"]["bound"] for line in lines)

    killed = folder / "killed"
    with subprocess.Popen(
        command(folder / "manifest.csv", "--out", killed, "--jobs", "2"),
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as running:
        deadline = time.monotonic() + 60
        while not killed.is_dir() or len(digests(killed)) < ROWS // 3:
            assert time.monotonic() < deadline and running.poll() is None
            time.sleep(0.005)
        running.send_signal(signal.SIGKILL)
    time.sleep(0.5)
    left = digests(killed)
    assert ROWS // 3 <= len(left) < ROWS
    assert left.items() <= wanted.items(), "what is there is whole"
    # A worker killed while it writes leaves a temporary file beside an output that was begun.
    journal = Journal(killed / "batch-journal.jsonl", read_only=True)
    (killed / files.temporary_name("p29.heic", journal.owner)).write_bytes(b"half")
    journal.close()

    code, lines, _ = batch(folder / "manifest.csv", "--out", killed, "--jobs", "2", "--resume")
    assert code == 0 and len(lines) == ROWS
    assert "skipped" in {line["status"] for line in lines}
    assert digests(killed) == wanted
    code, lines, _ = batch(folder / "manifest.csv", "--out", killed, "--jobs", "2", "--resume")
    assert code == 0 and {line["status"] for line in lines} == {"skipped"}


def test_resume_redoes_changed_rows_and_refuses_outputs_changed_by_others(folder: Path) -> None:
    manifest = write_csv(
        folder / "m.csv", [{"photo": f"p{number:02}.jpg", "map": "map.npy"} for number in (0, 2, 4, 6)]
    )
    out = folder / "out"
    assert batch(manifest, "--out", out, "--jobs", "1")[0] == 0
    wanted = digests(out)
    (out / "p00.jpg").unlink()
    (out / "p02.jpg").write_bytes(b"edited by a person")
    np.save(folder / "map.npy", np.load(folder / "map.npy") * 2)
    code, lines, said = batch(manifest, "--out", out, "--jobs", "1", "--resume")
    assert code == 6 and [line["status"] for line in lines] == ["done", "failed", "done", "done"]
    assert "p02.jpg: was changed since the batch wrote it" in said
    assert (out / "p02.jpg").read_bytes() == b"edited by a person"
    assert all(digests(out)[name] != wanted[name] for name in wanted)


def test_bad_rows_give_one_line_each_and_the_rest_is_done(folder: Path) -> None:
    (folder / "corrupt.npy").write_bytes(b"\x93NUMPY\x01\x00 nothing of the sort")
    out = folder / "out"
    out.mkdir()
    (out / "p08.jpg").write_bytes(b"somebody else's")
    good = {"map": "map.npy", "profile": "data"}
    rows = [
        {"photo": "p00.jpg", **good},
        {"photo": "absent.jpg", **good},
        {"photo": "p02.jpg", **good, "map": "corrupt.npy"},
        {"photo": "p00.jpg", **good},
        {"photo": "p08.jpg", **good},
        {"photo": "p04.jpg", **good, "profile": "landscape"},
        {"photo": "p06.jpg", **good, "max-size": "large"},
        {"photo": "", **good},
        {"photo": "p01.heic", **good},
    ]
    code, lines, said = batch(write_csv(folder / "m.csv", rows), "--out", out, "--jobs", "2")
    assert code == 6
    assert [line["status"] for line in lines] == ["done", *["failed"] * 7, "done"]
    for line, reason in zip(
        lines[1:8],
        (
            "absent.jpg: no such file",
            "corrupt.npy: ",
            "row 1 writes this output already",
            "exists already",
            "profile is 'landscape'",
            "max_size is 'large', not a whole number",
            "the row names no photo",
        ),
        strict=True,
    ):
        assert reason in line["error"] and "\n" not in line["error"]
        assert reason in said
    assert (out / "p08.jpg").read_bytes() == b"somebody else's"
    assert "Traceback" not in said and not list(out.glob(".*.part"))

    shutil.copy(folder / "p00.jpg", folder / "absent.jpg")
    shutil.copy(folder / "map.npy", folder / "corrupt.npy")
    code, lines, _ = batch(folder / "m.csv", "--out", out, "--jobs", "2", "--resume")
    assert code == 6 and [line["status"] for line in lines] == [
        "skipped", "done", "done", *["failed"] * 5, "skipped",
    ]  # fmt: skip


def test_fail_fast_begins_no_further_row(folder: Path) -> None:
    rows = [{"photo": f"p{number:02}.jpg", "map": "map.npy"} for number in range(0, 30, 2)]
    rows[1]["photo"] = "absent.jpg"
    code, lines, _ = batch(
        write_csv(folder / "m.csv", rows), "--out", folder / "out", "--jobs", "1", "--fail-fast"
    )
    assert code == 6 and 2 <= len(lines) < len(rows)


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo-terminals here")
def test_the_progress_bar_does_not_touch_stdout(folder: Path) -> None:
    """Stderr is a terminal, stdout is not."""
    manifest = write_csv(folder / "m.csv", [{"photo": f"p0{n}.jpg", "map": "map.npy"} for n in (0, 2)])
    terminal, end = os.openpty()
    done = subprocess.run(
        command(manifest, "--out", folder / "out", "--jobs", "1"),
        stdout=subprocess.PIPE,
        stderr=end,
        env={**environment(), "TERM": "xterm"},
        timeout=120,
        check=False,
    )
    os.close(end)
    assert [json.loads(line)["status"] for line in done.stdout.splitlines()] == ["done", "done"]
    said = b""
    with (
        contextlib.suppress(OSError),
        os.fdopen(terminal, "rb", buffering=0) as file,
    ):  # Linux ends it with EIO.
        while part := file.read(4096):
            said += part
    assert b"2/2" in said and b"sha256" not in said
    assert said.endswith(b"\r\n\x1b[?25hdepthauthor: 2 photos: 2 done, 0 finished before, 0 failed\r\n")


def test_unknown_columns_refuse_the_manifest(folder: Path) -> None:
    manifest = write_csv(folder / "m.csv", [{"photo": "p00.jpg", "map": "map.npy", "nearest": "1"}])
    code, lines, said = batch(manifest, "--out", folder / "out")
    assert (code, lines) == (2, []) and "unknown column or option 'nearest'" in said and said.count("\n") == 1
    late = folder / "m.jsonl"
    good = {"photo": "p00.jpg", "map": "map.npy"}
    late.write_text("\n".join(map(json.dumps, [good, good, {**good, "maker": "x"}])))
    code, lines, said = batch(late, "--out", folder / "out")
    assert (code, lines) == (2, []) and "'maker'" in said and not (folder / "out").exists()


def test_a_full_disk_gives_one_line_for_each_photo(folder: Path) -> None:
    """A limit on the size of files acts like a full disk: writing fails with OSError in the middle."""
    resource = pytest.importorskip("resource")
    size = (folder / "p00.jpg").stat().st_size // 2

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    manifest = write_csv(
        folder / "m.csv", [{"photo": f"p{number:02}.jpg", "map": "map.npy"} for number in (0, 2)]
    )
    out = folder / "out"
    code, lines, said = batch(manifest, "--out", out, "--jobs", "1", prepare=limit)
    assert code == 6 and [line["status"] for line in lines] == ["failed", "failed"]
    assert "2 rows (1, 2): could not be written: File too large; nothing was left behind" in said
    assert [path.name for path in out.iterdir()] == ["batch-journal.jsonl"]
    assert batch(manifest, "--out", out, "--jobs", "1", "--resume")[0] == 0
    assert len(digests(out)) == 2


def test_pairs_of_folders(folder: Path) -> None:
    photos, maps = folder / "photos", folder / "maps"
    photos.mkdir()
    maps.mkdir()
    for name in ("a.jpg", "b.heic", "c.jpg", "d.jpg"):
        shutil.copy(GOLDEN / f"scene.{name[2:]}", photos / name)
    for name in ("a.npy", "b_depth.npy", "d.npy", "d_depth.npy", "e.npy"):
        shutil.copy(folder / "map.npy", maps / name)
    code, lines, said = batch(photos, maps, "--out", folder / "out", "--jobs", "2", "--set", "profile=data")
    assert code == 6 and sorted(digests(folder / "out")) == ["a.jpg", "b.heic"]
    assert "several maps belong to the photo: d.npy, d_depth.npy" in lines[2]["error"]
    assert "c.jpg: photo without a map" in said and "e.npy: map without a photo" in said


@pytest.mark.skipif(
    not Path("/proc/self/fd").is_dir(), reason="/proc does not say which files a process has open"
)
def test_a_worker_that_dies_fails_only_its_own_row(folder: Path) -> None:
    """The map of row 4 is a pipe without an end; the worker that reads it is killed."""
    pipe = folder / "pipe.npy"
    os.mkfifo(pipe)
    rows = [
        BatchRow(
            number,
            str(folder / f"p{2 * number:02}.jpg"),
            str(pipe if number == 4 else folder / "map.npy"),
            str(folder / "out" / f"{number}.jpg"),
            {"max_size": 128},
        )
        for number in range(1, 9)
    ]
    stop = threading.Event()

    def kill_readers() -> None:
        while not stop.wait(0.05):
            try:
                held = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                continue  # Nobody reads.
            readers: list[BaseProcess] = []
            while not readers and not stop.wait(0.01):  # The reader's descriptor appears a moment later.
                readers = [child for child in active_children() if holds(child.pid, pipe)]
            for child in readers:
                child.kill()
                child.join(10)
            os.close(held)

    killer = threading.Thread(target=kill_readers, daemon=True)
    killer.start()
    journal = Journal(folder / "journal")
    try:
        with LocalWorkers(2) as workers:
            results = list(run(iter(rows), journal, workers))
    finally:
        stop.set()
        killer.join()
        journal.close()
    assert [result.status for result in results] == ["done"] * 3 + ["failed"] + ["done"] * 4
    assert "the worker died" in (results[3].error or "")

    pipe.unlink()
    shutil.copy(folder / "map.npy", pipe)
    journal = Journal(folder / "journal", resume=True)
    with LocalWorkers(2) as workers:
        results = list(run(iter(rows), journal, workers))
    journal.close()
    assert [result.status for result in results] == ["skipped"] * 3 + ["done"] + ["skipped"] * 4


def holds(pid: int | None, path: Path) -> bool:
    """Return whether a process has a file open."""
    try:
        return any(link.samefile(path) for link in Path(f"/proc/{pid}/fd").iterdir() if link.exists())
    except OSError:
        return False
