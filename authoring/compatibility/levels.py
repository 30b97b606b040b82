"""From findings to what is to be expected in Photos.

Knows: how levels rest on rules, and the words for each. Must not know: facts, files.

Every sentence says what is expected and on what ground; none says that a file works.
"""

from __future__ import annotations

from collections.abc import Iterable

from authoring.compatibility.findings import LEVELS, Finding, Level
from authoring.compatibility.rules import RULES

SLIDER_RULE = "R16"
"""Broken alone it takes the aperture slider and leaves the other controls."""

BADGE_RULE, JPEG_RULE = "R8", "R25"

EVIDENCE = "judging by files that others tested, not by us"


def broken(findings: Iterable[Finding]) -> dict[str, Finding]:
    """The failed rules by their names."""
    return {one.rule: one for one in findings if one.status == "fail"}


def costs(failed: Iterable[str], level: Level) -> list[str]:
    """Those of the failed rules that take this level."""
    return [rule for rule in failed if RULES[rule].level == level]


def level_of(findings: Iterable[Finding]) -> Level:
    """The highest level whose rules hold.

    L2 (badge) and L3 (controls in Edit) do not rest on one another; L4 needs both, and the slider.
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
    """Whether a level is at least the one wanted."""
    return LEVELS.index(level) >= LEVELS.index(wanted)


def verdict_of(findings: Iterable[Finding]) -> str:
    """One sentence on what is expected, and on what ground."""
    findings = tuple(findings)
    failed, level = broken(findings), level_of(findings)
    if level == "none":
        first = failed[costs(failed, "L1")[0]]
        return f"no readable depth is expected: {first.message} ({first.rule})"
    jpeg = any(one.rule == JPEG_RULE and one.status == "note" for one in findings)
    doubt = "; for depth made by others this was never seen in a JPEG" if jpeg and level != "L1" else ""
    return f"{_expected(failed, level)}, {EVIDENCE}{doubt}"


def _expected(failed: dict[str, Finding], level: Level) -> str:
    if level == "L1":
        return "readable depth is expected; Photos is not expected to offer its portrait tools"
    if level == "L2":
        return "readable depth and a Portrait badge are expected, but no depth editing"
    if level == "L4":
        return "the aperture slider in Edit and the on/off toggle are expected"
    badge = " and without a Portrait badge" if BADGE_RULE in failed else ""
    if SLIDER_RULE in failed:
        return f"depth editing is expected without the aperture slider{badge}"
    return f"the aperture slider in Edit is expected, without the on/off toggle{badge}"
