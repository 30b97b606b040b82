"""The commands and their options.

Knows: names, defaults and help texts. Must not know: how anything is done; each command calls one function of
`authoring.api.photo_files` and prints its report.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from authoring.cli import batching, clouding, previewing, streams, text, verifying, viewing
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
    point,
)

app = Program(
    "depthauthor",
    "Put a depth map into a photo the way an iPhone does, and read it back.",
    "Exit codes: 0 done, 1 a check found a fault, 2 usage, 3 malformed input, 4 unsupported input, "
    "5 refused (would lose or overwrite something), 6 some of a batch failed, 70 a fault in depthauthor.",
)

PhotoArgument = Annotated[Path, Argument(metavar="PHOTO", help="A JPEG, HEIC or PNG photo; - reads stdin.")]
FileArgument = Annotated[
    Path, Argument(metavar="FILE", help="A photo with depth, JPEG or HEIC; - reads stdin.")
]
OutputOption = Annotated[
    Path | None,
    Option(
        "--output",
        "-o",
        help="The photo to write; .heic or .jpg chooses the container. Default: NAME-depth beside the photo, "
        "in its own container.",
    ),
]
JsonOption = Annotated[bool, Option("--json", help="Print the report as one JSON object.")]
OverwriteOption = Annotated[bool, Option("--overwrite", help="Replace an output that exists.")]
DryRunOption = Annotated[bool, Option("--dry-run", help="Do everything but write.")]
ReplaceOption = Annotated[bool, Option("--replace", help="Replace a depth map that is there already.")]
LosslessOption = Annotated[bool, Option("--lossless", help="HEIC: code the map exactly (transquant bypass).")]
QualityOption = Annotated[
    int | None, Option(help="1 to 100, of a photo that changes container. Default: HEIC 80, JPEG 92.")
]
EffortOption = Annotated[
    Literal["fast", "balanced", "best"] | None,
    Option(help="HEVC encoding. Default: fast for a photo that becomes HEIC, balanced for the map."),
]
ProfileOption = Annotated[
    Literal["portrait", "data"],
    Option(
        help="portrait: calibration, rendering parameters, flags and focus, all that Photos asks for; "
        "data: the depth alone, nothing else in the photo is touched."
    ),
]
CalibrationOption = Annotated[
    str | None,
    Option(
        metavar="exif|nominal|none|FILE.json",
        help="The camera. Default: the map's or donor's own, else from Exif's focal length, else nominal.",
    ),
]
DonorOption = Annotated[
    Path | None,
    Option(
        metavar="PORTRAIT.HEIC",
        help="A portrait photo of yours whose rendering parameters, calibration, aperture and lighting to take.",
    ),
]
ApertureOption = Annotated[
    float | None,
    Option(metavar="F", help="Where the aperture slider starts. Default: the donor's, else 2.8."),
]
FocusOption = Annotated[
    str | None,
    Option(
        metavar="X,Y", help="What is in focus, 0 to 1 from the top left. Default: the nearest large region."
    ),
]
BlurredOption = Annotated[
    bool, Option("--already-blurred", help="Embed though the photo's blur is in its pixels already.")
]
MakerNoteOption = Annotated[
    bool, Option("--replace-maker-note", help="Replace another maker's note by the smallest Apple one.")
]
RasterOption = Annotated[
    Literal["display", "stored"],
    Option(help="display: upright as the photo is seen; stored: as the photo's pixels lie in the file."),
]


@app.command()
def embed(
    photo: PhotoArgument,
    map: Annotated[
        Path,
        Argument(
            metavar="MAP",
            help="Gray PNG, JPEG or TIFF (needs --near and --far); NPY, NPZ, PFM, EXR or float TIFF in metres; "
            "a photo with Apple depth; a property list that `dictionary` wrote.",
        ),
    ],
    output: OutputOption = None,
    near: NearOption = None,
    far: FarOption = None,
    white: WhiteOption = "far",
    spacing: SpacingOption = "depth",
    format: Annotated[
        Literal["hdis", "fdis", "hdep", "fdep"],
        Option(help="Native format: disparity or depth, 16 or 32-bit float. Photos uses disparity only."),
    ] = "hdis",
    accuracy: Annotated[
        Literal["relative", "absolute"] | None,
        Option(help="Say absolute where the metres are measured. Default: relative, or what the map says."),
    ] = None,
    map_orientation: MapOrientationOption = None,
    max_size: Annotated[int, Option(metavar="PX", help="Long side of the stored map.")] = 768,
    preset: PresetOption = None,
    unit: UnitOption = None,
    kind: KindOption = None,
    invalid: InvalidOption = None,
    clip: ClipOption = None,
    max_holes: MaxHolesOption = 60.0,
    refine: RefineOption = False,
    key: KeyOption = None,
    frame: FrameOption = None,
    profile: ProfileOption = "portrait",
    calibration: CalibrationOption = None,
    donor: DonorOption = None,
    aperture: ApertureOption = None,
    focus: FocusOption = None,
    already_blurred: BlurredOption = False,
    replace_maker_note: MakerNoteOption = False,
    lossless: LosslessOption = False,
    replace: ReplaceOption = False,
    quality: QualityOption = None,
    effort: EffortOption = None,
    overwrite: OverwriteOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Put a depth map into a photo.

    depthauthor embed photo.jpg mask.png --near 0.3 --far 5
    """
    from authoring.api import photo_files

    report = photo_files.embed(
        photo,
        map,
        output=output,
        near_m=near,
        far_m=far,
        white=white,
        spacing=spacing,
        pixel_format=format,
        accuracy=accuracy,
        map_orientation=map_orientation,
        max_size=max_size,
        preset=preset,
        unit=unit,
        kind=kind,
        invalid=invalid,
        clip=clip,
        max_holes=max_holes,
        refine=refine,
        key=key,
        frame=frame,
        profile=profile,
        calibration=calibration,
        donor=donor,
        aperture=aperture,
        focus=point(focus),
        already_blurred=already_blurred,
        replace_maker_note=replace_maker_note,
        lossless=lossless,
        replace=replace,
        quality=quality,
        effort=effort,
        overwrite=overwrite,
        dry_run=dry_run,
    )
    streams.tell(report, as_json, text.embed, report.output)


