"""Pair the photos and maps of two folders by name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from authoring import files
from authoring.api.output_names import CONTAINER_OF_SUFFIX, FORMAT_OF_SUFFIX
from authoring.batch.rows import BatchRow, RowDefaults, output_of, row_of_estimate
from authoring.errors import UsageError

MAP_ENDING = re.compile(
    r"[_-](?:raw_depth_meter|depth(?:_16bit)?|disp(?:arity)?|pred|dpt_[a-z0-9_]+)$", re.IGNORECASE
)
"""What follows the photo's name in a map's: `_depth` of most scripts (prs-eth/Marigold, script/depth/run.py; earlier
`_pred`), Depth-Anything-V2's metres, model names such as `-dpt_beit_large_512` of MiDaS (isl-org/MiDaS, run.py),
`_disp` of stereo."""

OUTPUT_ENDING = "-depth"
"""Of a batch without an output folder: NAME-depth beside NAME is what an earlier run wrote."""

PHOTO_SUFFIXES = {*CONTAINER_OF_SUFFIX, ".png"}
MAP_SUFFIXES = {*FORMAT_OF_SUFFIX, ".jpg", ".jpeg", ".plist"}


@dataclass(frozen=True, slots=True)
class Pairing:
    """Photos and their maps, as file names in the order of the photos' names."""

    pairs: tuple[tuple[str, tuple[str, ...]], ...]
    """Each photo with its map; several maps if the name fits several, none if the depth is to be estimated."""
    photos_without_map: tuple[str, ...]
    maps_without_photo: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    """Of a folder without maps: what has the name of a photo's map, and is not estimated as a photo."""


def pair_folders(
    photos: Path,
    maps: Path | None,
    *,
    recursive: bool = False,
    out: Path | None = None,
    estimate: bool = False,
) -> Pairing:
    """Pair the photos of one folder with the maps of another, or of the same folder.

    recursive: also those of the folders inside, each with the folder of the same name among the maps. out: a folder
    inside that holds outputs, not photos. estimate: photos without a map are pairs with none; maps may be None then.
    """
    pairing = _pair_folder(photos, maps, estimate=estimate)
    if not recursive:
        return pairing
    pairs, alone, unused, left_out = (
        list(pairing.pairs),
        list(pairing.photos_without_map),
        list(pairing.maps_without_photo),
        list(pairing.left_out),
    )
    for name in _folders(photos):
        if out is not None and (photos / name).resolve() == out.resolve():
            continue
        inside = maps / name if maps is not None else None
        found = pair_folders(photos / name, inside, recursive=True, out=out, estimate=estimate)
        pairs += [
            (f"{name}/{photo}", tuple(f"{name}/{map_name}" for map_name in names))
            for photo, names in found.pairs
        ]
        alone += [f"{name}/{photo}" for photo in found.photos_without_map]
        unused += [f"{name}/{map_name}" for map_name in found.maps_without_photo]
        left_out += [f"{name}/{other}" for other in found.left_out]
    return Pairing(tuple(pairs), tuple(alone), tuple(unused), tuple(left_out))


def _folders(folder: Path) -> list[str]:
    """Return the names of the folders inside; links are left out, since they may lead round in a circle."""
    return sorted(
        entry.name
        for entry in _entries(folder)
        if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
    )


def _pair_folder(photos: Path, maps: Path | None, *, estimate: bool) -> Pairing:
    same = maps is not None and photos.resolve() == maps.resolve()
    stems: dict[str, list[str]] = {}
    for name in _names(maps, MAP_SUFFIXES) if maps is not None and maps.is_dir() else ():
        if not same or _is_map(name):
            for stem in _photo_stems(name):
                stems.setdefault(stem, []).append(name)
    pairs: list[tuple[str, tuple[str, ...]]] = []
    alone: list[str] = []
    left_out: list[str] = []
    used: set[str] = set()
    names = _names(photos, PHOTO_SUFFIXES)
    photo_stems = {Path(name).stem for name in names}
    for name in names:
        if same and _is_map(name):
            continue
        stem = Path(name).stem
        matches = tuple(stems.get(stem, ()))
        if not matches and stem.removesuffix(OUTPUT_ENDING) in photo_stems - {stem}:
            continue
        if maps is None and photo_stems.intersection(_photo_stems(name)[1:]):
            left_out.append(name)
            continue
        used.update(matches)
        if matches or estimate:
            pairs.append((name, matches))
        else:
            alone.append(name)
    unused = sorted({map_name for names in stems.values() for map_name in names} - used)
    return Pairing(tuple(pairs), tuple(alone), tuple(unused), tuple(left_out))


def rows_of_pairs(
    pairing: Pairing, photos: Path, maps: Path | None, defaults: RowDefaults
) -> Iterator[BatchRow]:
    """Yield the rows of the pairs; a photo with several maps has that as its fault, one with none is estimated."""
    for number, (photo, names) in enumerate(pairing.pairs, 1):
        path = str(photos / photo)
        subfolder = photo.rpartition("/")[0]
        output = output_of(path, "", defaults, defaults.options.get("container"), subfolder)
        if len(names) > 1:
            fault = f"several maps belong to the photo: {', '.join(names)}"
            yield BatchRow(number, path, "", output, fault=fault)
        elif maps is None or not names:
            yield row_of_estimate(number, path, output, defaults)
        else:
            yield BatchRow(number, path, str(maps / names[0]), output, dict(defaults.options))


def _names(folder: Path, suffixes: set[str]) -> list[str]:
    """Return the names with these suffixes in a folder, in order, without pipes, sockets and devices."""
    return sorted(
        entry.name
        for entry in _entries(folder)
        if Path(entry.name).suffix.lower() in suffixes
        and not entry.name.startswith(".")
        and not files.is_special(Path(entry.path))
    )


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """Return what is in a folder. Raises UsageError if it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        raise UsageError(f"{folder}: the folder cannot be read: {error.strerror}") from error


def _is_map(name: str) -> bool:
    """Return whether a file of a folder with both is a map: not a photo's type, or a name with one of the endings."""
    path = Path(name)
    return path.suffix.lower() not in PHOTO_SUFFIXES or MAP_ENDING.search(path.stem) is not None


def _photo_stems(name: str) -> tuple[str, ...]:
    """Return the photo's names, without extension, that a map of this name may belong to."""
    stem = Path(name).stem.removesuffix(".disparity")
    ending = MAP_ENDING.search(stem)
    return (stem,) if ending is None else (stem, stem[: ending.start()])
