"""View on files: one photo in, one page out.

Knows: paths, and what a page is called. Must not know: what is in a page.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from authoring import files
from authoring.api.photo_files import PathLike
from authoring.api.view_inputs import ready, title_of
from authoring.views import viewer as viewing
from authoring.views.viewer import ViewReport


def view(photo: PathLike, *, output: PathLike | None = None, overwrite: bool = False) -> ViewReport:
    """Write a page that shows a photo with depth in 3D; one file that loads nothing.

    output: None writes NAME.html into a new temporary folder. The report says where.
    """
    photo = Path(photo)
    target = None if output is None else Path(output)
    if target is not None:
        ready(target, [photo], overwrite)
    data = files.read_file(photo)
    with files.named(photo):
        page, report = viewing.view(data, title_of(photo))
    if target is None:
        target = in_temporary_folder(photo.stem if photo != files.STANDARD_STREAM else "photo")
    files.write_file(target, [page], overwrite=overwrite)
    return replace(report, file=str(photo), output=str(target))


def in_temporary_folder(stem: str) -> Path:
    """A place for a page that is only looked at; the folder is new and for this user alone."""
    return Path(tempfile.mkdtemp(prefix="depthauthor-")) / f"{stem}.html"
