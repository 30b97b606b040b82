"""Describe the reports of verify and doctor as text for people."""

from __future__ import annotations

from authoring.cli.estimate_text import estimate_lines
from authoring.cli.output import Report, count, level_text
from authoring.depth.distance_text import metres

_STATUSES = {"pass": "ok", "fail": "FAIL", "untested": "untested", "warn": "warn", "note": "note"}
_NAME_WIDTH = 40


def verify_text(report: Report, *, everything: bool = False) -> str:
    """Describe the level, the rules that fail (all rules if `everything`), and the proofs."""
    lines = [f"{report['file']}: {level_text(report)}", f"  {report['verdict']}", *estimate_lines(report)]
    findings = report["findings"]
    for finding in findings:
        if everything or finding["status"] != "pass":
            lines += _finding_lines(finding)
    passed = sum(finding["status"] == "pass" for finding in findings)
    lines.append(f"  {passed} of {len(findings)} rules hold")
    if report["roundtrip"]:
        lines += _map_lines(report["roundtrip"])
    if report["photo"]:
        lines += _photo_lines(report["photo"])
    return "\n".join(lines)


def _finding_lines(finding: Report) -> list[str]:
    lines = [
        f"  {_STATUSES[finding['status']]:<9}{finding['rule']:<4}({finding['grade']}) {finding['message']}"
    ]
    if finding["status"] == "pass":
        return lines
    details = [f"{name} {finding[name]}" for name in ("expected", "found") if finding[name]]
    if finding["where"]:
        details.append(f"in {finding['where']}")
    if details:
        lines.append(f"                   {'; '.join(details)}")
    return lines


def _map_lines(comparison: Report) -> list[str]:
    unit = comparison["unit"]
    lines = [
        f"  map        error {comparison['max_error']:.3g} {unit} at most, {comparison['mean_error']:.3g} on average; "
        f"bound {comparison['bound']:.3g}"
    ]
    if comparison["max_error_m"] is not None and unit != "m":
        lines.append(
            f"             {metres(comparison['max_error_m'])} at most, {metres(comparison['mean_error_m'])} on average"
        )
    return lines


def _photo_lines(proof: Report) -> list[str]:
    verdict = "unchanged except for what depth needs" if proof["identical"] else "NOT the original"
    lines = [f"  photo      {verdict}; {count(proof['compared'], 'part')} compared, pixels {proof['pixels']}"]
    by_reason: dict[str, list[Report]] = {}
    for edit in proof["touched"]:
        by_reason.setdefault(edit["reason"], []).append(edit)
    for reason, edits in by_reason.items():
        size = sum(edit["stop"] - edit["start"] for edit in edits)
        place = f"{count(size, 'byte')} at offset {edits[0]['start']}: " if size else ""
        lines.append(f"             {place}{reason}")
    return lines


def doctor_text(report: Report) -> str:
    """Describe what Photos will probably show, why, and how to fix it."""
    lines = [f"{report['file']}: {report['headline']}."]
    for number, obstacle in enumerate(report["obstacles"], 1):
        lines += [
            f"  {number}. {_capitalized(obstacle['because'])}. ({obstacle['rule']})",
            f"     To fix it: {obstacle['mend']}.",
        ]
    lines += [f"  Note: {hint}." for hint in report["hints"]]
    lines.append(f"  Expected level {level_text(report)}: {report['verdict']}.")
    return "\n".join(lines)


def doctor_table(reports: list[Report]) -> str:
    """Describe one line a file: level, the first problem, how many more."""
    width = min(max(len(str(report["file"])) for report in reports), _NAME_WIDTH)
    lines = [f"{'file':<{width}}  level  possible  first problem"]
    for report in reports:
        name = str(report["file"])
        shown = name if len(name) <= width else f"…{name[1 - width :]}"
        possible = report.get("possible_level", "none")
        lines.append(f"{shown:<{width}}  {report['level']:<5}  {possible:<8}  {_first_problem(report)}")
    return "\n".join(lines)


def _first_problem(report: Report) -> str:
    if "error" in report:
        return str(report["error"])
    obstacles = report["obstacles"]
    if not obstacles:
        return "no problem"
    more = f" (and {len(obstacles) - 1} more)" if len(obstacles) > 1 else ""
    return f"{obstacles[0]['because']}{more}"


def _capitalized(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
