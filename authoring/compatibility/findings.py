"""What a check has to say: a rule, and the finding it gives for one file.

Knows: grades of evidence, levels of what Photos offers, the four outcomes of a check.
Must not know: any rule, any file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Grade = Literal["A", "B", "C", "D"]
"""How well a rule is known.

A: behaviour of Apple's frameworks described in public, and isolated on a device by somebody. B: seen on a device
or in the bytes of real files, mechanism not known. C: documentation or a published description, no device test
found. D: inferred, or one weak report.
"""

Level = Literal["none", "L1", "L2", "L3", "L4"]
"""How far a file gets in Photos.

L1: its depth can be read. L2: it is shown as a portrait. L3: Edit offers depth controls. L4: the effect can also be
switched on and off outside Edit.
"""

Loss = Literal["L1", "L2", "L3", "L4", "warning", "note"]
"""What a broken rule costs: the level that is not reached, or no level at all."""

Status = Literal["pass", "fail", "warn", "note"]

LEVELS: tuple[Level, ...] = ("none", "L1", "L2", "L3", "L4")
"""In rising order."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the rule table."""

    id: str
    """R1, R2, …; never used again for another rule."""
    grade: Grade
    sentence: str
    """What must hold, for a person."""
    level: Loss
    source: str
    """Where it is known from: files, a document, a kind of test."""
    remark: str = ""
    """What real files taught beside or against the source."""


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
