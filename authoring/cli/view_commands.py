"""Define the commands that show depth: preview, refocus, pointcloud, view, report."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from typer import Context

from authoring.cli import arguments, options
from authoring.cli.each_file import Outcome, Outputs, write_each
from authoring.cli.exit_codes import DONE, SOME_FAILED
from authoring.cli.options import MEANING, given
from authoring.cli.output import print_report, progress, say
from authoring.errors import UsageError

if TYPE_CHECKING:
    from authoring.views.report import ReportRow

CONTACT_SHEET = "contact-sheet.png"
"""A sheet of many photos, in the current folder."""


def preview(
    context: Context,
    files: arguments.PreviewArgument,
    overlay: options.Overlay = False,
    contact_sheet: options.ContactSheet = False,
    near: options.Near = None,
    far: options.Far = None,
    white: options.White = None,
    invert: options.Invert = None,
    spacing: options.Spacing = None,
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
    min_confidence: options.MinConfidence = None,
    key: options.Key = None,
    frame: options.Frame = None,
    map_orientation: options.MapOrientation = None,
    output: options.PictureOutput = None,
    width: options.Width = 1600,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> int:
    """Show a photo beside its depth: colours, legend, histogram.

    Holes are hatched. Without -o the picture is NAME-preview.png, or
    NAME-overlay.png, beside the photo, and a sheet is contact-sheet.png.

    depthauthor preview IMG_0001.HEIC

    depthauthor preview photo.jpg mask.png --near 0.3 --far 5 --overlay

    depthauthor preview *.HEIC --contact-sheet -o sheet.png
    """
    from authoring.api import picture_files
    from authoring.cli.view_text import contact_sheet_text, preview_text

    map_options = given(context, MEANING)
    if contact_sheet:
        if overlay:
            raise UsageError(
                "--contact-sheet shows photos beside their depth; --overlay shows one photo at a time"
            )
        if map_options:
            raise UsageError(
                "the options of a map cannot be used with --contact-sheet: each photo shows its own depth"
            )
        target = output or Path(CONTACT_SHEET)
        sheet = picture_files.contact_sheet(files, output=target, width=width, overwrite=overwrite)
        failed = any(photo.error for photo in sheet.photos)
        print_report(sheet, as_json, contact_sheet_text, sheet.output, quiet=quiet and not failed)
        return SOME_FAILED if failed else DONE
    if len(files) > 2:
        raise UsageError(
            f"{len(files)} files are given; a preview shows one photo, or a photo and a map; "
            "--contact-sheet shows many"
        )
    report = picture_files.preview(
        files[0],
        files[1] if len(files) == 2 else None,
        output=output,
        overlay=overlay,
        width=width,
        overwrite=overwrite,
        **map_options,
    )
    print_report(report, as_json, preview_text, report.output, quiet=quiet)
    return DONE


def refocus(
    context: Context,
    file: arguments.FileArgument,
    map: arguments.OptionalMapArgument = None,
    near: options.Near = None,
    far: options.Far = None,
    white: options.White = None,
    invert: options.Invert = None,
    spacing: options.Spacing = None,
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
    min_confidence: options.MinConfidence = None,
    key: options.Key = None,
    frame: options.Frame = None,
    map_orientation: options.MapOrientation = None,
    aperture: options.LensAperture = None,
    focus: options.LensFocus = None,
    strength: options.Strength = 1,
    output: options.PictureOutput = None,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Show the photo as a lens with another aperture would take it.

    This is depthauthor's own simulation, from the depth and the calibration,
    not Apple's rendering and not what Photos will show. A point at z becomes a
    disc of A |1/z - 1/s| pixels, where s is the distance in focus.

    Without -o the picture is NAME-refocus.jpg beside the photo; it is upright
    and keeps the photo's colour profile, but no other metadata.

    depthauthor refocus IMG_0001.HEIC --aperture 1.8 --focus 0.4,0.6
    """
    from authoring.api import picture_files
    from authoring.cli.view_text import refocus_text

    report = picture_files.refocus(
        file,
        map,
        output=output,
        aperture=aperture,
        focus=focus,
        strength=strength,
        overwrite=overwrite,
        **given(context, MEANING),
    )
    print_report(report, as_json, refocus_text, report.output, quiet=quiet)


