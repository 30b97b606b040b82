"""The options of `batch`: those of embed, folders inside, dry run, quiet, one reason for many rows, manifests."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from authoring.api import photo_files
from authoring.batch.rows import BatchRow
from authoring.batch.work import Task
from authoring.batch.workers import LocalWorkers
from authoring.cli.main import run

GOLDEN = Path(__file__).parents[2] / "golden"
NEEDS_TERMINALS = pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo-terminals here")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Return a folder with photos, and maps of the same names, in two levels."""
    for name in ("a", "trip/b"):
        for kind, source in (("photos", "scene.jpg"), ("maps", "scene-mask.png")):
            target = (tmp_path / kind / name).with_suffix(Path(source).suffix)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(GOLDEN / source, target)
    return tmp_path


def _batch(capsys: Any, *words: object) -> tuple[int, list[dict[str, Any]], str]:
    jobs = () if "--scheduler" in words else ("--jobs", "1")
    code = run(["batch", *map(str, words), *jobs])
    printed = capsys.readouterr()
    return code, [json.loads(line) for line in printed.out.splitlines()], printed.err


GRAY = ("--near", 0.5, "--far", 8)


def test_options_of_embed_by_their_own_names(library: Path, capsys: Any) -> None:
    words = (library / "photos", library / "maps", "--out", library / "out", *GRAY)
    code, (result,), _ = _batch(capsys, *words, "--invert", "--max-size", 128, "--native-format", "fdis")
    assert code == 0
    report = result["report"]
    assert report["map"]["width"] == 128 and report["native_format"] == "fdis"
    assert "black is far and white is near" in report["meaning"]


def test_the_own_values_of_a_row_win(library: Path, capsys: Any) -> None:
    manifest = library / "manifest.csv"
    manifest.write_text(
        "photo,map,white,focal-mm,max-size\nphotos/a.jpg,maps/a.png,far,28,160\nphotos/a.jpg,maps/a.png,,,\n"
    )
    words = (manifest, "--out", library / "out", "--dry-run", *GRAY, "--invert", "--fov", 60)
    code, (own, default), _ = _batch(capsys, *words, "--max-size", 128, "--set", "max-size=32")
    assert code == 6 and "writes this output already" in default["error"]
    assert (
        own["report"]["map"]["width"] == 160 and "black is near and white is far" in own["report"]["meaning"]
    )
    manifest.write_text("photo,map,white,focal-mm,max-size\nphotos/a.jpg,maps/a.png,,,\n")
    code, (default,), _ = _batch(capsys, *words, "--max-size", 128, "--set", "max-size=32")
    assert code == 0 and default["report"]["map"]["width"] == 128
    assert "black is far and white is near" in default["report"]["meaning"]


