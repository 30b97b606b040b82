"""Photos and maps of two folders, paired by name.

Knows: which suffixes are photos, and what makers append to a map's name. Must not know: what is in the files.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from authoring.api.output_names import CONTAINER_OF_SUFFIX
from authoring.api.photo_files import FORMAT_OF_SUFFIX
from authoring.batch.rows import Row, Rules, output_of
from authoring.errors import UsageError

MAP_ENDINGS = ("", "_depth", "-depth", "_disparity", "_raw_depth_meter")
"""What follows the photo's name: nothing, Facebook's and most scripts' `_depth`, Depth-Anything-V2's metres."""

PHOTO_SUFFIXES = {*CONTAINER_OF_SUFFIX, ".png"}
MAP_SUFFIXES = {*FORMAT_OF_SUFFIX, ".jpg", ".jpeg", ".plist"}


@dataclass(frozen=True, slots=True)
class Pairing:
    """What belongs together, as file names in the order of the photos' names."""

    pairs: tuple[tuple[str, tuple[str, ...]], ...]
    """Each photo with its map; with several maps nobody can say which."""
    photos_alone: tuple[str, ...]
    maps_alone: tuple[str, ...]


def pair_folders(photos: Path, maps: Path) -> Pairing:
    """Pair the photos of one folder with the maps of another, or of the same."""
    same = photos.resolve() == maps.resolve()
    stems: dict[str, list[str]] = {}
    for name in _names(maps, MAP_SUFFIXES):
        if not same or _is_map(name):
            stems.setdefault(Path(name).stem, []).append(name)
    pairs: list[tuple[str, tuple[str, ...]]] = []
    alone: list[str] = []
    used: set[str] = set()
    for name in _names(photos, PHOTO_SUFFIXES):
        if same and _is_map(name):
            continue
        stem = Path(name).stem
        found = tuple(one for ending in MAP_ENDINGS for one in stems.get(stem + ending, ()))
        used.update(found)
        if found:
            pairs.append((name, found))
        else:
            alone.append(name)
    left = sorted({one for names in stems.values() for one in names} - used)
    return Pairing(tuple(pairs), tuple(alone), tuple(left))


def rows_of_pairs(pairing: Pairing, photos: Path, maps: Path, rules: Rules) -> Iterator[Row]:
    """The rows of the pairs; a photo with several maps carries that as its fault."""
    for number, (photo, found) in enumerate(pairing.pairs, 1):
        path = str(photos / photo)
        output = output_of(path, "", rules, rules.options.get("container"))
        if len(found) > 1:
            yield Row(number, path, "", output, fault=f"several maps belong to the photo: {', '.join(found)}")
        else:
            yield Row(number, path, str(maps / found[0]), output, dict(rules.options))


def _names(folder: Path, suffixes: set[str]) -> list[str]:
    try:
        return sorted(
            one.name
            for one in os.scandir(folder)
            if Path(one.name).suffix.lower() in suffixes and not one.name.startswith(".")
        )
    except OSError as error:
        raise UsageError(f"{folder}: the folder cannot be read: {error.strerror}") from error


def _is_map(name: str) -> bool:
    """In one folder of both, a map is what no photo is, or what has one of the endings."""
    path = Path(name)
    return path.suffix.lower() not in PHOTO_SUFFIXES or path.stem.endswith(MAP_ENDINGS[1:])
