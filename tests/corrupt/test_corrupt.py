"""Every file of the corpus gets its verdict: the exit code, one sentence, no traceback, nothing left behind."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.corrupt import page
from tests.corrupt.build import cases
from tests.corrupt.case import Case
from tests.corrupt.command import faults, run_case

CASES = [case for case in cases() if case.verdict != "found"]
"""Those with a finding of `verify` are run by tests/compatibility/test_one_defect.py, where they are built."""

OWN_PROCESS = (
    "heif_dimg_cycle", "heif_depth_stream_is_noise", "jpeg_depth_claims_65500x65500", "png_zip_bomb_12000x12000",
    "npz_pickle", "exr_cut", "plist_billion_laughs", "manifest_newline_in_a_name",
)  # fmt: skip
"""Run in a process of their own, where libraries print to the real streams."""


def test_the_corpus_is_large_and_names_are_unique() -> None:
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
def test_a_file_gets_its_verdict_and_the_page_agrees(case: Case, tmp_path: Path) -> None:
    result = run_case(case, tmp_path)
    assert faults(case, result, tmp_path) == [], result
    assert _without_numbers(page.line(case, result, tmp_path)) in _page()


def test_the_page_has_these_files_and_no_others() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    assert text.startswith(page.head())
    rows = [row.split("`")[1] for row in text.removeprefix(page.head()).splitlines()]
    assert rows == [str(case.path) for case in cases()]


@pytest.mark.parametrize("name", OWN_PROCESS)
def test_a_real_process_gives_the_same_result(name: str, tmp_path: Path) -> None:
    case = next(case for case in cases() if case.name == name)
    result = run_case(case, tmp_path, own_process=True)
    noise = case.suffix == ".exr"  # The OpenEXR library prints a message of its own first.
    wrong = [fault for fault in faults(case, result, tmp_path) if not (noise and fault == "not one sentence")]
    assert wrong == [], result
    assert result.out == "" or case.verdict in ("accepted", "batch")
