"""The Python reference has every public name."""

from __future__ import annotations

import re

import depthauthor
from tests.docs.pages import DOCS


def test_every_public_name_is_on_the_page() -> None:
    page = (DOCS / "python.md").read_text(encoding="utf-8")
    named = re.findall(r"^::: depthauthor\.(\w+)$", page, re.MULTILINE)
    assert sorted([*named, "__version__"]) == sorted(depthauthor.__all__)
    assert "`depthauthor.__version__`" in page
