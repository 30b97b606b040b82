"""Verify and diagnose photo files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from authoring import files
from authoring.api.photo_files import PathLike
from authoring.compatibility import doctor as diagnosing
from authoring.compatibility import verify as verifying
from authoring.compatibility.doctor import DoctorReport
from authoring.compatibility.verify import VerifyReport
from authoring.maps.load import parse_map_source
from authoring.maps.map_options import MapOptions


def verify(
    photo: PathLike,
    *,
    original: PathLike | None = None,
    maps: Sequence[PathLike] = (),
    level: Literal["L1", "L2", "L3", "L4"] = "L4",
    strict: bool = False,
    decode: bool = True,
    **options: Any,
) -> VerifyReport:
    """Check a photo file against the rules of a level; compare it with the original photo and the embedded maps.

    Other options are those of `MapOptions`: what was said to `embed` about the maps.
    """
    photo = Path(photo)
    original = Path(original) if original is not None else None
    map_paths = [Path(path) for path in maps]
    single_map = map_paths[0] if len(map_paths) == 1 else None
    map_options = MapOptions(map_name=single_map.name if single_map else "", **options)
    with files.naming(photo=photo, source=original, map=single_map):
        report = verifying.verify(
            files.read_file(photo),
            original=files.read_file(original) if original else None,
            maps=[_read_map(path, map_options) for path in map_paths],
            options=map_options,
            strict=strict,
            wanted=level,
            decode=decode,
        )
    return replace(report, file=str(photo))


def doctor(photo: PathLike, *, decode: bool = True) -> DoctorReport:
    """Say why Photos may show no aperture slider for a photo file, and how to fix it."""
    photo = Path(photo)
    with files.naming(photo=photo):
        return replace(diagnosing.diagnose(files.read_file(photo), decode=decode), file=str(photo))


def _read_map(path: Path, options: MapOptions) -> Any:
    data = files.read_file(path)
    with files.named(path):
        return parse_map_source(data, options.key, options.frame, path.name)
