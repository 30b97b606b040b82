"""`preview` and `contact_sheet` on files.

Knows: paths and names. Must not know: what a preview looks like.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from authoring import files
from authoring.api.output_names import output_path
from authoring.api.view_inputs import PathLike, format_of, looked_at, ready, title_of
from authoring.errors import DepthauthorError, UsageError
from authoring.maps.load import MapSource
from authoring.views import preview as previewing
from authoring.views.preview import DEFAULT_WIDTH, PreviewReport, SheetReport
from authoring.views.scene import Seen


def preview(
    photo: PathLike,
    depth: MapSource | PathLike | None = None,
    *,
    output: PathLike | None = None,
    overlay: bool = False,
    width: int = DEFAULT_WIDTH,
    overwrite: bool = False,
    **options: Any,
) -> PreviewReport:
    """Write a picture of a photo beside its depth, with a legend; with `overlay` the depth's edges over the photo.

    depth: None for the photo's own; else a map, a file or an array (H, W) of metres, with the options of `embed` that
    say what it means. output: .png or .jpg; None writes NAME-preview.png, or NAME-overlay.png, beside the photo.
    """
    photo = Path(photo)
    target = output_path(photo, output, "overlay" if overlay else "preview", ".png")
    chosen = format_of(target, "png")
    map_path = Path(depth) if isinstance(depth, str | os.PathLike) else None
    ready(target, [photo, map_path], overwrite)
    previewing.check_width(width)
    seen = looked_at(photo, depth, options)
    title = title_of(photo)
    with files.naming(photo=photo, map=map_path):
        data, report = previewing.preview(
            seen,
            f"{title} and {map_path.name}" if map_path else title,
            width=width,
            overlay=overlay,
            picture_format=chosen,
        )
    files.write_file(target, [data], overwrite=overwrite)
    return replace(report, file=str(photo), map_file=str(map_path) if map_path else None, output=str(target))


def contact_sheet(
    photos: Iterable[PathLike],
    *,
    output: PathLike,
    width: int = DEFAULT_WIDTH,
    overwrite: bool = False,
) -> SheetReport:
    """Write one picture of many photos, each beside its depth; a photo without has its place say so."""
    paths = [Path(one) for one in photos]
    if not paths:
        raise UsageError("a contact sheet needs at least one photo")
    target = Path(output)
    chosen = format_of(target, "png")
    ready(target, [*paths], overwrite)

    def each() -> Iterator[tuple[str, Seen | str]]:
        for path in paths:
            try:
                yield path.name, looked_at(path, None, {})
            except DepthauthorError as error:
                yield path.name, error.message.removeprefix(f"{path}: ")

    data, report = previewing.contact_sheet(each(), width=width, picture_format=chosen)
    files.write_file(target, [data], overwrite=overwrite)
    entries = tuple(replace(one, file=str(path)) for one, path in zip(report.photos, paths, strict=True))
    return replace(report, photos=entries, output=str(target))
