"""What a release states in several places is the same everywhere."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from authoring.version import VERSION
from tests import environments

ROOT = environments.REPOSITORY


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _project() -> Any:
    return tomllib.loads(_text("pyproject.toml"))["project"]


def _classified_pythons() -> list[str]:
    prefix = "Programming Language :: Python :: 3."
    return [
        line.removeprefix("Programming Language :: Python :: ")
        for line in _project()["classifiers"]
        if line.startswith(prefix)
    ]


def test_changelog_and_citation_state_the_version_and_one_date() -> None:
    newest = re.search(r"^## \[([0-9.]+)\] - (\d{4}-\d\d-\d\d)$", _text("CHANGELOG.md"), re.MULTILINE)
    citation = dict(re.findall(r"^(version|date-released): (\S+)$", _text("CITATION.cff"), re.MULTILINE))
    assert newest is not None
    assert newest[1] == VERSION
    assert citation == {"version": VERSION, "date-released": newest[2]}


def test_every_python_that_is_named_is_run() -> None:
    matrix = re.search(r"python: \[(.*)\]", _text(".github/workflows/tests.yml"))
    assert matrix is not None
    pythons = _classified_pythons()
    assert re.findall(r'"([0-9.]+)"', matrix[1]) == pythons
    assert [name for name in environments.PYTHONS if name[0].isdigit()] == pythons
    assert f">={environments.PYTHONS['lowest']}" == _project()["requires-python"] == f">={pythons[0]}"


def test_the_extra_all_has_every_extra_but_that_of_gigabytes() -> None:
    extras = _project()["optional-dependencies"]
    assert any(requirement.startswith("torch") for requirement in extras.pop("estimate"))
    assert extras.pop("all") == [f"depthauthor[{','.join(extras)}]"]


def test_every_requirement_has_a_lower_bound_that_the_lowest_environment_takes() -> None:
    extras = _project()["optional-dependencies"]
    wanted = [line for name, group in extras.items() if name != "all" for line in group]
    wanted += _project()["dependencies"]
    assert len(wanted) >= 12
    assert {line.replace(">=", "==") for line in wanted} <= set(environments.lowest_versions())


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md", "RELEASING.md"])
def test_links_lead_to_files(name: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", _text(name))
    assert [link for link in links if not (ROOT / link).is_file()] == []


def test_issue_forms_ask_for_the_columns_of_the_results_form() -> None:
    from authoring.api.kit_files import DeviceResult

    columns = ",".join(DeviceResult.__dataclass_fields__)
    assert f"placeholder: {columns}\n" in _text(".github/ISSUE_TEMPLATE/device-result.yml")
