"""The report page: a card for every file, nothing fetched, readable without its script, constant memory."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

import depthauthor
from authoring.cli.main import run
from authoring.compatibility.verify import verify
from authoring.views.report import Thumbnails, row_of
from tests.views.pages import Page, jpeg, remote, validate

GOLDEN = Path(__file__).parents[2] / "golden"


@pytest.fixture
def folder(tmp_path: Path, scene: bytes, scene_jpeg: bytes) -> Path:
    inner = tmp_path / "photos" / "inner"
    inner.mkdir(parents=True)
    (inner / "scene.heic").write_bytes(scene)
    photos = inner.parent
    (photos / "a.jpg").write_bytes(scene_jpeg)
    (photos / "<b onclick=x>&.jpg").write_bytes((GOLDEN / "scene.jpg").read_bytes())
    (photos / "cut.heic").write_bytes(scene[:2000])
    (photos / "notes.txt").write_text("no photo")
    (photos / ".hidden.jpg").write_bytes(b"")
    return photos


def cards(page: Page) -> list[dict[str, str | None]]:
    return [item for item in page.all("li") if item.get("class") == "card"]


def test_every_file_is_a_card(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "report.html"
    assert run(["report", str(folder), "-o", str(out), "--json"]) == 6
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    page = Page(out.read_bytes())
    levels = {Path(str(finding["data-name"])).name: finding["data-level"] for finding in cards(page)}
    assert levels == {"<b onclick=x>&.jpg": "none", "a.jpg": "L2", "cut.heic": "error", "scene.heic": "L4"}
    assert [Path(line["file"]).relative_to(folder) for line in lines] == [
        Path(str(card["data-name"])) for card in cards(page)
    ]
    for line, card in zip(lines, cards(page), strict=True):
        validate("report", line)
        assert (line["error"] is not None) == (card["data-level"] == "error")
        if line["error"] is None:
            report = verify(Path(line["file"]).read_bytes(), decode=False)
            assert line["level"] == report.level and line["verdict"] == report.verdict
            assert [finding["rule"] for finding in line["findings"]] == [
                finding.rule for finding in report.findings
            ]
    assert "cut short" in lines[2]["error"] and "cut short" in page.text
    assert lines[3]["depth"]["near_m"] == pytest.approx(0.6, abs=0.05) and lines[3]["depth"]["absolute"]


def test_text_output_is_one_line(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "r.html"
    assert run(["report", str(folder), "-o", str(out)]) == 6
    report = capsys.readouterr()
    assert report.out.startswith(f"{out}: ") and "1 unreadable" in report.out and report.out.count("\n") == 1
    assert not report.err


def test_thumbnails_are_small_and_upright(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    depthauthor.report(folder, output=out)
    pictures = [item["src"] for item in Page(out.read_bytes()).all("img")]
    assert len(pictures) == 5  # Photo and depth of two, the photo of one, nothing of the cut one.
    for item in pictures:
        assert item is not None and len(item) < 27_000
        assert jpeg(item).size == (280, 210)


def test_nothing_is_fetched_and_names_stay_text(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    depthauthor.report(folder, output=out)
    page = Page(out.read_bytes())
    assert remote(page.text) == []
    assert [item for item in page.addresses() if not item.startswith("data:")] == []
    assert page.policy.startswith("default-src 'none'; img-src data:;") and "unsafe" not in page.policy
    assert "b" not in {tag for tag, attributes in page.elements if attributes}
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]


def test_relative_metres_say_so(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    depthauthor.report(folder / "a.jpg", folder / "inner" / "scene.heic", output=out)
    relative, absolute = out.read_text(encoding="utf-8").split('<li class="card"')[1:]
    assert "(relative" in relative and "(relative" not in absolute


def test_the_same_files_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    for name in ("1.html", "2.html"):
        depthauthor.report(folder, output=tmp_path / name)
    assert (tmp_path / "1.html").read_bytes() == (tmp_path / "2.html").read_bytes()


def test_usage_errors(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "report.html"
    empty = tmp_path / "empty"
    empty.mkdir()
    for given, code, sentence in (
        ([str(tmp_path / "absent")], 2, "no such file"),
        ([str(empty)], 2, "holds no JPEG, HEIC or DNG"),
    ):
        assert run(["report", *given, "-o", str(out)]) == code
        assert sentence in capsys.readouterr().err
        assert not out.exists()
    photo = folder / "a.jpg"
    before = photo.read_bytes()
    assert run(["report", str(folder), "-o", str(photo), "--overwrite"]) == 5
    assert photo.read_bytes() == before


def test_a_fault_of_ours_is_a_card_too(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(data: bytes) -> None:
        raise ZeroDivisionError("by <zero>")

    monkeypatch.setattr("authoring.views.report.row_of", broken)
    out = tmp_path / "report.html"
    assert depthauthor.report(folder, output=out).counts == {"error": 4}
    assert "ZeroDivisionError: by &lt;zero&gt;" in out.read_text(encoding="utf-8")


def test_memory_does_not_grow_with_the_photos(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pictures of half a megabyte for each of eighty files: only a few are in memory at a time."""
    row, _ = row_of((folder / "a.jpg").read_bytes())
    monkeypatch.setattr("authoring.views.report.row_of", lambda data: (row, Thumbnails(bytes(500_000), None)))
    out = tmp_path / "many.html"
    tracemalloc.start()
    depthauthor.report(*[folder / "a.jpg"] * 80, output=out)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert out.stat().st_size > 80 * 650_000
    assert peak < out.stat().st_size / 3


def test_on_real_photos(sample: Callable[[str], bytes], tmp_path: Path) -> None:
    names = ("fidmaa_selfie_depth.heic", "edge_arithmetic.jpg", "edge_cmyk_progressive.jpg")
    for name in names:
        (tmp_path / name).write_bytes(sample(name))
    out = tmp_path / "report.html"
    summary = depthauthor.report(*(tmp_path / name for name in names), output=out)
    assert summary.counts == {"L2": 1, "none": 2}
    page = Page(out.read_bytes())
    assert len(page.all("img")) == 3  # An arithmetic-coded photo has no picture, but its card.
