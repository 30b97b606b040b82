"""docs/rules.md, from the rule table.

Knows: how the table is shown. Must not know: the rules.
"""

from __future__ import annotations

from typing import get_args

from authoring.compatibility.findings import Grade
from authoring.compatibility.rules import TABLE

_HEAD = """# The rules that `verify` runs

Made from the rule table in `authoring/compatibility/rules.py` by `python -m schemas.export`; edit the table instead.

Nothing here was tried on an Apple device by this project. A rule says what is expected, and its grade on what ground:

| grade | how well it is known |
|---|---|
| A | behaviour of Apple's frameworks, described in public **and** isolated on a device by somebody |
| B | seen on a device or in the bytes of real files; the mechanism is not known |
| C | documentation, or a published description; no device test found |
| D | inferred, or one weak report |

Levels: **L1** the depth can be read · **L2** Photos shows a Portrait badge · **L3** Edit offers depth controls ·
**L4** the effect can be switched on and off outside Edit. A broken rule costs its level; L4 needs all of them, while L2
and L3 do not rest on one another. R16 alone costs only the aperture slider. A rule that costs no level gives a warning
(a fault under `--strict`) or a note. `verify` ends with exit code 1 where a rule of a level fails; with `--level L1`
only those count that the file is meant to keep.

| rule | grade | costs | what must hold | known from |
|---|---|---|---|---|
"""


def page() -> str:
    """The page as Markdown."""
    assert set(get_args(Grade)) == {"A", "B", "C", "D"}
    rows = "".join(
        f"| {row.rule.id} | {row.rule.grade} | {row.rule.level} | {row.rule.sentence} | {row.rule.source} |\n"
        for row in TABLE
    )
    remarks = "".join(f"- **{row.rule.id}** {row.rule.remark}\n" for row in TABLE if row.rule.remark)
    return f"{_HEAD}{rows}\n## What real files taught\n\n{remarks}"
