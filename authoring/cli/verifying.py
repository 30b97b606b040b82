"""The commands that check: verify and doctor.

Knows: names, defaults, help texts and exit codes of both. Must not know: how anything is judged.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from authoring import files
from authoring.cli import streams, verify_text
from authoring.cli.declare import Argument, Option, Program
from authoring.cli.map_options import (
    ClipOption,
    FarOption,
    FrameOption,
    InvalidOption,
    KeyOption,
    KindOption,
    MapOrientationOption,
    MaxHolesOption,
    NearOption,
    PresetOption,
    RefineOption,
    SpacingOption,
    UnitOption,
    WhiteOption,
)
from authoring.errors import DepthauthorError

if TYPE_CHECKING:
    from authoring.maps.load import MapSource

FAULT_FOUND = 1
SOME_FAILED = 6

JsonOption = Annotated[bool, Option("--json", help="Print the report as one JSON object.")]


def register(app: Program) -> None:
    """Add the commands to the program."""
    app.command()(verify)
    app.command()(doctor)


def verify(
    file: Annotated[Path, Argument(metavar="FILE", help="A photo with depth, JPEG or HEIC; - reads stdin.")],
    photo: Annotated[
        Path | None,
        Option("--photo", metavar="ORIGINAL", help="The photo before: prove that it is unchanged."),
    ] = None,
    map: Annotated[
        list[Path] | None,
        Option("--map", metavar="MAP", help="What was embedded: measure the error. May be given again."),
    ] = None,
    near: NearOption = None,
    far: FarOption = None,
    white: WhiteOption = "far",
    spacing: SpacingOption = "depth",
    map_orientation: MapOrientationOption = None,
    preset: PresetOption = None,
    unit: UnitOption = None,
    kind: KindOption = None,
    invalid: InvalidOption = None,
    clip: ClipOption = None,
    max_holes: MaxHolesOption = 60.0,
    key: KeyOption = None,
    frame: FrameOption = None,
    refine: RefineOption = False,
    level: Annotated[
        Literal["L1", "L2", "L3", "L4"],
        Option(
            help="What the file must reach: L1 readable depth, L2 badge, L3 depth editing, L4 toggle. Rules of higher "
            "levels are reported but count as no fault."
        ),
    ] = "L4",
    strict: Annotated[bool, Option("--strict", help="Warnings count as faults.")] = False,
    everything: Annotated[bool, Option("--all", help="List the rules that hold, too.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Say which level a file is expected to reach in Photos, and prove photo and map unchanged.

    Exit code 1 where a rule fails, the photo is not the original, or the map is out of its bound. Say of the map what
    was said to embed.

    depthauthor verify photo-depth.heic --photo photo.heic --map mask.png --near 0.3 --far 5
    """
    from authoring.compatibility import verify as verifying
    from authoring.maps.map_options import MapOptions
    from authoring.read.report_json import as_json as to_json

    with files.naming(photo=file, source=photo, map=map[0] if map and len(map) == 1 else None):
        report = verifying.verify(
            files.read_file(file),
            original=files.read_file(photo) if photo else None,
            maps=[_map_source(one, key, frame) for one in map or []],
            options=MapOptions(
                near_m=near,
                far_m=far,
                white=white,
                spacing=spacing,
                map_orientation=map_orientation,
                preset=preset,
                unit=unit,
                kind=kind,
                invalid=invalid,
                clip=clip,
                max_holes=max_holes,
                refine=refine,
                map_name=map[0].name if map and len(map) == 1 else "",
            ),
            strict=strict,
            wanted=level,
        )
    value = to_json(replace(report, file=str(file)))
    _print(value if as_json else verify_text.verify(streams.cleaned(value), everything=everything))
    return 0 if report.passed else FAULT_FOUND


def doctor(
    photos: Annotated[
        list[Path], Argument(metavar="FILE...", help="Photos of any tool, JPEG or HEIC; - reads stdin.")
    ],
    as_json: Annotated[
        bool, Option("--json", help="Print one JSON object; several files give one a line.")
    ] = False,
) -> int:
    """Say why Photos will probably show no aperture slider, and how to mend it; several files as a table."""
    from authoring.compatibility.doctor import diagnose
    from authoring.read.report_json import as_json as to_json

    reports: list[dict[str, Any]] = []
    for path in photos:
        try:
            with files.naming(photo=path):
                reports.append(to_json(replace(diagnose(files.read_file(path)), file=str(path))))
        except DepthauthorError as error:
            if len(photos) == 1:
                raise
            reports.append({"file": str(path), "level": "none", "error": error.message})
    if as_json:
        for one in reports:
            if "error" in one:
                streams.say(one["error"])
            else:
                _print(one)
    else:
        told = streams.cleaned(reports)
        _print(verify_text.doctor(told[0]) if len(told) == 1 else verify_text.doctor_table(told))
    return SOME_FAILED if any("error" in one for one in reports) else 0


def _map_source(path: Path, key: str | None, frame: int | None) -> MapSource:
    """What `embed` would take the file for."""
    from authoring.maps.load import parse_map_source

    data = files.read_file(path)
    with files.named(path):
        return parse_map_source(data, key, frame)


def _print(report: dict[str, Any] | str) -> None:
    if isinstance(report, str):
        sys.stdout.write(f"{report}\n")
    else:
        streams.print_json(report, sys.stdout)
