"""Define the commands that check photos: verify and doctor."""

from __future__ import annotations

import sys
from pathlib import Path

from typer import Context

from authoring.cli import arguments, options
from authoring.cli.each_file import Outcome, read_each
from authoring.cli.exit_codes import DONE, FAULT_FOUND
from authoring.cli.options import MEANING, given
from authoring.cli.output import Report, printable_report
from authoring.errors import DepthauthorError, UsageError


def verify(
    context: Context,
    photos: arguments.FilesArgument,
    recursive: options.Recursive = False,
    photo: options.OriginalPhoto = None,
    map: options.EmbeddedMaps = None,
    level: options.Level = "L4",
    strict: options.Strict = False,
    near: options.Near = None,
    far: options.Far = None,
    white: options.White = None,
    invert: options.Invert = None,
    spacing: options.Spacing = "depth",
    preset: options.Preset = None,
    kind: options.Kind = None,
    unit: options.Unit = None,
    focal_px: options.FocalPx = None,
    baseline: options.Baseline = None,
    doffs: options.Doffs = None,
    invalid: options.Invalid = None,
    clip: options.Clip = None,
    stretch: options.Stretch = None,
    force: options.Force = None,
    max_holes: options.MaxHoles = 60,
    min_confidence: options.MinConfidence = None,
    key: options.Key = None,
    frame: options.Frame = None,
    map_orientation: options.MapOrientation = None,
    refine: options.Refine = None,
    decode: options.Decode = True,
    everything: options.AllRules = False,
    quiet: options.Quiet = False,
    as_json: options.AsJsonLines = False,
) -> int:
    """Predict the level of a file in Photos; check photo and map.

    The exit code is 1 if a rule fails, if the photo is not the original, or if
    the error of the map exceeds its bound. Describe the map as for embed.

    depthauthor verify photo-depth.jpg --photo photo.jpg --map mask.png --near 0.3 --far 5
    """
    from authoring.api import check_files
    from authoring.api.photo_list import list_photos
    from authoring.cli.check_text import verify_text

    paths = [listed.path for listed in list_photos(photos, recursive=recursive)]
    if (photo or map) and len(paths) > 1:
        raise UsageError("--photo and --map are about one photo; give one to verify")

    def verify_one(path: Path) -> Outcome:
        report = check_files.verify(
            path,
            original=photo,
            maps=map or (),
            level=level,
            strict=strict,
            decode=decode,
            **given(context, MEANING),
        )
        return Outcome(report, DONE if report.passed else FAULT_FOUND)

    def to_text(report: Report) -> str:
        return verify_text(report, everything=everything)

    return read_each(paths, verify_one, to_text, as_json=as_json, quiet=quiet)


def doctor(
    photos: arguments.FilesArgument,
    recursive: options.Recursive = False,
    decode: options.Decode = True,
    as_json: options.AsJsonLines = False,
) -> int:
    """Say why Photos may show no aperture slider, and how to fix it.

    Several files give a table.

    depthauthor doctor IMG_0001.HEIC IMG_0002.HEIC
    """
    from authoring.api import check_files
    from authoring.api.photo_list import list_photos
    from authoring.cli.check_text import doctor_table, doctor_text

    paths = [photo.path for photo in list_photos(photos, recursive=recursive)]
    if as_json or len(paths) == 1:
        return read_each(
            paths, lambda path: Outcome(check_files.doctor(path, decode=decode)), doctor_text, as_json=as_json
        )
    worst, rows = DONE, []
    for path in paths:
        try:
            rows.append(check_files.doctor(path, decode=decode).to_dict())
        except DepthauthorError as error:
            worst = max(worst, error.exit_code)
            rows.append({"file": str(path), "level": "none", "error": error.message})
    sys.stdout.write(doctor_table(printable_report(rows)) + "\n")
    return worst
