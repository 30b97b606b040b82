"""Define the commands on photos: embed, copy, extract, inspect, strip, export, dictionary."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typer import Context

from authoring.cli import arguments, options
from authoring.cli.each_file import Outcome, Outputs, read_each, write_each
from authoring.cli.estimate_command import network_ready
from authoring.cli.options import CAMERA, ESTIMATE, MEANING, PORTRAIT, given, typed
from authoring.cli.output import print_report, say
from authoring.errors import UsageError
from authoring.estimate.estimate_options import EstimateOptions

if TYPE_CHECKING:
    from authoring.embed.reports import EmbedReport


def embed(
    context: Context,
    photo: arguments.PhotoArgument,
    map: arguments.MapOrEstimateArgument = None,
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
    accuracy: options.Accuracy = None,
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
    estimate: options.Estimate = False,
    model: options.Model = None,
    device: options.Device = None,
    offline: options.Offline = False,
    accept_licence: options.AcceptLicence = False,
    profile: options.Profile = "portrait",
    donor: options.Donor = None,
    aperture: options.Aperture = None,
    focus: options.Focus = None,
    base: options.Base = None,
    already_blurred: options.AlreadyBlurred = False,
    maker_note: options.MakerNote = "full",
    replace_maker_note: options.ReplaceMakerNote = False,
    restore_record: options.RestoreRecord = True,
    calibration: options.Calibration = None,
    fov: options.Fov = None,
    focal_mm: options.FocalMm = None,
    output: options.PhotoOutput = None,
    native_format: options.NativeFormat = None,
    old_format: options.OldNativeFormat = None,
    max_size: options.MaxSize = 768,
    lossless: options.Lossless = False,
    bits: options.Bits = None,
    replace: options.Replace = False,
    quality: options.Quality = None,
    tone_map: options.ToneMap = False,
    effort: options.Effort = None,
    overwrite: options.Overwrite = False,
    dry_run: options.DryRun = False,
    verbose: options.Verbose = False,
    quiet: options.Quiet = False,
    as_json: options.AsJson = False,
) -> None:
    """Put a depth map into a photo.

    depthauthor embed photo.jpg mask.png --near 0.3 --far 5

    depthauthor embed photo.jpg --estimate -o estimated.heic
    """
    from authoring.api import photo_files

    source, others = _map_or_estimate(context, map, estimate)
    with ExitStack() as stack:
        if isinstance(source, EstimateOptions):
            stack.enter_context(network_ready(source))
        report = photo_files.embed(
            photo,
            source,
            output=output,
            native_format=old_format or native_format,
            max_size=max_size,
            lossless=lossless,
            bits=bits,
            replace=replace,
            quality=quality,
            tone_map=tone_map,
            effort=effort,
            overwrite=overwrite,
            dry_run=dry_run,
            **others,
        )
    _print_embedded(report, as_json=as_json, verbose=verbose, quiet=quiet)


def _map_or_estimate(
    context: Context, map: Path | None, estimate: bool
) -> tuple[Path | EstimateOptions, dict[str, Any]]:
    """Return the map, or the options of its estimate; and the other options of `embed`."""
    others = given(context, PORTRAIT, CAMERA)
    if not estimate:
        if map is None:
            raise UsageError("name a map after the photo, or let a network estimate it with --estimate")
        for name in typed(context, ESTIMATE):
            raise UsageError(
                f"--{name.replace('_', '-')} is about a network: leave the map out and add --estimate"
            )
        return map, others | given(context, MEANING)
    if map is not None:
        raise UsageError("a map and --estimate are given; leave one out")
    from authoring.api.estimate_files import split_options

    network = given(context, ESTIMATE)
    del network["estimate"]
    chosen, meaning = split_options(given(context, MEANING, defaults=False), network)
    return chosen, others | meaning


def copy(
    context: Context,
    source: arguments.SourceArgument,
    photo: arguments.PhotoArgument,
    near: options.Near = None,
    far: options.Far = None,
    min_confidence: options.MinConfidence = None,
    profile: options.Profile = "portrait",
    donor: options.Donor = None,
    aperture: options.Aperture = None,
    focus: options.Focus = None,
    base: options.Base = None,
    already_blurred: options.AlreadyBlurred = False,
    maker_note: options.MakerNote = "full",
    replace_maker_note: options.ReplaceMakerNote = False,
    restore_record: options.RestoreRecord = True,
    calibration: options.Calibration = None,
    fov: options.Fov = None,
    focal_mm: options.FocalMm = None,
    output: options.PhotoOutput = None,
    lossless: options.Lossless = False,
    bits: options.Bits = None,
    replace: options.Replace = False,
    quality: options.Quality = None,
    tone_map: options.ToneMap = False,
    effort: options.Effort = None,
    overwrite: options.Overwrite = False,
    dry_run: options.DryRun = False,
    verbose: options.Verbose = False,
    quiet: options.Quiet = False,
    as_json: options.AsJson = False,
) -> None:
    """Put the depth of one photo into another, with its metadata.

    Orientations are reconciled; the two photos must have the same aspect.
    Of an Android portrait whose depth has no metres, --near and --far are the
    distances of its ends; one of them alone scales it.

    depthauthor copy android.jpg android.jpg -o portrait.heic

    depthauthor copy IMG_0001.HEIC retouched.jpg -o retouched.heic
    """
    from authoring.api import photo_files

    report = photo_files.copy(
        source,
        photo,
        output=output,
        lossless=lossless,
        bits=bits,
        replace=replace,
        quality=quality,
        tone_map=tone_map,
        effort=effort,
        overwrite=overwrite,
        dry_run=dry_run,
        **given(context, MEANING, PORTRAIT, CAMERA),
    )
    _print_embedded(report, as_json=as_json, verbose=verbose, quiet=quiet)


def _print_embedded(report: EmbedReport, *, as_json: bool, verbose: bool, quiet: bool) -> None:
    """Print what was embedded; quiet leaves its warnings, on stderr."""
    from authoring.cli.photo_text import embed_text, embed_text_in_full

    if quiet and not as_json:
        for warning in report.warnings:
            say(f"warning: {warning}")
        return
    print_report(report, as_json, embed_text_in_full if verbose else embed_text, report.output)


def extract(
    photos: arguments.FilesArgument,
    recursive: options.Recursive = False,
    output: options.MapOutput = None,
    out: options.OutputFolder = None,
    kind: options.MapKind = "depth",
    orientation: options.Raster = "display",
    min_confidence: options.MinConfidence = None,
    format: options.MapFormat = None,
    metadata: options.Metadata = False,
    full_paths: options.FullPaths = False,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    as_json: options.AsJsonLines = False,
) -> int:
    """Write the depth of photos as map files.

    depthauthor extract IMG_0001.HEIC -o IMG_0001.npy

    depthauthor extract portraits/ --format exr --out exr
    """
    from authoring.api import photo_files
    from authoring.cli.photo_text import extract_text

    def extract_one(photo: Path, target: Path) -> Outcome:
        report = photo_files.extract_file(
            photo,
            target,
            format=format,
            kind=kind,
            orientation=orientation,
            min_confidence=min_confidence,
            metadata=metadata,
            full_paths=full_paths,
            overwrite=overwrite,
        )
        return Outcome(report, output=report.output)

    outputs = Outputs(output, out, "depth", f".{format or 'npy'}")
    return write_each(
        photos, outputs, extract_one, extract_text, recursive=recursive, as_json=as_json, quiet=quiet
    )


def inspect(
    photos: arguments.FilesArgument,
    recursive: options.Recursive = False,
    records: options.Records = False,
    as_json: options.AsJsonLines = False,
) -> int:
    """List what photos hold: depth, other images, portrait metadata.

    Every item of a HEIC, segment of a JPEG and directory of a DNG is listed too.

    depthauthor inspect IMG_0001.HEIC

    depthauthor inspect portraits/ -r --json
    """
    from authoring.api import photo_files
    from authoring.cli.photo_text import inspect_text, inspect_with_records_text

    def inspect_one(photo: Path) -> Outcome:
        return Outcome(photo_files.inspect(photo))

    to_text = inspect_with_records_text if records else inspect_text
    return read_each(photos, inspect_one, to_text, recursive=recursive, as_json=as_json)


def strip(
    photos: arguments.FilesArgument,
    recursive: options.Recursive = False,
    output: options.StripOutput = None,
    out: options.OutputFolder = None,
    restore: options.Restore = False,
    overwrite: options.Overwrite = False,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    as_json: options.AsJsonLines = False,
) -> int:
    """Write copies of photos without their depth maps.

    Everything else stays byte for byte.

    depthauthor strip IMG_0001.HEIC --restore -o original.heic
    """
    from authoring.api import photo_files
    from authoring.cli.photo_text import strip_text

    def strip_one(photo: Path, target: Path) -> Outcome:
        report = photo_files.strip(
            photo, output=target, restore=restore, overwrite=overwrite, dry_run=dry_run
        )
        return Outcome(report, output=report.output)

    outputs = Outputs(output, out, "stripped", None)
    return write_each(
        photos, outputs, strip_one, strip_text, recursive=recursive, as_json=as_json, quiet=quiet
    )


def export(
    photos: arguments.FilesArgument,
    export_as: options.ExportAs,
    recursive: options.Recursive = False,
    output: options.ExportOutput = None,
    out: options.OutputFolder = None,
    quality: options.Quality = None,
    tone_map: options.ToneMap = False,
    overwrite: options.Overwrite = False,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    as_json: options.AsJsonLines = False,
) -> int:
    """Write the depth of photos as other makers' programs read it.

    depthauthor export IMG_0001.HEIC --as gdepth -o for-android.jpg

    The output is a JPEG: the photo's own coded bytes where it is one, else re-encoded. The report
    says what the format cannot carry.
    """
    from authoring.api import export_files
    from authoring.cli.photo_text import export_text

    def export_one(photo: Path, target: Path) -> Outcome:
        report = export_files.export(
            photo,
            export_as,
            output=target,
            quality=quality,
            tone_map=tone_map,
            overwrite=overwrite,
            dry_run=dry_run,
        )
        return Outcome(report, output=report.output)

    outputs = Outputs(output, out, export_as, ".jpg")
    return write_each(
        photos, outputs, export_one, export_text, recursive=recursive, as_json=as_json, quiet=quiet
    )


def dictionary(
    photos: arguments.FilesArgument,
    recursive: options.Recursive = False,
    output: options.DictionaryOutput = None,
    out: options.OutputFolder = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    as_json: options.AsJsonLines = False,
) -> int:
    """Write Apple's auxiliary data dictionary of a photo's depth.

    The output is a property list that a Swift program can pass to
    AVDepthData(fromDictionaryRepresentation:); embed takes it as a map.

    depthauthor dictionary IMG_0001.HEIC -o depth.plist
    """
    from authoring.api import photo_files
    from authoring.cli.photo_text import dictionary_text

    def write_one(photo: Path, target: Path) -> Outcome:
        report = photo_files.dictionary(photo, target, overwrite=overwrite)
        return Outcome(report, output=report["output"])

    outputs = Outputs(output, out, "depth", ".plist")
    return write_each(
        photos, outputs, write_one, dictionary_text, recursive=recursive, as_json=as_json, quiet=quiet
    )
