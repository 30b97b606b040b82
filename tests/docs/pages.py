"""Read the pages of docs/ and the README: their code blocks, in order, with what is said about each.

A block of `sh` or `python` is run as it stands. Comments in the lines before it may say otherwise:

    <!-- not run: REASON -->    the block cannot run in a test
    <!-- needs: exiftool -->    what the block is left out without: programs by their names, and Python modules as
                                module:torch
    <!-- exit: 1 -->            the last command of an `sh` block ends with this exit code
    <!-- output -->             before a `text` block: what the block before it prints, compared

In compared output a line of `…` stands for any lines, and `…` inside a line for any characters.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT: Final = Path(__file__).parents[2]
DOCS: Final = ROOT / "docs"
PAGES: Final = (ROOT / "README.md", *sorted(DOCS.glob("*.md")))

RUN: Final = ("sh", "python")
"""Languages of blocks that are run."""

_COMMENT: Final = re.compile(r"<!-- (not run|needs|exit|output)(?:: (.+))? -->")

_PARSER: Final = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True, slots=True)
class Block:
    """A code block of a page."""

    language: str
    """The word after the fence; of an indented block "indented"."""
    text: str
    line: int
    """Of the first line of its text, from 1."""
    not_run: str | None = None
    """Why it cannot run."""
    needs: tuple[str, ...] = ()
    """Programs that it calls and modules that it imports, as module:NAME, which may be absent."""
    exit_code: int = 0
    output: str | None = None
    """What it should print, if the page shows that."""


def runs(block: Block) -> bool:
    """Return whether a block is to be run here."""
    return block.language in RUN and not block.not_run and not missing(block)


def missing(block: Block) -> list[str]:
    """Return the programs and modules that a block needs and that are not installed."""
    return [name for name in block.needs if not _is_installed(name)]


def _is_installed(name: str) -> bool:
    module = name.removeprefix("module:")
    return (importlib.util.find_spec(module) if module != name else shutil.which(name)) is not None


def tokens(page: Path) -> list[Token]:
    """Return the page as markdown-it reads it."""
    return _PARSER.parse(page.read_text(encoding="utf-8"))


def blocks(page: Path) -> list[Block]:
    """Return the code blocks of a page that are no output, in order. Raises ValueError for a comment out of place."""
    found: list[Block] = []
    said: dict[str, str] = {}
    for token in tokens(page):
        if token.type == "html_block":
            said = {match[1]: match[2] or "" for match in _COMMENT.finditer(token.content)}
        elif token.type in ("fence", "code_block"):
            if "output" in said:
                if token.info != "text" or not found:
                    raise ValueError(f"{page.name}: <!-- output --> is for a text block after another block")
                found[-1] = replace(found[-1], output=token.content)
            else:
                found.append(_block(token, said))
            said = {}
        elif said:
            raise ValueError(f"{page.name}: {said} is not in front of a block")
    return found


def _block(token: Token, said: dict[str, str]) -> Block:
    fenced = token.type == "fence"
    return Block(
        language=(token.info.split() or [""])[0] if fenced else "indented",
        text=token.content,
        line=(token.map or [0])[0] + (2 if fenced else 1),
        not_run=said.get("not run"),
        needs=tuple(said.get("needs", "").split()),
        exit_code=int(said.get("exit", "0")),
    )


def links(page: Path) -> list[str]:
    """Return the targets of a page's links and pictures."""
    return [
        str(target)
        for token in tokens(page)
        for child in token.children or ()
        if (target := child.attrs.get("href") or child.attrs.get("src"))
    ]
