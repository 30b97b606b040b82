"""Define the command kit, which writes test files for an iPhone."""

from __future__ import annotations

from authoring.cli import options
from authoring.cli.output import Report, count, labelled, print_report


def kit(
    output: options.KitOutput,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Write test files that show what Photos asks for on an iPhone.

    The files hold one rendered picture with its depth, and each differs from
    another in one thing. index.html tells how to bring them onto the device and
    what to look for; results.csv is the form to send back.

    depthauthor kit --out device-test
    """
    from authoring.api import kit_files

    report = kit_files.kit(output, overwrite=overwrite)
    print_report(report, as_json, kit_text, quiet=quiet)


def kit_text(report: Report) -> str:
    """Describe the kit: the folder, its files with the predicted levels, and where to begin."""
    lines = [f"{report['output']}: {count(len(report['files']), 'test file')}"]
    lines += [f"  {_levels(file):<14} {file['file']:<28} {file['change']}" for file in report["files"]]
    lines += labelled("page", [f"open {report['page']} on the device or print it; it says what to look for"])
    lines += labelled("form", [f"fill in {report['form']} and send it back"])
    lines += labelled(
        "note", ["levels are predicted by the rules; none of these files was opened on an Apple device by us"]
    )
    return "\n".join(lines)


def _levels(file: Report) -> str:
    level, possible = file["level"], file["possible_level"]
    return level if possible == level else f"{level}, maybe {possible}"
