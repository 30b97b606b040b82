"""Load the input of previews, refocusing and point clouds from files, and check where their result goes."""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal

from authoring import files
from authoring.api.photo_files import PathLike
from authoring.embed.embed_options import options_of
from authoring.errors import UsageError, about
from authoring.maps.load import MapSource
from authoring.maps.map_options import MapOptions
from authoring.views.scene import Scene, load_scene, load_scene_with_map

FORMAT_OF_SUFFIX: dict[str, Literal["png", "jpeg"]] = {
    ".png": "png",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".jpe": "jpeg",
}


def load_input(photo: Path, depth: MapSource | PathLike | None, options: dict[str, Any]) -> Scene:
    """Load a photo with its own depth, or with a map, a file or an array, interpreted as `embed` would.

    options: those of `MapOptions`; None stands for the default. Errors name the file they are about.
    """
    given = {name: value for name, value in options.items() if value is not None}
    known = {field.name for field in fields(MapOptions)}
    unknown = sorted(set(given) - known)
    if unknown:
        raise UsageError(f"unknown option {unknown[0]!r}; known are {', '.join(sorted(known))}")
    if depth is None and given:
        option = "--" + min(given).replace("_", "-")
        raise UsageError(f"{option} is about a map, and no map is given: the photo's own depth is used")
    path = map_path(depth)
    with files.naming(photo=photo, map=path):
        data = files.read_file(photo)
        if depth is None:
            return load_scene(data)
        if path is not None:
            given.setdefault("map_name", path.name)
            with about("map"):
                source: MapSource = files.read_file(path)
        else:
            assert not isinstance(depth, str | os.PathLike)
            source = depth
        return load_scene_with_map(data, source, options_of(**given))


def map_path(depth: MapSource | PathLike | None) -> Path | None:
    """Return the path of a map that is a file."""
    return Path(depth) if isinstance(depth, str | os.PathLike) else None


def picture_format(output: Path, default: Literal["png", "jpeg"]) -> Literal["png", "jpeg"]:
    """Return the picture format of the output's extension, or the default for standard output."""
    if output == files.STANDARD_STREAM:
        return default
    chosen = FORMAT_OF_SUFFIX.get(output.suffix.lower())
    if chosen is None:
        raise UsageError(f"{output}: unsupported picture format; use .png or .jpg")
    return chosen


def check_output(output: Path, inputs: list[Path | None], overwrite: bool) -> None:
    """Raise RefusedError if the output is an input, or exists without `overwrite`."""
    files.refuse_same(output, [path for path in inputs if path is not None])
    files.refuse_existing(output, overwrite)


def photo_title(photo: Path) -> str:
    """Return the photo's name for a title, without its folder, which stays private."""
    return files.STDIN if photo == files.STANDARD_STREAM else photo.name
