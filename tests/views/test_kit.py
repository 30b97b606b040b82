"""The folder that `kit` writes: files, page and form; the page loads nothing and has no script."""

from __future__ import annotations

from pathlib import Path

import pytest

import depthauthor
from authoring.api.kit_files import FORM, PAGE, QUESTIONS
from authoring.cli.main import run
from authoring.views.pages.kit_page import KitCard, KitPage, render_kit_page
from tests.views.pages import Page


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("kit") / "new" / "kit"
    depthauthor.kit(out)
    return out


def test_the_page_of_the_kit(folder: Path) -> None:
    page = Page((folder / PAGE).read_bytes())
    assert "script-src 'none'" in page.policy and not page.all("script")
    assert all(address.startswith(("data:", "#")) for address in page.addresses()), page.addresses()
    photos = sorted(path.name for path in folder.iterdir() if path.name not in (PAGE, FORM))
    assert all(name in page.text for name in photos)
    radios = [item for item in page.all("input") if item["type"] == "radio"]
    assert len(radios) == 2 * len(QUESTIONS) * len(photos)
    assert len({item["name"] for item in radios}) == len(radios) // 2
    assert "width=device-width" in page.text and "@media print" in page.text
    assert "DNG" not in page.text


def test_names_stay_text() -> None:
    card = KitCard("<b>.heic", "<i>.heic", "<script>", "<u>")
    page = render_kit_page(KitPage((card,), (("imports", "<s>"),), b"", "<em>", "<p>.csv", "<0>"))
    shown = Page(page)
    assert not any(shown.all(tag) for tag in ("script", "i", "u", "s", "em"))
    assert "&lt;script&gt;" in page.decode()


def test_nothing_is_overwritten(folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    before = (folder / "01-full-note.heic").read_bytes()
    assert run(["kit", "--out", str(folder)]) == 5
    assert "01-full-note.heic: exists already" in capsys.readouterr().err
    assert (folder / "01-full-note.heic").read_bytes() == before
    taken = tmp_path / "file"
    taken.write_bytes(b"")
    assert run(["kit", "--out", str(taken)]) == 5
    assert "this is a file; name a folder" in capsys.readouterr().err


def test_the_text_of_the_kit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["kit", "--out", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert f"{tmp_path}: 15 test files" in text and "02-two-flags.heic" in text
    assert "none of these files was opened on an Apple device" in text
