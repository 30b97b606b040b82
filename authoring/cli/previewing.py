"""The commands that make pictures of a photo's depth: preview and refocus.

Knows: names, defaults, help texts, and what of a report a person reads. Must not know: how anything is drawn.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from authoring.cli import streams
from authoring.cli.declare import Argument, Option, Program
from authoring.cli.map_options import point
from authoring.cli.text import wrapped
from authoring.errors import UsageError

SOME_FAILED = 6

OutputOption = Annotated[
    Path | None,
    Option("--output", "-o", metavar="OUT.png|.jpg", help="The picture to write; - writes stdout."),
]
NearOption = Annotated[
    float | None, Option(metavar="M", help="Of MAP: metres that the near end of gray stands for.")
]
FarOption = Annotated[
    float | None, Option(metavar="M", help="Of MAP: metres that the far end of gray stands for.")
]
WhiteOption = Annotated[
    Literal["far", "near"] | None, Option(help="Of MAP: which end white is. Default: far.")
]
SpacingOption = Annotated[
    Literal["depth", "disparity"] | None,
    Option(help="Of MAP: even gray steps in metres (default), or in 1/m."),
]
OrientationOption = Annotated[
    Literal["display", "stored"] | None,
    Option(help="Of MAP: upright as the photo is seen (default), or as its pixels lie."),
]
PresetOption = Annotated[
    str | None, Option(metavar="MAKER", help="Of MAP: what the maker's files mean, as for embed.")
]
UnitOption = Annotated[str | None, Option(metavar="m|cm|mm|m*256", help="Of MAP: the unit of its values.")]
KindOption = Annotated[
    Literal["depth", "disparity", "inverse-relative", "affine"] | None,
    Option(help="Of MAP: what its values are, as for embed."),
]
InvalidOption = Annotated[float | None, Option(metavar="VALUE", help="Of MAP: the value that marks a hole.")]
ClipOption = Annotated[
    float | None, Option(metavar="PERCENT", help="Of MAP: outliers to move, so much of either end.")
]
KeyOption = Annotated[
    str | None, Option(metavar="NAME", help="Of MAP: the array of an NPZ, the channel of an EXR file.")
]
FrameOption = Annotated[int | None, Option(metavar="N", help="Of MAP: which one of a stack, from 0.")]
AccuracyOption = Annotated[
    Literal["relative", "absolute"] | None,
    Option(
        help="Of MAP: say absolute where its metres are measured. Default: relative, or what the map says."
    ),
]
OverwriteOption = Annotated[bool, Option("--overwrite", help="Replace an output that exists.")]
JsonOption = Annotated[bool, Option("--json", help="Print the report as one JSON object.")]


def register(app: Program) -> None:
    """Add the commands to the program."""
    app.command()(preview)
    app.command()(refocus)


def preview(
    files: Annotated[
        list[Path],
        Argument(
            metavar="FILE",
            help="A photo with depth, JPEG or HEIC; or a photo and a map that is not embedded yet, as embed takes "
            "them; with --contact-sheet as many photos with depth as you like.",
        ),
    ],
    output: OutputOption = None,
    overlay: Annotated[
        bool,
        Option("--overlay", help="Draw the edges of the depth over the photo: see at once whether they fit."),
    ] = False,
    contact_sheet: Annotated[
        bool,
        Option("--contact-sheet", help="Show many photos on one page; exit 6 where one has no depth."),
    ] = False,
    width: Annotated[int, Option(metavar="PX", help="Width of the picture.")] = 1600,
    near: NearOption = None,
    far: FarOption = None,
    white: WhiteOption = None,
    spacing: SpacingOption = None,
    map_orientation: OrientationOption = None,
    preset: PresetOption = None,
    unit: UnitOption = None,
    kind: KindOption = None,
    invalid: InvalidOption = None,
    clip: ClipOption = None,
    key: KeyOption = None,
    frame: FrameOption = None,
    accuracy: AccuracyOption = None,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> int:
    """Show a photo beside its depth: colours, a legend, a histogram, holes hatched.

    Without -o the picture is NAME-preview.png, or NAME-overlay.png, beside the photo.

    depthauthor preview IMG_0001.HEIC

    depthauthor preview photo.jpg mask.png --near 0.3 --far 5 --overlay

    depthauthor preview *.HEIC --contact-sheet -o sheet.png
    """
    options = {
        "near_m": near, "far_m": far, "white": white, "spacing": spacing, "map_orientation": map_orientation,
        "preset": preset, "unit": unit, "kind": kind, "invalid": invalid, "clip": clip, "key": key, "frame": frame,
        "accuracy": accuracy,
    }  # fmt: skip
    if contact_sheet:
        return _sheet(files, output, overlay, width, options, overwrite, as_json)
    if len(files) > 2:
        raise UsageError(
            f"{len(files)} files are given; a preview shows one photo, or a photo and a map; --contact-sheet shows many"
        )
    from authoring.api import preview_files as showing

    report = showing.preview(
        files[0],
        files[1] if len(files) == 2 else None,
        output=output,
        overlay=overlay,
        width=width,
        overwrite=overwrite,
        **options,
    )
    streams.tell(report, as_json, _preview_text, report.output)
    return 0


def refocus(
    file: Annotated[Path, Argument(metavar="FILE", help="A photo with depth, JPEG or HEIC; - reads stdin.")],
    map: Annotated[
        Path | None,
        Argument(metavar="MAP", help="A map that is not embedded yet, as embed takes it."),
    ] = None,
    output: OutputOption = None,
    aperture: Annotated[
        float | None,
        Option(
            metavar="F",
            help="The f-number, of a full-frame lens that shows the same. Default: the file's, else 2.8.",
        ),
    ] = None,
    focus: Annotated[
        str | None,
        Option(
            metavar="X,Y",
            help="What is in focus, 0 to 1 from the top left. Default: the photo's Focus region, else the nearest "
            "large region.",
        ),
    ] = None,
    strength: Annotated[
        float,
        Option(metavar="TIMES", help="Larger or smaller discs, where a map's metres do not hold."),
    ] = 1.0,
    near: NearOption = None,
    far: FarOption = None,
    white: WhiteOption = None,
    spacing: SpacingOption = None,
    map_orientation: OrientationOption = None,
    preset: PresetOption = None,
    unit: UnitOption = None,
    kind: KindOption = None,
    invalid: InvalidOption = None,
    clip: ClipOption = None,
    key: KeyOption = None,
    frame: FrameOption = None,
    accuracy: AccuracyOption = None,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show the photo as a lens of that aperture and focus would have taken it.

    This is depthauthor's own simulation, from the depth and the calibration. It is not Apple's rendering and not what
    Photos will show. A point at z becomes a disc of A |1/z - 1/s| pixels, s being the distance in focus.

    Without -o the picture is NAME-refocus.jpg beside the photo; it is upright and keeps the photo's colour profile,
    no other metadata.

    depthauthor refocus IMG_0001.HEIC --aperture 1.8 --focus 0.4,0.6 -o blurred.jpg
    """
    from authoring.api import refocus_files as showing

    report = showing.refocus(
        file,
        map,
        output=output,
        aperture=aperture,
        focus=point(focus),
        strength=strength,
        overwrite=overwrite,
        near_m=near, far_m=far, white=white, spacing=spacing, map_orientation=map_orientation,
        preset=preset, unit=unit, kind=kind, invalid=invalid, clip=clip, key=key, frame=frame, accuracy=accuracy,
    )  # fmt: skip
    streams.tell(report, as_json, _refocus_text, report.output)


