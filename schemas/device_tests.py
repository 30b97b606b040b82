"""Read the table of device tests, docs/device-tests.md, and derive the grades of the rules that tests speak for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from authoring.compatibility.findings import Grade

PAGE = Path(__file__).parents[1] / "docs" / "device-tests.md"
HEADER = ("test", "device", "the file", "one change", "seen", "rules")


@dataclass(frozen=True, slots=True)
class DeviceTest:
    """One row: a file, or a few alike, that somebody opened on a device."""

    name: str
    device: str
    file: str
    one_change: bool
    """Whether the file differs in one thing from one whose result is known."""
    seen: str
    rules: tuple[str, ...]
    """The rules that the result speaks for."""


def device_tests() -> tuple[DeviceTest, ...]:
    """Read the rows of the table. Raises ValueError for a row that does not fit its columns."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if _cells(line) == HEADER)
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        name, device, file, one_change, seen, rules = _cells(line)
        if one_change not in ("yes", "no"):
            raise ValueError(f"{name}: one change is {one_change!r}, not yes or no")
        named = tuple(rule.strip() for rule in rules.split(",") if rule.strip())
        rows.append(DeviceTest(name, device, file, one_change == "yes", seen, named))
    return tuple(rows)


def tests_of(rule: str) -> tuple[DeviceTest, ...]:
    """Return the tests that speak for a rule."""
    return tuple(test for test in device_tests() if rule in test.rules)


def grade_by_tests(rule: str) -> Grade | None:
    """Return A for a rule that a test isolates, B for one that tests speak for; None without a test."""
    tests = tests_of(rule)
    if not tests:
        return None
    return "A" if any(test.one_change for test in tests) else "B"


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|"))
