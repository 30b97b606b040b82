"""Every row of docs/map-inputs.md: right, asked, refused with its reason, or warned of; never wrong in silence."""

from __future__ import annotations

import importlib.util

import pytest

from golden.map_inputs import PAGE, outcome, page
from golden.map_rows import rows
from golden.map_truths import Row

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

EXTRAS = {".exr": "OpenEXR", ".tif": "tifffile", ".tiff": "tifffile"}


def _skip_without_extra(row: Row) -> None:
    for suffix, module in EXTRAS.items():
        if row.name.endswith(suffix):
            pytest.importorskip(module)


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.maker}: {row.form}")
def test_a_map_is_right_or_the_tool_says_what_is_open(row: Row) -> None:
    _skip_without_extra(row)
    result = outcome(row)
    assert result.verdict == row.expected, (result.says, result.off)
    for word in row.words:
        assert word in " ".join(result.says), result.says
    if result.verdict == "asked":
        assert result.exit_code == 2 and (row.options or "--" in result.says[0])
    elif result.verdict == "refused":
        assert result.exit_code in (3, 4, 5)
    if result.exit_code:
        assert "\n" not in result.says[0] and len(result.says[0]) < 500


def test_the_table_is_large_and_each_row_its_own() -> None:
    names = [(row.maker, row.form, tuple(row.options)) for row in rows()]
    assert len(names) == len(set(names)) >= 80


@pytest.mark.skipif(
    any(importlib.util.find_spec(module) is None for module in EXTRAS.values()), reason="an extra is absent"
)
def test_the_page_matches() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m golden.map_inputs"