def _sheet(
    photos: list[Path],
    output: Path | None,
    overlay: bool,
    width: int,
    options: dict[str, Any],
    overwrite: bool,
    as_json: bool,
) -> int:
    if overlay:
        raise UsageError(
            "--contact-sheet shows photos beside their depth; --overlay shows one photo at a time"
        )
    if any(value is not None for value in options.values()):
        raise UsageError(
            "the options of a map do not go with --contact-sheet: each photo shows its own depth"
        )
    if output is None:
        raise UsageError("a contact sheet needs -o to say where it goes")
    from authoring.api.preview_files import contact_sheet

    report = contact_sheet(photos, output=output, width=width, overwrite=overwrite)
    streams.tell(report, as_json, _sheet_text, report.output)
    return SOME_FAILED if any(one.error for one in report.photos) else 0


def _preview_text(report: dict[str, Any]) -> str:
    size = report["picture"]
    lines = [
        f"{report['output']}: {size['width']}x{size['height']}, "
        + ("edges of the depth over the photo" if report["overlay"] else "the photo beside its depth"),
        f"  depth      {report['kind']} {report['map']['width']}x{report['map']['height']}, {_range(report)}",
    ]
    if report["holes"]:
        lines.append(f"  holes      {report['holes']:.1%} of the map")
    return "\n".join([*lines, *_notes(report)])


def _sheet_text(report: dict[str, Any]) -> str:
    size = report["picture"]
    photos = report["photos"]
    lines = [f"{report['output']}: {size['width']}x{size['height']}, {len(photos)} photos"]
    lines += [f"  {one['file']}: {one['error'] or _range(one)}" for one in photos]
    return "\n".join(lines)


def _refocus_text(report: dict[str, Any]) -> str:
    size, focus = report["picture"], report["focus"]
    sources = {"option": "", "file": ", the file's", "default": ", by default"}
    distance = "infinity" if report["focus_m"] is None else f"{report['focus_m']:.3g} m"
    told = "" if report["absolute"] else " (relative: in proportion only)"
    where = {"option": "", "file": ", the photo's Focus region"}.get(
        report["focus_from"], f", the {report['focus_from']}"
    )
    lines = [
        f"{report['output']}: {size['width']}x{size['height']}, {report['rendering']}",
        f"  aperture   f/{report['aperture']:g}{sources[report['aperture_from']]}",
        f"  focus      at {focus['x']:.2f}, {focus['y']:.2f}{where}: {distance}{told}",
        f"  blur       discs up to {report['largest_px']:.0f} px across, in {report['slices']} slices",
        f"  camera     {_CAMERAS[report['camera']]}",
    ]
    return "\n".join([*lines, *_notes(report)])


_CAMERAS = {
    "file": "calibration from the file",
    "exif": "from Exif's focal length",
    "nominal": "nominal, a usual phone's: the file says nothing of its lens",
}


def _range(report: dict[str, Any]) -> str:
    far = "infinity" if report["far_m"] is None else f"{report['far_m']:.3g} m"
    return f"{report['near_m']:.3g} m to {far}" + (
        "" if report["absolute"] else " (relative: in proportion only)"
    )


def _notes(report: dict[str, Any]) -> list[str]:
    return [line for note in report["notes"] for line in wrapped("note", note)]
