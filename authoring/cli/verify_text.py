"""Reports of checks as a person reads them.

Knows: the reports' JSON names. Must not know: how the values came about.
"""

from __future__ import annotations

from typing import Any

Report = dict[str, Any]

_MARKS = {"pass": "ok", "fail": "FAIL", "warn": "warn", "note": "note"}
_NAME_WIDTH = 40


def verify(report: Report, *, everything: bool = False) -> str:
    """Level and verdict, what is wrong (with `everything` what is right, too), and the proofs."""
    lines = [f"{report['file']}: {report['level']}", f"  {report['verdict']}"]
    findings = report["findings"]
    for one in findings:
        if everything or one["status"] != "pass":
            lines += _finding(one)
    passed = sum(one["status"] == "pass" for one in findings)
    lines.append(f"  {passed} of {len(findings)} rules hold")
    if report["roundtrip"]:
        lines += _roundtrip(report["roundtrip"])
    if report["photo"]:
        lines += _photo(report["photo"])
    return "\n".join(lines)


def _finding(one: Report) -> list[str]:
    lines = [f"  {_MARKS[one['status']]:<5}{one['rule']:<4}({one['grade']}) {one['message']}"]
    if one["status"] == "pass":
        return lines
    detail = [f"{name} {one[name]}" for name in ("expected", "found") if one[name]]
    place = [f"in {one['where']}"] if one["where"] else []
    if detail or place:
        lines.append(f"               {'; '.join([*detail, *place])}")
    return lines


def _roundtrip(trip: Report) -> list[str]:
    unit = trip["unit"]
    lines = [
        f"  map        error {trip['max_error']:.3g} {unit} at most, {trip['mean_error']:.3g} on average; "
        f"bound {trip['bound']:.3g}"
    ]
    if trip["max_error_m"] is not None and unit != "m":
        lines.append(
            f"             {trip['max_error_m']:.3g} m at most, {trip['mean_error_m']:.3g} m on average"
        )
    return lines


def _photo(proof: Report) -> list[str]:
    word = "unchanged but for what depth needs" if proof["identical"] else "NOT the original"
    lines = [f"  photo      {word}; {proof['compared']} parts compared, pixels {proof['pixels']}"]
    by_reason: dict[str, list[Report]] = {}
    for one in proof["touched"]:
        by_reason.setdefault(one["reason"], []).append(one)
    for reason, places in by_reason.items():
        size = sum(one["stop"] - one["start"] for one in places)
        first = f"{size} bytes from {places[0]['start']} on: " if size else ""
        lines.append(f"             {first}{reason}")
    return lines


def doctor(report: Report) -> str:
    """What Photos will probably show, why, and how to mend it."""
    lines = [f"{report['file']}: {report['headline']}."]
    for number, one in enumerate(report["obstacles"], 1):
        lines += [
            f"  {number}. {_sentence(one['because'])} ({one['rule']})",
            f"     To mend it: {one['mend']}.",
        ]
    lines += [f"  Good to know: {hint}." for hint in report["hints"]]
    lines.append(f"  Expected level {report['level']}: {report['verdict']}.")
    return "\n".join(lines)


def doctor_table(reports: list[Report]) -> str:
    """One line a file: level, how many obstacles, the first of them."""
    width = min(max(len(str(one["file"])) for one in reports), _NAME_WIDTH)
    lines = [f"{'file':<{width}}  level  what stands in the way first"]
    for one in reports:
        name = str(one["file"])
        shown = name if len(name) <= width else f"…{name[1 - width :]}"
        lines.append(f"{shown:<{width}}  {one['level']:<5}  {_first(one)}")
    return "\n".join(lines)


def _first(report: Report) -> str:
    if "error" in report:
        return str(report["error"])
    obstacles = report["obstacles"]
    if not obstacles:
        return "nothing"
    more = f" (and {len(obstacles) - 1} more)" if len(obstacles) > 1 else ""
    return f"{obstacles[0]['because']}{more}"


def _sentence(half: str) -> str:
    return f"{half[:1].upper()}{half[1:]}."
