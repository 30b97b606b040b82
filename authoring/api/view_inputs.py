"""What is to be shown: a photo with depth, or a photo and a map that is not embedded yet.

Knows: paths, and which of the options are a map's. Must not know: what is made of it.
"""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal

from authoring import files
from authoring.api import photo_files
from authoring.errors import UsageError, about
from authoring.maps.load import MapSource, parse_map_source
from authoring.maps.map_options import MapOptions
from authoring.views.scene import Seen, see, see_with_map

PathLike = photo_files.PathLike

FORMAT_OF_SUFFIX: dict[str, Literal["png", "jpeg"]] = {
    ".png": "png",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".jpe": "jpeg",
}


def looked_at(photo: Path, depth: MapSource | PathLike | None, options: dict[str, Any]) -> Seen:
    """The photo in a file with its own depth, or with a map: a file or an array, understood as `embed` would.

    options: those of `MapOptions`; None stands for the default. Errors name the file they are about.
    """
    given = {name: value for name, value in options.items() if value is not None}
    path = Path(depth) if isinstance(depth, str | os.PathLike) else None
    with files.naming(photo=photo, map=path):
        data = files.read_file(photo)
        if depth is None:
            if given:
                raise UsageError(
                    f"{_option(min(given))} is about a map, and none is given: the photo's own depth is shown"
                )
            return see(data)
        known = {one.name for one in fields(MapOptions)}
        unknown = sorted(set(given) - known)
        if unknown:
            raise UsageError(f"there is no option {unknown[0]!r}; there are {', '.join(sorted(known))}")
        if path is not None:
            given.setdefault("map_name", path.name)
            with about("map"):
                source = parse_map_source(files.read_file(path), given.get("key"), given.get("frame"))
        else:
            assert not isinstance(depth, str | os.PathLike)
            source = depth
        return see_with_map(data, source, MapOptions(**given))


def format_of(target: Path, default: Literal["png", "jpeg"]) -> Literal["png", "jpeg"]:
    """What the suffix says; the default for standard output."""
    if target == files.STANDARD_STREAM:
        return default
    chosen = FORMAT_OF_SUFFIX.get(target.suffix.lower())
    if chosen is None:
        raise UsageError(f"{target}: the suffix says no picture format; .png and .jpg are written")
    return chosen


def ready(target: Path, inputs: list[Path | None], overwrite: bool) -> None:
    """RefusedError where the target is an input, or exists without `overwrite`."""
    files.refuse_same(target, [one for one in inputs if one is not None])
    files.refuse_existing(target, overwrite)


def title_of(photo: Path) -> str:
    """What the photo is called in what is made of it: folders stay private."""
    return files.STDIN if photo == files.STANDARD_STREAM else photo.name


def _option(name: str) -> str:
    return "--" + name.removesuffix("_m").replace("_", "-")
