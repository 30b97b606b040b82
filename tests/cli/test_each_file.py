"""Commands on many files and folders: names of outputs, exit code of the worst file, one JSON object a file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from authoring.cli.main import run

GOLDEN = Path(__file__).parents[2] / "golden"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Return a folder: two photos with depth, one of them in a folder inside, one photo without, and other files."""
    folder = tmp_path / "photos"
    (folder / "trip").mkdir(parents=True)
    for name in ("a.jpg", "trip/b.jpg"):
        inputs = [f"{GOLDEN}/orientation/scene-6.jpg", f"{GOLDEN}/scene-mask.png"]
        assert run(["embed", *inputs, "--near", "0.5", "--far", "8", "-q", "-o", str(folder / name)]) == 0
    shutil.copy(GOLDEN / "orientation" / "scene-6.jpg", folder / "trip" / "plain.jpg")
    (folder / "notes.txt").write_text("no photo")
    return folder


def test_a_folder_gives_one_report_a_photo(library: Path, capsys: Any) -> None:
    assert run(["inspect", str(library), "--json"]) == 0
    assert [json.loads(line)["file"] for line in capsys.readouterr().out.splitlines()] == [
        str(library / "a.jpg")
    ]
    assert run(["inspect", str(library), "-r"]) == 0
    blocks = [line for line in capsys.readouterr().out.splitlines() if not line.startswith(" ")]
    assert [line.partition(":")[0] for line in blocks] == [
        str(library / name) for name in ("a.jpg", "trip/b.jpg", "trip/plain.jpg")
    ]


def test_the_worst_file_gives_the_exit_code_and_the_others_are_done(library: Path, capsys: Any) -> None:
    out = library.parent / "maps"
    assert run(["extract", str(library), "-r", "--out", str(out), "--json"]) == 4
    printed = capsys.readouterr()
    reports = [json.loads(line) for line in printed.out.splitlines()]
    assert [report.get("output") for report in reports] == [
        str(out / "a-depth.npy"), str(out / "trip" / "b-depth.npy"), None,
    ]  # fmt: skip
    assert reports[2] == {
        "schema": "depthauthor/error/1",
        "file": str(library / "trip/plain.jpg"),
        "error": reports[2]["error"],
        "exit_code": 4,
    }
    assert "plain.jpg: the photo holds no" in printed.err
    first, second = np.load(out / "a-depth.npy"), np.load(out / "trip" / "b-depth.npy")
    assert np.array_equal(first, second) and 0.4 < first.min() < first.max() < 8.5


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("extract", "a-depth.npy"),
        ("extract --format exr", "a-depth.exr"),
        ("strip", "a-stripped.jpg"),
        ("export --as gdepth", "a-gdepth.jpg"),
        ("export --as pair", "a-pair_depth.jpg"),
        ("dictionary", "a-depth.plist"),
        ("pointcloud", "a-points.ply"),
        ("pointcloud --mesh", "a-mesh.glb"),
    ],
)
def test_names_without_output(command: str, name: str, library: Path, capsys: Any) -> None:
    if "exr" in command:
        pytest.importorskip("OpenEXR", reason="OpenEXR is not installed")
    assert run([*command.split(), str(library / "a.jpg"), "-q"]) == 0
    printed = capsys.readouterr()
    assert (library / name).exists() and printed.out == printed.err == ""
    assert run([*command.split(), str(library / "a.jpg")]) == 5
    assert "exists already" in capsys.readouterr().err


def test_outputs_that_cannot_be_told_apart_are_refused_before_anything_is_written(
    library: Path, capsys: Any
) -> None:
    twin = library / "trip" / "a.jpg"
    shutil.copy(library / "a.jpg", twin)
    out = library.parent / "out"
    assert run(["strip", str(library / "a.jpg"), str(twin), "--out", str(out)]) == 2
    assert "would both be written as" in capsys.readouterr().err and not out.exists()
    assert run(["strip", str(library / "a.jpg"), str(twin), "-o", str(out)]) == 2
    assert "--out DIR takes them all" in capsys.readouterr().err
    assert run(["strip", str(library / "a.jpg"), "-o", "x.jpg", "--out", str(out)]) == 2
    (library.parent / "file").write_text("")
    assert run(["strip", str(library / "a.jpg"), "--out", str(library.parent / "file")]) == 5
    assert "this is a file" in capsys.readouterr().err


def test_the_second_word_of_pointcloud_is_a_map(library: Path, capsys: Any) -> None:
    photo, out = str(library / "trip" / "plain.jpg"), str(library / "cloud.ply")
    scale = ["--near", "0.5", "--far", "8"]
    assert run(["pointcloud", photo, f"{GOLDEN}/scene-mask.png", *scale, "-o", out, "--json"]) == 0
    by_word = json.loads(capsys.readouterr().out)
    again = [
        "pointcloud",
        photo,
        "--map",
        f"{GOLDEN}/scene-mask.png",
        *scale,
        "-o",
        out,
        "--json",
        "--overwrite",
    ]
    assert run(again) == 0
    assert json.loads(capsys.readouterr().out) == by_word
    both = [str(library / "a.jpg"), str(library / "trip" / "b.jpg")]
    assert run(["pointcloud", *both, "--out", str(library / "clouds"), "-q"]) == 0
    assert sorted(path.name for path in (library / "clouds").iterdir()) == ["a-points.ply", "b-points.ply"]


def test_verify_and_doctor_take_folders(library: Path, capsys: Any) -> None:
    assert run(["verify", str(library), "-r", "--level", "L2"]) == 1
    assert capsys.readouterr().out.count("rules hold") == 3
    assert run(["verify", str(library), "-r", "--photo", str(library / "a.jpg")]) == 2
    (library / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    assert run(["doctor", str(library), "-r"]) == 3
    assert len(capsys.readouterr().out.splitlines()) == 5


def test_defaults_come_from_the_environment_but_not_what_a_map_means(
    library: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPTHAUTHOR_MAX_SIZE", "128")
    monkeypatch.setenv("DEPTHAUTHOR_NEAR", "0.5")
    photo, mask = str(library / "trip" / "plain.jpg"), f"{GOLDEN}/scene-mask.png"
    assert run(["embed", photo, mask, "--far", "8"]) == 2
    assert run(["embed", photo, mask, "--near", "0.5", "--far", "8", "--json", "--dry-run"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert max(report["map"]["width"], report["map"]["height"]) == 128


@pytest.mark.parametrize("command", ["preview", "refocus", "view", "inspect", "embed", "batch", "pointcloud"])
@pytest.mark.parametrize("word", ["", ".", "no/such.jpg"])
def test_a_name_that_is_no_photo_is_one_sentence(command: str, word: str, library: Path, capsys: Any) -> None:
    more = {"embed": [str(library / "a.jpg")], "batch": ["--out", "x"]}.get(command, [])
    assert run([command, word, *more]) in (2, 4)
    said = capsys.readouterr().err
    assert said.startswith("depthauthor: ") and "fault in depthauthor" not in said and said.count("\n") == 1


def test_no_output_is_written_over_another_input(library: Path, capsys: Any) -> None:
    out = library.parent / "elsewhere"
    out.mkdir()
    second = out / "a-stripped.jpg"
    second.write_bytes((library / "a.jpg").read_bytes())
    kept = second.read_bytes()
    code = run(["strip", str(library / "a.jpg"), str(second), "--out", str(out), "--overwrite"])
    assert code == 5
    assert "this is another input" in capsys.readouterr().err
    assert second.read_bytes() == kept
    assert (out / "a-stripped-stripped.jpg").is_file()
