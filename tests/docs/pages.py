"""Read the pages of docs/ and the README: their code blocks, in order, with what is said about each.

A block of `sh` or `python` is run as it stands. In the line before it a comment may say otherwise:

    <!-- not run: REASON -->    the block cannot run in a test
    <!-- needs: PROGRAM -->     the block runs where the programs are installed
    <!-- exit: 1 -->            the last command of an `sh` block ends with this exit code
    <!-- output -->             before a `text` block: what the block before it prints, compared

In compared output a line of `…` stands for any lines, and `…` inside a line for any characters.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT: Final = Path(__file__).parents[2]
DOCS: Final = ROOT / "docs"
PAGES: Final = (ROOT / "README.md", *sorted(DOCS.glob("*.md")))

_NOT_RUN: Final = re.compile(r"<!-- not run: (?P<reason>.+) -->")
_NEEDS: Final = re.compile(r"<!-- needs: (?P<programs>.+) -->")
_EXIT: Final = re.compile(r"<!-- exit: (?P<code>\d+) -->")
_OUTPUT: Final = "<!-- output -->"

_PARSER: Final = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True, slots=True)
class Block:
    """A code block of a page."""

    language: str
    """The word after the fence; of an indented block "indented"."""
    text: str
    line: int
    """Of the first line of its text, from 1."""
    not_run: str | None
    """Why it cannot run."""
    exit_code: int
    output: str | None
    """What it should print, if the page shows that."""


def tokens(page: Path) -> list[Token]:
    """Return the page as markdown-it reads it."""
    return _PARSER.parse(page.read_text(encoding="utf-8"))


def blocks(page: Path) -> list[Block]:
    """Return the code blocks of a page that are no output, in order."""
    found: list[Block] = []
    comment = ""
    for token in tokens(page):
        if token.type == "html_block":
            comment = token.content.strip()
            continue
        if token.type not in ("fence", "code_block"):
            if token.nesting >= 0:
                comment = ""
            continue
        if comment == _OUTPUT:
            assert token.info == "text" and found, f"{page.name}: {_OUTPUT} is for a text block after another"
            last = found.pop()
            found.append(
                Block(last.language, last.text, last.line, last.not_run, last.exit_code, token.content)
            )
        else:
            not_run, code, needs = (form.fullmatch(comment) for form in (_NOT_RUN, _EXIT, _NEEDS))
            known = not_run or code or needs
            assert not comment or known or not token.info, f"{page.name}: what does {comment} mean?"
            absent = [name for name in (needs["programs"].split() if needs else ()) if not shutil.which(name)]
            reason = f"{', '.join(absent)} not installed" if absent else None
            fenced = token.type == "fence"
            found.append(
                Block(
                    (token.info.split() or [""])[0] if fenced else "indented",
                    token.content,
                    (token.map or [0])[0] + (2 if fenced else 1),
                    not_run["reason"] if not_run else reason,
                    int(code["code"]) if code else 0,
                    None,
                )
            )
        comment = ""
    return found


def links(page: Path) -> list[str]:
    """Return the targets of a page's links and pictures."""
    return [
        str(target)
        for token in tokens(page)
        for child in token.children or ()
        if (target := child.attrs.get("href") or child.attrs.get("src"))
    ]
