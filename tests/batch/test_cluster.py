"""A manifest on a dask cluster: equal digests, workers that die, stores instead of folders."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from authoring import files
from authoring.batch.cluster import ClusterWorkers
from authoring.batch.journal import Journal
from authoring.batch.manifest import read_rows
from authoring.batch.rows import BatchRow, RowDefaults
from authoring.batch.run import run
from authoring.batch.work import BatchResult
from authoring.batch.workers import LocalWorkers, Workers
from authoring.cli.main import run as command_line
from authoring.errors import UsageError

distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "golden"
NO_PROC = not Path("/proc/self/fd").is_dir()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Yield two workers, a process each; a row may survive the death of one."""
    import dask

    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
        ) as local,
    ):
        yield local


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Photos in both containers, one map."""
    shutil.copy(GOLDEN / "scene-depth.npy", tmp_path / "map.npy")
    for number in range(8):
        suffix = "heic" if number % 2 else "jpg"
        shutil.copy(GOLDEN / f"scene.{suffix}", tmp_path / f"p{number}.{suffix}")
    return tmp_path


def rows_of(folder: Path, out: str, maps: dict[int, Path] | None = None, url: str = "") -> Iterator[BatchRow]:
    """Return the folder's photos as rows."""
    for number, path in enumerate(sorted(folder.glob("p?.*"))):
        place = (maps or {}).get(number, folder / "map.npy")
        options = {"max_size": 128 + 2 * number, "map_name": "map.npy"}
        yield BatchRow(number + 1, f"{url}{path}", f"{url}{place}", f"{out}/{path.name}", options)


def done(
    workers: Workers, rows: Iterator[BatchRow], journal: Path, *, resume: bool = False, **options: Any
) -> list[BatchResult]:
    kept = Journal(journal, resume=resume)
    try:
        return list(run(rows, kept, workers, **options))
    finally:
        kept.close()


@pytest.fixture
def undisturbed(folder: Path) -> list[str | None]:
    """Return the digests of one local process, row by row."""
    with LocalWorkers(1) as workers:
        results = done(workers, rows_of(folder, str(folder / "here")), folder / "here.journal")
    assert [result.status for result in results] == ["done"] * 8
    return [result.sha256 for result in results]


def digests(folder: Path) -> list[str]:
    paths = sorted(path for path in folder.iterdir() if path.suffix in (".jpg", ".heic"))
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]


def test_the_command_gives_the_same_on_a_cluster(folder: Path, cluster: Any, undisturbed: list[str]) -> None:
    """One photo and one map are missing at first; a second run does these two alone."""
    lines = [
        {"photo": f"file://{folder}/{path.name}", "map": "map.npy", "max-size": 128 + 2 * number}
        for number, path in enumerate(sorted(folder.glob("p?.*")))
    ]
    lines[6]["map"] = "corrupt.npy"
    (folder / "corrupt.npy").write_bytes(b"\x93NUMPY\x01\x00 nothing of the sort")
    (folder / "p3.heic").rename(folder / "away")
    (folder / "m.jsonl").write_text("\n".join(map(json.dumps, lines)))
    command = [sys.executable, "-m", "depthauthor", "batch", str(folder / "m.jsonl")]
    command += ["--out", f"file://{folder}/out", "--scheduler", cluster.scheduler_address]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def again(*more: str) -> tuple[int, list[dict[str, Any]], str]:
        process = subprocess.run(
            [*command, *more], capture_output=True, text=True, env=environment, timeout=120, check=False
        )
        return process.returncode, [json.loads(line) for line in process.stdout.splitlines()], process.stderr

    code, results, messages = again()
    assert code == 6 and [line["row"] for line in results] == list(range(1, 9))
    assert [line["row"] for line in results if line["status"] == "failed"] == [4, 7]
    assert "p3.heic: no such file" in messages and "corrupt.npy: " in messages and messages.count("\n") == 3
    (folder / "away").rename(folder / "p3.heic")
    shutil.copy(folder / "map.npy", folder / "corrupt.npy")
    code, results, _ = again("--resume")
    assert code == 0 and [line["row"] for line in results if line["status"] == "done"] == [4, 7]
    # The map's name says nothing to the reader of .npy files, so that row 7 is as it would have been.
    assert digests(folder / "out") == undisturbed
    code, results, messages = again()
    assert code == 6 and all("exists already" in line["error"] for line in results)


