"""Verify and diagnose photo files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, Unpack

from authoring import files
from authoring.api.inputs import MapInput, MapInputSource, PhotoSource, map_input, photo_input
from authoring.compatibility import doctor as diagnosing
from authoring.compatibility import verify as verifying
from authoring.compatibility.doctor import DoctorReport
from authoring.compatibility.verify import VerifyReport
from authoring.embed.embed_options import options_of
from authoring.maps.load import parse_map_source
from authoring.maps.map_options import MapOptions

if TYPE_CHECKING:
    from authoring.api.keywords import MapKeywords


def verify(
    photo: PhotoSource,
    *,
    original: PhotoSource | None = None,
    maps: MapInputSource | Sequence[MapInputSource] = (),
    level: Literal["L1", "L2", "L3", "L4"] = "L4",
    strict: bool = False,
    decode: bool = True,
    **options: Unpack[MapKeywords],
) -> VerifyReport:
    """Check a photo file against the rules of a level; compare it with the original photo and the embedded maps.

    maps: a map as for `embed`, or a list of them, for a photo with several. Other options are those of `MapOptions`:
    what was said to `embed` about the maps.

    For example:

        report = depthauthor.verify("portrait.heic", level="L1")
        print(report.level, report.possible_level, report.verdict)
    """
    given = photo_input(photo)
    given_original = photo_input(original) if original is not None else None
    given_maps = [map_input(depth) for depth in (maps if isinstance(maps, list | tuple) else (maps,))]
    single_map = given_maps[0].origin if len(given_maps) == 1 else None
    source = given_original.origin if given_original else None
    names = {"map_name": single_map.name if single_map else "", "photo_name": source.name if source else ""}
    map_options = options_of(**names, **options)
    with files.naming(photo=given.origin, source=source, map=single_map):
        report = verifying.verify(
            given.read(),
            original=given_original.read() if given_original else None,
            maps=[_read_map(depth, map_options) for depth in given_maps],
            options=map_options,
            strict=strict,
            wanted=level,
            decode=decode,
        )
    return replace(report, file=str(given.origin) if given.origin else None)


def doctor(photo: PhotoSource, *, decode: bool = True) -> DoctorReport:
    """Say why Photos may show no aperture slider for a photo file, and how to fix it.

    For example:

        print(depthauthor.doctor("portrait.heic").headline)
    """
    given = photo_input(photo)
    with files.naming(photo=given.origin):
        report = diagnosing.diagnose(given.read(), decode=decode)
        return replace(report, file=str(given.origin) if given.origin else None)


def _read_map(depth: MapInput, options: MapOptions) -> Any:
    data = depth.read()
    if depth.origin is None or not isinstance(data, bytes):
        return data
    with files.named(depth.origin):
        return parse_map_source(data, options.key, options.frame, depth.origin.name)
