"""Run the rules on a file that is about to be written."""

from __future__ import annotations

from dataclasses import dataclass

from authoring.compatibility import rules
from authoring.compatibility.facts import Facts
from authoring.compatibility.findings import Finding, Level
from authoring.compatibility.levels import SPAN_RULE, level_of, possible_level_of, rule_faults, verdict_of


@dataclass(frozen=True, slots=True)
class PublishCheck:
    """What the rules say of a file that is about to be written."""

    level: Level
    possible_level: Level
    verdict: str
    faults: tuple[str, ...]
    """Why it cannot be read as depth at all (L1)."""
    warnings: tuple[str, ...]
    """The rules that it breaks with a warning, and a span of depth that gives no blur."""


PORTRAIT_RULES = ("R9", "R18", "R19", "R32")
"""Rules with a warning about the metadata of the portrait profile."""


def check_before_publish(facts: Facts, *, portrait: bool = True) -> PublishCheck:
    """Run the rules on a file's facts. The caller refuses to publish at level "none".

    portrait: whether the metadata of the portrait profile is wanted; without it, it is not warned of.
    """
    findings = rules.findings(facts)
    return PublishCheck(
        level_of(findings),
        possible_level_of(findings),
        verdict_of(findings),
        rule_faults(findings, "L1"),
        tuple(finding.message for finding in findings if _warns(finding, portrait)),
    )


def _warns(finding: Finding, portrait: bool) -> bool:
    if finding.rule in PORTRAIT_RULES and not portrait:
        return False
    return finding.status == "warn" or (finding.rule == SPAN_RULE and finding.status == "fail")
