"""`refocus` on files.

Knows: paths and names. Must not know: how blur is made.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from authoring import files
from authoring.api.output_names import output_path
from authoring.api.view_inputs import PathLike, format_of, looked_at, ready
from authoring.maps.load import MapSource
from authoring.views import refocus as refocusing
from authoring.views.refocus import RefocusReport


def refocus(
    photo: PathLike,
    depth: MapSource | PathLike | None = None,
    *,
    output: PathLike | None = None,
    aperture: float | None = None,
    focus: tuple[float, float] | None = None,
    strength: float = 1.0,
    overwrite: bool = False,
    **options: Any,
) -> RefocusReport:
    """Write the photo as a lens of the chosen aperture would have taken it: our own simulation, not Apple's.

    depth: None for the photo's own; else a map as for `preview`. focus: (x, y), 0..1 of the upright photo. The result
    is upright, in the photo's colours, and carries nothing else of its metadata. output: .png or .jpg; None writes
    NAME-refocus.jpg beside the photo.
    """
    photo = Path(photo)
    target = output_path(photo, output, "refocus", ".jpg")
    chosen = format_of(target, "jpeg")
    map_path = Path(depth) if isinstance(depth, str | os.PathLike) else None
    ready(target, [photo, map_path], overwrite)
    seen = looked_at(photo, depth, options)
    with files.naming(photo=photo, map=map_path):
        data, report = refocusing.refocus(
            seen, aperture=aperture, focus=focus, strength=strength, picture_format=chosen
        )
    files.write_file(target, [data], overwrite=overwrite)
    return replace(report, file=str(photo), map_file=str(map_path) if map_path else None, output=str(target))