@pytest.mark.skipif(NO_PROC, reason="/proc does not say which files a process has open")
def test_a_killed_worker_changes_no_result(folder: Path, cluster: Any, undisturbed: list[str]) -> None:
    """The first worker that reads the map of row 3 is killed, and the row runs again; row 9 kills every worker."""
    pipe, trap = folder / "pipe.npy", folder / "trap.npy"
    os.mkfifo(pipe)
    os.mkfifo(trap)
    stop = threading.Event()
    with contextlib.closing(Journal(folder / "journal", read_only=True)) as journal:
        owner = journal.owner

    def disturb() -> None:
        kill_readers(pipe, cluster, stop, instead=folder / "map.npy")
        # The worker may have died before any row was written.
        (folder / "out").mkdir(exist_ok=True)
        (folder / "out" / files.temporary_name("p2.jpg", owner)).write_bytes(
            b"left by a worker that died while writing"
        )
        kill_readers(trap, cluster, stop)

    def rows() -> Iterator[BatchRow]:
        yield from rows_of(folder, str(folder / "out"), {2: pipe})
        yield BatchRow(9, str(folder / "p0.jpg"), str(trap), str(folder / "out" / "trap.jpg"))

    killer = threading.Thread(target=disturb, daemon=True)
    killer.start()
    try:
        with ClusterWorkers(cluster.scheduler_address) as workers:
            results = done(workers, rows(), folder / "journal")
    finally:
        stop.set()
        killer.join()
    assert [result.status for result in results] == ["done"] * 8 + ["failed"]
    assert results[8].error == f"{folder / 'p0.jpg'}: the worker died on this photo or map"
    assert digests(folder / "out") == undisturbed
    assert not list((folder / "out").glob(".*.part"))


def kill_readers(pipe: Path, cluster: Any, stop: threading.Event, instead: Path | None = None) -> None:
    """Kill every process that opens a pipe, until `stop` is set.

    instead: kill only the first, and replace the pipe by this file.

    The pipe has a writer all the time; else a process that opens it while another dies would read its end and live.
    """
    pipe_stat = pipe.stat()
    held = os.open(pipe, os.O_RDWR)
    try:
        while not stop.wait(0.01):
            pids = [nanny.pid for nanny in cluster.workers.values()]
            readers = [pid for pid in pids if pid and holds(pid, pipe_stat)]
            if readers and instead is not None:
                shutil.copy(instead, pipe.with_suffix(".whole"))
                pipe.with_suffix(".whole").replace(pipe)
            for pid in readers:
                os.kill(pid, signal.SIGKILL)
            while any(holds(pid, pipe_stat) for pid in readers):
                time.sleep(0.01)
            if readers and instead is not None:
                return
    finally:
        os.close(held)


def holds(pid: int, pipe_stat: os.stat_result) -> bool:
    """Return whether a process has a file open; a process that ends meanwhile has none, nor a list of its files."""
    with contextlib.suppress(OSError):
        for opened in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                if os.path.samestat(opened.stat(), pipe_stat):
                    return True
    return False


@pytest.fixture(params=["here", "cluster"])
def workers(request: pytest.FixtureRequest) -> Iterator[Workers]:
    """Yield workers that share this process's memory, and with it `memory://`."""
    if request.param == "here":
        yield Inline()
        return
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=":0"
        ) as threads,
        ClusterWorkers(threads.scheduler_address) as pool,
    ):
        yield pool


class Inline:
    """Processes a row when its result is requested."""

    def __init__(self) -> None:
        self.tasks: list[Any] = []

    def capacity(self) -> int:
        return 3

    def submit(self, task: Any) -> None:
        self.tasks.append(task)

    def result(self) -> BatchResult:
        from authoring.batch.work import work

        return work(self.tasks.pop(0))


