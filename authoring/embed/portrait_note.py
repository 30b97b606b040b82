"""Choose the maker note for a photo that has none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from authoring.apple.makernote import donated_note
from authoring.apple.nominal_maker_note import nominal_note
from authoring.apple.portrait_exif import MINIMAL_NOTE
from authoring.maps.notes import Notes

MakerNoteKind = Literal["full", "minimal", "none"]


@dataclass(frozen=True, slots=True)
class NewNote:
    """A maker note to write where the photo has none, and what the report says if it was written."""

    note: bytes | None
    """None leaves maker notes alone."""
    notes: Notes


def choose_note(kind: MakerNoteKind, donors: Sequence[bytes | None], *, gain_map: bool) -> NewNote:
    """Return a note of this kind: full takes the first donor's entries that do, or the nominal ones.

    donors: the maker notes of the photos that depth, rendering parameters and calibration are taken from; None for a
    photo without one. gain_map: whether the photo has one of its own.
    """
    if kind == "none":
        return NewNote(None, Notes())
    if kind == "minimal":
        return NewNote(MINIMAL_NOTE, Notes())
    for donor in donors:
        note = donated_note(donor, gain_map=gain_map) if donor is not None else None
        if note is not None:
            return NewNote(
                note,
                Notes(
                    assumed=(
                        "the maker note's values are the donor's capture values, without its texts, times and "
                        "identifiers",
                    )
                ),
            )
    unusable = (
        "the donor's maker note has not the entries that device tests cover; the nominal one was written",
    )
    return NewNote(
        nominal_note(gain_map=gain_map),
        Notes(
            ("the maker note's values are another photo's capture values (one iPhone 13 Pro photo)",),
            unusable if donors else (),
        ),
    )
