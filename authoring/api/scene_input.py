"""Load the input of previews, refocusing and point clouds from files, and check where their result goes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal

from authoring import files
from authoring.api.inputs import MapInput, PhotoInput
from authoring.embed.embed_options import options_of
from authoring.errors import UsageError
from authoring.maps.map_options import MapOptions
from authoring.views.scene import Needed, Scene, load_scene, load_scene_with_map

FORMAT_OF_SUFFIX: dict[str, Literal["png", "jpeg"]] = {
    ".png": "png",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".jpe": "jpeg",
}


def load_input(
    photo: PhotoInput, depth: MapInput | None, options: dict[str, Any], needed: Needed | None = None
) -> Scene:
    """Load a photo with its own depth, or with a map, interpreted as `embed` would.

    options: those of `MapOptions`; None stands for the default. needed: as for `load_scene`. Errors
    name the file they are about.
    """
    given = {name: value for name, value in options.items() if value is not None}
    known = {field.name for field in fields(MapOptions)}
    unknown = sorted(set(given) - known)
    if unknown:
        raise UsageError(f"unknown option {unknown[0]!r}; known are {', '.join(sorted(known))}")
    if depth is None and (about_map := given.keys() - {"min_confidence"}):
        option = "--" + min(about_map).replace("_", "-")
        raise UsageError(f"{option} is about a map, and no map is given: the photo's own depth is used")
    with naming(photo, depth):
        if depth is None:
            return load_scene(photo.read(), needed, options_of(**given).min_confidence)
        data = photo.read_or_decode()
        if depth.origin is not None:
            given.setdefault("map_name", depth.origin.name)
        if photo.origin is not None:
            given.setdefault("photo_name", photo.origin.name)
        return load_scene_with_map(data, depth.read(), options_of(**given), needed)


def naming(photo: PhotoInput, depth: MapInput | None) -> AbstractContextManager[None]:
    """Put the file's name, where it is known, in front of every error about photo or map that is raised inside."""
    return files.naming(photo=photo.origin, map=depth.origin if depth else None)


def picture_format(output: Path, default: Literal["png", "jpeg"]) -> Literal["png", "jpeg"]:
    """Return the picture format of the output's extension, or the default for standard output."""
    if output == files.STANDARD_STREAM:
        return default
    chosen = FORMAT_OF_SUFFIX.get(output.suffix.lower())
    if chosen is None:
        raise UsageError(f"{output}: unsupported picture format; use .png or .jpg")
    return chosen


def check_output(output: Path, inputs: Sequence[PhotoInput | MapInput | None], overwrite: bool) -> None:
    """Raise RefusedError if the output is an input, or exists without `overwrite`."""
    files.refuse_same(output, [given.origin for given in inputs if given and given.origin])
    files.refuse_existing(output, overwrite)


def write(
    output: Path,
    chunks: Iterable[files.Buffer],
    inputs: Sequence[PhotoInput | MapInput | None],
    overwrite: bool,
) -> None:
    """Write a result, which is no more readable than its inputs."""
    origins = [given.origin for given in inputs if given]
    files.write_file(output, chunks, overwrite=overwrite, inputs=origins)


def name_of(given: PhotoInput | MapInput | None) -> str | None:
    """Return the name, for a report, of the file that an input comes from; None where it is not known."""
    return str(given.origin) if given and given.origin else None