def test_a_store_instead_of_folders(folder: Path, workers: Workers, undisturbed: list[str]) -> None:
    """Manifest, photos, maps and outputs are in a store; resuming and refusing work as on a disk."""
    import fsspec

    store = fsspec.filesystem("memory")
    store.store.clear()
    for path in folder.glob("*.*"):
        store.pipe_file(f"/in/{path.name}", path.read_bytes())
    names = sorted(path.name for path in folder.glob("p?.*"))
    lines = [
        json.dumps({"photo": f"../in/{name}", "map": "map.npy", "max-size": 128 + 2 * number})
        for number, name in enumerate(names)
    ]
    store.pipe_file("/in/m.jsonl", "\n".join(lines).encode())
    defaults = RowDefaults("memory://in", "memory://out/deep")

    def again(*, resume: bool = True, **options: bool) -> list[BatchResult]:
        rows = read_rows("memory://in/m.jsonl", defaults)
        return done(workers, rows, folder / "journal", resume=resume, **options)

    results = again(resume=False)
    assert [result.error for result in results] == [None] * 8
    assert [result.sha256 for result in results] == undisturbed
    assert results[0].output == "memory://out/deep/p0.jpg" and results[0].photo == "memory://in/p0.jpg"
    stored = [hashlib.sha256(store.cat_file(f"/out/deep/{name}")).hexdigest() for name in names]
    assert stored == undisturbed
    assert {item.status for item in again()} == {"skipped"}

    store.pipe_file("/out/deep/p1.heic", b"edited by a person")
    store.rm_file("/out/deep/p2.jpg")
    store.pipe_file("/in/p3.heic", (GOLDEN / "scene.heic").read_bytes())  # Rewritten, so with another time.
    results = again()
    assert [result.status for result in results] == ["skipped", "failed", "done", "done", *["skipped"] * 4]
    assert "memory://out/deep/p1.heic: was changed since the batch wrote it" in (results[1].error or "")
    assert store.cat_file("/out/deep/p1.heic") == b"edited by a person"
    results = again(resume=False)
    assert all("exists already" in (item.error or "") for item in results)
    results = again(resume=False, overwrite=True)
    assert [result.sha256 for result in results] == undisturbed
    store.rm_file("/in/p0.jpg")
    assert again(resume=False, overwrite=True)[0].error == "memory://in/p0.jpg: no such file"


def test_a_missing_scheduler_or_package_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    from authoring.errors import UnsupportedError, UsageError

    with pytest.raises(UsageError, match="nonsense: no dask scheduler answers there"):
        ClusterWorkers("nonsense")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UnsupportedError, match=r"pip install 'depthauthor\[cluster\]'"):
        ClusterWorkers("tcp://127.0.0.1:1")


def test_a_scheduler_that_goes_away(folder: Path) -> None:
    """Finished rows are in the journal; the rest gives one sentence, not one for each row."""
    from authoring.errors import RefusedError

    cluster = distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0", silence_logs=50
    )
    with ClusterWorkers(cluster.scheduler_address) as workers:
        results = run(rows_of(folder, str(folder / "out")), journal := Journal(folder / "j"), workers)
        assert next(results).status == "done"
        cluster.close()
        with pytest.raises(RefusedError, match="the scheduler went away; resume continues"):
            list(results)
    journal.close()


def test_a_scheduler_that_accepts_and_says_nothing() -> None:
    """The kernel accepts for a server that is stopped, or for one that speaks another protocol."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        begun = time.monotonic()
        with pytest.raises(UsageError, match="no dask scheduler answers there"):
            ClusterWorkers(address)
        assert time.monotonic() - begun < 20


def test_an_empty_scheduler_is_refused(folder: Path, capsys: Any) -> None:
    (folder / "m.csv").write_text("photo,map\np0.jpg,map.npy\n")
    for words in (("--scheduler", ""), ("--scheduler=",), ("--scheduler", " ")):
        assert command_line(["batch", str(folder / "m.csv"), *words]) == 2
        error = capsys.readouterr().err
        assert "no dask scheduler answers" in error or "one of the words is empty" in error
    assert not list(folder.glob("*-depth.*"))
