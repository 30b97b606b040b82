"""Declare the options of all commands, each once, in the panels of the help.

Options that become keywords of the public functions are declared under the keyword's name.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import typer
from typer import Context

from authoring.errors import UsageError

MEANING = "What the map means"
PORTRAIT = "Portrait"
CAMERA = "Camera"
OUTPUT = "Output"

ENVIRONMENT_PREFIX = "DEPTHAUTHOR_"

NOT_FROM_ENVIRONMENT = ("--output", "--out", "--format", "--photo", "--map")
"""Options about the files of one call; --format means another thing in each command."""


def Option(*names: str, **settings: Any) -> Any:
    """Declare an option with a variable of the environment for its default: DEPTHAUTHOR_MAX_SIZE for --max-size.

    Files are left to `authoring.files`, which names the one at fault.
    """
    variable = f"{ENVIRONMENT_PREFIX}{names[0].partition('/')[0].strip('-').replace('-', '_').upper()}"
    if names[0] not in NOT_FROM_ENVIRONMENT:
        settings = {"envvar": variable, "show_envvar": False, **settings}
    return typer.Option(*names, readable=False, **settings)


# What a map and a camera are is said for each photo: a forgotten variable would misread other maps in silence.
_meaning_option = partial(Option, rich_help_panel=MEANING, envvar=None)
_camera_option = partial(Option, rich_help_panel=CAMERA, envvar=None)
_portrait_option = partial(Option, rich_help_panel=PORTRAIT)
_output_option = partial(Option, rich_help_panel=OUTPUT)


class FocusPoint(NamedTuple):
    """A point of the upright photo, 0 to 1 from the top left."""

    x: float
    y: float


def parse_point(text: str) -> FocusPoint:
    """Parse the two numbers of `--focus X,Y`. Raises UsageError."""
    try:
        x, y = (float(number) for number in text.split(","))
    except ValueError:
        raise UsageError(f"the focus {text!r} is not two numbers, such as 0.5,0.4") from None
    return FocusPoint(x, y)


def given(context: Context, *panels: str, defaults: bool = True) -> dict[str, Any]:
    """Return the options of these panels that have a value, as keywords of the public functions.

    defaults: whether a default counts as a value.
    """
    names = [
        param.name for param in context.command.params if getattr(param, "rich_help_panel", None) in panels
    ]
    return {
        name: context.params[name]
        for name in names
        if name
        and context.params[name] is not None
        and (defaults or getattr(context.get_parameter_source(name), "name", "") != "DEFAULT")
    }


# What the map means

Near = Annotated[
    float | None,
    _meaning_option("--near", metavar="M", help="Distance in metres of the near end of the gray scale."),
]
Far = Annotated[
    float | None,
    _meaning_option("--far", metavar="M", help="Distance in metres of the far end of the gray scale."),
]
White = Annotated[
    Literal["far", "near"] | None, _meaning_option("--white", help="Which end of the gray scale is white.")
]
Invert = Annotated[bool | None, _meaning_option("--invert", help="White is near: the same as --white near.")]
Spacing = Annotated[
    Literal["depth", "disparity"] | None,
    _meaning_option("--spacing", help="Gray steps are even in metres (depth), or in 1/m (disparity)."),
]
Preset = Annotated[
    str | None,
    _meaning_option(
        "--preset",
        metavar="MAKER",
        help="Read the map as this maker's files: apple-gray, depth-pro, depth-anything, depth-anything-metric, "
        "depth-anything-3, midas, marigold, lotus, lotus-disparity, depthcrafter, video-depth-anything, unidepth, "
        "metric3d, zoedepth, patchfusion, moge, kitti, kitti-disparity, middlebury, raft-stereo, nyu, scannet, "
        "realsense, tum, arkit, stray-scanner, record3d, blender.",
    ),
]
Kind = Annotated[
    Literal["depth", "disparity", "disparity-px", "inverse-relative", "affine"] | None,
    _meaning_option(
        "--kind",
        metavar="KIND",
        help="What the values are. depth: metres; disparity: 1/m; disparity-px: stereo disparity in pixels, with "
        "--focal-px and --baseline; inverse-relative: inverse depth without scale, larger is nearer (MiDaS); affine: "
        "depth without scale (Marigold). The last two need --near and --far.",
    ),
]
Unit = Annotated[
    str | None,
    _meaning_option(
        "--unit", metavar="m|cm|mm|m*256", help="Unit of the values; m*256 is 256 steps to the metre."
    ),
]
FocalPx = Annotated[
    float | None,
    _meaning_option(
        "--focal-px",
        metavar="PX",
        help="Focal length in pixels of the map, of stereo disparity and as camera.",
    ),
]
Baseline = Annotated[
    float | None,
    _meaning_option("--baseline", metavar="M", help="Distance of the two cameras of stereo disparity."),
]
Doffs = Annotated[
    float | None,
    _meaning_option(
        "--doffs", metavar="PX", help="Difference of the principal points of stereo disparity. Default: 0."
    ),
]
Accuracy = Annotated[
    Literal["relative", "absolute"] | None,
    _meaning_option(
        "--accuracy", help="absolute: the metres are measured. Default: relative, or what the map says."
    ),
]
Invalid = Annotated[
    float | None,
    _meaning_option(
        "--invalid",
        metavar="VALUE",
        help="The value that marks a hole. Default: NaN, and 0 of integers with a unit.",
    ),
]
Clip = Annotated[
    float | None,
    _meaning_option(
        "--clip", metavar="PERCENT", help="Clip this percentage of values at each end. Default: none."
    ),
]
Stretch = Annotated[
    bool | None,
    _meaning_option(
        "--stretch", help="Stretch a map of another shape over the whole photo, as networks give it."
    ),
]
Force = Annotated[
    bool | None,
    _meaning_option(
        "--force", help="Use a map that looks like a stereo pair, a collage or a coloured picture."
    ),
]
MaxHoles = Annotated[
    float | None,
    _meaning_option("--max-holes", metavar="PERCENT", help="Refuse a map with more holes than this."),
]
Key = Annotated[
    str | None,
    _meaning_option("--key", metavar="NAME", help="The array of an NPZ file, or the channel of an EXR file."),
]
Frame = Annotated[
    int | None, _meaning_option("--frame", metavar="N", help="The map of a stack, counted from 0.")
]
MapOrientation = Annotated[
    Literal["display", "stored"] | None,
    _meaning_option(
        "--map-orientation",
        help="display: the map is upright like the photo on a screen (default); stored: it lies as the photo's "
        "pixels are stored.",
    ),
]
Refine = Annotated[
    bool,
    _meaning_option("--refine", help="Fit a coarse or noisy map to the photo's edges; decodes the photo."),
]

# Portrait

Profile = Annotated[
    Literal["portrait", "data"] | None,
    _portrait_option(
        "--profile",
        help="portrait: calibration, rendering parameters, flags and focus, as Photos is known to ask for; data: the "
        "depth alone, nothing else in the photo changes.",
    ),
]
Donor = Annotated[
    Path | None,
    _portrait_option(
        "--donor",
        metavar="PORTRAIT.HEIC",
        help="Take rendering parameters, calibration, aperture, lighting and the numbers of the maker note from this "
        "portrait photo of yours.",
    ),
]
Aperture = Annotated[
    float | None,
    _portrait_option(
        "--aperture",
        metavar="F",
        help="Initial f-number of the aperture slider. Default: the donor's, or 2.8.",
    ),
]
Focus = Annotated[
    FocusPoint | None,
    _portrait_option(
        "--focus",
        parser=parse_point,
        metavar="X,Y",
        help="Point in focus, 0 to 1 from the top left. Default: the nearest large region.",
    ),
]
AlreadyBlurred = Annotated[
    bool, _portrait_option("--already-blurred", help="Accept a photo whose pixels are blurred already.")
]
MakerNote = Annotated[
    Literal["full", "minimal", "none"] | None,
    _portrait_option(
        "--maker-note",
        help="Apple maker note for a photo without one. full: about 45 numeric entries, a donor's or a sample's, as "
        "others tested on devices; minimal: the two portrait flags alone, never tested; none: leave maker notes as "
        "they are.",
    ),
]
ReplaceMakerNote = Annotated[
    bool,
    _portrait_option(
        "--replace-maker-note",
        help="Replace another maker's note by the Apple one of --maker-note. It stays in the file, hidden, for strip "
        "--restore; see --no-restore-record.",
    ),
]
RestoreRecord = Annotated[
    bool | None,
    _portrait_option(
        "--restore-record/--no-restore-record",
        help="Keep in the file what strip --restore needs to undo the changes to Exif and XMP; without it a replaced "
        "maker note is erased.",
    ),
]

# Camera

Calibration = Annotated[
    str | None,
    _camera_option(
        "--calibration",
        metavar="CAMERA",
        help="exif, nominal, none, FILE.json or Middlebury's calib.txt. Default: the map's or donor's own, or from "
        "the focal length in Exif, or nominal.",
    ),
]
Fov = Annotated[
    float | None,
    _camera_option(
        "--fov",
        metavar="DEGREES",
        help="Angle of view across the upright photo's width, as renderers and networks give it.",
    ),
]
FocalMm = Annotated[
    float | None,
    _camera_option("--focal-mm", metavar="MM", help="Focal length of the camera, as its 35 mm equivalent."),
]
PhotoCalibration = Annotated[
    str | None,
    _camera_option(
        "--calibration",
        metavar="CAMERA",
        help="file, exif, nominal or FILE.json. Default: the depth's own, or from the focal "
        "length in Exif, or nominal.",
    ),
]
IgnoreLens = Annotated[
    bool, _camera_option("--ignore-lens", help="Treat the lens as a pinhole: keep its distortion.")
]
LensAperture = Annotated[
    float | None,
    _camera_option(
        "--aperture",
        metavar="F",
        help="f-number of an equivalent full-frame lens. Default: the photo's, or 2.8.",
    ),
]
LensFocus = Annotated[
    FocusPoint | None,
    _camera_option(
        "--focus",
        parser=parse_point,
        metavar="X,Y",
        help="Point in focus, 0 to 1 from the top left. Default: the photo's Focus region, or the nearest large "
        "region.",
    ),
]
Strength = Annotated[
    float,
    _camera_option(
        "--strength", metavar="TIMES", help="Scale the blur discs, for a map whose metres are not true."
    ),
]

# Output

PhotoOutput = Annotated[
    Path | None,
    _output_option(
        "--output",
        "-o",
        help="The photo to write; .heic or .jpg chooses the container, and a DNG stays one. Default: NAME-depth beside "
        "the photo, in the photo's container.",
    ),
]
StripOutput = Annotated[
    Path | None,
    _output_option("--output", "-o", help="The photo to write. Default: NAME-stripped beside the photo."),
]
MapOutput = Annotated[
    Path | None,
    _output_option(
        "--output",
        "-o",
        help="The map to write: .npy, .npz, .pfm, .exr, .tiff (float) or .png (16 bit). Default: NAME-depth.npy "
        "beside the photo.",
    ),
]
DictionaryOutput = Annotated[
    Path | None,
    _output_option(
        "--output",
        "-o",
        help="The property list to write; .json writes JSON. Default: NAME-depth.plist beside the photo.",
    ),
]
OutputFolder = Annotated[
    Path | None,
    _output_option(
        "--out",
        metavar="DIR",
        help="A folder for the outputs of all photos, made if it is not there; folders inside are kept.",
    ),
]
Recursive = Annotated[
    bool, Option("--recursive", "-r", help="Of folders, also take the photos in the folders inside.")
]
PictureOutput = Annotated[
    Path | None,
    _output_option(
        "--output", "-o", metavar="OUT.png|.jpg", help="The picture to write; - writes standard output."
    ),
]
PointsOutput = Annotated[
    Path | None,
    _output_option(
        "--output",
        "-o",
        help="The points to write, .ply or .pcd; with --mesh the surface, .glb or .ply. Default: NAME-points.ply or "
        "NAME-mesh.glb beside the photo.",
    ),
]
PageOutput = Annotated[
    Path | None,
    _output_option(
        "--output",
        "--out",
        "-o",
        metavar="PAGE.html",
        help="The page to write; - writes standard output. Default: a temporary folder, and the browser opens it.",
    ),
]
BatchOutput = Annotated[
    str | None,
    _output_option(
        "--out",
        metavar="DIR|URL",
        help="The folder for the outputs. Default: beside the photos, as NAME-depth.",
    ),
]
KitOutput = Annotated[
    Path,
    _output_option(
        "--out", "--output", "-o", metavar="DIR", help="The folder to write; it is made if need be."
    ),
]
NativeFormat = Annotated[
    Literal["hdis", "fdis", "hdep", "fdep"] | None,
    _output_option(
        "--native-format",
        help="Native format: disparity or depth, 16-bit or 32-bit float; hdis unless given, hdep in a DNG. Photos uses "
        "disparity only.",
    ),
]
OldNativeFormat = Annotated[
    Literal["hdis", "fdis", "hdep", "fdep"] | None, _output_option("--format", hidden=True)
]
MapFormat = Annotated[
    Literal["npy", "npz", "png", "tiff", "pfm", "exr"] | None,
    _output_option(
        "--format",
        metavar="FORMAT",
        help="npy, npz, png, tiff, pfm or exr, for an output whose extension does not say.",
    ),
]
PointsFormat = Annotated[
    Literal["ply", "pcd", "glb"] | None,
    _output_option("--format", help="Format of an output whose extension does not say."),
]
MaxSize = Annotated[
    int | None, _output_option("--max-size", metavar="PX", help="Long side of the stored map.")
]
Lossless = Annotated[
    bool, _output_option("--lossless", help="HEIC: encode the map without loss (transquant bypass).")
]
Bits = Annotated[
    int | None,
    _output_option(
        "--bits",
        metavar="8|16",
        help="DNG: bits of a stored sample, 8 unless given; 16 are finer, and for Adobe's readers only.",
    ),
]
Replace = Annotated[bool, _output_option("--replace", help="Replace the depth map of the photo.")]
Quality = Annotated[
    int | None,
    _output_option(
        "--quality",
        metavar="N",
        help="1 to 100, for a photo that changes container. Default: HEIC 80, JPEG 92.",
    ),
]
ToneMap = Annotated[
    bool,
    _output_option(
        "--tone-map",
        help="Convert an HDR photo (PQ, HLG) that changes container to 8-bit Display P3; it is refused otherwise.",
    ),
]
Effort = Annotated[
    Literal["fast", "balanced", "best"] | None,
    _output_option(
        "--effort",
        help="Effort of HEVC encoding. Default: fast for a photo that becomes HEIC, balanced for the map. "
        "The bound of the map's error is the same.",
    ),
]
MapKind = Annotated[
    Literal["depth", "disparity"],
    _output_option("--as", help="Write metres, or 1/m, which the file then says; NPY and PFM by their name."),
]
Raster = Annotated[
    Literal["display", "stored"],
    _output_option(
        "--orientation",
        help="display: upright as the photo is seen; stored: as the photo's pixels are stored.",
    ),
]
Metadata = Annotated[
    bool, _output_option("--metadata", help="Also write the report and the calibration, as OUTPUT.json.")
]
FullPaths = Annotated[
    bool,
    _output_option(
        "--full-paths", help="Write whole paths into the result; otherwise files are called by their names."
    ),
]
Width = Annotated[int, _output_option("--width", metavar="PX", help="Width of the picture.")]
OpenPage = Annotated[
    bool | None,
    _output_option("--open/--no-open", help="Open the page in the browser. Default: only without -o."),
]
Verbose = Annotated[
    bool,
    _output_option("--verbose", "-v", help="Also print the error, what was changed and what was assumed."),
]
Quiet = Annotated[bool, _output_option("--quiet", "-q", help="Print no report; warnings and errors only.")]
Overwrite = Annotated[bool, _output_option("--overwrite", help="Replace outputs that exist.")]
DryRun = Annotated[bool, _output_option("--dry-run", help="Do everything except writing.")]
AsJson = Annotated[bool, _output_option("--json", help="Print the report as one JSON object.")]
AsJsonLines = Annotated[
    bool, _output_option("--json", help="Print one JSON object a file, each on one line.")
]

# Options of single commands

Restore = Annotated[
    bool, Option("--restore", help="Also undo, byte for byte, what embed changed in Exif and XMP.")
]
Records = Annotated[bool, Option("--records", help="List the rendering parameters one by one.")]
OriginalPhoto = Annotated[
    Path | None, Option("--photo", metavar="ORIGINAL", help="The original photo: prove that it is unchanged.")
]
EmbeddedMaps = Annotated[
    list[Path] | None,
    Option("--map", metavar="MAP", help="The map that was embedded: measure the error. Repeatable."),
]
Level = Annotated[
    Literal["L1", "L2", "L3", "L4"],
    Option(
        "--level",
        help="The level to reach: L1 readable depth, L2 badge, L3 depth editing, L4 toggle. Rules of higher levels "
        "are reported but are no fault, and so are untested ones without --strict.",
    ),
]
Strict = Annotated[
    bool,
    Option(
        "--strict", help="Count warnings as faults, and with --level L3 or L4 what no device test covers."
    ),
]
Decode = Annotated[
    bool,
    Option(
        "--decode/--no-decode",
        help="Decode the photo's own pixels too, as Photos does: 0.3 s for 12 MP of HEIC, 0.1 s of JPEG.",
    ),
]
AllRules = Annotated[bool, Option("--all", "--verbose", "-v", help="Also list the rules that hold.")]
Overlay = Annotated[
    bool, Option("--overlay", help="Draw the edges of the depth over the photo, to see whether they fit.")
]
ContactSheet = Annotated[
    bool, Option("--contact-sheet", help="Show many photos on one page; exit 6 if any has no depth.")
]
Mesh = Annotated[
    bool,
    Option(
        "--mesh",
        help="Write triangles, cut where depth jumps: GLB with the photo as texture, PLY with coloured vertices.",
    ),
]
Axes = Annotated[
    Literal["opengl", "opencv"],
    Option(
        "--axes",
        help="opengl: x right, y up, z backward, upright in viewers; opencv: x right, y down, z forward.",
    ),
]
Stride = Annotated[int, Option("--stride", metavar="N", help="Take every N-th sample in both directions.")]
MinDepth = Annotated[
    float | None,
    Option(
        "--min-depth",
        metavar="M",
        help="Leave out points nearer than this, in metres along the optical axis.",
    ),
]
MaxDepth = Annotated[
    float | None, Option("--max-depth", metavar="M", help="Leave out points farther than this.")
]
RemoveEdges = Annotated[
    bool,
    Option(
        "--remove-edges",
        help="Leave out flying pixels: points between foreground and background at a depth jump.",
    ),
]
Resolution = Annotated[
    Literal["map", "photo"],
    Option(
        "--resolution",
        help="map: one point a map sample, colours averaged; photo: one point a pixel, depth interpolated.",
    ),
]
UnembeddedMap = Annotated[
    Path | None, Option("--map", metavar="MAP", help="A map that is not embedded yet, as embed takes it.")
]
Settings = Annotated[
    list[str] | None,
    Option(
        "--set",
        metavar="NAME=VALUE",
        help="Any option of embed for every row, such as white=near. Repeatable.",
    ),
]
Jobs = Annotated[int | None, Option("--jobs", metavar="N", help="Processes, 1 to 256. Default: one a core.")]
Timeout = Annotated[
    float | None,
    Option(
        "--timeout",
        metavar="SECONDS",
        help="Give up a photo that takes longer, and go on with the others. Default: no limit.",
    ),
]
Scheduler = Annotated[
    str | None,
    Option(
        "--scheduler",
        metavar="tcp://HOST:PORT",
        help="Use the workers of this dask.distributed scheduler (extra dask).",
    ),
]
Resume = Annotated[bool, Option("--resume", help="Skip the rows that are finished according to the journal.")]
JournalFile = Annotated[
    Path | None,
    Option(
        "--journal",
        metavar="FILE",
        help="The journal. Default: batch-journal.jsonl in --out, or MANIFEST.journal beside the manifest, or "
        "in the current folder if the manifest is a URL.",
    ),
]
LocalOnly = Annotated[
    bool,
    Option(
        "--local-only",
        help="Let the manifest name files by relative paths inside its own folder only, and outputs inside --out: for "
        "a manifest of someone else.",
    ),
]
FailFast = Annotated[bool, Option("--fail-fast/--keep-going", help="Start no photo after one has failed.")]
