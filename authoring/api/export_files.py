"""Define the public function `export` on photo files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from authoring import files
from authoring.api.inputs import PathLike, PhotoSource, photo_input
from authoring.api.output_names import CONTAINER_OF_SUFFIX, output_path
from authoring.errors import UsageError

if TYPE_CHECKING:
    from authoring.embed.export.photo_export import ExportFormat, ExportReport

DEPTH_ENDING = "_depth"
"""Of the name of a pair's gray picture, as Facebook asks it: NAME.jpg and NAME_depth.jpg."""


def export(
    photo: PhotoSource,
    format: ExportFormat,
    *,
    output: PathLike | None = None,
    quality: int | None = None,
    tone_map: bool = False,
    overwrite: bool = False,
    dry_run: bool = False,
) -> ExportReport:
    """Write a JPEG whose depth other makers' programs read: "gdepth", "dynamic-depth" (Android) or "pair".

    photo: any photo that holds depth. The coded bytes of a JPEG are kept; a HEIC is re-encoded with `quality` (1 to
    100), an HDR one with `tone_map`. The depth's codes are carried as they are where the format allows, and the report
    says what the format cannot carry.
    output: None writes `NAME-FORMAT.jpg` in the photo's folder. A pair is two files: the photo, and NAME_depth.jpg,
    gray with white near.

    For example:

        report = depthauthor.export("portrait.heic", "gdepth", output="for-android.jpg")
        print(report.near, report.far, report.not_carried)
    """
    from authoring.embed.embed_options import options_of
    from authoring.embed.export.photo_export import WRITERS, export

    options = options_of(quality=quality, tone_map=tone_map)
    if not isinstance(format, str) or format not in WRITERS:
        raise UsageError(f"unknown export format {format!r}; there are {', '.join(WRITERS)}")
    given = photo_input(photo)
    target = output_path(given.path, output, format, ".jpg")
    if target != files.STANDARD_STREAM and CONTAINER_OF_SUFFIX.get(target.suffix.lower()) != "jpeg":
        raise UsageError(f"{target}: export writes JPEG; use .jpg")
    beside = depth_path(target) if format == "pair" else None
    if beside == files.STANDARD_STREAM:
        raise UsageError("a pair is two files, which standard output cannot take; name one with -o")
    inputs = [given.origin] if given.origin else []
    with files.naming(photo=given.origin):
        data = given.read()
        for path in filter(None, (target, beside)):
            files.refuse_same(path, inputs)
            if not dry_run:
                files.refuse_existing(path, overwrite)
        exported = export(data, format, quality=options.quality, tone_map=options.tone_map)
    if dry_run:
        return exported.photo.report
    if beside is not None:
        files.write_file(beside, [exported.companion], overwrite=overwrite, inputs=inputs)
    files.write_file(target, exported.photo.chunks, overwrite=overwrite, inputs=inputs)
    return replace(
        exported.photo.report, output=str(target), depth_output=None if beside is None else str(beside)
    )


def depth_path(photo: Path) -> Path:
    """Return where the gray picture of a pair goes: NAME_depth.jpg beside NAME.jpg."""
    if photo == files.STANDARD_STREAM:
        return photo
    return photo.with_name(f"{photo.stem}{DEPTH_ENDING}{photo.suffix}")
