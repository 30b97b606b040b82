"""Compare two readings of a photo, without and with depth: did the reader lose anything?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from compat.known import reason_for
from compat.reading import Picture, Reading

State = Literal["ok", "explained", "FAIL", "not run", ""]

LIKENESS = 2.0
"""Gray levels by which block means of two encodings of one photo may differ; 0.3 was the largest seen."""


@dataclass(frozen=True, slots=True)
class Cell:
    """The result of one reader for one written file."""

    state: State
    depth: bool = False
    """Whether the reader reports the depth."""
    opened: bool = True
    """Whether it opens the written file."""
    opened_before: bool = True
    """Whether it opens the photo before."""
    reasons: tuple[str, ...] = ()
    """Of explained differences."""
    faults: tuple[str, ...] = ()
    """Unexplained differences."""


def judge(reader: str, before: Reading, after: Reading, *, photo: str = "", has_depth: bool = True) -> Cell:
    """Return the cell for a reader's readings of the photo without and with depth."""
    depth = bool(after.depth) or (after.pictures or 0) > (before.pictures or after.pictures or 0)
    if not before.opened and not after.opened:
        reason = reason_for(reader, photo, f"refused: {before.refusal}")
        words = reason or f"Refuses the photo before, too: {before.refusal}"
        return Cell("explained", False, False, False, (words,))
    reasons, faults = [], []
    for complaint in _complaints(before, after, has_depth=has_depth):
        reason = reason_for(reader, photo, complaint)
        if reason is None:
            faults.append(complaint)
        elif reason not in reasons:
            reasons.append(reason)
    state: State = "FAIL" if faults else "explained" if reasons else "ok"
    return Cell(state, depth, after.opened, before.opened, tuple(reasons), tuple(faults))


def _complaints(before: Reading, after: Reading, *, has_depth: bool) -> list[str]:
    if before.opened != after.opened:
        return (
            [f"refused: {after.refusal}"]
            if before.opened
            else [f"opens it, but not the photo: {before.refusal}"]
        )
    faults = [f"new warning: {warning}" for warning in after.warnings if warning not in before.warnings]
    if before.picture is not None:
        faults += _differences(before.picture, after.picture)
    for key, value in before.tags.items():
        if key not in after.tags:
            faults.append(f"lost {key}")
        elif after.tags[key] != value:
            faults.append(f"changed {key}: {value[:60]} became {after.tags[key][:60]}")
    if has_depth and after.depth is False:
        faults.append("sees no depth")
    return faults


def _differences(before: Picture, after: Picture | None) -> list[str]:
    if after is None:
        return ["shows no picture"]
    if before.size != after.size:
        return [f"shows {_size(after)}, the photo was {_size(before)}"]
    return [] if before.digest == after.digest else ["shows other pixels"]


_EXIF = re.compile(r"^(IFD0|ExifIFD|GPS|ifd0|exif|gps)[:.]|^Exif 0x")
_ORIENTATION = re.compile(r"Orientation$|0x0112$")
"""A photo that is re-encoded upright states that."""


def reencoding_fault(source: Reading, after: Reading, *, to_heic: bool) -> str | None:
    """Return how the re-encoded photo differs from its source; None if it does not, or if the reader cannot tell.

    A photo with Exif Orientation 6 may be shown turned in one container and not in the other.
    """
    lost = [
        key
        for key, value in source.tags.items()
        if _EXIF.search(key) and not _ORIENTATION.search(key) and after.tags.get(key) != value
    ]
    if lost and source.opened and after.opened:
        return f"re-encoding lost or changed {', '.join(lost)}"
    first, second = source.picture, after.picture
    if first is None or second is None or first.means is None or second.means is None:
        return None
    means = first.means
    if first.size != second.size:
        if first.size[::-1] != second.size:
            return f"re-encoded it is {_size(second)}, the source was {_size(first)}"
        # Many readers turn a HEIC by its irot and leave a JPEG's Exif Orientation to the viewer.
        means = np.rot90(means, -1 if to_heic else 1)
    difference = float(np.abs(means - second.means).max())
    return f"re-encoded it differs by {difference:.1f} gray levels" if difference > LIKENESS else None


def _size(picture: Picture) -> str:
    return f"{picture.size[0]}x{picture.size[1]}"
