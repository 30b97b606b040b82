"""Places: paths and URLs as a manifest writes them, what may be written there, and rows that run twice."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from authoring import files
from authoring.batch import stores
from authoring.batch.journal import Journal
from authoring.batch.manifest import read_rows
from authoring.batch.rows import BatchRow, RowDefaults
from authoring.batch.run import run
from authoring.batch.work import Task, work
from authoring.batch.workers import LocalWorkers
from authoring.errors import RefusedError, UnsupportedError, UsageError

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "golden"


@pytest.mark.parametrize(
    ("base", "name", "joined"),
    [
        ("photos", "a.jpg", "photos/a.jpg"),
        ("", "a.jpg", "a.jpg"),
        ("photos", "/b/a.jpg", "/b/a.jpg"),
        ("photos", "s3://b/a.jpg", "s3://b/a.jpg"),
        ("s3://b/photos", "../maps/a.npy", "s3://b/maps/a.npy"),
        ("s3://b/photos/", "a.jpg", "s3://b/photos/a.jpg"),
        ("s3://b/photos", "/here/a.jpg", "/here/a.jpg"),
        ("file:///b", "a.jpg", "/b/a.jpg"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="written with slashes")
def test_places_are_joined(base: str, name: str, joined: str) -> None:
    assert stores.join(base, name) == joined


def test_the_name_of_a_place() -> None:
    for place, name in (
        ("a/b.JPG", "b.JPG"),
        ("file:///a/b.jpg", "b.jpg"),
        ("s3://bucket/a/b.heic", "b.heic"),
        ("https://host/a/b.jpg?size=large", "b.jpg"),
        ("zip://in/b.jpg::s3://bucket/c.zip", "b.jpg"),
        ("simplecache::s3://bucket/b.jpg", "b.jpg"),
    ):
        assert stores.name_of(place).name == name
    assert stores.local_path("s3://bucket/a") is None and not stores.is_url(r"C:\photos\a.jpg")


def row_of(folder: Path, cells: dict[str, Any], out: str | None) -> BatchRow:
    (folder / "m.jsonl").write_text(json.dumps({"photo": "a.jpg", "map": "a.npy", **cells}))
    return next(read_rows(str(folder / "m.jsonl"), RowDefaults(str(folder), out)))


def test_a_relative_output_stays_in_the_output_folder(tmp_path: Path) -> None:
    """An absolute output is taken as written; so is a relative one if no output folder was named."""
    out = str(tmp_path / "out")
    for given in ("../b.jpg", "in/../../b.jpg", "../out-too/b.jpg", ".."):
        assert "leads out of" in row_of(tmp_path, {"output": given}, out).fault
    assert row_of(tmp_path, {"output": "in/../b.jpg"}, out).output == str(Path(out, "b.jpg"))
    assert row_of(tmp_path, {"output": str(tmp_path / "b.jpg")}, out).output == str(tmp_path / "b.jpg")
    assert row_of(tmp_path, {"output": "../b.jpg"}, None).output == str(tmp_path.parent / "b.jpg")
    assert "leads out of" in row_of(tmp_path, {"output": "../b.jpg"}, "s3://bucket/out").fault
    assert row_of(tmp_path, {"output": "in/b.jpg"}, "s3://bucket/out").output == "s3://bucket/out/in/b.jpg"
    assert "leads out of" in row_of(tmp_path, {"output": "../b.jpg"}, ".").fault


def test_awkward_names_and_a_second_run(tmp_path: Path) -> None:
    """A line break, a leading dash, the name `-`, bytes that are not text: a line of JSON each, and resumable."""
    shutil.copy(GOLDEN / "scene-depth.npy", tmp_path / "map.npy")
    names = ["two\nlines.jpg", "-o.jpg", "--help.jpg", "naïve ∞.jpg"]
    if sys.platform == "linux":
        names.append(os.fsdecode(b"latin\xe9.jpg"))
    lines = [{"photo": name, "map": "map.npy", "profile": "data"} for name in names]
    for name in names:
        shutil.copy(GOLDEN / "scene.jpg", tmp_path / name)
    lines += [{"photo": "./-", "map": "map.npy"}, {"photo": "-o.jpg", "map": "map.npy", "output": "./-"}]
    (tmp_path / "-m.jsonl").write_text("\n".join(map(json.dumps, lines)))
    command = [sys.executable, "-m", "depthauthor", "batch", "--jobs", "1", "--resume", "--", "-m.jsonl"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for status in ("done", "skipped"):
        process = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, timeout=120, check=False
        )
        results = [json.loads(line) for line in process.stdout.splitlines()]
        assert [result["status"] for result in results] == [status] * len(names) + ["failed"] * 2
        assert all("standard" in result["error"] for result in results[-2:])
        assert process.returncode == 6 and process.stderr.count(b"\n") == 3
        for name, result in zip(names, results, strict=False):
            assert result["output"] == f"{name[:-4]}-depth.jpg" and (tmp_path / result["output"]).is_file()


def task(folder: Path, **changes: Any) -> Task:
    shutil.copy(GOLDEN / "scene-depth.npy", folder / "map.npy")
    shutil.copy(GOLDEN / "scene.jpg", folder / "a.jpg")
    row = BatchRow(
        1, str(folder / "a.jpg"), str(folder / "map.npy"), str(folder / "b.jpg"), {"profile": "data"}
    )
    return Task(row, overwrite=False, entry=None, **changes)


def test_a_row_that_runs_twice_is_written_once(tmp_path: Path) -> None:
    """A worker may write and die before it reports; its output is kept, and so is a file of somebody else."""
    again = task(tmp_path, begun=True)
    first = work(again)
    before = (tmp_path / "b.jpg").stat()
    second = work(again)
    assert (second.status, second.sha256) == ("done", first.sha256) and second.report is not None
    assert (tmp_path / "b.jpg").stat().st_mtime_ns == before.st_mtime_ns
    assert "exists already" in (work(task(tmp_path)).error or "")
    (tmp_path / "b.jpg").write_bytes(b"somebody else's")
    assert "exists already" in (work(again).error or "")
    assert (tmp_path / "b.jpg").read_bytes() == b"somebody else's"


def test_a_file_that_appears_during_the_run_is_not_taken_for_our_own(tmp_path: Path) -> None:
    """A file that takes the name after the row was submitted stays, in this run and in the resumed one."""

    class Slow:
        def capacity(self) -> int:
            return 1

        def submit(self, task: Task) -> None:
            self.task = task

        def result(self) -> Any:
            (tmp_path / "b.jpg").write_bytes(b"somebody else's")
            return work(self.task)

    row = task(tmp_path).row
    for resume in (False, True):
        journal = Journal(tmp_path / "journal", resume=resume)
        result = next(run(iter([row]), journal, Slow()))
        journal.close()
        assert "exists already" in (result.error or "")
    assert (tmp_path / "b.jpg").read_bytes() == b"somebody else's"


def test_urls_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.partition(".")[0] == "fsspec"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "fsspec", None)
    row = BatchRow(1, "s3://bucket/a.jpg", "a.npy", str(tmp_path / "b.jpg"))
    wanted = "s3://bucket/a.jpg: URLs need fsspec: pip install 'depthauthor[stores]'"
    assert work(Task(row, overwrite=False, entry=None)).error == wanted


@pytest.fixture
def registered() -> Iterator[tuple[str, str]]:
    """Register two stores over this machine's files: one whose `mv` is a rename, and one that only copies."""
    fsspec = pytest.importorskip("fsspec", reason="the extra `stores` is not installed")
    from fsspec.implementations.local import LocalFileSystem
    from fsspec.spec import AbstractFileSystem

    class Renaming(LocalFileSystem):  # type: ignore[misc]
        protocol = "renaming"

        @classmethod
        def _strip_protocol(cls, path: str) -> Any:
            return super()._strip_protocol(str(path).removeprefix("renaming://"))

    class Copying(Renaming):
        protocol = "copying"
        mv = AbstractFileSystem.mv

        @classmethod
        def _strip_protocol(cls, path: str) -> Any:
            return super()._strip_protocol(str(path).removeprefix("copying://"))

    for kind in (Renaming, Copying):
        fsspec.register_implementation(kind.protocol, kind, clobber=True)
    yield "renaming://", "copying://"