def pointcloud(
    context: Context,
    words: arguments.PointcloudArgument,
    map: options.UnembeddedMap = None,
    recursive: options.Recursive = False,
    mesh: options.Mesh = False,
    axes: options.Axes = "opengl",
    stride: options.Stride = 1,
    min_depth: options.MinDepth = None,
    max_depth: options.MaxDepth = None,
    remove_edges: options.RemoveEdges = False,
    resolution: options.Resolution = "map",
    near: options.Near = None,
    far: options.Far = None,
    white: options.White = None,
    invert: options.Invert = None,
    spacing: options.Spacing = None,
    preset: options.Preset = None,
    kind: options.Kind = None,
    unit: options.Unit = None,
    focal_px: options.FocalPx = None,
    baseline: options.Baseline = None,
    doffs: options.Doffs = None,
    accuracy: options.Accuracy = None,
    min_confidence: options.MinConfidence = None,
    calibration: options.PhotoCalibration = None,
    ignore_lens: options.IgnoreLens = False,
    output: options.PointsOutput = None,
    out: options.OutputFolder = None,
    format: options.PointsFormat = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    as_json: options.AsJsonLines = False,
) -> int:
    """Write a photo with depth as coloured points or as a mesh.

    Coordinates are in metres.

    depthauthor pointcloud IMG_0001.HEIC -o cloud.ply --max-depth 3

    depthauthor pointcloud photo.jpg depth.npy -o photo.ply

    depthauthor pointcloud portraits/ -r --out clouds

    depthauthor pointcloud IMG_0001.HEIC --mesh -o scene.glb
    """
    from authoring.api.cloud_files import pointcloud_file
    from authoring.api.output_names import CONTAINER_OF_SUFFIX
    from authoring.cli.view_text import pointcloud_text

    map_options = given(context, MEANING)
    photos = words
    # Two words are a photo and a map where the second is no photo, or where options say what the map means.
    second_is_map = len(words) == 2 and (
        map_options.keys() - {"min_confidence"} or words[1].suffix.lower() not in CONTAINER_OF_SUFFIX
    )
    if map is None and second_is_map and not words[1].is_dir():
        photos, map = words[:1], words[1]
    if map is not None and len(photos) > 1:
        raise UsageError("a map belongs to one photo; give one, or photos with their own depth")

    def write_one(photo: Path, target: Path) -> Outcome:
        report = pointcloud_file(
            photo,
            target,
            map,
            mesh=mesh,
            format=format,
            overwrite=overwrite,
            axes=axes,
            stride=stride,
            min_depth=min_depth,
            max_depth=max_depth,
            remove_edges=remove_edges,
            resolution=resolution,
            calibration=calibration,
            ignore_lens=ignore_lens,
            **map_options,
        )
        return Outcome(report, output=report.output)

    ending, suffix = ("mesh", "glb") if mesh else ("points", "ply")
    outputs = Outputs(output, out, ending, f".{format or suffix}")
    return write_each(
        photos, outputs, write_one, pointcloud_text, recursive=recursive, as_json=as_json, quiet=quiet
    )


def view(
    file: arguments.FileArgument,
    output: options.PageOutput = None,
    open_page: options.OpenPage = None,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Show a photo in 3D, in one HTML page that loads nothing else.

    Drag to look around, click to focus, change the aperture, see the depth in
    colours.

    depthauthor view IMG_0001.HEIC

    depthauthor view IMG_0001.HEIC -o page.html
    """
    from authoring.api import page_files
    from authoring.cli.view_text import view_text

    report = page_files.view(file, output=output, overwrite=overwrite)
    print_report(report, as_json, view_text, report.output, quiet=quiet)
    if output is None if open_page is None else open_page:
        _open_in_browser(report.output)


def report(
    photos: arguments.ReportArgument,
    output: options.PageOutput = None,
    open_page: options.OpenPage = None,
    full_paths: options.FullPaths = False,
    overwrite: options.Overwrite = False,
    as_json: options.AsJsonLines = False,
    quiet: options.Quiet = False,
) -> int:
    """Show many photos on one page: thumbnails, level, problems.

    The page can be sorted and filtered, loads nothing else, and can be read
    without its script. Files that cannot be read are on the page with the
    reason; the exit code is then 6.

    depthauthor report portraits/ -o report.html
    """
    from authoring.api import page_files
    from authoring.api.photo_list import list_photos
    from authoring.cli.view_text import report_text

    rows_to = "-" if str(output) == "-" else None
    # Counting a large library takes time and only the bar needs the number.
    total = sum(1 for _ in list_photos(photos)) if sys.stderr.isatty() else 0
    with progress(total) as advance:

        def row_done(row: ReportRow) -> None:
            if as_json:
                print_report(row, True, str, rows_to)
            advance()

        summary = page_files.report(
            *photos, output=output, full_paths=full_paths, overwrite=overwrite, on_row=row_done
        )
    if not as_json:
        failed = bool(summary.counts.get("error"))
        print_report(asdict(summary), False, report_text, summary.output, quiet=quiet and not failed)
    elif output is None:
        say(summary.output)
    if output is None if open_page is None else open_page:
        _open_in_browser(summary.output)
    return SOME_FAILED if summary.counts.get("error") else DONE


def _open_in_browser(page: str | None) -> None:
    """Open a page in the browser; if there is none, say so with its address."""
    if page in (None, "-"):
        return
    import webbrowser

    address = Path(str(page)).resolve().as_uri()
    if not webbrowser.open(address):
        say(f"no browser was found; open {address} in one")
