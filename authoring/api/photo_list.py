"""List the photos that a command was given: files as they are, and the photos in folders."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from authoring import files
from authoring.api.output_names import CONTAINER_OF_SUFFIX
from authoring.errors import UsageError


@dataclass(frozen=True, slots=True)
class ListedPhoto:
    """A photo, and where it is within the folder that was given."""

    path: Path
    subfolder: PurePath
    """Relative to the folder that was given; empty for a file that was given by name."""


def list_photos(
    paths: Iterable[Path], *, recursive: bool = True, suffixes: Collection[str] = CONTAINER_OF_SUFFIX
) -> Iterator[ListedPhoto]:
    """Yield files as they are, and the photos in folders by extension, sorted by name.

    recursive: also those in the folders inside. Hidden files are left out, and in folders pipes, sockets and devices.
    Raises UsageError for a path that does not exist, and for a folder without photos or that cannot be read.
    """
    for path in paths:
        if not path.is_dir():
            if not path.exists() and path != files.STANDARD_STREAM:
                with files.named(path):
                    raise UsageError("no such file or folder")
            yield ListedPhoto(path, PurePath())
            continue
        is_empty = True
        for folder, inner, names in os.walk(path, onerror=_unreadable):
            inner[:] = sorted(inner) if recursive else []
            for name in sorted(names):
                if name.startswith(".") or Path(name).suffix.lower() not in suffixes:
                    continue
                # A pipe or a device among the photos could be waited for without end.
                if files.is_special(Path(folder) / name):
                    continue
                is_empty = False
                yield ListedPhoto(Path(folder) / name, PurePath(folder).relative_to(path))
        if is_empty:
            hint = "" if recursive else "; -r also looks in the folders inside"
            with files.named(path):
                kinds = "JPEG, HEIC, DNG or PNG" if ".png" in suffixes else "JPEG, HEIC or DNG"
                raise UsageError(f"the folder holds no {kinds} photo{hint}")


def _unreadable(error: OSError) -> None:
    raise UsageError(f"{error.filename}: the folder cannot be read: {error.strerror}") from error
