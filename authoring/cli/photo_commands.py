"""Define the commands on one photo: embed, copy, extract, inspect, strip, dictionary."""

from __future__ import annotations

from typer import Context

from authoring.cli import arguments, options
from authoring.cli.options import CAMERA, MEANING, PORTRAIT, given
from authoring.cli.output import print_report


def embed(
    context: Context,
    photo: arguments.PhotoArgument,
    map: arguments.MapArgument,
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
    accuracy: options.Accuracy = None,
    invalid: options.Invalid = None,
    clip: options.Clip = None,
    stretch: options.Stretch = None,
    force: options.Force = None,
    max_holes: options.MaxHoles = 60,
    key: options.Key = None,
    frame: options.Frame = None,
    map_orientation: options.MapOrientation = None,
    refine: options.Refine = False,
    profile: options.Profile = "portrait",
    donor: options.Donor = None,
    aperture: options.Aperture = None,
    focus: options.Focus = None,
    already_blurred: options.AlreadyBlurred = False,
    maker_note: options.MakerNote = "full",
    replace_maker_note: options.ReplaceMakerNote = False,
    calibration: options.Calibration = None,
    fov: options.Fov = None,
    focal_mm: options.FocalMm = None,
    output: options.PhotoOutput = None,
    pixel_format: options.NativeFormat = "hdis",
    max_size: options.MaxSize = 768,
    lossless: options.Lossless = False,
    replace: options.Replace = False,
    quality: options.Quality = None,
    effort: options.Effort = None,
    overwrite: options.Overwrite = False,
    dry_run: options.DryRun = False,
    verbose: options.Verbose = False,
    as_json: options.AsJson = False,
) -> None:
    """Put a depth map into a photo.

    depthauthor embed photo.jpg mask.png --near 0.3 --far 5
    """
    from authoring.api import photo_files
    from authoring.cli.photo_text import embed_text, embed_text_in_full

    report = photo_files.embed(
        photo,
        map,
        output=output,
        pixel_format=pixel_format,
        max_size=max_size,
        lossless=lossless,
        replace=replace,
        quality=quality,
        effort=effort,
        overwrite=overwrite,
        dry_run=dry_run,
        **given(context, MEANING, PORTRAIT, CAMERA),
    )
    print_report(report, as_json, embed_text_in_full if verbose else embed_text, report.output)


def copy(
    context: Context,
    source: arguments.SourceArgument,
    photo: arguments.PhotoArgument,
    profile: options.Profile = "portrait",
    donor: options.Donor = None,
    aperture: options.Aperture = None,
    focus: options.Focus = None,
    already_blurred: options.AlreadyBlurred = False,
    maker_note: options.MakerNote = "full",
    replace_maker_note: options.ReplaceMakerNote = False,
    calibration: options.Calibration = None,
    fov: options.Fov = None,
    focal_mm: options.FocalMm = None,
    output: options.PhotoOutput = None,
    lossless: options.Lossless = False,
    replace: options.Replace = False,
    quality: options.Quality = None,
    effort: options.Effort = None,
    overwrite: options.Overwrite = False,
    dry_run: options.DryRun = False,
    verbose: options.Verbose = False,
    as_json: options.AsJson = False,
) -> None:
    """Put the depth of one photo into another, with its metadata.

    Orientations are reconciled; the two photos must have the same aspect.
    """
    from authoring.api import photo_files
    from authoring.cli.photo_text import embed_text, embed_text_in_full

    report = photo_files.copy(
        source,
        photo,
        output=output,
        lossless=lossless,
        replace=replace,
        quality=quality,
        effort=effort,
        overwrite=overwrite,
        dry_run=dry_run,
        **given(context, PORTRAIT, CAMERA),
    )
    print_report(report, as_json, embed_text_in_full if verbose else embed_text, report.output)


def extract(
    file: arguments.FileArgument,
    output: options.MapOutput,
    kind: options.MapKind = "depth",
    orientation: options.Raster = "display",
    format: options.MapFormat = None,
    metadata: options.Metadata = False,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
) -> None:
    """Write the depth of a photo as a map file.

    depthauthor extract IMG_0001.HEIC -o depth.npy
    """
    from authoring.api import photo_files
    from authoring.cli.photo_text import extract_text

    report = photo_files.extract_file(
        file,
        output,
        format=format,
        kind=kind,
        orientation=orientation,
        metadata=metadata,
        overwrite=overwrite,
    )
    print_report(report, as_json, extract_text, report.output)


def inspect(
    file: arguments.FileArgument,
    records: options.Records = False,
    as_json: options.AsJson = False,
) -> None:
    """List what a photo holds: depth, other images, portrait metadata.

    Every item of a HEIC file and every segment of a JPEG file is listed too.
    """
    from authoring.api import photo_files
    from authoring.cli.photo_text import inspect_text, inspect_with_records_text

    print_report(photo_files.inspect(file), as_json, inspect_with_records_text if records else inspect_text)


def strip(
    file: arguments.FileArgument,
    output: options.StripOutput,
    restore: options.Restore = False,
    overwrite: options.Overwrite = False,
    dry_run: options.DryRun = False,
    as_json: options.AsJson = False,
) -> None:
    """Write a copy of a photo without its depth map.

    Everything else stays byte for byte.
    """
    from authoring.api import photo_files
    from authoring.cli.photo_text import strip_text

    report = photo_files.strip(file, output=output, restore=restore, overwrite=overwrite, dry_run=dry_run)
    print_report(report, as_json, strip_text, report.output)


def dictionary(
    file: arguments.FileArgument,
    output: options.DictionaryOutput,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
) -> None:
    """Write Apple's auxiliary data dictionary of a photo's depth.

    The output is a property list that a Swift program can pass to
    AVDepthData(fromDictionaryRepresentation:); embed takes it as a map.
    """
    from authoring.api import photo_files
    from authoring.cli.photo_text import dictionary_text

    report = photo_files.dictionary(file, output, overwrite=overwrite)
    print_report(report, as_json, dictionary_text, report["output"])
