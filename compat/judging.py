"""From two readings to a verdict: did the reader lose anything by the depth that was put in?

Knows: what counts as the same photo. Must not know: how a reader is run, what is known of it, how a page is laid out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from compat.known import reason_for
from compat.reading import Picture, Reading

State = Literal["ok", "explained", "FAIL", "not run", ""]

LIKENESS = 2.0
"""Gray levels by which block means of two codings of one photo may differ; 0.3 was the most seen."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What one reader made of one file that was written."""

    state: State
    depth: bool = False
    """Whether the reader tells of the depth."""
    opened: bool = True
    """Whether it opens the file that was written."""
    opened_before: bool = True
    """Whether it opens the photo before."""
    reasons: tuple[str, ...] = ()
    """Footnotes of what is explained."""
    faults: tuple[str, ...] = ()
    """What is not."""


def judge(reader: str, before: Reading, after: Reading, *, photo: str = "", has_depth: bool = True) -> Cell:
    """One cell. `before` and `after` are what the reader said of the photo without and with depth."""
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
    found = [f"new warning: {one}" for one in after.warnings if one not in before.warnings]
    if before.picture is not None:
        found += _differences(before.picture, after.picture)
    for key, value in before.tags.items():
        if key not in after.tags:
            found.append(f"lost {key}")
        elif after.tags[key] != value:
            found.append(f"changed {key}: {value[:60]} became {after.tags[key][:60]}")
    if has_depth and after.depth is False:
        found.append("sees no depth")
    return found


def _differences(before: Picture, after: Picture | None) -> list[str]:
    if after is None:
        return ["shows no picture"]
    if before.size != after.size:
        return [f"shows {_by(after)}, the photo was {_by(before)}"]
    return [] if before.digest == after.digest else ["shows other pixels"]


_EXIF = re.compile(r"^(IFD0|ExifIFD|GPS|ifd0|exif|gps)[:.]|^Exif 0x")
_TURNED = re.compile(r"Orientation$|0x0112$")
"""A photo that is coded upright says so."""


def unlike(source: Reading, after: Reading, *, to_heic: bool) -> str | None:
    """Why the photo coded anew is not the photo given; None where it is, or where the reader cannot tell.

    A photo of Exif Orientation 6 may be shown turned in one container and not in the other.
    """
    lost = [
        key
        for key, value in source.tags.items()
        if _EXIF.search(key) and not _TURNED.search(key) and after.tags.get(key) != value
    ]
    if lost and source.opened and after.opened:
        return f"coded anew it lost or changed {', '.join(lost)}"
    one, other = source.picture, after.picture
    if one is None or other is None or one.means is None or other.means is None:
        return None
    means = one.means
    if one.size != other.size:
        if one.size[::-1] != other.size:
            return f"coded anew it is {_by(other)}, the photo given was {_by(one)}"
        # Many readers turn a HEIC by its irot and leave a JPEG's Exif Orientation to who shows it.
        means = np.rot90(means, -1 if to_heic else 1)
    apart = float(np.abs(means - other.means).max())
    return f"coded anew it differs by {apart:.1f} gray levels" if apart > LIKENESS else None


def _by(one: Picture) -> str:
    return f"{one.size[0]}x{one.size[1]}"
