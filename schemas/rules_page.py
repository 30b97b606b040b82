"""Write docs/rules.md from the rule table."""

from __future__ import annotations

from typing import get_args

from authoring.compatibility.findings import Grade
from authoring.compatibility.rules import TABLE
from schemas.device_tests import DeviceTest, grade_by_tests, tests_of

_HEAD = """# The rules that `verify` runs

Made from the rule table in `authoring/compatibility/rules.py` by `python -m schemas.export`; edit the table instead.

Nothing here was tried on an Apple device by this project. A rule says what is expected, and its grade how well that is
known:

| grade | how well it is known |
|---|---|
| A | behaviour of Apple's frameworks, described in public **and** isolated on a device |
| B | seen on a device or in the bytes of real files; the mechanism is not known |
| C | documentation or a published description; no device test found |
| D | inferred, or one weak report |

Levels: **L1** the depth can be read · **L2** Photos shows a Portrait badge · **L3** Edit offers depth controls ·
**L4** the effect can be switched on and off outside Edit. A broken rule costs its level; L4 needs all of them, while L2
and L3 do not depend on one another. R16 alone costs only the aperture slider. A rule that costs no level gives a
warning (a fault under `--strict`) or a note. `verify` ends with exit code 1 if a rule of a level fails; with
`--level L1` only the rules of that level count.

**untested**: the file differs from all that somebody tried on a device. It may well work, and nobody has seen it. The
`level` of a report is then at most L2, and its `possible_level` is what the other rules allow. An untested rule is a
fault only under `--strict` with L3 or L4 wanted. What was tried with success: HEIC, a maker note of a phone or about 50
numeric entries of one, with 0x20 and without 0x40 in 0x0019 and with 0x001F set, a focus region, and depth XMP with
calibration and rendering parameters. A JPEG with depth from other software and a maker note of the two flags alone are
not among it.

| rule | grade | costs | what must hold | known from |
|---|---|---|---|---|
"""

_TESTS = """## Device tests

All are other projects'; see [Device tests](device-tests.md). A test with one change isolates its rule: grade A.

"""


def page() -> str:
    """Return the page as Markdown."""
    assert set(get_args(Grade)) == {"A", "B", "C", "D"}
    rows = "".join(
        f"| {rule.id} | {grade_by_tests(rule.id) or rule.grade} | {rule.level} | {rule.sentence} | {rule.source} |\n"
        for rule in TABLE
    )
    remarks = "".join(f"- **{rule.id}** {rule.remark}\n" for rule in TABLE if rule.remark)
    tested = "".join(
        f"- **{rule.id}** {', '.join(_test_words(test) for test in tests_of(rule.id))}\n"
        for rule in TABLE
        if tests_of(rule.id)
    )
    return f"{_HEAD}{rows}\n## What real files add\n\n{remarks}\n{_TESTS}{tested}"


def _test_words(test: DeviceTest) -> str:
    return f"{test.name} (one change)" if test.one_change else test.name
