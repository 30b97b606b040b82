"""Names of outputs: derived from the photo's name, and the containers that their extensions mean."""

from __future__ import annotations

import os
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Literal

from authoring.errors import UsageError
from authoring.files import STANDARD_STREAM

if TYPE_CHECKING:
    from authoring.codecs.maps.formats import MapFormat
    from authoring.containers.base import ContainerName

CONTAINER_OF_SUFFIX: dict[str, ContainerName] = {
    ".heic": "heic",
    ".heif": "heic",
    ".hif": "heic",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".jpe": "jpeg",
    ".mpo": "jpeg",
    ".dng": "dng",
}

FORMAT_OF_SUFFIX: dict[str, MapFormat] = {
    ".npy": "npy",
    ".npz": "npz",
    ".png": "png",
    ".tif": "tiff",
    ".tiff": "tiff",
    ".pfm": "pfm",
    ".exr": "exr",
}
"""Of map files."""


def output_path(photo: Path | None, output: str | os.PathLike[str] | None, ending: str, suffix: str) -> Path:
    """Return the output that is given, or NAME-ending.suffix beside the photo.

    photo: None for one that was not given as a path. Raises UsageError if no output is given and the photo comes from
    standard input, is a folder or is no path.
    """
    if output is not None:
        return Path(output)
    if photo is None:
        raise UsageError("the photo is not given as a path, so --output has to say where the result goes")
    if photo == STANDARD_STREAM:
        raise UsageError("a photo from standard input needs -o to say where the result goes")
    if not photo.name or photo.is_dir():
        raise UsageError(f"{photo}: this is a folder, not a file")
    return photo.with_name(derived_name(photo, ending, suffix))


def derived_name(photo: PurePath, ending: str, suffix: str) -> str:
    """Return NAME-ending.suffix for a photo called NAME."""
    return f"{photo.stem}-{ending}{suffix}"


def suffix_for(photo: PurePath | None, container: str) -> str:
    """Return the photo's own extension if it means the container, or else the usual one."""
    if photo is not None and CONTAINER_OF_SUFFIX.get(photo.suffix.lower()) == container:
        return photo.suffix
    return {"jpeg": ".jpg", "dng": ".dng"}.get(container, ".heic")


def container_of(output: str, suffix: str, container: ContainerName | None) -> ContainerName:
    """Return the container that an output's extension means.

    Raises UsageError for another extension, and if the container that was asked for differs.
    """
    named = CONTAINER_OF_SUFFIX.get(suffix.lower())
    if named is None:
        raise UsageError(f"{output}: unsupported output type; use .heic, .jpg or .dng")
    if container and container != named:
        raise UsageError(f"{output}: the extension means {named}, but the container option is {container}")
    return named


def map_output(
    output: Path, format: MapFormat | None, kind: Literal["depth", "disparity"]
) -> tuple[Path, MapFormat]:
    """Return the path of a map file, which may have to say its kind, and its format. Raises UsageError for none."""
    from authoring.codecs.maps.formats import marked_name

    chosen = format or FORMAT_OF_SUFFIX.get(output.suffix.lower())
    if chosen is None:
        raise UsageError(f"{output}: unsupported map format; use .npy, .npz, .png, .tiff, .pfm or .exr")
    if output == STANDARD_STREAM:
        return output, chosen
    return output.with_name(marked_name(output.name, kind, chosen)), chosen
