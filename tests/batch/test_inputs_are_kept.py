"""No row writes over an input of the batch: inputs of other rows, the manifest, the journal, files of other batches."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections import deque
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import depthauthor as da
from authoring import files
from authoring.batch.journal import Journal, JournalEntry
from authoring.batch.manifest import read_rows
from authoring.batch.named_places import NamedPlaces
from authoring.batch.rows import BatchRow, RowDefaults
from authoring.batch.run import run
from authoring.batch.work import BatchResult, Task, work
from authoring.cli.main import run as command
from authoring.errors import RefusedError
from tests.permissions import ordinary_user

GOLDEN = Path(__file__).parents[2] / "golden"


class Here:
    """Workers in this process, which call a function after each row."""

    def __init__(self, after: Callable[[BatchResult], object] = id) -> None:
        self._tasks: deque[Task] = deque()
        self._after = after

    def capacity(self) -> int:
        return 4

    def submit(self, task: Task) -> None:
        self._tasks.append(task)

    def result(self) -> BatchResult:
        result = work(self._tasks.popleft())
        self._after(result)
        return result


def run_here(
    rows: list[BatchRow], folder: Path, *, manifest: str | None = None, after: Any = id, **options: bool
) -> list[BatchResult]:
    path = folder / "journal.jsonl"
    with (
        closing(NamedPlaces(rows, manifest=manifest, journal=path)) as places,
        closing(Journal(path)) as journal,
    ):
        return list(run(rows, journal, Here(after), places=places, **options))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Photos, a map each, a donor, a calibration file, a manifest, and a journal of an earlier run."""
    for name in ("a", "b", "c"):
        shutil.copy(GOLDEN / "scene.jpg", tmp_path / f"{name}.jpg")
        shutil.copy(GOLDEN / "scene-depth.npy", tmp_path / f"{name}.npy")
    shutil.copy(GOLDEN / "scene.heic", tmp_path / "photo-map.heic")
    da.embed(GOLDEN / "scene.jpg", GOLDEN / "scene-depth.npy", output=tmp_path / "donor.jpg")
    (tmp_path / "camera.json").write_text('{"fov_x": 60, "fov_y": 46.8264}')
    (tmp_path / "manifest.csv").write_text("photo,map\n")
    (tmp_path / "journal.jsonl").write_text('{"begin": "/elsewhere.jpg"}\n')
    return tmp_path


def row(folder: Path, number: int, name: str, output: Path, **options: str) -> BatchRow:
    texts = {key: str(folder / value) if "." in value else value for key, value in options.items()}
    map_ = texts.pop("map", str(folder / f"{name}.npy"))
    return BatchRow(number, str(folder / f"{name}.jpg"), map_, str(output), texts)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes()
        for path in folder.iterdir()
        if path.is_file() and path.resolve().name != "journal.jsonl"
    }


@pytest.mark.parametrize(
    ("output", "use"),
    [
        ("a.jpg", "an input of row 1"),
        ("b.jpg", "an input of row 2"),
        ("donor.jpg", "an input of row 1"),
        ("link-to-a-photo.jpg", "an input of row 3"),
        ("hard-link-to-a-photo.jpg", "an input of row 3"),
        ("link-to-a-map.jpg", "an input of row 2"),
        ("link-to-the-calibration.jpg", "an input of row 3"),
        ("link-to-the-manifest.jpg", "the manifest"),
        ("link-to-the-journal.jpg", "the journal"),
        ("folder/../c.jpg", "an input of row 3"),
    ],
)
def test_no_row_writes_over_an_input(output: str, use: str, folder: Path) -> None:
    """Also with --overwrite, and whichever row comes first."""
    (folder / "folder").mkdir()
    (folder / "link-to-a-photo.jpg").symlink_to("c.jpg")
    os.link(folder / "c.jpg", folder / "hard-link-to-a-photo.jpg")
    (folder / "link-to-a-map.jpg").symlink_to("b.npy")
    (folder / "link-to-the-calibration.jpg").symlink_to("camera.json")
    (folder / "link-to-the-manifest.jpg").symlink_to("manifest.csv")
    (folder / "link-to-the-journal.jpg").symlink_to(folder / "journal.jsonl")
    before = contents(folder)
    rows = [
        row(folder, 1, "a", folder / output, donor="donor.jpg"),
        row(folder, 2, "b", folder / "new-b.jpg"),
        row(folder, 3, "c", folder / "new-c.jpg", calibration="camera.json"),
    ]
    results = run_here(rows, folder, manifest=str(folder / "manifest.csv"), overwrite=True)
    assert [result.status for result in results] == ["failed", "done", "done"], results[2].error
    assert results[0].exit_code == 5
    assert results[0].error == (
        f"{folder / output}: this is {use}, and inputs are never overwritten; name another output"
    )
    assert before.items() <= contents(folder).items()
    assert (folder / "journal.jsonl").read_bytes().startswith(b'{"begin": "/elsewhere.jpg"}\n{"begin": ')