def test_options_of_the_environment_are_defaults_too(
    library: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPTHAUTHOR_MAX_SIZE", "160")
    _, (result,), _ = _batch(capsys, library / "photos", library / "maps", *GRAY, "--dry-run")
    assert result["report"]["map"]["width"] == 160


def test_outputs_of_an_earlier_run_are_no_photos(library: Path, capsys: Any) -> None:
    beside = (library / "photos", library / "maps", "-r", *GRAY, "--resume")
    inside = (*beside, "--out", library / "photos" / "done")
    for words in (beside, inside):
        for status in ("done", "skipped"):
            code, results, _ = _batch(capsys, *words)
            assert code == 0 and [result["status"] for result in results] == [status, status]


def test_photos_of_folders_without_maps_are_named(library: Path, capsys: Any) -> None:
    (library / "photos" / "trip" / "day" / "two").mkdir(parents=True)
    shutil.copy(GOLDEN / "scene.jpg", library / "photos" / "trip" / "day" / "two" / "c.jpg")
    (library / "photos" / "trip" / "round").symlink_to(library / "photos")
    words = (library / "photos", library / "maps", "-r", "--out", library / "out", *GRAY)
    code, results, messages = _batch(capsys, *words)
    assert code == 6 and len(results) == 2 and "trip/day/two/c.jpg: photo without a map" in messages


def test_folders_inside_keep_their_places(library: Path, capsys: Any) -> None:
    words = (library / "photos", library / "maps", "-r", "--out", library / "out", *GRAY)
    code, results, _ = _batch(capsys, *words)
    assert code == 0 and len(results) == 2
    assert (library / "out" / "a.jpg").exists() and (library / "out" / "trip" / "b.jpg").exists()


def test_a_dry_run_writes_nothing(library: Path, capsys: Any) -> None:
    before = sorted(library.rglob("*"))
    words = (library / "photos", library / "maps", "-r", "--out", library / "out", *GRAY, "--dry-run")
    code, results, messages = _batch(capsys, *words)
    assert code == 0 and [result["status"] for result in results] == ["done", "done"]
    assert "would be done (dry run)" in messages and sorted(library.rglob("*")) == before


def test_photos_without_a_map_and_nothing_to_do_are_no_success(library: Path, capsys: Any) -> None:
    (library / "maps" / "trip" / "b.png").unlink()
    code, results, messages = _batch(
        capsys, library / "photos", library / "maps", "-r", "--out", library / "o", *GRAY
    )
    assert code == 6 and len(results) == 1 and "1 photo without a map" in messages
    (library / "maps" / "a.png").unlink()
    code, results, messages = _batch(capsys, library / "photos", library / "maps", "--out", library / "o")
    assert code == 6 and not results and "no photo has a map, so nothing is done" in messages
    (library / "empty.csv").write_text("photo,map\n")
    code, results, messages = _batch(capsys, library / "empty.csv")
    assert code == 6 and not results and "there is no photo to do" in messages


def test_a_manifest_with_semicolons(library: Path, capsys: Any) -> None:
    manifest = library / "manifest.csv"
    manifest.write_text("photo;map;near;far\nphotos/a.jpg;maps/a.png;0.5;8\n")
    code, (result,), _ = _batch(capsys, manifest, "--out", library / "out")
    assert code == 0 and result["status"] == "done"


def test_the_manifest_of_the_help_and_of_the_docs(tmp_path: Path, capsys: Any) -> None:
    assert run(["batch", "--help"]) == 0
    shown = [line.strip() for line in capsys.readouterr().out.splitlines()]
    documented = (
        (GOLDEN.parent / "docs" / "libraries.md").read_text().partition("```csv\n")[2].partition("```")[0]
    )
    assert len(documented.splitlines()) == 3 and all(line in shown for line in documented.splitlines())
    (tmp_path / "depth").mkdir()
    shutil.copy(GOLDEN / "scene-mask.png", tmp_path / "depth" / "0001.png")
    shutil.copy(GOLDEN / "scene-depth.npy", tmp_path / "depth" / "0002.npy")
    for name in ("IMG_0001.HEIC", "IMG_0002.HEIC"):
        shutil.copy(GOLDEN / "scene.heic", tmp_path / name)
    (tmp_path / "manifest.csv").write_text(documented)
    code, results, _ = _batch(capsys, tmp_path / "manifest.csv", "--out", tmp_path / "done")
    assert code == 0 and [result["status"] for result in results] == ["done", "done"]


def test_one_reason_for_all_rows_stops_early_and_is_said_once(library: Path, capsys: Any) -> None:
    manifest = library / "manifest.csv"
    rows = "".join(f"photos/a.jpg,maps/a.png,out/{number}.jpg\n" for number in range(40))
    manifest.write_text("photo,map,output\n" + rows)
    code, results, messages = _batch(capsys, manifest)
    assert code == 6 and len(results) == 20
    assert "the first 20 rows failed for one reason" in messages and "20 rows (1, 2, 3, 4, 5, …)" in messages
    assert messages.count("--near") <= 2


def test_equal_failures_are_grouped_and_resume_is_named(library: Path, capsys: Any) -> None:
    words = (library / "photos", library / "maps", "-r", "--out", library / "out", *GRAY)
    assert _batch(capsys, *words)[0] == 0
    (library / "out" / "batch-journal.jsonl").unlink()
    code, _, messages = _batch(capsys, *words)
    assert code == 6 and "2 rows (1, 2): exists already" in messages and "--resume skips" in messages
    assert _batch(capsys, *words, "--resume", "--dry-run", "--overwrite")[0] == 0


@pytest.mark.parametrize(("name", "container"), [("a.jpg", "heic"), ("b.heic", "jpeg")])
def test_a_wrong_extension_does_not_change_the_container(
    name: str, container: str, library: Path, capsys: Any
) -> None:
    photos, maps = library / "wrong", library / "wrong-maps"
    photos.mkdir()
    maps.mkdir()
    shutil.copy(GOLDEN / f"scene.{'heic' if container == 'heic' else 'jpg'}", photos / name)
    shutil.copy(GOLDEN / "scene-mask.png", maps / Path(name).with_suffix(".png").name)
    code, (result,), _ = _batch(capsys, photos, maps, "--out", library / "out", *GRAY)
    assert code == 0 and result["report"]["container"] == container and not result["report"]["reencoded"]
    assert np.isfinite(photo_files.extract(result["output"]).depth_m()).all()


def test_a_dry_run_knows_what_is_finished(library: Path, capsys: Any) -> None:
    words = (library / "photos", library / "maps", "-r", "--out", library / "out", *GRAY)
    assert _batch(capsys, *words)[0] == 0
    journal = (library / "out" / "batch-journal.jsonl").read_bytes()
    (library / "out" / "a.jpg").unlink()
    code, results, _ = _batch(capsys, *words, "--resume", "--dry-run")
    assert code == 0 and [result["status"] for result in results] == ["done", "skipped"]
    assert (library / "out" / "batch-journal.jsonl").read_bytes() == journal


def test_quiet_prints_failures_only(library: Path, capsys: Any) -> None:
    words = (library / "photos", library / "maps", "-r", "--out", library / "out", *GRAY, "-q")
    assert _batch(capsys, *words) == (0, [], "")
    (library / "out" / "trip" / "b.jpg").unlink()
    code, results, messages = _batch(capsys, *words)
    assert code == 6 and [result["row"] for result in results] == [1]
    assert "a.jpg: exists already" in messages and len(messages.splitlines()) == 1
    _, results, _ = _batch(capsys, *words, "--overwrite", "--json")
    assert [result["status"] for result in results] == ["done", "done"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_photo_that_takes_too_long_is_tried_once(tmp_path: Path) -> None:
    """The map is a pipe that nobody writes into; the writer that waits for a reader counts the attempts."""
    os.mkfifo(tmp_path / "pipe.png")
    shutil.copy(GOLDEN / "scene.jpg", tmp_path / "a.jpg")
    row = BatchRow(1, str(tmp_path / "a.jpg"), str(tmp_path / "pipe.png"), str(tmp_path / "b.jpg"))
    with LocalWorkers(1, timeout=2) as workers:
        workers.submit(Task(row, overwrite=False, entry=None))
        # The open of a writer succeeds while a worker reads; the reader then waits until its time is over.
        with (tmp_path / "pipe.png").open("wb"):
            result = workers.result()
            with pytest.raises(OSError, match="No such device"):
                os.open(tmp_path / "pipe.png", os.O_WRONLY | os.O_NONBLOCK)
    assert result.error == f"{row.photo}: took longer than the 2 seconds of --timeout"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_photo_that_takes_too_long_fails_alone(library: Path, capsys: Any) -> None:
    """The map of row 2 is a pipe that nobody writes into."""
    os.mkfifo(library / "maps" / "pipe.png")
    manifest = library / "manifest.csv"
    maps = ("a", "pipe", "a", "a")
    rows = [f"photos/a.jpg,maps/{name}.png,out/{number}.jpg\n" for number, name in enumerate(maps)]
    manifest.write_text("photo,map,output\n" + "".join(rows))
    code, results, messages = _batch(capsys, manifest, *GRAY, "--timeout", 3)
    assert code == 6 and [result["status"] for result in results] == ["done", "failed", "done", "done"]
    assert "a.jpg: took longer than the 3 seconds of --timeout" in messages and "Traceback" not in messages
    assert messages.count("took longer") == 1
    (library / "maps" / "pipe.png").unlink()
    shutil.copy(library / "maps" / "a.png", library / "maps" / "pipe.png")
    assert _batch(capsys, manifest, *GRAY, "--resume")[0] == 0


@pytest.mark.parametrize(
    "words", [("--timeout", 0), ("--timeout", "nan"), ("--timeout", 1, "--scheduler", "tcp://x:1")]
)
def test_limits_of_time_that_are_none(words: tuple[object, ...], library: Path, capsys: Any) -> None:
    code, results, messages = _batch(capsys, library / "photos", library / "maps", *GRAY, *words)
    assert code == 2 and not results and "--timeout is" in messages


def test_failures_that_differ_in_figures_are_one_reason(library: Path, capsys: Any) -> None:
    """What is asked about a map in floats has its values in it."""
    for number in range(30):
        np.save(library / f"{number}.npy", np.linspace(0.01 * (number + 1), 0.9, 48 * 64).reshape(48, 64))
    rows = "".join(f"photos/a.jpg,{number}.npy,{number}.jpg\n" for number in range(30))
    (library / "m.csv").write_text("photo,map,output\n" + rows)
    code, results, messages = _batch(capsys, library / "m.csv", "--out", library / "out")
    assert code == 6 and len(results) == 20 and messages.count("may hold no metres") == 1
    assert "20 rows (1, 2, 3, 4, 5, …): such as " in messages and "shows 0.01" in messages


def test_twenty_rows_that_fail_are_all_there_were(library: Path, capsys: Any) -> None:
    rows = "".join(f"photos/a.jpg,maps/a.png,{number}.jpg\n" for number in range(20))
    (library / "m.csv").write_text("photo,map,output\n" + rows)
    code, results, messages = _batch(capsys, library / "m.csv", "--out", library / "out")
    assert code == 6 and len(results) == 20 and "not tried" not in messages


@pytest.fixture
def failing(library: Path) -> Path:
    """Return a manifest of 8 rows of which 3 fail, 2 for one reason."""
    maps = ["maps/a.png"] * 8
    maps[1] = maps[4] = "maps/absent.png"
    near = ["0.5"] * 8
    near[6] = "9"
    rows = [f"photos/a.jpg,{maps[n]},{near[n]},8,out/{n}.jpg\n" for n in range(8)]
    manifest = library / "manifest.csv"
    manifest.write_text("photo,map,near,far,output\n" + "".join(rows))
    return manifest


@NEEDS_TERMINALS
def test_a_terminal_gets_a_line_for_each_failure_and_the_bar(failing: Path) -> None:
    code, shown = _on_terminal(failing)
    assert code == 6 and "8/8" in shown and '"schema"' not in shown
    assert shown.count("row 2: ") == shown.count("row 5: ") == shown.count("row 7: ") == 1
    assert "8 photos: 5 done, 0 finished before, 3 failed" in shown
    assert "2 rows (2, 5): no such file" in shown
    code, shown = _on_terminal(failing, "--overwrite", "--json")
    assert code == 6 and shown.count('"schema": "depthauthor/batch/1"') == 8


@NEEDS_TERMINALS
def test_ctrl_c_names_resume_and_resume_does_the_rest(library: Path, capsys: Any) -> None:
    manifest = library / "manifest.csv"
    rows = [f"photos/a.jpg,maps/a.png,0.5,8,out/{number}.jpg\n" for number in range(60)]
    manifest.write_text("photo,map,near,far,output\n" + "".join(rows))
    code, shown = _on_terminal(manifest, interrupt_after=library / "out" / "5.jpg")
    assert code == 130 and "the same command with --resume does the rest" in shown
    assert "Traceback" not in shown and not (library / "out" / "59.jpg").exists()
    code, results, messages = _batch(capsys, manifest, "--resume")
    assert code == 0 and len(results) == 60 and "0 failed" in messages
    assert {result["status"] for result in results} == {"done", "skipped"}


def _on_terminal(*words: object, interrupt_after: Path | None = None) -> tuple[int, str]:
    """Return the exit code of a batch and all that it shows on a terminal.

    interrupt_after: press Ctrl-C when this file is there.
    """
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "depthauthor", "batch", *map(str, words), "--jobs", "1"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "118"},
        cwd=GOLDEN.parent,
        # Where the tests themselves run in the background, Ctrl-C is ignored, and a child would inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # Linux reports the end of a terminal so.
        while part := os.read(ours, 65536):
            shown += part
            if interrupt_after is not None and interrupt_after.exists():
                process.send_signal(signal.SIGINT)
                interrupt_after = None
    os.close(ours)
    return process.wait(60), shown.decode()
