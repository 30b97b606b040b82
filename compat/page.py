"""docs/readers.md.

Knows: how the matrix is shown. Must not know: readers, files.
"""

from __future__ import annotations

from collections.abc import Sequence

from compat.cases import Case
from compat.judging import Cell
from compat.table import Column

Group = tuple[str, Sequence[Case], Sequence[Column]]

_HEAD = """# Readers

Whether programs that know nothing of this project go on reading a photo once it carries depth. Made by
`python -m compat.matrix --out docs/readers.md`; run it again rather than editing. All files are the project's own, made
from the golden scene.

**ok**: the reader opens the file, shows the very pixels it showed of the photo before, reads every tag it read before
with its value, and says no word of warning more. **depth**: it also tells of the depth map, or counts it as a picture.
**refused**: the reader opens neither the file nor the photo before. **lost**: it opened the photo before and refuses
the file. A number is a difference that is understood, told below. **FAIL**: one that is not. **not run**: the reader
was not there.

Photos that change their container are coded anew; readers must then show the same pixels with depth as without,
and where they can open both, a picture like the photo given, with the same Exif.

"""


def page(groups: Sequence[Group]) -> str:
    """The page as Markdown."""
    notes: dict[str, int] = {}
    tables = "".join(f"## {name}\n\n{_table(cases, columns, notes)}\n" for name, cases, columns in groups)
    told = "".join(f"{number}. {reason}\n" for reason, number in notes.items())
    return f"{_HEAD}{_readers(groups[0][2])}\n{tables}## What the numbers mean\n\n{told}"


def _readers(columns: Sequence[Column]) -> str:
    rows = "".join(f"| {one.reader} | {one.version or f'not run: {one.missing}'} |\n" for one in columns)
    return f"| reader | version |\n|---|---|\n{rows}"


def _table(cases: Sequence[Case], columns: Sequence[Column], notes: dict[str, int]) -> str:
    shown = [one for one in columns if any(cell.state for cell in one.cells)]
    text = f"| photo | made by | {' | '.join(one.reader for one in shown)} |\n"
    text += f"|---|---|{'---|' * len(shown)}\n"
    last = ""
    for row, case in enumerate(cases):
        cells = " | ".join(_cell(one.cells[row], notes) for one in shown)
        text += f"| {'' if case.photo == last else case.photo} | {case.made} | {cells} |\n"
        last = case.photo
    return text


def _cell(cell: Cell, notes: dict[str, int]) -> str:
    if cell.state in ("", "not run"):
        return cell.state
    if cell.state == "FAIL":
        words = "**FAIL**"
    elif cell.opened:
        words = "ok"
    else:
        words = "**lost**" if cell.opened_before else "refused"
    numbers = sorted(notes.setdefault(reason, len(notes) + 1) for reason in cell.reasons)
    told = f"{words} ({', '.join(map(str, numbers))})" if numbers else words
    return f"{told}, depth" if cell.depth else told
