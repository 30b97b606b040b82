"""Notes collected while a photo is made ready."""

from __future__ import annotations

from dataclasses import dataclass, field

from authoring.maps.notes import Notes


@dataclass(slots=True)
class NoteList:
    """Sentences for the report, collected by several steps."""

    assumed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def extend(self, other: Notes | NoteList) -> None:
        """Add what another step had to say."""
        self.assumed.extend(other.assumed)
        self.notes.extend(other.notes)
