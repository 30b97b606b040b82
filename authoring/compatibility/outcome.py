"""What a rule's function gives back, before the table turns it into a finding.

Knows: whether the rule holds, and the words for it. Must not know: grades, levels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from authoring.compatibility.facts import Facts


class Outcome(NamedTuple):
    """Whether a rule holds in one file."""

    holds: bool
    message: str
    expected: str | None = None
    found: str | None = None
    where: str | None = None


Check = Callable[[Facts], Outcome | None]
"""One rule on the facts; None where it has nothing to judge, as without a depth map."""
