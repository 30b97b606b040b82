"""Derive from findings the level that is expected in Photos, the sentence for it, and the faults for a wanted level.

Every sentence says what is expected and on what evidence; none says that a file works.
"""

from __future__ import annotations

from collections.abc import Iterable

from authoring.compatibility.findings import LEVELS, Finding, Level
from authoring.compatibility.rules import RULES

SLIDER_RULE = "R16"
"""If only this one is broken, Edit lacks the aperture slider and has the other controls."""

BADGE_RULE = "R8"
"""If only this one is broken, Edit has its controls, and the photo no badge."""

SPAN_RULE = "R34"
"""Broken by a map that is nearly flat, whatever its metadata says."""

DNG_RULE = "RD7"
"""Broken by every DNG with depth."""

EVIDENCE = "based on other projects' device tests, not ours"


def broken(findings: Iterable[Finding]) -> dict[str, Finding]:
    """Return the findings of failed rules, by rule."""
    return {finding.rule: finding for finding in findings if finding.status == "fail"}


def costs(failed: Iterable[str], level: Level) -> list[str]:
    """Return the failed rules that cost this level."""
    return [rule for rule in failed if RULES[rule].level == level]


def level_of(findings: Iterable[Finding]) -> Level:
    """Return the highest level that device tests cover: without controls in Edit where an untested rule is broken."""
    findings = tuple(findings)
    possible = possible_level_of(findings)
    if possible in ("L3", "L4") and untested(findings):
        return "L1" if BADGE_RULE in broken(findings) else "L2"
    return possible


def possible_level_of(findings: Iterable[Finding]) -> Level:
    """Return the highest level whose rules hold, untested rules left out.

    L2 (badge) and L3 (controls in Edit) do not depend on one another; L4 needs both, and the slider.
    """
    failed = broken(findings)
    if costs(failed, "L1"):
        return "none"
    badge = not costs(failed, "L2")
    editing = not [rule for rule in costs(failed, "L3") if rule != SLIDER_RULE]
    if editing and badge and SLIDER_RULE not in failed and not costs(failed, "L4"):
        return "L4"
    if editing:
        return "L3"
    return "L2" if badge else "L1"


def reaches(level: Level, wanted: Level) -> bool:
    """Return whether a level is at least the wanted one."""
    return LEVELS.index(level) >= LEVELS.index(wanted)


def untested(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return the rules that are broken in a way that no device test covers."""
    return tuple(finding.rule for finding in findings if finding.status == "untested")


def verdict_of(findings: Iterable[Finding]) -> str:
    """Return one sentence on what is expected, and on what evidence."""
    findings = tuple(findings)
    failed, level = broken(findings), level_of(findings)
    if level == "none":
        first = failed[costs(failed, "L1")[0]]
        return f"no readable depth is expected: {first.message} ({first.rule})"
    if DNG_RULE in failed:
        return f"readable depth is expected, by the documents of Adobe and Apple; {failed[DNG_RULE].message}"
    if possible_level_of(findings) == level:
        return f"{_expected(failed, level)}, {EVIDENCE}"
    seen = "a Portrait badge is expected" if level == "L2" else "readable depth is expected"
    rules = ", ".join(untested(findings))
    return (
        f"{seen}, {EVIDENCE}; controls in Edit are possible, but this combination was never tested on a device "
        f"({rules})"
    )


def _expected(failed: dict[str, Finding], level: Level) -> str:
    if level == "L1":
        return "readable depth is expected; Photos is not expected to offer Portrait"
    if level == "L2":
        return "a Portrait badge is expected; controls in Edit are not"
    if level == "L4":
        return "the aperture slider in Edit and the on/off toggle are expected"
    badge = " and without a Portrait badge" if BADGE_RULE in failed else ""
    if SLIDER_RULE in failed:
        return f"depth editing is expected without the aperture slider{badge}"
    return f"the aperture slider in Edit is expected, without the on/off toggle{badge}"


def rule_faults(findings: Iterable[Finding], wanted: Level, *, strict: bool = False) -> tuple[str, ...]:
    """Return the rules whose breach is a fault, each with its message.

    wanted: rules of higher levels are not faults. strict: warnings are faults too, and untested rules where L3 or
    L4 is wanted.
    """
    return tuple(
        f"{finding.rule}: {finding.message}"
        for finding in findings
        if _is_fault(finding, wanted, strict=strict)
    )


def _is_fault(finding: Finding, wanted: Level, *, strict: bool) -> bool:
    if finding.status == "untested":
        return strict and reaches(wanted, "L3")
    if finding.status == "warn":
        return strict
    loss = RULES[finding.rule].level
    if finding.status == "pass" or loss == "untested" or loss == "warning" or loss == "note":
        return False
    return reaches(wanted, loss)
