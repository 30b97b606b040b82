"""Define the types of a check: grades of evidence, levels in Photos, what a rule's function returns, and findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Grade = Literal["A", "B", "C", "D"]
"""How well a rule is known.

A: behaviour of Apple's frameworks that is described in public and was isolated on a device. B: seen on a device or
in the bytes of real files, mechanism unknown. C: documentation or a published description, no device test found.
D: inferred, or one weak report.
"""

Level = Literal["none", "L1", "L2", "L3", "L4"]
"""How far a file gets in Photos.

L1: its depth can be read. L2: it is shown as a portrait. L3: Edit offers depth controls. L4: the effect can also be
switched on and off outside Edit.
"""

Loss = Literal["L1", "L2", "L3", "L4", "untested", "warning", "note"]
"""What a broken rule costs: the level that is not reached, or no level at all.

untested: the file differs from all that were tried on a device. Controls in Edit (L3, L4) are then possible, and not
covered by any test.
"""

Status = Literal["pass", "fail", "untested", "warn", "note"]

LEVELS: tuple[Level, ...] = ("none", "L1", "L2", "L3", "L4")
"""In rising order."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a rule's function returns: whether the rule holds in one file, and the words for it."""

    holds: bool
    message: str
    expected: str | None = None
    found: str | None = None
    where: str | None = None
    status: Status | None = None
    """If the rule asks less of this file than its row says, as of a camera's own file."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says about one file."""

    rule: str
    grade: Grade
    status: Status
    message: str
    """One sentence for a person, without the file's name."""
    expected: str | None = None
    found: str | None = None
    where: str | None = None
    """The part of the file, such as `item 54, auxC` or `maker note, entry 0x0019`."""