def test_a_store_that_renames(tmp_path: Path, registered: tuple[str, str]) -> None:
    renaming, copying = registered
    target = tmp_path / "deep" / "b.jpg"
    stores.make_parent(f"{renaming}{target}")

    def half() -> Iterator[bytes]:
        yield b"half"
        raise OSError("the connection is lost")

    with pytest.raises(RefusedError, match=r"b\.jpg: cannot be written: the connection is lost"):
        stores.write(f"{renaming}{target}", half())
    assert not list(target.parent.iterdir())
    stores.write(f"{renaming}{target}", [b"who", b"le"])
    with pytest.raises(RefusedError, match="exists already"):
        stores.write(f"{renaming}{target}", [b"other"])
    stores.write(f"{renaming}{target}", [b"other"], overwrite=True)
    own, foreign = (files.temporary_name("b.jpg", owner) for owner in ("0badcafe", "feedface"))
    for name in (own, foreign):
        (target.parent / name).write_bytes(b"half")
    stores.remove_temporaries(f"{renaming}{target}", "0badcafe")
    left = {path.name: path.read_bytes() for path in target.parent.iterdir()}
    assert left == {"b.jpg": b"other", foreign: b"half"}
    with pytest.raises(UnsupportedError, match="neither put whole objects nor rename"):
        stores.write(f"{copying}{tmp_path}/c.jpg", [b"whole"])
    with pytest.raises(UsageError, match=r"absent\.jpg: no such file"):
        stores.read(f"{renaming}{tmp_path}/absent.jpg")
    with pytest.raises(UsageError, match="not a URL that fsspec knows"):
        stores.read("nothing://like/it.jpg")


def test_urls_without_a_scheduler(tmp_path: Path) -> None:
    """Local workers read and write URLs as well."""
    shutil.copy(GOLDEN / "scene-depth.npy", tmp_path / "map.npy")
    shutil.copy(GOLDEN / "scene.jpg", tmp_path / "a.jpg")
    row = BatchRow(
        1, f"file://{tmp_path}/a.jpg", f"file://{tmp_path}/map.npy", f"file://{tmp_path}/out/b.jpg"
    )
    journal = Journal(tmp_path / "journal")
    with LocalWorkers(1) as workers:
        results = list(run(iter([row]), journal, workers))
    journal.close()
    assert results[0].status == "done" and (tmp_path / "out" / "b.jpg").is_file()
