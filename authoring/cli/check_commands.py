"""Define the commands that check photos: verify and doctor."""

from __future__ import annotations

import sys

from typer import Context

from authoring.cli import arguments, options
from authoring.cli.exit_codes import DONE, FAULT_FOUND, SOME_FAILED
from authoring.cli.options import MEANING, given
from authoring.cli.output import Report, print_json, print_report, printable_report, say
from authoring.errors import DepthauthorError


def verify(
    context: Context,
    file: arguments.FileArgument,
    photo: options.OriginalPhoto = None,
    map: options.EmbeddedMaps = None,
    level: options.Level = "L4",
    strict: options.Strict = False,
    near_m: options.Near = None,
    far_m: options.Far = None,
    white: options.White = "far",
    invert: options.Invert = None,
    spacing: options.Spacing = "depth",
    preset: options.Preset = None,
    kind: options.Kind = None,
    unit: options.Unit = None,
    focal_px: options.FocalPx = None,
    baseline_m: options.Baseline = None,
    doffs: options.Doffs = None,
    invalid: options.Invalid = None,
    clip: options.Clip = None,
    stretch: options.Stretch = None,
    force: options.Force = None,
    max_holes: options.MaxHoles = 60,
    key: options.Key = None,
    frame: options.Frame = None,
    map_orientation: options.MapOrientation = None,
    refine: options.Refine = False,
    everything: options.AllRules = False,
    as_json: options.AsJson = False,
) -> int:
    """Predict the level of a file in Photos; check photo and map.

    The exit code is 1 if a rule fails, if the photo is not the original, or if
    the error of the map exceeds its bound. Describe the map as for embed.

    depthauthor verify out.heic --photo in.heic --map mask.png --near 0.3 --far 5
    """
    from authoring.api import check_files
    from authoring.cli.check_text import verify_text

    report = check_files.verify(
        file, original=photo, maps=map or (), level=level, strict=strict, **given(context, MEANING)
    )
    print_report(report, as_json, lambda value: verify_text(value, everything=everything))
    return DONE if report.passed else FAULT_FOUND


def doctor(photos: arguments.PhotosArgument, as_json: options.AsJsonLines = False) -> int:
    """Say why Photos may show no aperture slider, and how to fix it.

    Several files give a table.
    """
    from authoring.api import check_files
    from authoring.cli.check_text import doctor_table, doctor_text
    from authoring.read.report_json import as_json as json_of

    reports: list[Report] = []
    for path in photos:
        try:
            reports.append(json_of(check_files.doctor(path)))
        except DepthauthorError as error:
            if len(photos) == 1:
                raise
            reports.append({"file": str(path), "level": "none", "error": error.message})
    if as_json:
        for report in reports:
            if "error" in report:
                say(report["error"])
            else:
                print_json(report, sys.stdout)
    elif len(reports) == 1:
        print_report(reports[0], False, doctor_text)
    else:
        sys.stdout.write(doctor_table(printable_report(reports)) + "\n")
    return SOME_FAILED if any("error" in report for report in reports) else DONE