def test_python_reads_all_rows_before_it_writes(folder: Path) -> None:
    """Also rows of a generator; the output of the first is the photo of the last."""
    pairs = [("a", "c"), ("b", "new"), ("c", "newer")]
    rows = (
        {"photo": folder / f"{name}.jpg", "map": folder / f"{name}.npy", "output": folder / f"{output}.jpg"}
        for name, output in pairs
    )
    before = contents(folder)
    results = list(da.batch(rows, jobs=1, overwrite=True))
    assert [result.status for result in results] == ["failed", "done", "done"]
    assert "c.jpg: this is an input of row 3" in (results[0].error or "")
    assert before.items() <= contents(folder).items()


@pytest.mark.parametrize(
    "data",
    [
        (GOLDEN / "scene.jpg").read_bytes(),
        (GOLDEN / "scene.heic").read_bytes(),
        b"photo,map\na.jpg,a.npy\n",
        b'{"photo": "a.jpg", "map": "a.npy"}\n',
        b"words\n",
        b"\n{}\n",
        bytes(100),
        b'{"begin": "/a.jpg"}\n{"photo": "a.jpg"}\n',
        b'{"begin": "' + b"x" * (1 << 20) + b'"}\n',
    ],
)
@pytest.mark.parametrize("resume", [False, True])
def test_only_a_journal_is_opened_as_one(resume: bool, data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(RefusedError, match="file: this is not a journal of a batch; name another file"):
        Journal(path, resume=resume)
    assert path.read_bytes() == data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b'{"beg',
        b'{"begin": "/a.jpg"}\n',
        b'{"begin": "/a.jpg"}\n{"done": "/a',
        b'{"begin": "/a.jpg"}\n{"fai\n{"begin": "/b.jpg"}\n',
        b'{"begin": "/a.jpg"}\n' + bytes(512),
    ],
)
def test_a_journal_that_was_cut_off_is_one(data: bytes, tmp_path: Path) -> None:
    """By a killed run, a full disk, or a power cut, which fills with zeros on some file systems."""
    path = tmp_path / "journal"
    path.write_bytes(data)
    with closing(Journal(path, resume=True)) as journal:
        assert journal.entry("/a.jpg") == (JournalEntry(None, None) if b"a.jpg" in data else None)


@pytest.mark.parametrize("name", ["a.jpg", "a.npy", "manifest.csv", "absent.npy"])
def test_the_journal_is_no_input(name: str, folder: Path, capsys: Any) -> None:
    """A journal that does not exist is not made where a row looks for its map."""
    (folder / "manifest.csv").write_text(
        "photo,map,output\na.jpg,a.npy,new.jpg\nb.jpg,absent.npy,newer.jpg\n"
    )
    before = contents(folder)
    for more in ((), ("--resume",), ("--dry-run",)):
        assert command(["batch", str(folder / "manifest.csv"), "--journal", str(folder / name), *more]) == 5
        error = capsys.readouterr().err
        assert f"{name}: this is " in error and "name another journal" in error and error.count("\n") == 1
    assert contents(folder) == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_journal_is_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, Path(os.devnull)):
        with pytest.raises(RefusedError, match="not a journal; name a file"):
            Journal(path)


def test_a_journal_is_used_by_one_batch_at_a_time(folder: Path, capsys: Any) -> None:
    pytest.importorskip("fcntl", reason="no locks of files here")
    (folder / "manifest.csv").write_text("photo,map,output\na.jpg,a.npy,new.jpg\n")
    path = folder / "manifest.csv.journal"
    words = ["batch", str(folder / "manifest.csv"), "--jobs", "1"]
    with closing(Journal(path)):
        assert command(words) == 5
        assert "another batch is using this journal; wait until it ends" in capsys.readouterr().err
        assert command([*words, "--dry-run"]) == 0
    assert not (folder / "new.jpg").exists() and command(words) == 0


def test_temporary_files_of_others_stay(folder: Path) -> None:
    """A row that was begun removes what its own batch has left, not what another program or batch is writing."""
    output = folder / "new.jpg"
    names = [files.temporary_name("new.jpg", owner) for owner in ("0badcafe", "feedface", "")]
    for name in [*names, ".new.jpg.editor.part"]:
        (folder / name).write_bytes(b"half")
    entry = JournalEntry(None, None)
    result = work(Task(row(folder, 1, "a", output), overwrite=False, entry=entry, owner="0badcafe"))
    assert result.status == "done"
    left = [path.name for path in folder.iterdir() if path.suffix == ".part"]
    assert sorted(left) == sorted([*names[1:], ".new.jpg.editor.part"])


