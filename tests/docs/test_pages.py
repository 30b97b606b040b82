"""Every command of the README and of every page runs, and every link leads somewhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.docs.folder import HUB, fill
from tests.docs.pages import DOCS, PAGES, ROOT, RUN, blocks, links, missing, runs
from tests.estimate import hub_cache

HOME = "https://github.com/depthauthor/depthauthor/"
"""Links into the repository; the files are looked up here."""

SHOWN = ("text", "json", "csv", "swift", "powershell", "toml", "yaml", "xml", "cpp")
"""Languages of blocks that are not run."""

IDS = [str(page.relative_to(ROOT)) for page in PAGES]


@pytest.fixture(scope="module")
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[Path, Future[str]]]:
    """Run the pages that are asked for, two at a time, each in a folder of its own; give what went wrong."""
    filled = tmp_path_factory.mktemp("files")
    fill(filled)
    asked = {
        item.callspec.params["page"]
        for item in request.session.items
        if hasattr(item, "callspec") and item.name.startswith("test_commands_run")
    }
    with ThreadPoolExecutor(2) as pool:
        yield {
            page: pool.submit(_run, page, filled, tmp_path_factory.mktemp("page"))
            for page in PAGES
            if page in asked and any(map(runs, blocks(page)))
        }


def _run(page: Path, filled: Path, folder: Path) -> str:
    shutil.copytree(filled, folder, symlinks=True, dirs_exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.docs.run_page", page],
        cwd=folder,
        env={**os.environ, **hub_cache.environment(folder / HUB), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("bash") is None, reason="the pages' commands are for a Unix shell")
@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_commands_run(page: Path, running: dict[Path, Future[str]]) -> None:
    """The blocks of a page do what the page says, from top to bottom."""
    if page in running:
        fault = running[page].result()
        assert not fault, fault


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_blocks_say_what_they_are(page: Path) -> None:
    for block in blocks(page):
        if page.parent == ROOT and block.language == "indented":
            continue  # .ci/run takes the README's own test command from one.
        assert block.language in (*RUN, *SHOWN), (
            f"{page.name}, line {block.line}: {block.language or 'no language'}"
        )


def test_what_does_not_run(capsys: pytest.CaptureFixture[str]) -> None:
    """Print the blocks that do not run, with their reasons; they are the smaller part."""
    there = [(page, block) for page in PAGES for block in blocks(page) if block.language in RUN]
    reasons = [
        f"{page.name}, line {block.line}: {block.not_run or f'{missing(block)} not installed'}"
        for page, block in there
        if not runs(block)
    ]
    with capsys.disabled():
        print(
            f"\n{len(there) - len(reasons)} blocks of the pages run, {len(reasons)} do not:",
            *reasons,
            sep="\n  ",
        )
    assert len(reasons) * 3 <= len(there)


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        if link.startswith(HOME):
            path = re.fullmatch(r"(?:blob|tree|raw)/main/([^#]+)(?:#.*)?", link.removeprefix(HOME))
            assert not path or (ROOT / path[1]).exists(), link
        elif not re.match(r"https?:|#", link):
            target = page.parent / link.partition("#")[0]
            assert target.exists(), link
            assert page.parent == ROOT or DOCS in target.resolve().parents, f"{link} is not in the site"
