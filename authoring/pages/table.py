"""The report page: a card a file, written as they come.

Knows: what a card shows, and the markup that the page's script sorts and filters. Must not know: where the words come
from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from string import Template

from authoring.pages.html import asset, data_uri, escape, policy, script, shown_name


@dataclass(frozen=True, slots=True)
class Card:
    """One file."""

    name: str
    """Its path, as given; any text."""
    level: str
    """none, L1 … L4, or error."""
    headline: str
    facts: str
    """One line: sizes, range; may be empty."""
    photo: bytes | None
    """JPEG thumbnails."""
    depth: bytes | None
    obstacles: tuple[tuple[str, str, str], ...] = ()
    """Rule, why, and how to mend it."""
    findings: tuple[tuple[str, str, str, str], ...] = ()
    """Rule, grade, status and message of those that do not simply hold."""
    held: int = 0
    """How many rules hold."""
    verdict: str = ""
    hints: tuple[str, ...] = ()
