"""`python -m golden`: a golden that differs is printed, and update writes it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from golden.__main__ import main
from golden.dng import golden_files

GOLDEN = Path(__file__).parents[1] / "golden"


def test_check_and_update(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "golden"
    shutil.copytree(GOLDEN, folder)
    assert main(["check", "--folder", str(folder)]) == 0
    assert "34 of 34 golden files as expected" in capsys.readouterr().out
    manifest = (folder / "cases.json").read_bytes()
    expected = folder / "expected" / "scene-hdis-jpg.txt"
    text = expected.read_text(encoding="utf-8")
    expected.write_text(text.replace("hdis", "hxis", 1), encoding="utf-8")
    assert main(["check", "--folder", str(folder)]) == 1
    printed = capsys.readouterr().out
    assert "DIFFERS  scene-hdis-jpg" in printed and "hxis" in printed and "33 of 34" in printed
    assert main(["update", "--folder", str(folder)]) == 0
    assert "hxis" in capsys.readouterr().out
    assert expected.read_text(encoding="utf-8") == text
    assert (folder / "cases.json").read_bytes() == manifest


def test_the_golden_dngs_are_what_their_builder_gives() -> None:
    for name, data in golden_files():
        assert (GOLDEN / name).read_bytes() == data, f"{name}: run python -m golden.dng"
