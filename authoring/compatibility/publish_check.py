"""Run the rules on a file that is about to be written."""

from __future__ import annotations

from dataclasses import dataclass

from authoring.compatibility import rules
from authoring.compatibility.doctor import obstacles_of
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
    reasons: tuple[str, ...]
    """Why less is expected than the portrait profile aims at, and for a JPEG how to get the tested container."""


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
        _reasons(facts, findings) if portrait else (),
    )


def _reasons(facts: Facts, findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """Return the first reason for a level below L4, and the advice for a JPEG."""
    reasons = [obstacle.because for obstacle in obstacles_of(facts, findings) if obstacle.rule != "R25"][:1]
    if facts.layout.container == "jpeg":
        reasons.append("depth from another source was tested in HEIC only; to get one, write -o x.heic")
    return tuple(reasons)


def _warns(finding: Finding, portrait: bool) -> bool:
    if finding.rule in PORTRAIT_RULES and not portrait:
        return False
    return finding.status == "warn" or (finding.rule == SPAN_RULE and finding.status == "fail")
