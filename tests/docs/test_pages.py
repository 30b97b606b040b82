"""Every command of the README and of every page runs, and every link leads somewhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.docs.folder import fill
from tests.docs.pages import DOCS, PAGES, ROOT, Block, blocks, links

HOME = "https://github.com/depthauthor/depthauthor/"
"""Links into the repository; the files are looked up here."""

RUN = ("sh", "python")
SHOWN = ("text", "json", "csv", "swift", "powershell", "toml", "yaml", "xml", "cpp")
"""Languages of blocks that are not run."""

SECONDS = 60
"""Of one block; the slowest takes a few."""

IDS = [str(page.relative_to(ROOT)) for page in PAGES]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the files that the pages name."""
    folder = tmp_path_factory.mktemp("pages")
    fill(folder)
    return folder


@pytest.mark.skipif(shutil.which("bash") is None, reason="the pages' commands are for a Unix shell")
@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_commands_run(page: Path, filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the blocks of a page from top to bottom, in a folder of its own."""
    todo = [block for block in blocks(page) if block.language in RUN and not block.not_run]
    if not todo:
        return
    folder = tmp_path / "page"
    shutil.copytree(filled, folder, symlinks=True)
    monkeypatch.chdir(folder)
    names: dict[str, Any] = {"__name__": "__page__"}
    for block in todo:
        if block.language == "sh":
            _run_shell(block, page.name)
        else:
            lines = "\n" * (block.line - 1)  # So that a traceback names the line of the page.
            exec(compile(lines + block.text, str(page), "exec"), names)


def _run_shell(block: Block, name: str) -> None:
    where = f"{name}, line {block.line}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block.text],
        env={
            **_clean_environment(),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    printed = done.stdout + done.stderr
    assert done.returncode == block.exit_code, (
        f"{where}: exit code {done.returncode}\n{block.text}\n{printed}"
    )
    if block.output is not None:
        pattern = "".join(
            r"(?:.*\n)*?" if line.strip() == "…" else ".*".join(map(re.escape, line.split("…"))) + "\n"
            for line in block.output.splitlines()
        )
        plain = "".join(f"{line.rstrip()}\n" for line in printed.splitlines())
        assert re.fullmatch(pattern, plain), f"{where} prints\n{plain}\nand the page shows\n{block.output}"


def _clean_environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DEPTHAUTHOR_")}
    return {**kept, "COLUMNS": "100", "BROWSER": "true", "NO_COLOR": "1"}


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
    reasons = [
        f"{page.name}, line {block.line}: {block.not_run}"
        for page in PAGES
        for block in blocks(page)
        if block.language in RUN and block.not_run
    ]
    count = sum(block.language in RUN for page in PAGES for block in blocks(page))
    with capsys.disabled():
        print(
            f"\n{count - len(reasons)} blocks of the pages run, {len(reasons)} do not:", *reasons, sep="\n  "
        )
    assert len(reasons) * 2 <= count


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