@pytest.mark.parametrize("other", ["NEW.jpg", "new.JPG", "new\u0308.jpg"])
def test_two_rows_are_one_output_where_case_does_not_count(other: str, folder: Path) -> None:
    """Nor the form of Unicode. A hard link stands for a file system on which both names are one file."""
    first = "ne\u1e85.jpg" if "\u0308" in other else "new.jpg"

    def link(result: BatchResult) -> None:
        if result.row == 1:
            os.link(folder / first, folder / other)

    rows = [row(folder, 1, "a", folder / first), row(folder, 2, "b", folder / other)]
    results = run_here(rows, folder, after=link, overwrite=True)
    assert [result.status for result in results] == ["done", "failed"]
    assert "row 1 writes this file already, since upper and lower case are the same" in (
        results[1].error or ""
    )
    (folder / other).unlink()
    assert [result.status for result in run_here(rows, folder, overwrite=True)] == ["done", "done"]


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="no permissions of this kind here")
def test_a_folder_that_may_be_written_but_not_listed() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for source, target in (("scene.jpg", "a.jpg"), ("scene-depth.npy", "a.npy")):
            shutil.copy(GOLDEN / source, folder / target)
        (folder / "out").mkdir()
        (folder / "out").chmod(0o333)
        folder.chmod(0o755)
        task = Task(
            row(folder, 1, "a", folder / "out" / "b.jpg"), overwrite=False, entry=JournalEntry(None, None)
        )
        with ordinary_user():
            results = [work(task)]
        (folder / "out").chmod(0o000)
        with ordinary_user():
            results.append(work(task))
            results.append(work(Task(task.row, overwrite=False, entry=JournalEntry("00", "11"))))
        (folder / "out").chmod(0o700)
    assert results[0].status == "done", results[0].error
    assert [result.exit_code for result in results[1:]] == [5, 5]
    assert all("Permission denied" in (result.error or "") for result in results[1:])


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="no permissions of this kind here")
def test_a_folder_of_photos_that_may_not_be_listed(capsys: Any) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        (folder / "photos" / "deep").mkdir(parents=True)
        (folder / "photos" / "deep").chmod(0o000)
        with ordinary_user():
            code = command(["batch", str(folder / "photos"), str(folder), "-r", "--out", str(folder / "out")])
    assert code == 2 and "deep: the folder cannot be read: Permission denied" in capsys.readouterr().err


@pytest.mark.parametrize("letter", ["x", "ü", "漢"])
def test_names_up_to_the_limit_of_the_file_system(letter: str, folder: Path) -> None:
    limit = os.pathconf(folder, "PC_NAME_MAX") if hasattr(os, "pathconf") else 255
    name = letter * ((limit - len(b".jpg")) // len(letter.encode()))
    output = folder / f"{name}.jpg"
    assert da.embed(folder / "a.jpg", folder / "a.npy", output=output).output == str(output)
    assert run_here([row(folder, 1, "a", output)], folder, overwrite=True)[0].status == "done"
    assert not [path for path in folder.iterdir() if path.suffix == ".part"]


def local_row(folder: Path, out: str | None = None, **cells: str) -> BatchRow:
    line = {"photo": "a.jpg", "map": "a.npy", **cells}
    (folder / "m.jsonl").write_text(json.dumps(line))
    return next(read_rows(str(folder / "m.jsonl"), RowDefaults(str(folder), out, local_only=True)))


@pytest.mark.parametrize("column", ["photo", "map", "output", "donor", "calibration"])
def test_a_manifest_of_someone_else_names_local_files_only(column: str, folder: Path) -> None:
    """Relative paths inside the manifest's folder, links followed."""
    (folder / "inside").mkdir()
    (folder / "inside" / "a.jpg").symlink_to(folder / "a.jpg")
    (folder / "outside").symlink_to(folder.parent, target_is_directory=True)
    for text in (
        "/etc/a.jpg",
        str(folder / "a.jpg"),
        "../a.jpg",
        "inside/../../a.jpg",
        "outside/a.jpg",
        "s3://bucket/a.jpg",
        "file:///etc/a.jpg",
        "zip://a.jpg::b.zip",
    ):
        fault = local_row(folder, **{column: text}).fault
        assert fault.startswith(f"{column} is {text[:60]!r}; --local-only allows relative paths inside"), text
    for text in ("a.jpg", "./a.jpg", "inside/a.jpg", "inside/../a.jpg", "new.jpg"):
        assert local_row(folder, **{column: text}).fault == ""


def test_outputs_of_a_manifest_of_someone_else(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """They are in --out, wherever that is; a donor of the command line is the user's own."""
    out = tmp_path_factory.mktemp("out")
    assert local_row(folder, str(out)).output == str(out / "a.jpg")
    assert local_row(folder, str(out), output="deep/b.jpg").fault == ""
    assert local_row(folder, "s3://bucket/out", output="b.jpg").output == "s3://bucket/out/b.jpg"
    assert "--local-only allows" in local_row(folder, str(out), output=str(out / "b.jpg")).fault
    (folder / "a-depth.jpg").symlink_to(out / "elsewhere.jpg")
    assert "--local-only allows" in local_row(folder).fault
    (folder / "m.jsonl").write_text(
        json.dumps({"photo": "a.jpg", "map": "a.npy"})
        + "\n"
        + json.dumps({"photo": str(out), "map": "a.npy"})
    )
    words = ("--local-only", "--donor", str(folder / "donor.jpg"), "--out", str(out), "--jobs", "1")
    assert command(["batch", str(folder / "m.jsonl"), *words]) == 6
    assert (out / "a.jpg").is_file()
    results = list(da.batch([(str(folder / "a.jpg"), "a.npy")], jobs=1, local_only=True))
    assert "photo is " in (results[0].error or "")
