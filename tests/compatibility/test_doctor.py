"""What doctor reports, and in which order."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from authoring.cli.main import run as run_command
from authoring.compatibility.doctor import ORDER, diagnose
from authoring.compatibility.findings import LEVELS
from authoring.compatibility.rules import RULES
from tests.compatibility import portrait_files as portraits

GOLDEN = Path(__file__).parents[2] / "golden"


def run(*arguments: str | Path) -> int:
    return run_command([str(argument) for argument in arguments])


def test_a_portrait_has_no_obstacles() -> None:
    report = diagnose(portraits.portrait())
    assert (report.level, report.obstacles) == ("L4", ())
    assert report.headline == "Photos will probably show the aperture slider and the on/off toggle"


@pytest.mark.parametrize(
    ("changes", "rule", "command"),
    [
        ({"filtered": False}, "R13", "embed FILE depth.npy --replace"),
        ({"quality": "low"}, "R12", "--replace"),
        ({"pixel_size": None}, "R14", "--calibration FILE.json"),
        ({"rendering_parameters": None}, "R16", "--donor PORTRAIT.HEIC"),
    ],
)
def test_the_reason_and_what_to_do(changes: dict[str, Any], rule: str, command: str) -> None:
    report = diagnose(portraits.portrait(**changes))
    (obstacle,) = report.obstacles
    assert obstacle.rule == rule and command in obstacle.mend
    assert report.headline == f"Photos will probably show no aperture slider, because {obstacle.because}"


def test_photos_checks_decide_the_order() -> None:
    data = portraits.portrait(
        portraits.photo(portraits.exif_block(flags25=0x60, flags31=0), None),
        filtered=False,
        quality="low",
        rendering_parameters=None,
    )
    assert [obstacle.rule for obstacle in diagnose(data).obstacles] == [
        "R10",
        "R13",
        "R12",
        "R16",
        "R17",
        "R18",
    ]


def test_slider_without_toggle() -> None:
    photo = portraits.photo(portraits.exif_block(flags25=2), portraits.focus_packet())
    headline = diagnose(portraits.portrait(photo)).headline
    assert "aperture slider in Edit, but no on/off toggle" in headline


def test_every_rule_that_costs_a_level_has_its_text() -> None:
    assert set(ORDER) == {rule.id for rule in RULES.values() if rule.level in (*LEVELS, "untested")}
    assert len(ORDER) == len(set(ORDER))


def test_a_foreign_maker_note_is_named() -> None:
    block = portraits.exif_block()
    note = portraits.note(0x20, 1)
    foreign = block.replace(note, b"Nikon\0".ljust(len(note), b"\1"))
    (badge,) = (
        item
        for item in diagnose(portraits.portrait(portraits.photo(foreign, None))).obstacles
        if item.rule == "R8"
    )
    assert "--replace-maker-note" in badge.mend and "another camera maker" in badge.because


def test_a_photo_without_depth(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("doctor", GOLDEN / "scene.jpg") == 0
    out = capsys.readouterr().out
    assert "it holds no depth map" in out and "depthauthor embed FILE MAP" in out and "R17" not in out


def test_several_files_are_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, broken = tmp_path / "good.heic", tmp_path / "notes.txt"
    good.write_bytes(portraits.portrait())
    broken.write_bytes(b"hello")
    assert run("doctor", good, GOLDEN / "scene.jpg") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 and "L4" in lines[1] and "no problem" in lines[1] and "none" in lines[2]
    assert run("doctor", good, broken) == 3
    assert "not a JPEG, HEIC or DNG" in capsys.readouterr().out
    assert run("doctor", good, broken, "--json") == 3
    out, err = capsys.readouterr()
    first, second = map(json.loads, out.splitlines())
    assert first["level"] == "L4" and second["exit_code"] == 3 and "notes.txt" in err


def test_no_sentence_claims_more_than_an_expectation(sample: Callable[[str], bytes]) -> None:
    for name in ("pug.heic", "rw_ios11_test06.jpg", "nilsh_imageio_output.heic"):
        report = diagnose(sample(name))
        assert "probably" in report.headline and "not ours" in report.verdict
