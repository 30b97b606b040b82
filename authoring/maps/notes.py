"""Sentences for the report: what was assumed about a map or photo, and what a person should know."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notes:
    """What a step assumed, what else it has to say, and what a person should check. `+` joins two steps' notes."""

    assumed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    """Evidence that the depth may be wrong as it was understood; printed first."""

    def __add__(self, other: Notes) -> Notes:
        """Return these notes, followed by the other's."""
        return Notes(self.assumed + other.assumed, self.notes + other.notes, self.warnings + other.warnings)


def percent(share: float, digits: int = 1) -> str:
    """Return a share of 0 to 1 as "39.8 %"."""
    return f"{100 * share:.{digits}f} %"