@app.command()
def copy(
    source: Annotated[Path, Argument(metavar="SOURCE", help="The photo whose depth is taken.")],
    photo: PhotoArgument,
    output: OutputOption = None,
    profile: ProfileOption = "portrait",
    calibration: CalibrationOption = None,
    donor: DonorOption = None,
    aperture: ApertureOption = None,
    focus: FocusOption = None,
    already_blurred: BlurredOption = False,
    replace_maker_note: MakerNoteOption = False,
    lossless: LosslessOption = False,
    replace: ReplaceOption = False,
    quality: QualityOption = None,
    effort: EffortOption = None,
    overwrite: OverwriteOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Put the depth of one photo into another, with everything its metadata says.

    Orientations are reconciled; the two photos must have the same aspect.
    """
    from authoring.api import photo_files

    report = photo_files.copy(
        source,
        photo,
        output=output,
        profile=profile,
        calibration=calibration,
        donor=donor,
        aperture=aperture,
        focus=point(focus),
        already_blurred=already_blurred,
        replace_maker_note=replace_maker_note,
        lossless=lossless,
        replace=replace,
        quality=quality,
        effort=effort,
        overwrite=overwrite,
        dry_run=dry_run,
    )
    streams.tell(report, as_json, text.embed, report.output)


@app.command()
def extract(
    file: FileArgument,
    output: Annotated[
        Path,
        Option(
            "--output", "-o", help="The map to write: .npy, .npz, .pfm, .exr, .tiff (float) or .png (16 bit)."
        ),
    ],
    kind: Annotated[
        Literal["depth", "disparity"] | None,
        Option("--as", help="Metres or 1/m. Default: what the photo holds, nearly always disparity."),
    ] = None,
    orientation: RasterOption = "display",
    format: Annotated[
        Literal["npy", "npz", "png", "tiff", "pfm", "exr"] | None,
        Option(help="For an output whose suffix does not tell."),
    ] = None,
    metadata: Annotated[
        bool, Option("--metadata", help="Write the report and the calibration beside it, OUTPUT.json.")
    ] = False,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write the depth of a photo as a map file.

    depthauthor extract IMG_0001.HEIC -o depth.npy --as depth
    """
    from authoring.api import photo_files

    report = photo_files.extract_file(
        file,
        output,
        format=format,
        kind=kind,
        orientation=orientation,
        metadata=metadata,
        overwrite=overwrite,
    )
    streams.tell(report, as_json, text.extract, report.output)


@app.command()
def inspect(
    file: FileArgument,
    records: Annotated[bool, Option("--records", help="List the rendering parameters one by one.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Tell what a photo holds: depth, other auxiliary images, portrait marks, every item or segment."""
    from authoring.api import photo_files

    streams.tell(photo_files.inspect(file), as_json, text.inspect_with_records if records else text.inspect)


@app.command()
def strip(
    file: FileArgument,
    output: Annotated[Path, Option("--output", "-o", help="The photo to write.")],
    restore: Annotated[
        bool, Option("--restore", help="Take back what `embed` changed in Exif and XMP, byte for byte.")
    ] = False,
    overwrite: OverwriteOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write a copy of a photo without its depth map; everything else stays byte for byte."""
    from authoring.api import photo_files

    report = photo_files.strip(file, output=output, restore=restore, overwrite=overwrite, dry_run=dry_run)
    streams.tell(report, as_json, text.strip, report.output)


@app.command()
def dictionary(
    file: FileArgument,
    output: Annotated[Path, Option("--output", "-o", help="The property list to write.")],
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write Apple's auxiliary data dictionary of a photo's depth as a property list.

    A Swift program can hand it to AVDepthData(fromDictionaryRepresentation:); `embed` takes it as a map.
    """
    from authoring.api import photo_files

    report = photo_files.dictionary(file, output, overwrite=overwrite)
    streams.tell(report, as_json, text.dictionary, report["output"])


verifying.register(app)
batching.register(app)
previewing.register(app)
clouding.register(app)
viewing.register(app)
