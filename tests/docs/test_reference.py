"""The Python reference has every public name, and the page on estimates every known network."""

from __future__ import annotations

import re

import depthauthor
from authoring.estimate.models import KNOWN_MODELS, has_scale
from tests.docs.pages import DOCS


def test_every_public_name_is_on_the_page() -> None:
    page = (DOCS / "python.md").read_text(encoding="utf-8")
    named = re.findall(r"^::: depthauthor\.(\w+)$", page, re.MULTILINE)
    assert sorted([*named, "__version__"]) == sorted(depthauthor.__all__)
    assert "`depthauthor.__version__`" in page


def network_rows() -> list[str]:
    """Return the lines of the table of known networks."""
    rows = [
        (
            f"`{model.name}`<br>[{model.repository}](https://huggingface.co/{model.repository})",
            "metres" if has_scale(model.kind) else "no scale",
            _licence(model.licence),
            "yes" if model.allows_commercial_use else "no",
            f"{model.megabytes}",
        )
        for model in KNOWN_MODELS
    ]
    head = ("name, repository on the hub", "values", "licence", "any use", "MB")
    return [f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows)]


def _licence(text: str) -> str:
    """Return a licence in few words: a telephone shows the table, too."""
    own, made_from, base = text.partition("; the model that it was made from has ")
    return f"{own.removesuffix(' by its makers')} (base: {base})" if made_from else own


def test_every_known_network_is_on_the_page() -> None:
    page = (DOCS / "estimate.md").read_text(encoding="utf-8").splitlines()
    expected = network_rows()
    start = page.index(expected[0])
    assert page[start : start + len(expected)] == expected
    assert not page[start + len(expected)].startswith("|")
