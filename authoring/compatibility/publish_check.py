"""The rules alone, on a file about to be written.

Knows: which breaches are faults for a wanted level. Must not know: originals, maps, reports.
"""

from __future__ import annotations

from dataclasses import dataclass

from authoring.compatibility import rules
from authoring.compatibility.facts import Facts
from authoring.compatibility.findings import Finding, Level
from authoring.compatibility.levels import level_of, reaches, verdict_of


@dataclass(frozen=True, slots=True)
class Checked:
    """What the rules say of a file."""

    level: Level
    verdict: str
    faults: tuple[str, ...]
    """What keeps it from being read as depth at all (L1)."""


def check_before_publish(facts: Facts) -> Checked:
    """Run the rules on a file's facts. The caller refuses to publish at level "none"."""
    found = rules.findings(facts)
    return Checked(level_of(found), verdict_of(found), rule_faults(found, False, "L1"))


def rule_faults(found: tuple[Finding, ...], strict: bool, wanted: Level) -> tuple[str, ...]:
    """The rules whose breach is a fault, each with its message."""
    return tuple(
        f"{one.rule}: {one.message}"
        for one in found
        if (one.status == "fail" and _matters(one, wanted)) or (strict and one.status == "warn")
    )


def _matters(one: Finding, wanted: Level) -> bool:
    loss = rules.RULES[one.rule].level
    return loss != "warning" and loss != "note" and reaches(wanted, loss)
