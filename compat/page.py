"""Write docs/readers.md from the matrix."""

from __future__ import annotations

from collections.abc import Sequence

from compat.cases import Case
from compat.judging import Cell
from compat.table import Column

Group = tuple[str, Sequence[Case], Sequence[Column]]

_HEAD = """# Readers

Whether other programs still read a photo once it holds depth. Written by
`python -m compat.matrix --out docs/readers.md`; run it again instead of editing. All files are the project's own, made
from the golden scene.

**ok**: the reader opens the file, shows the same pixels as of the photo before, reads every tag that it read before
with its value, and gives no further warning. **depth**: it also reports the depth map, or counts it as a picture.
**refused**: the reader opens neither the file nor the photo before. **lost**: it opened the photo before and refuses
the file. A number refers to an explained difference, see below. **FAIL**: an unexplained one. **not run**: the reader
was not installed.

Photos that change their container are re-encoded; readers must then show the same pixels with depth as without, and if
they can open both, a picture like the original photo, with the same Exif.

"""


def page(groups: Sequence[Group]) -> str:
    """Return the page as Markdown."""
    notes: dict[str, int] = {}
    tables = "".join(f"## {name}\n\n{_table(cases, columns, notes)}\n" for name, cases, columns in groups)
    reasons = "".join(f"{number}. {reason}\n" for reason, number in notes.items())
    return f"{_HEAD}{_readers(groups[0][2])}\n{tables}## What the numbers mean\n\n{reasons}"


def _readers(columns: Sequence[Column]) -> str:
    rows = "".join(
        f"| {column.reader} | {column.version or f'not run: {column.missing}'} |\n" for column in columns
    )
    return f"| reader | version |\n|---|---|\n{rows}"


def _table(cases: Sequence[Case], columns: Sequence[Column], notes: dict[str, int]) -> str:
    shown = [column for column in columns if any(cell.state for cell in column.cells)]
    text = f"| photo | made by | {' | '.join(column.reader for column in shown)} |\n"
    text += f"|---|---|{'---|' * len(shown)}\n"
    last = ""
    for row, case in enumerate(cases):
        cells = " | ".join(_cell(column.cells[row], notes) for column in shown)
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
    text = f"{words} ({', '.join(map(str, numbers))})" if numbers else words
    return f"{text}, depth" if cell.depth else text
