"""Under --json an error is one JSON object where the report would be, whichever command finds it and when."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from authoring.cli.main import run
from authoring.cli.program import program
from tests.views.pages import validate

GOLDEN = Path(__file__).parents[2] / "golden"
COMMANDS = [command.callback.__name__ for command in program.registered_commands if command.callback]


def failed(arguments: list[str], capsys: Any) -> tuple[int, dict[str, Any], str]:
    """Run a command that must fail; return its exit code, its JSON object and the sentence on stderr."""
    code = run(arguments)
    printed = capsys.readouterr()
    (line,) = printed.out.splitlines()
    error = json.loads(line)
    validate("error", error)
    assert error["exit_code"] == code != 0
    return code, error, printed.err


@pytest.mark.parametrize("command", COMMANDS)
def test_usage_errors_of_every_command(command: str, capsys: Any) -> None:
    for wrong in ([], ["--nosuch"]):
        code, error, message = failed([command, "--json", *wrong], capsys)
        assert code == 2 and error["file"] is None
        assert message == f"depthauthor: {error['error']}\n"


@pytest.mark.parametrize(
    ("line", "code", "named"),
    [
        ("embed PHOTO MASK --near 1 --far x", 2, None),
        ("embed PHOTO MASK --near 5 --far 1", 2, "MASK"),
        ("embed PHOTO nosuch.png --near 1 --far 5", 2, "nosuch.png"),
        ("embed PHOTO MASK --near 1 --far 5 -o PHOTO", 5, "PHOTO"),
        ("copy PHOTO PHOTO -o out.jpg", 4, "PHOTO"),
        ("extract PHOTO -o out.npy", 4, "PHOTO"),
        ("inspect MASK", 4, "MASK"),
        ("strip PHOTO -o out.jpg", 5, "PHOTO"),
        ("dictionary nosuch.jpg -o out.plist", 2, "nosuch.jpg"),
        ("verify nosuch.jpg", 2, "nosuch.jpg"),
        ("doctor MASK", 4, "MASK"),
        ("batch nosuch.csv", 2, "nosuch.csv"),
        ("preview PHOTO -o out.png", 4, "PHOTO"),
        ("refocus PHOTO -o out.png", 4, "PHOTO"),
        ("pointcloud PHOTO -o out.ply", 4, "PHOTO"),
        ("view PHOTO -o out.html", 4, "PHOTO"),
        ("report nosuch -o out.html", 2, "nosuch"),
        ("nosuch", 2, None),
    ],
)
def test_errors(
    line: str, code: int, named: str | None, capsys: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    places = {"PHOTO": str(GOLDEN / "scene.jpg"), "MASK": str(GOLDEN / "scene-mask.png")}
    exit_code, error, message = failed([places.get(word, word) for word in line.split()] + ["--json"], capsys)
    assert exit_code == code, error
    assert error["file"] == (places.get(named, named) if named else None)
    assert message == f"depthauthor: {error['error']}\n" and list(tmp_path.iterdir()) == []


def test_a_batch_without_rows(capsys: Any, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("photo,map\n")
    code, error, _ = failed(["batch", str(tmp_path / "rows.csv"), "--json"], capsys)
    assert code == 6 and "no photo" in error["error"]


def test_the_variable_counts_and_words_after_two_dashes_do_not(capsys: Any, monkeypatch: Any) -> None:
    assert run(["inspect", "--", "--json"]) == 2
    assert capsys.readouterr().out == ""
    monkeypatch.setenv("DEPTHAUTHOR_JSON", "1")
    failed(["inspect", "nosuch.jpg"], capsys)


@pytest.mark.parametrize("output", ["-o -", "-o-", "--output -", "--output=-", "-qo -"])
def test_a_result_on_standard_output_leaves_the_error_to_stderr(output: str, capsys: Any) -> None:
    assert run(f"strip nosuch.jpg --json {output}".split()) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    validate("error", json.loads(printed.err))
