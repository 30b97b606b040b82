"""What docs/troubleshooting.md quotes in its tables are the program's own words."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.docs.pages import DOCS, ROOT


def test_messages_are_the_programs_own() -> None:
    """Words in backticks in a table are messages, unless they are options or commands."""
    lines = (DOCS / "troubleshooting.md").read_text(encoding="utf-8").splitlines()
    quoted = [words for line in lines if line.startswith("| ") for words in re.findall(r"`([^`]*)`", line)]
    messages = [words for words in quoted if re.fullmatch(r"[a-zA-Z']+( [a-zA-Z,']+)+", words)]
    assert len(messages) > 15
    said = _strings(ROOT / "authoring")
    assert not [message for message in messages if message not in said]


def _strings(package: Path) -> str:
    """Return all strings in the code of a package."""
    return "\n".join(
        node.value
        for path in sorted(package.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
