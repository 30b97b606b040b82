"""Every file of the corpus meets its verdict: the exit code, one sentence, no traceback, nothing left behind."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.corrupt import page
from tests.corrupt.build import cases
from tests.corrupt.case import Case
from tests.corrupt.told import faults, tell

CASES = [case for case in cases() if case.verdict != "found"]
"""Those with a finding of `verify` are run by tests/compatibility/test_one_defect.py, where they come from."""

ALONE = (
    "heif_dimg_cycle", "heif_depth_stream_is_noise", "jpeg_depth_claims_65500x65500", "png_zip_bomb_12000x12000",
    "npz_pickle", "exr_cut", "plist_billion_laughs", "manifest_newline_in_a_name",
)  # fmt: skip
"""Run in a process of their own, where libraries print to the real streams."""


def test_the_corpus_is_large_and_each_name_is_there_once() -> None:
    names = Counter(case.name for case in cases())
    assert len(names) > 300 and set(names.values()) == {1}
    assert {case.verdict for case in cases()} >= {
        "accepted",
        "usage",
        "malformed",
        "unsupported",
        "refused",
        "batch",
    }


def _without_numbers(text: str) -> str:
    """Offsets and lengths follow the encoders that made the base files."""
    return re.sub(r"\d+", "#", text)


@cache
def _page() -> str:
    return _without_numbers(page.PAGE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_file_meets_its_verdict_and_the_page_says_so(case: Case, tmp_path: Path) -> None:
    told = tell(case, tmp_path)
    assert faults(case, told, tmp_path) == [], told
    assert _without_numbers(page.line(case, told, tmp_path)) in _page()


def test_the_page_has_these_files_and_no_others() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    assert text.startswith(page.head())
    rows = [row.split("`")[1] for row in text.removeprefix(page.head()).splitlines()]
    assert rows == [str(case.path) for case in cases()]


@pytest.mark.parametrize("name", ALONE)
def test_the_real_process_says_the_same(name: str, tmp_path: Path) -> None:
    case = next(one for one in cases() if one.name == name)
    told = tell(case, tmp_path, alone=True)
    noise = case.suffix == ".exr"  # The OpenEXR library says something of its own first.
    wrong = [one for one in faults(case, told, tmp_path) if not (noise and one == "not one sentence")]
    assert wrong == [], told
    assert told.out == "" or case.verdict in ("accepted", "batch")
